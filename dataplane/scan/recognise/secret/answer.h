// answer.h: what somebody answers to a question that ends in the word for a secret:
// "password? it's x", and of another speaker on the next line: "your API key?", "User: x".
#pragma once

#include "dataplane/scan/read/reader.h"
#include "dataplane/scan/recognise/secret/credential_value.h"

namespace sallyport::scan {

// From behind the question mark over a line end, the name of a speaker and words such as "it's".
void skip_to_answer(Reader& reader) noexcept;
// The value there. Not found where other words stand there. The reader is left behind the value.
Value answer_value(Reader& reader) noexcept;

}  // namespace sallyport::scan
