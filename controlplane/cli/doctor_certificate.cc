// The gateway's certificate: is it there, private, of one pair, and for how long.
#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <memory>

#include "controlplane/cli/doctor.h"
#include "controlplane/cli/time_text.h"

namespace sallyport::cli {
namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

constexpr int64_t kDaySeconds = 86'400;
constexpr int64_t kWarnDays = 21;

Owned<X509> read_certificate(const std::filesystem::path& path) {
  const Owned<BIO> file(BIO_new_file(path.c_str(), "r"));
  return Owned<X509>(file ? PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr) : nullptr);
}

// Never asks for a password: an encrypted key is not one that the daemon could use.
int no_password(char*, int, int, void*) { return 0; }

Owned<EVP_PKEY> read_key(const std::filesystem::path& path) {
  const Owned<BIO> file(BIO_new_file(path.c_str(), "r"));
  return Owned<EVP_PKEY>(file ? PEM_read_bio_PrivateKey(file.get(), nullptr, no_password, nullptr)
                              : nullptr);
}

std::optional<int64_t> seconds_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return static_cast<int64_t>(timegm(&parts));
}

Check check_dates(const X509& certificate, int64_t now_s) {
  const auto from = seconds_of(X509_get0_notBefore(&certificate));
  const auto until = seconds_of(X509_get0_notAfter(&certificate));
  const char* fix = "issue a new one, put it in place, sallyctl status shows when it is in use";
  if (!from || !until)
    return {"certificate-dates", CheckState::Fail, "its dates cannot be read", fix};
  const std::string end = time_text(static_cast<uint64_t>(*until) * 1'000'000'000);
  if (now_s < *from)
    return {"certificate-dates", CheckState::Fail, "it is not valid yet; is the clock right?",
            "set the clock, or issue a new one"};
  if (now_s >= *until) return {"certificate-dates", CheckState::Fail, "it expired on " + end, fix};
  const int64_t days = (*until - now_s) / kDaySeconds;
  const bool soon = days < kWarnDays;
  return {"certificate-dates", soon ? CheckState::Warn : CheckState::Ok,
          fmt::format("valid until {} ({} days)", end, days), soon ? fix : ""};
}

Check check_private(const std::filesystem::path& key) {
  struct stat status {};
  if (stat(key.c_str(), &status) != 0)
    return {"certificate-key", CheckState::Fail,
            fmt::format("{}: {}", key.string(), std::strerror(errno)),
            "put the key of gateway.pem there, mode 0600"};
  if ((status.st_mode & 077) != 0)
    return {"certificate-key", CheckState::Fail,
            fmt::format("{} has mode {:04o}", key.string(), status.st_mode & 07777U),
            fmt::format("chmod 0600 {}", key.string())};
  return {"certificate-key", CheckState::Ok, key.string() + " is private", ""};
}

}  // namespace

std::vector<Check> check_certificate(const std::filesystem::path& folder, int64_t now_s) {
  const auto pem = folder / "gateway.pem", key = folder / "gateway.key";
  struct stat status {};
  if (stat(pem.c_str(), &status) != 0) {
    const bool missing = errno == ENOENT;
    return {{"certificate", missing ? CheckState::Fail : CheckState::Warn,
             fmt::format("{}: {}", pem.string(), std::strerror(errno)),
             missing ? "put the gateway's certificate chain there (leaf first) and its key in "
                       "gateway.key; clients cannot connect without"
                     : "run sallyctl doctor as root"}};
  }
  const auto certificate = read_certificate(pem);
  if (!certificate)
    return {{"certificate", CheckState::Fail, pem.string() + " is no PEM certificate",
             "put the chain there in PEM form, leaf first"}};
  std::vector<Check> out;
  out.push_back({"certificate", CheckState::Ok, pem.string(), ""});
  out.push_back(check_dates(*certificate, now_s));
  out.push_back(check_private(key));
  if (const auto pair = read_key(key); !pair)
    out.push_back({"certificate-pair", CheckState::Fail,
                   key.string() + " is no PEM private key without password",
                   "put the key there in PEM form; its protection is the file's mode"});
  else if (X509_check_private_key(certificate.get(), pair.get()) != 1)
    out.push_back({"certificate-pair", CheckState::Fail, "gateway.key does not fit gateway.pem",
                   "put the two of one pair there"});
  else
    out.push_back({"certificate-pair", CheckState::Ok, "key and certificate fit", ""});
  return out;
}

}  // namespace sallyport::cli
