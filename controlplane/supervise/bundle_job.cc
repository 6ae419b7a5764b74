#include "controlplane/supervise/bundle_job.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "controlplane/supervise/socket/admin_server.h"

namespace sallyport::supervise {

using nlohmann::json;

std::unique_ptr<BundleJob> BundleJob::start(const std::filesystem::path& folder,
                                            const std::filesystem::path& images,
                                            const std::string& terms,
                                            std::span<const uint8_t> dictionary_key,
                                            uint64_t now_ms, std::string& error) {
  int ends[2];
  int key_ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    error = std::string("no pipe: ") + std::strerror(errno);
    return nullptr;
  }
  if (pipe2(key_ends, O_CLOEXEC) != 0) {
    error = std::string("no pipe: ") + std::strerror(errno);
    close(ends[0]);
    close(ends[1]);
    return nullptr;
  }
  // A pipe takes so few bytes at once, and nobody has closed the other end.
  const ssize_t given = write(key_ends[1], dictionary_key.data(), dictionary_key.size());
  close(key_ends[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, key_ends[0], STDIN_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  std::string words[] = {"sallyportd", "--compile", folder.string(), "--images", images.string(),
                         "--terms",    terms};
  char* arguments[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(),
                       words[4].data(), words[5].data(), words[6].data(), nullptr};
  std::unique_ptr<BundleJob> job(new BundleJob);
  const int failed =
      given != static_cast<ssize_t>(dictionary_key.size())
          ? EIO
          : posix_spawn(&job->child_, "/proc/self/exe", &actions, &attributes, arguments, environ);
  close(key_ends[0]);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  close(ends[1]);
  job->fd_ = ends[0];
  job->deadline_ms_ = now_ms + kCompileMsMax;
  if (failed != 0) {
    job->child_ = -1;
    error = std::string("the compiler cannot be started: ") + std::strerror(failed);
    return nullptr;
  }
  fcntl(job->fd_, F_SETFL, O_NONBLOCK);
  return job;
}

BundleJob::~BundleJob() {
  if (fd_ >= 0) close(fd_);
  if (child_ <= 0) return;
  kill(child_, SIGKILL);
  waitpid(child_, nullptr, 0);
}

std::optional<json> BundleJob::poll(uint64_t now_ms) {
  for (;;) {
    char bytes[4096];
    const ssize_t got = read(fd_, bytes, sizeof bytes);
    if (got <= 0) break;
    if (output_.size() < kCompileAnswerBytesMax) output_.append(bytes, static_cast<size_t>(got));
  }
  if (now_ms >= deadline_ms_ && !timed_out_) {
    timed_out_ = true;
    kill(child_, SIGKILL);
  }
  int status = 0;
  if (waitpid(child_, &status, WNOHANG) != child_) return std::nullopt;
  child_ = -1;
  // Written between the read above and its end.
  char bytes[4096];
  ssize_t got = 0;
  while ((got = read(fd_, bytes, sizeof bytes)) > 0)
    if (output_.size() < kCompileAnswerBytesMax) output_.append(bytes, static_cast<size_t>(got));
  return answer_of_exit(status);
}

json BundleJob::answer_of_exit(int status) const {
  json answer = json::parse(output_, nullptr, false);
  if (!timed_out_ && WIFEXITED(status) && answer.is_object() && answer.contains("ok"))
    return answer;
  const std::string how =
      timed_out_ ? "took longer than " + std::to_string(kCompileMsMax / 1000) + " s"
      : WIFSIGNALED(status)
          ? "was ended by signal " + std::to_string(WTERMSIG(status)) + " (time or memory limit?)"
          : "ended with exit code " + std::to_string(WEXITSTATUS(status));
  return admin_error(
      "compile_failed", "compiling the bundle " + how,
      "look for a pattern with large repetitions; sallyctl policy check shows where");
}

}  // namespace sallyport::supervise
