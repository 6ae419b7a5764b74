#include "dataplane/policy/secrets.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "dataplane/base/bytes.h"

namespace sallyport::policy {
namespace {

using contract::SecretKind;
using contract::SecretsEntry;
using contract::SecretsHeader;

constexpr size_t kEntryAlign = 8;
constexpr size_t kKeyBytes = 32;
constexpr size_t kTicketKeyBytes = 80;

constexpr std::array<std::string_view, 11> kKindNames{
    "unknown",       "token key",   "vendor credential", "gateway HMAC key", "server certificate",
    "server key",    "subject key", "ticket key",        "vault key",        "dictionary key",
    "subject epochs"};

std::string_view kind_name(uint16_t kind) noexcept {
  return kKindNames[kind < kKindNames.size() ? kind : 0];
}

bool is_crockford(char c) noexcept {
  constexpr std::string_view kDigits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  return c != '\0' && kDigits.find(c) != std::string_view::npos;
}

bool is_secret_name(std::string_view name) noexcept {
  return name.size() <= contract::kSecretNameBytesMax &&
         std::all_of(name.begin(), name.end(), [](char c) { return c > 0x20 && c <= 0x7e; });
}

// Sorted, each subject once, none in epoch 0.
bool are_subject_epochs(std::span<const uint8_t> value) noexcept {
  constexpr size_t kEntry = sizeof(contract::SubjectEpoch);
  if (value.empty() || value.size() % kEntry != 0 ||
      value.size() / kEntry > contract::kSubjectEpochsMax)
    return false;
  contract::SubjectEpoch before{}, entry;
  for (size_t at = 0; at < value.size(); at += kEntry) {
    std::memcpy(&entry, value.data() + at, kEntry);
    if (entry.epoch == 0) return false;
    if (at > 0 && std::memcmp(before.subject, entry.subject, sizeof entry.subject) >= 0)
      return false;
    before = entry;
  }
  return true;
}

// What each kind must look like. The credential goes into a header: no line ends, no controls.
bool value_fits(SecretKind kind, std::span<const uint8_t> value) noexcept {
  switch (kind) {
    case SecretKind::TokenKey:
    case SecretKind::GatewayHmacKey:
    case SecretKind::SubjectKey:
    case SecretKind::VaultKey:
    case SecretKind::DictionaryKey:
      return value.size() == kKeyBytes;
    case SecretKind::TicketKey:
      return value.size() == kTicketKeyBytes;
    case SecretKind::VendorCredential:
      return !value.empty() && std::all_of(value.begin(), value.end(),
                                           [](uint8_t c) { return c >= 0x20 && c <= 0x7e; });
    case SecretKind::ServerCertificate:
    case SecretKind::ServerKey:
      return !value.empty();
    case SecretKind::SubjectEpochs:
      return are_subject_epochs(value);
  }
  return false;
}

bool is_per_name(SecretKind kind) noexcept {
  return kind == SecretKind::TokenKey || kind == SecretKind::SubjectKey ||
         kind == SecretKind::VendorCredential || kind == SecretKind::SubjectEpochs;
}

// Anonymous, locked, out of dumps and of forked children; null with `error` set.
uint8_t* map_locked(size_t bytes, std::string& error) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    error = std::string("secrets: mmap: ") + std::strerror(errno);
    return nullptr;
  }
  const bool guarded = mlock(memory, bytes) == 0 && madvise(memory, bytes, MADV_DONTDUMP) == 0 &&
                       madvise(memory, bytes, MADV_DONTFORK) == 0;
  if (!guarded) {
    error =
        std::string("secrets: memory cannot be locked (RLIMIT_MEMLOCK): ") + std::strerror(errno);
    munmap(memory, bytes);
    return nullptr;
  }
  return static_cast<uint8_t*>(memory);
}

size_t whole_pages(size_t bytes) noexcept {
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return (bytes + page - 1) / page * page;
}

bool read_all(int fd, std::span<uint8_t> out) noexcept {
  size_t done = 0;
  while (done < out.size()) {
    const ssize_t n = pread(fd, out.data() + done, out.size() - done, static_cast<off_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    done += static_cast<size_t>(n);
  }
  return true;
}

}  // namespace

std::shared_ptr<const Secrets> Secrets::read(int fd, std::string& error) {
  constexpr int kSeals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
  const int seals = fcntl(fd, F_GET_SEALS);
  if (seals < 0 || (seals & kSeals) != kSeals) {
    error = "secrets: the descriptor is not a fully sealed memfd";
    return nullptr;
  }
  struct stat status {};
  if (fstat(fd, &status) != 0 || status.st_size < static_cast<off_t>(sizeof(SecretsHeader)) ||
      status.st_size > static_cast<off_t>(contract::kSecretsBytesMax)) {
    error = "secrets: size";
    return nullptr;
  }
  std::shared_ptr<Secrets> secrets(new Secrets());
  secrets->message_bytes_ = static_cast<size_t>(status.st_size);
  secrets->mapped_bytes_ = whole_pages(secrets->message_bytes_);
  secrets->memory_ = map_locked(secrets->mapped_bytes_, error);
  if (secrets->memory_ == nullptr) return nullptr;
  if (!read_all(fd, {secrets->memory_, secrets->message_bytes_})) {
    error = "secrets: could not be read";
    return nullptr;
  }
  return secrets->index(error) ? secrets : nullptr;
}

std::shared_ptr<const Secrets> Secrets::of_bytes(std::span<const uint8_t> message,
                                                 std::string& error) {
  if (message.size() < sizeof(SecretsHeader) || message.size() > contract::kSecretsBytesMax) {
    error = "secrets: size";
    return nullptr;
  }
  std::shared_ptr<Secrets> secrets(new Secrets());
  secrets->message_bytes_ = message.size();
  secrets->mapped_bytes_ = whole_pages(message.size());
  secrets->memory_ = map_locked(secrets->mapped_bytes_, error);
  if (secrets->memory_ == nullptr) return nullptr;
  std::memcpy(secrets->memory_, message.data(), message.size());
  return secrets->index(error) ? secrets : nullptr;
}

Secrets::~Secrets() {
  if (memory_ == nullptr) return;
  OPENSSL_cleanse(memory_, mapped_bytes_);
  munmap(memory_, mapped_bytes_);
}

bool Secrets::index(std::string& error) {
  const auto fail = [&](std::string_view what) {
    error = "secrets: " + std::string(what);
    return false;
  };
  SecretsHeader header;
  std::memcpy(&header, memory_, sizeof header);
  if (header.magic != contract::kSecretsMagic) return fail("not a secrets message");
  if (header.version != contract::kSecretsVersion) return fail("another version");
  if (header.total_bytes != message_bytes_) return fail("size differs from the message");
  if (header.entry_count > message_bytes_ / sizeof(SecretsEntry)) return fail("entry count");
  generation_ = header.generation;
  entries_.reserve(header.entry_count);
  size_t at = sizeof header;
  for (uint32_t i = 0; i < header.entry_count; ++i) {
    SecretsEntry raw;
    if (message_bytes_ - at < sizeof raw) return fail("an entry is cut short");
    std::memcpy(&raw, memory_ + at, sizeof raw);
    const uint8_t* epoch = memory_ + at + offsetof(SecretsEntry, epoch);
    at += sizeof raw;
    const uint64_t content = uint64_t{raw.name_bytes} + raw.value_bytes;
    const uint64_t padded = (content + kEntryAlign - 1) / kEntryAlign * kEntryAlign;
    if (padded > message_bytes_ - at) return fail("an entry is cut short");
    const std::span<const uint8_t> bytes(memory_ + at, static_cast<size_t>(padded));
    Entry entry;
    entry.kind = static_cast<SecretKind>(raw.kind);
    entry.rank = raw.rank;
    entry.name = base::text_of(bytes.first(raw.name_bytes));
    entry.value = bytes.subspan(raw.name_bytes, raw.value_bytes);
    const bool is_token = entry.kind == SecretKind::TokenKey;
    entry.epoch = is_token ? base::text_of({epoch, 2}) : std::string_view{};
    const std::string kind(kind_name(raw.kind));
    if (raw.kind < 1 || raw.kind >= kKindNames.size()) return fail("an unknown kind");
    if (!is_secret_name(entry.name) || entry.name.empty() == is_per_name(entry.kind))
      return fail(kind + ": name");
    if (!value_fits(entry.kind, entry.value)) return fail(kind + ": value");
    if (raw.rank > (is_token ? 1 : 0)) return fail(kind + ": rank");
    const bool epoch_fits = is_token ? is_crockford(raw.epoch[0]) && is_crockford(raw.epoch[1])
                                     : raw.epoch[0] == '\0' && raw.epoch[1] == '\0';
    if (!epoch_fits) return fail(kind + ": epoch");
    if (find(entry.kind, entry.name, entry.rank) != nullptr) return fail(kind + ": stands twice");
    entries_.push_back(entry);
    at += static_cast<size_t>(padded);
  }
  return at == message_bytes_ || fail("bytes behind the last entry");
}

const Secrets::Entry* Secrets::find(SecretKind kind, std::string_view name,
                                    uint8_t rank) const noexcept {
  for (const Entry& entry : entries_)
    if (entry.kind == kind && entry.rank == rank && entry.name == name) return &entry;
  return nullptr;
}

std::optional<Secrets::TokenKeys> Secrets::token_keys(std::string_view tenant) const noexcept {
  const Entry* current = find(SecretKind::TokenKey, tenant, 0);
  if (current == nullptr) return std::nullopt;
  TokenKeys keys;
  keys.current_key = current->value;
  keys.current_epoch = current->epoch;
  if (const Entry* previous = find(SecretKind::TokenKey, tenant, 1)) {
    keys.previous_key = previous->value;
    keys.previous_epoch = previous->epoch;
  }
  return keys;
}

std::optional<std::span<const uint8_t>> Secrets::subject_key(
    std::string_view tenant) const noexcept {
  const Entry* entry = find(SecretKind::SubjectKey, tenant, 0);
  if (entry == nullptr) return std::nullopt;
  return entry->value;
}

std::span<const uint8_t> Secrets::subject_epochs(std::string_view tenant) const noexcept {
  const Entry* entry = find(SecretKind::SubjectEpochs, tenant, 0);
  return entry == nullptr ? std::span<const uint8_t>{} : entry->value;
}

std::optional<std::span<const uint8_t>> Secrets::vendor_credential(
    std::string_view name) const noexcept {
  const Entry* entry = find(SecretKind::VendorCredential, name, 0);
  if (entry == nullptr) return std::nullopt;
  return entry->value;
}

std::optional<std::span<const uint8_t>> Secrets::ticket_key() const noexcept {
  const Entry* entry = find(SecretKind::TicketKey, "", 0);
  if (entry == nullptr) return std::nullopt;
  return entry->value;
}

std::optional<std::span<const uint8_t>> Secrets::dictionary_key() const noexcept {
  const Entry* entry = find(SecretKind::DictionaryKey, "", 0);
  if (entry == nullptr) return std::nullopt;
  return entry->value;
}

std::optional<std::span<const uint8_t>> Secrets::vault_key() const noexcept {
  const Entry* entry = find(SecretKind::VaultKey, "", 0);
  if (entry == nullptr) return std::nullopt;
  return entry->value;
}

std::string_view Secrets::server_certificate_pem() const noexcept {
  const Entry* entry = find(SecretKind::ServerCertificate, "", 0);
  return entry == nullptr ? std::string_view{} : base::text_of(entry->value);
}

std::string_view Secrets::server_key_pem() const noexcept {
  const Entry* entry = find(SecretKind::ServerKey, "", 0);
  return entry == nullptr ? std::string_view{} : base::text_of(entry->value);
}

bool Secrets::has_gateway_hmac_key() const noexcept {
  return find(SecretKind::GatewayHmacKey, "", 0) != nullptr;
}

std::array<uint8_t, 32> Secrets::hmac_of_key(std::string_view presented) const noexcept {
  std::array<uint8_t, 32> out{};
  const Entry* key = find(SecretKind::GatewayHmacKey, "", 0);
  if (key == nullptr) return out;
  unsigned size = 0;
  HMAC(EVP_sha256(), key->value.data(), static_cast<int>(key->value.size()),
       reinterpret_cast<const uint8_t*>(presented.data()), presented.size(), out.data(), &size);
  return out;
}

}  // namespace sallyport::policy
