// keys_file.h: entries of <bundle>/keys.yaml, added and removed without touching the rest of the
// text: comments, order and spacing of an operator's file stay.
//
// The file is replaced as a whole (written beside with mode 0600, synced, renamed). A file that
// cannot be read as keys.yaml is never written over.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/policy/bundle/bundle.h"
#include "controlplane/policy/bundle/names.h"

namespace sallyport::controlplane::policy {

class KeysFile {
 public:
  // `bundle_folder`/keys.yaml; it need not exist yet.
  explicit KeysFile(const std::filesystem::path& bundle_folder)
      : path_(bundle_folder / "keys.yaml") {}

  enum class Result : uint8_t {
    Done,
    Exists,      // add: an entry of this id, or of this HMAC
    NotFound,    // remove
    Unreadable,  // the file is not a keys.yaml; error() says where
    NotWritten   // the disk refused; error() says why
  };

  // Entries in the order of the file. False: unreadable, error() says where.
  [[nodiscard]] bool list(std::vector<GatewayKey>& out);
  // Appends one entry. REQUIRES: names are valid (is_bundle_name() and the checks of the bundle).
  [[nodiscard]] Result add(const GatewayKey& key);
  // Removes the entry of this id, with the comment lines directly above it.
  [[nodiscard]] Result remove(std::string_view id);

  const std::filesystem::path& path() const { return path_; }
  const std::string& error() const { return error_; }  // of the last call

 private:
  Result replace(const std::optional<std::string>& text, const std::vector<GatewayKey>& expected);

  std::filesystem::path path_;
  std::string error_;
};

}  // namespace sallyport::controlplane::policy
