// known_keys.h: the names of generated keys that were in use on this host, in a file of the state
// folder beside the keys folder. A key that is gone is then told from one that was never made: made
// anew in silence, it would turn away every client, or leave what is out under it unreadable.
//
// File   one name a line, appended and synced; a last line without its end does not count. Removing
//        a line is how an operator says that a key may be made anew. No value of a key is in it.
// Owner  nobody holds it open; two processes may append the same name, which says nothing new.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace sallyport::supervise {

class KnownKeys {
 public:
  explicit KnownKeys(std::filesystem::path file) : file_(std::move(file)) {}

  // Whether `name` was in use. A file that is not there knows none.
  bool has(std::string_view name) const;
  // From now on it was. False: `error` says why the file cannot be written.
  bool add(std::string_view name, std::string& error) const;

  const std::filesystem::path& file() const { return file_; }

 private:
  std::filesystem::path file_;
};

}  // namespace sallyport::supervise
