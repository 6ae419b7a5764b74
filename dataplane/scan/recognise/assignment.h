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

#include "dataplane/scan/recogniser.h"

namespace sallyport::scan {

// trigger: [start, at) is the cue. The hit is the value alone, without quotes.
// No answer but No where an ASCII letter stands before the cue, unless a capital follows a small
// one.
bool assignment_cue_begins_word(std::span<const uint8_t> cue) noexcept;

Verdict assignment_at(const TextView& text, const Trigger& trigger, const RuleParameters& rule,
                      Hit& out) noexcept;

}  // namespace sallyport::scan
