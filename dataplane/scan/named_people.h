// named_people.h: the words of names that were found so far, in one text or in the texts of one
// request.
//
// Owner  one channel or one exchange. Limits kNamesMax, the oldest name gives way. Names are wiped.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/scan/read/words.h"

namespace sallyport::scan {

class NamedPeople {
 public:
  // A page names few people; every capitalised word is compared with all that begin alike.
  static constexpr size_t kNamesMax = 32;

  NamedPeople() = default;
  ~NamedPeople() { clear(); }
  NamedPeople(const NamedPeople&) = delete;
  NamedPeople& operator=(const NamedPeople&) = delete;

  void clear() noexcept;
  // A word of two bytes at least; longer ones than kNameWordBytesMax are left out. `confidence`: of
  // the finding that had it; the surest one counts.
  void add(std::span<const uint8_t> word, uint8_t confidence) noexcept;

  bool empty() const noexcept { return count_ == 0; }
  // Another number whenever a word was added or all were cleared.
  uint32_t generation() const noexcept { return generation_; }
  // A name may begin with these two, in either case.
  bool may_begin(uint8_t first, uint8_t second) const noexcept {
    const uint8_t begin = begin_of(first, second);
    return (begins_[begin / 64] >> (begin % 64) & 1) != 0;
  }
  // `word`, in either case, is one; `goes_on`: is one or begins one.
  [[nodiscard]] bool find(std::span<const uint8_t> word, bool goes_on,
                          uint8_t& confidence) const noexcept;

 private:
  struct Name {
    uint8_t size = 0;
    uint8_t confidence = 0;
    std::array<uint8_t, kNameWordBytesMax> bytes{};  // small letters, of ASCII
  };
  const Name* look_up(std::span<const uint8_t> word, bool goes_on) const noexcept;
  // Of the first two bytes, in either case.
  static uint8_t begin_of(uint8_t first, uint8_t second) noexcept {
    return static_cast<uint8_t>((first | 0x20) * 5 + (second | 0x20));
  }

  std::array<Name, kNamesMax> names_;
  size_t count_ = 0;
  size_t oldest_ = 0;
  std::array<uint64_t, 4> begins_{};  // how names begin, a bit each
  uint32_t generation_ = 0;
};

// Whom the texts before a text named.
struct PeopleBefore {
  NamedPeople* people = nullptr;  // those of the text are added; null: the text is alone
  bool looked_for = false;        // in the text; if not, only those that it names itself
};

}  // namespace sallyport::scan
