// credential_name.h: the name around a cue ("DB_PASSWORD", "apiKey", "--token", "<secret>") and the
// operator behind it.
#pragma once

#include <string_view>

#include "dataplane/scan/read/reader.h"

namespace sallyport::scan {

// Names are read this far to the left of the cue and to the right of it.
inline constexpr uint64_t kNameBytesMax = 64;
// Cues of up to this must begin a part of the name: "pass" is in "compass".
inline constexpr uint64_t kShortCueBytes = 4;

struct Name {
  uint64_t start = 0;
  uint64_t end = 0;
  bool fits = false;      // the cue is its last noun: "api_key_prod", not "api_key_count"; and it
                          // begins a part of the name
  bool many = false;      // the same of a plural: "api_keys", "passwordList"
  bool flag = false;      // "-p", "--password", "/password"
  bool tag = false;       // "<password"
  bool query = false;     // "?token", "&token"
  bool variable = false;  // "$password", "{password"
  bool quoted = false;    // a quote right before and behind it
  bool behind_slash = false;  // "user/pass"
  bool constant = false;      // upper case and '_' only
};

// Reads the name whose part [cue_start, reader.at()) is the cue, and moves the reader behind it.
// `topic`: a cue that is no noun of its own ("datadog"), so that any name fits that goes on with
// it.
Name read_name(const TextView& text, uint64_t cue_start, Reader& reader, bool topic) noexcept;

enum class Operator : uint8_t {
  None,
  Assign,   // = := => == ?= += -> : |
  Element,  // > of an opening tag
  Second,   // the next argument, or the value attribute or key that belongs to a name
  Is,       // is, ist, est ...: prose
  Ask,      // ?: the answer follows, maybe of somebody else
  Space,    // nothing but a blank
};

// What stands between a name and its value; moves the reader to the value. Types are gone over
// ("password: str = ").
Operator read_operator(Reader& reader, const Name& name) noexcept;

// A word that says "equals" in one of the languages; moves the reader behind it and the blanks that
// follow.
bool take_is_word(Reader& reader) noexcept;

// "API token:" or "Password" and the value alone on one of the next two lines. Moves to it, or not
// at all.
bool take_line_end(Reader& reader) noexcept;

// Nothing stands before the name on its line.
bool name_heads_line(const TextView& text, const Name& name) noexcept;

// White space, with line ends.
void skip_white(Reader& reader, uint64_t max) noexcept;

}  // namespace sallyport::scan
