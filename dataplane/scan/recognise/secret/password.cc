// The hard part is prose. Idea: behind the word, walk over what may stand between it and its value
// ("for the VPN is now"), and take the first thing that no sentence would hold. It is harder
// because
//   1. most sentences about passwords name none ("the password is case-sensitive", "password must
//   be 8-16 characters"), so
//      a word is a password only where nothing else can stand;
//   2. the value may be quoted, bold, in brackets, or end the sentence;
//   3. code looks like prose ("password is str"), and documentation like code.
#include "dataplane/scan/recognise/secret/password.h"

#include <array>

#include "dataplane/scan/recognise/secret/answer.h"
#include "dataplane/scan/recognise/secret/auth_header.h"
#include "dataplane/scan/recognise/secret/call_argument.h"
#include "dataplane/scan/recognise/secret/command_line.h"
#include "dataplane/scan/recognise/secret/credential_name.h"
#include "dataplane/scan/recognise/secret/credential_value.h"
#include "dataplane/scan/recognise/secret/literal_parts.h"
#include "dataplane/scan/recognise/secret/prose_words.h"
#include "dataplane/scan/recognise/secret/user_pair.h"
#include "dataplane/scan/recognise/secret/value_before.h"
#include "dataplane/scan/validate/characters.h"
#include "dataplane/scan/validate/secret_text.h"

namespace sallyport::scan {
namespace {

constexpr uint8_t kWeakDoubt = 15;
constexpr size_t kWeakMin = 5;
constexpr size_t kPairUserMax = 64;
constexpr uint64_t kPromptBytesMax = 40;
constexpr uint64_t kNetrcBackBytes = 120;
constexpr uint64_t kUserBackBytes = 80;

// Not of a plain word of another script, some letters of which may have been folded to ASCII:
// behind "password" it is the label that translators made, behind "PW" the name of Palau.
bool has_lower_or_digit(Bytes text) noexcept {
  size_t foreign = 0, letters = 0;
  bool digit = false, lower = false;
  for (uint8_t c : text) {
    foreign += c >= 0x80 ? 1 : 0;
    letters += is_letter(c) ? 1 : 0;
    digit = digit || is_digit(c);
    lower = lower || is_lower(c);
  }
  return digit || (foreign > 0 ? letters > foreign : lower);
}

// "Hidden", "Username": a label.
bool is_title(Bytes text) noexcept {
  return is_upper(text[0]) && std::all_of(text.begin() + 1, text.end(), is_lower);
}

bool is_short_word(Bytes cue) noexcept {
  return equals_word(cue, "pass") || equals_word(cue, "pw") || equals_word(cue, "pw:") ||
         equals_word(cue, "pw ") || equals_word(cue, "pwd") || equals_word(cue, "mdp");
}

// "WPA2 key x", "network key x"
bool is_network_key(Bytes cue) noexcept {
  return cue.size() > 4 && equals_word(cue.last(4), " key");
}

// "abcd efgh ijkl mnop": how Google prints the passwords it makes for programs.
bool is_app_password(Bytes bytes) noexcept {
  constexpr size_t kBytes = 19;
  if (bytes.size() != kBytes) return false;
  for (size_t i = 0; i < kBytes; ++i)
    if (i % 5 == 4 ? bytes[i] != ' ' : !is_lower(bytes[i])) return false;
  return true;
}

// ---- names

// A plain word or a number: only where nothing but a password can stand.
bool weak_fits(Bytes bytes, const Value& value, const Name& name, Operator op, Bytes cue) noexcept {
  if (all_digits(bytes)) {
    if (op == Operator::Space || op == Operator::Second) return false;
    return (value.quoted || value.line_end || value.semicolon || op == Operator::Element) &&
           !is_short_word(cue) && bytes.size() <= 20;
  }
  if (bytes.size() < kWeakMin || !has_lower_or_digit(bytes) || is_title(bytes)) return false;
  if (op == Operator::Element) return true;
  if (op != Operator::Assign) return false;
  // Pwd=letmein; but not `pass = nothing;`
  if (value.quoted || (value.semicolon && value.start == name.end + 1)) return true;
  return (name.constant || name.flag) && value.line_end;
}

// bcrypt("x"), Hash::make('x'): what makes a hash or text of a password that is written out. Moves
// to its quote, or not at all.
void skip_call(Reader& reader) noexcept {
  static constexpr WordList kCalls{std::to_array<std::string_view>({"bcrypt",
                                                                    "make",
                                                                    "hash",
                                                                    "hashpw",
                                                                    "make_password",
                                                                    "generate_password_hash",
                                                                    "password_hash",
                                                                    "set_password",
                                                                    "encode",
                                                                    "encrypt",
                                                                    "bytes",
                                                                    "str",
                                                                    "string",
                                                                    "from",
                                                                    "secretstr",
                                                                    "sha1",
                                                                    "sha256",
                                                                    "md5",
                                                                    "md",
                                                                    "secret",
                                                                    "tochararray"})};
  constexpr uint64_t kCallBytesMax = 48;
  const uint64_t from = reader.at();
  uint64_t word = from;
  while (reader.at() - from < kCallBytesMax) {
    const uint8_t c = reader.peek();
    if (c == '.' || c == ':')
      word = reader.at() + 1;
    else if (!is_alnum(c) && c != '_')
      break;
    reader.skip();
  }
  const uint64_t end = reader.at();
  if (reader.peek() == '(' && end > word && kCalls.has(reader.slice(word, end)) &&
      (reader.peek(1) == '"' || reader.peek(1) == '\''))
    reader.skip();
  else
    reader.move_to(from);
}

Verdict behind_name(Reader& reader, const Name& name, Operator op, Bytes cue, Hit& out) noexcept {
  const bool shell = (name.constant || name.flag) && op == Operator::Assign;
  const bool option = name.flag && op == Operator::Space;
  const uint64_t blanks_before = reader.at();
  const bool columns = option && blanks_before > name.end + 1;
  if (op == Operator::Assign && is_letter(reader.peek())) skip_call(reader);
  JoinedLiterals joined;
  Bytes bytes;
  Value value = read_parts(reader,
                           name.query        ? Stop::Query
                           : shell || option ? Stop::Word
                                             : Stop::Line,
                           joined, bytes);
  if (reader.starved()) return Verdict::More;
  if (value.found && value.quoted && value.spaced && is_app_password(bytes))
    return match(value, 0, out);
  if (!value.found || value.spaced) return Verdict::No;
  // "user/pass: kev/x": the password is the second of them.
  if (!value.quoted && name.behind_slash) {
    const auto slash = std::find(bytes.begin(), bytes.end(), uint8_t{'/'});
    if (slash != bytes.end() && slash + 1 != bytes.end() &&
        value.end - value.start == bytes.size()) {
      const auto user = static_cast<size_t>(slash - bytes.begin()) + 1;
      value.start += user;
      bytes = bytes.subspan(user);
    }
  }
  // openssl -pass pass:x, -passin file:x
  if (option && begins_as(bytes, "pass:")) {
    value.start += 5;
    bytes = bytes.subspan(5);
  }
  // "mongodb://<user>:<password>@host": a form, no element.
  if (name.tag && op == Operator::Element && bytes.size() > 0 && bytes[0] == '@')
    return Verdict::No;
  if (bytes.empty() || (option && begins_as(bytes, "file:")) ||
      (option && begins_as(bytes, "env:")))
    return Verdict::No;
  // What follows an option is another option.
  if (option && !value.quoted && (bytes[0] == '-' || bytes[0] == '/')) return Verdict::No;
  // "Password: [x]"
  if (op == Operator::Assign && !value.quoted && value.line_end && is_bracketed(bytes)) {
    out = Hit{value.start + 1, value.end - 1, false, 5};
    return Verdict::Match;
  }
  const Strength strength = password_strength(bytes);
  // "- name: DB_PASSWORD", "  value: x": nothing else is on its line.
  if (op == Operator::Second && !value.quoted && !(value.line_end && stands_out(bytes)))
    return Verdict::No;
  // The next one of a list of names has no digit.
  if (op == Operator::Second && std::none_of(bytes.begin(), bytes.end(), is_digit))
    return Verdict::No;
  if (strength == Strength::Strong) return match_changed(reader, value, 0, out);
  if (strength == Strength::None) return Verdict::No;
  const uint8_t next = reader.peek(), flag = reader.peek(1);
  if (reader.starved()) return Verdict::More;
  const bool argument = option && !columns && has_lower_or_digit(bytes) &&
                        bytes.size() >= kWeakMin &&
                        (value.quoted || value.line_end || (next == ' ' && flag == '-'));
  if (argument || weak_fits(bytes, value, name, op, cue)) return match(value, kWeakDoubt, out);
  return Verdict::No;
}

// ---- prose

// A number of people, characters, days: no password.
bool counts_something(Reader& reader) noexcept {
  constexpr auto kUnits = std::to_array<std::string_view>(
      {"char", "digit", "letter", "symbol", "time", "day", "attempt", "minute", "hour", "user",
       "bit", "byte", "people", "year", "zeichen", "caract", "%"});
  const uint64_t from = reader.at();
  reader.skip_blanks(2);
  bool counted = false;
  for (std::string_view unit : kUnits) counted |= reader.take(unit);
  reader.move_to(from);
  return counted;
}

// The next word of a sentence; a password in brackets comes without them: "the password (x) works".
Value next_of_sentence(const TextView& text, Reader& reader, bool first) noexcept {
  if (first && reader.peek() == '(') {
    const uint64_t bracket = reader.at();
    reader.skip();
    const Value value = read_value(reader, Stop::Line);
    if (value.found && password_strength(text.slice(value.start, value.end)) == Strength::Strong)
      return value;
    reader.move_to(bracket);
  }
  return read_value(reader, Stop::Line);
}

// "password to db01 is ...": what stands here is no value. Moves nothing.
bool names_the_place(Reader& reader) noexcept {
  const uint64_t here = reader.at();
  reader.skip_blanks(2);
  const bool goes_on = take_is_word(reader) || reader.peek() == ':';
  reader.move_to(here);
  return goes_on;
}

// A sign or a word for "equals" behind a word of the sentence.
bool take_equals(Reader& reader) noexcept {
  reader.skip_blanks(2);
  const uint8_t sign = reader.peek();
  if (sign == ':' || sign == '=') {
    reader.skip();
    skip_white(reader, 4);
    return true;
  }
  const bool arrow = sign == '-' && reader.peek(1) == '>';
  if (arrow || (sign == '-' && reader.peek(1) == ' ')) {
    reader.skip(2);
    return true;
  }
  return take_is_word(reader);
}

// "the password for kev:x": a name and what no name has behind it.
bool user_and_password(const TextView& text, const Value& word, Hit& out) noexcept {
  uint64_t colon = word.start;
  while (colon < word.end && (is_letter(text.at(colon)) || text.at(colon) == '_')) ++colon;
  if (colon - word.start < 2 || text.at(colon) != ':' || colon + 1 >= word.end) return false;
  const Bytes bytes = text.slice(colon + 1, word.end);
  if (bytes[0] == '/' || !stands_out(bytes)) return false;
  out = Hit{colon + 1, word.end, false, 5};
  return true;
}

// "password did he choose?": the rest of a question. Moves behind its mark, or not at all.
bool take_question(Reader& reader) noexcept {
  constexpr uint64_t kQuestionBytesMax = 48;
  for (uint64_t i = 0; i < kQuestionBytesMax; ++i) {
    const uint8_t c = reader.peek(i);
    if (c == '?' && i > 0) {
      reader.skip(i + 1);
      return true;
    }
    if (!is_letter(c) && c < 0x80 && c != ' ' && c != '\'' && c != '-') return false;
  }
  return false;
}

// "What password did you set?", and the answer.
constexpr WordList kQuestionStarts{
    std::to_array<std::string_view>({"did", "does", "do", "are", "were", "have", "should", "was"})};

Verdict answer_to_question(const TextView& text, Reader& reader, Hit& out) noexcept {
  const Value value = answer_value(reader);
  if (reader.starved()) return Verdict::More;
  if (!value.found || value.spaced || !stands_out(text.slice(value.start, value.end)))
    return Verdict::No;
  return match(value, 5, out);
}

Verdict in_prose(const TextView& text, Reader& reader, bool armed, Hit& out) noexcept {
  bool behind_to = false;
  for (size_t i = 0; i < kProseWordsMax; ++i) {
    if (armed && i == 0) skip_white(reader, 6);
    reader.skip_blanks(3);
    const Value value = next_of_sentence(text, reader, i == 0);
    if (reader.starved()) return Verdict::More;
    if (!value.found) return Verdict::No;
    const Bytes bytes = text.slice(value.start, value.end);
    const bool counts = value.quoted || armed || i == 0 || behind_to;
    // A word of the sentence is no strong password, and only those count here.
    const bool is_word =
        !value.quoted && !behind_to && std::all_of(bytes.begin(), bytes.end(), is_lower);
    const Strength strength =
        value.spaced || !counts || is_word ? Strength::None : password_strength(bytes);
    if (value.quoted) {
      if (strength == Strength::Strong && (armed || i == 0 || behind_to))
        return match(value, 0, out);
      if (strength == Strength::Weak && armed && has_lower_or_digit(bytes) && !is_title(bytes))
        return match(value, kWeakDoubt, out);
      return Verdict::No;
    }
    if (armed || i == 0 || behind_to) {
      if (behind_to && strength != Strength::None && names_the_place(reader)) {
        behind_to = false;
        continue;
      }
      const bool counted = strength != Strength::None && counts_something(reader);
      if (reader.starved()) return Verdict::More;
      if (strength == Strength::Strong && !counted && bytes[0] != '-' && !is_abbreviation(bytes) &&
          (armed || stands_alone(bytes)))
        return match(value, armed ? 0 : 5, out);
      if (armed && !counted && strength == Strength::Weak && all_digits(bytes) &&
          bytes.size() <= 12)
        return match(value, kWeakDoubt, out);
    }
    // "password 7 x": the number of an encoding (Cisco IOS).
    if (!armed && i == 0 && bytes.size() == 1 && is_digit(bytes[0])) {
      behind_to = true;
      continue;
    }
    // "changed my password to x", "password saya x" (mine, in Indonesian)
    behind_to = !armed && (equals_word(bytes, "to") || equals_word(bytes, "saya"));
    const uint8_t last = text.at(value.end);
    if (armed) {
      if (!kFillers.has(bytes)) return Verdict::No;
      continue;
    }
    if (value.end < reader.at() && last == '?') return answer_to_question(text, reader, out);
    if (value.end < reader.at() && (last == '.' || last == '!' || last == ';')) return Verdict::No;
    if (value.end < reader.at() && last == ':') {
      armed = true;
      continue;
    }
    if (i > 0 && !armed && user_and_password(text, value, out)) return Verdict::Match;
    if (i == 0 && kQuestionStarts.has(bytes)) {
      const uint64_t behind = reader.at();
      reader.move_to(value.end);
      if (take_question(reader)) return answer_to_question(text, reader, out);
      reader.move_to(behind);
    }
    if (i == 0 ? !kGapStarts.has(bytes) : !is_gap_word(bytes) && bytes[0] != '-') {
      if (bytes.size() > 1 || bytes[0] != '-') return Verdict::No;
    }
    armed = take_equals(reader);
    if (reader.starved()) return Verdict::More;
  }
  return Verdict::No;
}

// ---- SQL, files, pairs

// [start, at) is "identified by" or "password(" or the like: a quoted value follows, maybe behind
// BY, AS and brackets.
Verdict behind_sql(const TextView& text, Reader& reader, Hit& out) noexcept {
  for (size_t i = 0; i < 4; ++i) {
    skip_white(reader, 4);
    if (reader.peek() == '(' || reader.peek() == '=') {
      reader.skip();
      continue;
    }
    bool more = false;
    for (std::string_view word :
         {"by ", "as ", "values", "password", "mysql_native_password ", "caching_sha2_password "})
      more = more || reader.take(word);
    if (!more) break;
  }
  const Value value = read_value(reader, Stop::Line);
  if (reader.starved()) return Verdict::More;
  if (!value.found || value.spaced) return Verdict::No;
  const Bytes bytes = text.slice(value.start, value.end);
  // "identified by %NL80211_ATTR_MAC": a name in a comment.
  if (!value.quoted && bytes[0] == '%') return Verdict::No;
  const Strength strength = password_strength(bytes);
  const bool digits = std::any_of(bytes.begin(), bytes.end(), is_digit);
  if (strength == Strength::Strong && (value.quoted || digits)) return match(value, 0, out);
  if (strength == Strength::Weak && (value.quoted || value.semicolon))
    return match(value, kWeakDoubt, out);
  return Verdict::No;
}

// .pgpass: [start, at) is ":5432:"; database ':' user ':' password up to the end of the line.
Verdict in_pgpass(const TextView& text, Reader& reader, Hit& out) noexcept {
  for (int field = 0; field < 2; ++field) {
    uint64_t size = 0;
    while (is_alnum(reader.peek()) || reader.peek() == '_' || reader.peek() == '-' ||
           reader.peek() == '*' || reader.peek() == '.') {
      reader.skip();
      ++size;
    }
    if (reader.starved()) return Verdict::More;
    if (size == 0 || size > kPairUserMax || reader.peek() != ':') return Verdict::No;
    reader.skip();
  }
  const Value value = read_value(reader, Stop::Word);
  if (reader.starved()) return Verdict::More;
  if (!value.found || value.quoted) return Verdict::No;
  const Strength strength = password_strength(text.slice(value.start, value.end));
  return strength == Strength::None ? Verdict::No : match(value, 0, out);
}

bool netrc_before(const TextView& text, uint64_t at) noexcept {
  const uint64_t from = std::max(text.begin, at > kNetrcBackBytes ? at - kNetrcBackBytes : 0);
  const Bytes before = text.slice(from, at);
  return contains_word(before, "login ") &&
         (contains_word(before, "machine ") || contains_word(before, "default "));
}

bool is_name_part_char(uint8_t c) noexcept { return is_alnum(c) || c == '_' || c == '-'; }

// "user admin pass x", "login: kev, pass x", "ID kev pw x": the word for a user and one or two more
// stand before.
bool user_before(const TextView& text, uint64_t at) noexcept {
  const uint64_t from = std::max(text.begin, at > kUserBackBytes ? at - kUserBackBytes : 0);
  size_t blanks = 0;
  for (uint64_t i = at; i > from && blanks <= 4; --i) {
    blanks += text.at(i - 1) == ' ' ? 1 : 0;
    // "kev@example.org pw x"
    if (text.at(i - 1) == '@' && blanks == 1) return true;
    const Bytes word = text.slice(i - 1, std::min(at, i + 4));
    if (blanks >= 2 && (begins_as(word, "user") || begins_as(word, "login") ||
                        begins_as(word, "acct") || begins_as(word, "accou")))
      return true;
    if (blanks >= 2 && begins_as(word, "id") && word.size() > 2 && !is_name_part_char(word[2]) &&
        !is_name_part_char(text.at(i - 2)))
      return true;
  }
  return false;
}

// "my pw x", "the wifi pass x": whose it is stands before. What follows must still stand out.
bool owner_before(const TextView& text, uint64_t at) noexcept {
  static constexpr WordList kOwners{std::to_array<std::string_view>(
      {"my", "his", "her", "your", "our", "their", "new", "old", "wifi", "wlan", "root", "admin",
       "temp", "vpn", "mein", "meu", "mijn", "mi"})};
  constexpr uint64_t kOwnerBytesMax = 5;
  if (at < text.begin + 3 || text.at(at - 1) != ' ') return false;
  uint64_t start = at - 1;
  while (start > text.begin && at - 1 - start <= kOwnerBytesMax && is_letter(text.at(start - 1)))
    --start;
  return kOwners.has(text.slice(start, at - 1));
}

// "his login (kev) and pass (x)": what stands in the bracket is no remark. Moves nothing.
bool bracket_stands_out(const TextView& text, Reader& reader) noexcept {
  if (reader.peek() != '(') return false;
  const uint64_t from = reader.at();
  reader.skip();
  const Value value = read_value(reader, Stop::Line);
  const bool closed = reader.peek() == ')';
  reader.move_to(from);
  return value.found && closed && stands_out(text.slice(value.start, value.end));
}

// "PASS: gas/elf/group3", "PASS: i386 size 3": what a test says of itself. [name] and a colon stand
// before the reader.
bool is_test_result(const TextView& text, Reader& reader, const Name& name, Bytes cue) noexcept {
  if (!name.constant || !is_short_word(cue) || text.at(name.end) != ':') return false;
  uint64_t n = 0;
  bool path = false;
  for (; n < kLookAheadBytes / 2; ++n) {
    const uint8_t c = reader.peek(n);
    if (c == 0 || c == ' ' || c == '\n' || c == '\r' || c == '\t') break;
    path = path || c == '/';
  }
  while (n < kLookAheadBytes / 2 && reader.peek(n) == ' ') ++n;
  const uint8_t behind = reader.peek(n);
  return path || !(behind == 0 || behind == '\n' || behind == '\r');
}

// `"pass": 1290, "fail": 3`: how many tests did. The reader stands before the number.
bool counts_tests(const TextView& text, Reader& reader, const Name& name, Bytes cue) noexcept {
  constexpr uint64_t kReach = 48;
  constexpr std::string_view kFail = "fail";
  if (!name.quoted || !equals_word(cue, "pass") || !is_digit(reader.peek())) return false;
  const uint64_t from = std::max(text.begin, name.start > kReach ? name.start - kReach : 0);
  if (contains_word(text.slice(from, name.start), kFail)) return true;
  size_t found = 0;
  for (uint64_t i = 0; i < kReach && found < kFail.size(); ++i) {
    const uint8_t c = to_lower(reader.peek(i));
    found = c == static_cast<uint8_t>(kFail[found]) ? found + 1 : c == 'f' ? 1 : 0;
  }
  return found == kFail.size();
}

// "\xe5\xaf\x86\xe7\xa0\x81abc123", "(abc123)": scripts without spaces put a value right behind the
// word.
Verdict behind_script_word(const TextView& text, Reader& reader, Hit& out) noexcept {
  if (reader.peek() == '(') reader.skip();
  if (!is_alnum(reader.peek())) return reader.starved() ? Verdict::More : Verdict::No;
  const Value value = read_value(reader, Stop::Line);
  if (reader.starved()) return Verdict::More;
  if (!value.found) return Verdict::No;
  const Bytes bytes = text.slice(value.start, value.end);
  return stands_out(bytes) ? match(value, 5, out) : Verdict::No;
}

// expect "password:"; send "x\r": moves to what is sent, or not at all.
bool take_prompt(Reader& reader) noexcept {
  if (reader.peek() != ':' && reader.peek() != '"') return false;
  const uint64_t from = reader.at();
  if (reader.peek() == ':') reader.skip();
  reader.skip_blanks(2);
  if (reader.peek() == '"') {
    reader.skip();
    while (reader.at() - from < kPromptBytesMax &&
           (reader.peek() == ' ' || reader.peek() == '\n' || reader.peek() == '\t' ||
            reader.peek() == '{' || reader.peek() == ';' || reader.peek() == '\r'))
      reader.skip();
    if (reader.take("send ")) {
      (void)reader.take("-- ");
      if (reader.peek() == '"') {
        reader.skip();
        return true;
      }
    }
  }
  reader.move_to(from);
  return false;
}

// <input type="password" value="x">
Verdict behind_type(Reader& reader, const Name& name, Bytes cue, Hit& out) noexcept {
  for (uint64_t i = 0; i < kLookAheadBytes / 2; ++i, reader.skip()) {
    const uint8_t c = reader.peek();
    if (c == 0 || c == '>' || c == '<') return reader.starved() ? Verdict::More : Verdict::No;
    if (to_lower(c) == 'v' && reader.take("value=")) break;
  }
  return behind_name(reader, name, Operator::Element, cue, out);
}

// PASSWORD('x'); "Password" on a line of its own, and the value on one of the next.
Verdict without_operator(const TextView& text, Reader& reader, const Name& name, Bytes cue,
                         Hit& out) noexcept {
  if (reader.peek() == '(' && !is_short_word(cue) &&
      (reader.peek(1) == '\'' || reader.peek(1) == '"'))
    return behind_sql(text, reader, out);
  if (name_heads_line(text, name) && take_line_end(reader)) {
    const Value value = read_value(reader, Stop::Line);
    if (!reader.starved() && value.found && !value.quoted && value.line_end &&
        stands_out(text.slice(value.start, value.end)))
      return match(value, 5, out);
  }
  return reader.starved() ? Verdict::More : Verdict::No;
}

// Behind "machine a.example login kev password ".
Verdict in_netrc(const TextView& text, Reader& reader, Hit& out) noexcept {
  const Value value = read_value(reader, Stop::Word);
  if (reader.starved()) return Verdict::More;
  if (!value.found) return Verdict::No;
  // Heroku's are UUIDs.
  const Bytes bytes = text.slice(value.start, value.end);
  return is_uuid(bytes) || password_strength(bytes) != Strength::None ? match(value, 0, out)
                                                                      : Verdict::No;
}

Verdict behind_word(const TextView& text, const Trigger& trigger, Reader& reader,
                    Hit& out) noexcept {
  const Bytes cue = text.slice(trigger.start, trigger.at);
  // "pw:" is a cue because "pw" is too short for one: the operator is read again.
  while (reader.at() > trigger.start + 2 && reader.before() < 0x80 && !is_letter(reader.before()))
    reader.move_to(reader.at() - 1);
  if (cue.back() >= 0x80 && is_alnum(reader.peek())) {
    const uint64_t from = reader.at();
    const Verdict verdict = behind_script_word(text, reader, out);
    if (verdict != Verdict::No) return verdict;
    reader.move_to(from);
  }
  const Name name = read_name(text, trigger.start, reader, false);
  if (reader.starved()) return Verdict::More;
  if (!name.fits) return Verdict::No;
  if (name.quoted && trigger.start > 5 &&
      equals_word(text.slice(std::max(text.begin, trigger.start - 6), trigger.start - 1), "type="))
    return behind_type(reader, name, cue, out);
  if (take_prompt(reader)) return behind_name(reader, name, Operator::Element, cue, out);
  Operator op = read_operator(reader, name);
  if (reader.starved()) return Verdict::More;
  if (op == Operator::None && cue.back() >= 0x80) return behind_script_word(text, reader, out);
  if (op == Operator::None) return without_operator(text, reader, name, cue, out);
  // "did it pass? v2Beta"
  if (op == Operator::Ask)
    return is_short_word(cue) && !owner_before(text, trigger.start)
               ? Verdict::No
               : answer_to_question(text, reader, out);
  // Finnish; elsewhere "on" says where.
  if (op == Operator::Space && contains_word(cue, "salasan") && reader.take("on "))
    op = Operator::Is;
  const uint64_t value_at = reader.at();
  // "u88mPw==", the end of base64.
  if (op == Operator::Assign && equals_word(cue, "pw=") && text.at(value_at - 1) == '=' &&
      text.at(value_at - 2) == '=' && !is_alnum(reader.peek()))
    return reader.starved() ? Verdict::More : Verdict::No;
  if (op == Operator::Assign &&
      (is_test_result(text, reader, name, cue) || counts_tests(text, reader, name, cue)))
    return reader.starved() ? Verdict::More : Verdict::No;
  if (op != Operator::Is && (op != Operator::Space || name.flag)) {
    const Verdict verdict = behind_name(reader, name, op, cue, out);
    if (verdict != Verdict::No || op != Operator::Assign) return verdict;
    reader.move_to(value_at);
    return in_prose(text, reader, true, out);
  }
  if (name.variable && (op == Operator::Is || op == Operator::Space)) return Verdict::No;
  // "to pass X", "pass this to Y" are no passwords; "user admin pass X" is.
  const bool owned = equals_word(cue, "pwd") && op == Operator::Space &&
                     (reader.take("of ") || reader.take("for "));
  if (owned) reader.move_to(value_at);
  const bool bracket =
      op == Operator::Space && is_short_word(cue) && bracket_stands_out(text, reader);
  if (is_short_word(cue) && !equals_word(cue, "mdp") && !owned && !bracket &&
      (op == Operator::Space || op == Operator::Is) && !user_before(text, trigger.start) &&
      !owner_before(text, trigger.start) && to_lower(text.at(reader.at() - 2)) != 's')
    return Verdict::No;
  if (op == Operator::Space && netrc_before(text, trigger.start))
    return in_netrc(text, reader, out);
  // "user kev pw x"; "user kev, pass through2"
  if (op == Operator::Space && (is_short_word(cue) || is_network_key(cue)) && !owned && !bracket) {
    const uint64_t from = reader.at();
    const Value value = read_value(reader, Stop::Line);
    if (reader.starved()) return Verdict::More;
    if (value.found && !value.quoted && !stands_out(text.slice(value.start, value.end)) &&
        !kGapStarts.has(text.slice(value.start, value.end)))
      return Verdict::No;
    reader.move_to(from);
  }
  return in_prose(text, reader, op == Operator::Is, out);
}

bool is_seed_cue(Bytes cue) noexcept {
  return equals_word(cue, "mnemonic") || equals_word(cue, "seed phrase") ||
         equals_word(cue, "seed words") || equals_word(cue, "recovery phrase") ||
         equals_word(cue, "backup phrase");
}

// The words of a wallet (BIP 39: twelve to twenty-four of three to eight small letters); no
// sentence goes on so long without a shorter word or a sign.
Verdict seed_words(Reader& reader, Hit& out) noexcept {
  constexpr unsigned kWordsMin = 12, kWordsMax = 24, kGapMax = 24;
  constexpr uint64_t kLetterMin = 3, kLetterMax = 8;
  // "is: ", "=\"", a line end, numbers of a list are none.
  for (unsigned i = 0; i < kGapMax && !is_alnum(reader.peek()) && reader.peek() != 0; ++i)
    reader.skip();
  for (std::string_view word : {"is", "was", "are"}) {
    const uint64_t here = reader.at();
    if (!reader.take(word)) continue;
    if (is_alnum(reader.peek())) {
      reader.move_to(here);
      continue;
    }
    for (unsigned i = 0; i < kGapMax && !is_alnum(reader.peek()) && reader.peek() != 0; ++i)
      reader.skip();
    break;
  }
  Value value;
  value.start = value.end = reader.at();
  unsigned words = 0;
  while (words < kWordsMax) {
    const uint64_t from = reader.at();
    while (reader.at() - from <= kLetterMax && is_lower(reader.peek())) reader.skip();
    const uint64_t size = reader.at() - from;
    if (size < kLetterMin || size > kLetterMax || is_alnum(reader.peek())) break;
    value.end = reader.at();
    ++words;
    if (reader.peek() != ' ' && reader.peek() != '\n') break;
    reader.skip();
  }
  if (reader.starved()) return Verdict::More;
  return words < kWordsMin ? Verdict::No : match(value, 0, out);
}

bool is_sql_cue(Bytes cue) noexcept {
  return equals_word(cue, "identified by") || equals_word(cue, "identified with") ||
         equals_word(cue, "set password");
}

bool is_pgpass_cue(Bytes cue) noexcept {
  return cue.size() > 2 && cue.front() == ':' && cue.back() == ':';
}

Verdict recognise(const TextView& text, const Trigger& trigger, Hit& out) noexcept {
  const Bytes cue = text.slice(trigger.start, trigger.at);
  if (is_command_cue(cue)) return password_of_command(text, trigger, out);
  if (is_header_cue(cue)) return credential_of_header(text, trigger, out);
  Reader reader(text, trigger.at, trigger.at + kLookAheadBytes);
  Verdict verdict = Verdict::No;
  if (is_sql_cue(cue))
    verdict = behind_sql(text, reader, out);
  else if (is_seed_cue(cue))
    verdict = seed_words(reader, out);
  else if (is_pgpass_cue(cue))
    verdict = in_pgpass(text, reader, out);
  else if (is_call_cue(cue))
    verdict = password_of_call(text, trigger, reader, out);
  else if (is_pair_cue(cue))
    verdict = user_and_secret(text, reader, cue, out);
  else
    verdict = behind_word(text, trigger, reader, out);
  return reader.starved() ? Verdict::More : verdict;
}

}  // namespace

bool password_cue_is_name(Bytes cue) noexcept {
  const bool is_word = std::all_of(cue.begin(), cue.end(), [](uint8_t c) {
    return is_letter(c) || c >= 0x80 || c == ' ' || c == '-';
  });
  return is_word && cue.back() != ' ' && !is_seed_cue(cue) && !is_command_cue(cue) &&
         !is_header_cue(cue) && !is_sql_cue(cue) && !is_pair_cue(cue) && !is_call_cue(cue) &&
         !equals_word(cue, "pw is");
}

bool password_cue_begins_word(Bytes cue) noexcept {
  if (is_command_cue(cue)) return true;
  if (is_header_cue(cue)) return equals_word(cue, "basic ") || equals_word(cue, "bearer ");
  if (is_sql_cue(cue) || is_pgpass_cue(cue) || is_pair_cue(cue)) return false;
  if (is_call_cue(cue)) return equals_word(cue, "dsn");
  return cue.size() <= kShortCueBytes;
}

Verdict password_after_cue(const TextView& text, const Trigger& trigger, const RuleParameters& rule,
                           Hit& out) noexcept {
  Verdict verdict = recognise(text, trigger, out);
  if (verdict != Verdict::Match && password_cue_is_name(text.slice(trigger.start, trigger.at)))
    verdict = value_before(text, trigger, SecretKind::Password, verdict, out);
  if (verdict != Verdict::Match) return verdict;
  const uint64_t size = out.end - out.start;
  return size < rule.length_min || (rule.length_max != 0 && size > rule.length_max) ? Verdict::No
                                                                                    : verdict;
}

}  // namespace sallyport::scan
