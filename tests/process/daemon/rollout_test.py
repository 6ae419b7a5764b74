"""Canary, promote, rollback, confirm and what sallyportd takes back by itself, with a dataplane that is played.

The two images, the daemon and its folders are those of daemon_test.py.
"""
import contextlib
import json
import os
import random
import shutil
import socket
import subprocess
import threading
import time
import unittest

import daemon_test
import played_dataplane as played

START_S = daemon_test.START_S


class RolloutTest(daemon_test.DaemonTest):
    """Only the tests below: load_tests leaves those of the base class out."""

    def ask(self, command, **members):
        return self.daemon.ask({"command": command, "actor": "tester", **members})

    def canary(self, dataplane, tenants=("team",), refuse_routes=None, **members):
        """apply --canary from start to end; (answer, what the dataplane was sent)."""
        answer_of = self.background("apply", image=self.two, canary=list(tenants), **members)
        sent = dataplane.take_canary(refuse_routes=refuse_routes)
        return answer_of(), sent

    def background(self, command, **members):
        return self.in_background_of(lambda: self.ask(command, **members))

    def in_background_of(self, call):
        box = []
        thread = threading.Thread(target=lambda: box.append(call()))
        thread.start()
        return lambda: (thread.join(60), box[0])[1]

    def policy(self):
        return self.daemon.status()["policy"]

    def actions(self):
        """(action, result, reason) of the policy records, oldest first, and the records."""
        answer = subprocess.run(
            [f"{daemon_test.BIN}/sallyctl", "evidence", "list", "--state-dir", self.daemon.state_dir, "--limit", "0",
             "--output", "json"], capture_output=True, text=True, check=True)
        records = [r for r in json.loads(answer.stdout)["exchanges"] if r.get("kind") == "policy"]
        return [(r["action"], r["result"], r["reason"]) for r in reversed(records)], list(reversed(records))

    def test_a_canary_is_sent_beside_the_base_and_promoted(self):
        dataplane = self.served()
        version = self.policy()["version"]
        answer, (image, routes, base, canary, tenants) = self.canary(
            dataplane, change="https://changes.example/17", note="new card rule")
        self.assertTrue(answer["ok"] and answer["adopted"], answer)
        self.assertEqual((image.number, routes.number), (version + 1, version + 1))
        self.assertEqual((base, canary, tenants), (self.one, self.two, ["team"]))
        self.assertTrue(routes.sealed())
        policy = self.policy()
        self.assertEqual((policy["image"], policy["canary"]["image"]), (self.one, self.two))
        self.assertEqual(policy["canary"]["tenants"], ["team"])
        self.assertEqual(self.ask("apply", image=self.one)["code"], "rollout_open")
        young = self.ask("promote")
        self.assertEqual(young["code"], "canary_too_young", young)
        dataplane.decided(0, self.one, 0)
        dataplane.decided(1, self.two, 60, served=60)
        self.daemon.until(lambda: self.policy()["canary"]["counts"]["exchanges"] == 60, "counts of the canary", 5)
        answer_of = self.background("promote", emergency=True)  # it has not stood for a minute
        promoted = dataplane.take_image()
        self.assertEqual((promoted.digest.hex(), promoted.ok), (self.two, 0))
        answer = answer_of()
        self.assertEqual((answer["ok"], answer["version"]), (True, version + 2), answer)
        policy = self.policy()
        self.assertEqual((policy["image"], policy["canary"], policy["former"]), (self.two, None, self.one))
        actions, records = self.actions()
        self.assertEqual([a[0] for a in actions if a[0] != "policy_in_force"],
                         ["policy_applied", "policy_canary", "policy_refused", "policy_refused", "policy_promoted"])
        canary = next(r for r in records if r["action"] == "policy_canary")
        self.assertEqual(canary["fields"]["change_link"], "https://changes.example/17")
        self.assertEqual(canary["fields"]["rollout_note"], "new card rule")
        self.assertEqual(canary["fields"]["canary_tenant"], "team")
        promotion = records[[r["action"] for r in records].index("policy_promoted")]
        self.assertEqual((promotion["fields"]["requests"], promotion["fields"]["errors"]), (60, 0), promotion)

    def restoration_of(self, tenant):
        """Why the one who runs this has a token of this tenant denied: which image's rules were asked."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(30)
            connection.connect(f"{self.daemon.run_dir}/restore.sock")
            connection.sendall(json.dumps({
                "command": "restore", "tenant": tenant, "reason": "audit",
                "tokens": ["[US-SSN-0A7ZK3M9QWERT1XC5VBNHJ4]"]}).encode() + b"\n")
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
        return json.loads(answer)["results"][0]["why"]

    def test_rules_of_restoration_of_a_canary_count_for_its_tenants_alone(self):
        base, canary = "caller_unknown", "rule_denies"
        dataplane = self.served()
        of_both = lambda: (self.restoration_of("team"), self.restoration_of("main"))  # noqa: E731
        self.assertEqual(of_both(), (base, base))
        self.canary(dataplane)
        self.assertEqual(of_both(), (canary, base))
        # They are kept over a start, as the canary is.
        self.daemon.kill()
        dataplane.close()
        self.daemon.start()
        self.assertEqual(of_both(), (canary, base))
        dataplane = self.connect(2)
        dataplane.take_secrets()
        dataplane.take_image()
        dataplane.take_canary()
        answer_of = self.background("rollback")
        dataplane.take_image()
        self.assertTrue(answer_of()["ok"])
        self.assertEqual(of_both(), (base, base))
        self.canary(dataplane)
        answer_of = self.background("promote", emergency=True)
        dataplane.take_image()
        self.assertTrue(answer_of()["ok"])
        self.assertEqual(of_both(), (canary, canary))

    def state(self):
        policy = self.policy()
        return policy["image"], policy["canary"] and policy["canary"]["image"]

    def accept_everything(self, dataplane):
        """A dataplane that takes what comes, until its daemon is gone."""
        def run():
            with contextlib.suppress(OSError, AssertionError):
                while (packet := dataplane.next()) is not None:
                    if packet.kind == played.SECRETS:
                        dataplane.send(played.SECRETS_RESULT, packet.number, ok=1)
                    elif packet.kind in (played.IMAGE, played.CANARY):
                        dataplane.contents[packet.digest] = packet.content()
                        dataplane.send(played.IMAGE_RESULT, packet.number, ok=1, digest=packet.digest)
                        if packet.kind == played.IMAGE:
                            dataplane.report("ready", packet.number)
                    elif packet.kind == played.ROUTES:
                        dataplane.send(played.ROUTES_RESULT, packet.number, ok=1)
                        dataplane.report("ready", packet.number)

        threading.Thread(target=run, daemon=True).start()

    def killed_in(self, chance, command, **members):
        """Asks, kills the daemon at a random instant, and starts it again; True: it had answered that it was done."""
        answers = []

        def ask():
            with contextlib.suppress(OSError, ValueError):  # it died before it answered
                answers.append(self.ask(command, **members))

        thread = threading.Thread(target=ask)
        thread.start()
        time.sleep(chance.random() * 0.3)
        self.daemon.kill()
        thread.join()
        self.daemon.start()
        dataplane = self.connect(chance.randrange(1 << 30))
        self.accept_everything(dataplane)
        return bool(answers and answers[0]["ok"])

    def test_killed_in_any_step_of_a_change_it_is_before_or_behind_it(self):
        chance = random.Random(int(os.environ.get("SALLYPORT_SEED", "11")))
        dataplane = self.served()
        self.accept_everything(dataplane)
        version, done = self.policy()["version"], 0
        steps = {"apply": {}, "canary": {"canary": ["team"]}, "confirm": {"confirm_within_s": 600}, "promote": {},
                 "rollback": {}}
        for turn in range(int(os.environ.get("SALLYPORT_KILLS", "8"))):
            base, canary = before = self.state()
            other = self.two if base == self.one else self.one
            if canary:
                name = chance.choice(["promote", "rollback"])
                behind = (canary, None) if name == "promote" else (base, None)
            elif self.policy()["confirm_by"]:
                name, behind = "rollback", (other, None)
            else:
                name = chance.choice(["apply", "canary", "confirm"])
                behind = (base, other) if name == "canary" else (other, None)
            members = dict(steps[name], **({} if name in ("promote", "rollback") else {"image": other}))
            command = name if name in ("promote", "rollback") else "apply"
            if command == "promote":
                members["emergency"] = True
            with self.subTest(turn=turn, step=name):
                told = self.killed_in(chance, command, **members)
                self.assertIn(self.state(), (behind,) if told else (before, behind))
                self.assertGreaterEqual(self.policy()["version"], version, "a version is used once")
                version, done = self.policy()["version"], done + told
        self.daemon.until(lambda: self.daemon.status()["dataplane"]["connected"], "the dataplane")
        report = subprocess.run([f"{daemon_test.BIN}/sallyctl", "evidence", "verify", "--state-dir",
                                 self.daemon.state_dir], capture_output=True, text=True)
        self.assertEqual(report.returncode, 0, report.stdout + report.stderr)
        self.actions()  # the history is readable to its end
        print(f"{turn + 1} kills, {done} of them after the answer")

    def test_what_cannot_be_is_refused_with_a_way_out(self):
        self.daemon.start()
        self.assertEqual(self.ask("apply", image=self.two, canary=["team"])["code"], "no_base")
        self.assertEqual(self.ask("rollback")["code"], "policy_missing")
        self.assertTrue(self.apply(self.one)["ok"])
        for members, code in (({"image": self.two, "canary": ["nobody"]}, "tenant_unknown"),
                              ({"image": self.one, "canary": ["team"]}, "canary_is_base"),
                              ({"image": self.two, "canary": []}, "request_invalid"),
                              ({"image": self.two, "canary": "team"}, "request_invalid"),
                              ({"image": self.two, "confirm_within_s": 0}, "request_invalid"),
                              ({"image": self.two, "note": "two\nlines"}, "request_invalid")):
            self.assertEqual(self.ask("apply", **members)["code"], code, members)
        self.assertEqual(self.ask("promote")["code"], "no_canary")
        self.assertEqual(self.ask("confirm")["code"], "nothing_to_confirm")
        self.assertEqual(self.ask("rollback")["code"], "nothing_before")
        self.assertEqual(self.ask("rollback", digest=self.two)["code"], "never_in_force")
        self.assertEqual(self.ask("rollback", digest="12")["code"], "request_invalid")
        self.assertEqual(self.policy()["image"], self.one)

    def test_routes_that_the_dataplane_refuses_change_nothing(self):
        dataplane = self.served()
        answer, _ = self.canary(dataplane, refuse_routes="names images that are not loaded")
        self.assertEqual(answer["code"], "image_refused", answer)
        self.assertIsNone(self.policy()["canary"])

    def test_rollback_is_one_command_and_quick(self):
        dataplane = self.served()
        answer_of = self.in_background(self.two)
        dataplane.take_image()
        self.assertTrue(answer_of()["adopted"])
        answer_of = self.background("rollback")
        self.assertEqual(dataplane.take_image().digest.hex(), self.one)
        answer = answer_of()
        self.assertTrue(answer["adopted"], answer)
        self.assertLess(answer["took_ms"], 1000)
        print(f"rollback with a played dataplane: {answer['took_ms']} ms")
        answer_of = self.background("rollback", digest=self.two)
        self.assertEqual(dataplane.take_image().digest.hex(), self.two)
        self.assertEqual(answer_of()["image"], self.two)
        self.canary_of(dataplane, self.one)
        answer_of = self.background("rollback")  # with a canary: the canary ends, the base stays
        self.assertEqual(dataplane.take_image().digest.hex(), self.two)
        self.assertEqual(answer_of()["image"], self.two)
        self.assertIsNone(self.policy()["canary"])

    def canary_of(self, dataplane, image, **members):
        answer_of = self.background("apply", image=image, canary=["team"], **members)
        dataplane.take_canary()
        answer = answer_of()
        self.assertTrue(answer["ok"], answer)
        return answer

    def test_what_is_not_confirmed_reverts_by_itself(self):
        dataplane = self.served()
        answer_of = self.background("apply", image=self.two, confirm_within_s=1)
        dataplane.take_image()
        answer = answer_of()
        self.assertTrue(answer["ok"] and answer["confirm_by"], answer)
        reverted = dataplane.take_image()
        self.assertEqual(reverted.digest.hex(), self.one)
        self.daemon.until(lambda: self.policy()["image"] == self.one, "the policy before", 5)
        self.assertIn("not_confirmed", self.daemon.codes())
        self.assertIn(("policy_rolled_back", "intended", "not_confirmed"), self.actions()[0])
        # Confirmed: it stays.
        answer_of = self.background("apply", image=self.two, confirm_within_s=2)
        dataplane.take_image()
        self.assertTrue(answer_of()["ok"])
        self.assertTrue(self.ask("confirm")["ok"])
        self.assertNotIn("not_confirmed", self.daemon.codes())
        time.sleep(2.6)
        self.assertEqual(self.policy()["image"], self.two)
        self.assertIsNone(self.policy()["confirm_by"])

    def test_a_canary_with_errors_is_halted(self):
        dataplane = self.served()
        dataplane.decided(0, self.one, 100, served=100)
        self.canary(dataplane)
        dataplane.decided(0, self.one, 150, served=150)
        dataplane.decided(1, self.two, 40, served=30, errors=10)
        self.assertEqual(dataplane.take_image().digest.hex(), self.one)  # asked by nobody
        self.daemon.until(lambda: self.policy()["canary"] is None, "end of the canary", 5)
        self.assertIn("halted", self.daemon.codes())
        actions, records = self.actions()
        self.assertIn(("policy_rolled_back", "intended", "halted"), actions)
        halted = next(r for r in records if r["reason"] == "halted")
        self.assertIn("errors 25.0 % on the canary", halted["detail"])
        self.assertEqual((halted["actor"], halted["fields"]["requests"]), ("sallyportd", 40))

    def test_a_restart_resumes_the_canary_and_takes_back_what_ran_out(self):
        dataplane = self.served()
        base_version = self.policy()["version"]
        self.canary(dataplane, confirm_within_s=3)
        version = self.policy()["version"]
        self.daemon.kill()
        self.assertIsNone(dataplane.next())
        self.daemon.start()
        self.assertEqual(self.policy()["canary"]["image"], self.two)
        dataplane = self.connect()
        dataplane.take_secrets()
        image = dataplane.take_image()
        self.assertEqual((image.number, image.ok), (base_version, 1))  # routes follow
        _, routes, base, canary, tenants = dataplane.take_canary()
        self.assertEqual((routes.number, base, canary, tenants), (version, self.one, self.two, ["team"]))
        self.daemon.kill()
        time.sleep(3)
        self.daemon.start()
        self.daemon.until(lambda: self.policy()["canary"] is None, "the end of its time", 5)
        self.assertEqual(self.policy()["image"], self.one)
        dataplane = self.connect(2)
        dataplane.take_secrets()
        self.assertEqual(dataplane.take_image().digest.hex(), self.one)

    def sign(self, folder, role, who):
        """As an operator does it with ssh-keygen alone (docs/policy_changes.md)."""
        answer = subprocess.run([f"{daemon_test.BIN}/sallyctl", "policy", "check", folder, "--output", "json"],
                                capture_output=True, text=True, check=True)
        digest, key = json.loads(answer.stdout)["bundle"], f"{self.work}/{who}.key"
        if not os.path.exists(key):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", who, "-f", key], check=True)
            with open(f"{key}.pub", encoding="utf-8") as public, \
                    open(f"{self.work}/allowed_signers", "a", encoding="utf-8") as signers:
                signers.write(f"{who} {public.read()}")
        self.daemon.write("statement", f"sallyport policy bundle 1\n{digest}\n{role}\n")
        subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-n", "sallyport-policy", "-f", key,
                        f"{self.work}/statement"], check=True, capture_output=True)
        os.makedirs(f"{folder}/.approvals", exist_ok=True)
        shutil.move(f"{self.work}/statement.sig", f"{folder}/.approvals/{digest}.{role}.{who}.sig")

    def test_production_wants_signatures_and_a_canary_for_what_is_looser(self):
        self.daemon.write("sallyport.yaml", "node: daemon-test\nenvironment: production\n")
        rule = "rules:\n  - id: open\n    entity: EMAIL_ADDRESS\n    action: allow\n"
        for name, more in (("first", ""), ("looser", rule)):
            self.daemon.write(f"{name}/bundle.yaml",
                              f"format: 1\nname: {name}\nextends: {daemon_test.ROOT}/policies\n")
            self.daemon.write(f"{name}/tenants.yaml", "tenants:\n  team:\n    vendors: [openai, anthropic]\n")
            if more:
                self.daemon.write(f"{name}/actions.yaml", more)
        first, looser = f"{self.work}/first", f"{self.work}/looser"
        self.daemon.start()
        refused = self.ask("apply", folder=first)
        self.assertFalse(refused["ok"], refused)
        self.assertEqual(self.policy()["version"], 0)
        self.assertEqual(self.ask("apply", image=self.one)["code"], "image_unapproved")
        self.sign(first, "author", "ann")
        self.assertFalse(self.ask("apply", folder=first)["ok"])
        self.sign(first, "approver", "ben")
        applied = self.ask("apply", folder=first)
        self.assertTrue(applied["ok"], applied)
        self.assertEqual((applied["author"], applied["approvers"]), ("ann", ["ben"]))
        self.sign(looser, "author", "ann")
        self.sign(looser, "approver", "ben")
        self.assertEqual(self.ask("apply", folder=looser)["code"], "approvals_missing")  # two for a loosening
        self.sign(looser, "approver", "eve")
        straight = self.ask("apply", folder=looser)
        self.assertEqual(straight["code"], "canary_required", straight)
        canary = self.ask("apply", folder=looser, canary=["team"])
        self.assertTrue(canary["ok"], canary)
        self.assertEqual((canary["risk"], sorted(canary["approvers"])), ("loosening", ["ben", "eve"]))
        self.assertTrue(self.ask("rollback")["ok"])
        os.unlink(f"{looser}/.approvals/" + next(n for n in os.listdir(f"{looser}/.approvals") if "eve" in n))
        emergency = self.ask("apply", folder=looser, emergency=True, note="outage")
        self.assertTrue(emergency["ok"], emergency)
        self.assertIn("review_open", self.daemon.codes())
        # What one signature brought in is no measure for what follows, as long as nobody has looked at it.
        again = self.ask("apply", folder=looser)
        self.assertEqual(again["code"], "approvals_missing", again)
        self.assertIn("before the emergency", again["message"])
        own = self.ask("policy_review", close=emergency["review"], note="it was fine")
        self.assertEqual(own["code"], "denied")
        other = self.daemon.ask({"command": "policy_review", "actor": "ben", "close": emergency["review"],
                                 "note": "fine"})
        self.assertTrue(other["ok"], other)
        self.assertNotIn("review_open", self.daemon.codes())
        reviewed = self.ask("apply", folder=looser)
        self.assertTrue(reviewed["ok"], reviewed)
        self.assertEqual(reviewed["risk"], "none")
        actions, records = self.actions()
        self.assertGreaterEqual(sum(a[0] == "policy_refused" for a in actions), 5)
        self.assertIn("policy_review_closed", [a[0] for a in actions])
        loud = next(r for r in reversed(records)
                    if r["action"] == "policy_applied" and r["fields"].get("emergency"))
        self.assertEqual((loud["fields"]["emergency"], loud["fields"]["risk"]), ("yes", "loosening"))

    def test_a_lab_takes_no_image_by_digest_whose_keys_are_productive(self):
        key = "keys:\n  k:\n    hmac: \"{}\"\n    tenant: team\n    principal: p\n    environment: {}\n"
        images = {}
        for place in ("lab", "production"):
            self.daemon.write(f"{place}/bundle.yaml",
                              f"format: 1\nname: {place}\nextends: {daemon_test.ROOT}/policies\n")
            self.daemon.write(f"{place}/tenants.yaml", "tenants:\n  team:\n    vendors: [openai, anthropic]\n")
            self.daemon.write(f"{place}/keys.yaml", key.format("ab" * 32, place))
            done = subprocess.run([f"{daemon_test.BIN}/sallyctl", "--state-dir", self.daemon.state_dir, "policy",
                                   "compile", f"{self.work}/{place}", "--output", "json"],
                                  capture_output=True, text=True, timeout=120)
            self.assertEqual(done.returncode, 0, done.stderr)
            images[place] = json.loads(done.stdout)["image"]
        self.daemon.start()
        refused = self.ask("apply", image=images["production"])
        self.assertEqual(refused["code"], "image_unapproved", refused)
        self.assertEqual(self.policy()["version"], 0)
        self.assertTrue(self.ask("apply", image=images["lab"])["ok"])

    def test_another_release_is_told_so(self):
        self.daemon.start()
        stranger = played.socket.socket(played.socket.AF_UNIX, played.socket.SOCK_SEQPACKET)
        self.addCleanup(stranger.close)
        stranger.settimeout(10)
        stranger.connect(f"{self.daemon.run_dir}/control.sock")
        hello = played.PACKET.pack(played.MAGIC, played.VERSION - 1, played.HELLO, 0, 1, 0, played.IMAGE_VERSION,
                                   played.REGION_VERSION, played.SECRETS_VERSION, 2, b"", b"", b"")
        stranger.send(hello)
        refusal = played.Packet(stranger.recv(played.PACKET.size), None)
        self.assertEqual(refusal.kind, played.REFUSED)
        self.assertIn(f"control version {played.VERSION - 1}, sallyportd has {played.VERSION}", refusal.text)
        self.assertEqual(stranger.recv(1), b"")


def load_tests(loader, _tests, _pattern):
    names = [name for name in RolloutTest.__dict__ if name.startswith("test_")]
    return unittest.TestSuite(RolloutTest(name) for name in names)


if __name__ == "__main__":
    daemon_test.main()
