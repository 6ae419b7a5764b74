#include "controlplane/evidence/log/signing_key.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "controlplane/evidence/log/openssl_handles.h"
#include "controlplane/evidence/log/plain_file.h"

namespace sallyport::evidence_log {
namespace {

constexpr size_t kPemBytesMax = 4096;

// Read only where nobody else can have read or written it.
KeyHandle read_private_key(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0) throw key_failure(path, std::strerror(errno));
  struct stat info {};
  const bool looked = ::fstat(file, &info) == 0;
  std::string pem(kPemBytesMax, '\0');
  const ssize_t got = looked && S_ISREG(info.st_mode) ? ::read(file, pem.data(), pem.size()) : -1;
  ::close(file);
  if (!looked || !S_ISREG(info.st_mode)) throw key_failure(path, "not a regular file");
  if ((info.st_mode & 077) != 0) throw key_failure(path, "group or others may access the key");
  if (got <= 0) throw key_failure(path, "cannot be read");
  const BioHandle bio(BIO_new_mem_buf(pem.data(), static_cast<int>(got)));
  KeyHandle key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  OPENSSL_cleanse(pem.data(), pem.size());
  if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_ED25519)
    throw key_failure(path, "not an Ed25519 private key in PEM");
  return key;
}

class FileKey final : public SigningKey {
 public:
  explicit FileKey(KeyHandle key) : key_(std::move(key)) {}
  KeyType type() const override { return KeyType::Ed25519; }
  std::vector<uint8_t> public_key() const override {
    std::vector<uint8_t> bytes(kEd25519KeyBytes);
    size_t length = bytes.size();
    if (EVP_PKEY_get_raw_public_key(key_.get(), bytes.data(), &length) != 1 ||
        length != bytes.size())
      throw std::runtime_error("no public key");
    return bytes;
  }
  std::vector<uint8_t> sign(std::span<const uint8_t> bytes) override {
    const DigestHandle context(EVP_MD_CTX_new());
    std::vector<uint8_t> signature(kEd25519SignatureBytes);
    size_t length = signature.size();
    if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) != 1 ||
        EVP_DigestSign(context.get(), signature.data(), &length, bytes.data(), bytes.size()) != 1 ||
        length != signature.size())
      throw std::runtime_error("signing failed");
    return signature;
  }

 private:
  KeyHandle key_;
};

}  // namespace

std::unique_ptr<SigningKey> file_key(const std::filesystem::path& path) {
  return std::make_unique<FileKey>(read_private_key(path));
}

void make_key_file(const std::filesystem::path& path) {
  const KeyHandle key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  const BioHandle bio(BIO_new(BIO_s_secmem()));
  if (!key || !bio ||
      PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) !=
          1)
    throw key_failure(path, "cannot make an Ed25519 key");
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &data);
  replace_file(path, std::string_view(data, static_cast<size_t>(length)), 0600);
}

}  // namespace sallyport::evidence_log
