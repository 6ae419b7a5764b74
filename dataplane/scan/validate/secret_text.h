// secret_text.h: does a text look like a secret, like a stand-in for one, or like words?
//
// Three questions in order: is it a placeholder ("changeme", "${TOKEN}"), is it an expression that
// stands for a value (a call, a path, a name of a variable), and does what is left look made by a
// machine (keys) or chosen as a password. All are pure functions of the text; none decides alone:
// the recognisers ask them about what they have cut out.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "dataplane/scan/validate/letters.h"
#include "dataplane/scan/validate/word_list.h"

namespace sallyport::scan {

// Bits a character (Shannon, over the characters of the text itself).
double entropy_bits(Bytes text) noexcept;
// At least 3 bits a character, and no placeholder.
bool looks_random(Bytes text) noexcept;
// ${VAR}, {{ }}, <...>, [PASSWORD], xxxx, ****, changeme, example, your-..., one character
// repeated.
bool is_placeholder(Bytes text) noexcept;
// RFC 9562, 4: 8-4-4-4-12 hexadecimal digits.
bool is_uuid(Bytes text) noexcept;
// Stands for a value: a call, a path, a URL, an address, a dotted name, a format directive, a file
// name, a version.
bool is_expression(Bytes text) noexcept;

enum class Strength : uint8_t {
  None,  // no password: a placeholder, an expression, a term of the trade (SHA-256, varchar2), too
         // short
  Weak,  // a plain word or digits only: a password only where nothing else can stand
  Strong,  // mixes letters with digits or signs the way words and names do not
};
Strength password_strength(Bytes text) noexcept;

// Made by a machine: 10 characters or more of which enough are in parts that are no words
// ("prod-db-key-2024" is none).
bool is_key_like(Bytes text) noexcept;

// Made up as rules for passwords want it: capitals, small letters, digits and a sign that neither
// words nor paths nor numbers have ("Coffee!909!"). A token is one now and then.
bool is_made_up(Bytes text) noexcept;

// Of letters only: words, also camelCase ones, as opposed to letters drawn at random.
bool is_wordy(Bytes letters) noexcept;

// Any case.
bool contains_word(Bytes text, std::string_view lower_word) noexcept;

// RFC 7519, 5: the first part of a signed token is the base64url of a JSON object with "alg" in it.
bool is_jwt(Bytes text) noexcept;
// RFC 7617, 2: base64 of user ':' password, both printable. 0: it is not; else characters of the
// user part.
size_t basic_credentials(Bytes text) noexcept;
// The last six characters are the CRC-32 (IEEE) of the 30 before them in base 62: GitHub tokens
// since 2021, npm tokens.
bool has_crc32_base62_tail(Bytes text) noexcept;

}  // namespace sallyport::scan
