// https_server.h: HTTP/1.1 over TLS for few callers, among any number that connect and say nothing.
//
// One thread moves the bytes of all connections, and none of them can hold it: handshakes, heads,
// bodies and answers are asynchronous (Boost.Beast) and each has an absolute deadline. A thread is
// taken only for a request that is complete. When all places are taken, pushed_out.h says whose
// connection goes; an owner is a network address (IPv6: its /64).
//
// Limits  below. Threads  the handler runs on several; figures() may be asked from any.
// Not here: which certificates count (the SSL_CTX), what is answered (https_api.h).
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "controlplane/restore/pushed_out.h"

namespace sallyport::restore {

inline constexpr size_t kHttpsConnectionsMax = 256;
inline constexpr size_t kHttpsThreads = 4;   // a request may wait for evidence
inline constexpr size_t kHttpsWorkMax = 32;  // requests; one more is told to come back
inline constexpr size_t kHttpsHeadBytesMax = 16 * 1024;
inline constexpr size_t kHttpsBodyBytesMax = 256 * 1024;  // a thousand tokens and their frame
inline constexpr int kHttpsHandshakeSecondsMax = 10;
inline constexpr int kHttpsReadSecondsMax = 10;    // of the first request, to its end
inline constexpr int kHttpsIdleSecondsMax = 30;    // between two requests, to the end of the next
inline constexpr int kHttpsAnswerSecondsMax = 10;  // until the answer is taken
inline constexpr int kHttpsLingerSecondsMax = 2;   // after a refusal, while the rest still comes
inline constexpr size_t kHttpsLingerBytesMax = 4 * 1024 * 1024;

struct HttpsRequest {
  std::string method, path;  // the path without its query
  std::string body;
  X509* certificate = nullptr;  // of the caller, verified; lives as long as the call
};

struct HttpsResponse {
  int status = 0;
  std::string json;  // wiped when it is sent
};

class HttpsServer {
 public:
  // Throws nothing; waits as long as it must.
  using Handler = std::function<HttpsResponse(const HttpsRequest& request)>;
  // What the server itself says of a request that reaches no handler (400, 413, 429, 431).
  using Refusal = std::function<HttpsResponse(int status)>;

  // Listens on `address` ("127.0.0.1", "::1") and `port` (0: one that is free). `set_up` says
  // whether it could prepare the context. Null: `error` says why.
  static std::unique_ptr<HttpsServer> open(const std::string& address, int port,
                                           const std::function<bool(SSL_CTX&)>& set_up,
                                           Handler handler, Refusal refusal, std::string& error);
  ~HttpsServer();  // waits for handlers in work
  HttpsServer(const HttpsServer&) = delete;
  HttpsServer& operator=(const HttpsServer&) = delete;
  int port() const;
  ListenerFigures figures() const;

 private:
  struct Machine;
  class Connection;
  explicit HttpsServer(std::unique_ptr<Machine> machine);
  std::unique_ptr<Machine> machine_;
};

}  // namespace sallyport::restore
