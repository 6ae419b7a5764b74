// kek_source.h: where the key-encryption key is kept between two starts: a root-only file, or a
// private key in a PKCS#11 token that unwraps it (kek_token.h).
//
// The file has one line per key: its generation, a space, 64 hex digits; the newest first. There
// are two only while a rotation is under way, so that a process that is killed in the middle of one
// can go on.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "controlplane/vault/key_slots.h"

namespace sallyport::vault {

class KekSource {
 public:
  virtual ~KekSource() = default;
  // Newest first. Throws VaultError: "kek_missing", "kek_refused" (mode, owner, form), "token".
  virtual Keks load() = 0;
  // Durable when it returns; what was there before is overwritten, not only unlinked.
  virtual void store(const Keks& keks) = 0;
  virtual std::string describe() const = 0;  // "file /etc/...", for status
};

// `file` as above, 0600, owned by root or by us.
class FileKekSource final : public KekSource {
 public:
  explicit FileKekSource(std::filesystem::path file) : file_(std::move(file)) {}
  Keks load() override;
  void store(const Keks& keks) override;
  std::string describe() const override { return "file " + file_.string(); }

 private:
  std::filesystem::path file_;
};

inline constexpr size_t kPrivateFileBytesMax = 64 * 1024;

// Whole content of a file that only root or we may touch. Throws VaultError, `code` as given.
Secret read_private_file(const std::filesystem::path& file, const std::string& code);
// New content, 0600, synced, under its name in one step; the former content is overwritten with
// zeros in place and synced before this returns.
void replace_private_file(const std::filesystem::path& file, std::span<const uint8_t> content);
// Zeros over the content, synced, then unlinked. False: there was no such file.
bool destroy_file(const std::filesystem::path& file);

Keks parse_keks(std::string_view text, const std::string& name);
Secret keks_text(const Keks& keks);

}  // namespace sallyport::vault
