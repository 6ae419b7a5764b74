// policy sign | approve: a person puts their SSH key behind a bundle.
#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <fstream>

#include "controlplane/cli/bundle_reading.h"
#include "controlplane/cli/commands.h"
#include "controlplane/policy/bundle/approvals.h"
#include "controlplane/policy/bundle/bounded_program.h"
#include "controlplane/policy/bundle/digest.h"
#include "controlplane/policy/change/bundle_change.h"
#include "controlplane/policy/change/bundle_source.h"

namespace sallyport::cli {
namespace {

namespace cp = controlplane::policy;
namespace fs = std::filesystem;

// A person types a passphrase, or touches a token.
constexpr std::chrono::minutes kSignPatience{2};
constexpr std::chrono::seconds kFingerprintPatience{10};
constexpr const char* kSshKeygen = "/usr/bin/ssh-keygen";

cp::ProgramEnd ssh_keygen(std::vector<std::string> arguments, const std::string& input,
                          std::chrono::milliseconds patience, bool is_interactive) {
  cp::BoundedProgram program;
  program.arguments = {kSshKeygen};
  program.arguments.insert(program.arguments.end(), arguments.begin(), arguments.end());
  program.environment = {"LC_ALL=C", "PATH=/usr/bin:/bin"};
  // Where an agent, or a question for a passphrase, can be found.
  for (const char* name : {"SSH_AUTH_SOCK", "SSH_ASKPASS", "SSH_ASKPASS_REQUIRE", "DISPLAY",
                           "WAYLAND_DISPLAY", "HOME", "TERM"})
    if (const char* value = getenv(name); value != nullptr)
      program.environment.push_back(std::string(name) + "=" + value);
  program.input = input;
  program.patience = patience;
  program.is_interactive = is_interactive;
  return cp::run_bounded(program);
}

// "SHA256:..." of the key, as a part of a file's name.
std::string mark_of(const std::string& key) {
  const cp::ProgramEnd end = ssh_keygen({"-l", "-f", key}, {}, kFingerprintPatience, false);
  const size_t at = end.output.find("SHA256:");
  if (!end.succeeded() || at == std::string::npos)
    throw Failure(Exit::NotFound, "no_key", fmt::format("{} is no SSH key", printable(key)),
                  printable(end.errors.substr(0, end.errors.find('\n'))),
                  "name a private key, or a public one whose private key an agent holds");
  std::string out;
  for (const char c : end.output.substr(at + 7, 16)) out += (c == '/' || c == '+') ? '_' : c;
  return out;
}

std::string signature_of(const std::string& key, const std::string& statement) {
  const cp::ProgramEnd end =
      ssh_keygen({"-Y", "sign", "-n", std::string(cp::kApprovalNamespace), "-f", key}, statement,
                 kSignPatience, true);
  if (end.succeeded()) return end.output;
  throw Failure(Exit::Failed, "not_signed", "the bundle is not signed",
                end.how == cp::ProgramEnd::How::Exited
                    ? printable(end.errors.substr(0, end.errors.find_last_not_of('\n') + 1))
                    : end.words(),
                "is the key yours, and its passphrase right?");
}

void write_signature(const fs::path& path, const std::string& text) {
  std::error_code failed;
  fs::create_directories(path.parent_path(), failed);
  const fs::path beside = path.string() + fmt::format(".{}", getpid());
  std::ofstream out(beside, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (out) fs::rename(beside, path, failed);
  if (!out || failed)
    throw Failure(Exit::Failed, "not_written", fmt::format("{} is not written", path.string()),
                  failed ? failed.message() : std::strerror(errno),
                  "make the folder of the bundle writable");
}

// What there is by now, where this host's list of signers is at hand.
nlohmann::json standing(const Call& call, const cp::Bundle& bundle, bool is_loosening) {
  const auto signers = call.arguments.find("allowed-signers");
  if (!signers) return nullptr;
  cp::ApprovalRequest request;
  std::string error;
  request.bundle = bundle.digest;
  request.signatures = cp::read_signatures(bundle.folder, bundle.digest, error);
  request.allowed_signers = *signers;
  request.bundle_folder = bundle.folder;
  request.environment = "production";
  request.is_loosening = is_loosening;
  request.approvers_min =
      is_loosening ? bundle.approvals.approvers_of_loosening : bundle.approvals.approvers;
  request.now_s = std::chrono::duration_cast<std::chrono::seconds>(
                      std::chrono::system_clock::now().time_since_epoch())
                      .count();
  const cp::ApprovalOutcome outcome = cp::verify_approvals(request);
  nlohmann::json approvers = nlohmann::json::array();
  for (const cp::Signer& one : outcome.approvers) approvers.push_back(one.principal);
  nlohmann::json refused = nlohmann::json::array();
  for (const cp::RefusedSignature& one : outcome.refused)
    refused.push_back({{"file", one.file},
                       {"role", cp::signer_role_name(one.role)},
                       {"fault", cp::signature_fault_name(one.fault)},
                       {"why", one.why}});
  return {{"enough", outcome.allowed},
          {"code", outcome.code},
          {"why", outcome.why},
          {"author", outcome.author ? nlohmann::json(outcome.author->principal) : nlohmann::json()},
          {"approvers", approvers},
          {"approvers_needed", outcome.approvers_needed},
          {"refused", refused}};
}

Exit sign_as(const Call& call, cp::SignerRole role, const std::string& schema) {
  const cp::Bundle bundle = read_bundle_or_fail(call.arguments.positional[0]);
  bool is_loosening = false;
  std::string risk;
  if (const auto base = call.arguments.find("base")) {
    std::vector<cp::Problem> problems;
    std::string error;
    cp::BundleSource source;
    source.state_dir = call.settings.state_dir;
    const auto before = cp::find_bundle(*base, source, problems, error);
    if (!before)
      throw Failure(Exit::NotFound, "no_bundle", fmt::format("there is no bundle {}", *base),
                    error.empty() ? "it is not good" : printable(error),
                    "name what is in force: a folder, a git revision or a digest");
    const cp::BundleChange change = cp::compare_bundles(*before, bundle);
    is_loosening = change.is_loosening();
    risk = cp::risk_name(change.risk());
    for (const cp::ChangeItem& item : change.items)
      call.out.note(fmt::format("{}: {}", cp::effect_name(item.effect), printable(item.words)));
  }
  const std::string key = call.arguments.get("key");
  const fs::path path = cp::signature_path(bundle.folder, bundle.digest, role, mark_of(key));
  write_signature(path, signature_of(key, cp::approval_statement(bundle.digest, role)));
  const nlohmann::json now = standing(call, bundle, is_loosening);
  if (call.out.is_json()) {
    call.out.json(schema, {{"bundle", cp::digest_hex(bundle.digest)},
                           {"role", cp::signer_role_name(role)},
                           {"file", path.string()},
                           {"risk", risk.empty() ? nlohmann::json() : nlohmann::json(risk)},
                           {"approvals", now}});
    return Exit::Ok;
  }
  std::vector<std::pair<std::string, std::string>> rows = {
      {"bundle", cp::digest_hex(bundle.digest)},
      {"signed as", std::string(cp::signer_role_name(role))},
      {"signature", path.string()}};
  if (!risk.empty()) rows.emplace_back("risk", risk);
  if (!now.is_null())
    rows.emplace_back("approvals", now["enough"].get<bool>()
                                       ? "enough for production"
                                       : printable(now["why"].get<std::string>()));
  call.out.fields(rows);
  return Exit::Ok;
}

Exit run_sign(const Call& call) {
  return sign_as(call, cp::SignerRole::Author, "sallyport/policy-sign/1");
}

Exit run_approve(const Call& call) {
  return sign_as(call, cp::SignerRole::Approver, "sallyport/policy-approve/1");
}

}  // namespace

void add_policy_sign_commands(std::vector<Command>& table) {
  const std::vector<OptionSpec> options = {
      {.name = "key",
       .value = "KEY",
       .text = "private SSH key; or a public one whose private key an agent holds",
       .required = true},
      {.name = "base",
       .value = "A",
       .text = "say what changes against this bundle, as policy diff"},
      {.name = "allowed-signers",
       .value = "FILE",
       .text = "say who signed by now, by this host's list"}};
  table.push_back(
      {.noun = "policy",
       .verb = "sign",
       .summary = "The author signs the bundle's digest with an SSH key",
       .details =
           "Writes DIR/.approvals/DIGEST.author.KEY.sig, which is not part of the digest: send it "
           "along with\nthe change. A bundle that is changed afterwards is another digest.",
       .arguments = {{"DIR", "folder of the bundle or overlay"}},
       .options = options,
       .examples = {{"sallyctl policy sign policies --key ~/.ssh/id_ed25519", "as the author"},
                    {"sallyctl policy sign policies --key ~/.ssh/id_ed25519.pub --output json",
                     "with the key of an agent"}},
       .run = run_sign});
  table.push_back(
      {.noun = "policy",
       .verb = "approve",
       .summary = "Somebody else than the author approves the bundle's digest",
       .details = "As policy sign, in the role of an approver: production needs one who is not the "
                  "author, a "
                  "change that\nloosens needs two. --base shows what is approved.",
       .arguments = {{"DIR", "folder of the bundle or overlay"}},
       .options = options,
       .examples =
           {{"sallyctl policy approve policies --key ~/.ssh/id_ed25519 --base main:policies",
             "after reading what changes"},
            {"sallyctl policy approve policies --key KEY --allowed-signers "
             "/etc/sallyport/policy_signers",
             "and is it enough now"}},
       .run = run_approve});
}

}  // namespace sallyport::cli
