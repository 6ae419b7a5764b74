// ring_producer.h: the worker's side of an evidence ring: creates the files, writes slots,
// publishes.
//
// The data file is allocated in full before its name appears, so a push can never meet a full tmpfs
// (that would be SIGBUS in the middle of a record). The consumer's cursor file is mapped read-only
// and judged as hostile: a position that goes back, beyond what was published, or between two
// slots' alignments is ignored.
//
// Invariants
//   I1  head - committed_position() <= capacity.
//   I2  sequence numbers are gap-free from 1.
// Owner  one worker. Not here: what a record means and who may take room (recorder.h).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "dataplane/contract/evidence_record.h"
#include "dataplane/contract/mapping_record.h"
#include "dataplane/contract/ring_layout.h"

namespace sallyport::evidence {

// One dataplane start, shared by all its workers. Read once at boot.
struct StartIdentity {
  std::array<uint8_t, 16> boot_id{};
  uint64_t generation = 0;  // CLOCK_BOOTTIME in microseconds: grows within a boot, needs no state
  uint32_t node = 0;        // of the node name
  uint32_t start = 0;       // of boot id and generation
};
StartIdentity read_start_identity(std::string_view node_name);
// "<boot id, 32 hex>-<generation>-<worker>": what the files of a worker are named after.
std::string file_stem(const StartIdentity& identity, uint32_t worker);
contract::ClockState read_clock_state();  // adjtimex; a system call, for the main lcore only

struct RingConfig {
  std::string folder;  // <run dir>/rings, must exist
  StartIdentity identity;
  uint32_t worker = 0;
  uint64_t capacity_bytes = 8 * 1024 * 1024;  // power of two
  uint64_t wall_ns = 0;
};

class RingProducer {
 public:
  RingProducer() = default;
  ~RingProducer();
  RingProducer(RingProducer&& other) noexcept;
  RingProducer& operator=(RingProducer&&) = delete;

  // Nothing is left behind on failure; `error` says which call failed on which file. Boot only.
  static std::optional<RingProducer> create(const RingConfig& config, std::string& error);

  // Tries to map the consumer's cursor file if that has not happened yet: a system call until then,
  // so call it a few times per second. True once mapped.
  bool attach_cursor();
  // False also when the cursor's file was cut since (bus_guard.h): attach_cursor() tries again.
  bool attached() const;

  // Contiguous room for one record, valid until publish(); empty when the ring is full. Its bytes
  // are what an older record left there: the caller writes every one.
  // REQUIRES: 0 < record_bytes <= kSlotPayloadBytesMax.
  [[nodiscard]] std::span<uint8_t> begin_record(uint32_t record_bytes);
  // Makes the record visible to the consumer; its sequence is next_sequence() as it was before.
  uint64_t publish();
  // The same for sealed mappings (mapping_record.h), which take no sequence number.
  void publish_mapping();

  uint64_t next_sequence() const { return next_sequence_; }
  uint64_t published_sequence() const { return next_sequence_ - 1; }
  uint64_t committed_sequence() const;  // 0 until attached
  uint64_t committed_position() const;
  uint64_t heartbeat_ns() const;  // 0 until attached
  bool consumer_blocked() const;  // attached, and it does not say that it drains
  uint64_t capacity_bytes() const { return capacity_; }
  uint64_t used_bytes() const { return head_ - committed_position(); }
  // monotonic_ns of the oldest record that is not committed; nothing when all are, and 0 when the
  // cursor points where no record of ours begins. Hashes one record.
  std::optional<uint64_t> oldest_undrained_ns() const;
  const RingConfig& config() const { return config_; }
  const std::string& data_path() const { return data_path_; }

 private:
  bool make_data_file(const std::string& hidden_path, std::string& error);
  void put_slot(uint64_t offset, const contract::RingSlot& slot);
  void put_padding(uint64_t bytes);
  void publish_slot(contract::SlotKind kind);
  contract::RingDataHeader* header();
  void detach_cursor();
  void close_files();

  RingConfig config_;
  std::string data_path_;
  std::string cursor_path_;
  int data_fd_ = -1;         // holds the flock that says "alive"
  uint8_t* base_ = nullptr;  // header page and area
  const contract::RingCursor* cursor_ = nullptr;
  uint64_t capacity_ = 0;

  uint64_t head_ = 0;
  uint64_t next_sequence_ = 1;
  uint32_t open_record_bytes_ = 0;      // between begin_record and publish
  mutable uint64_t seen_position_ = 0;  // never goes back, whatever the consumer's page says
  mutable uint64_t seen_sequence_ = 0;
};

}  // namespace sallyport::evidence
