#include "dataplane/scan/validate/secret_text.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "dataplane/base/bytes.h"
#include "dataplane/base/crc32.h"
#include "dataplane/scan/validate/letters.h"
#include "dataplane/scan/validate/published_secrets.h"
#include "dataplane/scan/validate/secret_terms.h"

namespace sallyport::scan {
namespace {

constexpr size_t kPasswordMin = 4;
constexpr size_t kPasswordMax = 256;
constexpr size_t kKeyMin = 10;
// Below this many characters in parts that are no words, a key is more likely a name.
constexpr size_t kRandomCharactersMin = 8;
// Fewer letters drawn at random look like the name of something.
constexpr size_t kRandomLettersMin = 12;
// Longer texts of one length have more bits a character by chance, so the bar rises.
constexpr double kEntropyShort = 2.5;
constexpr double kEntropyLong = 2.9;
constexpr size_t kLongKey = 20;
// Few words have five in a row ("lengths" has four); letters drawn at random soon do.
constexpr size_t kConsonantsMax = 4;

bool is_letters(Bytes text) noexcept {
  bool all = true;
  for (const uint8_t c : text) all = all && is_letter(c);
  return all;
}

// Parts of a text that its author put where a secret goes.
constexpr WordList kPlaceholderParts{std::to_array<std::string_view>(
    {"xxxx",           "changeme",     "change-me",   "change_me",       "example",
     "your-",          "your_",        "yourpass",    "yourtoken",       "yourkey",
     "yoursecret",     "yourapi",      "placeholder", "redacted",        "dummy",
     "<password>",     "replaceme",    "replace_",    "replace-",        "insert_",
     "insert-",        "fixme",        "todo",        "not-a-real",      "notreal",
     "my-secret",      "my_secret",    "mysecret",    "_here",           "-here",
     "keyhere",        "tokenhere",    "secrethere",  "abcdefghijk",     "0123456789abcdefg",
     "goes-here",      "foobar",       "lorem",       "mypassword",      "my_password",
     "my-password",    "passwordhere", "password_",   "password123here", "sanitized",
     "filtered",       "censored",     "fake_",       "fake-",           "_fake",
     "some-secret",    "some_secret",  "some_token",  "put_your",        "enter_your",
     "securepassword", "supersecret"})};

// Whole values that say what goes there.
constexpr WordList kPlaceholderWords{std::to_array<std::string_view>(
    {"password", "passwd", "pass", "pwd", "passphrase", "passcode", "secret", "token", "key",
     "apikey", "api_key", "api-key", "api_token", "access_token", "auth_token", "secret_key",
     "user", "username", "credentials", "sample", "userid", "test", "testing", "foo", "bar", "baz",
     "value", "none", "null", "nil", "undefined", "true", "false", "string", "passwort", "kennwort",
     "senha", "clave", "contrasena", "motdepasse", "wachtwoord", "haslo", "losenord", "parola",
     "somepassword", "thepassword", "secretpassword", "notasecret", "hidden", "masked", "encrypted",
     // In other languages, as
     // labels of translations.
     "contrase\xc3\xb1"
     "a",
     "l\xc3\xb6senord", "wachtwoorden", "adgangskode", "passord", "salasana", "heslo", "geslo",
     "lozinka", "jelsz\xc3\xb3", "has\xc5\x82o", "\xc5\x9fifre", "parol\xc4\x83", "contrasinal",
     "contrasenya", "pasahitza", "parool", "parole", "lykilor\xc3\xb0", "fjal\xc3\xabkalim",
     "palavra-passe", "p4ssw0rd_here", "user:pass", "username:password", "pass:word"})};

constexpr WordList kSecretNouns{
    std::to_array<std::string_view>({"password", "passwd", "secret", "token", "username"})};

// Of pages, in the names of what is typed into.
constexpr WordList kFieldNouns{std::to_array<std::string_view>({"field", "input", "login", "pwd"})};

constexpr auto kFileEndings = std::to_array<std::string_view>(
    {".py",   ".js",  ".ts",    ".json", ".yaml", ".yml", ".xml", ".html", ".css", ".txt",
     ".md",   ".png", ".jpg",   ".jpeg", ".svg",  ".gif", ".pem", ".key",  ".crt", ".cert",
     ".jks",  ".p12", ".conf",  ".cfg",  ".ini",  ".env", ".sh",  ".c",    ".h",   ".cc",
     ".cpp",  ".go",  ".rs",    ".java", ".php",  ".rb",  ".log", ".com",  ".org", ".net",
     ".io",   ".jar", ".so",    ".exe",  ".sql",  ".csv", ".pdf", ".zip",  ".gz",  ".tar",
     ".html", ".htm", ".local", ".tsx",  ".jsx"});

// "Ed25519PrivateKey", "utf8", but not "aNCSQGgx7w": words, and digits in one place at most.
bool is_name_part(Bytes part) noexcept {
  if (part.size() > 40) return false;
  size_t begin = 0, numbers = 0;
  for (size_t i = 0; i <= part.size(); ++i) {
    if (i < part.size() && is_letter(part[i])) continue;
    if (i > begin && !is_wordy(part.subspan(begin, i - begin))) return false;
    if (i < part.size() && is_digit(part[i]) && (i == 0 || !is_digit(part[i - 1]))) ++numbers;
    begin = i + 1;
  }
  return numbers <= 1;
}

// Names with one sign between them.
bool is_parts_of_names(Bytes text, uint8_t sign) noexcept {
  size_t begin = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] != sign) continue;
    if (!is_name_part(text.subspan(begin, i - begin))) return false;
    begin = i + 1;
  }
  return !text.empty();
}

// follow_symlinks=False, -DUSE_QT6=ON, -DCMAKE_INSTALL_PREFIX=/usr, a pointer *name, a member
// ^.name: code.
bool is_setting(Bytes text) noexcept {
  size_t i = 0;
  if ((text[0] == '*' || text[0] == '&') && text.size() > 1 && is_letter(text[1])) {
    return std::all_of(text.begin() + 1, text.end(),
                       [](uint8_t c) { return is_letter(c) || c == '_'; });
  }
  const bool flag = text.size() > 3 && text[0] == '-' && is_letter(text[1]);
  if (flag) text = text.subspan(1);
  while (i < text.size() && (is_alnum(text[i]) || text[i] == '_')) ++i;
  if (i + 1 < text.size() && i > 0 && text[i] == '^' && text[i + 1] == '.') return true;
  if (i < (flag ? 1U : 2U) || i + 1 >= text.size() || text[i] != '=' || text[i + 1] == '=')
    return false;
  return (flag ? is_parts_of_names(text.first(i), '_') : is_name_part(text.first(i))) &&
         std::all_of(text.begin() + static_cast<std::ptrdiff_t>(i) + 1, text.end(), [&](uint8_t c) {
           return is_alnum(c) || c == '_' || c == '.' || (flag && (c == '/' || c == '-'));
         });
}

// /etc/ssl/private: what stands between the slashes are names.
bool is_path(Bytes text) noexcept {
  size_t begin = 1, parts = 0;
  for (size_t i = 1; i <= text.size(); ++i) {
    if (i < text.size() && text[i] != '/') continue;
    if (i > begin && !is_name_part(text.subspan(begin, i - begin))) return false;
    ++parts;
    begin = i + 1;
  }
  return parts > 1;
}

// secret/data/app2, db/prod/password2: three names at least, where a path in a vault leads.
bool is_relative_path(Bytes text) noexcept {
  return is_letter(text[0]) && std::count(text.begin(), text.end(), uint8_t{'/'}) >= 2 &&
         is_parts_of_names(text, '/');
}

// self.password, os.environ, row.get, options->password, Foo::bar, com.example.Thing: parts that
// begin with letters.
bool is_dotted_name(Bytes text) noexcept {
  bool joined = false;
  size_t part = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    const uint8_t c = i < text.size() ? text[i] : uint8_t{'.'};
    if (is_alnum(c) || c == '_') {
      if (part == 0 && is_digit(c)) return false;
      ++part;
      continue;
    }
    if (part > 0 && !is_name_part(text.subspan(i - part, part))) return false;
    const bool arrow = i + 1 < text.size() &&
                       ((c == '-' && text[i + 1] == '>') || (c == ':' && text[i + 1] == ':') ||
                        (c == '?' && text[i + 1] == '.'));
    if (c != '.' && !arrow) return false;
    if (part == 0) return false;
    if (arrow) ++i;
    joined |= i < text.size();
    part = 0;
  }
  return joined;
}

// "lemon.pepper14": two words of small letters and two digits or more, as people make passwords up.
// Members of objects are called so seldom, and never behind what code calls its objects.
bool is_numbered_pair(Bytes text) noexcept {
  constexpr size_t kWordMin = 3, kDigitsMin = 2, kDigitsMax = 4;
  static constexpr WordList kObjects{std::to_array<std::string_view>(
      {"self",    "this",  "config",  "conf",   "settings", "env",      "args",
       "options", "opts",  "request", "req",    "res",      "response", "process",
       "data",    "row",   "user",    "users",  "form",     "params",   "props",
       "state",   "ctx",   "context", "event",  "obj",      "app",      "module",
       "test",    "tests", "error",   "errors", "message",  "messages", "auth",
       "values",  "vars",  "var",     "local",  "input",    "model",    "field",
       "fields",  "login", "account", "server", "client",   "session",  "db"})};
  const auto dot = std::find(text.begin(), text.end(), uint8_t{'.'});
  const auto first = static_cast<size_t>(dot - text.begin());
  size_t end = text.size();
  while (end > 0 && is_digit(text[end - 1])) --end;
  const size_t digits = text.size() - end;
  if (digits < kDigitsMin || digits > kDigitsMax || first < kWordMin || end < first + 1 + kWordMin)
    return false;
  return std::all_of(text.begin(), dot, is_lower) &&
         std::all_of(dot + 1, text.begin() + static_cast<std::ptrdiff_t>(end), is_lower) &&
         !kObjects.has(text.first(first)) && !kSecretNouns.any_in(text);
}

// Letters, digits and '_' with an inner '_' or camelCase, all parts words: the name of something.
bool is_name(Bytes text) noexcept {
  if (text.empty() || is_digit(text[0])) return false;
  size_t tail = text.size();
  while (tail > 0 && is_digit(text[tail - 1])) --tail;
  if (text.size() - tail > 1) return false;
  size_t begin = text[0] == '_' ? 1 : 0;
  bool parts = false;
  for (size_t i = begin; i <= tail; ++i) {
    if (i < tail && is_letter(text[i])) continue;
    if (i < tail && text[i] != '_') return false;
    if (i > begin && !is_wordy(text.subspan(begin, i - begin))) return false;
    parts |= i < tail;
    begin = i + 1;
  }
  return parts || text.size() == tail || std::count_if(text.begin(), text.end(), is_upper) > 1;
}

// Two letters side by side that no word of the languages around us has, nor an abbreviation with
// one capital: "Vw", "qi", "Zy" is one. Of letters drawn at random every other ten have some.
bool has_foreign_pair(Bytes letters) noexcept {
  constexpr std::string_view kRare = "jqvwxz", kVowels = "aeiouy";
  const auto in = [](std::string_view set, uint8_t c) {
    return set.find(static_cast<char>(c)) != std::string_view::npos;
  };
  for (size_t i = 1; i < letters.size(); ++i) {
    // A capital begins a part.
    if (!is_lower(letters[i])) continue;
    const uint8_t a = to_lower(letters[i - 1]), b = letters[i];
    if (a == 'q' && b != 'u' && b != 'l') return true;
    if (in(kRare, a) && in(kRare, b) && a != b) return true;
    // "object", "adjust", "inject", "enqueue", "sql" have them.
    if (!in("aeiouybdn", a) && b == 'j') return true;
    if (!in("aeiouycnsr", a) && b == 'q') return true;
    if ((a == 'j' || a == 'v') && !in(kVowels, b) && b != 'r' && b != 's' && b != 'm') return true;
  }
  return false;
}

struct Mix {
  size_t upper = 0, lower = 0, digits = 0, signs = 0, foreign = 0;
  size_t letters() const noexcept { return upper + lower + foreign; }
};

Mix mix_of(Bytes text) noexcept {
  Mix mix;
  for (uint8_t c : text) {
    if (is_upper(c))
      ++mix.upper;
    else if (is_lower(c))
      ++mix.lower;
    else if (is_digit(c))
      ++mix.digits;
    else if (c >= 0x80)
      ++mix.foreign;
    else
      ++mix.signs;
  }
  return mix;
}

// correct-horse-battery-staple: four words or more, joined by one sign.
bool is_passphrase(Bytes text) noexcept {
  size_t words = 0, size = 0;
  uint8_t joint = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && is_letter(text[i])) {
      ++size;
      continue;
    }
    if (size < 3) return false;
    ++words;
    size = 0;
    if (i == text.size()) break;
    if (joint != 0 && joint != text[i]) return false;
    joint = text[i];
    if (joint != '-' && joint != '.' && joint != '+' && joint != '*') return false;
  }
  return words >= 4 && joint != '.';
}

// A sign that words, names and numbers do not have inside.
bool is_password_sign(uint8_t c) noexcept {
  return std::string_view("!@#$%^&*?+=~|").find(static_cast<char>(c)) != std::string_view::npos;
}

bool is_random_part(Bytes part) noexcept {
  const Mix mix = mix_of(part);
  if (mix.letters() == 0) return part.size() >= 12;
  // Letters of one case that are hard to say are often words put together.
  const bool one_case = mix.upper == 0 || mix.lower == 0;
  if (mix.digits == 0) return part.size() >= (one_case ? 16U : 8U) && !is_wordy(part);
  size_t turns = 0;
  for (size_t i = 1; i < part.size(); ++i) turns += is_digit(part[i]) != is_digit(part[i - 1]);
  if (turns >= 2) return part.size() >= 6;
  // One turn: "Summer2024", "utf8", "550e": random only when the letters are.
  size_t letters = 0;
  while (letters < part.size() && is_letter(part[letters])) ++letters;
  const Bytes word = is_letter(part[0]) ? part.first(letters) : part.subspan(mix.digits);
  return part.size() >= 8 && !is_wordy(word);
}

// Decodes up to `out.size()` bytes; stops at '=' and answers how many. A foreign character: 0.
size_t decode_base64(Bytes text, std::span<uint8_t> out) noexcept {
  uint32_t bits = 0;
  unsigned count = 0;
  size_t size = 0;
  for (uint8_t c : text) {
    if (c == '=') break;
    const int value = base64_value(c);
    if (value < 0) return 0;
    bits = (bits << 6) | static_cast<uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    if (size == out.size()) return size;
    out[size++] = static_cast<uint8_t>(bits >> count);
  }
  return size;
}

}  // namespace

bool contains_word(Bytes text, std::string_view lower_word) noexcept {
  for (size_t i = 0; i + lower_word.size() <= text.size(); ++i)
    if (equals_word(text.subspan(i, lower_word.size()), lower_word)) return true;
  return false;
}

double entropy_bits(Bytes text) noexcept {
  std::array<uint32_t, 256> counts{};
  for (uint8_t c : text) ++counts[c];
  double entropy = 0;
  const double n = static_cast<double>(text.size());
  for (uint32_t count : counts)
    if (count > 0) entropy -= count / n * std::log2(count / n);
  return entropy;
}

bool looks_random(Bytes text) noexcept {
  return !is_placeholder(text) && entropy_bits(text) >= 3.0;
}

// Says where a secret lies, what makes it or what it is called, not what it is:
// arn:aws:secretsmanager:..., secret/data/app2, PBKDF2WithHmacSHA256, AES-256-GCM, X-Auth-Token2,
// :password2 and @password2 of SQL, #password2 of a page, tls-secret2.
bool is_reference(Bytes text) noexcept {
  if (begins_as(text, "arn:") || begins_as(text, "(?")) return true;
  if (ends_as(text, "padding") || begins_as(text, "aes-") || begins_as(text, "pbkdf2with"))
    return true;
  const bool header = begins_as(text, "x-");
  const uint8_t mark = text[0];
  const bool marked = mark == ':' || mark == '@' || mark == '#' || mark == '.';
  if (!header && !marked)
    return is_relative_path(text) ||
           (is_lower(mark) && std::find(text.begin(), text.end(), uint8_t{'-'}) != text.end() &&
            kSecretNouns.any_in(text) && is_parts_of_names(text, '-'));
  const Bytes rest = text.subspan(header ? 2 : 1);
  if (marked && !kSecretNouns.any_in(rest) && !kFieldNouns.any_in(rest)) return false;
  return is_parts_of_names(rest, header || mark == '.' || mark == '#' ? '-' : '_');
}

namespace {

// "P9k9tXaB%s_lt9ZL!7": letters of both cases, digits and two signs more, drawn from all there are.
// "%s" is no place for a value in it.
bool is_drawn(Bytes text) noexcept {
  constexpr size_t kBytesMin = 10, kDigitsMin = 2, kSignsMin = 2;
  const Mix mix = mix_of(text);
  return text.size() >= kBytesMin && mix.upper > 0 && mix.lower > 1 && mix.digits >= kDigitsMin &&
         mix.signs >= kSignsMin;
}

}  // namespace

bool is_placeholder(Bytes text) noexcept {
  if (text.empty()) return true;
  if (std::all_of(text.begin(), text.end(), [&](uint8_t c) { return c == text[0]; })) return true;
  // Most texts are words: no sign is looked for in them.
  if (is_letters(text)) return kPlaceholderParts.any_in(text) || kPlaceholderWords.has(text);
  const std::string_view s = base::text_of(text);
  for (std::string_view mark :
       {"${", "{{", "$(", "#{", "<%", "****", "...", "%(", "[[", "[a-z", "[A-Z", "[0-9"})
    if (s.find(mark) != std::string_view::npos) return true;
  if (s.starts_with("@@") || s.ends_with("@@")) return true;
  if (s.find("%s") != std::string_view::npos && !is_drawn(text)) return true;
  const auto wrapped = [&](char open, char close) {
    return s.front() == open && s.back() == close;
  };
  // ($row['password']
  if (s.starts_with("($") && s.size() > 3 && is_letter(text[2]) &&
      s.find_first_of("[>") != std::string_view::npos)
    return true;
  if (wrapped('%', '%') || wrapped('{', '}') || wrapped('<', '>') || wrapped('[', ']') ||
      wrapped('_', '_') || wrapped('(', ')'))
    return true;
  // $PASSWORD, $1, but not $ecret9: a variable is letters, digits and '_' in one case.
  if (s.front() == '$') {
    Bytes name = text.subspan(1);
    // $argv[2]: an element of a list; $passwords[$key: of one that a blank or an arrow cut.
    const size_t index = s.find('[');
    if (index != std::string_view::npos && index > 1 && index + 1 < s.size() && s[index + 1] == '$')
      return true;
    if (index != std::string_view::npos && index > 1 && s.back() == ']' &&
        is_name_part(text.subspan(1, index - 1)))
      return true;
    const size_t slash = s.find("/$");
    if (slash != std::string_view::npos) name = name.first(slash - 1);
    const bool plain = std::all_of(name.begin(), name.end(),
                                   [](uint8_t c) { return is_alnum(c) || c == '_' || c == ':'; });
    const Mix mix = mix_of(name);
    if (plain && (mix.digits <= 1 || mix.lower == 0 || mix.letters() == 0)) return true;
  }
  return kPlaceholderParts.any_in(text) || kPlaceholderWords.has(text) || is_published_secret(text);
}

bool is_uuid(Bytes text) noexcept {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is_hex(text[i])) return false;
  }
  return true;
}

namespace {

// No name of a program begins so or changes so often between digits and letters: "6j73RNz",
// "Y6mL5MHi0".
bool is_no_name(Bytes text) noexcept {
  constexpr unsigned kRowsOfDigits = 3;
  unsigned rows = 0;
  for (size_t i = 0; i < text.size(); ++i)
    rows += is_digit(text[i]) && (i == 0 || !is_digit(text[i - 1])) ? 1 : 0;
  const bool letters = std::any_of(text.begin(), text.end(), is_letter);
  return letters && (is_digit(text[0]) || rows >= kRowsOfDigits);
}

// "zW(5Yq8s7+", "LX(4c+bw", "fyP(#1TH": what no argument begins with or looks like. "User12" is a
// name, "0x1f" a number.
bool is_no_argument(Bytes text) noexcept {
  if (text.empty()) return false;
  if (text[0] == '#' || text[0] == '%' || text[0] == '^') return true;
  if (base::text_of(text).find_first_of(".,_'\"") != std::string_view::npos) return false;
  const Mix mix = mix_of(text);
  bool inner_digit = false;
  for (size_t i = 1; i < text.size(); ++i)
    inner_digit |= is_digit(text[i - 1]) && is_letter(text[i]);
  return inner_digit && mix.lower > 0 && (mix.upper > 0 || (mix.signs > 0 && text[1] != 'x'));
}

// "name(x)", "name[i]", and what a blank left of it: "name(x,". No program has letters right behind
// the last bracket ("zW5(Yq)s7").
bool is_call(Bytes text, size_t bracket) noexcept {
  const auto head = text.first(bracket);
  if (!std::all_of(head.begin(), head.end(),
                   [](uint8_t c) { return is_alnum(c) || c == '_' || c == '.' || c == ':'; }))
    return false;
  const size_t close = base::text_of(text).find_last_of(")]");
  if (close != std::string_view::npos && close > bracket)
    return close + 1 == text.size() || !is_alnum(text[close + 1]);
  return !is_no_name(head) && !is_no_argument(text.subspan(bracket + 1));
}

}  // namespace

bool is_expression(Bytes text) noexcept {
  if (text.empty() || is_letters(text)) return false;
  const std::string_view s = base::text_of(text);
  if (s.find("://") != std::string_view::npos || s.starts_with("./") || s.starts_with("../") ||
      s.starts_with("~/") || s.starts_with("--") || s.find("()") != std::string_view::npos ||
      s.find(".html#") != std::string_view::npos)
    return true;
  if (is_setting(text) || is_version(text) || is_time_stamp(text) || is_numbered_type(text))
    return true;
  // A drive, an absolute path of words.
  if (text.size() > 2 && is_letter(text[0]) && text[1] == ':' && text[2] == '\\') return true;
  if (s[0] == '/' && is_path(text)) return true;
  // A call or an index: a name, then a bracket.
  const size_t bracket = s.find_first_of("([");
  if (bracket != std::string_view::npos && bracket > 0 && is_call(text, bracket)) return true;
  const size_t at = s.find('@');
  if (at != std::string_view::npos && at > 0 && s.find('.', at) != std::string_view::npos &&
      std::all_of(text.begin(), text.end(),
                  [](uint8_t c) {
                    return is_alnum(c) || c == '@' || c == '.' || c == '_' || c == '-' || c == '+';
                  }) &&
      std::all_of(text.begin() + static_cast<std::ptrdiff_t>(s.rfind('.')) + 1, text.end(),
                  is_letter))
    return true;
  for (std::string_view ending : kFileEndings)
    if (text.size() > ending.size() && ends_as(text, ending)) return true;
  return (is_dotted_name(text) && !is_numbered_pair(text)) || is_quantity(text) ||
         is_reference(text);
}

bool is_wordy(Bytes letters) noexcept {
  // Parts of names that no vowel makes a word.
  static constexpr WordList kShortForms{std::to_array<std::string_view>(
      {"http", "https", "html", "xhtml", "smtp", "snmp", "dhcp", "mqtt", "grpc", "xmpp", "rtsp"})};
  size_t i = 0, chunks = 0;
  while (i < letters.size()) {
    size_t end = i;
    while (end < letters.size() && is_upper(letters[end])) ++end;
    // "HTTPServer": the last capital belongs to the word behind.
    if (end - i > 1 && end < letters.size()) --end;
    if (end - i <= 1)
      while (end < letters.size() && !is_upper(letters[end])) ++end;
    const Bytes chunk = letters.subspan(i, end - i);
    size_t vowels = 0, row = 0, row_max = 0;
    for (uint8_t c : chunk) {
      const bool vowel =
          std::string_view("aeiouy").find(static_cast<char>(to_lower(c))) != std::string_view::npos;
      vowels += vowel ? 1 : 0;
      row = vowel ? 0 : row + 1;
      row_max = std::max(row_max, row);
    }
    const bool acronym =
        chunk.size() <= 5 && chunk.size() >= 2 && std::all_of(chunk.begin(), chunk.end(), is_upper);
    if (!acronym && chunk.size() > 3 && (vowels == 0 || row_max > kConsonantsMax) &&
        !kShortForms.has(chunk))
      return false;
    ++chunks;
    i = end;
  }
  // "aBcDe": letters drawn from both cases change every other time.
  return letters.size() <= 4 || letters.size() >= (letters.size() >= 24 ? 4 : 3) * chunks;
}

Strength password_strength(Bytes text) noexcept {
  if (text.size() < kPasswordMin || text.size() > kPasswordMax) return Strength::None;
  if (is_placeholder(text) || is_expression(text) || is_uuid(text)) return Strength::None;
  if (is_trade_word(text) || (!is_letters(text) && is_numbered_term(text))) return Strength::None;
  // "required|min:8"
  const auto bar = std::find(text.begin(), text.end(), uint8_t{'|'});
  if (bar != text.end() && is_trade_word(text.first(static_cast<size_t>(bar - text.begin()))))
    return Strength::None;
  const Mix mix = mix_of(text);
  if (mix.letters() == 0) {
    if (mix.signs == 0) return Strength::Weak;
    return mix.digits >= 2 && mix.signs >= 3 && text.size() >= 6 ? Strength::Strong
                                                                 : Strength::None;
  }
  if (is_name(text)) {
    // snake_case, camelCase; a capital first is a word.
    const size_t inner = mix.upper - (is_upper(text[0]) ? 1 : 0);
    // Letters drawn at random: no camelCase.
    const Bytes letters = is_digit(text.back()) ? text.first(text.size() - 1) : text;
    if (inner > 1 && letters.size() >= kRandomLettersMin && is_letters(letters) &&
        (!is_wordy(letters) || has_foreign_pair(letters)))
      return Strength::Strong;
    if (mix.signs > 0 || (inner > 0 && mix.lower > 0)) return Strength::None;
    if (mix.digits == 0 && kSecretNouns.any_in(text)) return Strength::None;
    return mix.digits > 0 ? Strength::Strong : Strength::Weak;
  }
  // UINT16_MAX
  if (mix.lower == 0 && mix.signs > 0 && is_letter(text[0]) && mix.letters() > mix.digits &&
      std::all_of(text.begin(), text.end(), [](uint8_t c) { return is_alnum(c) || c == '_'; }))
    return Strength::None;
  if (mix.digits > 0) return Strength::Strong;
  size_t inner = 0;
  for (size_t i = 1; i + 1 < text.size(); ++i) inner += is_password_sign(text[i]) ? 1 : 0;
  const bool framed = is_password_sign(text.back()) && text.size() >= 8 && text.back() != '?' &&
                      text.back() != '=' && text.back() != '*';
  if (inner > 0 || (framed && mix.upper > 0 && mix.lower > 0)) return Strength::Strong;
  if (is_passphrase(text)) return Strength::Strong;
  if (mix.signs == 0 && text.size() >= 8 && mix.upper > 0 && mix.lower > 0) return Strength::Strong;
  return mix.signs == 0 ? Strength::Weak : Strength::None;
}

bool is_key_like(Bytes text) noexcept {
  if (text.size() < kKeyMin || is_placeholder(text) || is_expression(text)) return false;
  if (std::any_of(text.begin(), text.end(), [](uint8_t c) { return c <= ' ' || c >= 0x7f; }))
    return false;
  if (entropy_bits(text) < (text.size() >= kLongKey ? kEntropyLong : kEntropyShort)) return false;
  size_t random = 0, begin = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && is_alnum(text[i])) continue;
    if (i > begin && is_random_part(text.subspan(begin, i - begin))) random += i - begin;
    begin = i + 1;
  }
  if (random >= kRandomCharactersMin) return true;
  // Base64 of short parts, signs in between: what counts is that nothing of it reads as words.
  const Mix mix = mix_of(text);
  return mix.signs >= 2 && mix.digits >= 2 && mix.upper >= 1 && mix.lower >= 1 && random >= 4 &&
         text.size() >= 16;
}

bool is_made_up(Bytes text) noexcept {
  constexpr size_t kBytesMin = 8;
  constexpr std::string_view kTelling = "!@#$%^&*~", kOthers = "-_+.?=";
  const Mix mix = mix_of(text);
  if (text.size() < kBytesMin || mix.upper == 0 || mix.lower == 0 || mix.digits == 0) return false;
  size_t telling = 0, others = 0;
  for (const uint8_t c : text) {
    telling += kTelling.find(static_cast<char>(c)) != std::string_view::npos ? 1 : 0;
    others += kOthers.find(static_cast<char>(c)) != std::string_view::npos ? 1 : 0;
  }
  return telling > 0 && mix.foreign == 0 && telling + others == mix.signs;
}

bool is_jwt(Bytes text) noexcept {
  std::array<uint8_t, 256> header{};
  const auto dot = std::find(text.begin(), text.end(), uint8_t{'.'});
  const size_t size = decode_base64(text.first(static_cast<size_t>(dot - text.begin())), header);
  // A header that is longer than what is decoded cannot show its end.
  const bool ends = size == header.size() || (size > 0 && header[size - 1] == '}');
  return size > 8 && header[0] == '{' && ends &&
         contains_word(Bytes(header).first(size), "\"alg\"");
}

size_t basic_credentials(Bytes text) noexcept {
  std::array<uint8_t, 192> plain{};
  const size_t size = decode_base64(text, plain);
  size_t colon = 0;
  for (size_t i = 0; i < size; ++i) {
    if (plain[i] < 0x20 || plain[i] >= 0x7f) return 0;
    if (plain[i] == ':' && colon == 0) colon = i;
  }
  if (colon == 0 || colon + 1 >= size) return 0;
  return is_placeholder(Bytes(plain).subspan(colon + 1, size - colon - 1)) ? 0 : colon;
}

bool has_crc32_base62_tail(Bytes text) noexcept {
  constexpr std::string_view kDigits =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const std::string_view s = base::text_of(text);
  const size_t mark = s.find('_');
  if (mark == std::string_view::npos || s.size() != mark + 37) return false;
  uint32_t crc = base::crc32(text.subspan(mark + 1, 30));
  for (size_t i = s.size(); i-- > s.size() - 6; crc /= 62)
    if (s[i] != kDigits[crc % 62]) return false;
  return true;
}

}  // namespace sallyport::scan
