// multipart_reader.h: reads multipart/form-data as it arrives and says which bytes are which part
// (RFC 7578, RFC 2046 5.1).
//
// The vendor must read the same parts as we: whatever two readers could cut differently is refused,
// by name. That is
//   1. text before the first or behind the last delimiter, white space behind a boundary;
//   2. a boundary at the start of a line that is no delimiter: behind a lone CR or LF, right behind
//      the headers, or with anything but CRLF or "--" behind it;
//   3. part headers that fold, stand twice, carry a coding, or have escapes in a name.
//
// What the sink sees, in order, per part:  part_begin(part)  part_data*(bytes)  part_end()
// The split into data pieces depends on the feeding; joined data, parts, offsets and errors do not.
//
// Limits   kMultipart... below.
// Owner    one worker; no allocation after construction. Views are valid during the call.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace sallyport::llm {

// An upload has a file and a handful of fields; image edits send up to 16 files.
inline constexpr uint32_t kMultipartPartsMax = 256;
// All headers of one part. Browsers and SDKs write two lines.
inline constexpr size_t kMultipartHeaderBytesMax = 4'096;
inline constexpr size_t kMultipartBoundaryBytesMax = 70;  // RFC 2046 5.1.1

enum class MultipartError : uint8_t {
  None,
  BadBoundary,
  Preamble,      // something before the first delimiter
  Epilogue,      // something behind the last one
  BadDelimiter,  // a boundary that could be one, and is none
  BadHeader,
  HeaderTooLong,
  UnnamedPart,
  CodedPart,  // a content-transfer-encoding that changes bytes
  TooManyParts,
  Truncated,
  StoppedBySink
};
std::string_view multipart_error_name(MultipartError error) noexcept;

struct MultipartPart {
  std::string_view name;
  std::string_view filename;
  std::string_view content_type;
  bool has_filename = false;
  // Raw offsets of their first bytes, behind a quote.
  uint64_t name_start = 0;
  uint64_t filename_start = 0;
  uint64_t content_type_start = 0;
};

// Callbacks answer false to stop (StoppedBySink).
class MultipartSink {
 public:
  virtual bool part_begin(const MultipartPart& part) = 0;
  virtual bool part_data(std::span<const uint8_t> bytes, uint64_t raw_start) = 0;
  virtual bool part_end() = 0;

 protected:
  ~MultipartSink() = default;
};

class MultipartReader {
 public:
  // `sink` must outlive the body. False: no boundary (BadBoundary).
  [[nodiscard]] bool begin(std::string_view boundary, MultipartSink& sink) noexcept;
  // False: refused, error() says why; later calls change nothing.
  [[nodiscard]] bool feed(std::span<const uint8_t> raw) noexcept;
  [[nodiscard]] bool end() noexcept;

  MultipartError error() const noexcept { return error_; }
  uint64_t offset() const noexcept { return offset_; }
  uint32_t part_count() const noexcept { return part_count_; }

 private:
  enum class State : uint8_t { Data, Delimiter, Closed, Headers, Done, Failed };
  // How the line that may hold a boundary began.
  enum class LineStart : uint8_t { None, Body /* or the part's content */, Cr, Lf, CrLf };

  bool fail(MultipartError error) noexcept;
  size_t data_bytes(std::span<const uint8_t> raw) noexcept;
  bool data_byte(uint8_t byte) noexcept;
  bool release_held() noexcept;
  bool delimiter_byte(uint8_t byte) noexcept;
  bool header_byte(uint8_t byte) noexcept;
  bool headers_done() noexcept;
  bool header_line(std::string_view line, uint64_t raw_start, MultipartPart& part) noexcept;
  bool disposition(std::string_view value, uint64_t raw_start, MultipartPart& part) noexcept;
  bool give(std::string_view bytes, uint64_t raw_start) noexcept;

  MultipartSink* sink_ = nullptr;
  std::array<char, kMultipartBoundaryBytesMax + 2> dashed_{};  // "--" and the boundary
  size_t dashed_size_ = 0;
  State state_ = State::Failed;
  MultipartError error_ = MultipartError::BadBoundary;
  uint64_t offset_ = 0;
  uint32_t part_count_ = 0;
  bool in_part_ = false;
  LineStart line_ = LineStart::Body;
  size_t matched_ = 0;  // of dashed_, at the start of this line
  uint8_t saw_ = 0;     // first of two bytes: behind a boundary, or CR of a line end
  std::array<char, kMultipartHeaderBytesMax> headers_{};
  size_t headers_size_ = 0;
  uint64_t headers_start_ = 0;
};

}  // namespace sallyport::llm
