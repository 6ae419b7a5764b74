#include "dataplane/redact/token.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "dataplane/base/check.h"
#include "dataplane/mem/wipe.h"
#include "dataplane/redact/keyed_mac.h"

namespace sallyport::redact {

namespace {

constexpr std::string_view kIdPurpose = "sallyport token id v1";
constexpr std::string_view kCheckPurpose = "sallyport token check v1";
constexpr std::string_view kHashPurpose = "sallyport value hash v1";
constexpr char kAlphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

// A state keyed for one purpose only, or null.
void* derived_state(void* root, std::string_view purpose) {
  Mac key;
  MacRun run(root);
  run.field(purpose);
  void* state = run.finish(key) ? make_keyed_state(key) : nullptr;
  mem::wipe(key);
  return state;
}

// The first 5 * count bits as characters.
void encode(const Mac& mac, char* out, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const size_t bit = i * 5;
    const unsigned two = (unsigned{mac[bit / 8]} << 8) | mac[bit / 8 + 1];
    out[i] = crockford_char((two >> (11 - bit % 8)) & 31);
  }
}

bool check_chars(void* state, const TokenScope& scope, std::string_view entity,
                 std::string_view epoch, std::string_view id, char* out) {
  MacRun run(state);
  run.field(scope.tenant);
  run.field(scope.scope);
  run.field(scope.vendor);
  run.field(epoch);
  run.field(entity);
  run.field(id);
  Mac mac;
  if (!run.finish(mac)) return false;
  encode(mac, out, kTokenCheckChars);
  return true;
}

bool has_suffix(std::string_view s, std::string_view suffix) {
  return s.size() >= suffix.size() && s.substr(s.size() - suffix.size()) == suffix;
}

}  // namespace

int crockford_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  if (c == 'O') return 0;
  if (c == 'I' || c == 'L') return 1;
  for (int i = 10; i < 32; ++i)
    if (kAlphabet[i] == c) return i;
  return -1;
}

char crockford_char(unsigned value) noexcept { return kAlphabet[value & 31]; }

TokenMint::~TokenMint() { release(); }

TokenMint::TokenMint(TokenMint&& other) noexcept { *this = std::move(other); }

TokenMint& TokenMint::operator=(TokenMint&& other) noexcept {
  if (this == &other) return *this;
  release();
  for (size_t i = 0; i < 2; ++i) {
    id_[i] = std::exchange(other.id_[i], nullptr);
    check_[i] = std::exchange(other.check_[i], nullptr);
    epoch_[i] = other.epoch_[i];
  }
  hash_ = std::exchange(other.hash_, nullptr);
  return *this;
}

void TokenMint::release() noexcept {
  for (size_t i = 0; i < 2; ++i) {
    free_keyed_state(id_[i]);
    free_keyed_state(check_[i]);
    id_[i] = check_[i] = nullptr;
  }
  free_keyed_state(hash_);
  hash_ = nullptr;
}

bool TokenMint::load(std::span<const uint8_t> current_key, std::string_view current_epoch,
                     std::span<const uint8_t> previous_key,
                     std::string_view previous_epoch) noexcept {
  release();
  const std::span<const uint8_t> keys[2] = {current_key, previous_key};
  const std::string_view epochs[2] = {current_epoch, previous_epoch};
  const size_t count = previous_key.empty() && previous_epoch.empty() ? 1 : 2;
  if (count == 2 && current_epoch == previous_epoch) return false;
  for (size_t i = 0; i < count; ++i) {
    if (keys[i].size() != kTokenKeyBytes || epochs[i].size() != kTokenEpochChars)
      return release(), false;
    for (size_t c = 0; c < kTokenEpochChars; ++c) {
      if (std::strchr(kAlphabet, epochs[i][c]) == nullptr || epochs[i][c] == '\0')
        return release(), false;
      epoch_[i][c] = epochs[i][c];
    }
    void* root = make_keyed_state(keys[i]);
    if (root == nullptr) return release(), false;
    id_[i] = derived_state(root, kIdPurpose);
    check_[i] = derived_state(root, kCheckPurpose);
    if (i == 0) hash_ = derived_state(root, kHashPurpose);
    free_keyed_state(root);
    if (id_[i] == nullptr || check_[i] == nullptr || hash_ == nullptr) return release(), false;
  }
  return true;
}

bool TokenMint::mint(const TokenScope& scope, std::string_view entity,
                     std::span<const uint8_t> canonical, Token& out,
                     uint32_t subject_epoch) noexcept {
  SP_CHECK_WHY(loaded(), "no token key");
  char label[kEntityNameBytesMax];
  const size_t label_size = token_label(entity, label);
  if (label_size == 0 || canonical.empty() || canonical.size() > kCanonicalBytesMax) return false;
  const std::string_view epoch(epoch_[0].data(), epoch_[0].size());
  MacRun run(id_[0]);
  run.field(scope.tenant);
  run.field(scope.scope);
  run.field(scope.vendor);
  run.field(epoch);
  run.field(entity);
  run.field(canonical);
  if (subject_epoch > 0) {
    std::array<uint8_t, sizeof subject_epoch> number;
    std::memcpy(number.data(), &subject_epoch, number.size());
    run.field(number);
  }
  Mac mac;
  if (!run.finish(mac)) return false;
  char* core = out.core.data();
  std::memcpy(core, epoch.data(), kTokenEpochChars);
  encode(mac, core + kTokenEpochChars, kTokenIdChars);
  const std::string_view id(core + kTokenEpochChars, kTokenIdChars);
  if (!check_chars(check_[0], scope, entity, epoch, id, core + kTokenEpochChars + kTokenIdChars))
    return false;
  char* at = out.bytes.data();
  *at++ = '[';
  at = std::copy_n(label, label_size, at);
  *at++ = '-';
  at = std::copy_n(core, kTokenCoreChars, at);
  *at++ = ']';
  out.size = static_cast<uint8_t>(at - out.bytes.data());
  return true;
}

bool TokenMint::hash(std::string_view tenant, std::string_view entity,
                     std::span<const uint8_t> canonical, ValueHash& out) noexcept {
  SP_CHECK_WHY(loaded(), "no token key");
  char label[kEntityNameBytesMax];
  const size_t label_size = token_label(entity, label);
  if (label_size == 0 || canonical.empty() || canonical.size() > kCanonicalBytesMax) return false;
  MacRun run(hash_);
  run.field(tenant);
  run.field(entity);
  run.field(canonical);
  Mac mac;
  if (!run.finish(mac)) return false;
  char* at = out.bytes.data();
  *at++ = '[';
  at = std::copy_n(label, label_size, at);
  *at++ = '#';
  encode(mac, at, kHashChars);
  for (size_t i = 0; i < kHashChars; ++i, ++at)
    if (*at >= 'A' && *at <= 'Z') *at = static_cast<char>(*at - 'A' + 'a');
  *at++ = ']';
  out.size = static_cast<uint8_t>(at - out.bytes.data());
  return true;
}

TokenMint::Verdict TokenMint::verify(const TokenScope& scope, std::string_view entity,
                                     const TokenCore& core) noexcept {
  SP_CHECK_WHY(loaded(), "no token key");
  const std::string_view text(core.data(), core.size());
  for (size_t i = 0; i < 2; ++i) {
    const std::string_view epoch(epoch_[i].data(), epoch_[i].size());
    if (check_[i] == nullptr || text.substr(0, kTokenEpochChars) != epoch) continue;
    char expected[kTokenCheckChars];
    if (!check_chars(check_[i], scope, entity, epoch, text.substr(kTokenEpochChars, kTokenIdChars),
                     expected))
      return Verdict::NotOurs;
    if (CRYPTO_memcmp(expected, core.data() + kTokenEpochChars + kTokenIdChars, kTokenCheckChars) !=
        0)
      return Verdict::NotOurs;
    return i == 0 ? Verdict::Current : Verdict::Previous;
  }
  return Verdict::NotOurs;
}

size_t canonical_value(std::string_view entity, std::span<const uint8_t> value,
                       std::span<uint8_t> out) noexcept {
  if (out.size() < value.size()) return 0;
  if (entity == "EMAIL_ADDRESS" || has_suffix(entity, "_EMAIL")) {
    for (size_t i = 0; i < value.size(); ++i) {
      const uint8_t c = value[i];
      out[i] = c >= 'A' && c <= 'Z' ? static_cast<uint8_t>(c - 'A' + 'a') : c;
    }
    return value.size();
  }
  const bool phone = entity == "PHONE_NUMBER" || has_suffix(entity, "_PHONE") ||
                     has_suffix(entity, "_PHONE_NUMBER");
  const bool digits =
      phone || entity == "CREDIT_CARD" || entity == "US_SSN" || has_suffix(entity, "_CARD");
  size_t size = 0;
  if (digits) {
    const auto plus = std::find_if(value.begin(), value.end(),
                                   [](uint8_t c) { return c == '+' || (c >= '0' && c <= '9'); });
    if (phone && plus != value.end() && *plus == '+') out[size++] = '+';
    const size_t sign = size;
    for (uint8_t c : value)
      if (c >= '0' && c <= '9') out[size++] = c;
    if (size > sign) return size;
  }
  std::copy(value.begin(), value.end(), out.begin());
  return value.size();
}

size_t token_label(std::string_view entity, std::span<char> out) noexcept {
  if (entity.empty() || entity.size() > kEntityNameBytesMax || entity.size() > out.size()) return 0;
  if (entity.front() == '_' || entity.back() == '_' || entity.find("__") != std::string_view::npos)
    return 0;
  for (size_t i = 0; i < entity.size(); ++i) {
    const char c = entity[i];
    const bool letter = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && c != '_') return 0;
    out[i] = c == '_' ? '-' : c;
  }
  return entity.size();
}

}  // namespace sallyport::redact
