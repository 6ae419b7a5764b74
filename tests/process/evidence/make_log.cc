// make_log STATE [--exchanges N] [--variant WORD] [--pruned FIRST END] [--kinds all]
// [--generation N] [--rotate yes]: a state folder with an evidence log as sallyportd would have
// left it: rings of the dataplane's own producer, the real drainer, signed checkpoints. An
// evidence.key that is already in STATE/keys is used; with --rotate the log has a new one at the
// end.
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "tests/unit/control/evidence/evidence_fixture.h"

namespace sallyport::evidence_log_test {
namespace {

// Names that a spreadsheet would run, if they were written as they are.
constexpr std::array kHostile{"=HYPERLINK(1)", "+SUM(A1)", "-2+3", "@evil", "a,\"b\"", "plain"};

constexpr uint64_t kDrainEvery = 500;  // before the ring is full
constexpr uint64_t kFirstGeneration = 7;
constexpr uint64_t kIdsPerRing = 1'000'000;

struct Wanted {
  uint64_t exchanges = 6;
  std::string variant = "model";
  uint64_t pruned_first = 0;
  uint64_t pruned_end = 0;
  bool every_kind = false;
  bool rotate = false;
  uint64_t generation = kFirstGeneration;  // of the dataplane that wrote it
};

contract::Digest digest_of_range(uint64_t first, uint64_t end) {
  std::array<uint8_t, 16> bytes{};
  for (int i = 0; i < 8; ++i) {
    bytes[static_cast<size_t>(i)] = static_cast<uint8_t>(first >> (56 - 8 * i));
    bytes[static_cast<size_t>(8 + i)] = static_cast<uint8_t>(end >> (56 - 8 * i));
  }
  return sha256(bytes);
}

void push_exchange(Worker& worker, const Wanted& wanted, uint64_t number) {
  RecordFields fields;
  fields.id = request_id(number);
  fields.model = number % 7 == 0 ? wanted.variant : kHostile[number % kHostile.size()];
  fields.tallies = {tally(contract::TallySection::DetectedInRequest, "EMAIL_ADDRESS",
                          contract::RecordedAction::Tokenize, "", 2)};
  EXPECT_TRUE(worker.push(fields));
  if (number % 5 == 0) return;  // still running
  fields.kind = RecordKind::Completed;
  fields.tallies.clear();
  if (number % 4 == 0) fields.outcome = contract::Outcome::Blocked;
  EXPECT_TRUE(worker.push(fields));
}

void add_control(Drainer& drainer, const Wanted& wanted) {
  ControlRecord policy{.kind = RecordKind::Policy, .action = "policy_applied", .actor = "=cmd"};
  policy.detail = "=1+1";
  drainer.append(policy);
  ControlRecord restored{.kind = RecordKind::Restoration, .action = "restored", .actor = "ann"};
  restored.tenant = "lab";
  restored.reason = "customer-support";
  drainer.append(restored);
  if (wanted.pruned_end == 0) return;
  ControlRecord run{.kind = RecordKind::Retention, .action = "pruned", .actor = "sallyportd"};
  run.from = wanted.pruned_first;
  run.to = wanted.pruned_end;
  run.count = run.to - run.from;
  run.after = digest_of_range(run.from, run.to);
  drainer.append(run);
}

// One of each, with every part that it can have.
void add_every_kind(Drainer& drainer, Worker& worker, uint64_t number) {
  RecordFields fields;
  fields.kind = RecordKind::Refused;
  fields.id = request_id(number);
  fields.outcome = contract::Outcome::Blocked;
  EXPECT_TRUE(worker.push(fields));
  fields.kind = RecordKind::RefusedAggregate;
  fields.id = {};
  EXPECT_TRUE(worker.push(fields));
  for (const char* refused : {"", "upstream_pin_mismatch"}) {
    RecordFields connection;
    connection.kind = RecordKind::TlsConnection;
    connection.id = request_id(number);
    connection.spki = 0x5c;
    connection.reason = refused;
    EXPECT_TRUE(worker.push(connection));
  }
  for (const RecordKind kind : {RecordKind::Gap, RecordKind::Security}) {
    NoteFields note;
    note.kind = kind;
    note.code = "probe";
    note.actor = "test";
    note.detail = "words";
    note.from = note.to = 7;
    drainer.append_note(note);
  }
  for (auto kind = static_cast<uint16_t>(RecordKind::Administration);
       kind <= static_cast<uint16_t>(RecordKind::Access); ++kind) {
    ControlRecord record{.kind = static_cast<RecordKind>(kind), .action = "probe", .actor = "ann"};
    record.fields = {{"program", "sallyportd"}};
    record.subjects.assign(1, contract::SubjectId{9});
    drainer.append(record);
  }
}

void rotate(Drainer& drainer) {
  KeyChanged changed;
  std::atomic<bool> done{false};
  std::thread asking([&] {
    changed = drainer.rotate_key(std::nullopt, "ann", "yearly", std::chrono::seconds(60));
    done = true;
  });
  while (!done) drainer.drain_once();
  asking.join();
  EXPECT_EQ(changed.code, "") << changed.problem;
}

int make(const std::filesystem::path& state, const Wanted& wanted) {
  DrainerOptions options;
  options.rings_folder = state / "rings";
  options.store_folder = state / "evidence";
  options.key_file = state / "keys" / "evidence.key";
  options.node_name = "test";
  options.map_bytes = 16 << 20;
  options.map_bytes_max = 256 << 20;
  options.checkpoint_ms = 1;
  options.checkpoint_idle_ms = 0;
  std::filesystem::create_directories(state / "keys");
  Drainer drainer(options);
  std::unique_ptr<Worker> worker;  // a log that only goes on has no ring of its own
  if (wanted.exchanges > 0)
    worker =
        std::make_unique<Worker>(options.rings_folder, ring_key(0, wanted.generation), 4 << 20);
  for (uint64_t number = 1; number <= wanted.exchanges; ++number) {
    push_exchange(*worker, wanted, number + (wanted.generation - kFirstGeneration) * kIdsPerRing);
    if (number == wanted.exchanges / 2 || number % kDrainEvery == 0) drain(drainer);
  }
  drain(drainer);
  if (wanted.every_kind && worker) add_every_kind(drainer, *worker, wanted.exchanges + 1);
  add_control(drainer, wanted);
  drain(drainer);
  if (wanted.rotate) rotate(drainer);
  drain(drainer);
  const auto checkpoint = drainer.reader().latest_checkpoint();
  std::printf("%llu\n", static_cast<unsigned long long>(drainer.reader().size()));
  return checkpoint && !::testing::Test::HasFailure() ? 0 : 1;
}

}  // namespace
}  // namespace sallyport::evidence_log_test

int main(int count, char** words) {
  if (count < 2) return 2;
  sallyport::evidence_log_test::Wanted wanted;
  for (int i = 2; i + 1 < count; ++i) {
    const std::string word = words[i];
    if (word == "--exchanges") wanted.exchanges = std::strtoull(words[i + 1], nullptr, 10);
    if (word == "--variant") wanted.variant = words[i + 1];
    if (word == "--kinds") wanted.every_kind = true;
    if (word == "--rotate") wanted.rotate = true;
    if (word == "--generation") wanted.generation = std::strtoull(words[i + 1], nullptr, 10);
    if (word == "--pruned" && i + 2 < count) {
      wanted.pruned_first = std::strtoull(words[i + 1], nullptr, 10);
      wanted.pruned_end = std::strtoull(words[i + 2], nullptr, 10);
    }
  }
  return sallyport::evidence_log_test::make(words[1], wanted);
}
