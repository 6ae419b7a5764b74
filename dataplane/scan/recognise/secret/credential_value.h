// credential_value.h: cuts the value out that stands behind an operator, a flag or a verb.
#pragma once

#include "dataplane/scan/read/reader.h"

namespace sallyport::scan {

struct Value {
  uint64_t start = 0;
  uint64_t end = 0;
  bool found = false;
  bool quoted = false;
  bool spaced = false;     // white space inside of the quotes
  bool line_end = false;   // nothing but white space behind it on its line
  bool semicolon = false;  // the next character is ';'
};

// Where an unquoted value ends besides white space, quotes and angle brackets.
enum class Stop : uint8_t {
  Line,   // at ';' and at ',' that ends an item; brackets that open inside belong to it
  Query,  // also at '&'
  Word,   // at white space and quotes only (shells)
};

// Reads one value; quotes, also escaped and typographic ones, string prefixes (r"", b"", @"") and
// emphasis around it are no part of it. found = false: none, or a quote that does not close on its
// line.
Value read_value(Reader& reader, Stop stop) noexcept;

// The value is what was looked for.
inline Verdict match(const Value& value, uint8_t doubt, Hit& out) noexcept {
  out = Hit{value.start, value.end, false, doubt};
  return Verdict::Match;
}

// The same behind a name, where a plan of Terraform or Pulumi prints the value that was and the one
// that will be ("was" -> "will be"): one finding covers both. REQUIRES: the reader stands behind
// the value.
Verdict match_changed(Reader& reader, const Value& value, uint8_t doubt, Hit& out) noexcept;

}  // namespace sallyport::scan
