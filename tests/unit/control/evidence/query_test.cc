#include "controlplane/evidence/query.h"

#include <cstdlib>
#include <stdexcept>

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

const char* const kPython = R"(
import base64, hashlib, json, os, sys
os.chdir(sys.argv[1])
def leaf(b): return hashlib.sha256(b"\x00" + b).digest()
def root(h):
    if len(h) == 1: return h[0]
    k = 1 << (len(h) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + root(h[:k]) + root(h[k:])).digest()
manifest = json.load(open("MANIFEST.json"))
origin, size, signed = open("checkpoint").read().split("\n")[:3]
leaves = [leaf(open(f"records/{i}.bin", "rb").read()) for i in range(int(size))]
listed = [bytes.fromhex(line.split()[0]) for line in open("leaves.sha256")]
lines = [json.loads(line) for line in open("records.jsonl")]
name, key_id, key = open("vkey").read().strip().split("+", 2)
raw = base64.b64decode(key)
checks = {
  "leaves": leaves == listed, "root": base64.b64encode(root(leaves)).decode() == signed,
  "manifest": manifest["root"] == signed and manifest["size"] == int(size) == len(lines),
  "origin": origin == name == manifest["origin"],
  "key id": hashlib.sha256(name.encode() + b"\n" + raw).hexdigest()[:8] == key_id and raw[0] == 1,
  "tile": b"".join(leaves) == open(f"tile/0/000.p/{size}", "rb").read(),
  "sums": all(hashlib.sha256(open(n, "rb").read()).hexdigest() == h
              for h, n in (l.split() for l in open("SHA256SUMS"))),
}
print(checks)
sys.exit(0 if all(checks.values()) else 1)
)";

int shell(const std::string& command) { return std::system(command.c_str()); }

TEST_F(Queries, ExportIsVerifiedByPythonAlone) {
  if (shell("python3 -c 'import hashlib' >/dev/null 2>&1") != 0)
    GTEST_SKIP() << "python3 is not installed";
  const auto folder = host.folder / "export";
  const json manifest = export_plain(drainer->reader(), drainer->verifier().text(), folder);
  EXPECT_EQ(manifest.at("records"), drainer->reader().size());
  put_content(host.folder / "check.py", kPython);
  const std::string check =
      "python3 " + (host.folder / "check.py").string() + " " + folder.string();
  EXPECT_EQ(shell(check), 0);
  // A copy that somebody damaged fails.
  std::string record = content_of(folder / "records/2.bin");
  record[300] ^= 1;
  put_content(folder / "records/2.bin", record);
  EXPECT_NE(shell(check + " >/dev/null"), 0);
}

// The commands of HOWTO.txt, as they stand there.
TEST_F(Queries, ExportIsVerifiedByOpensslAsTheHowToSays) {
  if (shell("openssl version >/dev/null 2>&1 && command -v xxd >/dev/null") != 0)
    GTEST_SKIP() << "openssl or xxd is not installed";
  const auto folder = host.folder / "export";
  export_plain(drainer->reader(), drainer->verifier().text(), folder);
  const std::string steps = "set -e; cd " + folder.string() + R"SH(
    sha256sum --quiet -c SHA256SUMS
    sed '/^$/q' checkpoint | sed '$d' > ../body
    sed -n 's/^\xe2\x80\x94 [^ ]* //p' checkpoint | head -1 | base64 -d | tail -c +5 > ../sig
    openssl pkeyutl -verify -pubin -inkey log.pub.pem -rawin -in ../body -sigfile ../sig >/dev/null
    (printf 302a300506032b6570032100 | xxd -r -p; cut -d+ -f3- vkey | base64 -d | tail -c +2) |
      openssl pkey -pubin -inform DER | diff - log.pub.pem
    N=2
    test "$( (printf '\000'; cat records/$N.bin) | sha256sum | cut -c1-64)" = \
         "$(sed -n "$((N + 1))p" leaves.sha256 | cut -c1-64)"
  )SH";
  EXPECT_EQ(shell(steps), 0);
}

TEST_F(Queries, ExportOfARangeKeepsAllLeaves) {
  const auto folder = host.folder / "export";
  const json manifest = export_plain(drainer->reader(), drainer->verifier().text(), folder, 2, 4);
  EXPECT_EQ(manifest.at("from"), 2);
  EXPECT_EQ(manifest.at("records"), 2);
  EXPECT_TRUE(std::filesystem::exists(folder / "records/3.bin"));
  EXPECT_FALSE(std::filesystem::exists(folder / "records/4.bin"));
  const std::string leaves = content_of(folder / "leaves.sha256");
  EXPECT_EQ(static_cast<uint64_t>(std::count(leaves.begin(), leaves.end(), '\n')),
            drainer->reader().size());
  EXPECT_THROW(export_plain(drainer->reader(), drainer->verifier().text(), folder),
               std::runtime_error);  // not into a folder with something in it
  EXPECT_THROW(export_plain(drainer->reader(), "no key", host.folder / "b"), std::runtime_error);
}

}  // namespace
}  // namespace sallyport::evidence_log_test
