#include "controlplane/restore/service.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <map>
#include <stdexcept>

#include "controlplane/vault/mapping_opener.h"

namespace sallyport::restore {

using controlplane::policy::RestorationPolicy;

namespace {

bool is_printable(std::string_view text, size_t bytes_max) {
  return text.size() <= bytes_max &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
}

void wipe(std::string& text) {
  if (!text.empty()) OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

void fail(RestoreAnswer& answer, std::string code, std::string message, std::string hint) {
  for (RestoredToken& token : answer.tokens) wipe(token.value);
  answer.tokens.clear();
  answer.ok = false;
  answer.code = std::move(code);
  answer.message = std::move(message);
  answer.hint = std::move(hint);
}

// Events of one request, those that say the same added up.
class EventSums {
 public:
  EventSums(const Caller& caller, const RestoreRequest& request)
      : caller_(caller), request_(request) {}
  void add(const std::string& entity, const std::string& rule, const std::string& why,
           bool allowed) {
    ++counts_[{entity, rule, why, allowed}];
  }
  std::vector<RestoreEvent> events() const {
    std::vector<RestoreEvent> out;
    for (const auto& [key, count] : counts_) {
      RestoreEvent event;
      event.caller = caller_;
      event.tenant = request_.tenant;
      event.reason = request_.reason;
      event.purpose = request_.purpose;
      event.ticket = request_.ticket;
      event.break_glass = request_.break_glass;
      std::tie(event.entity, event.rule, event.why, event.allowed) = key;
      event.count = count;
      out.push_back(std::move(event));
    }
    return out;
  }

 private:
  const Caller& caller_;
  const RestoreRequest& request_;
  std::map<std::tuple<std::string, std::string, std::string, bool>, uint64_t> counts_;
};

}  // namespace

std::string_view status_name(TokenStatus status) {
  constexpr std::string_view kNames[] = {"restored", "denied", "unknown", "malformed"};
  return kNames[static_cast<size_t>(status)];
}

RestoreAnswer::~RestoreAnswer() {
  for (RestoredToken& token : tokens) wipe(token.value);
}

// What one request needs between its steps.
struct RestoreService::Work {
  std::shared_ptr<const RestorationPolicy> policy;
  int64_t now_s = 0;
  int64_t steady_s = 0;
  std::vector<RestoredToken> tokens;
  std::vector<std::string> entities, rules;  // of each token
  uint64_t restored = 0, denied = 0;
};

RestoreService::RestoreService(Hooks hooks, std::string_view saved_reviews)
    : hooks_(std::move(hooks)), reviews_(saved_reviews, hooks_.save_reviews) {}

void RestoreService::set_policy(std::shared_ptr<const RestorationPolicy> policy) {
  const std::lock_guard lock(mutex_);
  policy_ = std::move(policy);
}

std::shared_ptr<const RestorationPolicy> RestoreService::policy() const {
  const std::lock_guard lock(mutex_);
  return policy_;
}

void RestoreService::set_canary(std::shared_ptr<const RestorationPolicy> policy,
                                std::vector<std::string> tenants) {
  const std::lock_guard lock(mutex_);
  canary_ = std::move(policy);
  canary_tenants_ = std::move(tenants);
}

std::shared_ptr<const RestorationPolicy> RestoreService::policy_of(std::string_view tenant) const {
  const std::lock_guard lock(mutex_);
  const bool is_canary =
      std::find(canary_tenants_.begin(), canary_tenants_.end(), tenant) != canary_tenants_.end();
  return is_canary ? canary_ : policy_;
}

bool RestoreService::is_refused_at_once(const RestoreRequest& request, const Work& work,
                                        RestoreAnswer& answer) {
  if (work.policy == nullptr) {
    fail(answer, "no_policy", "no policy is published", "sallyctl policy apply");
    return true;
  }
  const auto& limits = work.policy->limits;
  const bool well_formed = is_printable(request.ticket, kTicketBytesMax) &&
                           is_printable(request.tenant, kTicketBytesMax) &&
                           is_printable(request.reason, kTicketBytesMax) &&
                           is_printable(request.purpose, kTicketBytesMax);
  if (request.tokens.empty() || !well_formed) {
    fail(answer, "request_invalid", "a request names a tenant, tokens, a reason, perhaps a ticket",
         "sallyctl restore --help");
    return true;
  }
  if (request.tokens.size() > limits.values_per_request) {
    fail(answer, "too_many_tokens",
         "at most " + std::to_string(limits.values_per_request) + " tokens in one request",
         "ask in smaller steps; policy sets values_per_request");
    return true;
  }
  return false;
}

void RestoreService::judge(const Caller& caller, const RestoreRequest& request, Work& work) {
  HourlyUse::Sums used;
  {
    const std::lock_guard lock(mutex_);
    used = use_.of(caller.principal, work.steady_s);
  }
  const bool suspicious = used.denials >= work.policy->limits.denials_per_hour;
  uint64_t left = work.policy->limits.values_per_hour -
                  std::min<uint64_t>(used.values, work.policy->limits.values_per_hour);
  Question question;
  question.tenant = request.tenant;
  question.purpose = request.purpose;
  question.reason = request.reason;
  question.ticket = request.ticket;
  question.now_s = work.now_s;
  question.break_glass = request.break_glass;
  for (const std::string& text : request.tokens) {
    RestoredToken token;
    const auto named = vault::parse_token(text);
    question.entity = named ? named->entity : std::string();
    token.token = question.entity.empty() ? std::string() : text;
    Ruling ruling = decide(*work.policy, caller, question);
    if (question.entity.empty()) {
      token.status = TokenStatus::Malformed;
      ruling = {false, {}, "not_a_token"};
    } else if (suspicious) {
      ruling = {false, ruling.rule, "too_many_denials"};
    } else if (ruling.allow && left == 0) {
      ruling = {false, ruling.rule, "hourly_limit"};
    } else if (ruling.allow) {
      --left;
      token.status = TokenStatus::Restored;
    }
    token.why = ruling.why;
    work.entities.push_back(question.entity);
    work.rules.push_back(ruling.rule);
    work.tokens.push_back(std::move(token));
  }
}

void RestoreService::look_up(const Caller& caller, const RestoreRequest& request, Work& work) {
  for (size_t i = 0; i < work.tokens.size(); ++i) {
    RestoredToken& token = work.tokens[i];
    if (token.status != TokenStatus::Restored) continue;
    std::optional<StoredValue> found = hooks_.find(request.tenant, token.token);
    if (!found) {
      token.status = TokenStatus::Unknown;
      token.why = "not_in_vault";
      continue;
    }
    if (found->is_damaged) {  // evidence says so; the others of the request go on
      token.status = TokenStatus::Unknown;
      token.why = "row_damaged";
      continue;
    }
    Question question{request.tenant, work.entities[i], found->environment, request.purpose,
                      request.reason, request.ticket,   work.now_s,         request.break_glass};
    const Ruling ruling = decide(*work.policy, caller, question);
    work.rules[i] = ruling.rule;
    if (ruling.allow) {
      token.value = std::move(found->value);
    } else {
      // Looks to the caller as if it were not there; evidence says what happened.
      token.status = TokenStatus::Unknown;
      token.why = ruling.why == "rule" ? "no_rule" : ruling.why;
    }
    wipe(found->value);
  }
}

// Written down before anything is handed out: use, then the review of a break-glass, then evidence.
bool RestoreService::write_down(const Caller& caller, const RestoreRequest& request, Work& work,
                                RestoreAnswer& answer) {
  EventSums sums(caller, request);
  for (size_t i = 0; i < answer.tokens.size(); ++i) {
    const bool allowed = answer.tokens[i].status == TokenStatus::Restored;
    (allowed ? work.restored : work.denied) += 1;
    sums.add(work.entities[i], work.rules[i], answer.tokens[i].why, allowed);
  }
  {
    const std::lock_guard lock(mutex_);
    // A caller that never reads its answer has used it up all the same.
    if (!use_.add(caller.principal, work.steady_s, work.restored, work.denied)) {
      fail(answer, "busy", "too many principals in the last hour", "try again in an hour");
      return false;
    }
    if (request.break_glass && work.restored > 0) {
      answer.review = reviews_.add({{},
                                    work.now_s,
                                    caller.principal,
                                    request.tenant,
                                    request.reason,
                                    request.ticket,
                                    work.restored});
      if (answer.review.empty()) {
        fail(answer, "review_not_opened",
             "the review of this break-glass could not be written down",
             "close open reviews (sallyctl restore review), look at the disk");
        return false;
      }
    }
  }
  if (hooks_.record(sums.events())) return true;
  fail(answer, "evidence_unavailable", "evidence was not committed in time; nothing is restored",
       "sallyctl status shows what is wrong with the log");
  return false;
}

RestoreAnswer RestoreService::restore(const Caller& caller, const RestoreRequest& request) {
  const std::lock_guard turn(turn_);
  RestoreAnswer answer;
  Work work;
  work.now_s = hooks_.now_s();
  work.steady_s = hooks_.steady_s();
  work.policy = policy_of(request.tenant);
  if (is_refused_at_once(request, work, answer)) return answer;
  judge(caller, request, work);
  try {
    look_up(caller, request, work);
  } catch (const std::runtime_error& problem) {
    for (RestoredToken& token : work.tokens) wipe(token.value);
    fail(answer, "vault_unavailable", problem.what(), "sallyctl vault status");
    return answer;
  }
  answer.tokens = std::move(work.tokens);
  if (!write_down(caller, request, work, answer)) return answer;
  for (RestoredToken& token : answer.tokens) {
    // Why an environment did not fit would tell that the token is there.
    if (token.status == TokenStatus::Unknown) token.why = "not_in_vault";
  }
  answer.ok = true;
  return answer;
}

std::vector<ReviewItem> RestoreService::open_reviews() const {
  const std::lock_guard lock(mutex_);
  return reviews_.open();
}

bool RestoreService::reviews_damaged() const {
  const std::lock_guard lock(mutex_);
  return reviews_.damaged();
}

bool RestoreService::close_review(std::string_view id) {
  const std::lock_guard lock(mutex_);
  return reviews_.close(id);
}

std::vector<std::string> RestoreService::suspicious() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> out;
  if (policy_ == nullptr) return out;
  const int64_t now_s = hooks_.steady_s();
  for (const auto& one : policy_->identities)
    if (use_.of(one.name, now_s).denials >= policy_->limits.denials_per_hour)
      out.push_back(one.name);
  if (use_.of("", now_s).denials >= policy_->limits.denials_per_hour)
    out.emplace_back("(unknown callers)");
  return out;
}

}  // namespace sallyport::restore
