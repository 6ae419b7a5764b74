// Minutes, days, retention and reading back: the drainer against a clock that the test holds.
#include <lmdb.h>

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <utility>

#include "controlplane/evidence/drain/retention.h"
#include "controlplane/evidence/export/export.h"
#include "controlplane/evidence/log/bundle.h"
#include "controlplane/evidence/log/store_keys.h"
#include "tests/unit/control/evidence/evidence_fixture.h"

namespace sallyport::evidence_log_test {
namespace {

constexpr uint64_t kMinute = 60 * kSecond;
// 2026-11-25T12:00:30Z
constexpr uint64_t kNoon = 1'795'608'030 * kSecond;

class Book_ : public ::testing::Test {  // Book is the store's
 protected:
  DrainerOptions options() {
    DrainerOptions made = host.options();
    made.heartbeats = true;
    made.wall_clock = [this] { return now; };
    return made;
  }
  void start() {
    drainer.reset();
    drainer = std::make_unique<Drainer>(options());
    drain(*drainer);
  }
  void pass(uint64_t time) {
    now += time;
    // The step is meant as time that passed: the drainer must not take it for a clock that was set.
    drain(*drainer);
  }
  std::vector<json> with_action(const std::string& action) const {
    std::vector<json> found;
    for (json& one : records_of(drainer->reader()))
      if (one.value("action", "") == action) found.push_back(one);
    return found;
  }

  Host host;
  uint64_t now = kNoon;
  std::unique_ptr<Drainer> drainer;
};
using DrainerBook = Book_;

TEST_F(DrainerBook, EveryMinuteSaysWhatCameAlsoWhenItWasNothing) {
  start();
  Worker worker(host.rings());
  for (uint64_t number = 1; number <= 3; ++number) worker.exchange(number);
  EXPECT_TRUE(worker.admit(4));
  drain(*drainer);
  pass(kMinute);
  pass(kMinute);
  const auto beats = with_action("heartbeat");
  ASSERT_EQ(beats.size(), 2U);
  EXPECT_EQ(beats[0].at("kind"), "heartbeat");
  EXPECT_EQ(beats[0].at("count"), 4);
  EXPECT_EQ(beats[0].at("reason"), "");
  EXPECT_EQ(beats[0].at("fields").at("admitted"), 4);
  EXPECT_EQ(beats[0].at("fields").at("completed"), 3);
  EXPECT_EQ(beats[0].at("fields").at("sequence"), 7);
  EXPECT_EQ(beats[0].at("to").get<uint64_t>() - beats[0].at("from").get<uint64_t>(), 60U);
  EXPECT_EQ(beats[1].at("count"), 0);
  EXPECT_EQ(beats[1].at("reason"), "no_traffic") << "a statement, and signed as all is";
  EXPECT_EQ(beats[1].at("from"), beats[0].at("to"));
  const VerifyReport report = verified(*drainer);
  EXPECT_TRUE(report.ok) << problems_of(report);
  EXPECT_EQ(report.after_checkpoint, 0U);
}

TEST_F(DrainerBook, CountsSurviveAnEndInTheMiddleOfAMinute) {
  start();
  Worker worker(host.rings());
  worker.exchange(1);
  drain(*drainer);
  start();
  worker.exchange(2);
  drain(*drainer);
  pass(kMinute);
  const auto beats = with_action("heartbeat");
  ASSERT_EQ(beats.size(), 1U);
  EXPECT_EQ(beats[0].at("fields").at("completed"), 2);
}

TEST_F(DrainerBook, ADayIsClosedWithItsCountsAndACheckpoint) {
  start();
  Worker worker(host.rings());
  for (uint64_t number = 1; number <= 5; ++number) worker.exchange(number);
  drain(*drainer);
  now += kDay / 2;
  drainer->drain_once();
  // No wait for a pause or for a second: the close of day is signed in its own round or the next.
  drainer->drain_once();
  EXPECT_EQ(drainer->status().checkpoint_size, drainer->status().log_size);
  drain(*drainer);
  const auto days = with_action("day_closed");
  ASSERT_EQ(days.size(), 1U);
  EXPECT_EQ(days[0].at("object"), "2026-11-25");
  EXPECT_EQ(days[0].at("fields").at("admitted"), 5);
  EXPECT_EQ(days[0].at("from"), 0);
  EXPECT_EQ(days[0].at("after").get<std::string>().size(), 64U);
  const auto checks = with_action("sequences_checked");
  ASSERT_EQ(checks.size(), 1U);
  EXPECT_EQ(checks[0].at("result"), "ok");
  EXPECT_EQ(checks[0].at("fields").at("sequence"), 10);
  pass(kDay);
  const auto quiet = with_action("day_closed");
  ASSERT_EQ(quiet.size(), 2U);
  EXPECT_EQ(quiet[1].at("reason"), "no_traffic");
  EXPECT_EQ(quiet[1].at("fields").at("admitted"), 0);
  EXPECT_GE(quiet[1].at("from"), days[0].at("to"));
}

TEST_F(DrainerBook, SilenceBecauseNothingRanIsToldFromLoss) {
  start();
  drainer.reset();
  now += 10 * kMinute;
  start();
  const auto absent = with_action("not_running");
  ASSERT_EQ(absent.size(), 1U);
  EXPECT_EQ(absent[0].at("to").get<uint64_t>() - absent[0].at("from").get<uint64_t>(), 540U);
  const auto beats = with_action("heartbeat");
  ASSERT_EQ(beats.size(), 1U);
  EXPECT_EQ(beats[0].at("to"), absent[0].at("from")) << "no minute is without a statement";
}

TEST_F(DrainerBook, AClockThatWasSetIsNoted) {
  start();
  Worker worker(host.rings());
  worker.exchange(1);
  drain(*drainer);
  pass(-3600 * kSecond);
  auto steps = with_action("clock_stepped");
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(steps[0].at("reason"), "backwards");
  EXPECT_NEAR(steps[0].at("count").get<double>(), 3600, 2);
  worker.exchange(2);
  drain(*drainer);
  pass(7200 * kSecond);
  steps = with_action("clock_stepped");
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[1].at("reason"), "forwards");
  drainer.reset();
  now -= kDay;
  start();
  steps = with_action("clock_stepped");
  ASSERT_EQ(steps.size(), 3U);
  EXPECT_EQ(steps[2].at("reason"), "backwards");
  const VerifyReport report = verified(*drainer);
  EXPECT_TRUE(report.ok) << problems_of(report);
  EXPECT_EQ(report.exchanges, 2U);
}

TEST_F(DrainerBook, AVendorsIdentityIsRecordedOnceAndCountedPerDay) {
  start();
  Worker worker(host.rings());
  for (uint64_t number = 1; number <= 3; ++number) {
    EXPECT_TRUE(worker.admit(number));
    RecordFields fields;
    fields.kind = RecordKind::Completed;
    fields.id = request_id(number);
    fields.spki = 0x5c;
    EXPECT_TRUE(worker.push(fields));
  }
  drain(*drainer);
  const auto seen = with_action("identity_seen");
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].at("kind"), "tls_identity");
  EXPECT_EQ(seen[0].at("fields").at("vendor"), "openai");
  EXPECT_EQ(seen[0].at("fields").at("spki").get<std::string>().substr(0, 4), "5c5c");
  pass(kDay);
  const auto day = with_action("identities_of_day");
  ASSERT_EQ(day.size(), 1U);
  EXPECT_EQ(day[0].at("count"), 3);
  EXPECT_EQ(day[0].at("fields").at("check"), "chain_verified");
  EXPECT_EQ(day[0].at("fields").at("pin"), "accepted");
}

TEST_F(DrainerBook, AVendorThatDidNotProveItselfIsAnIdentityToo) {
  start();
  Worker worker(host.rings());
  for (uint64_t number = 1; number <= 4; ++number) {
    EXPECT_TRUE(worker.admit(number));
    RecordFields fields;
    fields.kind = RecordKind::Completed;
    fields.id = request_id(number);
    fields.outcome = contract::Outcome::UpstreamIdentity;
    fields.spki = number < 4 ? 0x66 : 0;  // no key was seen when the chain failed first
    fields.reason = number < 4 ? "upstream_pin_mismatch" : "upstream_certificate";
    EXPECT_TRUE(worker.push(fields));
  }
  drain(*drainer);
  const auto seen = with_action("identity_refused");
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].at("result"), "denied");
  EXPECT_EQ(seen[0].at("reason"), "upstream_pin_mismatch");
  EXPECT_EQ(seen[0].at("fields").at("pin"), "mismatch");
  EXPECT_EQ(seen[0].at("fields").at("spki").get<std::string>().substr(0, 4), "6666");
  EXPECT_EQ(seen[1].at("fields").at("check"), "upstream_certificate");
  EXPECT_FALSE(seen[1].at("fields").contains("pin"));
  EXPECT_TRUE(with_action("identity_seen").empty());
  pass(kDay);
  EXPECT_EQ(with_action("identities_of_day").size(), 2U);
}

class DrainerTls : public DrainerBook {
 protected:
  // The number of the record that says so.
  uint64_t connect(Worker& worker, uint64_t number, uint8_t spki, uint16_t cipher,
                   const std::string& refused = {}) {
    RecordFields fields;
    fields.id = request_id(number);
    EXPECT_TRUE(worker.push(fields));
    fields.kind = RecordKind::TlsConnection;
    fields.spki = spki;
    fields.cipher = cipher;
    fields.reason = refused;
    const uint64_t sequence = worker.ring().next_sequence();
    EXPECT_TRUE(worker.push(fields));
    return sequence;
  }
  void complete_on(Worker& worker, uint64_t number, uint64_t connection, uint8_t spki,
                   const std::string& refused = {}) {
    RecordFields fields;
    fields.kind = RecordKind::Completed;
    fields.id = request_id(number);
    fields.connection = connection;
    fields.spki = spki;
    fields.reason = refused;
    if (!refused.empty()) fields.outcome = contract::Outcome::UpstreamIdentity;
    EXPECT_TRUE(worker.push(fields));
  }
};

TEST_F(DrainerTls, EachConnectionIsARecordAndTheDayHasADigestPerVendor) {
  start();
  Worker worker(host.rings());
  const uint64_t first = connect(worker, 1, 0x5c, 0x1301);
  complete_on(worker, 1, first, 0x5c);
  EXPECT_TRUE(worker.admit(2));
  complete_on(worker, 2, first, 0x5c);  // pooled
  complete_on(worker, 3, connect(worker, 3, 0x5c, 0x1302), 0x5c);
  complete_on(worker, 4, connect(worker, 4, 0x66, 0x1301, "upstream_pin_mismatch"), 0x66,
              "upstream_pin_mismatch");
  drain(*drainer);
  const auto connections = records_of(drainer->reader(), "tls_connection");
  ASSERT_EQ(connections.size(), 3U);
  EXPECT_EQ(connections[0].at("evidence"), "TLS");
  EXPECT_EQ(connections[0].at("vendor"), "openai");
  EXPECT_EQ(connections[0].at("server_name"), "api.openai.test");
  EXPECT_EQ(connections[0].at("address"), "192.0.2.7");
  EXPECT_EQ(connections[0].at("port"), 443);
  EXPECT_EQ(connections[0].at("result"), "ok");
  EXPECT_EQ(connections[0].at("check"), "chain_verified");
  EXPECT_EQ(connections[0].at("pin"), "accepted");
  EXPECT_EQ(connections[0].at("tls_version"), "1.3");
  EXPECT_EQ(connections[0].at("cipher"), "TLS_AES_128_GCM_SHA256");
  EXPECT_EQ(connections[0].at("client_certificate"), "not_requested");
  EXPECT_EQ(connections[0].at("certificate_count"), 2);
  EXPECT_EQ(connections[0].at("certificates").at(1).get<std::string>().substr(0, 4), "5e5e");
  EXPECT_EQ(connections[0].at("request_id"), id_text(1));
  EXPECT_EQ(connections[2].at("result"), "denied");
  EXPECT_EQ(connections[2].at("reason_code"), "upstream_pin_mismatch");
  EXPECT_EQ(connections[2].at("check"), "pin_mismatch");
  EXPECT_EQ(connections[2].at("pin"), "mismatch");
  const auto seen = with_action("identity_seen");
  ASSERT_EQ(seen.size(), 2U) << "one per suite, and none for the pooled exchange";
  EXPECT_EQ(seen[0].at("fields").at("certificate").size(), 2U);
  EXPECT_EQ(seen[0].at("fields").at("host"), "api.openai.test");
  EXPECT_EQ(with_action("identity_refused").size(), 1U);
  pass(kDay);
  const auto day = with_action("vendor_of_day");
  ASSERT_EQ(day.size(), 1U);
  const json& fields = day[0].at("fields");
  EXPECT_EQ(day[0].at("object"), "openai");
  EXPECT_EQ(fields.at("connections"), 2);
  EXPECT_EQ(fields.at("refused"), 1);
  EXPECT_EQ(fields.at("exchanges"), 4);
  EXPECT_EQ(fields.at("tls_version"), "1.3");
  EXPECT_EQ(fields.at("cipher"), (json{"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"}));
  EXPECT_EQ(fields.at("spki").get<std::string>().substr(0, 4), "5c5c")
      << "a refused key is no key of the vendor";
  EXPECT_LT(day[0].at("from"), day[0].at("to"));
  EXPECT_EQ(with_action("identities_of_day").size(), 3U);
  const VerifyReport report = verified(*drainer);
  EXPECT_TRUE(report.ok) << problems_of(report);
}

// A dataplane of before version 3 runs on while sallyportd is renewed: its ring is read, and what
// its verdicts say of vendors is told as it was.
TEST_F(DrainerTls, ARingOfTheVersionBeforeIsRead) {
  start();
  const char* source = std::getenv("SALLYPORT_SOURCE_DIR");
  ASSERT_NE(source, nullptr);
  Worker worker(host.rings(), ring_key(3));  // as in the file
  {
    std::fstream ring(worker.ring().data_path(), std::ios::in | std::ios::out | std::ios::binary);
    ring.seekp(offsetof(contract::RingDataHeader, record_version));
    const uint32_t before = 2;
    ring.write(reinterpret_cast<const char*>(&before), sizeof(before));
  }
  std::ifstream lines(std::filesystem::path(source) /
                      "tests/unit/controlplane_evidence_ring/records_of_version_2.hex");
  std::string line;
  for (int i = 0; i < 3 && std::getline(lines, line); ++i) {
    std::vector<uint8_t> bytes;
    for (size_t at = 0; at + 1 < line.size(); at += 2)
      bytes.push_back(static_cast<uint8_t>(std::stoi(line.substr(at, 2), nullptr, 16)));
    EXPECT_TRUE(worker.push(bytes));
  }
  drain(*drainer);
  const auto completed = records_of(drainer->reader(), "completed");
  ASSERT_EQ(completed.size(), 1U);
  EXPECT_EQ(completed[0].at("schema"), 2);
  EXPECT_EQ(completed[0].at("upstream_connection"), nullptr);
  const auto seen = with_action("identity_seen");
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].at("schema"), 3);
  EXPECT_EQ(seen[0].at("fields").at("vendor"), "openai");
  EXPECT_EQ(seen[0].at("fields").at("tls_version"), "1.2");
  EXPECT_FALSE(seen[0].at("fields").contains("cipher"));
  const VerifyReport report = verified(*drainer);
  EXPECT_TRUE(report.ok) << problems_of(report);
}

// A connection that lives on is known on the next day, and an exchange on it is that day's.
TEST_F(DrainerTls, AConnectionThatLivesOverMidnightIsCountedWhereItsExchangesAre) {
  start();
  Worker worker(host.rings());
  const uint64_t connection = connect(worker, 1, 0x5c, 0x1303);
  complete_on(worker, 1, connection, 0x5c);
  drain(*drainer);
  pass(kDay);
  EXPECT_TRUE(worker.admit(2));
  complete_on(worker, 2, connection, 0x5c);
  drain(*drainer);
  const auto seen = with_action("identity_seen");
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[1].at("fields").at("cipher"), "TLS_CHACHA20_POLY1305_SHA256");
  pass(kDay);
  const auto days = with_action("vendor_of_day");
  ASSERT_EQ(days.size(), 2U);
  EXPECT_EQ(days[1].at("fields").at("connections"), 0);
  EXPECT_EQ(days[1].at("fields").at("exchanges"), 1);
  EXPECT_EQ(days[1].at("from"), days[0].at("to"));
  pass(kDay);
  EXPECT_EQ(with_action("vendor_of_day").size(), 2U) << "nothing came";
}

// What was counted before a stop is said at the stop; an exchange on a connection from before is
// counted by what its own record says.
TEST_F(DrainerTls, ADigestIsNotLostWithTheProcessAndSaysSinceWhen) {
  start();
  Worker worker(host.rings());
  const uint64_t connection = connect(worker, 1, 0x5c, 0x1301);
  complete_on(worker, 1, connection, 0x5c);
  drain(*drainer);
  const std::atomic<bool> stop{true};
  drainer->run(stop);
  auto days = with_action("vendor_of_day");
  ASSERT_EQ(days.size(), 1U);
  EXPECT_EQ(days[0].at("fields").at("connections"), 1);
  drainer.reset();
  now += kMinute;
  start();
  EXPECT_TRUE(worker.admit(2));
  complete_on(worker, 2, connection, 0x5c);
  drain(*drainer);
  pass(kDay);
  days = with_action("vendor_of_day");
  ASSERT_EQ(days.size(), 2U);
  EXPECT_EQ(days[1].at("object"), "openai");
  EXPECT_EQ(days[1].at("fields").at("connections"), 0);
  EXPECT_EQ(days[1].at("fields").at("exchanges"), 1);
  EXPECT_GE(days[1].at("from"), days[0].at("to"));
  EXPECT_EQ(days[1].at("fields").at("day"), days[0].at("fields").at("day"));
}

// No clean stop: the counts are in the store, and what was committed behind them is counted again.
TEST_F(DrainerTls, ADigestHasWhatAKilledProcessHadCounted) {
  start();
  Worker worker(host.rings());
  const uint64_t connection = connect(worker, 1, 0x5c, 0x1301);
  complete_on(worker, 1, connection, 0x5c);
  drain(*drainer);
  for (int wait = 0;
       wait < 10'000 && drainer->status().checkpoint_size < drainer->status().log_size;
       ++wait, ::usleep(1000))
    drainer->drain_once();
  ASSERT_EQ(drainer->status().checkpoint_size, drainer->status().log_size);
  drainer.reset();  // at a checkpoint
  DrainerOptions unsigned_so_far = options();
  unsigned_so_far.checkpoint_ms = unsigned_so_far.checkpoint_idle_ms = 3'600'000;
  drainer = std::make_unique<Drainer>(unsigned_so_far);
  EXPECT_TRUE(worker.admit(2));
  complete_on(worker, 2, connection, 0x5c);
  const uint64_t second = connect(worker, 3, 0x5c, 0x1302);
  complete_on(worker, 3, second, 0x5c);
  const uint64_t size = drainer->status().log_size;
  for (int round = 0; round < 100 && drainer->status().log_size < size + 6; ++round)
    drainer->drain_once();
  ASSERT_LT(drainer->status().checkpoint_size, size + 6) << "meant to end before it is signed";
  start();  // behind one
  drain(*drainer);
  const auto seen = with_action("identity_seen");
  EXPECT_EQ(seen.size(), 2U) << "one per suite, whenever the process ended";
  now += kMinute;
  pass(kDay);
  const auto days = with_action("vendor_of_day");
  ASSERT_EQ(days.size(), 1U);
  EXPECT_EQ(days[0].at("fields").at("connections"), 2);
  EXPECT_EQ(days[0].at("fields").at("exchanges"), 3);
  EXPECT_EQ(days[0].at("fields").at("window_from"), "2026-11-25T12:00:30Z");
  EXPECT_EQ(with_action("identities_of_day").size(), 2U)
      << "the exchange after the start was counted where its connection is";
  start();  // behind digests
  pass(kDay);
  EXPECT_EQ(with_action("vendor_of_day").size(), 1U) << "nothing came, and nothing is said twice";
  const VerifyReport report = verified(*drainer);
  EXPECT_TRUE(report.ok) << problems_of(report);
}

// --- retention -----------------------------------------------------------------------------------

class Retention : public DrainerBook {
 protected:
  Retention() {
    policy.rules.push_back({"REQ", "", 400});
    policy.rules.push_back({"", "other", 500});
  }
  void start() {
    drainer.reset();
    DrainerOptions made = options();
    made.retention = policy;
    made.held = held;
    made.clock_doubt_ms = clock_doubt_ms;
    drainer = std::make_unique<Drainer>(made);
    drain(*drainer);
  }
  void admit(Worker& worker, uint64_t number, const std::string& tenant, bool complete = true) {
    RecordFields fields;
    fields.id = request_id(number);
    fields.tenant = tenant;
    fields.wall_ns = kNoon;
    EXPECT_TRUE(worker.push(fields));
    fields.kind = RecordKind::Completed;
    if (complete) {
      EXPECT_TRUE(worker.push(fields));
    }
  }
  RetentionPolicy policy;
  HoldHook held;
  uint64_t clock_doubt_ms = 0;  // time passes here by setting the clock
};

TEST_F(Retention, AClockSetAheadRemovesNothingWhileItMayBeSetRight) {
  clock_doubt_ms = 400;
  start();
  Worker worker(host.rings());
  for (uint64_t number = 1; number <= 10; ++number) admit(worker, number, "lab");
  drain(*drainer);
  pass(401 * kDay);
  EXPECT_EQ(verified(*drainer).pruned, 0U);
  EXPECT_TRUE(drainer->status().clock_in_doubt);
  EXPECT_NEAR(static_cast<double>(drainer->status().clock_step_s), 401 * 86'400, 2);
  pass(-401 * kDay);
  ::usleep(500'000);
  drain(*drainer);
  EXPECT_FALSE(drainer->status().clock_in_doubt);
  EXPECT_EQ(verified(*drainer).pruned, 0U);
  EXPECT_EQ(with_action("clock_stepped").size(), 2U);
  // At a start it looks like a long stop; nobody sets it right this time.
  drainer.reset();
  now += 401 * kDay;
  start();
  EXPECT_TRUE(drainer->status().clock_in_doubt);
  EXPECT_EQ(verified(*drainer).pruned, 0U);
  ::usleep(500'000);
  drain(*drainer);
  EXPECT_GE(verified(*drainer).pruned, 20U);
}

TEST_F(Retention, AClockThatWasAheadOnceDoesNotEndTheRunsUntilThen) {
  start();
  pass(3'000 * kDay);
  EXPECT_GE(drainer->status().pruned_day, kNoon / kDay + 3'000);
  pass(-3'000 * kDay);
  const size_t runs = with_action("retention_run").size();
  pass(kDay);
  EXPECT_EQ(with_action("retention_run").size(), runs + 1);
  pass(kMinute);
  EXPECT_EQ(with_action("retention_run").size(), runs + 1) << "once a day";
  EXPECT_TRUE(verified(*drainer).ok);
}

TEST_F(Retention, WhatIsOverLosesItsContentAndTheLogStillVerifies) {
  start();
  Worker worker(host.rings());
  for (uint64_t number = 1; number <= 600; ++number)
    admit(worker, number, number % 3 == 0 ? "other" : "lab", number != 4);
  drain(*drainer);
  const std::string old_note = *drainer->reader().latest_checkpoint();
  EXPECT_EQ(verified(*drainer).pruned, 0U);
  pass(401 * kDay);
  VerifyReport report = verified(*drainer);
  EXPECT_TRUE(report.ok) << problems_of(report);
  EXPECT_EQ(report.pruned, 2 * 399U) << "the open exchange stays, and the tenant that keeps longer";
  EXPECT_FALSE(drainer->reader().exchange(request_id(1)));
  EXPECT_TRUE(drainer->reader().exchange(request_id(4)));
  EXPECT_TRUE(drainer->reader().exchange(request_id(3)));
  EXPECT_FALSE(drainer->reader().record(0));
  const auto runs = with_action("retention_run");
  EXPECT_EQ(runs.back().at("count"), 2 * 399);
  EXPECT_EQ(runs.back().at("kind"), "retention");
  // Somebody who kept the checkpoint of before can still ask.
  VerifyOptions asked;
  asked.vkey = drainer->verifier().text();
  asked.known_checkpoint = old_note;
  report = verify(drainer->reader(), asked);
  EXPECT_TRUE(report.ok) << problems_of(report);
  // Not a second time, and the rest later.
  const uint64_t size = drainer->status().pruned_records;
  pass(kDay);
  EXPECT_EQ(drainer->status().pruned_records, size);
  pass(100 * kDay);
  report = verified(*drainer);
  EXPECT_TRUE(report.ok) << problems_of(report);
  EXPECT_EQ(drainer->reader().exchange_count(), 1U);
  start();
  report = verified(*drainer);
  EXPECT_TRUE(report.ok) << problems_of(report);
}

// What an export read before a run and after it is no state of the log: it is read again.
TEST_F(Retention, AnExportThatARunOvertakesIsMadeAnewAndAHoldDoesNotDisturbIt) {
  start();
  Worker worker(host.rings());
  for (uint64_t number = 1; number <= 600; ++number) admit(worker, number, "lab");
  drain(*drainer);
  ExportOptions asked;
  asked.vkey = drainer->verifier().text();
  int tries = 0;
  std::function<void()> meanwhile;
  asked.progress = [&](uint64_t done, uint64_t all) {
    if (done != all) return;
    ++tries;
    if (meanwhile) std::exchange(meanwhile, nullptr)();
  };
  asked.folder = host.folder / "held";
  meanwhile = [&] {
    drainer->append({.kind = RecordKind::Retention, .action = "hold_added", .actor = "root"});
    drain(*drainer);
  };
  EXPECT_EQ(export_log(drainer->reader(), asked).manifest.at("pruned"), 0);
  EXPECT_EQ(tries, 1);
  asked.folder = host.folder / "pruned";
  meanwhile = [&] { pass(401 * kDay); };
  const uint64_t pruned = export_log(drainer->reader(), asked).manifest.at("pruned");
  // At least the exchanges: on a slow machine the drainer has noted something besides.
  EXPECT_GE(pruned, 2 * 600U);
  EXPECT_EQ(pruned, verified(*drainer).pruned);
  EXPECT_EQ(tries, 3);
}

// The store as somebody with the disk could leave it: one more record is gone.
void remove_content(const std::filesystem::path& store, uint64_t index) {
  EnvironmentOptions options;
  options.folder = store;
  options.map_bytes = 4 << 20;
  const auto environment = Environment::open(options);
  Transaction transaction(*environment, true);
  MDB_val value{};
  uint64_t first = 0;
  std::vector<uint8_t> kept(4);
  {
    Cursor cursor(transaction, environment->bundles);
    ASSERT_TRUE(find_bundle(cursor, index, first, value));
    BundleView view(bytes_of(value));
    const uint32_t count = view.count();
    std::memcpy(kept.data(), &count, 4);
    std::span<const uint8_t> record;
    for (uint64_t at = first; view.next(record); ++at) {
      if (at == index) record = {};
      const auto bytes = static_cast<uint32_t>(record.size());
      const auto* length = reinterpret_cast<const uint8_t*>(&bytes);
      kept.insert(kept.end(), length, length + 4);
      kept.insert(kept.end(), record.begin(), record.end());
    }
  }
  put(transaction, environment->bundles, as_val(number_key(first)), as_val(kept));
  transaction.commit();
}

TEST_F(Retention, LossIsToldFromPruning) {
  start();
  Worker worker(host.rings());
  for (uint64_t number = 1; number <= 20; ++number) admit(worker, number, "lab");
  drain(*drainer);
  drainer.reset();
  const uint64_t victim = 8;
  remove_content(host.store(), victim);
  const auto look = [&] {
    VerifyReport report = verify(LogReader::open(host.store()), {});
    EXPECT_FALSE(report.ok);
    return problems_of(report);
  };
  EXPECT_NE(look().find("record 8 is missing: no retention run"), std::string::npos) << look();
}

TEST_F(Retention, OneMoreThanTheRunsRemovedIsFound) {
  start();
  Worker worker(host.rings());
  for (uint64_t number = 1; number <= 20; ++number)
    admit(worker, number, number == 7 ? "other" : "lab");
  drain(*drainer);
  pass(401 * kDay);
  ASSERT_TRUE(verified(*drainer).ok) << problems_of(verified(*drainer));
  const uint64_t victim = drainer->reader().exchange(request_id(7))->verdict;
  drainer.reset();
  remove_content(host.store(), victim);
  const VerifyReport report = verify(LogReader::open(host.store()), {});
  EXPECT_FALSE(report.ok);
  EXPECT_NE(problems_of(report).find("not those that the retention runs removed"),
            std::string::npos)
      << problems_of(report);
}

TEST_F(Retention, AHoldSuspendsIt) {
  bool release = false;
  held = [&](const RecordForHold& asked) -> std::string {
    if (asked.evidence == "REQ" && asked.tenant == "lab" && asked.request_id == id_text(2))
      return release ? "" : "case-7";
    return "";
  };
  start();
  Worker worker(host.rings());
  for (uint64_t number = 1; number <= 3; ++number) admit(worker, number, "lab");
  drain(*drainer);
  pass(401 * kDay);
  EXPECT_TRUE(drainer->reader().exchange(request_id(2)));
  EXPECT_FALSE(drainer->reader().exchange(request_id(1)));
  EXPECT_EQ(with_action("retention_run").back().at("fields").at("held"), 1);
  release = true;
  pass(kDay);
  EXPECT_FALSE(drainer->reader().exchange(request_id(2)));
  EXPECT_TRUE(verified(*drainer).ok) << problems_of(verified(*drainer));
}

TEST_F(Retention, NothingGoesWhileHoldsCannotBeKnown) {
  held = [](const RecordForHold&) -> std::string { throw std::runtime_error("vault is sealed"); };
  start();
  Worker worker(host.rings());
  admit(worker, 1, "lab");
  drain(*drainer);
  pass(401 * kDay);
  EXPECT_TRUE(drainer->reader().exchange(request_id(1)));
  const auto runs = with_action("retention_run");
  ASSERT_FALSE(runs.empty());
  EXPECT_EQ(runs.back().at("result"), "deferred");
  EXPECT_EQ(runs.back().at("fields").at("problem"), "vault is sealed");
}

TEST(RetentionPolicyTest, ShorterThanTheAuditPeriodIsRefused) {
  RetentionPolicy policy;
  EXPECT_EQ(policy.problem(), "");
  EXPECT_EQ(policy.days_of("REQ", "lab"), 400U);
  policy.rules = {{"REQ", "", 380}, {"REQ", "lab", 700}, {"", "lab", 500}};
  EXPECT_EQ(policy.problem(), "");
  EXPECT_EQ(policy.days_of("REQ", "lab"), 700U);
  EXPECT_EQ(policy.days_of("POL", "lab"), 500U);
  EXPECT_EQ(policy.days_of("REQ", "x"), 380U);
  EXPECT_EQ(policy.days_of("POL", "x"), 400U);
  policy.rules.push_back({"KEY", "", 30});
  EXPECT_NE(policy.problem().find("less than the audit period"), std::string::npos);
  policy.rules.back() = {"XYZ", "", 400};
  EXPECT_NE(policy.problem().find("no such kind"), std::string::npos);
}

// --- reading back --------------------------------------------------------------------------------

TEST_F(DrainerBook, ARecordThatChangedOnTheDiskIsFoundInAPause) {
  start();
  Worker worker(host.rings());
  for (uint64_t number = 1; number <= 20; ++number) worker.exchange(number);
  drain(*drainer);
  drainer.reset();
  {
    const LogReader log = LogReader::open(host.store());
    EXPECT_TRUE(log.record(9));
  }
  std::string data = content_of(host.store() / "data.mdb");
  size_t changed = 0;
  for (size_t at = data.find("model-11"); at != std::string::npos;
       at = data.find("model-11", at + 1), ++changed)
    data[at + 6] = '9';
  ASSERT_GT(changed, 0U);
  put_content(host.store() / "data.mdb", data);
  // The check at start covers the newest records; this is about all the others.
  DrainerOptions made = options();
  EXPECT_THROW(Drainer{made}, std::runtime_error);
}

TEST(ScrubberTest, FindsWhatTheTreeDoesNotKnow) {
  Host host;
  auto drainer = host.drainer();
  Worker worker(host.rings());
  for (uint64_t number = 1; number <= 300; ++number) worker.exchange(number);
  drain(*drainer);
  Scrubber scrubber(drainer->reader());
  while (scrubber.position() < 600) ASSERT_TRUE(scrubber.step(600, 100));
  EXPECT_EQ(scrubber.sequences().at(worker.key()), 600U);
  EXPECT_TRUE(scrubber.step(600, 100));
  // One record's bytes change behind the drainer's back.
  const auto environment = Environment::open({.folder = host.store()});
  {
    Transaction transaction(*environment, true);
    MDB_val value{};
    uint64_t first = 0;
    std::vector<uint8_t> copy;
    {
      Cursor cursor(transaction, environment->bundles);
      ASSERT_TRUE(find_bundle(cursor, 300, first, value));
      copy.assign(bytes_of(value).begin(), bytes_of(value).end());
    }
    const std::string_view name = "alice";
    const auto at = std::search(copy.begin(), copy.end(), name.begin(), name.end());
    ASSERT_NE(at, copy.end());
    *at ^= 1;
    put(transaction, environment->bundles, as_val(number_key(first)), as_val(copy));
    transaction.commit();
  }
  Scrubber again(drainer->reader());
  while (again.position() < 600 && again.step(600, 100)) continue;
  EXPECT_NE(again.problem().find("is not what was hashed"), std::string::npos) << again.problem();
  EXPECT_FALSE(again.step(600, 100));
  again.restart();
  EXPECT_FALSE(again.step(600, 100)) << "found is found";
}

}  // namespace
}  // namespace sallyport::evidence_log_test
