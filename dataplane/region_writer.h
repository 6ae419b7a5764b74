// region_writer.h: the dataplane's half of the shared region (contract/region_layout.h), written by
// the main thread.
//
// sallyportd makes the file and hands it over with Welcome; until then, and while it is gone, there
// is nothing to write to and nobody who would read. A new Welcome brings a new file: it is filled
// from the start. Owner  main thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dataplane/contract/region_layout.h"

namespace sallyport::dataplane {

// What the main thread says of the process as a whole.
struct DataplaneStatus {
  contract::DataplaneState state = contract::DataplaneState::Starting;
  uint64_t start_generation = 0;
  uint64_t loaded_version = 0;
  uint64_t secrets_generation = 0;
  uint64_t certificate_not_after_s = 0;
};

// What it says of one worker. `block` is the worker's own; its heartbeat is a CLOCK_MONOTONIC
// instant and its versions are ours, so both are given here as the region has them.
struct WorkerStatus {
  const contract::WorkerBlock* block = nullptr;
  uint64_t heartbeat_ns = 0;  // CLOCK_BOOTTIME
  uint64_t adopted_version = 0;
  uint64_t oldest_version = 0;
};

class RegionWriter {
 public:
  // `names`: of counter_catalog.h, by index.
  explicit RegionWriter(std::vector<std::string> names);
  ~RegionWriter();
  RegionWriter(const RegionWriter&) = delete;
  RegionWriter& operator=(const RegionWriter&) = delete;

  // Maps the file and writes what does not change. The descriptor stays the caller's. False: the
  // region before (if any) stays; `error` says what does not fit.
  bool map(int fd, std::string& error);
  bool mapped() const noexcept { return region_ != nullptr; }

  // Ten times a second, and at each change of state. Does nothing while there is no region.
  void write(const DataplaneStatus& status, std::span<const WorkerStatus> workers,
             uint64_t boottime_ns) noexcept;

 private:
  const std::vector<std::string> names_;
  contract::Region* region_ = nullptr;
};

}  // namespace sallyport::dataplane
