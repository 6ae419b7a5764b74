// sealed_file.h: bytes that the control plane hands over in a memfd, copied out once and for good.
//
// The seals are checked first, so nobody can change the content between our check and our copy, or
// shrink it under a read. Boot and main thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sallyport::dataplane {

// Closes what it holds. Moves, never copies.
class OwnedDescriptor {
 public:
  OwnedDescriptor() = default;
  explicit OwnedDescriptor(int fd) : fd_(fd) {}
  OwnedDescriptor(OwnedDescriptor&& other) noexcept : fd_(other.release()) {}
  OwnedDescriptor& operator=(OwnedDescriptor&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  ~OwnedDescriptor() { reset(); }

  int get() const noexcept { return fd_; }
  bool holds() const noexcept { return fd_ >= 0; }
  int release() noexcept {
    const int fd = fd_;
    fd_ = -1;
    return fd;
  }
  void reset(int fd = -1) noexcept;

 private:
  int fd_ = -1;
};

// True: `out` is the whole content. False: `error` says what does not hold: a seal is missing, the
// size is not `bytes` or is beyond `bytes_max`, or it cannot be read.
bool read_sealed(int fd, uint64_t bytes, size_t bytes_max, std::vector<uint8_t>& out,
                 std::string& error);

}  // namespace sallyport::dataplane
