#include "controlplane/restore/https_api.h"

#include <httplib.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <nlohmann/json.hpp>
#include <thread>
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

Caller caller_of(const httplib::Request& request, const Policy& policy) {
  const Certificate certificate(SSL_get1_peer_certificate(request.ssl));
  if (policy == nullptr || certificate == nullptr) return {{}, {}, {}, "certificate"};
  return caller_of_certificate(*policy, names_of(certificate.get()), spki_of(certificate.get()),
                               static_cast<int64_t>(time(nullptr)));
}

void send_json(httplib::Response& response, int status, const json& body) {
  response.status = status;
  response.set_header("Cache-Control", "no-store");
  response.set_content(body.dump(-1, ' ', false, json::error_handler_t::replace) + "\n",
                       "application/json");
}

void send_error(httplib::Response& response, int status, const std::string& code,
                const std::string& message) {
  RestoreAnswer answer;
  answer.code = code;
  answer.message = message;
  answer.hint = "docs/restoration.md";
  send_json(response, status, json_of_answer(answer));
}

void on_restore(const httplib::Request& request, httplib::Response& response,
                RestoreService& service) {
  constexpr int kBad = 400;
  const json body = json::parse(request.body, nullptr, false);
  std::string error = "not JSON";
  std::optional<RestoreRequest> asked;
  if (!body.is_discarded()) asked = read_request(body, error);
  if (!asked) return send_error(response, kBad, "request_invalid", error);
  const RestoreAnswer answer =
      service.restore(caller_of(request, service.policy_of(asked->tenant)), *asked);
  send_json(response, http_status_of(answer), json_of_answer(answer));
}

void on_whoami(const httplib::Request& request, httplib::Response& response,
               const RestoreService& service) {
  constexpr int kOk = 200, kForbidden = 403;
  const Caller caller = caller_of(request, service.policy());
  if (caller.principal.empty())
    return send_error(response, kForbidden, "caller_unknown",
                      "no identity of restoration.yaml fits this certificate");
  send_json(response, kOk,
            {{"ok", true},
             {"principal", caller.principal},
             {"roles", caller.roles},
             {"mfa", controlplane::policy::mfa_name(caller.mfa)}});
}

}  // namespace

struct HttpsApi::Server {
  explicit Server(const HttpsFiles& files)
      : http([&files](SSL_CTX& context) { return set_up(context, files); }) {}
  httplib::SSLServer http;
  std::thread thread;
  int port = 0;
};

HttpsApi::HttpsApi(std::unique_ptr<Server> server) : server_(std::move(server)) {}

HttpsApi::~HttpsApi() {
  server_->http.stop();
  if (server_->thread.joinable()) server_->thread.join();
}

int HttpsApi::port() const { return server_->port; }

std::unique_ptr<HttpsApi> HttpsApi::open(const std::string& address, int port,
                                         const HttpsFiles& files, RestoreService& service,
                                         std::string& error) {
  auto server = std::make_unique<Server>(files);
  if (!server->http.is_valid()) {
    error = "the certificate, its key or the client CAs cannot be used";
    return nullptr;
  }
  httplib::SSLServer& http = server->http;
  http.new_task_queue = [] { return new httplib::ThreadPool(kHttpsThreads); };
  http.set_payload_max_length(kHttpsBodyBytesMax);
  http.set_read_timeout(kHttpsReadSecondsMax, 0);
  http.set_keep_alive_timeout(kHttpsIdleSecondsMax);
  http.Post("/v1/restore", [&service](const auto& request, auto& response) {
    on_restore(request, response, service);
  });
  http.Get("/v1/whoami", [&service](const auto& request, auto& response) {
    on_whoami(request, response, service);
  });
  // What no handler answered: another path, another method, a body that is too large.
  http.set_error_handler([](const auto&, auto& response) {
    constexpr int kTooLarge = 413;
    if (!response.body.empty()) return;
    const int status = response.status;
    if (status == kTooLarge)
      send_error(response, status, "request_invalid", "the body is too large");
    else
      send_error(response, status, "not_found", "there is POST /v1/restore and GET /v1/whoami");
  });
  // What a handler threw stays inside: it could quote what it worked on.
  http.set_exception_handler([](const auto&, auto& response, const std::exception_ptr&) {
    constexpr int kServerError = 500;
    send_error(response, kServerError, "failed", "the request failed");
  });
  server->port = port == 0 ? http.bind_to_any_port(address.c_str())
                           : (http.bind_to_port(address.c_str(), port) ? port : -1);
  if (server->port <= 0) {
    error = "cannot listen on " + address + " port " + std::to_string(port);
    return nullptr;
  }
  server->thread = std::thread([raw = server.get()] { raw->http.listen_after_bind(); });
  // Before it runs, it cannot be stopped.
  while (!http.is_running()) std::this_thread::yield();
  return std::unique_ptr<HttpsApi>(new HttpsApi(std::move(server)));
}

}  // namespace sallyport::restore
