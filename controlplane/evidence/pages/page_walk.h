// page_walk.h: the whole of an LMDB data file looked at, page by page: everything that a tree
// reaches is in order, each page is used once, the free list names free pages, and the numbers kept
// of each table are right. Done before liblmdb is let at a file that it will write, and by
// `evidence verify`.
//
// A large log takes time: branch and leaf pages are read, of a value only its first page. Small
// tables come first, and with a limit of time the rest of the large ones is left to their readers,
// who look at each page as they come to it (table_reader.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "controlplane/evidence/pages/table_reader.h"

namespace sallyport::evidence_log {

// A file mapped for reading. A file that is cut meanwhile reads as zeros (bus_guard.h).
class FileMapping {
 public:
  // `bytes` may be more than the file has. Does not keep `file`. Throws std::system_error.
  FileMapping(int file, uint64_t bytes, const std::filesystem::path& name);
  ~FileMapping();
  FileMapping(const FileMapping&) = delete;
  const void* begin() const { return begin_; }
  uint64_t bytes() const { return bytes_; }

 private:
  void* begin_ = nullptr;
  uint64_t bytes_ = 0;
};

struct PageWalk {
  uint64_t pages = 0;     // looked at
  bool complete = false;  // false: the time was over
};

// Throws PageDamage for the first thing that is wrong.
PageWalk walk_pages(const FileSnapshot& snapshot, std::chrono::milliseconds time);

// The list of free pages, of which liblmdb takes new ones when it changes anything. Throws
// PageDamage.
void check_free_list(const FileSnapshot& snapshot);

// The same for a file that nobody has open: `data.mdb` of an LMDB environment that is about to be
// opened. A missing or an empty file is in order. Throws std::system_error when it cannot be read.
PageWalk walk_file(const std::filesystem::path& file, std::chrono::milliseconds time);

// Both meta pages of a file that somebody may be writing, read apart from any mapping: what has to
// hold before liblmdb is asked to open it. Throws PageDamage.
void check_meta_pages(const std::filesystem::path& file);

}  // namespace sallyport::evidence_log
