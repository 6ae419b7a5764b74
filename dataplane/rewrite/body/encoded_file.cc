#include "dataplane/rewrite/body/encoded_file.h"

#include <algorithm>
#include <string_view>

#include "dataplane/base/ascii.h"
#include "dataplane/base/base64.h"
#include "dataplane/base/bytes.h"
#include "dataplane/base/check.h"
#include "dataplane/mem/wipe.h"
#include "dataplane/mem/wiping_vector.h"
#include "dataplane/rewrite/body/file_rewriter.h"
#include "dataplane/rewrite/text/limits.h"

namespace sallyport::rewrite {
namespace {

constexpr uint64_t kGroupBytes = 3;
constexpr uint64_t kGroupDigits = 4;
// Read at once.
constexpr size_t kFreshBytesMax = 4'096;
// Of one group, with what a decoder skips: a file whose digits stand further apart is none.
constexpr uint64_t kGroupCharactersMax = 255;

// The value of a digit of either alphabet; 64: it is none.
uint8_t digit_of(uint8_t c) noexcept {
  if (c == '-') return 62;
  if (c == '_') return 63;
  return base::base64_digit(static_cast<char>(c));
}

bool is_line_end(uint8_t c) noexcept { return c == '\r' || c == '\n'; }

// Behind "data:...;base64,"; 0: there is no such prefix.
size_t base64_prefix(std::string_view head) noexcept {
  constexpr std::string_view kData = "data:";
  constexpr std::string_view kMark = ";base64";
  if (head.size() < kData.size() ||
      !base::equals_ignoring_case(head.substr(0, kData.size()), kData))
    return 0;
  const size_t comma = head.find(',');
  if (comma == std::string_view::npos || comma < kMark.size()) return 0;
  const bool is_base64 =
      base::equals_ignoring_case(head.substr(comma - kMark.size(), kMark.size()), kMark);
  return is_base64 ? comma + 1 : 0;
}

// Nothing but digits of base64 and its padding, over lines or not.
bool is_base64(std::span<const uint8_t> text) noexcept {
  return std::all_of(text.begin(), text.end(),
                     [](uint8_t c) { return digit_of(c) != 64 || c == '=' || is_line_end(c); });
}

// A number with its dashes is base64 of something, too; nobody means that.
bool has_letter(std::span<const uint8_t> text) noexcept {
  return std::any_of(text.begin(), text.end(), [](uint8_t c) { return base::is_letter(c); });
}

// The first bytes of what `text` encodes.
size_t decode_head(std::span<const uint8_t> text, std::span<uint8_t> out) noexcept {
  uint32_t bits = 0;
  unsigned digits = 0;
  size_t size = 0;
  for (const uint8_t c : text) {
    const uint8_t value = digit_of(c);
    if (c == '=' && digits % kGroupDigits > 1) break;  // what follows is another file
    if (value == 64) continue;
    bits = bits << 6 | value;
    if (++digits % kGroupDigits == 1) continue;
    if (size == out.size()) break;
    out[size++] = static_cast<uint8_t>(bits >> (6 - 2 * ((digits - 1) % kGroupDigits)));
  }
  return size;
}

void encode(std::span<const uint8_t> bytes, bool url_alphabet, std::vector<uint8_t>& out) {
  out.resize(base::base64_size(bytes.size()));
  base::base64_encode(bytes, out);
  if (!url_alphabet) return;
  std::replace(out.begin(), out.end(), uint8_t{'+'}, uint8_t{'-'});
  std::replace(out.begin(), out.end(), uint8_t{'/'}, uint8_t{'_'});
}

uint64_t group_begin(uint64_t offset) noexcept { return offset - offset % kGroupBytes; }
uint64_t group_end(uint64_t offset) noexcept { return group_begin(offset + kGroupBytes - 1); }

}  // namespace

EncodedFile::EncodedFile() : map_(kMapPiecesMax) {}

EncodedFile::~EncodedFile() { wipe(); }

void EncodedFile::wipe() noexcept {
  head_.clear();
  fresh_.clear();
  window_.clear();
  mem::clear_wiping(edit_bytes_);
  edits_.clear();
}

void EncodedFile::begin(RewriteScope& scope, RoleSet roles) {
  wipe();
  scope_ = &scope;
  roles_ = roles;
  content_ = Content::Undecided;
  at_ = edge_ = 0;
  map_.begin();
  is_url_alphabet_ = is_json_ = is_edited_ = edit_is_open_ = false;
  is_padded_ = false;
  group_ = 0;
  group_digits_ = 0;
  rows_ = window_start_ = kept_ = decoded_ = 0;
}

bool EncodedFile::feed(std::span<const uint8_t> text) {
  SP_CHECK(content_ != Content::Binary);
  if (content_ == Content::Text) return pass(text);
  const size_t size = std::min(text.size(), kEncodedHeadBytesMax - head_.size());
  head_.append(text.first(size));
  if (head_.size() < kEncodedHeadBytesMax) return true;
  if (!decide(false)) return false;
  return content_ == Content::Binary || pass(text.subspan(size));
}

// `is_whole`: there is no more of it.
bool EncodedFile::decide(bool is_whole) {
  const auto head = head_.bytes();
  const size_t prefix = base64_prefix(base::text_of(head));
  const auto digits = head.subspan(prefix);
  std::array<uint8_t, kSniffBytesMax> bytes;
  const size_t size = decode_head(digits, bytes);
  const auto first = std::span<const uint8_t>(bytes).first(size);
  const bool encoded = is_base64(digits) && has_letter(digits) && size > 0;
  FileRewriter::Content sniffed = FileRewriter::Content::Text;
  if (encoded) sniffed = sniffed_content(first, is_whole && size < bytes.size());
  const bool is_text = !encoded || (sniffed != FileRewriter::Content::Opaque &&
                                    !(size >= kWideMarkBytes && is_wide_mark(first)));
  content_ = is_text ? Content::Text : Content::Binary;
  form_ = encoded ? Form::Encoded : Form::Plain;
  is_json_ = sniffed == FileRewriter::Content::JsonOrText;
  mem::wipe(bytes);
  bool ok = true;
  if (is_text) {
    if (is_json_ && json_ == nullptr) json_ = std::make_unique<ArgumentsRewriter>(0);
    if (is_json_)
      json_->begin(*scope_, roles_);
    else
      text_.begin(*scope_, {}, roles_);
    at_ = encoded ? prefix : 0;
    ok = pass(encoded ? digits : head);
  }
  head_.clear();
  return ok;
}

bool EncodedFile::end() {
  if (content_ == Content::Undecided && !decide(true)) return false;
  if (content_ == Content::Binary) return true;
  if (form_ == Form::Encoded && !put_rest(true)) return false;
  if (is_json_ ? !json_->end() : !text_.end()) return false;
  return take_edits(true);
}

bool EncodedFile::pass(std::span<const uint8_t> text) {
  if (form_ == Form::Encoded) return decode(text);
  at_ += text.size();
  return text_.feed(text) && take_edits(false);
}

bool EncodedFile::decode(std::span<const uint8_t> text) {
  for (const uint8_t c : text) {
    const uint64_t at = at_++;
    const uint8_t value = digit_of(c);
    if (value == 64) {
      is_padded_ = is_padded_ || (c == '=' && group_digits_ > 1);
      if (c == '=' && group_digits_ > 1) group_end_ = at_;
      continue;
    }
    if (c == '-' || c == '_') is_url_alphabet_ = true;
    if (is_padded_ && !put_rest(false)) return false;
    if (group_digits_ == 0) group_start_ = at;
    group_end_ = at_;
    group_ = group_ << 6 | value;
    if (++group_digits_ == kGroupDigits && !end_group()) return false;
  }
  return put_rows();
}

// Most groups stand side by side: they are one row of the map.
bool EncodedFile::end_group() {
  const std::array<uint8_t, kGroupBytes> bytes{static_cast<uint8_t>(group_ >> 16),
                                               static_cast<uint8_t>(group_ >> 8),
                                               static_cast<uint8_t>(group_)};
  group_digits_ = 0;
  const bool is_row = group_end_ - group_start_ == kGroupDigits;
  const bool goes_on = group_start_ == rows_start_ + rows_ * kGroupDigits;
  if (rows_ > 0 && (!is_row || !goes_on || fresh_.size() >= kFreshBytesMax) && !put_rows())
    return false;
  if (!is_row) return put_group(bytes);
  fresh_.append(bytes);
  if (rows_++ == 0) rows_start_ = group_start_;
  return true;
}

// What was decoded since goes to its reader.
bool EncodedFile::put_rows() {
  if (rows_ == 0) return true;
  if (!map_.add_row(rows_ * kGroupBytes, rows_start_, rows_ * kGroupDigits, kGroupBytes,
                    kGroupDigits))
    return scope_->refuse(Refusal::BuffersFull);
  rows_ = 0;
  return read();
}

// A group with a line end in it, or with padding behind it, is no part of a row.
bool EncodedFile::put_group(std::span<const uint8_t> bytes) {
  if (group_end_ - group_start_ > kGroupCharactersMax ||
      !map_.add(bytes.size(), group_start_, group_end_))
    return scope_->refuse(Refusal::BuffersFull);
  fresh_.append(bytes);
  return read();
}

// A group of which one or two bytes are there. Behind padding may begin what another encoder wrote:
// then blanks stand for the rest, so that groups stay groups of three.
bool EncodedFile::put_rest(bool is_last) {
  if (!put_rows()) return false;
  const unsigned digits = group_digits_;
  group_digits_ = 0;
  is_padded_ = false;
  if (digits < 2) return true;
  const uint32_t bits = group_ << (6 * (kGroupDigits - digits));
  std::array<uint8_t, kGroupBytes> bytes{static_cast<uint8_t>(bits >> 16), ' ', ' '};
  if (digits == 3) bytes[1] = static_cast<uint8_t>(bits >> 8);
  return put_group(std::span<const uint8_t>(bytes).first(is_last ? digits - 1 : kGroupBytes));
}

bool EncodedFile::read() {
  const auto bytes = fresh_.bytes();
  window_.append(bytes);
  decoded_ += bytes.size();
  const bool ok = is_json_ ? json_->feed(bytes) : text_.feed(bytes);
  fresh_.clear();
  return ok && take_edits(false);
}

uint64_t EncodedFile::text_edge() const noexcept { return is_json_ ? json_->edge() : text_.edge(); }

std::span<const uint8_t> EncodedFile::decoded(uint64_t start, uint64_t end) const noexcept {
  SP_CHECK(start >= window_start_ && end <= window_start_ + window_.size());
  return window_.bytes().subspan(start - window_start_, end - start);
}

// Decided edits of the text, as edits of the string.
bool EncodedFile::take_edits(bool is_end) {
  EditList& from = is_json_ ? json_->edits() : text_.edits();
  is_edited_ = is_edited_ || from.count() > 0;
  if (form_ == Form::Plain) {
    for (const TextEdit& edit : from.edits())
      edits_.add(edit.start, edit.end, from.replacement(edit));
    from.clear();
    edge_ = is_end ? at_ : text_edge();
    return true;
  }
  for (const TextEdit& edit : from.edits()) open_edit(edit, from.replacement(edit));
  from.clear();
  const uint64_t decided = is_end ? decoded_ : text_edge();
  // Another value could begin in its last group.
  if (edit_is_open_ && (is_end || decided >= group_end(edit_end_)))
    close_edit(std::min(group_end(edit_end_), decoded_));
  const uint64_t kept = edit_is_open_ ? edit_start_ : group_begin(decided);
  if (kept > kept_) {
    edge_ = map_.raw(kept - 1, kept).end;
    map_.drop_before(kept);
    window_start_ += window_.forget(kept - window_start_);
    kept_ = kept;
  }
  if (is_end) edge_ = at_;
  return true;
}

void EncodedFile::open_edit(const TextEdit& edit, std::span<const uint8_t> replacement) {
  if (edit_is_open_ && edit.start >= group_end(edit_end_)) close_edit(group_end(edit_end_));
  if (!edit_is_open_) {
    edit_is_open_ = true;
    edit_start_ = edit_end_ = group_begin(edit.start);
  }
  mem::append_wiping(edit_bytes_, decoded(edit_end_, edit.start));
  mem::append_wiping(edit_bytes_, replacement);
  edit_end_ = edit.end;
}

// `until`: the end of its last group.
void EncodedFile::close_edit(uint64_t until) {
  constexpr uint8_t kBlank = ' ';
  while ((edit_bytes_.size() + (until - edit_end_)) % kGroupBytes != 0)
    mem::append_wiping(edit_bytes_, {&kBlank, 1});
  mem::append_wiping(edit_bytes_, decoded(edit_end_, until));
  std::vector<uint8_t> encoded;
  encode(edit_bytes_, is_url_alphabet_, encoded);
  const redact::RawRange raw = map_.raw(edit_start_, until);
  edits_.add(raw.start, raw.end, encoded);
  mem::clear_wiping(encoded);
  mem::clear_wiping(edit_bytes_);
  edit_is_open_ = false;
}

}  // namespace sallyport::rewrite
