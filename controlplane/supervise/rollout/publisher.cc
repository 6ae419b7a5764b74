#include "controlplane/supervise/rollout/publisher.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <string_view>
#include <utility>

#include "controlplane/supervise/credentials/private_file.h"

namespace sallyport::supervise {

namespace {

constexpr size_t kRecentMax = 4;  // base, canary, former, the next

// 256 tenants of a canary, or 64 digests.
constexpr size_t kStateBytesMax = 64 * 1024;

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

std::vector<std::pair<contract::Digest, int64_t>> read_published(
    const std::filesystem::path& file) {
  std::vector<std::pair<contract::Digest, int64_t>> out;
  const std::string kept = read_small(file, kStateBytesMax).value_or("");
  std::string_view text = kept;
  while (const auto digest = parse_digest(next_word(text)))
    out.emplace_back(*digest, number_of<int64_t>(next_word(text)));
  return out;
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
  published_ = read_published(state_dir_ / "published");
  const std::optional<std::string> kept = read_small(state_dir_ / "current", kStateBytesMax);
  if (!kept) return true;
  std::string_view text = *kept;
  const std::optional<contract::Digest> digest = parse_digest(next_word(text));
  if (!digest) {
    error = (state_dir_ / "current").string() + ": holds no digest";
    return false;
  }
  const size_t second = text.find_first_not_of(" \n");
  const auto rollout = second == std::string_view::npos
                           ? std::optional<RolloutState>(RolloutState{})
                           : parse_rollout_line(text.substr(second));
  if (!rollout) {
    error = (state_dir_ / "current").string() + ": its second line does not hold";
    return false;
  }
  std::shared_ptr<const LoadedImage> image = load(*digest, error);
  if (image == nullptr) return false;
  Published found{std::move(image), nullptr, *rollout, line.version, line.published_at_s};
  if (rollout->canary) found.canary = load(*rollout->canary, error);
  canary_lost_ = rollout->canary.has_value() && found.canary == nullptr;
  if (line.image != digest || line.version == 0 || canary_lost_) {
    found.published_at_s = now_s;
    found.version = reserve_version(*digest, now_s, error);
    if (found.version == 0) return false;
  }
  if (canary_lost_) {
    found.rollout.canary.reset();
    found.rollout.tenants.clear();
    found.rollout.confirm_by_s = 0;
  }
  if (found.rollout.base_version == 0 || line.image != digest)
    found.rollout.base_version = found.version;
  current_ = std::move(found);
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
  if (above != 0) current_->version = current_->rollout.base_version = above;
  return above != 0;
}

bool Publisher::publish(const Plan& plan, uint64_t version, int64_t now_s, std::string& error) {
  const std::string text = digest_hex(plan.base->digest) + "\n" + rollout_line(plan.state) + "\n";
  if (!replace_private(state_dir_ / "current", text, error)) return false;
  const bool is_new = !current_ || current_->image->digest != plan.base->digest;
  current_ = Published{plan.base, plan.canary, plan.state, version, now_s};
  if (is_new) remember(plan.base->digest, now_s);
  return true;
}

// Losing this file costs a choice of rollbacks, no more: a full disk is no reason to refuse.
void Publisher::remember(const contract::Digest& digest, int64_t now_s) {
  std::erase_if(published_, [&](const auto& one) { return one.first == digest; });
  published_.emplace_back(digest, now_s);
  if (published_.size() > kPublishedKept) published_.erase(published_.begin());
  std::string text;
  for (const auto& [image, at] : published_)
    text += digest_hex(image) + " " + std::to_string(at) + "\n";
  std::string error;
  replace_private(state_dir_ / "published", text, error);
  std::error_code failed;
  std::filesystem::last_write_time(cache_.path_of(digest),
                                   std::filesystem::file_time_type::clock::now(), failed);
}

bool Publisher::was_published(const contract::Digest& digest) const {
  return std::any_of(published_.begin(), published_.end(),
                     [&](const auto& one) { return one.first == digest; });
}

size_t Publisher::prune() {
  namespace fs = std::filesystem;
  std::vector<std::pair<fs::file_time_type, fs::path>> others;
  for (const contract::Digest& digest : cache_.list()) {
    const bool is_needed =
        current_ && (digest == current_->image->digest || digest == current_->rollout.canary ||
                     digest == current_->rollout.former);
    std::error_code failed;
    const fs::path path = cache_.path_of(digest);
    const auto used = fs::last_write_time(path, failed);
    if (!is_needed && !failed) others.emplace_back(used, path);
  }
  if (others.size() <= kImagesKept) return 0;
  std::sort(others.begin(), others.end());
  size_t removed = 0;
  for (size_t i = 0; i + kImagesKept < others.size(); ++i) {
    std::error_code failed;
    removed += fs::remove(others[i].second, failed) ? 1 : 0;
  }
  return removed;
}

}  // namespace sallyport::supervise
