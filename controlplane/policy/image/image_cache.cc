#include "controlplane/policy/image/image_cache.h"

#include <fstream>
#include <iterator>
#include <system_error>

#include "controlplane/policy/bundle/digest.h"
#include "controlplane/policy/bundle/whole_file.h"

namespace sallyport::controlplane::policy {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kSuffix = ".image";

}  // namespace

fs::path ImageCache::path_of(const contract::Digest& digest) const {
  return folder_ / (digest_hex(digest) + std::string(kSuffix));
}

fs::path ImageCache::put(const CompiledImage& image) const {
  if (!fs::exists(folder_)) {
    fs::create_directories(folder_);
    fs::permissions(folder_, fs::perms::owner_all);
  }
  const fs::path path = path_of(image.image_digest);
  write_whole_file(path, image.bytes);
  return path;
}

std::optional<std::vector<uint8_t>> ImageCache::get(const contract::Digest& digest,
                                                    std::string* error) const {
  const fs::path path = path_of(digest);
  const auto refuse = [&](const std::string& why) {
    if (error != nullptr) *error = path.string() + ": " + why;
    return std::nullopt;
  };
  std::error_code failed;
  const auto size = fs::file_size(path, failed);
  if (failed) return refuse("there is no such image");
  if (size > contract::kImageBytesMax) return refuse("too large for an image");
  std::ifstream in(path, std::ios::binary);
  std::vector<uint8_t> bytes(static_cast<size_t>(size));
  in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (in.gcount() != static_cast<std::streamsize>(bytes.size())) return refuse("cannot be read");
  if (sha256(bytes) != digest) return refuse("the file was changed: its digest is another one");
  return bytes;
}

std::vector<contract::Digest> ImageCache::list() const {
  std::vector<contract::Digest> out;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder_, failed)) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with(kSuffix)) continue;
    if (const auto digest = parse_digest(name.substr(0, name.size() - kSuffix.size())))
      out.push_back(*digest);
  }
  return out;
}

}  // namespace sallyport::controlplane::policy
