#include "controlplane/cli/command_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <charconv>
#include <cstdlib>

namespace sallyport::cli {
namespace {

namespace po = boost::program_options;

constexpr int kStyle =
    po::command_line_style::allow_long | po::command_line_style::long_allow_adjacent |
    po::command_line_style::allow_short | po::command_line_style::short_allow_next |
    po::command_line_style::allow_dash_for_short;
static_assert((kStyle & po::command_line_style::allow_guessing) == 0);

std::string tail(const Command* command, const std::string& noun) {
  return command != nullptr ? " " + command->name() : noun.empty() ? "" : " " + noun;
}

[[noreturn]] void usage(const std::string& code, const std::string& what, const std::string& why,
                        const std::string& about = {}) {
  throw Failure(Exit::Usage, code, what, why,
                fmt::format("sallyctl{} --help", about.empty() ? "" : about));
}

// "; did you mean X?" when `word` is the beginning of exactly one name.
std::string suggestion(std::string_view word, const std::vector<std::string>& names) {
  std::vector<std::string> fits;
  for (const auto& name : names)
    if (!word.empty() && name.starts_with(word)) fits.push_back(name);
  if (fits.size() != 1) return "";
  return fmt::format("; did you mean {}? (names are never completed for you)", fits[0]);
}

const OptionSpec* find_option(const std::vector<OptionSpec>& options, std::string_view name) {
  const auto found = std::find_if(options.begin(), options.end(),
                                  [&](const OptionSpec& option) { return option.name == name; });
  return found == options.end() ? nullptr : &*found;
}

// The words of a line, sorted: options as --name=value, arguments, and whether help is wanted.
struct Words {
  std::vector<std::string> options;
  std::vector<std::string> arguments;
  bool help = false;
};

class Splitter {
 public:
  explicit Splitter(const std::vector<std::string>& words) : words_(words) {}

  ParsedLine find_command() {
    ParsedLine line;
    // The noun, the verb: the first words that are neither an option nor its value.
    for (size_t i = 0; i < words_.size() && line.command == nullptr; ++i) {
      const std::string& word = words_[i];
      if (word == "--help" || word == "-h") line.help = true;
      if (word.starts_with("-")) {
        i += takes_next(global_options(), i) ? 1 : 0;
        continue;
      }
      used_.push_back(i);
      take_word(word, line);
    }
    if (line.command == nullptr && !verb_begun_.empty() && !line.help) half_a_verb(line);
    return line;
  }

  Words sort(const std::vector<OptionSpec>& options, const std::string& about) const {
    Words out;
    bool only_arguments = false;
    for (size_t i = 0; i < words_.size(); ++i) {
      const std::string& word = words_[i];
      if (std::find(used_.begin(), used_.end(), i) != used_.end()) continue;
      if (!only_arguments && word == "--") {
        only_arguments = true;
      } else if (only_arguments || !word.starts_with("-") || word == "-") {
        out.arguments.push_back(word);
      } else if (word == "--help" || word == "-h") {
        out.help = true;
      } else if (takes_next(options, i)) {
        out.options.push_back("--" + long_name(options, word) + "=" + words_[++i]);
      } else if (const std::string name = long_name(options, word); !name.empty()) {
        // Boost would take whatever follows for the value, another option too.
        if (const OptionSpec* option = find_option(options, name); !option->value.empty())
          usage("missing_value", fmt::format("--{} wants a value", name),
                fmt::format("--{} {}: {}", name, option->value, option->text), about);
        out.options.push_back("--" + name);
      } else {
        out.options.push_back(word);
      }
    }
    return out;
  }

 private:
  void take_word(const std::string& word, ParsedLine& line) {
    std::vector<std::string> names;
    const std::string verb = verb_begun_.empty() ? word : verb_begun_ + " " + word;
    for (const Command& command : command_table()) {
      const bool is_noun = line.noun.empty();
      if (is_noun ? command.noun == word && command.verb.empty()
                  : command.noun == line.noun && command.verb == verb) {
        line.command = &command;
        return;
      }
      if (!is_noun && command.noun == line.noun && command.verb.starts_with(verb + " ")) {
        verb_begun_ = verb;  // the first of two words
        return;
      }
      if (is_noun || command.noun == line.noun)
        if (const auto& name = is_noun ? command.noun : command.verb;
            std::find(names.begin(), names.end(), name) == names.end())
          names.push_back(name);
    }
    if (line.noun.empty() && std::find(names.begin(), names.end(), word) != names.end()) {
      line.noun = word;
      return;
    }
    const std::string what = line.noun.empty() ? "command" : "verb of " + line.noun;
    usage("unknown_command", fmt::format("'{}' is no {}", printable(word), what),
          fmt::format("{}: {}{}", line.noun.empty() ? "the commands are" : "its verbs are",
                      fmt::join(names, ", "), suggestion(word, names)),
          line.noun.empty() ? "" : " " + line.noun);
  }

  [[noreturn]] void half_a_verb(const ParsedLine& line) const {
    std::vector<std::string> names;
    for (const Command& command : command_table())
      if (command.noun == line.noun && command.verb.starts_with(verb_begun_ + " "))
        names.push_back(command.verb);
    usage("unknown_command",
          fmt::format("'{}' is half a verb of {}", printable(verb_begun_), line.noun),
          fmt::format("there are: {}", fmt::join(names, ", ")), " " + line.noun);
  }

  // "name" of "--name" or "-n"; empty: not one of `options`, or it brings its value along.
  static std::string long_name(const std::vector<OptionSpec>& options, const std::string& word) {
    if (word.starts_with("--")) {
      const OptionSpec* option = find_option(options, std::string_view(word).substr(2));
      return option == nullptr ? "" : option->name;
    }
    for (const OptionSpec& option : options)
      if (option.letter != '\0' && word == std::string{'-', option.letter}) return option.name;
    return "";
  }

  bool takes_next(const std::vector<OptionSpec>& options, size_t i) const {
    const std::string name = long_name(options, words_[i]);
    // A long option right behind is a forgotten value, not a value.
    return !name.empty() && !find_option(options, name)->value.empty() && i + 1 < words_.size() &&
           !words_[i + 1].starts_with("--") && !words_[i + 1].empty();
  }

  const std::vector<std::string>& words_;
  std::vector<size_t> used_;
  std::string verb_begun_;
};

po::options_description describe(const std::vector<OptionSpec>& options) {
  po::options_description description;
  for (const OptionSpec& option : options) {
    if (option.value.empty())
      description.add_options()(option.name.c_str(), "");
    else
      description.add_options()(option.name.c_str(), po::value<std::string>(), "");
  }
  return description;
}

void read_options(const std::vector<OptionSpec>& options, const Words& words,
                  const std::string& about, Arguments& out) {
  const po::options_description description = describe(options);
  po::variables_map values;
  std::vector<std::string> names;
  for (const auto& option : options) names.push_back("--" + option.name);
  try {
    po::store(po::command_line_parser(words.options).options(description).style(kStyle).run(),
              values);
  } catch (const po::unknown_option& error) {
    usage("unknown_option", fmt::format("unknown option of sallyctl{}", about),
          error.what() + suggestion(error.get_option_name(), names), about);
  } catch (const po::error& error) {
    usage("bad_option", fmt::format("wrong option of sallyctl{}", about), error.what(), about);
  }
  for (const OptionSpec& option : options) {
    const auto found = values.find(option.name);
    if (found == values.end()) continue;
    const std::string value = option.value.empty() ? "yes" : found->second.as<std::string>();
    if (!option.one_of.empty() &&
        std::find(option.one_of.begin(), option.one_of.end(), value) == option.one_of.end())
      usage("bad_value", fmt::format("--{} '{}' is not possible", option.name, printable(value)),
            fmt::format("it is one of: {}", fmt::join(option.one_of, ", ")), about);
    out.options[option.name] = value;
  }
}

void check_command(const Command& command, const Arguments& arguments) {
  const std::string about = " " + command.name();
  size_t required = 0;
  for (const auto& argument : command.arguments) required += argument.required ? 1 : 0;
  const size_t given = arguments.positional.size();
  if (given < required)
    usage("missing_argument",
          fmt::format("sallyctl{} needs {}", about, command.arguments[given].name),
          command.arguments[given].text, about);
  const bool repeats = !command.arguments.empty() && command.arguments.back().repeats;
  const bool is_extra = given > command.arguments.size() && !repeats;
  // What somebody wrote there is a value, and stays out of what is printed.
  if (is_extra && command.has_option("value-file"))
    usage("extra_argument", "a value is no word of a command line",
          fmt::format("others see command lines; sallyctl{} reads it from stdin or --value-file",
                      about),
          about);
  if (is_extra)
    usage("extra_argument",
          fmt::format("'{}' is one word too many",
                      printable(arguments.positional[command.arguments.size()])),
          fmt::format("sallyctl{} takes {} besides its options", about,
                      command.arguments.empty() ? "nothing" : command.arguments.back().name),
          about);
  for (const std::string& word : arguments.positional)
    if (word.empty())
      usage("empty_argument", fmt::format("an argument of sallyctl{} is empty", about),
            "a variable without a value, perhaps", about);
  for (const OptionSpec& option : command.options)
    if (option.required && !arguments.has(option.name))
      usage("missing_option", fmt::format("sallyctl{} needs --{}", about, option.name),
            fmt::format("--{} {}: {}", option.name, option.value, option.text), about);
}

std::filesystem::path setting(const Arguments& arguments, const char* option, const char* variable,
                              const char* otherwise) {
  if (const auto value = arguments.find(option)) return *value;
  if (const char* value = std::getenv(variable); value != nullptr && *value != '\0') return value;
  return otherwise;
}

Settings read_settings(const Arguments& arguments) {
  Settings settings;
  settings.run_dir = setting(arguments, "run-dir", "SALLYPORT_RUN_DIR", "/run/sallyport");
  settings.state_dir = setting(arguments, "state-dir", "SALLYPORT_STATE_DIR", "/var/lib/sallyport");
  const char* systemd = std::getenv("CREDENTIALS_DIRECTORY");
  settings.credentials =
      setting(arguments, "credentials", "SALLYPORT_CREDENTIALS",
              systemd != nullptr && *systemd != '\0' ? systemd : "/etc/sallyport/credentials");
  settings.output = arguments.get("output", "table") == "json" ? Format::Json : Format::Table;
  return settings;
}

bool asks_for_json(const std::vector<std::string>& words) {
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--output=json") return true;
    if (words[i] == "--output" && i + 1 < words.size() && words[i + 1] == "json") return true;
  }
  return false;
}

}  // namespace

uint64_t Arguments::number(std::string_view name, uint64_t otherwise) const {
  const auto text = find(name);
  if (!text) return otherwise;
  uint64_t value = 0;
  const auto end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, value);
  if (error != std::errc{} || stop != end)
    throw Failure(Exit::Usage, "bad_value",
                  fmt::format("--{} '{}' is no number", name, printable(*text)),
                  "a whole number from 0 on is wanted", "say it in digits");
  return value;
}

ParsedLine parse_line(const std::vector<std::string>& words, bool& json_errors) {
  json_errors = asks_for_json(words);
  // As every program of a system answers; alone, because behind a command it would be its option.
  if (words.size() == 1 && words.front() == "--version")
    return parse_line({"version"}, json_errors);
  Splitter splitter(words);
  ParsedLine line = splitter.find_command();
  std::vector<OptionSpec> options = global_options();
  if (line.command != nullptr)
    options.insert(options.end(), line.command->options.begin(), line.command->options.end());
  const std::string about = tail(line.command, line.noun);
  const Words sorted = splitter.sort(options, about);
  line.help = sorted.help;
  if (line.help) return line;
  read_options(options, sorted, about, line.arguments);
  line.arguments.positional = sorted.arguments;
  line.settings = read_settings(line.arguments);
  if (line.command == nullptr)
    usage("missing_command", fmt::format("sallyctl{} says too little", about),
          line.noun.empty() ? "a command is missing" : "a verb is missing", about);
  check_command(*line.command, line.arguments);
  return line;
}

}  // namespace sallyport::cli
