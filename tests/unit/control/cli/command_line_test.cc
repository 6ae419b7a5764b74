// From words to a command: what is found, and that nothing is ever guessed.
#include "controlplane/cli/command_line.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "controlplane/cli/help.h"

namespace sallyport::cli {
namespace {

ParsedLine parse(const std::vector<std::string>& words) {
  bool json = false;
  return parse_line(words, json);
}

Failure failure_of(const std::vector<std::string>& words) {
  try {
    parse(words);
  } catch (const Failure& failure) {
    return failure;
  }
  return {Exit::Ok, "none", "", "", ""};
}

std::vector<std::string> words_of(const Command& command) {
  std::vector<std::string> words = {command.noun};
  if (!command.verb.empty()) words.push_back(command.verb);
  return words;
}

// The command with all that it requires.
std::vector<std::string> whole_line(const Command& command) {
  std::vector<std::string> words = words_of(command);
  for (const auto& option : command.options)
    if (option.required)
      words.insert(words.end(),
                   {"--" + option.name, option.one_of.empty() ? "value" : option.one_of.front()});
  for (const auto& argument : command.arguments)
    if (argument.required) words.push_back("argument");
  return words;
}

TEST(CommandLine, EveryCommandIsFoundByItsWholeName) {
  for (const Command& command : command_table()) {
    const ParsedLine line = parse(whole_line(command));
    ASSERT_EQ(line.command, &command) << command.name();
    EXPECT_FALSE(line.help);
  }
}

TEST(CommandLine, EveryPrefixOfANounOrVerbIsRefused) {
  for (const Command& command : command_table()) {
    for (size_t word = 0; word < words_of(command).size(); ++word) {
      const std::string whole = words_of(command)[word];
      for (size_t size = 1; size < whole.size(); ++size) {
        auto words = whole_line(command);
        words[word] = whole.substr(0, size);
        const Failure failure = failure_of(words);
        EXPECT_EQ(failure.exit, Exit::Usage) << words[0] << " " << words.back();
        EXPECT_EQ(failure.code, "unknown_command") << words[word];
      }
    }
  }
}

TEST(CommandLine, EveryPrefixOfAnOptionIsRefused) {
  for (const Command& command : command_table()) {
    std::vector<OptionSpec> options = global_options();
    options.insert(options.end(), command.options.begin(), command.options.end());
    std::set<std::string> names;
    for (const auto& option : options) names.insert(option.name);
    for (const auto& option : options) {
      for (size_t size = 1; size < option.name.size(); ++size) {
        const std::string prefix = option.name.substr(0, size);
        if (names.count(prefix) != 0) continue;
        for (const char* value : {"=x", ""}) {
          auto words = whole_line(command);
          words.push_back("--" + prefix + value);
          EXPECT_EQ(failure_of(words).exit, Exit::Usage)
              << command.name() << " --" << prefix << value;
        }
      }
    }
  }
}

TEST(CommandLine, APrefixIsNamedAsWhatItMayHaveBeen) {
  EXPECT_NE(failure_of({"polic", "check", "d"}).why.find("did you mean policy?"),
            std::string::npos);
  EXPECT_NE(failure_of({"policy", "chec", "d"}).why.find("did you mean check?"), std::string::npos);
  EXPECT_NE(failure_of({"scan", "--polic", "d"}).why.find("did you mean --policy?"),
            std::string::npos);
}

TEST(CommandLine, GlobalOptionsStandAnywhere) {
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"--output", "json", "--run-dir", "r", "evidence", "list", "--tenant", "acme"},
           {"evidence", "--output=json", "list", "--tenant=acme", "--run-dir=r"},
           {"evidence", "list", "--tenant", "acme", "--run-dir", "r", "--output", "json"}}) {
    const ParsedLine line = parse(words);
    EXPECT_EQ(line.command->name(), "evidence list");
    EXPECT_EQ(line.settings.output, Format::Json);
    EXPECT_EQ(line.settings.run_dir, "r");
    EXPECT_EQ(line.arguments.get("tenant"), "acme");
  }
}

TEST(CommandLine, AValueMayBeginWithADash) {
  EXPECT_EQ(parse({"evidence", "list", "--since", "-24h"}).arguments.get("since"), "-24h");
  EXPECT_EQ(parse({"policy", "compile", "d", "-o", "f"}).arguments.get("out"), "f");
}

TEST(CommandLine, AForgottenValueIsNotTheNextOption) {
  EXPECT_EQ(failure_of({"scan", "--policy", "--redact"}).exit, Exit::Usage);
  EXPECT_EQ(failure_of({"scan", "--policy"}).exit, Exit::Usage);
}

TEST(CommandLine, TooMuchTooLittleTwiceAndWrong) {
  EXPECT_EQ(failure_of({"evidence", "show"}).code, "missing_argument");
  EXPECT_EQ(failure_of({"evidence", "show", "a", "b"}).code, "extra_argument");
  EXPECT_EQ(failure_of({"key", "new", "--policy", "p"}).code, "missing_option");
  EXPECT_EQ(failure_of({"status", "--output", "xml"}).code, "bad_value");
  EXPECT_EQ(failure_of({"status", "--run-dir", "a", "--run-dir", "b"}).exit, Exit::Usage);
  EXPECT_EQ(failure_of({"status", "--ready=yes"}).exit, Exit::Usage);
  EXPECT_EQ(failure_of({"evidence"}).code, "missing_command");
  EXPECT_EQ(failure_of({"--output", "json"}).code, "missing_command");
  EXPECT_EQ(failure_of({"status", "-x"}).exit, Exit::Usage);
}

// Who is asked for stands on stdin; what stands on the command line by mistake is not repeated.
TEST(CommandLine, AValueInPlaceOfAnOptionIsNotPrinted) {
  for (const char* verb : {"find", "erase"}) {
    const Failure failure = failure_of({"subject", verb, "--tenant", "t", "anna"});
    EXPECT_EQ(failure.code, "extra_argument");
    for (const std::string& text : {failure.message, failure.why, failure.next})
      EXPECT_EQ(text.find("anna"), std::string::npos) << text;
  }
}

TEST(CommandLine, BehindTwoDashesEverythingIsAnArgument) {
  const ParsedLine line = parse({"policy", "check", "--", "--odd-folder"});
  EXPECT_EQ(line.arguments.positional, std::vector<std::string>{"--odd-folder"});
}

TEST(CommandLine, NumbersAreWhole) {
  for (const char* text : {"-1", "1x", "1.5", "99999999999999999999"})
    EXPECT_THROW(parse({"evidence", "list", "--limit", text}).arguments.number("limit", 0), Failure)
        << text;
  EXPECT_EQ(parse({"evidence", "list", "--limit", "0"}).arguments.number("limit", 7), 0U);
  EXPECT_EQ(parse({"evidence", "list"}).arguments.number("limit", 7), 7U);
}

TEST(CommandLine, AnOptionOfItsOwnAsksForTheVersion) {
  const ParsedLine line = parse({"--version"});
  ASSERT_NE(line.command, nullptr);
  EXPECT_EQ(line.command->noun, "version");
  EXPECT_THROW(parse({"status", "--version"}), Failure);
}

TEST(CommandLine, HelpNeedsNothingElse) {
  EXPECT_TRUE(parse({"--help"}).help);
  EXPECT_TRUE(parse({"evidence", "-h"}).help);
  for (const Command& command : command_table()) {
    auto words = words_of(command);
    words.push_back("--help");
    const ParsedLine line = parse(words);
    EXPECT_TRUE(line.help);
    EXPECT_EQ(line.command, &command);
  }
}

TEST(CommandLine, TheEnvironmentGivesDefaults) {
  setenv("SALLYPORT_RUN_DIR", "/from/environment", 1);
  EXPECT_EQ(parse({"status"}).settings.run_dir, "/from/environment");
  EXPECT_EQ(parse({"status", "--run-dir", "/said"}).settings.run_dir, "/said");
  unsetenv("SALLYPORT_RUN_DIR");
  EXPECT_EQ(parse({"status"}).settings.run_dir, "/run/sallyport");
}

TEST(Table, EveryRowIsWhole) {
  std::set<std::string> names;
  for (const Command& command : command_table()) {
    EXPECT_TRUE(names.insert(command.name()).second) << command.name() << " is there twice";
    EXPECT_FALSE(command.summary.empty()) << command.name();
    EXPECT_GE(command.examples.size(), 2U) << command.name();
    EXPECT_NE(command.run, nullptr);
    EXPECT_EQ(noun_summary(command.noun).empty(), command.verb.empty()) << command.noun;
    for (const auto& example : command.examples)
      EXPECT_NE(example.command.find("sallyctl " + command.name()), std::string::npos)
          << example.command;
    for (const auto& option : command.options) {
      EXPECT_FALSE(option.text.empty()) << option.name;
      for (const auto& global : global_options()) EXPECT_NE(option.name, global.name);
    }
    EXPECT_NE(help_of(command).find(command.examples[1].command), std::string::npos);
  }
}

TEST(Table, TheReferencePageIsTheTable) {
  const char* root = std::getenv("SALLYPORT_SOURCE_DIR");
  if (root == nullptr) GTEST_SKIP() << "SALLYPORT_SOURCE_DIR is not set";
  const std::string path = std::string(root) + "/docs/sallyctl.md";
  std::ifstream file(path);
  std::stringstream page;
  page << file.rdbuf();
  const std::string text = page.str(), wanted = reference_page();
  const std::string mark = "<!-- commands: made from the command table -->\n";
  const size_t at = text.find(mark);
  ASSERT_NE(at, std::string::npos);
  if (std::getenv("SALLYPORT_WRITE_REFERENCE") != nullptr)
    std::ofstream(path) << text.substr(0, at + mark.size()) << wanted;
  else
    EXPECT_EQ(text.substr(at + mark.size()), wanted)
        << "run this test once with SALLYPORT_WRITE_REFERENCE=1";
}

}  // namespace
}  // namespace sallyport::cli
