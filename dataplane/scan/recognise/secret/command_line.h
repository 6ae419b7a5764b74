// command_line.h: passwords among the arguments of commands that take them: sshpass -p x, mysql
// -px, curl -u user:x, net use \\server\share x, unzip -P x, sqlplus user/x@db.
//
// Long options (--password x) need no table: password.h reads them as names.
#pragma once

#include "dataplane/scan/read/recogniser.h"

namespace sallyport::scan {

// `cue` is a command of the table (any case).
bool is_command_cue(std::span<const uint8_t> cue) noexcept;
// trigger: [start, at) is the name of the command. The hit is the password alone.
Verdict password_of_command(const TextView& text, const Trigger& trigger, Hit& out) noexcept;

}  // namespace sallyport::scan
