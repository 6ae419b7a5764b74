#include "controlplane/supervise/credentials/sealed_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <utility>

namespace sallyport::supervise {

namespace {

bool fill(int fd, std::span<const uint8_t> bytes) {
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t wrote =
        pwrite(fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    done += static_cast<size_t>(wrote);
  }
  return true;
}

}  // namespace

std::optional<SealedMemory> SealedMemory::make(const char* name, std::span<const uint8_t> bytes,
                                               bool locked, std::string& error) {
  SealedMemory made;
  made.fd_ = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  const int seals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
  if (made.fd_ < 0 || !fill(made.fd_, bytes) || fcntl(made.fd_, F_ADD_SEALS, seals) != 0) {
    error = std::string(name) + ": no sealed memory: " + std::strerror(errno);
    return std::nullopt;
  }
  if (bytes.empty()) return made;
  void* mapped = mmap(nullptr, bytes.size(), PROT_READ, MAP_SHARED, made.fd_, 0);
  if (mapped == MAP_FAILED) {
    error = std::string(name) + ": cannot be mapped: " + std::strerror(errno);
    return std::nullopt;
  }
  made.memory_ = static_cast<const uint8_t*>(mapped);
  made.bytes_ = bytes.size();
  if (locked) {
    made.is_locked_ = mlock(mapped, bytes.size()) == 0;
    madvise(mapped, bytes.size(), MADV_DONTDUMP);
    madvise(mapped, bytes.size(), MADV_DONTFORK);
  }
  return made;
}

SealedMemory::SealedMemory(SealedMemory&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      memory_(std::exchange(other.memory_, nullptr)),
      bytes_(std::exchange(other.bytes_, 0)),
      is_locked_(std::exchange(other.is_locked_, false)) {}

SealedMemory& SealedMemory::operator=(SealedMemory&& other) noexcept {
  if (this == &other) return *this;
  release();
  fd_ = std::exchange(other.fd_, -1);
  memory_ = std::exchange(other.memory_, nullptr);
  bytes_ = std::exchange(other.bytes_, 0);
  is_locked_ = std::exchange(other.is_locked_, false);
  return *this;
}

SealedMemory::~SealedMemory() { release(); }

void SealedMemory::release() noexcept {
  if (memory_ != nullptr) munmap(const_cast<uint8_t*>(memory_), bytes_);
  if (fd_ >= 0) close(fd_);
  memory_ = nullptr;
  fd_ = -1;
}

}  // namespace sallyport::supervise
