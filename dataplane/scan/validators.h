// validators.h: small named tests of a candidate's text; each with its source.
#pragma once

#include <cstdint>
#include <span>

#include "dataplane/contract/matcher_layout.h"

namespace sallyport::scan {

using Bytes = std::span<const uint8_t>;

// ISO/IEC 7812-1 annex B: the check digit of cards (and IMEI, NPI, SIN). `digits` are values 0
// to 9.
bool luhn(Bytes digits) noexcept;
// Issuer ranges and lengths of the card networks (ISO/IEC 7812 registry as published by the
// networks).
bool is_card_range(Bytes digits) noexcept;
// Social Security Administration: area not 000, 666 or 9xx; group not 00; serial not 0000; not the
// numbers published as samples.
bool is_ssn(Bytes nine_digits) noexcept;
// North American Numbering Plan: area and exchange begin with 2 to 9, the exchange is not N11.
bool is_nanp(Bytes ten_digits) noexcept;
// ITU-T E.164: 8 to 15 digits, no country code begins with 0.
bool is_e164(Bytes digits) noexcept;

// Narrows [start, end) of `text` to the address itself (RFC 5321 4.1.2 dot-string; labels of
// letters, digits and inner hyphens; a top label of 2 to 24 letters). False: none.
bool email(Bytes text, uint32_t& start, uint32_t& end) noexcept;
// Finds scheme://user:password@host[:port][/path] (RFC 3986 3.2.1) whose "://" stands at or behind
// `start`, and narrows [start, end) to it. Both parts are there and the password is no placeholder.
// False: none.
bool url_credentials(Bytes text, uint32_t& start, uint32_t& end) noexcept;
// Shannon entropy of at least 3 bits per character, and no placeholder.
bool looks_random(Bytes text) noexcept;
// ${VAR}, {{ }}, <...>, xxxx, ****, changeme, example, your-..., one character repeated.
bool is_placeholder(Bytes text) noexcept;

}  // namespace sallyport::scan
