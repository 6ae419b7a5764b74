#include "controlplane/evidence/ring/abandoned_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "controlplane/evidence/ring/ring_reader.h"

namespace sallyport::evidence_log {

bool is_hidden_of_ring(std::string_view name, std::string_view suffix) {
  if (!name.starts_with('.') || !name.ends_with(suffix)) return false;
  name.remove_prefix(1);
  name.remove_suffix(std::min(suffix.size(), name.size()));
  return RingKey::parse_stem(name).has_value();
}

bool remove_if_abandoned(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  if (file < 0) return false;
  struct stat opened {};
  struct stat named {};
  // Locked first, then compared: who makes a file gives it its name under the lock, so while we
  // hold it the name is this file's, or another's that is not ours to remove.
  const bool removed = ::flock(file, LOCK_SH | LOCK_NB) == 0 && ::fstat(file, &opened) == 0 &&
                       S_ISREG(opened.st_mode) && ::lstat(path.c_str(), &named) == 0 &&
                       opened.st_ino == named.st_ino && opened.st_dev == named.st_dev &&
                       ::unlink(path.c_str()) == 0;
  ::close(file);
  return removed;
}

}  // namespace sallyport::evidence_log
