// path_pattern.h: how the path of an endpoint is written in an image, so that one entry names every
// deployment, model or object.
//
//   /v1/responses/{id}                               a whole segment
//   /v1beta/models/{model}:generateContent           a segment up to its verb
//   /openai/deployments/{model}/chat/completions
//
// A variable stands at the beginning of a segment and for one to kPathVariableBytesMax characters
// of kPathVariableOthers, letters and digits; never for a slash, and never for "." or "..". Of the
// escapes only that of the colon is one (some SDKs write it in model names), and in a model that is
// an ARN that of the slash; everything else that needs one is no id of a vendor. The variable
// `model` names the model.
#pragma once

#include <cstddef>
#include <string_view>

namespace sallyport::contract {

inline constexpr size_t kPathVariablesMax = 6;  // Vertex has four; one path is one screen line
inline constexpr size_t kPathVariableBytesMax = 256;  // the longest model names (ARNs) have 150
inline constexpr std::string_view kPathVariableOthers = "._~-@:";
inline constexpr std::string_view kPathModelVariable = "model";

constexpr bool is_path_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Is what stands at `at` of a segment an escape that a path may have? The slash of an ARN
// ("arn:aws: bedrock:...:application-inference-profile/a1b2") is an escape or it would end the
// segment; what stands behind it is a name and no dot, so a reader that takes it for a slash goes
// nowhere else.
constexpr bool is_path_escape(std::string_view segment, size_t at) noexcept {
  const std::string_view escape = segment.substr(at, 3);
  if (escape == "%3A" || escape == "%3a") return true;
  const bool is_arn =
      segment.starts_with("arn:") || segment.starts_with("arn%3A") || segment.starts_with("arn%3a");
  return is_arn && (escape == "%2F" || escape == "%2f") && at + 3 < segment.size() &&
         is_path_letter(segment[at + 3]);
}

// Is one segment of a pattern well formed: text without braces, or {name}, or {name}:verb?
constexpr bool is_pattern_segment(std::string_view segment) noexcept {
  if (segment.find_first_of("{}") == std::string_view::npos) return !segment.empty();
  const size_t close = segment.find('}');
  if (segment[0] != '{' || close == std::string_view::npos || close == 1) return false;
  for (char c : segment.substr(1, close - 1))
    if (!is_path_letter(c) && c != '_') return false;
  const std::string_view verb = segment.substr(close + 1);
  return verb.empty() ||
         (verb.size() > 1 && verb[0] == ':' && verb.find_first_of("{}") == std::string_view::npos);
}

// Is `pattern` a path whose segments are well formed, with few enough variables?
constexpr bool is_path_pattern(std::string_view pattern) noexcept {
  if (pattern.size() < 2 || pattern[0] != '/') return false;
  size_t variables = 0;
  while (!pattern.empty()) {
    pattern.remove_prefix(1);
    const std::string_view segment = pattern.substr(0, pattern.find('/'));
    if (!is_pattern_segment(segment)) return false;
    if (segment[0] == '{' && ++variables > kPathVariablesMax) return false;
    pattern.remove_prefix(segment.size());
  }
  return true;
}

constexpr bool has_path_variable(std::string_view pattern) noexcept {
  return pattern.find('{') != std::string_view::npos;
}

}  // namespace sallyport::contract
