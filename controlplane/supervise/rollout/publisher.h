// publisher.h: which policy images are published, under which version, across restarts.
//
//   <state dir>/images/<digest>.image   what was published here lately, and what was compiled
//   lately <state dir>/current                 what is in force (rollout_state.h) <state
//   dir>/policy_version          "<version> <digest> <Unix seconds>": the highest version
//                                       that was ever handed out, and for which base image
//   <state dir>/published               a line "<digest> <Unix seconds>" for each image that was in
//                                       force, newest last: what a rollback may name
//
// A version is the number of a whole: base, canary and routes. Versions only ascend: one is written
// down before a dataplane can see it. When `current` and `policy_version` differ (we died between
// them, or the dataplane refused the newer image), what is current gets a version above both.
// Owner  the main loop.
#pragma once

#include <cstdint>
#include <filesystem>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/policy/image/image_cache.h"
#include "controlplane/supervise/credentials/sealed_memory.h"
#include "controlplane/supervise/rollout/image_names.h"
#include "controlplane/supervise/rollout/rollout_state.h"

namespace sallyport::supervise {

using controlplane::policy::digest_hex;
using controlplane::policy::parse_digest;

// Images that stay on disk besides those in force: the newest, by last use. A rollback further back
// compiles the bundle again; the log keeps the history.
inline constexpr size_t kImagesKept = 32;
inline constexpr size_t kPublishedKept = 64;

// An image of the cache, hashed, in sealed memory: ready to be sent.
struct LoadedImage {
  contract::Digest digest{};
  ImageNames names;
  SealedMemory memory;
};

// What decides, or is about to.
struct Plan {
  std::shared_ptr<const LoadedImage> base;
  std::shared_ptr<const LoadedImage> canary;  // null: none
  RolloutState state;
};

struct Published {
  std::shared_ptr<const LoadedImage> image;   // the base
  std::shared_ptr<const LoadedImage> canary;  // null: none
  RolloutState rollout;
  uint64_t version = 0;
  int64_t published_at_s = 0;
};

class Publisher {
 public:
  explicit Publisher(std::filesystem::path state_dir);

  // What was published before. False: something was, and it cannot be used any more (`error`). A
  // canary that is lost is dropped, and canary_lost() says so.
  bool restore(int64_t now_s, std::string& error);
  bool canary_lost() const noexcept { return canary_lost_; }
  // Nothing: not in the cache, changed on disk, or no image; `error` says which.
  std::shared_ptr<const LoadedImage> load(const contract::Digest& digest, std::string& error);
  // Writes the next version down for this base image. 0: the disk refused (`error`).
  uint64_t reserve_version(const contract::Digest& digest, int64_t now_s, std::string& error);
  // A dataplane that lived on while our state was lost may know higher versions: the current image
  // then gets one above. False: the disk refused.
  bool rise_above(uint64_t version, int64_t now_s, std::string& error);
  // Makes it current, on disk first.
  bool publish(const Plan& plan, uint64_t version, int64_t now_s, std::string& error);
  // Was this image ever in force here, as far as it is remembered?
  bool was_published(const contract::Digest& digest) const;
  // Removes images beyond kImagesKept; never one that is in force or that rollback names.
  size_t prune();

  const std::optional<Published>& current() const noexcept { return current_; }
  uint64_t next_version() const noexcept { return highest_version_ + 1; }
  std::filesystem::path images_folder() const { return state_dir_ / "images"; }

 private:
  void remember(const contract::Digest& digest, int64_t now_s);

  std::filesystem::path state_dir_;
  controlplane::policy::ImageCache cache_;
  std::list<std::shared_ptr<const LoadedImage>> recent_;  // newest first; a swap back is quick
  std::optional<Published> current_;
  std::vector<std::pair<contract::Digest, int64_t>> published_;  // oldest first
  uint64_t highest_version_ = 0;
  bool canary_lost_ = false;
};

}  // namespace sallyport::supervise
