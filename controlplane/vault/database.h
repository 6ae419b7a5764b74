// database.h: the vault's LMDB environment: tables of sorted keys, one write at a time.
//
// Default sync mode: what committed is on the disk. Blocks of the data file are reserved ahead, so
// a full disk is met when the map grows, not as a SIGBUS in a commit. REQUIRES everywhere: the
// caller's lock; there is one thread in here at a time, and no transaction is open while it grows.
// liblmdb is let at pages only where they are in order: reads go down the trees by code of our own
// (table_reader.h of evidence), and before a change the pages that it will touch are looked at in
// the same way. So a page that is damaged, or a file that is cut, under a running process is an
// error that names it, never an answer and never the end of the process (docs/decisions/008).
//
// Errors  VaultError, code "no_room" when disk or map is full: a state to wait in, not a defect;
//         "store_damaged": what is wrong, where, and the way out.
#pragma once

#include <lmdb.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "controlplane/evidence/pages/page_walk.h"
#include "controlplane/evidence/pages/way_look.h"
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

    // Valid until the next change of this transaction, at most as long as it.
    std::optional<std::string_view> get(Table table, std::string_view key) const;
    void put(Table table, std::string_view key, std::string_view value);
    bool remove(Table table, std::string_view key);  // false: it was not there
    // Throws VaultError "store_damaged" when a page that removing this key would follow is damaged.
    void check_change(Table table, std::string_view key) { before_change(table, key, true); }
    using Visit = std::function<bool(std::string_view key, std::string_view value)>;
    // Every key with this prefix, in order, until `visit` says false. `visit` may not change the
    // table; keys and values are valid during the call.
    void scan(Table table, std::string_view prefix, const Visit& visit) const;
    // The same from the first key that is not before `from`, to the end of the table.
    void scan_from(Table table, std::string_view from, const Visit& visit) const;
    // All that can be read, in order: pages that are damaged are left out, and `damaged` is told of
    // each. Of a transaction that reads.
    using Damaged = std::function<void(uint64_t page)>;
    void scan_around(Table table, const Visit& visit, const Damaged& damaged) const;
    uint64_t count(Table table) const;

   private:
    void take_snapshot();
    const evidence_log::Table& table_of(Table table) const;
    evidence_log::WayLook& way_of(Table table) const;
    void before_change(Table table, std::string_view key, bool removes);
    void visit_keys(Table table, std::string_view from, std::string_view prefix,
                    const Visit& visit) const;
    void visit_changed(Table table, std::string_view from, std::string_view prefix,
                       const Visit& visit) const;
    Database& database_;
    MDB_txn* txn_ = nullptr;
    bool write_;
    bool free_list_seen_ = false;
    uint64_t faults_ = 0;
    // What is committed: all that a read sees, and what a change begins with.
    std::optional<evidence_log::FileSnapshot> snapshot_;
    mutable std::array<std::optional<evidence_log::Table>, kTables> snapshot_tables_;
    mutable std::array<std::optional<evidence_log::WayLook>, kTables> ways_;
  };

  // Runs `work` in a write transaction and commits; when the map is full it grows and `work` runs
  // again from the beginning. What `work` throws is passed on, and nothing was changed.
  void write(const std::function<void(Transaction&)>& work);

  uint64_t map_bytes() const;
  uint64_t used_bytes() const;

 private:
  void reserve(uint64_t bytes);
  void grow();
  std::filesystem::path data_file() const { return options_.folder / "data.mdb"; }
  void map_file();
  void check_whole();

  Options options_;
  MDB_env* env_ = nullptr;
  std::array<MDB_dbi, kTables> tables_{};
  std::unique_ptr<evidence_log::FileMapping> mapping_;
  const void* watched_ = nullptr;  // liblmdb's own mapping
  uint64_t faults_ = 0;            // when both were mapped
};

}  // namespace sallyport::vault
