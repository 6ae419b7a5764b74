// image_cache.h: the images that were ever published here, by digest: <folder>/<hex>.image, 0600.
//
// A rollback is a publication of a former digest, so images stay. What is read back is hashed
// again: a file that was changed is refused, never published.
// Owner: sallyportd and sallyctl; several processes may put and get at once (files appear whole).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/policy/image/image_writer.h"
#include "dataplane/contract/image_layout.h"

namespace sallyport::controlplane::policy {

class ImageCache {
 public:
  // Made with mode 0700 at the first put() when it does not exist.
  explicit ImageCache(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Written beside, synced, renamed: the path of the image. Throws std::runtime_error with the path
  // and the reason when the disk refuses.
  std::filesystem::path put(const CompiledImage& image) const;

  // Nothing: not there, not readable, or not what its name says; `error` (optional) tells which.
  std::optional<std::vector<uint8_t>> get(const contract::Digest& digest,
                                          std::string* error = nullptr) const;

  std::filesystem::path path_of(const contract::Digest& digest) const;

  // Digests of the files there, in no promised order.
  std::vector<contract::Digest> list() const;

 private:
  std::filesystem::path folder_;
};

}  // namespace sallyport::controlplane::policy
