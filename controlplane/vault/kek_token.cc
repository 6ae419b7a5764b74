#include "controlplane/vault/kek_token.h"

#include <libp11.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <charconv>
#include <map>

namespace sallyport::vault {
namespace {

constexpr int kRsaBitsMin = 2048;

struct TokenSettings {
  std::string module, token, key, pin_file;
};

[[noreturn]] void failed(const std::string& what) { throw VaultError("token", "PKCS#11: " + what); }

TokenSettings read_settings(const std::filesystem::path& file) {
  const Secret content = read_private_file(file, "token");
  std::string_view text = text_of(content);
  std::map<std::string, std::string, std::less<>> rows;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const size_t equals = line.find('=');
    if (line.empty() || line.front() == '#') continue;
    if (equals == std::string_view::npos) failed(file.string() + ": a line is NAME=VALUE");
    rows[std::string(line.substr(0, equals))] = line.substr(equals + 1);
  }
  TokenSettings out{rows["module"], rows["token"], rows["key"], rows["pin_file"]};
  if (out.module.empty() || out.token.empty() || out.key.empty() || out.pin_file.empty())
    failed(file.string() + ": it names module, token, key and pin_file");
  return out;
}

struct TokenFree {
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX* context) const noexcept { EVP_PKEY_CTX_free(context); }
};
using TokenPkey = std::unique_ptr<EVP_PKEY, TokenFree>;
using TokenPkeyContext = std::unique_ptr<EVP_PKEY_CTX, TokenFree>;

bool use_oaep(EVP_PKEY_CTX* context) {
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()) == 1 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1;
}

// A token, logged in, with its pair found. Closes itself.
class OpenToken {
 public:
  // By way of the other constructor, so that whatever throws here is cleaned up after.
  explicit OpenToken(const TokenSettings& settings) : OpenToken() {
    if (context_ == nullptr || PKCS11_CTX_load(context_, settings.module.c_str()) != 0)
      failed("the module " + settings.module + " does not load");
    loaded_ = true;
    if (PKCS11_enumerate_slots(context_, &slots_, &slot_count_) != 0)
      failed("the slots cannot be listed");
    find_slot(settings.token);
    const Secret pin = read_private_file(settings.pin_file, "token");
    std::string text(text_of(pin));
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
    const bool in = PKCS11_login(slot_, 0, text.c_str()) == 0;
    wipe(text.data(), text.size());
    if (!in) failed("the token " + settings.token + " refuses the PIN");
    PKCS11_KEY* keys = nullptr;
    unsigned count = 0;
    if (PKCS11_enumerate_keys(slot_->token, &keys, &count) != 0)
      failed("the keys of token " + settings.token +
             " cannot be listed: a token of its own, with RSA keys only (libp11 stops at an "
             "Ed25519 key)");
    for (unsigned i = 0; i < count && key_ == nullptr; ++i)
      if (keys[i].label != nullptr && settings.key == keys[i].label) take_key(&keys[i]);
    if (key_ == nullptr)
      failed("token " + settings.token + " has no private RSA key named " + settings.key);
  }
  ~OpenToken() {
    key_.reset();
    if (slots_ != nullptr) PKCS11_release_all_slots(context_, slots_, slot_count_);
    if (loaded_) PKCS11_CTX_unload(context_);
    if (context_ != nullptr) PKCS11_CTX_free(context_);
  }
  OpenToken(const OpenToken&) = delete;

  Secret unwrap(std::span<const uint8_t> wrapped) const {
    const TokenPkeyContext work(EVP_PKEY_CTX_new(key_.get(), nullptr));
    Secret out(wrapped.size());
    size_t size = out.size();
    if (work == nullptr || EVP_PKEY_decrypt_init(work.get()) != 1 || !use_oaep(work.get()) ||
        EVP_PKEY_decrypt(work.get(), out.data(), &size, wrapped.data(), wrapped.size()) != 1 ||
        size != kKeyBytes)
      throw VaultError("kek_wrong", "PKCS#11: the token's key does not unwrap the vault's key");
    out.resize(size);
    return out;
  }
  // In software: a public key has no secret.
  std::vector<uint8_t> wrap(const Secret& key) const {
    const TokenPkey half = public_copy();
    const TokenPkeyContext work(EVP_PKEY_CTX_new(half.get(), nullptr));
    size_t size = static_cast<size_t>(EVP_PKEY_get_size(half.get()));
    std::vector<uint8_t> out(size);
    if (work == nullptr || EVP_PKEY_encrypt_init(work.get()) != 1 || !use_oaep(work.get()) ||
        EVP_PKEY_encrypt(work.get(), out.data(), &size, key.data(), key.size()) != 1)
      failed("the vault's key cannot be wrapped");
    out.resize(size);
    return out;
  }

 private:
  OpenToken() : context_(PKCS11_CTX_new()) {}
  void find_slot(const std::string& label) {
    for (unsigned i = 0; i < slot_count_; ++i)
      if (slots_[i].token != nullptr && slots_[i].token->label != nullptr &&
          label == slots_[i].token->label)
        slot_ = &slots_[i];
    if (slot_ == nullptr) failed("there is no token " + label);
    if (PKCS11_open_session(slot_, 0) != 0) failed("token " + label + ": no session");
  }
  void take_key(PKCS11_KEY* key) {
    TokenPkey found(PKCS11_get_private_key(key));
    if (found == nullptr || EVP_PKEY_get_base_id(found.get()) != EVP_PKEY_RSA ||
        EVP_PKEY_get_bits(found.get()) < kRsaBitsMin)
      return;
    key_ = std::move(found);
  }
  // By way of its encoding, so that what encrypts is OpenSSL's own key and not the token's.
  TokenPkey public_copy() const {
    unsigned char* encoded = nullptr;
    const int size = i2d_PUBKEY(key_.get(), &encoded);
    const unsigned char* at = encoded;
    TokenPkey out(size <= 0 ? nullptr : d2i_PUBKEY(nullptr, &at, size));
    OPENSSL_free(encoded);
    if (out == nullptr) failed("the public half cannot be read");
    return out;
  }

  PKCS11_CTX* context_ = nullptr;
  bool loaded_ = false;
  PKCS11_SLOT* slots_ = nullptr;
  unsigned slot_count_ = 0;
  PKCS11_SLOT* slot_ = nullptr;
  TokenPkey key_;
};

class TokenKekSource final : public KekSource {
 public:
  TokenKekSource(TokenSettings settings, std::filesystem::path wrapped)
      : settings_(std::move(settings)), wrapped_(std::move(wrapped)) {}

  Keks load() override {
    const OpenToken token(settings_);
    std::error_code ignored;
    Keks keks;
    if (!std::filesystem::exists(wrapped_, ignored)) {
      keks.push_back({1, random_secret(kKeyBytes)});
      std::filesystem::create_directories(wrapped_.parent_path(), ignored);
      store_with(token, keks);
      return keks;
    }
    const Secret content = read_private_file(wrapped_, "token");
    std::string_view text = text_of(content);
    while (!text.empty()) {
      const size_t end = std::min(text.find('\n'), text.size());
      keks.push_back(read_line(token, text.substr(0, end)));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    if (keks.empty()) failed(wrapped_.string() + ": holds no key");
    return keks;
  }
  void store(const Keks& keks) override {
    const OpenToken token(settings_);
    store_with(token, keks);
  }
  std::string describe() const override {
    return "PKCS#11 token " + settings_.token + ", key " + settings_.key;
  }

 private:
  Kek read_line(const OpenToken& token, std::string_view line) const {
    const size_t space = line.find(' ');
    Kek kek;
    if (space == std::string_view::npos) failed(wrapped_.string() + ": is none of ours");
    const auto [at, code] = std::from_chars(line.data(), line.data() + space, kek.generation);
    const std::string_view digits = line.substr(space + 1);
    const auto bytes = from_hex(digits, digits.size() / 2);
    if (code != std::errc{} || at != line.data() + space || !bytes)
      failed(wrapped_.string() + ": is none of ours");
    kek.key = token.unwrap(*bytes);
    return kek;
  }
  void store_with(const OpenToken& token, const Keks& keks) const {
    std::string text;
    for (const Kek& kek : keks)
      text += std::to_string(kek.generation) + " " + hex(token.wrap(kek.key)) + "\n";
    replace_private_file(wrapped_, bytes_of(text));
  }

  TokenSettings settings_;
  std::filesystem::path wrapped_;
};

}  // namespace

std::unique_ptr<KekSource> open_kek_token(const std::filesystem::path& config,
                                          const std::filesystem::path& wrapped) {
  return std::make_unique<TokenKekSource>(read_settings(config), wrapped);
}

}  // namespace sallyport::vault
