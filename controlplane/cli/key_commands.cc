// key new | list | revoke: gateway keys of a bundle.
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>

#include "controlplane/cli/bundle_reading.h"
#include "controlplane/cli/commands.h"
#include "controlplane/policy/bundle/keys_file.h"
#include "controlplane/supervise/credentials/credentials.h"

namespace sallyport::cli {
namespace {

namespace cp = controlplane::policy;

constexpr size_t kKeyRandomBytes = 32;

void require_folder(const std::filesystem::path& folder) {
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error))
    throw Failure(Exit::NotFound, "no_folder",
                  fmt::format("there is no folder {}", printable(folder.string())),
                  error ? error.message() : "it is not a folder", "name the folder of a bundle");
}

template <size_t N>
std::array<uint8_t, N> random_bytes() {
  std::array<uint8_t, N> bytes;
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    throw Failure(Exit::Failed, "no_random", "no key was made", "OpenSSL gives no random bytes",
                  "sallyctl doctor");
  return bytes;
}

// "spk_" and 43 characters of base64url: 256 bits, and a word that secret scanners can know.
std::string new_key() {
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  auto bytes = random_bytes<kKeyRandomBytes>();
  std::string text = "spk_";
  uint32_t bits = 0;
  unsigned count = 0;
  for (const uint8_t byte : bytes) {
    bits = bits << 8 | byte;
    for (count += 8; count >= 6; count -= 6) text += kAlphabet[bits >> (count - 6) & 63];
  }
  if (count > 0) text += kAlphabet[bits << (6 - count) & 63];
  vault::wipe(bytes.data(), bytes.size());
  return text;
}

contract::Digest hmac_of(const Call& call, std::string_view key) {
  const supervise::Credentials credentials(call.settings.credentials, call.settings.keys_folder());
  std::string error;
  const auto secret = credentials.gateway_hmac_key(error);
  if (!secret)
    throw Failure(Exit::Failed, "no_hmac_key",
                  "the key under which gateway keys are kept is missing", error,
                  "run as the user of sallyportd, on its machine (--state-dir, --credentials)");
  contract::Digest digest{};
  unsigned size = 0;
  if (HMAC(EVP_sha256(), secret->data(), static_cast<int>(secret->size()),
           reinterpret_cast<const uint8_t*>(key.data()), key.size(), digest.data(),
           &size) == nullptr ||
      size != digest.size())
    throw Failure(Exit::Failed, "no_hmac", "no key was made", "OpenSSL refused HMAC-SHA256",
                  "sallyctl doctor");
  return digest;
}

template <class Rows>
void require_known(const Rows& rows, const std::string& name, const char* what) {
  std::string known;
  for (const auto& row : rows) {
    if (row.name == name) return;
    known += (known.empty() ? "" : ", ") + row.name;
  }
  throw Failure(Exit::NotFound, fmt::format("unknown_{}", what),
                fmt::format("the bundle has no {} '{}'", what, printable(name)),
                known.empty() ? "it has none" : "it has: " + known,
                fmt::format("add it to the bundle first, or name another --{}", what));
}

void check_key(const std::filesystem::path& folder, const cp::GatewayKey& key) {
  const cp::Bundle bundle = read_bundle_or_fail(folder);
  require_known(bundle.tenants, key.tenant, "tenant");
  require_known(bundle.environments, key.environment, "environment");
  if (!cp::is_bundle_name(key.id))
    throw Failure(Exit::Usage, "bad_value",
                  fmt::format("--id '{}' is not possible", printable(key.id)),
                  "an id is a short name of letters, digits and dashes", "name another --id");
  if (!cp::is_principal_name(key.principal))
    throw Failure(Exit::Usage, "bad_value",
                  fmt::format("--principal '{}' is not possible", printable(key.principal)),
                  "a principal is a short printable name without blanks",
                  "name another --principal");
  for (const auto& other : bundle.keys)
    if (other.id == key.id)
      throw Failure(Exit::Conflict, "key_exists",
                    fmt::format("there is a key '{}' already", key.id),
                    "ids are unique in a bundle", "name another --id, or revoke that one first");
}

Failure file_failure(const cp::KeysFile& file, cp::KeysFile::Result result, const std::string& id) {
  switch (result) {
    case cp::KeysFile::Result::Exists:
      return {Exit::Conflict, "key_exists",
              fmt::format("there is a key '{}' already", printable(id)), file.path().string(),
              "name another --id, or revoke that one first"};
    case cp::KeysFile::Result::NotFound:
      return {Exit::NotFound, "unknown_key", fmt::format("there is no key '{}'", printable(id)),
              file.path().string() + " has no such entry", "sallyctl key list --policy DIR"};
    case cp::KeysFile::Result::Unreadable:
      return {Exit::Failed, "keys_unreadable", file.path().string() + " cannot be read as keys",
              file.error(), "mend the file; it was not touched"};
    case cp::KeysFile::Result::NotWritten:
    case cp::KeysFile::Result::Done:
      break;
  }
  return {Exit::Failed, "not_written", file.path().string() + " is not written", file.error(),
          "is the folder writable, is there room?"};
}

void say_apply(const Call& call) {
  call.out.note(
      fmt::format("not in force yet: sallyctl policy apply {}", call.arguments.get("policy")));
}

Exit run_new(const Call& call) {
  const std::filesystem::path folder = call.arguments.get("policy");
  require_folder(folder);
  cp::GatewayKey key;
  const auto suffix = random_bytes<4>();
  key.id = call.arguments.get("id", fmt::format("key-{:02x}", fmt::join(suffix, "")));
  key.tenant = call.arguments.get("tenant");
  key.principal = call.arguments.get("principal");
  key.environment = call.arguments.get("environment");
  key.default_reason = call.arguments.get("reason");
  check_key(folder, key);
  const std::string presented = new_key();
  key.hmac = hmac_of(call, presented);
  cp::KeysFile file(folder);
  if (const auto result = file.add(key); result != cp::KeysFile::Result::Done)
    throw file_failure(file, result, key.id);
  if (call.out.is_json()) {
    call.out.json("sallyport/key-new/1", {{"key", presented},
                                          {"id", key.id},
                                          {"tenant", key.tenant},
                                          {"principal", key.principal},
                                          {"environment", key.environment},
                                          {"reason", key.default_reason},
                                          {"file", file.path().string()}});
  } else {
    call.out.line(presented);
    call.out.note(fmt::format("key '{}': shown this once, kept nowhere (its HMAC is in {})", key.id,
                              file.path().string()));
  }
  say_apply(call);
  return Exit::Ok;
}

Exit list_keys(const Call& call) {
  const std::filesystem::path folder = call.arguments.get("policy");
  require_folder(folder);
  cp::KeysFile file(folder);
  std::vector<cp::GatewayKey> keys;
  if (!file.list(keys)) throw file_failure(file, cp::KeysFile::Result::Unreadable, "");
  if (call.out.is_json()) {
    nlohmann::json rows = nlohmann::json::array();
    for (const auto& key : keys)
      rows.push_back({{"id", key.id},
                      {"tenant", key.tenant},
                      {"principal", key.principal},
                      {"environment", key.environment},
                      {"reason", key.default_reason}});
    call.out.json("sallyport/key-list/1", {{"keys", rows}, {"file", file.path().string()}});
    return Exit::Ok;
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& key : keys)
    rows.push_back({key.id, key.tenant, key.principal, key.environment,
                    key.default_reason.empty() ? "-" : key.default_reason});
  call.out.table({"ID", "TENANT", "PRINCIPAL", "ENVIRONMENT", "REASON"}, rows);
  return Exit::Ok;
}

Exit run_revoke(const Call& call) {
  const std::filesystem::path folder = call.arguments.get("policy");
  require_folder(folder);
  const std::string& id = call.arguments.positional[0];
  cp::KeysFile file(folder);
  if (const auto result = file.remove(id); result != cp::KeysFile::Result::Done)
    throw file_failure(file, result, id);
  if (call.out.is_json())
    call.out.json("sallyport/key-revoke/1", {{"id", id}, {"file", file.path().string()}});
  else
    call.out.line(fmt::format("revoked {} in {}", id, file.path().string()));
  say_apply(call);
  return Exit::Ok;
}

}  // namespace

void add_key_commands(std::vector<Command>& table) {
  const OptionSpec policy = {
      .name = "policy", .value = "DIR", .text = "the bundle or overlay", .required = true};
  table.push_back(
      {.noun = "key",
       .verb = "new",
       .summary = "Makes a gateway key, prints it once, keeps its HMAC in the bundle's keys.yaml",
       .details =
           "Run it on the appliance: the HMAC is made under the appliance's own key. The key "
           "is the only line\non stdout. It counts from the next policy apply on.",
       .arguments = {},
       .options =
           {policy,
            {.name = "tenant", .value = "T", .text = "whose it is", .required = true},
            {.name = "principal", .value = "P", .text = "who presents it", .required = true},
            {.name = "environment", .value = "E", .text = "lab, production", .required = true},
            {.name = "reason",
             .value = "R",
             .text = "default reason for restoration (none: the request must say one)"},
            {.name = "id", .value = "ID", .text = "its name in the bundle (else made up)"}},
       .examples =
           {{"sallyctl key new --policy policies --tenant acme --principal support-desk "
             "--environment production --reason assistance",
             "for a service"},
            {"sallyctl key new --policy policies --tenant acme --principal ci --environment "
             "lab --id ci --output json",
             "for a script"}},
       .run = run_new});
  table.push_back({.noun = "key",
                   .verb = "list",
                   .summary = "The keys of the bundle's keys.yaml, without anything secret",
                   .details = "",
                   .arguments = {},
                   .options = {policy},
                   .examples = {{"sallyctl key list --policy policies", "who has one"},
                                {"sallyctl key list --policy policies --output json", "as JSON"}},
                   .run = list_keys});
  table.push_back({.noun = "key",
                   .verb = "revoke",
                   .summary = "Takes a key out of the bundle's keys.yaml",
                   .details = "Requests that present it get 401 from the next policy apply on.",
                   .arguments = {{"ID", "as key list shows it"}},
                   .options = {policy},
                   .examples = {{"sallyctl key revoke ci --policy policies", "then policy apply"},
                                {"sallyctl key revoke key-09ab12cd --policy policies --output json",
                                 "as JSON"}},
                   .run = run_revoke});
}

}  // namespace sallyport::cli
