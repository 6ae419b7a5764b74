// sealed_memory.h: an anonymous file with all seals: nobody, not even we, can change it any more.
//
// This is how secrets and images cross to the dataplane: the receiver checks the seals and may then
// trust that what it validated is what it uses.
// Owner  RAII over the descriptor. `locked` keeps the pages out of swap and dumps while we hold it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace sallyport::supervise {

class SealedMemory {
 public:
  // `name` shows in /proc only. Nothing: `error` says why.
  static std::optional<SealedMemory> make(const char* name, std::span<const uint8_t> bytes,
                                          bool locked, std::string& error);
  SealedMemory(SealedMemory&& other) noexcept;
  SealedMemory& operator=(SealedMemory&& other) noexcept;
  ~SealedMemory();

  int fd() const noexcept { return fd_; }
  std::span<const uint8_t> bytes() const noexcept { return {memory_, bytes_}; }
  // False: the system refused to lock the pages (RLIMIT_MEMLOCK).
  bool is_locked() const noexcept { return is_locked_; }

 private:
  SealedMemory() = default;
  void release() noexcept;

  int fd_ = -1;
  const uint8_t* memory_ = nullptr;  // read-only mapping of the whole file
  size_t bytes_ = 0;
  bool is_locked_ = false;
};

}  // namespace sallyport::supervise
