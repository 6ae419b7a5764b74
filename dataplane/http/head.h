// head.h: what a request or response head means, as values (RFC 9110, RFC 9112).
//
// Names and values are views into the parser's buffer: valid until its next reset().
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "dataplane/base/ascii.h"
#include "dataplane/http/limits.h"

namespace sallyport::http {

struct Header {
  std::string_view name;   // as it came; compare with name_is()
  std::string_view value;  // without surrounding white space
};

// Of names of fields and of tokens (RFC 9110, 5.1 and 5.6.2).
using base::equals_ignoring_case;
using base::without_ows;
// Does the comma-separated list hold the token, in any case?
bool list_has_token(std::string_view list, std::string_view token) noexcept;

// How the body's end is known (RFC 9112 6.3).
enum class Framing : uint8_t { None, ContentLength, Chunked, UntilClose };

class Headers {
 public:
  size_t size() const noexcept { return count_; }
  const Header& operator[](size_t i) const noexcept { return headers_[i]; }
  const Header* begin() const noexcept { return headers_.data(); }
  const Header* end() const noexcept { return headers_.data() + count_; }
  // First value of the name; empty view with data() == nullptr when absent.
  std::string_view find(std::string_view name) const noexcept;
  size_t count_of(std::string_view name) const noexcept;
  [[nodiscard]] bool add(Header header) noexcept;
  void clear() noexcept { count_ = 0; }

 private:
  std::array<Header, kHeaderCountMax> headers_;
  size_t count_ = 0;
};

struct RequestHead {
  std::string_view method;
  std::string_view target;  // as it came
  std::string_view path;    // without query; of an absolute-form target its path
  std::string_view query;   // without '?'
  std::string_view host;    // of the Host field, without port
  Headers headers;
  Framing framing = Framing::None;
  uint64_t content_length = 0;
  bool keep_alive = true;
  bool expect_continue = false;
  bool is_old = false;           // HTTP/1.0
  bool upgrade = false;          // asks for another protocol
  bool content_encoded = false;  // a content-encoding other than identity
};

struct ResponseHead {
  uint16_t status = 0;
  Headers headers;
  Framing framing = Framing::None;
  uint64_t content_length = 0;
  bool keep_alive = true;
  bool content_encoded = false;
  std::string_view content_type;  // without parameters
};

// Why a head is refused. Every ambiguity is one: what two parsers could read differently is not
// passed on.
enum class HeadError : uint8_t {
  None,
  TooLarge,
  TooManyHeaders,
  BadStartLine,
  BadVersion,
  BadMethod,
  BadTarget,
  BadLineEnd,
  BadHeaderName,
  BadHeaderValue,
  LineFolding,
  SpaceBeforeColon,
  MissingHost,
  DuplicateHost,
  BadHost,
  HostMismatch,
  LengthAndChunked,
  DuplicateLength,
  BadLength,
  BadTransferCoding,
  OldVersionChunked,
  BadExpectation,
  BadStatus,
  BadContentType,
  Connect,  // a tunnel is asked for
  Http2,    // the preface of a client that speaks nothing else
  kCount
};
std::string_view head_error_name(HeadError error) noexcept;

}  // namespace sallyport::http
