// Random text against the recognisers of secrets, at every place of every cue: an answer stays the
// same however much of the text was there, lies inside of what was there, and is given within the
// look-ahead.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "dataplane/scan/recognise/secret/assignment.h"
#include "dataplane/scan/recognise/secret/key_block.h"
#include "dataplane/scan/recognise/secret/password.h"
#include "dataplane/scan/recognise/secret/url_credentials.h"
#include "dataplane/scan/validate/letters.h"

namespace {

using namespace sallyport::scan;

// Every cut of a longer text would cost its square.
constexpr size_t kTextMax = 512;

struct Form {
  std::string_view cue;
  RecogniseAt at;
  uint64_t ahead;
};

Verdict url_at(const TextView& text, const Trigger& trigger, const RuleParameters& rule,
               Hit& out) noexcept {
  return url_credentials_at(text, Trigger{trigger.start, trigger.start}, rule, out);
}

constexpr std::array<Form, 14> kForms = {{{"password", password_after_cue, kLookAheadBytes},
                                          {"pass", password_after_cue, kLookAheadBytes},
                                          {"pw:", password_after_cue, kLookAheadBytes},
                                          {"curl", password_after_cue, kLookAheadBytes},
                                          {"net use", password_after_cue, kLookAheadBytes},
                                          {"mysql", password_after_cue, kLookAheadBytes},
                                          {"login", password_after_cue, kLookAheadBytes},
                                          {"identified by", password_after_cue, kLookAheadBytes},
                                          {"authorization", password_after_cue, kLookAheadBytes},
                                          {":5432:", password_after_cue, kLookAheadBytes},
                                          {"token", assignment_at, kLookAheadBytes},
                                          {"datadog", assignment_at, kLookAheadBytes},
                                          {"://", url_at, kLookAheadBytes},
                                          {"-----begin ", key_block_at, kKeyBlockBytesMax}}};

void require(bool condition) {
  if (!condition) std::abort();
}

void check(std::string_view text, const Form& form, const Trigger& trigger) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  RuleParameters rule;
  rule.length_min = 4;
  rule.length_max = 256;
  Hit whole;
  const Verdict verdict = form.at(TextView{bytes, 0, text.size(), true}, trigger, rule, whole);
  require(verdict != Verdict::More);
  require(verdict != Verdict::Match || (whole.start < whole.end && whole.end <= text.size()));
  const size_t begin = trigger.start > kLookBehindBytes ? trigger.start - kLookBehindBytes : 0;
  for (size_t end = trigger.at; end <= text.size(); ++end) {
    Hit part;
    const Verdict answer = form.at(TextView{bytes + begin, begin, end, false}, trigger, rule, part);
    if (answer == Verdict::More) {
      require(end < trigger.at + form.ahead);
      continue;
    }
    require(answer == verdict);
    if (answer == Verdict::Match)
      require(part.start == whole.start && part.end == whole.end && part.end <= end);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string text(reinterpret_cast<const char*>(data), std::min(size, kTextMax));
  // A byte 0 never occurs in folded text.
  std::replace(text.begin(), text.end(), '\0', ' ');
  std::string lower = text;
  for (char& c : lower) c = static_cast<char>(to_lower(static_cast<uint8_t>(c)));
  for (const Form& form : kForms)
    for (size_t at = lower.find(form.cue); at != std::string::npos;
         at = lower.find(form.cue, at + 1))
      check(text, form, Trigger{at, at + form.cue.size()});
  return 0;
}
