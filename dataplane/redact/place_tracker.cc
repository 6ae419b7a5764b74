#include "dataplane/redact/place_tracker.h"

#include <algorithm>

#include "dataplane/base/check.h"

namespace sallyport::redact {

namespace {

bool is_letter(uint8_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(uint8_t c) { return c >= '0' && c <= '9'; }
bool is_space(uint8_t c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

// Schemes that are followed even without "//" behind the colon.
constexpr std::string_view kSchemes[] = {"http", "https",      "ftp",      "ws",   "wss", "data",
                                         "file", "javascript", "vbscript", "blob", "cid"};
// What stands right behind these is the address itself, not a place that data is carried to: a
// value may stand there. What follows it (a subject, a body, further recipients) is a URL like any
// other.
constexpr std::string_view kAddressSchemes[] = {"mailto", "tel", "sms"};

}  // namespace

void PlaceTracker::begin() noexcept { *this = PlaceTracker(); }

void PlaceTracker::feed(std::span<const uint8_t> text) noexcept {
  for (uint8_t c : text) {
    ++offset_;
    byte(c);
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
  slashes_ = kNoWord;
}

void PlaceTracker::byte(uint8_t c) noexcept {
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
  const bool block_mark = is_space(c) || c == '>' || c == '-' || c == '*' || c == '+' ||
                          is_digit(c) || c == '.' || c == ')';
  if (c == '\n' || c == '\r') {
    line_start_ = true;
    line_bracket_ = false;
  } else if (line_start_ && !block_mark) {
    line_start_ = false;
    line_bracket_ = c == '[';
  }
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
  if (word_inner_dot_ && (slash || c == '?' || c == '#')) return enter(Place::Url);
  follow_word(c);
  if (word_size_ == 4 && std::string_view(word_.data(), 4) == "www.") enter(Place::Url);
}

void PlaceTracker::url_byte(uint8_t c) noexcept {
  if (!is_space(c) && c != '<' && c != '>' && c != '"' && c != '`') return;
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
