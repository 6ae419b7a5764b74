// instance_lock.h: one sallyportd per folder. The kernel drops the lock at any death, so that
// nothing is left to clean up.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

namespace sallyport::supervise {

class InstanceLock {
 public:
  // Null: `error` names the process that holds it.
  static std::unique_ptr<InstanceLock> take(const std::filesystem::path& folder,
                                            std::string& error);
  ~InstanceLock();
  InstanceLock(const InstanceLock&) = delete;
  InstanceLock& operator=(const InstanceLock&) = delete;

 private:
  explicit InstanceLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace sallyport::supervise
