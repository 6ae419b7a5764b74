// database.h: the vault's LMDB environment: tables of sorted keys, one write at a time.
//
// Default sync mode: what committed is on the disk. Blocks of the data file are reserved ahead, so
// a full disk is met when the map grows, not as a SIGBUS in a commit. REQUIRES everywhere: the
// caller's lock; there is one thread in here at a time, and no transaction is open while it grows.
// Errors  VaultError, code "no_room" when disk or map is full: a state to wait in, not a defect.
#pragma once

#include <lmdb.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "controlplane/vault/secret.h"

namespace sallyport::vault {

class Database {
 public:
  struct Options {
    std::filesystem::path folder;  // made when missing (0700)
    uint64_t map_bytes = 16ULL << 20;
    uint64_t map_bytes_max = 64ULL << 30;
  };
  explicit Database(const Options& options);
  ~Database();
  Database(const Database&) = delete;

  enum class Table : uint8_t { Meta, Tokens, ByAge, Subjects, BySubject, Links, Holds, Deferred };
  static constexpr size_t kTables = 8;

  class Transaction {
   public:
    Transaction(Database& database, bool write);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    void commit();

    // Valid until the next change of this transaction.
    std::optional<std::string_view> get(Table table, std::string_view key) const;
    void put(Table table, std::string_view key, std::string_view value);
    bool remove(Table table, std::string_view key);  // false: it was not there
    // Every key with this prefix, in order, until `visit` says false. `visit` may not change the
    // table; keys and values are valid during the call.
    void scan(Table table, std::string_view prefix,
              const std::function<bool(std::string_view key, std::string_view value)>& visit) const;

    // The same from the first key that is not before `from`, to the end of the table.
    void scan_from(
        Table table, std::string_view from,
        const std::function<bool(std::string_view key, std::string_view value)>& visit) const;
    uint64_t count(Table table) const;

   private:
    void visit_keys(
        Table table, std::string_view from, std::string_view prefix,
        const std::function<bool(std::string_view key, std::string_view value)>& visit) const;
    Database& database_;
    MDB_txn* txn_ = nullptr;
  };

  // Runs `work` in a write transaction and commits; when the map is full it grows and `work` runs
  // again from the beginning. What `work` throws is passed on, and nothing was changed.
  void write(const std::function<void(Transaction&)>& work);

  uint64_t map_bytes() const;
  uint64_t used_bytes() const;

 private:
  void reserve(uint64_t bytes);
  void grow();

  Options options_;
  MDB_env* env_ = nullptr;
  std::array<MDB_dbi, kTables> tables_{};
};

}  // namespace sallyport::vault
