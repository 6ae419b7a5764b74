// region_owner.h: makes <run dir>/region (contract/region_layout.h), writes its ControlBlock and
// reads what the dataplane says there.
//
// The dataplane is not trusted to keep the file as it is: its blocks are copied with pread, so a
// file cut under our hands is a short read and not SIGBUS; numbers are clamped to what the contract
// allows, names to printable characters. A region of a former sallyportd is taken over when its
// header is ours, so that a dataplane and readers that mapped it go on seeing us.
// Owner  the main loop.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dataplane/contract/image_layout.h"
#include "dataplane/contract/region_layout.h"

namespace sallyport::supervise {

struct WorkerState {
  uint64_t core = 0;
  uint64_t adopted_version = 0;
  uint64_t oldest_version = 0;
  uint64_t heartbeat_ns = 0;
  // In the order of DataplaneView::counters; filled when asked for.
  std::vector<uint64_t> counters;
};

struct DataplaneView {
  uint64_t pid = 0;
  uint64_t heartbeat_ns = 0;
  contract::DataplaneState state = contract::DataplaneState::Absent;
  uint64_t start_generation = 0;
  uint64_t secrets_generation = 0;
  uint64_t certificate_not_after_s = 0;
  uint64_t loaded_version = 0;
  std::vector<WorkerState> workers;
  // Sums over the workers, in the order of the region; filled when asked for.
  std::vector<std::pair<std::string, uint64_t>> counters;
};

// What one image has decided, over all workers (contract::VersionBlock).
struct VersionSample {
  uint64_t exchanges = 0;
  uint64_t served = 0;
  uint64_t blocked = 0;
  uint64_t refused = 0;
  uint64_t errors = 0;
  std::vector<uint64_t> detections;  // by entity id, of all actions
};

const char* name_of(contract::DataplaneState state);

class RegionOwner {
 public:
  // Null: `error` says why.
  static std::unique_ptr<RegionOwner> open(const std::filesystem::path& run_dir,
                                           std::string& error);
  ~RegionOwner();
  RegionOwner(const RegionOwner&) = delete;
  RegionOwner& operator=(const RegionOwner&) = delete;

  // False: the file was cut or replaced; nothing was written and the region must be opened anew.
  [[nodiscard]] bool heartbeat(uint64_t boottime_ns);
  void set_published(uint64_t version, const contract::Digest& image,
                     const contract::Digest& bundle);
  void set_secrets(uint64_t generation, int64_t certificate_not_after_s);
  // A clean end: nobody waits for a heartbeat any more.
  void clear_pid();

  DataplaneView view(bool with_counters) const;
  // Nothing: no worker has this image just now.
  std::optional<VersionSample> decided_by(const contract::Digest& image) const;
  // As left by the sallyportd before us; 0 in a new region.
  uint64_t former_secrets_generation() const noexcept { return former_secrets_generation_; }
  int fd() const noexcept { return fd_; }

 private:
  RegionOwner() = default;
  bool whole() const;
  bool take_over(const std::filesystem::path& file);
  bool make(const std::filesystem::path& file, std::string& error);
  template <typename T>
  bool copy(size_t offset, T& into) const;
  void read_counters(uint64_t counter_count, size_t worker_count, DataplaneView& view) const;

  int fd_ = -1;
  contract::Region* region_ = nullptr;
  uint64_t former_secrets_generation_ = 0;
};

// CLOCK_BOOTTIME, the clock of every *_ns of the region.
uint64_t boottime_ns() noexcept;
// The same in seconds, for what must not care that somebody sets the wall clock.
int64_t steady_seconds() noexcept;

}  // namespace sallyport::supervise
