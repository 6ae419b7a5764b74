// help.h: what --help prints, and what a shell completes, made from the command table.
#pragma once

#include <string>

#include "controlplane/cli/command.h"

namespace sallyport::cli {

// All commands; the verbs of one noun; one command with options and examples.
std::string help_of_all();
std::string help_of_noun(const std::string& noun);
std::string help_of(const Command& command);
// "sallyctl policy compile DIR [-o IMAGE]"
std::string synopsis(const Command& command);
std::string bash_completion();
// docs/sallyctl.md, the part between its markers: one section per command.
std::string reference_page();

}  // namespace sallyport::cli
