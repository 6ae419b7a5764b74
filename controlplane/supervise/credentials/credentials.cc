#include "controlplane/supervise/credentials/credentials.h"

#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <system_error>

#include "controlplane/supervise/credentials/certificate_pair.h"
#include "controlplane/supervise/credentials/private_file.h"
#include "dataplane/base/ascii.h"
#include "dataplane/contract/dictionary_layout.h"

namespace sallyport::supervise {

namespace fs = std::filesystem;
using contract::SecretKind;

namespace {

constexpr size_t kCertificateBytesMax = 256 * 1024;
constexpr size_t kCredentialBytesMax = 8 * 1024;
constexpr size_t kKeyFileBytesMax = 4096;
constexpr size_t kTokenKeyBytes = 32;
constexpr size_t kTicketKeyBytes = 80;
constexpr std::string_view kTicketKeyFile = "tickets.key";
constexpr std::string_view kFirstEpoch = "01";
constexpr std::string_view kCrockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

std::string_view trimmed(std::string_view text) {
  const auto space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && space(text.back())) text.remove_suffix(1);
  while (!text.empty() && space(text.front())) text.remove_prefix(1);
  return text;
}

// Exactly `bytes` bytes in hex; empty when it is anything else.
vault::Secret from_hex(std::string_view text, size_t bytes) {
  vault::Secret value;
  if (text.size() != bytes * 2) return value;
  value.resize(bytes);
  for (size_t i = 0; i < bytes; ++i) {
    const int high = base::hex_value(static_cast<uint8_t>(text[2 * i]));
    const int low = base::hex_value(static_cast<uint8_t>(text[2 * i + 1]));
    if (high < 0 || low < 0) return vault::Secret();
    value[i] = static_cast<uint8_t>(high * 16 + low);
  }
  return value;
}

void append_random_hex(vault::Secret& text, size_t bytes) {
  vault::Secret drawn(bytes);
  // Only fails when the system has no entropy source at all; then the key stays of wrong length
  // and is refused when it is read back.
  if (RAND_priv_bytes(drawn.data(), static_cast<int>(bytes)) != 1) return;
  for (const uint8_t byte : drawn) {
    text.push_back(static_cast<uint8_t>("0123456789abcdef"[byte >> 4]));
    text.push_back(static_cast<uint8_t>("0123456789abcdef"[byte & 15]));
  }
}

struct TokenLine {
  std::string epoch;
  vault::Secret key;
};

// False: not the form of a token key file.
bool parse_token_lines(std::string_view text, std::vector<TokenLine>& lines) {
  text = trimmed(text);
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.size() < 4 || line[2] != ' ' || lines.size() == 2) return false;
    TokenLine one{std::string(line.substr(0, 2)),
                  from_hex(trimmed(line.substr(3)), kTokenKeyBytes)};
    if (one.key.empty() || one.epoch.find_first_not_of(kCrockford) != std::string::npos)
      return false;
    if (!lines.empty() && lines[0].epoch == one.epoch) return false;
    lines.push_back(std::move(one));
  }
  return !lines.empty();
}

}  // namespace

bool is_file_word(std::string_view name) {
  if (name.empty() || name.size() > contract::kSecretNameBytesMax || name[0] == '.') return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return base::is_alnum(static_cast<uint8_t>(c)) || c == '.' || c == '_' || c == '-';
  });
}

// Collects entries; the header is written last.
struct Credentials::Builder {
  const Credentials& of;
  SecretsBuild& build;
  uint32_t entries = 0;

  void problem(const char* code, std::string message, std::string hint, bool broken) {
    build.problems.push_back({code, std::move(message), std::move(hint)});
    build.broken = build.broken || broken;
  }

  void add(SecretKind kind, std::string_view name, const vault::Secret& value, uint8_t rank = 0,
           std::string_view epoch = {}) {
    contract::SecretsEntry entry{};
    entry.kind = static_cast<uint16_t>(kind);
    entry.rank = rank;
    if (epoch.size() == sizeof entry.epoch) std::memcpy(entry.epoch, epoch.data(), epoch.size());
    entry.name_bytes = static_cast<uint32_t>(name.size());
    entry.value_bytes = static_cast<uint32_t>(value.size());
    const auto* raw = reinterpret_cast<const uint8_t*>(&entry);
    vault::Secret& message = build.message;
    message.insert(message.end(), raw, raw + sizeof entry);
    message.insert(message.end(), name.begin(), name.end());
    message.insert(message.end(), value.begin(), value.end());
    message.resize((message.size() + 7) / 8 * 8);
    ++entries;
  }

  // The operator's file, else ours; made when neither is there. False: the problem is noted.
  bool load_or_make(const std::string& name, const vault::Secret& fresh, vault::Secret& text) {
    std::string error;
    if (!of.load_or_make(name, fresh, text, error)) {
      problem("credential_refused", error, "repair the file, then: sallyctl reload", true);
      return false;
    }
    return true;
  }

  void add_certificate();
  void add_vendor(const std::string& name);
  void add_tenant(const std::string& tenant);
  void add_subject_epochs(const std::string& tenant);
  // False: there is none that can be used; a problem says why.
  bool add_hex(SecretKind kind, const std::string& file, std::string_view name, size_t bytes);
};

bool Credentials::Builder::add_hex(SecretKind kind, const std::string& file, std::string_view name,
                                   size_t bytes) {
  std::string error;
  const std::optional<vault::Secret> key = of.hex_key(file, bytes, error);
  if (!key) {
    problem("key_refused", error, "repair the file, then: sallyctl reload", true);
    return false;
  }
  add(kind, name, *key);
  return true;
}

void Credentials::Builder::add_certificate() {
  const fs::path chain_file = of.credentials_folder_ / "gateway.pem";
  const fs::path key_file = of.credentials_folder_ / "gateway.key";
  vault::Secret chain;
  vault::Secret key;
  std::string error;
  const ReadResult chain_read =
      read_private(chain_file, Privacy::Public, kCertificateBytesMax, chain, error);
  const ReadResult key_read =
      chain_read == ReadResult::Refused
          ? ReadResult::Refused
          : read_private(key_file, Privacy::Secret, kCertificateBytesMax, key, error);
  if (chain_read == ReadResult::Refused || key_read == ReadResult::Refused)
    return problem("certificate_refused", error, "repair the file, then: sallyctl reload", true);
  if (chain_read == ReadResult::Missing || key_read == ReadResult::Missing) {
    const fs::path& missing = chain_read == ReadResult::Missing ? chain_file : key_file;
    return problem(
        "certificate_missing", missing.string() + ": not there",
        "put the gateway's certificate chain (leaf first) and key there; without them no "
        "client can connect",
        false);
  }
  const std::optional<CertificateState> state = read_certificate_pair(
      text_of(chain), text_of(key), chain_file.string(), key_file.string(), error);
  if (!state)
    return problem("certificate_refused", error, "replace both files, then: sallyctl reload", true);
  build.certificate = *state;
  add(SecretKind::ServerCertificate, "", chain);
  add(SecretKind::ServerKey, "", key);
}

void Credentials::Builder::add_vendor(const std::string& name) {
  if (!is_file_word(name))
    return problem("credential_name", "the policy names a vendor credential that cannot be a file",
                   "use letters, digits, '.', '_' and '-' in vendors/*.yaml credential:", false);
  const fs::path file = of.credentials_folder_ / ("vendor." + name);
  vault::Secret value;
  std::string error;
  switch (read_private(file, Privacy::Secret, kCredentialBytesMax, value, error)) {
    case ReadResult::Missing:
      return problem("credential_missing", file.string() + ": not there",
                     "put the vendor's API key there (chmod 600); until then its requests get 503",
                     false);
    case ReadResult::Refused:
      return problem("credential_refused", error, "repair the file, then: sallyctl reload", true);
    case ReadResult::Ok:
      break;
  }
  while (!value.empty() && (value.back() == '\n' || value.back() == '\r')) value.pop_back();
  // It becomes a header's value: anything else would be a second header.
  const bool printable = std::all_of(value.begin(), value.end(),
                                     [](uint8_t byte) { return byte >= 0x20 && byte < 0x7f; });
  if (value.empty() || !printable)
    return problem("credential_refused",
                   file.string() + ": must be one line of printable characters",
                   "repair the file, then: sallyctl reload", true);
  add(SecretKind::VendorCredential, name, value);
  ++build.vendors;
}

void Credentials::Builder::add_tenant(const std::string& tenant) {
  if (!is_file_word(tenant))
    return problem("tenant_name", "the policy names a tenant that cannot be part of a file name",
                   "use letters, digits, '.', '_' and '-' in tenants.yaml", false);
  vault::Secret fresh(kFirstEpoch.begin(), kFirstEpoch.end());
  fresh.push_back(' ');
  append_random_hex(fresh, kTokenKeyBytes);
  fresh.push_back('\n');
  const std::string file = "token." + tenant + ".key";
  vault::Secret text;
  if (!load_or_make(file, fresh, text)) return;
  std::vector<TokenLine> lines;
  if (!parse_token_lines(text_of(text), lines))
    return problem("key_refused",
                   file +
                       ": must be one or two lines: epoch (two characters of 0-9A-Z without "
                       "I, L, O, U), a space, 64 hex digits; epochs differ",
                   "repair the file, then: sallyctl reload", true);
  // A tenant without a token key is refused: values that nobody can find by their subject again
  // could not be erased either.
  if (!add_hex(SecretKind::SubjectKey, "subject." + tenant + ".key", tenant, kTokenKeyBytes))
    return;
  for (size_t rank = 0; rank < lines.size(); ++rank)
    add(SecretKind::TokenKey, tenant, lines[rank].key, static_cast<uint8_t>(rank),
        lines[rank].epoch);
  add_subject_epochs(tenant);
  ++build.tenants;
}

void Credentials::Builder::add_subject_epochs(const std::string& tenant) {
  std::string error;
  const auto epochs = of.subject_epochs(tenant, error);
  if (!error.empty())
    return problem("key_refused", error, "repair the file, then: sallyctl reload", true);
  if (!epochs || epochs->empty()) return;
  vault::Secret value;
  for (const auto& [subject, epoch] : *epochs) {
    contract::SubjectEpoch entry{};
    std::copy(subject.begin(), subject.end(), entry.subject);
    entry.epoch = epoch;
    const auto* raw = reinterpret_cast<const uint8_t*>(&entry);
    value.insert(value.end(), raw, raw + sizeof entry);
  }
  add(SecretKind::SubjectEpochs, tenant, value);
}

Credentials::Credentials(fs::path credentials_folder, fs::path keys_folder)
    : credentials_folder_(std::move(credentials_folder)),
      keys_folder_(std::move(keys_folder)),
      known_(keys_folder_.parent_path() / "known_keys") {}

bool Credentials::load_or_make(const std::string& name, const vault::Secret& fresh,
                               vault::Secret& text, std::string& error) const {
  // A lost key of tickets costs each client one full handshake and nothing else.
  const bool is_remembered = name != kTicketKeyFile;
  for (const fs::path& folder : {credentials_folder_, keys_folder_}) {
    const ReadResult read =
        read_private(folder / name, Privacy::Secret, kKeyFileBytesMax, text, error);
    if (read == ReadResult::Missing) continue;
    // Who may only read the state folder reads its keys all the same; sallyportd remembers them.
    std::string ignored;
    if (read == ReadResult::Ok && is_remembered) known_.add(name, ignored);
    return read == ReadResult::Ok;
  }
  if (is_remembered && known_.has(name)) {
    error = (keys_folder_ / name).string() +
            ": was in use and is gone (put it back from a copy; "
            "to have a new one made, which ends what was made under it, remove its line from " +
            known_.file().string() + ")";
    return false;
  }
  if (!ensure_private_folder(keys_folder_, error)) return false;
  // Whoever is first wins; everybody then reads what is there.
  const fs::path file = keys_folder_ / name;
  if (!create_private(file, fresh, error) && !error.empty()) return false;
  const ReadResult read = read_private(file, Privacy::Secret, kKeyFileBytesMax, text, error);
  if (read == ReadResult::Missing) error = file.string() + ": vanished while it was made";
  return read == ReadResult::Ok && (!is_remembered || known_.add(name, error));
}

std::optional<vault::Secret> Credentials::hex_key(const std::string& name, size_t key_bytes,
                                                  std::string& error) const {
  vault::Secret fresh;
  append_random_hex(fresh, key_bytes);
  fresh.push_back('\n');
  vault::Secret text;
  if (!load_or_make(name, fresh, text, error)) return std::nullopt;
  vault::Secret key = from_hex(trimmed(text_of(text)), key_bytes);
  if (key.empty()) {
    error = name + ": must be " + std::to_string(2 * key_bytes) + " hex digits";
    return std::nullopt;
  }
  return key;
}

std::optional<vault::Secret> Credentials::gateway_hmac_key(std::string& error) const {
  return hex_key("gateway-hmac.key", kTokenKeyBytes, error);
}

std::optional<vault::Secret> Credentials::subject_key(const std::string& tenant,
                                                      std::string& error) const {
  const std::string name = "subject." + tenant + ".key";
  if (!is_file_word(tenant)) {
    error = "no tenant has such a name";
    return std::nullopt;
  }
  for (const fs::path& folder : {credentials_folder_, keys_folder_}) {
    vault::Secret text;
    switch (read_private(folder / name, Privacy::Secret, kKeyFileBytesMax, text, error)) {
      case ReadResult::Missing:
        continue;
      case ReadResult::Refused:
        return std::nullopt;
      case ReadResult::Ok:
        break;
    }
    vault::Secret key = from_hex(trimmed(text_of(text)), kTokenKeyBytes);
    if (key.empty()) break;
    return key;
  }
  if (error.empty()) error = name + ": is not there, or is no key";
  return std::nullopt;
}

// Lines of 32 hex digits, a space, a number. Nobody but us writes it.
std::optional<std::map<std::array<uint8_t, 16>, uint32_t>> Credentials::subject_epochs(
    const std::string& tenant, std::string& error) const {
  constexpr size_t kHexDigits = 32, kDigitsMax = 9;
  const fs::path file = keys_folder_ / ("subjects." + tenant + ".epochs");
  vault::Secret text;
  constexpr size_t kBytesMax = contract::kSubjectEpochsMax * (kHexDigits + 1 + kDigitsMax + 1);
  switch (read_private(file, Privacy::Secret, kBytesMax, text, error)) {
    case ReadResult::Missing:
      error.clear();
      return std::nullopt;
    case ReadResult::Refused:
      return std::nullopt;
    case ReadResult::Ok:
      break;
  }
  std::map<std::array<uint8_t, 16>, uint32_t> out;
  std::string_view rest = text_of(text);
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const vault::Secret subject = from_hex(line.substr(0, kHexDigits), 16);
    uint32_t epoch = 0;
    const std::string_view digits = line.size() > kHexDigits + 1 ? line.substr(kHexDigits + 1) : "";
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), epoch);
    if (subject.size() != 16 || digits.empty() || digits.size() > kDigitsMax || epoch == 0 ||
        code != std::errc{} || end != digits.data() + digits.size()) {
      error = file.string() + ": damaged";
      return std::nullopt;
    }
    std::array<uint8_t, 16> key{};
    std::copy(subject.begin(), subject.end(), key.begin());
    out[key] = epoch;
  }
  return out;
}

std::optional<uint32_t> Credentials::next_subject_epoch(
    const std::string& tenant, const std::vector<std::array<uint8_t, 16>>& subjects,
    std::string& error) const {
  if (!is_file_word(tenant)) {
    error = "no name of a tenant";
    return std::nullopt;
  }
  auto epochs = subject_epochs(tenant, error);
  if (!error.empty()) return std::nullopt;
  if (!epochs) epochs.emplace();
  uint32_t newest = 0;
  for (const auto& subject : subjects) newest = std::max(newest, ++(*epochs)[subject]);
  if (epochs->size() > contract::kSubjectEpochsMax) {
    error = "full";
    return std::nullopt;
  }
  std::string text;
  for (const auto& [subject, epoch] : *epochs) {
    constexpr std::string_view kHex = "0123456789abcdef";
    for (const uint8_t byte : subject) {
      text += kHex[byte >> 4];
      text += kHex[byte & 15];
    }
    text += " " + std::to_string(epoch) + "\n";
  }
  if (!ensure_private_folder(keys_folder_, error) ||
      !replace_private(keys_folder_ / ("subjects." + tenant + ".epochs"), text, error))
    return std::nullopt;
  return newest;
}

std::optional<std::string> Credentials::next_token_epoch(const std::string& tenant,
                                                         std::string& error) const {
  const std::string name = "token." + tenant + ".key";
  std::error_code ignored;
  vault::Secret text;
  std::vector<TokenLine> lines;
  if (!is_file_word(tenant) || fs::exists(credentials_folder_ / name, ignored)) {
    error =
        (credentials_folder_ / name).string() + ": is the operator's: put a new first line there";
    return std::nullopt;
  }
  const fs::path file = keys_folder_ / name;
  if (read_private(file, Privacy::Secret, kKeyFileBytesMax, text, error) != ReadResult::Ok ||
      !parse_token_lines(text_of(text), lines)) {
    if (error.empty()) error = file.string() + ": is not there, or is no token key";
    return std::nullopt;
  }
  std::string epoch = lines.front().epoch;
  size_t high = kCrockford.find(epoch[0]), low = kCrockford.find(epoch[1]);
  low = (low + 1) % kCrockford.size();
  if (low == 0) high = (high + 1) % kCrockford.size();
  epoch = {kCrockford[high], kCrockford[low]};
  vault::Secret fresh(epoch.begin(), epoch.end());
  fresh.push_back(' ');
  append_random_hex(fresh, kTokenKeyBytes);
  fresh.push_back('\n');
  const std::string_view first = trimmed(text_of(text));
  const std::string_view former = first.substr(0, first.find('\n'));
  fresh.insert(fresh.end(), former.begin(), former.end());
  fresh.push_back('\n');
  if (!replace_private(file, text_of(fresh), error)) return std::nullopt;
  return epoch;
}

std::optional<vault::Secret> Credentials::dictionary_key(std::string& error) const {
  return hex_key("dictionary.key", contract::kDictionaryKeyBytes, error);
}

SecretsBuild Credentials::build(const WantedSecrets& wanted, uint64_t generation) const {
  SecretsBuild build;
  build.message.resize(sizeof(contract::SecretsHeader));
  Builder builder{*this, build};
  builder.add_certificate();
  builder.add_hex(SecretKind::GatewayHmacKey, "gateway-hmac.key", "", kTokenKeyBytes);
  builder.add_hex(SecretKind::TicketKey, std::string(kTicketKeyFile), "", kTicketKeyBytes);
  builder.add_hex(SecretKind::DictionaryKey, "dictionary.key", "", contract::kDictionaryKeyBytes);
  for (const std::string& tenant : wanted.tenants) builder.add_tenant(tenant);
  for (const std::string& name : wanted.vendor_credentials) builder.add_vendor(name);
  if (wanted.vault_key)
    builder.add(SecretKind::VaultKey, "",
                vault::Secret(wanted.vault_key->begin(), wanted.vault_key->end()));
  if (build.message.size() > contract::kSecretsBytesMax) {
    builder.problem("secrets_too_large", "the secrets of this policy take more than 1 MiB",
                    "fewer tenants or vendors per appliance", true);
    build.message = vault::Secret();
    return build;
  }
  contract::SecretsHeader header{};
  header.magic = contract::kSecretsMagic;
  header.version = contract::kSecretsVersion;
  header.entry_count = builder.entries;
  header.total_bytes = build.message.size();
  header.generation = generation;
  std::memcpy(build.message.data(), &header, sizeof header);
  return build;
}

fs::path Credentials::evidence_key_file(std::string& error) const {
  const fs::path own = keys_folder_ / "evidence.key";
  const fs::path given = credentials_folder_ / "evidence.key";
  std::error_code failed;
  if (!fs::exists(given, failed)) return own;
  if (fs::is_symlink(own, failed)) fs::remove(own, failed);
  if (fs::exists(own, failed)) {
    error = given.string() + " and " + own.string() +
            ": two signing keys for one log; remove the one that did not sign it";
    return {};
  }
  fs::create_symlink(fs::absolute(given, failed), own, failed);
  if (failed) {
    error = own.string() + ": " + failed.message();
    return {};
  }
  return own;
}

uint64_t Credentials::fingerprint() const {
  uint64_t sum = 0;
  for (const fs::path& folder : {credentials_folder_, keys_folder_}) {
    std::error_code failed;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, failed)) {
      const std::string name = entry.path().filename().string();
      // The drainer keeps its state beside its key; that is no credential.
      if (name[0] == '.' || name.starts_with("evidence.key") ||
          name.find(".new.") != std::string::npos)
        continue;
      struct stat found {};
      if (stat(entry.path().c_str(), &found) != 0) continue;
      // Independent of the order of the folder; a mix per file, then added.
      uint64_t mix = std::hash<std::string>{}(entry.path().string());
      for (const uint64_t part :
           {static_cast<uint64_t>(found.st_ino), static_cast<uint64_t>(found.st_size),
            static_cast<uint64_t>(found.st_mtim.tv_sec),
            static_cast<uint64_t>(found.st_mtim.tv_nsec),
            static_cast<uint64_t>(found.st_ctim.tv_sec),
            static_cast<uint64_t>(found.st_ctim.tv_nsec), static_cast<uint64_t>(found.st_mode)})
        mix = (mix ^ part) * 0x9e3779b97f4a7c15ULL + (mix >> 29);
      sum += mix;
    }
  }
  return sum;
}

}  // namespace sallyport::supervise
