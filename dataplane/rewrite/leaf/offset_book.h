// offset_book.h: the texts of one message that numbers count in, and what became of them.
//
// A vendor's annotation says "characters 12 to 20 of that text". When the text was edited the
// number points elsewhere, so it is moved along. Which text is meant is said by the table (name,
// how many array indexes are shared), by the place of the number, and sometimes by a number beside
// it.
//
//   texts with the same name and place are one text after another: a vendor that counts over all
//   parts of an answer counts in their joined text.
//
// Limits  kOffsetTextsMax texts and items; beyond it the answer is Unknown, and the number becomes
// null.
// Not here  plaintext: only lengths are kept.
// Owner     one message, or the request for its exchange; reusable.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "dataplane/contract/llm_layout.h"
#include "dataplane/llm/events.h"
#include "dataplane/redact/shift_map.h"

namespace sallyport::rewrite {

// Documents of a request, or parts of an answer, that offsets may count in. Vendors allow hundreds.
inline constexpr size_t kOffsetTextsMax = 4'096;
// Texts whose memory stays for the next message.
inline constexpr size_t kOffsetTextsKept = 64;

// Array indexes on the way to a value; for the channels of a stream their outer and inner number.
struct OffsetPlace {
  uint8_t count = 0;
  std::array<uint32_t, llm::kIndexesMax> indexes{};

  static OffsetPlace of(const llm::Leaf& leaf) noexcept { return {leaf.index_count, leaf.indexes}; }
  bool shares(const OffsetPlace& other, size_t depth) const noexcept;
  friend auto operator<=>(const OffsetPlace&, const OffsetPlace&) = default;
};

// A number of class N, and where it stands.
struct OffsetNumber {
  OffsetPlace place;
  uint8_t name = 0;  // LlmRule::offset_text
  uint8_t form = 0;  // LlmRule::offset_form
  uint64_t value = 0;
  uint64_t raw_start = 0;
  uint64_t raw_end = 0;
  std::optional<uint64_t> part;  // what the number beside it says

  size_t unit() const noexcept { return form & contract::kOffsetUnitMask; }
  bool is_end() const noexcept { return (form & contract::kOffsetIsEnd) != 0; }
  bool from_request() const noexcept { return (form & contract::kOffsetFromRequest) != 0; }
  // How many indexes the number shares with a text that has `indexes` of them.
  size_t share(size_t indexes) const noexcept {
    const size_t share = form >> contract::kOffsetShareShift & contract::kOffsetShareMask;
    return share == contract::kOffsetShareAll ? indexes : share;
  }
};

class OffsetBook {
 public:
  enum class Found : uint8_t { None /* no such text */, Moved, Unknown };

  void begin() noexcept;
  // The record of a text that begins here; null when there is no room. Valid until begin().
  redact::ShiftMap* add_text(uint8_t name, const OffsetPlace& place);
  // Every numbered item of the message once, in document order.
  void add_item(const OffsetPlace& place);

  // An edit came that no record knows: every answer is Unknown until begin().
  void lose() noexcept { overflowed_ = true; }

  // Where `number` points now, in `out`.
  Found map(const OffsetNumber& number, redact::ShiftMap::Way way, uint64_t& out) const noexcept;

 private:
  struct Text {
    uint8_t name = 0;
    OffsetPlace place;
    redact::ShiftMap shifts;
  };
  bool is_meant(const Text& text, const OffsetNumber& number) const noexcept;

  std::vector<std::unique_ptr<Text>> texts_;  // the first text_count_ are in use
  size_t text_count_ = 0;
  std::vector<OffsetPlace> items_;
  bool overflowed_ = false;
};

}  // namespace sallyport::rewrite
