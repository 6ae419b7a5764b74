// export_note.h: signatures as the stand-alone verifier checks them: C2SP signed notes by Ed25519
// (type 1) or ECDSA P-256 (type 2), and witness cosignatures (type 4).
//
// Written a second time, apart from checkpoint.h, on purpose: a verifier that shared the signer's
// code would share its mistakes. It links libcrypto and nothing of the product.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::export_check {

using Sum = std::array<uint8_t, 32>;

Sum sum_of(std::span<const uint8_t> bytes);
Sum leaf_sum(std::span<const uint8_t> record);
Sum node_sum(const Sum& left, const Sum& right);
std::string hex_of(std::span<const uint8_t> bytes);
// Nothing unless it is the one text for these bytes.
std::optional<std::vector<uint8_t>> base64_bytes(std::string_view text);
std::span<const uint8_t> bytes_of(std::string_view text);

struct Note {
  std::string origin;
  uint64_t size = 0;
  Sum root{};
};

enum class KeyKind : uint8_t { Ed25519 = 1, Ecdsa = 2, Cosigner = 4 };

class PublicKey {
 public:
  // "name+key id+base64(kind || key)". Nothing when the id is not that of the key.
  static std::optional<PublicKey> parse(std::string_view vkey);
  const std::string& name() const { return name_; }
  // The whole line, and the eight digits in it.
  const std::string& line() const { return line_; }
  std::string id() const { return hex_of(id_); }
  KeyKind kind() const { return kind_; }
  // SubjectPublicKeyInfo in PEM, as openssl writes it.
  std::string pem() const;
  // The checkpoint, when this key signed it and it is of this key's log (a witness signs any log).
  std::optional<Note> open(std::string_view note) const;

 private:
  bool verifies(std::string_view body, std::span<const uint8_t> signature) const;
  std::string name_;
  std::string line_;
  KeyKind kind_ = KeyKind::Ed25519;
  std::array<uint8_t, 4> id_{};
  std::vector<uint8_t> der_;  // SubjectPublicKeyInfo
};

}  // namespace sallyport::export_check
