#include "dataplane/scan/recognise/secret/url_credentials.h"

#include <algorithm>
#include <string_view>

#include "dataplane/scan/read/reader.h"
#include "dataplane/scan/validate/secret_text.h"

namespace sallyport::scan {
namespace {

constexpr uint64_t kSchemeMax = 24;
// A token in the place of the user; user names of people are shorter or words.
constexpr uint64_t kTokenMin = 16;
// Of a password behind a sign that ends the authority where it is encoded.
constexpr uint64_t kRestMax = 64;

bool is_scheme_char(uint8_t c) noexcept { return is_alnum(c) || c == '+' || c == '-' || c == '.'; }

bool is_url_end(uint8_t c) noexcept {
  return c <= ' ' || c == 0x7f || c == '"' || c == '<' || c == '>' || c == '`' || c == '\\' ||
         c >= 0x80;
}

struct Authority {
  uint64_t colon = 0;  // the first ':', 0: none
  uint64_t at = 0;     // the last '@', 0: none
  uint64_t end = 0;
};

// What stands behind the colon and before a slash: no port, and no name for one.
bool may_be_of_password(Bytes part) noexcept {
  constexpr size_t kBytesMin = 4;
  const auto all = [&](auto is) { return std::all_of(part.begin(), part.end(), is); };
  return part.size() >= kBytesMin && !all(is_digit) && !all(is_lower) && !all(is_upper);
}

// Reads up to '/', '?', '#' or the end of the word. `domain`: "CORP;user" is a user.
Authority read_authority(Reader& reader, bool domain) noexcept {
  Authority authority;
  for (; !reader.at_limit(); reader.skip()) {
    const uint8_t c = reader.peek();
    if (c == ';' && domain && authority.colon == 0) continue;
    if (is_url_end(c) || c == ';' || c == '\'' || c == '/' || c == '?' || c == '#') {
      // "?" and "#" and "/" inside of a password that was not encoded: an '@' with a host follows
      // on the same word.
      if (authority.colon == 0 || authority.at != 0 || is_url_end(c) || c == ';' || c == '\'')
        break;
      if (c == '/' && !may_be_of_password(reader.slice(authority.colon + 1, reader.at()))) break;
      uint64_t i = 1;
      while (i < kRestMax && reader.peek(i) != '@' && (c == '/' || reader.peek(i) != '/') &&
             !is_url_end(reader.peek(i)))
        ++i;
      if (reader.peek(i) != '@' || !is_alnum(reader.peek(i + 1))) break;
      continue;
    }
    if (c == ':' && authority.colon == 0) authority.colon = reader.at();
    if (c == '@') authority.at = reader.at();
  }
  authority.end = reader.at();
  return authority;
}

// guest:guest@localhost: what a server has before anybody sets it up, on the machine of who reads.
bool is_default_of_machine(const TextView& text, Bytes user, Bytes password,
                           const Authority& a) noexcept {
  if (!std::equal(user.begin(), user.end(), password.begin(), password.end())) return false;
  const Bytes host = text.slice(a.at + 1, a.end);
  const auto begins = [&](std::string_view name) {
    return host.size() >= name.size() && equals_word(host.first(name.size()), name);
  };
  return begins("localhost") || begins("127.0.0.1");
}

bool is_credential(const TextView& text, uint64_t from, const Authority& a) noexcept {
  if (a.at == 0 || a.at + 1 >= a.end) return false;
  const uint8_t host = text.at(a.at + 1);
  if (!is_alnum(host) && host != '[' && host != '$' && host != '{') return false;
  if (a.colon == 0 || a.colon > a.at) {
    const Bytes token = text.slice(from, a.at);
    return token.size() >= kTokenMin && is_key_like(token);
  }
  const Bytes password = text.slice(a.colon + 1, a.at);
  if (is_placeholder(password)) return false;
  // Variables in a template: "user:password1" and "{user}:{pass}" are none, with the names of the
  // parts in them.
  const Bytes user = text.slice(from, a.colon);
  if (!user.empty() && (user[0] == '{' || user[0] == '$' || user[0] == '<' || user[0] == '['))
    return password_strength(password) == Strength::Strong && password[0] != user[0];
  return password.size() >= 3 && !is_default_of_machine(text, user, password, a);
}

// The path goes along; punctuation and brackets around the URL do not.
uint64_t end_of_url(Reader& reader) noexcept {
  const uint64_t from = reader.at();
  while (!reader.at_limit()) {
    const uint8_t c = reader.peek();
    if (is_url_end(c) || c == '\'' || c == ',' || c == ';' || c == ')' || c == ']' || c == '}' ||
        c == '|' || c == '*')
      break;
    reader.skip();
  }
  uint64_t end = reader.at();
  while (end > from && std::string_view(".!:?").find(static_cast<char>(
                           reader.slice(end - 1, end)[0])) != std::string_view::npos)
    --end;
  return end;
}

}  // namespace

Verdict url_credentials_at(const TextView& text, const Trigger& trigger, const RuleParameters&,
                           Hit& out) noexcept {
  uint64_t first = trigger.at;
  while (first > 0 && trigger.at - first < kSchemeMax && is_scheme_char(text.at(first - 1)))
    --first;
  while (first < trigger.at && !is_letter(text.at(first))) ++first;
  if (first == trigger.at) return Verdict::No;
  Reader reader(text, trigger.at + 3, trigger.at + kLookAheadBytes);
  const uint64_t from = reader.at();
  const Bytes scheme = text.slice(first, trigger.at);
  const Authority authority =
      read_authority(reader, equals_word(scheme, "smb") || equals_word(scheme, "cifs"));
  if (reader.starved()) return Verdict::More;
  if (!is_credential(text, from, authority)) return Verdict::No;
  // A bracket of a host that is an IPv6 address belongs to it; the rest of the authority is read
  // again for its end.
  reader.move_to(text.at(authority.at + 1) == '[' ? authority.end : authority.at + 1);
  const uint64_t end = end_of_url(reader);
  if (reader.starved()) return Verdict::More;
  out = Hit{first, std::max(end, authority.at + 2), false, 0};
  return Verdict::Match;
}

}  // namespace sallyport::scan
