#include "controlplane/supervise/credentials/known_keys.h"

#include <optional>

#include "controlplane/supervise/credentials/private_file.h"

namespace sallyport::supervise {
namespace {

// Two names for each of some thousand tenants.
constexpr size_t kFileBytesMax = size_t{1} << 20;

std::string text_of(const std::filesystem::path& file) {
  return read_small(file, kFileBytesMax).value_or("");
}

bool holds_line(std::string_view text, std::string_view line) {
  for (size_t end = text.find('\n'); end != text.npos; end = text.find('\n')) {
    if (text.substr(0, end) == line) return true;
    text.remove_prefix(end + 1);
  }
  return false;
}

}  // namespace

bool KnownKeys::has(std::string_view name) const { return holds_line(text_of(file_), name); }

bool KnownKeys::add(std::string_view name, std::string& error) const {
  const std::string before = text_of(file_);
  if (holds_line(before, name)) return true;
  std::string line(name);
  line += '\n';
  if (!before.empty() && before.back() != '\n') line.insert(line.begin(), '\n');
  return append_private(file_, line, error);
}

}  // namespace sallyport::supervise
