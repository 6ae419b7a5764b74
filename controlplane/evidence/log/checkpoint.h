// checkpoint.h: the log's signature: Ed25519, or ECDSA P-256 where a PKCS#11 token holds the key,
// over a C2SP signed note with a tlog-checkpoint body; and the cosignatures of witnesses on it.
//
//   sallyport/<node>            origin, and name of the key
//   <tree size, decimal>
//   <root, base64>
//   (empty line)
//   — sallyport/<node> <base64(key id, 4 bytes || signature, 64 bytes)>
//
// Nobody needs our software to check it (docs; reliability notes 5.4). The signer signs only what
// extends the last thing it signed; that state lies next to the key, not in the log, so an old copy
// of the log put back in place is noticed.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/evidence/log/merkle.h"
#include "controlplane/evidence/log/signing_key.h"

namespace sallyport::evidence_log {

struct Checkpoint {
  std::string origin;
  uint64_t size = 0;
  Hash root{};
};

// The body of a note without judging its signatures. Nothing when it is not well formed.
std::optional<Checkpoint> read_checkpoint(std::string_view note);

// What an outsider gets: "name+key id, hex+base64(type || public key)" (C2SP signed-note). A log's
// key is Ed25519 (1) or ECDSA (2); a witness' key is Cosignature (4).
class VerifierKey {
 public:
  static std::optional<VerifierKey> parse(std::string_view vkey);
  static VerifierKey of(std::string name, KeyType type, std::vector<uint8_t> public_key);
  const std::string& name() const { return name_; }
  KeyType type() const { return type_; }
  std::string text() const;
  std::string pem() const;  // SubjectPublicKeyInfo for openssl
  // The checkpoint when the note is well formed and carries a valid signature of this key. A log's
  // key signs its own origin only; a witness signs any log's.
  std::optional<Checkpoint> open(std::string_view note) const;
  // Of a witness: the valid cosignature lines of this key among `lines`, for the body of `note`.
  std::string cosignatures(std::string_view note, std::string_view lines) const;

 private:
  bool judge(std::string_view body, std::span<const uint8_t> blob) const;
  std::string name_;
  KeyType type_ = KeyType::Ed25519;
  std::vector<uint8_t> public_key_;  // 32 bytes, or a SubjectPublicKeyInfo in DER
  std::array<uint8_t, 4> key_id_{};
};

// A new key that does not sign.
class KeyRefused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Signer {
 public:
  // Reads the PKCS#8 PEM key (refused unless a regular file without access for group and others).
  // Throws std::runtime_error naming file and cause.
  static Signer load(const std::filesystem::path& key_file, std::string name);
  // Makes key (0600), "<key>.vkey" and "<key>.pem" when the key is not there yet, then loads.
  static Signer load_or_create(const std::filesystem::path& key_file, std::string name);
  // With a key that is elsewhere. `key_file` only names the files beside it: "<key_file>.state",
  // ".vkey" and ".pem".
  static Signer with_key(std::unique_ptr<SigningKey> key, const std::filesystem::path& key_file,
                         std::string name);
  VerifierKey verifier() const;
  // Signs, makes "<key>.state" durable, and only then gives out the whole note.
  // `proof` is the consistency proof from the last signed checkpoint to this one; empty for the
  // first. Throws std::runtime_error when this does not extend what was signed last.
  std::string sign(const Checkpoint& checkpoint, const std::vector<Hash>& proof);

  // As sign(), by the key in force and by `next` over the same body: from here on `next` is in
  // force. Throws KeyRefused when `next` does not sign; nothing has changed then.
  std::string cross_sign(std::unique_ptr<SigningKey>& next, const Checkpoint& checkpoint,
                         const std::vector<Hash>& proof);
  // Makes "<key>.vkey" and "<key>.pem" those of the key in force.
  void put_public_files() const;

  // The last checkpoint signed, and its note; nothing before the first.
  const std::optional<Checkpoint>& last_signed() const { return last_signed_; }
  const std::string& last_note() const { return last_note_; }
  // The state file is gone, but the log holds this note of ours: go on from it.
  // Throws std::runtime_error when it is not ours, or older than what is known.
  void adopt(const std::string& note);

 private:
  Signer() = default;
  void read_state();
  void check_extends(const Checkpoint& checkpoint, const std::vector<Hash>& proof) const;
  void remember(const std::string& note, const Checkpoint& checkpoint);
  std::filesystem::path key_file_;
  std::string name_;
  std::optional<Checkpoint> last_signed_;
  std::string last_note_;
  std::unique_ptr<SigningKey> key_;
};

std::string base64(std::span<const uint8_t> bytes);
std::optional<std::vector<uint8_t>> from_base64(std::string_view text);

}  // namespace sallyport::evidence_log
