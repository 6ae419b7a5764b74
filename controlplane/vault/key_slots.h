// key_slots.h: keys that can be destroyed: a file of fixed slots, each overwritten in place.
//
//   +0      header page: magic, version, slot size
//   +4096   slots of 128 bytes, so that none crosses a sector of 512
//
// A slot holds one 32-byte key, wrapped by AES-256-GCM under the key-encryption key, bound to its
// place, its random id and whom it belongs to. To destroy a key its slot is overwritten with zeros
// and the file is synced; no other file ever had it. Outside LMDB on purpose: rows deleted there
// stay readable in its free pages (measured, reliability.md 5). What an overwrite cannot reach (a
// file system that copies on write, snapshots, the disk's own spare blocks) is said in
// docs/vault.md; against those a rotation of the key-encryption key helps, because it makes the old
// copies useless.
//
// Invariants
//   I1  a slot that is not all zeros opens under one of the keys at hand, or is reported damaged.
//   I2  allocate() is durable only after sync(); whoever refers to a slot does so after that.
//   I3  destroy() is durable when it returns.
// Limits  kSlotsMax. Owner  the vault, under its lock.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <vector>

#include "controlplane/vault/secret.h"

namespace sallyport::vault {

inline constexpr uint32_t kSlotBytes = 128;
inline constexpr uint32_t kSlotsMax = 64U << 20;  // 8 GiB: a file that fits beside its LMDB

// A key-encryption key and its number: rotation makes the next one.
struct Kek {
  uint32_t generation = 0;
  Secret key;
};
using Keks = std::vector<Kek>;  // newest first; two while a rotation is under way

using SlotOwner = std::array<uint8_t, 16>;

class KeySlots {
 public:
  // Makes the file when missing. Throws VaultError (not ours, unreadable, no room).
  explicit KeySlots(const std::filesystem::path& path);
  ~KeySlots();
  KeySlots(const KeySlots&) = delete;

  struct Place {
    uint32_t slot = 0;
    uint64_t id = 0;  // random: a slot that was used again is not the same key
  };
  // Wraps `key` under keks.front(). Not durable before sync().
  Place allocate(const Keks& keks, const SlotOwner& owner, const Secret& key);
  void sync();
  // Nothing: the slot is empty, is another key's, or does not open (`damaged` is set then).
  std::optional<Secret> read(const Keks& keks, const Place& place, const SlotOwner& owner,
                             bool* damaged = nullptr) const;
  // Zeros over each slot that still holds this key, then one sync. Answers how many there were.
  size_t destroy(const std::vector<Place>& places);

  // Every used slot with its owner, in order.
  struct Used {
    Place place;
    SlotOwner owner;
    uint32_t kek_generation = 0;
  };
  std::vector<Used> used() const;
  // Wraps the slots [from, from + count) that are not under keks.front() anew, in place, and syncs.
  // Answers where to go on; nothing when the end was reached. A slot that does not open is left as
  // it is, and named in `damaged`.
  std::optional<uint32_t> rewrap(const Keks& keks, uint32_t from, uint32_t count,
                                 std::vector<uint32_t>& damaged);
  std::string name_of(uint32_t slot) const;  // where damage is told
  size_t used_count() const { return slots_ - free_.size(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  struct Slot;
  Slot load(uint32_t slot) const;
  void store(uint32_t slot, const Slot& content);
  static std::vector<uint8_t> binding(uint32_t slot, const Slot& content);

  std::filesystem::path path_;
  int file_ = -1;
  uint32_t slots_ = 0;  // in the file
  std::set<uint32_t> free_;
};

}  // namespace sallyport::vault
