#include "controlplane/vault/key_slots.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace sallyport::vault {
namespace {

constexpr uint64_t kMagic = 0x314b'5641'554c'5450ULL;  // "PTLUAVK1"
constexpr uint32_t kVersion = 1;
constexpr off_t kHeaderBytes = 4096;
constexpr uint32_t kGrowSlots = 512;  // 64 KiB at a time

struct Header {
  uint64_t magic;
  uint32_t version;
  uint32_t slot_bytes;
};

off_t offset_of(uint32_t slot) { return kHeaderBytes + off_t{slot} * kSlotBytes; }

[[noreturn]] void slots_failed(const char* what, const std::filesystem::path& path, int code) {
  throw VaultError(code == ENOSPC || code == EDQUOT ? "no_room" : "key_file",
                   std::string(what) + " " + path.string() + ": " + std::strerror(code));
}

}  // namespace

struct KeySlots::Slot {
  uint32_t state = 0;  // 0 free
  uint32_t kek_generation = 0;
  uint64_t id = 0;
  SlotOwner owner{};
  std::array<uint8_t, kNonceBytes> nonce{};
  std::array<uint8_t, kKeyBytes + kTagBytes> wrapped{};
  std::array<uint8_t, 36> reserved{};
};

KeySlots::KeySlots(const std::filesystem::path& path) : path_(path) {
  static_assert(sizeof(Slot) == kSlotBytes && 512 % kSlotBytes == 0);
  file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file_ < 0) slots_failed("open", path, errno);
  struct stat info {};
  if (::fstat(file_, &info) != 0 || !S_ISREG(info.st_mode)) slots_failed("look at", path, EINVAL);
  Header header{kMagic, kVersion, kSlotBytes};
  if (info.st_size == 0) {
    std::array<uint8_t, kHeaderBytes> page{};
    std::memcpy(page.data(), &header, sizeof header);
    if (::pwrite(file_, page.data(), page.size(), 0) != kHeaderBytes || ::fsync(file_) != 0)
      slots_failed("begin", path, errno);
    info.st_size = kHeaderBytes;
  }
  if (::pread(file_, &header, sizeof header, 0) != sizeof header || header.magic != kMagic ||
      header.version != kVersion || header.slot_bytes != kSlotBytes ||
      info.st_size < kHeaderBytes || (info.st_size - kHeaderBytes) % kSlotBytes != 0)
    throw VaultError("key_file", path.string() + ": is no key file of this vault");
  slots_ = static_cast<uint32_t>((info.st_size - kHeaderBytes) / kSlotBytes);
  for (uint32_t slot = 0; slot < slots_; ++slot)
    if (load(slot).state == 0) free_.insert(slot);
}

KeySlots::~KeySlots() {
  if (file_ >= 0) ::close(file_);
}

KeySlots::Slot KeySlots::load(uint32_t slot) const {
  Slot content;
  if (::pread(file_, &content, sizeof content, offset_of(slot)) != sizeof content)
    slots_failed("read", path_, errno);
  return content;
}

void KeySlots::store(uint32_t slot, const Slot& content) {
  if (::pwrite(file_, &content, sizeof content, offset_of(slot)) != sizeof content)
    slots_failed("write", path_, errno);
}

void KeySlots::sync() {
  if (::fsync(file_) != 0) slots_failed("sync", path_, errno);
}

std::vector<uint8_t> KeySlots::binding(uint32_t slot, const Slot& content) {
  constexpr std::string_view kPurpose = "sallyport vault key slot v1";
  std::vector<uint8_t> out(kPurpose.begin(), kPurpose.end());
  const auto add = [&](const auto& value) {
    const auto* at = reinterpret_cast<const uint8_t*>(&value);
    out.insert(out.end(), at, at + sizeof value);
  };
  add(slot);
  add(content.kek_generation);
  add(content.id);
  out.insert(out.end(), content.owner.begin(), content.owner.end());
  return out;
}

KeySlots::Place KeySlots::allocate(const Keks& keks, const SlotOwner& owner, const Secret& key) {
  if (key.size() != kKeyBytes || keks.empty()) throw VaultError("key_file", "no key to wrap with");
  if (free_.empty()) {
    if (slots_ >= kSlotsMax) throw VaultError("no_room", path_.string() + ": holds no more keys");
    const int code = ::posix_fallocate(file_, offset_of(slots_), off_t{kGrowSlots} * kSlotBytes);
    if (code != 0) {
      // Some file systems keep half of it.
      if (::ftruncate(file_, offset_of(slots_)) != 0) slots_failed("cut", path_, errno);
      slots_failed("grow", path_, code);
    }
    for (uint32_t i = 0; i < kGrowSlots; ++i) free_.insert(free_.end(), slots_ + i);
    slots_ += kGrowSlots;
  }
  Slot content;
  content.state = 1;
  content.kek_generation = keks.front().generation;
  random_fill({reinterpret_cast<uint8_t*>(&content.id), sizeof content.id});
  random_fill(content.nonce);
  content.owner = owner;
  const uint32_t slot = *free_.begin();
  const std::vector<uint8_t> wrapped =
      gcm_seal(keks.front().key, content.nonce, binding(slot, content), key);
  std::copy(wrapped.begin(), wrapped.end(), content.wrapped.begin());
  store(slot, content);
  free_.erase(slot);
  return {slot, content.id};
}

std::optional<Secret> KeySlots::read(const Keks& keks, const Place& place, const SlotOwner& owner,
                                     bool* damaged) const {
  if (damaged != nullptr) *damaged = false;
  if (place.slot >= slots_) return std::nullopt;
  const Slot content = load(place.slot);
  if (content.state == 0 || content.id != place.id || content.owner != owner) return std::nullopt;
  for (const Kek& kek : keks)
    if (kek.generation == content.kek_generation)
      if (auto key =
              gcm_open(kek.key, content.nonce, binding(place.slot, content), content.wrapped))
        return key;
  if (damaged != nullptr) *damaged = true;
  return std::nullopt;
}

size_t KeySlots::destroy(const std::vector<Place>& places) {
  size_t count = 0;
  for (const Place& place : places) {
    if (place.slot >= slots_) continue;
    const Slot content = load(place.slot);
    if (content.state == 0 || content.id != place.id) continue;
    store(place.slot, Slot{});
    free_.insert(place.slot);
    ++count;
  }
  if (count > 0) sync();  // I3
  return count;
}

std::vector<KeySlots::Used> KeySlots::used() const {
  std::vector<Used> out;
  for (uint32_t slot = 0; slot < slots_; ++slot) {
    const Slot content = load(slot);
    if (content.state != 0)
      out.push_back({{slot, content.id}, content.owner, content.kek_generation});
  }
  return out;
}

std::string KeySlots::name_of(uint32_t slot) const {
  return "key slot " + std::to_string(slot) + " of " + path_.filename().string();
}

std::optional<uint32_t> KeySlots::rewrap(const Keks& keks, uint32_t from, uint32_t count,
                                         std::vector<uint32_t>& damaged) {
  const uint32_t end = std::min(slots_, from + count);
  bool changed = false;
  for (uint32_t slot = from; slot < end; ++slot) {
    Slot content = load(slot);
    if (content.state == 0 || content.kek_generation == keks.front().generation) continue;
    const auto key = read(keks, {slot, content.id}, content.owner);
    if (!key) {
      damaged.push_back(slot);
      continue;
    }
    content.kek_generation = keks.front().generation;
    random_fill(content.nonce);
    const std::vector<uint8_t> wrapped =
        gcm_seal(keks.front().key, content.nonce, binding(slot, content), *key);
    std::copy(wrapped.begin(), wrapped.end(), content.wrapped.begin());
    store(slot, content);
    changed = true;
  }
  if (changed) sync();
  if (end >= slots_) return std::nullopt;
  return end;
}

}  // namespace sallyport::vault
