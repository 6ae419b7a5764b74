// bundle_job.h: compiles and tests a bundle in a process of its own.
//
// A pattern can take the compiler arbitrary time and memory. So sallyportd starts itself with
// --compile: the child has limits on both and at worst dies alone, while
// the main loop goes on. The one secret it may have is the key of dictionaries: it gets that on its
// standard input. It puts the image into the cache and prints one JSON line:
//   {"ok":true,"image","bundle","examples","tests"}
//   {"ok":false,"code","message","hint","problems":[{"file","line","column","message","text"}]}
#pragma once

#include <poll.h>
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace sallyport::supervise {

inline constexpr uint64_t kCompileMsMax = 180'000;
inline constexpr uint64_t kCompileMemoryBytesMax = 4ULL << 30;
inline constexpr size_t kCompileAnswerBytesMax = 1U << 20;
inline constexpr size_t kBundleProblemsMax = 100;  // reported; the rest is counted

class BundleJob {
 public:
  // `dictionary_key`: kDictionaryKeyBytes, or empty: then a bundle with dictionaries is refused.
  // Null: `error` says why no process could be started.
  static std::unique_ptr<BundleJob> start(const std::filesystem::path& folder,
                                          const std::filesystem::path& images,
                                          std::span<const uint8_t> dictionary_key, uint64_t now_ms,
                                          std::string& error);
  // Ends the child when it still runs.
  ~BundleJob();
  BundleJob(const BundleJob&) = delete;
  BundleJob& operator=(const BundleJob&) = delete;

  void add_to(std::vector<pollfd>& polled) const { polled.push_back({fd_, POLLIN, 0}); }
  // The child's answer, or an error of the same form when it died or took too long.
  std::optional<nlohmann::json> poll(uint64_t now_ms);

 private:
  BundleJob() = default;
  nlohmann::json answer_of_exit(int status) const;

  pid_t child_ = -1;
  int fd_ = -1;
  uint64_t deadline_ms_ = 0;
  std::string output_;
  bool timed_out_ = false;
};

// The child's side: 0 published into the cache, 1 not; the line goes to standard output. The key of
// dictionaries is read from standard input when that is a pipe.
int compile_bundle(const std::filesystem::path& folder, const std::filesystem::path& images);

}  // namespace sallyport::supervise
