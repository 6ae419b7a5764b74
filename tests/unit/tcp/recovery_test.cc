#include "tests/unit/tcp/harness.h"

namespace sallyport::tcp {
namespace {

// MSS 1000, no timestamps: segment k carries bytes [1 + 1000k, 1001 + 1000k).
class Recovery : public TcpTest {
 protected:
  void SetUp() override {
    TcpTest::SetUp();
    open_passively();
  }
  void acked(uint32_t ack, uint16_t window = 65'535) {
    peer_sends(seg().seq(1).ack(ack).window(window));
  }
  // A first sample, so that the timeout is the minimum.
  void warm_up() {
    send("x");
    next();
    acked(2);
    take_all();
    events();
  }
};

TEST_F(Recovery, TheInitialWindowIsTenSegments) {
  send(numbered(20'000));
  const auto all = take_all();
  ASSERT_EQ(all.size(), 10U);
  for (const Seg& s : all) EXPECT_EQ(s.payload.size(), 1000U);
}

TEST_F(Recovery, SlowStartGrowsByWhatIsAcknowledged) {
  send(numbered(40'000));
  take_all();
  acked(10'001);
  EXPECT_EQ(take_all().size(), 20U);
}

TEST_F(Recovery, ATimeoutResendsStoredBytesAndBacksOff) {
  warm_up();
  send("hello");
  expect_data(2, "hello");
  pass_ms(kRtoMsMin + 5);
  expect_data(2, "hello");
  pass_ms(kRtoMsMin + 5);
  expect_silence();
  pass_ms(kRtoMsMin);
  expect_data(2, "hello");
  acked(7);
  EXPECT_TRUE(stack_->all_acknowledged(id_));
  pass_ms(5'000);
  expect_silence();
}

TEST_F(Recovery, AfterATimeoutOneSegmentThenSlowStart) {
  send(numbered(10'000));
  EXPECT_EQ(take_all().size(), 10U);
  pass_ms(kRtoMsMin + 5);
  auto all = take_all();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].sequence, 1U);
  acked(1001);
  EXPECT_EQ(take_all().size(), 2U);
  // The peer had the rest: the acknowledgment jumps and nothing is sent again.
  acked(10'001);
  expect_silence();
}

TEST_F(Recovery, ThreeDuplicatesResendTheFirstAtOnce) {
  send(numbered(10'000));
  take_all();
  acked(1);
  acked(1);
  expect_silence();
  acked(1);
  const Seg s = next();
  EXPECT_EQ(s.sequence, 1U);
  EXPECT_EQ(s.payload.size(), 1000U);
  EXPECT_EQ(counted(Counter::FastRetransmits), 1U);
  EXPECT_EQ(counted(Counter::RetransmitTimeouts), 0U);
}

TEST_F(Recovery, LimitedTransmitSendsNewDataForTheFirstTwoDuplicates) {
  send(numbered(20'000));
  EXPECT_EQ(take_all().size(), 10U);
  acked(1);
  expect_data(10'001, numbered(1000, 10'000));
  acked(1);
  expect_data(11'001, numbered(1000, 11'000));
}

TEST_F(Recovery, TwoHolesAreFilledByOnePartialAck) {
  send(numbered(10'000));
  take_all();
  // Segments 0 and 4 are lost.
  for (int i = 0; i < 8; ++i) acked(1);
  EXPECT_EQ(next().sequence, 1U);
  out_.clear();
  acked(4001);  // partial
  EXPECT_EQ(next().sequence, 4001U);
  EXPECT_EQ(counted(Counter::PartialAckRetransmits), 1U);
  acked(10'001);
  EXPECT_TRUE(stack_->all_acknowledged(id_));
  EXPECT_EQ(counted(Counter::FastRetransmits), 1U);
  EXPECT_EQ(counted(Counter::RetransmitTimeouts), 0U);
}

TEST_F(Recovery, DuplicatesAfterATimeoutDoNotStartAnotherRecovery) {
  send(numbered(10'000));
  take_all();
  pass_ms(kRtoMsMin + 5);
  out_.clear();
  for (int i = 0; i < 5; ++i) acked(1);
  EXPECT_EQ(counted(Counter::FastRetransmits), 0U);
}

TEST_F(Recovery, ALostRetransmissionNeedsTheTimer) {
  warm_up();
  send(numbered(8'000));
  take_all();
  for (int i = 0; i < 3; ++i) acked(2);
  EXPECT_EQ(next().sequence, 2U);
  pass_ms(kRtoMsMin + 5);
  EXPECT_EQ(next().sequence, 2U);
  EXPECT_EQ(counted(Counter::RetransmitTimeouts), 1U);
}

TEST_F(Recovery, AWindowUpdateIsNotADuplicateAck) {
  send(numbered(10'000));
  take_all();
  for (uint16_t i = 0; i < 6; ++i) acked(1, static_cast<uint16_t>(60'000 + i));
  EXPECT_EQ(counted(Counter::DuplicateAcksIn), 0U);
}

TEST_F(Recovery, AnAppLimitedSenderDoesNotGrowItsWindow) {
  uint32_t at = 1;
  for (int i = 0; i < 50; ++i) {
    send("tick");
    next();
    at += 4;
    acked(at);
  }
  send(numbered(40'000));
  EXPECT_LE(take_all().size(), 11U);
}

TEST_F(Recovery, GivingUpResetsBothSides) {
  send("lost");
  next();
  pass_ms(170'000);
  EXPECT_TRUE(saw(EventKind::TimedOut));
  EXPECT_TRUE(take_all().back().has(TcpView::Rst));
  EXPECT_EQ(counted(Counter::TimedOutUnacknowledged), 1U);
  EXPECT_EQ(stack_->connection_count(), 0U);
}

TEST_F(Recovery, AZeroWindowIsProbedWithBackOffAndNeverGivenUpWhileAnswered) {
  send("first");
  next();
  acked(6, 0);
  send("second");
  expect_silence();
  for (int i = 0; i < 8; ++i) {
    uint64_t waited = 0;
    while (out_.empty() && waited < 70'000) {
      pass_ms(10);
      waited += 10;
    }
    ASSERT_EQ(out_.size(), 1U) << i;
    EXPECT_EQ(out_[0].sequence, 6U);
    EXPECT_EQ(out_[0].payload, "s");
    out_.clear();
    acked(6, 0);
  }
  EXPECT_TRUE(stack_->is_live(id_));
  acked(6, 1000);
  expect_data(6, "second");
}

TEST_F(Recovery, AnUnansweredProbeIsGivenUp) {
  send("first");
  next();
  acked(6, 0);
  send("second");
  pass_ms(170'000);
  EXPECT_TRUE(saw(EventKind::TimedOut));
}

TEST_F(Recovery, AProbeByteThatWasTakenIsNotSentAgain) {
  send("first");
  next();
  acked(6, 0);
  send("second");
  while (out_.empty()) pass_ms(10);
  out_.clear();
  acked(7, 1000);
  expect_data(7, "econd");
}

TEST_F(Recovery, AWindowSmallerThanASegmentIsUsedAfterAWhile) {
  send(numbered(10));
  next();
  acked(11, 0);
  send(numbered(5000));
  acked(11, 300);
  expect_silence();  // silly: neither a full segment nor half the largest window
  uint64_t waited = 0;
  while (out_.empty() && waited < 5'000) {
    pass_ms(10);
    waited += 10;
  }
  EXPECT_EQ(next().payload.size(), 300U);
}

TEST_F(Recovery, AShrunkWindowIsTolerated) {
  send(numbered(10'000));
  take_all();
  acked(1001, 0);
  pass_ms(kRtoMsInitial * 4);
  const auto all = take_all();
  ASSERT_FALSE(all.empty());
  EXPECT_EQ(all[0].sequence, 1001U);
  EXPECT_EQ(all[0].payload.size(), 1U);
  acked(10'001, 65'535);
  EXPECT_TRUE(stack_->all_acknowledged(id_));
}

TEST_F(Recovery, ThePeersWindowIsNeverExceeded) {
  acked(1, 2500);
  send(numbered(10'000));
  size_t total = 0;
  for (const Seg& s : take_all()) total += s.payload.size();
  EXPECT_LE(total, 2500U);
}

TEST_F(Recovery, PureAcksStayInsideAClosedWindow) {
  send("first");
  next();
  acked(6, 0);
  send("second");
  while (out_.empty()) pass_ms(10);
  out_.clear();
  peer_sends(seg().seq(1).ack(6).window(0).data("hello").psh());
  const Seg s = next();
  EXPECT_EQ(s.sequence, 6U);
  EXPECT_EQ(s.acknowledgment, 6U);
}

TEST_F(Recovery, AnOldWindowFieldIsNotTaken) {
  peer_sends(seg().seq(1).ack(1).data("abc").window(5000));
  // An older segment that comes late, with a larger window.
  peer_sends(seg().seq(1).ack(1).window(60'000));
  send(numbered(20'000));
  size_t total = 0;
  for (const Seg& s : take_all()) total += s.payload.size();
  EXPECT_LE(total, 5000U);
}

TEST_F(Recovery, RetransmissionsOfManyPiecesKeepTheBytes) {
  std::string text;
  for (int i = 0; i < 200; ++i) {
    // Segments of the caller of odd sizes: more pieces than one segment may have.
    mem::ByteChain chain;
    for (int j = 0; j < 7; ++j) {
      mem::Segment* piece = sending_->allocate();
      if (piece == nullptr) break;
      const std::string part = numbered(static_cast<size_t>(1 + (i + j) % 5), text.size());
      std::memcpy(piece->storage, part.data(), part.size());
      piece->size = static_cast<uint32_t>(part.size());
      text += part;
      chain.append(piece);
    }
    stack_->send(id_, std::move(chain));
    if (sending_->available() == 0) break;
  }
  std::string got(text.size(), '?');
  for (int round = 0; round < 30; ++round) {
    for (const Seg& s : take_all()) {
      ASSERT_LE(s.sequence - 1 + s.payload.size(), text.size());
      got.replace(s.sequence - 1, s.payload.size(), s.payload);
      EXPECT_EQ(s.payload, text.substr(s.sequence - 1, s.payload.size()));
    }
    pass_ms(1'000);
  }
  (void)got;
}

}  // namespace
}  // namespace sallyport::tcp
