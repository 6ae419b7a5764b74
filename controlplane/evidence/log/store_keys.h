// store_keys.h: how keys and values of the LMDB tables are written (store.h lists the tables).
//
// Numbers in keys are big-endian, so LMDB's order of bytes is the order of numbers; values are
// little-endian, as records are.
#pragma once

#include <lmdb.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "controlplane/evidence/log/environment.h"
#include "controlplane/evidence/log/merkle.h"
#include "controlplane/evidence/ring/ring_reader.h"
#include "dataplane/contract/request_id.h"

namespace sallyport::evidence_log {

// Version 1 had no pruned records, version 2 no packed bundles (bundle.h); a store of either
// becomes one of version 3 with its next commit.
inline constexpr uint64_t kStoreVersion = 3;
inline constexpr uint64_t kStoreVersionOldest = 1;
inline constexpr std::string_view kMetaVersion = "version";
inline constexpr std::string_view kMetaOrigin = "origin";
inline constexpr std::string_view kMetaSize = "size";
inline constexpr std::string_view kMetaBoot = "boot";
inline constexpr std::string_view kMetaBook = "book";
inline constexpr std::string_view kMetaTlsSize = "tls_size";   // records that kMetaTlsDay has seen
inline constexpr std::string_view kMetaTlsDay = "tls_day";     // TlsDay::state()
inline constexpr std::string_view kMetaKeys = "keys";          // log_keys_text()
inline constexpr std::string_view kMetaRotation = "rotation";  // of the one key that is coming

using NumberKey = std::array<uint8_t, 8>;
using TileKey = std::array<uint8_t, 9>;
using RequestKey = std::array<uint8_t, 16>;
using RingKeyBytes = std::array<uint8_t, 28>;
using OpenKey = std::array<uint8_t, 44>;

inline void put_be64(uint8_t* out, uint64_t value) {
  for (int i = 7; i >= 0; --i, value >>= 8) out[i] = static_cast<uint8_t>(value);
}
inline uint64_t get_be64(const uint8_t* bytes) {
  uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = (value << 8) | bytes[i];
  return value;
}

inline NumberKey number_key(uint64_t number) {
  NumberKey key;
  put_be64(key.data(), number);
  return key;
}
inline TileKey tile_key(uint32_t row, uint64_t number) {
  TileKey key;
  key[0] = static_cast<uint8_t>(row);
  put_be64(key.data() + 1, number);
  return key;
}
inline RequestKey request_key(uint64_t high, uint64_t low) {
  RequestKey key;
  put_be64(key.data(), high);
  put_be64(key.data() + 8, low);
  return key;
}
inline RingKeyBytes ring_key_bytes(const RingKey& ring) {
  RingKeyBytes key;
  std::memcpy(key.data(), ring.boot_id.data(), 16);
  put_be64(key.data() + 16, ring.generation);
  for (int i = 0; i < 4; ++i)
    key[24 + static_cast<size_t>(i)] = static_cast<uint8_t>(ring.worker >> (24 - 8 * i));
  return key;
}
inline RingKey ring_key_of(const uint8_t* bytes) {
  RingKey ring;
  std::memcpy(ring.boot_id.data(), bytes, 16);
  ring.generation = get_be64(bytes + 16);
  for (int i = 0; i < 4; ++i) ring.worker = (ring.worker << 8) | bytes[24 + i];
  return ring;
}
inline OpenKey open_key(const RingKey& ring, uint64_t high, uint64_t low) {
  OpenKey key;
  const RingKeyBytes prefix = ring_key_bytes(ring);
  std::memcpy(key.data(), prefix.data(), prefix.size());
  put_be64(key.data() + prefix.size(), high);
  put_be64(key.data() + prefix.size() + 8, low);
  return key;
}

template <size_t N>
MDB_val as_val(const std::array<uint8_t, N>& bytes) {
  return {N, const_cast<uint8_t*>(bytes.data())};
}
inline MDB_val as_val(std::string_view text) {
  return {text.size(), const_cast<char*>(text.data())};
}
inline MDB_val as_val(const std::vector<uint8_t>& bytes) {
  return {bytes.size(), const_cast<uint8_t*>(bytes.data())};
}
template <class T>
requires(std::is_trivially_copyable_v<T> && !std::is_pointer_v<T>) MDB_val
    plain_val(const T& value) {
  return {sizeof(T), const_cast<T*>(&value)};
}
inline std::span<const uint8_t> bytes_of(const MDB_val& value) {
  return {static_cast<const uint8_t*>(value.mv_data), value.mv_size};
}
// False when the stored value has another size: the store is damaged.
template <class T>
bool read_val(const MDB_val& value, T& out) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (value.mv_size != sizeof(T)) return false;
  std::memcpy(&out, value.mv_data, sizeof(T));
  return true;
}

inline MDB_val val_of(std::span<const uint8_t> bytes) {
  return {bytes.size(), const_cast<uint8_t*>(bytes.data())};
}

// A cursor that closes itself. REQUIRES: ends before its transaction.
class Cursor {
 public:
  Cursor(const Transaction& transaction, MDB_dbi table) : transaction_(transaction), table_(table) {
    if (transaction.snapshot() != nullptr) {
      reader_.emplace(transaction.table(table));
      return;
    }
    const int code = mdb_cursor_open(transaction.handle(), table, &cursor_);
    if (code != MDB_SUCCESS) throw StoreError("open a cursor", code);
  }
  ~Cursor() {
    if (cursor_ != nullptr) mdb_cursor_close(cursor_);
  }
  Cursor(const Cursor&) = delete;
  // False when there is none. FIRST, LAST, NEXT, PREV and SET_RANGE.
  bool get(MDB_val& key, MDB_val& value, MDB_cursor_op operation) {
    if (reader_) return read(key, value, operation);
    if (operation == MDB_FIRST || operation == MDB_SET_RANGE)
      transaction_.look(table_, operation == MDB_FIRST ? std::span<const uint8_t>() : bytes_of(key),
                        true);
    if (operation == MDB_LAST) transaction_.look(table_, kAfterAll, true);
    const int code = mdb_cursor_get(cursor_, &key, &value, operation);
    if (code != MDB_SUCCESS && code != MDB_NOTFOUND) throw StoreError("move a cursor", code);
    // Where it may go from here: the pages on both sides.
    if (code == MDB_SUCCESS) transaction_.look(table_, bytes_of(key), true);
    return code == MDB_SUCCESS;
  }
  void remove() {
    const int code = mdb_cursor_del(cursor_, 0);
    if (code != MDB_SUCCESS) throw StoreError("delete", code);
  }

 private:
  bool read(MDB_val& key, MDB_val& value, MDB_cursor_op operation) {
    bool found = false;
    switch (operation) {
      case MDB_FIRST:
        found = reader_->first();
        break;
      case MDB_LAST:
        found = reader_->last();
        break;
      case MDB_NEXT:
        found = reader_->next();
        break;
      case MDB_PREV:
        found = reader_->previous();
        break;
      case MDB_SET_RANGE:
        found = reader_->seek(bytes_of(key));
        break;
      default:
        throw StoreError("move a cursor", EINVAL);
    }
    if (!found) return false;
    const TableEntry entry = reader_->entry();
    key = val_of(entry.key);
    value = val_of(entry.value);
    return true;
  }
  // No key of ours is behind it.
  static constexpr std::array<uint8_t, 64> kAfterAll = [] {
    std::array<uint8_t, 64> key{};
    for (uint8_t& byte : key) byte = 0xff;
    return key;
  }();

  const Transaction& transaction_;
  MDB_dbi table_;
  MDB_cursor* cursor_ = nullptr;
  std::optional<TableCursor> reader_;
};

inline bool get(const Transaction& transaction, MDB_dbi table, MDB_val key, MDB_val& value) {
  if (transaction.snapshot() != nullptr) {
    Cursor cursor(transaction, table);
    MDB_val found = key;
    return cursor.get(found, value, MDB_SET_RANGE) && found.mv_size == key.mv_size &&
           std::memcmp(found.mv_data, key.mv_data, key.mv_size) == 0;
  }
  transaction.look(table, bytes_of(key), false);
  const int code = mdb_get(transaction.handle(), table, &key, &value);
  if (code != MDB_SUCCESS && code != MDB_NOTFOUND) throw StoreError("read", code);
  return code == MDB_SUCCESS;
}
inline uint64_t entries(const Transaction& transaction, MDB_dbi table) {
  if (transaction.snapshot() != nullptr) return transaction.table(table).entries();
  MDB_stat stat{};
  const int code = mdb_stat(transaction.handle(), table, &stat);
  if (code != MDB_SUCCESS) throw StoreError("count", code);
  return stat.ms_entries;
}
inline void put(const Transaction& transaction, MDB_dbi table, MDB_val key, MDB_val value,
                unsigned flags = 0) {
  transaction.look(table, bytes_of(key), false);
  const int code = mdb_put(transaction.handle(), table, &key, &value, flags);
  if (code != MDB_SUCCESS) throw StoreError("write", code);
}

// There or not.
inline void drop(const Transaction& transaction, MDB_dbi table, MDB_val key) {
  transaction.look(table, bytes_of(key), true);
  const int code = mdb_del(transaction.handle(), table, &key, nullptr);
  if (code != MDB_SUCCESS && code != MDB_NOTFOUND) throw StoreError("delete", code);
}

// The bundle that holds `index`, and its first index.
inline bool find_bundle(Cursor& cursor, uint64_t index, uint64_t& first, MDB_val& value) {
  const NumberKey wanted = number_key(index);
  MDB_val key = as_val(wanted);
  bool found = cursor.get(key, value, MDB_SET_RANGE);
  if (found && key.mv_size == sizeof(NumberKey) &&
      get_be64(static_cast<const uint8_t*>(key.mv_data)) == index) {
    first = index;
    return true;
  }
  found = cursor.get(key, value, found ? MDB_PREV : MDB_LAST);
  if (!found || key.mv_size != sizeof(NumberKey)) return false;
  first = get_be64(static_cast<const uint8_t*>(key.mv_data));
  return first < index;
}

}  // namespace sallyport::evidence_log
