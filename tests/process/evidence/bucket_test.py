#!/usr/bin/env python3
"""bucket_test.py: snapshots to a real Ceph radosgw with object lock; what it must refuse, it refuses.

Usage: bucket_test.py --bin DIR      exit 0 good, 1 bad, 77 skipped: the Ceph packages are not installed
"""
import contextlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import evidence_case as case  # noqa: E402
import radosgw  # noqa: E402
from evidence_case import read, write  # noqa: E402

ACCESS, SECRET = "A" + secrets.token_hex(8), secrets.token_hex(20)
GATEWAY = None


def s3(method, path, *more, body=b"", query=""):
    """One signed request by the curl program: (status, body). Query in order, valueless names with '='."""
    import hashlib
    digest = hashlib.sha256(body).hexdigest()
    words = ["curl", "-s", "-o", "-", "-w", "\n%{http_code}", "-X", method, "--aws-sigv4", "aws:amz:us-east-1:s3",
             "--user", f"{ACCESS}:{SECRET}", "-H", f"x-amz-content-sha256: {digest}", "--data-binary", "@-", *more,
             GATEWAY.endpoint + urllib.parse.quote(path) + ("?" + query if query else "")]
    answer = subprocess.run(words, input=body, capture_output=True, timeout=60)
    text, _, status = answer.stdout.rpartition(b"\n")
    return int(status), text


class Bucket(case.Case):
    def setUp(self):
        super().setUp()
        self.size = case.make_log(self.path("state"), "--exchanges", 20)
        self.credential(SECRET)

    def credential(self, secret):
        path = self.path("credentials", "evidence-bucket")
        write(f"access_key_id {ACCESS}\nsecret_access_key {secret}\n".encode(), path)
        os.chmod(path, 0o600)

    def bucket(self, name, lock=True):
        more = ["-H", "x-amz-bucket-object-lock-enabled: true"] if lock else []
        self.assertEqual(s3("PUT", f"/{name}", *more)[0], 200)
        return ("evidence", "snapshot", "--to", f"s3://{name}/site 1", "--endpoint", GATEWAY.endpoint)

    def test_a_snapshot_is_locked_and_comes_back_whole(self):
        line = self.bucket("locked")
        receipt = self.json(*line, "--retain-days", 30)
        self.assertEqual((receipt["from"], receipt["to"]), (0, self.size))
        base = f"/locked/site 1/{receipt['name']}/"
        for one in receipt["objects"] + [{"name": "RECEIPT.json", "version": receipt["receipt_version"]}]:
            self.assertTrue(one["version"])
            status, content = s3("GET", base + one["name"], query="versionId=" + one["version"])
            self.assertEqual(status, 200, one)
            os.makedirs(os.path.dirname(self.path("back", one["name"])), exist_ok=True)
            write(content, self.path("back", one["name"]))
        self.assertEqual(json.loads(read(self.path("back", "RECEIPT.json")))["objects"], receipt["objects"])
        os.remove(self.path("back", "RECEIPT.json"))
        self.assert_good(self.path("back"), case.vkey_of(self.path("state")))
        version = receipt["objects"][0]["version"]
        name = base + receipt["objects"][0]["name"]
        status, text = s3("GET", name, query=f"retention=&versionId={version}")
        self.assertIn(b"<Mode>COMPLIANCE</Mode>", text)
        # Nobody takes it away, also not who wrote it.
        self.assertEqual(s3("DELETE", name, query="versionId=" + version)[0], 403)
        bypass = ("-H", "x-amz-bypass-governance-retention: true")
        self.assertEqual(s3("DELETE", name, *bypass, query="versionId=" + version)[0], 403)
        s3("PUT", name, body=b"forged")  # a newer version, beside the locked one
        self.assertEqual(s3("GET", name, query="versionId=" + version)[1],
                         read(self.path("back", receipt["objects"][0]["name"])))
        # The next one goes on, under a name of its own.
        size = case.make_log(self.path("state"), "--exchanges", 0)
        second = self.json(*line, "--retain-days", 30, "--legal-hold")
        self.assertEqual((second["to"], second["legal_hold"]), (size, True))
        self.assertNotEqual(second["name"], receipt["name"])
        one = second["objects"][0]
        status, text = s3("GET", f"/locked/site 1/{second['name']}/{one['name']}",
                          query=f"legal-hold=&versionId={one['version']}")
        self.assertIn(b"<Status>ON</Status>", text)

    def held(self, bucket, receipt):
        """The states of all objects of a snapshot, as the server has them."""
        states = set()
        for one in receipt["objects"] + [{"name": "RECEIPT.json", "version": receipt["receipt_version"]}]:
            status, text = s3("GET", f"/{bucket}/site 1/{receipt['name']}/{one['name']}",
                              query=f"legal-hold=&versionId={one['version']}")
            states.add("ON" if status == 200 and b"<Status>ON</Status>" in text else "OFF")
        return states

    def start_sallyportd(self):
        """Over the folders of this test, without a policy: holds need none."""
        write(b"node: test\n", self.path("sallyport.yaml"))  # whose log make_log wrote
        self.enterContext(self.daemon())

    def test_hold_add_and_the_last_release_reach_the_bucket(self):
        line = self.bucket("court")
        first = self.json(*line, "--retain-days", 1)
        self.start_sallyportd()
        self.json("vault", "init")
        self.json("hold", "add", "--tenant", "acme", "--name", "case-7", "--reason", "litigation")
        self.assertEqual(self.held("court", first), {"ON"})
        self.json("hold", "add", "--tenant", "acme", "--name", "case-8", "--reason", "litigation")
        release = ("--reason", "settled", "--approver", "counsel")
        self.json("hold", "release", "case-7", *release)
        self.assertEqual(self.held("court", first), {"ON"}, "another hold is in force")
        meanwhile = self.json(*line, "--retain-days", 1)
        self.assertEqual(self.held("court", meanwhile), {"ON"}, "sent under a hold")
        self.json("hold", "release", "case-8", *release)
        self.assertEqual((self.held("court", first), self.held("court", meanwhile)), ({"OFF"}, {"OFF"}))
        # A bucket that cannot be reached: the hold itself stands, and it is said.
        self.credential("0" * 40)
        answer = self.ctl("hold", "add", "--tenant", "acme", "--name", "case-9", "--reason", "litigation", expect=9)
        self.assertIn("hold bucket on", answer.stdout + answer.stderr)
        self.credential(SECRET)
        self.json("hold", "bucket", "on")
        self.assertEqual(self.held("court", first), {"ON"})
        self.json("hold", "release", "case-9", *release)
        self.assertEqual(self.held("court", first), {"OFF"})

    def test_a_legal_hold_reaches_everything_that_was_sent(self):
        line = self.bucket("held")
        first = self.json(*line, "--retain-days", 1)
        case.make_log(self.path("state"), "--exchanges", 0)
        kept = self.json(*line, "--retain-days", 1, "--legal-hold")

        held = lambda receipt: self.held("held", receipt)  # noqa: E731
        self.assertEqual((held(first), held(kept)), ({"OFF"}, {"ON"}))
        done = self.json("hold", "bucket", "on")
        self.assertEqual(done["snapshots"], 2)
        self.assertEqual(done["objects"], len(first["objects"]) + len(kept["objects"]) + 2)
        self.assertEqual((held(first), held(kept)), ({"ON"}, {"ON"}))
        case.make_log(self.path("state"), "--exchanges", 0)
        meanwhile = self.json(*line, "--retain-days", 1)
        self.assertEqual(held(meanwhile), {"ON"}, "sent under a hold")
        self.assertEqual(self.json("hold", "bucket", "off")["snapshots"], 2)
        self.assertEqual((held(first), held(meanwhile)), ({"OFF"}, {"OFF"}))
        self.assertEqual(held(kept), {"ON"}, "it was asked for when it was sent")
        self.credential("0" * 40)
        answer = self.ctl("hold", "bucket", "on", "--output", "json", expect=9)
        self.assertEqual(len(json.loads(answer.stdout)["problems"]), 3)
        self.ctl("hold", "bucket", "perhaps", expect=2)

    def test_a_locked_bucket_is_a_witness_that_tells_a_fork(self):
        self.bucket("watch")
        place = ("--witness", "s3://watch/site 1", "--endpoint", GATEWAY.endpoint)
        self.assertIn("keeps no checkpoint of this log", self.ctl("evidence", "verify", *place, expect=3).stdout)
        os.chmod(self.path("state"), 0o700)
        write(f"""node: test
evidence:
  witness_every_seconds: 1
  witnesses:
    - {{bucket: "s3://watch/site 1", endpoint: "{GATEWAY.endpoint}", retain_days: 2}}
    - {{bucket: "s3://nowhere", endpoint: "{GATEWAY.endpoint}"}}
""".encode(), self.path("sallyport.yaml"))
        with self.daemon():
            self.wait_for(lambda: self.witnesses("s3://watch/site 1")["size"] >= self.size)
            self.assertEqual(self.witnesses("s3://watch/site 1")["problem"], "")
            bad = self.wait_for(lambda: self.witnesses("s3://nowhere")["problem"])
            self.assertIn("nowhere", bad)
            # The next one of a log that goes on, and of a log with a new key.
            seen = self.witnesses("s3://watch/site 1")["size"]
            self.json("evidence", "verify", *place)
            self.wait_for(lambda: self.witnesses("s3://watch/site 1")["size"] > seen)
            rotated = self.ctl("evidence", "key", "rotate", "--reason", "yearly", "--output", "json")
            size = json.loads(rotated.stdout)["checkpoint_size"]
            self.wait_for(lambda: self.witnesses("s3://watch/site 1")["size"] > size)
        listed = s3("GET", "/watch", query="prefix=&versions=")[1].decode()
        key, version = (listed.split(f"<{name}>")[1].split("<")[0] for name in ("Key", "VersionId"))
        status, text = s3("GET", "/watch/" + key, query=f"retention=&versionId={version}")
        self.assertIn(b"<Mode>COMPLIANCE</Mode>", text)
        self.assertEqual(s3("DELETE", "/watch/" + key, query="versionId=" + version)[0], 403)
        answer = self.json("evidence", "verify", *place)
        self.assertGreaterEqual(answer["witnessed"], 3)
        self.assertGreater(answer["witnessed_size"], size)
        self.assertEqual(answer["problems"], [])
        # Over it, not in its place: the locked one still counts, and what was put there is named.
        s3("PUT", "/watch/" + urllib.parse.unquote(key), body=b"forged")
        self.assertIn("keeps is malformed", self.ctl("evidence", "verify", *place, expect=3).stdout)
        # Somebody writes the log anew, with the key that is in force.
        fork = self.path("fork")
        os.makedirs(os.path.join(fork, "keys"))
        shutil.copy(self.path("state", "keys", "evidence.key.2"), os.path.join(fork, "keys", "evidence.key"))
        case.make_log(fork, "--exchanges", 20, "--variant", "another")
        answer = self.ctl("evidence", "verify", *place, state=fork, expect=3)
        self.assertIn("that s3://watch/site 1 keeps", answer.stdout)
        os.chmod(fork, 0o700)
        with self.daemon(fork):
            self.wait_for(lambda: self.witnesses("s3://watch/site 1")["conflict"])
        self.credential("0" * 40)
        self.assertEqual(self.error("evidence", "verify", *place, expect=5)["code"], "bucket_denied")

    def witnesses(self, name):
        value = json.loads(self.ctl("status", "--output", "json").stdout)
        return next(row for row in value["evidence"]["witnesses"] if row["name"] == name)

    def wait_for(self, look, seconds=90):
        deadline = time.monotonic() + seconds
        while not look():
            self.assertLess(time.monotonic(), deadline, read(self.path("log")).decode()[-2000:])
            time.sleep(0.2)
        return look()

    @contextlib.contextmanager
    def daemon(self, state=None):
        """sallyportd over the folders of this test, without a policy."""
        with open(self.path("log"), "wb") as log:
            job = subprocess.Popen([case.program("sallyportd"), "--config", self.path("sallyport.yaml"), "--run-dir",
                                    self.path("run"), "--state-dir", state or self.path("state"), "--credentials",
                                    self.path("credentials")], stdout=log, stderr=log)
        try:
            self.wait_for(lambda: job.poll() is not None or os.path.exists(self.path("run", "admin.sock")))
            self.assertIsNone(job.poll(), read(self.path("log")).decode())
            yield job
        finally:
            job.terminate()
            job.wait(60)

    def test_a_wrong_key_is_denied_and_nothing_is_lost(self):
        line = self.bucket("denied")
        self.credential("0" * 40)
        error = self.error(*line, expect=5)
        self.assertEqual(error["code"], "bucket_denied")
        self.assertNotIn("0" * 40, json.dumps(error))
        self.credential(SECRET)
        self.assertEqual(self.json(*line)["from"], 0)

    def test_a_bucket_without_lock_is_refused(self):
        line = self.bucket("unlocked", lock=False)
        self.assertEqual(self.error(*line, expect=7)["code"], "bucket_unlocked")
        self.assertEqual(s3("GET", "/unlocked")[1].count(b"<Key>"), 0)

    def test_credentials_come_from_the_folder_and_are_secret(self):
        line = self.bucket("open")
        os.chmod(self.path("credentials", "evidence-bucket"), 0o644)
        self.assertEqual(self.error(*line, expect=5)["code"], "credential_open")
        os.remove(self.path("credentials", "evidence-bucket"))
        self.assertEqual(self.error(*line, expect=4)["code"], "no_credential")

    def test_no_server_is_unreachable(self):
        nobody = f"http://127.0.0.1:{radosgw.free_port()}"
        self.error("evidence", "snapshot", "--to", "s3://b", "--endpoint", nobody, expect=6)


if __name__ == "__main__":
    missing = radosgw.missing()
    if missing or shutil.which("curl") is None:
        print(f"bucket_test: SKIP: not installed: {', '.join(missing) or 'curl'} "
              "(Debian: radosgw ceph-mon ceph-mgr ceph-osd ceph-common)")
        sys.exit(77)
    place = tempfile.mkdtemp(prefix="radosgw-test-")
    try:
        GATEWAY = radosgw.RadosGateway(place, ACCESS, SECRET)
        case.main()
    finally:
        if GATEWAY:
            GATEWAY.close()
        shutil.rmtree(place, True)
