// head_parser.h: bytes to a request or response head.
//
// The head is collected until its empty line and then read as a whole: the result cannot depend on
// how the bytes were cut. We are stricter than RFC 9112 allows a server to be: bare CR or LF,
// folding, white space before the colon, list-valued lengths and every transfer coding but a lone
// `chunked` are refused, because the vendor's parser might read them differently than ours.
//
// Owner  one connection. The buffer is wiped by reset(): heads carry credentials.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "dataplane/http/head.h"
#include "dataplane/mem/byte_chain.h"

namespace sallyport::http {

class HeadBuffer {
 public:
  enum class Result : uint8_t { NeedMore, Complete, Failed };

  // Takes bytes from `in` up to and with the empty line; later bytes stay in `in`.
  Result take(mem::ByteChain& in) noexcept;
  void reset() noexcept;
  bool empty() const noexcept { return size_ == 0; }
  HeadError error() const noexcept { return error_; }
  // The head with its last empty line.
  std::string_view text() const noexcept { return {bytes_.data(), size_}; }

 private:
  std::array<char, kHeadBytesMax> bytes_;
  size_t size_ = 0;
  HeadError error_ = HeadError::None;
};

class RequestHeadParser {
 public:
  using Result = HeadBuffer::Result;
  ~RequestHeadParser() { reset(); }
  void reset() noexcept;
  // REQUIRES: not complete since the last reset().
  [[nodiscard]] Result feed(mem::ByteChain& in) noexcept;
  // Nothing of a head has arrived: an idle connection may be closed silently.
  bool empty() const noexcept { return buffer_.empty(); }
  const RequestHead& head() const noexcept { return head_; }
  HeadError error() const noexcept { return error_; }

 private:
  HeadError parse() noexcept;
  HeadError parse_target() noexcept;
  HeadError judge() noexcept;

  HeadBuffer buffer_;
  RequestHead head_;
  HeadError error_ = HeadError::None;
  std::string_view authority_;  // of an absolute-form target
};

class ResponseHeadParser {
 public:
  using Result = HeadBuffer::Result;
  ~ResponseHeadParser() { reset(); }
  void reset() noexcept;
  // `request_was_head`: no body follows whatever the fields say.
  [[nodiscard]] Result feed(mem::ByteChain& in, bool request_was_head) noexcept;
  bool empty() const noexcept { return buffer_.empty(); }
  const ResponseHead& head() const noexcept { return head_; }
  HeadError error() const noexcept { return error_; }

 private:
  HeadError parse(bool request_was_head) noexcept;
  HeadError judge(bool request_was_head) noexcept;

  HeadBuffer buffer_;
  ResponseHead head_;
  HeadError error_ = HeadError::None;
};

}  // namespace sallyport::http
