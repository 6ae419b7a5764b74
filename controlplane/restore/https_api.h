// https_api.h: restoration over HTTPS for callers with a client certificate.
//
//   POST /v1/restore   wire.h's request and answer
//   GET  /v1/whoami    {"principal","roles","mfa"} as policy sees the caller
//
// TLS 1.2 and 1.3, client certificates required and verified against one CA file. Gateway keys mean
// nothing here. The server is cpp-httplib's, with few threads: this is for people and their tools.
// Not here: what is decided (service.h).
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace sallyport::restore {

class RestoreService;

inline constexpr size_t kHttpsThreads = 4;
inline constexpr size_t kHttpsBodyBytesMax = 256 * 1024;  // a thousand tokens and their frame
inline constexpr int kHttpsReadSecondsMax = 10;
inline constexpr int kHttpsIdleSecondsMax = 30;

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
  ~HttpsApi();
  HttpsApi(const HttpsApi&) = delete;
  HttpsApi& operator=(const HttpsApi&) = delete;
  int port() const;

 private:
  struct Server;
  explicit HttpsApi(std::unique_ptr<Server> server);
  std::unique_ptr<Server> server_;
};

}  // namespace sallyport::restore
