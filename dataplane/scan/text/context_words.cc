#include "dataplane/scan/text/context_words.h"

#include <algorithm>
#include <type_traits>

#include "dataplane/base/check.h"
#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {
namespace {

// What may be read beside a block: the characters around a word of kContextWordBytesMax that begins
// at its end.
constexpr uint64_t kBesideBytes = kContextWordBytesMax + 2;
// What is read at once: all that one value asks about.
constexpr uint64_t kBlocksAhead = 3;
constexpr uint64_t kReadBytesMax = kProximityMax + (2 + kBlocksAhead) * 64;

// Signs between the words of a name as blanks. Answers whether letters of two bytes may be there.
bool copy_joined(std::span<const uint8_t> in, uint8_t* out) noexcept {
  uint8_t highest = 0;
  for (size_t i = 0; i < in.size(); ++i) {
    const uint8_t c = in[i];
    out[i] = c == '_' || c == '-' ? ' ' : c;
    highest = std::max(highest, c);
  }
  return highest >= 0xc3;
}

// Letters of two bytes in lower case; ASCII as it is.
void lower_marked(std::span<const uint8_t> in, uint8_t* out) noexcept {
  for (size_t i = 0; i < in.size(); ++i) {
    const uint8_t c = in[i];
    out[i] = c;
    if (c < 0xc3 || i + 1 == in.size()) continue;
    const uint8_t next = in[i + 1];
    uint8_t lead = c, low = next;
    if (c == 0xc3 && next >= 0x80 && next <= 0x9e && next != 0x97) {
      low = static_cast<uint8_t>(next + 0x20);  // Latin-1
    } else if (c == 0xc4 || c == 0xc5) {
      // Latin Extended-A: pairs, the capital at even code points; at odd ones in two stretches.
      const unsigned point = (c == 0xc4 ? 0x100U : 0x140U) + (next & 0x3fU);
      const bool odd = (point >= 0x139 && point <= 0x148) || (point >= 0x179 && point <= 0x17e);
      if (((point & 1) == 1) == odd && point != 0x138 && point != 0x149 && point < 0x17f) {
        lead = point + 1 < 0x140 ? 0xc4 : 0xc5;
        low = static_cast<uint8_t>(0x80 | ((point + 1) & 0x3f));
      }
    } else if (c == 0xce && next >= 0x91 && next <= 0xa9) {  // Greek
      const unsigned to = next + 0x20U;
      lead = to >= 0xc0 ? 0xcf : 0xce;
      low = static_cast<uint8_t>(to >= 0xc0 ? to - 0x40 : to);
    } else if (c == 0xd0 && next >= 0x90 && next <= 0xaf) {  // Cyrillic
      const unsigned to = next + 0x20U;
      lead = to >= 0xc0 ? 0xd1 : 0xd0;
      low = static_cast<uint8_t>(to >= 0xc0 ? to - 0x40 : to);
    } else {
      continue;
    }
    out[i] = lead;
    out[++i] = low;
  }
}

// No small letter goes on behind `end`; behind a capital no other, and no digit of something made
// ("TEL2:" is a name).
bool ends_word(const TextView& text, uint64_t end) noexcept {
  const uint8_t next = text.at(end);
  if (is_lower(next)) return false;
  if (!is_upper(text.at(end - 1))) return true;
  return !is_upper(next) && !(is_digit(next) && is_alnum(text.at(end + 1)));
}

// A short word, and a phrase that ends in one: "account no" is none of "account not found", "text
// me" of "text message". "patient id" may go on to "identifier".
bool must_end(std::string_view word) noexcept {
  constexpr size_t kTailMax = 2;
  if (word.size() <= kShortWordBytes) return true;
  const size_t blank = word.rfind(' ');
  if (blank == std::string_view::npos) return false;
  const std::string_view tail = word.substr(blank + 1);
  return !tail.empty() && tail.size() <= kTailMax && tail != "id" &&
         std::all_of(tail.begin(), tail.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

// The signs of a word that has some stand in the text, and one kind of sign is for all of its
// blanks: "pick-up at" is no name.
bool has_signs(const TextView& text, uint64_t start, std::string_view word) noexcept {
  uint8_t blank = 0;
  for (size_t at = 1; at < word.size(); ++at) {
    if (word[at] != '_' && word[at] != ' ') continue;
    const uint8_t sign = text.at(start + at);
    if (word[at] == '_' ? sign != '_' : blank != 0 && sign != blank) return false;
    if (word[at] == ' ') blank = sign;
  }
  return true;
}

}  // namespace

void lower_text(std::span<const uint8_t> in, uint8_t* out) noexcept {
  lower_marked(in, out);
  for (size_t i = 0; i < in.size(); ++i) out[i] = to_lower(out[i]);
}

std::string ContextWords::joined(std::string_view word) {
  std::string out(word);
  copy_joined({reinterpret_cast<const uint8_t*>(word.data()), word.size()},
              reinterpret_cast<uint8_t*>(out.data()));
  return out;
}

bool ContextWords::load(std::span<const std::string_view> words) {
  if (words.size() > kContextFormsMax) return false;
  words_.assign(words.begin(), words.end());
  rules_.assign(words.size(), NearRules{});
  joined_.clear();
  must_end_.clear();
  for (const std::string& word : words_) {
    if (word.size() > kContextWordBytesMax) return false;
    joined_.push_back(joined(word));
    must_end_.push_back(must_end(word));
  }
  std::vector<LiteralSet::Literal> literals;
  for (const std::string& word : joined_)
    literals.push_back({word, false, word.size() <= kShortWordBytes});
  return literals_.build(literals);
}

void ContextWords::set_apart(const NearRules& rules) {
  SP_CHECK(apart_count_ < apart_.size());
  Apart& set = apart_[apart_count_++];
  set.rules = rules;
  std::vector<LiteralSet::Literal> literals;
  for (uint16_t word = 0; word < words_.size(); ++word) {
    if (!share_rules(rules_[word], rules)) continue;
    set.words.push_back(word);
    literals.push_back({joined_[word], false, joined_[word].size() <= kShortWordBytes});
  }
  SP_CHECK(set.literals.build(literals));
}

template <class Of>
ContextWords::Span ContextWords::read(const TextView& text, uint64_t from, uint64_t to,
                                      const Apart* set, ContextBlocks::Blocks<Of>& some,
                                      ContextBlocks& blocks) const {
  constexpr uint64_t kBlockBytes = ContextBlocks::kBlockBytes;
  const Span all{from / kBlockBytes, (to + kBlockBytes - 1) / kBlockBytes};
  // Neighbours that nobody read yet are read at once.
  for (uint64_t first = all.first; first < all.end; ++first) {
    uint64_t end = first;
    while (end < all.end && !blocks.knows(some, end)) ++end;
    if (end == first) continue;
    // Where values stand close together the next one asks about what follows.
    if (first > 0 && blocks.knows(some, first - 1))
      while (end < all.end + kBlocksAhead && end * kBlockBytes < text.end &&
             !blocks.knows(some, end))
        ++end;
    read_blocks(text, Span{first, end}, set, some, blocks);
    first = end;
  }
  return all;
}

template <class Of>
void ContextWords::read_blocks(const TextView& text, Span span, const Apart* set,
                               ContextBlocks::Blocks<Of>& some, ContextBlocks& blocks) const {
  constexpr uint64_t kBlockBytes = ContextBlocks::kBlockBytes;
  constexpr bool kKeepsWords = std::is_same_v<Of, ContextBlocks::Block>;
  const auto block_at = [&](uint64_t number) -> Of& { return some[number % some.size()]; };
  for (uint64_t number = span.first; number < span.end; ++number) {
    Of& block = block_at(number);
    block.number = number;
    block.epoch = blocks.epoch_;
    block.rules = NearRules{};
    if constexpr (kKeepsWords) block.count = 0;
  }
  const uint64_t from = std::max(span.first * kBlockBytes, text.begin);
  const uint64_t until = std::min(span.end * kBlockBytes, text.end);
  if (from >= until) return;
  // With the character before, which tells whether a word begins.
  const uint64_t first = from > text.begin ? from - 1 : from;
  const auto original = text.slice(first, std::min(text.end, until + kBesideBytes));
  std::array<uint8_t, kReadBytesMax + kBesideBytes + 1> buffer;
  const auto lower = std::span(buffer).first(original.size());
  if (copy_joined(original, lower.data())) lower_marked(lower, lower.data());
  std::vector<LiteralHit>& found = blocks.found_;
  found.clear();
  const LiteralSet& literals = kKeepsWords ? literals_ : set->literals;
  literals.find(lower, static_cast<size_t>(from - first), static_cast<size_t>(until - first),
                found);
  for (const LiteralHit& hit : found) {
    const uint64_t start = first + hit.at;
    Of& block = block_at(start / kBlockBytes);
    if constexpr (kKeepsWords) {
      if (block.count == block.words.size()) continue;
      const auto index = static_cast<uint16_t>(hit.literal);
      const size_t size = words_[index].size();
      const uint64_t end = start + size;
      const bool plural = (text.at(end) | 0x20) == 's';
      if (size <= kShortWordBytes && is_digit(text.at(start - 1))) continue;
      if (!has_signs(text, start, words_[index])) continue;
      block.words[block.count++] = ContextBlocks::Word{
          index, static_cast<uint8_t>(start % kBlockBytes), static_cast<uint8_t>(size),
          !must_end_[index] || ends_word(text, end + plural), plural};
      add_rules(block.rules, rules_[index]);
    } else {
      add_rules(block.rules, rules_[set->words[hit.literal]]);
    }
  }
}

// Every block that holds a part of [from, to) was read for all words.
bool ContextWords::all_known(uint64_t from, uint64_t to, const ContextBlocks& blocks) noexcept {
  for (uint64_t number = from / ContextBlocks::kBlockBytes;
       number * ContextBlocks::kBlockBytes < to; ++number)
    if (!blocks.knows(blocks.blocks_, number)) return false;
  return true;
}

NearRules ContextWords::rules_around(const TextView& text, uint64_t value_start,
                                     const NearRules& asked, uint64_t reach,
                                     ContextBlocks& blocks) const {
  NearRules out{};
  const uint64_t from = std::max(text.begin, value_start > reach ? value_start - reach : 0);
  const auto look = [&](const Apart* set, auto& some) {
    const Span span = read(text, from, value_start, set, some, blocks);
    for (uint64_t number = span.first; number < span.end; ++number)
      add_rules(out, some[number % some.size()].rules);
  };
  size_t set = 0;
  while (set < apart_count_ && !has_rules(apart_[set].rules, asked)) ++set;
  if (set < apart_count_ && !all_known(from, value_start, blocks))
    look(&apart_[set], blocks.apart_[set]);
  else
    look(nullptr, blocks.blocks_);
  return out;
}

void ContextWords::find(const TextView& text, uint64_t value_start, uint64_t reach,
                        ContextBlocks& blocks, ContextHits& out) const {
  out.count = 0;
  const uint64_t from = std::max(text.begin, value_start > reach ? value_start - reach : 0);
  const Span span = read(text, from, value_start, nullptr, blocks.blocks_, blocks);
  for (uint64_t number = span.first; number < span.end; ++number) {
    const ContextBlocks::Block& some = blocks.blocks_[number % ContextBlocks::kBlocks];
    const uint64_t begin = number * ContextBlocks::kBlockBytes;
    for (size_t i = 0; i < some.count; ++i) {
      const ContextBlocks::Word& word = some.words[i];
      const uint64_t start = begin + word.at, end = start + word.size;
      if (start < from || end > value_start) continue;
      const bool ends = word.ends || end == value_start || (word.plural && end + 1 == value_start);
      if (!ends) continue;
      if (out.count == ContextHits::kHitsMax) {
        std::copy(out.hits.begin() + 1, out.hits.end(), out.hits.begin());
        --out.count;
      }
      out.hits[out.count++] = ContextHit{word.word, static_cast<uint16_t>(value_start - end)};
    }
  }
}

}  // namespace sallyport::scan
