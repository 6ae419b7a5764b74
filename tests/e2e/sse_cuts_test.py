#!/usr/bin/env python3
"""sse_cuts_test.py: however a vendor cuts its stream, the client gets the same text in valid events, in their order."""
import json
import unittest

import lab_fixture
from lab_fixture import Lab, chat, messages

EMAIL = "erika.mustermann" + "@" + "example.org"
TEXT = f'Send it to {EMAIL} and "quote" it \\ twice: {EMAIL}.'
ECHO = "You said: " + TEXT


class Cuts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab()
        cls.addClassCleanup(cls.lab.stop)
        cls.lab.start()

    def test_openai_deltas_of_every_size(self):
        for size in list(range(1, 40)) + [80, 1000]:
            with self.subTest(size):
                answer = self.lab.post("/openai/v1/chat/completions", chat(TEXT, f"sim-split-{size}", stream=True))
                self.assertEqual(answer.channel_texts(), {("choice", 0): ECHO})
                self.check_openai(answer)

    def check_openai(self, answer):
        events = answer.events()
        self.assertEqual(events[-1], (None, "[DONE]"))
        values = [json.loads(data) for _, data in events[:-1]]
        self.assertEqual(len({value["id"] for value in values}), 1)
        finishes = [n for n, value in enumerate(values) for c in value["choices"] if c["finish_reason"]]
        last_text = max(n for n, value in enumerate(values) for c in value["choices"] if c["delta"].get("content"))
        self.assertEqual(len(finishes), 1)
        self.assertGreater(finishes[0], last_text)

    def test_anthropic_deltas_of_every_size(self):
        for size in list(range(1, 40)) + [80, 1000]:
            with self.subTest(size):
                answer = self.lab.post("/anthropic/v1/messages", messages(TEXT, f"sim-split-{size}.ping", stream=True))
                self.assertEqual(answer.channel_texts(), {("block", 0, "text_delta"): ECHO})
                names = [name for name, _ in answer.events()]
                self.assertEqual((names[0], names[1], names[-1]),
                                 ("message_start", "content_block_start", "message_stop"))
                self.assertLess(max(n for n, name in enumerate(names) if name == "content_block_delta"),
                                names.index("content_block_stop"))
                for name, data in answer.events():
                    self.assertEqual(json.loads(data)["type"], name)

    def test_tool_arguments_of_every_size(self):
        for size in range(1, 34):
            with self.subTest(size):
                model = f"sim-tool-always.split-{size}"
                answer = self.lab.post("/openai/v1/chat/completions", chat(TEXT, model, stream=True))
                self.assertEqual(json.loads(answer.channel_texts()[("tool", 0, 0)])["query"], TEXT)
                answer = self.lab.post("/anthropic/v1/messages", messages(TEXT, model, stream=True))
                self.assertEqual(json.loads(answer.channel_texts()[("block", 1, "input_json_delta")])["query"], TEXT)

    def test_choices_that_interleave(self):
        for size in (1, 2, 5, 13):
            answer = self.lab.post("/openai/v1/chat/completions", chat(TEXT, f"sim-pair.split-{size}", stream=True))
            self.assertEqual(answer.channel_texts(), {("choice", 0): ECHO, ("choice", 1): ECHO})

    def test_records_of_every_size_give_identical_bytes(self):
        """TLS records and TCP segments are not events: the answer may not depend on them at all."""
        for path, shape in (("/openai/v1/chat/completions", chat), ("/anthropic/v1/messages", messages)):
            seen = set()
            for wire in (0, 1, 2, 3, 5, 7, 11, 13, 29, 100, 333):
                model = "sim-split-6" + (f".wire-{wire}" if wire else "")
                answer = self.lab.post(path, shape(TEXT, model, stream=True))
                seen.add(json.dumps([(n, self.neutral(d, model)) for n, d in answer.events()]))
            self.assertEqual(len(seen), 1)

    @staticmethod
    def neutral(data, model):
        """Without what the simulator itself varies: ids, time, and the model name."""
        if data == "[DONE]":
            return data
        value = json.loads(data)
        for part in (value, value.get("message") or {}):
            for key in ("id", "created", "model"):
                part.pop(key, None)
            part.pop("usage", None)
        return value

    def test_the_request_in_pieces_of_every_size(self):
        raw = json.dumps(chat(TEXT)).encode()
        expected = None
        for size in (1, 2, 3, 5, 7, 11, 16, 17, 50, 100, len(raw)):
            for chunked in (False, True):
                with self.subTest(size=size, chunked=chunked):
                    answer = self.lab.post_in_pieces("/openai/v1/chat/completions", raw, size, chunked)
                    self.assertEqual(answer.json["choices"][0]["message"]["content"], ECHO)
                    body = self.lab.vendor_bodies()[-1]
                    expected = expected or body
                    self.assertEqual(body, expected)


if __name__ == "__main__":
    lab_fixture.main()
