#include "dataplane/redact/keyed_mac.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "dataplane/base/bytes.h"

namespace sallyport::redact {
namespace {

EVP_MAC_CTX* context(void* state) { return static_cast<EVP_MAC_CTX*>(state); }

}  // namespace

void* make_keyed_state(std::span<const uint8_t> key) {
  EVP_MAC* hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  if (hmac == nullptr) return nullptr;
  EVP_MAC_CTX* state = EVP_MAC_CTX_new(hmac);
  EVP_MAC_free(hmac);
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                               OSSL_PARAM_construct_end()};
  if (state != nullptr && EVP_MAC_init(state, key.data(), key.size(), params) != 1) {
    EVP_MAC_CTX_free(state);
    return nullptr;
  }
  return state;
}

void free_keyed_state(void* state) noexcept { EVP_MAC_CTX_free(context(state)); }

MacRun::MacRun(void* state)
    : state_(state), ok_(EVP_MAC_init(context(state_), nullptr, 0, nullptr) == 1) {}

void MacRun::raw(std::span<const uint8_t> bytes) {
  if (!bytes.empty()) ok_ = ok_ && EVP_MAC_update(context(state_), bytes.data(), bytes.size()) == 1;
}

void MacRun::field(std::span<const uint8_t> bytes) {
  const auto size = static_cast<uint32_t>(bytes.size());
  const uint8_t length[4] = {static_cast<uint8_t>(size), static_cast<uint8_t>(size >> 8),
                             static_cast<uint8_t>(size >> 16), static_cast<uint8_t>(size >> 24)};
  raw(length);
  raw(bytes);
}

void MacRun::field(std::string_view text) { field(base::bytes_of(text)); }

bool MacRun::finish(Mac& out) {
  size_t size = 0;
  return ok_ && EVP_MAC_final(context(state_), out.data(), &size, out.size()) == 1 &&
         size == out.size();
}

}  // namespace sallyport::redact
