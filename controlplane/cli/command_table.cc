#include "controlplane/cli/command.h"
#include "controlplane/cli/commands.h"

namespace sallyport::cli {

const std::vector<Command>& command_table() {
  static const std::vector<Command> table = [] {
    std::vector<Command> rows;
    add_status_commands(rows);
    add_policy_commands(rows);
    add_policy_change_commands(rows);
    add_policy_sign_commands(rows);
    add_policy_rollout_commands(rows);
    add_policy_explain(rows);
    add_scan_commands(rows);
    add_evidence_commands(rows);
    add_key_commands(rows);
    add_restore_commands(rows);
    add_vault_commands(rows);
    add_subject_commands(rows);
    add_hold_commands(rows);
    add_redact_commands(rows);
    return rows;
  }();
  return table;
}

const std::vector<OptionSpec>& global_options() {
  static const std::vector<OptionSpec> options = {
      {.name = "output",
       .value = "FORMAT",
       .text = "how to answer; data goes to stdout, everything else to stderr",
       .one_of = {"table", "json"}},
      {.name = "run-dir",
       .value = "DIR",
       .text = "sockets and rings ($SALLYPORT_RUN_DIR, else /run/sallyport)"},
      {.name = "state-dir",
       .value = "DIR",
       .text = "evidence, images, keys ($SALLYPORT_STATE_DIR, else /var/lib/sallyport)"},
      {.name = "credentials",
       .value = "DIR",
       .text = "the operator's secrets ($SALLYPORT_CREDENTIALS, else systemd's, else "
               "/etc/sallyport/credentials)"},
  };
  return options;
}

std::string_view noun_summary(std::string_view noun) {
  if (noun == "policy") return "check, explain, compile and publish policy bundles";
  if (noun == "evidence") return "read and prove the evidence log";
  if (noun == "key") return "gateway keys: what callers present in place of a vendor's key";
  if (noun == "access") return "who could have values back, who did, and what was decided";
  if (noun == "vault") return "what tokens stand for: the store, its state and its keys";
  if (noun == "subject") return "where a person's data went, and its erasure";
  if (noun == "hold") return "legal holds: what is neither expired nor erased";
  if (noun == "redact") return "what a newer policy would have changed";
  if (noun == "completion") return "tab completion for a shell";
  return "";
}

}  // namespace sallyport::cli
