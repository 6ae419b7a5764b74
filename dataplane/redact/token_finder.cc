#include "dataplane/redact/token_finder.h"

#include <algorithm>
#include <cstring>

#include "dataplane/base/ascii.h"
#include "dataplane/base/check.h"

namespace sallyport::redact {

namespace {

// What an ASCII character does when no token could be under way.
enum class Idle : uint8_t { Nothing, Word, Look };

constexpr std::array<Idle, 256> make_idle() {
  std::array<Idle, 256> out{};
  for (unsigned c = 0; c < 256; ++c) {
    const bool word = base::is_alnum(static_cast<uint8_t>(c));
    out[c] = word ? Idle::Word : Idle::Nothing;
    if (c >= 0x80 || c == '[' || c == '\\' || c == '&') out[c] = Idle::Look;
  }
  return out;
}
constexpr std::array<Idle, 256> kIdle = make_idle();

constexpr uint32_t kReplacement = 0xfffd;

// Less text is not worth the search for a place to jump to.
constexpr size_t kJumpBytesMin = 32;

char upper(uint32_t c) { return static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c); }

}  // namespace

bool TokenLabels::build(std::span<const std::string_view> entities) {
  labels_.clear();
  if (entities.size() >= kTokenLabelsMax) return false;
  const auto add = [&](std::string_view entity, uint16_t id) {
    Label label{};
    label.size = static_cast<uint8_t>(token_label(entity, label.bytes));
    label.entity = id;
    labels_.push_back(label);
    return label.size != 0;
  };
  for (size_t i = 0; i < entities.size(); ++i)
    if (!add(entities[i], static_cast<uint16_t>(i))) return false;
  if (!add(kLiteralEntity, kLiteral)) return false;
  const auto text = [](const Label& l) { return std::string_view(l.bytes.data(), l.size); };
  std::sort(labels_.begin(), labels_.end(),
            [&](const Label& a, const Label& b) { return text(a) < text(b); });
  for (size_t i = 1; i < labels_.size(); ++i)
    if (text(labels_[i - 1]) == text(labels_[i])) return false;
  first_.fill(false);
  second_.fill(0);
  for (const Label& label : labels_) {
    const auto c = static_cast<uint8_t>(label.bytes[0]);
    const char next = label.size > 1 ? label.bytes[1] : '\0';
    const uint32_t letters =
        next >= 'A' && next <= 'Z' ? 1U << static_cast<unsigned>(next - 'A') : ~0U;
    for (const size_t form :
         {size_t{c}, c >= 'A' && c <= 'Z' ? size_t{c} + ('a' - 'A') : size_t{c}}) {
      first_[form] = true;
      second_[form] |= letters;
    }
  }
  return true;
}

TokenFinder::TokenFinder() { matches_.reserve(kTokenMatchesMax); }

void TokenFinder::begin(const TokenLabels& labels) noexcept {
  labels_ = &labels;
  offset_ = 0;
  prefix_open_ = false;
  after_backslash_ = false;
  after_word_ = false;
  code_point_left_ = 0;
  in_reference_ = false;
  candidate_count_ = 0;
  waiting_count_ = 0;
  overflow_ = false;
  matches_.clear();
  taken_ = 0;
}

void TokenFinder::take(size_t count) noexcept {
  SP_CHECK(count <= matches_.size() - taken_);
  taken_ += count;
  if (taken_ != matches_.size()) return;
  matches_.clear();
  taken_ = 0;
}

bool TokenFinder::feed(std::span<const uint8_t> text) noexcept {
  SP_CHECK(labels_ != nullptr);
  if (taken_ > 0) {
    matches_.erase(matches_.begin(), matches_.begin() + static_cast<ptrdiff_t>(taken_));
    taken_ = 0;
  }
  size_t at = 0;
  size_t looked = 0;  // before it the text is known to have no core but behind separators passed
  while (at < text.size()) {
    if (is_idle()) {
      if (at >= looked && text.size() - at >= kJumpBytesMin) {
        const size_t core = find_core_separator(text, at);
        const size_t to = last_token_break(text, at, core);
        if (to > at) after_word_ = false;
        offset_ += to - at;
        at = to;
        looked = core + 1;
      }
      at += skip_idle(text.subspan(at));
      if (at == text.size()) break;
    }
    byte(text[at++]);
  }
  return !overflow_;
}

// Bytes that are no UTF-8 stand for U+FFFD, one for each character that ends early or never began:
// no token has it. find_core_separator() sees them so too.
void TokenFinder::byte(uint8_t byte) noexcept {
  if (code_point_left_ > 0 && (byte & 0xc0) != 0x80) {
    code_point_left_ = 0;
    character(kReplacement, code_point_start_, offset_);
  }
  if (in_reference_ || byte == '&') return reference_byte(byte);
  const uint64_t start = offset_++;
  if (byte < 0x80) {
    character(byte, start, offset_);
  } else if (byte >= 0xc0 && byte < 0xf8) {
    code_point_start_ = start;
    code_point_left_ = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
    code_point_ = byte & (0x3fU >> code_point_left_);
  } else if (code_point_left_ == 0) {
    character(kReplacement, start, offset_);
  } else {
    code_point_ = (code_point_ << 6) | (byte & 0x3fU);
    if (--code_point_left_ == 0) character(code_point_, code_point_start_, offset_);
  }
}

// Holds back "&...;" until it is known for which character it stands, or that it is text.
void TokenFinder::reference_byte(uint8_t c) noexcept {
  if (!in_reference_) {
    in_reference_ = true;
    reference_size_ = 0;
    reference_start_ = offset_++;
    return;
  }
  const bool word = kind_of(c) == Kind::Word;
  if ((word || c == '#') && reference_size_ < reference_.size()) {
    reference_[reference_size_++] = c;
    ++offset_;
    return;
  }
  const uint32_t code_point =
      c == ';' ? html_reference(std::span(reference_).first(reference_size_)) : 0;
  if (code_point == 0) {
    give_up_reference();
    return byte(c);
  }
  in_reference_ = false;
  for (size_t i = 0; i < candidate_count_; ++i) candidates_[i].exact = false;
  character(code_point, reference_start_, ++offset_);
  prefix_exact_ = false;
}

void TokenFinder::give_up_reference() noexcept {
  in_reference_ = false;
  uint64_t at = reference_start_;
  character('&', at, at + 1);
  for (const uint8_t c : std::span(reference_).first(reference_size_)) {
    ++at;
    character(c, at, at + 1);
  }
}

// Nothing of the text so far can become a token: only a bracket, a backslash, another script's
// character or a word that begins like a label changes that.
bool TokenFinder::is_idle() const noexcept {
  return candidate_count_ == 0 && waiting_count_ == 0 && !prefix_open_ && !after_backslash_ &&
         code_point_left_ == 0 && !in_reference_;
}

// Does a label that begins with `c` survive `next`? Marks may stand between its letters.
bool TokenFinder::may_go_on(uint8_t c, uint8_t next) const noexcept {
  switch (kIdle[next]) {
    case Idle::Look:
      return next != '[';
    case Idle::Word: {
      const char letter = upper(next);
      return letter < 'A' || (labels_->second_[c] >> static_cast<unsigned>(letter - 'A') & 1U) != 0;
    }
    case Idle::Nothing:
      return next == '-' || next == '_' || next == '*' || next == '`' || next == ' ' ||
             next == '\t' || next == '\r' || next == '\n';
  }
  return true;
}

// Most of any text: the same as character() for each byte, which would find nothing to do. Answers
// how many bytes were taken.
size_t TokenFinder::skip_idle(std::span<const uint8_t> text) noexcept {
  bool word = after_word_;
  size_t at = 0;
  for (; at < text.size(); ++at) {
    const uint8_t c = text[at];
    const Idle idle = kIdle[c];
    if (idle == Idle::Look) break;
    if (idle == Idle::Word && !word && labels_->first_[c] &&
        (at + 1 == text.size() || may_go_on(c, text[at + 1])))
      break;
    word = idle == Idle::Word;
  }
  after_word_ = word;
  offset_ += at;
  return at;
}

void TokenFinder::end() noexcept {
  if (in_reference_) give_up_reference();
  for (size_t i = 0; i < candidate_count_; ++i)
    if (candidates_[i].core_size == kTokenCoreChars)
      found(candidates_[i], candidates_[i].core_end, false);
  candidate_count_ = 0;
  prefix_open_ = false;
  after_backslash_ = false;
  code_point_left_ = 0;
  settle();
}

uint64_t TokenFinder::safe_edge() const noexcept {
  uint64_t edge = code_point_left_ > 0 ? code_point_start_ : offset_;
  if (in_reference_) edge = std::min(edge, reference_start_);
  if (prefix_open_) edge = std::min(edge, prefix_start_);
  if (after_backslash_) edge = std::min(edge, backslash_start_);
  for (size_t i = 0; i < candidate_count_; ++i) edge = std::min(edge, candidates_[i].start);
  for (size_t i = 0; i < waiting_count_; ++i) edge = std::min(edge, waiting_[i].start);
  return edge;
}

TokenFinder::Kind TokenFinder::kind_of(uint32_t c) noexcept {
  if (c < 0x80 && base::is_alnum(static_cast<uint8_t>(c))) return Kind::Word;
  switch (c) {
    case '[':
      return Kind::Open;
    case ']':
      return Kind::Close;
    case ' ':
    case '\t':
    case '\r':
    case '\n':
    case 0x00a0:
      return Kind::Space;
    case '-':
    case '_':
    case 0x2010:
    case 0x2011:
    case 0x2012:
    case 0x2013:
    case 0x2014:
    case 0x2015:  // hyphens and dashes
    case 0x2043:
    case 0x2212:
    case 0xfe58:
    case 0xfe63:
    case 0xff0d:
    case 0xff3f:
      return Kind::Separator;
    case '\\':
    case '*':
    case '`':
    case 0x00ad:
    case 0x200b:
    case 0x200c:
    case 0x200d:
    case 0x2060:
    case 0xfeff:  // soft hyphen, zero width
      return Kind::Ignorable;
    default:
      return Kind::Other;
  }
}

void TokenFinder::character(uint32_t code_point, uint64_t start, uint64_t end) noexcept {
  const Kind kind = kind_of(code_point);
  size_t kept = 0;
  const size_t count = candidate_count_;
  // step() may add a candidate (a fork) behind the ones of this round; it has already seen this
  // character.
  for (size_t i = 0; i < count; ++i) {
    Candidate candidate = candidates_[i];
    const Step result = step(candidate, kind, code_point, end);
    if (result == Step::Found) found(candidate, candidate.core_end, false);
    if (result == Step::FoundClosed) found(candidate, end, true);
    candidates_[i] = candidate;
    if (result == Step::Alive) candidates_[kept++] = candidate;
  }
  for (size_t i = count; i < candidate_count_; ++i) candidates_[kept++] = candidates_[i];
  candidate_count_ = kept;
  if (kind == Kind::Word && !after_word_) start_candidate(code_point, start);
  prefix(kind, code_point, start);
  after_word_ = kind == Kind::Word;
  if (waiting_count_ > 0) settle();
}

// Brackets and marks that may stand before a label.
void TokenFinder::prefix(Kind kind, uint32_t code_point, uint64_t start) noexcept {
  if (kind == Kind::Open) {
    prefix_open_ = true;
    prefix_exact_ = !after_backslash_;
    prefix_start_ = after_backslash_ ? backslash_start_ : start;
  } else if (prefix_open_) {
    const bool mark = kind == Kind::Ignorable || kind == Kind::Separator || kind == Kind::Space;
    prefix_exact_ = false;
    if (!mark || start - prefix_start_ > kTokenTextBytesMax / 4) prefix_open_ = false;
  }
  after_backslash_ = code_point == '\\';
  if (after_backslash_) backslash_start_ = start;
}

void TokenFinder::start_candidate(uint32_t code_point, uint64_t start) noexcept {
  if (candidate_count_ == kCandidatesMax) return;
  Candidate candidate{};
  candidate.start = prefix_open_ ? prefix_start_ : start;
  candidate.label_start = start;
  candidate.opened = prefix_open_;
  candidate.exact = prefix_open_ && prefix_exact_;
  candidate.high = static_cast<uint16_t>(labels_->labels_.size());
  if (upper(code_point) != static_cast<char>(code_point)) candidate.exact = false;
  if (narrow(candidate, upper(code_point))) candidates_[candidate_count_++] = candidate;
}

// Keeps the labels whose next character is `c`. They are sorted and share what came before.
bool TokenFinder::narrow(Candidate& candidate, char c) const noexcept {
  const auto& labels = labels_->labels_;
  const size_t at = candidate.position;
  const auto before = [&](uint16_t i) { return labels[i].size <= at || labels[i].bytes[at] < c; };
  const auto fits = [&](uint16_t i) { return labels[i].size > at && labels[i].bytes[at] == c; };
  while (candidate.low < candidate.high && before(candidate.low)) ++candidate.low;
  uint16_t end = candidate.low;
  while (end < candidate.high && fits(end)) ++end;
  candidate.high = end;
  ++candidate.position;
  return candidate.low < candidate.high;
}

TokenFinder::Step TokenFinder::step(Candidate& candidate, Kind kind, uint32_t code_point,
                                    uint64_t end) noexcept {
  if (end - candidate.start > kTokenTextBytesMax)
    return candidate.core_size == kTokenCoreChars ? Step::Found : Step::Dead;
  if (kind == Kind::Ignorable || kind == Kind::Space) candidate.exact = false;
  if (kind == Kind::Space) {
    const bool line = code_point == '\n' || code_point == '\r';
    candidate.gap = line || candidate.gap == Gap::Line ? Gap::Line : Gap::Spaces;
    const bool found = candidate.core_size == kTokenCoreChars && !candidate.opened;
    return found ? Step::Found : Step::Alive;
  }
  return candidate.phase == Phase::Label ? label_step(candidate, kind, code_point)
                                         : core_step(candidate, kind, code_point, end);
}

// White space stood before a letter: it may when a separator is beside it, or for a line end.
bool TokenFinder::wraps(Candidate& candidate) const noexcept {
  const Gap gap = candidate.gap;
  candidate.gap = Gap::None;
  if (gap == Gap::None || candidate.after_separator) return true;
  return gap == Gap::Line && ++candidate.wraps <= kTokenWrapsMax;
}

TokenFinder::Step TokenFinder::label_step(Candidate& candidate, Kind kind,
                                          uint32_t code_point) noexcept {
  switch (kind) {
    case Kind::Ignorable:
      return Step::Alive;
    case Kind::Word: {
      if (!wraps(candidate)) return Step::Dead;
      const char c = upper(code_point);
      if (c != static_cast<char>(code_point)) candidate.exact = false;
      candidate.after_separator = false;
      return narrow(candidate, c) ? Step::Alive : Step::Dead;
    }
    case Kind::Separator: {
      candidate.gap = Gap::None;
      if (code_point != '-' || candidate.after_separator) candidate.exact = false;
      if (candidate.after_separator) return Step::Alive;
      candidate.after_separator = true;
      const TokenLabels::Label& shortest = labels_->labels_[candidate.low];
      Candidate core = candidate;
      const bool complete = shortest.size == candidate.position;
      core.phase = Phase::Core;
      core.entity = shortest.entity;
      const bool longer = narrow(candidate, '-');
      if (!complete) return longer ? Step::Alive : Step::Dead;
      if (!longer) {
        candidate = core;
        return Step::Alive;
      }
      // "US-" may be the whole label US or the begin of US-SSN: follow both.
      if (candidate_count_ < kCandidatesMax) candidates_[candidate_count_++] = core;
      return Step::Alive;
    }
    default:
      return Step::Dead;
  }
}

TokenFinder::Step TokenFinder::core_step(Candidate& candidate, Kind kind, uint32_t code_point,
                                         uint64_t end) noexcept {
  const bool complete = candidate.core_size == kTokenCoreChars;
  switch (kind) {
    case Kind::Word: {
      if (complete) return candidate.core_end + 1 == end ? Step::Dead : Step::Found;
      if (!wraps(candidate)) return Step::Dead;
      const int value = crockford_value(static_cast<char>(code_point));
      if (value < 0) return Step::Dead;
      const char c = crockford_char(static_cast<unsigned>(value));
      if (c != static_cast<char>(code_point)) candidate.exact = false;
      candidate.after_separator = false;
      candidate.core[candidate.core_size++] = c;
      candidate.core_end = end;
      return Step::Alive;
    }
    case Kind::Separator:
      candidate.exact = false;
      if (complete) return candidate.opened ? Step::Alive : Step::Found;
      return candidate.core_size == 0 ? Step::Alive : Step::Dead;
    case Kind::Ignorable:
      return complete && !candidate.opened ? Step::Found : Step::Alive;
    case Kind::Close:
      if (!complete) return Step::Dead;
      return candidate.opened ? Step::FoundClosed : Step::Found;
    default:
      return complete ? Step::Found : Step::Dead;
  }
}

void TokenFinder::found(const Candidate& candidate, uint64_t end, bool closed) noexcept {
  if (waiting_count_ == waiting_.size()) return;
  TokenMatch match;
  match.start = closed ? candidate.start : candidate.label_start;
  match.end = end;
  match.entity = candidate.entity;
  match.exact = closed && candidate.exact;
  match.core = candidate.core;
  waiting_[waiting_count_++] = match;
}

// The earliest start wins. A match is final when nothing that began before it is alive.
void TokenFinder::settle() noexcept {
  std::sort(waiting_.begin(), waiting_.begin() + static_cast<ptrdiff_t>(waiting_count_),
            [](const TokenMatch& a, const TokenMatch& b) { return a.start < b.start; });
  while (waiting_count_ > 0) {
    const TokenMatch match = waiting_[0];
    for (size_t i = 0; i < candidate_count_; ++i)
      if (candidates_[i].start < match.start) return;
    if (matches_.size() == kTokenMatchesMax) {
      overflow_ = true;
      return;
    }
    matches_.push_back(match);
    const auto overlaps = [&](const auto& other) { return other.start < match.end; };
    waiting_count_ = static_cast<size_t>(
        std::remove_if(waiting_.begin(), waiting_.begin() + static_cast<ptrdiff_t>(waiting_count_),
                       overlaps) -
        waiting_.begin());
    candidate_count_ = static_cast<size_t>(
        std::remove_if(candidates_.begin(),
                       candidates_.begin() + static_cast<ptrdiff_t>(candidate_count_), overlaps) -
        candidates_.begin());
  }
}

}  // namespace sallyport::redact
