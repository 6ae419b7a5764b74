// Random JSON text against the walker: whole and in pieces it must say the same, and what it
// accepts must be contiguous, within the input, and decode as JsonStringPieces decodes it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "controlplane/policy/api_kind/api_kind_compiler.h"
#include "dataplane/llm/json_string.h"
#include "dataplane/llm/json_walker.h"
#include "dataplane/llm/stream_events.h"

namespace {

using namespace sallyport;

void require(bool condition) {
  if (!condition) std::abort();
}

// What a walk said, as one string; contiguity is checked on the way.
class Transcript final : public llm::Sink {
 public:
  std::string text;
  std::span<const uint8_t> document;

  bool leaf_begin(const llm::Leaf& leaf) override {
    leaf_ = leaf;
    decoded_.clear();
    at_ = leaf.raw_start + (leaf.kind == llm::LeafKind::String ? 1 : 0);
    text += "leaf " + std::to_string(static_cast<int>(leaf.text_class)) + " " +
            std::to_string(leaf.raw_start) + " " + std::to_string(leaf.rule) +
            (leaf.is_key ? " key " : " ");
    for (uint8_t i = 0; i < leaf.index_count; ++i) text += std::to_string(leaf.indexes[i]) + ",";
    return true;
  }
  bool leaf_text(std::span<const uint8_t> decoded, uint64_t start, uint64_t end) override {
    require(!decoded.empty() && start == at_ && end > start && end <= document.size());
    if (decoded.size() == end - start)
      require(std::equal(decoded.begin(), decoded.end(),
                         document.begin() + static_cast<ptrdiff_t>(start)));
    else
      require(decoded.size() <= 4 && document[start] == '\\');
    at_ = end;
    decoded_.append(reinterpret_cast<const char*>(decoded.data()), decoded.size());
    return true;
  }
  bool leaf_end(uint64_t raw_end) override {
    require(raw_end == at_);
    text += decoded_ + " " + std::to_string(raw_end) + "\n";
    if (leaf_.kind != llm::LeafKind::String) return true;
    require(document[raw_end] == '"');
    const uint64_t start = leaf_.raw_start + 1;
    llm::JsonStringPieces pieces(document.subspan(start, raw_end - start), start);
    std::string again;
    while (pieces.next())
      again.append(reinterpret_cast<const char*>(pieces.decoded().data()), pieces.decoded().size());
    require(again == decoded_);
    return true;
  }
  bool marked(llm::MarkKind kind, uint16_t rule, uint64_t start, uint64_t end) override {
    require(start < end && end <= document.size());
    text += "mark " + std::to_string(static_cast<int>(kind)) + std::to_string(rule) + " " +
            std::to_string(start) + " " + std::to_string(end) + "\n";
    return true;
  }

 private:
  llm::Leaf leaf_;
  std::string decoded_;
  uint64_t at_ = 0;
};

controlplane::policy::ApiPath path(const char* text, contract::TextClass text_class) {
  controlplane::policy::ApiPath p;
  p.path = text;
  p.has_class = true;
  p.text_class = text_class;
  return p;
}

// A small kind with everything a table can hold.
const llm::ApiTables& tables() {
  static const std::vector<uint64_t> section = [] {
    using contract::TextClass;
    controlplane::policy::ApiKindSource source;
    source.name = "k";
    source.done_data = "[DONE]";
    controlplane::policy::ApiFragment block;
    block.by = "type";
    block.paths = {path("type", TextClass::Structural), path("data", TextClass::T),
                   path("text", TextClass::T)};
    controlplane::policy::ApiPath nested;
    nested.path = "content[*]";
    nested.use = "block";
    block.paths.push_back(nested);
    block.variants["base64"] = {path("data", TextClass::B)};
    source.fragments["block"] = block;
    for (controlplane::policy::ApiShape& shape : source.shapes) {
      shape.present = true;
      controlplane::policy::ApiPath index = path("c[*].index", TextClass::Structural);
      index.role = contract::LeafRole::OuterIndex;
      controlplane::policy::ApiPath delta = path("c[*].d", TextClass::J);
      controlplane::policy::ApiPath logprobs = path("c[*].logprobs", TextClass::Structural);
      logprobs.tree = true;
      logprobs.mark = contract::MarkKind::Strip;
      shape.paths = {path("s", TextClass::T), path("m.*", TextClass::I), path("j", TextClass::L),
                     nested, logprobs};
      controlplane::policy::ApiPath end = path("c[*].end", TextClass::Structural);
      if (&shape == &source.shapes[2]) {
        shape.by = "s";
        shape.variants["typed"] = {path("j", TextClass::O)};
        shape.channels = {controlplane::policy::ApiChannel{
            "d", true, "", "{\"c\":[{\"index\":${outer},\"d\":${text}}]}", 0}};
        delta.channel = "d";
        end.closes["*"] = contract::CloseScope::Outer;
      }
      shape.paths.insert(shape.paths.end(), {index, delta, end});
    }
    const auto compiled = controlplane::policy::compile_api_kinds({source});
    require(compiled.problems.empty());
    std::vector<uint64_t> words((compiled.bytes.size() + 7) / 8);
    std::memcpy(words.data(), compiled.bytes.data(), compiled.bytes.size());
    return words;
  }();
  static const llm::ApiTables loaded = [] {
    llm::ApiTables t;
    require(t.load({reinterpret_cast<const uint8_t*>(section.data()), section.size() * 8}) ==
            llm::ApiTables::LoadError::None);
    return t;
  }();
  return loaded;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static llm::JsonWalker walker({.depth_max = 8, .live_keys_max = 16});
  static llm::StreamEventReader reader;
  static llm::StreamCaptures captures;
  if (size == 0) return 0;
  const uint8_t choice = data[0];
  const std::span<const uint8_t> document(data + 1, size - 1);
  const llm::ApiKind kind = tables().kind(0);
  const llm::PathTable table = (choice & 1) != 0 ? llm::all_leaves() : kind.request;

  Transcript whole;
  whole.document = document;
  walker.begin(table, whole);
  const bool whole_ok = walker.feed(document) && walker.end();
  const llm::WalkError error = walker.error();
  require(whole_ok == (error == llm::WalkError::None));

  Transcript cut;
  cut.document = document;
  walker.begin(table, cut);
  const size_t piece = 1 + (choice >> 1) % 7;
  bool ok = true;
  for (size_t at = 0; at < document.size() && ok; at += piece) {
    const auto bytes = document.subspan(at, std::min(piece, document.size() - at));
    const std::vector<uint8_t> copy(bytes.begin(), bytes.end());
    ok = walker.feed(copy);
  }
  ok = ok && walker.end();
  require(ok == whole_ok && walker.error() == error);
  require(cut.text == whole.text);

  // Knowing the discriminators in advance changes classes, never what is JSON.
  Transcript ahead;
  ahead.document = document;
  walker.begin_whole(table, ahead);
  require((walker.feed(document) && walker.end()) == whole_ok && walker.error() == error);

  if (reader.read(kind, document, captures) == llm::StreamEventReader::Result::Ok)
    for (const llm::StreamDelta& delta : reader.event().deltas)
      require(delta.raw_start <= delta.raw_end && delta.raw_end < document.size());
  return 0;
}
