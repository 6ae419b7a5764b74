#include "dataplane/region_writer.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "dataplane/base/check.h"
#include "dataplane/counter_catalog.h"

namespace sallyport::dataplane {
namespace {

using contract::Region;
using contract::RegionWord;

void put(RegionWord& word, uint64_t value) noexcept {
  word.store(value, std::memory_order_relaxed);
}

}  // namespace

RegionWriter::RegionWriter(std::vector<std::string> names) : names_(std::move(names)) {
  SP_CHECK(names_.size() <= contract::kCountersMax);
}

RegionWriter::~RegionWriter() {
  if (region_ != nullptr) munmap(region_, sizeof(Region));
}

bool RegionWriter::map(int fd, std::string& error) {
  struct stat about {};
  if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode) ||
      about.st_size < static_cast<off_t>(sizeof(Region))) {
    error = "the region is no file of " + std::to_string(sizeof(Region)) + " bytes";
    return false;
  }
  void* at = mmap(nullptr, sizeof(Region), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (at == MAP_FAILED) {
    error = "the region cannot be mapped for writing";
    return false;
  }
  const contract::RegionHeader wanted = contract::region_header();
  if (std::memcmp(at, &wanted, sizeof wanted) != 0) {
    munmap(at, sizeof(Region));
    error = "the region has another layout than this dataplane (version " +
            std::to_string(contract::kRegionVersion) + "): both programs must be of one release";
    return false;
  }
  if (region_ != nullptr) munmap(region_, sizeof(Region));
  region_ = static_cast<Region*>(at);
  // Readers take no name beyond counter_count, so it is the last word to be written.
  region_->dataplane.counter_count.store(0, std::memory_order_release);
  std::memset(region_->counter_names, 0, sizeof region_->counter_names);
  for (size_t i = 0; i < names_.size(); ++i)
    std::memcpy(region_->counter_names[i], names_[i].data(),
                std::min<size_t>(names_[i].size(), contract::kCounterNameBytes - 1));
  put(region_->dataplane.pid, static_cast<uint64_t>(getpid()));
  region_->dataplane.counter_count.store(names_.size(), std::memory_order_release);
  return true;
}

void RegionWriter::write(const DataplaneStatus& status, std::span<const WorkerStatus> workers,
                         uint64_t boottime_ns) noexcept {
  if (region_ == nullptr) return;
  SP_CHECK(workers.size() <= contract::kWorkersMax);
  for (size_t i = 0; i < workers.size(); ++i) {
    contract::WorkerBlock& to = region_->workers[i];
    const contract::WorkerBlock& from = *workers[i].block;
    put(to.heartbeat_ns, workers[i].heartbeat_ns);
    put(to.turns, from.turns.load(std::memory_order_relaxed));
    put(to.core, from.core.load(std::memory_order_relaxed));
    put(to.adopted_version, workers[i].adopted_version);
    put(to.oldest_version, workers[i].oldest_version);
    for (size_t c = 0; c < names_.size(); ++c)
      put(to.counters[c], from.counters[c].load(std::memory_order_relaxed));
    for (size_t v = 0; v < contract::kLiveVersionsMax; ++v)
      copy_version_block(from.versions[v], to.versions[v]);
  }
  contract::DataplaneBlock& block = region_->dataplane;
  put(block.start_generation, status.start_generation);
  put(block.worker_count, workers.size());
  put(block.loaded_version, status.loaded_version);
  put(block.secrets_generation, status.secrets_generation);
  put(block.certificate_not_after_s, status.certificate_not_after_s);
  put(block.state, static_cast<uint64_t>(status.state));
  block.heartbeat_ns.store(boottime_ns, std::memory_order_release);
}

}  // namespace sallyport::dataplane
