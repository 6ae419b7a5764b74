// publisher.h: which policy image is published, under which version, across restarts.
//
//   <state dir>/images/<digest>.image   every image that was ever published here
//   <state dir>/current                 digest of the published one
//   <state dir>/policy_version          "<version> <digest> <Unix seconds>": the highest version
//                                       that was ever handed out, and for which image
//
// Versions only ascend: a version is written down before a dataplane can see it. When the two files
// differ (we died between them, or the dataplane refused the newer image), the current image gets a
// version above both.
// Owner  the main loop.
#pragma once

#include <cstdint>
#include <filesystem>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "controlplane/policy/image_cache.h"
#include "controlplane/supervise/image_names.h"
#include "controlplane/supervise/sealed_memory.h"

namespace sallyport::supervise {

using controlplane::policy::digest_hex;
using controlplane::policy::parse_digest;

// An image of the cache, hashed, in sealed memory: ready to be sent.
struct LoadedImage {
  contract::Digest digest{};
  ImageNames names;
  SealedMemory memory;
};

struct Published {
  std::shared_ptr<const LoadedImage> image;
  uint64_t version = 0;
  int64_t published_at_s = 0;
};

class Publisher {
 public:
  explicit Publisher(std::filesystem::path state_dir);

  // What was published before. False: something was, and it cannot be used any more (`error`).
  bool restore(int64_t now_s, std::string& error);
  // Nothing: not in the cache, changed on disk, or no image; `error` says which.
  std::shared_ptr<const LoadedImage> load(const contract::Digest& digest, std::string& error);
  // Writes the next version down for this image. 0: the disk refused (`error`).
  uint64_t reserve_version(const contract::Digest& digest, int64_t now_s, std::string& error);
  // A dataplane that lived on while our state was lost may know higher versions: the current image
  // then gets one above. False: the disk refused.
  bool rise_above(uint64_t version, int64_t now_s, std::string& error);
  // Makes it the current one, on disk first.
  bool publish(std::shared_ptr<const LoadedImage> image, uint64_t version, int64_t now_s,
               std::string& error);

  const std::optional<Published>& current() const noexcept { return current_; }
  uint64_t next_version() const noexcept { return highest_version_ + 1; }
  std::filesystem::path images_folder() const { return state_dir_ / "images"; }

 private:
  std::filesystem::path state_dir_;
  controlplane::policy::ImageCache cache_;
  std::list<std::shared_ptr<const LoadedImage>> recent_;  // newest first; a swap back is quick
  std::optional<Published> current_;
  uint64_t highest_version_ = 0;
};

}  // namespace sallyport::supervise
