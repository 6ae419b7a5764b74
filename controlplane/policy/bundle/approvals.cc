#include "controlplane/policy/bundle/approvals.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <iterator>
#include <set>
#include <system_error>
#include <utility>

#include "controlplane/policy/bundle/bounded_program.h"
#include "controlplane/policy/bundle/bundle.h"
#include "controlplane/policy/bundle/digest.h"

namespace sallyport::controlplane::policy {
namespace fs = std::filesystem;
namespace {

constexpr const char* kSshKeygen = "/usr/bin/ssh-keygen";
constexpr std::chrono::milliseconds kSshPatience{10'000};
constexpr std::string_view kSignaturesFolder = ".approvals";
constexpr std::string_view kSignatureHead = "-----BEGIN SSH SIGNATURE-----";

// At most `bytes_max`; nothing: `error` says why.
std::optional<std::string> read_bounded(const fs::path& path, size_t bytes_max,
                                        std::string& error) {
  std::error_code failed;
  if (!fs::is_regular_file(path, failed)) {
    error = path.string() + ": there is no such file";
    return std::nullopt;
  }
  std::ifstream in(path, std::ios::binary);
  std::string text(bytes_max + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in.is_open() || in.bad()) {
    error = path.string() + ": it cannot be read";
    return std::nullopt;
  }
  text.resize(static_cast<size_t>(in.gcount()));
  if (text.size() > bytes_max) {
    error = path.string() + ": it is larger than " + std::to_string(bytes_max) + " bytes";
    return std::nullopt;
  }
  return text;
}

// A folder of our own for the files that ssh-keygen reads by name: what was judged is what was
// read, whatever happens to the originals meanwhile.
class PrivateFolder {
 public:
  PrivateFolder() {
    std::error_code failed;
    std::string name = (fs::temp_directory_path(failed) / "sallyport-approvals-XXXXXX").string();
    if (!failed && mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~PrivateFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;

  bool exists() const { return !path_.empty(); }
  // Empty: not written.
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream out(path_ / name, std::ios::binary);
    out << text;
    out.close();
    return out ? (path_ / name).string() : std::string();
  }

 private:
  fs::path path_;
};

// Whoever can write the file decides who may approve.
std::string signers_fault(const ApprovalRequest& request) {
  const fs::path& path = request.allowed_signers;
  if (path.empty()) return "no allowed-signers file is named";
  struct stat is {};
  if (stat(path.c_str(), &is) != 0 || !S_ISREG(is.st_mode))
    return path.string() + ": there is no such file";
  if ((is.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return path.string() + ": others than its owner may write it";
  if (is.st_uid != 0 && is.st_uid != geteuid())
    return path.string() + ": it belongs neither to root nor to the user who judges";
  if (request.bundle_folder.empty()) return {};
  std::error_code failed;
  const fs::path file = fs::weakly_canonical(path, failed);
  const fs::path folder = fs::weakly_canonical(request.bundle_folder, failed);
  const auto [in_folder, in_file] =
      std::mismatch(folder.begin(), folder.end(), file.begin(), file.end());
  if (in_folder == folder.end())
    return path.string() + ": it lies in the bundle; who may approve is the host's to say";
  return {};
}

std::string utc_stamp(int64_t unix_s) {
  const std::time_t when = unix_s;
  std::tm parts{};
  gmtime_r(&when, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y%m%d%H%M%SZ", &parts);
  return text;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    if (end > at) out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

// "with ED25519 key SHA256:..." of ssh-keygen's answer.
std::string word_after(const std::string& text, std::string_view before) {
  const size_t at = text.find(before);
  if (at == std::string::npos) return {};
  const size_t start = at + before.size();
  const size_t end = text.find_first_of(" \n", start);
  return text.substr(start, end == std::string::npos ? end : end - start);
}

struct Judged {
  std::optional<SignatureFault> fault;
  std::string why;
  std::vector<std::string> names;  // of the person
  std::string fingerprint;
};

class SignatureJudge {
 public:
  // Empty, or why nothing can be judged.
  std::string prepare(const ApprovalRequest& request) {
    if (std::string fault = signers_fault(request); !fault.empty()) return fault;
    if (!folder_.exists()) return "no folder for temporary files can be made";
    std::string error;
    const auto signers = read_bounded(request.allowed_signers, kSignersBytesMax, error);
    if (!signers) return error;
    fs::path revoked = request.revoked;
    std::error_code failed;
    if (revoked.empty()) revoked = request.allowed_signers.string() + ".revoked";
    if (!request.revoked.empty() || fs::exists(revoked, failed)) {
      const auto keys = read_bounded(revoked, kSignersBytesMax, error);
      if (!keys) return error;
      revoked_ = folder_.write("revoked", *keys);
      if (revoked_.empty()) return "the list of revoked keys cannot be copied";
    }
    signers_ = folder_.write("signers", *signers);
    time_ = "-Overify-time=" + utc_stamp(request.now_s);
    return signers_.empty() ? "the allowed signers cannot be copied" : std::string();
  }

  Judged judge(const contract::Digest& bundle, const SignatureFile& file) {
    Judged out;
    if (file.text.size() > kSignatureBytesMax || !file.text.starts_with(kSignatureHead)) {
      out.fault = SignatureFault::Malformed;
      out.why = "it is not what ssh-keygen -Y sign writes";
      return out;
    }
    const std::string statement = approval_statement(bundle, file.role);
    const std::string path = folder_.write("signature", file.text);
    if (path.empty()) return not_checked("it cannot be copied");
    const ProgramEnd fits = run({"-Y", "check-novalidate", "-s", path}, statement);
    if (!fits.succeeded()) return fault_of_text(fits);
    out.fingerprint = word_after(fits.output, " key ");
    const std::string kind = word_after(fits.output, " with ");
    const ProgramEnd known = run({"-Y", "find-principals", "-s", path, "-f", signers_, time_}, {});
    out.names = lines_of(known.output);
    if (!known.succeeded() || out.names.empty()) return fault_of_signer(known, out);
    if (kind.ends_with("-CERT") || std::any_of(out.names.begin(), out.names.end(), is_pattern)) {
      out.fault = SignatureFault::Ambiguous;
      out.why =
          "the allowed-signers file names its key by a pattern or an authority; name a person";
      return out;
    }
    return verify(statement, path, std::move(out));
  }

 private:
  static bool is_pattern(const std::string& name) {
    return name.find_first_of("*?!") != std::string::npos;
  }

  ProgramEnd run(std::vector<std::string> arguments, const std::string& input) const {
    BoundedProgram program;
    program.arguments = {kSshKeygen};
    program.arguments.insert(program.arguments.end(), arguments.begin(), arguments.end());
    if (arguments[1] != "find-principals") {
      program.arguments.push_back("-n");
      program.arguments.emplace_back(kApprovalNamespace);
    }
    program.environment = {"LC_ALL=C", "PATH=/usr/bin:/bin"};
    program.input = input;
    program.patience = kSshPatience;
    program.output_bytes_max = kSignatureBytesMax;
    return run_bounded(program);
  }

  // The signature is whole, and the key is one of ours: does ssh-keygen accept the two together?
  Judged verify(const std::string& statement, const std::string& path, Judged out) const {
    std::vector<std::string> arguments = {"-Y", "verify",         "-s", path, "-f", signers_, time_,
                                          "-I", out.names.front()};
    const auto plain = arguments;
    if (!revoked_.empty()) arguments.insert(arguments.end(), {"-r", revoked_});
    const ProgramEnd good = run(arguments, statement);
    if (good.succeeded()) return out;
    if (!revoked_.empty() && run(plain, statement).succeeded()) {
      out.fault = SignatureFault::Revoked;
      out.why = "the key of " + out.names.front() + " is revoked";
      return out;
    }
    return fault_of_signer(good, out);
  }

  static Judged not_checked(const std::string& why) {
    Judged out;
    out.fault = SignatureFault::NotChecked;
    out.why = why;
    return out;
  }

  static Judged fault_of_text(const ProgramEnd& end) {
    if (end.how != ProgramEnd::How::Exited) return not_checked("ssh-keygen: " + end.words());
    Judged out;
    if (end.errors.find("namespace") != std::string::npos) {
      out.fault = SignatureFault::WrongNamespace;
      out.why = "it was made for another namespace than " + std::string(kApprovalNamespace);
    } else if (end.errors.find("incorrect signature") != std::string::npos) {
      out.fault = SignatureFault::NotThisBundle;
      out.why = "it is over another bundle, or for another role";
    } else {
      out.fault = SignatureFault::Malformed;
      out.why = "ssh-keygen does not read it";
    }
    return out;
  }

  static Judged fault_of_signer(const ProgramEnd& end, Judged out) {
    if (end.how != ProgramEnd::How::Exited) return not_checked("ssh-keygen: " + end.words());
    const auto says = [&](const char* text) { return end.errors.find(text) != std::string::npos; };
    if (says("has expired") || says("not yet valid")) {
      out.fault = SignatureFault::Expired;
      out.why = "the allowed-signers file does not let this key sign today";
    } else {
      out.fault = SignatureFault::UnknownSigner;
      out.why = says("not permitted for use")
                    ? "the allowed-signers file does not let this key sign policies"
                    : "the key is not in the allowed-signers file";
    }
    if (!out.fingerprint.empty()) out.why += " (" + out.fingerprint + ")";
    return out;
  }

  PrivateFolder folder_;
  std::string signers_;
  std::string revoked_;
  std::string time_;
};

// R3: who was there already, by any name or by the key.
class People {
 public:
  bool is_new(const Judged& person) const {
    return !keys_.contains(person.fingerprint) &&
           std::none_of(person.names.begin(), person.names.end(),
                        [&](const std::string& name) { return names_.contains(name); });
  }
  void add(const Judged& person) {
    keys_.insert(person.fingerprint);
    names_.insert(person.names.begin(), person.names.end());
  }

 private:
  std::set<std::string> names_;
  std::set<std::string> keys_;
};

void judge_all(const ApprovalRequest& request, SignatureJudge& judge, ApprovalOutcome& out) {
  std::vector<std::pair<const SignatureFile*, Judged>> good;
  for (const SignatureFile& file : request.signatures) {
    Judged one = judge.judge(request.bundle, file);
    if (one.fault)
      out.refused.push_back({file.name, file.role, *one.fault, one.why});
    else
      good.emplace_back(&file, std::move(one));
  }
  // The author first: whoever signed as the author is no approver, in whatever order the files are.
  std::stable_sort(good.begin(), good.end(), [](const auto& a, const auto& b) {
    return a.first->role == SignerRole::Author && b.first->role != SignerRole::Author;
  });
  People people;
  for (const auto& [file, person] : good) {
    const Signer signer{file->role, person.names.front(), person.fingerprint, file->name};
    const bool counts = people.is_new(person);
    people.add(person);
    if (file->role == SignerRole::Author && !out.author)
      out.author = signer;
    else if (file->role == SignerRole::Approver && counts)
      out.approvers.push_back(signer);
    else
      out.uncounted.push_back(signer);
  }
}

std::string counted(size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

void refuse(ApprovalOutcome& out, std::string code, std::string why, std::string next) {
  out.code = std::move(code);
  out.why = std::move(why);
  out.next = std::move(next);
  if (!out.refused.empty())
    out.why += "; " + counted(out.refused.size(), "signature") + " not counted (" +
               out.refused.front().file + ": " + out.refused.front().why + ")";
}

void decide(const ApprovalRequest& request, ApprovalOutcome& out) {
  const bool has_enough = out.author && out.approvers.size() >= out.approvers_needed;
  if (out.approvers_needed == 0 || has_enough) {
    out.allowed = true;
    out.code = out.approvers_needed == 0 ? "not_needed" : "approved";
    return;
  }
  if (request.is_emergency) {
    if (out.author || !out.approvers.empty()) {
      out.allowed = true;
      out.opens_review = true;
      out.code = "emergency";
      return;
    }
    return refuse(out, "signature_missing", "an emergency needs one valid signature; there is none",
                  "sallyctl policy sign DIR --key KEY");
  }
  if (!out.author)
    return refuse(out, "author_missing", "the author's signature is missing",
                  "sallyctl policy sign DIR --key KEY, by the author of the change");
  refuse(
      out, "approvals_missing",
      std::string(request.is_loosening ? "a change that loosens needs " : "a change needs ") +
          counted(out.approvers_needed, "approver") +
          (out.approvers_needed == 1 ? " who is not the author (" : " who are not the author (") +
          out.author->principal + "); there are " + std::to_string(out.approvers.size()),
      "sallyctl policy approve DIR --key KEY, by somebody else than the author");
}

}  // namespace

std::string_view signer_role_name(SignerRole role) {
  return role == SignerRole::Author ? "author" : "approver";
}

std::string_view signature_fault_name(SignatureFault fault) {
  static constexpr std::string_view kNames[] = {
      "malformed", "wrong_namespace", "not_this_bundle", "unknown_signer",
      "expired",   "revoked",         "ambiguous",       "not_checked"};
  return kNames[static_cast<size_t>(fault)];
}

std::string approval_statement(const contract::Digest& bundle, SignerRole role) {
  return "sallyport policy bundle 1\n" + digest_hex(bundle) + "\n" +
         std::string(signer_role_name(role)) + "\n";
}

fs::path signature_path(const fs::path& folder, const contract::Digest& bundle, SignerRole role,
                        std::string_view mark) {
  return folder / kSignaturesFolder /
         (digest_hex(bundle) + "." + std::string(signer_role_name(role)) + "." + std::string(mark) +
          ".sig");
}

std::vector<SignatureFile> read_signatures(const fs::path& folder, const contract::Digest& bundle,
                                           std::string& error) {
  std::vector<SignatureFile> out;
  std::vector<std::pair<fs::path, SignerRole>> files;
  std::error_code failed;
  const std::string digest = digest_hex(bundle);
  for (auto each = fs::directory_iterator(folder / kSignaturesFolder, failed);
       !failed && each != fs::directory_iterator(); each.increment(failed)) {
    const std::string name = each->path().filename().string();
    for (const SignerRole role : {SignerRole::Author, SignerRole::Approver})
      if (name.starts_with(digest + "." + std::string(signer_role_name(role)) + ".") &&
          name.ends_with(".sig"))
        files.emplace_back(each->path(), role);
  }
  std::sort(files.begin(), files.end());
  if (files.size() > kSignaturesMax) {
    error = "more than " + std::to_string(kSignaturesMax) + " signatures for one bundle";
    files.resize(kSignaturesMax);
  }
  for (const auto& [path, role] : files) {
    std::string why;
    if (auto text = read_bounded(path, kSignatureBytesMax, why))
      out.push_back({path.filename().string(), role, std::move(*text)});
    else
      error = why;
  }
  return out;
}

unsigned approvals_needed(std::string_view environment, bool is_loosening) {
  if (environment == kEnvironmentWithoutApprovals) return 0;
  return is_loosening ? kApproversOfLooseningMin : kApproversMin;
}

std::string approval_environment(const Bundle& bundle, std::string_view host_environment) {
  if (host_environment != kEnvironmentWithoutApprovals) return std::string(host_environment);
  for (const GatewayKey& key : bundle.keys)
    if (key.environment != kEnvironmentWithoutApprovals) return key.environment;
  return std::string(host_environment);
}

ApprovalOutcome verify_approvals(const ApprovalRequest& request) {
  ApprovalOutcome out;
  out.approvers_needed = approvals_needed(request.environment, request.is_loosening);
  // The bundle's own word adds, and only where approvals are wanted at all.
  if (out.approvers_needed > 0)
    out.approvers_needed = std::max(out.approvers_needed, request.approvers_min);
  SignatureJudge judge;
  std::string fault;
  if (!request.signatures.empty() || out.approvers_needed > 0) fault = judge.prepare(request);
  if (fault.empty()) {
    judge_all(request, judge, out);
  } else if (out.approvers_needed > 0) {
    refuse(out, "signers_unreadable", "nobody's signature can be judged: " + fault,
           "keep the allowed-signers file on this host, writable by root alone");
    return out;
  }
  decide(request, out);
  return out;
}

}  // namespace sallyport::controlplane::policy
