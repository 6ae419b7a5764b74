// The parts of a connection on their own, against references that are obviously right.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "dataplane/mem/segment_pool.h"
#include "dataplane/tcp/congestion.h"
#include "dataplane/tcp/counters.h"
#include "dataplane/tcp/flow_table.h"
#include "dataplane/tcp/receive_window.h"
#include "dataplane/tcp/rto_estimator.h"
#include "dataplane/tcp/send_queue.h"
#include "dataplane/tcp/sequence.h"
#include "dataplane/tcp/timer_wheel.h"

namespace sallyport::tcp {
namespace {

std::span<const uint8_t> bytes_of(const std::string& s) {
  return {reinterpret_cast<const uint8_t*>(s.data()), s.size()};
}

TEST(Sequence, ComparesAcrossTheWrap) {
  EXPECT_TRUE(seq_before(0xfffffff0U, 0x10U));
  EXPECT_TRUE(seq_after(0x10U, 0xfffffff0U));
  EXPECT_TRUE(seq_at_or_before(7, 7));
  EXPECT_EQ(seq_later(0xfffffff0U, 0x10U), 0x10U);
}

TEST(Counters, EveryOneHasAName) {
  std::set<std::string_view> names;
  for (uint8_t i = 0; i < static_cast<uint8_t>(Counter::kCount); ++i)
    EXPECT_TRUE(names.insert(counter_name(static_cast<Counter>(i))).second);
}

TEST(FlowTable, AgreesWithAMapUnderChurnAndCollisions) {
  std::mt19937_64 random(3);
  FlowTable table(500);
  std::map<uint32_t, uint64_t> reference;
  for (int step = 0; step < 200'000; ++step) {
    const auto index = static_cast<uint32_t>(random() % 500);
    const auto known = reference.find(index);
    if (known == reference.end()) {
      // Few home buckets, so that overflow into the neighbours is common.
      const uint64_t hash = (random() << 48) | (random() % 7);
      table.insert(hash, index);
      reference[index] = hash;
    } else if (random() % 2 == 0) {
      table.erase(known->second, index);
      reference.erase(known);
    } else {
      ASSERT_EQ(table.find(known->second, [&](uint32_t i) { return i == index; }), index);
    }
    ASSERT_EQ(table.size(), reference.size());
  }
  EXPECT_EQ(table.find(12345, [](uint32_t) { return false; }), FlowTable::kNone);
}

// Nodes as a caller of the wheel has them: a deadline that may move either way, and the marks.
struct Nodes {
  explicit Nodes(uint32_t count) : wheel(count), marks(count), due(count, TimerWheel::kNever) {}

  void arm(uint32_t node, uint64_t tick, uint64_t now) {
    due[node] = tick;
    wheel.arm(node, tick, now, marks_of());
  }
  // Calls fired(node) at its deadline; one that fires early is armed again.
  template <class Fired>
  size_t advance(uint64_t now, size_t count_max, const Fired& fired) {
    return wheel.advance(now, count_max, marks_of(), [&](uint32_t node) {
      if (due[node] > now) {
        if (due[node] != TimerWheel::kNever) arm(node, due[node], now);
        return;
      }
      due[node] = TimerWheel::kNever;
      fired(node);
    });
  }
  // Every mark has its entry in the wheel.
  bool are_known() {
    size_t all = 0;
    for (const TimerWheel::Marks& m : marks) all += m.count();
    return wheel.count_known(marks_of()) >= all;
  }
  std::function<TimerWheel::Marks&(uint32_t)> marks_of() {
    return [this](uint32_t node) -> TimerWheel::Marks& { return marks[node]; };
  }

  TimerWheel wheel;
  std::vector<TimerWheel::Marks> marks;
  std::vector<uint64_t> due;
};

// Also around the tick whose low half is 0.
TEST(TimerWheel, FiresEveryNodeAtItsTickAndNotBefore) {
  for (const uint64_t start : {uint64_t{123'456'789}, (uint64_t{1} << 32) - 40'000}) {
    std::mt19937_64 random(4);
    constexpr uint32_t kNodes = 64;
    Nodes nodes(kNodes);
    uint64_t now = start;
    nodes.advance(now, 1, [](uint32_t) {});
    const auto arm = [&](uint32_t node) {
      const uint64_t ahead = 1 + random() % (random() % 3 == 0 ? 300'000 : 700);
      nodes.arm(node, now + ahead, now);
    };
    for (uint32_t n = 0; n < kNodes; ++n) arm(n);
    size_t fired = 0;
    for (int step = 0; step < 30'000; ++step) {
      const uint64_t earliest = *std::min_element(nodes.due.begin(), nodes.due.end());
      ASSERT_LE(nodes.wheel.next_tick(), earliest + (earliest == uint64_t{1} << 32 ? 1 : 0));
      now += 1 + random() % (random() % 50 == 0 ? 5'000 : 20);
      nodes.advance(now, 1'000, [&](uint32_t node) {
        ++fired;
        arm(node);
      });
      for (uint32_t n = 0; n < kNodes; ++n)
        ASSERT_GT(nodes.due[n], now - (now == uint64_t{1} << 32 ? 1 : 0)) << "late: " << n;
      if (random() % 4 == 0) arm(static_cast<uint32_t>(random() % kNodes));
    }
    EXPECT_TRUE(nodes.are_known());
    EXPECT_GT(fired, 1'000U);
  }
}

TEST(TimerWheel, TheCapLeavesTheRestForTheNextCall) {
  Nodes nodes(10);
  for (uint32_t n = 0; n < 10; ++n) nodes.arm(n, 5, 0);
  size_t fired = 0;
  EXPECT_EQ(nodes.advance(100, 3, [&](uint32_t) { ++fired; }), 3U);
  EXPECT_EQ(nodes.advance(100, 100, [&](uint32_t) { ++fired; }), 7U);
  EXPECT_EQ(fired, 10U);
  EXPECT_EQ(nodes.wheel.next_tick(), TimerWheel::kNever);
}

// Twenty thousand idle connections in one slot of the last level: no call moves them all, none is
// lost, none fires early, and who waits for the next tick is told to come again at once.
TEST(TimerWheel, AFullSlotComesDownInParts) {
  constexpr uint32_t kCount = 20'000;
  constexpr uint64_t kBoundary = 1U << 15;
  constexpr uint64_t kCalls = kCount / TimerWheel::kMovesPerAdvance + 1;
  Nodes nodes(kCount);
  nodes.advance(1, 1, [](uint32_t) {});
  for (uint32_t n = 0; n < kCount; ++n) nodes.arm(n, kBoundary + 3 + n % 90, 1);
  size_t fired = 0;
  uint64_t latest = 0;
  nodes.advance(kBoundary, kCount, [](uint32_t) { FAIL(); });
  EXPECT_EQ(nodes.wheel.next_tick(), kBoundary);
  nodes.due[0] = TimerWheel::kNever;         // nobody waits for it any more
  nodes.arm(1, kBoundary + 500, kBoundary);  // later than its entry
  nodes.arm(2, kBoundary + 1, kBoundary);    // before it
  std::vector<uint64_t> due = nodes.due;
  for (uint64_t now = kBoundary; now < kBoundary + 600; ++now) {
    nodes.advance(now, kCount, [&](uint32_t node) {
      ASSERT_GE(now, due[node]);
      latest = std::max(latest, now - due[node]);
      ++fired;
    });
  }
  EXPECT_EQ(fired, kCount - 1);
  EXPECT_LE(latest, kCalls);
  EXPECT_EQ(nodes.wheel.next_tick(), TimerWheel::kNever);
}

// Deadlines that only ever move earlier leave entries behind that nobody waits for. The room for
// them is bounded: when it is full they go, and no deadline with them.
TEST(TimerWheel, EntriesThatNobodyWaitsForAreForgottenInTime) {
  constexpr uint32_t kCount = 8;
  std::mt19937_64 random(5);
  Nodes nodes(kCount);
  uint64_t now = 1'000;
  nodes.advance(now, 1, [](uint32_t) {});
  for (int round = 0; round < 50; ++round) {
    for (uint64_t ahead = 900; ahead > 20; ahead -= 1 + random() % 9)
      nodes.arm(static_cast<uint32_t>(random() % kCount), now + ahead, now);
    ASSERT_TRUE(nodes.are_known());
    for (uint64_t end = now + 100 + random() % 2'000; now < end;) {
      now += 1 + random() % 30;
      nodes.advance(now, 1'000, [](uint32_t) {});
      for (uint32_t n = 0; n < kCount; ++n) ASSERT_GT(nodes.due[n], now);
    }
  }
}

// Random pieces in random order against a plain array; the first copy of a byte must win.
TEST(ReceiveWindow, AgreesWithAnArray) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    std::mt19937_64 random(seed);
    mem::SegmentPool copies(512, 64, mem::SegmentPool::Wipe::No);
    ReceivePools pools{copies, BlockPool<HeldSpans>(4), 0};
    ReceiveWindow window;
    const auto start = static_cast<uint32_t>(0xffffff00U + seed);
    constexpr uint32_t kTotal = 600;
    window.start(start, kTotal, 400);
    std::vector<int> reference(kTotal, -1);
    std::string out;
    uint8_t version = 0;
    for (int step = 0; step < 400 && out.size() < kTotal; ++step) {
      const auto begin = static_cast<uint32_t>(random() % kTotal);
      const auto size = static_cast<uint32_t>(1 + random() % std::min(60U, kTotal - begin));
      std::string piece(size, '\0');
      ++version;
      for (uint32_t i = 0; i < size; ++i) piece[i] = static_cast<char>(version);
      const auto before_spans = window.span_count();
      const auto accepted = window.accept(start + begin, bytes_of(piece), pools);
      if (accepted == ReceiveWindow::Accepted::RefusedNoRoom) {
        EXPECT_GE(before_spans, 1U);
      } else {
        for (uint32_t i = begin; i < begin + size; ++i) {
          if (reference[i] == -1) reference[i] = version;
        }
      }
      // A refused part may have been stored in part: accept again from the reference's view is not
      // possible, so runs where it happened stop here.
      if (accepted == ReceiveWindow::Accepted::RefusedNoRoom ||
          window.span_count() == kHeldSpansMax)
        break;
      std::string got(window.queue().size(), '\0');
      window.queue().copy_out(0, {reinterpret_cast<uint8_t*>(got.data()), got.size()});
      window.queue().consume(got.size());
      out += got;
      for (size_t i = out.size() - got.size(); i < out.size(); ++i)
        ASSERT_EQ(static_cast<uint8_t>(out[i]), reference[i]) << "seed " << seed;
      ASSERT_EQ(window.next(), static_cast<uint32_t>(start + out.size()));
    }
    window.clear(pools);
  }
}

TEST(ReceiveWindow, TooManyHolesAreRefusedNotStored) {
  mem::SegmentPool copies(64, 64, mem::SegmentPool::Wipe::No);
  ReceivePools pools{copies, BlockPool<HeldSpans>(4), 0};
  ReceiveWindow window;
  window.start(0, 10'000, 100);
  for (uint32_t i = 0; i < kHeldSpansMax; ++i)
    ASSERT_EQ(window.accept(10 + i * 10, bytes_of("x"), pools), ReceiveWindow::Accepted::Held);
  EXPECT_EQ(window.accept(9'000, bytes_of("x"), pools), ReceiveWindow::Accepted::RefusedNoRoom);
  // Joining what is there still works.
  EXPECT_EQ(window.accept(11, bytes_of("yyyyyyyyy"), pools), ReceiveWindow::Accepted::Held);
  EXPECT_EQ(window.span_count(), kHeldSpansMax - 1);
  window.clear(pools);
}

TEST(ReceiveWindow, BytesSentBackwardsDoNotPinABufferEach) {
  mem::SegmentPool copies(64, 64, mem::SegmentPool::Wipe::No);
  ReceivePools pools{copies, BlockPool<HeldSpans>(4), 0};
  ReceiveWindow window;
  window.start(0, 10'000, 40);
  for (int round = 0; round < 30; ++round) {
    const uint32_t base = window.next();
    for (uint32_t i = 8; i > 0; --i) (void)window.accept(base + i, bytes_of("x"), pools);
    EXPECT_EQ(window.accept(base, bytes_of("x"), pools), ReceiveWindow::Accepted::InOrder);
  }
  EXPECT_EQ(window.queue().size(), 270U);
  EXPECT_LE(window.queue().segment_count(), 12U);
  window.clear(pools);
}

TEST(ReceiveWindow, AnEmptyPoolIsAnAnswer) {
  mem::SegmentPool copies(1, 4, mem::SegmentPool::Wipe::No);
  ReceivePools pools{copies, BlockPool<HeldSpans>(4), 0};
  ReceiveWindow window;
  window.start(0, 100, 10);
  EXPECT_EQ(window.accept(0, bytes_of("abcdefgh"), pools),
            ReceiveWindow::Accepted::RefusedNoBuffer);
  EXPECT_EQ(window.accept(50, bytes_of("abcdefgh"), pools),
            ReceiveWindow::Accepted::RefusedNoBuffer);
  EXPECT_EQ(window.next(), 0U);
  EXPECT_EQ(copies.available(), 1U);
}

TEST(ReceiveWindow, TheEdgeNeverGoesBackAtAnyScale) {
  std::mt19937_64 random(9);
  for (uint8_t shift = 0; shift <= 14; ++shift) {
    mem::SegmentPool copies(2048, 64, mem::SegmentPool::Wipe::No);
    ReceivePools pools{copies, BlockPool<HeldSpans>(4), 0};
    ReceiveWindow window;
    const uint32_t limit = 65'535U << std::min<uint8_t>(shift, 2);
    window.start(1, limit, 100);
    uint32_t advertised = 0;
    for (int i = 0; i < 2'000; ++i) {
      const uint32_t field = window.offer(shift, 1'000, false);
      const uint32_t right = window.next() + (field << shift);
      ASSERT_FALSE(i > 0 && seq_before(right + (1U << shift), advertised)) << int{shift};
      if (window.queue().size() + window.window() < limit) {
        ASSERT_FALSE(i > 0 && seq_before(right, advertised)) << int{shift};
      }
      advertised = seq_later(right, advertised);
      // The bound of I3.
      ASSERT_LE(window.queue().size() + window.window(), limit + (8U << shift));
      if (window.window() > 0) {
        const std::string piece(1 + random() % std::min<uint32_t>(60, window.window()), 'x');
        (void)window.accept(window.next(), bytes_of(piece), pools);
      }
      if (random() % 3 == 0) window.queue().consume(random() % (window.queue().size() + 1));
    }
    window.clear(pools);
  }
}

TEST(SendQueue, ReadsTheSameBytesInAnyOrder) {
  std::mt19937_64 random(5);
  mem::SegmentPool pool(256, 16, mem::SegmentPool::Wipe::No);
  SendQueue queue;
  std::string text;
  size_t base = 0;
  for (int step = 0; step < 20'000; ++step) {
    if (random() % 3 == 0 && text.size() - base < 2'000) {
      std::string part(1 + random() % 40, '\0');
      for (char& c : part) c = static_cast<char>('a' + random() % 26);
      mem::ByteChain chain;
      if (chain.append_copy(bytes_of(part), pool)) {
        queue.append(std::move(chain));
        text += part;
      }
    }
    if (random() % 4 == 0 && queue.size() > 0) {
      const size_t count = random() % (queue.size() + 1);
      queue.acknowledge(count);
      base += count;
    }
    const size_t offset = random() % (queue.size() + 1);
    const size_t wanted = 1 + random() % 100;
    std::array<std::span<const uint8_t>, 4> pieces;
    size_t covered = 0;
    const size_t count = queue.read(offset, wanted, pieces, covered);
    std::string got;
    for (size_t i = 0; i < count; ++i)
      got.append(reinterpret_cast<const char*>(pieces[i].data()), pieces[i].size());
    ASSERT_EQ(got.size(), covered);
    ASSERT_EQ(got, text.substr(base + offset, covered));
    if (offset < queue.size()) {
      ASSERT_GT(covered, 0U);
    }
  }
  queue.clear();
}

TEST(RtoEstimator, FollowsRfc6298) {
  RtoEstimator rto;
  EXPECT_EQ(rto.rto_ms(), kRtoMsInitial);
  rto.sample(100);
  EXPECT_EQ(rto.rto_ms(), 300U);
  for (int i = 0; i < 100; ++i) rto.sample(0);
  EXPECT_EQ(rto.rto_ms(), kRtoMsMin);
  EXPECT_TRUE(rto.back_off());
  EXPECT_FALSE(rto.back_off());
  EXPECT_EQ(rto.rto_ms(), 4 * kRtoMsMin);
  for (int i = 0; i < 100; ++i) rto.back_off();
  EXPECT_EQ(rto.rto_ms(), kRtoMsMax);
  rto.progress();
  EXPECT_EQ(rto.rto_ms(), kRtoMsMin);
}

TEST(Congestion, SlowStartAvoidanceRecovery) {
  Congestion c;
  c.start(1'000);
  EXPECT_EQ(c.window_bytes(), 10'000U);
  c.acknowledged(5'000, 10'000);
  EXPECT_EQ(c.window_bytes(), 15'000U);
  c.acknowledged(5'000, 100);  // application-limited
  EXPECT_EQ(c.window_bytes(), 15'000U);
  c.enter_recovery(15'000);
  EXPECT_EQ(c.threshold_bytes(), 7'500U);
  EXPECT_EQ(c.window_bytes(), 10'500U);
  c.duplicate_in_recovery();
  EXPECT_EQ(c.window_bytes(), 11'500U);
  c.leave_recovery(20'000);
  EXPECT_EQ(c.window_bytes(), 7'500U);
  c.acknowledged(7'500, 7'500);  // one window: one segment more
  EXPECT_EQ(c.window_bytes(), 8'500U);
  c.timed_out(8'500, true);
  EXPECT_EQ(c.window_bytes(), 1'000U);
  c.timed_out(1'000, false);
  EXPECT_EQ(c.threshold_bytes(), 4'250U);  // halved once per event
}

}  // namespace
}  // namespace sallyport::tcp
