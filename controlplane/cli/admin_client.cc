#include "controlplane/cli/admin_client.h"

#include <fmt/format.h>
#include <poll.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "controlplane/cli/problem_text.h"

namespace sallyport::cli {
namespace {

using Clock = std::chrono::steady_clock;

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

[[noreturn]] void unreachable(const std::filesystem::path& path, int error) {
  if (error == EACCES || error == EPERM)
    throw Failure(Exit::Denied, "denied", "sallyportd is not for this user",
                  fmt::format("{}: {}", path.string(), std::strerror(error)),
                  "run sallyctl as root or as the user of sallyportd");
  throw Failure(Exit::Unreachable, "daemon_unreachable", "sallyportd does not answer",
                fmt::format("{}: {}", path.string(), std::strerror(error)),
                "start sallyportd, or name its folder with --run-dir");
}

void wait_for(int fd, short events, Clock::time_point end) {
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    pollfd entry{fd, events, 0};
    // Looks once even when the time is up: what is there already is no timeout.
    const int ready = poll(&entry, 1, static_cast<int>(std::max<int64_t>(left.count(), 0)));
    if (ready > 0) return;
    if (ready < 0 && errno == EINTR) continue;
    throw Failure(Exit::Timeout, "timeout", "sallyportd did not answer in time",
                  "it is busy or stopped; what was asked may still happen",
                  "sallyctl status says what is in force");
  }
}

void send_all(int fd, std::string_view text, const std::filesystem::path& path,
              Clock::time_point end) {
  while (!text.empty()) {
    wait_for(fd, POLLOUT, end);
    const ssize_t sent = send(fd, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      text.remove_prefix(static_cast<size_t>(sent));
    } else if (errno != EINTR && errno != EAGAIN) {
      unreachable(path, errno);
    }
  }
}

std::string receive_line(int fd, const std::filesystem::path& path, Clock::time_point end) {
  std::string text;
  std::array<char, 65'536> piece;
  while (text.size() <= kAdminAnswerBytesMax) {
    wait_for(fd, POLLIN, end);
    const ssize_t got = recv(fd, piece.data(), piece.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) unreachable(path, errno);
    if (got == 0) break;
    text.append(piece.data(), static_cast<size_t>(got));
    if (text.find('\n', text.size() - static_cast<size_t>(got)) != std::string::npos) break;
  }
  return text;
}

std::string text_of(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

// What somebody typed may be any bytes; JSON has no other text than UTF-8.
std::string line_of(const nlohmann::json& request) {
  try {
    return request.dump() + "\n";
  } catch (const nlohmann::json::type_error&) {
    throw Failure(Exit::Usage, "not_utf8", "an argument is not UTF-8",
                  "what goes to sallyportd, and into the log, is text",
                  "write it in letters that this terminal and the log know");
  }
}

[[noreturn]] void refused(const nlohmann::json& answer, const std::string& command) {
  const std::string code = text_of(answer, "code");
  std::string hint = text_of(answer, "hint");
  if (hint.empty()) hint = "sallyctl status says what is in force";
  Failure failure(exit_of_code(code), code.empty() ? "failed" : code,
                  fmt::format("sallyportd refused: {}", command), text_of(answer, "message"), hint);
  if (const auto problems = answer.find("problems");
      problems != answer.end() && problems->is_array()) {
    failure.problems = *problems;
    failure.problems_text = problem_text(*problems);
  }
  throw failure;
}

}  // namespace

Exit exit_of_code(std::string_view code) {
  // One line for each exit code.
  struct Row {
    Exit exit;
    std::string_view words;  // with spaces around each
  };
  static constexpr Row kRows[] = {
      {Exit::Denied,
       " author_missing signature_missing approvals_missing canary_required image_unapproved "
       "denied "},
      {Exit::Conflict,
       " held hold_exists kek_custodians vault_sealed rollout_open canary_too_young canary_is_base "
       "reviews_damaged base_changed no_base vault_exists rotating no_canary nothing_to_confirm "
       "conflict busy key_unchanged key_retired "},
      {Exit::NotFound,
       " vault_absent unknown_image nothing_before never_in_force image_unknown tenant_unknown "
       "not_found "
       "no_such_folder "},
      {Exit::Usage, " bad_threshold custodian_twice request_invalid "},
      {Exit::No,
       " share_duplicate share_wrong share_foreign share_not_yours share_too_few share_unreadable "
       "bundle_invalid self_test_failed "},
      {Exit::Timeout, " key_not_yet timeout not_adopted request_timeout "},
      {Exit::Partial, " partial "},
  };
  const std::string word = " " + std::string(code) + " ";
  for (const Row& row : kRows)
    if (row.words.find(word) != std::string_view::npos) return row.exit;
  return Exit::Failed;
}

std::string actor_name() {
  if (const char* sudo = std::getenv("SUDO_USER"); sudo != nullptr && *sudo != '\0') return sudo;
  const passwd* entry = getpwuid(getuid());
  return entry != nullptr ? entry->pw_name : "";
}

nlohmann::json ask_daemon(const Settings& settings, nlohmann::json request,
                          std::chrono::milliseconds patience) {
  return ask_daemon_at(settings.admin_socket(), std::move(request), patience);
}

nlohmann::json ask_daemon_at(const std::filesystem::path& path, nlohmann::json request,
                             std::chrono::milliseconds patience) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.string().size() >= sizeof(address.sun_path)) unreachable(path, ENAMETOOLONG);
  std::memcpy(address.sun_path, path.c_str(), path.string().size());
  const Socket connection(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (connection.fd() < 0) unreachable(path, errno);
  if (connect(connection.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
    unreachable(path, errno);

  const auto end = Clock::now() + patience;
  const std::string command = text_of(request, "command");
  request["actor"] = actor_name();
  send_all(connection.fd(), line_of(request), path, end);
  const std::string text = receive_line(connection.fd(), path, end);
  auto answer = nlohmann::json::parse(text, nullptr, false);
  if (!answer.is_object())
    throw Failure(
        Exit::Failed, "bad_answer", "sallyportd's answer cannot be read",
        text.empty() ? "it closed the connection without an answer" : "it is no JSON object",
        "are sallyctl and sallyportd of one version? (sallyctl version)");
  if (!answer.value("ok", false)) refused(answer, command);
  return answer;
}

}  // namespace sallyport::cli
