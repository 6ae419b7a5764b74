// https_api.h: restoration over HTTPS for callers with a client certificate.
//
//   POST /v1/restore   wire.h's request and answer
//   GET  /v1/whoami    {"principal","roles","mfa"} as policy sees the caller
//
// TLS 1.2 and 1.3, client certificates required and verified against one CA file. Gateway keys mean
// nothing here.
// Not here: connections, their number and their deadlines (https_server.h); what is decided
// (service.h).
#pragma once

#include <memory>
#include <string>

#include "controlplane/restore/https_server.h"

namespace sallyport::restore {

class RestoreService;

struct HttpsFiles {        // PEM
  std::string chain;       // of the server, leaf first
  std::string key;         // copied into OpenSSL, the caller wipes its own
  std::string client_cas;  // whose client certificates count
};

class HttpsApi {
 public:
  // Listens on `address` ("127.0.0.1", "::1") and `port` (0: one that is free). Null: `error` says
  // why. `service` outlives it.
  static std::unique_ptr<HttpsApi> open(const std::string& address, int port,
                                        const HttpsFiles& files, RestoreService& service,
                                        std::string& error);
  int port() const { return server_->port(); }
  ListenerFigures figures() const { return server_->figures(); }

 private:
  explicit HttpsApi(std::unique_ptr<HttpsServer> server);
  std::unique_ptr<HttpsServer> server_;
};

}  // namespace sallyport::restore
