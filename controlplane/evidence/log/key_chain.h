// key_chain.h: the keys that signed one log, one after the other, and who may have signed what.
//
//   record i      KEY, action log_key_rotated: `before` and `after` are the digests (SHA-256) of
//   the
//                 verifier key lines of the old and of the new key
//   checkpoint N  N > i, signed by both keys over the same body: the old one says who comes next,
//                 the new one says what came before
//
// So who trusts the first key alone walks forward, and who trusts the newest alone walks back; both
// need the record and both signatures. A key signs sizes from its own crossing checkpoint to that
// of the next key, both included, and nothing else: a retired key is worth nothing any more, and a
// new one nothing for the time before it. docs/decisions/010_keys_of_the_log_change.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/evidence/log/checkpoint.h"
#include "controlplane/evidence/log/control_record.h"
#include "controlplane/evidence/log/signing_key.h"

namespace sallyport::evidence_log {

// Where a private key is: a file beside the signer's state, or a token.
struct KeyPlace {
  std::string file;  // its name alone; empty: a token
  std::optional<TokenKeyOptions> token;
  std::string text() const;  // "evidence.key.2", or "evidence-log in token sallyport"
};

// One key of the log, as the store keeps it. `record` and `checkpoint`: how it came, kNoIndex and 0
// for the first one. `retired`: the record that says its end, kNoIndex while there is none.
struct LogKey {
  std::string vkey;
  KeyPlace place;
  uint64_t record = ~0ULL;
  uint64_t checkpoint = 0;
  uint64_t retired = ~0ULL;
};
std::string log_keys_text(const std::vector<LogKey>& keys);
// Throws std::runtime_error for what is no such text: the store is damaged.
std::vector<LogKey> log_keys_of(std::string_view text);

inline constexpr std::string_view kRotationAction = "log_key_rotated";
// SHA-256 over the line, without a newline: `printf %s LINE | sha256sum`.
contract::Digest key_digest(std::string_view vkey);
std::string key_id_text(std::string_view vkey);  // the 8 digits in the line
// The record of a change; its result is `intended`, and what came of it follows when it failed.
ControlRecord rotation_record(const std::string& old_vkey, const std::string& new_vkey,
                              const KeyPlace& place);
bool is_rotation_record(std::span<const uint8_t> record);
bool names_both(std::span<const uint8_t> record, std::string_view old_vkey,
                std::string_view new_vkey);

// Opens a private key: a file of `folder`, or a token by `open_token`.
// Throws std::runtime_error that names the place.
using OpenToken = std::function<std::unique_ptr<SigningKey>(const TokenKeyOptions&)>;
std::unique_ptr<SigningKey> open_signing_key(const KeyPlace& place,
                                             const std::filesystem::path& folder,
                                             const OpenToken& open_token);

class KeyChain {
 public:
  // `keys` as the log lists them; of a log that never listed any, `trusted` is the only one.
  // problem() when `trusted` is not among them; then nothing is opened.
  KeyChain(const VerifierKey& trusted, const std::vector<LogKey>& keys);
  const std::string& problem() const { return problem_; }
  // The checkpoint, when the key that was in force at its size signed it; else `why` says what is
  // wrong with its signature.
  std::optional<Checkpoint> open(std::string_view note, std::string& why) const;
  // The change to key `number` (from 1 on), with the record and the note that the log has for it:
  // empty, or what is missing.
  std::string change_problem(size_t number, std::span<const uint8_t> record,
                             std::string_view note) const;
  size_t size() const { return links_.size(); }

 private:
  struct Link {
    VerifierKey key;
    uint64_t first = 0;
    uint64_t last = ~0ULL;
    uint64_t record = ~0ULL;
  };
  std::vector<Link> links_;
  std::string problem_;
};

}  // namespace sallyport::evidence_log
