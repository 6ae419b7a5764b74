// Random use of a recorder against a twin that is slow and obvious: a deque of what must be in the
// ring and plain sums. Replay one run with SALLYPORT_SEED=<seed> evidence_recorder_model_test.
#include <algorithm>
#include <cstdlib>
#include <deque>
#include <map>
#include <random>

#include "tests/unit/evidence/ring_fixture.h"

namespace sallyport::evidence_test {
namespace {

using contract::RecordKind;
using contract::slot_total_bytes;
using evidence::AdmittedFields;
using evidence::CompletedFields;
using evidence::Outcome;
using evidence::Recorder;
using evidence::RecorderConfig;
using evidence::RequestId;
using evidence::Reservation;

struct Expected {
  RecordKind kind{};
  RequestId id;
  uint64_t mark = 0;  // body_bytes of the part, to tell records apart
};

// What the ring must hold and how much of it is taken, byte by byte.
class Twin {
 public:
  explicit Twin(uint64_t capacity) : capacity_(capacity) {}
  void push(const Expected& expected, uint64_t slot) {
    const uint64_t rest = capacity_ - head_ % capacity_;
    if (slot > rest) head_ += rest;
    head_ += slot;
    unread_.push_back(expected);
    ends_.push_back(head_);
  }
  void read(std::span<const evidence_log::RingRecord> records) {
    for (const auto& record : records) {
      ASSERT_FALSE(unread_.empty());
      const Expected want = unread_.front();
      unread_.pop_front();
      ASSERT_EQ(record.problem, evidence_log::RecordProblem::None);
      ASSERT_EQ(record.sequence, ++sequence_);
      ASSERT_EQ(record.end_position, ends_[record.sequence - committed_ - 1]);
      const Parts parts = parts_of(record.bytes);
      ASSERT_EQ(parts.kind(), want.kind);
      if (want.kind == RecordKind::TlsConnection) {
        ASSERT_EQ(parts.tls.port, want.mark);
        continue;
      }
      if (want.kind == RecordKind::RefusedAggregate) {
        aggregated_ += parts.aggregate.count;
        continue;
      }
      ASSERT_EQ(RequestId::of_words(parts.header.request_high, parts.header.request_low), want.id);
      const uint64_t mark =
          want.kind == RecordKind::Completed ? parts.outcome.body_bytes : parts.request.body_bytes;
      ASSERT_EQ(mark, want.mark);
    }
  }
  void commit(uint64_t sequence) {
    for (; committed_ < sequence; ++committed_) {
      tail_ = ends_.front();
      ends_.pop_front();
    }
  }
  uint64_t used() const { return head_ - tail_; }
  uint64_t tail() const { return tail_; }
  uint64_t read_sequence() const { return sequence_; }
  uint64_t committed() const { return committed_; }
  uint64_t aggregated() const { return aggregated_; }
  size_t unread() const { return unread_.size(); }

 private:
  uint64_t capacity_, head_ = 0, tail_ = 0, sequence_ = 0, committed_ = 0, aggregated_ = 0;
  std::deque<Expected> unread_;
  std::deque<uint64_t> ends_;  // of every slot that is not committed
};

class Run {
 public:
  explicit Run(uint64_t seed)
      : random_(seed),
        config_(config_in(folder_)),
        cursor_(config_),
        recorder_(make_ring(config_), rules()),
        reader_(reader_of(config_)),
        twin_(config_.capacity_bytes) {
    all_tallies_ = full_tallies();
    subjects_.assign(20, contract::SubjectId{1});
    recorder_.turn(clock_);
  }

  void step() {
    switch (below(22)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
        return reserve();
      case 5:
      case 6:
      case 7:
        return admit();
      case 8:
      case 9:
      case 10:
        return complete();
      case 11:
        return cancel();
      case 12:
      case 13:
        return refuse();
      case 14:
        return refuse_anonymous();
      case 15:
        return alarm();
      case 16:
        return turn();
      case 17:
      case 18:
        return connect();
      default:
        return drain();
    }
  }

  void finish() {
    while (!admitted_.empty()) complete();
    while (!waiting_.empty()) cancel();
    for (int i = 0; i < 20; ++i) {
      drain_all();
      const uint64_t before = recorder_.counters().aggregates_written;
      recorder_.flush(clock_);
      expect_aggregates(recorder_.counters().aggregates_written - before);
    }
    drain_all();
    EXPECT_EQ(twin_.unread(), 0U);
    EXPECT_EQ(twin_.aggregated(), folded_);
    EXPECT_EQ(twin_.used(), 0U);
    EXPECT_EQ(recorder_.ring().used_bytes(), 0U);
    Reservation room;
    size_t fits = 0;
    for (; recorder_.reserve(room); room = {}) ++fits;
    EXPECT_EQ(fits, ordinary() / kAll) << "room was lost on the way";
  }

 private:
  struct Open {
    Reservation room;
    RequestId id;
  };
  static RecorderConfig rules() { return {.refusals_per_s = 50}; }
  uint64_t below(uint64_t limit) { return random_() % limit; }
  uint64_t ordinary() const {
    return config_.capacity_bytes - kSlack -
           config_.capacity_bytes * rules().security_percent / 100;
  }
  uint64_t reserved() const {
    uint64_t bytes = waiting_.size() * kAll;
    for (const Open& open : admitted_)
      bytes += slot_total_bytes(contract::kCompletedBytesMax) +
               (open.room.has_connection ? kTlsSlot : 0);
    return bytes;
  }
  // Sizes from empty to the greatest.
  template <typename Fields>
  uint32_t fill(Fields& fields, uint32_t fixed) {
    const size_t tallies = below(2) == 0 ? 0 : below(all_tallies_.view().size() + 1);
    const size_t subjects = below(3) == 0 ? below(subjects_.size() + 1) : 0;
    fields.tallies = all_tallies_.view().first(tallies);
    fields.subjects = std::span(subjects_).first(subjects);
    fields.body_bytes = ++mark_;
    const size_t dropped = subjects > contract::kSubjectsMax ? 1 : 0;
    // 32 named entries, one more per section behind them (full_tallies).
    return fixed + static_cast<uint32_t>((tallies + dropped) * sizeof(contract::Tally) +
                                         std::min(subjects, contract::kSubjectsMax) * 16);
  }

  void reserve() {
    Reservation room;
    const bool fits = ordinary() >= twin_.used() + reserved() + kAll;
    ASSERT_EQ(recorder_.reserve(room), fits);
    if (fits) waiting_.push_back({room, recorder_.next_request_id()});
  }
  Open take(std::vector<Open>& from) {
    std::swap(from[below(from.size())], from.back());
    const Open open = from.back();
    from.pop_back();
    return open;
  }
  void admit() {
    if (waiting_.empty()) return;
    Open open = take(waiting_);
    AdmittedFields fields;
    const uint32_t bytes =
        fill(fields, sizeof(contract::RecordHeader) + sizeof(contract::RequestPart));
    twin_.push({RecordKind::Admitted, open.id, mark_}, slot_total_bytes(bytes));
    recorder_.admitted(open.room, open.id, fields, clock_);
    admitted_.push_back(open);
    check_used();
  }
  void connect() {
    if (admitted_.empty()) return;
    Open& open = admitted_[below(admitted_.size())];
    if (!open.room.has_connection) return;
    evidence::TlsConnectionFields fields;
    fields.reason = "upstream_tls";
    fields.failure = "protocol";
    fields.address = 0x01020304;
    fields.port = static_cast<uint16_t>(++mark_);
    twin_.push({RecordKind::TlsConnection, open.id, fields.port}, kTlsSlot);
    recorder_.tls_connection(open.room, open.id, fields, clock_);
    check_used();
  }
  void complete() {
    if (admitted_.empty()) return;
    Open open = take(admitted_);
    CompletedFields fields;
    fields.outcome = Outcome::Served;
    const uint32_t bytes =
        fill(fields, sizeof(contract::RecordHeader) + sizeof(contract::OutcomePart));
    twin_.push({RecordKind::Completed, open.id, mark_}, slot_total_bytes(bytes));
    recorder_.completed(open.room, open.id, fields, clock_);
    check_used();
  }
  void cancel() {
    if (waiting_.empty()) return;
    Open open = take(waiting_);
    recorder_.cancel(open.room);
  }
  void refuse() {
    const RequestId id = recorder_.next_request_id();
    AdmittedFields request;
    request.principal = below(2) == 0 ? "one" : "two";
    CompletedFields outcome;
    outcome.outcome = Outcome::RefusedPolicy;
    const uint32_t bytes = fill(request, contract::record_shape(3).fixed_bytes);
    const uint64_t before = recorder_.counters().refused;
    recorder_.refused(id, request, outcome, clock_);
    if (recorder_.counters().refused == before) {
      ++folded_;
      return;
    }
    ASSERT_LE(twin_.used() + reserved() + slot_total_bytes(contract::kRecordBytesMax), ordinary());
    twin_.push({RecordKind::Refused, id, mark_}, slot_total_bytes(bytes));
    check_used();
  }
  void refuse_anonymous() {
    recorder_.refused_anonymous(
        below(2) == 0 ? "bad_credentials" : "unknown_host",
        evidence::SourcePrefix::of_ipv4(static_cast<uint32_t>(below(400)) << 8), 401, clock_);
    ++folded_;
  }
  void alarm() {
    const RequestId id = recorder_.next_request_id();
    const uint64_t slot =
        slot_total_bytes(sizeof(contract::RecordHeader) + sizeof(contract::NotePart));
    const bool fits = config_.capacity_bytes >= twin_.used() + reserved() + kSlack + slot;
    ASSERT_EQ(recorder_.security("alarm", id, "", clock_), fits);
    if (fits) twin_.push({RecordKind::Security, id, 0}, slot);
  }
  void turn() {
    const uint64_t ms = below(10) == 0 ? below(120'000) : below(50);
    clock_.now.ns += ms * base::kNsPerMs;
    clock_.wall_ns += ms * base::kNsPerMs;
    const uint64_t before = recorder_.counters().aggregates_written;
    recorder_.turn(clock_);
    expect_aggregates(recorder_.counters().aggregates_written - before);
  }
  void expect_aggregates(uint64_t count) {
    for (; count > 0; --count)
      twin_.push(
          {RecordKind::RefusedAggregate, {}, 0},
          slot_total_bytes(sizeof(contract::RecordHeader) + sizeof(contract::AggregatePart)));
    check_used();
  }
  // Reads some, commits some of what was read.
  void drain() {
    std::vector<evidence_log::RingRecord> records;
    ASSERT_EQ(reader_.read(below(30), records), evidence_log::RingProblem::None);
    twin_.read(records);
    const uint64_t open = twin_.read_sequence() - twin_.committed();
    twin_.commit(twin_.committed() + below(open + 1));
    cursor_.commit(twin_.tail(), twin_.committed());
    check_used();
  }
  void drain_all() {
    const auto records = read_all(reader_);
    twin_.read(records);
    twin_.commit(twin_.read_sequence());
    cursor_.commit(twin_.tail(), twin_.committed());
    check_used();
  }
  void check_used() {
    ASSERT_EQ(recorder_.ring().used_bytes(), twin_.used());
    ASSERT_LE(twin_.used(), config_.capacity_bytes);
    ASSERT_EQ(recorder_.committed_sequence(), twin_.committed());
  }

  std::mt19937_64 random_;
  Folder folder_;
  evidence::RingConfig config_;
  CursorFile cursor_;
  Recorder recorder_;
  evidence_log::RingReader reader_;
  Twin twin_;
  base::Clock clock_ = clock_at(0);
  evidence::TallyList all_tallies_;
  std::vector<contract::SubjectId> subjects_;
  std::vector<Open> waiting_, admitted_;
  uint64_t mark_ = 0;
  uint64_t folded_ = 0;
};

void run(uint64_t seed, size_t steps) {
  SCOPED_TRACE("replay: SALLYPORT_SEED=" + std::to_string(seed) + " evidence_recorder_model_test");
  Run one(seed);
  for (size_t i = 0; i < steps && !::testing::Test::HasFatalFailure(); ++i) one.step();
  if (!::testing::Test::HasFatalFailure()) one.finish();
}

TEST(RecorderModelTest, DoesWhatItsTwinDoes) {
  if (const char* seed = std::getenv("SALLYPORT_SEED"))
    return run(std::strtoull(seed, nullptr, 10), 20'000);
  for (uint64_t seed = 1; seed <= 40 && !HasFailure(); ++seed) run(seed, 2'000);
}

}  // namespace
}  // namespace sallyport::evidence_test
