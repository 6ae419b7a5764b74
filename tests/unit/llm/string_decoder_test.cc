// Every vector level against a loop over bytes.
#include "dataplane/llm/string_decoder.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "dataplane/base/cpu.h"
#include "dataplane/llm/json_string.h"

namespace sallyport::llm {
namespace {

struct Said {
  std::string text;
  std::vector<size_t> raw_of;  // for each decoded byte the raw offset of its piece or of itself
  size_t raw_size = 0;
  bool ascii = true;
  friend bool operator==(const Said&, const Said&) = default;
};

Said slow(const std::vector<uint8_t>& raw) {
  Said said;
  size_t at = 0;
  while (at < raw.size() && said.text.size() + 4 <= kStretchBytes) {
    const uint8_t c = raw[at];
    if (c < 0x20 || c == '"') break;
    if (c != '\\') {
      said.text += static_cast<char>(c);
      said.raw_of.push_back(at++);
    } else {
      uint32_t code_point = 0;
      const size_t size = decode_escape(std::span(raw).subspan(at), code_point);
      if (size == 0) break;
      std::array<uint8_t, 4> bytes;
      const size_t count = encode_utf8(code_point, bytes);
      said.text.append(reinterpret_cast<const char*>(bytes.data()), count);
      said.raw_of.insert(said.raw_of.end(), count, at);
      at += size;
    }
  }
  for (char c : said.text) said.ascii = said.ascii && static_cast<uint8_t>(c) < 0x80;
  said.raw_size = at;
  return said;
}

Said said_by(const std::vector<uint8_t>& raw) {
  auto stretch = std::make_unique<Stretch>();
  decode_string(raw, *stretch);
  Said said;
  said.text.assign(reinterpret_cast<const char*>(stretch->text.data()), stretch->size);
  said.raw_size = stretch->raw_size;
  said.ascii = stretch->ascii;
  size_t at = 0;
  for (size_t i = 0; i < stretch->piece_count; ++i) {
    const TextPiece& piece = stretch->pieces[i];
    for (size_t d = 0; d < piece.decoded_size; ++d)
      said.raw_of.push_back(at + raw_unit(piece, d).start);
    at += piece.raw_size;
  }
  EXPECT_EQ(at, stretch->raw_size);
  EXPECT_EQ(stretch->stopped, stretch->raw_size < raw.size());
  return said;
}

void expect_all_levels(const std::string& text) {
  const std::vector<uint8_t> raw(text.begin(), text.end());
  const Said expected = slow(raw);
  for (const base::Simd simd : base::usable_simd()) {
    const base::ForcedSimd forced(simd);
    ASSERT_EQ(said_by(raw), expected) << base::simd_name(simd) << ": " << text;
  }
}

TEST(StringDecoder, EveryKindOfByteAtEveryPlaceOfAVector) {
  expect_all_levels("");
  for (size_t size : {1U, 15U, 16U, 17U, 31U, 33U, 64U, 65U, 130U}) {
    for (size_t at = 0; at < size; ++at) {
      for (const char* put :
           {"\"", "\\n", "\x1f", "\x01", " ", "\x7f", "\xc3\xa9", "\\u00e9", "\\\\", "\\/",
            "\\\\\\n", "\\\n", "\\\xc3\xa9", "\\x", "\\ud83d\\ude00", "\\ud83d", "\\u12"}) {
        std::string text(size, 'a');
        text.replace(at, 1, put);
        expect_all_levels(text);
      }
    }
  }
}

TEST(StringDecoder, RandomTexts) {
  std::mt19937_64 random(5);
  const std::vector<std::string> pieces = {"prose of some length ",
                                           "\\n",
                                           "\\n\\n",
                                           "\\u4e2d\\u6587",
                                           "\xe4\xb8\xad",
                                           "\\\"",
                                           "x",
                                           "\\\\",
                                           "\\\\\\\\\\n",
                                           "\\/\\t\\b\\f\\r",
                                           "\\\\n",
                                           "\\a",
                                           "\\\\\""};
  for (int round = 0; round < 4'000; ++round) {
    std::string text;
    for (uint64_t i = random() % 40; i > 0; --i) text += pieces[random() % pieces.size()];
    if (random() % 3 == 0) text += "\"rest";
    expect_all_levels(text);
  }
}

// No more pieces and no more bytes than there is room for; what is left is for the next pass.
TEST(StringDecoder, AFullStretchEndsThePass) {
  for (const base::Simd simd : base::usable_simd()) {
    const base::ForcedSimd forced(simd);
    auto stretch = std::make_unique<Stretch>();
    for (const char* unit : {"a", "\\u4e2d", "\\na", "\\n\\u4e2d\\ud83d\\ude00"}) {
      std::string text;
      while (text.size() < 20 * kStretchBytes) text += unit;
      const std::vector<uint8_t> raw(text.begin(), text.end());
      size_t at = 0;
      while (at < raw.size()) {
        decode_string(std::span(raw).subspan(at), *stretch);
        ASSERT_FALSE(stretch->stopped);
        ASSERT_GT(stretch->raw_size, 0U);
        ASSERT_LE(stretch->size, kStretchBytes);
        ASSERT_LE(stretch->piece_count, kStretchPieces);
        at += stretch->raw_size;
      }
    }
  }
}

}  // namespace
}  // namespace sallyport::llm
