#include "dataplane/scan/number/number_stage.h"

#include <algorithm>
#include <bit>
#include <string_view>

#include "dataplane/base/check.h"
#include "dataplane/scan/number/number_matrix.h"
#include "dataplane/scan/number/shape_window.h"
#include "dataplane/scan/recognise/number/called_phone.h"
#include "dataplane/scan/recognise/number/card_code.h"
#include "dataplane/scan/recognise/number/date.h"
#include "dataplane/scan/recognise/number/everyday_number.h"
#include "dataplane/scan/recognise/number/mac.h"
#include "dataplane/scan/recognise/number/national_phone.h"
#include "dataplane/scan/recognise/number/phone.h"
#include "dataplane/scan/recognise/number/phone_extension.h"
#include "dataplane/scan/validate/letters.h"
#include "dataplane/scan/validate/registry.h"

namespace sallyport::scan {
namespace {

constexpr uint64_t kNone = ~uint64_t{0};
// A digit with fewer others in this many characters begins nothing.
constexpr uint64_t kDigitsWithin = 32;
// Groups that are longer are hashes and keys, no identifiers.
constexpr uint64_t kGroupBytesMax = contract::kShapeLengthMax;

// "(+49" and "+(49".
constexpr unsigned kMarksMax = 2;

// Signs around a value that is a whole text. Less than kRowAheadBytes: a row is judged when so much
// behind it is known, so it is the end of the text in every way to cut it.
constexpr uint64_t kAroundMax = 4;
// A list of parts is one to its end: between a number that something speaks against and the next.
constexpr uint64_t kKinBytesMax = 96;
static_assert(kAroundMax < kRowAheadBytes);

constexpr uint8_t kDigitClass = 1, kLetterClass = 2, kGapClass = 4;
constexpr std::array<uint8_t, 256> make_classes() {
  std::array<uint8_t, 256> table{};
  for (char c = '0'; c <= '9'; ++c) table[static_cast<uint8_t>(c)] = kDigitClass;
  for (char c = 'A'; c <= 'Z'; ++c) table[static_cast<uint8_t>(c)] = kLetterClass;
  for (char c = 'a'; c <= 'z'; ++c) table[static_cast<uint8_t>(c)] = kLetterClass;
  for (char c : {' ', '-', '.', '/', '(', ')', '+', '_', ',', ':', '*', '`', '\'', '"', '#', '|',
                 '\n', '\r', '\t'})
    table[static_cast<uint8_t>(c)] = kGapClass;
  return table;
}
constexpr std::array<uint8_t, 256> kClasses = make_classes();

// Checksums that leave one in a thousand or less to chance, with ranges of their own.
bool is_strong(contract::Validator validator) noexcept {
  return validator == contract::Validator::Card || validator == contract::Validator::Iban;
}

}  // namespace

void NumberStage::begin(bool may_be_alone) noexcept {
  may_be_alone_ = may_be_alone;
  heads_.begin();
  items_.begin();
  cursor_ = floor_ = 0;
  kin_ = Kin{};
  open_ = kNone;
  forced_ = in_long_group_ = false;
  hex_rows_.clear();
}

// A plus and a bracket before a telephone number belong to it.
uint64_t NumberStage::with_marks(const TextView& text, uint64_t at) noexcept {
  for (unsigned i = 0; i < kMarksMax && at > text.begin; ++i, --at)
    if (text.at(at - 1) != '(' && text.at(at - 1) != '+') break;
  return at;
}

uint64_t NumberStage::live_from(const TextView& text) const noexcept {
  if (open_ != kNone)
    return std::min({with_marks(text, open_), mac_letters_from(text, open_, 2),
                     mac_letters_from(text, open_, 4), month_before(text, open_)});
  if (text.final || text.end == text.begin) return text.end;
  return std::min(capitals_from(text), month_before(text, text.end));
}

// A short group of capitals may be the first part of what follows: "AB 12 34 56 C".
uint64_t NumberStage::capitals_from(const TextView& text) noexcept {
  uint64_t at = text.end;
  if (!is_alnum(text.at(at - 1))) {
    if (const uint64_t mark = with_marks(text, at); mark != at) return mark;
    if (kClasses[text.at(at - 1)] != kGapClass) return text.end;
    --at;
  }
  uint64_t start = at;
  while (start > text.begin && at - start <= kLetterGroupMax && is_upper(text.at(start - 1)))
    --start;
  const bool is_group = start < at && at - start <= kLetterGroupMax &&
                        (start == text.begin || !is_alnum(text.at(start - 1)));
  return is_group ? start : text.end;
}

void NumberStage::run(const Engine& engine, const TextView& text, const CharMasks& masks,
                      uint64_t origin, CandidateList& out) {
  SP_CHECK(origin <= cursor_);
  open_ = kNone;
  const auto size = static_cast<size_t>(text.end - origin);
  for (;;) {
    if (in_long_group_) {
      while (cursor_ < text.end && is_alnum(text.at(cursor_))) ++cursor_;
      in_long_group_ = cursor_ == text.end && !text.final;
    }
    const uint64_t digit = origin + masks.digit.next(static_cast<size_t>(cursor_ - origin), size);
    if (digit >= text.end) {
      cursor_ = text.end;
      return;
    }
    if (!forced_ && text.known(digit + kDigitsWithin - 1) &&
        masks.digit.count32(static_cast<size_t>(digit - origin)) < kRowDigitsMin) {
      cursor_ = origin + masks.digit.next_clear(static_cast<size_t>(digit - origin), size);
      continue;
    }
    switch (read_row(text, digit, masks, origin)) {
      case Found::Open:
        cursor_ = forced_ ? cursor_ : digit;
        return;
      case Found::Row:
        judge(engine, out);
        break;
      case Found::Date:
        looked_ = false;
        offer_date(engine, day_group_, date_, out);
        break;
      case Found::Nothing:
        break;
    }
    cursor_ = next_;
  }
}

// Where the group of `digit` begins. False: it is longer than any identifier.
bool NumberStage::start_group(const TextView& text, uint64_t digit, uint64_t& start) {
  const uint64_t floor = std::max(floor_, text.begin);
  start = digit;
  while (start > floor && digit - start < kGroupBytesMax && is_alnum(text.at(start - 1))) --start;
  if (digit - start >= kGroupBytesMax) return false;
  // One short group of capitals before it.
  if (start < floor + 2 || kClasses[text.at(start - 1)] != kGapClass) return true;
  uint64_t letters = start - 1;
  while (letters > floor && start - 1 - letters <= kLetterGroupMax &&
         is_upper(text.at(letters - 1)))
    --letters;
  const uint64_t count = start - 1 - letters;
  if (count > 0 && count <= kLetterGroupMax &&
      (letters == floor || !is_alnum(text.at(letters - 1))))
    start = letters;
  return true;
}

NumberStage::Found NumberStage::read_row(const TextView& text, uint64_t digit,
                                         const CharMasks& masks, uint64_t origin) {
  uint64_t start = cursor_;
  if (!forced_ && !start_group(text, digit, start)) {
    in_long_group_ = true;
    next_ = digit;
    return Found::Nothing;
  }
  row_.base = start;
  row_.count = 0;
  row_.view = text;
  row_digits_ = 0;
  const Found found = extend(text, start, masks, origin);
  if (found == Found::Open) {
    open_ = start;
    return found;
  }
  if (found == Found::Nothing) {  // its first group is too long
    in_long_group_ = true;
    next_ = digit;
    forced_ = false;
    return found;
  }
  const uint64_t end = start + row_.groups[row_.count - 1].end;
  const bool is_split = judge_until_ < row_.count;
  const bool is_row = row_digits_ >= kRowDigitsMin;
  day_group_ = row_.count;
  if ((!is_split && !read_date(text)) ||
      !(is_row ? ends_known(text, end, is_split) : date_ends_known(text))) {
    open_ = start;
    return Found::Open;
  }
  row_.text = text.slice(start, end);
  forced_ = is_split;
  next_ = is_split ? start + row_.groups[judge_until_].start : end;
  floor_ = next_;
  return is_row ? Found::Row : day_group_ < row_.count ? Found::Date : Found::Nothing;
}

// What stands behind the row is there, and what a sentence says of its last number.
bool NumberStage::ends_known(const TextView& text, uint64_t end, bool is_split) {
  if (!text.known(end + kRowAheadBytes - 1)) return false;
  tail_ = ValueTail{};
  tail_group_ = row_.count;
  extension_end_ = 0;
  alone_ = false;
  if (is_split) return true;
  tail_group_ = row_.count_with_digits();
  if (tail_group_ == 0) return true;
  --tail_group_;
  OpenReader reader(text);
  tail_end_ = day_group_ == tail_group_ ? date_.end : row_.base + row_.groups[tail_group_].end;
  tail_ = tail_behind(reader, tail_end_);
  if (row_digits_ >= kLabelledDigitsMin) extension_end_ = phone_extension_end(reader, tail_end_);
  alone_ = may_be_alone_ && is_whole_text(text);
  return !reader.open();
}

// Nothing but a few signs stands around the row.
bool NumberStage::is_whole_text(const TextView& text) const noexcept {
  const uint64_t end = row_.base + row_.groups[row_.count - 1].end;
  if (!text.final || text.begin != 0 || row_.base > kAroundMax || text.end - end > kAroundMax)
    return false;
  const auto is_sign = [&](uint64_t at) { return !is_alnum(text.at(at)) && text.at(at) < 0x80; };
  for (uint64_t at = 0; at < row_.base; ++at)
    if (!is_sign(at)) return false;
  for (uint64_t at = end; at < text.end; ++at)
    if (!is_sign(at)) return false;
  return true;
}

namespace {

// The 64 bits of a mask from `place` on.
uint64_t bits_from(const BitMask& mask, size_t place) noexcept {
  const size_t word = place / 64, bit = place % 64;
  return bit == 0 ? mask.word(word) : mask.word(word) >> bit | mask.word(word + 1) << (64 - bit);
}

// Letters and digits from one place on. `end`: of a group that is too long, somewhere behind
// kGroupBytesMax of them. Not a Group: bytes that are written and read as a whole wait.
struct GroupRead {
  uint64_t end = 0;
  unsigned digits = 0;
  unsigned letters = 0;
};
GroupRead read_group(const TextView& text, uint64_t at, const CharMasks& masks,
                     uint64_t origin) noexcept {
  static_assert(kGroupBytesMax == 64);
  if (at >= origin) {
    const auto place = static_cast<size_t>(at - origin);
    const uint64_t digits = bits_from(masks.digit, place);
    const uint64_t letters = bits_from(masks.letter, place);
    const auto size = static_cast<unsigned>(std::countr_one(digits | letters));
    if (size < kGroupBytesMax) {
      const uint64_t in_group = (uint64_t{1} << size) - 1;
      return {at + size, static_cast<unsigned>(std::popcount(digits & in_group)),
              static_cast<unsigned>(std::popcount(letters & in_group))};
    }
  }
  // It begins before what the masks show, or may be too long.
  GroupRead out{at, 0, 0};
  for (; out.end < text.end && out.end - at <= kGroupBytesMax; ++out.end) {
    const uint8_t of = kClasses[text.at(out.end)];
    if (of != kDigitClass && of != kLetterClass) break;
    ++(of == kDigitClass ? out.digits : out.letters);
  }
  return out;
}

}  // namespace

namespace {

// "-AA-": two letters of a hardware address, of which any number in a row has no digit.
bool is_hex_pair(const TextView& text, uint64_t at, uint64_t end) noexcept {
  return end - at == 2 && text.at(at - 1) == '-' && text.at(at - 4) == '-' && is_hex(text.at(at)) &&
         is_hex(text.at(at + 1)) && is_hex(text.at(at - 3)) && is_hex(text.at(at - 2));
}

}  // namespace

// Groups from `at` on, until the row is over.
NumberStage::Found NumberStage::extend(const TextView& text, uint64_t at, const CharMasks& masks,
                                       uint64_t origin) {
  for (;;) {
    const GroupRead group = read_group(text, at, masks, origin);
    const uint64_t end = group.end;
    const bool is_long = end - at > kGroupBytesMax;
    const bool two_words = group.digits == 0 && row_.count > 0 &&
                           row_.groups[row_.count - 1].digits == 0 && !is_hex_pair(text, at, end);
    const bool is_word = group.digits == 0 && group.letters > kLetterGroupMax;
    // Six letters may still turn out to be the beginning of a group with digits.
    if (!is_long && end == text.end && !text.final) return Found::Open;
    if (is_long || is_word || two_words) break;
    row_.groups[row_.count++] =
        Group{static_cast<uint32_t>(at - row_.base), static_cast<uint32_t>(end - row_.base),
              static_cast<uint8_t>(group.digits), static_cast<uint8_t>(group.letters)};
    row_digits_ += group.digits;
    if (row_.count == kGroupsMax || end - row_.base >= kRowBytesMax) {
      judge_until_ = row_.count > 1 ? row_.count / 2 : 1;
      return Found::Row;
    }
    uint64_t next = end;
    while (next < text.end && next - end <= kGapBytesMax && kClasses[text.at(next)] == kGapClass)
      ++next;
    if (next - end > kGapBytesMax) break;
    if (next == text.end && !text.final) return Found::Open;
    if (next == end || !is_alnum(text.at(next))) break;
    at = next;
  }
  if (row_.count == 0) return Found::Nothing;
  judge_until_ = row_.count;
  return Found::Row;
}

namespace {

// Bit n of `all`: a window of n characters begins with group `first`, and if a digit stands before
// it in the row, one separator parts its groups. Bit n of `apt`: a shape may fit one of n
// characters (ShapeWindow::fits): one usual separator parts its groups, or it takes all digits of
// the row.
struct WindowLengths {
  uint64_t all = 0;
  uint64_t apt = 0;
};

// `leads`: no digit stands before group `first`. `with_digits`: groups up to and with the last one
// that has any.
WindowLengths lengths_from(const Row& row, const RowText& text, size_t first, bool leads,
                           size_t with_digits) noexcept {
  WindowLengths out;
  bool regular = true, punctuated = true;
  uint32_t size = 0;
  for (size_t g = first; g < row.count; ++g) {
    if (g > first) {
      const RowText::Gap& between = text.gap(g - 1);
      const bool alike = between.single && between.first == text.gap(first).first;
      punctuated = punctuated && between.punctuation;
      if (!alike && !leads && !punctuated) return out;
      regular = regular && alike && between.usual;
    }
    size += row.size(g);
    const bool is_apt = regular || punctuated || (leads && g + 1 >= with_digits);
    if (size > 63) {
      // 64 itself counts as any length.
      if (size == 64) out.all = ~uint64_t{0};
      if (size == 64 && is_apt) out.apt = ~uint64_t{0};
      return out;
    }
    out.all |= uint64_t{1} << size;
    if (is_apt) out.apt |= uint64_t{1} << size;
  }
  return out;
}

// "34 35 33 32 20", "0x34, 0x35": text has a digit in the first place of every byte, so all of its
// groups are in the row.
bool may_be_hex_row(const Row& row) noexcept {
  if (row.count < kHexPairsMin) return false;
  // An offset and the like may stand before them.
  const uint32_t size = row.size(2);
  if ((size != 2 && size != 4) || row.size(3) != size || row.size(4) != size) return false;
  return size == 2 || (row.of(2)[0] == '0' && (row.of(2)[1] | 0x20) == 'x');
}

// "x = 866-68-4872", "(866-68-4872) * 2": signs of a sum with spaces around, or of a call. Those of
// settings, bullets and emphasis touch the value or begin the line.
bool is_in_sum(const TextView& text, uint64_t start, uint64_t end) noexcept {
  const auto is_sign = [](uint8_t c) { return c == '+' || c == '*' || c == '='; };
  const bool opens = text.at(start - 1) == '(', closes = opens && text.at(end) == ')';
  const uint64_t before = opens ? start - 1 : start;
  // "print(866-68-4872)", "(866-68-4872)/2", ">>> 866-68-4872"
  if (opens && is_alnum(text.at(before - 1))) return true;
  if (closes && (text.at(end + 1) == '/' || text.at(end + 1) == '*')) return true;
  if (text.at(before - 1) == ' ' && text.at(before - 2) == '>' && text.at(before - 3) == '>')
    return true;
  if (text.at(before - 1) == ' ' && is_sign(text.at(before - 2))) {
    if (text.at(before - 3) == '=') return true;
    const uint8_t term = text.at(before - 4);
    if (text.at(before - 3) == ' ' && (is_alnum(term) || term == ')')) return true;
  }
  uint64_t behind = text.at(end) == ')' ? end + 1 : end;
  if (text.at(behind) == ' ') ++behind;
  if (!is_sign(text.at(behind))) return false;
  const uint8_t next = text.at(behind + 1);
  return next == ' ' || (text.at(behind) == '=' && (next == '=' || next == '?'));
}

}  // namespace

// `"items":7`: the name of a member is neither a value nor a cell of a table.
bool NumberStage::is_member_name(size_t group) const noexcept {
  if (row_.groups[group].digits > 0 || group + 1 >= row_.count) return false;
  const auto between = row_.gap(group);
  return between.size() >= 2 && (between[0] == '"' || between[0] == '\'') && between[1] == ':';
}

void NumberStage::judge(const Engine& engine, CandidateList& out) {
  struct Kind {
    std::span<const uint16_t> rules;
    RecogniseRow at;
    uint32_t digits_min;
    Form form;
  };
  const auto of = [&](contract::RuleKind kind) { return engine.rules_anywhere(kind); };
  const Kind kinds[] = {
      {of(contract::RuleKind::Date), date_at, kRowDigitsMin, Form::Date},
      {of(contract::RuleKind::CardCode), card_code_row, kCardCodeDigitsMin, Form::Other},
      {of(contract::RuleKind::Mac), mac_row, 0, Form::Other}};
  if (may_be_hex_row(row_)) hex_rows_.push_back({row_.base, row_.base + row_.text.size()});
  bool is_read = false;
  const size_t with_digits = row_.count_with_digits();
  uint32_t digits = row_digits_;  // from group `first` on
  bool leads = true;              // no digit stands before it in the row
  for (size_t first = 0; first < judge_until_; ++first) {
    if (const size_t end = first + everyday_groups(row_, first); end > first && end <= day_group_) {
      judge_everyday(engine, first, out);
      for (size_t g = first; g < end; ++g) digits -= row_.groups[g].digits;
      first = end - 1;
      leads = false;
      continue;
    }
    // Letters behind the last digit begin nothing, but a table may go on there.
    if (digits == 0 && !heads_.follows_to(row_.start(first))) continue;
    beside_.count = beside_end_.count = 0;
    line_ = 0;
    looked_ = false;
    if (is_member_name(first)) continue;
    if (!is_read) row_text_.read(row_);
    is_read = true;
    const WindowLengths lengths = lengths_from(row_, row_text_, first, leads, with_digits);
    if (fitting(first, lengths.all, engine.near_shape_lengths()) != 0)
      look_beside(engine, row_.start(first), out);
    if (digits == 0) continue;
    judge_shapes(engine, first, leads, lengths.apt, out);
    if (looked_ && !heads_.settled()) looked_ = false;
    if (digits >= kLabelledDigitsMin) offer_phones(engine, first, out);
    for (const Kind& kind : kinds)
      if (RowHit hit; !kind.rules.empty() && digits >= kind.digits_min && kind.at(row_, first, hit))
        offer_row(engine, kind.rules, hit, kind.form, first, out);
    if (first == day_group_) offer_date(engine, first, date_, out);
    if (Hit date; date_before(first, date)) offer_date(engine, first, date, out);
    digits -= row_.groups[first].digits;
    leads = leads && row_.groups[first].digits == 0;
  }
}

// One walk over the groups for the three kinds of rules that ask for telephones.
void NumberStage::offer_phones(const Engine& engine, size_t first, CandidateList& out) {
  const auto plain = engine.rules_anywhere(contract::RuleKind::Phone);
  const auto labelled = engine.rules_anywhere(contract::RuleKind::LabelledPhone);
  const auto called = engine.rules_anywhere(contract::RuleKind::CalledPhone);
  if (plain.empty() && labelled.empty() && called.empty()) return;
  const PhoneHits hits = phones_at(row_, first);
  if (hits.by_form.group_end != 0 && !plain.empty())
    offer_row(engine, plain, hits.by_form, Form::Phone, first, out);
  if (hits.behind_label.group_end == 0) return;
  if (!labelled.empty()) offer_row(engine, labelled, hits.behind_label, Form::Phone, first, out);
  if (!called.empty() && is_called(row_, first, hits.behind_label))
    offer_row(engine, called, hits.behind_label, Form::Phone, first, out);
}

// What was found at group `first`, for all rules of its kind.
void NumberStage::offer_row(const Engine& engine, std::span<const uint16_t> rules, RowHit hit,
                            Form form, size_t first, CandidateList& out) {
  const bool is_date = form == Form::Date;
  if (form == Form::Phone) add_extension(hit);
  if (OpenReader reader(row_.view);
      is_date && is_of_file(reader, row_.base + static_cast<uint64_t>(hit.end)))
    return;
  if (!looked_) look_beside(engine, row_.start(first), out);
  if (is_date && !may_be_birth(engine, row_.start(first), out)) return;
  CandidateList::Around around;
  around.beside = hit.group_end > tail_group_ ? &beside_end_ : &beside_;
  around.line = line_;
  const Hit found{row_.base + static_cast<uint64_t>(hit.start),
                  row_.base + static_cast<uint64_t>(hit.end), hit.bare, hit.doubt};
  around.in_sum = hit.bare && is_in_sum(row_.view, found.start, found.end);
  for (uint16_t rule : rules) out.offer(rule, found, around, row_.view);
}

// The extension behind a telephone number is a part of it.
void NumberStage::add_extension(RowHit& hit) const noexcept {
  if (hit.group_end == tail_group_ + 1) {
    if (extension_end_ != 0) hit.end = static_cast<int32_t>(extension_end_ - row_.base);
    return;
  }
  // Further words and numbers of the row, of which all is there.
  TextView view = row_.view;
  const uint64_t limit = row_.base + row_.groups[row_.count - 1].end + kRowAheadBytes;
  view.end = std::min(view.end, limit);
  view.final = true;
  OpenReader reader(view);
  const uint64_t end =
      phone_extension_end(reader, row_.base + static_cast<uint64_t>(int64_t{hit.end}));
  if (end < limit) hit.end = static_cast<int32_t>(end - row_.base);
}

namespace {

// "DE89370400440532013000BIC:": a form of payment without its line ends.
constexpr uint32_t kBicBytes = 3;
bool ends_in_bic(contract::Validator validator, std::span<const uint8_t> characters) noexcept {
  if (validator != contract::Validator::Iban || characters.back() != 'C') return false;
  const auto value = characters.first(characters.size() - kBicBytes);
  return characters[value.size()] == 'B' && characters[value.size() + 1] == 'I' &&
         holds(validator, value);
}

// "DE89 37O4 0O44": a letter among the digits of a group is what a reader of scans took for one.
// Only of printed groups, whose checksum then proves it.
bool holds_misread(const ShapeWindow& window, contract::Validator validator) noexcept {
  constexpr size_t kGroup = 4;
  if (validator != contract::Validator::Iban || !window.is_spaced()) return false;
  const auto read = window.characters();
  std::array<uint8_t, contract::kShapeLengthMax> meant;
  bool differs = false;
  for (size_t at = 0; at < read.size(); at += kGroup) {
    const auto group = read.subspan(at, std::min(kGroup, read.size() - at));
    const bool has_digit = std::any_of(group.begin(), group.end(), is_digit);
    for (size_t i = 0; i < group.size(); ++i) {
      const uint8_t c = group[i];
      const bool one = c == 'I' || c == 'L';
      const bool wrong = at > 0 && has_digit && (one || c == 'O');
      meant[at + i] = !wrong ? c : one ? uint8_t{'1'} : uint8_t{'0'};
      differs = differs || wrong;
    }
  }
  return differs && holds(validator, std::span(meant).first(read.size()));
}

// Ranges, but no check digit.
bool is_unchecked(contract::Validator validator) noexcept {
  return validator == contract::Validator::Ssn || validator == contract::Validator::Itin;
}

// The widest window of each rule whose shape fits: an IBAN of 22 is not one of 20 and a rest.
class ShapeHits {
 public:
  void take(const Engine::Shape& shape, const ShapeWindow& window, uint32_t end) noexcept {
    if (!window.may_fit(shape.digits, shape.letters)) return;
    const int doubt = window.fits(shape.digits, shape.letters, shape.breaks, shape.flags);
    if (doubt < 0) return;
    if (!holds(shape.validator, window.characters()) && !holds_misread(window, shape.validator)) {
      if (!ends_in_bic(shape.validator, window.characters())) return;
      end -= kBicBytes;
    }
    // What no check digit confirms is no part of a longer number.
    if (shape.validator == contract::Validator::None && window.is_part()) return;
    size_t i = 0;
    while (i < count_ && best_[i].rule != shape.rule) ++i;
    if (i == best_.size()) return;
    count_ = std::max(count_, i + 1);
    best_[i] = Best{shape.rule,
                    static_cast<uint8_t>(doubt),
                    window.is_joined(),
                    is_strong(shape.validator),
                    is_unchecked(shape.validator),
                    window.is_spaced(),
                    end,
                    window.group_end()};
  }
  struct Beside {
    const ContextHits* column;
    const ContextHits* at_end;  // of values that end at `tail_end` of the row or behind it
    uint32_t tail_end;
    uint64_t line;
    bool alone;
  };
  void offer(const Engine& engine, const Row& row, size_t first, const Beside& beside,
             NumberStage::Kin& kin, CandidateList& out) const {
    const uint64_t start = row.start(first);
    uint64_t refused_end = 0;
    bool has_word = false;
    for (size_t i = 0; i < count_; ++i) {
      CandidateList::Around around;
      around.joined = best_[i].joined;
      around.strong = best_[i].strong;
      around.beside = best_[i].end >= beside.tail_end ? beside.at_end : beside.column;
      around.line = beside.line;
      around.alone = beside.alone && best_[i].end == row.groups[row.count - 1].end;
      const uint64_t end = row.base + best_[i].end;
      around.in_sum = best_[i].unchecked && is_in_sum(row.view, start, end);
      const bool by_form = best_[i].unchecked && !engine.rule(best_[i].rule).has_context;
      const bool in_matrix = by_form && best_[i].spaced && is_of_matrix(row, first, best_[i].last);
      const bool is_kin = by_form && (in_matrix || start < kin.until ||
                                      (best_[i].spaced && start < kin.spaced_until));
      const Hit hit{start, end, false, best_[i].doubt};
      const bool is_free = !is_kin && out.offer(best_[i].rule, hit, around, row.view);
      if (in_matrix && start >= kin.until)
        kin.spaced_until = end + kKinBytesMax;
      else if (by_form && !is_free)
        refused_end = end;
      has_word = has_word || (best_[i].unchecked && !by_form && is_free);
    }
    if (refused_end != 0 && !has_word) kin.until = refused_end + kKinBytesMax;
  }

 private:
  struct Best {
    uint16_t rule;
    uint8_t doubt;
    bool joined;
    bool strong;
    bool unchecked;
    bool spaced;
    uint32_t end;
    size_t last;  // the group behind it
  };
  // The first count_ of them are set: all of them cost more than most windows.
  std::array<Best, 16> best_;
  size_t count_ = 0;
};

}  // namespace

// Rules that need a word and of which a shape may fit a window at group `first`.
NumberStage::Apt NumberStage::apt_rules(const Engine& engine, size_t first,
                                        uint64_t lengths) const {
  Apt out;
  if (lengths >> 63 != 0) {  // of any length
    out.rules.fill(~uint64_t{0});
    out.reach = kProximityMax;
    return out;
  }
  const RowText::Form text = row_text_.form_from(first);
  for (; lengths != 0; lengths &= lengths - 1) {
    for (const Engine::NearForm& form :
         engine.near_forms(static_cast<size_t>(std::countr_zero(lengths)))) {
      if (!text.may_fit(form.digits, form.letters)) continue;
      add_rules(out.rules, form.rules);
      out.reach = std::max(out.reach, form.reach);
    }
  }
  return out;
}

// Those of `lengths` of which a shape has digits and letters where the row has them. `near`: also
// shapes that need a word.
uint64_t NumberStage::formed(const Engine& engine, size_t first, uint64_t lengths,
                             uint64_t near) const noexcept {
  const RowText::Form text = row_text_.form_from(first);
  const auto any = [&](std::span<const Engine::Shape> shapes) {
    return std::any_of(shapes.begin(), shapes.end(), [&](const Engine::Shape& shape) {
      return text.may_fit(shape.digits, shape.letters);
    });
  };
  uint64_t out = 0;
  for (; lengths != 0; lengths &= lengths - 1) {
    const auto length = static_cast<size_t>(std::countr_zero(lengths));
    if (any(engine.shapes_of(length)) ||
        ((near >> length & 1) != 0 && any(engine.shapes_near_words(length))))
      out |= uint64_t{1} << length;
  }
  return out;
}

// Which rules a word speaks for at group `first`. False: none of `apt`.
bool NumberStage::find_near(const Engine& engine, size_t first, const Apt& apt, Near& near,
                            CandidateList& out) {
  if (!any_rules(apt.rules)) return false;
  const uint64_t start = row_.start(first);
  NearRules around =
      engine.words().rules_around(row_.view, start, apt.rules, apt.reach, out.blocks());
  add_rules(around, engine.near_rules(beside_end_));
  if (near.alone) add_rules(around, engine.rules_alone());
  if (!share_rules(around, apt.rules)) return false;
  near.here = engine.near_rules(out.context(start, row_.view));
  add_rules(near.here, engine.near_rules(beside_));
  if (near.alone) add_rules(near.here, engine.rules_alone());
  near.at_end = near.here;
  if (beside_end_.count > beside_.count) add_rules(near.at_end, engine.near_rules(beside_end_));
  return share_rules(near.at_end, apt.rules);
}

// Those of `lengths` that a shape has which may begin like the group `first`.
uint64_t NumberStage::fitting(size_t first, uint64_t lengths,
                              const Engine::Lengths& shapes) const noexcept {
  return lengths & (is_digit(row_.of(first)[0]) ? shapes.digit_first : shapes.letter_first);
}

void NumberStage::judge_shapes(const Engine& engine, size_t first, bool leads, uint64_t lengths,
                               CandidateList& out) {
  const bool is_any = lengths == ~uint64_t{0};
  // Most rules need a word, and most numbers have none before them.
  uint64_t near_lengths = fitting(first, lengths, engine.near_shape_lengths());
  Near near;
  near.alone = alone_ && first == 0;
  if (near_lengths != 0 &&
      !find_near(engine, first, apt_rules(engine, first, near_lengths), near, out))
    near_lengths = 0;
  uint64_t wanted = fitting(first, lengths, engine.shape_lengths()) | near_lengths;
  if (!is_any) wanted = formed(engine, first, wanted, near_lengths);
  if (wanted == 0) return;
  ShapeHits hits;
  ShapeWindow window(row_, row_text_, first);
  // A window grows no further than the longest shape, and lengths without one are passed over.
  const auto wants = [&](size_t length) {
    return is_any || (length < 64 && (wanted >> length & 1) != 0);
  };
  while ((is_any || wanted >> window.length() >> 1 != 0) && window.grow() &&
         (is_any || window.length() < 64) &&
         (leads || window.is_regular() || window.is_punctuated())) {
    if (!wants(window.length())) continue;
    const uint32_t end = row_.groups[window.group_end() - 1].end;
    for (const Engine::Shape& shape : engine.shapes_of(window.length()))
      hits.take(shape, window, end);
    if (near_lengths == 0) continue;
    const NearRules& rules = window.group_end() > tail_group_ ? near.at_end : near.here;
    for (const Engine::Shape& shape : engine.shapes_near_words(window.length()))
      if (has_rule(rules, shape.near_index)) hits.take(shape, window, end);
  }
  const uint32_t tail_end = tail_group_ < row_.count ? row_.groups[tail_group_].end : ~uint32_t{0};
  hits.offer(engine, row_, first, {&beside_, &beside_end_, tail_end, line_, near.alone}, kin_, out);
}

// Words that speak of the value at `start` from elsewhere than before it.
void NumberStage::look_beside(const Engine& engine, uint64_t start, CandidateList& out) {
  looked_ = true;
  beside_.count = 0;
  line_ = 0;
  // Lists first: their lines look like rows, too.
  items_.find(engine.words(), row_.view, start, out.blocks(), beside_);
  if (beside_.count == 0)
    line_ = heads_.find(engine.words(), row_.view, start, out.blocks(), beside_);
  beside_end_.count = beside_.count;
  std::copy_n(beside_.hits.begin(), beside_.count, beside_end_.hits.begin());
  if (tail_.to > tail_.from)
    find_tail_words(engine.words(), row_.view, tail_, tail_end_, out.blocks(), beside_end_);
}

}  // namespace sallyport::scan
