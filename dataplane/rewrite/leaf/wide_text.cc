#include "dataplane/rewrite/leaf/wide_text.h"

#include "dataplane/llm/json_string.h"
#include "dataplane/mem/wipe.h"

namespace sallyport::rewrite {
namespace {

constexpr uint32_t kReplacement = 0xfffd;

bool is_high(uint32_t unit) noexcept { return unit >= 0xd800 && unit < 0xdc00; }
bool is_low(uint32_t unit) noexcept { return unit >= 0xdc00 && unit < 0xe000; }

}  // namespace

bool is_wide_mark(std::span<const uint8_t> head) noexcept {
  return head.size() >= kWideMarkBytes &&
         ((head[0] == 0xff && head[1] == 0xfe) || (head[0] == 0xfe && head[1] == 0xff));
}

WideTextRewriter::~WideTextRewriter() {
  mem::wipe(piece_);
  mem::wipe(wide_);
}

void WideTextRewriter::begin(RewriteScope& scope, std::span<const uint8_t> mark) {
  scope_ = &scope;
  is_big_ = mark[0] == 0xfe;
  has_byte_ = false;
  high_ = 0;
  raw_ = kWideMarkBytes;
  piece_size_ = 0;
  map_.begin();
  text_.begin(scope);
  bytes_.begin(scope, is_big_);
  edits_.clear();
}

bool WideTextRewriter::feed(std::span<const uint8_t> raw) {
  for (const uint8_t byte : raw) {
    if (!has_byte_) {
      byte_ = byte;
      has_byte_ = true;
      continue;
    }
    has_byte_ = false;
    if (!bytes_.unit(byte_, byte)) return false;
    const auto first = static_cast<uint32_t>(byte_);
    if (!unit(static_cast<uint16_t>(is_big_ ? first << 8 | byte : uint32_t{byte} << 8 | first)))
      return false;
  }
  return true;
}

bool WideTextRewriter::end() {
  if (high_ != 0 && !put(kReplacement, 2)) return false;
  high_ = 0;
  if (!settle() || !text_.end()) return false;
  take_edits();
  return bytes_.end(has_byte_, byte_);
}

bool WideTextRewriter::unit(uint16_t unit) {
  if (high_ != 0) {
    const uint32_t high = high_;
    high_ = 0;
    if (is_low(unit)) return put(0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00U), 4);
    if (!put(kReplacement, 2)) return false;
  }
  if (is_high(unit)) {
    high_ = unit;
    return true;
  }
  return put(is_low(unit) ? kReplacement : unit, 2);
}

bool WideTextRewriter::put(uint32_t character, uint8_t raw_size) {
  std::array<uint8_t, 4> bytes;
  const size_t size = llm::encode_utf8(character, bytes);
  const auto map = [&] {
    const auto unit = static_cast<uint8_t>(size);
    return map_.add_row(size, raw_, raw_size, unit, raw_size);
  };
  if (piece_size_ + size > piece_.size() && !settle()) return false;
  // What is decided makes room.
  if (!map() && (!settle() || !map())) return scope_->refuse(Refusal::BuffersFull);
  for (size_t i = 0; i < size; ++i) piece_[piece_size_++] = bytes[i];
  raw_ += raw_size;
  return true;
}

bool WideTextRewriter::settle() {
  const bool ok = text_.feed(std::span<const uint8_t>(piece_).first(piece_size_));
  piece_size_ = 0;
  if (!ok) return false;
  take_edits();
  if (text_.edge() > 0) map_.drop_before(text_.edge() - 1);
  return true;
}

void WideTextRewriter::take_edits() {
  EditList& made = text_.edits();
  for (const TextEdit& edit : made.edits()) {
    const auto range = map_.raw(edit.start, edit.end);
    put_wide(made.replacement(edit));
    edits_.add(range.start, range.end, wide_);
    mem::wipe(wide_);
    wide_.clear();
  }
  made.clear();
}

// A replacement is a token, a mask or a value that was read from a text like this: UTF-8.
void WideTextRewriter::put_wide(std::span<const uint8_t> text) {
  wide_.reserve(2 * text.size());
  for (size_t i = 0; i < text.size();) {
    const uint32_t lead = text[i++];
    const unsigned more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    uint32_t character = more == 0 ? lead : lead & (0x3fU >> more);
    for (unsigned n = 0; n < more && i < text.size(); ++n)
      character = character << 6 | (text[i++] & 0x3fU);
    if (character >= 0x10000) {
      put_unit(0xd800 + ((character - 0x10000) >> 10));
      put_unit(0xdc00 + (character & 0x3ff));
    } else {
      put_unit(character);
    }
  }
}

void WideTextRewriter::put_unit(uint32_t unit) {
  const auto high = static_cast<uint8_t>(unit >> 8), low = static_cast<uint8_t>(unit);
  wide_.push_back(is_big_ ? high : low);
  wide_.push_back(is_big_ ? low : high);
}

}  // namespace sallyport::rewrite
