// auth_header.h: credentials in HTTP headers and what is made like them: "Basic dXNlcjpwYXNz" (RFC
// 7617), "Bearer x" (RFC 6750), "Authorization: x", the "auth" of a registry login, and _auth of
// .npmrc.
#pragma once

#include "dataplane/scan/read/recogniser.h"

namespace sallyport::scan {

// `cue`: "basic ", "bearer ", "authorization" or "auth" with a sign around it.
bool is_header_cue(std::span<const uint8_t> cue) noexcept;
// trigger: [start, at) is the cue. The hit is the credential without its scheme.
Verdict credential_of_header(const TextView& text, const Trigger& trigger, Hit& out) noexcept;

}  // namespace sallyport::scan
