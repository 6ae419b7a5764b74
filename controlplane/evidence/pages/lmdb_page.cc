#include "controlplane/evidence/pages/lmdb_page.h"

#include <algorithm>
#include <cstring>

namespace sallyport::evidence_log {
namespace {

// Page header: number u64, pad u16, flags u16, then lower u16 and upper u16, or pages u32.
constexpr unsigned kFlagsAt = 10;
constexpr unsigned kLowerAt = 12;
constexpr unsigned kUpperAt = 14;
constexpr unsigned kHeaderBytes = 16;
// Node: size or page number, low and high u16, flags u16, bytes of the key u16, then the key.
constexpr unsigned kNodeBytes = 8;
constexpr unsigned kKeyBytesMax = 511;
constexpr uint16_t kPageBranch = 0x01;
constexpr uint16_t kPageLeaf = 0x02;
constexpr uint16_t kPageOverflow = 0x04;
constexpr uint16_t kPageMeta = 0x08;
constexpr uint32_t kNodeOverflow = 0x01;
constexpr uint32_t kNodeTable = 0x02;
// Meta, behind the header: magic u32, version u32, address u64, map size u64, two roots, last page,
// transaction.
constexpr uint32_t kMagic = 0xBEEFC0DE;
constexpr uint32_t kDataVersion = 1;
constexpr unsigned kMapBytesAt = kHeaderBytes + 16;
constexpr unsigned kFreeRootAt = kHeaderBytes + 24;
constexpr unsigned kMainRootAt = kFreeRootAt + sizeof(TableRoot);
constexpr unsigned kLastPageAt = kMainRootAt + sizeof(TableRoot);
constexpr unsigned kTransactionAt = kLastPageAt + 8;
constexpr uint64_t kMetaPages = 2;

template <class T>
T read_at(const uint8_t* at) {
  T value;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

unsigned even(unsigned bytes) { return (bytes + 1) & ~1U; }

bool valid_root(const TableRoot& root, uint64_t end) {
  if (root.root == kNoPage) return root.depth == 0 && root.entries == 0;
  return root.root >= kMetaPages && root.root < end && root.depth > 0 &&
         root.depth <= kLmdbDepthMax;
}

}  // namespace

PageDamage::PageDamage(const std::string& file, uint64_t page, const std::string& table,
                       const std::string& what)
    : std::runtime_error("the file " + file + " is damaged: page " + std::to_string(page) +
                         (table.empty() ? "" : " (" + table + ") ") + (table.empty() ? " " : "") +
                         what + "; put a whole copy back, or restore from an export"),
      page_(page) {}

// --- the file ------------------------------------------------------------------------------------

MetaPage PageFile::meta(unsigned slot) const {
  const auto damage = [&](const char* what) { return PageDamage(name_, slot, "meta", what); };
  if (pages() <= slot) throw damage("is not there");
  const uint8_t* at = begin_ + slot * kLmdbPageBytes;
  if (read_at<uint64_t>(at) != slot || read_at<uint16_t>(at + kFlagsAt) != kPageMeta)
    throw damage("is no meta page");
  if (read_at<uint32_t>(at + kHeaderBytes) != kMagic ||
      read_at<uint32_t>(at + kHeaderBytes + 4) != kDataVersion)
    throw damage("is not of this format");
  MetaPage meta;
  meta.map_bytes = read_at<uint64_t>(at + kMapBytesAt);
  meta.free = read_at<TableRoot>(at + kFreeRootAt);
  meta.main = read_at<TableRoot>(at + kMainRootAt);
  meta.last_page = read_at<uint64_t>(at + kLastPageAt);
  meta.transaction = read_at<uint64_t>(at + kTransactionAt);
  // The free list's root lends two fields to the whole file: size of a page, flags.
  if (meta.free.pad != kLmdbPageBytes) throw damage("names another size of pages");
  return meta;
}

MetaPage PageFile::newest_meta() const {
  const MetaPage both[] = {meta(0), meta(1)};
  const unsigned slot = both[1].transaction > both[0].transaction ? 1 : 0;
  const MetaPage& newest = both[slot];
  const auto damage = [&](const char* what) { return PageDamage(name_, slot, "meta", what); };
  // Each commit takes the other slot and the next number; a new file has two zeros.
  const uint64_t former = both[1 - slot].transaction;
  if (newest.transaction != 0 &&
      (newest.transaction % 2 != slot || newest.transaction - former != 1))
    throw damage("does not follow the other one");
  const uint64_t end = newest.last_page + 1;
  if (newest.last_page == kNoPage || newest.last_page < kMetaPages - 1 ||
      end > newest.map_bytes / kLmdbPageBytes)
    throw damage("names a last page that cannot be");
  if (!valid_root(newest.free, end) || !valid_root(newest.main, end))
    throw damage("names a root that cannot be");
  return newest;
}

const uint8_t* PageFile::page(uint64_t number, uint64_t end, const std::string& table) const {
  if (number < kMetaPages || number >= end || number >= pages())
    throw PageDamage(name_, number, table, "is named, and lies outside the file");
  const uint8_t* at = begin_ + number * kLmdbPageBytes;
  if (read_at<uint64_t>(at) != number)
    throw PageDamage(name_, number, table, "has another page's number");
  return at;
}

TablePage PageFile::table_page(uint64_t number, uint64_t end, const std::string& table) const {
  TablePage made(page(number, end, table), number);
  const std::string problem = made.form_problem(end);
  if (!problem.empty()) throw PageDamage(name_, number, table, problem);
  return made;
}

std::span<const uint8_t> PageFile::overflow(uint64_t number, uint64_t bytes, uint64_t end,
                                            const std::string& table, uint64_t& pages) const {
  const uint8_t* at = page(number, end, table);
  pages = read_at<uint32_t>(at + kLowerAt);
  if (read_at<uint16_t>(at + kFlagsAt) != kPageOverflow)
    throw PageDamage(name_, number, table, "is not the beginning of a value");
  const uint64_t needed = (kHeaderBytes - 1 + bytes) / kLmdbPageBytes + 1;
  if (pages < needed || pages > end - number || pages > this->pages() - number)
    throw PageDamage(name_, number, table, "begins a value of a wrong length");
  return {at + kHeaderBytes, bytes};
}

// --- one page ------------------------------------------------------------------------------------

int compare_keys(std::span<const uint8_t> a, std::span<const uint8_t> b, KeyOrder order) {
  if (order == KeyOrder::Numbers && a.size() == 8 && b.size() == 8) {
    const auto x = read_at<uint64_t>(a.data());
    const auto y = read_at<uint64_t>(b.data());
    return x < y ? -1 : x > y ? 1 : 0;
  }
  const size_t common = std::min(a.size(), b.size());
  const int bytes = common == 0 ? 0 : std::memcmp(a.data(), b.data(), common);
  if (bytes != 0) return bytes;
  return a.size() < b.size() ? -1 : a.size() > b.size() ? 1 : 0;
}

unsigned TablePage::offset(unsigned index) const {
  return read_at<uint16_t>(begin_ + kHeaderBytes + 2 * index);
}

std::string TablePage::form_problem(uint64_t end) {
  const auto flags = read_at<uint16_t>(begin_ + kFlagsAt);
  if (flags != kPageBranch && flags != kPageLeaf) return "is neither branch nor leaf";
  leaf_ = flags == kPageLeaf;
  const unsigned lower = read_at<uint16_t>(begin_ + kLowerAt);
  const unsigned upper = read_at<uint16_t>(begin_ + kUpperAt);
  if (lower < kHeaderBytes || lower % 2 != 0 || lower > upper || upper > kLmdbPageBytes)
    return "has its free space at a wrong place";
  count_ = (lower - kHeaderBytes) / 2;
  if (count_ == 0) return "is empty";
  uint64_t taken = 0;
  for (unsigned i = 0; i < count_; ++i) {
    uint64_t bytes = 0;
    if (offset(i) < upper) return "has entry " + std::to_string(i) + " in its free space";
    const std::string problem = node_problem(i, end, bytes);
    if (!problem.empty()) return "has entry " + std::to_string(i) + " " + problem;
    taken += bytes;
  }
  if (taken != kLmdbPageBytes - upper) return "has entries of a wrong length";
  return {};
}

std::string TablePage::node_problem(unsigned index, uint64_t end, uint64_t& node_bytes) const {
  const unsigned at = offset(index);
  if (at % 2 != 0 || at + kNodeBytes > kLmdbPageBytes) return "outside the page";
  const uint8_t* node = begin_ + at;
  const uint32_t flags = read_at<uint16_t>(node + 4);
  const unsigned key_bytes = read_at<uint16_t>(node + 6);
  if (key_bytes > kKeyBytesMax || (leaf_ && key_bytes == 0)) return "with a key of wrong length";
  uint64_t data = 0;
  if (leaf_) {
    if ((flags & ~(kNodeOverflow | kNodeTable)) != 0 || flags == (kNodeOverflow | kNodeTable))
      return "of unknown kind";
    const uint64_t bytes = read_at<uint32_t>(node);
    data = (flags & kNodeOverflow) != 0 ? sizeof(uint64_t) : bytes;
    if (flags == kNodeTable && bytes != sizeof(TableRoot)) return "with a root of wrong length";
    if ((flags & kNodeOverflow) != 0 && bytes > end * kLmdbPageBytes)
      return "with a value longer than the file";
  }
  if (at + kNodeBytes + key_bytes + data > kLmdbPageBytes) return "that ends outside the page";
  node_bytes = even(static_cast<unsigned>(kNodeBytes + key_bytes + data));
  if (!leaf_ && (child(index) < kMetaPages || child(index) >= end))
    return "that leads outside the file";
  return {};
}

std::span<const uint8_t> TablePage::key(unsigned index) const {
  const uint8_t* node = begin_ + offset(index);
  return {node + kNodeBytes, read_at<uint16_t>(node + 6)};
}

uint64_t TablePage::child(unsigned index) const {
  const uint8_t* node = begin_ + offset(index);
  return read_at<uint16_t>(node) | static_cast<uint64_t>(read_at<uint16_t>(node + 2)) << 16 |
         static_cast<uint64_t>(read_at<uint16_t>(node + 4)) << 32;
}

LeafNode TablePage::leaf(unsigned index) const {
  const uint8_t* node = begin_ + offset(index);
  LeafNode entry;
  entry.key = key(index);
  entry.data_bytes = read_at<uint32_t>(node);
  const auto flags = read_at<uint16_t>(node + 4);
  const uint8_t* data = node + kNodeBytes + entry.key.size();
  entry.is_table = (flags & kNodeTable) != 0;
  if ((flags & kNodeOverflow) != 0) {
    entry.overflow_page = read_at<uint64_t>(data);
  } else {
    entry.inside = {data, entry.data_bytes};
  }
  return entry;
}

unsigned TablePage::lower_bound(std::span<const uint8_t> wanted, KeyOrder order) const {
  unsigned begin = 0;
  for (unsigned end = count_; begin < end;) {
    const unsigned middle = (begin + end) / 2;
    if (compare_keys(key(middle), wanted, order) < 0) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  return begin;
}

unsigned TablePage::child_of(std::span<const uint8_t> wanted, KeyOrder order) const {
  unsigned begin = 1;  // the first key is lower than all
  for (unsigned end = count_; begin < end;) {
    const unsigned middle = (begin + end) / 2;
    if (compare_keys(key(middle), wanted, order) <= 0) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  return begin - 1;
}

std::string TablePage::order_problem(KeyOrder order) const {
  for (unsigned i = leaf_ ? 1 : 2; i < count_; ++i)
    if (compare_keys(key(i - 1), key(i), order) >= 0)
      return "has entry " + std::to_string(i) + " out of order";
  return {};
}

}  // namespace sallyport::evidence_log
