// clean_texts.h: short texts of one message or stream in which nothing was found, so that another
// one that is the same to the byte need not be scanned again.
//
// Ids, types and the names of members are most of the texts of a tool's result, and all but one of
// those of a stream's event. What is found in a text depends on the text, on what stands before
// it, on how it is read and on the values that are known (leaf_text.h); all are compared in full, a
// hash only says where to look. It is forgotten with the message or stream
// (docs/decisions/012). Plaintext; wiped.
//
// Owner  one message or stream; reusable. No allocation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace sallyport::rewrite {

// A field, an answer, or an answer in which what texts before it named is looked for, too.
enum class ReadAs : uint8_t { Field, Answer, Follower };

class CleanTexts {
 public:
  // Of a text and what stands before it; longer ones are rarely the same twice.
  static constexpr size_t kBytesMax = 94;

  CleanTexts() = default;
  ~CleanTexts() { clear(); }
  CleanTexts(const CleanTexts&) = delete;
  CleanTexts& operator=(const CleanTexts&) = delete;

  void clear() noexcept;
  // `text`: what stands before it, of `before` bytes, and the text itself.
  bool has(std::span<const uint8_t> text, size_t before, ReadAs as = ReadAs::Answer) const noexcept;
  // Nothing was found in it. May push out another one.
  void add(std::span<const uint8_t> text, size_t before, ReadAs as = ReadAs::Answer) noexcept;

 private:
  // Of a set, all are compared; a message that has more texts than these has few of them often.
  static constexpr size_t kSets = 8;  // three bits of the hash
  static constexpr size_t kWays = 4;

  struct Slot {
    uint8_t size = 0;  // 0: none
    uint8_t before = 0;
    ReadAs as = ReadAs::Answer;
    std::array<uint8_t, kBytesMax> bytes;
  };
  struct Set {
    std::array<uint32_t, kWays> tags{};
    std::array<Slot, kWays> slots;
    uint8_t next = 0;  // to be written
  };

  static bool fits(std::span<const uint8_t> text) noexcept {
    return !text.empty() && text.size() <= kBytesMax;
  }

  std::array<Set, kSets> sets_;
  bool used_ = false;
};

}  // namespace sallyport::rewrite
