#include "controlplane/evidence/log/control_record.h"

#include <cstdlib>

#include "controlplane/evidence/log/hex_text.h"
#include "controlplane/evidence/ring/ring_reader.h"
#include "tests/unit/control/evidence/evidence_fixture.h"

namespace sallyport::evidence_log_test {
namespace {

using contract::ControlField;
using contract::ControlPart;
using contract::RecordHeader;

ControlRecord whole() {
  ControlRecord record{.kind = RecordKind::Policy, .action = "policy_applied", .actor = "alice"};
  record.tenant = "lab";
  record.object = std::string(64, 'a');
  record.result = "intended";
  record.reason = "change";
  record.ticket = "CHG-20417";
  record.detail = "policy version 4";
  record.before.fill(1);
  record.after.fill(2);
  record.count = 5;
  record.from = 3;
  record.to = 4;
  record.fields = {{"risk", "looser"},
                   {"approver", "bob@example.org"},
                   {"author", "alice@example.org"},
                   {"approver", "carol@example.org"},
                   {"version", "4"},
                   {"started", "2026-11-25T22:00:00Z"}};
  record.subjects = {contract::SubjectId{7}};
  return record;
}

std::vector<uint8_t> encoded(const ControlRecord& record) {
  return control_record_bytes(record, kWallNs, 5);
}

TEST(ControlRecordTest, EveryKindKeepsTheContractAndSaysWhatItIs) {
  const std::map<std::string, std::string> kinds{
      {"administration", "ADM"},  {"policy", "POL"},       {"test", "TST"},
      {"configuration", "CFG"},   {"key", "KEY"},          {"retention", "RET"},
      {"subject_request", "DSR"}, {"check", "CHK"},        {"restoration", "RST"},
      {"heartbeat", "CHK"},       {"tls_identity", "TLS"}, {"access", "ACC"}};
  size_t seen = 0;
  for (uint16_t kind = 8; kind <= contract::kRecordKindLastOfVersion2; ++kind, ++seen) {
    ControlRecord record = whole();
    record.kind = static_cast<RecordKind>(kind);
    const auto bytes = encoded(record);
    ASSERT_EQ(validate_record(bytes), RecordProblem::None) << kind;
    const json read = record_json(7, bytes);
    const auto known = kinds.find(read.at("kind"));
    ASSERT_NE(known, kinds.end()) << read.at("kind");
    EXPECT_EQ(read.at("evidence"), known->second);
  }
  EXPECT_EQ(seen, kinds.size());
}

TEST(ControlRecordTest, JsonHasStableNames) {
  const json read = record_json(7, encoded(whole()));
  EXPECT_EQ(read.at("schema"), 3);
  EXPECT_EQ(read.at("action"), "policy_applied");
  EXPECT_EQ(read.at("code"), "policy_applied");
  EXPECT_EQ(read.at("actor"), "alice");
  EXPECT_EQ(read.at("tenant"), "lab");
  EXPECT_EQ(read.at("object"), std::string(64, 'a'));
  EXPECT_EQ(read.at("result"), "intended");
  EXPECT_EQ(read.at("reason"), "change");
  EXPECT_EQ(read.at("ticket"), "CHG-20417");
  EXPECT_EQ(read.at("count"), 5);
  EXPECT_EQ(read.at("from"), 3);
  EXPECT_EQ(read.at("to"), 4);
  EXPECT_EQ(read.at("fields"), (json{{"risk", "looser"},
                                     {"author", "alice@example.org"},
                                     {"approver", {"bob@example.org", "carol@example.org"}},
                                     {"version", 4},
                                     {"started", "2026-11-25T22:00:00Z"}}));
  EXPECT_EQ(read.at("subjects").size(), 1U);
}

// One content, one string of bytes: how the fields came does not matter, but for those of one name.
TEST(ControlRecordTest, OrderOfFieldsIsCanonical) {
  ControlRecord turned = whole();
  std::rotate(turned.fields.begin(), turned.fields.begin() + 4, turned.fields.end());
  EXPECT_EQ(encoded(turned), encoded(whole()));
  auto bytes = encoded(whole());
  constexpr size_t kFirst = sizeof(RecordHeader) + sizeof(ControlPart);
  std::swap_ranges(bytes.begin() + kFirst, bytes.begin() + kFirst + sizeof(ControlField),
                   bytes.begin() + kFirst + sizeof(ControlField));
  EXPECT_EQ(validate_record(bytes), RecordProblem::Field) << "another order is no record";
}

TEST(ControlRecordTest, EveryByteThatIsNotUsedMustBeZero) {
  const auto good = encoded(whole());
  constexpr size_t kPart = sizeof(RecordHeader);
  for (const size_t at :
       {kPart + offsetof(ControlPart, action) + 47, kPart + offsetof(ControlPart, actor) + 95,
        kPart + offsetof(ControlPart, detail) + 127, kPart + offsetof(ControlPart, reserved),
        kPart + offsetof(ControlPart, reserved) + 4, kPart + sizeof(ControlPart) + 127}) {
    auto bytes = good;
    bytes[at] = 'x';
    EXPECT_NE(validate_record(bytes), RecordProblem::None) << at;
  }
  auto bytes = good;
  bytes[kPart + offsetof(ControlPart, result)] = 0;
  EXPECT_EQ(validate_record(bytes), RecordProblem::Number);
  bytes[kPart + offsetof(ControlPart, result)] = 6;
  EXPECT_EQ(validate_record(bytes), RecordProblem::Number);
  bytes = good;
  bytes[kPart + offsetof(ControlPart, field_count)] = 5;
  EXPECT_EQ(validate_record(bytes), RecordProblem::Length);
  bytes[kPart + offsetof(ControlPart, field_count)] = 49;
  EXPECT_EQ(validate_record(bytes), RecordProblem::Field);
  bytes = good;
  bytes[kPart + sizeof(ControlPart)] = 0xff;  // a name that nobody knows
  EXPECT_EQ(validate_record(bytes), RecordProblem::Field);
  for (size_t length = 0; length < good.size(); ++length)
    ASSERT_NE(validate_record(std::span(good).first(length)), RecordProblem::None);
}

// Whoever wrote it: what could be data instead of a name is not kept, wherever it is put.
TEST(ControlRecordTest, NoTextTakesAValue) {
  const std::string card = "4111" + std::string("111111111111");
  const std::vector<std::string> values{card,
                                        "4111 1111 1111 1111",
                                        "078-05-1120x078051120",
                                        "+1 202 555 0100",
                                        "jane.roe@example.org",
                                        "sk-" + std::string(40, 'q'),
                                        std::string("\x1b[31m") + card};
  for (const std::string& value : values) {
    ControlRecord record = whole();
    record.tenant = record.object = record.reason = record.ticket = value;
    record.detail = "because of " + value + " it was done";
    record.fields = {{"looser", value},  {"risk", value},   {"role", value},
                     {"version", value}, {"bundle", value}, {"ended", value}};
    const auto bytes = encoded(record);
    ASSERT_EQ(validate_record(bytes), RecordProblem::None);
    const std::string text(bytes.begin(), bytes.end());
    EXPECT_EQ(text.find(value), std::string::npos) << value;
    EXPECT_EQ(record_json(0, bytes).at("detail").get<std::string>().find("1111 1111"),
              std::string::npos);
  }
  // And a record that came with one is refused by the reader.
  ControlRecord record = whole();
  record.detail = std::string(card.size(), '-');
  auto bytes = encoded(record);
  std::copy(card.begin(), card.end(),
            bytes.begin() + sizeof(RecordHeader) + offsetof(ControlPart, detail) + 1);
  EXPECT_EQ(validate_record(bytes), RecordProblem::Text);
}

TEST(ControlRecordTest, NamesStayAsTheyAre) {
  for (const std::string name :
       {"alice (uid 0)", "sallyport/edge-1", "/etc/sallyport/policy", "2026-11-25",
        "b0b1b2b3b4b5b6b7b8b9babbbcbdbebf-7-3", "sp_0009HM0002SW00300000000010", "CHG-20417",
        "policy version 17, 3 workers; digests are of the images", ""})
    EXPECT_EQ(safe_record_text(name, 95, contract::TextRule::Words), name);
  EXPECT_EQ(safe_record_text("bob@example.org", 95, contract::TextRule::Identity),
            "bob@example.org");
}

TEST(ControlRecordTest, LongTextsAreCutAndTooManyFieldsAreCounted) {
  ControlRecord record = whole();
  record.detail.clear();
  for (int i = 0; i < 40; ++i) record.detail += "word" + std::to_string(i) + " ";
  record.object = "bundle " + std::string(64, 'a') + " and " + std::string(64, 'b');
  record.fields.clear();
  for (int i = 0; i < 60; ++i) record.fields.emplace_back("looser", "rule " + std::to_string(i));
  const auto bytes = encoded(record);
  ASSERT_EQ(validate_record(bytes), RecordProblem::None);
  EXPECT_LE(bytes.size(), contract::kControlBytesMax);
  const json read = record_json(0, bytes);
  EXPECT_EQ(read.at("detail").get<std::string>().back(), '~');
  EXPECT_EQ(read.at("object"), "bundle " + std::string(64, 'a') + " and bbbbbbbbbbbbbbbbbb~");
  EXPECT_EQ(read.at("fields").at("looser").size(), 47U);
  EXPECT_EQ(read.at("fields").at("problem"), "13 fields dropped");
}

// Bytes of a former version, made by its own code and kept.
std::vector<std::vector<uint8_t>> kept_records(const std::string& file) {
  const char* source = std::getenv("SALLYPORT_SOURCE_DIR");
  EXPECT_NE(source, nullptr);
  if (source == nullptr) return {};
  std::istringstream lines(
      content_of(std::filesystem::path(source) / "tests/unit/controlplane_evidence_ring" / file));
  std::vector<std::vector<uint8_t>> records;
  for (std::string line; std::getline(lines, line);) {
    std::vector<uint8_t>& bytes = records.emplace_back();
    for (size_t i = 0; i + 1 < line.size(); i += 2)
      bytes.push_back(static_cast<uint8_t>(std::stoi(line.substr(i, 2), nullptr, 16)));
  }
  return records;
}

// Of commit 54ee881.
TEST(Version1Test, IsReadAsItWasWritten) {
  std::vector<json> read;
  for (std::vector<uint8_t>& bytes : kept_records("records_of_version_1.hex")) {
    const std::string line = lower_hex(std::span(bytes).first(20));
    EXPECT_EQ(validate_record(bytes), RecordProblem::None) << line;
    read.push_back(record_json(read.size(), bytes));
    // Its bytes say that they are of version 1: as version 2 they are another record, or none.
    bytes[0] = 2;
    const bool same_layout =
        read.back().at("kind") != "administration" && !read.back().contains("tenant");
    if (!same_layout && read.back().at("kind") != "refused_aggregate") {
      EXPECT_NE(validate_record(bytes), RecordProblem::None);
    }
    bytes[0] = static_cast<uint8_t>(contract::kRecordVersion + 1);
    EXPECT_EQ(validate_record(bytes), RecordProblem::Version);
  }
  ASSERT_EQ(read.size(), 8U);
  EXPECT_EQ(read[0].at("schema"), 1);
  EXPECT_EQ(read[0].at("tenant"), "acme");
  EXPECT_EQ(read[0].at("template"), "invoice");
  EXPECT_EQ(read[0].at("template_digest"), nullptr);
  EXPECT_EQ(read[0].at("streaming"), true);
  EXPECT_EQ(read[0].at("detections").at(0).at("entity"), "EMAIL_ADDRESS");
  EXPECT_EQ(read[0].at("subjects").size(), 1U);
  EXPECT_EQ(read[1].at("latency_ns").at("total"), 12345);
  EXPECT_EQ(read[2].at("outcome"), "refused_policy");
  EXPECT_EQ(read[3].at("count"), 17);
  EXPECT_EQ(read[4].at("kind"), "interrupted");
  EXPECT_EQ(read[5].at("code"), "host_reboot");
  EXPECT_EQ(read[7].at("kind"), "administration");
  EXPECT_EQ(read[7].at("code"), "policy_applied");
  EXPECT_EQ(read[7].at("actor"), "alice (uid 0)");
  EXPECT_EQ(read[7].at("from"), 3);
}

// Of commit 6b3144f.
TEST(Version2Test, IsReadAsItWasWritten) {
  std::vector<json> read;
  for (std::vector<uint8_t>& bytes : kept_records("records_of_version_2.hex")) {
    EXPECT_EQ(validate_record(bytes), RecordProblem::None) << read.size();
    read.push_back(record_json(read.size(), bytes));
    bytes[0] = 3;  // as version 3, what has an outcome is too short
    const bool has_outcome = read.back().contains("outcome");
    EXPECT_EQ(validate_record(bytes), has_outcome ? RecordProblem::Length : RecordProblem::None);
  }
  ASSERT_EQ(read.size(), 6U);
  EXPECT_EQ(read[0].at("schema"), 2);
  EXPECT_EQ(read[0].at("template_digest"),
            "3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c"
            "3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c");
  EXPECT_EQ(read[0].at("detections").at(0).at("count"), 2);
  EXPECT_EQ(read[1].at("upstream_tls"), "1.2");
  EXPECT_EQ(read[1].at("upstream_request_bytes"), 77);
  EXPECT_EQ(read[1].at("upstream_connection"), nullptr);
  EXPECT_EQ(read[1].at("restorations").at(0).at("reason"), "support");
  EXPECT_EQ(read[2].at("outcome"), "refused_policy");
  EXPECT_EQ(read[3].at("kind"), "interrupted");
  EXPECT_EQ(read[4].at("code"), "host_reboot");
  EXPECT_EQ(read[5].at("fields").at("tls_version"), "1.2");
}

}  // namespace
}  // namespace sallyport::evidence_log_test
