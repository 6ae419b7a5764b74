// liblmdb_map.h: where liblmdb has mapped its file, which it does not say. Whoever knows can watch
// the range (bus_guard.h): a file that is cut under a running process is then no SIGBUS in liblmdb.
#pragma once

#include <lmdb.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "controlplane/evidence/pages/page_walk.h"

namespace sallyport::evidence_log {

// The same entry (the root of `table`), found by liblmdb and by us in `ours`, says where its
// mapping begins. Null: there is no such table yet. REQUIRES: no transaction of this environment is
// open in this thread, `ours` maps the file from its first byte. Throws PageDamage.
const uint8_t* liblmdb_map(MDB_env* environment, const FileMapping& ours, const std::string& file,
                           std::string_view table);

}  // namespace sallyport::evidence_log
