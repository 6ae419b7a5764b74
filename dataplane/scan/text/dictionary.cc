#include "dataplane/scan/text/dictionary.h"

#include <tmmintrin.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "dataplane/base/check.h"
#include "dataplane/base/phrase_letters.h"
#include "dataplane/mem/wipe.h"

namespace sallyport::scan {
namespace {

using contract::DictionaryEntry;
using contract::DictionaryHead;
using contract::DictionaryHeader;
using contract::kPhraseBytesMax;
using contract::kPhraseSeparatorMax;
using contract::kPhraseWordBytesMax;
using contract::kPhraseWordsMax;

constexpr size_t kBlockBytes = 64;

// A block of text: which of its bytes are of words, and all of them folded. Behind the first byte
// of `rare` neither holds: there stands what is not ASCII or a letter of Latin-1 in its pair of
// bytes.
struct Block {
  uint64_t words = 0;
  uint64_t rare = 0;
  std::array<uint8_t, kBlockBytes> folded;
};

// v - low <= width, for unsigned bytes.
__m128i in_range(__m128i v, uint8_t low, uint8_t width) noexcept {
  const __m128i moved = _mm_sub_epi8(v, _mm_set1_epi8(static_cast<char>(low)));
  return _mm_cmpeq_epi8(_mm_min_epu8(moved, _mm_set1_epi8(static_cast<char>(width))), moved);
}

// Capitals of Latin-1 among sixteen bytes; `last`: the sixteen before. Answers which bytes are
// rare.
uint32_t read_marked(__m128i v, __m128i last, __m128i& upper) noexcept {
  const auto is = [&v](uint8_t c) {
    return _mm_cmpeq_epi8(v, _mm_set1_epi8(static_cast<char>(c)));
  };
  const __m128i behind_c3 =
      _mm_cmpeq_epi8(_mm_alignr_epi8(v, last, 15), _mm_set1_epi8(static_cast<char>(0xc3)));
  upper = _mm_or_si128(upper, _mm_and_si128(behind_c3, in_range(v, 0x80, 0x1e)));
  // The signs of times and division, the sharp s.
  const __m128i odd = _mm_or_si128(_mm_or_si128(is(0x97), is(0xb7)), is(0x9f));
  const __m128i usual = _mm_or_si128(
      is(0xc3), _mm_andnot_si128(odd, _mm_and_si128(behind_c3, in_range(v, 0x80, 0x3f))));
  return static_cast<uint32_t>(_mm_movemask_epi8(_mm_andnot_si128(usual, v)));
}

void read_block(const uint8_t* text, uint8_t before, Block& out) noexcept {
  __m128i last = _mm_insert_epi16(_mm_setzero_si128(), before << 8, 7);
  out.words = out.rare = 0;
  for (size_t at = 0; at < kBlockBytes; at += 16) {
    const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text + at));
    const __m128i digits = in_range(v, '0', 9);
    const __m128i letters = in_range(_mm_or_si128(v, _mm_set1_epi8(0x20)), 'a', 25);
    const auto marked = static_cast<uint32_t>(_mm_movemask_epi8(v));
    const auto mask =
        static_cast<uint32_t>(_mm_movemask_epi8(_mm_or_si128(digits, letters))) | marked;
    out.words |= uint64_t{mask} << at;
    __m128i upper = in_range(v, 'A', 25);
    if (marked != 0) out.rare |= uint64_t{read_marked(v, last, upper)} << at;
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out.folded.data() + at),
                     _mm_add_epi8(v, _mm_and_si128(upper, _mm_set1_epi8(0x20))));
    last = v;
  }
}

// How far a text can be passed over: up to the first word that may begin a phrase, or that is not
// complete in the block.
size_t pass_over(const DictionaryIndex& index, const Block& block) noexcept {
  std::array<uint64_t, kBlockBytes / 2> hashes;
  std::array<uint8_t, kBlockBytes / 2> starts;
  size_t count = 0;
  size_t at = 0;
  const auto end = static_cast<size_t>(std::countr_zero(block.rare));  // 64: there is none
  size_t limit = end;
  while (at < end) {
    const uint64_t rest = block.words >> at;
    if (rest == 0) break;
    const size_t start = at + static_cast<size_t>(std::countr_zero(rest));
    if (start >= end) break;
    const auto size = static_cast<size_t>(std::countr_one(block.words >> start));
    if (start + size >= end) {
      limit = start;
      break;
    }
    at = start + size;
    if (size > kPhraseWordBytesMax) continue;
    starts[count] = static_cast<uint8_t>(start);
    hashes[count] = index.hash_word({block.folded.data() + start, size});
    index.prefetch(hashes[count++]);
  }
  for (size_t i = 0; i < count; ++i)
    if (index.may_begin(hashes[i])) return starts[i];
  return limit;
}

bool table_fits(uint32_t offset, uint8_t log2, uint64_t entry_bytes, size_t section) noexcept {
  constexpr uint8_t kLog2Max = 32;
  return offset % 8 == 0 && log2 <= kLog2Max && offset <= section &&
         (uint64_t{1} << log2) * entry_bytes <= section - offset;
}

}  // namespace

bool DictionaryIndex::load(std::span<const uint8_t> section,
                           std::span<const uint8_t, contract::kDictionaryKeyBytes> key,
                           std::string& error) {
  *this = DictionaryIndex();
  const auto fail = [&](const char* what) {
    error = std::string("dictionaries: ") + what;
    return false;
  };
  if (section.size() < sizeof(DictionaryHeader) ||
      reinterpret_cast<uintptr_t>(section.data()) % 8 != 0)
    return fail("too short, or not aligned");
  const auto& header = *reinterpret_cast<const DictionaryHeader*>(section.data());
  if (header.magic != contract::kDictionaryMagic || header.version != contract::kDictionaryVersion)
    return fail("not a dictionary section of this version");
  constexpr uint8_t kFilterLog2Min = 6;  // one 64-bit word
  if (header.section_bytes != section.size() || header.filter_log2 < kFilterLog2Min ||
      !table_fits(header.filter_offset, static_cast<uint8_t>(header.filter_log2 - kFilterLog2Min),
                  sizeof(uint64_t), section.size()) ||
      !table_fits(header.head_offset, header.head_log2, sizeof(DictionaryHead), section.size()) ||
      !table_fits(header.entry_offset, header.entry_log2, sizeof(DictionaryEntry), section.size()))
    return fail("a table lies outside");
  if (header.dictionary_count > contract::kDictionariesMax) return fail("too many dictionaries");
  const auto* entries =
      reinterpret_cast<const DictionaryEntry*>(section.data() + header.entry_offset);
  const auto* heads = reinterpret_cast<const DictionaryHead*>(section.data() + header.head_offset);
  const uint64_t entry_slots = uint64_t{1} << header.entry_log2;
  const uint64_t head_slots = uint64_t{1} << header.head_log2;
  uint64_t used = 0, used_heads = 0;
  for (uint64_t i = 0; i < entry_slots; ++i) {
    if (entries[i].used > 1 ||
        (entries[i].used == 1 && entries[i].dictionary >= header.dictionary_count))
      return fail("an entry of no dictionary");
    used += entries[i].used;
  }
  for (uint64_t i = 0; i < head_slots; ++i) used_heads += heads[i].lengths != 0 ? 1 : 0;
  // A search ends at an empty slot.
  if (used != header.entry_count || used >= entry_slots || used_heads >= head_slots)
    return fail("a table is full, or miscounted");
  key_ = base::phrase_key(key);
  if (header.key_check != base::phrase_key_check(key_))
    return fail("made under another key (dictionary.key); compile the bundle again");
  filter_ = reinterpret_cast<const uint64_t*>(section.data() + header.filter_offset);
  heads_ = heads;
  entries_ = entries;
  filter_mask_ = (uint64_t{1} << (header.filter_log2 - kFilterLog2Min)) - 1;
  head_mask_ = head_slots - 1;
  entry_mask_ = entry_slots - 1;
  entry_count_ = header.entry_count;
  dictionary_count_ = header.dictionary_count;
  return true;
}

uint8_t DictionaryIndex::lengths(uint64_t hash) const noexcept {
  const auto tag = static_cast<uint32_t>(hash >> 32);
  uint8_t out = 0;
  for (uint64_t slot = hash & head_mask_; heads_[slot].lengths != 0; slot = (slot + 1) & head_mask_)
    if (heads_[slot].tag == tag) out |= heads_[slot].lengths;
  return out;
}

uint8_t DictionaryIndex::find(std::span<const uint8_t> phrase, uint64_t active) const noexcept {
  const uint64_t fingerprint = base::phrase_fingerprint(key_.phrases, phrase);
  uint8_t lowest = kNone;
  for (uint64_t slot = fingerprint & entry_mask_; entries_[slot].used != 0;
       slot = (slot + 1) & entry_mask_) {
    const DictionaryEntry& entry = entries_[slot];
    if (entry.fingerprint == fingerprint && (active >> entry.dictionary & 1) != 0)
      lowest = std::min(lowest, entry.dictionary);
  }
  return lowest;
}

DictionaryScanner::~DictionaryScanner() { mem::wipe(folded_); }

void DictionaryScanner::begin(const DictionaryIndex& index, uint64_t active) {
  index_ = &index;
  active_ = index.empty() ? 0 : active;
  fed_ = edge_ = 0;
  before_ = 0;
  word_count_ = folded_size_ = open_size_ = 0;
  in_word_ = too_long_ = false;
  open_letter_size_ = 0;
  mem::wipe(folded_);
  matches_.clear();
  taken_ = 0;
}

void DictionaryScanner::take(size_t count) noexcept {
  SP_CHECK(count <= matches_.size() - taken_);
  taken_ += count;
  if (taken_ < matches_.size()) return;
  matches_.clear();
  taken_ = 0;
}

void DictionaryScanner::feed(std::span<const uint8_t> text) {
  if (active_ == 0) {
    edge_ = fed_ += text.size();
    return;
  }
  const uint64_t base = fed_;
  size_t at = 0;
  while (at < text.size()) {
    fed_ = base + at;
    if (open_letter_size_ > 0 || text[at] >= 0x80) {
      if (open_letter_size_ == 0 && pass(text, at)) continue;
      at += letter(text.subspan(at));
      continue;
    }
    if (pass(text, at)) continue;
    const bool is_word = base::is_alnum(text[at]);
    const auto stop =
        std::find_if(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(),
                     [&](uint8_t c) { return c >= 0x80 || base::is_alnum(c) != is_word; });
    const auto end = static_cast<size_t>(stop - text.begin());
    if (is_word)
      ascii(text.subspan(at, end - at));
    else
      between(fed_, base + end);
    before_ = text[end - 1];
    at = end;
  }
  fed_ = base + text.size();
  update_edge();
}

// Steps over a block in which nothing begins; false: somebody has to look.
bool DictionaryScanner::pass(std::span<const uint8_t> text, size_t& at) {
  if (in_word_ || word_count_ > 0 || text.size() - at < kBlockBytes) return false;
  Block block;
  read_block(text.data() + at, before_, block);
  const size_t passed = pass_over(*index_, block);
  if (passed == 0) return false;
  at += passed;
  before_ = text[at - 1];
  return true;
}

void DictionaryScanner::end() {
  raw_bytes({open_letter_.data(), open_letter_size_}, fed_ - open_letter_size_);
  open_letter_size_ = 0;
  if (in_word_) end_word(fed_);
  break_chain();
  edge_ = fed_;
}

// A character beyond ASCII, or a part of one; answers how many bytes of the text it took.
size_t DictionaryScanner::letter(std::span<const uint8_t> text) {
  const size_t had = open_letter_size_;
  const uint64_t start = fed_ - had;
  const size_t more = std::min(open_letter_.size() - had, text.size());
  std::memcpy(open_letter_.data() + had, text.data(), more);
  uint32_t c = base::kNoLetter;
  const size_t size = base::read_letter({open_letter_.data(), had + more}, c);
  open_letter_size_ = size == 0 ? static_cast<uint8_t>(had + more) : 0;
  before_ = 0;  // no half of a letter
  if (size == 0) return more;
  if (c == base::kNoLetter) {
    // What was held looked like a character up to here.
    const size_t raw = std::max<size_t>(had, 1);
    raw_bytes({open_letter_.data(), raw}, start);
    return raw - had;
  }
  if (!base::is_phrase_letter(c)) {
    between(start, start + size);
    return size - had;
  }
  open_word(start);
  if (too_long_) return size - had;
  const size_t now = base::add_letter(
      c, std::span(folded_).subspan(folded_size_, kPhraseWordBytesMax), open_size_);
  if (now == base::kWordFull)
    give_up_word();
  else
    open_size_ = now;
  return size - had;
}

void DictionaryScanner::ascii(std::span<const uint8_t> piece) {
  open_word(fed_);
  append(piece);
}

// Bytes that are no UTF-8.
void DictionaryScanner::raw_bytes(std::span<const uint8_t> bytes, uint64_t start) {
  if (bytes.empty()) return;
  open_word(start);
  append(bytes);
}

void DictionaryScanner::open_word(uint64_t start) {
  if (in_word_) return;
  in_word_ = true;
  open_start_ = start;
}

void DictionaryScanner::append(std::span<const uint8_t> piece) {
  if (too_long_) return;
  if (open_size_ + piece.size() > kPhraseWordBytesMax) return give_up_word();
  for (const uint8_t c : piece) folded_[folded_size_ + open_size_++] = base::to_lower(c);
}

// Nothing goes over such a word, so what waited for it is over now.
void DictionaryScanner::give_up_word() {
  too_long_ = true;
  open_size_ = 0;
  break_chain();
}

// [start, end) is of no word.
void DictionaryScanner::between(uint64_t start, uint64_t end) {
  if (in_word_) end_word(start);
  if (word_count_ > 0 && end - words_[word_count_ - 1].end > kPhraseSeparatorMax) break_chain();
}

void DictionaryScanner::end_word(uint64_t end) {
  in_word_ = false;
  if (!too_long_) add_word(index_->hash_word({folded_.data() + folded_size_, open_size_}), end);
  too_long_ = false;
  open_size_ = 0;
}

void DictionaryScanner::add_word(uint64_t hash, uint64_t end) {
  Word word;
  word.start = open_start_;
  word.end = end;
  word.folded = static_cast<uint16_t>(folded_size_);
  if (index_->may_begin(hash)) word.lengths = index_->lengths(hash);
  if (word_count_ == 0 && word.lengths == 0) return;
  SP_CHECK(word_count_ < kWords);
  words_[word_count_++] = word;
  folded_size_ += open_size_;
  folded_[folded_size_++] = ' ';
  size_t dead = 0;
  for (size_t i = 0; i < word_count_; ++i) {
    extend(words_[i], i);
    if (dead == i && words_[i].lengths == 0) ++dead;
  }
  drop_dead(dead);
}

// The phrase from this word to the last one of the chain.
void DictionaryScanner::extend(Word& first, size_t index) {
  const size_t count = word_count_ - index;
  const auto bit = static_cast<uint8_t>(1U << (count - 1));
  if ((first.lengths & bit) == 0) return;
  first.lengths = static_cast<uint8_t>(first.lengths & ~bit);
  const size_t size = folded_size_ - 1 - first.folded;
  if (size > kPhraseBytesMax) {
    first.lengths = 0;  // longer ones are longer still
    return;
  }
  const uint8_t found = index_->find({folded_.data() + first.folded, size}, active_);
  if (found == DictionaryIndex::kNone) return;
  first.words = static_cast<uint8_t>(count);
  first.dictionary = found;
}

// No word of the chain can grow any more.
void DictionaryScanner::break_chain() { drop_dead(word_count_); }

void DictionaryScanner::drop_dead(size_t dead_count) {
  if (dead_count == 0) return;
  for (size_t i = 0; i < dead_count; ++i)
    if (words_[i].words > 0)
      matches_.push_back(DictionaryMatch{words_[i].start, words_[i + words_[i].words - 1].end,
                                         words_[i].dictionary});
  const size_t bytes = dead_count < word_count_ ? words_[dead_count].folded : folded_size_;
  // The open word lies behind the chain.
  const size_t used = folded_size_ + open_size_;
  std::memmove(folded_.data(), folded_.data() + bytes, used - bytes);
  mem::wipe(std::span(folded_).subspan(used - bytes, bytes));
  folded_size_ -= bytes;
  word_count_ -= dead_count;
  for (size_t i = 0; i < word_count_; ++i) {
    words_[i] = words_[i + dead_count];
    words_[i].folded = static_cast<uint16_t>(words_[i].folded - bytes);
  }
}

void DictionaryScanner::update_edge() noexcept {
  uint64_t edge = fed_;
  if (in_word_ && !too_long_)
    edge = open_start_;
  else
    edge -= open_letter_size_;
  if (word_count_ > 0) edge = words_[0].start;
  SP_CHECK(edge >= edge_);  // I1
  edge_ = edge;
}

}  // namespace sallyport::scan
