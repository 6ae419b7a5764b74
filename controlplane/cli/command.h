// command.h: what a verb of sallyctl is: a row of the command table.
//
// Everything that talks about commands reads these rows: the parser, --help, the completion script
// and the reference page (a test compares). So a verb without examples, or an option without a
// text, cannot exist.
#pragma once

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/cli/output.h"

namespace sallyport::cli {

struct OptionSpec {
  std::string name;   // without dashes
  std::string value;  // what stands for the value in help; empty: a switch
  std::string text;
  char letter = '\0';
  bool required = false;
  std::vector<std::string> one_of = {};  // the values that are allowed; empty: any
};

struct ArgumentSpec {
  std::string name;  // as in help: DIR, ID
  std::string text;
  bool required = true;
  bool repeats = false;  // the last one may come as often as it is said
};

struct Example {
  std::string command;
  std::string text;
};

// Options that every command takes, after defaults and environment.
struct Settings {
  std::filesystem::path run_dir;
  std::filesystem::path state_dir;
  std::filesystem::path credentials;
  Format output = Format::Table;

  std::filesystem::path admin_socket() const { return run_dir / "admin.sock"; }
  std::filesystem::path evidence_folder() const { return state_dir / "evidence"; }
  std::filesystem::path images_folder() const { return state_dir / "images"; }
  std::filesystem::path keys_folder() const { return state_dir / "keys"; }
};

// What was said after the verb. Options that are not there are empty.
struct Arguments {
  std::map<std::string, std::string, std::less<>> options;  // a switch has the value "yes"
  std::vector<std::string> positional;

  bool has(std::string_view name) const { return options.find(name) != options.end(); }
  std::string get(std::string_view name, std::string_view otherwise = {}) const {
    const auto found = options.find(name);
    return found == options.end() ? std::string(otherwise) : found->second;
  }
  std::optional<std::string> find(std::string_view name) const {
    const auto found = options.find(name);
    if (found == options.end()) return std::nullopt;
    return found->second;
  }
  // Throws Failure (usage) when it is there and no number.
  uint64_t number(std::string_view name, uint64_t otherwise) const;
};

// One call of a command. References live as long as the call.
struct Call {
  const Settings& settings;
  const Arguments& arguments;
  Output& out;
};

struct Command {
  std::string noun;
  std::string verb;  // one or two words; empty: the noun alone is the command
  std::string summary;
  std::string details;
  std::vector<ArgumentSpec> arguments;
  std::vector<OptionSpec> options;
  std::vector<Example> examples;  // two at least
  Exit (*run)(const Call& call);  // throws Failure

  std::string name() const { return verb.empty() ? noun : noun + " " + verb; }
  bool has_option(std::string_view option) const {
    return std::any_of(options.begin(), options.end(),
                       [&](const OptionSpec& one) { return one.name == option; });
  }
  // "sallyport/<noun>-<verb>/1"; two words of a verb are joined by a dash.
  std::string schema() const {
    std::string words = verb.empty() ? noun : noun + "-" + verb;
    for (char& c : words) c = c == ' ' ? '-' : c;
    return "sallyport/" + words + "/1";
  }
};

// Every command, in the order of help.
const std::vector<Command>& command_table();
const std::vector<OptionSpec>& global_options();
// One line about a noun that has verbs.
std::string_view noun_summary(std::string_view noun);

}  // namespace sallyport::cli
