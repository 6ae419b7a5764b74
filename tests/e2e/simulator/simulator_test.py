#!/usr/bin/env python3
"""simulator_test.py: the simulator answers as the scripts say, so that an e2e failure is the appliance's."""
import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))


class Simulator(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        root = cls.folder.name
        subprocess.run([sys.executable, f"{HERE}/certificates.py", root, "vendor.lab=127.0.0.1"], check=True)
        with open(f"{root}/credential", "w", encoding="utf-8") as file:
            file.write("the-vendor-credential\n")
        probe = socket.socket()
        probe.bind(("127.0.0.1", 0))
        cls.port = probe.getsockname()[1]
        probe.close()
        cls.process = subprocess.Popen([
            sys.executable, f"{HERE}/vendor_simulator.py", "--listen", f"127.0.0.1:{cls.port}",
            "--certificate", f"{root}/vendor.lab.pem", "--key", f"{root}/vendor.lab.key", "--log", f"{root}/log",
            "--credential-file", f"{root}/credential", "--ready-file", f"{root}/ready"])
        for _ in range(100):
            if os.path.exists(f"{root}/ready"):
                break
            time.sleep(0.05)

    @classmethod
    def tearDownClass(cls):
        cls.process.terminate()
        cls.process.wait()
        cls.folder.cleanup()

    def post(self, path, body, credential="the-vendor-credential"):
        context = ssl.create_default_context(cafile=f"{self.folder.name}/vendor_ca.pem")
        link = http.client.HTTPSConnection("127.0.0.1", self.port, context=context, timeout=10)
        try:
            link.request("POST", path, json.dumps(body), {"Authorization": "Bearer " + credential})
            answer = link.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            link.close()

    def chat(self, model, text, **more):
        return dict({"model": model, "messages": [{"role": "user", "content": text}]}, **more)

    def events(self, data):
        return [block for block in data.decode().replace("\r\n", "\n").split("\n\n") if block]

    def test_echo(self):
        status, _, data = self.post("/v1/chat/completions", self.chat("sim-echo", "hello"))
        self.assertEqual(status, 200)
        self.assertEqual(json.loads(data)["choices"][0]["message"]["content"], "You said: hello")

    def test_stream_is_cut_as_asked(self):
        _, headers, data = self.post("/v1/chat/completions", self.chat("sim-split-3", "hello", stream=True))
        self.assertIn("text/event-stream", headers["Content-Type"])
        blocks = self.events(data)
        self.assertEqual(blocks[-1], "data: [DONE]")
        deltas = [json.loads(b[6:])["choices"][0]["delta"].get("content", "") for b in blocks[1:-2]]
        self.assertEqual("".join(deltas), "You said: hello")
        self.assertTrue(all(len(d) <= 3 for d in deltas))

    def test_anthropic_stream(self):
        _, _, data = self.post("/v1/messages", self.chat("sim-tool.split-2", "hi", stream=True, max_tokens=9,
                                                         tools=[{"name": "find", "input_schema": {}}]))
        names = [b.split("\n")[0][7:] for b in self.events(data)]
        self.assertEqual((names[0], names[-2], names[-1]), ("message_start", "message_delta", "message_stop"))
        self.assertEqual(names.count("content_block_start"), names.count("content_block_stop"))
        pieces = [json.loads(b.split("\n")[1][6:])["delta"] for b in self.events(data)
                  if b.startswith("event: content_block_delta")]
        arguments = "".join(p.get("partial_json", "") for p in pieces)
        self.assertEqual(json.loads(arguments)["query"], "You said: hi".split(": ")[1])

    def test_credential(self):
        self.assertEqual(self.post("/v1/messages", self.chat("sim-echo", "x"), "wrong")[0], 401)

    def test_trouble(self):
        self.assertEqual(self.post("/v1/messages", self.chat("sim-status-429", "x"))[0], 429)
        self.assertEqual(self.post("/v1/messages", self.chat("sim-gzip", "x"))[1]["Content-Encoding"], "gzip")
        self.assertEqual(self.post("/v1/nothing", {})[0], 404)
        with self.assertRaises((http.client.HTTPException, OSError)):
            self.post("/v1/messages", self.chat("sim-truncate.split-1", "x" * 40, stream=True))

    def test_log_names_no_credential(self):
        self.post("/v1/messages", self.chat("sim-echo", "logged text"))
        with open(f"{self.folder.name}/log", encoding="utf-8") as file:
            text = file.read()
        self.assertIn("logged text", text)
        self.assertIn("(the expected credential)", text)
        self.assertNotIn("the-vendor-credential", text)


if __name__ == "__main__":
    unittest.main()
