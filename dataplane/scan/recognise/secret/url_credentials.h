// url_credentials.h: scheme://user:password@host[:port][/path] (RFC 3986 3.2.1), also without a
// user (redis://:x@host) and with a token in its place (https://x@github.com/...), as git,
// databases and brokers take them.
#pragma once

#include "dataplane/scan/read/recogniser.h"

namespace sallyport::scan {

// trigger.at is the ':' of "://". The hit is the URL from its scheme on, without punctuation around
// it.
Verdict url_credentials_at(const TextView& text, const Trigger& trigger, const RuleParameters& rule,
                           Hit& out) noexcept;

}  // namespace sallyport::scan
