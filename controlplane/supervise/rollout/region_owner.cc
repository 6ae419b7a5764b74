#include "controlplane/supervise/rollout/region_owner.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "controlplane/evidence/log/clock.h"

namespace sallyport::supervise {

namespace fs = std::filesystem;
using contract::Region;

namespace {

constexpr auto kOrder = std::memory_order_relaxed;

void store_digest(contract::RegionWord (&words)[4], const contract::Digest& digest) {
  for (size_t i = 0; i < 4; ++i) {
    uint64_t word = 0;
    std::memcpy(&word, digest.data() + 8 * i, sizeof word);
    words[i].store(word, kOrder);
  }
}

// What a word of a copied block says. The copy is plain memory of ours.
uint64_t word_at(const std::byte* block, size_t offset) {
  uint64_t word = 0;
  std::memcpy(&word, block + offset, sizeof word);
  return word;
}

std::string printable_name(const char (&bytes)[contract::kCounterNameBytes]) {
  std::string name;
  for (const char c : bytes) {
    if (c == '\0') break;
    name.push_back(c > 0x20 && c < 0x7f ? c : '?');
  }
  return name;
}

constexpr size_t kWorkerHeadBytes = offsetof(contract::WorkerBlock, counters);

}  // namespace

uint64_t boottime_ns() noexcept { return evidence_log::clock_ns(CLOCK_BOOTTIME); }

int64_t steady_seconds() noexcept { return static_cast<int64_t>(boottime_ns() / base::kNsPerS); }

const char* name_of(contract::DataplaneState state) {
  switch (state) {
    case contract::DataplaneState::Absent:
      return "absent";
    case contract::DataplaneState::Starting:
      return "starting";
    case contract::DataplaneState::NotReady:
      return "not_ready";
    case contract::DataplaneState::Ready:
      return "ready";
    case contract::DataplaneState::Stopping:
      return "stopping";
  }
  return "unknown";
}

std::unique_ptr<RegionOwner> RegionOwner::open(const fs::path& run_dir, std::string& error) {
  std::unique_ptr<RegionOwner> owner(new RegionOwner);
  const fs::path file = run_dir / "region";
  if (!owner->take_over(file) && !owner->make(file, error)) return nullptr;
  void* mapped = mmap(nullptr, sizeof(Region), PROT_READ | PROT_WRITE, MAP_SHARED, owner->fd_, 0);
  if (mapped == MAP_FAILED) {
    error = file.string() + ": cannot be mapped: " + std::strerror(errno);
    return nullptr;
  }
  owner->region_ = static_cast<Region*>(mapped);
  owner->former_secrets_generation_ = owner->region_->control.secrets_generation.load(kOrder);
  owner->region_->control.pid.store(static_cast<uint64_t>(getpid()), kOrder);
  owner->region_->control.heartbeat_ns.store(boottime_ns(), kOrder);
  return owner;
}

RegionOwner::~RegionOwner() {
  if (region_ != nullptr) munmap(region_, sizeof(Region));
  if (fd_ >= 0) close(fd_);
}

bool RegionOwner::take_over(const fs::path& file) {
  fd_ = ::open(file.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd_ < 0) return false;
  struct stat found {};
  contract::RegionHeader header{};
  const contract::RegionHeader ours = contract::region_header();
  if (fstat(fd_, &found) == 0 && S_ISREG(found.st_mode) && found.st_uid == geteuid() &&
      (found.st_mode & 022) == 0 && whole() && copy(0, header) &&
      std::memcmp(&header, &ours, sizeof ours) == 0)
    return true;
  close(fd_);
  fd_ = -1;
  return false;
}

bool RegionOwner::make(const fs::path& file, std::string& error) {
  const std::string beside = file.string() + ".new";
  unlink(beside.c_str());
  fd_ = ::open(beside.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  // Allocated in full: a write into a hole of a full tmpfs would be SIGBUS later.
  int failed = fd_ < 0 ? errno : posix_fallocate(fd_, 0, sizeof(Region));
  const contract::RegionHeader header = contract::region_header();
  if (failed == 0 && pwrite(fd_, &header, sizeof header, 0) != sizeof header) failed = errno;
  if (failed == 0 && rename(beside.c_str(), file.c_str()) != 0) failed = errno;
  if (failed == 0) return true;
  error = file.string() + ": cannot be made: " + std::strerror(failed);
  unlink(beside.c_str());
  return false;
}

bool RegionOwner::whole() const {
  struct stat found {};
  return fstat(fd_, &found) == 0 && static_cast<size_t>(found.st_size) == sizeof(Region);
}

template <typename T>
bool RegionOwner::copy(size_t offset, T& into) const {
  return pread(fd_, static_cast<void*>(&into), sizeof into, static_cast<off_t>(offset)) ==
         static_cast<ssize_t>(sizeof into);
}

bool RegionOwner::heartbeat(uint64_t now_ns) {
  if (!whole()) return false;
  region_->control.heartbeat_ns.store(now_ns, kOrder);
  return true;
}

void RegionOwner::set_published(uint64_t version, const contract::Digest& image,
                                const contract::Digest& bundle) {
  if (!whole()) return;
  store_digest(region_->control.image_digest, image);
  store_digest(region_->control.bundle_digest, bundle);
  region_->control.published_version.store(version, kOrder);
}

void RegionOwner::set_secrets(uint64_t generation, int64_t certificate_not_after_s) {
  if (!whole()) return;
  region_->control.certificate_not_after_s.store(
      static_cast<uint64_t>(std::max<int64_t>(0, certificate_not_after_s)), kOrder);
  region_->control.secrets_generation.store(generation, kOrder);
}

void RegionOwner::clear_pid() {
  if (whole()) region_->control.pid.store(0, kOrder);
}

DataplaneView RegionOwner::view(bool with_counters) const {
  DataplaneView view;
  std::array<std::byte, sizeof(contract::DataplaneBlock)> block{};
  if (!copy(offsetof(Region, dataplane), block)) return view;
  using contract::DataplaneBlock;
  const auto word = [&](size_t offset) { return word_at(block.data(), offset); };
  view.pid = word(offsetof(DataplaneBlock, pid));
  view.heartbeat_ns = word(offsetof(DataplaneBlock, heartbeat_ns));
  const uint64_t state = word(offsetof(DataplaneBlock, state));
  if (state <= static_cast<uint64_t>(contract::DataplaneState::Stopping))
    view.state = static_cast<contract::DataplaneState>(state);
  view.start_generation = word(offsetof(DataplaneBlock, start_generation));
  view.loaded_version = word(offsetof(DataplaneBlock, loaded_version));
  view.secrets_generation = word(offsetof(DataplaneBlock, secrets_generation));
  view.certificate_not_after_s = word(offsetof(DataplaneBlock, certificate_not_after_s));
  const auto worker_count = static_cast<size_t>(
      std::min<uint64_t>(word(offsetof(DataplaneBlock, worker_count)), contract::kWorkersMax));
  for (size_t i = 0; i < worker_count; ++i) {
    std::array<std::byte, kWorkerHeadBytes> head{};
    if (!copy(offsetof(Region, workers) + i * sizeof(contract::WorkerBlock), head)) break;
    using contract::WorkerBlock;
    view.workers.push_back({word_at(head.data(), offsetof(WorkerBlock, core)),
                            word_at(head.data(), offsetof(WorkerBlock, adopted_version)),
                            word_at(head.data(), offsetof(WorkerBlock, oldest_version)),
                            word_at(head.data(), offsetof(WorkerBlock, heartbeat_ns)),
                            {}});
  }
  if (with_counters)
    read_counters(word(offsetof(DataplaneBlock, counter_count)), view.workers.size(), view);
  return view;
}

std::optional<VersionSample> RegionOwner::decided_by(const contract::Digest& image) const {
  using contract::VersionBlock;
  using contract::WorkerBlock;
  const size_t worker_count = view(false).workers.size();
  std::array<uint64_t, sizeof(VersionBlock) / sizeof(uint64_t)> words;
  const auto word = [&](size_t offset) { return words[offset / sizeof(uint64_t)]; };
  std::optional<VersionSample> sum;
  for (size_t w = 0; w < worker_count; ++w)
    for (size_t v = 0; v < contract::kLiveVersionsMax; ++v) {
      const size_t at = offsetof(Region, workers) + w * sizeof(WorkerBlock) +
                        offsetof(WorkerBlock, versions) + v * sizeof(VersionBlock);
      if (!copy(at, words)) return std::nullopt;
      if (std::memcmp(words.data(), image.data(), image.size()) != 0) continue;
      if (!sum) sum.emplace();
      sum->exchanges += word(offsetof(VersionBlock, exchanges));
      sum->served += word(offsetof(VersionBlock, served));
      sum->blocked += word(offsetof(VersionBlock, blocked));
      sum->refused += word(offsetof(VersionBlock, refused));
      sum->errors += word(offsetof(VersionBlock, errors));
      const auto entities = static_cast<size_t>(std::min<uint64_t>(
          word(offsetof(VersionBlock, entity_count)), contract::kVersionEntitiesMax));
      sum->detections.resize(std::max(sum->detections.size(), entities));
      constexpr size_t kFirst = offsetof(VersionBlock, detections) / sizeof(uint64_t);
      for (size_t i = 0; i < entities * contract::kVersionActions; ++i)
        sum->detections[i / contract::kVersionActions] += words[kFirst + i];
    }
  return sum;
}

void RegionOwner::read_counters(uint64_t counter_count, size_t worker_count,
                                DataplaneView& view) const {
  const auto count = static_cast<size_t>(std::min<uint64_t>(counter_count, contract::kCountersMax));
  for (size_t i = 0; i < count; ++i) {
    char name[contract::kCounterNameBytes];
    if (!copy(offsetof(Region, counter_names) + i * sizeof name, name)) return;
    view.counters.emplace_back(printable_name(name), 0);
  }
  for (size_t w = 0; w < worker_count; ++w) {
    std::array<uint64_t, contract::kCountersMax> values{};
    if (!copy(offsetof(Region, workers) + w * sizeof(contract::WorkerBlock) + kWorkerHeadBytes,
              values))
      return;
    for (size_t i = 0; i < count; ++i) view.counters[i].second += values[i];
    view.workers[w].counters.assign(values.begin(), values.begin() + static_cast<long>(count));
  }
}

}  // namespace sallyport::supervise
