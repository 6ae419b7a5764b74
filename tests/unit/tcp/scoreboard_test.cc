// The SACK scoreboard against an array of octets, and the answers of RFC 6675 4 by hand.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <vector>

#include "dataplane/tcp/cubic.h"
#include "dataplane/tcp/prr.h"
#include "dataplane/tcp/sack_scoreboard.h"
#include "dataplane/tcp/syn_cookies.h"

namespace sallyport::tcp {
namespace {

constexpr uint32_t kBase = 0xfffffe00;  // wraps inside every test
constexpr uint32_t kMss = 10;

// 2018/6675: one flag for each octet, counted the slow way.
class Octets {
 public:
  explicit Octets(uint32_t count) : held_(count, false) {}
  uint32_t add(uint32_t begin, uint32_t end) {
    uint32_t news = 0;
    for (uint32_t i = begin; i < end; ++i) {
      news += held_[i] ? 0 : 1;
      held_[i] = true;
    }
    return news;
  }
  uint32_t ranges_above(uint32_t at) const {
    uint32_t count = 0;
    for (uint32_t i = at + 1; i < held_.size(); ++i) count += held_[i] && !held_[i - 1] ? 1 : 0;
    return count;
  }
  uint32_t bytes_above(uint32_t at) const {
    return static_cast<uint32_t>(
        std::count(held_.begin() + static_cast<ptrdiff_t>(at), held_.end(), true));
  }
  bool is_lost(uint32_t at) const { return ranges_above(at) >= 3 || bytes_above(at) > 2 * kMss; }
  uint32_t pipe(uint32_t unacked, uint32_t resent) const {
    uint32_t sum = 0;
    for (uint32_t i = unacked; i < held_.size(); ++i) {
      if (held_[i]) continue;
      if (!is_lost(i)) ++sum;
      if (i < resent) ++sum;
    }
    return sum;
  }
  bool held(uint32_t at) const { return held_[at]; }

 private:
  std::vector<bool> held_;
};

#if defined(__SANITIZE_ADDRESS__)
constexpr uint32_t kSeeds = 8;  // the twin is slow, and slower instrumented
#else
constexpr uint32_t kSeeds = 40;
#endif

TEST(Scoreboard, AgreesWithOneFlagForEachOctet) {
  constexpr uint32_t kTotal = 400;
  for (uint32_t seed = 1; seed <= kSeeds; ++seed) {
    std::mt19937 random(seed);
    SackScoreboard board;
    board.reset();
    Octets octets(kTotal);
    uint32_t unacked = 0;
    for (int step = 0; step < 60; ++step) {
      const auto begin = unacked + 1 + static_cast<uint32_t>(random()) % (kTotal - unacked - 2);
      const auto end = std::min(kTotal, begin + 1 + static_cast<uint32_t>(random()) % 30);
      if (board.count() < kSackRangesMax) {
        ASSERT_EQ(board.add(kBase + begin, kBase + end), octets.add(begin, end)) << seed;
      }
      const auto resent = unacked + static_cast<uint32_t>(random()) % (kTotal - unacked);
      ASSERT_EQ(board.pipe(kBase + unacked, kBase + kTotal, kBase + resent, kMss),
                octets.pipe(unacked, resent))
          << seed;
      for (uint32_t at = unacked; at < kTotal; at += 7) {
        if (octets.held(at)) {
          ASSERT_NE(board.skip(kBase + at), kBase + at);
          continue;
        }
        ASSERT_EQ(board.skip(kBase + at), kBase + at);
        ASSERT_EQ(board.is_lost(kBase + at, kMss), octets.is_lost(at)) << seed << " at " << at;
      }
      if (step % 10 == 9 && unacked + 40 < kTotal) {
        const uint32_t before = octets.bytes_above(unacked);
        unacked += 20;
        ASSERT_EQ(board.advance(kBase + unacked), before - octets.bytes_above(unacked)) << seed;
      }
      ASSERT_EQ(board.sacked_bytes(), octets.bytes_above(unacked)) << seed;
    }
  }
}

TEST(Scoreboard, OneRangeTooManyIsForgottenWhole) {
  SackScoreboard board;
  board.reset();
  for (uint32_t i = 0; i < kSackRangesMax; ++i) EXPECT_EQ(board.add(10 + 20 * i, 15 + 20 * i), 5U);
  EXPECT_EQ(board.add(5'000, 5'005), 0U);
  EXPECT_EQ(board.count(), kSackRangesMax);
  EXPECT_EQ(board.sacked_bytes(), 5 * kSackRangesMax);
  // Joining two makes room.
  EXPECT_EQ(board.add(15, 30), 15U);
  EXPECT_EQ(board.add(5'000, 5'005), 5U);
}

TEST(Scoreboard, AProbeThatIsHeldProvesWhatLiesBelow) {
  SackScoreboard board;
  board.reset();
  board.add(100, 110);
  EXPECT_FALSE(board.is_lost(50, 1'000));
  board.prove_lost_below(100);
  EXPECT_TRUE(board.is_lost(50, 1'000));
  EXPECT_FALSE(board.is_lost(120, 1'000));
  board.advance(110);
  EXPECT_FALSE(board.is_lost(120, 1'000));
}

TEST(Prr, SendsInProportionAndNeverFallsSilent) {
  Prr prr;
  prr.start(10'000);
  // The retransmission itself goes at once; then about half of what arrives.
  EXPECT_GE(prr.allow(1'000, 9'000, 5'000, 1'000, false), 1'000U);
  prr.sent(1'000);
  uint32_t sent = 1'000;
  for (int i = 0; i < 8; ++i) {
    const uint32_t now = prr.allow(1'000, 9'000, 5'000, 1'000, false);
    prr.sent(now);
    sent += now;
  }
  EXPECT_NEAR(sent, 4'500, 600);
  // Below the threshold it fills up to it, as far as what arrived and was not spent allows.
  EXPECT_EQ(prr.allow(1'000, 2'000, 5'000, 1'000, true), 3'000U);
}

TEST(CubicCurve, ReturnsToWhereTheLossWasAfterKSeconds) {
  Cubic cubic;
  cubic.reduced(100'000, 1'000);
  uint32_t window = 70'000;
  uint64_t now_ms = 0;
  // K = cbrt(100 x 0.3 / 0.4) = 4.2 s.
  // A long round trip, so that the Reno-friendly region (4.3) is not the larger one.
  while (now_ms < 4'200) {
    window = cubic.grow(window, 70'000, window, 1'000, 400, now_ms);
    now_ms += 400;
  }
  EXPECT_NEAR(window, 100'000, 3'000);
}

TEST(SynCookie, GivesBackTheMssClassAndRefusesGuesses) {
  const SynCookies cookies({11, 12});
  const FlowKey flow{wire::IpAddress(0x0a000001), wire::IpAddress(0x0a000002), 443, 5'555};
  constexpr std::array<uint16_t, 6> kSizes{64, 536, 1'000, 1'300, 1'460, 9'000};
  for (const uint16_t mss : kSizes) {
    uint16_t back = 0;
    const uint32_t sequence = cookies.sequence(flow, 77, mss, 1'000'000);
    ASSERT_TRUE(cookies.check(flow, 77, sequence, 1'000'000 + kCookiePeriodMs, back));
    EXPECT_LE(back, mss);
    EXPECT_GE(back, mss * 2 / 3);
    EXPECT_FALSE(cookies.check(flow, 78, sequence, 1'000'000, back));
    EXPECT_FALSE(cookies.check(flow, 77, sequence, 1'000'000 + 2 * kCookiePeriodMs, back));
  }
  uint32_t guessed = 0;
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) {
    uint16_t mss = 0;
    guessed += cookies.check(flow, 77, static_cast<uint32_t>(random()), 1'000'000, mss) ? 1 : 0;
  }
  EXPECT_EQ(guessed, 0U);
}

TEST(SynCookie, TheTimestampCarriesEveryCombination) {
  for (uint32_t clock = 1'000; clock < 1'100; ++clock) {
    for (uint8_t scale = 0; scale <= 15; ++scale) {
      CookieOptions in;
      in.has_window_scale = scale <= 14;
      in.window_scale = scale;
      in.sack_permitted = clock % 2 == 0;
      const uint32_t value = SynCookies::timestamp(clock, in);
      ASSERT_LE(value, clock);
      ASSERT_GT(value + 64, clock);
      CookieOptions out;
      SynCookies::read_timestamp(value, out);
      ASSERT_EQ(out.has_window_scale, in.has_window_scale);
      ASSERT_EQ(out.sack_permitted, in.sack_permitted);
      if (in.has_window_scale) {
        ASSERT_EQ(out.window_scale, scale);
      }
    }
  }
}

}  // namespace
}  // namespace sallyport::tcp
