// damage_book.h: rows and key slots of the vault that were found damaged. One of them is left out
// and named; it stops nothing else.
//
// A name is in the book until its row is found in order, is written anew, or is gone. Names have a
// table, a tenant and a hash: nothing of a value, a token or a pseudonym.
// Owner  the vault's lock.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "controlplane/vault/secret.h"

namespace sallyport::vault {

// Thrown for one row; whoever has more of them goes on. An answer to who asked for that row alone.
class RowDamaged : public VaultError {
 public:
  explicit RowDamaged(const std::string& row)
      : VaultError("store_damaged", "vault: a row is damaged: " + row), row_(row) {}
  const std::string& row() const { return row_; }

 private:
  std::string row_;
};

class DamageBook {
 public:
  // Beyond this many nothing is named any more: then it is the file that has to be put right.
  static constexpr size_t kNamesMax = 1'000;

  void note(const std::string& row) {
    if (rows_.size() < kNamesMax && rows_.insert(row).second) news_.push_back({row, false});
  }
  void forget(const std::string& row) {
    if (!rows_.empty()) rows_.erase(row);
  }
  // Written anew from what else is known of it.
  void mended(const std::string& row) {
    forget(row);
    ++mended_;
    if (news_.size() < kNamesMax) news_.push_back({row, true});
  }
  bool empty() const { return rows_.empty(); }
  const std::set<std::string>& rows() const { return rows_; }
  uint64_t mended_count() const { return mended_; }

  struct News {
    std::string row;
    bool is_mended;
  };
  // What came since the last call.
  std::vector<News> take_news() { return std::exchange(news_, {}); }

 private:
  std::set<std::string> rows_;
  std::vector<News> news_;
  uint64_t mended_ = 0;
};

}  // namespace sallyport::vault
