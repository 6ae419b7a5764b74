// Edits, the map they are made with, the escape of what they put in, and the tokens of an exchange.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "dataplane/redact/edit_plan.h"
#include "dataplane/redact/exchange_tokens.h"
#include "dataplane/redact/json_escape.h"
#include "dataplane/redact/offset_map.h"

namespace sallyport::redact {
namespace {

std::span<const uint8_t> raw_of(std::string_view s) {
  return {reinterpret_cast<const uint8_t*>(s.data()), s.size()};
}

std::string text_of(const mem::ByteChain& chain) {
  std::string out(chain.size(), '\0');
  chain.copy_out(0, {reinterpret_cast<uint8_t*>(out.data()), out.size()});
  return out;
}

TEST(EditPlan, ReplacesRangesAndKeepsTheRest) {
  EditPlan plan(8, 100);
  EXPECT_TRUE(plan.add(10, 12, raw_of("XYZ")));
  EXPECT_TRUE(plan.add(0, 1, raw_of("")));
  EXPECT_TRUE(plan.add(5, 5, raw_of("in")));
  ASSERT_TRUE(plan.seal());
  const std::string raw = "0123456789ABCDEF";
  EXPECT_EQ(plan.output_size(raw.size()), 18U);
  EXPECT_EQ(plan.replaced_bytes(), 3U);
  std::string out(18, '\0');
  ASSERT_EQ(plan.apply(raw_of(raw), 0, {reinterpret_cast<uint8_t*>(out.data()), out.size()}), 18U);
  EXPECT_EQ(out, "1234in56789XYZCDEF");
  EXPECT_EQ(plan.apply(raw_of(raw), 0, {reinterpret_cast<uint8_t*>(out.data()), 17}), SIZE_MAX);
  mem::SegmentPool pool(64, 4, mem::SegmentPool::Wipe::No);
  mem::ByteChain in;
  ASSERT_TRUE(in.append_copy(raw_of(raw), pool));
  mem::ByteChain chain;
  EXPECT_EQ(plan.apply(in, 0, chain, pool), EditPlan::Applied::Ok);
  EXPECT_EQ(text_of(chain), out);
  mem::ByteChain part;
  EXPECT_EQ(plan.apply(raw_of("89ABCDEF"), 8, part, pool), EditPlan::Applied::Ok);
  EXPECT_EQ(text_of(part), "89XYZCDEF");
  mem::SegmentPool none(1, 4, mem::SegmentPool::Wipe::No);
  mem::ByteChain small;
  EXPECT_EQ(plan.apply(in, 0, small, none), EditPlan::Applied::NoMemory);
}

TEST(EditPlan, SaysWhenItIsFullOrOverlapping) {
  EditPlan plan(2, 4);
  EXPECT_FALSE(plan.add(0, 1, raw_of("12345")));
  EXPECT_TRUE(plan.add(0, 5, raw_of("1234")));
  EXPECT_FALSE(plan.add(6, 7, raw_of("1")));
  EXPECT_TRUE(plan.add(3, 4, {}));
  EXPECT_FALSE(plan.add(8, 9, {}));
  EXPECT_FALSE(plan.seal());
  plan.clear();
  EXPECT_TRUE(plan.empty());
  EXPECT_TRUE(plan.seal());
}

TEST(OffsetMap, MapsLinearRunsAndEscapes) {
  OffsetMap map(4);
  map.begin();
  ASSERT_TRUE(map.add(5, 10, 15));  // abcde
  ASSERT_TRUE(map.add(5, 15, 20));  // continues: the same piece
  ASSERT_TRUE(map.add(2, 20, 26));  // \u00e9
  ASSERT_TRUE(map.add(2, 26, 32));
  ASSERT_TRUE(map.add(4, 32, 44));  // a surrogate pair
  ASSERT_TRUE(map.add(3, 44, 47));
  EXPECT_FALSE(map.add(1, 47, 49));
  const auto expect = [&](uint64_t from, uint64_t to, uint64_t raw_from, uint64_t raw_to) {
    const RawRange r = map.raw(from, to);
    EXPECT_EQ(r.start, raw_from) << from;
    EXPECT_EQ(r.end, raw_to) << to;
  };
  expect(0, 1, 10, 11);
  expect(4, 10, 14, 20);
  expect(10, 12, 20, 26);
  expect(12, 14, 26, 32);
  expect(9, 13, 19, 32);  // widened to the whole escape
  expect(14, 18, 32, 44);
  expect(15, 16, 32, 44);
  expect(18, 21, 44, 47);
  map.drop_before(12);
  expect(12, 14, 26, 32);
  map.drop_before(18);
  expect(18, 19, 44, 45);
  ASSERT_TRUE(map.add(1, 47, 49));
  ASSERT_TRUE(map.add(1, 49, 55));
  expect(21, 23, 47, 55);
}

// ab\ncd\t: bit by bit where what stands for a decoded byte begins.
TEST(OffsetMap, AMixedPieceLeadsToItsEscapes) {
  OffsetMap map(3);
  map.begin();
  ASSERT_TRUE(map.add(2, 10, 12));
  ASSERT_TRUE(map.add_mixed(6, 12, 8, 0b01110111));
  ASSERT_TRUE(map.add(4, 20, 24));
  EXPECT_FALSE(map.add_mixed(1, 24, 2, 1));
  const uint64_t starts[] = {10, 11, 12, 13, 14, 16, 17, 18, 20, 21, 22, 23, 24};
  ASSERT_EQ(map.decoded_size() + 1, std::size(starts));
  for (uint64_t from = 0; from < map.decoded_size(); ++from)
    for (uint64_t to = from + 1; to <= map.decoded_size(); ++to) {
      EXPECT_EQ(map.raw(from, to).start, starts[from]) << from;
      EXPECT_EQ(map.raw(from, to).end, starts[to]) << to;
    }
  map.drop_before(7);
  EXPECT_EQ(map.raw(7, 8).end, 20U);
  map.drop_before(8);
  ASSERT_TRUE(map.add(1, 24, 25));  // behind a mixed piece nothing is joined to it
  EXPECT_EQ(map.raw(12, 13).start, 24U);
}

TEST(JsonEscape, SurvivesEveryLevelAndBreaksNoFrame) {
  std::string value;
  for (int c = 0; c < 128; ++c) value += static_cast<char>(c);
  value += "\u00e9\u2028\u2029\U0001F600 data: x\n\nevent: y";
  EXPECT_EQ(json_escaped_size(raw_of(value), 0), value.size());
  for (unsigned levels = 1; levels <= 3; ++levels) {
    std::string out(json_escaped_size(raw_of(value), levels), '\0');
    ASSERT_EQ(
        json_escape(raw_of(value), levels, {reinterpret_cast<uint8_t*>(out.data()), out.size()}),
        out.size());
    EXPECT_EQ(json_escape(raw_of(value), levels,
                          {reinterpret_cast<uint8_t*>(out.data()), out.size() - 1}),
              SIZE_MAX);
    EXPECT_EQ(out.find_first_of("\n\r"), std::string::npos);
    EXPECT_EQ(out.find("\u2028"), std::string::npos);
    std::string text = out;
    for (unsigned i = 0; i < levels; ++i)
      text = nlohmann::json::parse("\"" + text + "\"").get<std::string>();
    EXPECT_EQ(text, value);
  }
}

class Exchange : public testing::Test {
 protected:
  static TokenCore core(uint32_t i) {
    TokenCore c;
    c.fill('0');
    for (size_t at = 2; at < 10; ++at, i /= 32) c[at] = crockford_char(i % 32);
    return c;
  }
  mem::SegmentPool pool{1'000, 1'024, mem::SegmentPool::Wipe::OnRelease};
};

TEST_F(Exchange, TheFirstSurfaceWins) {
  ExchangeTokens tokens(pool);
  EXPECT_EQ(tokens.add(core(1), 3, raw_of("John@x.org")), ExchangeTokens::Added::New);
  EXPECT_EQ(tokens.add(core(1), 3, raw_of("john@x.org")), ExchangeTokens::Added::Known);
  auto* entry = tokens.find(core(1), 3);
  ASSERT_NE(entry, nullptr);
  EXPECT_TRUE(std::ranges::equal(entry->value(), raw_of("John@x.org")));
  EXPECT_EQ(tokens.find(core(1), 4), nullptr);
  EXPECT_EQ(tokens.find(core(2), 3), nullptr);
}

TEST_F(Exchange, IsBoundedAndGivesEverythingBack) {
  ExchangeTokens tokens(pool);
  for (uint32_t i = 0; i < kExchangeTokensMax; ++i)
    ASSERT_EQ(tokens.add(core(i), 0, raw_of(std::to_string(i))), ExchangeTokens::Added::New);
  EXPECT_EQ(tokens.add(core(999'999), 0, raw_of("x")), ExchangeTokens::Added::Full);
  for (uint32_t i = 0; i < kExchangeTokensMax; ++i) {
    auto* entry = tokens.find(core(i), 0);
    ASSERT_NE(entry, nullptr);
    ASSERT_TRUE(std::ranges::equal(entry->value(), raw_of(std::to_string(i))));
  }
  uint32_t seen = 0;
  tokens.for_each([&](const ExchangeTokens::Entry&) { ++seen; });
  EXPECT_EQ(seen, kExchangeTokensMax);
  tokens.clear();
  EXPECT_EQ(tokens.size(), 0U);
  EXPECT_EQ(pool.available(), pool.segment_count());
  EXPECT_EQ(tokens.add(core(1), 0, raw_of(std::string(1'024, 'x'))),
            ExchangeTokens::Added::TooLong);
  EXPECT_EQ(tokens.add(core(1), 0, raw_of(std::string(900, 'x'))), ExchangeTokens::Added::New);
}

TEST_F(Exchange, SaysWhenThePoolIsEmpty) {
  mem::SegmentPool tiny(1, 1'024, mem::SegmentPool::Wipe::OnRelease);
  ExchangeTokens tokens(tiny);
  EXPECT_EQ(tokens.add(core(1), 0, raw_of(std::string(900, 'x'))), ExchangeTokens::Added::New);
  EXPECT_EQ(tokens.add(core(2), 0, raw_of(std::string(900, 'x'))), ExchangeTokens::Added::NoMemory);
}

}  // namespace
}  // namespace sallyport::redact
