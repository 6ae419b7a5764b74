#include "controlplane/supervise/socket/admin_server.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <utility>

#include "controlplane/supervise/socket/local_socket.h"

namespace sallyport::supervise {

using nlohmann::json;

namespace {

constexpr size_t kActorNameBytesMax = 40;

std::string actor_of(const json& body, uid_t uid, bool is_believed) {
  const std::string by_kernel = "uid " + std::to_string(uid);
  const auto given = body.find("actor");
  if (!is_believed || given == body.end() || !given->is_string()) return by_kernel;
  std::string name;
  for (const char c : given->get_ref<const std::string&>()) {
    if (name.size() == kActorNameBytesMax) break;
    name.push_back(c > 0x20 && c < 0x7f ? c : '_');
  }
  return name.empty() ? by_kernel : name + " (" + by_kernel + ")";
}

}  // namespace

json admin_error(const std::string& code, const std::string& message, const std::string& hint) {
  return {{"ok", false},
          {"code", code},
          {"message", message},
          {"hint", hint},
          {"problems", json::array()}};
}

std::string text_member(const json& body, const char* name) {
  const auto found = body.find(name);
  return found != body.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::unique_ptr<AdminServer> AdminServer::open(const std::filesystem::path& run_dir,
                                               Handler handler, std::string& error) {
  std::unique_ptr<AdminServer> server(new AdminServer);
  server->file_ = run_dir / "admin.sock";
  server->handler_ = std::move(handler);
  server->listener_ = listen_at(server->file_, SOCK_STREAM, error);
  return server->listener_ < 0 ? nullptr : std::move(server);
}

std::unique_ptr<AdminServer> AdminServer::open_for_everybody(const std::filesystem::path& file,
                                                             Handler handler, std::string& error) {
  std::unique_ptr<AdminServer> server(new AdminServer);
  server->file_ = file;
  server->handler_ = std::move(handler);
  server->for_everybody_ = true;
  server->listener_ = listen_at(file, SOCK_STREAM, error);
  if (server->listener_ < 0) return nullptr;
  if (chmod(file.c_str(), 0666) == 0) return server;
  error = file.string() + ": chmod: " + std::strerror(errno);
  return nullptr;
}

AdminServer::~AdminServer() {
  for (auto& [id, client] : clients_) close(client.fd);
  if (listener_ < 0) return;
  close(listener_);
  unlink(file_.c_str());
}

void AdminServer::add_to(std::vector<pollfd>& polled) const {
  // Full of work: the rest waits in the kernel's backlog.
  if (has_place()) polled.push_back({listener_, POLLIN, 0});
  // One that waits for its answer has nothing to say; polled, its hang-up would wake us for ever.
  for (const auto& [id, client] : clients_)
    if (client.answered || !client.asked)
      polled.push_back({client.fd, static_cast<short>(client.answered ? POLLOUT : POLLIN), 0});
}

void AdminServer::turn(uint64_t now_ms) {
  now_ms_ = now_ms;
  // Before others come: an answer that only waits to be sent leaves its place by itself.
  for (auto at = clients_.begin(); at != clients_.end();) {
    const bool keep = advance(at->first, at->second, now_ms);
    if (!keep) close(at->second.fd);
    at = keep ? std::next(at) : clients_.erase(at);
  }
  accept_clients(now_ms);
}

bool AdminServer::has_place() const {
  return clients_.size() < kAdminClientsMax ||
         std::any_of(clients_.begin(), clients_.end(),
                     [](const auto& one) { return !one.second.is_worked_on(); });
}

void AdminServer::accept_clients(uint64_t now_ms) {
  for (size_t i = 0; i < kAdminAcceptsPerTurnMax && has_place(); ++i) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    accept_one(fd, now_ms);
  }
}

// It speaks before anybody is pushed out for it: what it asked on connecting is work at once.
void AdminServer::accept_one(int fd, uint64_t now_ms) {
  const ClientId id = next_++;
  Client& client = clients_[id];
  client.fd = fd;
  client.since_ms = now_ms;
  client.deadline_ms = now_ms + kAdminRequestMsMax;
  Peer peer;
  const bool may_ask = may_talk(fd, peer) || (for_everybody_ && peer.pid != 0);
  client.uid = peer.uid;
  if (!may_ask) {
    client.asked = true;
    answer(id, admin_error("denied", "only root and the user of sallyportd may ask",
                           "run the command with sudo"));
  }
  if (!advance(id, client, now_ms)) {
    close(fd);
    clients_.erase(id);
  } else if (clients_.size() > kAdminClientsMax) {
    make_room();
  }
}

void AdminServer::make_room() {
  std::vector<restore::HeldConnection> held;
  held.reserve(clients_.size());
  for (const auto& [id, client] : clients_)
    held.push_back({id, std::to_string(client.uid), client.since_ms, client.is_worked_on()});
  const auto id = restore::pushed_out(held);
  if (!id) return;
  Client& client = clients_.at(*id);
  if (!client.asked) {
    client.asked = true;
    answer(*id, admin_error("pushed_out", "others wait, and this connection has asked nothing",
                            "connect when there is something to ask"));
    write_answer(client);
  }
  ++figures_.pushed_out;
  close(client.fd);
  clients_.erase(*id);
}

size_t AdminServer::in_work_of(uid_t uid) const {
  return static_cast<size_t>(std::count_if(
      clients_.begin(), clients_.end(),
      [uid](const auto& one) { return one.second.uid == uid && one.second.is_worked_on(); }));
}

restore::ListenerFigures AdminServer::figures() const {
  restore::ListenerFigures figures = figures_;
  figures.open = clients_.size();
  return figures;
}

bool AdminServer::advance(ClientId id, Client& client, uint64_t now_ms) {
  if (!client.asked && !read_request(id, client, now_ms)) return false;
  if (client.answered && !write_answer(client)) return false;
  if (now_ms < client.deadline_ms) return true;
  ++figures_.timed_out;
  if (!client.asked) {
    client.asked = true;
    answer(id, admin_error("request_timeout", "no complete request within 5 s",
                           "send one JSON object and a newline"));
    return write_answer(client);
  }
  return false;
}

bool AdminServer::read_request(ClientId id, Client& client, uint64_t now_ms) {
  for (;;) {
    char bytes[4096];
    const ssize_t got = recv(client.fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    client.input.append(bytes, static_cast<size_t>(got));
    const size_t end = client.input.find('\n');
    if (end != std::string::npos || (got == 0 && !client.input.empty())) {
      client.asked = true;
      take_line(id, client, client.input.substr(0, end), now_ms);
      return true;
    }
    if (got == 0) return false;
    if (client.input.size() > kAdminRequestBytesMax) {
      client.asked = true;
      answer(id, admin_error("request_too_large", "a request is at most 64 KiB", ""));
      return true;
    }
  }
}

void AdminServer::take_line(ClientId id, Client& client, const std::string& line, uint64_t now_ms) {
  client.input.clear();
  json body = line.size() > kAdminRequestBytesMax ? json(json::value_t::discarded)
                                                  : json::parse(line, nullptr, false);
  if (body.is_discarded() || !body.is_object() || !body.contains("command") ||
      !body["command"].is_string()) {
    answer(id, admin_error("request_invalid", "not one JSON object with a text \"command\"",
                           "for example {\"command\":\"status\"}"));
    return;
  }
  // This one is among them.
  if (for_everybody_ && in_work_of(client.uid) > kAdminWorkPerUserMax) {
    ++figures_.refused;
    answer(id, admin_error("busy", "too many requests of this user are in work",
                           "try again when they are answered"));
    return;
  }
  client.deadline_ms = now_ms + kAdminWorkMsMax;
  Request request{id, std::move(body), {}, client.uid};
  request.actor = actor_of(request.body, client.uid, !for_everybody_);
  handler_(std::move(request));
}

bool AdminServer::write_answer(Client& client) {
  while (!client.output.empty()) {
    const ssize_t sent =
        send(client.fd, client.output.data(), client.output.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    client.output.erase(0, static_cast<size_t>(sent));
  }
  shutdown(client.fd, SHUT_WR);
  return false;
}

void AdminServer::answer(ClientId id, const json& body) {
  const auto found = clients_.find(id);
  if (found == clients_.end() || found->second.answered) return;
  Client& client = found->second;
  client.output = body.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  client.answered = true;
  client.since_ms = now_ms_;
  client.deadline_ms = now_ms_ + kAdminAnswerMsMax;
}

}  // namespace sallyport::supervise
