// known_values.h: values that became tokens earlier in a request, to be found again where nothing
// but their own letters says what they are.
//
// A value that needs a word beside it ("my account is 48839201") comes back in the answer without
// that word ("I noted 48839201"), and a client sends the answer along on the next turn. Its bytes
// are looked for from there on, so that it is the same token there. Only forward: what stands
// before the first mention never changes with what comes behind it (vendors cache prompts by
// prefix).
//
// Looked for are values that are hardly anything else: six letters or digits, among them a digit,
// or several words. They are equal to the byte or in another usual form: numbers without what parts
// their groups ("536904399" of 536-90-4399), names all in small letters or all in capitals. They
// stand alone: no letter or digit beside them, no digit behind a point, comma, dash, colon, slash
// or underscore (a part of a longer number).
//
// Owner  one exchange. Views into its ExchangeTokens: clear() goes before theirs. Limits
// kKnownFormsMax; further ones are not looked for. No allocation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/redact/exchange_tokens.h"

namespace sallyport::redact {

inline constexpr size_t kKnownFormsMax = 512;  // one to three of a value
inline constexpr size_t kKnownValueBytesMax = 64;

struct KnownMatch {
  size_t start = 0;
  size_t end = 0;
  uint16_t entity = 0;
};

class KnownValues {
 public:
  // What two places beside a value must be known for it to stand alone.
  static constexpr size_t kBesideBytes = 2;

  void clear() noexcept;
  // `entry` must outlive this or the next clear(). What is no such value is left out.
  void add(const ExchangeTokens::Entry& entry) noexcept;

  bool empty() const noexcept { return count_ == 0; }
  size_t longest() const noexcept { return longest_; }
  // Another number whenever something was added or cleared.
  uint32_t generation() const noexcept { return generation_; }

  // The first value that begins in text[from, until), of those that begin there the longest.
  // REQUIRES: longest() + kBesideBytes bytes of `text` behind `until`, or the text ends there.
  [[nodiscard]] bool find(std::span<const uint8_t> text, size_t from, size_t until,
                          KnownMatch& out) const noexcept;

 private:
  static constexpr size_t kHeads = 256;
  enum class Form : uint8_t { AsItIs, Compact, Small, Capital };
  struct Known {
    const ExchangeTokens::Entry* entry;
    uint16_t next;
    Form form;
    uint8_t size;  // in this form
  };
  // Two neighbours by their half bytes, a bit for each of eight groups of values.
  struct Pairs {
    alignas(16) std::array<uint8_t, 16> first_low{}, first_high{}, second_low{}, second_high{};
  };

  static size_t head_of(const uint8_t* bytes) noexcept;
  // A byte of a value as it stands in a form; 0: it does not.
  static uint8_t written(uint8_t c, Form form) noexcept;
  // Bytes of the value in a form; 0: it has none of its own.
  static size_t size_in(std::span<const uint8_t> value, Form form) noexcept;
  void add_form(const ExchangeTokens::Entry& entry, Form form) noexcept;
  uint32_t may_begin(const uint8_t* at) const noexcept;
  bool stands_at(std::span<const uint8_t> text, size_t at, KnownMatch& out) const noexcept;

  Pairs pairs_;
  std::array<uint16_t, kHeads> heads_{};  // index + 1 of the newest one; 0: none
  std::array<Known, kKnownFormsMax> known_;
  size_t count_ = 0;
  size_t longest_ = 0;
  uint32_t generation_ = 0;
};

}  // namespace sallyport::redact
