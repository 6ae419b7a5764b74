#include "tests/unit/tcp/harness.h"

namespace sallyport::tcp {
namespace {

class Established : public TcpTest {
 protected:
  void SetUp() override {
    TcpTest::SetUp();
    open_passively();
  }
};

TEST_F(Established, DataInOrderIsReadableAndAcknowledgedLater) {
  peer_sends(seg().seq(1).ack(1).data("hello"));
  EXPECT_EQ(events(), std::vector{EventKind::Readable});
  EXPECT_EQ(read_all(), "hello");
  expect_silence();
  pass_ms(kDelayedAckMs + 1);
  expect_ack(6);
}

TEST_F(Established, PushIsAcknowledgedAtOnce) {
  peer_sends(seg().seq(1).ack(1).data("hello").psh());
  expect_ack(6);
}

TEST_F(Established, EverySecondFullSegmentIsAcknowledged) {
  peer_sends(seg().seq(1).ack(1).data(numbered(1000)));
  expect_silence();
  peer_sends(seg().seq(1001).ack(1).data(numbered(1000)));
  expect_ack(2001);
}

TEST_F(Established, AnswerCarriesTheAck) {
  peer_sends(seg().seq(1).ack(1).data("question").psh());
  send("answer");
  const Seg s = next();
  EXPECT_EQ(s.payload, "answer");
  EXPECT_EQ(s.acknowledgment, 9U);
  EXPECT_TRUE(s.has(TcpView::Psh));
  expect_silence();
}

TEST_F(Established, OutOfOrderIsHeldAndEachOneAnswered) {
  peer_sends(seg().seq(6).ack(1).data("world"));
  EXPECT_EQ(out_.size(), 1U);
  expect_ack(1);
  peer_sends(seg().seq(11).ack(1).data("!"));
  expect_ack(1);
  EXPECT_TRUE(events().empty());
  peer_sends(seg().seq(1).ack(1).data("hello"));
  expect_ack(12);
  EXPECT_EQ(read_all(), "helloworld!");
}

TEST_F(Established, TheFirstCopyOfAByteWins) {
  peer_sends(seg().seq(4).ack(1).data("DEF"));
  peer_sends(seg().seq(1).ack(1).data("abcxyzg"));
  EXPECT_EQ(read_all(), "abcDEFg");
}

TEST_F(Established, FinWithAHoleBeforeItIsHeldUntilTheHoleFills) {
  peer_sends(seg().seq(11).ack(1).fin());
  expect_ack(1);
  EXPECT_EQ(state(), State::Established);
  peer_sends(seg().seq(1).ack(1).data("0123456789"));
  expect_ack(12);
  EXPECT_EQ(state(), State::CloseWait);
  EXPECT_EQ(events(), (std::vector{EventKind::Readable, EventKind::PeerClosed}));
}

TEST_F(Established, BytesBehindTheFinAreNotTaken) {
  peer_sends(seg().seq(6).ack(1).fin());
  peer_sends(seg().seq(6).ack(1).data("evil"));
  peer_sends(seg().seq(1).ack(1).data("helloevil"));
  EXPECT_EQ(read_all(), "hello");
  EXPECT_EQ(state(), State::CloseWait);
}

TEST_F(Established, WhatIsRightOfTheWindowIsCut) {
  // The window is 65,535 (no scaling was offered); segments of 1,000 fill it.
  for (uint32_t at = 1; at < 65'001; at += 1000)
    peer_sends(seg().seq(at).ack(1).data(numbered(1000)));
  take_all();
  peer_sends(seg().seq(65'001).ack(1).data(numbered(1000)));
  const auto all = take_all();
  ASSERT_FALSE(all.empty());
  EXPECT_EQ(all.back().acknowledgment, 65'536U);
  EXPECT_EQ(all.back().win, 0);
  EXPECT_EQ(read_all().size(), 65'535U);
  const Seg update = next();
  EXPECT_EQ(update.win, 65'535);
}

TEST_F(Established, TheWindowReopensInGoodSteps) {
  for (uint32_t at = 1; at < 65'001; at += 1000)
    peer_sends(seg().seq(at).ack(1).data(numbered(1000)));
  peer_sends(seg().seq(65'001).ack(1).data(numbered(535)));
  take_all();
  auto& queue = stack_->receive_queue(id_);
  queue.consume(100);
  stack_->received(id_, now_);
  expect_silence();  // a silly window
  queue.consume(1400);
  stack_->received(id_, now_);
  EXPECT_EQ(next().win, 1500);
}

TEST_F(Established, AProbeOfTheClosedWindowIsAnsweredAndItsAckCounts) {
  send("x");
  next();
  for (uint32_t at = 1; at < 65'001; at += 1000)
    peer_sends(seg().seq(at).ack(1).data(numbered(1000)));
  peer_sends(seg().seq(65'001).ack(1).data(numbered(535)));
  take_all();
  peer_sends(seg().seq(65'536).ack(2).data("p"));
  const Seg s = next();
  EXPECT_EQ(s.acknowledgment, 65'536U);
  EXPECT_EQ(s.win, 0);
  EXPECT_TRUE(stack_->all_acknowledged(id_));
  peer_sends(seg().seq(65'535).ack(2));  // an old-sequence probe, as Linux sends it
  EXPECT_EQ(next().acknowledgment, 65'536U);
}

TEST_F(Established, OldDuplicatesAreAcknowledgedAgain) {
  peer_sends(seg().seq(1).ack(1).data("hello").psh());
  next();
  peer_sends(seg().seq(1).ack(1).data("hello"));
  expect_ack(6);
  EXPECT_EQ(read_all(), "hello");
  EXPECT_EQ(counted(Counter::DuplicateSegments), 1U);
}

TEST_F(Established, KeepalivesAreAnsweredButLimited) {
  for (int i = 0; i < 10; ++i) peer_sends(seg().seq(0).ack(1));
  EXPECT_EQ(take_all().size(), kChallengeAcksPerWindow);
  EXPECT_EQ(counted(Counter::ChallengeAcksLimited), 10 - kChallengeAcksPerWindow);
}

TEST_F(Established, ResetAtTheLeftEdgeEnds) {
  peer_sends(seg().seq(1).rst());
  EXPECT_EQ(events(), std::vector{EventKind::Reset});
  EXPECT_FALSE(stack_->is_live(id_));
  expect_silence();
}

TEST_F(Established, ResetInsideTheWindowIsChallenged) {
  peer_sends(seg().seq(100).rst());
  expect_ack(1);
  EXPECT_EQ(state(), State::Established);
  peer_sends(seg().seq(100'000).rst());
  expect_silence();
}

TEST_F(Established, DataBeforeAResetCanBeRead) {
  peer_sends(seg().seq(1).ack(1).data("last words"));
  peer_sends(seg().seq(11).rst());
  Event event;
  ASSERT_TRUE(stack_->next_event(event));
  EXPECT_EQ(event.kind, EventKind::Readable);
  EXPECT_EQ(read_all(), "last words");
  ASSERT_TRUE(stack_->next_event(event));
  EXPECT_EQ(event.kind, EventKind::Reset);
}

TEST_F(Established, ASynIsChallengedWhereverItLies) {
  for (const uint32_t at : {0U, 1U, 500U, 200'000U}) {
    peer_sends(seg().seq(at).syn());
    expect_ack(1);
  }
  EXPECT_EQ(state(), State::Established);
}

TEST_F(Established, AcksOfTheFutureOrTheFarPastChangeNothing) {
  send("abc");
  next();
  peer_sends(seg().seq(1).ack(50).data("no"));
  expect_ack(1);
  EXPECT_TRUE(events().empty());
  peer_sends(seg().seq(1).ack(1U - 70'000U).data("no"));
  expect_ack(1);
  EXPECT_TRUE(events().empty());
  EXPECT_FALSE(stack_->all_acknowledged(id_));
  EXPECT_EQ(counted(Counter::BadAck), 2U);
}

TEST_F(Established, ASegmentWithoutAckIsDropped) {
  peer_sends(seg().seq(1).data("no"));
  EXPECT_TRUE(events().empty());
  expect_silence();
}

TEST_F(Established, UrgentDataIsInBand) {
  Seg s = seg().seq(1).ack(1).data("urgent").psh();
  s.flags |= TcpView::Urg;
  peer_sends(s);
  EXPECT_EQ(read_all(), "urgent");
}

TEST_F(Established, AbortSendsReset) {
  stack_->abort(id_);
  const Seg s = next();
  EXPECT_TRUE(s.has(TcpView::Rst));
  EXPECT_EQ(s.sequence, 1U);
  EXPECT_FALSE(stack_->is_live(id_));
  EXPECT_EQ(stack_->connection_count(), 0U);
  peer_sends(seg().seq(1).ack(1).data("late"));
  expect_rst();
}

TEST_F(Established, KeepaliveFindsADeadPeer) {
  pass_ms(60'001);
  const Seg probe = next();
  EXPECT_EQ(probe.sequence, 0U);
  EXPECT_EQ(probe.payload, "");
  peer_sends(seg().seq(1).ack(1));
  pass_ms(59'000);
  expect_silence();
  pass_ms(1'100 + 10'000 * 6);
  EXPECT_EQ(events(), std::vector{EventKind::TimedOut});
  EXPECT_EQ(counted(Counter::KeepalivesOut), 7U);
  EXPECT_TRUE(take_all().back().has(TcpView::Rst));
}

TEST_F(Established, OneConnectionDoesNotTouchAnother) {
  const ConnectionId first = id_;
  peer_sends_from(7, syn());
  const Seg s = next();
  ASSERT_TRUE(s.has(TcpView::Syn));
  peer_sends_from(7, seg().seq(1).ack(1).data("second"));
  ASSERT_TRUE(saw(EventKind::Accepted));
  EXPECT_EQ(stack_->receive_queue(first).size(), 0U);
  EXPECT_EQ(read_all(), "second");
}

TEST_F(Established, WithoutEgressBuffersNothingIsLost) {
  buffers_ = false;
  send("abc");
  peer_sends(seg().seq(1).ack(1).data("x").psh());
  flush();
  EXPECT_LE(stack_->next_deadline().ns, now_.ns);
  buffers_ = true;
  const Seg s = next();
  EXPECT_EQ(s.payload, "abc");
  EXPECT_EQ(s.acknowledgment, 2U);
}

TEST_F(Established, EverySegmentationGivesTheSameBytes) {
  const std::string text = numbered(40);
  uint32_t at = 1;
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    // Second piece first, then an overlap by one, then the first piece.
    const uint32_t from = cut > 0 ? static_cast<uint32_t>(cut - 1) : 0;
    peer_sends(seg().seq(at + from).ack(1).data(text.substr(from)));
    peer_sends(seg().seq(at).ack(1).data(text.substr(0, cut)));
    EXPECT_EQ(read_all(), text) << cut;
    at += static_cast<uint32_t>(text.size());
  }
}

class WithTimestamps : public TcpTest {
 protected:
  void SetUp() override {
    TcpTest::SetUp();
    timestamps_ = true;
    open_passively();
  }
};

TEST_F(WithTimestamps, TheLastOneIsEchoed) {
  peer_time_ = 2000;
  peer_sends(seg().seq(1).ack(1).data("a").psh());
  const Seg s = next();
  EXPECT_TRUE(s.options.has_timestamps);
  EXPECT_EQ(s.options.timestamp_echo, 2000U);
}

TEST_F(WithTimestamps, AnOldSegmentIsRejectedByPaws) {
  peer_time_ = 2000;
  peer_sends(seg().seq(1).ack(1).data("a").psh());
  next();
  peer_time_ = 1999;
  peer_sends(seg().seq(2).ack(1).data("b"));
  expect_ack(2);
  EXPECT_EQ(counted(Counter::PawsRejected), 1U);
  peer_sends(seg().seq(2).rst());  // a RST is not judged by its time
  EXPECT_TRUE(saw(EventKind::Reset));
}

TEST_F(WithTimestamps, AfterLongIdleAnyTimeIsGood) {
  peer_time_ = 0x80000000U;
  now_ = base::after_ms(now_, uint64_t{kTimestampIdleSecondsMax} * 1'000 + 1'010);
  peer_sends(seg().seq(1).ack(1).data("a").psh());
  EXPECT_EQ(read_all(), "a");
}

TEST_F(WithTimestamps, AnOutOfOrderSegmentDoesNotMoveTheEcho) {
  peer_time_ = 3000;
  peer_sends(seg().seq(10).ack(1).data("later"));
  EXPECT_EQ(next().options.timestamp_echo, 1000U);
}

TEST_F(WithTimestamps, ASegmentWithoutIsDropped) {
  timestamps_ = false;
  peer_sends(seg().seq(1).ack(1).data("a").psh());
  expect_silence();
  EXPECT_EQ(counted(Counter::TimestampMissing), 1U);
}

TEST_F(WithTimestamps, FullSegmentsLeaveRoomForTheOption) {
  send(numbered(3000));
  EXPECT_EQ(next().payload.size(), 988U);
}

}  // namespace
}  // namespace sallyport::tcp
