#include "controlplane/vault/vault.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "controlplane/evidence/log/clock.h"

namespace sallyport::vault {
namespace {

constexpr const char* kSealedFile = "sealed";
constexpr const char* kSpoolFile = "spool";
constexpr const char* kReceiveFile = "receive.keys";

SlotOwner owner_of(uint64_t serial, uint64_t id) {
  SlotOwner owner{};
  std::memcpy(owner.data(), &serial, sizeof serial);
  std::memcpy(owner.data() + sizeof serial, &id, sizeof id);
  return owner;
}

std::string why(const std::exception& error) {
  const std::string text = error.what();
  return text.starts_with("vault") ? text : "vault: " + text;
}

}  // namespace

const char* name_of(VaultState state) {
  switch (state) {
    case VaultState::Absent:
      return "absent";
    case VaultState::Sealed:
      return "sealed";
    case VaultState::Open:
      return "open";
  }
  return "unknown";
}

Vault::Vault(Options options) : options_(std::move(options)) {
  struct stat file {};
  if (::stat((options_.folder / kReceiveFile).c_str(), &file) != 0) return;
  open_files();
  state_ = VaultState::Sealed;
}

Vault::~Vault() = default;

uint64_t Vault::now() const {
  return options_.now_ns ? options_.now_ns() : evidence_log::clock_ns(CLOCK_REALTIME);
}

void Vault::open_files() {
  std::error_code failed;
  std::filesystem::create_directories(options_.folder, failed);
  ::chmod(options_.folder.c_str(), 0700);
  store_ = std::make_unique<VaultStore>(options_.folder, options_.map_bytes);
  book_ = std::make_unique<HoldBook>(store_->database());
  store_->set_held_question(
      [this](const std::string& tenant, const SubjectId& subject) {
        return book_->is_held(tenant, subject);
      },
      [this](const std::string& tenant) { return book_->has_hold(tenant); });
  for (const auto& [id, hold] : book_->holds())
    if (hold.damaged) store_->damage().note("hold " + id);
  for (const std::string& id : book_->damaged_erasures()) store_->damage().note("erasure " + id);
  struct stat file {};
  if (::stat((options_.folder / kSpoolFile).c_str(), &file) == 0)
    spool_bytes_ = static_cast<uint64_t>(file.st_size);
}

// --- open and closed -----------------------------------------------------------------------------

void Vault::require_open() const {
  if (state_ == VaultState::Absent)
    throw VaultError("vault_absent", "there is no vault on this appliance");
  if (state_ == VaultState::Sealed) throw VaultError("vault_sealed", "the vault is sealed");
}

void Vault::create(std::unique_ptr<KekSource> source) {
  const std::lock_guard lock(mutex_);
  if (state_ != VaultState::Absent) throw VaultError("vault_exists", "there is a vault already");
  Keks keks = source->load();
  open_files();
  receive_slots_ = std::make_unique<KeySlots>(options_.folder / kReceiveFile);
  source_ = std::move(source);
  keks_ = std::move(keks);
  make_receive_key();
  state_ = VaultState::Open;
}

// The receive keys tell whether a key-encryption key is this vault's.
void Vault::load_receive_keys(const Keks& keks) {
  auto slots = std::make_unique<KeySlots>(options_.folder / kReceiveFile);
  std::vector<ReceiveKey> found;
  bool opened = false;
  uint32_t generation = 0;
  for (const KeySlots::Used& used : slots->used()) {
    ReceiveKey key;
    key.place = used.place;
    std::memcpy(&key.serial, used.owner.data(), sizeof key.serial);
    std::memcpy(&key.id, used.owner.data() + sizeof key.serial, sizeof key.id);
    auto secret = slots->read(keks, used.place, used.owner);
    if (secret) {
      key.key = std::move(*secret);
      key.half = public_half(key.key);
      opened = true;
    }
    generation = used.kek_generation;
    found.push_back(std::move(key));
  }
  if (!found.empty() && !opened && !opens_a_subject(keks))
    throw VaultError("kek_wrong",
                     "this is not the key-encryption key of this vault (its keys are "
                     "under generation " +
                         std::to_string(generation) + ")");
  std::sort(found.begin(), found.end(),
            [](const ReceiveKey& a, const ReceiveKey& b) { return a.serial < b.serial; });
  for (const ReceiveKey& key : found)
    if (key.key.empty()) store_->damage().note(slots->name_of(key.place.slot));
  receive_slots_ = std::move(slots);
  receive_keys_ = std::move(found);
}

// Whether any data key does: where the receive keys are damaged, these tell.
bool Vault::opens_a_subject(const Keks& keks) const {
  for (const KeySlots::Used& used : store_->keys().used())
    if (store_->keys().read(keks, used.place, used.owner)) return true;
  return false;
}

void Vault::open_with(Keks keks) {
  if (state_ == VaultState::Absent)
    throw VaultError("vault_absent", "there is no vault on this appliance");
  if (state_ == VaultState::Open) throw VaultError("vault_open", "the vault is open already");
  load_receive_keys(keks);
  keks_ = std::move(keks);
  // I3: made, and ended before its slot was synced; or its slot is damaged.
  if (receive_keys_.empty() || receive_keys_.back().key.empty()) make_receive_key();
  store_->set_newest_serial(receive_keys_.back().serial);
  store_->reconcile();
  if (keks_.size() > 1) rewrap_from_ = 0;  // I2
  state_ = VaultState::Open;
  take_spool();
  ::unlink((options_.folder / kSealedFile).c_str());
}

void Vault::unseal(std::unique_ptr<KekSource> source) {
  const std::lock_guard lock(mutex_);
  open_with(source->load());
  source_ = std::move(source);
}

void Vault::unseal_with(Keks keks) {
  const std::lock_guard lock(mutex_);
  open_with(std::move(keks));
  source_.reset();
}

void Vault::seal(bool remember) {
  const std::lock_guard lock(mutex_);
  require_open();
  if (remember) replace_private_file(options_.folder / kSealedFile, {});
  keks_.clear();
  receive_keys_.clear();
  source_.reset();
  rewrap_from_.reset();
  store_->set_newest_serial(0);
  state_ = VaultState::Sealed;
}

bool Vault::sealed_by_operator() const {
  struct stat file {};
  return ::stat((options_.folder / kSealedFile).c_str(), &file) == 0;
}

Kek Vault::newest_kek() const {
  const std::lock_guard lock(mutex_);
  require_open();
  return keks_.front();
}

VaultState Vault::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

VaultStatus Vault::status() const {
  const std::lock_guard lock(mutex_);
  VaultStatus out = counters_;
  out.state = state_;
  if (source_)
    out.kek_source = source_->describe();
  else if (state_ == VaultState::Open)
    out.kek_source = "custodians";
  out.kek_generation = keks_.empty() ? 0 : keks_.front().generation;
  out.rotating = keks_.size() > 1;
  try {
    if (store_) out.counts = store_->counts();
  } catch (const VaultError& error) {
    out.problem = error.what();  // whoever asks how it is gets that for an answer
  }
  if (store_) {
    const auto& rows = store_->damage().rows();
    out.damaged = rows.size();
    out.mended = store_->damage().mended_count();
    for (const std::string& row : rows)
      if (out.damaged_rows.size() < kDamagedShown) out.damaged_rows.push_back(row);
  }
  out.receive_keys = receive_keys_.size();
  out.receive_serial = receive_keys_.empty() ? 0 : receive_keys_.back().serial;
  out.spool_bytes = spool_bytes_;
  if (book_) {
    out.holds = book_->holds().size();
    out.deferred = book_->erasures().size();
  }
  return out;
}

// --- receive keys --------------------------------------------------------------------------------

uint64_t Vault::make_receive_key() {
  ReceiveKey made;
  made.key = random_secret(kKeyBytes);
  made.half = public_half(made.key);
  made.id = receive_key_id(made.half);
  made.serial = receive_keys_.empty() ? 1 : receive_keys_.back().serial + 1;
  made.place = receive_slots_->allocate(keks_, owner_of(made.serial, made.id), made.key);
  receive_slots_->sync();
  receive_keys_.push_back(std::move(made));
  store_->set_newest_serial(receive_keys_.back().serial);
  return receive_keys_.back().serial;
}

const Vault::ReceiveKey* Vault::receive_key(uint64_t id) const {
  for (const ReceiveKey& key : receive_keys_)
    if (key.id == id && !key.key.empty()) return &key;
  return nullptr;
}

std::optional<Vault::ReceiveTarget> Vault::receive_target() const {
  const std::lock_guard lock(mutex_);
  if (state_ == VaultState::Absent) return std::nullopt;
  if (state_ == VaultState::Sealed) return ReceiveTarget{};
  return ReceiveTarget{receive_keys_.back().half, receive_keys_.back().serial};
}

std::optional<PublicKey> Vault::public_key() const {
  const auto target = receive_target();
  if (!target) return std::nullopt;
  return target->key;
}

size_t Vault::receive_key_count() const {
  const std::lock_guard lock(mutex_);
  return receive_keys_.size();
}

size_t Vault::retire_receive_keys(uint64_t before_serial) {
  const std::lock_guard lock(mutex_);
  if (state_ != VaultState::Open || receive_keys_.size() < 2) return 0;
  std::vector<KeySlots::Place> places;
  for (size_t i = 0; i + 1 < receive_keys_.size() && receive_keys_[i].serial < before_serial; ++i)
    places.push_back(receive_keys_[i].place);
  receive_slots_->destroy(places);
  for (const KeySlots::Place& place : places)
    store_->damage().forget(receive_slots_->name_of(place.slot));
  receive_keys_.erase(receive_keys_.begin(),
                      receive_keys_.begin() + static_cast<std::ptrdiff_t>(places.size()));
  store_->forget_tombstones(receive_keys_.front().serial);
  return places.size();
}

// --- what comes in -------------------------------------------------------------------------------

std::string Vault::keep(const std::vector<std::vector<uint8_t>>& sealed) {
  const std::lock_guard lock(mutex_);
  try {
    std::string refusal;
    if (state_ == VaultState::Open) refusal = store_all(sealed);
    if (state_ == VaultState::Sealed) refusal = spool(sealed);
    counters_.problem = refusal;
    return refusal;
  } catch (const std::exception& error) {
    return counters_.problem = why(error);
  }
}

std::string Vault::store_all(const std::vector<std::vector<uint8_t>>& sealed) {
  std::vector<Mapping> mappings;
  uint64_t unreadable = 0;
  for (const std::vector<uint8_t>& one : sealed) {
    const auto header = read_mapping_header(one);
    const ReceiveKey* key = header ? receive_key(header->receive_key_id) : nullptr;
    auto opened = key != nullptr ? open_mappings(one, key->key) : std::nullopt;
    if (!opened) {
      ++unreadable;
      continue;
    }
    for (Mapping& mapping : *opened) {
      mapping.receive_serial = key->serial;
      mappings.push_back(std::move(mapping));
    }
  }
  const PutResult result = store_->put(keks_, mappings, now());
  at("mappings_stored");
  counters_.stored += result.stored;
  counters_.renewed += result.renewed;
  counters_.dropped += result.dropped;
  counters_.unreadable += unreadable;
  if (unreadable > 0)
    say("vault: " + std::to_string(unreadable) +
        " batches of mappings open under no key at hand: their tokens cannot be restored later");
  return "";
}

// As they were sealed: what lies here is as unreadable as it was in the ring.
std::string Vault::spool(const std::vector<std::vector<uint8_t>>& sealed) {
  uint64_t bytes = 0;
  for (const auto& one : sealed) bytes += sizeof(uint32_t) + one.size();
  if (spool_bytes_ + bytes > kSpoolBytesMax)
    return "vault: it is sealed and its spool is full; sallyctl vault unseal";
  const std::filesystem::path path = options_.folder / kSpoolFile;
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) throw VaultError("spool", path.string() + ": " + std::strerror(errno));
  std::vector<uint8_t> content;
  for (const auto& one : sealed) {
    const auto size = static_cast<uint32_t>(one.size());
    const auto* raw = reinterpret_cast<const uint8_t*>(&size);
    content.insert(content.end(), raw, raw + sizeof size);
    content.insert(content.end(), one.begin(), one.end());
  }
  const bool written =
      ::pwrite(file, content.data(), content.size(), static_cast<off_t>(spool_bytes_)) ==
          static_cast<ssize_t>(content.size()) &&
      ::fsync(file) == 0;
  const int code = errno;
  ::close(file);
  if (!written) throw VaultError("spool", path.string() + ": " + std::strerror(code));
  spool_bytes_ += bytes;
  return "";
}

void Vault::take_spool() {
  const std::filesystem::path path = options_.folder / kSpoolFile;
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0) return;
  std::vector<std::vector<uint8_t>> batch;
  off_t offset = 0;
  const auto flush = [&] {
    if (!batch.empty()) store_all(batch);
    batch.clear();
  };
  for (;;) {
    uint32_t size = 0;
    if (::pread(file, &size, sizeof size, offset) != sizeof size) break;
    if (size == 0 || size > contract::kMappingBytesMax) break;  // the end was cut by a crash
    std::vector<uint8_t> one(size);
    if (::pread(file, one.data(), size, offset + off_t{sizeof size}) != static_cast<ssize_t>(size))
      break;
    batch.push_back(std::move(one));
    offset += off_t{sizeof size} + off_t{size};
    if (batch.size() == 256) flush();
  }
  ::close(file);
  flush();
  at("spool_stored");
  destroy_file(path);
  spool_bytes_ = 0;
}

// --- questions and erasure -----------------------------------------------------------------------

std::optional<VaultEntry> Vault::find(const std::string& tenant, const TokenCore& core) {
  const std::lock_guard lock(mutex_);
  require_open();
  return store_->find(keks_, tenant, core, now());
}

std::vector<VaultEntry> Vault::list(const std::string& tenant, const SubjectId& subject,
                                    bool with_value, uint64_t* damaged) {
  const std::lock_guard lock(mutex_);
  require_open();
  return store_->list(keks_, tenant, subject, now(), with_value, damaged);
}

std::optional<SubjectInfo> Vault::subject(const std::string& tenant, const SubjectId& subject) {
  const std::lock_guard lock(mutex_);
  require_open();
  return store_->subject(tenant, subject);
}

std::vector<SubjectId> Vault::members(const std::string& tenant, const SubjectId& subject) {
  const std::lock_guard lock(mutex_);
  require_open();
  return store_->members(tenant, subject);
}

GroupId Vault::link(const std::string& tenant, const std::vector<SubjectId>& subjects) {
  const std::lock_guard lock(mutex_);
  require_open();
  return store_->link(tenant, subjects);
}

EraseResult Vault::erase(const std::string& tenant, const std::vector<SubjectId>& subjects) {
  const std::lock_guard lock(mutex_);
  require_open();
  std::vector<SubjectId> all;
  for (const SubjectId& one : subjects)
    for (const SubjectId& member : store_->members(tenant, one))
      if (std::find(all.begin(), all.end(), member) == all.end()) all.push_back(member);
  for (const SubjectId& one : all)
    if (book_->is_held(tenant, one))
      throw VaultError("held", "a hold names this subject: the erasure is deferred");
  // What is sealed to the keys before this one, and not stored yet, is dropped.
  const uint64_t serial = make_receive_key();
  at("erase_new_receive_key");
  return store_->erase(tenant, all, serial, now());
}

ExpireResult Vault::expire() {
  const std::lock_guard lock(mutex_);
  if (!store_) return {};  // also while sealed: to forget, no key is needed
  return store_->expire(now());
}

uint64_t Vault::retention_s(const std::string& tenant) const {
  const std::lock_guard lock(mutex_);
  return store_ ? store_->retention_s(tenant) : kRetentionDefaultS;
}

void Vault::set_retention(const std::string& tenant, uint64_t seconds) {
  const std::lock_guard lock(mutex_);
  if (!store_) throw VaultError("vault_absent", "there is no vault on this appliance");
  store_->set_retention(tenant, seconds);
}

std::map<std::string, uint64_t> Vault::retentions() const {
  const std::lock_guard lock(mutex_);
  return store_ ? store_->retentions() : std::map<std::string, uint64_t>{};
}

// --- rotation ------------------------------------------------------------------------------------

uint32_t Vault::begin_rotation() {
  const std::lock_guard lock(mutex_);
  require_open();
  if (keks_.size() > 1) throw VaultError("rotating", "a rotation is under way");
  if (!source_)
    throw VaultError(
        "kek_custodians",
        "the key-encryption key is held by custodians: there is no file for a new one");
  Keks both;
  both.push_back({keks_.front().generation + 1, random_secret(kKeyBytes)});
  both.push_back(keks_.front());
  source_->store(both);
  at("rotation_key_stored");
  keks_ = std::move(both);
  rewrap_from_ = 0;
  return keks_.front().generation;
}

bool Vault::step_rotation() {
  const std::lock_guard lock(mutex_);
  require_open();
  if (keks_.size() < 2) return true;
  // A slot that does not open is left under the former key: nobody could open it with that either.
  std::vector<uint32_t> damaged;
  if (rewrap_from_) {
    rewrap_from_ = store_->keys().rewrap(keks_, *rewrap_from_, kRewrapStep, damaged);
    for (const uint32_t slot : damaged) store_->damage().note(store_->keys().name_of(slot));
    at("rotation_rewrapping");
    if (rewrap_from_) return false;
  }
  damaged.clear();
  receive_slots_->rewrap(keks_, 0, kSlotsMax, damaged);
  for (const uint32_t slot : damaged) store_->damage().note(receive_slots_->name_of(slot));
  at("rotation_receive_keys");
  Keks newest;
  newest.push_back(keks_.front());
  source_->store(newest);
  at("rotation_old_key_destroyed");
  keks_ = std::move(newest);
  return true;
}

bool Vault::rotating() const {
  const std::lock_guard lock(mutex_);
  return keks_.size() > 1;
}

// --- holds ---------------------------------------------------------------------------------------

void Vault::add_hold(const Hold& hold) {
  const std::lock_guard lock(mutex_);
  if (!book_) throw VaultError("vault_absent", "there is no vault on this appliance");
  book_->add(hold);
}

std::optional<Hold> Vault::release_hold(const std::string& id) {
  const std::lock_guard lock(mutex_);
  if (!book_) return std::nullopt;
  store_->damage().forget("hold " + id);
  return book_->release(id);
}

std::vector<Hold> Vault::holds() const {
  const std::lock_guard lock(mutex_);
  std::vector<Hold> out;
  if (book_)
    for (const auto& [id, hold] : book_->holds()) out.push_back(hold);
  return out;
}

bool Vault::is_held(const std::string& tenant, const SubjectId& subject) const {
  const std::lock_guard lock(mutex_);
  return book_ && book_->is_held(tenant, subject);
}

std::string Vault::hold_of_record(std::string_view tenant, std::string_view request,
                                  uint64_t wall_ns, std::span<const SubjectId> subjects) const {
  const std::lock_guard lock(mutex_);
  if (!book_) return "";
  for (const auto& [id, hold] : book_->holds())
    if (hold.names_record(tenant, request, wall_ns, subjects)) return id;
  return "";
}

void Vault::defer(const Erasure& erasure) {
  const std::lock_guard lock(mutex_);
  if (!book_) throw VaultError("vault_absent", "there is no vault on this appliance");
  book_->put_erasure(erasure);
}

void Vault::undefer(const std::string& id) {
  const std::lock_guard lock(mutex_);
  if (!book_) return;
  book_->drop_erasure(id);
  store_->damage().forget("erasure " + id);
}

std::vector<std::string> Vault::damaged_erasures() const {
  const std::lock_guard lock(mutex_);
  return book_ ? book_->damaged_erasures() : std::vector<std::string>{};
}

std::vector<DamageBook::News> Vault::take_damage_news() {
  const std::lock_guard lock(mutex_);
  return store_ ? store_->damage().take_news() : std::vector<DamageBook::News>{};
}

std::vector<Erasure> Vault::deferred() const {
  const std::lock_guard lock(mutex_);
  std::vector<Erasure> out;
  if (book_)
    for (const auto& [id, erasure] : book_->erasures()) out.push_back(erasure);
  return out;
}

}  // namespace sallyport::vault
