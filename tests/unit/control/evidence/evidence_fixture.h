// evidence_fixture.h: a folder of its own, rings by the dataplane's producer, records as bytes, and
// the drainer over them.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "controlplane/evidence/drain/drainer.h"
#include "controlplane/evidence/query/query.h"
#include "dataplane/evidence/ring_producer.h"
#include "tests/unit/memory_folder.h"

namespace sallyport::evidence_log_test {

using namespace evidence_log;  // NOLINT: one test namespace over one library

inline constexpr uint64_t kSecond = 1'000'000'000;  // in ns
inline constexpr uint64_t kDay = 86'400 * kSecond;
using contract::RecordKind;
using contract::RequestId;
using nlohmann::json;

// In memory where that is possible: these tests are about what is written, not about the disk.
class Folder : public test::MemoryFolder {
 public:
  Folder() : MemoryFolder("log") {}
};

inline constexpr uint32_t kNode = 0x1234;
inline constexpr uint32_t kStart = 0x5678;
inline constexpr uint64_t kWallNs = 1'700'000'000'123'456'789;

inline RingKey ring_key(uint32_t worker = 0, uint64_t generation = 7) {
  RingKey key;
  for (size_t i = 0; i < 16; ++i) key.boot_id[i] = static_cast<uint8_t>(0xb0 + i);
  key.generation = generation;
  key.worker = worker;
  return key;
}
inline RequestId request_id(uint64_t number, const RingKey& key = ring_key()) {
  return {kNode, kStart, key.worker, number};
}
inline std::string id_text(uint64_t number, const RingKey& key = ring_key()) {
  return std::string(contract::request_id_text(request_id(number, key)).view());
}

inline contract::Tally tally(contract::TallySection section, const char* name,
                             contract::RecordedAction action, const char* reason, uint32_t count) {
  contract::Tally out{};
  out.section = static_cast<uint8_t>(section);
  out.action = static_cast<uint8_t>(action);
  out.count = count;
  out.name.assign(name);
  out.reason.assign(reason);
  return out;
}

// Bytes of a record as a ring holds it. Parts that its kind does not have are left out.
struct RecordFields {
  RecordKind kind = RecordKind::Admitted;
  RingKey ring = ring_key();
  uint64_t sequence = 1;
  RequestId id;
  std::string model = "sim-echo";
  std::string tenant = "lab";
  uint64_t wall_ns = 0;  // 0: by the sequence
  uint8_t spki = 0;      // every byte of the vendor's key digest
  uint16_t cipher = 0x1301;
  uint64_t connection = 0;  // of the TlsConnection record
  contract::Outcome outcome = contract::Outcome::Served;
  std::string reason;  // empty: by the outcome
  std::vector<contract::Tally> tallies;

  std::vector<uint8_t> bytes() const {
    contract::RecordHeader header{};
    const contract::RecordShape shape = contract::record_shape(static_cast<uint16_t>(kind));
    header.version = contract::kRecordVersion;
    header.kind = static_cast<uint16_t>(kind);
    header.ring_sequence = sequence;
    header.boot_id = ring.boot_id;
    header.generation = ring.generation;
    header.worker = ring.worker;
    header.clock_state = static_cast<uint8_t>(contract::ClockState::Synchronised);
    header.tally_count = static_cast<uint16_t>(tallies.size());
    header.request_high = id.high();
    header.request_low = id.low();
    header.wall_ns = wall_ns != 0 ? wall_ns : kWallNs + sequence * 1'000'000;
    header.monotonic_ns = sequence * 1'000'000;
    header.total_bytes =
        static_cast<uint32_t>(shape.fixed_bytes + tallies.size() * sizeof(contract::Tally));
    std::vector<uint8_t> out;
    const auto add = [&](const auto& part) {
      const auto* at = reinterpret_cast<const uint8_t*>(&part);
      out.insert(out.end(), at, at + sizeof(part));
    };
    add(header);
    if (shape.request) add(request_part());
    if (shape.outcome) add(outcome_part());
    if (shape.tls) add(tls_part());
    contract::AggregatePart aggregate{};
    aggregate.count = 3;
    aggregate.reason.assign("unknown_principal");
    if (shape.aggregate) add(aggregate);
    if (shape.note) add(contract::NotePart{});
    for (const contract::Tally& one : tallies) add(one);
    return out;
  }
  contract::RequestPart request_part() const {
    contract::RequestPart part{};
    part.tenant.assign(tenant);
    part.principal.assign("alice");
    part.environment.assign("production");
    part.vendor.assign("openai");
    part.region.assign("eu");
    part.model.assign(model);
    part.api_kind.assign("openai_chat");
    part.image_digest.fill(0x1a);
    part.bundle_digest.fill(0x2b);
    part.body_bytes = 1000;
    part.inspected_bytes = 900;
    part.durability = static_cast<uint8_t>(contract::RecordedDurability::Committed);
    return part;
  }
  contract::OutcomePart outcome_part() const {
    contract::OutcomePart part{};
    part.outcome = static_cast<uint16_t>(outcome);
    part.direction = static_cast<uint8_t>(contract::RecordedDirection::Response);
    part.http_status = outcome == contract::Outcome::Served ? 200 : 403;
    part.vendor_status = 200;
    part.reason.assign(outcome == contract::Outcome::Served ? "served" : "secret_in_request");
    if (!reason.empty()) part.reason.assign(reason);
    part.stage_ns[7] = 12345;
    part.client_tls_version = 0x0304;
    part.upstream_spki.fill(spki);
    part.upstream_connection = connection;
    if (connection != 0) part.upstream_tls_version = 0x0304;
    return part;
  }
  // A handshake that went well unless there is a reason.
  contract::TlsPart tls_part() const {
    contract::TlsPart part{};
    part.vendor.assign("openai");
    part.server_name.assign("api.openai.test");
    part.reason.assign(reason);
    if (!reason.empty()) part.failure.assign("pin_mismatch");
    part.port = 443;
    part.address_version = 4;
    part.address = {192, 0, 2, 7};
    part.tls_version = 0x0304;
    part.cipher_suite = cipher;
    part.flags = contract::kTlsFlagPinned;
    part.certificate_count = 2;
    part.spki.fill(spki);
    part.certificates[0].fill(static_cast<uint8_t>(spki + 1));
    part.certificates[1].fill(static_cast<uint8_t>(spki + 2));
    return part;
  }
};

// A worker: its ring and the exchanges it writes.
class Worker {
 public:
  Worker(const std::filesystem::path& rings, const RingKey& key = ring_key(),
         uint64_t capacity = 1 << 20)
      : key_(key) {
    std::filesystem::create_directories(rings);
    evidence::RingConfig config;
    config.folder = rings;
    config.identity = {key.boot_id, key.generation, kNode, kStart};
    config.worker = key.worker;
    config.capacity_bytes = capacity;
    config.wall_ns = kWallNs;
    std::string error;
    auto made = evidence::RingProducer::create(config, error);
    EXPECT_TRUE(made.has_value()) << error;
    ring_ = std::make_unique<evidence::RingProducer>(std::move(*made));
  }
  // False when the ring is full.
  bool push(const std::vector<uint8_t>& bytes) {
    const auto room = ring_->begin_record(static_cast<uint32_t>(bytes.size()));
    if (room.empty()) return false;
    std::memcpy(room.data(), bytes.data(), bytes.size());
    ring_->publish();
    return true;
  }
  bool push(RecordFields fields) {
    fields.ring = key_;
    fields.sequence = ring_->next_sequence();
    return push(fields.bytes());
  }
  bool admit(uint64_t number) {
    RecordFields fields;
    fields.id = request_id(number, key_);
    fields.model = "model-" + std::to_string(number);
    return push(fields);
  }
  bool complete(uint64_t number) {
    RecordFields fields;
    fields.kind = RecordKind::Completed;
    fields.id = request_id(number, key_);
    return push(fields);
  }
  void exchange(uint64_t number) {
    EXPECT_TRUE(admit(number));
    EXPECT_TRUE(complete(number));
  }
  evidence::RingProducer& ring() { return *ring_; }
  const RingKey& key() const { return key_; }

 private:
  RingKey key_;
  std::unique_ptr<evidence::RingProducer> ring_;
};

// The folders of one appliance.
struct Host {
  Folder folder;
  std::vector<std::string> lines;

  std::filesystem::path rings() const { return folder / "rings"; }
  std::filesystem::path store() const { return folder / "evidence"; }
  std::filesystem::path key() const { return folder / "evidence.key"; }
  DrainerOptions options() {
    DrainerOptions options;
    options.rings_folder = rings();
    options.store_folder = store();
    options.key_file = key();
    options.node_name = "test";
    options.map_bytes = 4 << 20;
    options.map_bytes_max = 256 << 20;
    options.checkpoint_ms = 1;
    options.checkpoint_idle_ms = 0;
    options.log = [this](const std::string& line) { lines.push_back(line); };
    return options;
  }
  std::unique_ptr<Drainer> drainer() { return std::make_unique<Drainer>(options()); }
  bool said(const std::string& words) const {
    for (const std::string& line : lines)
      if (line.find(words) != std::string::npos) return true;
    return false;
  }
};

// Rounds until nothing is left to do and everything is signed. The ring scan has a clock of its
// own, so this waits for it.
inline void drain(Drainer& drainer) {
  for (int quiet = 0, rounds = 0; quiet < 30 && rounds < 10'000; ++rounds) {
    quiet = drainer.drain_once() == 0 ? quiet + 1 : 0;
    if (quiet > 0) ::usleep(1000);
  }
}

inline VerifyReport verified(const Drainer& drainer) {
  VerifyOptions options;
  options.vkey = drainer.verifier().text();
  return verify(drainer.reader(), options);
}

inline std::string problems_of(const VerifyReport& report) { return report.json().dump(2); }

inline std::vector<json> records_of(const LogReader& log) {
  std::vector<json> out;
  log.scan(0, log.size(), [&](uint64_t index, std::span<const uint8_t> record) {
    out.push_back(record_json(index, record));
    return true;
  });
  return out;
}
inline std::vector<json> records_of(const LogReader& log, const std::string& kind) {
  std::vector<json> out;
  for (json& record : records_of(log))
    if (record.at("kind") == kind) out.push_back(std::move(record));
  return out;
}

inline std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
inline void put_content(const std::filesystem::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

}  // namespace sallyport::evidence_log_test
