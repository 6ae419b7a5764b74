#!/usr/bin/env python3
"""exhaustion_test.py: something runs out. New work is refused with 503, admitted work is finished, and service returns.

Body pool full: slow clients hold bodies. Evidence disk full: LMDB lies on a small tmpfs that is filled. Receive
buffers:
far more data at once than there are frames for.
"""
import contextlib
import http.client
import os
import subprocess
import threading
import time
import unittest

import lab_fixture
from lab_fixture import Lab, LabConnection, chat

PATH = "/openai/v1/chat/completions"


class Exhaustion(unittest.TestCase):
    def lab(self, **options):
        lab = Lab(**options)
        self.addCleanup(lab.stop)
        return lab

    def resumes(self, lab, within):
        end = time.monotonic() + within
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                if lab.post(PATH, chat("again"), timeout=5).status == 200:
                    return True
            time.sleep(0.5)
        return False

    def half_a_body(self, lab, size):
        """A connection that promised `size` bytes and sent most of them; and the answer, if one came already."""
        connection = LabConnection(lab, timeout=20)
        connection.connect()
        headers = lab.headers("allowed", None, {"Content-Length": str(size)})
        head = f"POST {PATH} HTTP/1.1\r\nHost: {lab.gateway_host}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
        body = '{"model":"sim-echo","messages":[{"role":"user","content":"' + "x" * (size * 3 // 4)
        connection.sock.settimeout(1.0)
        with contextlib.suppress(OSError):
            connection.sock.sendall((head + body).encode())
        with contextlib.suppress(OSError):
            response = http.client.HTTPResponse(connection.sock, method="POST")
            response.begin()
            return connection, response
        return connection, None

    def test_body_pool_full(self):
        lab = self.lab(memory={"body_mib": 16})
        lab.start()
        held, refused = [], None
        self.addCleanup(lambda: [c.close() for c in held])
        for _ in range(24):
            connection, refused = self.half_a_body(lab, 3 << 20)
            held.append(connection)
            if refused is not None:
                break
        self.assertIsNotNone(refused, "24 bodies of 3 MiB fitted in 16 MiB")
        self.assertEqual(refused.status, 503)
        self.assertTrue(refused.headers.get("retry-after"))
        self.assertGreater(len(held), 1, "not one body fitted")
        sent = len(lab.vendor_requests())
        for connection in held:
            connection.close()
        self.assertTrue(self.resumes(lab, 20))
        self.assertGreater(len(lab.vendor_requests()), sent)

    def test_evidence_disk_full(self):
        lab = self.lab(environment="production")
        os.makedirs(lab.state_dir)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m,mode=0700", "sallyport-e2e", lab.state_dir], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", lab.state_dir], capture_output=True)
        lab.start()
        self.assertEqual(lab.post(PATH, chat("before")).status, 200)
        filler = f"{lab.state_dir}/filler"
        with open(filler, "wb", buffering=0) as file, contextlib.suppress(OSError):
            while file.write(b"\0" * 4096):
                pass
        # What the log reserved before is used up first; nobody's memory of this test is that large.
        refused, connection = None, LabConnection(lab)
        for _ in range(6000):
            answer = lab.post(PATH, chat("during"), connection=connection)
            if answer.status == 503:
                refused = answer
                break
            self.assertEqual(answer.status, 200, answer.text)
        self.assertIsNotNone(refused, "6,000 exchanges fitted on a full disk of 8 MiB")
        sent = len(lab.vendor_requests())
        self.assertEqual(lab.post(PATH, chat("still"), timeout=20).status, 503)
        self.assertEqual(len(lab.vendor_requests()), sent)
        os.unlink(filler)
        self.assertTrue(self.resumes(lab, 30))
        lab.drained()
        self.assertEqual(lab.sallyctl("evidence", "verify").returncode, 0)

    def test_receive_buffers(self):
        lab = self.lab(frames=512)
        lab.start()
        text = "Nothing of interest, only bulk for the queue of a port.\n" * 18000
        outcomes = []

        def client():
            with contextlib.suppress(OSError):
                outcomes.append(lab.post(PATH, chat(text), timeout=60).status)

        clients = [threading.Thread(target=client) for _ in range(12)]
        for one in clients:
            one.start()
        for one in clients:
            one.join()
        self.assertEqual(len(outcomes), 12, "a connection was lost")
        self.assertTrue(set(outcomes) <= {200, 503}, outcomes)
        self.assertIn(200, outcomes)
        self.assertTrue(self.resumes(lab, 20))


if __name__ == "__main__":
    lab_fixture.main()
