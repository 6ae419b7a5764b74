#include "controlplane/cli/bundle_reading.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <string_view>

#include "controlplane/cli/output.h"
#include "controlplane/cli/problem_text.h"

namespace sallyport::cli {

namespace cp = controlplane::policy;

nlohmann::json problems_json(const std::vector<cp::Problem>& problems) {
  nlohmann::json rows = nlohmann::json::array();
  for (const cp::Problem& problem : problems)
    rows.push_back({{"file", problem.file},
                    {"line", problem.line},
                    {"column", problem.column},
                    {"message", problem.message},
                    {"text", problem.source_line}});
  return rows;
}

Failure bundle_failure(const std::string& what, const std::vector<cp::Problem>& problems) {
  Failure failure(Exit::No, "bundle_invalid", what,
                  problems.size() == 1 ? "1 problem, above"
                                       : fmt::format("{} problems, above", problems.size()),
                  "mend the lines that are named, then check again");
  failure.problems = problems_json(problems);
  failure.problems_text = problem_text(failure.problems);
  return failure;
}

cp::Bundle read_bundle_or_fail(const std::filesystem::path& folder) {
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error))
    throw Failure(Exit::NotFound, "no_folder",
                  fmt::format("there is no folder {}", printable(folder.string())),
                  error ? error.message() : "it is not a folder", "name the folder of a bundle");
  std::vector<cp::Problem> problems;
  auto bundle = cp::read_bundle(folder, problems);
  if (!bundle)
    throw bundle_failure(fmt::format("the bundle {} is not good", folder.string()), problems);
  return std::move(*bundle);
}

CompiledBundle compile_or_fail(const std::filesystem::path& folder,
                               const cp::CompileOptions& options) {
  CompiledBundle out{read_bundle_or_fail(folder), {}};
  std::vector<cp::Problem> problems;
  cp::CompileOptions how = options;
  // A million values take a second or two; a person at a terminal is told that it goes on.
  if (isatty(STDERR_FILENO) == 1)
    how.progress = [](std::string_view dictionary, size_t values) {
      fmt::print(stderr, "\rcompiling dictionary {}: {} values ", dictionary, values);
    };
  auto image = cp::compile_image(out.bundle, problems, how);
  if (isatty(STDERR_FILENO) == 1 && !out.bundle.dictionaries.empty())
    fmt::print(stderr, "\r\033[K");
  if (!image)
    throw bundle_failure(fmt::format("the bundle {} does not compile", folder.string()), problems);
  out.image = std::move(*image);
  return out;
}

}  // namespace sallyport::cli
