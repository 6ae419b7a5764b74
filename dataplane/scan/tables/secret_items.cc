#include "dataplane/scan/tables/secret_items.h"

#include <algorithm>
#include <array>

#include "dataplane/scan/tables/list_mark.h"
#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {
namespace {

// An item is no longer than a cell; before it stand at most so many blanks.
constexpr uint64_t kIndentMax = 40;
constexpr uint64_t kLabelMax = 64;
constexpr uint64_t kValueMax = 320;
constexpr uint64_t kBlanksMax = kListBlanksMax;
static_assert(kIndentMax + kLabelMax + kValueMax + 2 * kBlanksMax <= kListCellBytesMax);
// Empty lines between two items, and lists inside of a list.
constexpr unsigned kEmptyMax = 1;
constexpr uint64_t kNestedMax = 4'096;

bool ends_line(uint8_t c) noexcept { return is_line_end(c) || c == 0; }
bool is_opening(uint8_t c) noexcept { return c == '(' || c == '[' || c == '{'; }
bool is_closing(uint8_t c) noexcept { return c == ')' || c == ']' || c == '}'; }

uint64_t skip_blanks(OpenReader& reader, uint64_t at) noexcept {
  const uint64_t limit = at + kBlanksMax;
  while (at < limit && is_gap(reader.at(at))) ++at;
  return at;
}

// What parts a label from its value at `at`: how long it is; 0: nothing does. `blank`: one stands
// before it.
uint64_t separator_at(OpenReader& reader, uint64_t at, bool blank) noexcept {
  const uint8_t c = reader.at(at), next = reader.at(at + 1);
  if (c == '=' || c == '-') {
    if (next == '>') return 2;
    if (c == '=') return next == '=' ? 0 : 1;
  }
  if (c == ':') return is_gap(next) || is_mark(next) ? 1 : 0;
  return blank && (c == '-' || c == '/' || c == '|') && is_gap(next) ? 1 : 0;
}

bool is_label_char(uint8_t c) noexcept {
  return is_alnum(c) || c >= 0x80 || c == ' ' || c == '_' || c == '.' || c == '-' || c == '@' ||
         c == '\'' || c == '(' || c == ')' || c == '&' || c == '/' || is_mark(c);
}

// Where the separator behind the label that begins at `at` stands; 0: there is no label.
uint64_t label_end(OpenReader& reader, uint64_t at) noexcept {
  for (uint64_t end = at; end - at < kLabelMax; ++end) {
    const bool blank = end > at && is_gap(reader.before(end));
    if (end > at && separator_at(reader, end, blank) != 0) return end;
    if (!is_label_char(reader.at(end))) return 0;
  }
  return 0;
}

// What may stand behind a value on its line: nothing, a remark, what it is for.
bool may_follow(OpenReader& reader, uint64_t at) noexcept {
  const uint8_t c = reader.at(at);
  if (ends_line(c) || c == '#' || c == '(' || c == ',' || c == ';' || c == '<') return true;
  return (c == '/' && reader.at(at + 1) == '/') || (c == '-' && is_gap(reader.at(at + 1))) ||
         reader.follows(at, "for ") || reader.follows(at, "f\xc3\xbcr ");
}

// Names of what is no secret, beside secrets.
bool names_something_else(Bytes label) noexcept {
  static constexpr WordList kWords{std::to_array<std::string_view>(
      {"user",         "username", "name",        "login",     "id",       "host",     "hostname",
       "url",          "uri",      "email",       "mail",      "type",     "source",   "file",
       "path",         "target",   "role",        "port",      "date",     "created",  "expires",
       "updated",      "note",     "description", "comment",   "external", "min",      "max",
       "length",       "policy",   "format",      "pattern",   "example",  "alg",      "algorithm",
       "hash",         "salt",     "iv",          "kid",       "address",  "endpoint", "version",
       "provider",     "driver",   "kind",        "namespace", "title",    "label",    "regex",
       "requirements", "rules",    "rule"})};
  size_t from = label.size();
  while (from > 0 && (is_alnum(label[from - 1]) || label[from - 1] >= 0x80)) --from;
  Bytes word = label.subspan(from);
  for (size_t i = word.size(); i > 1; --i)
    if (is_upper(word[i - 1]) && is_lower(word[i - 2])) {
      word = word.subspan(i - 1);
      break;
    }
  return kWords.has(word);
}

}  // namespace

CellValue value_of_cell(const TextView& text, uint64_t from, uint64_t to) noexcept {
  const auto trim = [&](auto&& drops) {
    while (from < to && drops(text.at(from))) ++from;
    while (to > from && drops(text.at(to - 1))) --to;
  };
  trim(is_blank);
  if (from < to && text.at(from) == 'N' && text.at(from + 1) == '\'') ++from;
  trim(is_mark);
  return {from, to};
}

void offer_secret_cell(const Engine& engine, const TextView& text, uint16_t rule,
                       const SecretName& name, uint64_t cell, uint64_t cell_end,
                       CandidateList& out) {
  const auto [from, to] = value_of_cell(text, cell, cell_end);
  if (from >= to || to - from > kListCellBytesMax) return;
  const Bytes value = text.slice(from, to);
  if (std::any_of(value.begin(), value.end(), is_blank)) return;
  const RuleParameters& limits = engine.rule(rule).parameters;
  if (value.size() < limits.length_min ||
      (limits.length_max != 0 && value.size() > limits.length_max) || !is_secret_cell(value, name))
    return;
  out.offer_unchecked(rule, Hit{from, to, false, 0}, text);
}

// A value in quotes or without: what its list lets one have.
SecretItems::Piece SecretItems::read_piece(OpenReader& reader, uint64_t at) const noexcept {
  Piece out;
  // b'', u"", r'', @"", **bold**
  if (is_quote(reader.at(at + 1)) &&
      std::string_view("bBuUrRfFNL@$").find(static_cast<char>(reader.at(at))) !=
          std::string_view::npos)
    ++at;
  while (reader.at(at) == '*' && reader.at(at + 1) == '*') at += 2;
  const uint8_t quote = reader.at(at);
  const bool round = list_.form == SecretList::Form::Brackets;
  const bool inline_list = list_.form == SecretList::Form::Inline;
  out.quoted = is_quote(quote);
  if (out.quoted) ++at;
  out.from = at;
  for (;; ++at) {
    if (at - out.from > kValueMax) return out;
    const uint8_t c = reader.at(at);
    if (ends_line(c)) break;
    if (out.quoted) {
      if (c == quote) break;
      if (c == '\\' && !ends_line(reader.at(at + 1))) ++at;
      continue;
    }
    if (is_gap(c) || c == '"' || c == '`' || c == '<') break;
    if (round && (c == ',' || c == list_.closing || c == '\'')) break;
    if (inline_list && (c == ',' || c == ';' || c == '|' || c == ')' || c == ']')) break;
  }
  out.to = out.end = at;
  if (out.quoted) {
    if (reader.at(at) != quote) return out;
    ++out.end;
  }
  while (reader.at(out.end) == '*') ++out.end;
  if (!out.quoted && !round)
    while (out.to > out.from && (reader.before(out.to) == ',' || reader.before(out.to) == ';'))
      --out.to;
  if (!out.quoted && inline_list && out.to > out.from && reader.before(out.to) == '.') --out.to;
  out.found = out.to > out.from;
  return out;
}

// The item behind its mark.
void SecretItems::read_in_line(OpenReader& reader, uint64_t at, Item& item) const noexcept {
  const uint64_t label = label_end(reader, at);
  // "Tr0ub4dor - the new one": the remark is behind it.
  bool is_value = false;
  if (label != 0 && reader.at(label) == '-' && reader.at(label + 1) != '>') {
    const Piece first = read_piece(reader, at);
    is_value = first.found && skip_blanks(reader, first.end) == label &&
               is_secret_cell(reader.known(first.from, first.to), list_.name);
  }
  if (label != 0 && !is_value) {
    item.label = at;
    item.label_to = label;
    at = skip_blanks(reader, label + separator_at(reader, label, true));
    while (reader.at(at) == '*') ++at;
    at = skip_blanks(reader, at);
    item.end = at;
    if (ends_line(reader.at(at))) return;  // a list or a text of its own
  }
  const Piece piece = read_piece(reader, at);
  if (!piece.found) return;
  const uint64_t behind = skip_blanks(reader, piece.end);
  item.end = behind;
  const uint8_t next = reader.at(behind);
  if (item.marked ? !may_follow(reader, behind) : !ends_line(next) && next != '#') return;
  item.from = piece.from;
  item.to = piece.to;
}

void SecretItems::read_line(OpenReader& reader, Item& item) const noexcept {
  uint64_t at = list_.next;
  while (at - list_.next < kIndentMax && is_gap(reader.at(at))) ++at;
  const uint8_t c = reader.at(at);
  item.end = at;
  if (c == '\n' || c == '\r') {
    item.empty = true;
    item.end = at + (c == '\r' && reader.at(at + 1) == '\n' ? 2 : 1);
    item.over = list_.empty >= kEmptyMax;
    return;
  }
  // Fences around lines, remarks between them.
  if (c == '`' && reader.at(at + 1) == '`' && reader.at(at + 2) == '`') {
    item.over = list_.began;
    item.skips = true;
    item.end = at + 3;
    return;
  }
  const uint64_t begin = behind_list_mark(reader, at);
  item.marked = begin != at;
  item.indent = static_cast<uint8_t>(at - list_.next);
  if (list_.began && item.indent < list_.indent) {
    item.over = true;
    return;
  }
  if (!item.marked && c == '#') {
    item.skips = true;
    return;
  }
  if (!item.marked && list_.marked) {
    // The rest of an item, or what else belongs to it.
    item.over = !list_.began || at == list_.next || list_.empty > 0;
    item.skips = true;
    return;
  }
  if (!item.marked && list_.began && list_.empty > 0) {
    item.over = true;
    return;
  }
  read_in_line(reader, begin, item);
  item.skips = true;
  // Without marks every line is a value, or a name and its value.
  if (!item.marked && item.from == item.to && item.label == item.label_to) item.over = true;
}

void SecretItems::read_in_brackets(OpenReader& reader, Item& item) const noexcept {
  uint64_t at = list_.next;
  const uint8_t c = reader.at(at);
  item.end = at + 1;
  if (is_gap(c) || c == '\n' || c == '\r' || c == ',' || c == ';' || c == '\\') return;
  if (c == '#' || (c == '/' && reader.at(at + 1) == '/')) {
    item.skips = true;
    return;
  }
  if (c == list_.closing || is_closing(c) || c == 0) {
    item.over = true;
    return;
  }
  if (is_opening(c)) {
    item.skips = true;
    return;
  }
  Piece piece = read_piece(reader, at);
  if (!piece.found) {
    // "", or something that is no list.
    item.over = !piece.quoted || piece.end == piece.to;
    item.end = piece.end;
    return;
  }
  uint64_t behind = skip_blanks(reader, piece.end);
  uint64_t sign = separator_at(reader, behind, false);
  if (sign == 0 && piece.quoted && reader.at(behind) == ':') sign = 1;
  // name: value, without quotes.
  if (sign == 0 && !piece.quoted && reader.before(piece.to) == ':') {
    --piece.to;
    sign = 0;
    item.label = piece.from;
    item.label_to = piece.to;
  }
  if (sign != 0) {
    item.label = piece.from;
    item.label_to = piece.to;
    behind = skip_blanks(reader, behind + sign);
  }
  if (item.label_to != item.label) {
    item.end = behind;
    if (is_opening(reader.at(behind)) || ends_line(reader.at(behind))) return;
    piece = read_piece(reader, behind);
    if (!piece.found) {
      item.end = std::max(item.end, piece.end);
      return;
    }
    behind = skip_blanks(reader, piece.end);
  }
  item.end = behind;
  const uint8_t next = reader.at(behind);
  const bool ends = next == ',' || next == ';' || next == '\n' || next == '\r' || next == '#' ||
                    next == '/' || next == '.' || is_closing(next) || next == '\\';
  const bool apart = list_.apart && behind > piece.end;
  if (!ends && !apart) return;
  if (!piece.quoted && (list_.closing == '}' || !list_.many)) return;
  item.from = piece.from;
  item.to = piece.to;
}

void SecretItems::read_inline(OpenReader& reader, Item& item) const noexcept {
  static constexpr WordList kJoints{std::to_array<std::string_view>(
      {"and", "or", "und", "oder", "et", "ou", "y", "o", "e", "&", "en", "i", "och", "og"})};
  const uint64_t at = skip_blanks(reader, list_.next);
  const uint8_t c = reader.at(at);
  item.end = at + 1;
  if (c == ',' || c == ';' || c == '/' || c == '|') return;
  const Piece piece = read_piece(reader, at);
  item.end = piece.end;
  item.over = !piece.found;
  if (!piece.found) return;
  const Bytes value = reader.known(piece.from, piece.to);
  if (kJoints.has(value)) return;
  item.over = !is_secret_cell(value, list_.name);
  item.from = piece.from;
  item.to = piece.to;
}

// <item id="1">x</item>: its tags say nothing of what is between them.
void SecretItems::read_element(OpenReader& reader, Item& item) const noexcept {
  uint64_t at = list_.next;
  while (at - list_.next < kIndentMax &&
         (is_gap(reader.at(at)) || reader.at(at) == '\n' || reader.at(at) == '\r'))
    ++at;
  item.end = at;
  item.over = true;
  if (reader.at(at) != '<' || !is_letter(reader.at(at + 1))) return;
  const auto tag_end = [&](uint64_t from) {
    uint64_t i = from;
    while (i - from < kLabelMax && reader.at(i) != '>' && !ends_line(reader.at(i))) ++i;
    return reader.at(i) == '>' && reader.before(i) != '/' ? i : uint64_t{0};
  };
  const uint64_t value = tag_end(at);
  if (value == 0) return;
  uint64_t end = value + 1;
  while (end - value <= kValueMax && reader.at(end) != '<' && !ends_line(reader.at(end))) ++end;
  if (reader.at(end) != '<' || reader.at(end + 1) != '/') return;
  const uint64_t closed = tag_end(end);
  if (closed == 0) return;
  item.over = false;
  item.end = closed + 1;
  item.from = value + 1;
  item.to = end;
  item.label = item.label_to = at + 1;
  while (is_alnum(reader.at(item.label_to)) || reader.at(item.label_to) == '_') ++item.label_to;
}

void SecretItems::take(const Engine& engine, const TextView& text, const Item& item,
                       CandidateList& out) {
  list_.next = std::max(item.end, list_.next + 1);
  list_.skips = item.skips;
  list_.skipped = list_.next;
  list_.depth =
      item.skips && list_.form == SecretList::Form::Brackets && is_opening(text.at(list_.next - 1))
          ? 1
          : 0;
  list_.empty = item.empty ? static_cast<uint8_t>(list_.empty + 1) : uint8_t{0};
  if (!list_.began && !item.empty) {
    list_.began = true;
    list_.indent = item.indent;
  }
  if (item.marked && list_.form == SecretList::Form::Lines) list_.marked = true;
  if (item.over) list_.form = SecretList::Form::None;
  if (item.from == item.to || item.over) return;
  if (item.label != item.label_to) {
    if (names_something_else(text.slice(item.label, item.label_to))) return;
    // What stands at the margin may be the next setting.
    if (list_.holder && !item.marked &&
        (item.indent == 0 || !is_key_like(text.slice(item.from, item.to))))
      return;
  }
  offer_secret_cell(engine, text, list_.rule, list_.name, item.from, item.to, out);
}

// On to what is read again. False: it is not there yet.
bool SecretItems::skip(const TextView& text, uint64_t until) noexcept {
  for (; list_.next < until; ++list_.next) {
    const uint8_t c = text.at(list_.next);
    if (list_.depth == 0 && c == '\n') {
      list_.skips = false;
      // Of lines it ends the item, in brackets a remark.
      ++list_.next;
      return true;
    }
    if (list_.depth == 0) continue;
    if (is_opening(c)) ++list_.depth;
    if (is_closing(c) && --list_.depth == 0) {
      list_.skips = false;
      ++list_.next;
      return true;
    }
    if (list_.next - list_.skipped > kNestedMax) {
      list_.form = SecretList::Form::None;
      return true;
    }
  }
  return false;
}

void SecretItems::go_on(const Engine& engine, const TextView& text, uint64_t until,
                        CandidateList& out) {
  while (list_.form != SecretList::Form::None && list_.next < until) {
    if (list_.skips) {
      if (!skip(text, until)) return;
      continue;
    }
    OpenReader reader(text);
    Item item;
    switch (list_.form) {
      case SecretList::Form::None:
        return;
      case SecretList::Form::Lines:
        read_line(reader, item);
        break;
      case SecretList::Form::Brackets:
        read_in_brackets(reader, item);
        break;
      case SecretList::Form::Inline:
        read_inline(reader, item);
        break;
      case SecretList::Form::Tags:
        read_element(reader, item);
        break;
    }
    if (reader.open() || item.end > until) return;
    take(engine, text, item, out);
  }
}

uint64_t SecretItems::live_from(const TextView& text) const noexcept {
  if (!open() || list_.skips) return text.end;
  return std::min(text.end, list_.next);
}

}  // namespace sallyport::scan
