// recording_sink.h: what a walk said, as values that can be compared.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dataplane/llm/json_walker.h"

namespace sallyport::llm {

struct SeenLeaf {
  Leaf leaf;
  std::string text;
  // Raw position of every decoded byte: a linear byte has its own, bytes of an escape share theirs.
  std::vector<std::pair<uint64_t, uint64_t>> raw;
  uint64_t raw_end = 0;

  friend bool operator==(const SeenLeaf& a, const SeenLeaf& b) {
    return a.text == b.text && a.raw == b.raw && a.raw_end == b.raw_end &&
           a.leaf.raw_start == b.leaf.raw_start && a.leaf.text_class == b.leaf.text_class &&
           a.leaf.kind == b.leaf.kind && a.leaf.role == b.leaf.role &&
           a.leaf.speaker == b.leaf.speaker && a.leaf.is_key == b.leaf.is_key &&
           a.leaf.rule == b.leaf.rule && a.leaf.index_count == b.leaf.index_count &&
           a.leaf.indexes == b.leaf.indexes;
  }
};

struct SeenMark {
  MarkKind kind;
  uint64_t raw_start;
  uint64_t raw_end;
  friend bool operator==(const SeenMark&, const SeenMark&) = default;
};

class RecordingSink final : public Sink {
 public:
  std::vector<SeenLeaf> leaves;
  std::vector<SeenMark> marks;
  bool contiguous = true;
  size_t stop_after = SIZE_MAX;

  bool leaf_begin(const Leaf& leaf) override {
    leaves.push_back(SeenLeaf{leaf, {}, {}, 0});
    at_ = leaf.raw_start + (leaf.kind == LeafKind::String ? 1 : 0);
    return leaves.size() <= stop_after;
  }
  bool leaf_text(std::span<const uint8_t> decoded, uint64_t raw_start, uint64_t raw_end) override {
    SeenLeaf& seen = leaves.back();
    if (raw_start != at_) contiguous = false;
    at_ = raw_end;
    const bool linear = decoded.size() == raw_end - raw_start;
    if (!linear && decoded.size() > 4) contiguous = false;
    for (size_t i = 0; i < decoded.size(); ++i)
      seen.raw.emplace_back(linear ? raw_start + i : raw_start,
                            linear ? raw_start + i + 1 : raw_end);
    seen.text.append(reinterpret_cast<const char*>(decoded.data()), decoded.size());
    return true;
  }
  bool leaf_end(uint64_t raw_end) override {
    if (raw_end != at_) contiguous = false;
    leaves.back().raw_end = raw_end;
    return true;
  }
  bool marked(MarkKind kind, uint16_t, uint64_t raw_start, uint64_t raw_end) override {
    marks.push_back(SeenMark{kind, raw_start, raw_end});
    return true;
  }

 private:
  uint64_t at_ = 0;
};

inline std::span<const uint8_t> bytes_of(std::string_view s) {
  return {reinterpret_cast<const uint8_t*>(s.data()), s.size()};
}

struct Walk {
  bool ok = false;
  WalkError error = WalkError::None;
  uint64_t offset = 0;
  RecordingSink sink;
};

// Feeds `text` in pieces of `piece` bytes, the first one of `first` bytes when that is not 0.
inline void walk(JsonWalker& walker, const PathTable& table, std::string_view text, size_t first,
                 size_t piece, Walk& out) {
  out = Walk{};
  walker.begin(table, out.sink);
  size_t at = 0;
  bool ok = true;
  size_t next = first == 0 ? piece : first;
  while (at < text.size() && ok) {
    const size_t size = std::min(next, text.size() - at);
    // A copy of the exact size: the sanitizers then see a read past the end of a piece.
    const std::vector<uint8_t> bytes(text.begin() + static_cast<ptrdiff_t>(at),
                                     text.begin() + static_cast<ptrdiff_t>(at + size));
    ok = walker.feed(bytes);
    at += size;
    next = piece;
  }
  out.ok = ok && walker.end();
  out.error = walker.error();
  out.offset = walker.offset();
}

}  // namespace sallyport::llm
