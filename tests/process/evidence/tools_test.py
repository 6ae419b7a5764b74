#!/usr/bin/env python3
"""tools_test.py: list, show, query, tail, population, sample, prove, verify and snapshot as an operator types them.

Usage: tools_test.py --bin DIR      exit 0 good, 1 bad
"""
import base64
import hashlib
import json
import os
import select
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import evidence_case as case  # noqa: E402
from evidence_case import read, write  # noqa: E402

WINDOW = ("--from", "2023-11-14", "--to", "2023-11-15")


def sample_of(population_sha256, count, size):
    """The algorithm of docs/auditors.md, written a second time."""
    chosen = []
    for s in range(min(size, count)):
        begin, end = s * count // size, (s + 1) * count // size
        number = int.from_bytes(hashlib.sha256(f"{population_sha256}:{s}".encode()).digest(), "big")
        chosen.append(begin + number % (end - begin))
    return chosen


def root_of(index, size, leaf, proof):
    """RFC 9162 2.1.3.2: the root that an inclusion proof leads to."""
    node = lambda left, right: hashlib.sha256(b"\1" + left + right).digest()
    fn, sn = index, size - 1
    for other in proof:
        if fn & 1 or fn == sn:
            leaf = node(other, leaf)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            leaf = node(leaf, other)
        fn, sn = fn >> 1, sn >> 1
    return leaf


class Log(case.Case):
    def setUp(self):
        super().setUp()
        self.size = case.make_log(self.path("state"), "--exchanges", 40)

    def test_list_has_pages_and_filters(self):
        rows, before, pages = [], [], 0
        while before is not None:
            page = self.json("evidence", "list", "--limit", 7, *before)
            rows, pages = rows + page["exchanges"], pages + 1
            before = None if page["next"] is None else ["--before", page["next"]]
        whole = self.json("evidence", "list", "--limit", 0)["exchanges"]
        self.assertEqual(rows, whole)
        self.assertGreater(pages, 5)
        indexes = [row["index"] for row in whole]
        self.assertEqual(indexes, sorted(indexes, reverse=True))
        count = lambda *words: len(self.json("evidence", "list", "--limit", 0, *words)["exchanges"])
        self.assertEqual(count("--kind", "POL"), 1)
        self.assertEqual(count("--kind", "POL,RST"), 2)
        self.assertEqual(count("--kind", "exchange"), 40)
        self.assertEqual(count("--kind", "REQ", "--tenant", "lab"), 40)
        self.assertEqual(count("--entity", "EMAIL_ADDRESS"), 40)
        self.assertEqual(count("--entity", "US_SSN"), 0)
        self.assertEqual(count("--action", "tokenize"), 40)
        self.assertEqual(count("--action", "policy_applied"), 1)
        self.assertEqual(count("--outcome", "blocked") + count("--outcome", "served") + count("--outcome", "open"), 40)
        self.assertEqual(count("--principal", "nobody"), 0)
        self.assertEqual(count("--until", "2023-12-01"), 40)
        one = whole[-1]["request_id"]
        self.assertEqual(count("--request", one), 1)
        self.assertIn("POL   policy_applied", self.ctl("evidence", "list").stdout)

    def test_query_gives_single_records_in_pages(self):
        rows, after = [], []
        while after is not None:
            page = self.json("evidence", "query", "--limit", 9, "--tenant", "lab", *after)
            rows += page["records"]
            after = None if page["next"] is None else ["--after", page["next"]]
        kinds = [row["kind"] for row in rows]
        self.assertEqual((kinds.count("admitted"), kinds.count("completed")), (40, 32))  # verdicts are the tenant's too
        self.assertEqual([row["index"] for row in rows], sorted(row["index"] for row in rows))
        self.assertRegex(self.ctl("evidence", "query", "--kind", "RST").stdout, r"\d+ +20\S+ +RST +restored")

    def test_show_takes_a_request_or_an_index(self):
        row = self.json("evidence", "query", "--limit", 1)["records"][0]
        self.assertEqual(self.json("evidence", "show", row["request_id"])["admitted"], row)
        shown = self.json("evidence", "show", row["index"])
        self.assertEqual(dict(row, record_schema=row["schema"], schema=shown["schema"]), shown)
        self.error("evidence", "show", self.size, expect=4)

    def test_a_word_that_fits_no_record_is_no_empty_answer(self):
        window = ("--kind", "REQ", "--from", "2020-01-01", "--to", "2021-01-01")
        for words in (("list", "--outcome", "blokced"), ("query", "--kind", ",,"), ("list", "--request", "sp_12"),
                      ("population", *window, "--outcome", "refused"), ("export", "")):
            self.error("evidence", *words, expect=2)
        self.json("evidence", "list", "--outcome", "open")
        self.json("evidence", "list", "--request", "sp_4M3RJ6C0Q2WH1T00080000002A")

    def test_numbers_at_the_end_of_their_range(self):
        last = (1 << 64) - 1
        self.assertEqual(self.json("evidence", "query", "--after", last)["records"], [])
        for lines in (1 << 61, last):
            self.assertEqual(len(self.ctl("evidence", "tail", "-n", lines).stdout.splitlines()), self.size)

    def test_a_log_that_is_empty_or_a_folder_that_cannot_be_is_said(self):
        write(b"", self.path("plain"))
        self.assertEqual(self.error("evidence", "export", self.path("plain", "x"), expect=1)["code"], "not_written")
        write(b"", self.path("state", "evidence", "data.mdb"))
        self.assertIn("is empty", self.error("evidence", "list", expect=1)["why"])

    def test_tail_follows(self):
        lines = self.ctl("evidence", "tail", "-n", 3, "--output", "json").stdout.splitlines()
        self.assertEqual([json.loads(line)["index"] for line in lines], list(range(self.size - 3, self.size)))
        self.assertEqual(len(self.ctl("evidence", "tail", "--kind", "REQ").stdout.splitlines()), 10)
        environment = dict(os.environ, SALLYPORT_STATE_DIR=self.path("state"))
        job = subprocess.Popen([case.program("sallyctl"), "evidence", "tail", "-n", "1", "-f", "--output", "json"],
                               stdout=subprocess.PIPE, env=environment)
        try:
            self.assertEqual(json.loads(job.stdout.readline())["index"], self.size - 1)
            self.assertFalse(select.select([job.stdout], [], [], 0.4)[0])
            grown = case.make_log(self.path("state"), "--exchanges", 0)
            self.assertGreater(grown, self.size)
            self.assertTrue(select.select([job.stdout], [], [], 20)[0], "nothing came")
            self.assertEqual(json.loads(job.stdout.readline())["index"], self.size)
        finally:
            job.kill()
            job.wait()
            job.stdout.close()

    def test_a_population_carries_all_that_makes_it_believable(self):
        value = self.json("evidence", "population", "--kind", "REQ", *WINDOW, "--rows", self.path("rows"))
        self.assertEqual((value["count"], value["open_exchanges"], value["period"]), (40, 8, "closed"))
        self.assertEqual(hashlib.sha256(read(self.path("rows"))).hexdigest(), value["sha256"])
        rows = [json.loads(line) for line in read(self.path("rows")).splitlines()]
        self.assertEqual(len(rows), 40)
        self.assertEqual(read(self.path("rows")).decode(), "".join(
            json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n" for row in rows))
        self.assertRegex(value["query"], "^sallyctl evidence population --kind REQ --from 2023-11-14T00:00:00Z "
                                         "--to 2023-11-15T00:00:00Z --at [0-9]+$")
        self.assertRegex(value["software"], r"^sallyctl \d")
        self.assertRegex(value["operator"], r"\(uid \d+\)$")
        self.assertEqual(value["checkpoint"]["size"], self.size)
        self.assertEqual(value["checkpoint"]["note"].split("\n")[1], str(self.size))
        self.assertEqual((value["recorded"]["ok"], value["not_under_checkpoint"]), (False, 0))
        again = self.json(*value["query"].split()[1:])
        self.assertEqual(again["sha256"], value["sha256"])

    def test_a_population_of_none_is_an_answer(self):
        value = self.json("evidence", "population", "--control", "CC6.6", *WINDOW)
        self.assertEqual((value["count"], value["sha256"]), (0, hashlib.sha256(b"").hexdigest()))
        self.assertEqual(value["kinds"], "EGR,TLS,CFG")
        answer = self.ctl("evidence", "population", "--control", "CC6.6", *WINDOW)
        self.assertRegex(answer.stdout, r"(?m)^count +0$")
        self.assertIn("not in the evidence log", answer.stderr)
        self.assertEqual(self.json("evidence", "population", "--control", "CC7.2", *WINDOW)["control"],
                         {"id": "CC7.2", "kinds_kept_elsewhere": "SLO", "words": "anomalies are seen"})
        self.error("evidence", "population", "--control", "A1.1", *WINDOW, expect=3)
        self.error("evidence", "population", "--control", "CC99.9", *WINDOW, expect=3)

    def test_populations_that_cannot_be(self):
        for words in (["--kind", "REQ"], [*WINDOW], ["--kind", "REQ", "--from", "1d", "--to", "2d"]):
            self.error("evidence", "population", *words, expect=2)
        self.error("evidence", "population", "--kind", "REQ", *WINDOW, "--at", 7, expect=4)
        self.error("evidence", "population", "--kind", "REQ", *WINDOW, "--rows", self.path("no", "where"), expect=1)

    def test_nobody_picks_the_sample(self):
        bank = self.ctl("evidence", "population", "--kind", "REQ", *WINDOW, "--rows", self.path("rows"),
                        "--output", "json")
        write(bank.stdout.encode(), self.path("bank.json"))
        population = json.loads(bank.stdout)
        rows = [json.loads(line) for line in read(self.path("rows")).splitlines()]
        case.make_log(self.path("state"), "--exchanges", 0)  # the log goes on; the population stays
        for size in (1, 7, 25, 39, 40, 100):
            value = self.json("evidence", "sample", "--population", self.path("bank.json"), "--size", size)
            positions = sample_of(population["sha256"], 40, min(size, 40))
            self.assertEqual([item["position"] for item in value["items"]], positions)
            self.assertEqual([item["row"] for item in value["items"]], [rows[position] for position in positions])
            self.assertEqual(value["method"], "census" if size >= 40 else "stratified")
        census = self.json("evidence", "sample", "--kind", "REQ", *WINDOW, "--at", self.size)
        self.assertEqual([item["row"] for item in census["items"]], rows)
        self.assertRegex(self.ctl("evidence", "sample", "--population", self.path("bank.json"), "--size", 3).stdout,
                         r"(?m)^sample  3 of 40, stratified$")

    def test_a_sample_is_of_the_banked_population_or_of_none(self):
        bank = self.json("evidence", "population", "--kind", "REQ", *WINDOW)
        write(json.dumps(dict(bank, sha256="0" * 64)).encode(), self.path("bank.json"))
        error = self.error("evidence", "sample", "--population", self.path("bank.json"), expect=3)
        self.assertEqual(error["code"], "population_changed")
        self.error("evidence", "sample", "--kind", "REQ", "--from", "7d", "--to", "2999-01-01", expect=7)
        self.error("evidence", "sample", "--population", self.path("rows"), expect=4)
        self.error("evidence", "sample", "--kind", "REQ", *WINDOW, "--size", 0, expect=2)
        self.error("evidence", "sample", "--kind", "REQ", *WINDOW, "--size", 1, "--census", expect=2)
        look = self.json("evidence", "population", "--kind", "REQ", "--from", "7d", "--to", "2999-01-01")
        self.assertEqual(look["period"], "open")

    def test_a_proof_holds_by_the_published_rules(self):
        row = self.json("evidence", "list", "--kind", "exchange", "--outcome", "served", "--limit", 1)["exchanges"][0]
        text = self.ctl("evidence", "prove", row["request_id"]).stdout
        proofs = self.json("evidence", "prove", row["request_id"])["proofs"]
        self.assertEqual(text, "\n".join(proof["text"] for proof in proofs))
        self.assertEqual([proof["index"] for proof in proofs], [row["admitted"]["index"], row["completed"]["index"]])
        records = case.load_entries(self.export())
        for proof in proofs:
            head, index, *hashes = proof["text"].split("\n\n")[0].split("\n")
            self.assertEqual((head, index), ("c2sp.org/tlog-proof@v1", f"index {proof['index']}"))
            origin, size, root = proof["text"].split("\n\n", 1)[1].split("\n")[:3]
            leaf = hashlib.sha256(b"\0" + records[proof["index"]]).digest()
            self.assertEqual(base64.b64encode(root_of(proof["index"], int(size), leaf,
                                                      [base64.b64decode(h) for h in hashes])).decode(), root)
        older = sorted(int(name) for name in os.listdir(self.path("export", "checkpoints")))[0]
        text = self.ctl("evidence", "prove", "--from", older).stdout
        self.assertTrue(text.startswith(f"old {older}\n"))
        self.assertEqual(self.json("evidence", "prove", 0, "--to", older)["proofs"][0]["size"], older)
        self.error("evidence", "prove", expect=2)
        self.error("evidence", "prove", 0, "--from", older, expect=2)
        self.error("evidence", "prove", self.size, expect=4)
        self.error("evidence", "prove", self.size - 1, "--to", older, expect=3)
        write(b"no note", self.path("words"))
        for option in ("--from", "--to"):
            answer = self.error("evidence", "prove", *([0] if option == "--to" else []), option, self.path("words"),
                                expect=2)
            self.assertEqual(answer["code"], "bad_checkpoint")

    def test_verify_wants_the_cosignature_of_a_named_witness(self):
        self.assertTrue(self.json("evidence", "verify")["ok"])
        raw = b"\4" + b"k" * 32
        name = "witness.example/w1"
        key_id = hashlib.sha256(name.encode() + b"\n" + raw).hexdigest()[:8]
        write(f"{name}+{key_id}+{base64.b64encode(raw).decode()}\n".encode(), self.path("witness"))
        self.assertIn("no kept checkpoint has a good cosignature",
                      self.ctl("evidence", "verify", "--witness", self.path("witness"), expect=3).stdout)
        for nobody in (b"", b"# none yet\n"):  # who asks for witnesses is not told OK without one
            write(nobody, self.path("witness"))
            self.assertEqual(self.error("evidence", "verify", "--witness", self.path("witness"), expect=2)["code"],
                             "bad_witness")

    def test_a_snapshot_goes_on_where_the_last_one_ended(self):
        first = self.json("evidence", "snapshot", "--to", self.path("bucket"))
        self.assertEqual((first["from"], first["to"]), (0, self.size))
        vkey = case.vkey_of(self.path("state"))
        self.assert_good(self.path("bucket", first["name"]), vkey)
        size = case.make_log(self.path("state"), "--exchanges", 0)
        second = self.json("evidence", "snapshot", "--to", self.path("bucket"))
        self.assertEqual((second["from"], second["to"]), (self.size // 256 * 256, size))
        self.assert_good(self.path("bucket", second["name"]), vkey, "--since",
                         self.path("bucket", first["name"], "checkpoint"))
        self.assertTrue(os.path.exists(self.path("bucket", second["name"] + ".RECEIPT.json")))
        self.error("evidence", "snapshot", "--to", self.path("bucket"), "--legal-hold", expect=2)
        self.error("evidence", "snapshot", "--to", "s3://bucket", expect=4)


class WithDaemon(case.Case):
    def rotated_key(self):
        first = read(case.vkey_of(self.path("state"))).decode().strip()
        kept = self.export("kept") + "/checkpoint"
        for number in (2, 3):
            said = json.loads(self.ctl("evidence", "key", "rotate", "--reason", "yearly", "--output", "json").stdout)
            self.assertEqual(said["vkey"], read(case.vkey_of(self.path("state"))).decode().strip())
            self.assertTrue(os.path.exists(self.path("state", "keys", f"evidence.key.{number}")))
            former = "evidence.key" if number == 2 else "evidence.key.2"
            deadline = time.monotonic() + 30
            while os.path.exists(self.path("state", "keys", former)):  # after its record is committed
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.05)
        for vkey in (first, said["old_vkey"], said["vkey"]):
            self.assertTrue(self.json("evidence", "verify", "--vkey", vkey, "--since", kept)["ok"])
            self.assert_good(self.export("by-" + vkey.split("+")[1]), vkey, "--since", kept)
        records = self.json("evidence", "query", "--kind", "KEY", "--limit", 0)["records"]
        changes = [row for row in records if row["action"] == "log_key_rotated"]
        self.assertEqual([row["reason"] for row in changes], ["yearly", "yearly"])
        self.assertEqual(changes[0]["before"], hashlib.sha256(first.encode()).hexdigest())
        self.assertNotIn(changes[0]["actor"], ("", "sallyportd"))
        self.assertEqual(len([row for row in records if row["action"] == "log_key_retired"]), 2)
        self.assertIn("signs sizes", self.ctl("evidence", "key", "list").stdout)

    def test_who_pulled_what_is_in_the_log(self):
        case.make_log(self.path("state"), "--exchanges", 5)
        os.chmod(self.path("state"), 0o700)
        write(b"node: test\n", self.path("sallyport.yaml"))
        with open(self.path("log"), "wb") as log:
            job = subprocess.Popen([case.program("sallyportd"), "--config", self.path("sallyport.yaml"), "--run-dir",
                                    self.path("run"), "--state-dir", self.path("state"), "--credentials",
                                    self.path("credentials")], stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + 30
            while not os.path.exists(self.path("run", "admin.sock")):
                self.assertIsNone(job.poll(), read(self.path("log")).decode())
                self.assertLess(time.monotonic(), deadline, read(self.path("log")).decode())
                time.sleep(0.05)
            value = self.json("evidence", "population", "--kind", "EGR", *WINDOW)
            self.assertEqual((value["count"], value["recorded"]["ok"]), (0, True))
            time.sleep(1.1)  # a window ends at a whole second
            sample = self.json("evidence", "sample", "--kind", "POL,RST", "--from", "1d", "--to", "0s", "--size", 1)
            self.assertEqual((sample["size"], sample["population"]["count"]), (1, 2))
            self.json("evidence", "verify")
            self.json("evidence", "snapshot", "--to", self.path("bucket"))
            records = self.json("evidence", "query", "--kind", "ADM,CHK", "--limit", 0)["records"]
            rows = {row["action"]: row for row in records if "action" in row}
            self.assertEqual(rows["evidence_population"]["fields"]["digest"], value["sha256"])
            self.assertEqual(rows["evidence_population"]["fields"]["rows"], 0)
            self.assertIn("--kind EGR --from 2023-11-14T00:00:00Z", rows["evidence_population"]["fields"]["query"])
            self.assertEqual(rows["evidence_sample"]["count"], 1)
            self.assertEqual(rows["evidence_verified"]["evidence"], "CHK")
            self.assertEqual(rows["evidence_snapshot"]["evidence"], "ADM")
            self.pruned_for_real()
            self.rotated_key()
        finally:
            job.terminate()
            job.wait(30)

    def pruned_for_real(self):
        """The exchanges are of 2023: sallyportd's own retention run removes them, and exports still verify."""
        deadline = time.monotonic() + 60
        while "pruned" not in {row.get("action") for row in self.json("evidence", "query", "--kind", "RET")["records"]}:
            self.assertLess(time.monotonic(), deadline, "no retention run")
            time.sleep(0.2)
        time.sleep(1.5)  # until a checkpoint covers the run
        for _ in range(10):
            answer = subprocess.run([case.program("sallyctl"), "--state-dir", self.path("state"), "evidence", "export",
                                     self.path("pruned")], capture_output=True, text=True)
            if answer.returncode != 7:
                break
            time.sleep(1)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertGreater(json.loads(read(self.path("pruned"), "MANIFEST.json"))["pruned"], 0)
        self.assert_good(self.path("pruned"), case.vkey_of(self.path("state")))
        self.assertTrue(self.json("evidence", "verify")["ok"])


if __name__ == "__main__":
    case.main()
