#include "dataplane/redact/mapping_sealer.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "dataplane/base/bytes.h"
#include "dataplane/base/check.h"
#include "dataplane/mem/wipe.h"

namespace sallyport::redact {
namespace {

using contract::MappingCaller;
using contract::MappingEntry;
using contract::MappingHeader;

constexpr size_t kNonceBytes = 12;
constexpr size_t kKeyIdBytes = 8;

struct PkeyFree {
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX* context) const noexcept { EVP_PKEY_CTX_free(context); }
};
using Pkey = std::unique_ptr<EVP_PKEY, PkeyFree>;
using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, PkeyFree>;

EVP_CIPHER_CTX* cipher_of(void* context) { return static_cast<EVP_CIPHER_CTX*>(context); }

bool agree(EVP_PKEY* own, EVP_PKEY* peer, Mac& shared) {
  const PkeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, own, nullptr));
  size_t size = shared.size();
  return context != nullptr && EVP_PKEY_derive_init(context.get()) == 1 &&
         EVP_PKEY_derive_set_peer(context.get(), peer) == 1 &&
         EVP_PKEY_derive(context.get(), shared.data(), &size) == 1 && size == shared.size();
}

}  // namespace

MappingSealer::MappingSealer() noexcept : cipher_(EVP_CIPHER_CTX_new()) {
  if (cipher_ != nullptr &&
      EVP_EncryptInit_ex(cipher_of(cipher_), EVP_aes_256_gcm(), nullptr, nullptr, nullptr) != 1) {
    EVP_CIPHER_CTX_free(cipher_of(cipher_));
    cipher_ = nullptr;
  }
}

MappingSealer::~MappingSealer() {
  clear_batch();
  free_keyed_state(expand_);
  EVP_CIPHER_CTX_free(cipher_of(cipher_));
}

void MappingSealer::clear_batch() noexcept {
  mem::wipe(std::span(plain_).first(sizeof(MappingCaller) + size_));
  size_ = 0;
  count_ = 0;
}

bool MappingSealer::use_key(std::span<const uint8_t, contract::kMappingKeyBytes> vault_key,
                            base::Instant now) noexcept {
  const bool same = std::equal(vault_key.begin(), vault_key.end(), vault_key_.begin());
  if (expand_ != nullptr && same && now < pair_until_) return true;
  free_keyed_state(expand_);
  expand_ = nullptr;
  keyed_ = false;
  if (cipher_ == nullptr || !make_pair(vault_key)) return false;
  pair_until_ = base::after_ms(now, kMappingPairMsMax);
  return true;
}

// The private half lives in here only: from now on nobody but the vault can open what is sealed,
// once `expand_` is gone too.
bool MappingSealer::make_pair(
    std::span<const uint8_t, contract::kMappingKeyBytes> vault_key) noexcept {
  const Pkey peer(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, vault_key.data(), vault_key.size()));
  const Pkey own(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519"));
  size_t size = header_.ephemeral_public.size();
  Mac shared{};
  Mac prk{};
  Mac key_id{};
  bool ok = peer != nullptr && own != nullptr &&
            EVP_PKEY_get_raw_public_key(own.get(), header_.ephemeral_public.data(), &size) == 1 &&
            agree(own.get(), peer.get(), shared);
  void* extract = ok ? make_keyed_state(base::bytes_of(contract::kMappingSalt)) : nullptr;
  if (extract != nullptr) {
    MacRun run(extract);
    run.raw(shared);
    ok = run.finish(prk);
    free_keyed_state(extract);
    expand_ = ok ? make_keyed_state(prk) : nullptr;
  }
  mem::wipe(shared);
  mem::wipe(prk);
  ok = expand_ != nullptr && EVP_Digest(vault_key.data(), vault_key.size(), key_id.data(), nullptr,
                                        EVP_sha256(), nullptr) == 1;
  if (!ok) return false;
  std::memcpy(&header_.receive_key_id, key_id.data(), kKeyIdBytes);
  std::copy(vault_key.begin(), vault_key.end(), vault_key_.begin());
  return true;
}

bool MappingSealer::begin(const MappingRequest& request, uint32_t first_batch) noexcept {
  SP_CHECK_WHY(expand_ != nullptr, "no key of the vault");
  clear_batch();
  header_.version = contract::kMappingVersion;
  header_.request_high = request.request_high;
  header_.request_low = request.request_low;
  header_.batch = first_batch;
  header_.epoch = request.epoch;
  header_.reserved = {};
  header_.tenant.assign(request.tenant);
  caller_.principal.assign(request.principal);
  caller_.vendor.assign(request.vendor);
  caller_.environment.assign(request.environment);
  MacRun run(expand_);
  run.raw(base::bytes_of(contract::kMappingInfo));
  run.raw(header_.ephemeral_public);
  const auto word = [&](uint64_t value) {
    std::array<uint8_t, 8> bytes;
    std::memcpy(bytes.data(), &value, bytes.size());
    run.raw(bytes);
  };
  word(header_.receive_key_id);
  word(header_.request_high);
  word(header_.request_low);
  run.raw(base::bytes_of(std::string_view(header_.epoch.data(), header_.epoch.size())));
  run.field(header_.tenant.view());
  constexpr std::array<uint8_t, 1> kFirstBlock{1};
  run.raw(kFirstBlock);
  Mac key{};
  keyed_ = run.finish(key) &&
           EVP_EncryptInit_ex(cipher_of(cipher_), nullptr, nullptr, key.data(), nullptr) == 1;
  mem::wipe(key);
  return keyed_;
}

bool MappingSealer::add(const TokenCore& core, std::string_view entity, const Subject& subject,
                        std::span<const uint8_t> value) noexcept {
  SP_CHECK(entity.size() <= contract::kMappingEntityBytesMax &&
           value.size() <= contract::kMappingValueBytesMax);
  const size_t needed = entry_bytes(entity, value.size());
  if (needed > kMappingPlainBytesMax - size_) return false;
  MappingEntry entry{};
  entry.core = core;
  entry.entity_bytes = static_cast<uint8_t>(entity.size());
  entry.subject = subject;
  entry.value_bytes = static_cast<uint16_t>(value.size());
  uint8_t* at = plain_.data() + sizeof(MappingCaller) + size_;
  std::memcpy(at, &entry, sizeof entry);
  at = std::copy(entity.begin(), entity.end(), at + sizeof entry);
  std::copy(value.begin(), value.end(), at);
  size_ += needed;
  ++count_;
  return true;
}

bool MappingSealer::seal(const base::Clock& clock, std::span<uint8_t> out) noexcept {
  SP_CHECK(keyed_ && count_ > 0 && out.size() == sealed_bytes());
  header_.count = count_;
  header_.total_bytes = sealed_bytes();
  header_.wall_ns = clock.wall_ns;
  header_.monotonic_ns = clock.now.ns;
  std::memcpy(out.data(), &header_, sizeof header_);
  std::memcpy(plain_.data(), &caller_, sizeof caller_);
  std::array<uint8_t, kNonceBytes> nonce{};
  std::memcpy(nonce.data(), &header_.batch, sizeof header_.batch);
  const auto plain_bytes = static_cast<int>(sizeof caller_ + size_);
  uint8_t* sealed = out.data() + sizeof header_;
  int written = 0;
  EVP_CIPHER_CTX* cipher = cipher_of(cipher_);
  const bool ok = EVP_EncryptInit_ex(cipher, nullptr, nullptr, nullptr, nonce.data()) == 1 &&
                  EVP_EncryptUpdate(cipher, nullptr, &written, out.data(), sizeof header_) == 1 &&
                  EVP_EncryptUpdate(cipher, sealed, &written, plain_.data(), plain_bytes) == 1 &&
                  written == plain_bytes &&
                  EVP_EncryptFinal_ex(cipher, sealed + plain_bytes, &written) == 1 &&
                  EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, contract::kMappingTagBytes,
                                      sealed + plain_bytes) == 1;
  clear_batch();
  ++header_.batch;
  return ok;
}

}  // namespace sallyport::redact
