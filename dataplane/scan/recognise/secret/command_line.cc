#include "dataplane/scan/recognise/secret/command_line.h"

#include <array>

#include "dataplane/scan/recognise/secret/credential_name.h"
#include "dataplane/scan/recognise/secret/credential_value.h"
#include "dataplane/scan/validate/secret_text.h"

namespace sallyport::scan {
namespace {

constexpr size_t kArgumentsMax = 24;
constexpr uint64_t kPipedBytesMax = 80;

enum class Form : uint8_t {
  Next,         // -p x, -px when it does not look like another option, -p=x
  Attached,     // -px only: "-p" alone asks
  UserColon,    // -u user:x
  UserComma,    // -u user,x
  UserPercent,  // -U user%x
  UserSlash,    // sqlplus user/x@db
  First,        // the first argument that is no option
  Second,       // the second argument that is no option
  Third,        // the third one
  Piped,        // echo x | sudo -S, echo user:x | chpasswd
  NetUse,       // the one that is no share, drive, star or option
};

struct Command {
  std::string_view name;  // lower case
  std::string_view flag;  // empty: by position
  Form form;
};

// Options as the manuals of the commands give them.
constexpr auto kCommands = std::to_array<Command>({
    {"curl", "-u", Form::UserColon},
    {"curl", "--user", Form::UserColon},
    {"curl", "--proxy-user", Form::UserColon},
    {"curl", "-U", Form::UserColon},
    {"http -", "-a", Form::UserColon},
    {"lftp", "-u", Form::UserComma},
    {"sshpass", "-p", Form::Next},
    {"ssh-keygen", "-N", Form::Next},
    {"ssh-keygen", "-P", Form::Next},
    {"openssl enc", "-k", Form::Next},
    {"unrar x", "-p", Form::Attached},
    {"cqlsh", "-p", Form::Next},
    {"schtasks", "/rp", Form::Next},
    {"gh secret set", "--body", Form::Next},
    {"gh secret set", "-b", Form::Next},
    {"mysql", "-p", Form::Attached},
    {"mysqldump", "-p", Form::Attached},
    {"mysqladmin", "-p", Form::Attached},
    {"mysqlimport", "-p", Form::Attached},
    {"mariadb", "-p", Form::Attached},
    {"mongo", "-p", Form::Next},
    {"mongosh", "-p", Form::Next},
    {"mongodump", "-p", Form::Next},
    {"mongorestore", "-p", Form::Next},
    {"redis-cli", "-a", Form::Next},
    {"ldapsearch", "-w", Form::Next},
    {"ldapadd", "-w", Form::Next},
    {"ldapmodify", "-w", Form::Next},
    {"ldapwhoami", "-w", Form::Next},
    {"ldappasswd", "-w", Form::Next},
    {"smbclient", "-U", Form::UserPercent},
    {"rpcclient", "-U", Form::UserPercent},
    {"unzip", "-P", Form::Next},
    {"zip -", "-P", Form::Next},
    {"7z a", "-p", Form::Attached},
    {"7z x", "-p", Form::Attached},
    {"sqlcmd", "-P", Form::Next},
    {"bcp ", "-P", Form::Next},
    {"xfreerdp", "/p:", Form::Attached},
    {"rdesktop", "-p", Form::Next},
    {"plink", "-pw", Form::Next},
    {"pscp", "-pw", Form::Next},
    {"putty", "-pw", Form::Next},
    {"psexec", "-p", Form::Next},
    {"evil-winrm", "-p", Form::Next},
    {"ipmitool", "-P", Form::Next},
    {"mosquitto_pub", "-P", Form::Next},
    {"mosquitto_sub", "-P", Form::Next},
    {"docker login", "-p", Form::Next},
    {"podman login", "-p", Form::Next},
    {"registry login", "-p", Form::Next},
    {"az login", "-p", Form::Next},
    {"cf login", "-p", Form::Next},
    {"oc login", "-p", Form::Next},
    {"storepass", "", Form::First},
    {"keypass", "", Form::First},
    {"convertto-securestring", "", Form::First},
    {"sqlplus", "", Form::UserSlash},
    {"wpa_passphrase", "", Form::Second},
    {"net user", "", Form::Second},
    {"net use", "", Form::NetUse},
    {"echo", "", Form::Piped},
    {"printf", "", Form::Piped},
    {"htpasswd -b", "", Form::Third},
    {"rabbitmqctl add_user", "", Form::Second},
    {"rabbitmqctl change_password", "", Form::Second},
});

struct Argument {
  Value value;
  Bytes text;
  bool last = false;  // a ';' right behind it
};

// The next argument of the command; not found: the command is over.
bool next_argument(const TextView& text, Reader& reader, Argument& out) noexcept {
  if (out.last) return false;
  for (;;) {
    reader.skip_blanks(40);
    // A line goes on behind a backslash.
    if (reader.peek() == '\\' && (reader.peek(1) == '\n' || reader.peek(1) == '\r')) {
      reader.skip(2);
      continue;
    }
    break;
  }
  const uint8_t c = reader.peek();
  if (c == 0 || c == '\n' || c == '\r' || c == '|' || c == ';' || c == '#') return false;
  if (c == '&' && reader.peek(1) == '&') return false;
  out.value = read_value(reader, Stop::Word);
  if (reader.starved() || !out.value.found) return false;
  out.text = text.slice(out.value.start, out.value.end);
  out.last = out.value.end < reader.at() && text.at(out.value.end) == ';';
  return true;
}

Verdict accept(const TextView& text, uint64_t start, uint64_t end, Hit& out) noexcept {
  const Bytes value = text.slice(start, end);
  const Strength strength = password_strength(value);
  if (strength == Strength::None) return Verdict::No;
  // Upper case alone is a placeholder in manuals.
  if (strength == Strength::Weak && std::none_of(value.begin(), value.end(), [](uint8_t c) {
        return is_lower(c) || is_digit(c);
      }))
    return Verdict::No;
  out = Hit{start, end, false, static_cast<uint8_t>(strength == Strength::Weak ? 10 : 0)};
  return Verdict::Match;
}

Verdict accept_behind(const TextView& text, const Value& value, uint8_t sign, Hit& out) noexcept {
  uint64_t at = value.start;
  while (at < value.end && text.at(at) != sign) ++at;
  if (at == value.start || at + 1 >= value.end) return Verdict::No;
  const Bytes user = text.slice(value.start, at), whole = text.slice(value.start, value.end);
  if (user[0] == '$' || user[0] == '<' || user[0] == '{' || is_placeholder(whole))
    return Verdict::No;
  uint64_t end = value.end;
  if (sign == '/') {
    // user/x@db
    uint64_t host = value.end;
    while (host > at + 1 && text.at(host) != '@') --host;
    if (host <= at + 1 && password_strength(text.slice(at + 1, end)) != Strength::Strong)
      return Verdict::No;
    if (host > at + 1) end = host;
  }
  return accept(text, at + 1, end, out);
}

Verdict accept_form(const TextView& text, const Value& value, Form form, Hit& out) noexcept {
  switch (form) {
    case Form::UserColon: {
      const Verdict pair = accept_behind(text, value, ':', out);
      if (pair == Verdict::Match) return pair;
      // "key:" with nothing behind: the key is the user.
      if (text.at(value.end - 1) == ':' && is_key_like(text.slice(value.start, value.end - 1))) {
        out = Hit{value.start, value.end - 1, false, 0};
        return Verdict::Match;
      }
      return Verdict::No;
    }
    case Form::UserComma:
      return accept_behind(text, value, ',', out);
    case Form::UserPercent:
      return accept_behind(text, value, '%', out);
    case Form::UserSlash:
      return accept_behind(text, value, '/', out);
    default:
      return accept(text, value.start, value.end, out);
  }
}

bool starts(Bytes text, std::string_view flag) noexcept {
  return text.size() >= flag.size() &&
         std::equal(flag.begin(), flag.end(), text.begin(),
                    [](char a, uint8_t b) { return a == static_cast<char>(b); });
}

// The value of an option of `command` that this argument is or begins.
Verdict try_option(const TextView& text, Reader& reader, const Argument& argument,
                   const Command& command, Hit& out) noexcept {
  if (argument.value.quoted || !starts(argument.text, command.flag)) return Verdict::No;
  Value value = argument.value;
  if (argument.text.size() > command.flag.size()) {
    const uint8_t next = argument.text[command.flag.size()];
    const bool equals = next == '=';
    // "--user-agent", "-pw" of another meaning, a long option that only begins alike.
    if (!equals && command.flag.size() > 2 && command.flag[0] == '-') return Verdict::No;
    value.start += command.flag.size() + (equals ? 1 : 0);
    // curl -uuser:x is read; -sSu is not.
    return value.start < value.end ? accept_form(text, value, command.form, out) : Verdict::No;
  }
  // -p'x': the quote ended the argument.
  const uint8_t quote = reader.peek();
  if (command.form == Form::Attached && quote != '\'' && quote != '"') return Verdict::No;
  Argument next;
  if (!next_argument(text, reader, next)) return reader.starved() ? Verdict::More : Verdict::No;
  if (!next.value.quoted && next.text[0] == '-' && next.text.size() < 8) return Verdict::No;
  return accept_form(text, next.value, command.form, out);
}

Verdict by_option(const TextView& text, Reader& reader, Bytes cue, Hit& out) noexcept {
  Argument argument;
  for (size_t i = 0; i < kArgumentsMax; ++i) {
    if (!next_argument(text, reader, argument))
      return reader.starved() ? Verdict::More : Verdict::No;
    for (const Command& command : kCommands) {
      if (command.flag.empty() || !equals_word(cue, command.name)) continue;
      const Verdict verdict = try_option(text, reader, argument, command, out);
      if (verdict != Verdict::No) return verdict;
    }
  }
  return Verdict::No;
}

Verdict by_position(const TextView& text, Reader& reader, Form form, Hit& out) noexcept {
  size_t position = 0;
  bool has_share = false;
  Argument argument;
  for (size_t i = 0; i < kArgumentsMax; ++i) {
    if (!next_argument(text, reader, argument))
      return reader.starved() ? Verdict::More : Verdict::No;
    const Bytes word = argument.text;
    const bool option = !argument.value.quoted && (word[0] == '-' || word[0] == '/');
    if (option) continue;
    if (form == Form::NetUse) {
      has_share |= word[0] == '\\';
      if (word[0] == '\\' || word[0] == '*' || (word.size() <= 2 && is_letter(word[0]))) continue;
      // "net use of funds"
      if (!has_share) return Verdict::No;
      return accept(text, argument.value.start, argument.value.end, out);
    }
    ++position;
    if (form == Form::UserSlash) return accept_behind(text, argument.value, '/', out);
    if (position == (form == Form::First ? 1U : form == Form::Second ? 2U : 3U))
      return accept(text, argument.value.start, argument.value.end, out);
  }
  return Verdict::No;
}

// The command behind the '|' reads a password from its standard input.
bool reads_password(Reader& reader) noexcept {
  for (std::string_view start : {"passwd ", "smbpasswd", "kinit", "su "})
    if (reader.take(start)) return true;
  for (uint64_t i = 0; i < kPipedBytesMax; ++i, reader.skip()) {
    const uint8_t c = reader.peek();
    if (c == 0 || c == '\n' || c == '|' || c == ';') return false;
    if (c == '-' &&
        (reader.take("--password-stdin") || reader.take("--stdin") || reader.take("--with-token")))
      return true;
  }
  return false;
}

Verdict piped(const TextView& text, Reader& reader, Hit& out) noexcept {
  Argument argument;
  do {
    argument = Argument{};
    if (!next_argument(text, reader, argument))
      return reader.starved() ? Verdict::More : Verdict::No;
  } while (!argument.value.quoted && argument.text[0] == '-');
  reader.skip_blanks(2);
  if (reader.peek() != '|') return reader.starved() ? Verdict::More : Verdict::No;
  reader.skip();
  reader.skip_blanks(2);
  const bool root = reader.take("sudo ");
  if (reader.take("chpasswd"))
    return reader.starved() ? Verdict::More : accept_behind(text, argument.value, ':', out);
  const bool reads = (root && reader.take("-s")) || reads_password(reader);
  if (reader.starved()) return Verdict::More;
  return reads ? accept(text, argument.value.start, argument.value.end, out) : Verdict::No;
}

constexpr auto make_names() {
  std::array<std::string_view, kCommands.size()> out;
  for (size_t i = 0; i < out.size(); ++i) out[i] = kCommands[i].name;
  return out;
}
constexpr WordList kNames{make_names()};

const Command* find(Bytes cue) noexcept {
  if (!kNames.has(cue)) return nullptr;  // most cues are nouns
  for (const Command& command : kCommands)
    if (equals_word(cue, command.name)) return &command;
  return nullptr;
}

Bytes trimmed(Bytes cue) noexcept {
  while (!cue.empty() && cue.back() == ' ' && find(cue) == nullptr) cue = cue.first(cue.size() - 1);
  return cue;
}

}  // namespace

bool is_command_cue(Bytes cue) noexcept { return find(trimmed(cue)) != nullptr; }

Verdict password_of_command(const TextView& text, const Trigger& trigger, Hit& out) noexcept {
  const Bytes cue = trimmed(text.slice(trigger.start, trigger.at));
  const Command* command = find(cue);
  if (command == nullptr) return Verdict::No;
  const uint8_t left = trigger.start > 0 ? text.at(trigger.start - 1) : uint8_t{0};
  if (is_alnum(left) || left == '_') return Verdict::No;
  Reader reader(text, trigger.at, trigger.at + kLookAheadBytes);
  // "mysqlx": another word. ".exe" belongs to the command.
  (void)reader.take(".exe");
  const uint8_t next = reader.peek();
  // SSHPASS=x sshpass -e ...
  if (next == '=' && equals_word(cue, "sshpass")) {
    reader.skip();
    const Value value = read_value(reader, Stop::Word);
    if (reader.starved()) return Verdict::More;
    return value.found ? accept(text, value.start, value.end, out) : Verdict::No;
  }
  if (cue.size() == trigger.at - trigger.start && cue.back() != ' ' && cue.back() != '-' &&
      next != ' ' && next != '\t')
    return reader.starved() ? Verdict::More : Verdict::No;
  if (cue.back() == '-') reader.move_to(trigger.at - 1);
  const Verdict verdict = command->form == Form::Piped ? piped(text, reader, out)
                          : command->flag.empty() ? by_position(text, reader, command->form, out)
                                                  : by_option(text, reader, cue, out);
  return reader.starved() ? Verdict::More : verdict;
}

}  // namespace sallyport::scan
