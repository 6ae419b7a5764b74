// How a list of secrets begins: secret_items.h.
#include <algorithm>
#include <array>

#include "dataplane/scan/recognise/secret/credential_name.h"
#include "dataplane/scan/tables/secret_items.h"
#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {
namespace {

constexpr unsigned kQuotesMax = 4;
constexpr uint64_t kBlanksMax = 40;
// passwords[3], $tokens['prod']
constexpr uint64_t kIndexMax = 32;
// "the passwords for the servers in Leeds:"
constexpr uint64_t kGapMax = 64;
// "new List<String>", "std::vector<std::string>", "Arrays.asList": one of these words, and how many
// stand before the bracket.
constexpr uint64_t kTypeMax = 40;
constexpr unsigned kTypesMax = 5;
static_assert(kNameBytesMax + kQuotesMax + kIndexMax + 2 * kBlanksMax + kGapMax < kLookAheadBytes);

bool is_opening(uint8_t c) noexcept { return c == '[' || c == '(' || c == '{'; }
uint8_t closing_of(uint8_t opening) noexcept {
  return opening == '[' ? ']' : opening == '(' ? ')' : '}';
}

// Of languages that do not make a plural with an s behind the word, and of scripts without any.
bool is_plural_cue(Bytes cue) noexcept {
  static constexpr WordList kCues{
      std::to_array<std::string_view>({"mots de passe", "passw\xc3\xb6rter", "kennw\xc3\xb6rter",
                                       "has\xc5\x82"
                                       "a",
                                       // As folded text has it: look-alike letters are Latin.
                                       "apo\xd0\xbb\xd0\xb8"})};
  return cue[0] >= 0xe3 || kCues.has(cue);
}

// What is below these may be anything: users, files, names of secrets.
bool is_holder_cue(Bytes cue) noexcept {
  static constexpr WordList kCues{
      std::to_array<std::string_view>({"secret", "credential", "session", "bearer"})};
  return kCues.has(cue);
}

// No cue in a sentence is read as the name of a list. Says yes to more than open_secret_list does,
// and where it is not known yet.
bool may_have_list(const TextView& text, uint64_t at) noexcept {
  const auto in_name = [](uint8_t c) { return is_alnum(c) || c == '_' || c == '-' || c == '.'; };
  const uint64_t limit = std::min(text.end, at + 2 * kNameBytesMax);
  const uint64_t cue_end = at;
  while (at < limit && in_name(text.at(at))) ++at;
  const uint8_t last = to_lower(text.at(at - 1));
  const bool is_plural = last >= 0x80 || (at > cue_end && (last == 's' || last == 'n'));
  const uint64_t name_end = at;
  while (at < limit && text.at(at) == ' ') ++at;
  if (at == limit) return true;
  const uint8_t c = text.at(at);
  if (c == ':' || c == '=' || c == '[' || c == ']' || c == '\t') return true;
  if (c == '>') return is_plural;
  if (at > name_end) return is_plural && (is_alnum(c) || c == '(' || c >= 0x80);
  return is_mark(c) || is_line_end(c) || (is_plural && c >= 0x80);
}

bool begins_line(const TextView& text, uint64_t at) noexcept {
  constexpr unsigned kMarksMax = 8;  // "#### **"
  for (unsigned i = 0; i < kMarksMax && at > 0; ++i, --at) {
    const uint8_t c = text.at(at - 1);
    if (c != '#' && c != '*' && c != '_' && c != ' ') break;
  }
  return at == 0 || text.at(at - 1) == '\n';
}

// "[0]", "[]", "['prod']": moves the reader behind it.
bool take_index(Reader& reader) noexcept {
  if (reader.peek() != '[') return false;
  for (uint64_t i = 1; i < kIndexMax; ++i) {
    const uint8_t c = reader.peek(i);
    if (c == ']') {
      reader.skip(i + 1);
      return true;
    }
    if (!is_alnum(c) && c < 0x80 && c != '_' && c != '-' && c != '.' && c != '$' && !is_mark(c))
      return false;
  }
  return false;
}

// "[]", "[str]", "<String>": no list but what one is made of.
bool take_type_brackets(Reader& reader) noexcept {
  const uint8_t closing = reader.peek() == '[' ? ']' : reader.peek() == '<' ? '>' : 0;
  if (closing == 0) return false;
  for (uint64_t i = 1; i < kTypeMax; ++i) {
    const uint8_t c = reader.peek(i);
    if (c == closing && reader.peek(i + 1) != closing) {
      // `["x"]` has quotes in it, `[x]` nothing behind it.
      const uint8_t next = reader.peek(i + 1), other = reader.peek(i + 2);
      if (closing == ']' && !is_alnum(next) && !is_opening(next) &&
          !(next == ' ' && (other == '=' || is_opening(other))))
        return false;
      reader.skip(i + 1);
      return true;
    }
    if (!is_letter(c) && c != '_' && c != ':' && c != '.' && c != '<' && c != '>' && c != ',' &&
        c != ' ' && c != '[' && c != '&')
      return false;
  }
  return false;
}

// A word of a type or of a function that makes a list.
bool take_type_word(Reader& reader) noexcept {
  uint64_t i = 0;
  for (; i < kTypeMax; ++i) {
    const uint8_t c = reader.peek(i);
    if (!is_letter(c) && c != '_' && c != '.' && c != '!' && c != '&' && c != '@' && c != ':')
      break;
  }
  if (i == 0 || i == kTypeMax || is_digit(reader.peek(i)) || reader.peek(i) == ',') return false;
  reader.skip(i);
  return true;
}

class Head {
 public:
  Head(const TextView& text, const Name& name, Reader& reader, SecretList& out) noexcept
      : text_(text), name_(name), reader_(reader), out_(out) {}

  bool read() noexcept {
    const uint8_t left = name_.start > 0 ? text_.at(name_.start - 1) : uint8_t{0};
    if (left == '[' && reader_.peek() == ']' && begins_line(text_, name_.start - 1)) {
      reader_.skip();
      return out_.many && take_line_end();
    }
    // <passwords><item>
    if (name_.tag && reader_.peek() == '>') {
      out_.form = SecretList::Form::Tags;
      out_.next = reader_.at() + 1;
      return out_.many;
    }
    for (unsigned i = 0; i < kQuotesMax && is_mark(reader_.peek()); ++i) reader_.skip();
    const bool indexed = take_index(reader_);
    const uint64_t blanks = reader_.skip_blanks(kBlanksMax);
    if (is_line_end(reader_.peek()))
      return out_.many && !indexed && begins_line(text_, name_.start) && take_line_end();
    if (take_operator()) return behind_operator(indexed);
    if (!out_.many || indexed) return false;
    if (blanks > 0 && take_are()) return behind_operator(false);
    return (blanks > 0 || reader_.peek() >= 0x80) && take_gap() && take_line_end(true);
  }

 private:
  bool take_operator() noexcept {
    const uint8_t c = reader_.peek(), next = reader_.peek(1);
    if (c == ':' && next == ':') return false;
    if (c != ':' && c != '=' && !(c == '+' && next == '=')) return false;
    if (c == '=' && next == '=') return false;
    reader_.skip(next == '=' || (c == '=' && next == '>') ? 2 : 1);
    return true;
  }

  // Between the operator and what it gives stand emphasis, a type, a function.
  bool behind_operator(bool indexed) noexcept {
    for (unsigned i = 0; i < kQuotesMax && reader_.peek() == '*'; ++i) reader_.skip();
    reader_.skip_blanks(kBlanksMax);
    const uint64_t value = reader_.at();
    if (take_line_end()) return !indexed;
    if (!out_.many && !indexed && reader_.peek() != '[') return false;
    // %w[x y] of Ruby
    if (reader_.peek() == '%' && (reader_.peek(1) | 0x20) == 'w' && is_opening(reader_.peek(2))) {
      out_.apart = true;
      reader_.skip(2);
    }
    for (unsigned i = 0; i < kTypesMax; ++i) {
      const uint8_t c = reader_.peek();
      if (is_opening(c) && !take_type_brackets(reader_)) return begin_brackets(c, indexed);
      if (!is_opening(c) && !take_type_brackets(reader_) && !take_type_word(reader_)) break;
      reader_.skip_blanks(2);
      if (reader_.peek() == '=' && reader_.peek(1) != '=') {
        reader_.skip();
        reader_.skip_blanks(kBlanksMax);
        if (is_line_end(reader_.peek())) return false;
      }
    }
    if (is_opening(reader_.peek())) return begin_brackets(reader_.peek(), indexed);
    // passwords = """
    reader_.move_to(value);
    const uint8_t quote = reader_.peek();
    if (is_mark(quote) && reader_.peek(1) == quote && reader_.peek(2) == quote) {
      reader_.skip(3);
      return out_.many && take_line_end();
    }
    if (!out_.many && !indexed) return false;
    out_.form = SecretList::Form::Inline;
    out_.next = value;
    return true;
  }

  bool begin_brackets(uint8_t opening, bool indexed) noexcept {
    // `password: [A-Z]` and calls with a password as their argument are none.
    if (!out_.many && opening != '[' && !indexed) return false;
    out_.form = SecretList::Form::Brackets;
    // Set(["x"]) has one list, [["x"]] rows.
    reader_.skip();
    if (opening == '(' && (reader_.peek() == '[' || reader_.peek() == '{')) {
      opening = reader_.peek();
      reader_.skip();
    }
    out_.apart = out_.apart || opening == '(';
    out_.closing = closing_of(opening);
    out_.next = reader_.at();
    return true;
  }

  // The items stand on the lines below. `marked`: only behind marks.
  bool take_line_end(bool marked = false) noexcept {
    uint64_t i = 0;
    while (i < kBlanksMax && (reader_.peek(i) == ' ' || reader_.peek(i) == '\t')) ++i;
    if (reader_.peek(i) == '\r') ++i;
    if (reader_.peek(i) != '\n') return false;
    out_.form = SecretList::Form::Lines;
    out_.next = reader_.at() + i + 1;
    out_.marked = marked || !out_.many;
    return true;
  }

  bool take_are() noexcept {
    constexpr auto kWords = std::to_array<std::string_view>(
        {"are ", "were ", "sind ", "sont ", "son ", "sono ", "s\xc3\xa3o ", "s\xc4\x85 ", "zijn "});
    return std::any_of(kWords.begin(), kWords.end(),
                       [this](std::string_view word) { return reader_.take(word); });
  }

  // Words up to a colon at the end of the line.
  bool take_gap() noexcept {
    for (uint64_t i = 0; i < kGapMax; ++i) {
      const uint8_t c = reader_.peek();
      reader_.skip();
      if (c == ':') {
        for (unsigned n = 0; n < 2 && reader_.peek() == '*'; ++n) reader_.skip();
        return true;
      }
      if (!is_alnum(c) && c < 0x80 && c != ' ' && c != '-' && c != '_' && c != '/' && c != '\'' &&
          c != '(' && c != ')' && c != '&' && c != '.')
        return false;
    }
    return false;
  }

  const TextView& text_;
  const Name& name_;
  Reader& reader_;
  SecretList& out_;
};

}  // namespace

Answer open_secret_list(const Engine& engine, const TextView& text, uint16_t rule,
                        const Trigger& trigger, SecretList& out) {
  const contract::RuleKind kind = engine.rule(rule).kind;
  if (!may_have_list(text, trigger.at)) return Answer::No;
  const Bytes cue = text.slice(trigger.start, trigger.at);
  if (!names_secret_column(kind, cue)) return Answer::No;
  Reader reader(text, trigger.at, trigger.at + kLookAheadBytes);
  const Name name = read_name(text, trigger.start, reader, false);
  if (reader.starved()) return Answer::Unknown;
  out.many = name.many || (name.fits && is_plural_cue(cue));
  if (!name.fits && !out.many) return Answer::No;
  out.rule = rule;
  out.name = secret_name_of(kind, text.slice(name.start, name.end), cue);
  out.holder = is_holder_cue(cue);
  const bool opens = Head(text, name, reader, out).read();
  if (reader.starved()) return Answer::Unknown;
  return opens ? Answer::Yes : Answer::No;
}

}  // namespace sallyport::scan
