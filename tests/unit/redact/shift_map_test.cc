#include "dataplane/redact/shift_map.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::redact {
namespace {

using Way = ShiftMap::Way;

std::span<const uint8_t> bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::array<uint64_t, 3> count(std::string_view text) {
  UnitCount c;
  c.add(bytes(text));
  return c.of;
}

struct Piece {
  std::string original;
  std::string replaced;
  bool changed = false;
};

// The slow way: piece by piece.
uint64_t expected(const std::vector<Piece>& pieces, Way way, size_t unit, uint64_t position,
                  bool is_end) {
  uint64_t from = 0;
  uint64_t to = 0;
  for (const Piece& p : pieces) {
    const uint64_t size = count(way == Way::Forward ? p.original : p.replaced)[unit];
    const uint64_t other = count(way == Way::Forward ? p.replaced : p.original)[unit];
    if (position < from + size) {
      if (!p.changed) return to + (position - from);
      return position == from || !is_end ? to : to + other;
    }
    from += size;
    to += other;
  }
  return to + (position - from);
}

TEST(ShiftMap, CountsTheThreeUnitsOfVendors) {
  EXPECT_EQ(count("abc"), (std::array<uint64_t, 3>{3, 3, 3}));
  EXPECT_EQ(count("\xc3\xa9"), (std::array<uint64_t, 3>{1, 1, 2}));
  EXPECT_EQ(count("\xe2\x82\xac"), (std::array<uint64_t, 3>{1, 1, 3}));
  EXPECT_EQ(count("\xf0\x9f\x98\x80"), (std::array<uint64_t, 3>{1, 2, 4}));
}

TEST(ShiftMap, APositionInsideAReplacementBecomesItsStartOrItsEnd) {
  ShiftMap map;
  map.begin();
  map.keep(bytes("to "));
  map.replace(bytes("a@b.org"), bytes("[EMAIL-1]"));
  map.keep(bytes(" now"));
  EXPECT_EQ(map.map(Way::Forward, 0, 2, false), 2U);
  EXPECT_EQ(map.map(Way::Forward, 0, 3, false), 3U);
  EXPECT_EQ(map.map(Way::Forward, 0, 5, false), 3U);
  EXPECT_EQ(map.map(Way::Forward, 0, 5, true), 12U);
  EXPECT_EQ(map.map(Way::Forward, 0, 10, true), 12U);
  EXPECT_EQ(map.map(Way::Forward, 0, 14, true), 16U);
  EXPECT_EQ(map.map(Way::Backward, 0, 12, true), 10U);
  EXPECT_EQ(map.map(Way::Backward, 0, 7, false), 3U);
}

TEST(ShiftMap, EveryPositionOfEveryTextIsWhereTheSlowWayHasIt) {
  static constexpr const char* kPieces[] = {"w ",  "\xc3\xa9", "\xf0\x9f\x98\x80",
                                            "abc", "",         "\xe2\x82\xac z"};
  std::mt19937 random(11);
  for (int round = 0; round < 400; ++round) {
    std::vector<Piece> pieces;
    for (size_t n = random() % 8; n > 0; --n) {
      const std::string text = kPieces[random() % 6];
      const bool changed = random() % 2 != 0 && !text.empty();
      pieces.push_back({text, changed ? std::string("<") + kPieces[random() % 6] : text, changed});
    }
    ShiftMap map;
    map.begin();
    for (const Piece& p : pieces) {
      if (p.changed) {
        map.replace(bytes(p.original), bytes(p.replaced));
        continue;
      }
      const size_t cut = p.original.empty() ? 0 : random() % p.original.size();
      map.keep(bytes(p.original).first(cut));
      map.keep(bytes(p.original).subspan(cut));
    }
    for (const Way way : {Way::Forward, Way::Backward})
      for (size_t unit = 0; unit < 3; ++unit)
        for (uint64_t at = 0; at <= map.size(way, unit) + 2; ++at)
          for (const bool is_end : {false, true})
            ASSERT_EQ(map.map(way, unit, at, is_end), expected(pieces, way, unit, at, is_end))
                << round << ' ' << unit << ' ' << at;
  }
}

TEST(ShiftMap, BehindTheLastReplacementThatFitsThereIsNoAnswer) {
  ShiftMap map;
  map.begin();
  for (size_t i = 0; i <= kShiftsMax; ++i) {
    map.replace(bytes("ab"), bytes("c"));
    map.keep(bytes("--"));
  }
  EXPECT_EQ(map.map(Way::Forward, 2, 4 * kShiftsMax - 2, false), 3 * kShiftsMax - 2);
  EXPECT_FALSE(map.map(Way::Forward, 2, 4 * kShiftsMax + 2, false).has_value());
}

}  // namespace
}  // namespace sallyport::redact
