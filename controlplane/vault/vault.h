// vault.h: the vault as sallyportd runs it: closed or open, what comes in from rings, what goes out
// to restoration, keys and their rotation. Thread-safe: one lock around everything.
//
//   Absent   nobody made one (sallyctl vault init): nothing is kept
//   Sealed   it is there, its keys are not in memory: nothing is restored, requests that mint
//   tokens
//            are refused; what still comes from rings waits in the spool, as it was sealed
//   Open     the key-encryption key is in memory
//
// Keys, outermost first: key-encryption key (kek_source.h) -> subjects' data keys (subject.keys) ->
// values; and -> the vault's receive keys (receive.keys), to which workers seal. An erasure makes a
// new receive key; once no worker uses the former and no ring holds what was sealed to it, it is
// destroyed: then nobody can open what rings, or copies of them, still hold.
//
// Invariants
//   I1  keep() answers "" only when every mapping is durable: in the store, or in the spool.
//   I2  a rotation that is cut short leaves a vault that opens, and goes on at the next open.
//   I3  the newest receive key is always there while the vault is open.
//   I4  one row, key slot or hold that is damaged stops nothing else: it is left out and named.
// Not here: rights (controlplane/restore), records (controlplane/supervise).
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/vault/holds.h"
#include "controlplane/vault/kek_source.h"
#include "controlplane/vault/vault_store.h"

namespace sallyport::vault {

// What waits while the vault is sealed; beyond it the rings wait, and requests get 503.
inline constexpr uint64_t kSpoolBytesMax = 64ULL << 20;
inline constexpr size_t kDamagedShown = 8;
// Slots that one step of a rotation wraps anew: nobody waits longer than for that (about 10 ms).
inline constexpr uint32_t kRewrapStep = 4'096;

enum class VaultState : uint8_t { Absent, Sealed, Open };
const char* name_of(VaultState state);

struct VaultStatus {
  VaultState state = VaultState::Absent;
  std::string kek_source;  // empty: none
  uint32_t kek_generation = 0;
  bool rotating = false;
  StoreCounts counts;
  uint64_t receive_serial = 0;
  uint64_t receive_keys = 0;
  uint64_t spool_bytes = 0;
  uint64_t holds = 0;
  uint64_t deferred = 0;
  uint64_t stored = 0, renewed = 0, dropped = 0;  // mappings, by this process
  uint64_t unreadable = 0;                        // batches that open under no key at hand
  uint64_t damaged = 0;                           // rows and key slots that are left out
  uint64_t mended = 0;                            // rows written anew, by this process
  std::vector<std::string> damaged_rows;          // of them: the first kDamagedShown
  std::string problem;
};

class Vault {
 public:
  struct Options {
    std::filesystem::path folder;  // <state dir>/vault
    uint64_t map_bytes = 16ULL << 20;
    std::function<uint64_t()> now_ns;             // wall clock; null: the system's
    std::function<void(const std::string&)> log;  // one line worth an operator's attention
    std::function<void(const char* point)> at;    // named places where a test may end the process
  };
  // Opens what is there; Sealed or Absent.
  explicit Vault(Options options);
  ~Vault();
  Vault(const Vault&) = delete;

  // REQUIRES: Absent. Makes the files and the first receive key; then it is open.
  void create(std::unique_ptr<KekSource> source);
  // Open. Throws VaultError: "kek_missing", "kek_wrong" (not this vault's), what the source throws.
  void unseal(std::unique_ptr<KekSource> source);
  // With a key that custodians brought together; rotations then have nowhere to put a new one.
  void unseal_with(Keks keks);
  // Keys leave memory. `remember`: it stays sealed over a start of the daemon, until unsealed.
  void seal(bool remember);
  bool sealed_by_operator() const;
  // The key-encryption key in use, for split, backup and their checks. Throws "sealed".
  Kek newest_kek() const;
  VaultState state() const;
  VaultStatus status() const;

  // The drainer's thread. "": I1. Else why not.
  std::string keep(const std::vector<std::vector<uint8_t>>& sealed);

  // What goes to the dataplane. Nothing: Absent. Zeros: Sealed.
  std::optional<PublicKey> public_key() const;
  // The same with its number; 0 while there is none.
  struct ReceiveTarget {
    PublicKey key{};
    uint64_t serial = 0;
    friend bool operator==(const ReceiveTarget&, const ReceiveTarget&) = default;
  };
  std::optional<ReceiveTarget> receive_target() const;
  // Receive keys before this number are destroyed, never the newest; answers how many. REQUIRES of
  // the caller: no worker seals to them any more, and rings were drained since.
  size_t retire_receive_keys(uint64_t before_serial = ~0ULL);
  size_t receive_key_count() const;

  // All throw VaultError "sealed" unless open.
  // RowDamaged: for this token there is no answer.
  std::optional<VaultEntry> find(const std::string& tenant, const TokenCore& core);
  // `damaged`: how many rows of the subject are left out for that.
  std::vector<VaultEntry> list(const std::string& tenant, const SubjectId& subject, bool with_value,
                               uint64_t* damaged = nullptr);
  std::optional<SubjectInfo> subject(const std::string& tenant, const SubjectId& subject);
  std::vector<SubjectId> members(const std::string& tenant, const SubjectId& subject);
  GroupId link(const std::string& tenant, const std::vector<SubjectId>& subjects);
  // The subject and all it is linked to; makes a new receive key. Throws "held".
  EraseResult erase(const std::string& tenant, const std::vector<SubjectId>& subjects);
  ExpireResult expire();
  uint64_t retention_s(const std::string& tenant) const;
  void set_retention(const std::string& tenant, uint64_t seconds);
  std::map<std::string, uint64_t> retentions() const;

  // Rotation of the key-encryption key, step by step, so that others have their turn in between.
  // begin: a new key beside the old one, durably. step: true when all is wrapped anew and the old
  // key is destroyed.
  uint32_t begin_rotation();
  bool step_rotation();
  bool rotating() const;

  // Holds and deferred erasures (holds.h).
  void add_hold(const Hold& hold);
  std::optional<Hold> release_hold(const std::string& id);
  std::vector<Hold> holds() const;
  bool is_held(const std::string& tenant, const SubjectId& subject) const;
  // The name of a hold that names this record; empty: none does. Also while sealed.
  std::string hold_of_record(std::string_view tenant, std::string_view request, uint64_t wall_ns,
                             std::span<const SubjectId> subjects) const;
  void defer(const Erasure& erasure);
  void undefer(const std::string& id);
  std::vector<Erasure> deferred() const;
  // Erasures that cannot be read: undefer() takes their names.
  std::vector<std::string> damaged_erasures() const;
  // What was found damaged, or mended, since the last call.
  std::vector<DamageBook::News> take_damage_news();

 private:
  struct ReceiveKey {
    KeySlots::Place place;
    uint64_t serial = 0;
    uint64_t id = 0;
    Secret key;  // empty: the slot is damaged
    PublicKey half{};
  };
  uint64_t now() const;
  void at(const char* point) const {
    if (options_.at) options_.at(point);
  }
  void say(const std::string& line) const {
    if (options_.log) options_.log(line);
  }
  void require_open() const;
  void open_files();
  void open_with(Keks keks);
  void load_receive_keys(const Keks& keks);
  bool opens_a_subject(const Keks& keks) const;
  uint64_t make_receive_key();
  const ReceiveKey* receive_key(uint64_t id) const;
  std::string store_all(const std::vector<std::vector<uint8_t>>& sealed);
  std::string spool(const std::vector<std::vector<uint8_t>>& sealed);
  void take_spool();

  Options options_;
  mutable std::mutex mutex_;
  VaultState state_ = VaultState::Absent;
  std::unique_ptr<VaultStore> store_;
  std::unique_ptr<KeySlots> receive_slots_;
  std::unique_ptr<HoldBook> book_;
  std::unique_ptr<KekSource> source_;
  Keks keks_;
  std::vector<ReceiveKey> receive_keys_;  // newest last
  std::optional<uint32_t> rewrap_from_;   // of subject.keys
  uint64_t spool_bytes_ = 0;
  VaultStatus counters_;  // of which only the counts of mappings and `problem` are kept here
};

}  // namespace sallyport::vault
