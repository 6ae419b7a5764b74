#include "dataplane/scan/recognise/secret/call_argument.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "dataplane/scan/recognise/secret/credential_name.h"
#include "dataplane/scan/recognise/secret/credential_value.h"
#include "dataplane/scan/validate/secret_text.h"

namespace sallyport::scan {
namespace {

// Signs between the name of an option and its value: ", ", " => ".
constexpr uint64_t kSignsMax = 8;
constexpr uint64_t kBracketBytesMax = 128;
// The shortest token of a bot or a client; passwords are shorter.
constexpr size_t kTokenMin = 24;

// {"sub": 1}: an argument in brackets, with the comma behind it.
bool take_brackets(Reader& reader) noexcept {
  const uint8_t first = reader.peek();
  if (first != '{' && first != '[') return false;
  unsigned depth = 0;
  for (uint64_t i = 0; i < kBracketBytesMax; ++i) {
    const uint8_t c = reader.peek(i);
    if (c == '{' || c == '[') ++depth;
    if (c != '}' && c != ']') continue;
    if (--depth > 0) continue;
    if (reader.peek(i + 1) != ',') return false;
    reader.skip(i + 2);
    return true;
  }
  return false;
}

// The next of the arguments of a call, with the comma behind it; `more`: there was one.
Value next_argument(const TextView& text, Reader& reader, bool& more) noexcept {
  skip_white(reader, 8);
  const Value value = read_value(reader, Stop::Line);
  more = false;
  if (!value.found || value.spaced) return {};
  reader.skip_blanks(2);
  if (reader.peek() == ',') {
    reader.skip();
    more = true;
  } else {
    more = value.end < reader.at() && text.at(value.end) == ',';
  }
  return value;
}

// client.login("x"), bot.run("x"): one argument, and a token where a user would stand.
Verdict token_alone(const TextView& text, Reader& reader, Hit& out) noexcept {
  skip_white(reader, 8);
  const Value value = read_value(reader, Stop::Line);
  reader.skip_blanks(2);
  const uint8_t next = reader.peek();
  if (reader.starved()) return Verdict::More;
  const Bytes bytes = text.slice(value.start, value.end);
  if (!value.found || !value.quoted || value.spaced || next != ')' || bytes.size() < kTokenMin ||
      !is_key_like(bytes))
    return Verdict::No;
  return match(value, 0, out);
}

// login("admin", "x"), auth=("admin", "x"), connect("host", "admin", "x"): [start, at) ends with
// the bracket, and `before` arguments stand before the password.
Verdict argument_behind(const TextView& text, Reader& reader, unsigned before, bool named_first,
                        Hit& out) noexcept {
  bool more = false;
  for (unsigned i = 0; i < before; ++i) {
    if (before == 1 && take_brackets(reader)) continue;
    const Value value = next_argument(text, reader, more);
    if (reader.starved()) return Verdict::More;
    // Where more than a user stands before it, all of them are texts.
    // A URL may have a name: getConnection(url, "scott", "x").
    if (!value.found || !more || (before > 1 && !value.quoted && (i > 0 || !named_first)))
      return Verdict::No;
  }
  const Value value = next_argument(text, reader, more);
  if (reader.starved()) return Verdict::More;
  if (!value.found || !value.quoted ||
      password_strength(text.slice(value.start, value.end)) != Strength::Strong)
    return Verdict::No;
  return match(value, 0, out);
}

bool has_second_text(Bytes cue) noexcept {
  return equals_word(cue, "connect(") || equals_word(cue, "sequelize(") ||
         equals_word(cue, "getconnection(") || equals_word(cue, "mysqli(") ||
         equals_word(cue, "pdo(");
}

bool takes_token(Bytes cue) noexcept {
  return equals_word(cue, "login(") || equals_word(cue, "bot.run(") ||
         equals_word(cue, "client.run(") || equals_word(cue, "telebot(");
}

bool is_dsn_cue(Bytes cue) noexcept {
  return equals_word(cue, "sql.open(") || equals_word(cue, "mysql.open(") ||
         equals_word(cue, "dsn");
}

// user:password@tcp(host)/base, as drivers of Go take it.
Verdict in_dsn(const TextView& text, const Value& value, Hit& out) noexcept {
  const Bytes bytes = text.slice(value.start, value.end);
  for (std::string_view sign : {"@tcp(", "@unix(", "@/"}) {
    const auto at = std::search(bytes.begin(), bytes.end(), sign.begin(), sign.end());
    const auto colon = std::find(bytes.begin(), at, uint8_t{':'});
    if (at == bytes.end() || colon == at || colon == bytes.begin()) continue;
    Value password = value;
    password.start = value.start + static_cast<uint64_t>(colon - bytes.begin()) + 1;
    password.end = value.start + static_cast<uint64_t>(at - bytes.begin());
    const Strength strength = password_strength(text.slice(password.start, password.end));
    return strength == Strength::None ? Verdict::No : match(password, 0, out);
  }
  return Verdict::No;
}

Verdict behind_dsn(const TextView& text, const Trigger& trigger, Reader& reader,
                   Hit& out) noexcept {
  if (text.at(trigger.at - 1) != '(') {
    const Name name = read_name(text, trigger.start, reader, false);
    const Operator op = name.fits ? read_operator(reader, name) : Operator::None;
    if (op != Operator::Assign && op != Operator::Second)
      return reader.starved() ? Verdict::More : Verdict::No;
  }
  bool more = true;
  for (unsigned i = 0; i < 2 && more; ++i) {
    const Value value = next_argument(text, reader, more);
    if (reader.starved()) return Verdict::More;
    if (!value.found) return Verdict::No;
    if (in_dsn(text, value, out) == Verdict::Match) return Verdict::Match;
  }
  return Verdict::No;
}

// jdbc:oracle:thin:user/password@//host: [start, at) ends with the colon before the user.
Verdict in_oracle_url(const TextView& text, Reader& reader, Hit& out) noexcept {
  const Value value = read_value(reader, Stop::Word);
  if (reader.starved()) return Verdict::More;
  if (!value.found || value.quoted) return Verdict::No;
  const Bytes bytes = text.slice(value.start, value.end);
  const auto slash = std::find(bytes.begin(), bytes.end(), uint8_t{'/'});
  const auto at = std::find(slash, bytes.end(), uint8_t{'@'});
  if (slash == bytes.begin() || at == bytes.end() ||
      std::find(bytes.begin(), slash, uint8_t{'@'}) != slash)
    return Verdict::No;
  Value password = value;
  password.start = value.start + static_cast<uint64_t>(slash - bytes.begin()) + 1;
  password.end = value.start + static_cast<uint64_t>(at - bytes.begin());
  if (password.start == password.end ||
      password_strength(text.slice(password.start, password.end)) == Strength::None)
    return Verdict::No;
  return match(password, 0, out);
}

// CURLOPT_USERPWD, "user:x"; 'userpwd' => 'user:x'.
Verdict in_user_and_password(const TextView& text, Reader& reader, Hit& out) noexcept {
  for (uint64_t i = 0; i < kSignsMax && reader.peek() != '"'; ++i) {
    const uint8_t c = reader.peek();
    if (c == '\'' && reader.peek(1) != ' ' && reader.peek(1) != ',') break;
    if (c != ' ' && c != ',' && c != '=' && c != '>' && c != ':' && c != '\'')
      return reader.starved() ? Verdict::More : Verdict::No;
    reader.skip();
  }
  const Value value = read_value(reader, Stop::Line);
  if (reader.starved()) return Verdict::More;
  if (!value.found || !value.quoted || value.spaced) return Verdict::No;
  const Bytes bytes = text.slice(value.start, value.end);
  const auto colon = std::find(bytes.begin(), bytes.end(), uint8_t{':'});
  if (colon == bytes.begin() || colon == bytes.end()) return Verdict::No;
  Value password = value;
  password.start = value.start + static_cast<uint64_t>(colon - bytes.begin()) + 1;
  if (password.start == password.end ||
      password_strength(text.slice(password.start, password.end)) != Strength::Strong)
    return Verdict::No;
  return match(password, 0, out);
}

bool is_ruby_cue(Bytes cue) noexcept { return equals_word(cue, "basic_auth "); }
bool is_curl_cue(Bytes cue) noexcept { return equals_word(cue, "curlopt_userpwd"); }
bool is_oracle_cue(Bytes cue) noexcept { return equals_word(cue, "oracle:thin:"); }

}  // namespace

bool is_call_cue(Bytes cue) noexcept {
  return cue.back() == '(' || is_dsn_cue(cue) || is_ruby_cue(cue) || is_curl_cue(cue) ||
         is_oracle_cue(cue);
}

Verdict password_of_call(const TextView& text, const Trigger& trigger, Reader& reader,
                         Hit& out) noexcept {
  const Bytes cue = text.slice(trigger.start, trigger.at);
  if (is_dsn_cue(cue)) return behind_dsn(text, trigger, reader, out);
  if (is_oracle_cue(cue)) return in_oracle_url(text, reader, out);
  if (is_curl_cue(cue)) return in_user_and_password(text, reader, out);
  // Without a bracket the first one is a text, too.
  if (is_ruby_cue(cue) && reader.peek() != '"' && reader.peek() != '\'')
    return reader.starved() ? Verdict::More : Verdict::No;
  if (takes_token(cue)) {
    const uint64_t from = reader.at();
    const Verdict verdict = token_alone(text, reader, out);
    if (verdict != Verdict::No || !equals_word(cue, "login(")) return verdict;
    reader.move_to(from);
  }
  if (equals_word(cue, "hmac.new(")) return argument_behind(text, reader, 0, false, out);
  return argument_behind(text, reader, has_second_text(cue) ? 2 : 1,
                         equals_word(cue, "getconnection("), out);
}

}  // namespace sallyport::scan
