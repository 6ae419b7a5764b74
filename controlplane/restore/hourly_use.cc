#include "controlplane/restore/hourly_use.h"

namespace sallyport::restore {

namespace {
constexpr int64_t kSecondsPerMinute = 60;
}

HourlyUse::Sums HourlyUse::of(std::string_view principal, int64_t steady_s) const {
  Sums sums;
  const auto found = by_principal_.find(principal);
  if (found == by_principal_.end()) return sums;
  const int64_t minute = steady_s / kSecondsPerMinute;
  for (const Bucket& bucket : found->second) {
    if (bucket.minute < 0 || bucket.minute <= minute - static_cast<int64_t>(kUseBuckets)) continue;
    sums.values += bucket.sums.values;
    sums.denials += bucket.sums.denials;
  }
  return sums;
}

bool HourlyUse::add(std::string_view principal, int64_t steady_s, uint64_t values,
                    uint64_t denials) {
  auto found = by_principal_.find(principal);
  if (found == by_principal_.end()) {
    if (by_principal_.size() >= kUsePrincipalsMax) return false;
    found = by_principal_.emplace(std::string(principal), std::array<Bucket, kUseBuckets>{}).first;
  }
  const int64_t minute = steady_s / kSecondsPerMinute;
  Bucket& bucket = found->second[static_cast<size_t>(minute) % kUseBuckets];
  if (bucket.minute != minute) bucket = {minute, {}};
  bucket.sums.values += values;
  bucket.sums.denials += denials;
  return true;
}

}  // namespace sallyport::restore
