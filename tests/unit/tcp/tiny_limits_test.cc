// Capacities of 1 to 4, so that every "full" is reached by hand.
#include "tests/unit/tcp/harness.h"

namespace sallyport::tcp {
namespace {

class Tiny : public TcpTest {
 protected:
  StackConfig config() const override {
    StackConfig c = TcpTest::config();
    c.connections_max = 1;
    c.half_open_max = 1;
    c.time_wait_max = 1;
    c.receive_bytes_max = 64;
    c.send_bytes_max = 16;
    return c;
  }
  void SetUp() override { make(2, 16); }
};

TEST_F(Tiny, OneConnectionIsAll) {
  open_passively();
  peer_sends_from(99, syn());
  EXPECT_EQ(counted(Counter::SynRefusedFull), 1U);
  expect_silence();
  stack_->abort(id_);
  take_all();
  peer_sends_from(99, syn());
  EXPECT_TRUE(next().has(TcpView::Syn));
}

TEST_F(Tiny, SendRoomIsHonest) {
  open_passively();
  EXPECT_EQ(stack_->send_room(id_), 16U);
  send(numbered(16));
  EXPECT_EQ(stack_->send_room(id_), 0U);
  next();
  peer_sends(seg().seq(1).ack(11));
  EXPECT_TRUE(saw(EventKind::Writable));
  EXPECT_EQ(stack_->send_room(id_), 10U);
}

TEST_F(Tiny, WithoutCopyBuffersThePeerSendsAgain) {
  open_passively();
  peer_sends(seg().seq(1).ack(1).data(numbered(32)));
  EXPECT_EQ(copies_->available(), 0U);
  peer_sends(seg().seq(33).ack(1).data(numbered(10, 32)));
  EXPECT_EQ(counted(Counter::NoReceiveBuffer), 1U);
  EXPECT_EQ(read_all(), numbered(32));
  peer_sends(seg().seq(33).ack(1).data(numbered(10, 32)));
  EXPECT_EQ(read_all(), numbered(10, 32));
}

TEST_F(Tiny, TheWindowClosesAndOpens) {
  make(8, 16);
  open_passively();
  peer_sends(seg().seq(1).ack(1).data(numbered(64)).psh());
  const Seg s = next();
  EXPECT_EQ(s.win, 0);
  EXPECT_EQ(s.acknowledgment, 65U);
  EXPECT_EQ(read_all(), numbered(64));
  EXPECT_EQ(next().win, 64);
}

TEST_F(Tiny, TheRecordIsUsedAgainWithANewGeneration) {
  open_passively();
  const ConnectionId old = id_;
  peer_sends(seg().seq(1).rst());
  EXPECT_TRUE(saw(EventKind::Reset));
  open_passively();
  EXPECT_EQ(id_.index, old.index);
  EXPECT_NE(id_.generation, old.generation);
  EXPECT_FALSE(stack_->is_live(old));
  stack_->abort(old);
  EXPECT_TRUE(stack_->is_live(id_));
}

TEST_F(Tiny, ABufferPoolThatIsLowStopsTheWindowFromGrowing) {
  make(8, 16);
  StackConfig c = config();
  c.copies_low_water = 8;  // always low
  stack_ = std::make_unique<Stack>(c, *this, *copies_);
  stack_->listen({kOurAddress, kOurPort});
  open_passively();
  peer_sends(seg().seq(1).ack(1).data(numbered(40)).psh());
  EXPECT_EQ(next().win, 24);
  read_all();
  peer_sends(seg().seq(41).ack(1).data(numbered(4)).psh());
  EXPECT_EQ(next().win, 20);
}

}  // namespace
}  // namespace sallyport::tcp
