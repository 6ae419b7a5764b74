#include "dataplane/rewrite/body/stream_rewriter.h"

#include <algorithm>
#include <charconv>

#include "dataplane/base/bytes.h"
#include "dataplane/base/check.h"
#include "dataplane/llm/json_string.h"
#include "dataplane/mem/wipe.h"
#include "dataplane/mem/wiping_vector.h"
#include "dataplane/redact/json_escape.h"
#include "dataplane/rewrite/text/limits.h"

namespace sallyport::rewrite {
namespace {

constexpr std::string_view kNull = "null";
constexpr size_t kPaddingSyntaxBytes = 6;  // ,"":""
constexpr size_t kPaddingMemberBytesMax =
    llm::kKnownNameBytesMax + kPaddingSyntaxBytes + 2 * kPaddingBlockBytes;

using base::bytes_of;

// How many objects and arrays are open at data[until]. `data`: JSON.
size_t depth_at(std::span<const uint8_t> data, size_t until) noexcept {
  size_t depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < until; ++i) {
    const uint8_t c = data[i];
    if (c == '"') in_string = !in_string;
    if (in_string) {
      i += c == '\\' ? 1 : 0;
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
  }
  return depth;
}

// Only the text of a channel may stand still; every other text is decided where it is read.
class HoldGuard {
 public:
  HoldGuard(redact::EarlierTokens* earlier, bool may_hold) noexcept : earlier_(earlier) {
    if (earlier_ != nullptr) earlier_->may_hold = may_hold;
  }
  ~HoldGuard() {
    if (earlier_ != nullptr) earlier_->may_hold = false;
  }
  HoldGuard(const HoldGuard&) = delete;
  HoldGuard& operator=(const HoldGuard&) = delete;

 private:
  redact::EarlierTokens* earlier_;
};

// The largest count <= `count` that does not cut a UTF-8 character of `text`.
size_t whole_characters(std::span<const uint8_t> text, size_t count) noexcept {
  while (count > 0 && count < text.size() && (text[count] & 0xc0) == 0x80) --count;
  return count;
}

}  // namespace

StreamRewriter::~StreamRewriter() { wipe_buffers(); }

void StreamRewriter::wipe_buffers() noexcept {
  for (auto* buffer : {&released_, &escaped_, &edit_bytes_, &out_, &before_}) {
    mem::wipe(*buffer);
    buffer->clear();
  }
  own_events_.clear();
  for (auto& channel : channels_) {
    channel->held.clear();
  }
}

void StreamRewriter::begin(RewriteScope& scope, const llm::ApiKind& kind) {
  scope_ = &scope;
  scope.text_ends.clear();
  kind_ = kind;
  captures_ = llm::StreamCaptures{};
  facts_ = MessageFacts{};
  clean_.clear();
  repeated_.forget();
  may_hold_ = false;
  channel_count_ = 0;
  channel_texts_.begin();
  watch_.forget();
  watched_rule_ = llm::kNoRule;
  padding_name_size_ = 0;
  // A stream with many channels is rare, and each of them is large: what it took is given back.
  if (channels_.size() > kStreamChannelsKept) channels_.resize(kStreamChannelsKept);
  edits_.clear();
  wipe_buffers();
}

StreamRewriter::Channel* StreamRewriter::channel(const llm::StreamDelta& delta) {
  const llm::ChannelKey& key = delta.key;
  for (size_t i = 0; i < channel_count_; ++i)
    if (channels_[i]->open && channels_[i]->key == key) return channels_[i].get();
  Channel* free = nullptr;
  for (size_t i = 0; i < channel_count_ && free == nullptr; ++i)
    if (!channels_[i]->open) free = channels_[i].get();
  if (free == nullptr) {
    if (channel_count_ == kStreamChannelsMax) return nullptr;
    if (channel_count_ == channels_.size()) channels_.push_back(std::make_unique<Channel>());
    free = channels_[channel_count_++].get();
  }
  free->key = key;
  free->text_class = delta.text_class;
  free->open = true;
  free->ended = false;
  free->held.clear();
  free->emitted = free->fed = 0;
  if (delta.text_class == llm::TextClass::J) {
    if (free->arguments == nullptr)
      free->arguments = std::make_unique<ArgumentsRewriter>(kJsonNestingMax - 1);
    free->arguments->begin(*scope_, {}, &clean_);
  } else {
    const uint8_t name =
        delta.rule == llm::kNoRule ? uint8_t{0} : kind_.stream.tables->rule(delta.rule).offset_text;
    free->text.begin(
        *scope_, {}, {},
        name == 0 ? nullptr : channel_texts_.add_text(name, {2, {key.outer, key.inner}}));
    const auto* behind = scope_->text_ends.before(TextPlace::of_channel(key));
    if (behind != nullptr) free->text.go_on_behind(*behind);
  }
  return free;
}

bool StreamRewriter::feed(Channel& channel, std::span<const uint8_t> content) {
  llm::JsonStringPieces pieces(content, 0);
  const HoldGuard guard(scope_->earlier, may_hold_);
  while (pieces.next()) {
    channel.held.append(pieces.decoded());
    channel.fed += pieces.decoded().size();
    const bool ok = channel.text_class == llm::TextClass::J
                        ? channel.arguments->feed(pieces.decoded())
                        : channel.text.feed(pieces.decoded());
    if (!ok) return false;
  }
  if (channel.held.size() > kChannelHeldBytesMax) return scope_->refuse(Refusal::BuffersFull);
  return true;
}

bool StreamRewriter::end_channel(Channel& channel) {
  if (channel.ended) return true;
  channel.ended = true;
  if (channel.text_class == llm::TextClass::J) return channel.arguments->end();
  if (channel.fed > 0)
    scope_->text_ends.keep(TextPlace::of_channel(channel.key), channel.text.place_state());
  return channel.text.end();
}

bool StreamRewriter::closes(const llm::StreamEvent& event, const llm::ChannelKey& key) noexcept {
  if (event.done) return true;
  return std::any_of(event.closes.begin(), event.closes.end(), [&](const llm::StreamClose& close) {
    if (close.scope == llm::CloseScope::All) return true;
    return close.outer == key.outer &&
           (close.scope == llm::CloseScope::Outer || close.inner == key.inner);
  });
}

bool StreamRewriter::release(Channel& channel) {
  const bool is_json = channel.text_class == llm::TextClass::J;
  EditList& edits = is_json ? channel.arguments->edits() : channel.text.edits();
  const uint64_t edge = is_json ? channel.arguments->edge() : channel.text.edge();
  SP_CHECK(edge >= channel.emitted && edge <= channel.fed);
  const size_t count = whole_characters(channel.held.bytes(), edge - channel.emitted);
  const uint64_t until = channel.emitted + count;
  bool changed = false;
  uint64_t at = channel.emitted;
  size_t used = 0;
  const auto held = channel.held.bytes();
  for (const TextEdit& edit : edits.edits()) {
    if (edit.end > until) break;
    mem::append_wiping(released_, held.subspan(at - channel.emitted, edit.start - at));
    mem::append_wiping(released_, edits.replacement(edit));
    at = edit.end;
    changed = true;
    ++used;
  }
  mem::append_wiping(released_, held.subspan(at - channel.emitted, until - at));
  edits.drop_front(used);
  channel.held.drop_front(count);
  channel.emitted = until;
  return changed;
}

void StreamRewriter::add_edit(uint64_t start, uint64_t end, std::span<const uint8_t> bytes) {
  edits_.push_back(DataEdit{start, end, edit_bytes_.size(), bytes.size()});
  mem::append_wiping(edit_bytes_, bytes);
}

bool StreamRewriter::delta(const llm::StreamDelta& delta, bool closing,
                           std::span<const uint8_t> data) {
  Channel* target = channel(delta);
  if (target == nullptr) return scope_->refuse(Refusal::BuffersFull);
  const bool nothing_held = target->held.empty();
  if (!feed(*target, data.subspan(delta.raw_start, delta.raw_end - delta.raw_start))) return false;
  if (closing && !end_channel(*target)) return false;
  mem::wipe(released_);
  released_.clear();
  const bool edited = release(*target);
  if (nothing_held && !edited && target->held.empty()) return true;
  escaped_.resize(redact::json_escaped_size(released_, 1));
  redact::json_escape(released_, 1, escaped_);
  const auto was = data.subspan(delta.raw_start, delta.raw_end - delta.raw_start);
  if (std::equal(was.begin(), was.end(), escaped_.begin(), escaped_.end())) return true;
  add_edit(delta.raw_start, delta.raw_end, escaped_);
  text_changed_ = true;
  return true;
}

// Channels that end with this event but have no delta in it: what they held goes first, in its own
// event.
bool StreamRewriter::close_channels(const llm::StreamEvent& event) {
  for (size_t i = 0; i < channel_count_; ++i) {
    Channel& open = *channels_[i];
    if (!open.open || !closes(event, open.key)) continue;
    if (!end_channel(open)) return false;
    if (!open.held.empty() && !write_own_event(open)) return false;
    open.open = false;
  }
  return true;
}

bool StreamRewriter::write_own_event(Channel& channel) {
  mem::wipe(released_);
  released_.clear();
  release(channel);
  SP_CHECK(channel.held.empty());
  escaped_.resize(redact::json_escaped_size(released_, 1));
  redact::json_escape(released_, 1, escaped_);
  const std::string_view text(reinterpret_cast<const char*>(escaped_.data()), escaped_.size());
  // With room for padding, so that it never moves: a copy left behind would not be wiped.
  std::vector<char> event(llm::delta_event_size_max(kind_, channel.key, text.size()) +
                          kPaddingMemberBytesMax);
  size_t size = llm::write_delta_event(kind_, channel.key, captures_, text, event);
  SP_CHECK(size > 0);
  if (padding_name_size_ > 0) size = pad_own_event(event, size);
  const std::string_view text_event(event.data(), size);
  if (!tools_->check.is_json(bytes_of(text_event))) return scope_->refuse(Refusal::MalformedEvent);
  own_events_.push_back(OwnPlace{llm::delta_event_name(kind_, channel.key), before_.size(), size});
  mem::append_wiping(before_, bytes_of(text_event));
  mem::wipe({reinterpret_cast<uint8_t*>(event.data()), event.size()});
  return true;
}

// What is no delta in it is judged and counted.
bool StreamRewriter::read_event(std::span<const uint8_t> data) {
  repeated_.forget();
  if (tools_->reader.read(kind_, data, captures_) != llm::StreamEventReader::Result::Ok)
    return scope_->refuse(Refusal::MalformedEvent);
  Tally& tally = scope_->tally;
  if (tools_->reader.event().done) {
    tally.structure_bytes += data.size();
    return true;
  }
  const uint64_t inspected = tally.inspected_bytes;
  JsonRewriter& whole = tools_->whole;
  const auto numbers = tools_->reader.numbers_at(0, {});
  scope_->text_ends.begin_event(numbers.outer, numbers.inner);
  whole.begin_whole(*scope_, kind_.stream, &clean_);
  if (!whole.feed(data) || !whole.end()) return scope_->refuse(Refusal::MalformedEvent);
  for (const TextEdit& edit : whole.edits().edits())
    add_edit(edit.start, edit.end, whole.edits().replacement(edit));
  if (!edits_.empty()) text_changed_ = true;
  if (facts_.model_size == 0) facts_ = whole.facts();
  if (whole.is_clean() && repeated_.learn(data, tools_->reader.event()))
    repeated_inspected_ = tally.inspected_bytes - inspected - repeated_.text_bytes();
  return true;
}

// As the one before, of which all is known but its text: its padding is judged, and it is counted.
bool StreamRewriter::read_repeated(std::span<const uint8_t> data) {
  if (const auto padding = repeated_.padding(data); !padding.empty()) {
    TextRewriter& text = tools_->beside;
    text.begin(*scope_, {}, {}, nullptr, scan::Whole::Field);
    if (!text.hold(padding) || !text.end()) return false;
    text_changed_ = text.edits().count() > 0;  // all of it is renewed then
    text.edits().clear();
  }
  const uint64_t inspected = repeated_inspected_ + repeated_.text_bytes();
  scope_->tally.inspected_bytes += inspected;
  scope_->tally.structure_bytes += data.size() - inspected;  // nothing in it is opaque
  return true;
}

StreamRewriter::Result StreamRewriter::event(std::span<const uint8_t> data) {
  for (auto* buffer : {&edit_bytes_, &out_, &before_}) {
    mem::wipe(*buffer);
    buffer->clear();
  }
  own_events_.clear();
  edits_.clear();
  text_changed_ = false;
  const bool repeated = repeated_.read(data, captures_);
  if (!(repeated ? read_repeated(data) : read_event(data))) return Result::Refused;
  const llm::StreamEvent& event = repeated ? repeated_.event() : tools_->reader.event();
  for (size_t i = 0; i < event.deltas.size(); ++i) {
    const llm::StreamDelta& d = event.deltas[i];
    // Only the last delta of a channel in this event can be its end.
    const bool later =
        std::any_of(event.deltas.begin() + static_cast<std::ptrdiff_t>(i) + 1, event.deltas.end(),
                    [&](const auto& o) { return o.key == d.key; });
    if (!delta(d, !later && closes(event, d.key), data)) return Result::Refused;
  }
  if (!close_channels(event)) return Result::Refused;
  if (!repeated) move_numbers(event);
  watch_protected(event, data);
  note_padding_name(event, data);
  if (text_changed_) {
    strip_marks(event, data);
    renew_padding(event, data);
  }
  if (edits_.empty()) return Result::Unchanged;
  return apply(data) ? Result::Rewritten : Result::Refused;
}

std::span<const StreamRewriter::Continued> StreamRewriter::continued(
    std::span<const uint8_t> data) {
  continued_.clear();
  const auto begin = channels_.begin();
  const auto end = begin + static_cast<std::ptrdiff_t>(channel_count_);
  const auto holds = [](const auto& channel) { return channel->open && !channel->held.empty(); };
  if (std::none_of(begin, end, holds)) return {};
  llm::StreamCaptures unused = captures_;  // event() reads it again
  if (tools_->reader.read(kind_, data, unused) != llm::StreamEventReader::Result::Ok) return {};
  for (const llm::StreamDelta& delta : tools_->reader.event().deltas)
    for (auto at = begin; at != end; ++at) {
      if (!holds(*at) || (*at)->key != delta.key) continue;
      const auto held = (*at)->held.bytes();
      continued_.push_back({held.last(std::min<size_t>(held.size(), redact::kTokenTextBytesMax)),
                            data.subspan(delta.raw_start, delta.raw_end - delta.raw_start)});
    }
  return continued_;
}

// Log-probabilities and padding tell of the text as it was.
void StreamRewriter::strip_marks(const llm::StreamEvent& event, std::span<const uint8_t> data) {
  for (const llm::StreamMark& mark : event.marks) {
    std::erase_if(edits_, [&](const DataEdit& e) {
      return e.start >= mark.raw_start && e.end <= mark.raw_end;
    });
    if (mark.kind != llm::MarkKind::Strip) continue;
    // An empty list tells nothing, and stays the list that clients expect.
    const auto value = data.subspan(mark.raw_start, mark.raw_end - mark.raw_start);
    if (base::text_of(value) != "[]") add_edit(mark.raw_start, mark.raw_end, bytes_of(kNull));
  }
}

// Last, because it depends on the size of everything else.
void StreamRewriter::renew_padding(const llm::StreamEvent& event, std::span<const uint8_t> data) {
  for (const llm::StreamMark& mark : event.marks) {
    if (mark.kind != llm::MarkKind::Obfuscation) continue;
    // A null stands where the vendor's own padding is switched off.
    if (data[mark.raw_start] != '"') continue;
    size_t other = data.size() - (mark.raw_end - mark.raw_start) + 2;  // its quotes stay
    for (const DataEdit& edit : edits_) other = other - (edit.end - edit.start) + edit.size;
    add_edit(mark.raw_start + 1, mark.raw_end - 1, bytes_of(tools_->padding.next(other)));
  }
}

// Events of our own carry padding under the same name, or they would be the ones that tell.
void StreamRewriter::note_padding_name(const llm::StreamEvent& event,
                                       std::span<const uint8_t> data) {
  if (padding_name_size_ > 0) return;
  for (const llm::StreamMark& mark : event.marks) {
    if (mark.kind != llm::MarkKind::Obfuscation || data[mark.raw_start] != '"') continue;
    size_t end = mark.raw_start;  // back over the colon to the name's quotes
    while (end > 0 && data[end - 1] != '"') --end;
    size_t start = end > 0 ? end - 1 : 0;
    while (start > 0 && data[start - 1] != '"') --start;
    if (end == 0 || start == 0 || end - 1 - start > padding_name_.size()) continue;
    padding_name_size_ = static_cast<uint8_t>(end - 1 - start);
    padding_depth_ = depth_at(data, mark.raw_start);
    std::copy_n(data.begin() + static_cast<std::ptrdiff_t>(start), padding_name_size_,
                padding_name_.begin());
    return;
  }
}

// `event` is one object; answers its new size. The padding goes into the object in which the
// vendor's stands, where the event has one that ends with it.
size_t StreamRewriter::pad_own_event(std::vector<char>& event, size_t size) {
  const std::string_view tail(event.data(), size);
  if (size < padding_depth_ ||
      tail.substr(size - padding_depth_).find_first_not_of('}') != std::string_view::npos)
    return size;
  const std::string_view name(padding_name_.data(), padding_name_size_);
  const std::string_view padding = tools_->padding.next(size + name.size() + kPaddingSyntaxBytes);
  event.resize(size - padding_depth_);
  const auto put = [&](std::string_view s) { event.insert(event.end(), s.begin(), s.end()); };
  put(",\"");
  put(name);
  put("\":\"");
  put(padding);
  put("\"");
  event.insert(event.end(), padding_depth_, '}');
  return event.size();
}

void StreamRewriter::watch_protected(const llm::StreamEvent& event, std::span<const uint8_t> data) {
  for (const llm::StreamLeaf& leaf : event.leaves) {
    if (leaf.leaf.text_class != llm::TextClass::O || leaf.leaf.kind != llm::LeafKind::String)
      continue;
    const uint32_t outer =
        tools_->reader.numbers_at(leaf.leaf.index_count, leaf.leaf.indexes).outer;
    if (leaf.leaf.rule != watched_rule_ || outer != watched_outer_) watch_.begin(*scope_);
    watched_rule_ = leaf.leaf.rule;
    watched_outer_ = outer;
    llm::JsonStringPieces pieces(data.subspan(leaf.raw_start, leaf.raw_end - leaf.raw_start), 0);
    while (pieces.next()) watch_.feed(pieces.decoded());
  }
  if (event.done || !event.closes.empty()) {
    watch_.end();
    watched_rule_ = llm::kNoRule;
  }
}

// Numbers whose text is not in the event itself count in a channel.
void StreamRewriter::move_numbers(const llm::StreamEvent& event) {
  if (event.done) return;
  for (OffsetNumber number : tools_->whole.open_numbers()) {
    const auto at = tools_->reader.numbers_at(number.place.count, number.place.indexes);
    number.place = OffsetPlace{2, {at.outer, at.inner}};
    number.part.reset();  // what tells channels apart is in their numbers
    uint64_t moved = 0;
    const auto found = channel_texts_.map(number, redact::ShiftMap::Way::Forward, moved);
    if (found == OffsetBook::Found::None ||
        (found == OffsetBook::Found::Moved && moved == number.value))
      continue;
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.begin(), digits.end(), moved).ptr;
    const std::string_view text(digits.data(), end);
    add_edit(number.raw_start, number.raw_end,
             bytes_of(found == OffsetBook::Found::Moved ? text : kNull));
  }
}

bool StreamRewriter::apply(std::span<const uint8_t> data) {
  std::sort(edits_.begin(), edits_.end(),
            [](const auto& a, const auto& b) { return a.start < b.start; });
  uint64_t at = 0;
  for (const DataEdit& edit : edits_) {
    SP_CHECK(edit.start >= at && edit.end <= data.size());
    mem::append_wiping(out_, data.subspan(at, edit.start - at));
    mem::append_wiping(out_, std::span<const uint8_t>(edit_bytes_).subspan(edit.offset, edit.size));
    at = edit.end;
  }
  mem::append_wiping(out_, data.subspan(at));
  return repeated_.holds(out_) || tools_->check.is_json(out_) ||
         scope_->refuse(Refusal::MalformedEvent);
}

StreamRewriter::Result StreamRewriter::finish() {
  for (auto* buffer : {&out_, &before_}) {
    mem::wipe(*buffer);
    buffer->clear();
  }
  own_events_.clear();
  watch_.end();
  llm::StreamEvent end;
  end.done = true;
  return close_channels(end) ? Result::Unchanged : Result::Refused;
}

}  // namespace sallyport::rewrite
