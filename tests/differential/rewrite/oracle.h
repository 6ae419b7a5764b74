// oracle.h: the slow and obvious twin of the scanner. It has the whole text, knows no runs, no
// edges and no halves: every start is tried, the rules of docs/detection.md are read off, and
// overlaps are resolved at the end.
//
// It knows e-mail addresses, cards, social security numbers and phone numbers that need no context,
// and the tokens as they are minted.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::rewrite {

struct OracleMatch {
  uint64_t start = 0;
  uint64_t end = 0;
  std::string entity;
  friend bool operator==(const OracleMatch&, const OracleMatch&) = default;
  friend std::ostream& operator<<(std::ostream& out, const OracleMatch& m) {
    return out << m.entity << '[' << m.start << ',' << m.end << ')';
  }
};

std::vector<OracleMatch> oracle_scan(std::string_view text);
// Every "[LABEL-" + 23 characters + "]" of a known label.
std::vector<OracleMatch> oracle_tokens(std::string_view text,
                                       const std::vector<std::string>& entities);

}  // namespace sallyport::rewrite
