#include "dataplane/scan/recognise/crypto.h"

#include <algorithm>

#include "dataplane/scan/validate/crypto_address.h"

namespace sallyport::scan {
namespace {

// The longest segregated witness address (BIP 173).
constexpr uint64_t kAddressBytesMax = 90;

bool mixes_case(Characters hex) noexcept {
  return std::any_of(hex.begin(), hex.end(), is_upper) &&
         std::any_of(hex.begin(), hex.end(), is_lower);
}

}  // namespace

Verdict crypto_at(const TextView& text, const Trigger& trigger, const RuleParameters&,
                  Hit& out) noexcept {
  if (trigger.at - trigger.start > kAddressBytesMax) return Verdict::No;
  const Characters run = text.slice(trigger.start, trigger.at);
  const bool ethereum = ethereum_address(run);
  if (!ethereum && !base58check_address(run) && !segwit_address(run)) return Verdict::No;
  out = Hit{trigger.start, trigger.at};
  out.bare = ethereum && !mixes_case(run.subspan(2));
  return Verdict::Match;
}

}  // namespace sallyport::scan
