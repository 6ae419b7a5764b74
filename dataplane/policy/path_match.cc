#include "dataplane/policy/path_match.h"

namespace sallyport::policy {
namespace {

// `may_colon`: no verb follows behind a colon, so the variable itself may have one. `is_model`: it
// may be an ARN.
bool is_variable(std::string_view text, bool may_colon, bool is_model) noexcept {
  if (text.empty() || text.size() > contract::kPathVariableBytesMax) return false;
  if (text == "." || text == "..") return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (contract::is_path_letter(c)) continue;
    if (c == ':' && !may_colon) return false;
    if (contract::kPathVariableOthers.find(c) != std::string_view::npos) continue;
    if (c != '%' || !contract::is_path_escape(text, i)) return false;
    const bool is_colon = text[i + 1] == '3';  // else the slash of an ARN
    if (!is_colon && !is_model) return false;
    i += 2;
  }
  return true;
}

bool match_segment(std::string_view pattern, std::string_view segment,
                   PathVariables& out) noexcept {
  if (pattern[0] != '{') return pattern == segment;
  const size_t close = pattern.find('}');
  const std::string_view verb = pattern.substr(close + 1);
  if (!segment.ends_with(verb)) return false;
  const std::string_view value = segment.substr(0, segment.size() - verb.size());
  const bool is_model = pattern.substr(1, close - 1) == contract::kPathModelVariable;
  if (!is_variable(value, verb.empty(), is_model)) return false;
  out.values[out.count++] = value;
  if (is_model) out.model = value;
  return true;
}

}  // namespace

bool is_plain_path(std::string_view path) noexcept {
  if (path.empty()) return false;
  while (!path.empty()) {
    if (path[0] != '/') return false;
    path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    if (segment.find('%') != std::string_view::npos || !is_variable(segment, true, false))
      return false;
    path.remove_prefix(segment.size());
  }
  return true;
}

bool match_path(std::string_view pattern, std::string_view path, PathVariables& out) noexcept {
  out = PathVariables{};
  while (!pattern.empty()) {
    if (path.empty() || path[0] != '/') return false;
    pattern.remove_prefix(1);
    path.remove_prefix(1);
    const std::string_view wanted = pattern.substr(0, pattern.find('/'));
    const std::string_view segment = path.substr(0, path.find('/'));
    if (!match_segment(wanted, segment, out)) return false;
    pattern.remove_prefix(wanted.size());
    path.remove_prefix(segment.size());
  }
  return path.empty();
}

}  // namespace sallyport::policy
