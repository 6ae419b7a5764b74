#include "dataplane/policy/secrets.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/policy/secrets_builder.h"

namespace sallyport::policy {
namespace {

using contract::SecretKind;

SecretsBuilder all_kinds() {
  SecretsBuilder b;
  b.add(SecretKind::TokenKey, "acme", key_bytes('a'), 0, "0A")
      .add(SecretKind::TokenKey, "acme", key_bytes('b'), 1, "09")
      .add(SecretKind::TokenKey, "zeta", key_bytes('c'), 0, "ZZ")
      .add(SecretKind::VendorCredential, "openai", "vendor-credential")
      .add(SecretKind::GatewayHmacKey, "", key_bytes('h'))
      .add(SecretKind::ServerCertificate, "", "certificate pem")
      .add(SecretKind::ServerKey, "", "key pem")
      .add(SecretKind::SubjectKey, "acme", key_bytes('s'))
      .add(SecretKind::TicketKey, "", key_bytes('t', 80));
  return b;
}

std::string error_of(const std::vector<uint8_t>& message) {
  std::string error;
  return Secrets::of_bytes(message, error) != nullptr ? "" : error;
}

std::string text_of(std::span<const uint8_t> bytes) { return {bytes.begin(), bytes.end()}; }

TEST(Secrets, EveryKindIsFoundByItsName) {
  std::string error;
  const auto secrets = Secrets::of_bytes(all_kinds().build(), error);
  ASSERT_NE(secrets, nullptr) << error;
  EXPECT_EQ(secrets->generation(), 5U);
  const auto keys = secrets->token_keys("acme");
  ASSERT_TRUE(keys.has_value());
  EXPECT_EQ(text_of(keys->current_key), key_bytes('a'));
  EXPECT_EQ(keys->current_epoch, "0A");
  EXPECT_EQ(text_of(keys->previous_key), key_bytes('b'));
  EXPECT_EQ(keys->previous_epoch, "09");
  EXPECT_TRUE(secrets->token_keys("zeta")->previous_key.empty());
  EXPECT_FALSE(secrets->token_keys("nobody").has_value());
  EXPECT_EQ(text_of(*secrets->vendor_credential("openai")), "vendor-credential");
  EXPECT_FALSE(secrets->vendor_credential("acme").has_value());
  EXPECT_EQ(text_of(*secrets->subject_key("acme")), key_bytes('s'));
  EXPECT_EQ(secrets->ticket_key()->size(), 80U);
  EXPECT_EQ(secrets->server_certificate_pem(), "certificate pem");
  EXPECT_EQ(secrets->server_key_pem(), "key pem");
}

TEST(Secrets, SubjectsWithAnEpochOfTheirOwnAreSortedAndEachOnce) {
  const auto entry = [](char subject, char epoch) {
    return std::string(16, subject) + std::string(1, epoch) + std::string(3, '\0');
  };
  const auto with = [](const std::string& value) {
    return error_of(all_kinds().add(SecretKind::SubjectEpochs, "acme", value).build());
  };
  EXPECT_EQ(with(entry('a', 1) + entry('b', 7)), "");
  for (const std::string& wrong :
       {std::string(), entry('a', 1).substr(1), entry('b', 1) + entry('a', 1),
        entry('a', 1) + entry('a', 2), entry('a', 0)})
    EXPECT_EQ(with(wrong), "secrets: subject epochs: value");
  std::string error;
  const auto secrets = Secrets::of_bytes(
      all_kinds().add(SecretKind::SubjectEpochs, "acme", entry('a', 1)).build(), error);
  ASSERT_NE(secrets, nullptr) << error;
  EXPECT_EQ(text_of(secrets->subject_epochs("acme")), entry('a', 1));
  EXPECT_TRUE(secrets->subject_epochs("zeta").empty());
}

// The value is that of the command line: printf hello | openssl dgst -sha256 -hmac hhh... (32).
TEST(Secrets, HmacOfAKeyIsHmacSha256) {
  std::string error;
  const auto secrets = Secrets::of_bytes(all_kinds().build(), error);
  const auto one = secrets->hmac_of_key("hello");
  constexpr std::array<uint8_t, 32> kExpected{0x02, 0x50, 0xb5, 0xe0, 0x6f, 0x2d, 0x5c, 0x26,
                                              0x15, 0x2d, 0x25, 0x96, 0xda, 0x2e, 0x74, 0x15,
                                              0x73, 0xf8, 0x06, 0xfb, 0x1d, 0xe5, 0xb2, 0xea,
                                              0x7a, 0x87, 0xf9, 0xa2, 0xed, 0xdb, 0x7c, 0x07};
  EXPECT_EQ(one, kExpected);
  EXPECT_NE(one, secrets->hmac_of_key("hellp"));
  EXPECT_NE(one, secrets->hmac_of_key(""));
}

TEST(Secrets, WhatDoesNotHoldIsRefusedWithoutItsValue) {
  const auto with = [](SecretKind kind, std::string_view name, std::string_view value,
                       uint8_t rank = 0, std::string_view epoch = "") {
    SecretsBuilder b;
    b.add(kind, name, value, rank, epoch);
    return error_of(b.build());
  };
  EXPECT_NE(with(SecretKind::TokenKey, "acme", key_bytes('a', 31), 0, "0A"), "");
  EXPECT_NE(with(SecretKind::TokenKey, "acme", key_bytes('a'), 2, "0A"), "");
  EXPECT_NE(with(SecretKind::TokenKey, "acme", key_bytes('a'), 0, "0U"), "");
  EXPECT_NE(with(SecretKind::TokenKey, "", key_bytes('a'), 0, "0A"), "");
  EXPECT_NE(with(SecretKind::VendorCredential, "openai", ""), "");
  EXPECT_NE(with(SecretKind::GatewayHmacKey, "name", key_bytes('h')), "");
  EXPECT_NE(with(SecretKind::TicketKey, "", key_bytes('t', 48)), "");
  EXPECT_NE(with(static_cast<SecretKind>(8), "", "x"), "");
  EXPECT_NE(with(static_cast<SecretKind>(0), "", "x"), "");
  const std::string split = with(SecretKind::VendorCredential, "openai", "hunter2\r\nx: y");
  EXPECT_NE(split, "");
  EXPECT_EQ(split.find("hunter2"), std::string::npos);
  SecretsBuilder twice;
  twice.add(SecretKind::GatewayHmacKey, "", key_bytes('h'));
  twice.add(SecretKind::GatewayHmacKey, "", key_bytes('i'));
  EXPECT_NE(error_of(twice.build()), "");
}

TEST(Secrets, AnotherVersionIsRefused) {
  EXPECT_NE(error_of(all_kinds().build(contract::kSecretsVersion + 1)).find("version"),
            std::string::npos);
}

TEST(Secrets, AnyCutAndAnyByteChangedIsRefusedOrHarmless) {
  const auto good = all_kinds().build();
  for (size_t size = 0; size < good.size(); ++size)
    EXPECT_NE(error_of({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)}), "");
  for (size_t at = 0; at < good.size(); ++at) {
    std::vector<uint8_t> bytes = good;
    bytes[at] ^= 0xff;
    std::string error;
    const auto secrets = Secrets::of_bytes(bytes, error);
    if (secrets == nullptr) continue;
    secrets->token_keys("acme");
    secrets->vendor_credential("openai");
    if (secrets->has_gateway_hmac_key()) secrets->hmac_of_key("hello");
  }
}

class Memfd {
 public:
  explicit Memfd(const std::vector<uint8_t>& bytes)
      : fd_(memfd_create("secrets_test", MFD_CLOEXEC | MFD_ALLOW_SEALING)) {
    EXPECT_GE(fd_, 0);
    EXPECT_EQ(write(fd_, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  ~Memfd() { close(fd_); }
  Memfd(const Memfd&) = delete;
  void seal(int seals) { EXPECT_EQ(fcntl(fd_, F_ADD_SEALS, seals), 0); }
  int fd() const { return fd_; }

 private:
  int fd_;
};

TEST(Secrets, OnlyAFullySealedMemfdIsRead) {
  constexpr int kAll = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
  const auto message = all_kinds().build();
  std::string error;
  for (const int missing : {F_SEAL_WRITE, F_SEAL_GROW, F_SEAL_SHRINK, F_SEAL_SEAL}) {
    Memfd memfd(message);
    memfd.seal(kAll & ~missing);
    EXPECT_EQ(Secrets::read(memfd.fd(), error), nullptr) << missing;
    EXPECT_NE(error.find("sealed"), std::string::npos);
  }
  Memfd sealed(message);
  sealed.seal(kAll);
  const auto secrets = Secrets::read(sealed.fd(), error);
  ASSERT_NE(secrets, nullptr) << error;
  EXPECT_EQ(text_of(*secrets->vendor_credential("openai")), "vendor-credential");
  char name[] = "/tmp/sallyport_secrets_XXXXXX";
  const int file = mkstemp(name);
  ASSERT_GE(file, 0);
  unlink(name);
  EXPECT_EQ(Secrets::read(file, error), nullptr);
  close(file);
}

TEST(Secrets, AnOversizedMessageIsRefused) {
  constexpr int kAll = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
  Memfd big(std::vector<uint8_t>(contract::kSecretsBytesMax + 1));
  big.seal(kAll);
  std::string error;
  EXPECT_EQ(Secrets::read(big.fd(), error), nullptr);
  Memfd small(std::vector<uint8_t>(8));
  small.seal(kAll);
  EXPECT_EQ(Secrets::read(small.fd(), error), nullptr);
}

}  // namespace
}  // namespace sallyport::policy
