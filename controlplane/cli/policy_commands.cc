// policy check | test | compile.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "controlplane/cli/bundle_reading.h"
#include "controlplane/cli/commands.h"
#include "controlplane/cli/problem_text.h"
#include "controlplane/policy/image/image_cache.h"
#include "controlplane/policy/image/self_test.h"
#include "controlplane/policy/matcher/rule_speed.h"
#include "controlplane/supervise/credentials/credentials.h"
#include "controlplane/supervise/credentials/private_file.h"

namespace sallyport::cli {
namespace {

namespace cp = controlplane::policy;

nlohmann::json counts_json(const cp::Bundle& bundle) {
  return {{"entities", bundle.entities.size()},   {"environments", bundle.environments.size()},
          {"vendors", bundle.vendors.size()},     {"tenants", bundle.tenants.size()},
          {"keys", bundle.keys.size()},           {"action_rules", bundle.actions.size()},
          {"access_rules", bundle.access.size()}, {"dictionaries", bundle.dictionaries.size()}};
}

std::string counts_text(const cp::Bundle& bundle) {
  return fmt::format(
      "{} entities, {} environments, {} vendors, {} tenants, {} keys, {} action rules, "
      "{} access rules, {} dictionaries",
      bundle.entities.size(), bundle.environments.size(), bundle.vendors.size(),
      bundle.tenants.size(), bundle.keys.size(), bundle.actions.size(), bundle.access.size(),
      bundle.dictionaries.size());
}

// check and test say no with a document on stdout where JSON is wanted: no is an answer.
Exit say_no(const Call& call, const std::string& schema, const Failure& failure) {
  if (!call.out.is_json()) throw failure;
  call.out.json(schema,
                {{"ok", false}, {"message", failure.message}, {"problems", failure.problems}});
  return failure.exit;
}

const cp::Place* place_of(const cp::Bundle& bundle, std::string_view rule) {
  for (const cp::Entity& entity : bundle.entities)
    for (size_t i = 0; i < entity.source.rules.size() && i < entity.rule_places.size(); ++i)
      if (entity.source.rules[i].id == rule) return &entity.rule_places[i];
  return nullptr;
}

// Throws Failure when a rule is under the limit; where it stands, and how fast it is.
nlohmann::json check_speed(const cp::Bundle& bundle) {
  std::vector<cp::EntitySource> sources;
  for (const cp::Entity& entity : bundle.entities) sources.push_back(entity.source);
  const cp::RuleSpeedReport report = cp::measure_rule_speed(sources);
  std::vector<cp::Problem> problems;
  nlohmann::json rules = nlohmann::json::array();
  for (const cp::RuleSpeed& speed : report.rules) {
    rules.push_back({{"entity", speed.entity},
                     {"rule", speed.rule},
                     {"gigabytes_per_second", speed.gigabytes_per_second},
                     {"share", speed.share}});
    if (!speed.is_too_slow && speed.error.empty()) continue;
    const cp::Place* place = place_of(bundle, speed.rule);
    const std::string what =
        speed.error.empty()
            ? fmt::format(
                  "the rule {} is slow: {:.2f} GB/s alone, {:.3f} of a literal's {:.1f}; "
                  "the least is {} GB/s or {} of it. Begin its pattern with a literal",
                  speed.rule, speed.gigabytes_per_second, speed.share, report.yardstick,
                  cp::kRuleSpeedMin, cp::kRuleSpeedShareMin)
            : fmt::format("the rule {} cannot be measured: {}", speed.rule, speed.error);
    problems.push_back(bundle.sources.problem(place != nullptr ? *place : cp::Place{}, what));
  }
  if (!problems.empty())
    throw bundle_failure(fmt::format("{} rules are too slow", problems.size()), problems);
  return {{"yardstick_gigabytes_per_second", report.yardstick}, {"rules", rules}};
}

Exit examine_bundle(const Call& call, const std::string& schema, const char* verb) {
  const std::filesystem::path folder = call.arguments.positional[0];
  try {
    const CompiledBundle compiled = compile_or_fail(folder);
    const cp::SelfTestReport report = cp::self_test(compiled.bundle, compiled.image);
    if (!report.passed())
      throw bundle_failure(
          fmt::format("{} of {} examples and tests of {} fail", report.failures.size(),
                      report.examples + report.tests, folder.string()),
          report.failures);
    const std::string bundle = cp::digest_hex(compiled.image.bundle_digest);
    // Under the throw-away key of this process the image has another digest than on the appliance.
    const bool has_own_key = !compiled.bundle.dictionaries.empty();
    const std::string image = cp::digest_hex(compiled.image.image_digest);
    const bool wants_speed = call.arguments.has("speed");
    const nlohmann::json speed =
        wants_speed ? check_speed(compiled.bundle) : nlohmann::json::object();
    if (call.out.is_json()) {
      nlohmann::json answer = {{"ok", true},
                               {"problems", nlohmann::json::array()},
                               {"bundle", bundle},
                               {"image", has_own_key ? nlohmann::json() : nlohmann::json(image)},
                               {"examples", report.examples},
                               {"tests", report.tests},
                               {"counts", counts_json(compiled.bundle)}};
      if (wants_speed) answer["speed"] = speed;
      call.out.json(schema, answer);
    } else {
      call.out.fields(
          {{"bundle", bundle},
           {"image", has_own_key ? "depends on dictionary.key of the appliance" : image},
           {"holds", counts_text(compiled.bundle)},
           {"ran", fmt::format("{} examples, {} tests", report.examples, report.tests)}});
      if (wants_speed && !speed["rules"].empty())
        call.out.fields(
            {{"slowest",
              fmt::format("{} {:.1f} GB/s of {:.1f}", speed["rules"][0]["rule"].get<std::string>(),
                          speed["rules"][0]["gigabytes_per_second"].get<double>(),
                          speed["yardstick_gigabytes_per_second"].get<double>())}});
      call.out.line(fmt::format("policy {}: OK", verb));
    }
    return Exit::Ok;
  } catch (const Failure& failure) {
    if (failure.exit != Exit::No) throw;
    return say_no(call, schema, failure);
  }
}

Exit run_check(const Call& call) {
  return examine_bundle(call, "sallyport/policy-check/1", "check");
}

Exit run_test(const Call& call) { return examine_bundle(call, "sallyport/policy-test/1", "test"); }

// Beside its name, then into place: a reader never sees half an image.
void write_file(const std::filesystem::path& path, const std::vector<uint8_t>& bytes) {
  const std::filesystem::path beside = path.string() + fmt::format(".{}", getpid());
  const auto fail = [&](int error) {
    unlink(beside.c_str());
    throw Failure(Exit::Failed, "not_written", fmt::format("{} is not written", path.string()),
                  std::strerror(error), "name another file with -o");
  };
  const int fd = open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) fail(errno);
  for (size_t at = 0; at < bytes.size();) {
    const ssize_t written = write(fd, bytes.data() + at, bytes.size() - at);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const int error = errno;
      close(fd);
      fail(error);
    }
    at += static_cast<size_t>(written);
  }
  if (fsync(fd) != 0 || close(fd) != 0 || rename(beside.c_str(), path.c_str()) != 0) fail(errno);
}

// Where apply --image finds it; nothing: this user has no such folder, which -o can do without.
std::optional<std::string> store(const Call& call, const cp::CompiledImage& image) {
  std::string why;
  try {
    if (supervise::ensure_private_folder(call.settings.state_dir, why))
      return cp::ImageCache(call.settings.images_folder()).put(image).string();
  } catch (const std::runtime_error& error) {
    why = error.what();
  }
  if (!call.arguments.has("out"))
    throw Failure(Exit::Failed, "not_stored", "the image is not stored", why,
                  "run as the user of sallyportd, name --state-dir, or write a file with -o");
  call.out.note(fmt::format("not stored for apply --image: {}", why));
  return std::nullopt;
}

// An image that will be applied has its dictionaries under the appliance's key. Asked for only when
// there are any: who compiles elsewhere has no such key.
cp::CompileOptions with_key(const Call& call, const std::filesystem::path& folder) {
  cp::CompileOptions options;
  if (read_bundle_or_fail(folder).dictionaries.empty()) return options;
  const supervise::Credentials credentials(call.settings.credentials, call.settings.keys_folder());
  std::string error;
  const auto key = credentials.dictionary_key(error);
  if (!key)
    throw Failure(Exit::Failed, "no_dictionary_key",
                  "the key under which dictionary values stand in an image is missing", error,
                  "run as the user of sallyportd, on its machine (--state-dir, --credentials)");
  options.dictionary_key.emplace();
  std::copy(key->begin(), key->end(), options.dictionary_key->begin());
  return options;
}

Exit run_compile(const Call& call) {
  const std::filesystem::path folder = call.arguments.positional[0];
  const CompiledBundle compiled = compile_or_fail(folder, with_key(call, folder));
  // What is stored can be applied by digest, so it has passed the bundle's own tests too.
  const cp::SelfTestReport report = cp::self_test(compiled.bundle, compiled.image);
  if (!report.passed())
    throw bundle_failure(fmt::format("the tests of {} fail", folder.string()), report.failures);
  const auto out = call.arguments.find("out");
  if (out) write_file(*out, compiled.image.bytes);
  const auto stored = store(call, compiled.image);
  const std::string image = cp::digest_hex(compiled.image.image_digest);
  const std::string bundle = cp::digest_hex(compiled.image.bundle_digest);
  if (call.out.is_json()) {
    call.out.json("sallyport/policy-compile/1",
                  {{"image", image},
                   {"bundle", bundle},
                   {"bytes", compiled.image.bytes.size()},
                   {"file", out ? nlohmann::json(*out) : nlohmann::json()},
                   {"stored", stored ? nlohmann::json(*stored) : nlohmann::json()}});
    return Exit::Ok;
  }
  call.out.fields({{"image", image},
                   {"bundle", bundle},
                   {"bytes", std::to_string(compiled.image.bytes.size())},
                   {"file", out.value_or("-")},
                   {"stored", stored.value_or("-")}});
  return Exit::Ok;
}

}  // namespace

void add_policy_commands(std::vector<Command>& table) {
  table.push_back(
      {.noun = "policy",
       .verb = "check",
       .summary = "Is this bundle good: reads, checks, compiles, runs its examples",
       .details = "Changes nothing. Exit 3 when it is not good; each problem with file, "
                  "line, column and a caret.",
       .arguments = {{"DIR", "folder of the bundle or overlay"}},
       .options = {{.name = "speed",
                    .value = "",
                    .text = "also measure each pattern rule alone, and refuse slow ones"}},
       .examples = {{"sallyctl policy check /etc/sallyport/policies", "before a commit"},
                    {"sallyctl policy check policies --output json", "in a pipeline"}},
       .run = run_check});
  table.push_back(
      {.noun = "policy",
       .verb = "test",
       .summary = "Runs the bundle's own examples and tests through the live engine",
       .details = "must_match, must_not_match and tests/*.yaml. Exit 3 when one fails.",
       .arguments = {{"DIR", "folder of the bundle or overlay"}},
       .options = {},
       .examples = {{"sallyctl policy test policies", "after a change of a rule"},
                    {"sallyctl policy test policies --output json", "counts, failures"}},
       .run = run_test});
  table.push_back(
      {.noun = "policy",
       .verb = "compile",
       .summary = "Bundle to image; stored by digest for apply --image",
       .details = "The image is stored in <state dir>/images after the bundle's own tests passed. "
                  "The same bundle\ngives the same image on any machine.",
       .arguments = {{"DIR", "folder of the bundle or overlay"}},
       .options =
           {{.name = "out", .value = "IMAGE", .text = "write the image there too", .letter = 'o'}},
       .examples = {{"sallyctl policy compile policies -o /var/tmp/candidate.image", "and a file"},
                    {"sallyctl policy compile policies --output json", "digests for a script"}},
       .run = run_compile});
}

}  // namespace sallyport::cli
