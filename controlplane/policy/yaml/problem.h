// problem.h: what is wrong with a bundle, and exactly where.
//
// Every step of the bundle (reading, checking, compiling, self test) reports in this form, so that
// the CLI, the admin socket and an editor show the same thing.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::controlplane::policy {

// Where something was said. Lines and columns count from 1; 0: the whole file (or line).
struct Place {
  std::string file;  // as a person can open it: the bundle folder as given, and the path in it
  int line = 0;
  int column = 0;  // in characters, not bytes
};

struct Problem {
  std::string file;
  int line = 0;
  int column = 0;
  std::string message;
  std::string source_line;  // empty when there is none

  // "file:line:column: message", then the source line and a caret below the column.
  std::string render() const;
};

// Texts of the files that were read, by displayed name: for the source lines of problems.
class Sources {
 public:
  void add(const std::string& file, std::string text) { texts_[file] = std::move(text); }
  Problem problem(const Place& place, std::string message) const;

 private:
  std::map<std::string, std::string> texts_;
};

// The names of `known` closest to `word`, as " (did you mean 'x'?)"; empty when none is close.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);

}  // namespace sallyport::controlplane::policy
