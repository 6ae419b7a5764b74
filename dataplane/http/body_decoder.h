// body_decoder.h: framed bytes to body bytes, whatever the framing and the cuts (RFC 9112 6 and 7).
//
// Owner  one message. No allocation but segments for a body part that shares its segment with
// framing.
#pragma once

#include <cstdint>
#include <string_view>

#include "dataplane/http/head.h"
#include "dataplane/mem/byte_chain.h"
#include "dataplane/mem/segment_pool.h"

namespace sallyport::http {

enum class BodyError : uint8_t {
  None,
  BadChunkSize,
  ChunkLineTooLong,
  BadChunkEnd,
  TrailersTooLong,
  BadTrailer
};
std::string_view body_error_name(BodyError error) noexcept;

class BodyDecoder {
 public:
  enum class Result : uint8_t { NeedMore, Complete, NoMemory /* call again later */, Failed };

  void begin(Framing framing, uint64_t content_length) noexcept;
  // Moves body bytes from `in` to the end of `out`; bytes behind the body stay in `in`.
  [[nodiscard]] Result feed(mem::ByteChain& in, mem::ByteChain& out,
                            mem::SegmentPool& pool) noexcept;
  // The peer closed. True: that was the end of the body (UntilClose), or the body was already
  // complete.
  bool end_of_input() noexcept;
  BodyError error() const noexcept { return error_; }
  uint64_t body_bytes() const noexcept { return body_bytes_; }

 private:
  enum class State : uint8_t {
    Counted,
    SizeLine,
    ChunkData,
    ChunkEnd,
    Trailers,
    UntilClose,
    Complete,
    Failed
  };

  Result fail(BodyError error) noexcept;
  Result line_byte(char c) noexcept;
  Result size_line_done() noexcept;

  State state_ = State::Complete;
  BodyError error_ = BodyError::None;
  uint64_t left_ = 0;
  uint64_t body_bytes_ = 0;
  size_t line_bytes_ = 0;
  size_t trailer_bytes_ = 0;
  uint8_t size_digits_ = 0;
  bool in_extension_ = false;
  bool saw_cr_ = false;
};

}  // namespace sallyport::http
