"""more_kinds.py: what the vendor simulator answers on every path that is not a chat of OpenAI or Anthropic.

Pure functions from a request to an answer: `find(method, path, query, content_type, body)` gives a handler or None; a
handler gives `Whole(content_type, bytes)` or `Pieces(content_type, [bytes, ...])`. Scripts as in replies.py; where the
model stands in the path, it is the script.
"""
import binascii
import json
import re
import struct

import replies
from replies import Script, compact, dress, pieces_of, text_of

FILES = {}  # id -> bytes, of this process: what was uploaded and what a batch gave
BATCHES = {}  # of messages, by id


class Whole:
    def __init__(self, content_type, body):
        self.content_type, self.body = content_type, body


class Pieces:
    def __init__(self, content_type, pieces):
        self.content_type, self.pieces = content_type, pieces


def as_json(value, script):
    return Whole("application/json", compact(value, script).encode())


def events(pairs):
    return Pieces("text/event-stream", [((f"event: {name}\n" if name else "") + f"data: {data}\n\n").encode()
                                        for name, data in pairs])


def echo(text, script):
    return dress("You said: " + text, script)


# --- OpenAI --------------------------------------------------------------------------------------

def responses(body, script, sequence):
    said = body.get("input")
    if isinstance(said, list):
        said = "\n".join(text_of(item.get("content", "")) for item in said)
    text = echo(said or "", script)
    part = {"type": "output_text", "text": text, "annotations": []}
    item = {"type": "message", "id": f"msg_{sequence}", "status": "completed", "role": "assistant", "content": [part]}
    whole = {"id": f"resp_{sequence}", "object": "response", "created_at": 1, "status": "completed",
             "model": body.get("model"), "output": [item], "usage": {"input_tokens": 1, "output_tokens": 1}}
    if not body.get("stream"):
        return as_json(whole, script)
    found, number = [], 0

    def event(kind, **fields):
        nonlocal number
        found.append((kind, compact(dict({"type": kind, "sequence_number": number}, **fields), script)))
        number += 1

    place = {"item_id": item["id"], "output_index": 0, "content_index": 0}
    event("response.created", response=dict(whole, status="in_progress", output=[]))
    event("response.output_item.added", output_index=0, item=dict(item, content=[], status="in_progress"))
    event("response.content_part.added", part=dict(part, text=""), **place)
    for piece in pieces_of(text, script):
        event("response.output_text.delta", delta=piece, **place)
    event("response.output_text.done", text=text, **place)
    event("response.content_part.done", part=part, **place)
    event("response.output_item.done", output_index=0, item=item)
    event("response.completed", response=whole)
    return events(found)


def completions(body, script, sequence):
    text = echo(body.get("prompt", ""), script)
    base = {"id": f"cmpl-{sequence}", "object": "text_completion", "created": 1, "model": body.get("model")}
    if not body.get("stream"):
        return as_json(dict(base, choices=[{"index": 0, "text": text, "logprobs": None, "finish_reason": "stop"}]),
                       script)
    chunks = [dict(base, choices=[{"index": 0, "text": piece, "logprobs": None, "finish_reason": None}])
              for piece in pieces_of(text, script)]
    chunks.append(dict(base, choices=[{"index": 0, "text": "", "logprobs": None, "finish_reason": "stop"}]))
    return events([(None, compact(chunk, script)) for chunk in chunks] + [(None, "[DONE]")])


def embeddings(body, script, _sequence):
    said = body.get("input")
    count = len(said) if isinstance(said, list) else 1
    data = [{"object": "embedding", "index": i, "embedding": [0.25, -0.5]} for i in range(count)]
    return as_json({"object": "list", "data": data, "model": body.get("model"), "usage": {"prompt_tokens": 1}}, script)


def form_parts(content_type, body):
    """[(name, filename or None, bytes)] of a form, read as simply as a vendor may."""
    boundary = re.search(r'boundary="?([^";]+)"?', content_type).group(1).encode()
    parts = []
    for block in body.split(b"--" + boundary)[1:-1]:
        head, _, content = block[2:].partition(b"\r\n\r\n")
        name = re.search(rb'[; ]name="?([^";\r]*)"?', head).group(1).decode()
        filename = re.search(rb'filename="([^"]*)"', head)
        parts.append((name, filename.group(1).decode() if filename else None, content[:-2]))
    return parts


def upload(form, script, sequence):
    content = next(data for name, _, data in form if name == "file")
    filename = next(file for name, file, _ in form if name == "file")
    name = f"file-{sequence}"
    FILES[name] = content
    return as_json({"id": name, "object": "file", "bytes": len(content), "created_at": 1, "filename": filename,
                    "purpose": "batch", "status": "processed"}, script)


def batch(body, script, sequence):
    """Done at once: the lines of the result are another file."""
    lines = []
    for line in FILES[body["input_file_id"]].decode().splitlines():
        if not line.strip():
            continue
        asked = json.loads(line)
        answer = replies.openai_json(asked["body"], Script(asked["body"].get("model")), sequence)
        lines.append(compact({"id": f"batch_req_{sequence}", "custom_id": asked["custom_id"], "error": None,
                              "response": {"status_code": 200, "request_id": "r", "body": answer}}, script))
    FILES[f"file-out-{sequence}"] = ("\n".join(lines) + "\n").encode()
    return as_json({"id": f"batch_{sequence}", "object": "batch", "endpoint": body["endpoint"], "status": "completed",
                    "input_file_id": body["input_file_id"], "output_file_id": f"file-out-{sequence}",
                    "completion_window": "24h", "created_at": 1}, script)


def transcription(form, script, _sequence):
    fields = {name: data.decode() for name, filename, data in form if filename is None}
    text = echo(fields.get("prompt", ""), script)
    if fields.get("response_format") == "text":
        return Whole("text/plain; charset=utf-8", (text + "\n").encode())
    return as_json({"text": text}, script)


def image_edit(form, script, _sequence):
    fields = {name: data.decode() for name, filename, data in form if filename is None}
    return as_json({"created": 1, "data": [{"b64_json": "iVBORw0KGgo=",
                                            "revised_prompt": echo(fields["prompt"], script)}]}, script)


# --- Anthropic -----------------------------------------------------------------------------------

def count_tokens(body, script, _sequence):
    return as_json({"input_tokens": len(json.dumps(body)) // 4}, script)


def message_batch(body, script, sequence):
    lines = [compact({"custom_id": asked["custom_id"], "result": {
        "type": "succeeded", "message": replies.anthropic_json(asked["params"], script, sequence)}}, script)
        for asked in body["requests"]]
    FILES[f"msgbatch_{sequence}"] = ("\n".join(lines) + "\n").encode()
    BATCHES[f"msgbatch_{sequence}"] = {
        "id": f"msgbatch_{sequence}", "type": "message_batch", "processing_status": "ended",
        "request_counts": {"succeeded": len(lines)}, "created_at": "2026-01-01T00:00:00Z",
        "results_url": f"https://api.anthropic.com/v1/messages/batches/msgbatch_{sequence}/results"}
    return as_json(BATCHES[f"msgbatch_{sequence}"], script)


# --- Gemini --------------------------------------------------------------------------------------

def gemini(body, script, _sequence, stream=None):
    said = "\n".join(part.get("text", "") for content in body.get("contents", [])[-1:] for part in content["parts"])

    def chunk(text, finish=None):
        candidate = {"content": {"parts": [{"text": text}], "role": "model"}, "index": 0}
        if finish:
            candidate["finishReason"] = finish
        return {"candidates": [candidate], "usageMetadata": {"promptTokenCount": 1}, "modelVersion": "sim"}

    text = echo(said, script)
    if stream is None:
        return as_json(chunk(text, "STOP"), script)
    pieces = pieces_of(text, script)
    chunks = [compact(chunk(piece, "STOP" if i == len(pieces) - 1 else None), script)
              for i, piece in enumerate(pieces)]
    if stream == "sse":
        return events([(None, data) for data in chunks])
    framed = [(("[" if i == 0 else ",\r\n") + data).encode() for i, data in enumerate(chunks)]
    return Pieces("application/json; charset=UTF-8", framed + [b"\n]\n"])


# --- Cohere --------------------------------------------------------------------------------------

def cohere_v2(body, script, sequence):
    text = echo(replies.last_text(body), script)
    if not body.get("stream"):
        return as_json({"id": f"c{sequence}", "finish_reason": "COMPLETE", "message": {
            "role": "assistant", "content": [{"type": "text", "text": text}]},
            "usage": {"tokens": {"input_tokens": 1, "output_tokens": 1}}}, script)
    found = [{"type": "message-start", "id": f"c{sequence}", "delta": {"message": {"role": "assistant"}}},
             {"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "text", "text": ""}}}}]
    found += [{"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": piece}}}}
              for piece in pieces_of(text, script)]
    found += [{"type": "content-end", "index": 0},
              {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": {}}}]
    return events([(event["type"], compact(event, script)) for event in found])


def cohere_v1(body, script, sequence):
    text = echo(body.get("message", ""), script)
    whole = {"text": text, "generation_id": f"g{sequence}", "response_id": f"r{sequence}",
             "finish_reason": "COMPLETE", "chat_history": [{"role": "CHATBOT", "message": text}]}
    if not body.get("stream"):
        return as_json(whole, script)
    found = [{"is_finished": False, "event_type": "stream-start", "generation_id": f"g{sequence}"}]
    found += [{"is_finished": False, "event_type": "text-generation", "text": piece}
              for piece in pieces_of(text, script)]
    found.append({"is_finished": True, "event_type": "stream-end", "finish_reason": "COMPLETE", "response": whole})
    return Pieces("application/stream+json", [(compact(event, script) + "\n").encode() for event in found])


# --- Bedrock -------------------------------------------------------------------------------------

def aws_frame(event_type, payload, message_type="event"):
    """One frame of application/vnd.amazon.eventstream."""
    def header(name, value):
        return bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()

    headers = header(":event-type", event_type) + header(":content-type", "application/json") \
        + header(":message-type", message_type)
    data = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    prelude = struct.pack(">II", 16 + len(headers) + len(data), len(headers))
    message = prelude + struct.pack(">I", binascii.crc32(prelude)) + headers + data
    return message + struct.pack(">I", binascii.crc32(message))


def bedrock(body, script, _sequence, stream=False):
    said = "\n".join(block.get("text", "") for block in body["messages"][-1]["content"])
    text = echo(said, script)
    if not stream:
        return as_json({"output": {"message": {"role": "assistant", "content": [{"text": text}]}},
                        "stopReason": "end_turn", "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
                        "metrics": {"latencyMs": 1}}, script)
    frames = [aws_frame("messageStart", {"role": "assistant", "p": "abcd"})]
    frames += [aws_frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": piece}, "p": "abcdefgh"})
               for piece in pieces_of(text, script)]
    frames += [aws_frame("contentBlockStop", {"contentBlockIndex": 0, "p": "ab"}),
               aws_frame("messageStop", {"stopReason": "end_turn", "p": "abc"}),
               aws_frame("metadata", {"usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
                                      "metrics": {"latencyMs": 1}, "p": "a"})]
    if script.has("badcrc"):
        frames[2] = frames[2][:-1] + bytes([frames[2][-1] ^ 1])
    return Pieces("application/vnd.amazon.eventstream", frames)


# --- which path is whose -------------------------------------------------------------------------

JSON_PATHS = {
    "/v1/responses": responses, "/v1/completions": completions, "/v1/embeddings": embeddings, "/v1/batches": batch,
    "/v1/messages/count_tokens": count_tokens, "/v1/messages/batches": message_batch,
    "/v2/chat": cohere_v2, "/v1/chat": cohere_v1,
}
FORM_PATHS = {"/v1/files": upload, "/v1/audio/transcriptions": transcription, "/v1/images/edits": image_edit}


def whole_or_stream(body, script, sequence):
    if body.get("stream"):
        return events(replies.openai_events(body, script, sequence))
    return as_json(replies.openai_json(body, script, sequence), script)


def in_path(path, query):
    """(model, handler) where the path names the model."""
    gemini_path = re.fullmatch(r"/v1(?:beta)?/models/([^/:]+):(generateContent|streamGenerateContent)", path)
    if gemini_path:
        stream = ("sse" if "alt=sse" in query else "array") if gemini_path.group(2).startswith("stream") else None
        return gemini_path.group(1), lambda *a: gemini(*a, stream=stream)
    bedrock_path = re.fullmatch(r"/model/([^/]+)/converse(-stream)?", path)
    if bedrock_path:
        return bedrock_path.group(1), lambda *a: bedrock(*a, stream=bool(bedrock_path.group(2)))
    azure_path = re.fullmatch(r"/openai/deployments/([^/]+)/chat/completions", path)
    if azure_path:
        return azure_path.group(1), whole_or_stream
    return None


def answer(method, target, content_type, raw, sequence):
    """The answer to a request, or None: nothing here has this path."""
    path, _, query = target.partition("?")
    if method == "GET":
        batch = re.fullmatch("/v1/messages/batches/([^/]+)", path)
        if batch and batch.group(1) in BATCHES:
            return as_json(BATCHES[batch.group(1)], Script(""))
        file = re.fullmatch(r"/v1/(?:files/([^/]+)/content|messages/batches/([^/]+)/results)", path)
        name = file and (file.group(1) or file.group(2))
        if name not in FILES:
            return None
        return Whole("application/octet-stream" if file.group(1) else "application/x-jsonl", FILES[name])
    if method != "POST":
        return None
    if path in FORM_PATHS:
        form = form_parts(content_type or "", bytes(raw))
        model = next((data.decode() for name, _, data in form if name == "model"), "")
        return FORM_PATHS[path](form, Script(model), sequence)
    named = in_path(path, query)
    if named is None and path not in JSON_PATHS:
        return None
    body = json.loads(bytes(raw).decode())
    model, handler = named or (body.get("model"), JSON_PATHS[path])
    return handler(body, Script(model), sequence)
