// recogniser_probe.h: asks a recogniser about a text as the engine would, and proves that the
// answer does not depend on how much of the text was there when it was asked.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "dataplane/base/bytes.h"
#include "dataplane/scan/read/recogniser.h"
#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {

class RecogniserProbe {
 public:
  explicit RecogniserProbe(RecogniseAt at, uint64_t ahead = kLookAheadBytes)
      : at_(at), ahead_(ahead) {}

  // What is found behind the first trigger of `text` that finds something; triggers are where `cue`
  // stands, in any case.
  std::optional<std::string> find(std::string_view text, std::string_view cue) const {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return static_cast<char>(to_lower(static_cast<uint8_t>(c))); });
    for (size_t at = lower.find(cue); at != std::string::npos; at = lower.find(cue, at + 1)) {
      const Trigger trigger{at, at + cue.size()};
      Hit hit;
      const Verdict verdict = ask(text, trigger, 0, text.size(), true, hit);
      EXPECT_NE(verdict, Verdict::More) << text;
      check_prefixes(text, trigger, verdict, hit);
      if (verdict == Verdict::Match)
        return std::string(text.substr(hit.start, hit.end - hit.start));
    }
    return std::nullopt;
  }

 private:
  Verdict ask(std::string_view text, const Trigger& trigger, size_t begin, size_t end, bool final,
              Hit& hit) const {
    const auto bytes = base::bytes_of(text);
    const TextView view{bytes.data() + begin, begin, end, final};
    RuleParameters rule;
    rule.length_min = 4;
    rule.length_max = 256;
    return at_(view, trigger, rule, hit);
  }

  // Once it has answered for a beginning of the text it says the same about all of it; it answers
  // within its look-ahead; and what lies before its look-behind changes nothing.
  void check_prefixes(std::string_view text, const Trigger& trigger, Verdict whole,
                      const Hit& hit) const {
    const size_t begin = trigger.start > kLookBehindBytes ? trigger.start - kLookBehindBytes : 0;
    for (size_t end = trigger.at; end <= text.size(); ++end) {
      Hit part;
      const Verdict verdict = ask(text, trigger, begin, end, false, part);
      if (verdict == Verdict::More) {
        EXPECT_LT(end, trigger.start + ahead_ + kLookBehindBytes) << text;
        continue;
      }
      ASSERT_EQ(verdict, whole) << text << " cut at " << end;
      if (verdict == Verdict::Match) {
        ASSERT_EQ(part.start, hit.start) << text << " cut at " << end;
        ASSERT_EQ(part.end, hit.end) << text << " cut at " << end;
        ASSERT_LE(part.end, end) << text;
      }
    }
  }

  RecogniseAt at_;
  uint64_t ahead_;
};

}  // namespace sallyport::scan
