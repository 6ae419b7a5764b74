#include "controlplane/cli/problem_text.h"

#include <fmt/format.h>

#include "controlplane/cli/output.h"

namespace sallyport::cli {
namespace {

int number_of(const nlohmann::json& row, const char* name) {
  const auto found = row.find(name);
  return found != row.end() && found->is_number_integer() ? found->get<int>() : 0;
}

std::string row_text(const nlohmann::json& row, const char* name) {
  const auto found = row.find(name);
  return found != row.end() && found->is_string() ? printable(found->get<std::string>()) : "";
}

}  // namespace

std::string problem_text(const nlohmann::json& problems) {
  std::string out;
  for (const auto& row : problems) {
    if (!row.is_object()) continue;
    const int line = number_of(row, "line"), column = number_of(row, "column");
    out += row_text(row, "file");
    if (line > 0) out += fmt::format(":{}", line);
    if (line > 0 && column > 0) out += fmt::format(":{}", column);
    out += fmt::format(": {}\n", row_text(row, "message"));
    const std::string source = row_text(row, "text");
    if (source.empty()) continue;
    out += fmt::format("    {}\n", source);
    if (column > 0)
      out += fmt::format("    {}^\n", std::string(static_cast<size_t>(column) - 1, ' '));
  }
  return out;
}

}  // namespace sallyport::cli
