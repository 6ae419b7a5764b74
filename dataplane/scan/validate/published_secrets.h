// published_secrets.h: keys, tokens and passwords that the documents of their vendors and standards
// print as samples. They open nothing, and every guide repeats them.
#pragma once

#include "dataplane/scan/validate/word_list.h"

namespace sallyport::scan {

bool is_published_secret(Bytes text) noexcept;

}  // namespace sallyport::scan
