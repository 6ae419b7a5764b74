// probe_kind.h: an API kind of our own with one member per class and per offset form, so that tests
// of coverage and offsets do not depend on what a vendor's table says today.
#pragma once

#include "tests/unit/rewrite/compiled_kind.h"

namespace sallyport::rewrite {

inline constexpr const char* kProbeYaml = R"(
api_kind: probe
format: 1
done_data: "[DONE]"
fragments:
  note:
    paths:
      part: {class: structural, role: offset_part}
      start: {class: N, offset: {text: answer, unit: code_points, edge: start, share: 1}}
      end: {class: N, offset: {text: answer, unit: code_points, edge: end, share: 1}}
      start16: {class: N, offset: {text: answer, unit: utf16, edge: start, share: 1}}
      end16: {class: N, offset: {text: answer, unit: utf16, edge: end, share: 1}}
      start8: {class: N, offset: {text: answer, unit: bytes, edge: start, share: 1}}
      own8: {class: N, offset: {text: own, unit: bytes, edge: start}}
      end8: {class: N, offset: {text: answer, unit: bytes, edge: end, share: 1}}
      page: N
  quote:
    paths:
      document: {class: N, role: offset_part}
      cited: T
      from: {class: N, offset: {text: document, unit: code_points, edge: start, from: request}}
      to: {class: N, offset: {text: document, unit: code_points, edge: end, from: request}}
request:
  paths:
    model: {class: structural, role: model}
    stream: {class: structural, role: stream}
    text: T
    items[*].notes[*]: {use: note}
    items[*].texts[*]: {class: T, offset_text: answer}
    documents[*].kind: {class: structural, role: offset_item, closes: {text: item}}
    documents[*].text: {class: T, offset_text: document}
    quotes[*]: {use: quote}
    arguments: J
    tree: L
    image: {class: B, opaque: image}
    tokens[*]: {class: B, opaque: token_array}
    signed: O
    key: S
    link: U
    file: R
    user: I
    limit: structural
response:
  paths:
    items[*].notes[*]: {use: note}
    items[*].texts[*]: {class: T, offset_text: answer}
    items[*].text: {class: T, offset_text: own}
    quotes[*]: {use: quote}
    signed: O
    logprobs: {class: structural, tree: true, mark: strip}
stream:
  captures:
    id: '"x"'
  channels:
    answer:
      class: T
      event_data: '{"id":${id},"item":${outer},"text":${text}}'
    arguments:
      class: J
      event_data: '{"id":${id},"item":${outer},"arguments":${text}}'
  paths:
    id: {class: structural, capture: id}
    item: {class: structural, role: outer_index}
    text: {class: T, channel: answer, offset_text: answer}
    arguments: {class: J, channel: arguments}
    notes[*]: {use: note}
    quotes[*]: {use: quote}
    signed: O
    full.items[*].texts[*]: {class: T, offset_text: answer}
    full.items[*].notes[*]: {use: note}
    full.items[*].arguments: J
    ends: {class: structural, closes: {"one": outer, "all": all}}
    padding: {class: structural, mark: obfuscation}
    logprobs: {class: structural, tree: true, mark: strip}
)";

inline llm::ApiKind probe_kind() {
  static const CompiledKind kKind("probe", kProbeYaml);
  return kKind.kind();
}

}  // namespace sallyport::rewrite
