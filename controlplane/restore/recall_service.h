// recall_service.h: values behind tokens of earlier exchanges, for live answers: the same rules and
// the same evidence as service.h, asked by workers for the principals of gateway keys.
//
// A value is handed out only when the vault has it for this tenant and vendor, both access.yaml and
// restoration.yaml agree (decide_live()), the principal is within the limits of its hour, and the
// RST record is committed. One record for each exchange, entity, rule and verdict.
// Owner  one thread (supervise/desk/recall_desk.h); it waits for evidence.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/restore/hourly_use.h"
#include "controlplane/restore/service.h"
#include "controlplane/vault/secret_memory.h"
#include "dataplane/contract/recall_layout.h"

namespace sallyport::restore {

// What the vault knows of a token.
struct RecallEntry {
  std::string entity = {}, vendor = {}, environment = {};
  std::vector<std::string> principals = {};  // who minted it
  vault::Secret value = {};
  bool is_damaged = false;  // its row is not what was written: there is no value, and no right
};

struct RecallResult {
  contract::RecallStatus status = contract::RecallStatus::Denied;
  vault::Secret value;  // of Restored
};

class RecallService {
 public:
  struct Hooks {
    // Nothing: no such mapping. Throws std::runtime_error: there is no vault, or it is sealed.
    std::function<std::optional<RecallEntry>(const std::string& tenant,
                                             const std::array<char, contract::kMappingCoreBytes>&)>
        find;
    // Every event in the log, committed; false: not in time, nothing is handed out.
    std::function<bool(const std::vector<RestoreEvent>& events)> record;
    std::function<std::shared_ptr<const controlplane::policy::RestorationPolicy>(std::string_view)>
        policy_of;
    std::function<int64_t()> now_s;     // Unix
    std::function<int64_t()> steady_s;  // as RestoreService's
  };
  explicit RecallService(Hooks hooks) : hooks_(std::move(hooks)) {}

  // One result for each question, in their order.
  std::vector<RecallResult> answer(const std::vector<contract::RecallQuestion>& questions);

  struct Counts {
    uint64_t asked = 0, restored = 0, denied = 0, unknown = 0, sealed = 0, no_evidence = 0,
             limited = 0;
  };
  const Counts& counts() const noexcept { return counts_; }

 private:
  struct Judged;
  Judged judge(const contract::RecallQuestion& question);
  void count(const RecallResult& result);

  Hooks hooks_;
  HourlyUse use_;
  Counts counts_;
};

}  // namespace sallyport::restore
