#include "controlplane/policy/bundle/approvals.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <sstream>

#include "controlplane/policy/bundle/bounded_program.h"
#include "controlplane/policy/bundle/digest.h"
#include "tests/unit/control/policy/bundle_fixture.h"

namespace sallyport::controlplane::policy {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr int64_t kNow = 1'790'000'000;  // 2026-09

std::string ssh(const std::vector<std::string>& arguments, const std::string& input = {}) {
  BoundedProgram program;
  program.arguments = {"/usr/bin/ssh-keygen"};
  program.arguments.insert(program.arguments.end(), arguments.begin(), arguments.end());
  program.input = input;
  const ProgramEnd end = run_bounded(program);
  EXPECT_TRUE(end.succeeded()) << end.words() << " " << end.errors;
  return end.output;
}

// A host with four people who may sign: alice, bob, carol, and erin whose time is over. mallory
// has a key and no right.
class Approvals : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists("/usr/bin/ssh-keygen"))
      GTEST_SKIP() << "needs ssh-keygen (package openssh-client)";
    for (const char* name : {"alice", "bob", "carol", "erin", "mallory"})
      ssh({"-q", "-t", "ed25519", "-N", "", "-f", key(name)});
    signers =
        line("alice") + line("bob") + line("carol") + line("erin", "valid-before=\"20200101\" ");
    request.bundle = sha256("one bundle");
    request.environment = "production";
    request.now_s = kNow;
  }

  std::string key(const std::string& name) const { return (folder_.path() / name).string(); }
  std::string public_key(const std::string& name) const { return text_of(key(name) + ".pub"); }
  std::string line(const std::string& name, const std::string& options = {}) const {
    return name + "@example.org " + options + public_key(name);
  }

  void sign(const std::string& name, SignerRole role,
            const std::string& name_space = std::string(kApprovalNamespace),
            std::optional<contract::Digest> other = std::nullopt) {
    const std::string text = ssh({"-Y", "sign", "-n", name_space, "-f", key(name)},
                                 approval_statement(other.value_or(request.bundle), role));
    request.signatures.push_back({name + ".sig", role, text});
  }
  void authored_by(const std::string& name) { sign(name, SignerRole::Author); }
  void approved_by(const std::string& name) { sign(name, SignerRole::Approver); }

  ApprovalOutcome verify() {
    folder_.write("signers", signers);
    std::filesystem::permissions(folder_.path() / "signers", std::filesystem::perms(0600));
    request.allowed_signers = folder_.path() / "signers";
    return verify_approvals(request);
  }
  SignatureFault fault_of_only(const ApprovalOutcome& outcome) {
    EXPECT_EQ(outcome.refused.size(), 1U);
    return outcome.refused.empty() ? SignatureFault::NotChecked : outcome.refused[0].fault;
  }

  TemporaryFolder folder_;
  std::string signers;
  ApprovalRequest request;
};

TEST_F(Approvals, AuthorAndOneApproverAreEnoughForAChange) {
  authored_by("alice");
  approved_by("bob");
  const ApprovalOutcome outcome = verify();
  EXPECT_TRUE(outcome.allowed) << outcome.why;
  EXPECT_EQ(outcome.code, "approved");
  ASSERT_TRUE(outcome.author);
  EXPECT_EQ(outcome.author->principal, "alice@example.org");
  ASSERT_EQ(outcome.approvers.size(), 1U);
  EXPECT_EQ(outcome.approvers[0].principal, "bob@example.org");
  EXPECT_THAT(outcome.approvers[0].fingerprint, testing::StartsWith("SHA256:"));
  EXPECT_FALSE(outcome.opens_review);
}

// What ssh-keygen decodes: white space between the digits does not count, nor do bits that the last
// digit has too many.
std::string decoded(const std::string& armoured) {
  std::string digits;
  std::istringstream lines(armoured);
  for (std::string line; std::getline(lines, line);)
    if (!line.starts_with("-----"))
      std::copy_if(line.begin(), line.end(), std::back_inserter(digits),
                   [](unsigned char c) { return std::isspace(c) == 0; });
  std::string out(digits.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(digits.data()),
                                   static_cast<int>(digits.size()));
  return size < 0 ? "" : out;
}

TEST_F(Approvals, EveryByteOfASignatureThatIsFlippedIsFound) {
  authored_by("alice");
  approved_by("bob");
  ASSERT_TRUE(verify().allowed);
  size_t harmless = 0;
  for (size_t which = 0; which < 2; ++which) {
    const std::string whole = request.signatures[which].text;
    for (size_t at = which; at < whole.size(); at += flip_step(29)) {
      std::string& text = request.signatures[which].text = whole;
      text[at] = flipped(text[at], at);
      const ApprovalOutcome outcome = verify();
      if (outcome.allowed && decoded(text) == decoded(whole)) {
        ++harmless;
        continue;
      }
      EXPECT_FALSE(outcome.allowed) << "signature " << which << " byte " << at;
      EXPECT_FALSE(outcome.refused.empty()) << at;
    }
    request.signatures[which].text = whole;
  }
  EXPECT_LT(harmless, 24U);  // line ends alone
  EXPECT_TRUE(verify().allowed);
}

TEST_F(Approvals, ALooseningNeedsTwo) {
  request.is_loosening = true;
  authored_by("alice");
  approved_by("bob");
  ApprovalOutcome outcome = verify();
  EXPECT_FALSE(outcome.allowed);
  EXPECT_EQ(outcome.code, "approvals_missing");
  EXPECT_THAT(outcome.why, HasSubstr("2 approvers"));
  approved_by("carol");
  EXPECT_TRUE(verify().allowed);
}

TEST_F(Approvals, TheAuthorIsNoApprover) {
  authored_by("alice");
  approved_by("alice");
  const ApprovalOutcome outcome = verify();
  EXPECT_FALSE(outcome.allowed);
  EXPECT_THAT(outcome.approvers, IsEmpty());
  EXPECT_EQ(outcome.uncounted.size(), 1U);
}

TEST_F(Approvals, TheAuthorIsNoApproverUnderASecondKeyOrASecondName) {
  signers += "alice@example.org " + public_key("mallory");  // her other key
  authored_by("alice");
  approved_by("mallory");
  EXPECT_FALSE(verify().allowed);
  signers = line("alice") + "wonder@example.org,alice@example.org " + public_key("mallory");
  EXPECT_FALSE(verify().allowed);
  request.signatures.clear();
  signers = line("alice") + "second@example.org " + public_key("alice");  // one key, two names
  authored_by("alice");
  approved_by("alice");
  EXPECT_FALSE(verify().allowed);
}

TEST_F(Approvals, OnePersonTwiceIsOnePerson) {
  request.is_loosening = true;
  authored_by("alice");
  approved_by("bob");
  approved_by("bob");
  const ApprovalOutcome outcome = verify();
  EXPECT_FALSE(outcome.allowed);
  EXPECT_EQ(outcome.approvers.size(), 1U);
}

TEST_F(Approvals, WithoutAnAuthorNobodyKnowsWhoIsNotTheAuthor) {
  approved_by("bob");
  approved_by("carol");
  EXPECT_EQ(verify().code, "author_missing");
}

TEST_F(Approvals, ASignatureOfAnUnknownKeyDoesNotCount) {
  authored_by("alice");
  approved_by("mallory");
  const ApprovalOutcome outcome = verify();
  EXPECT_FALSE(outcome.allowed);
  EXPECT_EQ(fault_of_only(outcome), SignatureFault::UnknownSigner);
  EXPECT_THAT(outcome.why, HasSubstr("not in the allowed-signers file"));
}

TEST_F(Approvals, ASignerWhoseTimeIsOverDoesNotCount) {
  authored_by("alice");
  approved_by("erin");
  EXPECT_EQ(fault_of_only(verify()), SignatureFault::Expired);
  request.now_s = 1'500'000'000;  // 2017: she still could
  EXPECT_TRUE(verify().allowed);
}

TEST_F(Approvals, ASignatureForSomethingElseDoesNotCount) {
  authored_by("alice");
  sign("bob", SignerRole::Approver, "git");
  EXPECT_EQ(fault_of_only(verify()), SignatureFault::WrongNamespace);
}

TEST_F(Approvals, ASignatureOfAnotherDigestDoesNotCount) {
  authored_by("alice");
  sign("bob", SignerRole::Approver, std::string(kApprovalNamespace), sha256("another"));
  EXPECT_EQ(fault_of_only(verify()), SignatureFault::NotThisBundle);
}

TEST_F(Approvals, AnAuthorsSignatureCannotBeRenamedIntoAnApproval) {
  authored_by("alice");
  sign("bob", SignerRole::Author);
  request.signatures.back().role = SignerRole::Approver;
  EXPECT_EQ(fault_of_only(verify()), SignatureFault::NotThisBundle);
}

TEST_F(Approvals, ARevokedKeyDoesNotCount) {
  authored_by("alice");
  approved_by("bob");
  folder_.write("signers.revoked", public_key("bob"));
  EXPECT_EQ(fault_of_only(verify()), SignatureFault::Revoked);
}

TEST_F(Approvals, ANamedListOfRevokedKeysThatIsNotThereRefusesAll) {
  authored_by("alice");
  approved_by("bob");
  request.revoked = folder_.path() / "nowhere";
  EXPECT_EQ(verify().code, "signers_unreadable");
}

TEST_F(Approvals, AKeyThatMayOnlySignOtherThingsDoesNotCount) {
  signers = line("alice") + line("bob", "namespaces=\"git\" ");
  authored_by("alice");
  approved_by("bob");
  EXPECT_EQ(fault_of_only(verify()), SignatureFault::UnknownSigner);
}

TEST_F(Approvals, APatternOfNamesIsNobody) {
  signers = line("alice") + "*@example.org " + public_key("bob");
  authored_by("alice");
  approved_by("bob");
  EXPECT_EQ(fault_of_only(verify()), SignatureFault::Ambiguous);
}

TEST_F(Approvals, GarbageIsRefusedWithoutHarm) {
  authored_by("alice");
  request.signatures.push_back({"a", SignerRole::Approver, "nonsense"});
  request.signatures.push_back(
      {"b", SignerRole::Approver, "-----BEGIN SSH SIGNATURE-----\nAAAA\n"});
  request.signatures.push_back({"c", SignerRole::Approver, std::string(100'000, 'x')});
  const ApprovalOutcome outcome = verify();
  ASSERT_EQ(outcome.refused.size(), 3U);
  for (const RefusedSignature& one : outcome.refused)
    EXPECT_EQ(one.fault, SignatureFault::Malformed) << one.file;
}

TEST_F(Approvals, ALabNeedsNoneAndEveryOtherEnvironmentIsProduction) {
  request.environment = "lab";
  EXPECT_EQ(verify().code, "not_needed");
  for (const char* environment : {"", "production", "staging", "LAB", "lab "}) {
    request.environment = environment;
    EXPECT_FALSE(verify().allowed) << environment;
  }
}

TEST_F(Approvals, TheBundlesOwnWordOnlyAdds) {
  authored_by("alice");
  approved_by("bob");
  request.approvers_min = 2;
  EXPECT_FALSE(verify().allowed);
  request.approvers_min = 0;
  request.is_loosening = true;
  EXPECT_FALSE(verify().allowed);
}

TEST_F(Approvals, AnEmergencyWorksWithOneKeyAndOpensAReview) {
  request.is_emergency = true;
  EXPECT_EQ(verify().code, "signature_missing");
  authored_by("alice");
  ApprovalOutcome outcome = verify();
  EXPECT_TRUE(outcome.allowed);
  EXPECT_EQ(outcome.code, "emergency");
  EXPECT_TRUE(outcome.opens_review);
  approved_by("bob");
  outcome = verify();  // the rules are met: nothing is left to review
  EXPECT_TRUE(outcome.allowed);
  EXPECT_FALSE(outcome.opens_review);
}

TEST_F(Approvals, AnEmergencyDoesNotLetAStrangerIn) {
  request.is_emergency = true;
  sign("mallory", SignerRole::Author);
  EXPECT_FALSE(verify().allowed);
}

TEST_F(Approvals, WhoMayApproveIsTheHostsToSay) {
  authored_by("alice");
  approved_by("bob");
  request.bundle_folder = folder_.path();
  ApprovalOutcome outcome = verify();
  EXPECT_EQ(outcome.code, "signers_unreadable");
  EXPECT_THAT(outcome.why, HasSubstr("it lies in the bundle"));
  request.bundle_folder.clear();
  std::filesystem::permissions(folder_.path() / "signers", std::filesystem::perms(0666));
  outcome = verify_approvals(request);
  EXPECT_THAT(outcome.why, HasSubstr("others than its owner may write it"));
  request.allowed_signers = folder_.path() / "nowhere";
  EXPECT_EQ(verify_approvals(request).code, "signers_unreadable");
}

TEST_F(Approvals, SignaturesLieBesideTheBundleByDigestAndRole) {
  const auto path = signature_path(folder_.path(), request.bundle, SignerRole::Author, "alice");
  EXPECT_EQ(path.filename().string(), digest_hex(request.bundle) + ".author.alice.sig");
  folder_.write(path.lexically_relative(folder_.path()).string(), "text");
  folder_.write(".approvals/" + digest_hex(sha256("x")) + ".approver.bob.sig", "other");
  std::string error;
  const auto found = read_signatures(folder_.path(), request.bundle, error);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].role, SignerRole::Author);
  EXPECT_EQ(found[0].text, "text");
  EXPECT_EQ(error, "");
}

TEST(ApprovalEnvironment, ALabThatServesOtherKeysIsProduction) {
  Bundle bundle;
  EXPECT_EQ(approval_environment(bundle, "lab"), "lab");
  GatewayKey key;
  key.environment = "lab";
  bundle.keys.push_back(key);
  EXPECT_EQ(approval_environment(bundle, "lab"), "lab");
  key.environment = "production";
  bundle.keys.push_back(key);
  EXPECT_EQ(approval_environment(bundle, "lab"), "production");
  EXPECT_EQ(approval_environment(bundle, "production"), "production");
}

}  // namespace
}  // namespace sallyport::controlplane::policy
