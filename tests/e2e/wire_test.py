#!/usr/bin/env python3
"""wire_test.py: what crosses and what does not: one request of each kind through the whole appliance."""
import json
import unittest

import lab_fixture
from lab_fixture import Lab, chat, messages

EMAIL, PHONE = "erika.mustermann" + "@" + "example.org", "+1 415 " + "555 0188"
CARD = "4111 1111 " + "1111 1111"
TEXT = f"Mail {EMAIL}, call {PHONE}, card {CARD}."
ECHO = "You said: " + TEXT
BOTH = (("/openai/v1/chat/completions", chat), ("/anthropic/v1/messages", messages))


class Wire(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab()
        cls.addClassCleanup(cls.lab.stop)
        cls.lab.start()

    def text(self, answer):
        self.assertEqual(answer.status, 200, answer.text)
        texts = answer.channel_texts()
        return next(iter(texts.values()))

    def last_body(self):
        return self.lab.vendor_bodies()[-1]

    def test_restored_for_the_client_tokens_for_the_vendor(self):
        for path, shape in BOTH:
            for stream in (False, True):
                with self.subTest(path=path, stream=stream):
                    answer = self.lab.post(path, shape(TEXT, "sim-split-3", stream=stream))
                    self.assertEqual(self.text(answer), ECHO)
                    body = self.last_body()
                    for planted in (EMAIL, PHONE, CARD):
                        self.assertNotIn(planted, body)
                    for form in ("[EMAIL-ADDRESS-", "[PHONE-NUMBER-", "[CREDIT-CARD-"):
                        self.assertIn(form, body)

    def test_the_same_value_is_the_same_token_on_every_turn_and_another_at_another_vendor(self):
        bodies = []
        for path, shape in BOTH + BOTH[:1]:
            self.lab.post(path, shape(EMAIL))
            bodies.append(json.loads(self.last_body())["messages"][0]["content"])
        self.assertEqual(bodies[0], bodies[2])
        self.assertNotEqual(bodies[0], bodies[1])

    def test_bytes_outside_the_edits_pass_unchanged(self):
        raw = ('{ "model" : "sim-echo",\n "messages":[{"role":"user","content":"caf\\u00e9 \\ud83d\\ude00 é '
               + EMAIL + ' end\\/"}] ,"temperature":1.0e0, "seed" : 7}')
        answer = self.lab.post("/openai/v1/chat/completions", raw)
        self.assertEqual(answer.status, 200, answer.text)
        body = self.last_body()
        begin, end = raw.index(EMAIL), raw.index(EMAIL) + len(EMAIL)
        self.assertTrue(body.startswith(raw[:begin]))
        self.assertTrue(body.endswith(raw[end:]))

    def test_a_denied_principal_keeps_tokens(self):
        for path, shape in BOTH:
            answer = self.lab.post(path, shape(EMAIL), key="denied")
            self.assertIn("[EMAIL-ADDRESS-", self.text(answer))
            self.assertNotIn(EMAIL, answer.text)

    def test_a_secret_is_refused_and_nothing_is_sent(self):
        secret = lab_fixture.planted_secret()
        for path, shape in BOTH:
            with self.subTest(path):
                before = len(self.lab.vendor_bodies())
                answer = self.lab.post(path, shape(f"use {secret} now"))
                self.assertEqual(answer.status, 403)
                self.assertEqual(answer.headers.get("x-should-retry"), "false")
                self.assertNotIn(secret, answer.text)
                self.assertIn("error", answer.json)
                self.assertEqual(len(self.lab.vendor_bodies()), before)

    def test_what_models_do_to_tokens(self):
        for dress in ("lower", "bare", "emphasis", "escape", "hyphen"):
            with self.subTest(dress):
                answer = self.lab.post("/openai/v1/chat/completions",
                                       chat(f"Mail {EMAIL} now", f"sim-echo.{dress}.split-2", stream=True))
                self.assertIn(EMAIL, self.text(answer))

    def test_no_restoration_where_it_would_leak(self):
        for place in ("link", "image", "html", "url"):
            with self.subTest(place):
                model = f"sim-echo.{place}.split-4"
                answer = self.lab.post("/openai/v1/chat/completions", chat(f"Mail {EMAIL} now", model, stream=True))
                self.assertNotIn(EMAIL, answer.text)

    def test_new_data_in_a_response_is_seen(self):
        for stream in (False, True):
            answer = self.lab.post("/openai/v1/chat/completions", chat("hello", "sim-new-pii.split-5", stream=stream))
            self.assertEqual(answer.status, 200)
            record = self.lab.record(answer)
            self.assertTrue(lab_fixture.mentions(record, "EMAIL_ADDRESS"), record)

    def test_default_deny(self):
        cases = [("/openai/v1/nothing", {}, "POST", None), ("/nowhere/v1/chat/completions", {}, "POST", None),
                 ("/openai/v1/chat/completions", {}, "GET", None),
                 ("/openai/v1/chat/completions", chat("x"), "POST", {"content-type": "text/plain"})]
        for path, body, method, headers in cases:
            with self.subTest(path=path, method=method, headers=headers):
                before = len(self.lab.vendor_bodies())
                answer = self.lab.post(path, body, method=method, headers=headers or {})
                self.assertIn(answer.status, (400, 403, 404, 405, 413, 415), answer.text)
                self.assertTrue(answer.request_id)
                self.assertEqual(len(self.lab.vendor_bodies()), before)
        self.assertEqual(self.lab.post("/openai/v1/chat/completions", chat("x"), key=None).status, 401)
        self.assertEqual(self.lab.post("/openai/v1/chat/completions", chat("x"), raw_key="sp_wrong").status, 401)

    def test_bad_bodies_are_refused_not_forwarded(self):
        good = json.dumps(chat("x"))
        for raw in ("", "{", good[:-1], good + "x", '{"model":"sim-echo","model":"b","messages":[]}',
                    "[" * 200 + "]" * 200,
                    '{"model":"sim-echo","messages":[{"role":"user","content":"\\ud800"}]}', "\xff\xfe"):
            with self.subTest(raw=raw[:40]):
                before = len(self.lab.vendor_bodies())
                answer = self.lab.post("/openai/v1/chat/completions", raw.encode("latin-1"))
                self.assertEqual(answer.status // 100, 4, answer.text)
                self.assertEqual(len(self.lab.vendor_bodies()), before)

    def test_vendor_trouble(self):
        for model, stream, wanted in (("sim-gzip", False, 502), ("sim-html-type", False, 502), ("sim-drop", False, 502),
                                      ("sim-status-429", False, 429), ("sim-status-500", False, 500)):
            with self.subTest(model):
                answer = self.lab.post("/openai/v1/chat/completions", chat("x", model, stream=stream))
                self.assertEqual(answer.status, wanted, answer.text)
        for model in ("sim-truncate.split-2", "sim-reset.split-2"):
            with self.subTest(model):
                answer = self.lab.post("/openai/v1/chat/completions", chat("x" * 60, model, stream=True))
                self.assertNotIn("[DONE]", answer.text)

    def test_framings_of_the_vendor(self):
        for framing in ("chunked", "length", "close", "untilclose", "wire-1", "chunked-1", "crlf", "comments", "ascii"):
            for path, shape in BOTH:
                for stream in (False, True):
                    with self.subTest(framing=framing, path=path, stream=stream):
                        answer = self.lab.post(path, shape(TEXT, f"sim-echo.{framing}.split-9", stream=stream))
                        self.assertEqual(self.text(answer), ECHO)

    def test_large_bodies(self):
        for size in (1, 1000, 65536, 1 << 20, 4 << 20):
            with self.subTest(size):
                text = ("A line of text that holds nothing of interest at all, number 7.\n" * (size // 60 + 1))[:size]
                answer = self.lab.post("/openai/v1/chat/completions", chat(text))
                self.assertEqual(self.text(answer), "You said: " + text)

    def test_evidence_holds_the_outcome_and_no_value(self):
        answer = self.lab.post("/openai/v1/chat/completions", chat(TEXT))
        record = self.lab.record(answer)
        self.assertTrue(lab_fixture.mentions(record, "CREDIT_CARD"), record)
        listing = self.lab.sallyctl("evidence", "list", "--output", "json").stdout
        for planted in (EMAIL, PHONE, CARD):
            self.assertNotIn(planted, listing)
        self.assertEqual(self.lab.sallyctl("evidence", "verify").returncode, 0)


if __name__ == "__main__":
    lab_fixture.main()
