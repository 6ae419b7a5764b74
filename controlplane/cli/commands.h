// commands.h: where each noun's rows of the command table come from.
#pragma once

#include <vector>

#include "controlplane/cli/command.h"

namespace sallyport::cli {

void add_status_commands(std::vector<Command>& table);         // status, doctor, reload, version
void add_policy_commands(std::vector<Command>& table);         // policy check, test, compile, apply
void add_policy_explain(std::vector<Command>& table);          // policy explain
void add_scan_commands(std::vector<Command>& table);           // scan
void add_policy_change_commands(std::vector<Command>& table);  // policy diff, guard
void add_policy_sign_commands(std::vector<Command>& table);    // policy sign, approve
void add_policy_rollout_commands(std::vector<Command>& table);  // policy apply ... history
void add_evidence_commands(std::vector<Command>& table);        // evidence, all verbs
void add_restore_commands(std::vector<Command>& table);  // restore; access review, decide, ...
void add_key_commands(std::vector<Command>& table);      // key new, list, revoke

void add_vault_commands(std::vector<Command>& table);     // vault init, status, key ...
void add_vault_key_commands(std::vector<Command>& table);
void add_subject_commands(std::vector<Command>& table);   // subject find, erase, ...
void add_hold_commands(std::vector<Command>& table);      // hold add, release, list
void add_redact_commands(std::vector<Command>& table);    // redact replay

}  // namespace sallyport::cli
