// approvals.h: who stands behind a bundle: SSH signatures over its digest, and the rules that say
// whether they are enough.
//
// A signature is made with `ssh-keygen -Y sign -n sallyport-policy` over a statement of three lines
// (approval_statement()), so that anybody can check it with ssh-keygen alone. The role is part of
// what is signed: an author's signature cannot be renamed into an approval.
//
// Who may sign is the host's to say (an allowed-signers file, ssh-keygen(1)), never the bundle's.
//
// Rules (docs/policy_changes.md, section 3)
//   R1  environment `lab` needs no signature. Every other environment is production.
//   R2  production: the author's signature, and one approver who is not the author; two for a
//       change that loosens. No option lowers that.
//   R3  one person counts once: signers that share a name or a key are one person.
//   R4  an emergency works with one valid signature, and opens a review item.
//
// Not here  what a change is (bundle_change.h); publication (supervise/).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/contract/image_layout.h"

namespace sallyport::controlplane::policy {

inline constexpr std::string_view kApprovalNamespace = "sallyport-policy";
inline constexpr std::string_view kEnvironmentWithoutApprovals = "lab";
inline constexpr unsigned kApproversMin = 1;
inline constexpr unsigned kApproversOfLooseningMin = 2;
// Bounds of what a bundle's author can make us read and run.
inline constexpr size_t kSignaturesMax = 16;
inline constexpr size_t kSignatureBytesMax = 16U << 10;
inline constexpr size_t kSignersBytesMax = 1U << 20;

enum class SignerRole : uint8_t { Author, Approver };
std::string_view signer_role_name(SignerRole role);  // "author", "approver"

// What is signed:
//   sallyport policy bundle 1\n<64 hex of the bundle digest>\n<author|approver>\n
std::string approval_statement(const contract::Digest& bundle, SignerRole role);

struct SignatureFile {
  std::string name;  // as a person finds it
  SignerRole role = SignerRole::Approver;
  std::string text;  // what ssh-keygen wrote
};

// <folder>/.approvals/<digest>.<role>.<anything>.sig: beside the bundle, not part of its digest.
// `error` says what could not be read; what could be is returned.
std::vector<SignatureFile> read_signatures(const std::filesystem::path& folder,
                                           const contract::Digest& bundle, std::string& error);
// Where a new signature goes. `mark` tells several signers apart: letters, digits, . _ -.
std::filesystem::path signature_path(const std::filesystem::path& folder,
                                     const contract::Digest& bundle, SignerRole role,
                                     std::string_view mark);

struct ApprovalRequest {
  contract::Digest bundle{};
  std::vector<SignatureFile> signatures;
  std::filesystem::path allowed_signers;  // of the host
  // Revoked keys (public keys, or a KRL); empty: `allowed_signers` with ".revoked", when it exists.
  std::filesystem::path revoked;
  // When set, an allowed-signers file inside this folder is refused.
  std::filesystem::path bundle_folder;
  std::string environment;  // of the host; see approvals_needed()
  bool is_loosening = false;
  bool is_emergency = false;
  unsigned approvers_min = 0;  // of the bundle's own settings; only ever adds
  int64_t now_s = 0;           // signers have times; the clock is the caller's
};

struct Signer {
  SignerRole role = SignerRole::Approver;
  std::string principal;    // name in the allowed-signers file
  std::string fingerprint;  // SHA256:...
  std::string file;
};

// Why one signature does not count.
enum class SignatureFault : uint8_t {
  Malformed,       // not what ssh-keygen writes, or too long
  WrongNamespace,  // made for something else than policies
  NotThisBundle,   // of another digest or another role
  UnknownSigner,   // the key is not in the allowed-signers file
  Expired,         // the signer's time is over, or has not begun
  Revoked,
  Ambiguous,  // the file names the signer by a pattern or an authority: nobody in particular
  NotChecked  // ssh-keygen could not be run
};
std::string_view signature_fault_name(SignatureFault fault);  // "unknown_signer"

struct RefusedSignature {
  std::string file;
  SignerRole role = SignerRole::Approver;
  SignatureFault fault = SignatureFault::Malformed;
  std::string why;  // one sentence
};

struct ApprovalOutcome {
  bool allowed = false;
  // "not_needed", "approved", "emergency"; or why not: "signers_unreadable", "author_missing",
  // "approvals_missing", "signature_missing".
  std::string code;
  std::string why;   // one sentence; empty when allowed
  std::string next;  // what to do about it
  std::optional<Signer> author;
  std::vector<Signer> approvers;  // one entry per person, without the author
  std::vector<Signer> uncounted;  // valid, and a person who counts already
  std::vector<RefusedSignature> refused;
  unsigned approvers_needed = 0;
  bool opens_review = false;  // an emergency that the rules alone would not have let through
};

// How many approvers who are not the author: R1, R2.
unsigned approvals_needed(std::string_view environment, bool is_loosening);

// The environment that counts for a bundle on this host: a host that calls itself `lab` is
// production as soon as a gateway key of the bundle belongs to another environment than `lab`.
struct Bundle;
std::string approval_environment(const Bundle& bundle, std::string_view host_environment);

// Runs ssh-keygen a few times per signature, each at most 10 s; no shell, an empty environment.
ApprovalOutcome verify_approvals(const ApprovalRequest& request);

}  // namespace sallyport::controlplane::policy
