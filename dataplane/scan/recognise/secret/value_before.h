// value_before.h: a secret that stands before the word that says what it is.
//
//   log in as root with Tr0ub4dor as the password      Tr0ub4dor is the new root password.
//   Tr0ub4dor (password)      Tr0ub4dor ist das Passwort      qQcLJI9x2f0m1h8u is our api key
// Between the two stand a verb or "as", an article or whose it is, and a word or two. Behind the
// word the phrase ends or goes on with a preposition: "Argon2 is the password hash" says something
// else.
#pragma once

#include "dataplane/scan/read/recogniser.h"
#include "dataplane/scan/validate/secret_text.h"

namespace sallyport::scan {

enum class SecretKind : uint8_t { Password, Key };

// The cue [trigger.start, trigger.at) has no value behind it (`behind` is No or More). Matches what
// stands before it; with More, out.start is where that begins.
Verdict value_before(const TextView& text, const Trigger& trigger, SecretKind kind, Verdict behind,
                     Hit& out) noexcept;
uint64_t value_before_live_from(const TextView& text, uint64_t floor = 0) noexcept;

}  // namespace sallyport::scan
