#include "tests/unit/tcp/harness.h"

namespace sallyport::tcp {
namespace {

class Closing : public TcpTest {};

TEST_F(Closing, TheFullWalkWhenWeCloseFirst) {
  enter(State::FinWait1);
  EXPECT_EQ(state(), State::FinWait1);
  peer_sends(seg().seq(1).ack(2));
  EXPECT_EQ(state(), State::FinWait2);
  peer_sends(seg().seq(1).ack(2).data("still talking").psh());
  expect_ack(14);
  EXPECT_EQ(read_all(), "still talking");
  peer_sends(seg().seq(14).ack(2).fin());
  expect_ack(15);
  EXPECT_EQ(events(), (std::vector{EventKind::Readable, EventKind::Writable, EventKind::PeerClosed,
                                   EventKind::Closed}));
  EXPECT_FALSE(stack_->is_live(id_));
  EXPECT_EQ(stack_->connection_count(), 0U);
  EXPECT_EQ(stack_->time_wait_count(), 1U);
}

TEST_F(Closing, TheFullWalkWhenThePeerClosesFirst) {
  enter(State::CloseWait);
  EXPECT_TRUE(stack_->peer_closed(id_));
  send("half-closed answer");
  const Seg s = next();
  EXPECT_EQ(s.payload, "half-closed answer");
  stack_->shutdown_send(id_);
  const Seg fin = next();
  EXPECT_TRUE(fin.has(TcpView::Fin));
  EXPECT_EQ(state(), State::LastAck);
  peer_sends(seg().seq(2).ack(20));
  EXPECT_TRUE(saw(EventKind::Closed));
  EXPECT_EQ(stack_->time_wait_count(), 0U);
  EXPECT_EQ(stack_->connection_count(), 0U);
}

TEST_F(Closing, FinRidesOnTheLastData) {
  open_passively();
  send("bye");
  stack_->shutdown_send(id_);
  const Seg s = next();
  EXPECT_EQ(s.payload, "bye");
  EXPECT_TRUE(s.has(TcpView::Fin));
  expect_silence();
}

TEST_F(Closing, SimultaneousClose) {
  enter(State::Closing);
  EXPECT_EQ(state(), State::Closing);
  peer_sends(seg().seq(2).ack(2));
  EXPECT_TRUE(saw(EventKind::Closed));
  EXPECT_EQ(stack_->time_wait_count(), 1U);
}

TEST_F(Closing, FinAndAckOfOurFinTogether) {
  enter(State::FinWait1);
  peer_sends(seg().seq(1).ack(2).fin());
  expect_ack(2);
  EXPECT_TRUE(saw(EventKind::Closed));
  EXPECT_EQ(stack_->time_wait_count(), 1U);
}

TEST_F(Closing, ALostFinIsSentAgainFromEveryState) {
  for (const State s : {State::FinWait1, State::Closing, State::LastAck}) {
    TearDown();
    SetUp();
    enter(s);
    pass_ms(kRtoMsMin + 10);
    const Seg again = next();
    EXPECT_TRUE(again.has(TcpView::Fin)) << static_cast<int>(s);
    EXPECT_EQ(again.sequence, 1U);
  }
}

TEST_F(Closing, ClosedWaitsUntilEverythingWasRead) {
  enter(State::FinWait2);
  peer_sends(seg().seq(1).ack(2).data("tail").fin());
  EXPECT_EQ(events(), (std::vector{EventKind::Readable, EventKind::PeerClosed}));
  EXPECT_TRUE(stack_->is_live(id_));
  EXPECT_EQ(read_all(), "tail");
  EXPECT_EQ(events(), std::vector{EventKind::Closed});
  EXPECT_FALSE(stack_->is_live(id_));
}

TEST_F(Closing, ARetransmittedFinIsAcknowledgedAgain) {
  enter(State::CloseWait);
  peer_sends(seg().seq(1).ack(1).fin());
  expect_ack(2);
}

TEST_F(Closing, FinWait2IsNotForEver) {
  enter(State::FinWait2);
  pass_ms(60'100);
  EXPECT_TRUE(saw(EventKind::TimedOut));
  EXPECT_EQ(counted(Counter::TimedOutFinWait2), 1U);
}

TEST_F(Closing, ReleaseSendsWhatIsQueuedThenFinAndDropsWhatComes) {
  open_passively();
  send("goodbye");
  stack_->release(id_);
  EXPECT_FALSE(stack_->is_live(id_));
  const Seg s = next();
  EXPECT_EQ(s.payload, "goodbye");
  EXPECT_TRUE(s.has(TcpView::Fin));
  peer_sends(seg().seq(1).ack(9).data("ignored").psh());
  expect_ack(8);
  peer_sends(seg().seq(8).ack(9).fin());
  expect_ack(9);
  EXPECT_TRUE(events().empty());
  EXPECT_EQ(stack_->connection_count(), 0U);
  EXPECT_EQ(copies_->available(), copies_->segment_count());
}

TEST_F(Closing, ReleaseDoesNotLingerForEver) {
  open_passively();
  stack_->release(id_);
  EXPECT_TRUE(next().has(TcpView::Fin));
  peer_sends(seg().seq(1).ack(2));
  for (int i = 0; i < 5; ++i) {
    pass_ms(2'000);
    peer_sends(seg().seq(1 + static_cast<uint32_t>(i)).ack(2).data("x"));
  }
  pass_ms(200);
  EXPECT_EQ(stack_->connection_count(), 0U);
  EXPECT_TRUE(take_all().back().has(TcpView::Rst));
}

TEST_F(Closing, ResetEndsEveryState) {
  for (const State s :
       {State::FinWait1, State::FinWait2, State::CloseWait, State::Closing, State::LastAck}) {
    TearDown();
    SetUp();
    enter(s);
    const bool fin_taken = s == State::CloseWait || s == State::Closing || s == State::LastAck;
    peer_sends(seg().seq(fin_taken ? 2 : 1).rst());
    EXPECT_TRUE(saw(EventKind::Reset)) << static_cast<int>(s);
    EXPECT_EQ(stack_->connection_count(), 0U);
  }
}

class TimeWait : public TcpTest {
 protected:
  void SetUp() override {
    TcpTest::SetUp();
    enter(State::TimeWait);
    ASSERT_EQ(stack_->time_wait_count(), 1U);
  }
};

TEST_F(TimeWait, ARetransmittedFinIsAcknowledgedAndStartsTheWaitAgain) {
  pass_ms(50'000);
  peer_sends(seg().seq(1).ack(2).fin());
  expect_ack(2);
  pass_ms(50'000);
  EXPECT_EQ(stack_->time_wait_count(), 1U);
  pass_ms(10'100);
  EXPECT_EQ(stack_->time_wait_count(), 0U);
}

TEST_F(TimeWait, ResetsAreIgnored) {
  peer_sends(seg().seq(2).rst());
  EXPECT_EQ(stack_->time_wait_count(), 1U);
  expect_silence();
}

TEST_F(TimeWait, PlainAcksAreNotAnswered) {
  peer_sends(seg().seq(2).ack(2));
  expect_silence();
}

TEST_F(TimeWait, ANewerSynOpensAgain) {
  peer_sends(syn().seq(5000));
  const Seg s = next();
  EXPECT_EQ(s.flags, TcpView::Syn | TcpView::Ack);
  EXPECT_EQ(stack_->time_wait_count(), 0U);
  EXPECT_EQ(counted(Counter::TimeWaitReused), 1U);
}

TEST_F(TimeWait, AnOlderSynIsAnsweredByAck) {
  peer_sends(syn().seq(0));
  expect_ack(2);
  peer_sends(syn().seq(0));
  expect_ack(2);
  EXPECT_EQ(stack_->time_wait_count(), 1U);
}

TEST_F(TimeWait, TheOldestGoesWhenTheTableIsFull) {
  for (uint16_t port = 10; port < 20; ++port) {
    peer_sends_from(port, syn());
    next();
    peer_sends_from(port, seg().seq(1).ack(1));
    events();
    stack_->shutdown_send(id_);
    next();
    peer_sends_from(port, seg().seq(1).ack(2).fin());
    take_all();
    events();
  }
  EXPECT_EQ(stack_->time_wait_count(), 4U);
  EXPECT_EQ(counted(Counter::TimeWaitEvicted), 7U);
}

}  // namespace
}  // namespace sallyport::tcp
