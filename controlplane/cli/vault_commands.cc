// vault init, status, seal, unseal: the store of what tokens stand for. Its keys:
// vault_key_commands.
#include <fmt/format.h>

#include <chrono>

#include "controlplane/cli/admin_client.h"
#include "controlplane/cli/commands.h"
#include "controlplane/cli/vault_answer.h"

namespace sallyport::cli {
namespace {

using nlohmann::json;

constexpr std::chrono::seconds kVaultPatience{30};

void print(const Call& call, const char* schema, const json& answer) {
  if (call.out.is_json()) return call.out.json(schema, answer);
  std::vector<std::pair<std::string, std::string>> rows;
  for (const auto& [name, value] : answer.items()) {
    if (name == "ok") continue;
    // As `status` shows them.
    std::string text = value.is_string() ? printable(value.get<std::string>()) : value.dump();
    if (value.is_null() || value.empty() || text.empty()) text = "-";
    if (value.is_boolean()) text = value.get<bool>() ? "yes" : "no";
    rows.emplace_back(name, text);
  }
  call.out.fields(rows);
}

// A key beside a vault that is under another one would be taken for it at the next unseal.
void refuse_second_vault(const Call& call) {
  bool present = false;
  try {
    const json status = ask_daemon(call.settings, {{"command", "vault_status"}}, kVaultPatience);
    present = status.value("state", "") != "absent";
  } catch (const Failure& failure) {
    if (failure.exit != Exit::Unreachable) throw;
    std::error_code error;
    present = std::filesystem::exists(call.settings.state_dir / "vault" / "receive.keys", error);
  }
  if (present)
    throw Failure(Exit::Conflict, "conflict", "there is a vault already",
                  "it keeps the key that it is under", "sallyctl vault status");
}

Exit run_init(const Call& call) {
  refuse_second_vault(call);
  const auto file = call.settings.credentials / "vault.kek";
  std::error_code ignored;
  const bool with_token =
      std::filesystem::exists(call.settings.credentials / "vault.pkcs11", ignored);
  if (!with_token && std::filesystem::exists(file, ignored))
    throw Failure(Exit::Conflict, "key_exists", fmt::format("{} is there already", file.string()),
                  "it may be the key of another vault, or one that was restored",
                  "a start of sallyportd makes the vault under it; or move it away first");
  if (!with_token) {
    vault::Keks keks;
    keks.push_back({1, vault::random_secret(vault::kKeyBytes)});
    const vault::Secret text = vault::keks_text(keks);
    write_new(file.string(), vault::text_of(text), true);
    call.out.note(
        fmt::format("made {}: the key-encryption key. Back it up now: sallyctl vault key "
                    "backup --to PUBKEY --out FILE",
                    file.string()));
  }
  json answer;
  try {
    answer = ask_daemon(call.settings, {{"command", "vault_init"}}, kVaultPatience);
  } catch (const Failure& failure) {
    if (failure.exit != Exit::Unreachable) throw;
    call.out.note("sallyportd does not run: it makes the vault at its next start");
    answer = {{"state", "absent"}};
  }
  answer["file"] = with_token ? json(nullptr) : json(file.string());
  print(call, "sallyport/vault-init/1", answer);
  return Exit::Ok;
}

Exit run_vault_status(const Call& call) {
  const json answer = ask_daemon(call.settings, {{"command", "vault_status"}}, kVaultPatience);
  print(call, "sallyport/vault-status/1", answer);
  return answer.value("state", "") == "sealed" ? Exit::No : Exit::Ok;
}

Exit run_seal(const Call& call) {
  const json answer = ask_daemon(
      call.settings, {{"command", "vault_seal"}, {"reason", call.arguments.get("reason")}},
      kVaultPatience);
  print(call, "sallyport/vault-seal/1", answer);
  call.out.note(
      "requests that mint tokens are refused (503 vault_sealed) until: sallyctl vault unseal");
  return Exit::Ok;
}

Exit run_unseal(const Call& call) {
  json request = {{"command", "vault_unseal"}};
  if (const auto file = call.arguments.find("share")) {
    if (!call.arguments.has("key"))
      throw Failure(Exit::Usage, "missing_option", "--share wants --key",
                    "a share is sealed to its custodian's key", "--key FILE");
    try {
      const vault::Secret key = read_custodian_key(call.arguments.get("key"));
      const std::string text = read_whole(*file);
      const vault::Share share = vault::open_share(vault::parse_share(text), key);
      request = {{"command", "vault_share"}, {"share", text}, {"bytes", vault::hex(share.bytes)}};
    } catch (const vault::VaultError& error) {
      throw failure_of(error, "the share was not brought");
    }
  }
  const json answer = ask_daemon(call.settings, request, kVaultPatience);
  print(call, "sallyport/vault-unseal/1", answer);
  return answer.value("state", "") == "open" ? Exit::Ok : Exit::Partial;
}

}  // namespace

void add_vault_commands(std::vector<Command>& table) {
  table.push_back({.noun = "vault",
                   .verb = "init",
                   .summary = "Makes the key-encryption key and the vault",
                   .details =
                       "The key lies in vault.kek of the credentials folder, for root only. With "
                       "vault.pkcs11 there\n"
                       "(docs/vault.md) it lies wrapped beside the vault, and a token unwraps it. "
                       "From now on what\n"
                       "tokens stand for is kept for the tenant's vault_hours (retention.yaml).",
                   .arguments = {},
                   .options = {},
                   .examples = {{"sallyctl vault init", "once, on the appliance"},
                                {"sallyctl vault init --output json", "for a script"}},
                   .run = run_init});
  table.push_back({.noun = "vault",
                   .verb = "status",
                   .summary = "Open or sealed, how much it holds, under which key",
                   .details = "Exit 3 when it is sealed.",
                   .arguments = {},
                   .options = {},
                   .examples = {{"sallyctl vault status", "for a person"},
                                {"sallyctl vault status --output json", "for monitoring"}},
                   .run = run_vault_status});
  table.push_back(
      {.noun = "vault",
       .verb = "seal",
       .summary = "Takes the vault's keys out of memory, until vault unseal",
       .details = "Nothing can be restored, requests that would mint tokens get 503. What rings "
                  "still hold "
                  "waits as it was\nsealed. It stays sealed over a start of sallyportd.",
       .arguments = {},
       .options =
           {{.name = "reason", .value = "TEXT", .text = "why; into the log", .required = true}},
       .examples = {{"sallyctl vault seal --reason incident-12", "an incident"},
                    {"sallyctl vault seal --reason drill --output json", "for a script"}},
       .run = run_seal});
  table.push_back(
      {.noun = "vault",
       .verb = "unseal",
       .summary = "Opens the vault: with the key on this host, or with custodians' shares",
       .details = "With --share one custodian brings his share; the vault opens when there are "
                  "enough. Nobody "
                  "sees the\nshare of another. Exit 9 while more are needed.",
       .arguments = {},
       .options = {{.name = "share", .value = "FILE", .text = "of vault key split"},
                   {.name = "key", .value = "FILE", .text = "the custodian's private key, PEM"}},
       .examples = {{"sallyctl vault unseal", "with vault.kek or the token"},
                    {"sallyctl vault unseal --share share-2.json --key alice.key", "one of three"}},
       .run = run_unseal});
  add_vault_key_commands(table);
}

}  // namespace sallyport::cli
