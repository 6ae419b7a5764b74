// record_rules.cc: each rule of the record, broken once.
#include <functional>

#include "tests/unit/evidence/ring_image.h"

namespace sallyport::evidence_test {
namespace {

using contract::AggregatePart;
using contract::NotePart;
using contract::OutcomePart;
using contract::RecordHeader;
using contract::RecordKind;
using contract::RequestPart;
using contract::Tally;
using evidence_log::RecordProblem;
using evidence_log::validate_record;
using evidence_log::validate_ring_record;

constexpr size_t kRequestAt = sizeof(RecordHeader);
constexpr size_t kOutcomeInCompleted = sizeof(RecordHeader);
constexpr size_t kAdmittedTalliesAt = sizeof(RecordHeader) + sizeof(RequestPart);

enum Which : size_t { Admitted, Completed, Refused, Security, Aggregate };

class RecordRulesTest : public ::testing::Test {
 protected:
  static const Sample& made_once() {
    static const Sample sample = make_sample();
    return sample;
  }
  // The record with one value put over it.
  template <typename Value>
  RecordProblem with(Which which, size_t offset, Value value) {
    Image record = sample.records[which];
    put_at(record, offset, value);
    return validate_record(record);
  }
  RecordProblem in_ring(const Image& record, uint64_t sequence) {
    // On the heap: the sanitizer's copy of a frame does not keep an alignment of 64.
    const auto header = std::make_unique<contract::RingDataHeader>();
    contract::RingDataHeader& ring = *header;
    ring.boot_id = sample.config.identity.boot_id;
    ring.generation = sample.config.identity.generation;
    ring.worker = sample.config.worker;
    ring.record_version = contract::kRecordVersion;
    ring.node = sample.config.identity.node;
    ring.start = sample.config.identity.start;
    return validate_ring_record(record, ring, sequence);
  }
  template <typename Value>
  RecordProblem in_ring_with(Which which, size_t offset, Value value) {
    Image record = sample.records[which];
    put_at(record, offset, value);
    return in_ring(record, which + 1);
  }
  const Sample& sample = made_once();
};

TEST_F(RecordRulesTest, WhatARecorderWritesIsRight) {
  for (size_t i = 0; i < sample.records.size(); ++i) {
    EXPECT_EQ(validate_record(sample.records[i]), RecordProblem::None);
    EXPECT_EQ(in_ring(sample.records[i], i + 1), RecordProblem::None);
  }
}

TEST_F(RecordRulesTest, EveryOtherLengthIsWrong) {
  for (const Image& record : sample.records) {
    for (size_t bytes = 0; bytes < record.size(); ++bytes)
      ASSERT_EQ(validate_record(std::span(record).first(bytes)),
                bytes < sizeof(RecordHeader) ? RecordProblem::TooShort : RecordProblem::Length);
    Image longer = record;
    longer.push_back(0);
    EXPECT_EQ(validate_record(longer), RecordProblem::Length);
  }
  EXPECT_EQ(with(Admitted, offsetof(RecordHeader, total_bytes), uint32_t{88}),
            RecordProblem::Length);
  EXPECT_EQ(with(Admitted, offsetof(RecordHeader, tally_count), uint16_t{0}),
            RecordProblem::Length);
  EXPECT_EQ(with(Admitted, offsetof(RecordHeader, subject_count), uint16_t{4}),
            RecordProblem::Length);
}

TEST_F(RecordRulesTest, Header) {
  EXPECT_EQ(with(Admitted, offsetof(RecordHeader, version), uint16_t{0}), RecordProblem::Version);
  EXPECT_EQ(with(Admitted, offsetof(RecordHeader, version),
                 static_cast<uint16_t>(contract::kRecordVersion + 1)),
            RecordProblem::Version);
  EXPECT_EQ(with(Admitted, offsetof(RecordHeader, version), uint16_t{2}), RecordProblem::None);
  EXPECT_EQ(with(Completed, offsetof(RecordHeader, version), uint16_t{2}), RecordProblem::Length);
  EXPECT_EQ(with(Admitted, offsetof(RecordHeader, version), uint16_t{1}), RecordProblem::Length);
  EXPECT_EQ(with(Admitted, offsetof(RecordHeader, kind), uint16_t{0}), RecordProblem::Kind);
  EXPECT_EQ(with(Admitted, offsetof(RecordHeader, kind), uint16_t{21}), RecordProblem::Kind);
  EXPECT_EQ(with(Admitted, offsetof(RecordHeader, tally_count), uint16_t{41}),
            RecordProblem::Tally);
  EXPECT_EQ(with(Admitted, offsetof(RecordHeader, subject_count), uint16_t{17}),
            RecordProblem::Tally);
  EXPECT_EQ(with(Security, offsetof(RecordHeader, tally_count), uint16_t{1}), RecordProblem::Tally);
  EXPECT_EQ(with(Aggregate, offsetof(RecordHeader, subject_count), uint16_t{1}),
            RecordProblem::Tally);
  EXPECT_EQ(with(Admitted, offsetof(RecordHeader, clock_state), uint8_t{3}), RecordProblem::Number);
  EXPECT_EQ(with(Admitted, offsetof(RecordHeader, worker), uint32_t{256}), RecordProblem::Number);
  EXPECT_EQ(with(Admitted, offsetof(RecordHeader, reserved0), uint8_t{1}), RecordProblem::Padding);
  EXPECT_EQ(with(Admitted, offsetof(RecordHeader, reserved1) + 5, uint8_t{1}),
            RecordProblem::Padding);
}

TEST_F(RecordRulesTest, ARequestIsNamedWhereThereIsOne) {
  constexpr std::array<uint64_t, 2> kNone{};
  constexpr std::array<uint64_t, 2> kSome{1, 1};
  constexpr size_t kAt = offsetof(RecordHeader, request_high);
  EXPECT_EQ(with(Admitted, kAt, kNone), RecordProblem::Request);
  EXPECT_EQ(with(Completed, kAt, kNone), RecordProblem::Request);
  EXPECT_EQ(with(Refused, kAt, kNone), RecordProblem::Request);
  EXPECT_EQ(with(Security, kAt, kNone), RecordProblem::None);
  EXPECT_EQ(with(Security, kAt, kSome), RecordProblem::None);
  EXPECT_EQ(with(Aggregate, kAt, kSome), RecordProblem::Request);
}

TEST_F(RecordRulesTest, RequestPart) {
  for (const size_t text :
       {offsetof(RequestPart, tenant), offsetof(RequestPart, principal),
        offsetof(RequestPart, environment), offsetof(RequestPart, vendor),
        offsetof(RequestPart, region), offsetof(RequestPart, model),
        offsetof(RequestPart, api_kind), offsetof(RequestPart, reason),
        offsetof(RequestPart, template_name), offsetof(RequestPart, template_version)}) {
    EXPECT_EQ(with(Admitted, kRequestAt + text, uint8_t{255}), RecordProblem::Text);
    EXPECT_EQ(with(Admitted, kRequestAt + text + 1, uint8_t{0x80}), RecordProblem::Text);
    EXPECT_EQ(with(Admitted, kRequestAt + text + 20, uint8_t{'x'}), RecordProblem::Text)
        << "bytes behind the end of the text";
  }
  const auto number = [&](size_t offset, auto value) {
    return with(Admitted, kRequestAt + offset, value);
  };
  EXPECT_EQ(number(offsetof(RequestPart, durability), uint8_t{3}), RecordProblem::Number);
  EXPECT_EQ(number(offsetof(RequestPart, flags), uint8_t{4}), RecordProblem::Number);
  EXPECT_EQ(number(offsetof(RequestPart, reserved), uint16_t{1}), RecordProblem::Padding);
}

TEST_F(RecordRulesTest, OutcomePart) {
  const auto number = [&](size_t offset, auto value) {
    return with(Completed, kOutcomeInCompleted + offset, value);
  };
  EXPECT_EQ(number(offsetof(OutcomePart, outcome), uint16_t{0}), RecordProblem::Number);
  EXPECT_EQ(number(offsetof(OutcomePart, outcome), uint16_t{17}), RecordProblem::Number);
  EXPECT_EQ(number(offsetof(OutcomePart, outcome), uint16_t{15}), RecordProblem::Number)
      << "interrupted is the drainer's word";
  EXPECT_EQ(number(offsetof(OutcomePart, outcome), uint16_t{16}), RecordProblem::None);
  EXPECT_EQ(number(offsetof(OutcomePart, direction), uint8_t{3}), RecordProblem::Number);
  EXPECT_EQ(number(offsetof(OutcomePart, client_tls_version), uint16_t{0x0301}),
            RecordProblem::Number);
  EXPECT_EQ(number(offsetof(OutcomePart, upstream_tls_version), uint16_t{1}),
            RecordProblem::Number);
  EXPECT_EQ(number(offsetof(OutcomePart, reason), uint8_t{48}), RecordProblem::Text);
  EXPECT_EQ(number(offsetof(OutcomePart, response_model) + 1, uint8_t{'x'}), RecordProblem::Text);
}

TEST_F(RecordRulesTest, InterruptedSaysSo) {
  Image record = sample.records[Completed];
  put_at(record, offsetof(RecordHeader, kind), RecordKind::Interrupted);
  EXPECT_EQ(validate_record(record), RecordProblem::Number);
  put_at(record, kOutcomeInCompleted, contract::Outcome::Interrupted);
  EXPECT_EQ(validate_record(record), RecordProblem::None);
}

TEST_F(RecordRulesTest, AggregatePart) {
  const auto number = [&](size_t offset, auto value) {
    return with(Aggregate, sizeof(RecordHeader) + offset, value);
  };
  EXPECT_EQ(number(offsetof(AggregatePart, count), uint64_t{0}), RecordProblem::Number);
  EXPECT_EQ(number(offsetof(AggregatePart, source_version), uint8_t{5}), RecordProblem::Number);
  EXPECT_EQ(number(offsetof(AggregatePart, source_version), uint8_t{0}), RecordProblem::Number)
      << "no source, but bits of one";
  EXPECT_EQ(number(offsetof(AggregatePart, source_version), uint8_t{6}), RecordProblem::None);
  EXPECT_EQ(number(offsetof(AggregatePart, prefix_bits), uint8_t{33}), RecordProblem::Number);
  EXPECT_EQ(number(offsetof(AggregatePart, source) + 3, uint8_t{1}), RecordProblem::Number)
      << "a whole address instead of its prefix";
  EXPECT_EQ(number(offsetof(AggregatePart, source) + 15, uint8_t{1}), RecordProblem::Number);
  EXPECT_EQ(number(offsetof(AggregatePart, reserved), uint32_t{1}), RecordProblem::Padding);
  for (const size_t text : {offsetof(AggregatePart, reason), offsetof(AggregatePart, tenant),
                            offsetof(AggregatePart, principal)})
    EXPECT_EQ(number(text + 40, uint8_t{'x'}), RecordProblem::Text);
}

contract::TlsPart accepted() {
  contract::TlsPart part{};
  part.vendor.assign("openai");
  part.server_name.assign("api.vendor.example");
  part.port = 443;
  part.address_version = 4;
  part.address[0] = 10;
  part.tls_version = 0x0304;
  part.cipher_suite = 0x1301;
  part.certificate_count = 2;
  part.spki.fill(1);
  part.certificates[0].fill(2);
  part.certificates[1].fill(3);
  return part;
}

TEST_F(RecordRulesTest, TlsPart) {
  const auto judged = [&](const std::function<void(contract::TlsPart&)>& change,
                          uint16_t version = contract::kRecordVersion) {
    Image record(contract::kTlsConnectionBytes);
    std::copy_n(sample.records[Security].begin(), sizeof(RecordHeader), record.begin());
    put_at(record, offsetof(RecordHeader, version), version);
    put_at(record, offsetof(RecordHeader, kind), RecordKind::TlsConnection);
    put_at(record, offsetof(RecordHeader, total_bytes), contract::kTlsConnectionBytes);
    contract::TlsPart part = accepted();
    change(part);
    put_at(record, sizeof(RecordHeader), part);
    const RecordProblem problem = validate_record(record);
    if (problem == RecordProblem::None) {
      EXPECT_EQ(in_ring(record, 4), RecordProblem::None);
    }
    return problem;
  };
  using Part = contract::TlsPart;
  EXPECT_EQ(judged([](Part&) {}), RecordProblem::None);
  EXPECT_EQ(judged([](Part&) {}, 2), RecordProblem::Kind);
  const auto refuse = [](Part& p) {
    p.reason.assign("upstream_certificate");
    p.failure.assign("expired");
  };
  EXPECT_EQ(judged(refuse), RecordProblem::None);
  EXPECT_EQ(judged([&](Part& p) {
              p = Part{};
              p.address_version = 6;
              refuse(p);
            }),
            RecordProblem::None)
      << "refused before anything was shown or agreed on";
  const std::vector<std::pair<RecordProblem, std::function<void(Part&)>>> wrong{
      {RecordProblem::Text, [](Part& p) { p.vendor.length = 32; }},
      {RecordProblem::Text, [](Part& p) { p.server_name.bytes[252] = 'x'; }},
      {RecordProblem::Text, [](Part& p) { p.failure.bytes[22] = 'x'; }},
      {RecordProblem::Text, [&](Part& p) { refuse(p), p.reason.assign("Two words"); }},
      {RecordProblem::Number, [](Part& p) { p.reason.assign("upstream_tls"); }},
      {RecordProblem::Number, [](Part& p) { p.tls_version = 0x0302; }},
      {RecordProblem::Number, [](Part& p) { p.tls_version = 0; }},
      {RecordProblem::Number, [](Part& p) { p.cipher_suite = 0; }},
      {RecordProblem::Number, [](Part& p) { p.tls_version = p.cipher_suite = 0; }},
      {RecordProblem::Number, [](Part& p) { p.address_version = 5; }},
      {RecordProblem::Number, [](Part& p) { p.flags = 8; }},
      {RecordProblem::Number, [](Part& p) { p.flags = contract::kTlsFlagCertificateSent; }},
      {RecordProblem::Number, [](Part& p) { p.certificate_count = 1; }},
      {RecordProblem::Number, [](Part& p) { p.certificate_count = 3; }},
      {RecordProblem::Number, [](Part& p) { p.spki = {}; }},
      {RecordProblem::Number, [](Part& p) { p.certificates[5].fill(1); }},
      {RecordProblem::Padding, [](Part& p) { p.address[4] = 1; }},
      {RecordProblem::Padding, [](Part& p) { p.reserved = 1; }},
  };
  for (size_t i = 0; i < wrong.size(); ++i) EXPECT_EQ(judged(wrong[i].second), wrong[i].first) << i;
}

TEST_F(RecordRulesTest, NotePart) {
  for (const size_t text :
       {offsetof(NotePart, code), offsetof(NotePart, actor), offsetof(NotePart, detail)})
    EXPECT_EQ(with(Security, sizeof(RecordHeader) + text + 30, uint8_t{'x'}), RecordProblem::Text);
}

TEST_F(RecordRulesTest, Tallies) {
  const size_t last = kAdmittedTalliesAt + 38 * sizeof(Tally);
  for (const size_t at : {kAdmittedTalliesAt, last}) {
    EXPECT_EQ(with(Admitted, at + offsetof(Tally, section), uint8_t{0}), RecordProblem::Tally);
    EXPECT_EQ(with(Admitted, at + offsetof(Tally, section), uint8_t{8}), RecordProblem::Tally);
    EXPECT_EQ(with(Admitted, at + offsetof(Tally, action), uint8_t{8}), RecordProblem::Tally);
    EXPECT_EQ(with(Admitted, at + offsetof(Tally, reserved), uint16_t{1}), RecordProblem::Padding);
    EXPECT_EQ(with(Admitted, at + offsetof(Tally, name), uint8_t{28}), RecordProblem::Text);
    EXPECT_EQ(with(Admitted, at + offsetof(Tally, reason) + 19, uint8_t{'x'}), RecordProblem::Text);
  }
}

TEST_F(RecordRulesTest, ARingSpeaksOnlyForItself) {
  EXPECT_EQ(in_ring(sample.records[Admitted], 2), RecordProblem::Sequence);
  EXPECT_EQ(in_ring_with(Admitted, offsetof(RecordHeader, boot_id), uint8_t{0}),
            RecordProblem::Identity);
  EXPECT_EQ(in_ring_with(Admitted, offsetof(RecordHeader, generation), uint64_t{76}),
            RecordProblem::Identity);
  EXPECT_EQ(in_ring_with(Admitted, offsetof(RecordHeader, worker), uint32_t{4}),
            RecordProblem::Identity);
  // Another worker's exchange, or another start's, or another node's.
  for (const contract::RequestId id :
       {contract::RequestId{0x1234, 0x5678, 4, 1}, contract::RequestId{0x1234, 0x5679, 3, 1},
        contract::RequestId{0x1235, 0x5678, 3, 1}})
    for (const Which which : {Admitted, Completed, Refused, Security})
      EXPECT_EQ(in_ring_with(which, offsetof(RecordHeader, request_high),
                             std::array<uint64_t, 2>{id.high(), id.low()}),
                RecordProblem::Request);
}

TEST_F(RecordRulesTest, ARingHasOneVersion) {
  Image record = sample.records[Security];
  put_at(record, offsetof(RecordHeader, version), uint16_t{1});
  EXPECT_EQ(validate_record(record), RecordProblem::None) << "this part has not changed";
  EXPECT_EQ(in_ring(record, 4), RecordProblem::Version);
}

TEST_F(RecordRulesTest, TheControlPlanesKindsDoNotComeFromARing) {
  Image gap = sample.records[Security];
  put_at(gap, offsetof(RecordHeader, kind), RecordKind::Gap);
  EXPECT_EQ(validate_record(gap), RecordProblem::None);
  EXPECT_EQ(in_ring(gap, 4), RecordProblem::Kind);
  for (uint16_t kind = 8; kind <= contract::kRecordKindLastOfVersion2; ++kind) {
    Image control(sizeof(RecordHeader) + sizeof(contract::ControlPart));
    std::copy_n(sample.records[Security].begin(), sizeof(RecordHeader), control.begin());
    put_at(control, offsetof(RecordHeader, kind), kind);
    put_at(control, offsetof(RecordHeader, total_bytes), static_cast<uint32_t>(control.size()));
    contract::ControlPart part{};
    part.action.assign("forged");
    part.result = 1;
    put_at(control, sizeof(RecordHeader), part);
    EXPECT_EQ(validate_record(control), RecordProblem::None);
    EXPECT_EQ(in_ring(control, 4), RecordProblem::Kind);
  }
  Image record = sample.records[Completed];
  put_at(record, offsetof(RecordHeader, kind), RecordKind::Interrupted);
  put_at(record, kOutcomeInCompleted, contract::Outcome::Interrupted);
  EXPECT_EQ(in_ring(record, 2), RecordProblem::Kind);
}

}  // namespace
}  // namespace sallyport::evidence_test
