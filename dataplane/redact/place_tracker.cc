#include "dataplane/redact/place_tracker.h"

#include <emmintrin.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "dataplane/base/ascii.h"
#include "dataplane/base/check.h"

namespace sallyport::redact {

namespace {

using base::is_alnum;
using base::is_digit;
using base::is_letter;

bool is_space(uint8_t c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

// Schemes that are followed even without "//" behind the colon.
constexpr std::string_view kSchemes[] = {"http", "https",  "ftp",         "ws",        "wss",
                                         "data", "file",   "javascript",  "vbscript",  "blob",
                                         "cid",  "magnet", "view-source", "filesystem"};
// What stands right behind these is the address itself, not a place that data is carried to: a
// value may stand there. What follows it (a subject, a body, further recipients) is a URL like any
// other.
constexpr std::string_view kAddressSchemes[] = {"mailto", "tel",  "sms",   "sip",
                                                "sips",   "xmpp", "skype", "callto"};

}  // namespace

namespace {

// Less text is not worth the search for what happens next.
constexpr size_t kSkipBytesMin = 32;

// Behind this byte of plain text nothing of the word before it counts any more: no scheme, no host,
// no bracket or slash that could go on.
constexpr std::array<bool, 256> make_ends_word() {
  std::array<bool, 256> out{};
  for (unsigned c = 0; c < 256; ++c) {
    out[c] = !base::is_alnum(static_cast<uint8_t>(c));
  }
  for (const char c : {'.', '-', '+', ':', '/', '\\', '<', ']'})
    out[static_cast<uint8_t>(c)] = false;
  return out;
}
constexpr std::array<bool, 256> kEndsWord = make_ends_word();

// Can the byte at `at`, with its neighbours, be where plain text stops being plain? What stands
// beyond the text may be anything.
bool may_leave_text(std::span<const uint8_t> text, size_t at) noexcept {
  const uint8_t before = at == 0 ? 0 : text[at - 1];
  const bool last = at + 1 == text.size();
  const uint8_t next = last ? 0 : text[at + 1];
  switch (text[at]) {
    case '<':
      return last || is_letter(next) || next == '/' || next == '!' || next == '?';
    case ']':
      return last || next == '(' || next == ':';
    case '(':
      return before == 'l' || before == 'L';  // url(
    case ':':
      return is_alnum(before) || before == '.' || before == '-' || before == '+';
    case '.':
      return last || is_alnum(next) || before == 'w' || before == 'W';  // a.b, www.
    default:
      return false;
  }
}

// The first such byte at or behind `at`; text.size(): there is none.
size_t next_leave(std::span<const uint8_t> text, size_t at) noexcept {
  for (; text.size() - at >= 16; at += 16) {
    const __m128i b = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
    const auto is = [&](char c) { return _mm_cmpeq_epi8(b, _mm_set1_epi8(c)); };
    const __m128i any = _mm_or_si128(_mm_or_si128(_mm_or_si128(is('<'), is(']')), is('(')),
                                     _mm_or_si128(is(':'), is('.')));
    for (auto mask = static_cast<uint32_t>(_mm_movemask_epi8(any)); mask != 0; mask &= mask - 1) {
      const size_t place = at + static_cast<size_t>(std::countr_zero(mask));
      if (may_leave_text(text, place)) return place;
    }
  }
  while (at < text.size() && !may_leave_text(text, at)) ++at;
  return at;
}

}  // namespace

void PlaceTracker::begin() noexcept {
  offset_ = 0;
  change_first_ = change_count_ = 0;  // the changes themselves are written before they are read
  lost_before_ = 0;
  form_ = Form::Unknown;
  enter_silently(Place::Text);
  last_ = 0;
  line_start_ = true;
  line_bracket_ = false;
}

// In plain text, behind the end of a word, nothing but the line is remembered: what cannot leave
// plain text is passed over, and the bytes are read one by one from the begin of the word that
// could.
void PlaceTracker::feed(std::span<const uint8_t> text) noexcept {
  size_t looked = 0;
  for (size_t at = 0; at < text.size();) {
    if (place_ == Place::Text && at >= looked && at > 0 && kEndsWord[text[at - 1]] &&
        text.size() - at >= kSkipBytesMin) {
      const size_t leave = next_leave(text, at);
      size_t word = leave;
      while (word > at && !kEndsWord[text[word - 1]]) --word;
      if (word > at) pass_over(text.subspan(at, word - at));
      at = word;
      looked = leave + 1;
      if (at == text.size()) break;
    }
    ++offset_;
    byte(text[at++]);
  }
}

// Plain text that ends a word: as if its bytes had been read.
void PlaceTracker::pass_over(std::span<const uint8_t> text) noexcept {
  offset_ += text.size();
  last_ = text.back();
  size_t line = text.size();
  while (line > 0 && text[line - 1] != '\n' && text[line - 1] != '\r') --line;
  if (line > 0) {
    line_start_ = true;
    line_bracket_ = false;
  }
  for (size_t i = line; i < text.size() && line_start_; ++i) line_byte(text[i]);
  for (size_t i = 0; i < text.size() && form_ < Form::Json; ++i) form_byte(text[i]);
}

// Whether the text is JSON, told by how it begins.
void PlaceTracker::form_byte(uint8_t c) noexcept {
  if (is_space(c)) return;
  if (form_ == Form::Unknown && c == '[')
    form_ = Form::Bracket;
  else
    form_ =
        c == '{' || (form_ == Form::Bracket && (c == '[' || c == '"')) ? Form::Json : Form::Prose;
}

// Where in its line a byte of plain text stands.
void PlaceTracker::line_byte(uint8_t c) noexcept {
  const bool block_mark = is_space(c) || c == '>' || c == '-' || c == '*' || c == '+' ||
                          is_digit(c) || c == '.' || c == ')';
  if (c == '\n' || c == '\r') {
    line_start_ = true;
    line_bracket_ = false;
  } else if (line_start_ && !block_mark) {
    line_start_ = false;
    line_bracket_ = c == '[';
  }
}

Place PlaceTracker::at(uint64_t offset) const noexcept {
  SP_CHECK(offset <= offset_);
  if (offset < lost_before_) return Place::Tag;
  Place place = Place::Text;
  bool known = false;
  for (uint32_t i = change_count_; i > 0 && !known; --i) {
    const Change& change = changes_[(change_first_ + i - 1) % kChangesMax];
    if (change.offset > offset) continue;
    place = change.place;
    known = true;
  }
  return place;
}

// The last change at or before `offset` still tells the place there, so it stays.
void PlaceTracker::drop_before(uint64_t offset) noexcept {
  while (change_count_ > 1 && changes_[(change_first_ + 1) % kChangesMax].offset <= offset) {
    change_first_ = (change_first_ + 1) % kChangesMax;
    --change_count_;
  }
}

void PlaceTracker::note(Place place, uint64_t offset) noexcept {
  if (change_count_ == kChangesMax) {
    change_first_ = (change_first_ + 1) % kChangesMax;
    --change_count_;
    lost_before_ = changes_[change_first_].offset;
  }
  changes_[(change_first_ + change_count_) % kChangesMax] = Change{offset, place};
  ++change_count_;
}

// From `later` bytes behind the current offset on, positions lie in `place`. A definition is noted
// later, see definition_byte().
void PlaceTracker::enter(Place place, uint64_t later) noexcept {
  if (place != Place::Definition) note(place, offset_ + later);
  enter_silently(place);
}

void PlaceTracker::enter_silently(Place place) noexcept {
  place_ = place;
  depth_ = 0;
  angle_ = false;
  escaped_ = false;
  started_ = false;
  after_equals_ = false;
  quote_ = 0;
  newlines_ = 0;
  word_size_ = 0;
  word_inner_dot_ = false;
  host_port_ = false;
  slashes_ = kNoWord;
}

void PlaceTracker::byte(uint8_t c) noexcept {
  if (form_ < Form::Json) form_byte(c);
  switch (place_) {
    case Place::Text:
      text_byte(c);
      break;
    case Place::Url:
      url_byte(c);
      break;
    case Place::LinkTarget:
      target_byte(c);
      break;
    case Place::Definition:
      definition_byte(c);
      break;
    case Place::Tag:
      tag_byte(c);
      break;
  }
  last_ = c;
}

bool PlaceTracker::word_is_one_of(std::span<const std::string_view> words) const noexcept {
  if (word_size_ == 0 || word_size_ > word_.size()) return false;
  const std::string_view word(word_.data(), word_size_);
  return std::find(words.begin(), words.end(), word) != words.end();
}

void PlaceTracker::follow_word(uint8_t c) noexcept {
  const bool alnum = is_letter(c) || is_digit(c);
  if (!alnum && c != '.' && c != '-' && c != '+') {
    word_size_ = 0;
    word_inner_dot_ = false;
    return;
  }
  if (alnum && last_ == '.' && word_size_ > 1) word_inner_dot_ = true;
  if (word_size_ < word_.size())
    word_[word_size_] = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  if (word_size_ <= word_.size()) ++word_size_;
}

void PlaceTracker::text_byte(uint8_t c) noexcept {
  line_byte(c);
  const bool slash = c == '/' || c == '\\';  // browsers read both as a slash
  if (last_ == '<' && (is_letter(c) || c == '/' || c == '!' || c == '?')) return enter(Place::Tag);
  if (last_ == ']' && c == '(') return enter(Place::LinkTarget);
  if (last_ == ']' && c == ':' && line_bracket_) return enter(Place::Definition);
  if (c == '(' && word_size_ == 3 && std::string_view(word_.data(), 3) == "url")
    return enter(Place::LinkTarget);
  if (c == ':' && word_size_ > 0) {
    if (word_is_one_of(kSchemes)) return enter(Place::Url);
    if (word_is_one_of(kAddressSchemes)) return enter(Place::Url, 1);
    slashes_ = 0;
  } else if (slash && slashes_ != kNoWord) {
    if (++slashes_ == 2) return enter(Place::Url);
  } else {
    slashes_ = kNoWord;
  }
  if ((word_inner_dot_ || host_port_) && (slash || c == '?' || c == '#')) return enter(Place::Url);
  host_port_ = c == ':' ? word_inner_dot_ : host_port_ && is_digit(c);
  follow_word(c);
  if (word_size_ == 4 && std::string_view(word_.data(), 4) == "www.") enter(Place::Url);
}

void PlaceTracker::url_byte(uint8_t c) noexcept {
  if (!is_space(c) && c != '<' && (c != '"' || form_ != Form::Json)) return;
  enter(Place::Text);
  line_start_ = false;
  last_ = 0;
  text_byte(c);
}

// Behind "](": up to its ')'. A blank line ends it, whatever is open.
void PlaceTracker::target_byte(uint8_t c) noexcept {
  if (c == '\n') {
    if (++newlines_ < 2) return;
    enter(Place::Text);
    line_start_ = true;
    line_bracket_ = false;
    return;
  }
  if (!is_space(c)) newlines_ = 0;
  if (escaped_) {
    escaped_ = false;
    return;
  }
  if (c == '\\')
    escaped_ = true;
  else if (c == '<' && !started_)
    angle_ = true;
  else if (c == '>' && angle_)
    angle_ = false;
  else if (c == '(' && !angle_)
    ++depth_;
  else if (c == ')' && !angle_) {
    if (depth_ == 0) return enter(Place::Text);
    --depth_;
  }
  if (!is_space(c)) started_ = true;
}

// Behind "[label]:": white space with at most one line end, then the target up to white space. Its
// first character is not yet inside: a target that is a token alone names no host of somebody else.
void PlaceTracker::definition_byte(uint8_t c) noexcept {
  if (!started_) {
    if (is_space(c)) {
      if (c == '\n' && ++newlines_ == 2) enter(Place::Text);
      return;
    }
    started_ = true;
    angle_ = c == '<';
    note(Place::Definition, offset_);
    return;
  }
  if (angle_ ? (c != '>' && c != '\n') : !is_space(c)) return;
  enter(Place::Text);
  line_start_ = c == '\n';
  line_bracket_ = false;
}

void PlaceTracker::tag_byte(uint8_t c) noexcept {
  if (quote_ != 0) {
    if (c == quote_) quote_ = 0;
    return;
  }
  if (c == '\n') {
    if (++newlines_ < 2) return;
    enter(Place::Text);
    line_start_ = true;
    line_bracket_ = false;
    return;
  }
  if (is_space(c)) return;
  newlines_ = 0;
  if (c == '>') {
    enter(Place::Text);
    last_ = 0;
    return;
  }
  if (after_equals_ && (c == '"' || c == '\'')) quote_ = c;
  after_equals_ = c == '=';
}

std::string_view place_name(Place place) noexcept {
  switch (place) {
    case Place::Text:
      return "text";
    case Place::Url:
      return "url";
    case Place::LinkTarget:
      return "link_target";
    case Place::Definition:
      return "definition";
    case Place::Tag:
      return "tag";
  }
  return "?";
}

}  // namespace sallyport::redact
