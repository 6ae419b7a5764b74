#include "controlplane/restore/https_server.h"

#include <openssl/crypto.h>

#include <atomic>
#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <chrono>
#include <map>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace sallyport::restore {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using std::chrono::seconds;
using tcp = asio::ip::tcp;

namespace {

constexpr int kBad = 400, kTooLarge = 413, kTooMany = 429, kHeadTooLarge = 431;
constexpr std::chrono::milliseconds kAcceptPause{100};

uint64_t steady_ms() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

// One host, or the network that one IPv6 host may choose its addresses in.
std::string owner_of(const asio::ip::address& address) {
  if (address.is_v4()) return address.to_string();
  const asio::ip::address_v6 six = address.to_v6();
  if (six.is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, six).to_string();
  constexpr size_t kNetworkBytes = 8;
  const auto bytes = six.to_bytes();
  return {bytes.begin(), bytes.begin() + kNetworkBytes};
}

// Not the end of a connection: what it said is no HTTP, or too much.
bool is_bad_request(const error_code& why) {
  return why.category() == http::make_error_code(http::error::bad_version).category() &&
         why != http::error::end_of_stream && why != http::error::partial_message;
}

int status_of(const error_code& why) {
  if (why == http::error::body_limit) return kTooLarge;
  return why == http::error::header_limit ? kHeadTooLarge : kBad;
}

}  // namespace

// Everything but the handlers runs on `thread`.
struct HttpsServer::Machine {
  Machine(Handler with_handler, Refusal with_refusal)
      : handler(std::move(with_handler)), refusal(std::move(with_refusal)) {}
  void accept();
  void admit(tcp::socket socket);
  void make_room();
  bool forget(uint64_t id);  // false: it was forgotten already

  Handler handler;
  Refusal refusal;
  std::map<uint64_t, Connection*> connections;  // each ends itself; outlives io, which owns them
  uint64_t next_id = 1;
  size_t in_work = 0;
  std::atomic<uint64_t> open = 0, pushed_out = 0, timed_out = 0, refused = 0;
  asio::ssl::context tls{asio::ssl::context::tls_server};
  asio::io_context io{1};
  tcp::acceptor acceptor{io};
  asio::steady_timer pause{io};
  asio::thread_pool workers{kHttpsThreads};
  int port = 0;
  std::thread thread;
};

// One caller from accept to close. It is kept alive by the operation that it waits for.
class HttpsServer::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Machine& machine, tcp::socket socket, uint64_t id, std::string owner)
      : machine_(machine), stream_(std::move(socket), machine.tls), id_(id) {
    held_ = {id, std::move(owner), steady_ms(), false};
  }

  const HeldConnection& held() const { return held_; }

  void start() {
    deadline(kHttpsHandshakeSecondsMax);
    stream_.async_handshake(asio::ssl::stream_base::server,
                            [self = shared_from_this()](const error_code& failed) {
                              if (failed) return self->end(failed);
                              self->read(kHttpsReadSecondsMax);
                            });
  }

  // The operation that it waits for fails, and ends it.
  void close() { beast::get_lowest_layer(stream_).close(); }

 private:
  void deadline(int within_s) { beast::get_lowest_layer(stream_).expires_after(seconds(within_s)); }

  void end(const error_code& why) {
    if (why == beast::error::timeout) ++machine_.timed_out;
    if (machine_.forget(id_)) close();
  }

  void read(int within_s) {
    held_.since_ms = steady_ms();
    parser_.emplace();
    parser_->header_limit(kHttpsHeadBytesMax);
    parser_->body_limit(kHttpsBodyBytesMax);
    deadline(within_s);
    http::async_read_header(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](const error_code& failed, size_t) { self->on_head(failed); });
  }

  void on_head(const error_code& failed) {
    if (failed) return on_request(failed);
    if (!beast::iequals(parser_->get()[http::field::expect], "100-continue")) return read_body();
    // Only a name for the rest of the body: what it will be judged by is in the head already.
    go_on_.emplace(http::status::continue_, parser_->get().version());
    http::async_write(stream_, *go_on_,
                      [self = shared_from_this()](const error_code& not_sent, size_t) {
                        if (not_sent) return self->end(not_sent);
                        self->read_body();
                      });
  }

  void read_body() {
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](const error_code& failed, size_t) {
                       self->on_request(failed);
                     });
  }

  void on_request(const error_code& failed) {
    if (failed && !is_bad_request(failed)) return end(failed);
    keep_alive_ = !failed && parser_->get().keep_alive();
    is_cut_short_ = bool(failed);
    if (failed) return write(machine_.refusal(status_of(failed)));
    if (machine_.in_work == kHttpsWorkMax) {
      ++machine_.refused;
      return write(machine_.refusal(kTooMany));
    }
    ++machine_.in_work;
    held_.is_worked_on = true;
    beast::get_lowest_layer(stream_).expires_never();
    asio::post(machine_.workers, [self = shared_from_this(), request = take_request()]() mutable {
      self->work(request);
    });
  }

  HttpsRequest take_request() {
    auto message = parser_->release();
    HttpsRequest request;
    request.method = std::string(message.method_string());
    const std::string target(message.target());
    request.path = target.substr(0, target.find('?'));
    request.body = std::move(message.body());
    return request;
  }

  // On a thread of `workers`.
  void work(HttpsRequest& request) {
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(
        SSL_get1_peer_certificate(stream_.native_handle()), X509_free);
    request.certificate = certificate.get();
    asio::post(machine_.io,
               [self = shared_from_this(), answer = machine_.handler(request)]() mutable {
                 --self->machine_.in_work;
                 self->held_.is_worked_on = false;
                 self->write(std::move(answer));
               });
  }

  void write(HttpsResponse answer) {
    constexpr unsigned kHttp11 = 11;
    held_.since_ms = steady_ms();
    response_.emplace(static_cast<http::status>(answer.status), kHttp11);
    response_->set(http::field::content_type, "application/json");
    response_->set(http::field::cache_control, "no-store");
    response_->keep_alive(keep_alive_);
    response_->body() = std::move(answer.json);
    response_->prepare_payload();
    deadline(kHttpsAnswerSecondsMax);
    http::async_write(stream_, *response_,
                      [self = shared_from_this()](const error_code& failed, size_t) {
                        self->on_written(failed);
                      });
  }

  void on_written(const error_code& failed) {
    std::string& body = response_->body();
    OPENSSL_cleanse(body.data(), body.size());
    if (failed) return end(failed);
    if (keep_alive_) return read(kHttpsIdleSecondsMax);
    if (!is_cut_short_) return shut_down();
    deadline(kHttpsLingerSecondsMax);
    linger(0);
  }

  // A peer that still sends must not lose the answer to a reset: what it sends is thrown away.
  void linger(size_t thrown_away) {
    if (thrown_away > kHttpsLingerBytesMax) return shut_down();
    buffer_.clear();
    stream_.async_read_some(
        buffer_.prepare(kHttpsHeadBytesMax),
        [self = shared_from_this(), thrown_away](const error_code& over, size_t bytes) {
          if (over) return self->end(over);
          self->linger(thrown_away + bytes);
        });
  }

  void shut_down() {
    stream_.async_shutdown(
        [self = shared_from_this()](const error_code& closed) { self->end(closed); });
  }

  Machine& machine_;
  beast::ssl_stream<beast::tcp_stream> stream_;
  uint64_t id_;
  HeldConnection held_;
  beast::flat_buffer buffer_{kHttpsHeadBytesMax + kHttpsBodyBytesMax};
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<http::response<http::empty_body>> go_on_;
  std::optional<http::response<http::string_body>> response_;
  bool keep_alive_ = false;
  bool is_cut_short_ = false;  // refused before it was read to its end
};

// One accept is on its way at any time: a place can always be made, kHttpsWorkMax sees to it.
void HttpsServer::Machine::accept() {
  static_assert(kHttpsWorkMax < kHttpsConnectionsMax);
  acceptor.async_accept([this](const error_code& failed, tcp::socket socket) {
    if (failed == asio::error::operation_aborted) return;
    if (!failed) {
      admit(std::move(socket));
      return accept();
    }
    // No descriptors, most likely: asked again at once, it would say so without end.
    pause.expires_after(kAcceptPause);
    pause.async_wait([this](const error_code& ended) {
      if (!ended) accept();
    });
  });
}

void HttpsServer::Machine::admit(tcp::socket socket) {
  error_code failed;
  const tcp::endpoint peer = socket.remote_endpoint(failed);
  if (failed) return;  // gone already
  const uint64_t id = next_id++;
  const auto connection =
      std::make_shared<Connection>(*this, std::move(socket), id, owner_of(peer.address()));
  connections[id] = connection.get();
  ++open;
  connection->start();
  if (connections.size() > kHttpsConnectionsMax) make_room();
}

void HttpsServer::Machine::make_room() {
  std::vector<HeldConnection> held;
  held.reserve(connections.size());
  for (const auto& [id, connection] : connections) held.push_back(connection->held());
  const auto id = restore::pushed_out(held);
  if (!id) return;
  Connection* victim = connections.at(*id);
  forget(*id);
  ++pushed_out;
  victim->close();
}

bool HttpsServer::Machine::forget(uint64_t id) {
  if (connections.erase(id) == 0) return false;
  --open;
  return true;
}

HttpsServer::HttpsServer(std::unique_ptr<Machine> machine) : machine_(std::move(machine)) {}

HttpsServer::~HttpsServer() {
  machine_->io.stop();
  if (machine_->thread.joinable()) machine_->thread.join();
  machine_->workers.join();
}

int HttpsServer::port() const { return machine_->port; }

ListenerFigures HttpsServer::figures() const {
  return {machine_->open, machine_->pushed_out, machine_->timed_out, machine_->refused};
}

std::unique_ptr<HttpsServer> HttpsServer::open(const std::string& address, int port,
                                               const std::function<bool(SSL_CTX&)>& set_up,
                                               Handler handler, Refusal refusal,
                                               std::string& error) {
  auto machine = std::make_unique<Machine>(std::move(handler), std::move(refusal));
  if (!set_up(*machine->tls.native_handle())) {
    error = "the certificate, its key or the client CAs cannot be used";
    return nullptr;
  }
  error_code failed;
  const auto host = asio::ip::make_address(address, failed);
  const tcp::endpoint endpoint(host, static_cast<uint16_t>(port));
  tcp::acceptor& acceptor = machine->acceptor;
  if (!failed) acceptor.open(endpoint.protocol(), failed);
  if (!failed) acceptor.set_option(tcp::acceptor::reuse_address(true), failed);
  if (!failed) acceptor.bind(endpoint, failed);
  if (!failed) acceptor.listen(asio::socket_base::max_listen_connections, failed);
  if (!failed) machine->port = acceptor.local_endpoint(failed).port();
  if (failed) {
    error =
        "cannot listen on " + address + " port " + std::to_string(port) + ": " + failed.message();
    return nullptr;
  }
  machine->accept();
  machine->thread = std::thread([raw = machine.get()] { raw->io.run(); });
  return std::unique_ptr<HttpsServer>(new HttpsServer(std::move(machine)));
}

}  // namespace sallyport::restore
