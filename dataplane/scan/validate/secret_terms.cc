#include "dataplane/scan/validate/secret_terms.h"

#include <algorithm>
#include <array>

#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {
namespace {

// Terms of the trade that stand behind the word "password" in prose and code.
constexpr WordList kTradeWords{std::to_array<std::string_view>({"options",       "option",
                                                                "argument",      "parameter",
                                                                "required",      "optional",
                                                                "hashed",        "salted",
                                                                "plaintext",     "plain",
                                                                "cleartext",     "bytes",
                                                                "bytearray",     "varchar",
                                                                "boolean",       "bool",
                                                                "integer",       "number",
                                                                "object",        "unknown",
                                                                "empty",         "blank",
                                                                "default",       "input",
                                                                "field",         "form",
                                                                "label",         "text",
                                                                "confirm",       "confirmation",
                                                                "incorrect",     "invalid",
                                                                "valid",         "wrong",
                                                                "correct",       "expired",
                                                                "missing",       "strong",
                                                                "weak",          "reset",
                                                                "forgot",        "forgotten",
                                                                "change",        "changed",
                                                                "update",        "updated",
                                                                "current",       "login",
                                                                "logout",        "signin",
                                                                "signup",        "register",
                                                                "error",         "errors",
                                                                "warning",       "success",
                                                                "failed",        "failure",
                                                                "length",        "minlength",
                                                                "maxlength",     "name",
                                                                "type",          "email",
                                                                "e-mail",        "phone",
                                                                "address",       "account",
                                                                "accounts",      "title",
                                                                "description",   "message",
                                                                "prompt",        "response",
                                                                "request",       "session",
                                                                "cookie",        "header",
                                                                "basic",         "bearer",
                                                                "digest",        "oauth",
                                                                "ldap",          "kerberos",
                                                                "ntlm",          "saml",
                                                                "local",         "remote",
                                                                "manager",       "generator",
                                                                "protected",     "protection",
                                                                "policy",        "strength",
                                                                "rotation",      "expiry",
                                                                "expiration",    "authentication",
                                                                "authorization", "case-sensitive",
                                                                "auto",          "automatic",
                                                                "manual",        "always",
                                                                "never",         "enabled",
                                                                "disabled",      "ignore",
                                                                "ignored",       "skip",
                                                                "raw",           "json",
                                                                "yaml",          "xml",
                                                                "file",          "stdin",
                                                                "env",           "vault",
                                                                "keyring",       "keychain",
                                                                "prompted",      "interactive",
                                                                "allow",         "deny",
                                                                "accept",        "reject",
                                                                "charfield",     "passwordfield",
                                                                "textfield",     "stringfield",
                                                                "securestring",  "visible",
                                                                "invisible",     "hide",
                                                                "show",          "toggle",
                                                                "submit",        "button",
                                                                "placeholder",   "mixed",
                                                                "numeric",       "alphanumeric",
                                                                "random",        "generated",
                                                                "unique",        "primary",
                                                                "secondary",     "sensitive",
                                                                "private",       "public",
                                                                "internal",      "external",
                                                                "system",        "server",
                                                                "client",        "nullptr",
                                                                "column",        "database",
                                                                "storage",       "service",
                                                                "function",      "method",
                                                                "class",         "return",
                                                                "import",        "const",
                                                                "static",        "final",
                                                                "this",          "self",
                                                                "that",          "with",
                                                                "from",          "your",
                                                                "the",           "and",
                                                                "for",           "not",
                                                                "set",           "unset",
                                                                "only",          "must",
                                                                "should",        "will",
                                                                "can",           "are",
                                                                "was",           "has",
                                                                "have",          "been",
                                                                "being",         "also"})};

// Algorithms, encodings and types that end in a number: "SHA-256", "base64", "varchar2", "utf8mb4".
constexpr auto kNumberedTerms = std::to_array<std::string_view>(
    {"hmac-sha", "scram-sha", "hmacsha", "ssha",     "sha",    "md",      "aes",     "rsa",
     "utf",      "base",      "argon",   "pbkdf",    "scrypt", "bcrypt",  "oauth",   "hs",
     "rs",       "es",        "ps",      "ed",       "x",      "p-",      "ipv",     "rfc",
     "iso",      "tls",       "ssl",     "http",     "int",    "uint",    "float",   "varchar",
     "nvarchar", "char",      "string",  "str",      "text",   "byte",    "web",     "win",
     "python",   "php",       "mysql",   "postgres", "blake",  "pkcs",    "windows", "office",
     "crc",      "des",       "rc",      "level",    "step",   "section", "chapter", "table",
     "figure",   "option",    "line",    "page",     "item",   "version", "release", "v",
     "arg",      "param",     "var",     "val",      "value",  "user",    "test",    "field",
     "input",    "key"});

}  // namespace

bool is_trade_word(Bytes text) noexcept { return kTradeWords.has(text); }

bool is_numbered_term(Bytes text) noexcept {
  for (std::string_view term : kNumberedTerms) {
    if (!begins_as(text, term)) continue;
    const Bytes rest = text.subspan(term.size());
    // "base64-encoded", "sha256-based"
    size_t number = 0;
    while (number < rest.size() && is_digit(rest[number])) ++number;
    if (number > 0 && number + 1 < rest.size() && rest[number] == '-' &&
        std::all_of(rest.begin() + static_cast<std::ptrdiff_t>(number) + 1, rest.end(), is_lower))
      return true;
    if (rest.empty() || rest.size() > 6) continue;
    if (std::count_if(rest.begin(), rest.end(), is_letter) <= 3 &&
        std::all_of(rest.begin(), rest.end(),
                    [](uint8_t c) {
                      return is_digit(c) || is_lower(c) || c == '-' || c == '_' || c == '.' ||
                             c == '/';
                    }) &&
        (is_digit(rest[0]) || rest[0] == '-' || rest[0] == '_' || rest[0] == '.'))
      return true;
  }
  return false;
}

bool is_time_stamp(Bytes text) noexcept {
  constexpr std::string_view kForm = "9999-99-99T99:99";
  if (text.size() < kForm.size()) return false;
  for (size_t i = 0; i < kForm.size(); ++i)
    if (kForm[i] == '9' ? !is_digit(text[i]) : text[i] != static_cast<uint8_t>(kForm[i]))
      return false;
  return std::all_of(text.begin() + kForm.size(), text.end(), [](uint8_t c) {
    return is_digit(c) || c == ':' || c == '.' || c == '+' || c == '-' || c == 'Z';
  });
}

bool is_version(Bytes text) noexcept {
  constexpr unsigned kNumbers = 3;
  size_t at = 1;
  for (unsigned i = 0; i < kNumbers; ++i) {
    const size_t first = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    if (at == first || at - first > 4) return false;
    if (i + 1 < kNumbers && (at == text.size() || text[at++] != '.')) return false;
  }
  return text[0] == 'v' && (at == text.size() || text[at] == '-' || text[at] == '+' ||
                            text[at] == '/' || text[at] == '.');
}

bool is_numbered_type(Bytes text) noexcept {
  static constexpr auto kTerms = std::to_array<std::string_view>(
      {"utf", "oauth", "int", "uint", "base", "sha", "md", "ascii", "float", "http", "win", "ipv"});
  static constexpr WordList kKinds{std::to_array<std::string_view>(
      {"string",   "str",        "array",       "list",    "session", "token",  "type",
       "value",    "text",       "char",        "bytes",   "buffer",  "data",   "key",
       "password", "credential", "credentials", "hash",    "client",  "config", "provider",
       "encoder",  "decoder",    "handler",     "address", "object"})};
  size_t number = 0;
  while (number < text.size() && is_letter(text[number])) ++number;
  size_t kind = number;
  while (kind < text.size() && is_digit(text[kind])) ++kind;
  if (kind == number || kind - number > 3 ||
      !std::all_of(text.begin() + static_cast<std::ptrdiff_t>(kind), text.end(), is_letter))
    return false;
  size_t last = text.size();
  while (last > kind && !is_upper(text[--last])) {
  }
  return kKinds.has(text.subspan(last)) &&
         std::any_of(kTerms.begin(), kTerms.end(),
                     [&](std::string_view term) { return ends_as(text.first(number), term); });
}

bool is_quantity(Bytes text) noexcept {
  size_t i = 0;
  while (i < text.size() && is_digit(text[i])) ++i;
  if (i == 0) return false;
  if (i == 1 && text[0] == '0' && text.size() > 2 && (text[1] | 32) == 'x' &&
      std::all_of(text.begin() + 2, text.end(), is_hex))
    return true;
  const Bytes rest = text.subspan(i);
  const auto only = [&](auto&& fits) { return std::all_of(rest.begin(), rest.end(), fits); };
  if (rest.size() > 1 && rest[0] == '/' && std::all_of(rest.begin() + 1, rest.end(), is_lower))
    return true;
  if (!rest.empty() && only([](uint8_t c) {
        return is_digit(c) || c == '.' || c == '-' || c == ':' || c == '/' || c == ',' || c == '%';
      }))
    return true;
  if (rest.size() > 1 && rest[0] == '-')
    return std::all_of(rest.begin() + 1, rest.end(),
                       [](uint8_t c) { return is_lower(c) || c == '-'; });
  static constexpr WordList kUnits{std::to_array<std::string_view>(
      {"s",   "ms",    "m",    "h",  "d",   "kb",   "mb",   "gb",    "px",    "em",
       "st",  "nd",    "rd",   "th", "bit", "bits", "byte", "bytes", "chars", "min",
       "sec", "hours", "days", "x",  "k",   "b",    "fa",   "am",    "pm"})};
  return kUnits.has(rest);
}

}  // namespace sallyport::scan
