// assignment.h: keys, tokens and secrets behind their name: API_KEY=..., "client_secret": "...",
// x-api-key: ..., <token>...</token>, setProperty("TOKEN", "..."), --token ..., "the api key is
// ...".
//
// The cue is a noun of a secret ("token", "api_key", "client_secret") or a topic: the name of a
// vendor whose keys have no mark of their own ("datadog"). A noun must be the last one of its name;
// behind a topic the value must be surer. The value must look made by a machine; where the name
// says secret a strong password will do. Not here: human passwords (password.h), tokens with a mark
// of their own (patterns in policies/entities).
#pragma once

#include "dataplane/scan/read/recogniser.h"

namespace sallyport::scan {

// trigger: [start, at) is the cue. The hit is the value alone, without quotes.
// No answer but No where an ASCII letter stands before the cue, unless a capital follows a small
// one.
bool assignment_cue_begins_word(std::span<const uint8_t> cue) noexcept;

// The cue is a noun of a secret, no vendor and no part of a query.
bool assignment_cue_is_name(std::span<const uint8_t> cue) noexcept;
// UUIDs are ids, but not behind every name; a secret that somebody chose is one behind "secret".
bool name_accepts_uuid(std::span<const uint8_t> name) noexcept;
bool cue_accepts_phrase(std::span<const uint8_t> cue) noexcept;
// Shorter ones are words.
inline constexpr size_t kSecretPhraseMin = 8;

Verdict assignment_at(const TextView& text, const Trigger& trigger, const RuleParameters& rule,
                      Hit& out) noexcept;

}  // namespace sallyport::scan
