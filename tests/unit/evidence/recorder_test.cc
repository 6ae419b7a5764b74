#include "dataplane/evidence/recorder.h"

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
using evidence::SubjectId;

SubjectId subject(uint8_t number) {
  SubjectId id{};
  id.fill(number);
  return id;
}

CompletedFields served() {
  CompletedFields fields;
  fields.outcome = Outcome::Served;
  fields.http_status = 200;
  fields.vendor_status = 200;
  fields.reason = "none";
  return fields;
}

evidence::TlsConnectionFields refused_connection() {
  evidence::TlsConnectionFields fields;
  fields.reason = "upstream_tls";
  fields.failure = "protocol";
  fields.address = 0x01020304;
  return fields;
}

CompletedFields refusal(std::string_view reason = "unknown_path", uint16_t status = 404) {
  CompletedFields fields;
  fields.outcome = Outcome::RefusedPolicy;
  fields.http_status = status;
  fields.reason = reason;
  return fields;
}

AdmittedFields caller(std::string_view principal = "billing") {
  AdmittedFields fields;
  fields.tenant = "acme";
  fields.principal = principal;
  return fields;
}

class RecorderTest : public ::testing::Test {
 protected:
  RecorderTest() : cursor(config), recorder(make_ring(config), RecorderConfig{}) {
    recorder.turn(clock);
    EXPECT_TRUE(recorder.ring().attached());
  }
  void drain(evidence_log::RingReader& from) {
    read_parts(from);
    cursor.commit(from.position(), from.next_sequence() - 1);
  }
  uint64_t security_reserve() const { return kSmallRing * RecorderConfig{}.security_percent / 100; }

  Folder folder;
  evidence::RingConfig config = config_in(folder);
  CursorFile cursor;
  base::Clock clock = clock_at(0);
  Recorder recorder;
};

AdmittedFields every_field(std::span<const contract::Tally> tallies,
                           std::span<const SubjectId> subjects) {
  AdmittedFields fields;
  fields.tenant = "acme";
  fields.principal = "billing";
  fields.environment = "production";
  fields.vendor = "openai";
  fields.region = "eu-west";
  fields.model = "gpt-4o-mini-2024-07-18";
  fields.api_kind = "openai.chat";
  fields.reason = "fraud_case";
  fields.template_name = "invoice/summary";
  fields.template_version = "1.4.2";
  fields.bundle_digest.fill(0xb1);
  fields.image_digest.fill(0x1b);
  fields.body_bytes = 1001;
  fields.inspected_bytes = 1002;
  fields.rewritten_bytes = 1003;
  fields.opaque_bytes = 1004;
  fields.sent_bytes = 1005;
  fields.unknown_fields = 6;
  fields.durability = evidence::RecordedDurability::Committed;
  fields.streaming = true;
  fields.reason_from_header = true;
  fields.tallies = tallies;
  fields.subjects = subjects;
  return fields;
}

TEST_F(RecorderTest, AnAdmittedRecordSaysEverythingItWasTold) {
  evidence::TallyList tallies;
  tallies.add(contract::TallySection::DetectedInRequest, "US_SSN",
              contract::RecordedAction::Tokenize, "", 2);
  const std::array<SubjectId, 2> subjects{subject(1), subject(2)};
  recorder.set_clock_state(contract::ClockState::Synchronised);
  const RequestId id = recorder.next_request_id();
  Reservation room;
  ASSERT_TRUE(recorder.reserve(room));
  EXPECT_EQ(recorder.admitted(room, id, every_field(tallies.view(), subjects), clock), 1U);
  auto reader = reader_of(config);
  const auto records = read_parts(reader);
  ASSERT_EQ(records.size(), 1U);
  const Parts& record = records[0];
  EXPECT_EQ(record.kind(), RecordKind::Admitted);
  EXPECT_EQ(record.header.boot_id, config.identity.boot_id);
  EXPECT_EQ(record.header.generation, 77U);
  EXPECT_EQ(record.header.worker, 3U);
  EXPECT_EQ(record.header.clock_state, 1U);
  EXPECT_EQ(record.header.wall_ns, clock.wall_ns);
  EXPECT_EQ(record.header.monotonic_ns, clock.now.ns);
  EXPECT_EQ(RequestId::of_words(record.header.request_high, record.header.request_low), id);
  EXPECT_EQ(id, (RequestId{0x1234, 0x5678, 3, 1}));
  const contract::RequestPart& part = record.request;
  EXPECT_EQ(part.tenant.view(), "acme");
  EXPECT_EQ(part.principal.view(), "billing");
  EXPECT_EQ(part.environment.view(), "production");
  EXPECT_EQ(part.vendor.view(), "openai");
  EXPECT_EQ(part.region.view(), "eu-west");
  EXPECT_EQ(part.model.view(), "gpt-4o-mini-2024-07-18");
  EXPECT_EQ(part.api_kind.view(), "openai.chat");
  EXPECT_EQ(part.reason.view(), "fraud_case");
  EXPECT_EQ(part.template_name.view(), "invoice/summary");
  EXPECT_EQ(part.template_version.view(), "1.4.2");
  EXPECT_EQ(part.bundle_digest[31], 0xb1);
  EXPECT_EQ(part.image_digest[0], 0x1b);
  EXPECT_EQ(part.body_bytes, 1001U);
  EXPECT_EQ(part.inspected_bytes, 1002U);
  EXPECT_EQ(part.rewritten_bytes, 1003U);
  EXPECT_EQ(part.opaque_bytes, 1004U);
  EXPECT_EQ(part.sent_bytes, 1005U);
  EXPECT_EQ(part.unknown_fields, 6U);
  EXPECT_EQ(part.durability, 2U);
  EXPECT_EQ(part.flags, 3U);
  ASSERT_EQ(record.tallies.size(), 1U);
  EXPECT_EQ(record.tallies[0].name.view(), "US_SSN");
  EXPECT_EQ(record.subjects, (std::vector<SubjectId>{subject(1), subject(2)}));
}

TEST_F(RecorderTest, ACompletedRecordSaysEverythingItWasTold) {
  CompletedFields fields;
  fields.outcome = Outcome::BlockedMidstream;
  fields.direction = contract::RecordedDirection::Response;
  fields.failover_hops = 2;
  fields.http_status = 200;
  fields.vendor_status = 201;
  fields.reason = "response_blocked";
  fields.response_model = "gpt-4o-mini";
  fields.body_bytes = 11;
  fields.sent_bytes = 12;
  fields.inspected_bytes = 13;
  fields.rewritten_bytes = 14;
  fields.opaque_bytes = 15;
  fields.unknown_fields = 16;
  fields.stream_events = 17;
  for (size_t i = 0; i < contract::kStageCount; ++i) fields.stage_ns[i] = 100 + i;
  fields.upstream_spki.fill(0x5a);
  fields.client_tls_version = 0x0304;
  fields.upstream_tls_version = 0x0303;
  fields.upstream_request_bytes = 18;
  const RequestId id = recorder.next_request_id();
  Reservation room;
  ASSERT_TRUE(recorder.reserve(room));
  recorder.admitted(room, id, caller(), clock);
  EXPECT_EQ(recorder.completed(room, id, fields, clock_at(30)), 2U);
  EXPECT_FALSE(room.held());
  auto reader = reader_of(config);
  const auto records = read_parts(reader);
  ASSERT_EQ(records.size(), 2U);
  const contract::OutcomePart& part = records[1].outcome;
  EXPECT_EQ(records[1].kind(), RecordKind::Completed);
  EXPECT_EQ(records[1].header.wall_ns - records[0].header.wall_ns, 30 * base::kNsPerMs);
  EXPECT_EQ(records[1].header.request_low, records[0].header.request_low);
  EXPECT_EQ(part.outcome, static_cast<uint16_t>(Outcome::BlockedMidstream));
  EXPECT_EQ(part.direction, 2U);
  EXPECT_EQ(part.failover_hops, 2U);
  EXPECT_EQ(part.http_status, 200U);
  EXPECT_EQ(part.vendor_status, 201U);
  EXPECT_EQ(part.reason.view(), "response_blocked");
  EXPECT_EQ(part.response_model.view(), "gpt-4o-mini");
  EXPECT_EQ(part.body_bytes, 11U);
  EXPECT_EQ(part.sent_bytes, 12U);
  EXPECT_EQ(part.inspected_bytes, 13U);
  EXPECT_EQ(part.rewritten_bytes, 14U);
  EXPECT_EQ(part.opaque_bytes, 15U);
  EXPECT_EQ(part.unknown_fields, 16U);
  EXPECT_EQ(part.stream_events, 17U);
  EXPECT_EQ(part.stage_ns[7], 107U);
  EXPECT_EQ(part.upstream_spki[5], 0x5a);
  EXPECT_EQ(part.client_tls_version, 0x0304);
  EXPECT_EQ(part.upstream_tls_version, 0x0303);
  EXPECT_EQ(part.upstream_request_bytes, 18U);
}

TEST_F(RecorderTest, AConnectionSaysEverythingItWasTold) {
  evidence::TlsConnectionFields fields;
  fields.vendor = "openai";
  fields.server_name = "api.vendor.example";
  fields.reason = "upstream_pin_mismatch";
  fields.failure = "pin_mismatch";
  fields.address = 0x01020304;
  fields.port = 443;
  fields.tls_version = 0x0304;
  fields.cipher_suite = 0x1302;
  fields.flags = contract::kTlsFlagPinned;
  fields.certificate_count = 2;
  fields.spki.fill(0x11);
  fields.certificates[0].fill(0x22);
  fields.certificates[1].fill(0x33);
  const RequestId id = recorder.next_request_id();
  Reservation room;
  ASSERT_TRUE(recorder.reserve(room));
  recorder.admitted(room, id, caller(), clock);
  EXPECT_EQ(recorder.tls_connection(room, id, fields, clock), 2U);
  CompletedFields outcome = served();
  outcome.upstream_connection = 2;
  recorder.completed(room, id, outcome, clock);
  auto reader = reader_of(config);
  const auto records = read_parts(reader);
  ASSERT_EQ(records.size(), 3U);
  const contract::TlsPart& part = records[1].tls;
  EXPECT_EQ(records[1].kind(), RecordKind::TlsConnection);
  EXPECT_EQ(records[1].header.request_low, records[0].header.request_low);
  EXPECT_EQ(part.vendor.view(), "openai");
  EXPECT_EQ(part.server_name.view(), "api.vendor.example");
  EXPECT_EQ(part.reason.view(), "upstream_pin_mismatch");
  EXPECT_EQ(part.failure.view(), "pin_mismatch");
  EXPECT_EQ(part.address[0], 1);
  EXPECT_EQ(part.address[3], 4);
  EXPECT_EQ(part.address_version, 4);
  EXPECT_EQ(part.port, 443);
  EXPECT_EQ(part.tls_version, 0x0304);
  EXPECT_EQ(part.cipher_suite, 0x1302);
  EXPECT_EQ(part.flags, contract::kTlsFlagPinned);
  EXPECT_EQ(part.certificate_count, 2);
  EXPECT_EQ(part.spki[7], 0x11);
  EXPECT_EQ(part.certificates[1][31], 0x33);
  EXPECT_EQ(records[2].outcome.upstream_connection, 2U);
}

// What a client or a vendor chose is kept only when it can be nothing but a name.
TEST_F(RecorderTest, NamesThatCouldBeDataAreWithheld) {
  AdmittedFields fields = caller();
  fields.model = "jane.roe@example.org";
  fields.template_name = "ssn 078-05-1120";
  fields.template_version = "078-05-1120";
  fields.reason = "call +1 202 555 0100";
  fields.reason_from_header = true;
  CompletedFields outcome = served();
  outcome.response_model = "4111111111111111";
  Reservation room;
  ASSERT_TRUE(recorder.reserve(room));
  const RequestId id = recorder.next_request_id();
  recorder.admitted(room, id, fields, clock);
  recorder.completed(room, id, outcome, clock);
  auto reader = reader_of(config);
  const auto records = read_parts(reader);
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].request.model.view(), "withheld");
  EXPECT_EQ(records[0].request.template_name.view(), "withheld");
  EXPECT_EQ(records[0].request.template_version.view(), "withheld");
  EXPECT_EQ(records[0].request.reason.view(), "withheld");
  EXPECT_EQ(records[1].outcome.response_model.view(), "withheld");
}

TEST_F(RecorderTest, ARefusalCarriesBothSides) {
  evidence::TallyList request_tallies;
  evidence::TallyList outcome_tallies;
  request_tallies.add(contract::TallySection::DetectedInRequest, "SECRET",
                      contract::RecordedAction::Block, "", 1);
  outcome_tallies.add(contract::TallySection::DetectedInResponse, "SECRET",
                      contract::RecordedAction::Block, "", 2);
  AdmittedFields request = caller();
  request.tallies = request_tallies.view();
  CompletedFields outcome = refusal("secret_in_request", 403);
  outcome.tallies = outcome_tallies.view();
  recorder.refused(recorder.next_request_id(), request, outcome, clock);
  auto reader = reader_of(config);
  const auto records = read_parts(reader);
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].kind(), RecordKind::Refused);
  EXPECT_EQ(records[0].request.principal.view(), "billing");
  EXPECT_EQ(records[0].outcome.reason.view(), "secret_in_request");
  EXPECT_EQ(records[0].tallies.size(), 2U);
  EXPECT_EQ(recorder.counters().refused, 1U);
}

TEST_F(RecorderTest, MoreThanARecordTakesIsFoldedAndCounted) {
  const evidence::TallyList tallies = full_tallies();
  std::vector<SubjectId> subjects;
  for (uint8_t i = 0; i < 21; ++i) subjects.push_back(subject(i));
  AdmittedFields request = caller();
  request.tallies = tallies.view();
  request.subjects = subjects;
  CompletedFields outcome = refusal();
  outcome.tallies = tallies.view();
  outcome.subjects = subjects;
  recorder.refused(recorder.next_request_id(), request, outcome, clock);
  auto reader = reader_of(config);
  const auto records = read_parts(reader);
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].header.total_bytes, contract::kRecordBytesMax);
  EXPECT_EQ(records[0].tallies.size(), contract::kTalliesMax);
  EXPECT_EQ(records[0].subjects.size(), contract::kSubjectsMax);
  EXPECT_EQ(records[0].tallies.back().name.view(), "subjects_dropped");
  EXPECT_EQ(records[0].tallies.back().count, 42U - 16);
  uint64_t sum = 0;
  for (const contract::Tally& tally : records[0].tallies) sum += tally.count;
  EXPECT_EQ(sum, 2 * 47U + 26);
}

// I1, by brute force: every place in the area to begin at, every number of exchanges that fits,
// all records as long as they can be, and no consumer that helps.
TEST_F(RecorderTest, WhatWasReservedFitsAtEveryFillLevel) {
  const evidence::TallyList tallies = full_tallies();
  const std::vector<SubjectId> subjects(30, subject(9));
  AdmittedFields request = caller();
  request.tallies = tallies.view();
  request.subjects = subjects;
  CompletedFields outcome = served();
  outcome.tallies = tallies.view();
  outcome.subjects = subjects;
  auto reader = reader_of(config);
  uint64_t completed = 0;
  uint64_t padded = 0;
  for (uint64_t round = 0; round < 320; ++round) {
    // A growing number of alarms moves the beginning over the whole area.
    for (uint64_t i = 0; i <= round % 160; ++i) {
      ASSERT_TRUE(recorder.security("step", RequestId{}, "", clock));
      drain(reader);
    }
    ASSERT_EQ(recorder.ring().used_bytes(), 0U);
    std::vector<std::pair<Reservation, RequestId>> exchanges;
    for (;;) {
      Reservation room;
      if (!recorder.reserve(room)) break;
      exchanges.emplace_back(room, recorder.next_request_id());
    }
    ASSERT_EQ(exchanges.size(), (kSmallRing - kSlack - security_reserve()) / kAll);
    // Alarms take all the rest, so that nothing but the wrap slack is left over.
    while (recorder.security("fill", RequestId{}, "", clock)) {
    }
    for (auto& [room, id] : exchanges) recorder.admitted(room, id, request, clock);
    for (auto& [room, id] : exchanges)
      recorder.tls_connection(room, id, refused_connection(), clock);
    for (auto& [room, id] : exchanges) recorder.completed(room, id, outcome, clock);
    completed += exchanges.size();
    ASSERT_LE(recorder.ring().used_bytes(), kSmallRing);
    padded += recorder.ring().used_bytes() > kSmallRing - kSlack ? 1 : 0;
    drain(reader);
  }
  EXPECT_GT(padded, 50U) << "the wrap slack was hardly used: this tested little";
  EXPECT_EQ(recorder.counters().completed, completed);
  EXPECT_EQ(recorder.committed_sequence(), recorder.published_sequence());
}

TEST_F(RecorderTest, NoRoomIsARefusalAndCancelGivesItBack) {
  std::vector<Reservation> rooms;
  for (Reservation room; recorder.reserve(room); room = {}) rooms.push_back(room);
  ASSERT_EQ(rooms.size(), (kSmallRing - kSlack - security_reserve()) / kAll);
  EXPECT_EQ(recorder.counters().reservations_denied, 1U);
  recorder.cancel(rooms.back());
  EXPECT_FALSE(rooms.back().held());
  Reservation again;
  EXPECT_TRUE(recorder.reserve(again));
  Reservation none;
  EXPECT_FALSE(recorder.reserve(none));
  EXPECT_FALSE(none.held());
}

// A short record gives back what it did not need.
TEST_F(RecorderTest, ReservedRoomIsGivenBackByTheByte) {
  Reservation room;
  ASSERT_TRUE(recorder.reserve(room));
  EXPECT_EQ(room.bytes, kAll);
  const RequestId id = recorder.next_request_id();
  recorder.admitted(room, id, caller(), clock);
  EXPECT_EQ(room.bytes, kTlsSlot + slot_total_bytes(contract::kCompletedBytesMax));
  recorder.tls_connection(room, id, refused_connection(), clock);
  EXPECT_EQ(room.bytes, slot_total_bytes(contract::kCompletedBytesMax));
  recorder.completed(room, id, served(), clock);
  auto reader = reader_of(config);
  drain(reader);
  std::vector<Reservation> rooms;
  for (Reservation next; recorder.reserve(next); next = {}) rooms.push_back(next);
  EXPECT_EQ(rooms.size(), (kSmallRing - kSlack - security_reserve()) / kAll);
}

TEST_F(RecorderTest, AlarmsHaveRoomWhenNothingElseHas) {
  std::vector<Reservation> rooms;
  for (Reservation room; recorder.reserve(room); room = {}) rooms.push_back(room);
  size_t alarms = 0;
  while (recorder.security("token_guessing", recorder.next_request_id(), "misses=20", clock))
    ++alarms;
  EXPECT_GE(alarms, security_reserve() / 416);
  EXPECT_EQ(recorder.counters().security, alarms);
  EXPECT_EQ(recorder.counters().security_lost, 1U);
  // Not one byte of what was promised is gone.
  const evidence::TallyList tallies = full_tallies();
  AdmittedFields request = caller();
  request.tallies = tallies.view();
  for (Reservation& room : rooms) {
    const RequestId id = recorder.next_request_id();
    recorder.admitted(room, id, request, clock);
    recorder.completed(room, id, served(), clock);
  }
  auto reader = reader_of(config);
  const auto records = read_parts(reader);
  ASSERT_EQ(records.size(), alarms + 2 * rooms.size());
  EXPECT_EQ(records[0].kind(), RecordKind::Security);
  EXPECT_EQ(records[0].note.code.view(), "token_guessing");
  EXPECT_EQ(records[0].note.detail.view(), "misses=20");
  EXPECT_NE(records[0].header.request_low, 0U);
}

TEST_F(RecorderTest, TheConsumerIsAliveWhenItBeatsAndDrains) {
  const auto beat = [&](uint64_t ms) { cursor.page().heartbeat_ns.store(clock_at(ms).now.ns); };
  EXPECT_FALSE(recorder.consumer_alive(clock.now)) << "no beat yet";
  beat(1000);
  EXPECT_TRUE(recorder.consumer_alive(clock_at(1000).now));
  EXPECT_TRUE(recorder.consumer_alive(clock_at(1500).now));
  EXPECT_FALSE(recorder.consumer_alive(clock_at(1501).now));
  EXPECT_TRUE(recorder.consumer_alive(clock_at(999).now)) << "the turn's clock is a little older";
  cursor.page().heartbeat_ns.store(~uint64_t{0});
  EXPECT_FALSE(recorder.consumer_alive(clock_at(1000).now)) << "alive for ever is not believed";
  beat(1000);
  cursor.page().consumer_state.store(static_cast<uint64_t>(contract::ConsumerState::Blocked));
  EXPECT_FALSE(recorder.consumer_alive(clock_at(1000).now));
}

TEST_F(RecorderTest, TheUndrainedAgeIsThatOfTheOldestRecord) {
  EXPECT_EQ(recorder.undrained_age_ms(clock_at(5000).now), 0U);
  ASSERT_TRUE(recorder.security("one", RequestId{}, "", clock_at(100)));
  ASSERT_TRUE(recorder.security("two", RequestId{}, "", clock_at(400)));
  EXPECT_EQ(recorder.undrained_age_ms(clock_at(5000).now), 4900U);
  cursor.commit(416, 1);
  EXPECT_EQ(recorder.undrained_age_ms(clock_at(5000).now), 4600U);
  cursor.commit(832, 2);
  EXPECT_EQ(recorder.undrained_age_ms(clock_at(5000).now), 0U);
}

TEST_F(RecorderTest, TheCommittedSequenceIsTheConsumersWord) {
  Reservation room;
  ASSERT_TRUE(recorder.reserve(room));
  const RequestId id = recorder.next_request_id();
  const uint64_t sequence = recorder.admitted(room, id, caller(), clock);
  EXPECT_LT(recorder.committed_sequence(), sequence);
  auto reader = reader_of(config);
  drain(reader);
  EXPECT_GE(recorder.committed_sequence(), sequence);
  recorder.completed(room, id, served(), clock);
  EXPECT_LT(recorder.committed_sequence(), recorder.published_sequence());
}

TEST(RecorderAttachTest, TheCursorIsLookedForEvery20Milliseconds) {
  Folder folder;
  const evidence::RingConfig config = config_in(folder);
  Recorder recorder(make_ring(config), RecorderConfig{});
  recorder.turn(clock_at(0));
  EXPECT_FALSE(recorder.ring().attached());
  EXPECT_FALSE(recorder.consumer_alive(clock_at(0).now));
  EXPECT_EQ(recorder.committed_sequence(), 0U);
  CursorFile cursor(config);
  recorder.turn(clock_at(19));
  EXPECT_FALSE(recorder.ring().attached());
  recorder.turn(clock_at(20));
  EXPECT_TRUE(recorder.ring().attached());
}

using RecorderDeathTest = RecorderTest;

TEST_F(RecorderDeathTest, OurOwnMistakesEndTheProcess) {
  const RequestId id = recorder.next_request_id();
  Reservation room;
  EXPECT_DEATH(recorder.admitted(room, id, caller(), clock), "check failed");
  EXPECT_DEATH(recorder.cancel(room), "check failed");
  ASSERT_TRUE(recorder.reserve(room));
  EXPECT_DEATH((void)recorder.reserve(room), "check failed");
  EXPECT_DEATH(recorder.completed(room, id, served(), clock), "check failed");
  recorder.admitted(room, id, caller(), clock);
  EXPECT_DEATH(recorder.admitted(room, id, caller(), clock), "check failed");
  EXPECT_DEATH(recorder.cancel(room), "check failed");
  EXPECT_DEATH(recorder.completed(room, id, CompletedFields{}, clock), "check failed");
  recorder.completed(room, id, served(), clock);
  EXPECT_DEATH(recorder.completed(room, id, served(), clock), "check failed");
}

}  // namespace
}  // namespace sallyport::evidence_test
