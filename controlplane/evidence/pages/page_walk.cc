#include "controlplane/evidence/pages/page_walk.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include "dataplane/base/bus_guard.h"

namespace sallyport::evidence_log {
namespace {

using Clock = std::chrono::steady_clock;

constexpr uint64_t kPagesPerLookAtTheClock = 256;
constexpr int kMetaTries = 5;  // a writer may be at it
constexpr std::chrono::milliseconds kMetaPause{2};

struct TimeIsOver {};

// Numbers of one table as its pages give them.
struct Seen {
  uint64_t branch_pages = 0;
  uint64_t leaf_pages = 0;
  uint64_t overflow_pages = 0;
  uint64_t entries = 0;
};

class Walker {
 public:
  Walker(const FileSnapshot& snapshot, Clock::time_point until)
      : snapshot_(snapshot), until_(until), used_(snapshot.end()) {}

  void run_free_list() { walk(snapshot_.free_list(), true); }
  PageWalk run() {
    try {
      walk(snapshot_.free_list(), true);
      std::vector<Table> tables = walk_names();
      std::sort(tables.begin(), tables.end(), [](const Table& a, const Table& b) {
        return a.root().leaf_pages < b.root().leaf_pages;
      });
      for (const Table& table : tables) walk(table, false);
      result_.complete = true;
    } catch (const TimeIsOver&) {
    }
    return result_;
  }

 private:
  [[noreturn]] void damage(uint64_t page, const Table& table, const std::string& what) const {
    throw PageDamage(snapshot_.file().name(), page, table.name(), what);
  }
  std::vector<Table> walk_names() {
    const Table main = snapshot_.main();
    walk(main, false);
    std::vector<Table> tables;
    TableCursor cursor(main);
    for (bool more = cursor.first(); more; more = cursor.next()) {
      const auto key = cursor.entry().key;
      const std::string_view name(reinterpret_cast<const char*>(key.data()), key.size());
      if (auto table = snapshot_.table(name)) tables.push_back(std::move(*table));
    }
    return tables;
  }
  void use(uint64_t first, uint64_t count, const Table& table) {
    for (uint64_t page = first; page < first + count; ++page) {
      if (page >= used_.size()) damage(page, table, "is named, and lies outside the file");
      if (used_[page]) damage(page, table, "is used twice");
      used_[page] = true;
    }
  }
  void walk(const Table& table, bool free_list) {
    Seen seen;
    if (table.root().root != kNoPage) go_down(table, table.root().root, 1, {}, {}, seen, free_list);
    const TableRoot& said = table.root();
    if (said.entries != seen.entries || said.branch_pages != seen.branch_pages ||
        said.leaf_pages != seen.leaf_pages || said.overflow_pages != seen.overflow_pages)
      damage(said.root == kNoPage ? snapshot_.meta().transaction % 2 : said.root, table,
             "is the root of another number of pages or entries than it says");
  }
  // `low` and `high`: what the branches above say, low included; empty when they say nothing.
  void go_down(const Table& table, uint64_t number, unsigned level, std::span<const uint8_t> low,
               std::span<const uint8_t> high, Seen& seen, bool free_list) {
    if (++result_.pages % kPagesPerLookAtTheClock == 0 && Clock::now() > until_) throw TimeIsOver();
    const TablePage page = table.page(number);
    use(number, 1, table);
    if (level > table.root().depth || page.is_leaf() != (level == table.root().depth))
      damage(number, table, "is on a wrong level");
    check_edges(table, page, low, high);
    if (page.is_leaf()) {
      ++seen.leaf_pages;
      seen.entries += page.count();
      for (unsigned i = 0; i < page.count(); ++i) look_at(table, page.leaf(i), seen, free_list);
      return;
    }
    ++seen.branch_pages;
    // liblmdb ends the process over a branch with one child, but for the free list's.
    if (page.count() < 2 && !free_list) damage(number, table, "has one child only");
    for (unsigned i = 0; i < page.count(); ++i)
      go_down(table, page.child(i), level + 1, i == 0 ? low : page.key(i),
              i + 1 < page.count() ? page.key(i + 1) : high, seen, free_list);
  }
  void check_edges(const Table& table, const TablePage& page, std::span<const uint8_t> low,
                   std::span<const uint8_t> high) const {
    const unsigned lowest = page.is_leaf() ? 0 : 1;
    if (lowest >= page.count()) return;
    if ((!low.empty() && compare_keys(page.key(lowest), low, table.order()) < 0) ||
        (!high.empty() && compare_keys(page.key(page.count() - 1), high, table.order()) >= 0))
      damage(page.number(), table, "holds keys that belong elsewhere");
  }
  void look_at(const Table& table, const LeafNode& node, Seen& seen, bool free_list) {
    std::span<const uint8_t> value = node.inside;
    if (node.overflow_page != kNoPage) {
      uint64_t pages = 0;
      value = snapshot_.file().overflow(node.overflow_page, node.data_bytes, table.end(),
                                        table.name(), pages);
      use(node.overflow_page, pages, table);
      seen.overflow_pages += pages;
    }
    if (free_list) look_at_free(table, node, value);
  }
  // Number of pages, and the pages, falling. Keys are transactions.
  void look_at_free(const Table& table, const LeafNode& node, std::span<const uint8_t> value) {
    uint64_t transaction = 0;
    uint64_t count = 0;
    const auto bad = [&](const char* what) { damage(table.root().root, table, what); };
    if (node.key.size() != sizeof(transaction) || value.size() < sizeof(count))
      bad("holds an entry of wrong length");
    std::memcpy(&transaction, node.key.data(), sizeof(transaction));
    std::memcpy(&count, value.data(), sizeof(count));
    if (transaction > snapshot_.meta().transaction) bad("holds an entry of a time to come");
    if (count > value.size() / sizeof(count) - 1) bad("holds a list longer than its entry");
    uint64_t former = table.end();
    for (uint64_t i = 1; i <= count; ++i) {
      uint64_t page = 0;
      std::memcpy(&page, value.data() + i * sizeof(page), sizeof(page));
      if (page >= former) bad("holds a list out of order");
      if (page < 2) bad("gives away a meta page");
      use(page, 1, table);
      former = page;
    }
  }

  const FileSnapshot& snapshot_;
  Clock::time_point until_;
  std::vector<bool> used_;
  PageWalk result_;
};

class OpenFile {
 public:
  explicit OpenFile(const std::filesystem::path& path)
      : file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (file_ < 0 && errno != ENOENT)
      throw std::system_error(errno, std::generic_category(), "open " + path.string());
  }
  ~OpenFile() {
    if (file_ >= 0) ::close(file_);
  }
  OpenFile(const OpenFile&) = delete;
  int handle() const { return file_; }
  uint64_t bytes() const {
    struct stat info {};
    return file_ >= 0 && ::fstat(file_, &info) == 0 ? static_cast<uint64_t>(info.st_size) : 0;
  }

 private:
  int file_;
};

}  // namespace

FileMapping::FileMapping(int file, uint64_t bytes, const std::filesystem::path& name)
    : begin_(::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, file, 0)), bytes_(bytes) {
  if (begin_ == MAP_FAILED)
    throw std::system_error(errno, std::generic_category(), "map " + name.string());
  base::watch_range(begin_, bytes_);
}

FileMapping::~FileMapping() {
  base::unwatch_range(begin_);
  ::munmap(begin_, bytes_);
}

PageWalk walk_pages(const FileSnapshot& snapshot, std::chrono::milliseconds time) {
  const uint64_t pages = snapshot.file().pages();
  if (snapshot.end() > pages)
    throw PageDamage(snapshot.file().name(), pages, "",
                     "and what follows is missing: the file was cut");
  return Walker(snapshot, Clock::now() + time).run();
}

void check_free_list(const FileSnapshot& snapshot) {
  Walker(snapshot, Clock::time_point::max()).run_free_list();
}

PageWalk walk_file(const std::filesystem::path& path, std::chrono::milliseconds time) {
  const OpenFile open(path);
  const uint64_t bytes = open.bytes();
  if (bytes == 0) return {0, true};
  const FileMapping mapped(open.handle(), bytes, path);
  // Values are skipped, so reading ahead would read them all.
  ::madvise(const_cast<void*>(mapped.begin()), bytes, MADV_RANDOM);
  PageFile file(mapped.begin(), bytes, path.string());
  const MetaPage meta = file.newest_meta();
  const FileSnapshot snapshot(std::move(file), meta);
  return walk_pages(snapshot, time);
}

void check_meta_pages(const std::filesystem::path& path) {
  const OpenFile open(path);  // a missing one liblmdb names in its own words
  std::vector<uint8_t> bytes(2 * kLmdbPageBytes);
  std::optional<PageDamage> damage;
  for (int attempt = 0; attempt < kMetaTries; ++attempt) {
    const ssize_t got = ::pread(open.handle(), bytes.data(), bytes.size(), 0);
    try {
      const uint64_t have = got > 0 ? static_cast<uint64_t>(got) : 0;
      if (have != 0) PageFile(bytes.data(), have, path.string()).newest_meta();
      damage.reset();
      break;
    } catch (const PageDamage& found) {
      damage = found;
      std::this_thread::sleep_for(kMetaPause);
    }
  }
  if (damage) throw *damage;
}

}  // namespace sallyport::evidence_log
