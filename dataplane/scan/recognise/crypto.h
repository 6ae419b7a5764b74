// crypto.h: addresses of crypto currencies among long runs of letters and digits.
#pragma once

#include "dataplane/scan/read/recogniser.h"

namespace sallyport::scan {

// trigger.start to trigger.at: a whole run of letters and digits of 25 or more. The checksum
// decides (validate/crypto_address.h); an Ethereum address in one case carries none and is bare.
Verdict crypto_at(const TextView& text, const Trigger& trigger, const RuleParameters& rule,
                  Hit& out) noexcept;

}  // namespace sallyport::scan
