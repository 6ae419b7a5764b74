#include "dataplane/llm/repeated_event.h"

#include <algorithm>
#include <cstring>

#include "dataplane/base/ascii.h"
#include "dataplane/base/check.h"
#include "dataplane/base/utf8.h"
#include "dataplane/llm/json_string.h"
#include "dataplane/mem/wipe.h"

namespace sallyport::llm {
namespace {

constexpr size_t kNone = ~size_t{0};
// Longer numbers count nothing.
constexpr size_t kDigitsMax = 18;

// Behind the content of a string that begins at `at`: its closing quote. kNone: it is none that
// any reader would take.
size_t end_of_text(std::span<const uint8_t> data, size_t at) noexcept {
  const size_t start = at;
  bool is_ascii = true;
  while (at < data.size()) {
    const uint8_t c = data[at];
    if (c == '"') return is_ascii || base::is_utf8(data.subspan(start, at - start)) ? at : kNone;
    if (c < 0x20) return kNone;
    is_ascii = is_ascii && c < 0x80;
    if (c != '\\') {
      ++at;
      continue;
    }
    uint32_t unused;
    const size_t size = decode_escape(data.subspan(at), unused);
    if (size == 0) return kNone;
    at += size;
  }
  return kNone;
}

size_t end_of_padding(std::span<const uint8_t> data, size_t at) noexcept {
  while (at < data.size() && (base::is_letter(data[at]) || base::is_digit(data[at]))) ++at;
  return at;
}

size_t end_of_count(std::span<const uint8_t> data, size_t at) noexcept {
  const size_t start = at;
  while (at < data.size() && base::is_digit(data[at])) ++at;
  const size_t size = at - start;
  if (size == 0 || size > kDigitsMax || (size > 1 && data[start] == '0')) return kNone;
  return at;
}

}  // namespace

void RepeatedEvent::forget() noexcept {
  mem::wipe(std::span(fixed_).first(fixed_size_));
  fixed_size_ = hole_count_ = mark_count_ = 0;
  event_ = StreamEvent{};
}

bool RepeatedEvent::add_hole(What what, uint64_t start, uint64_t end, uint8_t capture) noexcept {
  if (hole_count_ == kHolesMax) return false;
  holes_[hole_count_++] = Hole{what, capture, start, end};
  return true;
}

bool RepeatedEvent::collect(std::span<const uint8_t> data, const StreamEvent& event) noexcept {
  learned_delta_ = event.deltas[0];
  if (!add_hole(What::Text, learned_delta_.raw_start, learned_delta_.raw_end,
                contract::kLlmNoChannel))
    return false;
  for (const StreamCount& count : event.counts)
    if (!add_hole(What::Count, count.raw_start, count.raw_end, count.capture)) return false;
  if (event.marks.size() > kMarksMax ||
      std::count_if(event.marks.begin(), event.marks.end(),
                    [](const StreamMark& mark) { return mark.kind == MarkKind::Obfuscation; }) > 1)
    return false;
  for (const StreamMark& mark : event.marks) {
    // A null stands where padding is switched off, and stays one.
    learned_marks_[mark_count_++] = mark;
    if (mark.kind == MarkKind::Obfuscation && data[mark.raw_start] == '"' &&
        !add_hole(What::Padding, mark.raw_start + 1, mark.raw_end - 1, contract::kLlmNoChannel))
      return false;
  }
  const auto holes = std::span(holes_).first(hole_count_);
  std::sort(holes.begin(), holes.end(),
            [](const Hole& a, const Hole& b) { return a.start < b.start; });
  // One in another, or in a value that goes as a whole.
  for (size_t i = 1; i < holes.size(); ++i)
    if (holes[i].start < holes[i - 1].end) return false;
  return std::none_of(event.marks.begin(), event.marks.end(), [&](const StreamMark& mark) {
    return std::any_of(holes.begin(), holes.end(), [&](const Hole& hole) {
      return hole.what != What::Padding && hole.start < mark.raw_end && hole.end > mark.raw_start;
    });
  });
}

bool RepeatedEvent::learn(std::span<const uint8_t> data, const StreamEvent& event) noexcept {
  forget();
  if (!event.may_repeat) return false;
  SP_CHECK(event.deltas.size() == 1 && event.closes.empty());
  if (!collect(data, event)) {
    forget();
    return false;
  }
  size_t at = 0;
  const auto keep = [&](size_t until) {
    const size_t size = until - at;
    if (size > kFixedBytesMax - fixed_size_) return false;
    std::memcpy(fixed_.data() + fixed_size_, data.data() + at, size);
    fixed_size_ += size;
    return true;
  };
  bool fits = true;
  for (const Hole& hole : std::span(holes_).first(hole_count_)) {
    fits = fits && keep(hole.start);
    at = hole.end;
  }
  if (!fits || !keep(data.size())) {
    forget();
    return false;
  }
  size_ = data.size();
  for (size_t i = 0; i < hole_count_; ++i) now_[i] = Range{holes_[i].start, holes_[i].end};
  return true;
}

// Where that place of the event that was learned is in the one at hand. No hole is around it.
uint64_t RepeatedEvent::moved(uint64_t at) const noexcept {
  uint64_t out = at;
  for (size_t i = 0; i < hole_count_ && holes_[i].end <= at; ++i)
    out = at + (now_[i].end - holes_[i].end);
  return out;
}

bool RepeatedEvent::match(std::span<const uint8_t> data, std::span<Range> out) const noexcept {
  if (fixed_size_ == 0) return false;
  size_t at = 0;
  size_t known = 0;  // of fixed_
  uint64_t learned = 0;
  const auto is_same = [&](size_t size) {
    const bool same =
        data.size() - at >= size && std::memcmp(data.data() + at, fixed_.data() + known, size) == 0;
    at += size;
    known += size;
    return same;
  };
  for (size_t i = 0; i < hole_count_; ++i) {
    const Hole& hole = holes_[i];
    if (!is_same(hole.start - learned)) return false;
    learned = hole.end;
    out[i].start = at;
    at = hole.what == What::Text      ? end_of_text(data, at)
         : hole.what == What::Padding ? end_of_padding(data, at)
                                      : end_of_count(data, at);
    if (at == kNone) return false;
    out[i].end = at;
  }
  return is_same(size_ - learned) && at == data.size();
}

bool RepeatedEvent::holds(std::span<const uint8_t> data) const noexcept {
  std::array<Range, kHolesMax> unused;
  return match(data, unused);
}

bool RepeatedEvent::read(std::span<const uint8_t> data, StreamCaptures& captures) noexcept {
  if (!match(data, now_)) return false;
  delta_ = learned_delta_;
  for (size_t i = 0; i < hole_count_; ++i) {
    const Hole& hole = holes_[i];
    const Range& now = now_[i];
    if (hole.what == What::Text) {
      delta_.raw_start = now.start;
      delta_.raw_end = now.end;
    }
    if (hole.capture < kCapturesMax)
      captures.set(hole.capture, data.subspan(now.start, now.end - now.start));
  }
  for (size_t i = 0; i < mark_count_; ++i) {
    marks_[i] = learned_marks_[i];
    marks_[i].raw_start = moved(learned_marks_[i].raw_start);
    marks_[i].raw_end = moved(learned_marks_[i].raw_end);
  }
  event_ = StreamEvent{};
  event_.deltas = {&delta_, 1};
  event_.marks = std::span(marks_).first(mark_count_);
  return true;
}

uint64_t RepeatedEvent::text_bytes() const noexcept {
  uint64_t bytes = 0;
  for (size_t i = 0; i < hole_count_; ++i)
    if (holes_[i].what != What::Count) bytes += now_[i].end - now_[i].start;
  return bytes;
}

std::span<const uint8_t> RepeatedEvent::padding(std::span<const uint8_t> data) const noexcept {
  for (size_t i = 0; i < hole_count_; ++i)
    if (holes_[i].what == What::Padding)
      return data.subspan(now_[i].start, now_[i].end - now_[i].start);
  return {};
}

}  // namespace sallyport::llm
