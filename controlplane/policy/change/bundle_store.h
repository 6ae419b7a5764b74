// bundle_store.h: the sources of bundles by digest, so that what is in force can be compared with
// what comes after it, on this host and years later.
//
//   <folder>/<bundle digest>/0/...   the bundle's own files
//   <folder>/<bundle digest>/1/...   the bundle it extends, and so on
//
// What is read back is hashed again: a folder that was changed is refused.
// Owner: sallyportd and sallyctl; several processes may put and get at once (folders appear whole).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/policy/bundle/bundle.h"

namespace sallyport::controlplane::policy {

class BundleStore {
 public:
  // Made with mode 0700 at the first put() when it does not exist.
  explicit BundleStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Throws std::runtime_error with the path and the reason when the disk refuses. What is there
  // already stays.
  void put(const Bundle& bundle) const;

  // Nothing: not there, not readable any more, or not what its name says; `error` tells which.
  std::optional<Bundle> get(const contract::Digest& digest, std::string& error) const;

  bool has(const contract::Digest& digest) const;
  std::filesystem::path path_of(const contract::Digest& digest) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace sallyport::controlplane::policy
