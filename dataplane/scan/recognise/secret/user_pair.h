// user_pair.h: a user and a password side by side, behind a word that announces both: "login: kev /
// x", "credentials are kev:x", "id/pw kev/x", "log in with kev@example.org and x", "wifi: Net / x".
#pragma once

#include "dataplane/scan/read/reader.h"
#include "dataplane/scan/read/recogniser.h"

namespace sallyport::scan {

bool is_pair_cue(std::span<const uint8_t> cue) noexcept;

// The reader stands behind the cue.
Verdict user_and_secret(const TextView& text, Reader& reader, std::span<const uint8_t> cue,
                        Hit& out) noexcept;

}  // namespace sallyport::scan
