#include "controlplane/evidence/log/store.h"

#include <stdexcept>

#include "tests/unit/control/evidence/evidence_fixture.h"

namespace sallyport::evidence_log_test {
namespace {

class StoreTest : public ::testing::Test {
 protected:
  StoreTest() { open(); }
  void open(uint64_t map_bytes = 1 << 20, uint64_t map_bytes_max = 1 << 20) {
    store.reset();
    EnvironmentOptions options;
    options.folder = folder.path();
    options.map_bytes = map_bytes;
    options.map_bytes_max = map_bytes_max;
    store = std::make_unique<Store>(Environment::open(options), "sallyport/test");
  }
  LogReader reader() const { return LogReader(store->environment()); }
  Store::Batch::Entry entry(RecordKind kind, uint64_t number, const RingKey& ring = ring_key()) {
    RecordFields fields;
    fields.kind = kind;
    fields.ring = ring;
    fields.sequence = ++sequences[ring];
    if (number != 0) fields.id = request_id(number, ring);
    return {fields.bytes(), ring};
  }
  void add(Store::Batch& batch, RecordKind kind, uint64_t number,
           const RingKey& ring = ring_key()) {
    batch.entries.push_back(entry(kind, number, ring));
    batch.rings[ring].committed_sequence = sequences[ring];
    batch.rings[ring].committed_position += 1000;
  }
  VerifyReport verified() const { return verify(reader(), {}); }

  Folder folder;
  std::unique_ptr<Store> store;
  std::map<RingKey, uint64_t> sequences;
};

TEST_F(StoreTest, BeginsEmpty) {
  EXPECT_EQ(store->size(), 0U);
  EXPECT_EQ(store->root(), sha256({}));
  EXPECT_FALSE(store->boot_id());
  EXPECT_TRUE(store->rings().empty());
  EXPECT_EQ(reader().origin(), "sallyport/test");
  EXPECT_TRUE(verified().ok);
}

TEST_F(StoreTest, BatchIsThereAfterAReopen) {
  Store::Batch batch;
  add(batch, RecordKind::Admitted, 1);
  add(batch, RecordKind::Admitted, 2);
  add(batch, RecordKind::Completed, 1);
  batch.boot_id = ring_key().boot_id;
  store->commit(batch);
  const Hash root = store->root();
  open();
  EXPECT_EQ(store->size(), 3U);
  EXPECT_EQ(store->root(), root);
  EXPECT_EQ(store->boot_id(), ring_key().boot_id);
  ASSERT_TRUE(store->ring(ring_key()));
  EXPECT_EQ(store->ring(ring_key())->committed_sequence, 3U);
  EXPECT_EQ(store->ring(ring_key())->committed_position, 3000U);
  EXPECT_EQ(store->open_exchanges(ring_key()), std::vector<RequestId>{request_id(2)});
  EXPECT_TRUE(store->open_exchanges(ring_key(1)).empty());
  EXPECT_EQ(reader().record(1), batch.entries[1].bytes);
  EXPECT_FALSE(reader().record(3));
  EXPECT_EQ(reader().exchange(request_id(1))->verdict, 2U);
  EXPECT_EQ(reader().exchange(request_id(2))->verdict, kNoIndex);
  EXPECT_FALSE(reader().exchange(request_id(3)));
  EXPECT_TRUE(verified().ok) << problems_of(verified());
}

TEST_F(StoreTest, AnotherNodesLogIsRefused) {
  const auto environment = store->environment();
  EXPECT_THROW(Store(environment, "sallyport/other"), std::runtime_error);
}

// I1
TEST_F(StoreTest, BatchThatDoesNotContinueARingIsRefused) {
  Store::Batch batch;
  add(batch, RecordKind::Admitted, 1);
  store->commit(batch);
  EXPECT_THROW(store->commit(batch), std::logic_error);  // once more
  Store::Batch ahead;
  ++sequences[ring_key()];
  add(ahead, RecordKind::Admitted, 2);
  EXPECT_THROW(store->commit(ahead), std::logic_error);  // one missing
  Store::Batch stateless;
  --sequences[ring_key()];
  --sequences[ring_key()];
  stateless.entries.push_back(entry(RecordKind::Admitted, 2));
  EXPECT_THROW(store->commit(stateless), std::logic_error);  // cursor would stay behind
  EXPECT_EQ(store->size(), 1U);
  EXPECT_TRUE(verified().ok) << problems_of(verified());
}

// I2
TEST_F(StoreTest, RecordsThatDoNotFitBecomeGapsWithTheirDigest) {
  const RingKey other = ring_key(1);
  Store::Batch batch;
  add(batch, RecordKind::Completed, 1);  // before its admission
  add(batch, RecordKind::Admitted, 1);
  add(batch, RecordKind::Admitted, 1);  // twice
  add(batch, RecordKind::Refused, 1);   // admitted before
  add(batch, RecordKind::Completed, 1);
  add(batch, RecordKind::Completed, 1);  // twice
  add(batch, RecordKind::Admitted, 2);
  Store::Batch::Entry foreign = entry(RecordKind::Completed, 2, other);
  RecordFields fields;
  fields.kind = RecordKind::Completed;
  fields.ring = other;
  fields.id = request_id(2);  // another ring's exchange
  foreign.bytes = fields.bytes();
  batch.entries.push_back(foreign);
  batch.rings[other].committed_sequence = 1;
  store->commit(batch);
  EXPECT_EQ(store->unexpected_records(), 5U);
  const auto gaps = records_of(reader(), "gap");
  ASSERT_EQ(gaps.size(), 5U);
  for (const json& gap : gaps) EXPECT_EQ(gap.at("code"), "record_unexpected");
  EXPECT_EQ(gaps[0].at("from"), 1);
  EXPECT_EQ(gaps[0].at("ring").at("sequence"), 1);
  EXPECT_EQ(gaps[0].at("before").get<std::string>().size(), 64U);
  const VerifyReport report = verified();
  EXPECT_TRUE(report.ok) << problems_of(report);
  EXPECT_EQ(report.exchanges, 2U);
  EXPECT_EQ(report.open, 1U);
}

// I3
TEST_F(StoreTest, FullMapLeavesTheLogAsItWasAndTheBatchCanBeTriedAgain) {
  Store::Batch batch;
  for (uint64_t number = 1; number <= 3000; ++number) add(batch, RecordKind::Admitted, number);
  for (int round = 0; round < 3; ++round) {
    try {
      store->commit(batch);
      FAIL() << "3000 records fit in 1 MiB";
    } catch (const StoreError& error) {
      EXPECT_TRUE(error.is_full()) << error.what();
    }
    EXPECT_EQ(store->size(), 0U);
    EXPECT_EQ(store->root(), sha256({}));
    EXPECT_FALSE(store->ring(ring_key()));
  }
  open(16 << 20, 16 << 20);
  store->commit(batch);
  EXPECT_EQ(store->size(), 3000U);
  EXPECT_TRUE(verified().ok) << problems_of(verified());
}

TEST_F(StoreTest, BundlesAndTilesOfEveryRow) {
  open(256 << 20, 256 << 20);
  CompactRange range;
  uint64_t made = 0;
  const auto commit = [&](uint64_t count) {
    Store::Batch batch;
    for (uint64_t i = 0; i < count; ++i) {
      NoteFields note;
      note.code = "noted";
      note.detail = std::to_string(made++);
      batch.entries.push_back({note_record(note, kWallNs, made), std::nullopt});
      range.append(leaf_hash(batch.entries.back().bytes));
    }
    store->commit(batch);
    ASSERT_EQ(store->size(), made);
    ASSERT_EQ(store->root(), range.root());
  };
  for (const uint64_t count : {1, 254, 1, 1, 255, 3000, 62'024, 1, 300}) commit(count);
  const Hash root = store->root();
  open(256 << 20, 256 << 20);
  EXPECT_EQ(store->root(), root);
  commit(300);
  EXPECT_EQ(Tree(reader()).root(made), store->root());
  const VerifyReport report = verified();
  EXPECT_TRUE(report.ok) << problems_of(report);
  EXPECT_EQ(report.records, made);
  // Any record by its index, also at the borders of bundles.
  for (const uint64_t index :
       {uint64_t{0}, uint64_t{255}, uint64_t{256}, uint64_t{512}, made - 1}) {
    const auto record = reader().record(index);
    ASSERT_TRUE(record);
    EXPECT_EQ(record_json(index, *record).at("detail"), std::to_string(index));
  }
  uint64_t next = 300;
  reader().scan(300, 5000, [&](uint64_t index, std::span<const uint8_t>) {
    EXPECT_EQ(index, next++);
    return true;
  });
  EXPECT_EQ(next, 5000U);
}

TEST_F(StoreTest, CheckpointsAreThinnedAndTheEndsStay) {
  open(64 << 20, 64 << 20);
  const uint64_t count = kCheckpointsKept + 10;
  for (uint64_t size = 1; size <= count; ++size)
    store->add_checkpoint(size, "note " + std::to_string(size));
  const auto notes = reader().checkpoints();
  EXPECT_LE(notes.size(), kCheckpointsKept);
  EXPECT_GT(notes.size(), kCheckpointsKept / 2);
  EXPECT_EQ(notes.front(), "note 1");
  EXPECT_EQ(reader().latest_checkpoint(), "note " + std::to_string(count));
  EXPECT_EQ(notes[1], "note 3");
}

TEST(ControlRecords, KeepTheContract) {
  NoteFields fields;
  fields.kind = RecordKind::Administration;
  fields.code = "policy_applied";
  fields.actor = "uid 0";
  fields.detail = std::string(200, 'x');
  fields.after.fill(7);
  const auto note = note_record(fields, kWallNs, 5);
  EXPECT_EQ(validate_record(note), RecordProblem::None);
  const json read = record_json(3, note);
  EXPECT_EQ(read.at("kind"), "administration");
  EXPECT_EQ(read.at("actor"), "uid 0");
  EXPECT_EQ(read.at("before"), nullptr);
  EXPECT_EQ(read.at("ring"), nullptr);
  const auto over = interrupted_record(ring_key(), request_id(9), "dataplane_ended", kWallNs, 5);
  EXPECT_EQ(validate_record(over), RecordProblem::None);
  EXPECT_EQ(record_json(0, over).at("reason_code"), "dataplane_ended");
}

}  // namespace
}  // namespace sallyport::evidence_log_test
