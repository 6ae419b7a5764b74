"""The restoration service of a running sallyportd: socket, HTTPS listener, evidence, the review of access."""
import http.client
import json
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import daemon_test  # noqa: E402

ROOT = daemon_test.ROOT
TOKEN = "[EMAIL-ADDRESS-0A7ZK3M9QWERT1XC5VBNHJ4]"
ME = pwd.getpwuid(os.getuid()).pw_name
RULES = f"""reasons:
  - {{code: audit, text: yearly audit}}
  - {{code: subject, text: own data, ticket: true}}
identities:
  - {{name: operator, unix: "{ME}", roles: [desk]}}
  - {{name: lee, certificate_name: lee@example.org, roles: [desk, chief], mfa: hardware}}
rules:
  - {{id: no-ssn, entity: US_SSN, allow: false}}
  - {{id: desk, role: desk, tenant: team, entity: EMAIL_ADDRESS, allow: true}}
  - {{id: strong, role: chief, min_mfa: multi, allow: true}}
break_glass: [chief]
limits: {{values_per_request: 100, values_per_hour: 1000, denials_per_hour: 6}}
"""


def issue(folder, name, san, ca=None):
    """A key and a certificate, signed by `ca` or by itself."""
    extensions = f"{folder}/{name}.ext"
    with open(extensions, "w", encoding="utf-8") as file:
        file.write(("" if ca else "basicConstraints=critical,CA:TRUE\n") + f"subjectAltName={san}\n")
    run = lambda *command: subprocess.run(command, check=True, capture_output=True)  # noqa: E731
    run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
        "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.csr")
    signer = ["-signkey", f"{folder}/{name}.key"]
    if ca:
        signer = ["-CA", f"{folder}/{ca}.pem", "-CAkey", f"{folder}/{ca}.key"]
    run("openssl", "x509", "-req", "-days", "30", "-in", f"{folder}/{name}.csr", "-extfile", extensions, *signer,
        "-out", f"{folder}/{name}.pem")
    os.chmod(f"{folder}/{name}.key", 0o600)


class RestorationTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.work = tempfile.mkdtemp(prefix="sallyport-restoration-")
        cls.daemon = daemon_test.Daemon(cls.work)
        daemon_test.DaemonTest.prepare(cls.daemon)
        keys = f"{cls.work}/keys"
        os.makedirs(keys)
        for name, san, ca in (("ca", "DNS:ca", None), ("admin", "DNS:localhost", "ca"),
                              ("lee", "email:lee@example.org", "ca"),
                              ("nobody", "email:nobody@example.org", "ca"), ("other-ca", "DNS:ca", None),
                              ("forged", "email:lee@example.org", "other-ca")):
            issue(keys, name, san, ca)
        for source, target in (("admin.pem", "admin.pem"), ("admin.key", "admin.key"), ("ca.pem", "admin-clients.pem")):
            shutil.copy(f"{keys}/{source}", f"{cls.daemon.credentials}/{target}")
        bundle = f"{cls.work}/bundle"
        cls.daemon.write("bundle/bundle.yaml", f"format: 1\nname: one\nextends: {ROOT}/policies\n")
        cls.daemon.write("bundle/tenants.yaml", "tenants:\n  team:\n    vendors: [openai]\n")
        cls.daemon.write("bundle/restoration.yaml", RULES)
        cls.daemon.start("--policy", bundle, "--admin-listen", "127.0.0.1:0")
        cls.daemon.until(lambda: cls.daemon.status()["policy"]["version"] == 1, "first publication")

    @classmethod
    def tearDownClass(cls):
        code = cls.daemon.stop()
        shutil.rmtree(cls.work, ignore_errors=True)
        assert code == 0, code

    def ask(self, request):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(30)
            connection.connect(f"{self.daemon.run_dir}/restore.sock")
            connection.sendall(json.dumps(request).encode() + b"\n")
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
        return json.loads(answer)

    def restore(self, tokens, **more):
        return self.ask({"command": "restore", "tenant": "team", "tokens": tokens, "reason": "audit", **more})

    def https(self, method, path, body=None, certificate="lee"):
        context = ssl.create_default_context(cafile=f"{self.work}/keys/ca.pem")
        if certificate:
            context.load_cert_chain(f"{self.work}/keys/{certificate}.pem", f"{self.work}/keys/{certificate}.key")
        port = self.daemon.status()["restoration"]["https_port"]
        connection = http.client.HTTPSConnection("localhost", port, context=context, timeout=30)
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            response = connection.getresponse()
            return response.status, json.loads(response.read() or b"null")
        finally:
            connection.close()

    def sallyctl(self, *arguments, stdin=""):
        command = [f"{daemon_test.BIN}/sallyctl", "--run-dir", self.daemon.run_dir,
                   "--state-dir", self.daemon.state_dir]
        given = {"input": stdin} if isinstance(stdin, str) else {"stdin": stdin}
        return subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=120, **given)

    def records(self):
        """Records of restorations and of reviews of access, from an export."""
        with tempfile.TemporaryDirectory(prefix="sallyport-export-") as folder:
            done = self.sallyctl("evidence", "export", f"{folder}/log")
            self.assertEqual(done.returncode, 0, done.stderr)
            with open(f"{folder}/log/records.jsonl", encoding="utf-8") as file:
                rows = [json.loads(line) for line in file]
        return [row for row in rows if row["kind"] in ("restoration", "access")]

    def test_the_kernel_says_who_asks(self):
        self.assertEqual(self.ask({"command": "whoami", "actor": "lee"})["principal"], "operator")

    def test_a_rule_that_says_no_is_told_and_recorded(self):
        answer = self.restore(["[US-SSN-0A7ZK3M9QWERT1XC5VBNHJ4]"], ticket="T-77")
        self.assertEqual([(row["status"], row["why"]) for row in answer["results"]], [("denied", "rule_denies")])
        self.assertNotIn("value", answer["results"][0])
        # An export ends at the last checkpoint, which is a second old at most.
        mine = lambda: [row for row in self.records() if row["ticket"] == "T-77"]  # noqa: E731
        self.daemon.until(mine, "record of the denial", 15)
        record = mine()[0]
        self.assertEqual((record["actor"], record["result"], record["reason"], record["ticket"], record["count"]),
                         ("operator", "denied", "audit", "T-77", 1))
        self.assertEqual(record["fields"]["rule"], "no-ssn")

    def test_an_unknown_reason_or_a_missing_ticket_is_a_denial(self):
        self.assertEqual(self.restore([TOKEN], reason="curious")["results"][0]["why"], "reason_unknown")
        self.assertEqual(self.restore([TOKEN], reason="subject")["results"][0]["why"], "ticket_missing")

    def test_requests_that_are_none_are_refused_with_the_reason(self):
        for body in ({"tenant": "team"}, {"tenant": 1, "tokens": [], "reason": "audit"},
                     {"tenant": "team", "tokens": "x", "reason": "audit"},
                     {"tenant": "team", "tokens": [TOKEN], "reason": "audit", "admin": True}):
            answer = self.ask({"command": "restore", **body})
            self.assertEqual(answer["code"], "request_invalid", body)
            self.assertTrue(answer["message"])

    def test_https_wants_a_client_certificate_of_its_ca(self):
        self.assertEqual(self.https("GET", "/v1/whoami")[1]["principal"], "lee")
        self.assertEqual(self.https("GET", "/v1/whoami")[1]["mfa"], "hardware")
        self.assertEqual(self.https("GET", "/v1/whoami", certificate="nobody")[0], 403)
        for method, path in (("GET", "/v1/restore"), ("GET", "/v2/none")):
            status, answer = self.https(method, path)
            self.assertEqual((status, answer["code"]), (404, "not_found"), "with words, not empty")
        for certificate in (None, "forged"):
            with self.assertRaises((ssl.SSLError, ConnectionError, http.client.HTTPException)):
                self.https("GET", "/v1/whoami", certificate=certificate)

    def clients(self, door):
        return self.daemon.status()["restoration"][f"{door}_clients"]

    def held_open(self, count, connect):
        """As many connections as asked for, closed when the test ends."""
        for _ in range(count):
            self.addCleanup(connect().close)

    def test_many_who_connect_and_say_nothing_keep_nobody_out_of_the_socket(self):
        def idle(said=b""):
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.connect(f"{self.daemon.run_dir}/restore.sock")
            connection.sendall(said)
            return connection
        before = self.clients("socket")["pushed_out"]
        began = time.monotonic()
        self.held_open(150, idle)
        self.held_open(150, lambda: idle(b'{"command":"who'))
        self.assertEqual(self.ask({"command": "whoami"})["principal"], "operator")
        self.assertLess(time.monotonic() - began, 3, "no idle client's deadline was waited for")
        self.assertGreater(self.clients("socket")["pushed_out"], before + 200)

    def test_many_who_connect_and_say_nothing_keep_nobody_out_of_https(self):
        port = self.daemon.status()["restoration"]["https_port"]
        context = ssl.create_default_context(cafile=f"{self.work}/keys/ca.pem")
        context.load_cert_chain(f"{self.work}/keys/nobody.pem", f"{self.work}/keys/nobody.key")
        context.maximum_version = ssl.TLSVersion.TLSv1_2  # the handshake's end is seen

        def silent(said=b""):
            connection = socket.create_connection(("127.0.0.1", port), timeout=10)
            connection.sendall(said)
            return connection

        def half_a_request():
            connection = context.wrap_socket(silent(), server_hostname="localhost")
            connection.sendall(b"POST /v1/restore HTTP/1.1\r\nhost: localhost\r\ncontent-length: 900\r\n\r\n{")
            return connection
        began = time.monotonic()
        self.held_open(30, half_a_request)
        self.held_open(150, silent)
        self.held_open(170, lambda: silent(b"\x16\x03\x01\x02\x00\x01"))  # a ClientHello begins
        for _ in range(3):
            self.assertEqual(self.https("GET", "/v1/whoami")[1]["principal"], "lee")
        self.assertLess(time.monotonic() - began, 5, "no idle client's deadline was waited for")
        self.daemon.until(lambda: self.clients("https")["pushed_out"] >= 90, "pushed out ones", 5)
        self.assertLessEqual(self.clients("https")["open"], 256)

    def test_https_serves_several_requests_on_a_connection_and_says_what_is_none(self):
        port = self.daemon.status()["restoration"]["https_port"]
        context = ssl.create_default_context(cafile=f"{self.work}/keys/ca.pem")
        context.load_cert_chain(f"{self.work}/keys/lee.pem", f"{self.work}/keys/lee.key")
        connection = http.client.HTTPSConnection("localhost", port, context=context, timeout=10)
        self.addCleanup(connection.close)
        answers = []
        body = json.dumps({"tenant": "team", "tokens": [TOKEN], "reason": "audit"})
        for method, path, text, headers in (
                ("GET", "/v1/whoami?x=1", None, {}), ("POST", "/v1/restore", body, {"Expect": "100-continue"}),
                ("POST", "/v1/restore", "{", {}), ("PUT", "/v1/restore", "x" * 200_000, {}),
                ("POST", "/v1/restore", "x" * 300_000, {})):
            connection.request(method, path, text, headers)
            response = connection.getresponse()
            answers.append((response.status, json.loads(response.read()).get("code")))
        self.assertEqual(answers[0], (200, None))
        self.assertIn(answers[1], ((503, "vault_unavailable"), (200, None)))
        self.assertEqual(answers[2:], [(400, "request_invalid"), (404, "not_found"), (413, "request_invalid")])
        with context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=10),
                                 server_hostname="localhost") as raw:
            raw.sendall(b"GET / HTTP/1.1\r\nx\x01y\r\n\r\n")
            self.assertIn(b"400 Bad Request", raw.recv(4096))

    def test_a_gateway_key_means_nothing_to_https(self):
        body = {"tenant": "team", "tokens": [TOKEN], "reason": "audit"}
        status, answer = self.https("POST", "/v1/restore", body, certificate="nobody")
        self.assertEqual((status, answer["results"][0]["why"]), (403, "caller_unknown"))

    def test_the_review_of_access_lists_who_could_and_keeps_decisions(self):
        done = self.sallyctl("access", "decide", "--principal", "lee", "--rule", "strong", "--decision", "keep",
                             "--note", "still on call")
        self.assertEqual(done.returncode, 0, done.stderr)
        for principal, rule in (("le", "strong"), ("lee", "stong")):  # a typing error is no review that was done
            done = self.sallyctl("access", "decide", "--principal", principal, "--rule", rule, "--decision", "keep")
            self.assertEqual(done.returncode, 4, done.stderr)
        done = self.sallyctl("access", "review", "--since", "1h", "--output", "json")
        self.assertEqual(done.returncode, 0, done.stderr)
        review = json.loads(done.stdout)
        could = {(row["principal"], row["rule"]): row for row in review["could"]}
        self.assertIn(("operator", "desk"), could)
        self.assertEqual(could["lee", "strong"]["decision"], "keep")
        self.assertIn(("lee", "break-glass"), could)
        self.assertEqual(could["operator", "desk"]["needs"], "ticket for subject")  # by the reason, not the rule
        self.assertEqual(could["lee", "break-glass"]["needs"], "ticket")
        csv = self.sallyctl("access", "review", "--csv")
        self.assertEqual(csv.returncode, 0, csv.stderr)
        self.assertIn('could,"lee","service","strong"', csv.stdout)

    def test_nothing_waits_for_review_at_first(self):
        self.assertEqual(self.sallyctl("access", "pending").returncode, 0)
        self.assertEqual(self.sallyctl("access", "close", "bg-1-1", "--decision", "justified").returncode, 4)

    def test_sallyctl_says_that_there_is_no_token(self):
        done = self.sallyctl("restore", "--tenant", "team", "--reason", "audit", stdin="nothing here [X]\n")
        self.assertEqual((done.returncode, done.stdout), (4, "nothing here [X]\n"), done.stderr)

    def test_a_text_that_cannot_be_read_is_not_one_without_tokens(self):
        folder = os.open("/", os.O_RDONLY | os.O_DIRECTORY)
        self.addCleanup(os.close, folder)
        done = self.sallyctl("restore", "--tenant", "team", "--reason", "audit", stdin=folder)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("stdin cannot be read", done.stderr)


if __name__ == "__main__":
    daemon_test.main()
