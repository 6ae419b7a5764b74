"""What an operator does wrong on a machine that runs: a second vault, shares for a folder that is not there, a
damaged list of reviews, a typing error in sallyport.yaml. Each is told no in words, and nothing is half done.

Needs no network and no root: temporary folders, sallyctl and sallyportd.
"""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import daemon_test  # noqa: E402


class MistakesTest(unittest.TestCase):
    def setUp(self):
        self.work = tempfile.mkdtemp(prefix="sallyport-mistakes-")
        self.addCleanup(shutil.rmtree, self.work, ignore_errors=True)
        self.daemon = daemon_test.Daemon(self.work)
        daemon_test.DaemonTest.prepare(self.daemon)
        self.addCleanup(self.daemon.stop)

    def sallyctl(self, *words, expect=0):
        environment = dict(os.environ, SALLYPORT_RUN_DIR=self.daemon.run_dir, SALLYPORT_STATE_DIR=self.daemon.state_dir,
                           SALLYPORT_CREDENTIALS=self.daemon.credentials)
        done = subprocess.run([f"{daemon_test.BIN}/sallyctl", *words], capture_output=True, env=environment, timeout=60,
                              stdin=subprocess.DEVNULL, cwd=self.work)
        self.assertEqual(done.returncode, expect, (words, done.stdout, done.stderr))
        return done.stderr.decode(errors="replace")

    def key_actions(self):
        self.sallyctl("evidence", "verify")
        done = subprocess.run([f"{daemon_test.BIN}/sallyctl", "--state-dir", self.daemon.state_dir, "evidence", "query",
                               "--kind", "KEY", "--limit", "0"], capture_output=True, text=True)
        return done.stdout

    def custodians(self, *names):
        for name in names:
            key = f"{self.work}/{name}.key"
            subprocess.run(["openssl", "genpkey", "-algorithm", "x25519", "-out", key], check=True, capture_output=True)
            subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-out", f"{self.work}/{name}.pub"], check=True)

    def test_a_second_vault_is_refused_before_a_key_lies_there(self):
        self.daemon.start()
        kek = f"{self.daemon.credentials}/vault.kek"
        self.assertIn("there is no vault", self.sallyctl("vault", "unseal", expect=4))
        self.sallyctl("vault", "init")
        with open(kek, "rb") as file:
            first = file.read()
        self.sallyctl("vault", "init", expect=7)
        os.remove(kek)  # as custodians do who hold its shares
        self.sallyctl("vault", "init", expect=7)
        self.assertFalse(os.path.exists(kek), "a key that opens nothing would be taken at the next unseal")
        self.assertEqual(self.daemon.stop(), 0)
        self.sallyctl("vault", "init", expect=7)
        self.assertFalse(os.path.exists(kek))
        self.daemon.write("credentials/vault.kek", first.decode())
        self.daemon.start()
        self.sallyctl("vault", "status")

    def test_a_key_of_a_vault_to_come_is_not_written_over(self):
        self.daemon.write("credentials/vault.kek", "not looked at\n")
        self.assertIn("is there already", self.sallyctl("vault", "init", expect=7))

    def test_shares_and_backups_are_not_made_for_a_place_that_takes_none(self):
        self.daemon.start()
        self.custodians("a", "b")
        self.sallyctl("vault", "init")
        self.sallyctl("vault", "key", "split", "-n", "2", "-k", "2", "--to", "a.pub,b.pub", "--out", "none", expect=1)
        self.sallyctl("vault", "key", "backup", "--to", "a.pub", "--out", "none/backup.json", expect=1)
        actions = self.key_actions()
        self.assertNotIn("kek_split", actions)
        self.assertNotIn("kek_backup", actions)
        self.sallyctl("vault", "key", "split", "-n", "2", "-k", "2", "--to", "a.pub,b.pub")
        self.assertIn("kek_split", self.key_actions())

    def test_a_damaged_list_of_reviews_is_not_an_empty_one(self):
        bundle = self.daemon.write("one/bundle.yaml", f"format: 1\nname: one\nextends: {daemon_test.ROOT}/policies\n")
        for text in ("[{", "{}", "[1]", ""):
            self.daemon.write("state/reviews", text)
            os.chmod(self.daemon.state_dir, 0o700)
            self.daemon.start()
            self.assertIn("reviews_damaged", self.daemon.codes(), text)
            answer = self.daemon.ask({"command": "apply", "folder": os.path.dirname(bundle)})
            self.assertEqual(answer.get("code"), "reviews_damaged", answer)
            self.sallyctl("policy", "review", expect=7)
            self.assertEqual(self.daemon.stop(), 0)
            with open(f"{self.daemon.state_dir}/reviews", encoding="ascii") as file:
                self.assertEqual(file.read(), text)  # for somebody to look at
        os.remove(f"{self.daemon.state_dir}/reviews")
        self.daemon.start()
        self.assertNotIn("reviews_damaged", self.daemon.codes())

    def test_an_argument_that_is_no_text_is_said(self):
        self.daemon.start()
        self.assertIn("is not UTF-8", self.sallyctl("policy", "rollback", "--note", b"\xff\xfe", expect=2))

    def test_a_typing_error_in_sallyport_yaml_ends_the_start(self):
        for text, words in (("node: a\nenviroment: production\n", "unknown key 'enviroment'"),
                            ("node: a\nevidense: {}\n", "sallyport.yaml:2:1"), ("node: [a]\n", "node: 1 to 63"),
                            ("node:\n", "node: 1 to 63"), ("environment: [lab]\n", "environment: 1 to 63"),
                            ("- node\n", "is a mapping")):
            self.daemon.write("sallyport.yaml", text)
            done = subprocess.run(self.daemon.command(), capture_output=True, text=True, timeout=30)
            self.assertEqual(done.returncode, 1, text)
            self.assertIn(words, done.stderr)


if __name__ == "__main__":
    daemon_test.main()
