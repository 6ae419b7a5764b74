// secret_terms.h: what stands where a password or a key would and says by its form that it is none:
// words of the trade, quantities, times, versions, names of types.
#pragma once

#include "dataplane/scan/validate/word_list.h"

namespace sallyport::scan {

// "required", "plaintext": of prose and code about passwords.
bool is_trade_word(Bytes text) noexcept;
// "SHA-256", "base64-encoded", "varchar2", "utf8mb4": algorithms, encodings and types.
bool is_numbered_term(Bytes text) noexcept;
// "8-16", "12-character", "30s", "10MB", "1.2.3", "2024-01-02", "1st", "0x1f", "100%".
bool is_quantity(Bytes text) noexcept;
// "2024-03-01T17:44:44Z", "2024-03-01T17:44:44.123+02:00" (RFC 3339).
bool is_time_stamp(Bytes text) noexcept;
// "v1.2.3", "v0.0.0-20190125010748-a747050bb1ba/go.mod": what modules and releases are called
// (semver.org). Keys that begin like a version ("v1.0-...") have two numbers.
bool is_version(Bytes text) noexcept;
// "UTF8String", "TOAuth2Session", "Int32Array": a known term with its number, and a word of those
// that types end in.
bool is_numbered_type(Bytes text) noexcept;

}  // namespace sallyport::scan
