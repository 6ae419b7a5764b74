// mapping_cases.cc: what a token stands for, sealed for the vault: one exchange's key and one
// batch, with few and with many values; and the key pair that a worker makes once a minute.
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "bench/micro/cases.h"
#include "dataplane/base/bytes.h"
#include "dataplane/base/check.h"
#include "dataplane/redact/mapping_sealer.h"
#include "dataplane/redact/subject_hash.h"

namespace sallyport::bench {
namespace {

constexpr std::string_view kValue = "somebody.with.a.name@example.com";

struct MappingBox {
  redact::MappingSealer sealer;
  redact::SubjectHash subjects;
  redact::MappingRequest request;
  redact::TokenCore core{};
  redact::Subject subject{};
  std::array<uint8_t, contract::kMappingKeyBytes> vault_key{9};  // the curve's base point
  std::array<uint8_t, contract::kMappingBytesMax> out{};
  uint64_t minute = 0;

  MappingBox() {
    request.tenant = "acme";
    request.principal = "support-desk";
    request.vendor = "openai";
    request.environment = "production";
    core.fill('0');
    const std::array<uint8_t, redact::kSubjectKeyBytes> key{1};
    SP_CHECK(subjects.load(key));
    new_pair();
  }
  void new_pair() {
    const base::Instant now = base::after_ms({}, ++minute * redact::kMappingPairMsMax);
    SP_CHECK(sealer.use_key(std::span<const uint8_t, contract::kMappingKeyBytes>(vault_key), now));
  }
  void seal(int values) {
    ++request.request_low;
    SP_CHECK(sealer.begin(request));
    for (int i = 0; i < values; ++i) {
      SP_CHECK(subjects.of("acme", "EMAIL_ADDRESS", base::bytes_of(kValue), subject));
      SP_CHECK(sealer.add(core, "EMAIL_ADDRESS", subject, base::bytes_of(kValue)));
    }
    SP_CHECK(sealer.seal({}, std::span(out).first(sealer.sealed_bytes())));
  }
};

}  // namespace

std::vector<Case> mapping_cases() {
  auto box = std::make_shared<MappingBox>();
  const auto one = [&](std::string name, double units, std::function<void()> work) {
    return Case{"mapping", std::move(name), Unit::CyclesPerUnit, units, std::move(work), false};
  };
  return {one("an exchange with 1 value, per value", 1, [box] { box->seal(1); }),
          one("an exchange with 32 values, per value", 32, [box] { box->seal(32); }),
          one("a new key pair, once a minute", 1, [box] { box->new_pair(); })};
}

}  // namespace sallyport::bench
