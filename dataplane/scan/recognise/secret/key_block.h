// key_block.h: private keys in their text forms: PEM (RFC 7468), OpenSSH, PGP, and PuTTY's.
#pragma once

#include "dataplane/scan/read/recogniser.h"

namespace sallyport::scan {

// A key block that is not closed by then is taken for one (an RSA 16384 key has 13 KiB).
inline constexpr uint64_t kKeyBlockBytesMax = 16 * 1024;
// Key material: this many base64 characters in a row stand behind a header soon, or it is only talk
// about keys. A block that is closed by its end line needs fewer: then nothing is guessed.
inline constexpr uint64_t kKeyMaterialWithin = 1'024;
inline constexpr uint32_t kKeyMaterialRun = 40;
inline constexpr uint32_t kKeyMaterialRunClosed = 16;

// trigger.start is the first '-' of "-----BEGIN " (or the 'P' of "PuTTY-User-Key-File"). The hit
// goes to the end of the end line; a block without one to the end of the text or kKeyBlockBytesMax.
// So the look-ahead is kKeyBlockBytesMax here.
Verdict key_block_at(const TextView& text, const Trigger& trigger, const RuleParameters& rule,
                     Hit& out) noexcept;

}  // namespace sallyport::scan
