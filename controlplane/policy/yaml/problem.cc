#include "controlplane/policy/yaml/problem.h"

#include <algorithm>
#include <numeric>

namespace sallyport::controlplane::policy {
namespace {

// A line of a bundle is short; what is longer is cut, so that a problem stays readable.
constexpr size_t kShownBytesMax = 160;

std::string_view line_of(std::string_view text, int line) {
  for (int at = 1; at < line; ++at) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// Edits from one word to the other: insertions, deletions, replacements, and neighbours swapped
// (optimal string alignment). Case does not count. Words are short.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1), row(b.size() + 1), next(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    next[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const bool same = lower(a[i]) == lower(b[j]);
      next[j + 1] = std::min({row[j + 1] + 1, next[j] + 1, row[j] + (same ? 0U : 1U)});
      if (i > 0 && j > 0 && lower(a[i]) == lower(b[j - 1]) && lower(a[i - 1]) == lower(b[j]))
        next[j + 1] = std::min(next[j + 1], before[j - 1] + 1);
    }
    before.swap(row);
    row.swap(next);
  }
  return row[b.size()];
}

}  // namespace

std::string Problem::render() const {
  std::string out = file;
  if (line > 0) out += ":" + std::to_string(line);
  if (line > 0 && column > 0) out += ":" + std::to_string(column);
  out += ": " + message;
  if (source_line.empty()) return out;
  out += "\n    " + source_line;
  if (column <= 0) return out;
  out += "\n    ";
  // Tabs stay tabs, so that the caret stands below its character in any terminal.
  int at = 1;
  for (size_t i = 0; i < source_line.size() && at < column; ++i) {
    if (continues_character(source_line[i])) continue;
    out += source_line[i] == '\t' ? '\t' : ' ';
    ++at;
  }
  return out + "^";
}

Problem Sources::problem(const Place& place, std::string message) const {
  Problem out{place.file, place.line, place.column, std::move(message), {}};
  const auto found = texts_.find(place.file);
  if (found == texts_.end() || place.line <= 0) return out;
  const std::string_view line = line_of(found->second, place.line);
  if (line.size() <= kShownBytesMax) {
    out.source_line = line;
  } else {
    size_t cut = kShownBytesMax;
    while (cut > 0 && continues_character(line[cut])) --cut;
    out.source_line = std::string(line.substr(0, cut)) + "...";
  }
  // Control characters of a damaged file must not reach a terminal.
  for (char& c : out.source_line)
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f) c = '?';
  return out;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
  std::string best;
  size_t best_distance = std::max<size_t>(1, word.size() / 3) + 1;
  if (word.size() > 64) return {};
  for (const std::string& name : known) {
    if (name.size() > 64) continue;
    const size_t d = distance(word, name);
    if (d < best_distance) {
      best_distance = d;
      best = name;
    }
  }
  return best.empty() ? std::string() : " (did you mean '" + best + "'?)";
}

}  // namespace sallyport::controlplane::policy
