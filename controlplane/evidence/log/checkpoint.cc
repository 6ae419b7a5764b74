#include "controlplane/evidence/log/checkpoint.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "controlplane/evidence/log/hex_text.h"
#include "controlplane/evidence/log/openssl_handles.h"
#include "controlplane/evidence/log/plain_file.h"
#include "dataplane/base/bytes.h"

namespace sallyport::evidence_log {
namespace {

constexpr std::string_view kDash = "\xe2\x80\x94 ";  // em dash and a space: a signature line
constexpr size_t kKeyIdBytes = 4;
constexpr size_t kTimeBytes = 8;  // of a cosignature, before its signature
constexpr size_t kNoteBytesMax = 64 * 1024;
constexpr size_t kBase64BytesMax = 1 << 30;  // OpenSSL counts in int

// Of an ECDSA key the id is that of its SubjectPublicKeyInfo alone (signed-note, type 2).
std::array<uint8_t, kKeyIdBytes> key_id(std::string_view name, KeyType type,
                                        std::span<const uint8_t> public_key) {
  std::vector<uint8_t> bytes;
  if (type != KeyType::Ecdsa) {
    bytes.assign(name.begin(), name.end());
    bytes.push_back('\n');
    bytes.push_back(static_cast<uint8_t>(type));
  }
  bytes.insert(bytes.end(), public_key.begin(), public_key.end());
  const Hash hash = sha256(bytes);
  return {hash[0], hash[1], hash[2], hash[3]};
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

struct SignatureLine {
  std::string_view name;
  std::vector<uint8_t> blob;  // key id, then what the key's type says
};
std::optional<SignatureLine> signature_of(std::string_view line) {
  if (!line.starts_with(kDash)) return std::nullopt;
  const std::string_view text = line.substr(kDash.size());
  const size_t space = text.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  auto blob = from_base64(text.substr(space + 1));
  if (!blob || blob->size() <= kKeyIdBytes) return std::nullopt;
  return SignatureLine{text.substr(0, space), std::move(*blob)};
}

std::string body_text(const Checkpoint& checkpoint) {
  return checkpoint.origin + "\n" + std::to_string(checkpoint.size) + "\n" +
         base64(checkpoint.root) + "\n";
}

std::string signature_line(SigningKey& key, const std::string& name, std::string_view body) {
  const std::vector<uint8_t> signature = key.sign(base::bytes_of(body));
  const auto id = key_id(name, key.type(), key.public_key());
  std::vector<uint8_t> blob(id.begin(), id.end());
  blob.insert(blob.end(), signature.begin(), signature.end());
  return std::string(kDash) + name + " " + base64(blob) + "\n";
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

// Takes the key as a verifier key line holds it.
KeyHandle public_key_from(KeyType type, std::span<const uint8_t> bytes) {
  const uint8_t* at = bytes.data();
  if (type == KeyType::Ecdsa)
    return KeyHandle(d2i_PUBKEY(nullptr, &at, static_cast<long>(bytes.size())));
  return KeyHandle(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, at, bytes.size()));
}

bool verifies(KeyType type, std::span<const uint8_t> public_key, std::string_view body,
              std::span<const uint8_t> signature) {
  const KeyHandle key = public_key_from(type, public_key);
  const DigestHandle context(EVP_MD_CTX_new());
  const std::span<const uint8_t> bytes = base::bytes_of(body);
  const EVP_MD* digest = type == KeyType::Ecdsa ? EVP_sha256() : nullptr;
  return key && context &&
         EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), bytes.data(),
                          bytes.size()) == 1;
}

bool is_public_key(KeyType type, std::span<const uint8_t> bytes) {
  if (type != KeyType::Ecdsa) return bytes.size() == kEd25519KeyBytes;
  const KeyHandle key = public_key_from(type, bytes);
  return key && EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_EC;
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

VerifierKey VerifierKey::of(std::string name, KeyType type, std::vector<uint8_t> public_key) {
  VerifierKey key;
  key.name_ = std::move(name);
  key.type_ = type;
  key.public_key_ = std::move(public_key);
  key.key_id_ = key_id(key.name_, type, key.public_key_);
  return key;
}

std::optional<VerifierKey> VerifierKey::parse(std::string_view vkey) {
  while (!vkey.empty() && (vkey.back() == '\n' || vkey.back() == '\r')) vkey.remove_suffix(1);
  const size_t first = vkey.find('+');
  const size_t second = first == std::string_view::npos ? first : vkey.find('+', first + 1);
  if (second == std::string_view::npos || !is_name(vkey.substr(0, first))) return std::nullopt;
  auto bytes = from_base64(vkey.substr(second + 1));
  if (!bytes || bytes->empty()) return std::nullopt;
  const auto type = static_cast<KeyType>(bytes->front());
  bytes->erase(bytes->begin());
  const bool known =
      type == KeyType::Ed25519 || type == KeyType::Ecdsa || type == KeyType::Cosignature;
  if (!known || !is_public_key(type, *bytes)) return std::nullopt;
  VerifierKey key = of(std::string(vkey.substr(0, first)), type, std::move(*bytes));
  if (lower_hex(key.key_id_) != vkey.substr(first + 1, second - first - 1)) return std::nullopt;
  return key;
}

std::string VerifierKey::text() const {
  std::vector<uint8_t> bytes{static_cast<uint8_t>(type_)};
  bytes.insert(bytes.end(), public_key_.begin(), public_key_.end());
  return name_ + "+" + lower_hex(key_id_) + "+" + base64(bytes);
}

std::string VerifierKey::pem() const {
  const KeyHandle key = public_key_from(type_, public_key_);
  const BioHandle bio(BIO_new(BIO_s_mem()));
  if (!key || !bio || PEM_write_bio_PUBKEY(bio.get(), key.get()) != 1)
    throw std::runtime_error("cannot write a public key");
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<size_t>(length)};
}

// `blob` is what follows the key id.
bool VerifierKey::judge(std::string_view body, std::span<const uint8_t> blob) const {
  if (type_ == KeyType::Ecdsa) return verifies(type_, public_key_, body, blob);
  if (type_ == KeyType::Ed25519)
    return blob.size() == kEd25519SignatureBytes && verifies(type_, public_key_, body, blob);
  if (blob.size() != kTimeBytes + kEd25519SignatureBytes) return false;
  uint64_t time = 0;
  for (const uint8_t byte : blob.first(kTimeBytes)) time = (time << 8) | byte;
  const std::string message =
      "cosignature/v1\ntime " + std::to_string(time) + "\n" + std::string(body);
  return verifies(type_, public_key_, message, blob.subspan(kTimeBytes));
}

std::optional<Checkpoint> VerifierKey::open(std::string_view note) const {
  const auto parts = parts_of(note);
  if (!parts) return std::nullopt;
  const auto checkpoint = read_body(parts->body);
  if (!checkpoint || (type_ != KeyType::Cosignature && checkpoint->origin != name_))
    return std::nullopt;
  std::string_view rest = parts->signatures;
  bool good = false;
  while (const auto line = take_line(rest)) {
    const auto signature = signature_of(*line);
    if (!signature) return std::nullopt;
    if (signature->name != name_ ||
        !std::equal(key_id_.begin(), key_id_.end(), signature->blob.begin()))
      continue;  // somebody else's signature (a witness); not ours to judge
    if (!judge(parts->body, std::span(signature->blob).subspan(kKeyIdBytes))) return std::nullopt;
    good = true;
  }
  return good ? checkpoint : std::nullopt;
}

std::string VerifierKey::cosignatures(std::string_view note, std::string_view lines) const {
  const auto parts = parts_of(note);
  std::string good;
  while (const auto line = parts ? take_line(lines) : std::nullopt) {
    const auto signature = signature_of(*line);
    if (!signature || signature->name != name_ ||
        !std::equal(key_id_.begin(), key_id_.end(), signature->blob.begin()) ||
        !judge(parts->body, std::span(signature->blob).subspan(kKeyIdBytes)))
      continue;
    good += std::string(*line) + "\n";
  }
  return good;
}

Signer Signer::with_key(std::unique_ptr<SigningKey> key, const std::filesystem::path& key_file,
                        std::string name) {
  if (!is_name(name)) throw std::runtime_error("\"" + name + "\" cannot be the name of a log");
  Signer signer;
  signer.key_file_ = key_file;
  signer.name_ = std::move(name);
  signer.key_ = std::move(key);
  signer.read_state();
  signer.put_public_files();
  return signer;
}

Signer Signer::load(const std::filesystem::path& key_file, std::string name) {
  if (!is_name(name)) throw std::runtime_error("\"" + name + "\" cannot be the name of a log");
  Signer signer;
  signer.key_file_ = key_file;
  signer.name_ = std::move(name);
  signer.key_ = file_key(key_file);
  signer.read_state();
  return signer;
}

Signer Signer::load_or_create(const std::filesystem::path& key_file, std::string name) {
  if (!std::filesystem::exists(std::filesystem::symlink_status(key_file))) make_key_file(key_file);
  Signer signer = load(key_file, std::move(name));
  signer.put_public_files();
  return signer;
}

void Signer::put_public_files() const {
  const VerifierKey key = verifier();
  const std::string vkey = key.text() + "\n";
  if (read_file(key_file_.string() + ".vkey", kNoteBytesMax).value_or("") != vkey)
    replace_file(key_file_.string() + ".vkey", vkey, 0644);
  if (read_file(key_file_.string() + ".pem", kNoteBytesMax).value_or("") != key.pem())
    replace_file(key_file_.string() + ".pem", key.pem(), 0644);
}

VerifierKey Signer::verifier() const {
  return VerifierKey::of(name_, key_->type(), key_->public_key());
}

void Signer::read_state() {
  const std::filesystem::path path = key_file_.string() + ".state";
  const auto note = read_file(path, kNoteBytesMax);
  if (!note) return;
  const auto checkpoint = verifier().open(*note);
  if (!checkpoint) throw key_failure(path, "not a checkpoint signed by this key for " + name_);
  last_signed_ = checkpoint;
  last_note_ = *note;
}

void Signer::remember(const std::string& note, const Checkpoint& checkpoint) {
  replace_file(key_file_.string() + ".state", note, 0600);
  last_signed_ = checkpoint;
  last_note_ = note;
}

void Signer::check_extends(const Checkpoint& checkpoint, const std::vector<Hash>& proof) const {
  if (checkpoint.origin != name_) throw std::runtime_error("a checkpoint of another log");
  if (last_signed_ && !verify_consistency(last_signed_->size, checkpoint.size, last_signed_->root,
                                          checkpoint.root, proof))
    throw std::runtime_error("size " + std::to_string(checkpoint.size) +
                             " does not extend the last signed checkpoint, size " +
                             std::to_string(last_signed_->size));
}

std::string Signer::sign(const Checkpoint& checkpoint, const std::vector<Hash>& proof) {
  check_extends(checkpoint, proof);
  const std::string body = body_text(checkpoint);
  std::string note = body + "\n" + signature_line(*key_, name_, body);
  remember(note, checkpoint);
  return note;
}

std::string Signer::cross_sign(std::unique_ptr<SigningKey>& next, const Checkpoint& checkpoint,
                               const std::vector<Hash>& proof) {
  check_extends(checkpoint, proof);
  const std::string body = body_text(checkpoint);
  const VerifierKey taken = VerifierKey::of(name_, next->type(), next->public_key());
  std::string by_next;
  try {
    by_next = signature_line(*next, name_, body);
  } catch (const std::exception& error) {
    throw KeyRefused(error.what());
  }
  // The newer key first: by hand one looks at the first line with the newest key.
  std::string note = body + "\n" + by_next + signature_line(*key_, name_, body);
  if (!taken.open(note)) throw KeyRefused("its signature does not verify by its public key");
  remember(note, checkpoint);
  key_ = std::move(next);
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
