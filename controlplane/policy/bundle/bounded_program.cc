#include "controlplane/policy/bundle/bounded_program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace sallyport::controlplane::policy {
namespace {

using Clock = std::chrono::steady_clock;

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor() { close_now(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  void set(int fd) {
    close_now();
    fd_ = fd;
  }
  void close_now() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

struct Pipe {
  Descriptor read_end;
  Descriptor write_end;
  bool open() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return false;
    read_end.set(ends[0]);
    write_end.set(ends[1]);
    return fcntl(read_end.get(), F_SETFL, O_NONBLOCK) == 0;
  }
};

// The whole input in memory that the child can read: a pipe could fill while we wait for output.
bool fill_input(const std::string& input, Descriptor& out) {
  out.set(memfd_create("input", MFD_CLOEXEC));
  if (out.get() < 0) return false;
  for (size_t at = 0; at < input.size();) {
    const ssize_t written = write(out.get(), input.data() + at, input.size() - at);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    at += static_cast<size_t>(written);
  }
  return lseek(out.get(), 0, SEEK_SET) == 0;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

// Zero, or the error.
int spawn(const BoundedProgram& program, int input, int output, int errors, pid_t& child) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  if (!program.folder.empty())
    posix_spawn_file_actions_addchdir_np(&actions, program.folder.c_str());
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  if (!program.is_interactive) flags |= POSIX_SPAWN_SETPGROUP;
  posix_spawnattr_setflags(&attributes, static_cast<short>(flags));
  const std::vector<char*> arguments = pointers(program.arguments);
  const std::vector<char*> environment = pointers(program.environment);
  const int error = posix_spawn(&child, arguments[0], &actions, &attributes, arguments.data(),
                                environment.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

// False: the stream has ended (and is closed).
bool take(Descriptor& from, std::string& into) {
  char buffer[16 * 1024];
  const ssize_t got = read(from.get(), buffer, sizeof buffer);
  if (got > 0) {
    into.append(buffer, static_cast<size_t>(got));
    return true;
  }
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  from.close_now();
  return false;
}

// Until both streams have ended, or a bound is passed.
ProgramEnd::How collect(const BoundedProgram& program, Pipe& output, Pipe& errors,
                        ProgramEnd& end) {
  const auto deadline = Clock::now() + program.patience;
  while (output.read_end.get() >= 0 || errors.read_end.get() >= 0) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return ProgramEnd::How::TimedOut;
    pollfd polled[2] = {{output.read_end.get(), POLLIN, 0}, {errors.read_end.get(), POLLIN, 0}};
    if (poll(polled, 2, static_cast<int>(left)) < 0 && errno != EINTR)
      return ProgramEnd::How::TimedOut;
    if (polled[0].revents != 0) take(output.read_end, end.output);
    if (polled[1].revents != 0) take(errors.read_end, end.errors);
    if (end.output.size() > program.output_bytes_max ||
        end.errors.size() > program.output_bytes_max)
      return ProgramEnd::How::TooMuchOutput;
  }
  return ProgramEnd::How::Exited;
}

// A child that closed its streams may still run: it is waited for until the deadline, too.
bool wait_until(pid_t child, Clock::time_point deadline, int& status) {
  constexpr timespec kStep{0, 2'000'000};
  for (;;) {
    const pid_t gone = waitpid(child, &status, WNOHANG);
    if (gone == child || (gone < 0 && errno != EINTR)) return true;
    if (Clock::now() >= deadline) return false;
    nanosleep(&kStep, nullptr);
  }
}

}  // namespace

std::string ProgramEnd::words() const {
  switch (how) {
    case How::Exited:
      return "exit code " + std::to_string(status);
    case How::Signalled:
      return "ended by signal " + std::to_string(status);
    case How::TimedOut:
      return "it took too long and was ended";
    case How::TooMuchOutput:
      return "it said too much and was ended";
    case How::NotStarted:
      break;
  }
  return "not started: " + errors;
}

ProgramEnd run_bounded(const BoundedProgram& program) {
  ProgramEnd end;
  const auto deadline = Clock::now() + program.patience;
  Descriptor input;
  Pipe output, errors;
  if (!fill_input(program.input, input) || !output.open() || !errors.open()) {
    end.errors = std::strerror(errno);
    return end;
  }
  pid_t child = -1;
  const int error =
      spawn(program, input.get(), output.write_end.get(), errors.write_end.get(), child);
  if (error != 0) {
    end.errors = std::strerror(error);
    return end;
  }
  output.write_end.close_now();
  errors.write_end.close_now();
  end.how = collect(program, output, errors, end);
  int status = 0;
  if (end.how == ProgramEnd::How::Exited && !wait_until(child, deadline, status))
    end.how = ProgramEnd::How::TimedOut;
  if (end.how != ProgramEnd::How::Exited) {
    kill(program.is_interactive ? child : -child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return end;
  }
  if (WIFSIGNALED(status)) end.how = ProgramEnd::How::Signalled;
  end.status = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
  return end;
}

}  // namespace sallyport::controlplane::policy
