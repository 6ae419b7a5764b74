// hourly_use.h: how much each principal took in the last hour: values, and denials.
//
// Bulk restoration is how a stolen credential empties a vault; a run of denials is how somebody
// looks for what he may do. Both are bounded by policy (RestorationLimits).
// Owner  RestoreService, under its lock. Kept in memory: a new start forgets, evidence does not.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace sallyport::restore {

inline constexpr size_t kUseBuckets = 60;           // a minute each: the window is an hour
inline constexpr size_t kUsePrincipalsMax = 8'192;  // twice the identities of a policy: renames

class HourlyUse {
 public:
  struct Sums {
    uint64_t values = 0;
    uint64_t denials = 0;
  };
  // `steady_s`: seconds since the host started, or of any clock that only goes forward.
  Sums of(std::string_view principal, int64_t steady_s) const;
  // False: there is no room for one more principal; nothing may then be restored to it.
  bool add(std::string_view principal, int64_t steady_s, uint64_t values, uint64_t denials);

 private:
  struct Bucket {
    int64_t minute = -1;
    Sums sums;
  };
  std::map<std::string, std::array<Bucket, kUseBuckets>, std::less<>> by_principal_;
};

}  // namespace sallyport::restore
