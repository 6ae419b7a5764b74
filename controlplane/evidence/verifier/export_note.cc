#include "controlplane/evidence/verifier/export_note.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <stdexcept>

namespace sallyport::export_check {
namespace {

constexpr std::array<uint8_t, 12> kEd25519Prefix{0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                                 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
constexpr std::string_view kDash = "\xe2\x80\x94 ";
constexpr size_t kNoteBytesMax = 64 * 1024;
constexpr size_t kKeyBytesMax = 4'096;
constexpr size_t kTimeBytes = 8;  // of a cosignature

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// One context for the process: it has one thread.
Sum sum_of_parts(std::span<const uint8_t> first, std::span<const uint8_t> second,
                 std::span<const uint8_t> third) {
  static EVP_MD_CTX* const context = EVP_MD_CTX_new();
  static const EVP_MD* const kind = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  Sum sum{};
  if (context == nullptr || EVP_DigestInit_ex2(context, kind, nullptr) != 1 ||
      EVP_DigestUpdate(context, first.data(), first.size()) != 1 ||
      EVP_DigestUpdate(context, second.data(), second.size()) != 1 ||
      EVP_DigestUpdate(context, third.data(), third.size()) != 1 ||
      EVP_DigestFinal_ex(context, sum.data(), nullptr) != 1)
    throw std::runtime_error("libcrypto has no SHA-256");
  return sum;
}

std::optional<std::string_view> take_line(std::string_view& text) {
  const size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

std::optional<Note> read_body(std::string_view body) {
  Note note;
  const auto origin = take_line(body);
  const auto size = take_line(body);
  const auto root = take_line(body);
  if (!origin || !size || !root || origin->empty() || size->empty()) return std::nullopt;
  if (size->size() > 1 && size->front() == '0') return std::nullopt;
  const auto [end, error] = std::from_chars(size->data(), size->data() + size->size(), note.size);
  if (error != std::errc() || end != size->data() + size->size()) return std::nullopt;
  const auto bytes = base64_bytes(*root);
  if (!bytes || bytes->size() != note.root.size()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), note.root.begin());
  note.origin = *origin;
  return note;
}

}  // namespace

std::span<const uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

Sum sum_of(std::span<const uint8_t> bytes) { return sum_of_parts(bytes, {}, {}); }
Sum leaf_sum(std::span<const uint8_t> record) {
  constexpr uint8_t kLeaf[] = {0};
  return sum_of_parts(kLeaf, record, {});
}
Sum node_sum(const Sum& left, const Sum& right) {
  constexpr uint8_t kNode[] = {1};
  return sum_of_parts(kNode, left, right);
}

std::string hex_of(std::span<const uint8_t> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::optional<std::vector<uint8_t>> base64_bytes(std::string_view text) {
  if (text.size() % 4 != 0 || text.size() > kNoteBytesMax) return std::nullopt;
  std::vector<uint8_t> bytes(text.size() / 4 * 3);
  const int length =
      EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size()));
  if (length < 0) return std::nullopt;
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  bytes.resize(static_cast<size_t>(length) - padding);
  std::string again((bytes.size() + 2) / 3 * 4 + 1, '\0');
  again.resize(static_cast<size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(again.data()),
                                                   bytes.data(), static_cast<int>(bytes.size()))));
  if (again != text) return std::nullopt;
  return bytes;
}

std::optional<PublicKey> PublicKey::parse(std::string_view vkey) {
  while (!vkey.empty() && (vkey.back() == '\n' || vkey.back() == '\r')) vkey.remove_suffix(1);
  const size_t first = vkey.find('+');
  const size_t second = first == std::string_view::npos ? first : vkey.find('+', first + 1);
  if (first == 0 || second == std::string_view::npos) return std::nullopt;
  const auto bytes = base64_bytes(vkey.substr(second + 1));
  if (!bytes || bytes->size() < 2 || bytes->size() > kKeyBytesMax) return std::nullopt;
  PublicKey key;
  key.name_ = vkey.substr(0, first);
  key.line_ = vkey;
  const uint8_t kind = bytes->front();
  const std::span<const uint8_t> raw = std::span(*bytes).subspan(1);
  if (kind == 2) {
    key.der_.assign(raw.begin(), raw.end());
  } else if ((kind == 1 || kind == 4) && raw.size() == 32) {
    key.der_.assign(kEd25519Prefix.begin(), kEd25519Prefix.end());
    key.der_.insert(key.der_.end(), raw.begin(), raw.end());
  } else {
    return std::nullopt;
  }
  key.kind_ = static_cast<KeyKind>(kind);
  const std::string named = key.name_ + "\n";
  // signed-note: the id of an ECDSA key is the hash of its SubjectPublicKeyInfo alone.
  const Sum sum = kind == 2 ? sum_of(raw) : sum_of_parts(bytes_of(named), *bytes, {});
  std::copy_n(sum.begin(), key.id_.size(), key.id_.begin());
  if (hex_of(key.id_) != vkey.substr(first + 1, second - first - 1)) return std::nullopt;
  return key;
}

std::string PublicKey::pem() const {
  std::string text = "-----BEGIN PUBLIC KEY-----\n";
  std::string encoded((der_.size() + 2) / 3 * 4 + 1, '\0');
  encoded.resize(
      static_cast<size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                                          der_.data(), static_cast<int>(der_.size()))));
  for (size_t at = 0; at < encoded.size(); at += 64) text += encoded.substr(at, 64) + "\n";
  return text + "-----END PUBLIC KEY-----\n";
}

bool PublicKey::verifies(std::string_view body, std::span<const uint8_t> signature) const {
  const uint8_t* at = der_.data();
  const std::unique_ptr<EVP_PKEY, Free> key(
      d2i_PUBKEY(nullptr, &at, static_cast<long>(der_.size())));
  const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  if (!key || !context) return false;
  const EVP_MD* digest = kind_ == KeyKind::Ecdsa ? EVP_sha256() : nullptr;
  return EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), bytes_of(body).data(),
                          body.size()) == 1;
}

std::optional<Note> PublicKey::open(std::string_view note) const {
  if (note.empty() || note.size() > kNoteBytesMax || note.back() != '\n') return std::nullopt;
  for (const char c : note)
    if (static_cast<unsigned char>(c) < 0x20 && c != '\n') return std::nullopt;
  const size_t gap = note.rfind("\n\n");
  if (gap == std::string_view::npos) return std::nullopt;
  const std::string_view body = note.substr(0, gap + 1);
  std::string_view lines = note.substr(gap + 2);
  bool good = false;
  while (const auto line = take_line(lines)) {
    const size_t space = line->find(' ', kDash.size());
    if (!line->starts_with(kDash) || space == std::string_view::npos) return std::nullopt;
    const auto blob = base64_bytes(line->substr(space + 1));
    if (!blob || blob->size() <= id_.size()) return std::nullopt;
    if (line->substr(kDash.size(), space - kDash.size()) != name_ ||
        !std::equal(id_.begin(), id_.end(), blob->begin()))
      continue;  // somebody else's
    std::span<const uint8_t> signature = std::span(*blob).subspan(id_.size());
    std::string text(body);
    if (kind_ == KeyKind::Cosigner) {
      if (signature.size() <= kTimeBytes) return std::nullopt;
      uint64_t time = 0;
      for (size_t i = 0; i < kTimeBytes; ++i) time = time << 8 | signature[i];
      text = "cosignature/v1\ntime " + std::to_string(time) + "\n" + text;
      signature = signature.subspan(kTimeBytes);
    }
    if (!verifies(text, signature)) return std::nullopt;
    good = true;
  }
  const auto read = read_body(body);
  if (!good || !read || (kind_ != KeyKind::Cosigner && read->origin != name_)) return std::nullopt;
  return read;
}

}  // namespace sallyport::export_check
