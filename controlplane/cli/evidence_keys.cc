// evidence key rotate | list: the keys that sign the log, one after the other.
#include <fmt/format.h>

#include <chrono>

#include "controlplane/cli/admin_client.h"
#include "controlplane/cli/commands.h"
#include "controlplane/cli/evidence_reading.h"
#include "controlplane/evidence/log/key_chain.h"

namespace sallyport::cli {
namespace {

namespace log = evidence_log;
using nlohmann::json;

constexpr std::chrono::seconds kKeyChangePatience{45};  // sallyportd gives up waiting after thirty

Exit run_key_rotate(const Call& call) {
  const json answer = ask_daemon(
      call.settings, {{"command", "evidence_key_rotate"}, {"reason", call.arguments.get("reason")}},
      kKeyChangePatience);
  if (call.out.is_json()) {
    call.out.json("sallyport/evidence-key-rotate/1", answer);
  } else {
    const std::string vkey = answer.value("vkey", "");
    call.out.line(fmt::format("key {} signs the log now; it replaced key {} at size {}",
                              log::key_id_text(vkey),
                              log::key_id_text(answer.value("old_vkey", "")),
                              answer.value("checkpoint_size", uint64_t{0})));
    call.out.line(vkey);
  }
  call.out.note(
      "auditors with the former key follow the change; witnesses of kind url need the new line");
  return Exit::Ok;
}

Exit run_key_list(const Call& call) {
  const auto reader = open_evidence_log(call);
  const std::vector<log::LogKey> keys = reader.keys();
  json rows = json::array();
  for (size_t i = 0; i < keys.size(); ++i) {
    const auto key = log::VerifierKey::parse(keys[i].vkey);
    const bool last = i + 1 == keys.size();
    rows.push_back(
        {{"id", log::key_id_text(keys[i].vkey)},
         {"algorithm", key && key->type() == log::KeyType::Ecdsa ? "ecdsa-p256" : "ed25519"},
         {"place", keys[i].place.text()},
         {"from_size", keys[i].checkpoint},
         {"to_size", last ? json(nullptr) : json(keys[i + 1].checkpoint)},
         {"record", keys[i].record == log::kNoIndex ? json(nullptr) : json(keys[i].record)},
         {"in_force", last},
         {"vkey", keys[i].vkey}});
  }
  const auto coming = reader.coming_key();
  if (call.out.is_json()) {
    call.out.json("sallyport/evidence-key-list/1",
                  {{"keys", rows}, {"coming", coming ? json(coming->vkey) : json(nullptr)}});
    return Exit::Ok;
  }
  if (rows.empty())
    call.out.note("this log never listed its keys; the next start of sallyportd does it");
  for (const json& row : rows)
    call.out.line(fmt::format("{}  {:10}  {}  signs sizes {} to {}\n  {}",
                              row["id"].get<std::string>(), row["algorithm"].get<std::string>(),
                              row["place"].get<std::string>(), row["from_size"].dump(),
                              row["in_force"].get<bool>() ? "now" : row["to_size"].dump(),
                              row["vkey"].get<std::string>()));
  if (coming) call.out.note("a change is begun and not signed yet: is there room for the log?");
  return Exit::Ok;
}

}  // namespace

void add_evidence_keys(std::vector<Command>& table) {
  table.push_back(
      {.noun = "evidence",
       .verb = "key rotate",
       .summary = "A new key that signs the log; the former one vouches for it, then is destroyed",
       .details =
           "The new key is the one that evidence.pkcs11 of sallyport.yaml names now, or a new file "
           "where it names\nnone. Killed in the middle it goes on at the next start. Whoever "
           "trusts "
           "any key of the log can verify all\nof it: sallyctl evidence verify, sallyport-verify.",
       .arguments = {},
       .options = {{.name = "reason", .value = "TEXT", .text = "why; into the log"}},
       .examples = {{"sallyctl evidence key rotate --reason yearly", "on schedule"},
                    {"sallyctl evidence key rotate --reason custodian-left --output json",
                     "for a script; `vkey` is the new line"}},
       .run = run_key_rotate});
  table.push_back(
      {.noun = "evidence",
       .verb = "key list",
       .summary = "Which keys signed the log, from which size to which, and where they are",
       .details = "The lines are public: any of them verifies the whole log.",
       .arguments = {},
       .options = {},
       .examples = {{"sallyctl evidence key list", "for a person"},
                    {"sallyctl evidence key list --output json", "for a script"}},
       .run = run_key_list});
}

}  // namespace sallyport::cli
