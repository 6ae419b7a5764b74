// locked_file.h: how a file that two processes share begins its life.
#pragma once

#include <string>

namespace sallyport::evidence {

// Makes the file `hidden_path` and locks it (flock) for as long as the descriptor is open: the
// lock is what tells the control plane that whoever makes the file still lives. A hidden file
// without a lock is a leftover of a start that was killed, and the control plane removes it
// (controlplane/evidence/ring/abandoned_file.h). That may hit the instant between making and
// locking; the file is then made again. The caller owns the descriptor. -1 with `error` filled: the
// file is there already, or cannot be made.
int make_locked_file(const std::string& hidden_path, std::string& error);

// "CALL PATH: what errno says", for people.
std::string file_failure(const char* call, const std::string& path, int code);

}  // namespace sallyport::evidence
