#include "dataplane/scan/named_people.h"

#include <algorithm>

#include "dataplane/mem/wipe.h"

namespace sallyport::scan {

void NamedPeople::clear() noexcept {
  if (count_ == 0) return;
  for (size_t i = 0; i < count_; ++i) mem::wipe(names_[i].bytes);
  count_ = oldest_ = 0;
  begins_.fill(0);
  ++generation_;
}

void NamedPeople::add(std::span<const uint8_t> word, uint8_t confidence) noexcept {
  if (word.size() < 2 || word.size() > kNameWordBytesMax) return;
  if (const Name* known = look_up(word, false); known != nullptr) {
    Name& name = names_[static_cast<size_t>(known - names_.data())];
    name.confidence = std::max(name.confidence, confidence);
    return;
  }
  Name& name = names_[count_ < names_.size() ? count_++ : oldest_++ % names_.size()];
  name.size = static_cast<uint8_t>(word.size());
  name.confidence = confidence;
  std::transform(word.begin(), word.end(), name.bytes.begin(), to_lower);
  const uint8_t begin = begin_of(word[0], word[1]);
  begins_[begin / 64] |= uint64_t{1} << (begin % 64);
  ++generation_;
}

const NamedPeople::Name* NamedPeople::look_up(std::span<const uint8_t> word,
                                              bool goes_on) const noexcept {
  for (size_t i = 0; i < count_; ++i) {
    const Name& name = names_[i];
    if (goes_on ? name.size < word.size() : name.size != word.size()) continue;
    size_t k = 0;
    while (k < word.size() && name.bytes[k] == to_lower(word[k])) ++k;
    if (k == word.size()) return &name;
  }
  return nullptr;
}

bool NamedPeople::find(std::span<const uint8_t> word, bool goes_on,
                       uint8_t& confidence) const noexcept {
  const Name* name = look_up(word, goes_on);
  if (name == nullptr) return false;
  confidence = name->confidence;
  return true;
}

}  // namespace sallyport::scan
