// service.h: values back to named people and services, for a reason, with proof.
//
// One request names tokens of one tenant. The answer leaves only after the evidence of what it
// grants and denies is committed. A caller learns of a token that he may not have nothing: not its
// value, not whether it exists (the store is not even asked), and a token of an environment that
// his rule does not name looks like one that is not there.
//
// Threads: restore() may be called from several; it waits for evidence, so never from the main
// loop (restore_thread.h).
// Not here: how a caller proved who he is (https_api.h, the UNIX socket of supervise), where values
// are kept (vault).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/restore/decision.h"
#include "controlplane/restore/hourly_use.h"
#include "controlplane/restore/reviews.h"

namespace sallyport::restore {

inline constexpr size_t kTicketBytesMax = 63;      // as a field of a record holds
inline constexpr uint64_t kEvidenceMsMax = 5'000;  // until the evidence must be committed

struct RestoreRequest {
  std::string tenant;
  std::vector<std::string> tokens;
  std::string purpose, reason, ticket;
  bool break_glass = false;
};

enum class TokenStatus : uint8_t {
  Restored,
  Denied,   // the rules say no, whatever the token is
  Unknown,  // no such mapping: never made, expired, erased, or of another environment
  Malformed
};
std::string_view status_name(TokenStatus status);

struct RestoredToken {
  std::string token;
  TokenStatus status = TokenStatus::Denied;
  std::string value;  // of Restored; wiped with the answer
  std::string why;
};

struct RestoreAnswer {
  bool ok = false;
  std::string code, message, hint;  // when not ok: one word for machines, and for people
  std::vector<RestoredToken> tokens;
  std::string review;  // id of the item that break-glass opened

  RestoreAnswer() = default;
  RestoreAnswer(RestoreAnswer&&) = default;
  RestoreAnswer& operator=(RestoreAnswer&&) = default;
  RestoreAnswer(const RestoreAnswer&) = delete;
  ~RestoreAnswer();
};

// What the vault knows of a token.
struct StoredValue {
  std::string value = {};
  std::string environment = {};
  bool is_damaged = false;  // its row is not what was written: there is no value, and no right
};

// One line of evidence: what happened to `count` tokens of one entity under one rule.
struct RestoreEvent {
  Caller caller;
  std::string tenant, entity, reason, purpose, ticket, rule, why;
  std::string request;  // id of the exchange whose live answer it is; empty: none
  bool allowed = false;
  bool break_glass = false;
  uint64_t count = 0;
};

class RestoreService {
 public:
  struct Hooks {
    // Nothing: no such mapping. Throws std::runtime_error: the vault is sealed or broken.
    std::function<std::optional<StoredValue>(std::string_view tenant, std::string_view token)> find;
    // Every event in the log, committed. False: not within kEvidenceMsMax; nothing is handed out.
    std::function<bool(const std::vector<RestoreEvent>& events)> record;
    std::function<int64_t()> now_s;  // Unix
    Reviews::Save save_reviews;
    // Seconds of a clock that nobody sets: what was used in the last hour. A wall clock that is set
    // forwards would begin a new hour, one that is set back would make an hour last for ever.
    std::function<int64_t()> steady_s;
  };
  RestoreService(Hooks hooks, std::string_view saved_reviews);

  // In force from the next request on. Null: no policy, everything is denied.
  void set_policy(std::shared_ptr<const controlplane::policy::RestorationPolicy> policy);
  std::shared_ptr<const controlplane::policy::RestorationPolicy> policy() const;
  // Of the canary: in force for its tenants instead. No tenants: there is no canary. Null with
  // tenants: everything of theirs is denied.
  void set_canary(std::shared_ptr<const controlplane::policy::RestorationPolicy> policy,
                  std::vector<std::string> tenants);
  std::shared_ptr<const controlplane::policy::RestorationPolicy> policy_of(
      std::string_view tenant) const;

  RestoreAnswer restore(const Caller& caller, const RestoreRequest& request);

  std::vector<ReviewItem> open_reviews() const;
  bool reviews_damaged() const;
  // REQUIRES: the closing is in evidence. False: no such item, or not saved.
  bool close_review(std::string_view id);
  // Principals that ran into the limit of denials in the last hour: an alarm.
  std::vector<std::string> suspicious() const;

 private:
  struct Work;
  static bool is_refused_at_once(const RestoreRequest& request, const Work& work,
                                 RestoreAnswer& answer);
  void judge(const Caller& caller, const RestoreRequest& request, Work& work);
  bool write_down(const Caller& caller, const RestoreRequest& request, Work& work,
                  RestoreAnswer& answer);
  void look_up(const Caller& caller, const RestoreRequest& request, Work& work);

  Hooks hooks_;
  std::mutex turn_;           // one request at a time; held while evidence is waited for
  mutable std::mutex mutex_;  // guards all below; never held while anything is waited for
  std::shared_ptr<const controlplane::policy::RestorationPolicy> policy_;
  std::shared_ptr<const controlplane::policy::RestorationPolicy> canary_;
  std::vector<std::string> canary_tenants_;
  HourlyUse use_;
  Reviews reviews_;
};

}  // namespace sallyport::restore
