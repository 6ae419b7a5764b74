// token_key.cc: the signing key in a PKCS#11 token, by libp11's own calls (the OpenSSL engine loads
// keys into a process-wide list, and crashes when a token holds keys of kinds it does not know).
#include <libp11.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <stdexcept>

#include "controlplane/evidence/log/plain_file.h"
#include "controlplane/evidence/log/signing_key.h"

namespace sallyport::evidence_log {
namespace {

constexpr size_t kPinBytesMax = 256;
constexpr size_t kSignatureBytesMax = 128;  // of P-256 in DER: 72

class TokenKey final : public SigningKey {
 public:
  explicit TokenKey(TokenKeyOptions options) : options_(std::move(options)) {
    try {
      load();
      open();
      read_public_key();
    } catch (...) {
      unload();
      throw;
    }
  }
  ~TokenKey() override { unload(); }
  TokenKey(const TokenKey&) = delete;
  TokenKey& operator=(const TokenKey&) = delete;

  KeyType type() const override { return KeyType::Ecdsa; }
  std::vector<uint8_t> public_key() const override { return public_key_; }
  std::vector<uint8_t> sign(std::span<const uint8_t> bytes) override {
    std::vector<uint8_t> signature = try_sign(bytes);
    // A session that is lost stays lost; and who else in this process used the module (the vault,
    // a key that was replaced) ended it for all when it was done.
    if (signature.empty()) {
      unload();
      load();
      open();
      signature = try_sign(bytes);
    }
    if (signature.empty()) fail("does not sign", "see the token's own log");
    return signature;
  }

 private:
  [[noreturn]] void fail(const std::string& what, const std::string& hint) const {
    throw std::runtime_error("signing key " + options_.key + " in token " + options_.token + " (" +
                             options_.module.string() + "): " + what + "; " + hint);
  }
  void load() {
    context_ = PKCS11_CTX_new();
    is_loaded_ = context_ != nullptr && PKCS11_CTX_load(context_, options_.module.c_str()) == 0;
    if (!is_loaded_)
      fail("cannot be loaded as a PKCS#11 module",
           "check evidence.pkcs11.module of sallyport.yaml");
  }
  void unload() {
    close();
    if (is_loaded_) PKCS11_CTX_unload(context_);
    if (context_ != nullptr) PKCS11_CTX_free(context_);
    is_loaded_ = false;
    context_ = nullptr;
  }
  void open() {
    if (PKCS11_enumerate_slots(context_, &slots_, &slot_count_) != 0)
      fail("the module lists no slots", "is its daemon running?");
    PKCS11_SLOT* slot = nullptr;
    for (unsigned i = 0; i < slot_count_; ++i)
      if (slots_[i].token != nullptr && options_.token == slots_[i].token->label) slot = &slots_[i];
    if (slot == nullptr) fail("there is no such token", "see pkcs11-tool --list-slots");
    if (PKCS11_open_session(slot, 0) != 0) fail("no session", "see the token's own log");
    log_in(slot);
    find_key(slot->token);
  }
  void log_in(PKCS11_SLOT* slot) {
    std::string pin = read_file(options_.pin_file, kPinBytesMax).value_or("");
    while (!pin.empty() && (pin.back() == '\n' || pin.back() == '\r')) pin.pop_back();
    const bool done = !pin.empty() && PKCS11_login(slot, 0, pin.c_str()) == 0;
    OPENSSL_cleanse(pin.data(), pin.size());
    if (!done) fail("the PIN is refused or missing", "check " + options_.pin_file.string());
  }
  void find_key(PKCS11_TOKEN* token) {
    PKCS11_KEY* keys = nullptr;
    unsigned count = 0;
    if (PKCS11_enumerate_keys(token, &keys, &count) != 0) count = 0;
    key_ = nullptr;
    for (unsigned i = 0; i < count; ++i)
      if (keys[i].label != nullptr && options_.key == keys[i].label)
        key_ = PKCS11_get_private_key(&keys[i]);
    if (key_ == nullptr || EVP_PKEY_get_base_id(key_) != EVP_PKEY_EC)
      fail("there is no EC key of this label",
           "make it: pkcs11-tool --login --keypairgen --key-type EC:prime256v1 --label " +
               options_.key);
  }
  void read_public_key() {
    unsigned char* der = nullptr;
    const int length = i2d_PUBKEY(key_, &der);
    if (length <= 0) fail("its public half cannot be read", "the token must hold it too");
    public_key_.assign(der, der + length);
    OPENSSL_free(der);
  }
  std::vector<uint8_t> try_sign(std::span<const uint8_t> bytes) {
    if (key_ == nullptr) return {};
    std::vector<uint8_t> signature(kSignatureBytesMax);
    size_t length = signature.size();
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    const bool done =
        context != nullptr &&
        EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key_) == 1 &&
        EVP_DigestSign(context, signature.data(), &length, bytes.data(), bytes.size()) == 1;
    EVP_MD_CTX_free(context);
    signature.resize(done ? length : 0);
    return signature;
  }
  void close() {
    EVP_PKEY_free(key_);
    key_ = nullptr;
    if (slots_ != nullptr) PKCS11_release_all_slots(context_, slots_, slot_count_);
    slots_ = nullptr;
    slot_count_ = 0;
  }

  TokenKeyOptions options_;
  PKCS11_CTX* context_ = nullptr;
  bool is_loaded_ = false;
  PKCS11_SLOT* slots_ = nullptr;
  unsigned slot_count_ = 0;
  EVP_PKEY* key_ = nullptr;
  std::vector<uint8_t> public_key_;
};

}  // namespace

std::unique_ptr<SigningKey> token_key(const TokenKeyOptions& options) {
  return std::make_unique<TokenKey>(options);
}

}  // namespace sallyport::evidence_log
