#include "dataplane/scan/recognise/person/patronymic.h"

#include <algorithm>
#include <string_view>

#include "dataplane/scan/read/words.h"
#include "dataplane/scan/recognise/person/person_words.h"

namespace sallyport::scan {
namespace {

// As texts are folded (text/fold_table.h). A cue begins with a letter that is folded to none of
// ASCII, so that it is looked for inside of words.
constexpr std::string_view kSons = "вич";
constexpr std::string_view kDaughters[] = {"внa", "вны", "внe", "внy", "вни", "внi", "внo"};
constexpr std::string_view kWords[] = {"oглы", "кызы"};
// What stands before them, in the father's name.
constexpr std::string_view kBefore[] = {"o", "e", "ё", "и", "i", "ї"};
// Adjectives before a word that only looks like one.
constexpr std::string_view kAdjectives[] = {"cькa", "цькa", "cкaя", "цкaя", "aя", "oe",
                                            "ыe",   "ий",   "oй",   "oї",   "iй"};
// In the last letters of family names, in any case.
constexpr std::string_view kFamilies[] = {"oв",  "eв",  "ёв", "ин",    "cк", "цк",
                                          "eнк", "чyк", "ян", "швили", "дзe"};
constexpr uint64_t kFamilyEndBytes = 10;
constexpr uint64_t kCaseBytesMax = 4;  // "Ивановичем"
constexpr uint64_t kPartBytesMin = 4;

template <size_t N>
bool ends_with(OpenReader& reader, const NameWord& word,
               const std::string_view (&list)[N]) noexcept {
  return std::any_of(std::begin(list), std::end(list), [&](std::string_view one) {
    return word.size() > one.size() && reader.follows(word.end - one.size(), one);
  });
}

bool is_part(OpenReader& reader, const NameWord& word) noexcept {
  return word.capital && !word.upper && word.size() >= kPartBytesMin && !is_name_stop(reader, word);
}

bool is_family(OpenReader& reader, const NameWord& word) noexcept {
  if (!is_part(reader, word)) return false;
  const uint64_t from = std::max(word.start + 1, word.end - std::min(word.size(), kFamilyEndBytes));
  for (uint64_t at = from; at < word.end; ++at)
    for (std::string_view one : kFamilies)
      if (at + one.size() <= word.end && reader.follows(at, one)) return true;
  return false;
}

NameWord part_before(OpenReader& reader, uint64_t start) noexcept {
  const NameWord word = reader.before(start) == ' ' ? word_before(reader, start - 1) : NameWord{};
  return is_part(reader, word) ? word : NameWord{start, start, false, false};
}

bool is_daughters(OpenReader& reader, const Trigger& cue) noexcept {
  return std::any_of(std::begin(kDaughters), std::end(kDaughters), [&](std::string_view one) {
    return cue.at - cue.start == one.size() && reader.follows(cue.start, one);
  });
}

bool is_sons(OpenReader& reader, const Trigger& cue) noexcept {
  return cue.at - cue.start == kSons.size() && reader.follows(cue.start, kSons);
}

}  // namespace

bool is_of_patronymic(OpenReader& reader, const Trigger& cue) noexcept {
  if (is_sons(reader, cue) || is_daughters(reader, cue)) return true;
  return std::any_of(std::begin(kWords), std::end(kWords), [&](std::string_view one) {
    return cue.at - cue.start == one.size() && reader.follows(cue.start, one);
  });
}

bool has_patronymic(OpenReader& reader, const Trigger& cue, Hit& out) noexcept {
  uint64_t start = cue.start;
  // "Лук'янівна"
  while (start > 0 && cue.start - start < kNameWordBytesMax &&
         (is_word_letter(reader.before(start)) ||
          (reader.before(start) == '\'' && is_word_letter(reader.before(start - 1)))))
    --start;
  const NameWord word = word_at(reader, start);
  const bool daughter = is_daughters(reader, cue);
  NameWord father = word;
  if (daughter || is_sons(reader, cue)) {
    // "Иванович", "Ивановичем"
    if (!is_part(reader, word) || cue.start - start < kPartBytesMin || word.end < cue.at ||
        word.end - cue.at > (daughter ? 0 : kCaseBytesMax) ||
        !ends_with(reader, NameWord{start, cue.start, true, false}, kBefore))
      return false;
  } else {
    // "Мамед оглы"
    if (start != cue.start || word.end != cue.at) return false;
    father = part_before(reader, start);
    if (father.size() == 0) return false;
  }
  const NameWord given = part_before(reader, father.start);
  if (given.size() == 0 || (daughter && ends_with(reader, given, kAdjectives))) return false;
  out = Hit{given.start, word.end};
  if (const NameWord family = part_before(reader, given.start);
      family.size() != 0 && is_family(reader, family)) {
    out.start = family.start;
  } else if (reader.at(word.end) == ' ') {
    const NameWord behind = word_at(reader, word.end + 1);
    if (is_family(reader, behind)) out.end = behind.end;
  }
  return true;
}

}  // namespace sallyport::scan
