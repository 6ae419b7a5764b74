// email.h: mail addresses, written and spelt.
//
// Written: RFC 5321 4.1.2 dot-string without quoted local parts; labels of letters, digits and
// inner hyphens; a top label of 2 to 24 letters that is no file name's ending. Letters of other
// alphabets that have spaces between words go along (RFC 6531); Chinese, Japanese and Korean text
// may stand right before an address. Spelt: john [at] example [dot] com, john at example dot com;
// plain words only before a top label that is common.
#pragma once

#include "dataplane/scan/read/recogniser.h"

namespace sallyport::scan {

// trigger.at: the '@'.
Verdict email_at(const TextView& text, const Trigger& trigger, const RuleParameters& rule,
                 Hit& out) noexcept;
// trigger: a dot word, "[dot]", "(dot)", " dot "; the one right behind the first label of the
// domain decides.
Verdict spelt_email_at(const TextView& text, const Trigger& trigger, const RuleParameters& rule,
                       Hit& out) noexcept;
// A word, and what may follow it up to the first dot word.
uint64_t spelt_email_live_from(const TextView& text, uint64_t floor = 0) noexcept;

}  // namespace sallyport::scan
