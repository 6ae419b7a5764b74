// code_text.h: one file of application code as its guard sees it: code without comments and without
// the words of strings, and the strings apart.
//
// Not a parser: four languages, one pass, every byte keeps its place. What stands in the braces of
// an f-string or a template literal is code. A wrong guess (a quote in a regular expression) shifts
// what is string and what is code until the end of its line or literal, and never reads outside.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::controlplane::policy {

enum class CodeLanguage : uint8_t { None, Python, JavaScript, Go, Java };
// By the end of the name; None: not a language that is looked at.
CodeLanguage language_of(std::string_view file_name);

struct CodeSpan {
  size_t begin = 0;
  size_t end = 0;
};

struct CodeText {
  std::string code;                // as long as the file; comments and strings are spaces
  std::vector<CodeSpan> strings;   // without their quotes
  std::vector<CodeSpan> comments;  // without their marks
};

CodeText split_code(std::string_view text, CodeLanguage language);

}  // namespace sallyport::controlplane::policy
