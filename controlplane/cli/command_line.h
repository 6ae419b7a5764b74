// command_line.h: from argv to a row of the command table, its options and arguments.
//
// Boost.Program_options has no subcommands and, by default, guesses: a unique prefix of an option
// silently becomes that option. Guessing is off here for options, nouns and verbs alike; a prefix
// is a usage error that names what may have been meant. Values may begin with a dash (--since
// -24h) because the table says which options take one.
#pragma once

#include <string>
#include <vector>

#include "controlplane/cli/command.h"

namespace sallyport::cli {

struct ParsedLine {
  const Command* command = nullptr;  // null: help is wanted, about `noun` when it is set
  std::string noun;
  bool help = false;
  Settings settings;
  Arguments arguments;
};

// `words`: argv without the program's name. `json_errors` is set as soon as --output json is seen,
// so that usage errors have the form that was asked for. Throws Failure (Exit::Usage).
ParsedLine parse_line(const std::vector<std::string>& words, bool& json_errors);

}  // namespace sallyport::cli
