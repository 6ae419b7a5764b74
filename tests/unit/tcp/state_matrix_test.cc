// State x event x position x payload: every synchronised state against every kind of segment,
// judged by the rules of RFC 9293 3.10.7.4 and RFC 5961 in a few lines, not by what the stack does.
#include "tests/unit/tcp/harness.h"

namespace sallyport::tcp {
namespace {

enum class Kind : uint8_t { PlainAck, Data, Fin, Reset, Syn, SynAck, NoFlags, FutureAck };
enum class Position : uint8_t { Left, LeftEdge, Inside, RightEdge, Outside };

constexpr State kStates[] = {State::Established, State::FinWait1, State::FinWait2,
                             State::CloseWait,   State::Closing,  State::LastAck};

struct Case {
  State state;
  Kind kind;
  Position position;
};

class Matrix : public TcpTest, public testing::WithParamInterface<Case> {
 protected:
  static bool fin_taken(State s) {
    return s == State::CloseWait || s == State::Closing || s == State::LastAck;
  }
  static bool fin_sent(State s) {
    return s == State::FinWait1 || s == State::FinWait2 || s == State::Closing ||
           s == State::LastAck;
  }
};

TEST_P(Matrix, OnlyAcceptableSegmentsChangeAnything) {
  const Case c = GetParam();
  enter(c.state);
  out_.clear();
  const uint32_t left = fin_taken(c.state) ? 2 : 1;
  const uint32_t window = 65'535 - (fin_taken(c.state) ? 1 : 0);
  // The ACK of everything but our FIN, so that an acceptable ACK alone changes no state.
  const uint32_t ack = c.state == State::FinWait2 ? 2 : 1;
  uint32_t at = left;
  switch (c.position) {
    case Position::Left:
      at = left - 1;
      break;
    case Position::LeftEdge:
      at = left;
      break;
    case Position::Inside:
      at = left + 100;
      break;
    case Position::RightEdge:
      at = left + window;
      break;
    case Position::Outside:
      at = left + window + 5'000;
      break;
  }
  Seg s = seg().seq(at).ack(ack);
  switch (c.kind) {
    case Kind::PlainAck:
      break;
    case Kind::Data:
      s.data("d");
      break;
    case Kind::Fin:
      s.fin();
      break;
    case Kind::Reset:
      s.rst();
      break;
    case Kind::Syn:
      s.flags = TcpView::Syn;
      break;
    case Kind::SynAck:
      s.syn();
      break;
    case Kind::NoFlags:
      s.flags = 0;
      s.data("d");
      break;
    case Kind::FutureAck:
      s.ack(5'000);
      break;
  }
  peer_sends(s);
  flush();
  const bool at_edge = c.position == Position::LeftEdge;
  const State before = c.state;

  if (c.kind == Kind::Reset) {
    if (at_edge) {
      EXPECT_TRUE(saw(EventKind::Reset));
      EXPECT_EQ(stack_->connection_count(), 0U);
      EXPECT_TRUE(out_.empty());
      return;
    }
    EXPECT_EQ(state(), before);
    // Never an ACK to a RST outside the window; a challenge inside.
    EXPECT_EQ(out_.size(), c.position == Position::Inside ? 1U : 0U);
    return;
  }
  if (c.kind == Kind::Syn || c.kind == Kind::SynAck) {
    EXPECT_EQ(state(), before);
    ASSERT_EQ(out_.size(), 1U);
    EXPECT_EQ(out_[0].flags & (TcpView::Rst | TcpView::Syn), 0);
    EXPECT_EQ(out_[0].acknowledgment, left);
    return;
  }
  if (c.kind == Kind::Fin && at_edge && !fin_taken(before)) {
    if (before == State::Established) {
      EXPECT_EQ(state(), State::CloseWait);
    } else if (before == State::FinWait1) {
      EXPECT_EQ(state(), State::Closing);
    } else {
      EXPECT_EQ(stack_->time_wait_count(), 1U);
    }
    ASSERT_EQ(out_.size(), 1U);
    EXPECT_EQ(out_[0].acknowledgment, 2U);
    return;
  }
  EXPECT_EQ(state(), before);
  // Nothing we did not accept is acknowledged, and nothing resets.
  for (const Seg& o : out_) {
    EXPECT_FALSE(o.has(TcpView::Rst));
    EXPECT_LE(o.acknowledgment, c.kind == Kind::Data && at_edge ? left + 1 : left);
  }
  const bool takes_data = !fin_taken(before) && c.kind == Kind::Data && at_edge;
  EXPECT_EQ(stack_->receive_queue(id_).size(), takes_data ? 1U : 0U);
  // Outside the window: an ACK tells the peer where we are (RFC 9293 3.10.7.4 first).
  if (c.position == Position::Outside && c.kind != Kind::NoFlags) {
    EXPECT_EQ(out_.size(), 1U);
  }
  if (c.kind == Kind::FutureAck && (at_edge || c.position == Position::Inside)) {
    EXPECT_EQ(out_.size(), 1U);
  }
  (void)fin_sent;
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const State s : kStates) {
    for (int k = 0; k <= static_cast<int>(Kind::FutureAck); ++k) {
      for (int p = 0; p <= static_cast<int>(Position::Outside); ++p)
        cases.push_back({s, static_cast<Kind>(k), static_cast<Position>(p)});
    }
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(All, Matrix, testing::ValuesIn(all_cases()));

}  // namespace
}  // namespace sallyport::tcp
