// Each check of the doctor against machines that are good, odd and broken.
#include "controlplane/cli/doctor.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

namespace sallyport::cli {
namespace {

const Check* find(const std::vector<Check>& checks, std::string_view name) {
  for (const Check& check : checks)
    if (check.name == name) return &check;
  return nullptr;
}

class Folder : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "doctor-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  EVP_PKEY* make_key() { return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"); }
  void write_pair(EVP_PKEY* certified, EVP_PKEY* written, long from_s, long until_s) {
    X509* certificate = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), from_s);
    X509_gmtime_adj(X509_getm_notAfter(certificate), until_s);
    X509_set_pubkey(certificate, certified);
    X509_sign(certificate, certified, EVP_sha256());
    std::FILE* pem = std::fopen((folder_ / "gateway.pem").c_str(), "w");
    PEM_write_X509(pem, certificate);
    std::fclose(pem);
    X509_free(certificate);
    std::FILE* key = std::fopen((folder_ / "gateway.key").c_str(), "w");
    PEM_write_PrivateKey(key, written, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(key);
    chmod((folder_ / "gateway.key").c_str(), 0600);
  }

  std::filesystem::path folder_;
};

using DoctorCertificate = Folder;
using DoctorHost = Folder;

TEST(Doctor, AProcessorWithoutSse42DoesNotDo) {
  const auto checks = check_processor("fpu ssse3 aes pclmulqdq avx2", 2);
  EXPECT_EQ(find(checks, "cpu-sse4.2")->state, CheckState::Fail);
  EXPECT_FALSE(find(checks, "cpu-sse4.2")->fix.empty());
  EXPECT_EQ(find(checks, "cpu-aes")->state, CheckState::Ok);
}

TEST(Doctor, AFlagIsAWholeWord) {
  const auto checks = check_processor("sse4_2x aesni vaes", 1);
  EXPECT_EQ(find(checks, "cpu-sse4.2")->state, CheckState::Fail);
  EXPECT_EQ(find(checks, "cpu-aes")->state, CheckState::Warn);
  EXPECT_EQ(find(checks, "cpu-cores")->state, CheckState::Warn);
}

TEST(Doctor, Hugepages) {
  const std::string head = "MemTotal:        4000000 kB\nMemAvailable:    3000000 kB\n";
  EXPECT_EQ(check_hugepages(head + "HugePages_Total:     192\nHugePages_Free:      100\n"
                                   "Hugepagesize:       2048 kB\n")
                .state,
            CheckState::Ok);
  EXPECT_EQ(check_hugepages(head + "HugePages_Total:       0\nHugePages_Free:        0\n"
                                   "Hugepagesize:       2048 kB\n")
                .state,
            CheckState::Warn);
  EXPECT_EQ(check_hugepages("").state, CheckState::Warn);
  EXPECT_EQ(check_memory(head).state, CheckState::Ok);
  EXPECT_EQ(check_memory("MemTotal: 1000000 kB\nMemAvailable: 1 kB\n").state, CheckState::Warn);
}

TEST(Doctor, VectorscanIsNotHyperscan) {
  EXPECT_EQ(check_matcher("5.4.0 2021-01-28").state, CheckState::Ok);
  EXPECT_EQ(check_matcher("5.4.8 2023-01-01").state, CheckState::Fail);
}

TEST(Doctor, Packages) {
  std::vector<std::pair<std::string, std::string>> rows = {
      {"libhyperscan5", "5.4.0-2"},
      {"dpdk", "22.11.11-0+deb12u1"},
      {"librte-eal23", "22.11.11-0+deb12u1"},
      {"libssl3", "3.1.0-1"},
      {"liblmdb0", "0.9.24-1"},
      {"libboost-program-options1.74.0", "1.74.0+ds1-21"}};
  auto checks = check_packages(rows);
  EXPECT_EQ(find(checks, "package-libhyperscan5")->state, CheckState::Ok);
  EXPECT_EQ(find(checks, "package-libssl3")->state, CheckState::Warn);
  EXPECT_EQ(find(checks, "package-libfyaml0")->state, CheckState::Fail);
  EXPECT_EQ(find(checks, "no-vectorscan")->state, CheckState::Ok);
  rows.emplace_back("libvectorscan5", "5.4.8-2");
  EXPECT_EQ(find(check_packages(rows), "no-vectorscan")->state, CheckState::Fail);
}

TEST(Doctor, EveryLineThatIsNotOkHasAFix) {
  Settings settings;
  settings.run_dir = "/nonexistent/run";
  settings.state_dir = "/nonexistent/state";
  settings.credentials = "/nonexistent/credentials";
  const auto checks = examine(settings);
  EXPECT_GT(checks.size(), 15U);
  for (const Check& check : checks) {
    EXPECT_FALSE(check.found.empty()) << check.name;
    EXPECT_EQ(check.fix.empty(), check.state == CheckState::Ok) << check.name;
  }
  EXPECT_EQ(find(checks, "daemon")->state, CheckState::Warn);
  EXPECT_EQ(find(checks, "certificate")->state, CheckState::Fail);
}

TEST_F(DoctorCertificate, APairIsGood) {
  EVP_PKEY* key = make_key();
  write_pair(key, key, -3600, 90 * 86'400);
  for (const Check& check : check_certificate(folder_, time(nullptr)))
    EXPECT_EQ(check.state, CheckState::Ok) << check.name << ": " << check.found;
  EVP_PKEY_free(key);
}

TEST_F(DoctorCertificate, SoonExpiredAndNotYet) {
  EVP_PKEY* key = make_key();
  write_pair(key, key, -3600, 5 * 86'400);
  const int64_t now = time(nullptr);
  EXPECT_EQ(find(check_certificate(folder_, now), "certificate-dates")->state, CheckState::Warn);
  EXPECT_EQ(find(check_certificate(folder_, now + 6 * 86'400), "certificate-dates")->state,
            CheckState::Fail);
  EXPECT_EQ(find(check_certificate(folder_, now - 7'200), "certificate-dates")->state,
            CheckState::Fail);
  EVP_PKEY_free(key);
}

TEST_F(DoctorCertificate, AnotherKeyAndAnOpenKey) {
  EVP_PKEY* key = make_key();
  EVP_PKEY* other = make_key();
  write_pair(key, other, -3600, 90 * 86'400);
  chmod((folder_ / "gateway.key").c_str(), 0644);
  const auto checks = check_certificate(folder_, time(nullptr));
  EXPECT_EQ(find(checks, "certificate-pair")->state, CheckState::Fail);
  EXPECT_EQ(find(checks, "certificate-key")->state, CheckState::Fail);
  EXPECT_NE(find(checks, "certificate-key")->fix.find("chmod 0600"), std::string::npos);
  EVP_PKEY_free(key);
  EVP_PKEY_free(other);
}

TEST_F(DoctorCertificate, WhatIsNoCertificate) {
  std::ofstream(folder_ / "gateway.pem") << "not PEM\n";
  EXPECT_EQ(find(check_certificate(folder_, 0), "certificate")->state, CheckState::Fail);
}

TEST_F(DoctorHost, CardsByDriver) {
  EXPECT_EQ(find(check_network_cards(folder_), "nic-binding")->state, CheckState::Warn);
  const auto card = folder_ / "0000:01:00.0";
  std::filesystem::create_directories(card / "net" / "eth7");
  std::ofstream(card / "class") << "0x020000\n";
  std::filesystem::create_directories(folder_ / "drivers" / "e1000e");
  std::filesystem::create_directory_symlink(folder_ / "drivers" / "e1000e", card / "driver");
  auto checks = check_network_cards(folder_);
  EXPECT_EQ(find(checks, "nic-binding")->state, CheckState::Warn);
  EXPECT_NE(find(checks, "nic-0000:01:00.0")->found.find("eth7"), std::string::npos);
  std::filesystem::remove(card / "driver");
  std::filesystem::create_directories(folder_ / "drivers" / "vfio-pci");
  std::filesystem::create_directory_symlink(folder_ / "drivers" / "vfio-pci", card / "driver");
  EXPECT_EQ(find(check_network_cards(folder_), "nic-binding")->state, CheckState::Ok);
}

TEST_F(DoctorHost, DiskAndFolder) {
  EXPECT_EQ(check_disk("d", folder_, 1, 1).state, CheckState::Ok);
  EXPECT_EQ(check_disk("d", folder_ / "not" / "there", 1, 1).state, CheckState::Ok);
  EXPECT_EQ(check_disk("d", folder_, ~0ULL, 1).state, CheckState::Warn);
  EXPECT_EQ(check_disk("d", folder_, ~0ULL, ~0ULL).state, CheckState::Fail);
  EXPECT_EQ(check_folder_privacy("f", folder_).state, CheckState::Ok);
  chmod(folder_.c_str(), 0755);
  EXPECT_EQ(check_folder_privacy("f", folder_).state, CheckState::Fail);
  EXPECT_EQ(check_folder_privacy("f", folder_ / "none").state, CheckState::Warn);
}

}  // namespace
}  // namespace sallyport::cli
