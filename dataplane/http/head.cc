#include "dataplane/http/head.h"

#include <algorithm>

namespace sallyport::http {

bool list_has_token(std::string_view list, std::string_view token) noexcept {
  while (!list.empty()) {
    const size_t comma = list.find(',');
    if (equals_ignoring_case(without_ows(list.substr(0, comma)), token)) return true;
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
  return false;
}

std::string_view Headers::find(std::string_view name) const noexcept {
  for (const Header& header : *this)
    if (equals_ignoring_case(header.name, name)) return header.value;
  return {};
}

size_t Headers::count_of(std::string_view name) const noexcept {
  return static_cast<size_t>(std::count_if(
      begin(), end(), [&](const Header& h) { return equals_ignoring_case(h.name, name); }));
}

bool Headers::add(Header header) noexcept {
  if (count_ == headers_.size()) return false;
  headers_[count_++] = header;
  return true;
}

std::string_view head_error_name(HeadError error) noexcept {
  static constexpr std::array<std::string_view, static_cast<size_t>(HeadError::kCount)> kNames{
      "none",
      "too_large",
      "too_many_headers",
      "bad_start_line",
      "bad_version",
      "bad_method",
      "bad_target",
      "bad_line_end",
      "bad_header_name",
      "bad_header_value",
      "line_folding",
      "space_before_colon",
      "missing_host",
      "duplicate_host",
      "bad_host",
      "host_mismatch",
      "length_and_chunked",
      "duplicate_length",
      "bad_length",
      "bad_transfer_coding",
      "old_version_chunked",
      "bad_expectation",
      "bad_status",
      "bad_content_type",
      "connect",
      "http2"};
  return kNames[static_cast<size_t>(error)];
}

}  // namespace sallyport::http
