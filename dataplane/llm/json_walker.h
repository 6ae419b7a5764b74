// json_walker.h: reads JSON text as it arrives and says which of its strings are what.
//
// A push parser, not a tree: a body is judged while its bytes come in, and bytes outside the edits
// must leave as they came, so we never build or print JSON; we report ranges. It is harder than it
// looks because
//   1. a cut may fall anywhere: inside an escape, a surrogate pair, a UTF-8 character, a number;
//   2. the vendor's parser must read the same document: whatever two parsers could read differently
//      (duplicate keys, lone surrogates, bad UTF-8, trailing text, BOM) is refused, by name;
//   3. a member's class may depend on its sibling `type` (a document's data is text or base64): the
//   node of
//      an object changes when its discriminator has been read. A value before it keeps the wider
//      class; of a text that is fed as a whole (begin_whole) the discriminator is looked up first.
//      Likewise a sibling `role` may tell whose words a text is: a text before it is of an
//      undecided speaker.
//
// What the sink sees, in document order, for every scalar value and for member names that are text:
//     leaf_begin(leaf)  leaf_text*(piece)  leaf_end(raw_end)
// Pieces of one leaf are contiguous: raw_start of a piece is raw_end of the one before, the first
// one starts behind the opening quote, and their decoded bytes joined are the string's text. A
// piece is either
//     linear: decoded.size() == raw_end - raw_start, byte i of one is byte i of the other. It may
//     be cut at
//             any byte, also inside a UTF-8 character, where a fed piece ended;
//     or one whole escape sequence: \n gives 1 byte for 2, \u00e9 2 for 6, \ud83d\ude00 4 for 12.
// The text of a value comes decoded in stretches of up to kStretchBytes with the list of its pieces
// (leaf_pieces); what is decoded when a fed piece ends is delivered then.
// The split into pieces depends on the feeding; joined text, leaves, offsets and errors do not.
// Numbers and literals are leaves too, always linear, raw_start at their first byte, leaf_end one
// past the last.
//
// To change a string's content, edit raw ranges between the opening quote + 1 and the offset of
// leaf_end. To change a number into text, replace its whole range and bring the quotes. Text inside
// a J string: run a second JsonWalker over the decoded bytes with all_leaves(); its raw offsets are
// the first one's decoded offsets, so maps compose (redact/offset_map.h). For a J channel of a
// stream the second walker lives as long as the channel and is fed fragment after fragment.
//
// Limits   Limits; depth, live keys (keys of all objects open at one time) and length of a number.
// Owner    one worker; no allocation after construction. Views in callbacks are valid during the
// call.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "dataplane/llm/api_tables.h"
#include "dataplane/llm/events.h"
#include "dataplane/llm/string_decoder.h"

namespace sallyport::llm {

enum class WalkError : uint8_t {
  None,
  Empty,         // no value at all
  Truncated,     // the text ended inside a value
  TrailingText,  // something other than white space behind the value
  ByteOrderMark,
  UnexpectedByte,  // not JSON grammar
  BadLiteral,
  BadNumber,
  NumberTooLong,
  BadEscape,
  LoneSurrogate,
  ControlCharacter,  // below U+0020 inside a string
  BadUtf8,
  DuplicateKey,
  TooDeep,
  TooManyKeys,
  StoppedBySink  // a callback answered false
};
std::string_view walk_error_name(WalkError error) noexcept;

// Callbacks answer false to stop the walk (StoppedBySink).
class Sink {
 public:
  virtual bool leaf_begin(const Leaf& leaf) = 0;
  virtual bool leaf_text(std::span<const uint8_t> decoded, uint64_t raw_start,
                         uint64_t raw_end) = 0;
  // Many pieces in one call: `decoded` is their text joined, `raw_start` where the first one
  // begins. For a sink that has a use for large stretches; for others they come one by one.
  virtual bool leaf_pieces(std::span<const uint8_t> decoded, uint64_t raw_start,
                           std::span<const TextPiece> pieces);
  // `raw_end`: of a string the offset of its closing quote, of a scalar one past its last byte.
  virtual bool leaf_end(uint64_t raw_end) = 0;
  // A whole value (any kind, containers too) whose rule carries a mark has been read: [raw_start,
  // raw_end) is the value with its quotes or brackets. Its leaves were delivered before.
  virtual bool marked(MarkKind, uint16_t /*rule*/, uint64_t /*raw_start*/, uint64_t /*raw_end*/) {
    return true;
  }

 protected:
  ~Sink() = default;
};

struct WalkerLimits {
  uint32_t depth_max = 64;
  uint32_t live_keys_max = 4'096;
};
inline constexpr uint32_t kWalkerDepthMax = 128;  // upper bound for WalkerLimits::depth_max
inline constexpr uint32_t kNumberBytesMax = 512;

class JsonWalker {
 public:
  explicit JsonWalker(const WalkerLimits& limits = {});
  ~JsonWalker();
  JsonWalker(const JsonWalker&) = delete;
  JsonWalker& operator=(const JsonWalker&) = delete;

  // Starts a document; forgets the one before, finished or not. `table` and `sink` must outlive the
  // walk.
  void begin(const PathTable& table, Sink& sink) noexcept;
  // The same for a document that comes with one feed(), which then knows the discriminator of every
  // object from its beginning. REQUIRES: one feed().
  void begin_whole(const PathTable& table, Sink& sink) noexcept;
  // False: refused, error() says why; later calls change nothing.
  [[nodiscard]] bool feed(std::span<const uint8_t> raw) noexcept;
  // The document is over. False: refused (Truncated, Empty).
  [[nodiscard]] bool end() noexcept;

  WalkError error() const noexcept { return error_; }
  // Bytes consumed so far; where an error was found.
  uint64_t offset() const noexcept { return offset_; }
  // Bytes of which the sink has been told all there is to tell: a member name that may be one of
  // the table's is kept back until it is known to be none.
  uint64_t delivered() const noexcept {
    const bool in_string = state_ >= State::String && state_ <= State::LowU;
    return in_string && string_is_key_ && !delivering_ ? value_start_ : offset_;
  }
  // The root value has been read completely (a root number only ends with end() or white space).
  bool complete() const noexcept { return state_ == State::After; }
  // Nothing but white space so far: an empty arguments string is a usual thing.
  bool blank() const noexcept { return state_ == State::Value && depth_ == 0; }

 private:
  enum class State : uint8_t {
    Value,
    ValueOrEnd,
    KeyOrEnd,
    Key,
    Colon,
    CommaOrEnd,
    After,
    String,
    Escape,
    Hex,
    LowSlash,
    LowU,
    Literal,
    Number,
    Failed
  };
  enum class NumberState : uint8_t { Minus, Zero, Integer, Point, Fraction, E, ESign, Exponent };
  struct Frame {
    uint64_t raw_start;
    uint32_t node;
    uint32_t index;       // of the current array element
    uint32_t keys_begin;  // where this object's keys begin in key_hashes_
    uint32_t serial;      // of this object in the document
    bool is_object;
    Speaker speaker;  // of the texts below, where no node says otherwise
  };
  struct KeyPiece {
    uint64_t raw_start;
    uint64_t raw_end;
    uint8_t decoded_start;
    uint8_t decoded_size;
  };

  bool fail(WalkError error) noexcept;
  bool structure(uint8_t byte) noexcept;
  size_t string_bytes(std::span<const uint8_t> raw) noexcept;
  size_t scalar_bytes(std::span<const uint8_t> raw) noexcept;
  size_t name_bytes(std::span<const uint8_t> raw) noexcept;
  size_t value_bytes(std::span<const uint8_t> raw) noexcept;
  size_t string_stops(uint8_t byte) noexcept;
  size_t judge_utf8() noexcept;
  void cut_stretch(size_t size) noexcept;
  void wipe_stretch() noexcept;
  bool escape_byte(uint8_t byte) noexcept;
  bool hex_byte(uint8_t byte) noexcept;
  bool code_unit_done() noexcept;
  bool number_byte(uint8_t byte) noexcept;
  bool number_may_end() const noexcept;
  bool utf8_byte(uint8_t byte) noexcept;
  bool start_value(uint8_t byte) noexcept;
  bool open_container(bool is_object) noexcept;
  bool close_container(bool is_object) noexcept;
  bool start_string(bool is_key) noexcept;
  bool end_string() noexcept;
  bool end_key() noexcept;
  bool end_scalar() noexcept;
  bool value_done(uint32_t node, uint64_t raw_start, uint64_t raw_end) noexcept;
  bool emit(std::span<const uint8_t> decoded, uint64_t raw_start, uint64_t raw_end) noexcept;
  bool emit_code_point(uint32_t code_point) noexcept;
  bool buffer_key(std::span<const uint8_t> decoded, uint64_t raw_start, uint64_t raw_end) noexcept;
  bool deliver_buffered_key() noexcept;
  void buffer_name(std::span<const uint8_t> decoded) noexcept;
  void place_leaf(Leaf& leaf) const noexcept;
  bool begin_leaf(LeafKind kind, bool is_key, uint32_t node) noexcept;
  bool text(std::span<const uint8_t> decoded, uint64_t raw_start, uint64_t raw_end) noexcept;
  bool remember_key(uint64_t hash) noexcept;
  void forget_keys(uint32_t down_to) noexcept;
  bool find_variant(std::string_view value, uint32_t& node) const noexcept;
  void enter_variant(uint32_t node) noexcept;
  void choose_variant(std::string_view value) noexcept;
  void peek_variant() noexcept;
  Speaker speaker_below(uint32_t node) const noexcept;
  void note_speaker() noexcept;

  const WalkerLimits limits_;
  std::unique_ptr<uint64_t[]> key_hashes_;  // stack: keys of the open objects
  std::unique_ptr<uint32_t[]> key_slots_;   // open addressing over key_hashes_: index + 1, 0 empty
  uint32_t key_slot_mask_ = 0;
  uint32_t key_count_ = 0;
  uint32_t object_serial_ = 0;

  PathTable table_;
  Sink* sink_ = nullptr;
  bool is_whole_ = false;
  std::span<const uint8_t> whole_;  // during feed() of a whole document
  uint64_t peeked_bytes_ = 0;
  State state_ = State::Failed;
  WalkError error_ = WalkError::None;
  uint64_t offset_ = 0;
  uint32_t depth_ = 0;
  std::array<Frame, kWalkerDepthMax> frames_;

  uint32_t child_node_ = 0;   // where the next or current value stands
  uint64_t value_start_ = 0;  // raw offset of the scalar or name being read
  uint64_t escape_start_ = 0;
  uint32_t code_unit_ = 0;
  uint32_t high_surrogate_ = 0;
  uint8_t hex_digits_ = 0;
  uint8_t utf8_left_ = 0;    // continuation bytes still to come
  uint8_t utf8_low_ = 0x80;  // bounds of the next one
  uint8_t utf8_high_ = 0xbf;
  const char* literal_ = nullptr;
  uint8_t literal_at_ = 0;
  NumberState number_state_ = NumberState::Minus;
  bool string_is_key_ = false;
  bool delivering_ = false;  // the string being read is a leaf that the sink has been told of
  bool name_overflowed_ = false;
  bool value_is_discriminator_ = false;
  bool value_names_speaker_ = false;
  uint64_t key_hash_ = 0;
  uint8_t name_size_ = 0;  // key or discriminator value, as far as it may be a known one
  uint8_t key_piece_count_ = 0;
  std::array<uint8_t, kKnownNameBytesMax> name_;
  std::array<KeyPiece, kKnownNameBytesMax> key_pieces_;

  Stretch stretch_;
  size_t stretch_used_ = 0;  // what has to be wiped
};

}  // namespace sallyport::llm
