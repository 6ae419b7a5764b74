// byte_mark.h: the byte order mark of UTF-8 in front of a JSON text, as Windows programs write
// files. It is no part of the text, and stays where it is.
//
// RFC 8259 8.1: nobody may write it, a reader may ignore it. Readers of files do.
// Owner   one text; reusable.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace sallyport::rewrite {

class ByteMark {
 public:
  static constexpr std::array<uint8_t, 3> kBytes{0xef, 0xbb, 0xbf};

  void begin() noexcept {
    taken_ = 0;
    is_open_ = true;
  }
  // A text that may have none.
  void close() noexcept {
    taken_ = 0;
    is_open_ = false;
  }
  // How many of the text's next bytes belong to it. Any chunking.
  size_t take(std::span<const uint8_t> raw) noexcept {
    size_t size = 0;
    while (is_open_ && size < raw.size()) {
      if (raw[size] != kBytes[taken_]) {
        is_open_ = false;
        break;
      }
      ++size;
      is_open_ = ++taken_ < kBytes.size();
    }
    return size;
  }
  // What was taken is only its beginning: a character of the text, unless more comes.
  bool is_cut() const noexcept { return taken_ > 0 && taken_ < kBytes.size(); }
  // The same, and what came behind it goes on otherwise.
  bool is_none() const noexcept { return is_cut() && !is_open_; }
  std::span<const uint8_t> taken() const noexcept { return std::span(kBytes).first(taken_); }

 private:
  size_t taken_ = 0;
  bool is_open_ = false;
};

}  // namespace sallyport::rewrite
