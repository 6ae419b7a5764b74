#include "controlplane/evidence/pages/liblmdb_map.h"

#include <span>

namespace sallyport::evidence_log {

const uint8_t* liblmdb_map(MDB_env* environment, const FileMapping& ours, const std::string& file,
                           std::string_view table) {
  PageFile pages(ours.begin(), ours.bytes(), file);
  const MetaPage newest = pages.newest_meta();
  const FileSnapshot snapshot(std::move(pages), newest);
  const Table tables = snapshot.main();
  TableCursor cursor(tables);
  const std::span<const uint8_t> wanted(reinterpret_cast<const uint8_t*>(table.data()),
                                        table.size());
  if (!cursor.seek(wanted)) return nullptr;
  const uint8_t* our_entry = cursor.entry().value.data();
  MDB_txn* txn = nullptr;
  MDB_dbi main = 0;
  MDB_val key{table.size(), const_cast<char*>(table.data())};
  MDB_val value{};
  if (mdb_txn_begin(environment, nullptr, MDB_RDONLY, &txn) != MDB_SUCCESS) return nullptr;
  int code = mdb_dbi_open(txn, nullptr, 0, &main);
  if (code == MDB_SUCCESS) code = mdb_get(txn, main, &key, &value);
  mdb_txn_abort(txn);
  if (code != MDB_SUCCESS) return nullptr;
  return static_cast<const uint8_t*>(value.mv_data) -
         (our_entry - static_cast<const uint8_t*>(ours.begin()));
}

}  // namespace sallyport::evidence_log
