// What is read, what is made, what is refused; and the message as the dataplane reads it.
#include "controlplane/supervise/credentials/credentials.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "controlplane/supervise/credentials/sealed_memory.h"
#include "dataplane/policy/secrets.h"
#include "tests/unit/control/supervise/test_files.h"

namespace sallyport::supervise {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class CredentialsTest : public testing::Test {
 protected:
  CredentialsTest() {
    std::filesystem::create_directory(folder_ / "credentials");
    put_certificate(folder_ / "credentials", make_certificate("gateway.example", kYearS));
  }
  SecretsBuild build(const WantedSecrets& wanted = {{"alpha"}, {"acme"}}) {
    return credentials_.build(wanted, 7);
  }
  void put(const std::string& name, const std::string& text, mode_t mode = 0600) {
    write_file(folder_ / "credentials" / name, text, mode);
  }
  std::filesystem::path key(const std::string& name) { return folder_ / "keys" / name; }
  std::set<std::string> codes(const SecretsBuild& built) {
    std::set<std::string> all;
    for (const Problem& problem : built.problems) all.insert(problem.code);
    return all;
  }
  std::shared_ptr<const policy::Secrets> read(const SecretsBuild& built) {
    std::string error;
    auto secrets = policy::Secrets::of_bytes(built.message, error);
    EXPECT_EQ(error, "");
    return secrets;
  }

  TestFolder folder_;
  Credentials credentials_{folder_ / "credentials", folder_ / "keys"};
};

TEST_F(CredentialsTest, SubjectsWithAnEpochOfTheirOwnArriveInOrder) {
  const auto subject = [](uint8_t first) {
    std::array<uint8_t, 16> out{};
    out[0] = first;
    return out;
  };
  EXPECT_TRUE(read(build())->subject_epochs("alpha").empty());
  const uint64_t before = credentials_.fingerprint();
  std::string error;
  EXPECT_EQ(credentials_.next_subject_epoch("alpha", {subject(9), subject(3)}, error), 1U);
  EXPECT_EQ(credentials_.next_subject_epoch("alpha", {subject(3)}, error), 2U);
  EXPECT_EQ(error, "");
  EXPECT_NE(credentials_.fingerprint(), before);  // so it is read again, and sent
  const auto secrets = read(build());
  const auto bytes = secrets->subject_epochs("alpha");
  ASSERT_EQ(bytes.size(), 2 * sizeof(contract::SubjectEpoch));
  contract::SubjectEpoch entries[2];
  std::memcpy(entries, bytes.data(), bytes.size());
  EXPECT_EQ(entries[0].subject[0], 3);
  EXPECT_EQ(entries[0].epoch, 2U);
  EXPECT_EQ(entries[1].subject[0], 9);
  EXPECT_EQ(entries[1].epoch, 1U);
  EXPECT_TRUE(secrets->subject_epochs("beta").empty());
  std::vector<std::array<uint8_t, 16>> many;
  for (size_t i = 0; i < contract::kSubjectEpochsMax; ++i) {
    many.push_back(subject(77));
    std::memcpy(many.back().data() + 1, &i, 2);
  }
  EXPECT_EQ(credentials_.next_subject_epoch("alpha", many, error), std::nullopt);
  EXPECT_EQ(error, "full");
  error.clear();
  write_file(key("subjects.alpha.epochs"), "what is this\n", 0600);
  EXPECT_EQ(credentials_.next_subject_epoch("alpha", {subject(1)}, error), std::nullopt);
  EXPECT_TRUE(build().broken);
}

TEST_F(CredentialsTest, EverySecretArrivesAsItWasRead) {
  put("vendor.acme", "the key of acme\n");
  const SecretsBuild built = build();
  ASSERT_THAT(built.problems, IsEmpty());
  EXPECT_EQ(built.tenants, 1U);
  EXPECT_EQ(built.vendors, 1U);
  const auto secrets = read(built);
  ASSERT_NE(secrets, nullptr);
  EXPECT_EQ(secrets->generation(), 7U);
  const auto vendor = secrets->vendor_credential("acme");
  ASSERT_TRUE(vendor);
  EXPECT_EQ(std::string(vendor->begin(), vendor->end()), "the key of acme");
  EXPECT_EQ(secrets->server_certificate_pem(), read_file(folder_ / "credentials/gateway.pem"));
  EXPECT_EQ(secrets->server_key_pem(), read_file(folder_ / "credentials/gateway.key"));
  EXPECT_TRUE(secrets->has_gateway_hmac_key());
  ASSERT_TRUE(secrets->ticket_key());
  EXPECT_EQ(secrets->ticket_key()->size(), 80U);
  ASSERT_TRUE(secrets->token_keys("alpha"));
  EXPECT_EQ(secrets->token_keys("alpha")->current_epoch, "01");
  EXPECT_EQ(secrets->token_keys("alpha")->current_key.size(), 32U);
  ASSERT_TRUE(secrets->subject_key("alpha"));
  EXPECT_EQ(secrets->subject_key("alpha")->size(), 32U);
  EXPECT_FALSE(secrets->token_keys("beta"));
}

TEST_F(CredentialsTest, TheSealedMessageIsAcceptedByTheDataplanesReader) {
  const SecretsBuild built = build();
  std::string error;
  const auto sealed = SealedMemory::make("test", built.message, true, error);
  ASSERT_TRUE(sealed) << error;
  const auto secrets = policy::Secrets::read(sealed->fd(), error);
  ASSERT_NE(secrets, nullptr) << error;
  EXPECT_TRUE(secrets->token_keys("alpha"));
  EXPECT_EQ(ftruncate(sealed->fd(), 0), -1);
  EXPECT_EQ(pwrite(sealed->fd(), "x", 1, 0), -1);
}

TEST_F(CredentialsTest, GeneratedKeysArePrivateAndStayTheSame) {
  const SecretsBuild first = build();
  for (const char* name : {"gateway-hmac.key", "tickets.key", "dictionary.key", "token.alpha.key",
                           "subject.alpha.key"})
    EXPECT_EQ(mode_of(key(name)), 0600U) << name;
  EXPECT_EQ(mode_of(folder_ / "keys"), 0700U);
  EXPECT_EQ(build().message, first.message);
  EXPECT_EQ(read_file(key("gateway-hmac.key")).size(), 65U);
  EXPECT_NE(read_file(key("token.alpha.key")).substr(3), read_file(key("subject.alpha.key")));
}

// Made anew in silence it would turn away every client (gateway-hmac.key), or leave what is out
// under it unreadable.
TEST_F(CredentialsTest, AKeyThatWasInUseAndIsGoneIsNotMadeAnew) {
  ASSERT_FALSE(build().broken);
  for (const char* name :
       {"gateway-hmac.key", "dictionary.key", "token.alpha.key", "subject.alpha.key"}) {
    std::filesystem::rename(key(name), folder_ / "kept");
    const SecretsBuild built = build();
    EXPECT_TRUE(built.broken) << name;
    EXPECT_FALSE(std::filesystem::exists(key(name)));
    EXPECT_THAT(built.problems,
                testing::Contains(testing::Field(
                    &Problem::message, testing::AllOf(HasSubstr(name), HasSubstr("known_keys")))))
        << name;
    const bool is_of_the_tenant = std::string_view(name).find("alpha") != std::string_view::npos;
    EXPECT_EQ(built.tenants, is_of_the_tenant ? 0U : 1U) << name;
    std::filesystem::rename(folder_ / "kept", key(name));
    EXPECT_FALSE(build().broken) << name;
  }
  // The same where the operator's own file went, and where all of the folder did.
  put("token.beta.key", "AA " + std::string(64, 'a') + "\n");
  ASSERT_FALSE(build({{"beta"}, {"acme"}}).broken);
  std::filesystem::remove(folder_ / "credentials/token.beta.key");
  EXPECT_TRUE(build({{"beta"}, {"acme"}}).broken);
  std::filesystem::remove_all(folder_ / "keys");
  EXPECT_TRUE(build().broken);
}

TEST_F(CredentialsTest, ALostKeyIsMadeAnewWhereTheOperatorSaysSo) {
  std::string error;
  const auto before = credentials_.gateway_hmac_key(error);
  ASSERT_TRUE(before) << error;
  std::filesystem::remove(key("gateway-hmac.key"));
  EXPECT_FALSE(credentials_.gateway_hmac_key(error));
  write_file(folder_ / "known_keys", "dictionary.key\ngateway-hmac.ke", 0600);  // no whole line
  error.clear();
  const auto after = credentials_.gateway_hmac_key(error);
  ASSERT_TRUE(after) << error;
  EXPECT_NE(*after, *before);
  std::filesystem::remove(key("gateway-hmac.key"));
  EXPECT_FALSE(credentials_.gateway_hmac_key(error));
}

TEST_F(CredentialsTest, LostKeysOfTicketsAreMadeAnew) {
  ASSERT_FALSE(build().broken);
  std::filesystem::remove(key("tickets.key"));
  EXPECT_FALSE(build().broken);
  EXPECT_TRUE(std::filesystem::exists(key("tickets.key")));
}

TEST_F(CredentialsTest, TheGatewayKeyIsTheOneOfTheMessage) {
  std::string error;
  const auto key_alone = credentials_.gateway_hmac_key(error);
  ASSERT_TRUE(key_alone) << error;
  ASSERT_EQ(key_alone->size(), 32U);
  const SecretsBuild built = build();
  const auto found =
      std::search(built.message.begin(), built.message.end(), key_alone->begin(), key_alone->end());
  EXPECT_NE(found, built.message.end());
}

TEST_F(CredentialsTest, AFileOfTheOperatorWinsOverOurs) {
  build();
  put("token.alpha.key", "7Z " + std::string(64, 'a') + "\n6Z " + std::string(64, 'b') + "\n");
  const auto secrets = read(build());
  const auto keys = secrets->token_keys("alpha");
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->current_epoch, "7Z");
  EXPECT_EQ(keys->current_key[0], 0xaa);
  EXPECT_EQ(keys->previous_epoch, "6Z");
  EXPECT_EQ(keys->previous_key[31], 0xbb);
}

TEST_F(CredentialsTest, WhatOthersCanReadIsRefusedWithTheRepair) {
  put("vendor.acme", "value", 0640);
  const SecretsBuild built = build();
  EXPECT_TRUE(built.broken);
  ASSERT_EQ(built.problems.size(), 1U);
  EXPECT_EQ(built.problems[0].code, "credential_refused");
  EXPECT_THAT(built.problems[0].message, HasSubstr("mode 0640"));
  EXPECT_THAT(built.problems[0].message,
              HasSubstr("chmod 600 " + (folder_ / "credentials/vendor.acme").string()));
  EXPECT_FALSE(read(built)->vendor_credential("acme"));
}

TEST_F(CredentialsTest, AKeyFileOfOursThatWasOpenedUpIsRefusedToo) {
  build();
  chmod(key("token.alpha.key").c_str(), 0604);
  const SecretsBuild built = build();
  EXPECT_TRUE(built.broken);
  EXPECT_FALSE(read(built)->token_keys("alpha"));
}

TEST_F(CredentialsTest, AMissingVendorCredentialIsSaidAndIsNotBroken) {
  const SecretsBuild built = build();
  EXPECT_FALSE(built.broken);
  EXPECT_THAT(codes(built), ElementsAre("credential_missing"));
  EXPECT_EQ(built.vendors, 0U);
}

TEST_F(CredentialsTest, ACredentialThatCouldBecomeASecondHeaderIsRefused) {
  for (const char* text : {"one\r\nX-Second: 1\n", "tab\there", "", "\n", "caf\xc3\xa9"}) {
    put("vendor.acme", text);
    const SecretsBuild built = build();
    EXPECT_TRUE(built.broken) << text;
    EXPECT_EQ(built.vendors, 0U) << text;
  }
}

TEST_F(CredentialsTest, NoProblemHoldsAValue) {
  put("vendor.acme", "hidden\x01value", 0600);
  put("token.alpha.key", "01 hiddenhidden\n");
  const SecretsBuild built = build();
  EXPECT_EQ(built.problems.size(), 2U);
  for (const Problem& problem : built.problems)
    EXPECT_EQ((problem.message + problem.hint).find("hidden"), std::string::npos);
}

TEST_F(CredentialsTest, NamesThatWouldLeaveTheFolderAreNotFiles) {
  const SecretsBuild built = build({{"../alpha", ".alpha", "a/b", ""}, {"../../etc/passwd"}});
  EXPECT_EQ(built.tenants, 0U);
  EXPECT_EQ(built.vendors, 0U);
  EXPECT_THAT(codes(built), ElementsAre("credential_name", "tenant_name"));
}

TEST_F(CredentialsTest, BrokenTokenKeyFilesAreRefused) {
  const std::string good(64, 'c');
  for (const std::string& text :
       {std::string("01 ") + good.substr(1), "0L " + good, "01" + good,
        "01 " + good + "\n01 " + good, "01 " + good + "\n02 " + good + "\n03 " + good,
        std::string(), "01 " + std::string(64, 'x')}) {
    put("token.alpha.key", text);
    EXPECT_TRUE(build().broken) << text;
  }
}

TEST_F(CredentialsTest, CertificateAndKeyMustBelongTogether) {
  const TestCertificate other = make_certificate("other.example", kYearS);
  put("gateway.key", other.key);
  SecretsBuild built = build({});
  EXPECT_TRUE(built.broken);
  EXPECT_THAT(built.problems[0].message, HasSubstr("do not belong together"));
  EXPECT_EQ(read(built)->server_key_pem(), "");
  put("gateway.pem", make_certificate("ca.example", kYearS).certificate + other.certificate, 0644);
  built = build({});
  EXPECT_TRUE(built.broken);
  EXPECT_THAT(built.problems[0].message, HasSubstr("must come first, it is number 2"));
}

TEST_F(CredentialsTest, CertificatesThatCannotServeAreRefused) {
  put("gateway.key", "no key");
  EXPECT_TRUE(build({}).broken);
  put_certificate(folder_ / "credentials", make_weak_certificate());
  const SecretsBuild built = build({});
  EXPECT_TRUE(built.broken);
  EXPECT_THAT(built.problems[0].message, HasSubstr("too weak"));
  put("gateway.pem", "", 0644);
  EXPECT_TRUE(build({}).broken);
}

TEST_F(CredentialsTest, AMissingCertificateIsSaid) {
  std::filesystem::remove(folder_ / "credentials/gateway.pem");
  const SecretsBuild built = build({});
  EXPECT_THAT(codes(built), ElementsAre("certificate_missing"));
  EXPECT_FALSE(built.broken);
  EXPECT_EQ(read(built)->server_certificate_pem(), "");
}

TEST_F(CredentialsTest, TheCertificateIsDescribed) {
  const CertificateState state = build({}).certificate;
  EXPECT_THAT(state.names, ElementsAre("gateway.example", "192.0.2.10"));
  EXPECT_EQ(state.subject, "CN=gateway.example");
  EXPECT_NEAR(static_cast<double>(state.not_after_s), static_cast<double>(time(nullptr) + kYearS),
              60);
  EXPECT_FALSE(certificate_problem(state, state.not_after_s - 31 * 86'400));
  EXPECT_EQ(certificate_problem(state, state.not_after_s - 29 * 86'400)->code,
            "certificate_expires");
  EXPECT_EQ(certificate_problem(state, state.not_after_s + 1)->code, "certificate_expired");
  EXPECT_EQ(certificate_problem(state, state.not_before_s - 1)->code, "certificate_not_yet_valid");
  EXPECT_FALSE(certificate_problem(CertificateState{}, 0));
}

TEST_F(CredentialsTest, TheFingerprintFollowsTheFiles) {
  build();
  const uint64_t before = credentials_.fingerprint();
  EXPECT_EQ(credentials_.fingerprint(), before);
  put("vendor.acme", "value");
  const uint64_t added = credentials_.fingerprint();
  EXPECT_NE(added, before);
  chmod((folder_ / "credentials/vendor.acme").c_str(), 0644);
  EXPECT_NE(credentials_.fingerprint(), added);
  write_file(key("evidence.key.state"), "changes all the time");
  std::filesystem::remove(folder_ / "credentials/vendor.acme");
  EXPECT_EQ(credentials_.fingerprint(), before);
}

TEST_F(CredentialsTest, TheEvidenceKeyOfTheOperatorIsReachedThroughALink) {
  std::string error;
  build();
  EXPECT_EQ(credentials_.evidence_key_file(error), key("evidence.key"));
  put("evidence.key", "theirs");
  EXPECT_EQ(credentials_.evidence_key_file(error), key("evidence.key"));
  EXPECT_EQ(read_file(key("evidence.key")), "theirs");
  EXPECT_EQ(credentials_.evidence_key_file(error), key("evidence.key"));  // again
  EXPECT_EQ(error, "");
  std::filesystem::remove(key("evidence.key"));
  write_file(key("evidence.key"), "ours");
  EXPECT_EQ(credentials_.evidence_key_file(error), "");
  EXPECT_THAT(error, HasSubstr("two signing keys"));
}

TEST_F(CredentialsTest, TooManySecretsAreRefusedAsAWhole) {
  WantedSecrets wanted;
  for (int i = 0; i < 200; ++i) {
    wanted.vendor_credentials.push_back("v" + std::to_string(i));
    put("vendor.v" + std::to_string(i), std::string(7'000, 'x'));
  }
  const SecretsBuild built = build(wanted);
  EXPECT_TRUE(built.message.empty());
  EXPECT_TRUE(built.broken);
}

}  // namespace
}  // namespace sallyport::supervise
