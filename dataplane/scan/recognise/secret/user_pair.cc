#include "dataplane/scan/recognise/secret/user_pair.h"

#include <algorithm>
#include <array>

#include "dataplane/scan/recognise/secret/credential_name.h"
#include "dataplane/scan/recognise/secret/credential_value.h"
#include "dataplane/scan/recognise/secret/prose_words.h"
#include "dataplane/scan/validate/secret_text.h"

namespace sallyport::scan {

bool is_pair_cue(Bytes cue) noexcept {
  static constexpr WordList kCues{std::to_array<std::string_view>({"credentials",
                                                                   "credential",
                                                                   "creds",
                                                                   "login",
                                                                   "logins",
                                                                   "log in",
                                                                   "zugangsdaten",
                                                                   "identifiants",
                                                                   "credenciales",
                                                                   "credenziali",
                                                                   "credenciais",
                                                                   "inloggegevens",
                                                                   "dane logowania",
                                                                   "user/pass",
                                                                   "username/password",
                                                                   "benutzername/kennwort",
                                                                   "benutzername/passwort",
                                                                   "benutzer/passwort",
                                                                   "login/passwort",
                                                                   "login/password",
                                                                   "user/password",
                                                                   "identifiant/mot de passe",
                                                                   "usuario/contrase\xc3\xb1"
                                                                   "a",
                                                                   "utente/password",
                                                                   "userpass",
                                                                   "user:pass",
                                                                   "id/pw",
                                                                   "id/pass",
                                                                   "id/password",
                                                                   "id/passwd",
                                                                   "user/pwd",
                                                                   "user/pw",
                                                                   "\xea\xb3\x84\xec\xa0\x95/pw",
                                                                   "username and password",
                                                                   "log in with",
                                                                   "sign in",
                                                                   "sign in with",
                                                                   "wifi:",
                                                                   "wlan:",
                                                                   "vpn:",
                                                                   "rdp:",
                                                                   "auth"})};
  return kCues.has(cue);
}

namespace {

constexpr size_t kPairUserMax = 64;
constexpr uint8_t kDoubt = 5;

// "b3:48:00:a0:f7:c0": a hardware address, no name and its password.
bool is_pairs_of_hex(Bytes word) noexcept {
  if (word.size() < 14) return false;
  for (size_t i = 0; i < 14; ++i)
    if (i % 3 == 2 ? word[i] != ':' : !is_hex(word[i])) return false;
  return true;
}

// "log in with kev@example.org and x": behind a mail address, where the word for "and" has been
// read.
Verdict behind_mail(const TextView& text, Reader& reader, const Value& mail, Bytes joint,
                    Hit& out) noexcept {
  static constexpr WordList kJoints{
      std::to_array<std::string_view>({"and", "und", "et", "y", "e", "with", "mit", "using"})};
  const Bytes address = text.slice(mail.start, mail.end);
  if (std::find(address.begin(), address.end(), uint8_t{'@'}) == address.end() ||
      !kJoints.has(joint))
    return Verdict::No;
  reader.skip_blanks(2);
  const Value value = read_value(reader, Stop::Line);
  if (reader.starved()) return Verdict::More;
  if (!value.found || value.spaced) return Verdict::No;
  const Bytes bytes = text.slice(value.start, value.end);
  return stands_out(bytes) ? match(value, kDoubt, out) : Verdict::No;
}

// The cue "wifi:" has the sign that arms a pair; a key of WPA has eight characters (IEEE 802.11,
// J.4.1), and names of devices and bands are of one case, or shorter.
bool is_network_cue(Bytes cue) noexcept { return cue.back() == ':'; }

bool fits_network(Bytes bytes) noexcept {
  constexpr size_t kWpaMin = 8;
  return bytes.size() >= kWpaMin && std::any_of(bytes.begin(), bytes.end(), is_lower) &&
         std::any_of(bytes.begin(), bytes.end(), is_digit) &&
         !std::all_of(bytes.begin(), bytes.end(),
                      [](uint8_t c) { return is_lower(c) || is_digit(c); });
}

// "creds -> admin / x"
bool take_arrow(Reader& reader) noexcept {
  const uint64_t here = reader.at();
  reader.skip_blanks(2);
  if ((reader.peek() == '-' || reader.peek() == '=') && reader.peek(1) == '>') {
    reader.skip(2);
    return true;
  }
  reader.move_to(here);
  return false;
}

}  // namespace

Verdict user_and_secret(const TextView& text, Reader& reader, Bytes cue, Hit& out) noexcept {
  // "id/pw kev/x": the cue says what stands on both sides of a slash.
  const bool slash = std::find(cue.begin(), cue.end(), uint8_t{'/'}) != cue.end();
  // "log in with kev / x"
  const bool with = equals_word(cue, "log in with") || equals_word(cue, "sign in with");
  bool armed = slash || with;
  Value before;
  if (is_network_cue(cue)) reader.move_to(reader.at() - 1);
  if (slash && reader.peek() == '(') reader.skip();
  const bool arrow = take_arrow(reader);
  // "default creds (kev/x)"
  const bool bracket = !slash && reader.peek() == ' ' && reader.peek(1) == '(';
  if (bracket) reader.skip(2);
  armed |= arrow || bracket;
  for (size_t i = 0; i < kProseWordsMax; ++i) {
    while (reader.peek() == '*' || reader.peek() == ')') reader.skip();
    reader.skip_blanks(2);
    if (reader.peek() == ':' || reader.peek() == '=') {
      reader.skip();
      armed = true;
      skip_white(reader, 4);
    }
    const uint64_t from = reader.at();
    const Value user = read_value(reader, Stop::Line);
    if (reader.starved()) return Verdict::More;
    if (!user.found || user.spaced || user.end - user.start > 2 * kPairUserMax) return Verdict::No;
    uint64_t sign = user.start;
    while (sign < user.end && text.at(sign) != ':' && text.at(sign) != '/') ++sign;
    Value value = user;
    if (sign > user.start && sign + 1 < user.end) {
      value.start = sign + 1;
    } else {
      const uint64_t resume = reader.at();
      reader.skip_blanks(2);
      const uint8_t separator = reader.peek();
      const bool spaced =
          (separator == '/' || separator == ':' || separator == '|') && reader.peek(1) == ' ';
      if (spaced) reader.skip(2);
      if (!spaced) {
        if (reader.starved()) return Verdict::More;
        const Bytes word = text.slice(user.start, user.end);
        reader.move_to(resume);
        const bool mail = std::find(word.begin(), word.end(), uint8_t{'@'}) != word.end();
        if (from == reader.at() || (!mail && !is_gap_word(word))) return Verdict::No;
        const Verdict verdict = behind_mail(text, reader, before, word, out);
        if (verdict != Verdict::No) return verdict;
        reader.move_to(resume);
        before = user;
        armed |= equals_word(word, "are") || equals_word(word, "is") || equals_word(word, "with") ||
                 equals_word(word, "as") || equals_word(word, "sind") ||
                 equals_word(word, "sont") || equals_word(word, "son");
        armed |= text.at(user.end) == ':' && user.end < resume;
        continue;
      }
      value = read_value(reader, Stop::Line);
      if (reader.starved()) return Verdict::More;
      if (!value.found || value.spaced) return Verdict::No;
    }
    const Bytes bytes = text.slice(value.start, value.end);
    const bool path = std::find(bytes.begin(), bytes.end(), uint8_t{'/'}) != bytes.end();
    // "ftp login admin:x"
    armed |= i == 0 && value.start == sign + 1 && text.at(sign) == ':';
    if (!armed || path || (is_network_cue(cue) && !fits_network(bytes)) ||
        ((slash || arrow || with || bracket) && is_word_and_digit(bytes)) ||
        is_placeholder(text.slice(user.start, user.end)) ||
        is_pairs_of_hex(text.slice(user.start, user.end)) ||
        password_strength(bytes) != Strength::Strong)
      return Verdict::No;
    return match(value, kDoubt, out);
  }
  return Verdict::No;
}

}  // namespace sallyport::scan
