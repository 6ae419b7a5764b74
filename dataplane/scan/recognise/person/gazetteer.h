// gazetteer.h: common given and family names of several cultures, as evidence that capitalised
// words are a person.
//
// Typed by us from common knowledge; no list was copied. Some seven and a half thousand names:
// enough to tell a name from a title, far from all there are, so words that are not in it prove
// nothing. The lists: given_names.h, family_names.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/scan/read/open_reader.h"
#include "dataplane/scan/read/words.h"
#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {

// The longest name kept; longer ones are not in it.
inline constexpr size_t kNameBytesMax = 24;

struct NameKind {
  bool given = false;
  bool family = false;
  bool ambiguous = false;  // a word, a month or a place as well
  // Nothing else.
  bool is_name() const noexcept { return (given || family) && !ambiguous; }
};

// May the word of ASCII letters that begins at `word` be a given name? Asked of every capitalised
// word before another one, so it is quick, and says no only when it is sure. REQUIRES: eight bytes
// can be read.
bool may_be_given(const uint8_t* word, size_t size) noexcept;

// One word in any case, UTF-8, with or without its marks.
NameKind name_kind(std::span<const uint8_t> name) noexcept;
// The same of a word where it stands; longer ones are no names.
inline NameKind kind_of(const OpenReader& reader, const NameWord& word) noexcept {
  if (word.size() > kNameWordBytesMax + 1) return {};
  return name_kind(reader.known(word.start, word.end));
}

}  // namespace sallyport::scan
