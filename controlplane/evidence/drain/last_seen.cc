#include "controlplane/evidence/drain/last_seen.h"

#include <exception>
#include <string_view>

#include "controlplane/evidence/log/plain_file.h"

namespace sallyport::evidence_log {
namespace {

constexpr size_t kSeenBytesMax = 16'384;  // a note with its cosignatures
constexpr const char* kSeenFile = "evidence.seen";
constexpr const char* kFindingFile = "evidence.put_back";

std::optional<std::string> text_of(const std::filesystem::path& file) {
  try {
    return read_file(file, kSeenBytesMax);
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

void put(const std::filesystem::path& file, std::string_view text) {
  try {
    replace_file(file, text, 0600);
  } catch (const std::exception&) {
    // The next checkpoint tries again.
  }
}

}  // namespace

std::optional<Checkpoint> LastSeen::checkpoint() const {
  if (folder_.empty()) return std::nullopt;
  const auto note = text_of(folder_ / kSeenFile);
  return note ? read_checkpoint(*note) : std::nullopt;
}

std::string LastSeen::finding() const {
  if (folder_.empty()) return {};
  return text_of(folder_ / kFindingFile).value_or("");
}

void LastSeen::keep(const std::string& note) const {
  if (!folder_.empty()) put(folder_ / kSeenFile, note);
}

void LastSeen::keep_finding(const std::string& text) const {
  if (!folder_.empty()) put(folder_ / kFindingFile, text);
}

}  // namespace sallyport::evidence_log
