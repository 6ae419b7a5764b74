#include "controlplane/supervise/options.h"

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <iostream>
#include <optional>

#include "controlplane/policy/bundle/approvals.h"
#include "controlplane/policy/yaml/yaml_node.h"
#include "controlplane/supervise/credentials/private_file.h"
#include "dataplane/base/ascii.h"
#include "dataplane/contract/host_file.h"

namespace sallyport::supervise {

namespace po = boost::program_options;
namespace policy = controlplane::policy;

namespace {

constexpr size_t kNodeNameBytesMax = 63;
constexpr const char* kNodeNameDefault = "sallyport";  // as the dataplane has it

constexpr const char* kMore = R"(
Environment (defaults of the options):
  SALLYPORT_RUN_DIR, SALLYPORT_STATE_DIR, SALLYPORT_CREDENTIALS; CREDENTIALS_DIRECTORY (systemd)
Signals: SIGTERM and SIGINT end it, SIGHUP reads the credentials again.

Examples
  First start on a host, with the policy that was prepared:
    sallyportd --policy /etc/sallyport/policies
  With restoration for named people, over a socket and over HTTPS:
    sallyportd --restore-socket /run/sallyport-restore/restore.sock --admin-listen 127.0.0.1:8443
  Beside a productive one, as any user:
    sallyportd --run-dir /tmp/sp/run --state-dir /tmp/sp/state --credentials /tmp/sp/credentials

Exit codes: 0 ended as asked, 1 failed, 2 usage.
)";

void take_environment(const char* name, std::filesystem::path& into) {
  const char* value = getenv(name);
  if (value != nullptr && *value != '\0') into = value;
}

po::options_description described(Options& options) {
  po::options_description known(
      "sallyportd: the control side of Sallyport: publishes policy, hands out secrets, keeps "
      "evidence\n\nOptions");
  auto folder = [](std::filesystem::path& into, const char* name) {
    return po::value<std::string>()
        ->value_name(name)
        ->default_value(into.string())
        ->notifier([&into](const std::string& text) { into = text; });
  };
  auto add = known.add_options();
  add("config", folder(options.config, "FILE"),
      "sallyport.yaml of this host; read here: `node`, `environment`, `evidence`. Without the file "
      "the host name is used, and the environment is lab");
  add("run-dir", folder(options.run_dir, "DIR"),
      "sockets, shared region and rings; tmpfs, made when missing");
  add("state-dir", folder(options.state_dir, "DIR"),
      "evidence, images and generated keys; made when missing");
  add("credentials", folder(options.credentials, "DIR"),
      "gateway.pem, gateway.key, vendor.<name>; only read");
  add("policy", folder(options.policy, "DIR"),
      "when no policy is published yet: compile, test and publish this bundle at start");
  add("restore-socket", folder(options.restore_socket, "FILE"),
      "where people ask for values back; put it in a folder that they can enter (default: "
      "restore.sock in the run dir, for root alone)");
  add("admin-listen", po::value(&options.admin_listen)->value_name("ADDRESS:PORT"),
      "HTTPS admin API with client certificates (admin.pem, admin.key and admin-clients.pem of the "
      "credentials); none when not given");
  add("log-level", po::value(&options.log_level)->value_name("L")->default_value("info"),
      "debug, info, warn or error; to stderr");
  add("help", "this text");
  add("version", "the version of this program");
  return known;
}

// Not for people: see bundle_job.h.
po::options_description internal(Options& options) {
  po::options_description known;
  auto folder = [](std::filesystem::path& into) {
    return po::value<std::string>()->notifier([&into](const std::string& text) { into = text; });
  };
  known.add_options()("compile", folder(options.compile))("images", folder(options.images))(
      "terms", po::value(&options.terms));
  return known;
}

bool is_level(const std::string& level) {
  return level == "debug" || level == "info" || level == "warn" || level == "error";
}

bool is_node_name(const std::string& name) {
  return !name.empty() && name.size() <= kNodeNameBytesMax &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return base::is_alnum(static_cast<uint8_t>(c)) || c == '.' || c == '_' || c == '-';
         });
}

// The dataplane reads the same file and refuses the same keys. Nothing: `error` says why.
std::optional<policy::YamlNode> parse_host_file(const std::string& text,
                                                const std::filesystem::path& config,
                                                std::string& error) {
  policy::Problem problem;
  auto tree = policy::parse_yaml(text, config.string(), problem);
  if (!tree) {
    error = problem.render();
    return std::nullopt;
  }
  policy::Sources sources;
  sources.add(config.string(), text);
  if (tree->kind != policy::YamlNode::Kind::Mapping) {
    error = sources.problem(tree->place, "sallyport.yaml is a mapping (key: value)").render();
    return std::nullopt;
  }
  for (const policy::YamlMember& member : tree->members) {
    if (contract::is_host_file_key(member.key.scalar)) continue;
    std::string known;
    for (const std::string_view key : contract::kHostFileKeys)
      known.append(known.empty() ? "" : ", ").append(key);
    error = sources
                .problem(member.key.place, "unknown key '" + member.key.scalar +
                                               "' in sallyport.yaml; it has: " + known)
                .render();
    return std::nullopt;
  }
  return tree;
}

}  // namespace

Parse parse_command_line(int argc, const char* const* argv, Options& options) {
  take_environment("SALLYPORT_RUN_DIR", options.run_dir);
  take_environment("SALLYPORT_STATE_DIR", options.state_dir);
  take_environment("CREDENTIALS_DIRECTORY", options.credentials);
  take_environment("SALLYPORT_CREDENTIALS", options.credentials);
  const po::options_description shown = described(options);
  po::options_description known = shown;
  known.add(internal(options));
  try {
    // Guessing would let a prefix of an option name mean another option.
    const auto style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    po::variables_map values;
    po::store(po::command_line_parser(argc, argv)
                  .options(known)
                  .style(style)
                  .positional(po::positional_options_description())
                  .run(),
              values);
    if (values.count("help") != 0) {
      std::cout << shown << kMore;
      return Parse::Leave;
    }
    if (values.count("version") != 0) {
      std::cout << "sallyportd " << SALLYPORT_VERSION << "\n";
      return Parse::Leave;
    }
    po::notify(values);
  } catch (const po::error& problem) {
    std::cerr << "sallyportd: " << problem.what() << " (try --help)\n";
    return Parse::Error;
  }
  if (!is_level(options.log_level)) {
    std::cerr << "sallyportd: --log-level is debug, info, warn or error\n";
    return Parse::Error;
  }
  for (std::filesystem::path* path : {&options.run_dir, &options.state_dir, &options.credentials,
                                      &options.policy, &options.config, &options.restore_socket})
    if (!path->empty()) *path = std::filesystem::absolute(*path).lexically_normal();
  return Parse::Run;
}

std::string read_node_name(const std::filesystem::path& config, std::string& error) {
  std::string name;
  if (const auto text = read_small(config, policy::kYamlFileBytesMax)) {
    const auto tree = parse_host_file(*text, config, error);
    if (!tree) return {};
    const policy::YamlNode* node = tree->find("node");
    name = node != nullptr ? node->scalar : kNodeNameDefault;
  } else if (access(config.c_str(), F_OK) == 0) {
    error = config.string() + ": cannot be read";
    return {};
  } else {
    char host[kNodeNameBytesMax + 1] = {};
    gethostname(host, sizeof host - 1);
    name = host;
  }
  if (is_node_name(name)) return name;
  error = config.string() + ": node: 1 to 63 letters, digits, '.', '_' and '-'";
  return {};
}

std::string read_host_environment(const std::filesystem::path& config, std::string& error) {
  std::string name(policy::kEnvironmentWithoutApprovals);
  if (const auto text = read_small(config, policy::kYamlFileBytesMax)) {
    const auto tree = parse_host_file(*text, config, error);
    if (!tree) return {};
    if (const policy::YamlNode* node = tree->find("environment"); node != nullptr)
      name = node->scalar;
  }
  if (is_node_name(name)) return name;
  error = config.string() + ": environment: 1 to 63 letters, digits, '.', '_' and '-'";
  return {};
}

}  // namespace sallyport::supervise
