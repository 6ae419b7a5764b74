// failure.h: how a command of sallyctl ends when it does not end well.
//
// An operator gets three lines (what, why, what to do next); a script gets an exit code that means
// one thing (docs/sallyctl.md) and, with --output json, the same as an object with a stable code.
#pragma once

#include <exception>
#include <nlohmann/json.hpp>
#include <string>

namespace sallyport::cli {

// Persisted in scripts of our users: numbers never change.
enum class Exit : int {
  Ok = 0,
  Failed = 1,
  Usage = 2,
  No = 3,  // it ran, and the answer is no: a check failed, a log does not verify
  NotFound = 4,
  Denied = 5,
  Unreachable = 6,  // sallyportd does not answer
  Conflict = 7,
  Timeout = 8,
  Partial = 9,
};

class Failure : public std::exception {
 public:
  Failure(Exit exit_code, std::string code_text, std::string what_text, std::string why_text,
          std::string next_text)
      : exit(exit_code),
        code(std::move(code_text)),
        message(std::move(what_text)),
        why(std::move(why_text)),
        next(std::move(next_text)) {}
  const char* what() const noexcept override { return message.c_str(); }

  Exit exit;
  std::string code;     // machine word, stable
  std::string message;  // what did not happen
  std::string why;
  std::string next;                                   // what to do about it
  nlohmann::json problems = nlohmann::json::array();  // rows with file, line, column, message
  std::string problems_text;                          // the same for people, with carets
};

}  // namespace sallyport::cli
