#include "tests/unit/tcp/harness.h"

namespace sallyport::tcp {
namespace {

class Handshake : public TcpTest {};

TEST_F(Handshake, ASynIsAnsweredWithWhatThePeerOffered) {
  peer_sends(seg().syn().mss(1460).scale(7).time(99));
  const Seg s = next();
  EXPECT_EQ(s.flags, TcpView::Syn | TcpView::Ack);
  EXPECT_EQ(s.acknowledgment, 1U);
  EXPECT_EQ(s.options.mss, 1460);
  EXPECT_TRUE(s.options.has_window_scale);
  EXPECT_EQ(s.options.window_scale, 3);
  EXPECT_TRUE(s.options.has_timestamps);
  EXPECT_EQ(s.options.timestamp_echo, 99U);
  EXPECT_EQ(s.win, 65'535);
}

TEST_F(Handshake, WhatThePeerDidNotOfferIsNotUsed) {
  peer_sends(syn());
  const Seg s = next();
  EXPECT_FALSE(s.options.has_window_scale);
  EXPECT_FALSE(s.options.has_timestamps);
  EXPECT_FALSE(s.options.sack_permitted);
}

TEST_F(Handshake, AcceptedComesWithTheAck) {
  peer_sends(syn());
  next();
  EXPECT_TRUE(events().empty());
  peer_sends(seg().seq(1).ack(1));
  EXPECT_EQ(events(), std::vector{EventKind::Accepted});
  EXPECT_EQ(stack_->remote(id_), (Endpoint{kPeerAddress, kPeerPort}));
  EXPECT_EQ(stack_->local(id_), (Endpoint{kOurAddress, kOurPort}));
}

TEST_F(Handshake, DataWithTheHandshakeAckIsTaken) {
  peer_sends(syn());
  next();
  peer_sends(seg().seq(1).ack(1).data("hello").psh());
  EXPECT_EQ(events(), (std::vector{EventKind::Accepted, EventKind::Readable}));
  EXPECT_EQ(read_all(), "hello");
  expect_ack(6);
}

TEST_F(Handshake, EcnSetupAndUnknownFlagsDoNotDisturb) {
  Seg s = syn();
  s.flags |= TcpView::Ece | TcpView::Cwr;
  peer_sends(s);
  EXPECT_EQ(next().flags, TcpView::Syn | TcpView::Ack);
}

TEST_F(Handshake, ALostSynAckIsSentAgain) {
  peer_sends(syn());
  const Seg first = next();
  pass_ms(1'010);
  const Seg again = next();
  EXPECT_EQ(again.flags, first.flags);
  EXPECT_EQ(again.sequence, first.sequence);
  peer_sends(syn());
  EXPECT_EQ(next().flags, first.flags);
  peer_sends(seg().seq(1).ack(1));
  EXPECT_TRUE(saw(EventKind::Accepted));
}

TEST_F(Handshake, AHalfOpenConnectionIsGivenUp) {
  peer_sends(syn());
  pass_ms(10'100);
  EXPECT_EQ(stack_->connection_count(), 0U);
  EXPECT_TRUE(events().empty());
  EXPECT_EQ(counted(Counter::TimedOutHandshake), 1U);
}

TEST_F(Handshake, HalfOpenConnectionsAreLimited) {
  for (uint16_t port = 1; port <= 10; ++port) peer_sends_from(port, syn());
  EXPECT_EQ(stack_->connection_count(), 4U);
  EXPECT_EQ(counted(Counter::SynRefusedHalfOpen), 6U);
  EXPECT_EQ(take_all().size(), 4U);
  pass_ms(10'100);
  EXPECT_EQ(stack_->connection_count(), 0U);
  out_.clear();
  peer_sends_from(77, syn());
  EXPECT_TRUE(next().has(TcpView::Syn));
}

TEST_F(Handshake, AWrongAckInSynReceivedIsReset) {
  enter(State::SynReceived);
  peer_sends(seg().seq(1).ack(7));
  const Seg s = next();
  EXPECT_TRUE(s.has(TcpView::Rst));
  EXPECT_EQ(s.sequence, 7U);
  EXPECT_EQ(stack_->connection_count(), 1U);
}

TEST_F(Handshake, AResetInSynReceivedReturnsToListenSilently) {
  enter(State::SynReceived);
  peer_sends(seg().seq(1).rst());
  EXPECT_EQ(stack_->connection_count(), 0U);
  EXPECT_TRUE(events().empty());
  expect_silence();
}

TEST_F(Handshake, ConnectSendsASynWithEverythingWeSpeak) {
  connect();
  const Seg s = next();
  EXPECT_EQ(s.flags, TcpView::Syn);
  EXPECT_EQ(s.options.mss, 1460);
  EXPECT_TRUE(s.options.has_window_scale);
  EXPECT_TRUE(s.options.has_timestamps);
  peer_sends(seg().syn().ack(1).mss(1000));
  EXPECT_EQ(events(), std::vector{EventKind::Connected});
  expect_ack(1);
  EXPECT_EQ(state(), State::Established);
}

TEST_F(Handshake, ASynIsSentAgainThenGivenUp) {
  connect();
  EXPECT_TRUE(next().has(TcpView::Syn));
  pass_ms(1'010);
  EXPECT_TRUE(next().has(TcpView::Syn));
  pass_ms(2'010);
  EXPECT_TRUE(next().has(TcpView::Syn));
  pass_ms(10'000);
  EXPECT_EQ(events(), std::vector{EventKind::TimedOut});
  EXPECT_FALSE(stack_->is_live(id_));
}

TEST_F(Handshake, ARefusalIsAReset) {
  enter(State::SynSent);
  peer_sends(seg().ack(1).rst());
  EXPECT_EQ(events(), std::vector{EventKind::Reset});
  EXPECT_EQ(stack_->connection_count(), 0U);
}

TEST_F(Handshake, AResetThatDoesNotAcknowledgeOurSynIsIgnored) {
  enter(State::SynSent);
  peer_sends(seg().rst());
  peer_sends(seg().ack(9).rst());
  EXPECT_EQ(state(), State::SynSent);
  expect_silence();
}

TEST_F(Handshake, AWrongAckInSynSentIsReset) {
  enter(State::SynSent);
  peer_sends(syn().ack(9));
  const Seg s = next();
  EXPECT_TRUE(s.has(TcpView::Rst));
  EXPECT_EQ(s.sequence, 9U);
  EXPECT_EQ(state(), State::SynSent);
}

TEST_F(Handshake, SimultaneousOpen) {
  enter(State::SynSent);
  peer_sends(syn());
  const Seg s = next();
  EXPECT_EQ(s.flags, TcpView::Syn | TcpView::Ack);
  EXPECT_EQ(s.sequence, 0U);
  EXPECT_EQ(s.acknowledgment, 1U);
  EXPECT_EQ(state(), State::SynReceived);
  peer_sends(syn().ack(1));
  EXPECT_EQ(events(), std::vector{EventKind::Connected});
  EXPECT_EQ(state(), State::Established);
}

TEST_F(Handshake, AResetInSynReceivedAfterSimultaneousOpenIsReported) {
  enter(State::SynSent);
  peer_sends(syn());
  next();
  peer_sends(seg().seq(1).rst());
  EXPECT_EQ(events(), std::vector{EventKind::Reset});
}

TEST_F(Handshake, ListenAnswersAnAckWithResetAndIgnoresTheRest) {
  peer_sends(seg().seq(1).ack(50));
  Seg s = next();
  EXPECT_EQ(s.flags, TcpView::Rst);
  peer_sends(seg().rst());
  peer_sends(seg().fin());
  peer_sends(seg().data("x"));
  expect_silence();
  peer_sends(syn().ack(3));
  EXPECT_TRUE(next().has(TcpView::Rst));
}

TEST_F(Handshake, AClosedPortResetsInTheRightForm) {
  connected_out_ = true;  // turns the ports round: to a port nobody listens on
  last_port_ = 9;
  peer_sends(seg().seq(10).syn());
  Seg s = next();
  EXPECT_EQ(s.flags, TcpView::Rst | TcpView::Ack);
  EXPECT_EQ(s.acknowledgment, 11U);
  peer_sends(seg().seq(10).ack(77).data("abc"));
  s = next();
  EXPECT_EQ(s.flags, TcpView::Rst);
  EXPECT_EQ(s.sequence, 77U);
  peer_sends(seg().seq(10).rst());
  expect_silence();
}

TEST_F(Handshake, ConnectPortsAreSpreadAndFree) {
  std::vector<uint16_t> ports;
  for (int i = 0; i < 8; ++i) {
    const ConnectionId id = stack_->connect({kOurAddress, 0}, {kPeerAddress, 1}, now_);
    ASSERT_TRUE(id);
    const uint16_t port = stack_->local(id).port;
    EXPECT_GE(port, 32'768);
    EXPECT_LE(port, 60'999);
    EXPECT_EQ(std::find(ports.begin(), ports.end(), port), ports.end());
    ports.push_back(port);
  }
  EXPECT_FALSE(std::is_sorted(ports.begin(), ports.end()));
  EXPECT_FALSE(stack_->connect({kOurAddress, 0}, {kPeerAddress, 1}, now_));
  EXPECT_EQ(counted(Counter::ConnectRefusedFull), 1U);
}

TEST_F(Handshake, InitialSequenceNumbersDifferByTupleAndMoveWithTime) {
  peer_sends_from(1, syn());
  next();
  const uint32_t first = our_initial_;
  peer_sends_from(2, syn());
  next();
  EXPECT_NE(first, our_initial_);
  peer_sends_from(1, seg().seq(1).rst());
  now_ = base::after_ms(now_, 1'000);
  peer_sends_from(1, syn());
  next();
  const uint32_t moved = our_initial_ - first;
  EXPECT_NEAR(moved, 1e9 / 4096, 2);  // the 4 us clock of RFC 6528
}

TEST_F(Handshake, BrokenSegmentsAreCountedAndDropped) {
  raw({1, 2, 3});
  std::vector<uint8_t> bytes(20, 0);
  bytes[12] = 0x50;
  raw(bytes);
  EXPECT_EQ(counted(Counter::Malformed), 1U);
  EXPECT_EQ(counted(Counter::BadChecksum), 1U);
  expect_silence();
}

TEST_F(Handshake, StaleHandlesAreAnswered) {
  const ConnectionId stale{3, 17};
  EXPECT_FALSE(stack_->is_live(stale));
  EXPECT_EQ(stack_->receive_queue(stale).size(), 0U);
  EXPECT_EQ(stack_->send_room(stale), 0U);
  stack_->received(stale, now_);
  stack_->shutdown_send(stale);
  stack_->abort(stale);
  stack_->release(stale);
  stack_->abort(ConnectionId{99, 1});
  EXPECT_TRUE(stack_->all_acknowledged(stale));
  expect_silence();
}

}  // namespace
}  // namespace sallyport::tcp
