#include "dataplane/scan/recognise/secret/assignment.h"

#include <array>

#include "dataplane/scan/recognise/secret/answer.h"
#include "dataplane/scan/recognise/secret/credential_name.h"
#include "dataplane/scan/recognise/secret/credential_value.h"
#include "dataplane/scan/recognise/secret/literal_parts.h"
#include "dataplane/scan/recognise/secret/prose_words.h"
#include "dataplane/scan/recognise/secret/value_before.h"
#include "dataplane/scan/validate/characters.h"
#include "dataplane/scan/validate/secret_text.h"

namespace sallyport::scan {
namespace {

// Numbers alone are ids more often than secrets; shorter ones are left alone.
constexpr size_t kDigitsAloneMin = 15;
// Behind the name of a vendor, and in prose without an operator.
constexpr size_t kTopicKeyMin = 14;
constexpr size_t kProseKeyMin = 16;

bool is_topic(Bytes cue) noexcept {
  static constexpr WordList kNouns{std::to_array<std::string_view>(
      {"token", "key", "secret", "auth", "credential", "session", "sess", "sid", "psk",
       "passphrase", "bearer", "sas", "signature", "cookie", "pat"})};
  return !kNouns.any_in(cue);
}

// "Bearer x", "Token x", "Basic x" as the value of a header.
void drop_scheme(const TextView& text, Value& value) noexcept {
  const Bytes bytes = text.slice(value.start, value.end);
  for (std::string_view scheme :
       {"bearer ", "token ", "basic ", "apikey ", "api-key ", "api-token ", "key "})
    if (bytes.size() > scheme.size() && equals_word(bytes.first(scheme.size()), scheme)) {
      value.start += scheme.size();
      break;
    }
  value.spaced = false;
  for (uint8_t c : text.slice(value.start, value.end)) value.spaced |= c == ' ' || c == '\t';
}

// What a shared access signature of Azure Storage cannot do without (its documentation: "sv" and
// "sig").
bool is_shared_access_signature(Bytes value) noexcept {
  return contains_word(value, "sv=20") && contains_word(value, "sig=");
}

// "signing key 19882D92...": forty capital hex digits name a key of OpenPGP (RFC 9580, 5.5.4).
bool is_fingerprint(Bytes value) noexcept {
  constexpr size_t kDigits = 40;
  return value.size() == kDigits && std::all_of(value.begin(), value.end(), [](uint8_t c) {
           return is_digit(c) || (c >= 'A' && c <= 'F');
         });
}

// "token = 3a16750d-...", "?token=3a16750d-...": a setting or a link. Behind a colon, in prose and
// in elements what is called a token is an id as often.
bool is_setting_of_token(const TextView& text, Bytes value, uint64_t start, Bytes name) noexcept {
  constexpr unsigned kBlanksMax = 4;
  if (!equals_word(name, "token") || !is_uuid(value) || is_placeholder(value)) return false;
  uint64_t at = start - 1;
  if (text.at(at) == '"' || text.at(at) == '\'') --at;
  for (unsigned i = 0; i < kBlanksMax && text.at(at) == ' '; ++i) --at;
  return text.at(at) == '=' && text.at(at - 1) != '=';
}

// The id of a Twilio account, which stands before its key.
bool is_account_sid(Bytes value) noexcept {
  constexpr size_t kDigits = 32;
  return value.size() == kDigits + 2 && value[0] == 'A' && value[1] == 'C' &&
         std::all_of(value.begin() + 2, value.end(),
                     [](uint8_t c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
}

// "speech_key", "x-maps-key": any name that ends so.
bool is_any_key(Bytes cue) noexcept { return equals_word(cue, "_key") || equals_word(cue, "-key"); }

// "abcd1234abcd1234": made by hand.
bool repeats_its_begin(Bytes value) noexcept {
  constexpr size_t kPeriodMin = 3, kPeriodMax = 10;
  for (size_t period = kPeriodMin; period <= kPeriodMax && 2 * period <= value.size(); ++period)
    if (std::equal(value.begin(), value.begin() + static_cast<std::ptrdiff_t>(period),
                   value.begin() + static_cast<std::ptrdiff_t>(period)))
      return true;
  return false;
}

// "exports.EntityV3LogItem = EntityV3LogItem": a name that is given to itself.
bool is_end_of(Bytes value, Bytes name) noexcept {
  return value.size() <= name.size() &&
         std::equal(value.begin(), value.end(), name.last(value.size()).begin());
}

bool value_fits(Bytes value, Bytes name, Bytes cue, bool quoted, Operator op) noexcept {
  if (equals_word(cue, "sas")) return is_shared_access_signature(value);
  const bool topic = is_topic(cue);
  // "auth" is a user and a password in base64 as often (recognise/secret/auth_header.h).
  if (equals_word(cue, "\"auth\"")) return op == Operator::Assign && is_key_like(value);
  if (is_uuid(value))
    return !is_placeholder(value) && (op != Operator::Is || contains_word(cue, "api")) &&
           (topic || name_accepts_uuid(name)) && op != Operator::Space;
  if (all_digits(value))
    return quoted && !topic && value.size() >= kDigitsAloneMin && !is_placeholder(value);
  const bool key = is_key_like(value);
  if (op == Operator::Is || op == Operator::Space || op == Operator::Ask)
    return key && value.size() >= kProseKeyMin && !is_fingerprint(value);
  if (topic) return key && value.size() >= kTopicKeyMin && !is_account_sid(value);
  if (key) return !is_any_key(cue) || !repeats_its_begin(value);
  const bool phrase = cue_accepts_phrase(cue) && value.size() >= kSecretPhraseMin;
  return (phrase || (!is_any_key(cue) && is_made_up(value))) &&
         password_strength(value) == Strength::Strong;
}

}  // namespace

bool assignment_cue_is_name(Bytes cue) noexcept {
  return !is_topic(cue) && !equals_word(cue, "sas") && !equals_word(cue, "set-cookie") &&
         (is_letter(cue.front()) || cue.front() >= 0x80);
}

bool name_accepts_uuid(Bytes name) noexcept {
  for (std::string_view part :
       {"token", "secret", "apikey", "api_key", "api-key", "api key", "accesskey", "access_key"})
    if (contains_word(name, part)) return name.size() > part.size() || part != "token";
  return false;
}

bool cue_accepts_phrase(Bytes cue) noexcept {
  return contains_word(cue, "secret") || contains_word(cue, "passphrase") ||
         contains_word(cue, "psk") || contains_word(cue, "credential") ||
         contains_word(cue, "encryption") || contains_word(cue, "signing") ||
         contains_word(cue, "recovery") || contains_word(cue, "backup code");
}

bool assignment_cue_begins_word(Bytes cue) noexcept {
  return cue.size() <= kShortCueBytes || is_topic(cue);
}

namespace {

// "token we got from them is": words of a sentence up to the one for "equals". Moves behind it, or
// not at all.
bool skip_clause(Reader& reader) noexcept {
  constexpr unsigned kWordsMax = 7;
  constexpr uint64_t kWordBytesMax = 12;
  const uint64_t from = reader.at();
  for (unsigned words = 0; words < kWordsMax; ++words) {
    uint64_t size = 0;
    while (size <= kWordBytesMax && is_letter(reader.peek())) {
      reader.skip();
      ++size;
    }
    if (size == 0 || size > kWordBytesMax) break;
    // "API key has been created: x"
    if (reader.peek() == ':' && words > 0 && (reader.peek(1) == ' ' || reader.peek(1) == '\n')) {
      reader.skip();
      skip_white(reader, 4);
      return true;
    }
    if (reader.peek() != ' ') break;
    reader.skip();
    if (take_is_word(reader)) return true;
    // "token generated -> x"
    if (reader.peek() == '-' && reader.peek(1) == '>') {
      reader.skip(2);
      reader.skip_blanks(2);
      return true;
    }
  }
  reader.move_to(from);
  return false;
}

// "Jwt": {"Key": "x"}: where the member says only that it is a key. [start, at) is the name in
// quotes.
Verdict in_member(const TextView& text, Reader& reader, Hit& out) noexcept {
  constexpr uint64_t kWhiteMax = 40;
  for (const uint8_t sign : {uint8_t{':'}, uint8_t{'{'}}) {
    reader.skip_blanks(4);
    if (reader.peek() != sign) return reader.starved() ? Verdict::More : Verdict::No;
    reader.skip();
  }
  skip_white(reader, kWhiteMax);
  if (!reader.take("\"key\"")) return reader.starved() ? Verdict::More : Verdict::No;
  reader.skip_blanks(4);
  if (reader.peek() != ':') return reader.starved() ? Verdict::More : Verdict::No;
  reader.skip();
  reader.skip_blanks(4);
  const Value value = read_value(reader, Stop::Line);
  if (reader.starved()) return Verdict::More;
  if (!value.found || !value.quoted || value.spaced ||
      !is_key_like(text.slice(value.start, value.end)))
    return Verdict::No;
  return match(value, 0, out);
}

Verdict behind_cue(const TextView& text, const Trigger& trigger, const RuleParameters& rule,
                   Hit& out) noexcept {
  Reader reader(text, trigger.at, trigger.at + kLookAheadBytes);
  const Bytes cue = text.slice(trigger.start, trigger.at);
  if (equals_word(cue, "\"jwt\"")) return in_member(text, reader, out);
  const Name name = read_name(text, trigger.start, reader, is_topic(cue));
  if (reader.starved()) return Verdict::More;
  // "arn:aws:secretsmanager:eu-west-1:1:secret:db": a part of a name with colons.
  if (!name.fits || (name.start > 0 && text.at(name.start - 1) == ':' && reader.peek() == ':'))
    return reader.starved() ? Verdict::More : Verdict::No;
  Operator op = read_operator(reader, name);
  if (reader.starved()) return Verdict::More;
  // setToken("x")
  if (op == Operator::None && reader.peek() == '(') {
    reader.skip();
    if (reader.peek() == '"' || reader.peek() == '\'') op = Operator::Second;
    if (reader.starved()) return Verdict::More;
  }
  const bool heads = op == Operator::None && name_heads_line(text, name);
  const bool below = (op == Operator::Assign || heads) && take_line_end(reader);
  if (reader.starved()) return Verdict::More;
  if (op == Operator::None && !below) return Verdict::No;
  if (op == Operator::Space && reader.peek() == '(') reader.skip();  // "secret (x)"
  if (op == Operator::Space && !name.flag && skip_clause(reader)) op = Operator::Is;
  if (reader.starved()) return Verdict::More;
  const Stop stop = equals_word(cue, "sas") ? Stop::Word : name.query ? Stop::Query : Stop::Line;
  JoinedLiterals joined;
  Bytes bytes;
  Value value =
      op == Operator::Ask ? answer_value(reader) : read_parts(reader, stop, joined, bytes);
  if (op == Operator::Ask && value.found) bytes = text.slice(value.start, value.end);
  // Headers on a line of their own: "Authorization: Token abc".
  if (value.found && !value.quoted && !reader.starved() && op == Operator::Assign) {
    const Bytes word = text.slice(value.start, value.end);
    if (equals_word(word, "bearer") || equals_word(word, "token") || equals_word(word, "apikey") ||
        equals_word(word, "api-token") || equals_word(word, "api-key")) {
      reader.skip_blanks(2);
      value = read_parts(reader, Stop::Line, joined, bytes);
    }
  }
  if (reader.starved()) return Verdict::More;
  if (!value.found) return Verdict::No;
  if (value.spaced) {
    drop_scheme(text, value);
    bytes = text.slice(value.start, value.end);
  }
  if (value.spaced) return Verdict::No;
  if (bytes.size() < rule.length_min || (rule.length_max != 0 && bytes.size() > rule.length_max))
    return Verdict::No;
  // "secret_key: [x]"
  if (op == Operator::Assign && !value.quoted && value.line_end && bytes.size() > kProseKeyMin &&
      is_bracketed(bytes)) {
    ++value.start;
    --value.end;
    bytes = text.slice(value.start, value.end);
  }
  if (below && (!value.line_end || value.quoted || bytes.size() < kProseKeyMin)) return Verdict::No;
  const Bytes its_name = text.slice(name.start, name.end);
  if (!value.quoted && is_end_of(bytes, its_name)) return Verdict::No;
  if (!value_fits(bytes, its_name, cue, value.quoted, op) &&
      !is_setting_of_token(text, bytes, value.start, its_name))
    return Verdict::No;
  return match_changed(reader, value, 0, out);
}

}  // namespace

Verdict assignment_at(const TextView& text, const Trigger& trigger, const RuleParameters& rule,
                      Hit& out) noexcept {
  const Verdict verdict = behind_cue(text, trigger, rule, out);
  if (verdict == Verdict::Match || !assignment_cue_is_name(text.slice(trigger.start, trigger.at)))
    return verdict;
  return value_before(text, trigger, SecretKind::Key, verdict, out);
}

}  // namespace sallyport::scan
