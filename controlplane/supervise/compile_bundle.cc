// The child's side of bundle_job.h.
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <exception>
#include <iostream>
#include <optional>
#include <string_view>

#include "controlplane/policy/bundle/bundle.h"
#include "controlplane/policy/change/bundle_store.h"
#include "controlplane/policy/image/image_cache.h"
#include "controlplane/policy/image/image_writer.h"
#include "controlplane/policy/image/self_test.h"
#include "controlplane/supervise/bundle_job.h"
#include "controlplane/supervise/bundle_terms.h"
#include "controlplane/supervise/socket/admin_server.h"

namespace sallyport::supervise {

using nlohmann::json;
namespace policy = controlplane::policy;

namespace {

constexpr int kNice = 5;

json refusal(const std::string& code, const std::string& what,
             const std::vector<policy::Problem>& problems) {
  json answer = admin_error(code, what, "correct what is listed, then publish again");
  for (const policy::Problem& problem : problems) {
    if (answer["problems"].size() == kBundleProblemsMax) break;
    answer["problems"].push_back({{"file", problem.file},
                                  {"line", problem.line},
                                  {"column", problem.column},
                                  {"message", problem.message},
                                  {"text", problem.source_line}});
  }
  return answer;
}

std::string counted(size_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

// What the parent wrote before it started us; nothing: it has no key for us.
std::optional<policy::DictionaryKey> given_key() {
  struct stat status {};
  if (fstat(STDIN_FILENO, &status) != 0 || !S_ISFIFO(status.st_mode)) return std::nullopt;
  policy::DictionaryKey key{};
  size_t have = 0;
  while (have < key.size()) {
    const ssize_t got = read(STDIN_FILENO, key.data() + have, key.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
    have += static_cast<size_t>(got);
  }
  return key;
}

json compile(const std::filesystem::path& folder, const std::filesystem::path& images,
             const json& terms) {
  std::vector<policy::Problem> problems;
  const std::optional<policy::Bundle> bundle = policy::read_bundle(folder, problems);
  std::optional<policy::CompiledImage> image;
  policy::CompileOptions options;
  options.dictionary_key = given_key();
  options.progress = [](std::string_view dictionary, size_t values) {
    std::cerr << "compiling: dictionary " << dictionary << ": " << values << " values\n";
  };
  // An image under a throw-away key would find nothing on this appliance.
  if (bundle && !bundle->dictionaries.empty() && !options.dictionary_key)
    problems.push_back(bundle->sources.problem(
        bundle->dictionaries[0].place, "dictionaries need dictionary.key, which was not given"));
  else if (bundle)
    image = policy::compile_image(*bundle, problems, options);
  if (!image)
    return refusal("bundle_invalid",
                   "the bundle has " + counted(problems.size(), "problem") + ": nothing published",
                   problems);
  const policy::SelfTestReport report = policy::self_test(*bundle, *image);
  if (!report.passed())
    return refusal(
        "self_test_failed",
        counted(report.failures.size(), "example") + " of the bundle failed: nothing published",
        report.failures);
  json answer = {{"ok", true},
                 {"image", policy::digest_hex(image->image_digest)},
                 {"bundle", policy::digest_hex(image->bundle_digest)},
                 {"base", terms.value("base", "")},
                 {"examples", report.examples},
                 {"tests", report.tests}};
  const std::filesystem::path bundles = images.parent_path() / "bundles";
  const json refusal = judge_terms(*bundle, folder, bundles, terms, answer);
  if (!refusal.is_null()) return refusal;
  policy::BundleStore(bundles).put(*bundle);
  policy::ImageCache(images).put(*image);
  return answer;
}

// A pattern that explodes must not take the machine with it. Sanitizers map terabytes of shadow, so
// that the bound on memory is left out in their builds.
void limit_this_process() {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  setpriority(PRIO_PROCESS, 0, kNice);
  const rlimit cpu{kCompileMsMax / 1000, kCompileMsMax / 1000};
  setrlimit(RLIMIT_CPU, &cpu);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  const rlimit memory{kCompileMemoryBytesMax, kCompileMemoryBytesMax};
  setrlimit(RLIMIT_AS, &memory);
#endif
}

}  // namespace

int compile_bundle(const std::filesystem::path& folder, const std::filesystem::path& images,
                   const std::string& terms) {
  limit_this_process();
  json answer;
  try {
    const json given = json::parse(terms, nullptr, false);
    answer = compile(folder, images, given.is_object() ? given : json::object());
  } catch (const std::exception& problem) {
    answer = admin_error("compile_failed", problem.what(), "");
  }
  std::cout << answer.dump(-1, ' ', false, json::error_handler_t::replace) << "\n" << std::flush;
  return answer["ok"].get<bool>() ? 0 : 1;
}

}  // namespace sallyport::supervise
