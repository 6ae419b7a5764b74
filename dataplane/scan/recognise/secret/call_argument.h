// call_argument.h: passwords among the arguments of calls and inside of addresses of data bases:
// login("admin", "x"), getConnection(url, "app", "x"), sql.Open("mysql", "app:x@tcp(db)/shop"),
// jdbc:oracle:thin:app/x@//db, CURLOPT_USERPWD, "app:x".
#pragma once

#include <span>

#include "dataplane/scan/read/reader.h"
#include "dataplane/scan/read/recogniser.h"

namespace sallyport::scan {

// `cue` ends with an opening bracket, or is one of the words that such arguments follow.
bool is_call_cue(std::span<const uint8_t> cue) noexcept;
// trigger: [start, at) is the cue; `reader` stands behind it. The hit is the password alone.
Verdict password_of_call(const TextView& text, const Trigger& trigger, Reader& reader,
                         Hit& out) noexcept;

}  // namespace sallyport::scan
