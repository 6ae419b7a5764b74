// holds.h: the question that pruning asks before it removes a record: does a legal hold name it?
//
// Who keeps the holds answers (the vault's hold book, in sallyportd). The hook is called on the
// drainer's thread. It throws when it cannot know (a sealed vault, a damaged file): nothing is
// pruned then, and the run says so in the log.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "dataplane/contract/evidence_record.h"

namespace sallyport::evidence_log {

struct RecordForHold {
  std::string_view evidence;  // code: "REQ", "ADM", ...
  std::string_view tenant;    // empty: of the appliance, of nobody's request
  std::string request_id;     // text, empty when the record is not about one
  uint64_t wall_ns = 0;
  std::span<const contract::SubjectId> subjects;
};
// The name of a hold that names this record; empty: none does.
using HoldHook = std::function<std::string(const RecordForHold&)>;

}  // namespace sallyport::evidence_log
