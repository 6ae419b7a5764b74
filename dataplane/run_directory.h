// run_directory.h: <run dir> with its folders of rings, as both daemons expect it.
//
// Whoever starts first makes it. Rings and sockets in a folder that somebody else can write to
// would be theirs to replace, so such a folder is refused.
#pragma once

#include <string>

namespace sallyport::dataplane {

// Makes `path`, `path`/rings and `path`/recall (0700) where they are missing. False: `error` says
// what is wrong.
bool prepare_run_directory(const std::string& path, std::string& error);

}  // namespace sallyport::dataplane
