#!/usr/bin/env python3
"""kinds_test.py: every API kind and every way that text travels, through the whole appliance.

Per kind: the vendor sees tokens, the client gets its values back, whole and as a stream, and the answer says how much
of the request was inspected.
"""
import binascii
import json
import os
import re
import struct
import unittest
import urllib.parse

import lab_fixture
from lab_fixture import Lab, LabConnection, chat, messages, read_answer

EMAIL = "erika.mustermann" + "@" + "example.org"
CARD = "4111 1111 " + "1111 1111"
TEXT = f"Mail {EMAIL}, card {CARD}."
ECHO = "You said: " + TEXT
MODEL = "sim-echo.split-7"
BOUNDARY = "----sallyport-e2e-form"


def json_lines(answer):
    return [json.loads(line) for line in answer.text.splitlines() if line.strip()]


def frames(raw):
    """[(event type, payload)] of an AWS event stream; every CRC is checked."""
    found = []
    while raw:
        total, header_size = struct.unpack(">II", raw[:8])
        assert struct.unpack(">I", raw[8:12])[0] == binascii.crc32(raw[:8])
        assert struct.unpack(">I", raw[total - 4:total])[0] == binascii.crc32(raw[:total - 4])
        headers, fields = raw[12:12 + header_size], {}
        while headers:
            size = headers[0]
            name, headers = headers[1:1 + size].decode(), headers[2 + size:]
            value_size = struct.unpack(">H", headers[:2])[0]
            fields[name], headers = headers[2:2 + value_size].decode(), headers[2 + value_size:]
        payload = json.loads(raw[12 + header_size:total - 4])
        found.append((fields.get(":event-type") or fields.get(":exception-type"), payload))
        raw = raw[total:]
    return found


def form(*parts):
    """A multipart body: (name, text) or (name, filename, content type, text)."""
    body = ""
    for part in parts:
        name, text = part[0], part[-1]
        more = f'; filename="{part[1]}"\r\nContent-Type: {part[2]}' if len(part) == 4 else ""
        body += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n{text}\r\n'
    return (body + f"--{BOUNDARY}--\r\n").encode()


FORM = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


def sse_texts(*path):
    """Joins what stands at `path` in every event that has it."""
    def join(answer):
        text = ""
        for _, data in answer.events():
            value = None if data == "[DONE]" else json.loads(data)
            for step in path:
                try:
                    value = value[step]
                except (TypeError, KeyError, IndexError):
                    value = None
            text += value or ""
        return text
    return join


def at(*path):
    def find(answer):
        value = answer.json
        for step in path:
            value = value[step]
        return value
    return find


def gemini(text):
    return {"contents": [{"role": "user", "parts": [{"text": text}]}]}


def converse(text):
    return {"messages": [{"role": "user", "content": [{"text": text}]}]}


def gemini_array(answer):
    return "".join(chunk["candidates"][0]["content"]["parts"][0]["text"] for chunk in answer.json)


def cohere_lines(answer):
    events = json_lines(answer)
    joined = "".join(event.get("text", "") for event in events if event["event_type"] == "text-generation")
    assert events[-1]["response"]["text"] == joined, (events[-1], joined)
    return joined


def bedrock_frames(answer):
    return "".join(payload["delta"]["text"] for name, payload in frames(answer.body) if name == "contentBlockDelta")


GEMINI, BEDROCK = f"/gemini/v1beta/models/{MODEL}", f"/bedrock/model/{MODEL}"
AZURE = f"/azure/openai/deployments/{MODEL}/chat/completions?api-version=2024-10-21"
PART = ("candidates", 0, "content", "parts", 0, "text")
# name: (path, body of a text, where the answer's text is), for whole answers and for streams
WHOLE = {
    "openai_chat": ("/openai/v1/chat/completions", chat, at("choices", 0, "message", "content")),
    "openai_responses": ("/openai/v1/responses", lambda t: {"model": MODEL, "input": t},
                         at("output", 0, "content", 0, "text")),
    "openai_completions": ("/openai/v1/completions", lambda t: {"model": MODEL, "prompt": t},
                           at("choices", 0, "text")),
    "anthropic_messages": ("/anthropic/v1/messages", messages, at("content", 0, "text")),
    "gemini": (GEMINI + ":generateContent", gemini, at(*PART)),
    "azure": (AZURE, lambda t: chat(t, MODEL), at("choices", 0, "message", "content")),
    "mistral": ("/mistral/v1/chat/completions", lambda t: chat(t, MODEL), at("choices", 0, "message", "content")),
    "cohere_v2": ("/cohere/v2/chat", lambda t: chat(t, MODEL), at("message", "content", 0, "text")),
    "cohere_v1": ("/cohere/v1/chat", lambda t: {"model": MODEL, "message": t}, at("text")),
    "bedrock": (BEDROCK + "/converse", converse, at("output", "message", "content", 0, "text")),
}
STREAMS = {
    "openai_chat": ("/openai/v1/chat/completions", lambda t: chat(t, MODEL, stream=True),
                    sse_texts("choices", 0, "delta", "content")),
    "openai_responses": ("/openai/v1/responses", lambda t: {"model": MODEL, "input": t, "stream": True},
                         sse_texts("delta")),
    "openai_completions": ("/openai/v1/completions", lambda t: {"model": MODEL, "prompt": t, "stream": True},
                           sse_texts("choices", 0, "text")),
    "anthropic_messages": ("/anthropic/v1/messages", lambda t: messages(t, MODEL, stream=True),
                           sse_texts("delta", "text")),
    "gemini_sse": (GEMINI + ":streamGenerateContent?alt=sse", gemini, sse_texts(*PART)),
    "gemini_array": (GEMINI + ":streamGenerateContent", gemini, gemini_array),
    "azure": (AZURE, lambda t: chat(t, MODEL, stream=True), sse_texts("choices", 0, "delta", "content")),
    "mistral": ("/mistral/v1/chat/completions", lambda t: chat(t, MODEL, stream=True),
                sse_texts("choices", 0, "delta", "content")),
    "cohere_v2": ("/cohere/v2/chat", lambda t: chat(t, MODEL, stream=True),
                  sse_texts("delta", "message", "content", "text")),
    "cohere_v1": ("/cohere/v1/chat", lambda t: {"model": MODEL, "message": t, "stream": True}, cohere_lines),
    "bedrock": (BEDROCK + "/converse-stream", converse, bedrock_frames),
}


class ListsLab(Lab):
    """A lab whose tenant has lists of its own values: projects, and accounts that are words of the language."""

    def write_overlay(self):
        super().write_overlay()
        os.makedirs(f"{self.policy_folder}/entities", exist_ok=True)
        os.makedirs(f"{self.policy_folder}/lists", exist_ok=True)
        self.overlay("entities/own.yaml", "entities:\n  PROJECT: {dictionary: true, priority: 75}\n"
                                          "  CLIENT_CODE: {dictionary: true, priority: 75}\n")
        self.overlay("lists/projects.txt", "# code names\nBlue Heron Delta\nKestrelwing\n")
        self.overlay("lists/clients.csv", "id,code\n1,harbor\n2,meadow\n")
        self.overlay("dictionaries.yaml", f"""dictionaries:
  projects: {{file: lists/projects.txt, entity: PROJECT, tenants: [{self.tenant}]}}
  clients:  {{file: lists/clients.csv, column: 2, header: true, entity: CLIENT_CODE, context: [client, client code]}}
""")
        self.overlay("actions.yaml", "rules:\n  - {id: lab-projects, entity: PROJECT, action: tokenize}\n"
                                     "  - {id: lab-clients, entity: CLIENT_CODE, action: tokenize}\n")


class Kinds(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = ListsLab(vendors=("openai", "anthropic", "gemini", "azure", "mistral", "cohere", "bedrock"))
        cls.addClassCleanup(cls.lab.stop)
        cls.lab.start()

    def sent(self):
        """What the vendor got last: tokens, and no value."""
        body = self.lab.vendor_requests()[-1].get("body")
        self.assertIsNotNone(body)
        for value in (EMAIL, CARD):
            self.assertNotIn(value, body)
        self.assertRegex(body, r"\[EMAIL-ADDRESS-[0-9A-Z]{23}\]")
        return body

    def post(self, path, body, **more):
        answer = self.lab.post(path, body, **more)
        self.assertEqual(answer.status, 200, answer.text)
        coverage = answer.headers.get("x-sallyport-coverage") or ""
        inspected = re.match(r"inspected=(\d+);rewritten=(\d+);opaque=(\d+)", coverage)
        self.assertIsNotNone(inspected, coverage)
        self.assertGreaterEqual(int(inspected.group(1)), len(TEXT))
        return answer

    def test_whole_answers(self):
        for name, (path, body, text) in WHOLE.items():
            with self.subTest(name):
                answer = self.post(path, body(TEXT))
                self.sent()
                self.assertEqual(text(answer), ECHO)

    def test_streams(self):
        for name, (path, body, text) in STREAMS.items():
            with self.subTest(name):
                answer = self.post(path, body(TEXT))
                self.sent()
                self.assertEqual(text(answer), ECHO)

    def test_the_done_copies_of_a_stream_say_the_same(self):
        answer = self.post("/openai/v1/responses", {"model": MODEL, "input": TEXT, "stream": True})
        found = {name: json.loads(data) for name, data in answer.events()}
        self.assertEqual(found["response.output_text.done"]["text"], ECHO)
        self.assertEqual(found["response.content_part.done"]["part"]["text"], ECHO)
        self.assertEqual(found["response.output_item.done"]["item"]["content"][0]["text"], ECHO)
        self.assertEqual(found["response.completed"]["response"]["output"][0]["content"][0]["text"], ECHO)

    def test_texts_that_no_answer_repeats(self):
        for path, body in (("/openai/v1/embeddings", {"model": "sim-echo", "input": [TEXT, "x"]}),
                           ("/anthropic/v1/messages/count_tokens", messages(TEXT))):
            with self.subTest(path):
                self.post(path, body)
                self.sent()

    def test_a_batch_file_is_read_line_by_line(self):
        lines = "".join(json.dumps({"custom_id": str(n), "method": "POST", "url": "/v1/chat/completions",
                                    "body": chat(TEXT)}) + "\n" for n in range(3))
        answer = self.post("/openai/v1/files", form(("purpose", "batch"),
                                                    ("file", "b.jsonl", "application/jsonl", lines)), headers=FORM)
        body = self.sent()
        self.assertEqual(body.count("[EMAIL-ADDRESS-"), 3)
        self.assertIn("\r\n{\"custom_id\": \"0\"", body)
        batch = self.post_plain("/openai/v1/batches", {"input_file_id": answer.json["id"], "completion_window": "24h",
                                                       "endpoint": "/v1/chat/completions"})
        results = self.lab.post(f"/openai/v1/files/{batch.json['output_file_id']}/content", None, method="GET")
        if results.headers.get("x-sallyport-reason-code") == "unknown_path":
            self.skipTest("the shipped bundle does not name the content of files")
        self.assertEqual(results.status, 200, results.text)
        said = [line["response"]["body"]["choices"][0]["message"]["content"] for line in json_lines(results)]
        self.assertEqual(len(said), 3)
        # Tokens of another exchange: they stay tokens.
        self.assertTrue(all("[EMAIL-ADDRESS-" in text for text in said), said)

    def post_plain(self, path, body):
        answer = self.lab.post(path, body)
        self.assertEqual(answer.status, 200, answer.text)
        return answer

    def test_a_message_batch_and_its_results(self):
        answer = self.post("/anthropic/v1/messages/batches", {"requests": [
            {"custom_id": "a", "params": messages(TEXT)}, {"custom_id": "b", "params": messages("nothing")}]})
        self.sent()
        # Clients call this URL as it stands.
        url = urllib.parse.urlsplit(answer.json["results_url"])
        self.assertNotEqual(url.hostname, "api.anthropic.com")
        results = self.lab.post(url.path, None, method="GET")
        self.assertEqual(results.status, 200, results.text)
        self.assertEqual([line["custom_id"] for line in json_lines(results)], ["a", "b"])

    def test_a_bad_line_of_a_batch_file_is_refused(self):
        count = len(self.lab.vendor_requests())
        answer = self.lab.post("/openai/v1/files", form(("purpose", "batch"), ("file", "b.jsonl", "application/jsonl",
                                                                               '{"a":1}\n{"a":\n')), headers=FORM)
        self.assertEqual((answer.status, answer.headers["x-sallyport-reason-code"]), (400, "malformed_body"))
        self.assertEqual(len(self.lab.vendor_requests()), count)

    def test_the_fields_of_a_form(self):
        sound = ("file", "a.mp3", "audio/mpeg", "\x00\x01\x02")
        answer = self.post("/openai/v1/audio/transcriptions", form(sound, ("model", "sim-echo"), ("prompt", TEXT)),
                           headers=FORM)
        self.sent()
        self.assertEqual(answer.json["text"], ECHO)
        self.assertIn("opaque=3;", answer.headers["x-sallyport-coverage"])
        answer = self.post("/openai/v1/audio/transcriptions",
                           form(sound, ("model", "sim-echo"), ("response_format", "text"), ("prompt", TEXT)),
                           headers=FORM)
        self.assertEqual(answer.text, ECHO + "\n")
        answer = self.post("/openai/v1/images/edits", form(("image[]", "a.png", "image/png", "\x89PNG\x00"),
                                                           ("model", "sim-echo"), ("prompt", TEXT)), headers=FORM)
        self.sent()
        self.assertEqual(answer.json["data"][0]["revised_prompt"], ECHO)

    def test_a_text_file_that_says_it_is_a_picture_is_read(self):
        self.post("/openai/v1/files", form(("purpose", "user_data"), ("file", "a.png", "image/png", TEXT)),
                  headers=FORM)
        self.sent()

    def test_a_form_that_can_be_read_two_ways_is_refused(self):
        body = form(("prompt", "x")).replace(b"\r\nx\r\n", b"\nx\n")
        answer = self.lab.post("/openai/v1/audio/transcriptions", body, headers=FORM)
        self.assertEqual((answer.status, answer.headers["x-sallyport-reason-code"]), (400, "malformed_body"))

    def test_a_damaged_frame_ends_the_stream_with_an_exception(self):
        answer = self.lab.post("/bedrock/model/sim-echo.split-7.badcrc/converse-stream", converse("hello there"))
        self.assertEqual((answer.status, answer.truncated), (200, True))
        name, payload = frames(answer.body)[-1]
        self.assertEqual(name, "modelStreamErrorException")
        self.assertIn("malformed", payload["message"])

    def test_values_of_the_tenants_lists_leave_as_tokens_and_come_back(self):
        for stream in (False, True):
            answer = self.lab.post("/openai/v1/chat/completions",
                                   chat("Status of BLUE  heron-delta and Kestrelwing?", MODEL, stream=stream))
            self.assertEqual(answer.status, 200, answer.text)
            body = self.lab.vendor_requests()[-1]["body"]
            self.assertNotIn("heron", body.lower())
            self.assertNotIn("kestrel", body.lower())
            self.assertEqual(len(set(re.findall(r"\[PROJECT-[0-9A-Z]{23}\]", body))), 2)
            self.assertIn("BLUE  heron-delta and Kestrelwing?", "".join(answer.channel_texts().values()))
            found = {(d["entity"], d["count"]) for d in self.lab.record(answer)["admitted"]["detections"]}
            self.assertIn(("PROJECT", 2), found)

    def test_a_listed_word_counts_where_its_context_stands(self):
        self.lab.post("/openai/v1/chat/completions", chat("The harbor is calm. Invoice for client harbor, please."))
        content = json.loads(self.lab.vendor_bodies()[-1])["messages"][0]["content"]
        self.assertRegex(content, r"^The harbor is calm\. Invoice for client \[CLIENT-CODE-[0-9A-Z]{23}\], please\.$")

    def test_a_listed_value_cut_over_two_messages_leaves_on_neither_side(self):
        body = dict(chat("we ship Blue Her"), messages=[{"role": "user", "content": "we ship Blue Her"},
                                                        {"role": "user", "content": "on Delta in June"}])
        answer = self.lab.post("/openai/v1/chat/completions", body)
        self.assertEqual(answer.status, 200, answer.text)
        first, second = (m["content"] for m in json.loads(self.lab.vendor_bodies()[-1])["messages"])
        self.assertRegex(first, r"^we ship \[PROJECT-[0-9A-Z]{23}\]$")
        self.assertRegex(second, r"^\[PROJECT-[0-9A-Z]{23}\] in June$")

    def test_a_stream_in_the_old_version_of_http_is_refused(self):
        for stream, status in ((True, 505), (False, 200)):
            connection = LabConnection(self.lab)
            connection._http_vsn, connection._http_vsn_str = 10, "HTTP/1.0"
            connection.request("POST", "/openai/v1/chat/completions", json.dumps(chat("hi", stream=stream)),
                               self.lab.headers("allowed", None, {"Host": self.lab.gateway_host}))
            answer = read_answer(connection)
            connection.close()
            self.assertEqual(answer.status, status, answer.text)


if __name__ == "__main__":
    lab_fixture.main()
