#include "dataplane/rewrite/text/clean_texts.h"

#include <algorithm>
#include <cstring>

#include "dataplane/mem/wipe.h"

namespace sallyport::rewrite {
namespace {

// Where to look, no more: who finds texts that meet in one set makes them be scanned. The upper
// bits are those that every byte moves.
uint64_t hash_of(std::span<const uint8_t> text, size_t before) noexcept {
  constexpr uint64_t kOdd = 0x9e3779b97f4a7c15;
  constexpr size_t kWord = sizeof(uint64_t);
  uint64_t hash = (text.size() << 8 | before) * kOdd;
  const auto add = [&](uint64_t word) {
    hash = (hash ^ word) * kOdd;
    hash ^= hash >> 32;
  };
  size_t at = 0;
  for (; at + kWord <= text.size(); at += kWord) {
    uint64_t word;
    std::memcpy(&word, text.data() + at, kWord);
    add(word);
  }
  if (at < text.size()) {
    uint64_t word = 0;
    std::memcpy(&word, text.data() + at, text.size() - at);
    add(word);
  }
  return hash;
}

constexpr uint64_t set_of(uint64_t hash) noexcept { return hash >> 61; }
constexpr uint32_t tag_of(uint64_t hash) noexcept { return static_cast<uint32_t>(hash >> 29); }

}  // namespace

void CleanTexts::clear() noexcept {
  if (!used_) return;
  for (Set& set : sets_) {
    for (Slot& slot : set.slots) {
      mem::wipe(std::span(slot.bytes).first(slot.size));
      slot.size = 0;
    }
    set.next = 0;
  }
  used_ = false;
}

bool CleanTexts::has(std::span<const uint8_t> text, size_t before, ReadAs as) const noexcept {
  if (!used_ || !fits(text)) return false;
  const uint64_t hash = hash_of(text, before);
  const Set& set = sets_[set_of(hash)];
  for (size_t i = 0; i < kWays; ++i) {
    const Slot& slot = set.slots[i];
    if (set.tags[i] == tag_of(hash) && slot.size == text.size() && slot.before == before &&
        slot.as == as && std::equal(text.begin(), text.end(), slot.bytes.begin()))
      return true;
  }
  return false;
}

void CleanTexts::add(std::span<const uint8_t> text, size_t before, ReadAs as) noexcept {
  if (!fits(text)) return;
  const uint64_t hash = hash_of(text, before);
  Set& set = sets_[set_of(hash)];
  Slot& slot = set.slots[set.next];
  mem::wipe(std::span(slot.bytes).first(slot.size));
  set.tags[set.next] = tag_of(hash);
  set.next = static_cast<uint8_t>((set.next + 1) % kWays);
  slot.size = static_cast<uint8_t>(text.size());
  slot.before = static_cast<uint8_t>(before);
  slot.as = as;
  std::copy(text.begin(), text.end(), slot.bytes.begin());
  used_ = true;
}

}  // namespace sallyport::rewrite
