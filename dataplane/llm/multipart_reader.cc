#include "dataplane/llm/multipart_reader.h"

#include <algorithm>

#include "dataplane/base/ascii.h"
#include "dataplane/base/line_end.h"

namespace sallyport::llm {
namespace {

using base::equals_ignoring_case;
using base::without_ows;

bool is_control(char c) noexcept {
  const auto byte = static_cast<uint8_t>(c);
  return (byte < 0x20 && byte != '\t') || byte == 0x7f;
}

// Of a part's content-length: a file of a gigabyte has ten, and a card number does not fit.
constexpr size_t kLengthDigitsMax = 11;

bool is_name_byte(char c) noexcept { return base::is_alnum(static_cast<uint8_t>(c)) || c == '-'; }

}  // namespace

std::string_view multipart_error_name(MultipartError error) noexcept {
  static constexpr std::array<std::string_view, 12> kNames{
      "none",          "bad_boundary",   "preamble",        "epilogue",
      "bad_delimiter", "bad_header",     "header_too_long", "unnamed_part",
      "coded_part",    "too_many_parts", "truncated",       "stopped_by_sink"};
  return kNames[static_cast<size_t>(error)];
}

bool MultipartReader::fail(MultipartError error) noexcept {
  state_ = State::Failed;
  error_ = error;
  return false;
}

bool MultipartReader::begin(std::string_view boundary, MultipartSink& sink) noexcept {
  sink_ = &sink;
  offset_ = 0;
  part_count_ = 0;
  in_part_ = false;
  line_ = LineStart::Body;
  matched_ = 0;
  saw_ = 0;
  headers_size_ = 0;
  if (boundary.empty() || boundary.size() > kMultipartBoundaryBytesMax)
    return fail(MultipartError::BadBoundary);
  dashed_[0] = dashed_[1] = '-';
  std::copy(boundary.begin(), boundary.end(), dashed_.begin() + 2);
  dashed_size_ = boundary.size() + 2;
  state_ = State::Data;
  error_ = MultipartError::None;
  return true;
}

bool MultipartReader::feed(std::span<const uint8_t> raw) noexcept {
  size_t at = 0;
  while (at < raw.size() && state_ != State::Failed) {
    if (state_ == State::Data && line_ == LineStart::None) {
      const size_t taken = data_bytes(raw.subspan(at));
      at += taken;
      offset_ += taken;
      continue;
    }
    const uint8_t byte = raw[at];
    bool ok = true;
    switch (state_) {
      case State::Data:
        ok = data_byte(byte);
        break;
      case State::Delimiter:
      case State::Closed:
        ok = delimiter_byte(byte);
        break;
      case State::Headers:
        ok = header_byte(byte);
        break;
      case State::Done:
        ok = fail(MultipartError::Epilogue);
        break;
      case State::Failed:
        ok = false;
        break;
    }
    if (!ok) return false;
    ++at;
    ++offset_;
  }
  return state_ != State::Failed;
}

bool MultipartReader::end() noexcept {
  if (state_ == State::Failed) return false;
  if (state_ == State::Done || (state_ == State::Closed && saw_ == 0)) return true;
  return fail(MultipartError::Truncated);
}

bool MultipartReader::give(std::string_view bytes, uint64_t raw_start) noexcept {
  if (bytes.empty()) return true;
  if (!in_part_) return fail(MultipartError::Preamble);
  return sink_->part_data({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()},
                          raw_start) ||
         fail(MultipartError::StoppedBySink);
}

// The run up to the next line end, which may begin a delimiter.
size_t MultipartReader::data_bytes(std::span<const uint8_t> raw) noexcept {
  const size_t size = base::line_end(raw);
  if (!give({reinterpret_cast<const char*>(raw.data()), size}, offset_)) return size;
  if (size == raw.size()) return size;
  line_ = raw[size] == '\r' ? LineStart::Cr : LineStart::Lf;
  matched_ = 0;
  return size + 1;
}

// What was held as a possible delimiter is data: the line end, then what looked like a boundary.
bool MultipartReader::release_held() noexcept {
  std::string_view line_end;
  if (line_ == LineStart::Cr) line_end = "\r";
  if (line_ == LineStart::Lf) line_end = "\n";
  if (line_ == LineStart::CrLf) line_end = "\r\n";
  const std::string_view boundary(dashed_.data(), matched_);
  const uint64_t start = offset_ - matched_ - line_end.size();
  line_ = LineStart::None;
  matched_ = 0;
  return give(line_end, start) && give(boundary, start + line_end.size());
}

// At the start of a line.
bool MultipartReader::data_byte(uint8_t byte) noexcept {
  if (line_ == LineStart::Cr && matched_ == 0 && byte == '\n') {
    line_ = LineStart::CrLf;
    return true;
  }
  if (byte == static_cast<uint8_t>(dashed_[matched_])) {
    if (++matched_ < dashed_size_) return true;
    //= RFC 2046 5.1.1: the CRLF before the boundary belongs to the delimiter; the first needs none
    const bool is_delimiter = in_part_ ? line_ == LineStart::CrLf : line_ == LineStart::Body;
    if (!is_delimiter) return fail(MultipartError::BadDelimiter);
    if (in_part_ && !sink_->part_end()) return fail(MultipartError::StoppedBySink);
    in_part_ = false;
    state_ = State::Delimiter;
    saw_ = 0;
    return true;
  }
  if (!release_held()) return false;
  if (byte == '\r' || byte == '\n') {
    line_ = byte == '\r' ? LineStart::Cr : LineStart::Lf;
    return in_part_ || fail(MultipartError::Preamble);
  }
  const char c = static_cast<char>(byte);
  return give({&c, 1}, offset_);
}

// Behind a boundary: CRLF begins a part, "--" ends the body, with one CRLF at most behind it.
bool MultipartReader::delimiter_byte(uint8_t byte) noexcept {
  if (saw_ == 0) {
    const bool may = byte == '\r' || (byte == '-' && state_ == State::Delimiter);
    if (!may)
      return fail(state_ == State::Closed ? MultipartError::Epilogue
                                          : MultipartError::BadDelimiter);
    saw_ = byte;
    return true;
  }
  if (saw_ == '-') {
    if (byte != '-' || part_count_ == 0) return fail(MultipartError::BadDelimiter);
    state_ = State::Closed;
    saw_ = 0;
    return true;
  }
  if (byte != '\n')
    return fail(state_ == State::Closed ? MultipartError::Epilogue : MultipartError::BadDelimiter);
  saw_ = 0;
  if (state_ == State::Closed) {
    state_ = State::Done;
    return true;
  }
  if (++part_count_ > kMultipartPartsMax) return fail(MultipartError::TooManyParts);
  state_ = State::Headers;
  headers_size_ = 0;
  headers_start_ = offset_ + 1;
  return true;
}

bool MultipartReader::header_byte(uint8_t byte) noexcept {
  if (headers_size_ == headers_.size()) return fail(MultipartError::HeaderTooLong);
  headers_[headers_size_++] = static_cast<char>(byte);
  const std::string_view so_far(headers_.data(), headers_size_);
  if (byte != '\n') return true;
  if (!so_far.ends_with("\r\n")) return fail(MultipartError::BadHeader);
  return so_far.ends_with("\r\n\r\n") ? headers_done() : true;
}

bool MultipartReader::headers_done() noexcept {
  MultipartPart part;
  std::string_view rest(headers_.data(), headers_size_ - 2);
  uint64_t raw = headers_start_;
  bool has_disposition = false;
  std::array<std::string_view, 4> seen{};
  size_t seen_count = 0;
  while (!rest.empty()) {
    const size_t end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, end);
    const std::string_view name = line.substr(0, line.find(':'));
    for (size_t i = 0; i < seen_count; ++i)
      if (equals_ignoring_case(seen[i], name)) return fail(MultipartError::BadHeader);
    if (seen_count == seen.size()) return fail(MultipartError::BadHeader);
    seen[seen_count++] = name;
    if (!header_line(line, raw, part)) return false;
    has_disposition = has_disposition || equals_ignoring_case(name, "content-disposition");
    rest.remove_prefix(end + 2);
    raw += end + 2;
  }
  if (!has_disposition || part.name.empty()) return fail(MultipartError::UnnamedPart);
  in_part_ = true;
  state_ = State::Data;
  line_ = LineStart::Body;
  matched_ = 0;
  return sink_->part_begin(part) || fail(MultipartError::StoppedBySink);
}

bool MultipartReader::header_line(std::string_view line, uint64_t raw_start,
                                  MultipartPart& part) noexcept {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0 ||
      std::any_of(line.begin(), line.end(), is_control) ||
      !std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(colon), is_name_byte))
    return fail(MultipartError::BadHeader);
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = without_ows(line.substr(colon + 1));
  const uint64_t value_start = raw_start + static_cast<uint64_t>(value.data() - line.data());
  if (equals_ignoring_case(name, "content-disposition"))
    return disposition(value, value_start, part);
  if (equals_ignoring_case(name, "content-type")) {
    part.content_type = value;
    part.content_type_start = value_start;
    return true;
  }
  if (equals_ignoring_case(name, "content-transfer-encoding")) {
    //= RFC 7578 4.7: deprecated; these three change no byte
    const bool is_plain = equals_ignoring_case(value, "binary") ||
                          equals_ignoring_case(value, "8bit") ||
                          equals_ignoring_case(value, "7bit");
    return is_plain || fail(MultipartError::CodedPart);
  }
  // A length is what some clients add; nothing else has a meaning here (RFC 7578 4.8).
  const bool is_length = equals_ignoring_case(name, "content-length") &&
                         value.size() <= kLengthDigitsMax &&
                         std::all_of(value.begin(), value.end(), base::is_digit);
  return is_length || fail(MultipartError::BadHeader);
}

// form-data; name="..."; filename="..."
bool MultipartReader::disposition(std::string_view value, uint64_t raw_start,
                                  MultipartPart& part) noexcept {
  const char* const first = value.data();
  const size_t semicolon = std::min(value.find(';'), value.size());
  if (!equals_ignoring_case(without_ows(value.substr(0, semicolon)), "form-data"))
    return fail(MultipartError::BadHeader);
  std::string_view rest = value.substr(semicolon);
  while (!rest.empty()) {
    rest = without_ows(rest.substr(1));  // behind the semicolon
    const size_t equals = rest.find('=');
    if (equals == std::string_view::npos) return fail(MultipartError::BadHeader);
    const std::string_view name = rest.substr(0, equals);
    rest.remove_prefix(equals + 1);
    std::string_view text;
    if (rest.starts_with('"')) {
      const size_t quote = rest.find('"', 1);
      if (quote == std::string_view::npos) return fail(MultipartError::BadHeader);
      text = rest.substr(1, quote - 1);
      rest.remove_prefix(quote + 1);
    } else {
      text = without_ows(rest.substr(0, rest.find(';')));
      rest.remove_prefix(std::min(rest.find(';'), rest.size()));
    }
    rest = without_ows(rest);
    if (!rest.empty() && rest.front() != ';') return fail(MultipartError::BadHeader);
    // Some readers take a backslash for an escape, others for a character.
    if (text.find('\\') != std::string_view::npos) return fail(MultipartError::BadHeader);
    if (equals_ignoring_case(name, "name") && part.name.empty()) {
      part.name = text;
      part.name_start = raw_start + static_cast<uint64_t>(text.data() - first);
    } else if (equals_ignoring_case(name, "filename") && !part.has_filename) {
      part.filename = text;
      part.has_filename = true;
      part.filename_start = raw_start + static_cast<uint64_t>(text.data() - first);
    } else {  // filename* among them (RFC 7578 4.2)
      return fail(MultipartError::BadHeader);
    }
  }
  return true;
}

}  // namespace sallyport::llm
