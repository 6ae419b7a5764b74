// State x event x position x payload, over IPv4 and IPv6: every state against every kind of
// segment, judged by the rules of RFC 9293 3.10.7 and RFC 5961 in a few lines, not by what the
// stack does.
#include <tuple>

#include "tests/unit/tcp/harness.h"

namespace sallyport::tcp {
namespace {

enum class Kind : uint8_t {
  PlainAck,
  Push,
  Fin,
  Reset,
  ResetAck,
  Syn,
  SynAck,
  NoFlags,
  FutureAck,
  OldAck
};
enum class Position : uint8_t { Left, LeftEdge, Inside, RightEdge, Outside };
enum class Payload : uint8_t { None, OneByte };

constexpr State kStates[] = {State::Established, State::FinWait1, State::FinWait2,
                             State::CloseWait,   State::Closing,  State::LastAck};

struct Case {
  State state;
  Kind kind;
  Position position;
  Payload payload;
  bool v6;
};

class Matrix : public TcpTest, public testing::WithParamInterface<Case> {
 protected:
  void SetUp() override {
    if (GetParam().v6) use_v6();
    TcpTest::SetUp();
  }
  static bool fin_taken(State s) {
    return s == State::CloseWait || s == State::Closing || s == State::LastAck;
  }

  // The left edge of what we take, and how much.
  uint32_t left() const { return fin_taken(GetParam().state) ? 2 : 1; }
  uint32_t window() const { return 65'535 - (fin_taken(GetParam().state) ? 1 : 0); }

  Seg segment() const {
    const Case c = GetParam();
    const uint32_t places[] = {left() - 1, left(), left() + 100, left() + window(),
                               left() + window() + 5'000};
    // The ACK of everything but our FIN, so that an acceptable ACK alone changes no state.
    Seg s = seg().seq(places[static_cast<int>(c.position)]).ack(c.state == State::FinWait2 ? 2 : 1);
    if (c.payload == Payload::OneByte) s.data("d");
    switch (c.kind) {
      case Kind::PlainAck:
        break;
      case Kind::Push:
        s.psh();
        break;
      case Kind::Fin:
        s.fin();
        break;
      case Kind::Reset:
        s.flags = TcpView::Rst;
        break;
      case Kind::ResetAck:
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
        break;
      case Kind::FutureAck:
        s.ack(5'000);
        break;
      case Kind::OldAck:
        s.ack(1U - 70'000U);
        break;
    }
    return s;
  }

  void judge_reset() {
    const Case c = GetParam();
    if (c.position == Position::LeftEdge) {
      EXPECT_TRUE(saw(EventKind::Reset));
      EXPECT_EQ(stack_->connection_count(), 0U);
      EXPECT_TRUE(out_.empty());
      return;
    }
    EXPECT_EQ(state(), c.state);
    // Never an ACK to a RST outside the window; a challenge inside.
    EXPECT_EQ(out_.size(), c.position == Position::Inside ? 1U : 0U);
  }

  void judge_syn() {
    EXPECT_EQ(state(), GetParam().state);
    ASSERT_EQ(out_.size(), 1U);
    EXPECT_EQ(out_[0].flags & (TcpView::Rst | TcpView::Syn), 0);
    EXPECT_EQ(out_[0].acknowledgment, left());
  }

  // A byte that came already, and the FIN behind it, is in place too.
  bool fin_is_in_place() const {
    const Case c = GetParam();
    return c.position == Position::LeftEdge ||
           (c.position == Position::Left && c.payload == Payload::OneByte);
  }

  void judge_fin_in_place() {
    const Case c = GetParam();
    if (c.state == State::Established) {
      EXPECT_EQ(state(), State::CloseWait);
    } else if (c.state == State::FinWait1) {
      EXPECT_EQ(state(), State::Closing);
    } else {
      EXPECT_EQ(stack_->time_wait_count(), 1U);
    }
    ASSERT_GE(out_.size(), 1U);
    EXPECT_EQ(out_.back().acknowledgment,
              c.position == Position::LeftEdge && c.payload == Payload::OneByte ? 3U : 2U);
  }

  void judge_rest() {
    const Case c = GetParam();
    const bool at_edge = c.position == Position::LeftEdge;
    EXPECT_EQ(state(), c.state);
    const bool acceptable_ack =
        c.kind != Kind::FutureAck && c.kind != Kind::OldAck && c.kind != Kind::NoFlags;
    const bool takes =
        !fin_taken(c.state) && at_edge && c.payload == Payload::OneByte && acceptable_ack;
    EXPECT_EQ(stack_->receive_queue(id_).size(), takes ? 1U : 0U);
    // Nothing we did not accept is acknowledged, and nothing resets.
    for (const Seg& o : out_) {
      EXPECT_FALSE(o.has(TcpView::Rst));
      EXPECT_LE(o.acknowledgment, takes ? left() + 1 : left());
    }
    // Outside the window: an ACK tells the peer where we are (RFC 9293 3.10.7.4 first).
    if (c.position == Position::Outside) {
      EXPECT_EQ(out_.size(), 1U);
    }
    const bool inside = at_edge || c.position == Position::Inside;
    if (inside && (c.kind == Kind::FutureAck || c.kind == Kind::OldAck)) {
      EXPECT_EQ(out_.size(), 1U);
    }
    // Only a PSH or a hole is worth an ACK at once.
    if (takes) {
      EXPECT_EQ(out_.size(), c.kind == Kind::Push ? 1U : 0U);
    }
  }
};

TEST_P(Matrix, OnlyAcceptableSegmentsChangeAnything) {
  const Case c = GetParam();
  enter(c.state);
  out_.clear();
  peer_sends(segment());
  flush();
  EXPECT_EQ(stack_->audit(), nullptr) << stack_->audit();
  if (c.kind == Kind::Reset || c.kind == Kind::ResetAck) {
    judge_reset();
  } else if (c.kind == Kind::Syn || c.kind == Kind::SynAck) {
    judge_syn();
  } else if (c.kind == Kind::Fin && fin_is_in_place() && !fin_taken(c.state)) {
    judge_fin_in_place();
  } else {
    judge_rest();
  }
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const bool v6 : {false, true}) {
    for (const State s : kStates) {
      for (int k = 0; k <= static_cast<int>(Kind::OldAck); ++k) {
        for (int p = 0; p <= static_cast<int>(Position::Outside); ++p) {
          for (const Payload payload : {Payload::None, Payload::OneByte})
            cases.push_back({s, static_cast<Kind>(k), static_cast<Position>(p), payload, v6});
        }
      }
    }
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(All, Matrix, testing::ValuesIn(all_cases()));

// The states without a window yet, and the one after it: flags x acknowledgment x payload.
struct EdgeCase {
  State state;  // Closed, Listen, SynSent, SynReceived, TimeWait
  uint8_t flags;
  bool good_ack;
  bool payload;
  bool v6;
};

class Edges : public TcpTest, public testing::WithParamInterface<EdgeCase> {
 protected:
  void SetUp() override {
    if (GetParam().v6) use_v6();
    TcpTest::SetUp();
  }
  bool has(TcpView::Flag flag) const { return (GetParam().flags & flag) != 0; }
  bool is_one_reset() const { return out_.size() == 1 && out_[0].has(TcpView::Rst); }

  void in_closed_or_listen() {
    const bool listens = GetParam().state == State::Listen;
    if (has(TcpView::Rst)) {
      EXPECT_TRUE(out_.empty());
    } else if (has(TcpView::Ack) || !listens) {
      EXPECT_TRUE(is_one_reset());
    } else if (has(TcpView::Syn)) {
      ASSERT_EQ(out_.size(), 1U);
      EXPECT_EQ(out_[0].flags, TcpView::Syn | TcpView::Ack);
      EXPECT_EQ(out_[0].acknowledgment, 1U);
    } else {
      EXPECT_TRUE(out_.empty());
    }
  }

  void in_syn_sent() {
    const EdgeCase c = GetParam();
    if (has(TcpView::Ack) && !c.good_ack) {
      EXPECT_EQ(state(), State::SynSent);
      EXPECT_EQ(is_one_reset(), !has(TcpView::Rst));
    } else if (has(TcpView::Rst)) {
      EXPECT_EQ(saw(EventKind::Reset), has(TcpView::Ack));
      EXPECT_TRUE(out_.empty());
    } else if (!has(TcpView::Syn)) {
      EXPECT_EQ(state(), State::SynSent);
      EXPECT_TRUE(out_.empty());
    } else {
      EXPECT_EQ(state(), has(TcpView::Ack) ? State::Established : State::SynReceived);
      ASSERT_EQ(out_.size(), 1U);
      EXPECT_EQ(out_[0].has(TcpView::Syn), !has(TcpView::Ack));
    }
  }

  void in_syn_received() {
    const EdgeCase c = GetParam();
    const bool open = stack_->connection_count() == 1;
    if (has(TcpView::Rst)) {
      EXPECT_FALSE(open);  // it comes at the left edge
      EXPECT_TRUE(out_.empty());
    } else if (has(TcpView::Syn)) {
      EXPECT_TRUE(open);
      EXPECT_FALSE(saw(EventKind::Accepted));
    } else if (!has(TcpView::Ack)) {
      EXPECT_FALSE(saw(EventKind::Accepted));
      EXPECT_TRUE(open);
    } else if (!c.good_ack) {
      EXPECT_FALSE(saw(EventKind::Accepted));
      EXPECT_TRUE(is_one_reset());
    } else {
      EXPECT_TRUE(saw(EventKind::Accepted));
      EXPECT_EQ(state(), has(TcpView::Fin) ? State::CloseWait : State::Established);
    }
  }

  void in_time_wait() {
    // Nothing but a new SYN ends it, and this SYN is not new.
    EXPECT_EQ(stack_->time_wait_count(), 1U);
    EXPECT_EQ(stack_->connection_count(), 0U);
    for (const Seg& o : out_) EXPECT_EQ(o.flags, TcpView::Ack);
    if (has(TcpView::Rst)) {
      EXPECT_TRUE(out_.empty());
    }
  }
};

TEST_P(Edges, TheRulesBesideTheOpenStatesHold) {
  const EdgeCase c = GetParam();
  if (c.state == State::Closed) {
    make_without_listener();
  } else if (c.state != State::Listen) {
    enter(c.state);
  }
  events();
  out_.clear();
  // At the left edge of what is expected; in TIME-WAIT an old number.
  const bool opens =
      c.state == State::SynSent || c.state == State::Listen || c.state == State::Closed;
  Seg s = seg().seq(opens ? 0 : 1).ack(c.good_ack ? 1 : 9'000);
  s.flags = c.flags;
  if (c.payload) s.data("p");
  peer_sends(s);
  flush();
  EXPECT_EQ(stack_->audit(), nullptr) << stack_->audit();
  switch (c.state) {
    case State::SynSent:
      return in_syn_sent();
    case State::SynReceived:
      return in_syn_received();
    case State::TimeWait:
      return in_time_wait();
    default:
      return in_closed_or_listen();
  }
}

std::vector<EdgeCase> edge_cases() {
  std::vector<EdgeCase> cases;
  const uint8_t flags[] = {0,
                           TcpView::Fin,
                           TcpView::Syn,
                           TcpView::Rst,
                           TcpView::Ack,
                           TcpView::Fin | TcpView::Ack,
                           TcpView::Syn | TcpView::Ack,
                           TcpView::Rst | TcpView::Ack};
  for (const bool v6 : {false, true}) {
    for (const State s :
         {State::Closed, State::Listen, State::SynSent, State::SynReceived, State::TimeWait}) {
      for (const uint8_t f : flags) {
        for (const bool good_ack : {false, true}) {
          for (const bool payload : {false, true}) cases.push_back({s, f, good_ack, payload, v6});
        }
      }
    }
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(All, Edges, testing::ValuesIn(edge_cases()));

TEST(MatrixSize, IsAtLeastFourHundredForEachFamily) {
  EXPECT_GE((all_cases().size() + edge_cases().size()) / 2, 400U);
}

}  // namespace
}  // namespace sallyport::tcp
