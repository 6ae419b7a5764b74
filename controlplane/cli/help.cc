#include "controlplane/cli/help.h"

#include <fmt/format.h>

#include <algorithm>

namespace sallyport::cli {
namespace {

std::string option_form(const OptionSpec& option) {
  std::string form = option.letter != '\0' ? fmt::format("-{}, ", option.letter) : "";
  form += "--" + option.name;
  if (!option.value.empty()) form += " " + option.value;
  return form;
}

// Two columns; what is too long for the left one has its text on the next line.
std::string rows(const std::vector<std::pair<std::string, std::string>>& pairs) {
  constexpr size_t kLeftMax = 44;
  size_t width = 0;
  for (const auto& [left, right] : pairs)
    if (left.size() <= kLeftMax) width = std::max(width, left.size());
  std::string out;
  for (const auto& [left, right] : pairs) {
    if (left.size() > kLeftMax)
      out += fmt::format("  {}\n      {}\n", left, right);
    else
      out += fmt::format("  {:<{}}  {}\n", left, width, right);
  }
  return out;
}

std::string option_rows(const std::vector<OptionSpec>& options) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& option : options) {
    std::string text = option.text;
    if (!option.one_of.empty()) text += fmt::format(" ({})", fmt::join(option.one_of, ", "));
    pairs.emplace_back(option_form(option), text);
  }
  return rows(pairs);
}

std::vector<std::string> nouns() {
  std::vector<std::string> out;
  for (const auto& command : command_table())
    if (std::find(out.begin(), out.end(), command.noun) == out.end()) out.push_back(command.noun);
  return out;
}

std::vector<std::string> verbs_of(const std::string& noun) {
  std::vector<std::string> out;
  for (const auto& command : command_table())
    if (command.noun == noun && !command.verb.empty()) out.push_back(command.verb);
  return out;
}

std::string words_of(const std::vector<OptionSpec>& options) {
  std::string out;
  for (const auto& option : options) out += " --" + option.name;
  return out;
}

}  // namespace

std::string synopsis(const Command& command) {
  std::string out = "sallyctl " + command.name();
  for (const auto& argument : command.arguments)
    out += argument.required ? " " + argument.name : " [" + argument.name + "]";
  for (const auto& option : command.options) {
    const std::string name =
        option.letter != '\0' ? std::string{'-', option.letter} : "--" + option.name;
    const std::string form = option.value.empty() ? name : name + " " + option.value;
    out += option.required ? " " + form : " [" + form + "]";
  }
  return out;
}

std::string help_of_all() {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& command : command_table()) pairs.emplace_back(command.name(), command.summary);
  return "sallyctl: operate a Sallyport appliance.\n\n"
         "usage: sallyctl [global options] COMMAND [VERB] [arguments]\n\ncommands\n" +
         rows(pairs) + "\nglobal options (anywhere on the line)\n" + option_rows(global_options()) +
         "\nexamples\n"
         "  sallyctl doctor                                is this machine fit, and what to fix\n"
         "  sallyctl evidence verify --output json         the proof of the log, for a script\n"
         "\nexit codes: 0 ok, 1 failed, 2 usage, 3 the answer is no, 4 not found, 5 denied,\n"
         "6 daemon unreachable, 7 conflict, 8 timeout, 9 partial. Names are never completed for "
         "you.\n";
}

std::string help_of_noun(const std::string& noun) {
  std::vector<std::pair<std::string, std::string>> pairs, examples;
  for (const auto& command : command_table()) {
    if (command.noun != noun) continue;
    pairs.emplace_back(synopsis(command), command.summary);
    for (const auto& example : command.examples)
      if (examples.size() < 6) examples.emplace_back(example.command, example.text);
  }
  return fmt::format(
      "sallyctl {}: {}\n\nverbs\n{}\nexamples\n{}\nsallyctl {} VERB --help says more.\n", noun,
      noun_summary(noun), rows(pairs), rows(examples), noun);
}

std::string help_of(const Command& command) {
  std::string out = fmt::format("sallyctl {}: {}\n\nusage: {}\n", command.name(), command.summary,
                                synopsis(command));
  if (!command.details.empty()) out += "\n" + command.details + "\n";
  if (!command.arguments.empty()) {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const auto& argument : command.arguments) pairs.emplace_back(argument.name, argument.text);
    out += "\narguments\n" + rows(pairs);
  }
  if (!command.options.empty()) out += "\noptions\n" + option_rows(command.options);
  out += "\nglobal options\n" + option_rows(global_options());
  std::vector<std::pair<std::string, std::string>> examples;
  for (const auto& example : command.examples) examples.emplace_back(example.command, example.text);
  return out + "\nexamples\n" + rows(examples);
}

std::string bash_completion() {
  std::string out =
      "# bash completion for sallyctl: eval \"$(sallyctl completion bash)\"\n"
      "_sallyctl() {\n"
      "  local word=\"${COMP_WORDS[COMP_CWORD]}\" noun=\"\" verb=\"\" skip=0 i\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    if ((skip)); then skip=0; continue; fi\n"
      "    case \"${COMP_WORDS[i]}\" in\n"
      "      ";
  std::string with_value;
  for (const auto& option : global_options())
    if (!option.value.empty()) with_value += (with_value.empty() ? "--" : " | --") + option.name;
  out += with_value +
         ") skip=1 ;;\n"
         "      -*) ;;\n"
         "      *) if [ -z \"$noun\" ]; then noun=\"${COMP_WORDS[i]}\"; "
         "elif [ -z \"$verb\" ]; then verb=\"${COMP_WORDS[i]}\"; fi ;;\n"
         "    esac\n"
         "  done\n"
         "  local words=\"\"\n"
         "  case \"$noun $verb\" in\n";
  out += fmt::format("    \" \") words=\"{}{} --help\" ;;\n", fmt::join(nouns(), " "),
                     words_of(global_options()));
  for (const auto& noun : nouns()) {
    const auto verbs = verbs_of(noun);
    if (!verbs.empty())
      out += fmt::format("    \"{} \") words=\"{} --help\" ;;\n", noun, fmt::join(verbs, " "));
  }
  for (const auto& command : command_table())
    out +=
        fmt::format("    \"{}{}\"*) words=\"{}{} --help\" ;;\n", command.noun, " " + command.verb,
                    words_of(command.options).erase(0, 1), words_of(global_options()));
  return out +
         "  esac\n"
         "  case \"$word\" in\n"
         "    -*) COMPREPLY=($(compgen -W \"$words\" -- \"$word\")) ;;\n"
         "    *) COMPREPLY=($(compgen -W \"$words\" -- \"$word\") $(compgen -f -- \"$word\")) ;;\n"
         "  esac\n"
         "}\n"
         "complete -o filenames -F _sallyctl sallyctl\n";
}

std::string reference_page() {
  std::string out;
  for (const auto& command : command_table()) {
    out +=
        fmt::format("## {}\n\n    {}\n\n{}.\n", command.name(), synopsis(command), command.summary);
    if (!command.details.empty()) out += "\n" + command.details + "\n";
    if (!command.arguments.empty() || !command.options.empty())
      out += "\n| argument or option | meaning |\n|---|---|\n";
    for (const auto& argument : command.arguments)
      out += fmt::format("| `{}` | {} |\n", argument.name, argument.text);
    for (const auto& option : command.options) {
      const std::string choices =
          option.one_of.empty() ? "" : fmt::format(" ({})", fmt::join(option.one_of, ", "));
      out += fmt::format("| `{}` | {}{} |\n", option_form(option), option.text, choices);
    }
    out += "\n";
    for (const auto& example : command.examples)
      out += fmt::format("    {}    # {}\n", example.command, example.text);
    out += "\n";
  }
  out.pop_back();
  return out;
}

}  // namespace sallyport::cli
