#include "dataplane/redact/subject_hash.h"

#include <algorithm>
#include <utility>

#include "dataplane/base/check.h"
#include "dataplane/redact/keyed_mac.h"

namespace sallyport::redact {

SubjectHash::~SubjectHash() { free_keyed_state(state_); }

SubjectHash::SubjectHash(SubjectHash&& other) noexcept
    : state_(std::exchange(other.state_, nullptr)) {}

SubjectHash& SubjectHash::operator=(SubjectHash&& other) noexcept {
  if (this == &other) return *this;
  free_keyed_state(state_);
  state_ = std::exchange(other.state_, nullptr);
  return *this;
}

bool SubjectHash::load(std::span<const uint8_t> key) noexcept {
  free_keyed_state(state_);
  state_ = key.size() == kSubjectKeyBytes ? make_keyed_state(key) : nullptr;
  return loaded();
}

bool SubjectHash::of(std::string_view tenant, std::string_view entity,
                     std::span<const uint8_t> canonical, Subject& out) noexcept {
  SP_CHECK_WHY(loaded(), "no subject key");
  MacRun run(state_);
  run.field(kSubjectPurpose);
  run.field(tenant);
  run.field(entity);
  run.field(canonical);
  Mac mac;
  if (!run.finish(mac)) return false;
  std::copy_n(mac.begin(), out.size(), out.begin());
  return true;
}

}  // namespace sallyport::redact
