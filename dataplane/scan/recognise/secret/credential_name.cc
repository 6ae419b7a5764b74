#include "dataplane/scan/recognise/secret/credential_name.h"

#include <array>

#include "dataplane/scan/validate/letters.h"
#include "dataplane/scan/validate/secret_text.h"

namespace sallyport::scan {
namespace {

// Blanks before and behind an operator: columns of configuration files are aligned.
constexpr uint64_t kBlanksMax = 40;
constexpr uint64_t kTagBytesMax = 80;
constexpr uint64_t kRemarkBytesMax = 32;
// Of a block of a declaration, up to its default.
constexpr uint64_t kBlockBytesMax = 160;

bool is_name_char(uint8_t c) noexcept { return is_alnum(c) || c == '_' || c == '-' || c == '.'; }

// What may stand behind the noun of a name without changing what it names.
constexpr WordList kTailWords{std::to_array<std::string_view>(
    {"prod",    "production", "dev",          "development", "stage",  "staging",  "test",
     "testing", "live",       "main",         "primary",     "old",    "new",      "default",
     "admin",   "root",       "user",         "db",          "hex",    "b64",      "base64",
     "str",     "string",     "value",        "val",         "plain",  "raw",      "text",
     "base",    "here",       "qa",           "uat",         "local",  "internal", "master",
     "backup",  "api",        "et",           "eu",          "us",     "a",        "b",
     "v",       "confirm",    "confirmation", "again",       "secret", "token",    "key",
     "auth",    "smtp",       "mysql",        "postgres",    "redis",  "mongo",    "or"})};

// A word right before the noun that makes it something harmless: "csrf_token", "public_key",
// "page_token".
constexpr WordList kHarmlessBefore{
    std::to_array<std::string_view>({"csrf",         "xsrf",
                                     "page",         "next",
                                     "prev",         "previous",
                                     "continuation", "pagination",
                                     "cursor",       "sync",
                                     "cancellation", "cancel",
                                     "eos",          "bos",
                                     "pad",          "unk",
                                     "cls",          "sep",
                                     "mask",         "special",
                                     "max",          "min",
                                     "num",          "total",
                                     "input",        "output",
                                     "completion",   "prompt",
                                     "public",       "pub",
                                     "stop",         "end",
                                     "start",        "forgot",
                                     "no",           "without",
                                     "authenticity", "requestverification",
                                     "antiforgery",  "idempotency",
                                     "parse",        "syntax",
                                     "current",      "last",
                                     "first",        "hash",
                                     "primary",      "foreign",
                                     "partition",    "sort",
                                     "cache",        "object",
                                     "host",         "range",
                                     "map",          "group",
                                     "routing",      "index",
                                     "registry",     "lookup",
                                     "dedup",        "unique",
                                     "row",          "column",
                                     "translation",  "message",
                                     "bucket",       "path",
                                     "file",         "blob",
                                     "config",       "context",
                                     "state",        "query",
                                     "join",         "merge",
                                     "event",        "node",
                                     "tree",         "s3",
                                     "image",        "layer",
                                     "lock",         "shard",
                                     "verify",       "verification",
                                     "peer",         "etag",
                                     "websocket",    "socket",
                                     "surrogate"})};

// The last word of the name [from, to).
struct NamePart {
  uint64_t start, end;
};
NamePart part_before(const TextView& text, uint64_t from, uint64_t to) noexcept {
  while (to > from && !is_letter(text.at(to - 1))) --to;
  uint64_t start = to;
  while (start > from && is_letter(text.at(start - 1))) {
    --start;
    // camelCase: the capital begins the word.
    if (is_upper(text.at(start)) && start > from && !is_upper(text.at(start - 1))) break;
  }
  return {start, to};
}

// "HOST_PASSWORD", "REGISTRY_PASSWORD", "CACHE_PASS": what would make a token or a key harmless
// owns a password.
bool owns_password(const TextView& text, Bytes owner, uint64_t noun) noexcept {
  static constexpr WordList kOwners{std::to_array<std::string_view>(
      {"host",    "registry", "cache", "object", "node",   "primary", "group",   "peer",
       "config",  "bucket",   "blob",  "s3",     "public", "event",   "socket",  "websocket",
       "current", "sync",     "map",   "state",  "image",  "shard",   "context", "file"})};
  constexpr uint64_t kNounBytes = 4;
  if (noun + kNounBytes > text.end) return false;
  const Bytes begin = text.slice(noun, noun + kNounBytes);
  return (equals_word(begin, "pass") || equals_word(begin.first(3), "pwd")) && kOwners.has(owner);
}

// The noun at `to` names something harmless: "csrf_token"; "PublicKeyToken", whose key is public.
bool is_harmless(const TextView& text, uint64_t from, uint64_t to) noexcept {
  static constexpr WordList kPublic{std::to_array<std::string_view>({"public", "pub"})};
  const NamePart last = part_before(text, from, to);
  const Bytes word = text.slice(last.start, last.end);
  if (kHarmlessBefore.has(word)) return !owns_password(text, word, to);
  if (!equals_word(word, "key")) return false;
  const NamePart former = part_before(text, from, last.start);
  return kPublic.has(text.slice(former.start, former.end));
}

// Only digits, separators and words of kTailWords in [from, to).
bool tail_fits(const TextView& text, uint64_t from, uint64_t to) noexcept {
  while (from < to) {
    const uint8_t c = text.at(from);
    if (!is_letter(c)) {
      ++from;
      continue;
    }
    uint64_t end = from + 1;
    while (end < to && is_letter(text.at(end)) &&
           !(is_upper(text.at(end)) && is_lower(text.at(end - 1))))
      ++end;
    if (!kTailWords.has(text.slice(from, end))) return false;
    from = end;
  }
  return true;
}

// Behind the noun stands what makes many of it: "s", "en", "_list".
bool tail_is_plural(const TextView& text, uint64_t from, uint64_t to) noexcept {
  static constexpr WordList kEndings{std::to_array<std::string_view>(
      {"s", "en", "list", "lists", "array", "arr", "set", "map", "dict", "all", "liste"})};
  uint64_t at = from;
  while (at < to && !is_letter(text.at(at))) ++at;
  uint64_t end = at;
  while (end < to && is_letter(text.at(end)) &&
         (end == at || !is_upper(text.at(end)) || is_upper(text.at(end - 1))))
    ++end;
  return end > at && kEndings.has(text.slice(at, end)) && tail_fits(text, end, to);
}

// ": str = ", " string = ": a type between name and '='. Moves to the '=' or not at all.
void skip_type(Reader& reader) noexcept {
  constexpr auto kTypes = std::to_array<std::string_view>(
      {"string", "str", "text", "bytes", "any", "secretstr", "optional[str]", "final", "&str",
       "&'static str", "final[str]", "char", "const char*", "std::string", "varchar", "as string"});
  constexpr FirstBytes kFirst{kTypes};
  const uint64_t from = reader.at();
  if (reader.peek() == ':') reader.skip();
  reader.skip_blanks(4);
  for (std::string_view type : kTypes) {
    if (!kFirst.has(reader.peek())) break;
    const uint64_t at = reader.at();
    if (reader.take(type)) {
      reader.skip_blanks(4);
      if (reader.peek() == '=' && reader.peek(1) != '=') return;
      if (reader.starved()) return;
    }
    reader.move_to(at);
  }
  reader.move_to(from);
}

// "Password ......: x", "Password ........ x": the points of a form. Moves behind them and their
// colon, or not at all.
bool take_leader(Reader& reader) noexcept {
  constexpr uint64_t kPointsMin = 2, kPointsAloneMin = 4;
  uint64_t points = 0;
  while (points < kBlanksMax && reader.peek(points) == '.') ++points;
  if (points < kPointsMin) return false;
  uint64_t at = points;
  while (at < kBlanksMax && reader.peek(at) == ' ') ++at;
  const bool colon = reader.peek(at) == ':';
  if (!colon && points < kPointsAloneMin) return false;
  reader.skip(colon ? at + 1 : at);
  reader.skip_blanks(kBlanksMax);
  return true;
}

// One tag of those that mark up a text or a table, opening or closing; its attributes are gone
// over. Moves behind it and white space, or not at all.
bool take_markup(Reader& reader, bool closing) noexcept {
  static constexpr WordList kTags{
      std::to_array<std::string_view>({"td", "th", "dt", "dd", "b", "strong", "em", "i", "code",
                                       "kbd", "samp", "tt", "span", "label", "p", "div"})};
  constexpr uint64_t kTagNameMax = 6;
  if (reader.peek() != '<' || (reader.peek(1) == '/') != closing) return false;
  const uint64_t from = reader.at();
  reader.skip(closing ? 2 : 1);
  const uint64_t name = reader.at();
  while (reader.at() - name <= kTagNameMax && is_letter(reader.peek())) reader.skip();
  if (kTags.has(reader.slice(name, reader.at()))) {
    for (uint64_t i = 0; i < kTagBytesMax; ++i) {
      const uint8_t c = reader.peek(i);
      if (c == 0 || c == '<' || c == '\n' || (i == 0 && c != '>' && c != ' ')) break;
      if (c != '>') continue;
      reader.skip(i + 1);
      skip_white(reader, kBlanksMax);
      return true;
    }
  }
  reader.move_to(from);
  return false;
}

// <td>Password</td><td>x</td>, <dt>Token</dt> <dd><code>x</code></dd>, <b>Password</b>: x. Moves to
// the value, or not at all. A name that ends in markup is one only where a cell or a sign follows.
bool take_cell(Reader& reader) noexcept {
  const uint64_t from = reader.at();
  const bool head = reader.peek(2) == 't' && reader.peek(3) == 'h';
  if (!take_markup(reader, true)) return false;
  (void)take_markup(reader, true);  // </b></td>
  // The next column's head.
  if (head && reader.peek() == '<' && reader.peek(1) == 't' && reader.peek(2) == 'h') {
    reader.move_to(from);
    return false;
  }
  const bool sign = reader.peek() == ':' || reader.peek() == '=';
  if (sign) {
    reader.skip();
    skip_white(reader, kBlanksMax);
  }
  bool cell = false;
  for (unsigned i = 0; i < 2 && take_markup(reader, false); ++i) cell = true;
  if (sign || cell) return true;
  reader.move_to(from);
  return false;
}

// <b>Password:</b> <code>x</code>: what stands between a sign and its value.
void skip_markup(Reader& reader) noexcept {
  if (reader.peek() != '<') return;
  (void)take_markup(reader, true);
  for (unsigned i = 0; i < 2 && take_markup(reader, false); ++i) {
  }
}

bool take_symbol(Reader& reader) noexcept {
  constexpr auto kSymbols = std::to_array<std::string_view>(
      {":::=", "::=", ":=", "===", "!==", "==", "!=", "=>", "?=", ".=", "+=", "||=", "->", "<-",
       "=", ":", "\xe2\x86\x92", "\xe2\x87\x92"});
  constexpr FirstBytes kFirst{kSymbols};
  if (!kFirst.has(reader.peek())) return false;
  for (std::string_view symbol : kSymbols) {
    if (!reader.take(symbol)) continue;
    // "Token::End" names something; "userPassword:: x" is base64 (RFC 2849).
    if (symbol == ":" && reader.peek() == ':') {
      reader.skip();
      return reader.peek() == ' ';
    }
    return true;
  }
  return false;
}

// "API key (prod): x": a remark between a name and its sign. Moves to the sign or not at all.
void skip_remark(Reader& reader) noexcept {
  if (reader.peek() != '(') return;
  uint64_t i = 1;
  for (; i < kRemarkBytesMax && reader.peek(i) != ')'; ++i) {
    const uint8_t c = reader.peek(i);
    if (!is_name_char(c) && c != ' ' && c != ',' && c != '/' && c != '@' && c < 0x80) return;
  }
  const uint8_t sign = reader.peek(i + 1), behind = reader.peek(i + 2);
  if (reader.peek(i) == ')' && (sign == ':' || sign == '=') &&
      (behind == ' ' || behind == '*' || behind == '\n'))
    reader.skip(i + 1);
}

// The rest of an opening tag, with its attributes: " encrypted='no'>".
bool take_tag_end(Reader& reader) noexcept {
  uint64_t i = 0;
  while (i < kTagBytesMax && reader.peek(i) != '>' && reader.peek(i) != '<' &&
         reader.peek(i) != '\n' && reader.peek(i) != 0)
    ++i;
  if (reader.peek(i) != '>' || (i > 0 && (reader.peek() != ' ' || reader.peek(i - 1) == '/')))
    return false;
  reader.skip(i + 1);
  skip_white(reader, kBlanksMax);
  return true;
}

// <name>db.password</name><value>x</value>, <key>Password</key><string>x</string>.
bool take_value_element(Reader& reader) noexcept {
  if (reader.peek() != '<') return false;
  const uint64_t from = reader.at();
  for (std::string_view closing : {"</name>", "</key>"}) {
    if (!reader.take(closing)) continue;
    skip_white(reader, kBlanksMax);
    for (std::string_view opening : {"<value>", "<string>"})
      if (reader.take(opening)) return true;
    break;
  }
  reader.move_to(from);
  return false;
}

// "key: |-" and "key: >": a YAML block, whose first line is the value.
void skip_block_mark(Reader& reader) noexcept {
  if (reader.peek() != '|' && reader.peek() != '>') return;
  uint64_t mark = 1;
  if (reader.peek(1) == '-' || reader.peek(1) == '+') ++mark;
  if (reader.peek(mark) != '\n' && reader.peek(mark) != '\r') return;
  reader.skip(mark);
  skip_white(reader, kBlanksMax);
}

// name="API_KEY" value="...", - name: API_KEY \n value: ..., <add key="..." value="...">; of
// PowerShell -Name Password -Value "...".
bool take_value_attribute(Reader& reader) noexcept {
  const uint64_t from = reader.at();
  skip_white(reader, kBlanksMax);
  if (reader.peek() == '-') {
    if (reader.take("-value ") && is_quote(reader.peek())) return true;
    reader.move_to(from);
    return false;
  }
  constexpr auto kAttributes = std::to_array<std::string_view>(
      {"\"value\"", "'value'", "value", "secret_value", "content", "default"});
  constexpr FirstBytes kFirst{kAttributes};
  for (std::string_view word : kAttributes) {
    if (!kFirst.has(reader.peek())) break;
    if (!reader.take(word)) continue;
    reader.skip_blanks(4);
    if (reader.peek() == '=' || reader.peek() == ':') {
      reader.skip();
      reader.skip_blanks(4);
      return true;
    }
    break;
  }
  reader.move_to(from);
  return false;
}

// "type": "secret", between a name and its value.
void skip_type_member(Reader& reader) noexcept {
  const uint64_t from = reader.at();
  if (reader.take("\"type\"")) {
    for (uint64_t i = 0; i < kBlanksMax && reader.peek() != ',' && reader.peek() != 0; ++i)
      reader.skip();
    if (reader.peek() == ',') {
      reader.skip();
      reader.skip_blanks(kBlanksMax);
      return;
    }
  }
  reader.move_to(from);
}

// getenv("DB_PASSWORD") or "x", env.API_KEY || 'x', ENV.fetch("KEY") { "x" }, variable "password" {
// ... default = "x": what stands for a value that is not there. `closed`: a quote ended the name.
bool take_fallback(Reader& reader, bool closed) noexcept {
  const uint64_t from = reader.at();
  constexpr auto kSigns = std::to_array<std::string_view>({"||", "??", "?:", "or "});
  constexpr FirstBytes kFirst{kSigns};
  if (kFirst.has(reader.peek())) {
    for (std::string_view sign : kSigns) {
      if (sign == "or " && !closed) continue;
      if (!reader.take(sign)) continue;
      skip_white(reader, 8);
      if (is_quote(reader.peek())) return true;
      break;
    }
    reader.move_to(from);
    return false;
  }
  // find("#password").send_keys("x"), get('#password').type('x')
  if (closed && reader.peek() == '.' && is_letter(reader.peek(1))) {
    uint64_t i = 1;
    while (i < kBlanksMax && is_name_char(reader.peek(i))) ++i;
    if (reader.peek(i) != '(' || !is_quote(reader.peek(i + 1))) return false;
    reader.skip(i + 1);
    return true;
  }
  if (!closed || reader.peek() != '{') return false;
  reader.skip();
  skip_white(reader, kBlanksMax);
  if (is_quote(reader.peek())) return true;
  bool word = false;
  for (uint64_t i = 0; i < kBlockBytesMax; ++i, reader.skip()) {
    const uint8_t c = reader.peek();
    if (c == 0 || c == '}' || c == '{') break;
    if (!word && to_lower(c) == 'd' && reader.take("default")) {
      reader.skip_blanks(kBlanksMax);
      if (reader.peek() != '=') break;
      reader.skip();
      reader.skip_blanks(kBlanksMax);
      if (is_quote(reader.peek())) return true;
      break;
    }
    word = is_name_char(c);
  }
  reader.move_to(from);
  return false;
}

}  // namespace

void skip_white(Reader& reader, uint64_t max) noexcept {
  for (uint64_t i = 0; i < max; ++i) {
    const uint8_t c = reader.peek();
    if (c == '\\' && (reader.peek(1) == 'n' || reader.peek(1) == 't' || reader.peek(1) == 'r'))
      reader.skip(2);
    else if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
      reader.skip();
    else
      return;
  }
}

bool take_line_end(Reader& reader) noexcept {
  constexpr unsigned kLineEndsMax = 2;
  const uint64_t from = reader.at();
  unsigned ends = 0;
  while (reader.peek() == '\n' || reader.peek() == '\r' || is_gap(reader.peek())) {
    ends += reader.peek() == '\n' ? 1 : 0;
    if (ends > kLineEndsMax) break;
    reader.skip();
  }
  if (ends > 0 && ends <= kLineEndsMax && is_alnum(reader.peek())) return true;
  reader.move_to(from);
  return false;
}

bool name_heads_line(const TextView& text, const Name& name) noexcept {
  return name.start == 0 || text.at(name.start - 1) == '\n';
}

Name read_name(const TextView& text, uint64_t cue_start, Reader& reader, bool topic) noexcept {
  Name name;
  const uint64_t cue_end = reader.at();
  name.start = cue_start;
  while (cue_start - name.start < kNameBytesMax && name.start > 0 &&
         is_name_char(text.at(name.start - 1)))
    --name.start;
  uint64_t dashes = 0;
  while (name.start < cue_start && (text.at(name.start) == '-' || text.at(name.start) == '.')) {
    dashes += text.at(name.start) == '-' ? 1 : 0;
    ++name.start;
  }
  while (reader.at() - cue_end < kNameBytesMax && is_name_char(reader.peek())) {
    // A '-' or '.' that nothing follows ends a sentence; "->" is an operator.
    if (!is_alnum(reader.peek()) && reader.peek() != '_' && !is_alnum(reader.peek(1))) break;
    reader.skip();
  }
  name.end = reader.at();
  const uint8_t before = name.start > 0 ? text.at(name.start - 1) : uint8_t{0};
  name.flag = dashes > 0 || (before == '/' && !is_name_char(text.at(name.start - 2)));
  name.behind_slash = before == '/' && is_letter(text.at(name.start - 2));
  name.tag =
      before == '<' || (before == ':' && name.start > 1 && is_letter(text.at(name.start - 2)));
  name.query = before == '?' || before == '&';
  name.variable = before == '$' || before == '{';
  name.quoted = is_quote(before);
  name.constant = true;
  for (uint64_t i = name.start; i < name.end; ++i) name.constant &= !is_lower(text.at(i));
  const bool short_cue = cue_end - cue_start <= kShortCueBytes;
  const uint8_t left = cue_start > name.start ? text.at(cue_start - 1) : uint8_t{0};
  // "_pat" begins with what parts it from the word before.
  const bool begins = !is_letter(left) || !is_letter(text.at(cue_start)) ||
                      (is_upper(text.at(cue_start)) && is_lower(left));
  const bool may_fit =
      (begins || !(short_cue || topic)) && !is_harmless(text, name.start, cue_start);
  name.fits = may_fit && (topic || tail_fits(text, cue_end, name.end));
  name.many = may_fit && !name.fits && tail_is_plural(text, cue_end, name.end);
  return name;
}

bool take_is_word(Reader& reader) noexcept {
  constexpr auto kWords = std::to_array<std::string_view>({"je",
                                                           "este",
                                                           "is",
                                                           "was",
                                                           "ist",
                                                           "lautet",
                                                           "war",
                                                           "est",
                                                           "\xc3\xa9tait",
                                                           "es",
                                                           "era",
                                                           "\xc3\xa8",
                                                           "\xc3\xa9",
                                                           "e'",
                                                           "sar\xc3\xa0",
                                                           "jest",
                                                           "brzmi",
                                                           "\xc3\xa4r",
                                                           "er",
                                                           "\xd1\x8d\xd1\x82o",
                                                           "equals",
                                                           "as",
                                                           "heisst",
                                                           "hei\xc3\x9ft",
                                                           "s\xc3\xa5",
                                                           "ser\xc3\xa1",
                                                           "ahora es",
                                                           "c'est",
                                                           "will be",
                                                           "should be",
                                                           "remains",
                                                           "reads",
                                                           "l\xc3\xa0",
                                                           "\xd9\x87\xd9\x8a",
                                                           "\xd7\x94\xd7\x99\xd7\x90",
                                                           "\xce\xb5\xce\xafvai",
                                                           "adalah"});
  constexpr FirstBytes kFirst{kWords};
  const bool may_begin = kFirst.has(reader.peek());
  for (std::string_view word : kWords) {
    if (!may_begin) break;
    const uint64_t at = reader.at();
    if (reader.take(word) &&
        (reader.peek() == ' ' || reader.peek() == ':' || reader.peek() == '\n')) {
      if (reader.peek() == ':') reader.skip();
      skip_white(reader, 4);
      return true;
    }
    reader.move_to(at);
  }
  // คือ は が 是 为 為 는 은 가 이, and the ideographic colon.
  if (reader.peek() < 0xe0) return false;
  for (std::string_view word :
       {"\xe0\xb8\x84\xe0\xb8\xb7\xe0\xb8\xad", "\xe3\x81\xaf", "\xe3\x81\x8c", "\xe6\x98\xaf",
        "\xe4\xb8\xba", "\xe7\x82\xba", "\xeb\x8a\x94", "\xec\x9d\x80", "\xea\xb0\x80",
        "\xec\x9d\xb4", "\xef\xbc\x9a"})
    if (reader.take(word)) {
      if (reader.peek() == ':') reader.skip();
      skip_white(reader, 4);
      return true;
    }
  return false;
}

namespace {

// Goes over the quote and the brackets behind a name; whether there was a quote.
bool close_name(Reader& reader, const Name& name) noexcept {
  bool closed = false;
  if (name.quoted || reader.peek() == '\\' || is_quote(reader.peek())) {
    if (reader.peek() == '\\' && is_quote(reader.peek(1))) reader.skip();
    if (is_quote(reader.peek())) {
      reader.skip();
      closed = true;
    }
  }
  const bool bracket = reader.peek() == ']';
  if (bracket || (closed && reader.peek() == ')')) reader.skip();
  // find(By.name("password")).sendKeys("x")
  if (closed && reader.peek() == ')' && reader.peek(1) == '.') reader.skip();
  // 'input[name="password"]'
  if (closed && bracket && is_quote(reader.peek())) reader.skip();
  return closed;
}

}  // namespace

Operator read_operator(Reader& reader, const Name& name) noexcept {
  // "my password's x"
  if (!name.quoted && reader.peek() == '\'' && to_lower(reader.peek(1)) == 's' &&
      reader.peek(2) == ' ') {
    reader.skip(3);
    return Operator::Is;
  }
  const bool closed = close_name(reader, name);
  // Emphasis in markdown, inside or behind the colon.
  const uint64_t marks_from = reader.at();
  const bool marked = name.start > 0 && (reader.slice(name.start - 1, name.start)[0] == '*' ||
                                         reader.slice(name.start - 1, name.start)[0] == '_');
  while (marked && reader.at() - marks_from < 3 && (reader.peek() == '*' || reader.peek() == '_'))
    reader.skip();
  if (name.tag && !closed && take_tag_end(reader)) return Operator::Element;
  if (closed && reader.peek() == '>') {
    reader.skip();
    skip_white(reader, kBlanksMax);
    (void)reader.take("<value>");
    return Operator::Element;
  }
  if (take_value_element(reader)) return Operator::Element;
  if (!closed && reader.peek() == '<' && take_cell(reader)) return Operator::Assign;
  if (!closed && reader.peek() == '?' && (is_gap(reader.peek(1)) || reader.peek(1) == '\n')) {
    reader.skip();
    return Operator::Ask;
  }
  const uint64_t blanks = reader.skip_blanks(kBlanksMax);
  if (blanks > 0 && !closed) skip_remark(reader);
  if (reader.peek() == '.' && take_leader(reader)) return Operator::Assign;
  skip_type(reader);
  if (take_fallback(reader, closed)) return Operator::Second;
  if (closed && reader.peek() == ',') {
    reader.skip();
    reader.skip_blanks(kBlanksMax);
    // {"key": "password", "type": "secret", "value": "x"}
    skip_type_member(reader);
    if (take_value_attribute(reader) || is_quote(reader.peek())) return Operator::Second;
    return Operator::None;
  }
  if (take_symbol(reader)) {
    // `**Password:** x`, `password: |`
    const uint64_t from = reader.at();
    while (reader.at() - from < 2 && (reader.peek() == '*' || reader.peek() == '_')) reader.skip();
    if (reader.at() - from == 1) reader.move_to(from);
    reader.skip_blanks(kBlanksMax);
    skip_block_mark(reader);
    skip_markup(reader);
    return Operator::Assign;
  }
  if (reader.peek() == '|' && blanks > 0) {
    reader.skip();
    reader.skip_blanks(kBlanksMax);
    return Operator::Assign;
  }
  if (take_value_attribute(reader)) return Operator::Second;
  if (reader.peek() == '-' && reader.peek(1) == ' ') {
    reader.skip(2);
    return Operator::Is;
  }
  if (blanks == 0) {
    return take_is_word(reader) ? Operator::Is : Operator::None;
  }
  if (take_is_word(reader)) return Operator::Is;
  return Operator::Space;
}

}  // namespace sallyport::scan
