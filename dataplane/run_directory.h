// run_directory.h: <run dir> with its rings folder, as both daemons expect it.
//
// Whoever starts first makes it. Rings and sockets in a folder that somebody else can write to
// would be theirs to replace, so such a folder is refused.
#pragma once

#include <string>

namespace sallyport::dataplane {

// Makes `path` and `path`/rings (0700) where they are missing. False: `error` says what is wrong.
bool prepare_run_directory(const std::string& path, std::string& error);

}  // namespace sallyport::dataplane
