// sarif.h: findings as SARIF 2.1.0, the form that code hosts show beside the changed line.
//
// https://docs.oasis-open.org/sarif/sarif/v2.1.0/
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace sallyport::controlplane::policy {

struct SarifResult {
  std::string rule;
  std::string message;
  std::string file;  // relative to the root of the repository
  int line = 0;      // 0: the whole file
  int column = 0;
  std::string justification;  // of a suppressed result; empty: it is not suppressed
};

// Rules by name and text. Newline at the end.
std::string sarif_text(const std::string& program_version,
                       const std::vector<std::pair<std::string, std::string>>& rules,
                       const std::vector<SarifResult>& results);

}  // namespace sallyport::controlplane::policy
