// code_guard.h: application code that would go around the appliance, or writes prompts to its logs.
//
// Findings
//   code_vendor_host       a string names the host of a vendor
//   code_no_base_url       a client of a vendor's SDK is made without a base URL
//   code_prompt_logged     a prompt, or what a model said, is an argument of a log call
//   code_bare_suppression  a suppression without a reason
// A comment in the same line or the one above lets one pass, and is kept with its reason:
//   # sallyport: allow code_vendor_host -- a health page that sends no data
//
// What is looked at: Python, JavaScript and TypeScript, Go, Java, up to 1 MiB a file. Folders that
// hold what others wrote (node_modules, vendor ...) and those that begin with a dot are not; links
// are not followed. In a git repository files that it ignores and does not track are not either.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/policy/change/code_text.h"

namespace sallyport::controlplane::policy {

inline constexpr size_t kCodeFileBytesMax = 1U << 20;  // larger is generated
inline constexpr size_t kCodeFilesMax = 1'000'000;     // more is no source tree

struct CodeGuardOptions {
  std::vector<std::string> hosts;          // of vendors, besides those that are known
  std::vector<std::string> skip;           // names of further folders
  bool base_url_from_environment = false;  // OPENAI_BASE_URL and its like are set where this runs
};

struct CodeFinding {
  std::string rule;
  std::string message;
  std::string file;  // relative to the folder
  int line = 0;
  int column = 0;             // in bytes, from 1
  std::string justification;  // of a suppressed one; empty: it counts
};

struct CodeReport {
  std::vector<CodeFinding> findings;  // by file and line
  size_t files = 0;                   // looked at
  size_t too_large = 0;
  size_t refused() const;
};

// Findings of one text, without `file`.
std::vector<CodeFinding> guard_code_text(std::string_view text, CodeLanguage language,
                                         const CodeGuardOptions& options);

// Throws std::runtime_error when the folder cannot be read.
CodeReport guard_code(const std::filesystem::path& folder, const CodeGuardOptions& options);

// (name, sentence) of every rule.
const std::vector<std::pair<std::string, std::string>>& code_rules();

}  // namespace sallyport::controlplane::policy
