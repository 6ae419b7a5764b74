// checkpoint.h: the log's signature: Ed25519 over a C2SP signed note with a tlog-checkpoint body.
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
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/evidence/merkle.h"

namespace sallyport::evidence_log {

struct Checkpoint {
  std::string origin;
  uint64_t size = 0;
  Hash root{};
};

// The body of a note without judging its signatures. Nothing when it is not well formed.
std::optional<Checkpoint> read_checkpoint(std::string_view note);

// What an outsider gets: "name+key id, hex+base64(0x01 || public key)".
class VerifierKey {
 public:
  static std::optional<VerifierKey> parse(std::string_view vkey);
  static VerifierKey of(std::string name, const std::array<uint8_t, 32>& public_key);
  const std::string& name() const { return name_; }
  std::string text() const;
  std::string pem() const;  // SubjectPublicKeyInfo for openssl
  // The checkpoint when the note is well formed, of this origin, and carries a valid signature of
  // this key.
  std::optional<Checkpoint> open(std::string_view note) const;

 private:
  std::string name_;
  std::array<uint8_t, 32> public_key_{};
  std::array<uint8_t, 4> key_id_{};
};

class Signer {
 public:
  // Reads the PKCS#8 PEM key (refused unless a regular file without access for group and others).
  // Throws std::runtime_error naming file and cause.
  static Signer load(const std::filesystem::path& key_file, std::string name);
  // Makes key (0600), "<key>.vkey" and "<key>.pem" when the key is not there yet, then loads.
  static Signer load_or_create(const std::filesystem::path& key_file, std::string name);
  Signer(Signer&&) noexcept;
  ~Signer();

  VerifierKey verifier() const;
  // Signs, makes "<key>.state" durable, and only then gives out the whole note.
  // `proof` is the consistency proof from the last signed checkpoint to this one; empty for the
  // first. Throws std::runtime_error when this does not extend what was signed last.
  std::string sign(const Checkpoint& checkpoint, const std::vector<Hash>& proof);

  // The last checkpoint signed, and its note; nothing before the first.
  const std::optional<Checkpoint>& last_signed() const { return last_signed_; }
  const std::string& last_note() const { return last_note_; }
  // The state file is gone, but the log holds this note of ours: go on from it.
  // Throws std::runtime_error when it is not ours, or older than what is known.
  void adopt(const std::string& note);

 private:
  Signer() = default;
  void read_state();
  void remember(const std::string& note, const Checkpoint& checkpoint);
  std::filesystem::path key_file_;
  std::string name_;
  std::optional<Checkpoint> last_signed_;
  std::string last_note_;
  void* key_ = nullptr;  // EVP_PKEY
};

std::string base64(std::span<const uint8_t> bytes);
std::optional<std::vector<uint8_t>> from_base64(std::string_view text);

}  // namespace sallyport::evidence_log
