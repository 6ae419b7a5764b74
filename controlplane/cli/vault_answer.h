// vault_answer.h: what the vault, subject and hold commands share: key files of custodians, whole
// files, subjects made of values, and errors of the vault's library as failures.
#pragma once

#include <string>
#include <vector>

#include "controlplane/cli/command.h"
#include "controlplane/vault/kek_source.h"
#include "controlplane/vault/shares.h"

namespace sallyport::cli {

// The file's content. Throws Failure.
std::string read_whole(const std::string& path);
// An X25519 key in PEM, as openssl writes it. Throws Failure that names the file and the command.
vault::PublicKey read_custodian(const std::string& path);
vault::Secret read_custodian_key(const std::string& path);
// Before anything is asked of sallyportd that would be in vain (and in the log): Failure when there
// is such a file, or when none can be made in its folder.
void refuse_unwritable(const std::string& path);
// Writes a new file, 0600 for `secret`, else 0644; never over another one. Failure leaves none.
void write_new(const std::string& path, std::string_view text, bool secret);

Failure failure_of(const vault::VaultError& error, const std::string& what);

// "a,b" as its words; nothing of an empty list.
std::vector<std::string> comma_list(std::string list);
// The pseudonyms that a call names: --id (32 hex, several by comma), or --entity with a value read
// from --value-file or from stdin (`value_per_line`: with one in each line), or without --entity
// lines of ENTITY=value there. Values stay in this process.
std::vector<std::string> subjects_named(const Call& call, bool value_per_line = false);

}  // namespace sallyport::cli
