#include "controlplane/supervise/publisher.h"

#include <charconv>
#include <cstdio>
#include <string_view>
#include <utility>

#include "controlplane/supervise/private_file.h"

namespace sallyport::supervise {

namespace {

constexpr size_t kRecentMax = 3;

struct VersionLine {
  uint64_t version = 0;
  std::optional<contract::Digest> image;
  int64_t published_at_s = 0;
};

std::string_view next_word(std::string_view& text) {
  while (!text.empty() && (text[0] == ' ' || text[0] == '\n')) text.remove_prefix(1);
  const std::string_view word = text.substr(0, text.find_first_of(" \n"));
  text.remove_prefix(word.size());
  return word;
}

template <typename T>
T number_of(std::string_view word) {
  T value = 0;
  std::from_chars(word.data(), word.data() + word.size(), value);
  return value;
}

VersionLine read_version(const std::filesystem::path& file) {
  const std::string kept = read_small(file).value_or("");
  std::string_view text = kept;
  VersionLine line;
  line.version = number_of<uint64_t>(next_word(text));
  line.image = parse_digest(next_word(text));
  line.published_at_s = number_of<int64_t>(next_word(text));
  return line;
}

}  // namespace

Publisher::Publisher(std::filesystem::path state_dir)
    : state_dir_(std::move(state_dir)), cache_(state_dir_ / "images") {}

bool Publisher::restore(int64_t now_s, std::string& error) {
  const VersionLine line = read_version(state_dir_ / "policy_version");
  highest_version_ = line.version;
  const std::optional<std::string> kept = read_small(state_dir_ / "current");
  if (!kept) return true;
  std::string_view text = *kept;
  const std::optional<contract::Digest> digest = parse_digest(next_word(text));
  if (!digest) {
    error = (state_dir_ / "current").string() + ": holds no digest";
    return false;
  }
  std::shared_ptr<const LoadedImage> image = load(*digest, error);
  if (image == nullptr) return false;
  uint64_t version = line.version;
  int64_t published_at_s = line.published_at_s;
  if (line.image != digest || version == 0) {
    published_at_s = now_s;
    version = reserve_version(*digest, now_s, error);
    if (version == 0) return false;
  }
  current_ = Published{std::move(image), version, published_at_s};
  return true;
}

std::shared_ptr<const LoadedImage> Publisher::load(const contract::Digest& digest,
                                                   std::string& error) {
  for (auto at = recent_.begin(); at != recent_.end(); ++at) {
    if ((*at)->digest != digest) continue;
    recent_.splice(recent_.begin(), recent_, at);
    return recent_.front();
  }
  const auto bytes = cache_.get(digest, &error);
  if (!bytes) return nullptr;
  std::optional<ImageNames> names = read_image_names(*bytes, error);
  if (!names) return nullptr;
  std::optional<SealedMemory> memory = SealedMemory::make("sallyport-image", *bytes, false, error);
  if (!memory) return nullptr;
  recent_.push_front(std::make_shared<const LoadedImage>(
      LoadedImage{digest, std::move(*names), std::move(*memory)}));
  if (recent_.size() > kRecentMax) recent_.pop_back();
  return recent_.front();
}

uint64_t Publisher::reserve_version(const contract::Digest& digest, int64_t now_s,
                                    std::string& error) {
  const uint64_t version = highest_version_ + 1;
  const std::string line =
      std::to_string(version) + " " + digest_hex(digest) + " " + std::to_string(now_s) + "\n";
  if (!replace_private(state_dir_ / "policy_version", line, error)) return 0;
  highest_version_ = version;
  return version;
}

bool Publisher::rise_above(uint64_t version, int64_t now_s, std::string& error) {
  // A number from shared memory: an absurd one must not use the numbers up.
  constexpr uint64_t kBelievable = 1ULL << 48;
  if (version <= highest_version_ || version > kBelievable) return true;
  highest_version_ = version;
  if (!current_) return true;
  const uint64_t above = reserve_version(current_->image->digest, now_s, error);
  if (above != 0) current_->version = above;
  return above != 0;
}

bool Publisher::publish(std::shared_ptr<const LoadedImage> image, uint64_t version, int64_t now_s,
                        std::string& error) {
  if (!replace_private(state_dir_ / "current", digest_hex(image->digest) + "\n", error))
    return false;
  current_ = Published{std::move(image), version, now_s};
  return true;
}

}  // namespace sallyport::supervise
