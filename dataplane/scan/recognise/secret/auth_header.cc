#include "dataplane/scan/recognise/secret/auth_header.h"

#include "dataplane/scan/recognise/secret/credential_name.h"
#include "dataplane/scan/recognise/secret/credential_value.h"
#include "dataplane/scan/validate/secret_text.h"

namespace sallyport::scan {
namespace {

constexpr uint64_t kBasicMin = 8;
constexpr uint64_t kOpaqueMin = 12;
constexpr uint64_t kBearerMin = 16;

Verdict accept(const TextView& text, const Value& value, uint64_t min, bool basic,
               Hit& out) noexcept {
  if (!value.found || value.spaced || value.end - value.start < min) return Verdict::No;
  const Bytes bytes = text.slice(value.start, value.end);
  if (basic ? basic_credentials(bytes) == 0 : !is_key_like(bytes) && !is_uuid(bytes))
    return Verdict::No;
  out = Hit{value.start, value.end, false, 0};
  return Verdict::Match;
}

// Behind "Authorization": an operator, a scheme or none, the credential.
Verdict behind_authorization(const TextView& text, Reader& reader, uint64_t start,
                             Hit& out) noexcept {
  const Name name = read_name(text, start, reader, true);
  const Operator op = read_operator(reader, name);
  if (reader.starved()) return Verdict::More;
  if (op == Operator::None || op == Operator::Is || op == Operator::Space || op == Operator::Ask)
    return Verdict::No;
  const uint8_t quote = reader.peek();
  if (quote == '"' || quote == '\'' || quote == '`') reader.skip();
  Value value = read_value(reader, Stop::Line);
  if (reader.starved()) return Verdict::More;
  if (!value.found) return Verdict::No;
  if (reader.peek() != ' ') return accept(text, value, kBearerMin, false, out);
  const Bytes scheme = text.slice(value.start, value.end);
  // These have cues of their own.
  if (equals_word(scheme, "basic") || equals_word(scheme, "bearer")) return Verdict::No;
  if (scheme.size() > 16) return accept(text, value, kBearerMin, false, out);
  reader.skip_blanks(2);
  // "GenieKey x", "Token token=x", "SSWS x"
  if (reader.take("token=") && reader.peek() == '"') reader.skip();
  value = read_value(reader, Stop::Line);
  if (reader.starved()) return Verdict::More;
  return accept(text, value, kOpaqueMin, false, out);
}

}  // namespace

bool is_header_cue(Bytes cue) noexcept {
  return equals_word(cue, "basic ") || equals_word(cue, "bearer ") ||
         equals_word(cue, "authorization") || equals_word(cue, "\"auth\"") ||
         equals_word(cue, "_auth=") || equals_word(cue, "_auth =");
}

Verdict credential_of_header(const TextView& text, const Trigger& trigger, Hit& out) noexcept {
  const Bytes cue = text.slice(trigger.start, trigger.at);
  Reader reader(text, trigger.at, trigger.at + kLookAheadBytes);
  Verdict verdict = Verdict::No;
  if (equals_word(cue, "authorization")) {
    verdict = behind_authorization(text, reader, trigger.start, out);
  } else if (equals_word(cue, "basic ") || equals_word(cue, "bearer ")) {
    if (trigger.start > 0 && is_alnum(text.at(trigger.start - 1))) return Verdict::No;
    const bool basic = to_lower(text.at(trigger.start + 1)) == 'a';
    reader.skip_blanks(2);
    const Value value = read_value(reader, Stop::Line);
    if (!reader.starved())
      verdict = accept(text, value, basic ? kBasicMin : kBearerMin, basic, out);
  } else {
    if (cue[0] == '"') {
      reader.skip_blanks(4);
      if (reader.peek() != ':') return reader.starved() ? Verdict::More : Verdict::No;
      reader.skip();
    }
    reader.skip_blanks(4);
    const Value value = read_value(reader, Stop::Line);
    if (!reader.starved()) verdict = accept(text, value, kBasicMin, true, out);
  }
  return reader.starved() ? Verdict::More : verdict;
}

}  // namespace sallyport::scan
