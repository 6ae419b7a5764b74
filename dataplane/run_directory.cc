#include "dataplane/run_directory.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

namespace sallyport::dataplane {
namespace {

bool prepare_folder(const std::string& path, std::string& error) {
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    error = path + ": cannot be made: " + std::strerror(errno);
    return false;
  }
  struct stat about {};
  if (lstat(path.c_str(), &about) != 0 || !S_ISDIR(about.st_mode)) {
    error = path + ": is no folder";
    return false;
  }
  if ((about.st_uid != geteuid() && about.st_uid != 0) || (about.st_mode & 022) != 0) {
    error = path + ": must belong to this user and be writable by nobody else (chmod 700)";
    return false;
  }
  return true;
}

}  // namespace

bool prepare_run_directory(const std::string& path, std::string& error) {
  return prepare_folder(path, error) && prepare_folder(path + "/rings", error) &&
         prepare_folder(path + "/recall", error);
}

}  // namespace sallyport::dataplane
