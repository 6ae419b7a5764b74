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

void PlaceTracker::begin_behind(const State& before) noexcept {
  offset_ = 0;
  change_first_ = change_count_ = 0;  // the changes themselves are written before they are read
  lost_before_ = 0;
  state_ = before;
  const bool is_inside = state_.place != Place::Definition || state_.started;
  if (state_.place != Place::Text && is_inside) note(state_.place, 0);
}

// In plain text, behind the end of a word, nothing but the line is remembered: what cannot leave
// plain text is passed over, and the bytes are read one by one from the begin of the word that
// could.
void PlaceTracker::feed(std::span<const uint8_t> text) noexcept {
  size_t looked = 0;
  for (size_t at = 0; at < text.size();) {
    if (state_.place == Place::Text && at >= looked && at > 0 && kEndsWord[text[at - 1]] &&
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
  state_.last = text.back();
  size_t line = text.size();
  while (line > 0 && text[line - 1] != '\n' && text[line - 1] != '\r') --line;
  if (line > 0) {
    state_.line_start = true;
    state_.line_bracket = false;
  }
  for (size_t i = line; i < text.size() && state_.line_start; ++i) line_byte(text[i]);
  for (size_t i = 0; i < text.size() && state_.form < Form::Json; ++i) form_byte(text[i]);
}

// Whether the text is JSON, told by how it begins.
void PlaceTracker::form_byte(uint8_t c) noexcept {
  if (is_space(c)) return;
  if (state_.form == Form::Unknown && c == '[')
    state_.form = Form::Bracket;
  else
    state_.form = c == '{' || (state_.form == Form::Bracket && (c == '[' || c == '"'))
                      ? Form::Json
                      : Form::Prose;
}

// Where in its line a byte of plain text stands.
void PlaceTracker::line_byte(uint8_t c) noexcept {
  const bool block_mark = is_space(c) || c == '>' || c == '-' || c == '*' || c == '+' ||
                          is_digit(c) || c == '.' || c == ')';
  if (c == '\n' || c == '\r') {
    state_.line_start = true;
    state_.line_bracket = false;
  } else if (state_.line_start && !block_mark) {
    state_.line_start = false;
    state_.line_bracket = c == '[';
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
  state_.place = place;
  state_.depth = 0;
  state_.angle = false;
  state_.escaped = false;
  state_.started = false;
  state_.after_equals = false;
  state_.quote = 0;
  state_.newlines = 0;
  state_.word_size = 0;
  state_.word_inner_dot = false;
  state_.host_port = false;
  state_.slashes = kNoWord;
}

void PlaceTracker::byte(uint8_t c) noexcept {
  if (state_.form < Form::Json) form_byte(c);
  switch (state_.place) {
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
  state_.last = c;
}

bool PlaceTracker::word_is_one_of(std::span<const std::string_view> words) const noexcept {
  if (state_.word_size == 0 || state_.word_size > state_.word.size()) return false;
  const std::string_view word(state_.word.data(), state_.word_size);
  return std::find(words.begin(), words.end(), word) != words.end();
}

void PlaceTracker::follow_word(uint8_t c) noexcept {
  const bool alnum = is_letter(c) || is_digit(c);
  if (!alnum && c != '.' && c != '-' && c != '+') {
    state_.word_size = 0;
    state_.word_inner_dot = false;
    return;
  }
  if (alnum && state_.last == '.' && state_.word_size > 1) state_.word_inner_dot = true;
  if (state_.word_size < state_.word.size())
    state_.word[state_.word_size] = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  if (state_.word_size <= state_.word.size()) ++state_.word_size;
}

void PlaceTracker::text_byte(uint8_t c) noexcept {
  line_byte(c);
  const bool slash = c == '/' || c == '\\';  // browsers read both as a slash
  if (state_.last == '<' && (is_letter(c) || c == '/' || c == '!' || c == '?'))
    return enter(Place::Tag);
  if (state_.last == ']' && c == '(') return enter(Place::LinkTarget);
  if (state_.last == ']' && c == ':' && state_.line_bracket) return enter(Place::Definition);
  if (c == '(' && state_.word_size == 3 && std::string_view(state_.word.data(), 3) == "url")
    return enter(Place::LinkTarget);
  if (c == ':' && state_.word_size > 0) {
    if (word_is_one_of(kSchemes)) return enter(Place::Url);
    if (word_is_one_of(kAddressSchemes)) return enter(Place::Url, 1);
    state_.slashes = 0;
  } else if (slash && state_.slashes != kNoWord) {
    if (++state_.slashes == 2) return enter(Place::Url);
  } else {
    state_.slashes = kNoWord;
  }
  if ((state_.word_inner_dot || state_.host_port) && (slash || c == '?' || c == '#'))
    return enter(Place::Url);
  state_.host_port = c == ':' ? state_.word_inner_dot : state_.host_port && is_digit(c);
  follow_word(c);
  if (state_.word_size == 4 && std::string_view(state_.word.data(), 4) == "www.") enter(Place::Url);
}

void PlaceTracker::url_byte(uint8_t c) noexcept {
  if (!is_space(c) && c != '<' && (c != '"' || state_.form != Form::Json)) return;
  enter(Place::Text);
  state_.line_start = false;
  state_.last = 0;
  text_byte(c);
}

// Behind "](": up to its ')'. A blank line ends it, whatever is open.
void PlaceTracker::target_byte(uint8_t c) noexcept {
  if (c == '\n') {
    if (++state_.newlines < 2) return;
    enter(Place::Text);
    state_.line_start = true;
    state_.line_bracket = false;
    return;
  }
  if (!is_space(c)) state_.newlines = 0;
  if (state_.escaped) {
    state_.escaped = false;
    return;
  }
  if (c == '\\')
    state_.escaped = true;
  else if (c == '<' && !state_.started)
    state_.angle = true;
  else if (c == '>' && state_.angle)
    state_.angle = false;
  else if (c == '(' && !state_.angle)
    ++state_.depth;
  else if (c == ')' && !state_.angle) {
    if (state_.depth == 0) return enter(Place::Text);
    --state_.depth;
  }
  if (!is_space(c)) state_.started = true;
}

// Behind "[label]:": white space with at most one line end, then the target up to white space. Its
// first character is not yet inside: a target that is a token alone names no host of somebody else.
void PlaceTracker::definition_byte(uint8_t c) noexcept {
  if (!state_.started) {
    if (is_space(c)) {
      if (c == '\n' && ++state_.newlines == 2) enter(Place::Text);
      return;
    }
    state_.started = true;
    state_.angle = c == '<';
    note(Place::Definition, offset_);
    return;
  }
  if (state_.angle ? (c != '>' && c != '\n') : !is_space(c)) return;
  enter(Place::Text);
  state_.line_start = c == '\n';
  state_.line_bracket = false;
}

void PlaceTracker::tag_byte(uint8_t c) noexcept {
  if (state_.quote != 0) {
    if (c == state_.quote) state_.quote = 0;
    return;
  }
  if (c == '\n') {
    if (++state_.newlines < 2) return;
    enter(Place::Text);
    state_.line_start = true;
    state_.line_bracket = false;
    return;
  }
  if (is_space(c)) return;
  state_.newlines = 0;
  if (c == '>') {
    enter(Place::Text);
    state_.last = 0;
    return;
  }
  if (state_.after_equals && (c == '"' || c == '\'')) state_.quote = c;
  state_.after_equals = c == '=';
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
