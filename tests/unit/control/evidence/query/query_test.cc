#include "controlplane/evidence/query/query.h"

#include "controlplane/evidence/export/export.h"
#include "tests/unit/control/evidence/evidence_fixture.h"

namespace sallyport::evidence_log_test {
namespace {

using contract::Outcome;
using contract::RecordedAction;
using contract::TallySection;

// One of each: served, blocked, running, refused, a note.
class Queries : public ::testing::Test {
 protected:
  Queries() : drainer(host.drainer()), worker(host.rings()) {
    served(1);
    RecordFields blocked;
    blocked.id = request_id(2);
    push(blocked);
    blocked.kind = RecordKind::Completed;
    blocked.outcome = Outcome::Blocked;
    push(blocked);
    EXPECT_TRUE(worker.admit(3));
    RecordFields refused;
    refused.kind = RecordKind::Refused;
    refused.id = request_id(4);
    refused.outcome = Outcome::RefusedPolicy;
    push(refused);
    NoteFields note;
    note.code = "policy_applied";
    drainer->append_note(note);
    drain(*drainer);
  }
  void served(uint64_t number) {
    RecordFields fields;
    fields.id = request_id(number);
    fields.tallies = {
        tally(TallySection::DetectedInRequest, "EMAIL_ADDRESS", RecordedAction::Tokenize, "", 2),
        tally(TallySection::OpaqueInRequest, "image", RecordedAction::None, "", 1)};
    push(fields);
    fields.kind = RecordKind::Completed;
    fields.tallies = {
        tally(TallySection::DetectedInResponse, "PHONE_NUMBER", RecordedAction::Observe, "", 1),
        tally(TallySection::RestorationAllowed, "EMAIL_ADDRESS", RecordedAction::None, "own_data",
              2),
        tally(TallySection::RestorationDenied, "US_SSN", RecordedAction::None, "not_named", 1)};
    push(fields);
  }
  void push(const RecordFields& fields) { EXPECT_TRUE(worker.push(fields)); }
  json listed(const ListFilter& filter = {}) const { return list(drainer->reader(), filter); }

  Host host;
  std::unique_ptr<Drainer> drainer;
  Worker worker;
};

TEST_F(Queries, RecordHasStableNames) {
  const auto record = drainer->reader().record(drainer->reader().exchange(request_id(1))->admitted);
  const json read = record_json(17, *record);
  EXPECT_EQ(read.at("index"), 17);
  EXPECT_EQ(read.at("kind"), "admitted");
  EXPECT_EQ(read.at("request_id"), id_text(1));
  EXPECT_EQ(read.at("time"), "2023-11-14T22:13:20.124456789Z");
  EXPECT_EQ(read.at("clock"), "synchronised");
  EXPECT_EQ(read.at("ring"), (json{{"boot_id", "b0b1b2b3b4b5b6b7b8b9babbbcbdbebf"},
                                   {"generation", 7},
                                   {"worker", 0},
                                   {"sequence", 1}}));
  EXPECT_EQ(read.at("tenant"), "lab");
  EXPECT_EQ(read.at("principal"), "alice");
  EXPECT_EQ(read.at("environment"), "production");
  EXPECT_EQ(read.at("vendor"), "openai");
  EXPECT_EQ(read.at("region"), "eu");
  EXPECT_EQ(read.at("model"), "sim-echo");
  EXPECT_EQ(read.at("api_kind"), "openai_chat");
  EXPECT_EQ(read.at("durability"), "committed");
  EXPECT_EQ(read.at("streaming"), false);
  EXPECT_EQ(read.at("image_digest").get<std::string>().substr(0, 4), "1a1a");
  EXPECT_EQ(read.at("bundle_digest").get<std::string>().size(), 64U);
  EXPECT_EQ(read.at("inspected_bytes"), 900);
  EXPECT_EQ(read.at("detections"), json::array({{{"entity", "EMAIL_ADDRESS"},
                                                 {"action", "tokenize"},
                                                 {"direction", "request"},
                                                 {"count", 2}}}));
  EXPECT_EQ(read.at("opaque").at(0).at("why"), "image");
  EXPECT_EQ(read.at("subjects"), json::array());
}

TEST_F(Queries, VerdictHasStableNames) {
  const json all = show(drainer->reader(), id_text(1));
  const json& read = all.at("completed");
  EXPECT_EQ(read.at("kind"), "completed");
  EXPECT_EQ(read.at("outcome"), "served");
  EXPECT_EQ(read.at("direction"), "response");
  EXPECT_EQ(read.at("http_status"), 200);
  EXPECT_EQ(read.at("vendor_status"), 200);
  EXPECT_EQ(read.at("reason_code"), "served");
  EXPECT_EQ(read.at("latency_ns").at("total"), 12345);
  EXPECT_EQ(read.at("latency_ns").size(), 8U);
  EXPECT_EQ(read.at("client_tls"), "1.3");
  EXPECT_EQ(read.at("upstream_tls"), nullptr);
  EXPECT_EQ(
      read.at("restorations"),
      json::array(
          {{{"entity", "EMAIL_ADDRESS"}, {"allowed", true}, {"reason", "own_data"}, {"count", 2}},
           {{"entity", "US_SSN"}, {"allowed", false}, {"reason", "not_named"}, {"count", 1}}}));
}

TEST_F(Queries, ListJoinsExchangesNewestFirst) {
  const json all = listed();
  ASSERT_EQ(all.size(), 5U);
  std::vector<std::string> kinds;
  for (const json& one : all) kinds.push_back(one.at("kind"));
  std::sort(kinds.begin(), kinds.end());
  EXPECT_EQ(kinds, (std::vector<std::string>{"administration", "exchange", "exchange", "exchange",
                                             "refused"}));
  const json exchanges = listed({.kind = "exchange"});
  ASSERT_EQ(exchanges.size(), 3U);
  EXPECT_EQ(exchanges[0].at("request_id"), id_text(3));
  EXPECT_EQ(exchanges[0].at("outcome"), "open");
  EXPECT_EQ(exchanges[0].at("model"), "model-3");
  EXPECT_FALSE(exchanges[0].contains("completed"));
  EXPECT_EQ(exchanges[1].at("outcome"), "blocked");
  EXPECT_EQ(exchanges[1].at("reason_code"), "secret_in_request");
  EXPECT_EQ(exchanges[1].at("http_status"), 403);
  EXPECT_EQ(exchanges[2].at("outcome"), "served");
  EXPECT_EQ(exchanges[2].at("detections").size(), 2U);  // of both directions
  EXPECT_EQ(exchanges[2].at("admitted").at("kind"), "admitted");
  EXPECT_EQ(exchanges[2].at("completed").at("kind"), "completed");
}

TEST_F(Queries, ListFilters) {
  EXPECT_EQ(listed({.outcome = "blocked"}).size(), 1U);
  EXPECT_EQ(listed({.outcome = "refused_policy"}).size(), 1U);
  EXPECT_EQ(listed({.tenant = "lab"}).size(), 4U);
  EXPECT_EQ(listed({.tenant = "other"}).size(), 0U);
  EXPECT_EQ(listed({.principal = "alice", .vendor = "openai"}).size(), 4U);
  EXPECT_EQ(listed({.kind = "administration"}).size(), 1U);
  EXPECT_EQ(listed({.kind = "completed"}).size(), 2U);
  EXPECT_EQ(listed({.limit = 2}).size(), 2U);
  EXPECT_EQ(listed({.limit = 0}).size(), 5U);
  ListFilter early;
  early.to_wall_ns = kWallNs + 1'000'000;
  EXPECT_EQ(listed(early).size(), 1U);
  ListFilter late;
  late.from_wall_ns = kWallNs + 2'000'000;
  EXPECT_EQ(listed(late).size(), 4U);
}

TEST_F(Queries, ShowProvesWhatItShows) {
  const json one = show(drainer->reader(), id_text(1));
  for (const char* name : {"inclusion", "verdict_inclusion"}) {
    const json& inclusion = one.at(name);
    const auto checkpoint = drainer->verifier().open(inclusion.at("checkpoint").get<std::string>());
    ASSERT_TRUE(checkpoint);
    std::vector<Hash> proof;
    for (const json& text : inclusion.at("proof")) {
      const auto bytes = from_base64(text.get<std::string>());
      std::copy(bytes->begin(), bytes->end(), proof.emplace_back().begin());
    }
    const uint64_t index = inclusion.at("index");
    const Hash leaf = leaf_hash(*drainer->reader().record(index));
    EXPECT_EQ(inclusion.at("leaf"), base64(leaf));
    EXPECT_TRUE(verify_inclusion(leaf, index, checkpoint->size, proof, checkpoint->root));
  }
  EXPECT_EQ(show(drainer->reader(), id_text(3)).at("verdict_inclusion"), nullptr);
  EXPECT_EQ(show(drainer->reader(), id_text(4)).at("kind"), "refused");
  EXPECT_TRUE(show(drainer->reader(), id_text(4)).at("inclusion").is_object());
  EXPECT_EQ(show(drainer->reader(), id_text(99)), nullptr);
  EXPECT_EQ(show(drainer->reader(), "not an id"), nullptr);
}

TEST_F(Queries, UnreadableBytesAreSaidToBe) {
  EXPECT_EQ(record_json(1, std::vector<uint8_t>(10)).at("kind"), "unreadable");
}

// What is in it is judged by sallyport-verify and Python (tests/process/evidence).
TEST_F(Queries, AnExportIsRefusedWhereItCouldNotBeWhole) {
  ExportOptions options;
  options.vkey = drainer->verifier().text();
  options.folder = host.folder / "export";
  uint64_t seen = 0;
  options.progress = [&](uint64_t done, uint64_t all) { seen = done == all ? all : 0; };
  const ExportResult made = export_log(drainer->reader(), options);
  EXPECT_EQ(made.manifest.at("records"), drainer->reader().size());
  EXPECT_EQ(seen, drainer->reader().size());
  EXPECT_THROW(export_log(drainer->reader(), options), ExportRefused);  // not into a full folder
  options.folder = host.folder / "other";
  options.vkey = "no key";
  EXPECT_THROW(export_log(drainer->reader(), options), ExportRefused);
  EXPECT_FALSE(std::filesystem::exists(options.folder));
}

}  // namespace
}  // namespace sallyport::evidence_log_test
