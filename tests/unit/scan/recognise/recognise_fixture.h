// recognise_fixture.h: asks a recogniser about a text as the stages do, and checks the promise of
// recogniser.h: whatever it answers for a beginning of the text, other than More, is its answer for
// the whole.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <string>
#include <string_view>

#include "dataplane/scan/read/number_row.h"
#include "dataplane/scan/read/recogniser.h"

namespace sallyport::scan {

inline TextView view_of(std::string_view text, bool final) {
  return {reinterpret_cast<const uint8_t*>(text.data()), 0, text.size(), final};
}

// What is found at one trigger: the text of the hit, "~" before it if it is bare, "" for none.
inline std::string found_at(std::string_view text, RecogniseAt recognise, const Trigger& trigger,
                            const RuleParameters& rule = RuleParameters{}) {
  Hit hit;
  const Verdict verdict = recognise(view_of(text, true), trigger, rule, hit);
  EXPECT_NE(verdict, Verdict::More) << text;
  const std::string whole =
      verdict == Verdict::Match
          ? (hit.bare ? "~" : "") + std::string(text.substr(hit.start, hit.end - hit.start))
          : std::string();
  for (size_t size = trigger.at; size <= text.size(); ++size) {
    Hit part;
    // A copy of its own, so that a sanitizer sees a look behind the end.
    const std::string beginning(text.substr(0, size));
    const Verdict early = recognise(view_of(beginning, false), trigger, rule, part);
    if (early == Verdict::More) continue;
    EXPECT_EQ(early, verdict) << "of '" << text << "' the first " << size;
    if (early == Verdict::Match && verdict == Verdict::Match) {
      EXPECT_EQ(part.start, hit.start) << text << " " << size;
      EXPECT_EQ(part.end, hit.end) << text << " " << size;
      EXPECT_EQ(part.bare, hit.bare) << text << " " << size;
    }
  }
  return whole;
}

// The first thing found at the places that `triggers` names.
inline std::string first_found(
    std::string_view text, RecogniseAt recognise,
    const std::function<bool(std::string_view, size_t, Trigger&)>& triggers) {
  for (size_t at = 0; at < text.size(); ++at) {
    Trigger trigger;
    if (!triggers(text, at, trigger)) continue;
    const std::string one = found_at(text, recognise, trigger);
    if (!one.empty()) return one;
  }
  return {};
}

// Groups as number_row.h defines them, over the whole text: one row, from the first group with a
// digit on.
inline bool row_of(std::string_view text, Row& row) {
  constexpr std::string_view kGap = " -./()+_,:*`'\"#|\n\r\t";
  const auto alnum = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
  size_t at = 0;
  row.count = 0;
  const auto read_group = [&](size_t start) {
    Group group{static_cast<uint32_t>(start), static_cast<uint32_t>(start), 0, 0};
    while (group.end < text.size() && alnum(text[group.end])) {
      if (std::isdigit(static_cast<unsigned char>(text[group.end])) != 0)
        ++group.digits;
      else
        ++group.letters;
      ++group.end;
    }
    return group;
  };
  while (at < text.size()) {
    if (!alnum(text[at])) {
      if (row.count > 0 && kGap.find(text[at]) == std::string_view::npos) break;
      ++at;
      continue;
    }
    const Group group = read_group(at);
    at = group.end;
    if (row.count == 0 && group.digits == 0) continue;
    if (group.digits == 0 && group.letters > kLetterGroupMax) break;
    row.groups[row.count++] = group;
  }
  while (row.count > 0 && row.groups[row.count - 1].digits == 0) --row.count;
  if (row.count == 0) return false;
  row.base = row.groups[0].start;
  row.view = view_of(text, true);
  for (size_t g = 0; g < row.count; ++g) {
    row.groups[g].start -= static_cast<uint32_t>(row.base);
    row.groups[g].end -= static_cast<uint32_t>(row.base);
  }
  row.text = row.view.slice(row.base, row.base + row.groups[row.count - 1].end);
  return true;
}

inline std::string first_in_row(std::string_view text, RecogniseRow recognise) {
  Row row;
  if (!row_of(text, row)) return {};
  for (size_t first = 0; first < row.count; ++first) {
    RowHit hit;
    if (!recognise(row, first, hit)) continue;
    const auto start = static_cast<size_t>(static_cast<int64_t>(row.base) + hit.start);
    const auto end = static_cast<size_t>(static_cast<int64_t>(row.base) + hit.end);
    return (hit.bare ? "~" : "") + std::string(text.substr(start, end - start));
  }
  return {};
}

struct Example {
  std::string_view text;
  std::string_view found;
};

}  // namespace sallyport::scan
