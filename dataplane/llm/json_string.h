// json_string.h: the content of one JSON string that is at hand as a whole, piece by piece.
//
// For a stream event: its data has been walked (so it is valid), and the text of one delta is to be
// fed to the scanner with the map from decoded to raw. The pieces are those of json_walker.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace sallyport::llm {

class JsonStringPieces {
 public:
  // `content`: the bytes between the quotes. `raw_base`: the raw offset of its first byte.
  // REQUIRES: the walker has accepted it. On text it did not accept, next() ends early; it never
  // reads beyond.
  JsonStringPieces(std::span<const uint8_t> content, uint64_t raw_base) noexcept
      : content_(content), raw_base_(raw_base) {}

  // False: no more. The views are valid until the next call.
  bool next() noexcept;
  std::span<const uint8_t> decoded() const noexcept { return decoded_; }
  uint64_t raw_start() const noexcept { return raw_start_; }
  uint64_t raw_end() const noexcept { return raw_end_; }

 private:
  std::span<const uint8_t> content_;
  uint64_t raw_base_;
  size_t at_ = 0;
  std::span<const uint8_t> decoded_;
  std::array<uint8_t, 4> escape_{};
  uint64_t raw_start_ = 0;
  uint64_t raw_end_ = 0;
};

// UTF-8 of a code point below U+110000; answers its size.
size_t encode_utf8(uint32_t code_point, std::array<uint8_t, 4>& out) noexcept;

}  // namespace sallyport::llm
