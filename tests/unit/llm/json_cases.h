// json_cases.h: the texts of tests/conformance/json, with what a reader must say of each.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

namespace sallyport::llm {

struct JsonCase {
  int line = 0;
  std::string verdict;
  std::string text;
};

// <XX> one byte, <N*text> a text N times.
inline std::string unescaped(const std::string& written) {
  std::string out;
  for (size_t at = 0; at < written.size(); ++at) {
    if (written[at] != '<') {
      out += written[at];
      continue;
    }
    const size_t end = std::min(written.find('>', at), written.size());
    const std::string inside = written.substr(at + 1, end - at - 1);
    const size_t star = inside.find('*');
    if (star == std::string::npos) {
      out += static_cast<char>(std::stoul(inside, nullptr, 16));
    } else {
      for (unsigned long n = std::stoul(inside.substr(0, star)); n > 0; --n)
        out += inside.substr(star + 1);
    }
    at = end;
  }
  return out;
}

inline std::vector<JsonCase> json_cases() {
  const char* root = std::getenv("SALLYPORT_SOURCE_DIR");
  std::ifstream in(std::string(root == nullptr ? "." : root) + "/tests/conformance/json/cases.txt");
  std::vector<JsonCase> out;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (line.starts_with('#')) continue;
    const size_t tab = line.find('\t');
    EXPECT_NE(tab, std::string::npos) << "line " << number;
    if (tab == std::string::npos) continue;
    out.push_back(JsonCase{number, line.substr(0, tab), unescaped(line.substr(tab + 1))});
  }
  return out;
}

}  // namespace sallyport::llm
