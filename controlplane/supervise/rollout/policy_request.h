// policy_request.h: what somebody asks of the policy in force: apply, promote, rollback, confirm.
//
// The admin socket's JSON, checked and bounded; the words go into records and onto screens.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/contract/image_layout.h"

namespace sallyport::supervise {

inline constexpr size_t kChangeLinkBytesMax = 200;  // a link into a change system
inline constexpr size_t kRolloutNoteBytesMax = 500;

struct PolicyRequest {
  std::vector<std::string> canary_tenants;  // ascending; empty: everybody
  int64_t confirm_within_s = 0;             // 0: nothing to confirm
  std::string change_link;
  std::string note;
  std::string reason;  // fixed code, of what we do ourselves: "not_confirmed", "halted"
  bool emergency = false;
  std::optional<contract::Digest> digest;  // rollback: to which image
  // Of a bundle that was compiled for this request; nothing: an image that was there.
  std::optional<uint64_t> tests;  // examples and tests, all passed
  std::string base;               // bundle that it was compared with, hex; empty: none was in force
  std::string risk;
  std::string environment;
  std::string author;
  std::vector<std::string> approvers;
  std::string words;  // the first thing that changes, in a sentence
  bool opens_review = false;
};

// Nothing: `error` says which member does not hold.
std::optional<PolicyRequest> read_policy_request(const nlohmann::json& body, std::string& error);

}  // namespace sallyport::supervise
