#include "dataplane/evidence/locked_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

namespace sallyport::evidence {
namespace {

// The control plane holds a lock for the time of two system calls, 50 times a second at most. A
// second of trying is a machine that is not well.
constexpr int kTries = 1000;
constexpr useconds_t kPauseUs = 1000;

}  // namespace

std::string file_failure(const char* call, const std::string& path, int code) {
  return std::string(call) + " " + path + ": " + std::strerror(code);
}

int make_locked_file(const std::string& hidden_path, std::string& error) {
  int file = -1;
  for (int tries = 0; tries < kTries; ++tries) {
    if (file < 0)
      file = ::open(hidden_path.c_str(),
                    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
    if (file < 0) {
      error = file_failure("create", hidden_path, errno);
      return -1;
    }
    struct stat made {};
    if (::flock(file, LOCK_EX | LOCK_NB) == 0) {
      if (::fstat(file, &made) == 0 && made.st_nlink > 0) return file;
      ::close(file);  // it was removed before the lock: nobody will ever see this one
      file = -1;
      continue;
    }
    if (errno != EWOULDBLOCK && errno != EINTR) break;
    ::usleep(kPauseUs);  // whoever holds it is about to remove it
  }
  error = file_failure("lock", hidden_path, errno);
  if (file >= 0) ::close(file);
  return -1;
}

}  // namespace sallyport::evidence
