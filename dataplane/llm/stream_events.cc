#include "dataplane/llm/stream_events.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "dataplane/base/bytes.h"
#include "dataplane/base/check.h"

namespace sallyport::llm {
namespace {

// An event is small: 64 levels, a thousand keys open at once are far beyond any vendor's.
constexpr WalkerLimits kEventLimits{.depth_max = 64, .live_keys_max = 1'024};

const contract::LlmChannel& channel_of(const ApiKind& kind, uint8_t channel) {
  SP_CHECK(kind.stream.valid());
  const contract::LlmShape& shape = kind.stream.tables->shape(kind.stream.shape);
  SP_CHECK(channel < shape.channel_count);
  return kind.stream.tables->channel(shape.channel_first + channel);
}

constexpr size_t kIndexDigitsMax = 10;

}  // namespace

StreamEventReader::StreamEventReader() : walker_(kEventLimits) {
  deltas_.reserve(kEventDeltasMax);
  delta_places_.reserve(kEventDeltasMax);
  leaves_.reserve(kEventLeavesMax);
  closes_.reserve(kEventClosesMax);
  close_places_.reserve(kEventClosesMax);
  marks_.reserve(kEventMarksMax);
  indexes_.reserve(kEventIndexesMax);
}

StreamEventReader::Result StreamEventReader::read(const ApiKind& kind,
                                                  std::span<const uint8_t> data,
                                                  StreamCaptures& captures) noexcept {
  SP_CHECK(kind.stream.valid());
  event_ = StreamEvent{};
  deltas_.clear();
  delta_places_.clear();
  leaves_.clear();
  closes_.clear();
  close_places_.clear();
  marks_.clear();
  indexes_.clear();
  too_many_ = false;
  count_count_ = 0;
  may_repeat_ = true;
  if (kind.ends(data)) {
    event_.done = true;
    closes_.push_back(StreamClose{});
    event_.closes = closes_;
    return Result::Ok;
  }
  table_ = kind.stream;
  data_ = data;
  captures_ = &captures;
  walker_.begin_whole(kind.stream, *this);
  if (!walker_.feed(data) || !walker_.end())
    return too_many_ ? Result::TooManyParts : Result::BadJson;
  resolve_all();
  event_.deltas = deltas_;
  event_.leaves = leaves_;
  event_.closes = closes_;
  event_.marks = marks_;
  event_.counts = std::span(counts_).first(count_count_);
  event_.may_repeat = may_repeat_ && deltas_.size() == 1 && closes_.empty();
  return Result::Ok;
}

ChannelKey StreamEventReader::key_at(uint8_t channel, const Place& place) const noexcept {
  const contract::LlmShape& shape = table_.tables->shape(table_.shape);
  const uint8_t levels = table_.tables->channel(shape.channel_first + channel).key_levels;
  ChannelKey key;
  key.channel = channel;
  if (levels > 0) key.outer = resolve(0, place);
  if (levels > 1) key.inner = resolve(1, place);
  return key;
}

// Numbers may stand behind what they belong to: keys are known when the event has been read.
void StreamEventReader::resolve_all() noexcept {
  for (size_t i = 0; i < deltas_.size(); ++i)
    deltas_[i].key = key_at(deltas_[i].key.channel, delta_places_[i]);
  for (size_t i = 0; i < closes_.size(); ++i) {
    if (closes_[i].scope != CloseScope::All) closes_[i].outer = resolve(0, close_places_[i]);
    if (closes_[i].scope == CloseScope::Inner) closes_[i].inner = resolve(1, close_places_[i]);
  }
}

// The number that a member of the same element gave, else the element's position: some servers
// leave it out.
uint32_t StreamEventReader::resolve(uint8_t level, const Place& place) const noexcept {
  for (const IndexSeen& seen : indexes_) {
    if (seen.level != level || seen.index_count > place.index_count) continue;
    if (std::equal(seen.indexes.begin(), seen.indexes.begin() + seen.index_count,
                   place.indexes.begin()))
      return seen.value;
  }
  return place.index_count > level ? place.indexes[level] : 0;
}

bool StreamEventReader::leaf_begin(const Leaf& leaf) {
  leaf_ = leaf;
  value_size_ = 0;
  may_close_ = false;
  return true;
}

bool StreamEventReader::leaf_text(std::span<const uint8_t> decoded, uint64_t /*raw_start*/,
                                  uint64_t /*raw_end*/) {
  const size_t room = value_.size() - std::min<size_t>(value_size_, value_.size());
  if (!decoded.empty() && decoded.size() <= room)
    std::memcpy(value_.data() + value_size_, decoded.data(), decoded.size());
  value_size_ += static_cast<uint32_t>(decoded.size());
  return true;
}

bool StreamEventReader::leaf_end(uint64_t raw_end) {
  const bool is_string = leaf_.kind == LeafKind::String;
  if (!leaf_.is_key) {
    if (leaf_.role == LeafRole::OuterIndex && !note_index(0)) return false;
    if (leaf_.role == LeafRole::InnerIndex && !note_index(1)) return false;
    if (!note_closes()) return false;
    if (leaf_.capture != contract::kLlmNoChannel) note_capture(is_string ? raw_end + 1 : raw_end);
  }
  const uint64_t raw_start = leaf_.raw_start + (is_string ? 1 : 0);
  const contract::LlmShape& shape = table_.tables->shape(table_.shape);
  if (is_string && !leaf_.is_key && leaf_.channel < shape.channel_count) {
    if (deltas_.size() == kEventDeltasMax) return !(too_many_ = true);
    const contract::LlmChannel& channel =
        table_.tables->channel(shape.channel_first + leaf_.channel);
    StreamDelta delta;
    delta.key.channel = leaf_.channel;
    delta.text_class = static_cast<TextClass>(channel.text_class);
    delta.rule = leaf_.rule;
    delta.raw_start = raw_start;
    delta.raw_end = raw_end;
    deltas_.push_back(delta);
    delta_places_.push_back(Place{leaf_.index_count, leaf_.indexes});
    may_repeat_ = may_repeat_ && !may_close_ && !leaf_.selects &&
                  leaf_.capture == contract::kLlmNoChannel && leaf_.role == LeafRole::None;
    return true;
  }
  note_count(raw_end);
  // Numbers, flags and names of the grammar are no text; everything else is the caller's to judge.
  const bool is_text = is_string && !leaf_.is_key;
  if (!is_text && leaf_.text_class == TextClass::Structural && leaf_.role == LeafRole::None)
    return true;
  if (leaves_.size() == kEventLeavesMax) return !(too_many_ = true);
  leaves_.push_back(StreamLeaf{leaf_, raw_start, raw_end});
  return true;
}

// A text, a name or a flag whose reading depends on its own bytes, and nothing on it.
bool StreamEventReader::is_plain() const noexcept {
  switch (leaf_.role) {
    case LeafRole::MediaData:
    case LeafRole::MediaType:
    case LeafRole::OffsetItem:
    case LeafRole::OffsetPart:
      return false;
    default:
      break;
  }
  const TextClass c = leaf_.text_class;
  return c == TextClass::Structural || c == TextClass::T || c == TextClass::I;
}

void StreamEventReader::note_count(uint64_t raw_end) {
  may_repeat_ = may_repeat_ && is_plain();
  const bool counts = leaf_.role == LeafRole::None || leaf_.role == LeafRole::InputTokens ||
                      leaf_.role == LeafRole::OutputTokens;
  if (leaf_.is_key || leaf_.kind != LeafKind::Number || leaf_.text_class != TextClass::Structural ||
      !counts || may_close_)
    return;
  if (count_count_ == kEventCountsMax)
    may_repeat_ = false;
  else
    counts_[count_count_++] = StreamCount{leaf_.capture, leaf_.raw_start, raw_end};
}

bool StreamEventReader::marked(MarkKind kind, uint16_t rule, uint64_t raw_start, uint64_t raw_end) {
  if (marks_.size() == kEventMarksMax) return !(too_many_ = true);
  if (kind == MarkKind::Obfuscation && leaf_.text_class != TextClass::Structural)
    may_repeat_ = false;
  marks_.push_back(StreamMark{kind, rule, raw_start, raw_end});
  return true;
}

bool StreamEventReader::note_index(uint8_t level) {
  if (leaf_.kind == LeafKind::Literal || value_size_ > value_.size()) return true;
  uint32_t value = 0;
  if (leaf_.kind == LeafKind::String) {
    value =
        static_cast<uint32_t>(contract::llm_name_hash(base::text_of({value_.data(), value_size_})));
  } else {
    const char* first = reinterpret_cast<const char*>(value_.data());
    const auto [end, error] = std::from_chars(first, first + value_size_, value);
    if (error != std::errc() || end != first + value_size_) return true;
  }
  if (indexes_.size() == kEventIndexesMax) return !(too_many_ = true);
  indexes_.push_back(IndexSeen{level, leaf_.index_count, leaf_.indexes, value});
  return true;
}

bool StreamEventReader::note_closes() {
  if (leaf_.rule == kNoRule) return true;
  const contract::LlmShape& shape = table_.tables->shape(table_.shape);
  for (uint32_t i = 0; i < shape.close_count; ++i) {
    const contract::LlmClose& close = table_.tables->close(shape.close_first + i);
    if (close.rule != leaf_.rule || static_cast<CloseScope>(close.scope) == CloseScope::Item)
      continue;
    const std::string_view wanted = table_.tables->text(close.value);
    // A literal closes when the table names it only: null stands where nothing has ended.
    if (wanted.empty() && leaf_.kind == LeafKind::Literal) continue;
    if (!wanted.empty() &&
        (value_size_ > value_.size() || base::text_of({value_.data(), value_size_}) != wanted))
      continue;
    if (closes_.size() == kEventClosesMax) return !(too_many_ = true);
    closes_.push_back(StreamClose{static_cast<CloseScope>(close.scope), 0, 0});
    close_places_.push_back(Place{leaf_.index_count, leaf_.indexes});
  }
  return true;
}

void StreamEventReader::note_capture(uint64_t raw_end) {
  captures_->set(leaf_.capture, data_.subspan(leaf_.raw_start, raw_end - leaf_.raw_start));
}

void StreamCaptures::set(uint8_t capture, std::span<const uint8_t> raw) noexcept {
  if (capture >= kCapturesMax || raw.size() > kCaptureBytesMax) return;
  std::memcpy(bytes[capture].data(), raw.data(), raw.size());
  sizes[capture] = static_cast<uint8_t>(raw.size());
}

size_t write_delta_event(const ApiKind& kind, const ChannelKey& key, const StreamCaptures& captures,
                         std::string_view escaped, std::span<char> out) noexcept {
  const contract::LlmChannel& channel = channel_of(kind, key.channel);
  const ApiTables& tables = *kind.stream.tables;
  const contract::LlmShape& shape = tables.shape(kind.stream.shape);
  size_t used = 0;
  const auto put = [&](std::string_view text) {
    if (text.size() > out.size() - used) return false;
    if (!text.empty()) std::memcpy(out.data() + used, text.data(), text.size());
    used += text.size();
    return true;
  };
  for (uint32_t i = 0; i < channel.part_count; ++i) {
    const contract::LlmPart& part = tables.part(channel.part_first + i);
    std::array<char, kIndexDigitsMax> digits;
    bool fits = true;
    switch (static_cast<contract::PartKind>(part.kind)) {
      case contract::PartKind::Text:
        fits = put(tables.text(part.text));
        break;
      case contract::PartKind::OuterIndex:
      case contract::PartKind::InnerIndex: {
        const bool outer =
            static_cast<contract::PartKind>(part.kind) == contract::PartKind::OuterIndex;
        const auto end =
            std::to_chars(digits.begin(), digits.end(), outer ? key.outer : key.inner).ptr;
        fits = put({digits.data(), static_cast<size_t>(end - digits.data())});
        break;
      }
      case contract::PartKind::String:
        fits = put("\"") && put(escaped) && put("\"");
        break;
      case contract::PartKind::Capture: {
        const bool seen = captures.sizes[part.capture] != 0;
        fits = put(seen ? std::string_view(captures.bytes[part.capture].data(),
                                           captures.sizes[part.capture])
                        : tables.text(tables.capture(shape.capture_first + part.capture).fallback));
        break;
      }
    }
    if (!fits) return 0;
  }
  return used;
}

size_t delta_event_size_max(const ApiKind& kind, const ChannelKey& key,
                            size_t escaped_size) noexcept {
  const contract::LlmChannel& channel = channel_of(kind, key.channel);
  const ApiTables& tables = *kind.stream.tables;
  const contract::LlmShape& shape = tables.shape(kind.stream.shape);
  size_t size = escaped_size + 2;
  for (uint32_t i = 0; i < channel.part_count; ++i) {
    const contract::LlmPart& part = tables.part(channel.part_first + i);
    size += part.text.size + kIndexDigitsMax;
    if (static_cast<contract::PartKind>(part.kind) == contract::PartKind::Capture)
      size += std::max<size_t>(kCaptureBytesMax,
                               tables.capture(shape.capture_first + part.capture).fallback.size);
  }
  return size;
}

std::string_view delta_event_name(const ApiKind& kind, const ChannelKey& key) noexcept {
  return kind.stream.tables->text(channel_of(kind, key.channel).event_name);
}

TextClass channel_class(const ApiKind& kind, uint8_t channel) noexcept {
  return static_cast<TextClass>(channel_of(kind, channel).text_class);
}

std::string_view channel_name(const ApiKind& kind, uint8_t channel) noexcept {
  return kind.stream.tables->text(channel_of(kind, channel).name);
}

}  // namespace sallyport::llm
