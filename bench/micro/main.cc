// sallyport_bench: the micro suite. bench/run builds and calls it.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

#include "bench/micro/cases.h"

namespace {

constexpr const char* kUsage =
    "usage: sallyport_bench [--quick | --once] [--filter TEXT] [--json FILE] [--policies DIR]\n"
    "                       [--texts FILE]\n"
    "  --quick     fewer rounds: under a minute\n"
    "  --once      one round of each, which says that it runs and no figure\n"
    "  --filter    only cases whose group/name holds TEXT, or ends in it: TEXT$\n"
    "  --json      also write the figures to FILE\n"
    "  --policies  the bundle that scan cases compile (default: policies)\n"
    "  --texts     scan these, too: a JSON object with a member \"text\" on each line\n";

}  // namespace

int main(int argc, char** argv) {
  using namespace sallyport::bench;
  Settings settings;
  settings.rounds = 41;
  settings.round_ms = 40;
  std::string json_file;
  std::string policies = "policies";
  std::string texts;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const bool has_value = i + 1 < argc;
    if (argument == "--quick") {
      settings.rounds = 11;
      settings.round_ms = 10;
    } else if (argument == "--once") {
      settings.rounds = 1;
      settings.round_ms = 1;
    } else if (argument == "--filter" && has_value) {
      settings.filter = argv[++i];
    } else if (argument == "--json" && has_value) {
      json_file = argv[++i];
    } else if (argument == "--policies" && has_value) {
      policies = argv[++i];
    } else if (argument == "--texts" && has_value) {
      texts = argv[++i];
    } else {
      std::fputs(kUsage, argument == "--help" ? stdout : stderr);
      return argument == "--help" ? 0 : 2;
    }
  }
  std::vector<Case> cases = scan_cases(policies, texts);
  for (auto more :
       {stream_cases(policies), dictionary_cases(), mapping_cases(), tcp_cases(), tls_cases()})
    cases.insert(cases.end(), more.begin(), more.end());
  const std::vector<Figure> figures = measure(cases, settings);
  if (figures.empty()) {
    std::fprintf(stderr, "nothing is called like '%s'\n", settings.filter.c_str());
    return 1;
  }
  std::fputs(table(figures).c_str(), stdout);
  if (!json_file.empty()) {
    std::ofstream file(json_file);
    file << json(figures, settings);
    if (!file.good()) {
      std::fprintf(stderr, "cannot write %s\n", json_file.c_str());
      return 1;
    }
  }
  return 0;
}
