// vault key rotate, split, combine, backup, restore: ceremonies of the key-encryption key.
#include <fmt/format.h>

#include <chrono>

#include "controlplane/cli/admin_client.h"
#include "controlplane/cli/commands.h"
#include "controlplane/cli/vault_answer.h"

namespace sallyport::cli {
namespace {

using nlohmann::json;

constexpr std::chrono::seconds kCeremonyPatience{60};
constexpr std::chrono::seconds kRotationPatience{280};  // millions of subjects

// What was done with files here is said to the log there; without a daemon it is not.
void note_step(const Call& call, const char* step, const vault::Kek& kek, bool good) {
  try {
    ask_daemon(call.settings,
               {{"command", "vault_ceremony"},
                {"step", step},
                {"good", good},
                {"generation", kek.generation},
                {"fingerprint", vault::kek_fingerprint(kek)}},
               kCeremonyPatience);
  } catch (const Failure& failure) {
    if (failure.exit != Exit::Unreachable) throw;
    call.out.note("sallyportd does not run: this step is not in the evidence log");
  }
}

std::vector<std::string> words_of(const Call& call, const char* option) {
  std::vector<std::string> out = comma_list(call.arguments.get(option));
  out.insert(out.end(), call.arguments.positional.begin(), call.arguments.positional.end());
  return out;
}

Exit run_rotate(const Call& call) {
  const json answer = ask_daemon(
      call.settings, {{"command", "vault_rotate"}, {"reason", call.arguments.get("reason")}},
      kRotationPatience);
  if (call.out.is_json())
    call.out.json("sallyport/vault-key-rotate/1", answer);
  else
    call.out.line(
        fmt::format("the key-encryption key is generation {} now; the former one is destroyed",
                    answer.value("kek_generation", 0)));
  call.out.note(
      "shares and backups of the former key open nothing any more: split and back up again");
  return Exit::Ok;
}

Exit run_split(const Call& call) {
  const std::vector<std::string> files = words_of(call, "to");
  if (files.size() != call.arguments.number("n", files.size()))
    throw Failure(Exit::Usage, "bad_value",
                  fmt::format("-n says {}, but {} custodians are named", call.arguments.get("n"),
                              files.size()),
                  "each share goes to one custodian's public key", "--to A.pub B.pub ...");
  const std::filesystem::path folder = call.arguments.get("out", ".");
  const auto share_file = [&](uint64_t index) {
    return (folder / fmt::format("share-{}.json", index)).string();
  };
  for (uint64_t i = 1; i <= files.size(); ++i) refuse_unwritable(share_file(i));
  json custodians = json::array();
  for (const std::string& file : files) custodians.push_back(vault::hex(read_custodian(file)));
  const json answer = ask_daemon(call.settings,
                                 {{"command", "vault_split"},
                                  {"threshold", call.arguments.number("k", 0)},
                                  {"custodians", custodians}},
                                 kCeremonyPatience);
  json written = json::array();
  for (const json& share : answer["shares"]) {
    const std::string path = share_file(share["index"].get<uint64_t>());
    write_new(path, share["text"].get<std::string>(), true);
    written.push_back(
        {{"file", path}, {"index", share["index"]}, {"custodian", share["custodian"]}});
  }
  if (call.out.is_json()) {
    call.out.json("sallyport/vault-key-split/1", {{"shares", written},
                                                  {"threshold", answer["threshold"]},
                                                  {"kek_generation", answer["kek_generation"]}});
    return Exit::Ok;
  }
  for (size_t i = 0; i < written.size(); ++i)
    call.out.line(fmt::format("{}  for {}", written[i]["file"].get<std::string>(), files[i]));
  call.out.note("each file opens with its custodian's private key only; hand each to one person");
  return Exit::Ok;
}

Exit run_combine(const Call& call) {
  const std::vector<std::string> pairs = call.arguments.positional;
  try {
    std::vector<vault::Share> shares;
    for (const std::string& pair : pairs) {
      const size_t colon = pair.find(':');
      if (colon == std::string::npos)
        throw Failure(Exit::Usage, "bad_value", fmt::format("'{}' is no pair", printable(pair)),
                      "a share and the key that opens it: share-1.json:alice.key",
                      "sallyctl vault key combine --help");
      shares.push_back(vault::open_share(vault::parse_share(read_whole(pair.substr(0, colon))),
                                         read_custodian_key(pair.substr(colon + 1))));
    }
    vault::Keks keks;
    keks.push_back(vault::combine_shares(shares));
    const std::string out =
        call.arguments.get("out", (call.settings.credentials / "vault.kek").string());
    const vault::Secret text = vault::keks_text(keks);
    write_new(out, vault::text_of(text), true);
    note_step(call, "shares_combined", keks.front(), true);
    if (call.out.is_json())
      call.out.json("sallyport/vault-key-combine/1",
                    {{"file", out},
                     {"kek_generation", keks.front().generation},
                     {"kek_fingerprint", vault::kek_fingerprint(keks.front())}});
    else
      call.out.line(fmt::format("wrote {} (generation {})", out, keks.front().generation));
    return Exit::Ok;
  } catch (const vault::VaultError& error) {
    throw failure_of(error, "the shares were not combined");
  }
}

Exit run_backup(const Call& call) {
  const std::string out = call.arguments.get("out");
  refuse_unwritable(out);
  const vault::PublicKey holder = read_custodian(call.arguments.get("to"));
  const json answer =
      ask_daemon(call.settings, {{"command", "vault_backup"}, {"holder", vault::hex(holder)}},
                 kCeremonyPatience);
  write_new(out, answer["text"].get<std::string>(), true);
  if (call.out.is_json())
    call.out.json("sallyport/vault-key-backup/1", {{"file", out},
                                                   {"holder", vault::fingerprint(holder)},
                                                   {"kek_generation", answer["kek_generation"]}});
  else
    call.out.line(fmt::format("wrote {}; try it: sallyctl vault key restore {} --key FILE --check",
                              out, out));
  return Exit::Ok;
}

// --check: is this the key that the running vault is under? Nothing is written but a record.
Exit check_backup(const Call& call, const vault::Kek& kek) {
  const json status = ask_daemon(call.settings, {{"command", "vault_status"}}, kCeremonyPatience);
  const bool same = status.value("kek_fingerprint", "") == vault::kek_fingerprint(kek);
  note_step(call, "backup_tested", kek, same);
  if (call.out.is_json())
    call.out.json("sallyport/vault-key-restore/1",
                  {{"good", same}, {"kek_generation", kek.generation}});
  else
    call.out.line(same ? "good: this backup opens the vault that runs here"
                       : "NOT GOOD: this backup is of another key than the vault that runs here");
  return same ? Exit::Ok : Exit::No;
}

Exit run_key_restore(const Call& call) {
  try {
    const vault::Backup backup = vault::parse_backup(read_whole(call.arguments.positional[0]));
    const vault::Kek kek =
        vault::open_backup(backup, read_custodian_key(call.arguments.get("key")));
    if (call.arguments.has("check")) return check_backup(call, kek);
    vault::Keks keks;
    keks.push_back(kek);
    const std::string out =
        call.arguments.get("out", (call.settings.credentials / "vault.kek").string());
    const vault::Secret text = vault::keks_text(keks);
    write_new(out, vault::text_of(text), true);
    note_step(call, "backup_restored", kek, true);
    if (call.out.is_json())
      call.out.json("sallyport/vault-key-restore/1",
                    {{"file", out}, {"node", backup.node}, {"kek_generation", kek.generation}});
    else
      call.out.line(fmt::format("wrote {}; now: sallyctl vault unseal", out));
    return Exit::Ok;
  } catch (const vault::VaultError& error) {
    throw failure_of(error, "the backup was not restored");
  }
}

void add_sharing(std::vector<Command>& table) {
  table.push_back(
      {.noun = "vault",
       .verb = "key split",
       .summary = "Splits the key-encryption key: each share sealed to one custodian's public key",
       .details = "Any -k of -n shares open the vault (vault unseal --share) or give the key back "
                  "(vault key "
                  "combine).\nNo two shares are ever readable in one place here.",
       .arguments =
           {{.name = "PUBKEY", .text = "more custodians", .required = false, .repeats = true}},
       .options =
           {{.name = "n", .value = "N", .text = "how many shares", .letter = 'n', .required = true},
            {.name = "k",
             .value = "K",
             .text = "how many are needed",
             .letter = 'k',
             .required = true},
            {.name = "to",
             .value = "PUBKEY",
             .text = "custodians' public keys, PEM",
             .required = true},
            {.name = "out", .value = "DIR", .text = "where share-1.json ... go (here)"}},
       .examples = {{"sallyctl vault key split -n 3 -k 2 --to alice.pub bob.pub carol.pub",
                     "three custodians"},
                    {"sallyctl vault key split -n 5 -k 3 --to a.pub,b.pub,c.pub,d.pub,e.pub --out "
                     "/media/stick",
                     "onto a stick"}},
       .run = run_split});
  table.push_back(
      {.noun = "vault",
       .verb = "key combine",
       .summary = "Brings shares together into a key file; refuses wrong, foreign, doubled and too "
                  "few ones",
       .details = "Exit 3 with share_wrong, share_foreign, share_duplicate, share_too_few or "
                  "share_not_yours.",
       .arguments = {{.name = "SHARE:KEY",
                      .text = "a share and its custodian's private key",
                      .repeats = true}},
       .options = {{.name = "out",
                    .value = "FILE",
                    .text = "the key file (vault.kek of the credentials)"}},
       .examples = {{"sallyctl vault key combine share-1.json:alice.key share-3.json:carol.key",
                     "two of three"},
                    {"sallyctl vault key combine s1.json:a.key s2.json:b.key --out /root/vault.kek",
                     "elsewhere"}},
       .run = run_combine});
}

}  // namespace

void add_vault_key_commands(std::vector<Command>& table) {
  table.push_back(
      {.noun = "vault",
       .verb = "key rotate",
       .summary =
           "A new key-encryption key; every data key is wrapped anew, requests go on meanwhile",
       .details = "Killed in the middle it goes on at the next start. Both ends are KEY records.",
       .arguments = {},
       .options = {{.name = "reason", .value = "TEXT", .text = "why; into the log"}},
       .examples = {{"sallyctl vault key rotate --reason yearly", "on schedule"},
                    {"sallyctl vault key rotate --reason custodian-left --output json",
                     "for a script"}},
       .run = run_rotate});
  add_sharing(table);
  table.push_back(
      {.noun = "vault",
       .verb = "key backup",
       .summary =
           "A copy of the key-encryption key, sealed to one holder, against the loss of this host",
       .details =
           "Data keys of subjects are not in it: a backup does not bring back what was erased.",
       .arguments = {},
       .options = {{.name = "to",
                    .value = "PUBKEY",
                    .text = "the holder's public key, PEM",
                    .required = true},
                   {.name = "out", .value = "FILE", .text = "the backup", .required = true}},
       .examples = {{"sallyctl vault key backup --to escrow.pub --out vault-backup.json",
                     "for the safe"},
                    {"sallyctl vault key backup --to escrow.pub --out b.json --output json",
                     "for a script"}},
       .run = run_backup});
  table.push_back(
      {.noun = "vault",
       .verb = "key restore",
       .summary =
           "The key file from a backup; with --check only whether it opens the vault that runs",
       .details = "A restore test (--check) is a KEY record. Exit 3 when the backup is not good.",
       .arguments = {{.name = "FILE", .text = "of vault key backup"}},
       .options = {{.name = "key",
                    .value = "FILE",
                    .text = "the holder's private key, PEM",
                    .required = true},
                   {.name = "check", .value = "", .text = "write nothing"},
                   {.name = "out",
                    .value = "FILE",
                    .text = "the key file (vault.kek of the credentials)"}},
       .examples = {{"sallyctl vault key restore vault-backup.json --key escrow.key --check",
                     "the yearly test"},
                    {"sallyctl vault key restore vault-backup.json --key escrow.key",
                     "on a new host"}},
       .run = run_key_restore});
}

}  // namespace sallyport::cli
