#include "dataplane/llm/json_walker.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "dataplane/base/ascii.h"
#include "dataplane/base/check.h"
#include "dataplane/base/utf8.h"
#include "dataplane/llm/json_peek.h"
#include "dataplane/llm/json_string.h"
#include "dataplane/mem/wipe.h"

namespace sallyport::llm {
namespace {

using base::is_digit;

// Bytes that may be looked at ahead in one document. A vendor's event needs less than twice its
// size; a nest of objects made to be looked at again and again ends here, and its values keep the
// careful class.
constexpr uint64_t kPeekBytesMax = 8U << 20;

// The roles of all vendors, any case (Cohere writes them in capitals). What no vendor names is the
// user's.
Speaker speaker_named(std::string_view role) noexcept {
  struct Name {
    std::string_view text;
    Speaker speaker;
  };
  static constexpr Name kNames[] = {
      {"system", Speaker::System},       {"developer", Speaker::System},
      {"assistant", Speaker::Assistant}, {"model", Speaker::Assistant},
      {"chatbot", Speaker::Assistant},   {"tool", Speaker::Tool},
      {"function", Speaker::Tool}};
  for (const Name& name : kNames)
    if (std::equal(role.begin(), role.end(), name.text.begin(), name.text.end(),
                   [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; }))
      return name.speaker;
  return Speaker::User;
}

}  // namespace

JsonWalker::JsonWalker(const WalkerLimits& limits) : limits_(limits) {
  SP_CHECK(limits.depth_max > 0 && limits.depth_max <= kWalkerDepthMax);
  SP_CHECK(limits.live_keys_max > 0 && limits.live_keys_max <= (1U << 24));
  const uint32_t slots = std::bit_ceil(limits.live_keys_max * 2);
  key_slot_mask_ = slots - 1;
  key_hashes_ = std::make_unique<uint64_t[]>(limits.live_keys_max);
  key_slots_ = std::make_unique<uint32_t[]>(slots);
}

void JsonWalker::begin(const PathTable& table, Sink& sink) noexcept {
  SP_CHECK(table.valid());
  forget_keys(0);
  table_ = table;
  sink_ = &sink;
  state_ = State::Value;
  error_ = WalkError::None;
  offset_ = 0;
  depth_ = 0;
  object_serial_ = 0;
  child_node_ = table.root_node;
  utf8_left_ = 0;
  high_surrogate_ = 0;
  delivering_ = false;
  is_whole_ = false;
  wipe_stretch();
}

void JsonWalker::begin_whole(const PathTable& table, Sink& sink) noexcept {
  begin(table, sink);
  is_whole_ = true;
  peeked_bytes_ = 0;
}

JsonWalker::~JsonWalker() { wipe_stretch(); }

void JsonWalker::wipe_stretch() noexcept {
  if (stretch_used_ > 0)
    mem::wipe(std::span(stretch_.text).first(stretch_used_ + kStretchSlackBytes));
  stretch_used_ = 0;
}

bool JsonWalker::fail(WalkError error) noexcept {
  state_ = State::Failed;
  error_ = error;
  return false;
}

bool JsonWalker::feed(std::span<const uint8_t> raw) noexcept {
  SP_CHECK(!is_whole_ || offset_ == 0);
  whole_ = raw;
  size_t i = 0;
  while (i < raw.size()) {
    switch (state_) {
      case State::String:
        i += string_bytes(raw.subspan(i));
        break;
      case State::Number:
      case State::Literal:
        i += scalar_bytes(raw.subspan(i));
        break;
      case State::Failed:
        return false;
      case State::Escape:
      case State::Hex:
      case State::LowSlash:
      case State::LowU:
        if (!escape_byte(raw[i])) return false;
        ++i;
        ++offset_;
        break;
      default:
        if (!structure(raw[i])) return false;
        ++i;
        ++offset_;
        break;
    }
  }
  return state_ != State::Failed;
}

bool JsonWalker::end() noexcept {
  if (state_ == State::Failed) return false;
  if (state_ == State::Number && depth_ == 0 && number_may_end() && !end_scalar()) return false;
  if (state_ == State::After) return true;
  return fail(blank() ? WalkError::Empty : WalkError::Truncated);
}

// One byte between values. offset_ is its own offset.
bool JsonWalker::structure(uint8_t byte) noexcept {
  if (base::is_blank(byte)) return true;
  switch (state_) {
    case State::ValueOrEnd:
      if (byte == ']') return close_container(false);
      return start_value(byte);
    case State::Value:
      return start_value(byte);
    case State::KeyOrEnd:
      if (byte == '}') return close_container(true);
      [[fallthrough]];
    case State::Key:
      if (byte != '"') return fail(WalkError::UnexpectedByte);
      return start_string(true);
    case State::Colon:
      if (byte != ':') return fail(WalkError::UnexpectedByte);
      state_ = State::Value;
      return true;
    case State::CommaOrEnd: {
      Frame& frame = frames_[depth_ - 1];
      if (byte == (frame.is_object ? '}' : ']')) return close_container(frame.is_object);
      if (byte != ',') return fail(WalkError::UnexpectedByte);
      if (frame.is_object) {
        state_ = State::Key;
      } else {
        ++frame.index;
        child_node_ = table_.tables->node(frame.node).element_node;
        state_ = State::Value;
      }
      return true;
    }
    default:
      return fail(WalkError::TrailingText);  // After
  }
}

bool JsonWalker::start_value(uint8_t byte) noexcept {
  value_start_ = offset_;
  switch (byte) {
    case '{':
      return open_container(true);
    case '[':
      return open_container(false);
    case '"':
      return start_string(false);
    case 't':
      literal_ = "true";
      break;
    case 'f':
      literal_ = "false";
      break;
    case 'n':
      literal_ = "null";
      break;
    default:
      if (byte == 0xef && offset_ == 0) return fail(WalkError::ByteOrderMark);
      if (byte != '-' && !is_digit(byte)) return fail(WalkError::UnexpectedByte);
      number_state_ = byte == '-'   ? NumberState::Minus
                      : byte == '0' ? NumberState::Zero
                                    : NumberState::Integer;
      state_ = State::Number;
      if (!begin_leaf(LeafKind::Number, false, child_node_)) return false;
      return text({&byte, 1}, offset_, offset_ + 1);
  }
  literal_at_ = 1;
  state_ = State::Literal;
  if (!begin_leaf(LeafKind::Literal, false, child_node_)) return false;
  return text({&byte, 1}, offset_, offset_ + 1);
}

bool JsonWalker::open_container(bool is_object) noexcept {
  if (depth_ == limits_.depth_max) return fail(WalkError::TooDeep);
  const Speaker speaker = speaker_below(child_node_);
  frames_[depth_++] =
      Frame{offset_, child_node_, 0, key_count_, ++object_serial_, is_object, speaker};
  if (is_object) {
    state_ = State::KeyOrEnd;
    if (is_whole_) peek_variant();
  } else {
    child_node_ = table_.tables->node(child_node_).element_node;
    state_ = State::ValueOrEnd;
  }
  return true;
}

bool JsonWalker::close_container(bool is_object) noexcept {
  const Frame frame = frames_[depth_ - 1];
  SP_CHECK(frame.is_object == is_object);
  --depth_;
  forget_keys(frame.keys_begin);
  return value_done(frame.node, frame.raw_start, offset_ + 1);
}

bool JsonWalker::value_done(uint32_t node, uint64_t raw_start, uint64_t raw_end) noexcept {
  state_ = depth_ == 0 ? State::After : State::CommaOrEnd;
  const uint16_t rule = table_.tables->node(node).rule;
  if (rule == kNoRule) return true;
  const auto mark = static_cast<MarkKind>(table_.tables->rule(rule).mark);
  if (mark == MarkKind::None) return true;
  return sink_->marked(mark, rule, raw_start, raw_end) || fail(WalkError::StoppedBySink);
}

// ---- scalars
// -------------------------------------------------------------------------------------

size_t JsonWalker::scalar_bytes(std::span<const uint8_t> raw) noexcept {
  size_t n = 0;
  if (state_ == State::Literal) {
    while (n < raw.size() && literal_[literal_at_] != '\0' &&
           raw[n] == static_cast<uint8_t>(literal_[literal_at_])) {
      ++n;
      ++literal_at_;
    }
  } else {
    const uint64_t room = kNumberBytesMax - (offset_ - value_start_);
    while (n < raw.size() && n <= room && number_byte(raw[n])) ++n;
    if (n > room) {
      offset_ += room;
      fail(WalkError::NumberTooLong);
      return n;
    }
  }
  if (!text(raw.first(n), offset_, offset_ + n)) return n;
  offset_ += n;
  if (state_ == State::Literal) {
    if (literal_[literal_at_] == '\0')
      end_scalar();
    else if (n < raw.size())
      fail(WalkError::BadLiteral);
  } else if (n < raw.size()) {
    if (number_may_end())
      end_scalar();
    else
      fail(WalkError::BadNumber);
  }
  return n;
}

// Takes the byte when the number can go on with it.
bool JsonWalker::number_byte(uint8_t byte) noexcept {
  using enum NumberState;
  const bool digit = is_digit(byte);
  switch (number_state_) {
    case Minus:
      if (!digit) return false;
      number_state_ = byte == '0' ? Zero : Integer;
      return true;
    case Integer:
      if (digit) return true;
      [[fallthrough]];
    case Zero:
      if (byte == '.')
        number_state_ = Point;
      else if (byte == 'e' || byte == 'E')
        number_state_ = E;
      else
        return false;
      return true;
    case Point:
      if (!digit) return false;
      number_state_ = Fraction;
      return true;
    case Fraction:
      if (digit) return true;
      if (byte != 'e' && byte != 'E') return false;
      number_state_ = E;
      return true;
    case E:
      if (byte == '+' || byte == '-')
        number_state_ = ESign;
      else if (digit)
        number_state_ = Exponent;
      else
        return false;
      return true;
    case ESign:
      if (!digit) return false;
      number_state_ = Exponent;
      return true;
    case Exponent:
      return digit;
  }
  return false;
}

bool JsonWalker::number_may_end() const noexcept {
  using enum NumberState;
  return number_state_ == Zero || number_state_ == Integer || number_state_ == Fraction ||
         number_state_ == Exponent;
}

bool JsonWalker::end_scalar() noexcept {
  if (!sink_->leaf_end(offset_)) return fail(WalkError::StoppedBySink);
  const bool is_literal = state_ == State::Literal;
  if (is_literal && (table_.tables->node(child_node_).flags & contract::kNodeDiscriminator) != 0)
    choose_variant(literal_);
  return value_done(child_node_, value_start_, offset_);
}

// ---- strings
// -------------------------------------------------------------------------------------

bool JsonWalker::start_string(bool is_key) noexcept {
  state_ = State::String;
  string_is_key_ = is_key;
  value_start_ = offset_;
  name_size_ = 0;
  name_overflowed_ = false;
  if (!is_key) {
    value_is_discriminator_ =
        (table_.tables->node(child_node_).flags & contract::kNodeDiscriminator) != 0;
    const uint16_t rule = table_.tables->node(child_node_).rule;
    value_names_speaker_ = rule != kNoRule && table_.tables->rule(rule).role ==
                                                  static_cast<uint8_t>(LeafRole::MessageRole);
    delivering_ = true;
    return begin_leaf(LeafKind::String, false, child_node_);
  }
  key_hash_ = contract::kLlmNameHashSeed;
  key_piece_count_ = 0;
  const contract::LlmNode& node = table_.tables->node(frames_[depth_ - 1].node);
  delivering_ = (node.flags & contract::kNodeKeysAreText) != 0;
  return !delivering_ || begin_leaf(LeafKind::String, true, node.any_key_node);
}

size_t JsonWalker::string_bytes(std::span<const uint8_t> raw) noexcept {
  const bool is_name = string_is_key_ || value_is_discriminator_ || value_names_speaker_;
  return is_name ? name_bytes(raw) : value_bytes(raw);
}

// A name, or a value that is looked up: short, and told piece by piece.
size_t JsonWalker::name_bytes(std::span<const uint8_t> raw) noexcept {
  size_t n = 0;
  bool good = true;
  for (; n < raw.size(); ++n) {
    const uint8_t c = raw[n];
    const bool stops = c == '"' || c == '\\' || c < 0x20;
    if (utf8_left_ == 0 && c < 0x80) {
      if (stops) break;
    } else if (!utf8_byte(c)) {
      good = false;
      break;
    }
  }
  if (n > 0 && !emit(raw.first(n), offset_, offset_ + n)) return 0;
  offset_ += n;
  if (!good) fail(WalkError::BadUtf8);
  return n == raw.size() || !good ? n : n + string_stops(raw[n]);
}

// The text of a value, stretch by stretch.
size_t JsonWalker::value_bytes(std::span<const uint8_t> raw) noexcept {
  size_t n = 0;
  while (n < raw.size()) {
    decode_string(raw.subspan(n), stretch_);
    stretch_used_ = std::max(stretch_used_, stretch_.size);
    bool good = true;
    if (!stretch_.ascii || utf8_left_ > 0) {
      const size_t well = judge_utf8();
      good = well == stretch_.size;
      if (!good) cut_stretch(well);
    }
    if (stretch_.size > 0 &&
        !sink_->leaf_pieces(
            stretch_.decoded(), offset_,
            std::span<const TextPiece>(stretch_.pieces).first(stretch_.piece_count))) {
      fail(WalkError::StoppedBySink);
      return n;
    }
    n += stretch_.raw_size;
    offset_ += stretch_.raw_size;
    if (!good || (stretch_.stopped && utf8_left_ > 0)) {
      fail(WalkError::BadUtf8);
      return n;
    }
    if (stretch_.stopped) return n + string_stops(raw[n]);
  }
  return n;
}

// How many bytes of the stretch go on well: all of them, or up to the first that cannot stand
// there.
size_t JsonWalker::judge_utf8() noexcept {
  const auto text = stretch_.decoded();
  size_t n = 0;
  for (; n < text.size() && utf8_left_ > 0; ++n)
    if (!utf8_byte(text[n])) return n;
  const auto rest = text.subspan(n);
  const auto whole = rest.first(rest.size() - base::utf8_open_end(rest));
  if (base::is_utf8(whole)) n += whole.size();
  // A character cut by the end of the stretch; or the place of the mistake.
  for (; n < text.size(); ++n) {
    const bool ascii = utf8_left_ == 0 && text[n] < 0x80;
    if (!ascii && !utf8_byte(text[n])) return n;
  }
  return n;
}

// Keeps the first `size` decoded bytes: a mistake stands behind them, in a run or before an escape.
void JsonWalker::cut_stretch(size_t size) noexcept {
  stretch_.size = size;
  stretch_.raw_size = 0;
  stretch_.piece_count = 0;
  for (TextPiece& piece : stretch_.pieces) {
    if (size == 0) break;
    if (size < piece.decoded_size) {
      SP_CHECK(piece.unit_decoded == 0 || size % piece.unit_decoded == 0);
      const size_t raw_size = raw_unit(piece, size).start;
      piece.decoded_size = static_cast<uint32_t>(size);
      piece.begins &= base::bits_below(raw_size);
      piece.raw_size = static_cast<uint32_t>(raw_size);
    }
    size -= piece.decoded_size;
    stretch_.raw_size += piece.raw_size;
    ++stretch_.piece_count;
  }
}

// The byte that ended a run: the closing quote, the begin of an escape, or none that may stand
// there. Answers how many bytes were taken.
size_t JsonWalker::string_stops(uint8_t byte) noexcept {
  if (byte == '"') {
    if (!end_string()) return 0;
  } else if (byte == '\\') {
    escape_start_ = offset_;
    state_ = State::Escape;
  } else {
    fail(WalkError::ControlCharacter);
    return 0;
  }
  ++offset_;
  return 1;
}

// Well-formed UTF-8 is the table 3-7 of the Unicode standard: only the byte after the lead has
// narrower bounds.
bool JsonWalker::utf8_byte(uint8_t byte) noexcept {
  if (utf8_left_ > 0) {
    if (byte < utf8_low_ || byte > utf8_high_) return false;
    --utf8_left_;
    utf8_low_ = 0x80;
    utf8_high_ = 0xbf;
    return true;
  }
  utf8_low_ = 0x80;
  utf8_high_ = 0xbf;
  if (byte >= 0xc2 && byte <= 0xdf) {
    utf8_left_ = 1;
  } else if (byte >= 0xe0 && byte <= 0xef) {
    utf8_left_ = 2;
    if (byte == 0xe0) utf8_low_ = 0xa0;
    if (byte == 0xed) utf8_high_ = 0x9f;
  } else if (byte >= 0xf0 && byte <= 0xf4) {
    utf8_left_ = 3;
    if (byte == 0xf0) utf8_low_ = 0x90;
    if (byte == 0xf4) utf8_high_ = 0x8f;
  } else {
    return false;
  }
  return true;
}

// One byte of an escape sequence behind its backslash.
bool JsonWalker::escape_byte(uint8_t byte) noexcept {
  switch (state_) {
    case State::Escape: {
      if (byte == 'u') {
        state_ = State::Hex;
        code_unit_ = 0;
        hex_digits_ = 0;
        return true;
      }
      uint32_t c = 0;
      switch (byte) {
        case '"':
        case '\\':
        case '/':
          c = byte;
          break;
        case 'b':
          c = '\b';
          break;
        case 'f':
          c = '\f';
          break;
        case 'n':
          c = '\n';
          break;
        case 'r':
          c = '\r';
          break;
        case 't':
          c = '\t';
          break;
        default:
          return fail(WalkError::BadEscape);
      }
      return emit_code_point(c);
    }
    case State::Hex:
      return hex_byte(byte);
    case State::LowSlash:
      if (byte != '\\') return fail(WalkError::LoneSurrogate);
      state_ = State::LowU;
      return true;
    default:
      if (byte != 'u') return fail(WalkError::LoneSurrogate);
      state_ = State::Hex;
      code_unit_ = 0;
      hex_digits_ = 0;
      return true;
  }
}

bool JsonWalker::hex_byte(uint8_t byte) noexcept {
  uint32_t digit = 0;
  if (is_digit(byte))
    digit = byte - uint32_t{'0'};
  else if (byte >= 'a' && byte <= 'f')
    digit = byte - uint32_t{'a'} + 10;
  else if (byte >= 'A' && byte <= 'F')
    digit = byte - uint32_t{'A'} + 10;
  else
    return fail(WalkError::BadEscape);
  code_unit_ = code_unit_ * 16 + digit;
  if (++hex_digits_ < 4) return true;
  return code_unit_done();
}

bool JsonWalker::code_unit_done() noexcept {
  const bool is_low = code_unit_ >= 0xdc00 && code_unit_ <= 0xdfff;
  if (high_surrogate_ != 0) {
    if (!is_low) return fail(WalkError::LoneSurrogate);
    const uint32_t code_point =
        0x10000 + ((high_surrogate_ - 0xd800) << 10) + (code_unit_ - 0xdc00);
    high_surrogate_ = 0;
    return emit_code_point(code_point);
  }
  if (is_low) return fail(WalkError::LoneSurrogate);
  if (code_unit_ >= 0xd800 && code_unit_ <= 0xdbff) {
    high_surrogate_ = code_unit_;
    state_ = State::LowSlash;
    return true;
  }
  return emit_code_point(code_unit_);
}

bool JsonWalker::emit_code_point(uint32_t code_point) noexcept {
  std::array<uint8_t, 4> bytes;
  const size_t size = encode_utf8(code_point, bytes);
  state_ = State::String;
  return emit({bytes.data(), size}, escape_start_, offset_ + 1);
}

// A piece of the string being read, a name or a value.
bool JsonWalker::emit(std::span<const uint8_t> decoded, uint64_t raw_start,
                      uint64_t raw_end) noexcept {
  if (!string_is_key_) {
    if (value_is_discriminator_ || value_names_speaker_) buffer_name(decoded);
    return text(decoded, raw_start, raw_end);
  }
  for (uint8_t byte : decoded) key_hash_ = contract::llm_name_hash_step(key_hash_, byte);
  if (!delivering_) return buffer_key(decoded, raw_start, raw_end);
  buffer_name(decoded);
  return text(decoded, raw_start, raw_end);
}

bool JsonWalker::text(std::span<const uint8_t> decoded, uint64_t raw_start,
                      uint64_t raw_end) noexcept {
  if (decoded.empty()) return true;
  return sink_->leaf_text(decoded, raw_start, raw_end) || fail(WalkError::StoppedBySink);
}

void JsonWalker::buffer_name(std::span<const uint8_t> decoded) noexcept {
  if (name_overflowed_ || decoded.size() > name_.size() - name_size_) {
    name_overflowed_ = true;
    return;
  }
  std::memcpy(name_.data() + name_size_, decoded.data(), decoded.size());
  name_size_ = static_cast<uint8_t>(name_size_ + decoded.size());
}

// A name that may be one of the table's is kept back with its map: if it is none, it is text.
bool JsonWalker::buffer_key(std::span<const uint8_t> decoded, uint64_t raw_start,
                            uint64_t raw_end) noexcept {
  const uint8_t start = name_size_;
  buffer_name(decoded);
  if (name_overflowed_) {
    delivering_ = true;
    return deliver_buffered_key() && text(decoded, raw_start, raw_end);
  }
  // Each piece holds at least one byte of name_, so there are never more pieces than bytes.
  key_pieces_[key_piece_count_++] =
      KeyPiece{raw_start, raw_end, start, static_cast<uint8_t>(decoded.size())};
  return true;
}

bool JsonWalker::deliver_buffered_key() noexcept {
  const uint32_t any_key = table_.tables->node(frames_[depth_ - 1].node).any_key_node;
  if (!begin_leaf(LeafKind::String, true, any_key)) return false;
  for (uint8_t i = 0; i < key_piece_count_; ++i) {
    const KeyPiece& piece = key_pieces_[i];
    if (!text({name_.data() + piece.decoded_start, piece.decoded_size}, piece.raw_start,
              piece.raw_end))
      return false;
  }
  return true;
}

bool JsonWalker::end_string() noexcept {
  if (string_is_key_) return end_key();
  if (!sink_->leaf_end(offset_)) return fail(WalkError::StoppedBySink);
  if (value_names_speaker_) note_speaker();
  if (value_is_discriminator_ && !name_overflowed_)
    choose_variant({reinterpret_cast<const char*>(name_.data()), name_size_});
  return value_done(child_node_, value_start_, offset_ + 1);
}

bool JsonWalker::end_key() noexcept {
  const uint64_t hash = contract::llm_name_hash_end(key_hash_);
  if (!remember_key(hash)) return false;
  const uint32_t object = frames_[depth_ - 1].node;
  const std::string_view name(reinterpret_cast<const char*>(name_.data()), name_size_);
  if (name_overflowed_ || !table_.tables->find_child(object, name, hash, child_node_)) {
    if (!delivering_ && !deliver_buffered_key()) return false;
    delivering_ = true;
    child_node_ = table_.tables->node(object).any_key_node;
  }
  if (delivering_ && !sink_->leaf_end(offset_)) return fail(WalkError::StoppedBySink);
  state_ = State::Colon;
  return true;
}

bool JsonWalker::find_variant(std::string_view value, uint32_t& node) const noexcept {
  const contract::LlmNode& of = table_.tables->node(frames_[depth_ - 1].node);
  for (uint32_t i = 0; i < of.variant_count; ++i) {
    const contract::LlmVariant& variant = table_.tables->variant(of.variant_first + i);
    if (table_.tables->text(variant.value) != value) continue;
    node = variant.node;
    return true;
  }
  return false;
}

// The object at hand turns out to be a variant.
void JsonWalker::enter_variant(uint32_t node) noexcept {
  Frame& frame = frames_[depth_ - 1];
  frame.node = node;
  const auto said =
      static_cast<Speaker>((table_.tables->node(node).flags & contract::kNodeSpeakerMask) >>
                           contract::kNodeSpeakerShift);
  if (said != Speaker::Unsaid) frame.speaker = said;
}

void JsonWalker::choose_variant(std::string_view value) noexcept {
  if (depth_ == 0 || !frames_[depth_ - 1].is_object) return;
  uint32_t variant = 0;
  if (find_variant(value, variant)) enter_variant(variant);
}

// The object's brace is the byte at offset_.
void JsonWalker::peek_variant() noexcept {
  const contract::LlmNode node = table_.tables->node(frames_[depth_ - 1].node);
  if (node.variant_count == 0) return;
  for (uint32_t i = 0; i < node.edge_count && peeked_bytes_ < kPeekBytesMax; ++i) {
    const contract::LlmEdge& edge = table_.tables->edge(node.edge_first + i);
    if ((table_.tables->node(edge.node).flags & contract::kNodeDiscriminator) == 0) continue;
    const std::string_view value =
        peek_member(whole_.subspan(offset_ + 1), table_.tables->text(edge.name), peeked_bytes_);
    uint32_t variant = 0;
    if (value.empty() || !find_variant(value, variant)) continue;
    return enter_variant(variant);
  }
}

// Whose words the texts of a value at `node` are: what the node says, else what it will say itself,
// else what the value around it says.
Speaker JsonWalker::speaker_below(uint32_t node) const noexcept {
  const uint8_t flags = table_.tables->node(node).flags;
  if ((flags & contract::kNodeSpeakerMask) != 0)
    return static_cast<Speaker>((flags & contract::kNodeSpeakerMask) >>
                                contract::kNodeSpeakerShift);
  if ((flags & contract::kNodeNamesSpeaker) != 0) return Speaker::Undecided;
  return depth_ == 0 ? Speaker::Unsaid : frames_[depth_ - 1].speaker;
}

// The role of the object has been read. Where the table says whose words they are (a system
// prompt), a role inside changes nothing.
void JsonWalker::note_speaker() noexcept {
  if (depth_ == 0 || frames_[depth_ - 1].speaker != Speaker::Undecided) return;
  const std::string_view role(reinterpret_cast<const char*>(name_.data()), name_size_);
  frames_[depth_ - 1].speaker = name_overflowed_ ? Speaker::User : speaker_named(role);
}

// Beside what a value stands.
void JsonWalker::place_leaf(Leaf& leaf) const noexcept {
  if (depth_ == 0 || leaf.is_key) return;
  const Frame& own = frames_[depth_ - 1];
  leaf.in_list = !own.is_object;
  leaf.list_start = own.raw_start;
  leaf.item = own.index;
  if (depth_ == 1) return;
  const Frame& outer = frames_[depth_ - 2];
  leaf.in_rows = !outer.is_object;
  leaf.rows_start = outer.raw_start;
  leaf.row = outer.index;
}

bool JsonWalker::begin_leaf(LeafKind kind, bool is_key, uint32_t node_index) noexcept {
  const contract::LlmNode& node = table_.tables->node(node_index);
  Leaf leaf;
  leaf.kind = kind;
  leaf.is_key = is_key;
  leaf.depth = static_cast<uint16_t>(depth_);
  leaf.text_class = static_cast<TextClass>(node.text_class);
  leaf.rule = node.rule;
  leaf.speaker = speaker_below(node_index);
  if (node.rule != kNoRule) leaf.opaque = table_.tables->rule(node.rule).opaque;
  leaf.raw_start = value_start_;
  leaf.selects = kind == LeafKind::String && !is_key && value_is_discriminator_;
  if (node.rule != kNoRule && !is_key) {
    const contract::LlmRule& rule = table_.tables->rule(node.rule);
    leaf.role = static_cast<LeafRole>(rule.role);
    leaf.channel = rule.channel;
    leaf.capture = rule.capture;
    leaf.offset_text = rule.offset_text;
    leaf.offset_form = rule.offset_form;
  }
  place_leaf(leaf);
  for (uint32_t i = 0; i < depth_ && leaf.index_count < kIndexesMax; ++i)
    if (!frames_[i].is_object) leaf.indexes[leaf.index_count++] = frames_[i].index;
  return sink_->leaf_begin(leaf) || fail(WalkError::StoppedBySink);
}

// ---- duplicate keys
// ------------------------------------------------------------------------------

// Keys of open objects form a stack, so the one removed is always the youngest: nothing in the
// table was ever placed behind it, and its slot may simply become empty again.
bool JsonWalker::remember_key(uint64_t hash) noexcept {
  const uint64_t own =
      contract::llm_name_hash_end(hash + 0x9e3779b97f4a7c15ULL * frames_[depth_ - 1].serial);
  auto slot = static_cast<uint32_t>(own) & key_slot_mask_;
  while (key_slots_[slot] != 0) {
    if (key_hashes_[key_slots_[slot] - 1] == own) return fail(WalkError::DuplicateKey);
    slot = (slot + 1) & key_slot_mask_;
  }
  if (key_count_ == limits_.live_keys_max) return fail(WalkError::TooManyKeys);
  key_hashes_[key_count_++] = own;
  key_slots_[slot] = key_count_;
  return true;
}

void JsonWalker::forget_keys(uint32_t down_to) noexcept {
  while (key_count_ > down_to) {
    const uint64_t own = key_hashes_[key_count_ - 1];
    auto slot = static_cast<uint32_t>(own) & key_slot_mask_;
    while (key_slots_[slot] != key_count_) slot = (slot + 1) & key_slot_mask_;
    key_slots_[slot] = 0;
    --key_count_;
  }
}

}  // namespace sallyport::llm
