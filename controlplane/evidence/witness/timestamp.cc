#include "controlplane/evidence/witness/timestamp.h"

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ts.h>
#include <openssl/x509.h>

#include <array>
#include <ctime>
#include <memory>
#include <span>
#include <stdexcept>

#include "controlplane/evidence/log/merkle.h"

namespace sallyport::evidence_log {
namespace {

constexpr size_t kNonceBytes = 8;

struct FreeTs {
  void operator()(TS_REQ* request) const { TS_REQ_free(request); }
  void operator()(TS_RESP* response) const { TS_RESP_free(response); }
  void operator()(TS_MSG_IMPRINT* imprint) const { TS_MSG_IMPRINT_free(imprint); }
  void operator()(X509_ALGOR* algorithm) const { X509_ALGOR_free(algorithm); }
  void operator()(ASN1_INTEGER* number) const { ASN1_INTEGER_free(number); }
  void operator()(TS_VERIFY_CTX* context) const { TS_VERIFY_CTX_free(context); }
};
template <class T>
using Owned = std::unique_ptr<T, FreeTs>;

std::string last_error() {
  const unsigned long code = ERR_peek_last_error();
  std::array<char, 160> text{};
  ERR_error_string_n(code, text.data(), text.size());
  ERR_clear_error();
  return code == 0 ? "unknown" : text.data();
}

ASN1_INTEGER* number_of(const std::string& bytes) {
  BIGNUM* big = BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()),
                          static_cast<int>(bytes.size()), nullptr);
  ASN1_INTEGER* number = BN_to_ASN1_INTEGER(big, nullptr);
  BN_free(big);
  return number;
}

Owned<TS_REQ> request_of(const std::string& imprint_bytes, const std::string& nonce_bytes) {
  Owned<TS_REQ> request(TS_REQ_new());
  const Owned<TS_MSG_IMPRINT> imprint(TS_MSG_IMPRINT_new());
  const Owned<X509_ALGOR> algorithm(X509_ALGOR_new());
  const Owned<ASN1_INTEGER> nonce(number_of(nonce_bytes));
  std::string copy = imprint_bytes;
  if (!request || !imprint || !algorithm || !nonce ||
      X509_ALGOR_set0(algorithm.get(), OBJ_nid2obj(NID_sha256), V_ASN1_NULL, nullptr) != 1 ||
      TS_MSG_IMPRINT_set_algo(imprint.get(), algorithm.get()) != 1 ||
      TS_MSG_IMPRINT_set_msg(imprint.get(), reinterpret_cast<unsigned char*>(copy.data()),
                             static_cast<int>(copy.size())) != 1 ||
      TS_REQ_set_version(request.get(), 1) != 1 ||
      TS_REQ_set_msg_imprint(request.get(), imprint.get()) != 1 ||
      TS_REQ_set_nonce(request.get(), nonce.get()) != 1 ||
      TS_REQ_set_cert_req(request.get(), 1) != 1)
    throw std::runtime_error("a timestamp query cannot be made: " + last_error());
  return request;
}

uint64_t time_of(const TS_RESP* response) {
  const TS_TST_INFO* info = TS_RESP_get_tst_info(const_cast<TS_RESP*>(response));
  std::tm parts{};
  if (info == nullptr || ASN1_TIME_to_tm(TS_TST_INFO_get_time(info), &parts) != 1) return 0;
  return static_cast<uint64_t>(timegm(&parts));
}

}  // namespace

TimestampQuery timestamp_query(const std::string& bytes) {
  TimestampQuery query;
  const Hash hash = sha256({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
  query.imprint.assign(hash.begin(), hash.end());
  std::array<unsigned char, kNonceBytes> nonce{};
  if (RAND_bytes(nonce.data(), static_cast<int>(nonce.size())) != 1)
    throw std::runtime_error("no random number");
  nonce[0] |= 1;  // never empty
  query.nonce.assign(nonce.begin(), nonce.end());
  const Owned<TS_REQ> request = request_of(query.imprint, query.nonce);
  unsigned char* der = nullptr;
  const int length = i2d_TS_REQ(request.get(), &der);
  if (length <= 0) throw std::runtime_error("a timestamp query cannot be written");
  query.der.assign(reinterpret_cast<char*>(der), static_cast<size_t>(length));
  OPENSSL_free(der);
  return query;
}

std::string timestamp_problem(const TimestampQuery& query, const std::string& answer,
                              const std::filesystem::path& ca_file, uint64_t& unix_s) {
  const auto* at = reinterpret_cast<const unsigned char*>(answer.data());
  const Owned<TS_RESP> response(d2i_TS_RESP(nullptr, &at, static_cast<long>(answer.size())));
  if (!response) return "the answer is no timestamp reply: " + last_error();
  const Owned<TS_REQ> request = request_of(query.imprint, query.nonce);
  const Owned<TS_VERIFY_CTX> context(TS_REQ_to_TS_VERIFY_CTX(request.get(), nullptr));
  X509_STORE* store = X509_STORE_new();  // the context's from here on
  if (!context || store == nullptr) {
    X509_STORE_free(store);
    return "out of memory";
  }
  const bool loaded = ca_file.empty() ? X509_STORE_set_default_paths(store) == 1
                                      : X509_STORE_load_file(store, ca_file.c_str()) == 1;
  TS_VERIFY_CTX_set_store(context.get(), store);
  if (!loaded) return "no certificates in " + ca_file.string() + ": " + last_error();
  TS_VERIFY_CTX_add_flags(context.get(), TS_VFY_SIGNATURE);
  if (TS_RESP_verify_response(context.get(), response.get()) != 1)
    return "the timestamp is not good: " + last_error();
  unix_s = time_of(response.get());
  return {};
}

}  // namespace sallyport::evidence_log
