#include "tests/unit/control/supervise/test_files.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>

namespace sallyport::supervise {

TestFolder::TestFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "supervise_XXXXXX").string();
  path_ = mkdtemp(name.data());
}

TestFolder::~TestFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void write_file(const std::filesystem::path& file, std::string_view text, mode_t mode) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
  chmod(file.c_str(), mode);
}

std::string read_file(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

mode_t mode_of(const std::filesystem::path& file) {
  struct stat found {};
  return stat(file.c_str(), &found) == 0 ? found.st_mode & 07777 : 0;
}

namespace {

std::string text_of(BIO* bio) {
  char* text = nullptr;
  const long bytes = BIO_get_mem_data(bio, &text);
  std::string copy(text, static_cast<size_t>(bytes));
  BIO_free(bio);
  return copy;
}

TestCertificate certify(EVP_PKEY* key, const std::string& name, int64_t seconds_left) {
  X509* leaf = X509_new();
  X509_set_version(leaf, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(leaf), 1);
  X509_gmtime_adj(X509_getm_notBefore(leaf), -86'400);
  X509_gmtime_adj(X509_getm_notAfter(leaf), seconds_left);
  X509_set_pubkey(leaf, key);
  X509_NAME* subject = X509_get_subject_name(leaf);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(leaf, subject);
  const std::string names = "DNS:" + name + ",IP:192.0.2.10";
  X509_EXTENSION* extension =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
  X509_add_ext(leaf, extension, -1);
  X509_EXTENSION_free(extension);
  X509_sign(leaf, key, EVP_sha256());
  BIO* certificate_out = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(certificate_out, leaf);
  BIO* key_out = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(key_out, key, nullptr, nullptr, 0, nullptr, nullptr);
  X509_free(leaf);
  EVP_PKEY_free(key);
  return {text_of(certificate_out), text_of(key_out)};
}

}  // namespace

TestCertificate make_certificate(const std::string& name, int64_t seconds_left) {
  return certify(EVP_EC_gen("P-256"), name, seconds_left);
}

TestCertificate make_weak_certificate() {
  return certify(EVP_RSA_gen(1024), "weak.example", 86'400);
}

void put_certificate(const std::filesystem::path& folder, const TestCertificate& made) {
  write_file(folder / "gateway.pem", made.certificate, 0644);
  write_file(folder / "gateway.key", made.key, 0600);
}

}  // namespace sallyport::supervise
