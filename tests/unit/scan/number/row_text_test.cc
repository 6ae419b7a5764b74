#include "dataplane/scan/number/row_text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>

#include "dataplane/scan/number/shape_window.h"
#include "dataplane/scan/validate/letters.h"
#include "tests/unit/scan/recognise/recognise_fixture.h"

namespace sallyport::scan {
namespace {

// What it says in a slow and obvious way.
struct RowTwin {
  std::string characters, digits, letters;

  RowTwin(const Row& row, size_t group) {
    for (size_t g = group; g < row.count; ++g)
      for (const uint8_t c : row.of(g)) {
        characters += static_cast<char>(to_upper(c));
        digits += is_digit(c) ? '1' : '0';
        letters += is_letter(c) ? '1' : '0';
      }
  }
};

std::string bits_of(uint64_t bits, size_t size) {
  std::string out;
  for (size_t i = 0; i < size; ++i) out += (bits >> i & 1) != 0 ? '1' : '0';
  return out;
}

void expect_like_its_twin(const std::string& text) {
  Row row;
  if (!row_of(text, row)) return;
  const auto said = std::make_unique<RowText>();
  said->read(row);
  for (size_t g = 0; g < row.count; ++g) {
    const RowTwin twin(row, g);
    const size_t size = std::min<size_t>(twin.characters.size(), 64);
    const auto characters = said->from(g, twin.characters.size());
    EXPECT_EQ(std::string(characters.begin(), characters.end()), twin.characters) << text;
    EXPECT_EQ(bits_of(said->form_from(g).digits, size), twin.digits.substr(0, size)) << text;
    EXPECT_EQ(bits_of(said->form_from(g).letters, size), twin.letters.substr(0, size)) << text;
    const auto own = row.of(g);
    const bool lower = std::any_of(own.begin(), own.end(), is_lower);
    EXPECT_EQ(said->has_lower(g), lower) << text;
    EXPECT_EQ(said->mixes_case(g), lower && std::any_of(own.begin(), own.end(), is_upper)) << text;
    if (g + 1 == row.count) continue;
    const auto between = row.gap(g);
    const RowText::Gap& gap = said->gap(g);
    EXPECT_EQ(gap.first, between[0]);
    EXPECT_EQ(gap.single, between.size() == 1);
    EXPECT_EQ(gap.usual, between.size() == 1 && RowText::is_usual_separator(between[0]));
    EXPECT_EQ(gap.punctuation, between.size() == 1 && RowText::is_punctuation(between[0]));
    EXPECT_EQ(gap.line, std::find(between.begin(), between.end(), '\n') != between.end());
  }
}

// Of groups and gaps that a row may have, up to the bytes and groups that it may have.
std::string made_up(std::mt19937& draw) {
  constexpr std::string_view kSeparators = " -./()+_,:*`'\"#|\n\r\t";
  constexpr std::string_view kLetters = "abzABZ";
  std::string text = "7";
  size_t groups = 1;
  while (text.size() < kRowBytesMax && groups < kGroupsMax && draw() % 40 != 0) {
    for (size_t i = 0, size = 1 + draw() % 3; i < size; ++i)
      text += kSeparators[draw() % kSeparators.size()];
    const bool mixed = draw() % 3 == 0;
    for (size_t i = 0, size = 1 + draw() % (draw() % 8 == 0 ? 64 : 6); i < size; ++i)
      text += i > 0 && mixed && draw() % 2 == 0 ? kLetters[draw() % kLetters.size()]
                                                : static_cast<char>('0' + draw() % 10);
    ++groups;
  }
  return text;
}

TEST(RowText, IsLikeItsTwinForMadeUpRows) {
  std::mt19937 draw(20261126);
  for (unsigned i = 0; i < 600; ++i) expect_like_its_twin(made_up(draw));
}

TEST(RowText, ReadsNothingBehindTheText) {
  // A row of its own allocation each, so that a sanitizer sees a byte too many.
  for (size_t size = 1; size <= 40; ++size) expect_like_its_twin(std::string(size, '4'));
}

TEST(RowText, AWindowSeesItsGroupsAlone) {
  Row row;
  ASSERT_TRUE(row_of("12-34-5678 AB", row));
  RowText text;
  text.read(row);
  ShapeWindow window(row, text, 1);
  ASSERT_TRUE(window.grow());
  EXPECT_EQ(window.length(), 2U);
  ASSERT_TRUE(window.grow());
  const auto characters = window.characters();
  EXPECT_EQ(std::string(characters.begin(), characters.end()), "345678");
  EXPECT_TRUE(window.is_regular());
  EXPECT_TRUE(window.may_fit(0b111111, 0));
  EXPECT_FALSE(window.may_fit(0b011111, 0b100000));
}

}  // namespace
}  // namespace sallyport::scan
