// ring_reader.h: reads one evidence ring as if a hostile process wrote it.
//
// Bytes are copied with pread, never looked at in place: the producer cannot change a record
// between check and use, and a file cut under our hands is a short read instead of SIGBUS. Every
// length is checked against the ring before it is used, every record against the contract before it
// is kept.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dataplane/contract/evidence_record.h"
#include "dataplane/contract/mapping_record.h"
#include "dataplane/contract/request_id.h"
#include "dataplane/contract/ring_layout.h"

namespace sallyport::evidence_log {

// One ring's name: which worker of which dataplane start.
struct RingKey {
  std::array<uint8_t, 16> boot_id{};
  uint64_t generation = 0;
  uint32_t worker = 0;
  friend auto operator<=>(const RingKey&, const RingKey&) = default;
  std::string file_stem() const;  // "<hex>-<generation>-<worker>"
  static std::optional<RingKey> parse_stem(std::string_view stem);
};

// Where the ring's bytes come from: a file in the product, memory in tests and fuzzing.
class RingBytes {
 public:
  virtual ~RingBytes() = default;
  // Copies what is there; fewer bytes than asked when the source ends.
  virtual size_t read(uint64_t offset, std::span<uint8_t> into) const = 0;
};

// The data file of a ring. Owns its descriptor; the file is never mapped.
class RingFile final : public RingBytes {
 public:
  // Nothing when it cannot be opened or is no regular file; `error` is an errno value then.
  static std::unique_ptr<RingFile> open(const std::filesystem::path& path, int& error);
  ~RingFile() override;
  RingFile(const RingFile&) = delete;
  RingFile& operator=(const RingFile&) = delete;

  size_t read(uint64_t offset, std::span<uint8_t> into) const override;
  // The producer holds its lock. Once false, never true again: nobody takes up an old ring.
  bool producer_alive() const;

 private:
  explicit RingFile(int fd) : fd_(fd) {}
  int fd_;
};

enum class RecordProblem : uint8_t {
  None,
  TooShort,
  Version,
  Kind,
  Length,
  Sequence,
  Identity,
  Text,
  Number,
  Tally,
  Padding,
  Request,
  Field,
};
const char* name_of(RecordProblem problem);

// Every rule of contract/evidence_record.h that bytes alone can show.
RecordProblem validate_record(std::span<const uint8_t> record);
// As above, plus what holds for a record that came from this ring at this sequence.
RecordProblem validate_ring_record(std::span<const uint8_t> record,
                                   const contract::RingDataHeader& ring, uint64_t sequence);

enum class RingProblem : uint8_t {
  None,
  HeaderShort,
  Magic,
  Version,
  Capacity,
  Name,
  Head,
  SlotLength,
  SlotKind,
  SlotSequence,
  SlotCheck,
  Short,
};
const char* name_of(RingProblem problem);

struct RingRecord {
  uint64_t sequence = 0;
  uint64_t end_position = 0;  // the cursor may go here once this is committed
  bool is_mapping = false;    // sealed mappings for the vault: `sequence` is the next record's
  RecordProblem problem = RecordProblem::None;
  std::vector<uint8_t> bytes;  // as read; not to be interpreted when problem is set
};

class RingReader {
 public:
  // Reads and checks the header against the ring's name. `problem` says why when nothing comes
  // back.
  static std::optional<RingReader> open(std::unique_ptr<RingBytes> bytes, const RingKey& key,
                                        RingProblem& problem);

  // Goes on behind what is committed.
  void resume(uint64_t position, uint64_t sequence);
  // Appends up to `records_max` records to `out`. A framing problem stops the ring for good: it is
  // remembered, and nothing more is read (the producer then runs out of room, which fails closed).
  RingProblem read(size_t records_max, std::vector<RingRecord>& out);

  bool drained() const;  // nothing is published behind the position (reads head)
  uint64_t position() const { return position_; }
  uint64_t next_sequence() const { return next_sequence_; }
  const contract::RingDataHeader& header() const { return *header_; }
  const RingKey& key() const { return key_; }

 private:
  RingReader() = default;
  std::optional<uint64_t> head() const;
  bool copy(uint64_t position, uint64_t head, std::span<uint8_t> into);
  RingProblem read_slot(uint64_t head, RingRecord& out);
  RingProblem read_slot_once(uint64_t head, RingRecord& out);

  std::unique_ptr<RingBytes> bytes_;
  std::unique_ptr<contract::RingDataHeader>
      header_;  // our copy; its atomics are plain numbers here
  RingKey key_;
  uint64_t position_ = 0;
  uint64_t next_sequence_ = 1;
  // Published bytes that were copied in one go: a read of its own per slot costs more than the
  // slot.
  std::vector<uint8_t> window_;
  uint64_t window_at_ = 0;  // byte position of its first byte
  RingProblem stopped_ = RingProblem::None;
};

}  // namespace sallyport::evidence_log
