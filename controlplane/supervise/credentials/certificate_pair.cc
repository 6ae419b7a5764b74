#include "controlplane/supervise/credentials/certificate_pair.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <time.h>

#include <memory>
#include <vector>

namespace sallyport::supervise {

namespace {

struct Free {
  void operator()(BIO* p) const { BIO_free(p); }
  void operator()(X509* p) const { X509_free(p); }
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(GENERAL_NAMES* p) const { GENERAL_NAMES_free(p); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

// A key that wants a passphrase is refused: there is nobody to type it.
int no_passphrase(char*, int, int, void*) { return -1; }

Owned<BIO> bio_of(std::string_view text) {
  return Owned<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::vector<Owned<X509>> parse_chain(std::string_view pem) {
  std::vector<Owned<X509>> chain;
  const Owned<BIO> input = bio_of(pem);
  while (X509* certificate = PEM_read_bio_X509(input.get(), nullptr, no_passphrase, nullptr))
    chain.emplace_back(certificate);
  return chain;
}

int64_t seconds_of(const ASN1_TIME* time) {
  tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return 0;
  return static_cast<int64_t>(timegm(&parts));
}

std::string subject_of(X509* leaf) {
  const Owned<BIO> out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), X509_get_subject_name(leaf), 0, XN_FLAG_RFC2253);
  char* text = nullptr;
  const long bytes = BIO_get_mem_data(out.get(), &text);
  return bytes > 0 ? std::string(text, static_cast<size_t>(bytes)) : std::string();
}

std::vector<std::string> names_of(X509* leaf) {
  std::vector<std::string> names;
  const Owned<GENERAL_NAMES> all(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(leaf, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; all != nullptr && i < sk_GENERAL_NAME_num(all.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all.get(), i);
    if (name->type == GEN_DNS) {
      const ASN1_IA5STRING* text = name->d.dNSName;
      names.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                         static_cast<size_t>(ASN1_STRING_length(text)));
    } else if (name->type == GEN_IPADD && ASN1_STRING_length(name->d.iPAddress) == 4) {
      const unsigned char* a = ASN1_STRING_get0_data(name->d.iPAddress);
      names.push_back(std::to_string(a[0]) + '.' + std::to_string(a[1]) + '.' +
                      std::to_string(a[2]) + '.' + std::to_string(a[3]));
    }
  }
  return names;
}

bool strong_enough(const EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
      return EVP_PKEY_get_bits(key) >= 2048;
    case EVP_PKEY_EC:
      return EVP_PKEY_get_bits(key) >= 256;
    case EVP_PKEY_ED25519:
      return true;
    default:
      return false;
  }
}

constexpr int64_t kDayS = 86'400;
constexpr int64_t kWarnDays = 30;

std::string days_text(int64_t seconds) {
  const int64_t days = seconds / kDayS;
  return days == 1 ? "1 day" : std::to_string(days) + " days";
}

}  // namespace

std::optional<Problem> certificate_problem(const CertificateState& state, int64_t now_s) {
  if (state.not_after_s == 0) return std::nullopt;
  const int64_t left = state.not_after_s - now_s;
  const char* renew = "renew gateway.pem and gateway.key; they are taken within seconds";
  if (left <= 0)
    return Problem{"certificate_expired",
                   "the gateway's certificate expired " + days_text(-left) + " ago", renew};
  if (state.not_before_s > now_s)
    return Problem{"certificate_not_yet_valid", "the gateway's certificate is not valid yet",
                   "is the clock of this host right?"};
  if (left < kWarnDays * kDayS)
    return Problem{"certificate_expires", "the gateway's certificate expires in " + days_text(left),
                   renew};
  return std::nullopt;
}

std::optional<CertificateState> read_certificate_pair(std::string_view chain_pem,
                                                      std::string_view key_pem,
                                                      const std::string& chain_name,
                                                      const std::string& key_name,
                                                      std::string& error) {
  const std::vector<Owned<X509>> chain = parse_chain(chain_pem);
  const Owned<BIO> input = bio_of(key_pem);
  const Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(input.get(), nullptr, no_passphrase, nullptr));
  CertificateState state;
  if (chain.empty()) {
    error = chain_name + ": holds no PEM certificate";
  } else if (key == nullptr) {
    error = key_name + ": holds no PEM private key that can be read without a passphrase";
  } else if (!strong_enough(key.get())) {
    error = key_name +
            ": too weak or of a kind that is not served (P-256 or better, Ed25519, RSA "
            "from 2048 bits)";
  } else if (X509_check_private_key(chain[0].get(), key.get()) != 1) {
    error = chain_name + " and " + key_name + " do not belong together";
    for (size_t i = 1; i < chain.size(); ++i)
      if (X509_check_private_key(chain[i].get(), key.get()) == 1)
        error = chain_name + ": the certificate of the key must come first, it is number " +
                std::to_string(i + 1);
  } else {
    state.not_before_s = seconds_of(X509_get0_notBefore(chain[0].get()));
    state.not_after_s = seconds_of(X509_get0_notAfter(chain[0].get()));
    state.subject = subject_of(chain[0].get());
    state.names = names_of(chain[0].get());
  }
  ERR_clear_error();
  if (!error.empty()) return std::nullopt;
  return state;
}

}  // namespace sallyport::supervise
