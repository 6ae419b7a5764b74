#include "controlplane/evidence/checkpoint.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "controlplane/evidence/plain_file.h"

namespace sallyport::evidence_log {
namespace {

constexpr std::string_view kDash = "\xe2\x80\x94 ";  // em dash and a space: a signature line
constexpr uint8_t kAlgorithmEd25519 = 1;
constexpr size_t kKeyIdBytes = 4;
constexpr size_t kPublicKeyBytes = 32;
constexpr size_t kSignatureBytes = 64;
constexpr size_t kNoteBytesMax = 64 * 1024;
constexpr size_t kBase64BytesMax = 1 << 30;  // OpenSSL counts in int

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;
struct FreeBio {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;
struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeDigest>;

std::span<const uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::array<uint8_t, kKeyIdBytes> key_id(std::string_view name,
                                        std::span<const uint8_t> public_key) {
  std::vector<uint8_t> bytes(name.begin(), name.end());
  bytes.push_back('\n');
  bytes.push_back(kAlgorithmEd25519);
  bytes.insert(bytes.end(), public_key.begin(), public_key.end());
  const Hash hash = sha256(bytes);
  return {hash[0], hash[1], hash[2], hash[3]};
}

std::string hex(std::span<const uint8_t> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= 255 && std::all_of(name.begin(), name.end(), [](char c) {
    return c > ' ' && c < 0x7f && c != '+';
  });
}

std::optional<std::string_view> take_line(std::string_view& text) {
  const size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

// The signed bytes, and the signature lines behind the empty line.
struct Parts {
  std::string_view body;
  std::string_view signatures;
};
std::optional<Parts> parts_of(std::string_view note) {
  if (note.size() > kNoteBytesMax || note.empty() || note.back() != '\n') return std::nullopt;
  for (const char c : note)
    if (static_cast<unsigned char>(c) < 0x20 && c != '\n') return std::nullopt;
  const size_t at = note.rfind("\n\n");
  if (at == std::string_view::npos) return std::nullopt;
  const Parts parts{note.substr(0, at + 1), note.substr(at + 2)};
  if (parts.signatures.empty()) return std::nullopt;
  return parts;
}

std::string body_text(const Checkpoint& checkpoint) {
  return checkpoint.origin + "\n" + std::to_string(checkpoint.size) + "\n" +
         base64(checkpoint.root) + "\n";
}

std::optional<Checkpoint> read_body(std::string_view body) {
  Checkpoint checkpoint;
  const auto origin = take_line(body);
  const auto size = take_line(body);
  const auto root = take_line(body);
  if (!origin || !size || !root || origin->empty() || size->empty()) return std::nullopt;
  checkpoint.origin = *origin;
  if (size->size() > 1 && size->front() == '0') return std::nullopt;
  const auto [end, error] =
      std::from_chars(size->data(), size->data() + size->size(), checkpoint.size);
  if (error != std::errc() || end != size->data() + size->size()) return std::nullopt;
  const auto hash = from_base64(*root);
  if (!hash || hash->size() != checkpoint.root.size()) return std::nullopt;
  std::copy(hash->begin(), hash->end(), checkpoint.root.begin());
  // Extension lines are allowed by the format; an empty one would end the body.
  while (const auto line = take_line(body))
    if (line->empty()) return std::nullopt;
  return body.empty() ? std::optional(checkpoint) : std::nullopt;
}

std::runtime_error failure(const std::filesystem::path& path, const std::string& why) {
  return std::runtime_error(path.string() + ": " + why);
}

std::array<uint8_t, kPublicKeyBytes> public_key_of(const EVP_PKEY* key) {
  std::array<uint8_t, kPublicKeyBytes> bytes{};
  size_t length = bytes.size();
  if (EVP_PKEY_get_raw_public_key(key, bytes.data(), &length) != 1 || length != bytes.size())
    throw std::runtime_error("no public key");
  return bytes;
}

// Read only where nobody else can have read or written it.
Key read_private_key(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0) throw failure(path, std::strerror(errno));
  struct stat info {};
  const bool looked = ::fstat(file, &info) == 0;
  std::string pem(4096, '\0');
  const ssize_t got = looked && S_ISREG(info.st_mode) ? ::read(file, pem.data(), pem.size()) : -1;
  ::close(file);
  if (!looked || !S_ISREG(info.st_mode)) throw failure(path, "not a regular file");
  if ((info.st_mode & 077) != 0) throw failure(path, "group or others may access the key");
  if (got <= 0) throw failure(path, "cannot be read");
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(got)));
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  OPENSSL_cleanse(pem.data(), pem.size());
  if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_ED25519)
    throw failure(path, "not an Ed25519 private key in PEM");
  return key;
}

void make_key(const std::filesystem::path& path) {
  const Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  const Bio bio(BIO_new(BIO_s_secmem()));
  if (!key || !bio ||
      PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) !=
          1)
    throw failure(path, "cannot make an Ed25519 key");
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &data);
  replace_file(path, std::string_view(data, static_cast<size_t>(length)), 0600);
}

bool verifies(const std::array<uint8_t, kPublicKeyBytes>& public_key, std::string_view body,
              std::span<const uint8_t> signature) {
  const Key key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, public_key.data(), public_key.size()));
  const DigestContext context(EVP_MD_CTX_new());
  const std::span<const uint8_t> bytes = bytes_of(body);
  return key && context &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), bytes.data(),
                          bytes.size()) == 1;
}

}  // namespace

std::string base64(std::span<const uint8_t> bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                                     static_cast<int>(bytes.size()));
  text.resize(static_cast<size_t>(length));
  return text;
}

std::optional<std::vector<uint8_t>> from_base64(std::string_view text) {
  if (text.size() % 4 != 0 || text.size() > kBase64BytesMax) return std::nullopt;
  std::vector<uint8_t> bytes(text.size() / 4 * 3);
  const int length =
      EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size()));
  if (length < 0) return std::nullopt;
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  bytes.resize(static_cast<size_t>(length) - padding);
  // One text per value: what the decoder forgave (spaces, stray bits) is refused here.
  if (base64(bytes) != text) return std::nullopt;
  return bytes;
}

std::optional<Checkpoint> read_checkpoint(std::string_view note) {
  const auto parts = parts_of(note);
  return parts ? read_body(parts->body) : std::nullopt;
}

VerifierKey VerifierKey::of(std::string name, const std::array<uint8_t, 32>& public_key) {
  VerifierKey key;
  key.name_ = std::move(name);
  key.public_key_ = public_key;
  key.key_id_ = key_id(key.name_, public_key);
  return key;
}

std::optional<VerifierKey> VerifierKey::parse(std::string_view vkey) {
  while (!vkey.empty() && (vkey.back() == '\n' || vkey.back() == '\r')) vkey.remove_suffix(1);
  const size_t first = vkey.find('+');
  const size_t second = first == std::string_view::npos ? first : vkey.find('+', first + 1);
  if (second == std::string_view::npos || !is_name(vkey.substr(0, first))) return std::nullopt;
  const auto bytes = from_base64(vkey.substr(second + 1));
  if (!bytes || bytes->size() != kPublicKeyBytes + 1 || bytes->front() != kAlgorithmEd25519)
    return std::nullopt;
  std::array<uint8_t, kPublicKeyBytes> public_key{};
  std::copy(bytes->begin() + 1, bytes->end(), public_key.begin());
  VerifierKey key = of(std::string(vkey.substr(0, first)), public_key);
  if (hex(key.key_id_) != vkey.substr(first + 1, second - first - 1)) return std::nullopt;
  return key;
}

std::string VerifierKey::text() const {
  std::vector<uint8_t> bytes{kAlgorithmEd25519};
  bytes.insert(bytes.end(), public_key_.begin(), public_key_.end());
  return name_ + "+" + hex(key_id_) + "+" + base64(bytes);
}

std::string VerifierKey::pem() const {
  const Key key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, public_key_.data(),
                                            public_key_.size()));
  const Bio bio(BIO_new(BIO_s_mem()));
  if (!key || !bio || PEM_write_bio_PUBKEY(bio.get(), key.get()) != 1)
    throw std::runtime_error("cannot write a public key");
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<size_t>(length)};
}

std::optional<Checkpoint> VerifierKey::open(std::string_view note) const {
  const auto parts = parts_of(note);
  if (!parts) return std::nullopt;
  const auto checkpoint = read_body(parts->body);
  if (!checkpoint || checkpoint->origin != name_) return std::nullopt;
  std::string_view rest = parts->signatures;
  bool good = false;
  while (const auto line = take_line(rest)) {
    if (!line->starts_with(kDash)) return std::nullopt;
    const std::string_view text = line->substr(kDash.size());
    const size_t space = text.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    const auto signature = from_base64(text.substr(space + 1));
    if (!signature || signature->size() <= kKeyIdBytes) return std::nullopt;
    if (text.substr(0, space) != name_ ||
        !std::equal(key_id_.begin(), key_id_.end(), signature->begin()))
      continue;  // somebody else's signature (a witness); not ours to judge
    if (signature->size() != kKeyIdBytes + kSignatureBytes ||
        !verifies(public_key_, parts->body, std::span(*signature).subspan(kKeyIdBytes)))
      return std::nullopt;
    good = true;
  }
  return good ? checkpoint : std::nullopt;
}

Signer::Signer(Signer&& other) noexcept
    : key_file_(std::move(other.key_file_)),
      name_(std::move(other.name_)),
      last_signed_(std::move(other.last_signed_)),
      last_note_(std::move(other.last_note_)),
      key_(std::exchange(other.key_, nullptr)) {}

Signer::~Signer() { EVP_PKEY_free(static_cast<EVP_PKEY*>(key_)); }

Signer Signer::load(const std::filesystem::path& key_file, std::string name) {
  if (!is_name(name)) throw std::runtime_error("\"" + name + "\" cannot be the name of a log");
  Signer signer;
  signer.key_file_ = key_file;
  signer.name_ = std::move(name);
  signer.key_ = read_private_key(key_file).release();
  signer.read_state();
  return signer;
}

Signer Signer::load_or_create(const std::filesystem::path& key_file, std::string name) {
  if (!std::filesystem::exists(std::filesystem::symlink_status(key_file))) make_key(key_file);
  Signer signer = load(key_file, std::move(name));
  const VerifierKey verifier = signer.verifier();
  const std::string vkey = verifier.text() + "\n";
  if (read_file(key_file.string() + ".vkey", kNoteBytesMax).value_or("") != vkey)
    replace_file(key_file.string() + ".vkey", vkey, 0644);
  if (read_file(key_file.string() + ".pem", kNoteBytesMax).value_or("") != verifier.pem())
    replace_file(key_file.string() + ".pem", verifier.pem(), 0644);
  return signer;
}

VerifierKey Signer::verifier() const {
  return VerifierKey::of(name_, public_key_of(static_cast<const EVP_PKEY*>(key_)));
}

void Signer::read_state() {
  const std::filesystem::path path = key_file_.string() + ".state";
  const auto note = read_file(path, kNoteBytesMax);
  if (!note) return;
  const auto checkpoint = verifier().open(*note);
  if (!checkpoint) throw failure(path, "not a checkpoint signed by this key for " + name_);
  last_signed_ = checkpoint;
  last_note_ = *note;
}

void Signer::remember(const std::string& note, const Checkpoint& checkpoint) {
  replace_file(key_file_.string() + ".state", note, 0600);
  last_signed_ = checkpoint;
  last_note_ = note;
}

std::string Signer::sign(const Checkpoint& checkpoint, const std::vector<Hash>& proof) {
  if (checkpoint.origin != name_) throw std::runtime_error("a checkpoint of another log");
  if (last_signed_ && !verify_consistency(last_signed_->size, checkpoint.size, last_signed_->root,
                                          checkpoint.root, proof))
    throw std::runtime_error("size " + std::to_string(checkpoint.size) +
                             " does not extend the last signed checkpoint, size " +
                             std::to_string(last_signed_->size));
  const std::string body = body_text(checkpoint);
  const DigestContext context(EVP_MD_CTX_new());
  std::array<uint8_t, kSignatureBytes> signature{};
  size_t length = signature.size();
  const std::span<const uint8_t> bytes = bytes_of(body);
  if (!context ||
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, static_cast<EVP_PKEY*>(key_)) !=
          1 ||
      EVP_DigestSign(context.get(), signature.data(), &length, bytes.data(), bytes.size()) != 1 ||
      length != signature.size())
    throw std::runtime_error("signing failed");
  const auto id = key_id(name_, public_key_of(static_cast<const EVP_PKEY*>(key_)));
  std::vector<uint8_t> blob(id.begin(), id.end());
  blob.insert(blob.end(), signature.begin(), signature.end());
  std::string note = body + "\n" + std::string(kDash) + name_ + " " + base64(blob) + "\n";
  remember(note, checkpoint);
  return note;
}

void Signer::adopt(const std::string& note) {
  const auto checkpoint = verifier().open(note);
  if (!checkpoint) throw std::runtime_error("a checkpoint that this key did not sign");
  if (last_signed_ && checkpoint->size < last_signed_->size)
    throw std::runtime_error("a checkpoint older than the last signed one");
  remember(note, *checkpoint);
}

}  // namespace sallyport::evidence_log
