// chunked_twin.h: RFC 9112 7.1 read slowly, from a whole text: what body_decoder.h must agree with.
#pragma once

#include <ostream>
#include <string>
#include <string_view>

#include "dataplane/http/body_decoder.h"

namespace sallyport::http {

struct ChunkedRead {
  enum class End : uint8_t { NeedMore, Complete, Failed };
  End end = End::NeedMore;
  BodyError error = BodyError::None;
  std::string body;  // also what came before a failure
  std::string left;  // behind the body, when complete
  friend bool operator==(const ChunkedRead&, const ChunkedRead&) = default;
  friend std::ostream& operator<<(std::ostream& out, const ChunkedRead& read) {
    return out << static_cast<int>(read.end) << " " << body_error_name(read.error) << " body '"
               << read.body << "' left '" << read.left << "'";
  }
};

class SlowChunkedReader {
 public:
  explicit SlowChunkedReader(std::string_view text) : rest_(text) {}

  ChunkedRead read() {
    while (size_line() && size_ > 0 && data()) {
    }
    if (going_ && size_ == 0) trailers();
    return out_;
  }

 private:
  bool stop(ChunkedRead::End end, BodyError error = BodyError::None) {
    out_.end = end;
    out_.error = error;
    return going_ = false;
  }
  bool fail(BodyError error) { return stop(ChunkedRead::End::Failed, error); }
  bool wait() { return stop(ChunkedRead::End::NeedMore); }

  bool size_line() {
    constexpr std::string_view kHex = "0123456789abcdefABCDEF";
    size_ = 0;
    size_t digits = 0;
    bool extension = false;
    for (size_t i = 0;; ++i) {
      if (i == rest_.size()) return wait();
      const char c = rest_[i];
      if (c == '\r') {
        if (i + 1 == rest_.size()) return wait();
        if (rest_[i + 1] != '\n') return fail(BodyError::BadChunkEnd);
        if (digits == 0) return fail(BodyError::BadChunkSize);
        rest_.remove_prefix(i + 2);
        return true;
      }
      if (i == kChunkLineBytesMax) return fail(BodyError::ChunkLineTooLong);
      if (extension) {
        if (c == '\n' || c == '\0') return fail(BodyError::BadChunkSize);
      } else if (c == ';' && digits > 0) {
        extension = true;
      } else {
        if (kHex.find(c) == std::string_view::npos || digits == 15)
          return fail(BodyError::BadChunkSize);
        size_ = size_ * 16 + static_cast<uint64_t>(std::stoi(std::string(1, c), nullptr, 16));
        ++digits;
      }
    }
  }

  bool data() {
    const size_t have = std::min<uint64_t>(size_, rest_.size());
    out_.body += rest_.substr(0, have);
    rest_.remove_prefix(have);
    if (have < size_) return wait();
    if (rest_.empty()) return wait();
    if (rest_[0] != '\r') return fail(BodyError::BadChunkEnd);
    if (rest_.size() == 1) return wait();
    if (rest_[1] != '\n') return fail(BodyError::BadChunkEnd);
    rest_.remove_prefix(2);
    return true;
  }

  void trailers() {
    size_t bytes = 0;
    size_t in_line = 0;
    for (size_t i = 0; i < rest_.size(); ++i) {
      const char c = rest_[i];
      if (c == '\r') {
        if (i + 1 == rest_.size()) break;
        if (rest_[++i] != '\n') return void(fail(BodyError::BadTrailer));
        if (in_line == 0) {
          out_.left = rest_.substr(i + 1);
          return void(stop(ChunkedRead::End::Complete));
        }
        in_line = 0;
        continue;
      }
      if (c == '\n' || c == '\0') return void(fail(BodyError::BadTrailer));
      ++in_line;
      if (++bytes > kTrailerBytesMax) return void(fail(BodyError::TrailersTooLong));
    }
    wait();
  }

  std::string_view rest_;
  uint64_t size_ = 0;
  bool going_ = true;
  ChunkedRead out_;
};

inline ChunkedRead read_chunked_slowly(std::string_view text) {
  return SlowChunkedReader(text).read();
}

}  // namespace sallyport::http
