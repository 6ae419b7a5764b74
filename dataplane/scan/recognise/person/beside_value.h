// beside_value.h: who stands before a value of his: "call Xqar Vlen at +49 171 ...", "Xqar Vlen
// <xqar@...>", "send it to Xqar Vlen, 12 Oak Street", a name on the line above.
//
// Asked about values that were found, so no trigger is looked for. Between the name and the value
// stand signs, a line end or a few words that join them ("'s phone number is"). What no list knows
// counts as a name where
//   the local part of a mail address spells it ("x.vlen@", "xqarvlen@"), one word of it too where
//   the address has another ("ask Xqar (xqar.vlen@...)"), or the address stands in angles behind
//   it;
//   a telephone or street is led to by a call, a preposition or a relation ("from Xqar Vlen,
//   phone ..."), firms having both.
// A known given or family name, an initial in the middle or the ending of a family name will do
// anywhere, also with one or two lines between ("Head of Sales"). Mailboxes of offices (info@,
// support@, lists.) and words of theirs ("Front Desk") are nobody's.
#pragma once

#include <cstdint>

#include "dataplane/scan/read/open_reader.h"

namespace sallyport::scan {

enum class BesideKind : uint8_t { Mail, Phone, Address };

// The name before the value `kind` in [start, end). False: there is none.
[[nodiscard]] bool name_before_value(OpenReader& reader, BesideKind kind, uint64_t start,
                                     uint64_t end, Hit& out) noexcept;

// Where the name before a value may begin that begins at `edge` or behind it; `edge`: nowhere.
uint64_t beside_live_from(OpenReader& reader, uint64_t edge) noexcept;

}  // namespace sallyport::scan
