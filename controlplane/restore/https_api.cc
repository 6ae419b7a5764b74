#include "controlplane/restore/https_api.h"

#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <nlohmann/json.hpp>
#include <vector>

#include "controlplane/restore/wire.h"

namespace sallyport::restore {

using nlohmann::json;

namespace {

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeX509 {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeNames {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;
using Certificate = std::unique_ptr<X509, FreeX509>;

Bio bio_of(const std::string& pem) {
  return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

std::vector<Certificate> certificates_of(const std::string& pem) {
  std::vector<Certificate> out;
  const Bio bio = bio_of(pem);
  while (X509* one = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) out.emplace_back(one);
  return out;
}

bool set_up(SSL_CTX& context, const HttpsFiles& files) {
  SSL_CTX_set_min_proto_version(&context, TLS1_2_VERSION);
  SSL_CTX_set_options(&context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // A resumed session would skip a look at a certificate that was taken off the list meanwhile.
  SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(&context, SSL_OP_NO_TICKET);
  std::vector<Certificate> chain = certificates_of(files.chain);
  if (chain.empty() || SSL_CTX_use_certificate(&context, chain[0].get()) != 1) return false;
  for (size_t i = 1; i < chain.size(); ++i)
    if (SSL_CTX_add1_chain_cert(&context, chain[i].get()) != 1) return false;
  const Bio key_bio = bio_of(files.key);
  const std::unique_ptr<EVP_PKEY, FreeKey> key(
      PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr));
  if (key == nullptr || SSL_CTX_use_PrivateKey(&context, key.get()) != 1 ||
      SSL_CTX_check_private_key(&context) != 1)
    return false;
  const std::vector<Certificate> roots = certificates_of(files.client_cas);
  X509_STORE* store = SSL_CTX_get_cert_store(&context);
  for (const Certificate& root : roots)
    if (X509_STORE_add_cert(store, root.get()) != 1 ||
        SSL_CTX_add_client_CA(&context, root.get()) != 1)
      return false;
  SSL_CTX_set_purpose(&context, X509_PURPOSE_SSL_CLIENT);
  SSL_CTX_set_verify(&context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return !roots.empty();
}

// Mail, DNS and URI names, as text; a name with a NUL in it is none.
std::vector<std::string> names_of(X509* certificate) {
  std::vector<std::string> out;
  const std::unique_ptr<GENERAL_NAMES, FreeNames> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_EMAIL && name->type != GEN_DNS && name->type != GEN_URI) continue;
    const ASN1_IA5STRING* text = name->d.ia5;
    std::string one(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                    static_cast<size_t>(ASN1_STRING_length(text)));
    if (one.find('\0') == std::string::npos) out.push_back(std::move(one));
  }
  return out;
}

contract::Digest spki_of(X509* certificate) {
  contract::Digest digest{};
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (size > 0) SHA256(der, static_cast<size_t>(size), digest.data());
  OPENSSL_free(der);
  return digest;
}

using Policy = std::shared_ptr<const controlplane::policy::RestorationPolicy>;

Caller caller_of(const HttpsRequest& request, const Policy& policy) {
  if (policy == nullptr || request.certificate == nullptr) return {{}, {}, {}, "certificate"};
  return caller_of_certificate(*policy, names_of(request.certificate), spki_of(request.certificate),
                               static_cast<int64_t>(time(nullptr)));
}

HttpsResponse json_response(int status, const json& body) {
  return {status, body.dump(-1, ' ', false, json::error_handler_t::replace) + "\n"};
}

HttpsResponse error_response(int status, const std::string& code, const std::string& message) {
  RestoreAnswer answer;
  answer.code = code;
  answer.message = message;
  answer.hint = "docs/restoration.md";
  return json_response(status, json_of_answer(answer));
}

HttpsResponse on_restore(const HttpsRequest& request, RestoreService& service) {
  constexpr int kBad = 400;
  const json body = json::parse(request.body, nullptr, false);
  std::string error = "not JSON";
  std::optional<RestoreRequest> asked;
  if (!body.is_discarded()) asked = read_request(body, error);
  if (!asked) return error_response(kBad, "request_invalid", error);
  const RestoreAnswer answer =
      service.restore(caller_of(request, service.policy_of(asked->tenant)), *asked);
  return json_response(http_status_of(answer), json_of_answer(answer));
}

HttpsResponse on_whoami(const HttpsRequest& request, const RestoreService& service) {
  constexpr int kOk = 200, kForbidden = 403;
  const Caller caller = caller_of(request, service.policy());
  if (caller.principal.empty())
    return error_response(kForbidden, "caller_unknown",
                          "no identity of restoration.yaml fits this certificate");
  return json_response(kOk, {{"ok", true},
                             {"principal", caller.principal},
                             {"roles", caller.roles},
                             {"mfa", controlplane::policy::mfa_name(caller.mfa)}});
}

HttpsResponse respond(const HttpsRequest& request, RestoreService& service) {
  constexpr int kNotFound = 404, kServerError = 500;
  try {
    if (request.method == "POST" && request.path == "/v1/restore")
      return on_restore(request, service);
    if (request.method == "GET" && request.path == "/v1/whoami") return on_whoami(request, service);
    return error_response(kNotFound, "not_found", "there is POST /v1/restore and GET /v1/whoami");
  } catch (const std::exception&) {
    // What was thrown stays inside: it could quote what it worked on.
    return error_response(kServerError, "failed", "the request failed");
  }
}

// What reaches no handler.
HttpsResponse refuse(int status) {
  constexpr int kTooMany = 429, kTooLarge = 413;
  if (status == kTooMany)
    return error_response(status, "busy", "too many requests are waiting; try again soon");
  return error_response(status, "request_invalid",
                        status == kTooLarge ? "the body is too large" : "no HTTP/1.1 request");
}

}  // namespace

HttpsApi::HttpsApi(std::unique_ptr<HttpsServer> server) : server_(std::move(server)) {}

std::unique_ptr<HttpsApi> HttpsApi::open(const std::string& address, int port,
                                         const HttpsFiles& files, RestoreService& service,
                                         std::string& error) {
  auto server = HttpsServer::open(
      address, port, [&files](SSL_CTX& context) { return set_up(context, files); },
      [&service](const HttpsRequest& request) { return respond(request, service); }, refuse, error);
  if (server == nullptr) return nullptr;
  return std::unique_ptr<HttpsApi>(new HttpsApi(std::move(server)));
}

}  // namespace sallyport::restore
