// What the machine says of this boot and of its clock. Boot and main lcore only.
#include <fcntl.h>
#include <sys/random.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include <cstring>

#include "dataplane/base/check.h"
#include "dataplane/base/hash.h"
#include "dataplane/evidence/ring_producer.h"

namespace sallyport::evidence {
namespace {

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
bool parse_uuid(std::string_view text, std::array<uint8_t, 16>& out) {
  size_t digits = 0;
  for (const char c : text) {
    if (c == '-' || c == '\n') continue;
    const int digit = digit_of(c);
    if (digit < 0 || digits == 32) return false;
    uint8_t& byte = out[digits / 2];
    byte = static_cast<uint8_t>(digits % 2 == 0 ? digit << 4 : byte | digit);
    ++digits;
  }
  return digits == 32;
}

std::array<uint8_t, 16> read_boot_id() {
  std::array<uint8_t, 16> id{};
  std::array<char, 64> text{};
  const int fd = ::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
  const ssize_t size = fd < 0 ? -1 : ::read(fd, text.data(), text.size());
  if (fd >= 0) ::close(fd);
  if (size > 0 && parse_uuid({text.data(), static_cast<size_t>(size)}, id)) return id;
  // Without the kernel's word every start counts as a boot of its own: the log then says "possible
  // gap" once too often instead of once too rarely.
  SP_CHECK(::getrandom(id.data(), id.size(), 0) == static_cast<ssize_t>(id.size()));
  return id;
}

uint32_t hash_of(std::span<const uint8_t> bytes) {
  return static_cast<uint32_t>(base::siphash13({}, bytes));
}

}  // namespace

StartIdentity read_start_identity(std::string_view node_name) {
  StartIdentity identity;
  identity.boot_id = read_boot_id();
  timespec now{};
  SP_CHECK(::clock_gettime(CLOCK_BOOTTIME, &now) == 0);
  identity.generation =
      static_cast<uint64_t>(now.tv_sec) * 1'000'000 + static_cast<uint64_t>(now.tv_nsec) / 1000;
  identity.node = hash_of({reinterpret_cast<const uint8_t*>(node_name.data()), node_name.size()});
  std::array<uint8_t, 24> start{};
  std::memcpy(start.data(), identity.boot_id.data(), 16);
  std::memcpy(start.data() + 16, &identity.generation, 8);
  identity.start = hash_of(start);
  return identity;
}

contract::ClockState read_clock_state() {
  timex state{};
  const int answer = ::adjtimex(&state);
  if (answer < 0) return contract::ClockState::Unknown;
  return answer == TIME_ERROR || (state.status & STA_UNSYNC) != 0
             ? contract::ClockState::Unsynchronised
             : contract::ClockState::Synchronised;
}

std::string file_stem(const StartIdentity& identity, uint32_t worker) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  std::string stem;
  for (const uint8_t byte : identity.boot_id) {
    stem += kHexDigits[byte >> 4];
    stem += kHexDigits[byte & 15];
  }
  return stem + "-" + std::to_string(identity.generation) + "-" + std::to_string(worker);
}

}  // namespace sallyport::evidence
