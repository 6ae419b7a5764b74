#include "tests/differential/rewrite/oracle.h"

#include <algorithm>
#include <map>
#include <regex>

namespace sallyport::rewrite {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }
bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool word(char c) { return digit(c) || letter(c) || c == '_'; }

std::string digits_of(std::string_view s) {
  std::string out;
  for (char c : s)
    if (digit(c)) out += c;
  return out;
}

char at(std::string_view text, size_t i) { return i < text.size() ? text[i] : '\0'; }

bool luhn(const std::string& digits) {
  int sum = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    int d = digits[digits.size() - 1 - i] - '0';
    if (i % 2 == 1) d = d * 2 > 9 ? d * 2 - 9 : d * 2;
    sum += d;
  }
  return sum % 10 == 0;
}

bool issuer(const std::string& d) {
  static const std::regex kKnown(
      "4(\\d{12}|\\d{15}|\\d{18})|(5[1-5]\\d\\d|222[1-9]|22[3-9]\\d|2[3-6]\\d\\d|27[01]\\d|2720)"
      "\\d{12}|"
      "3[47]\\d{13}|30[0-5](\\d{11}|\\d{13})|3[689]\\d{12,17}|35(2[89]|[3-8]\\d)\\d{12,15}|"
      "(1800|2131)\\d{11}|(6011|65\\d\\d|64[4-9]\\d)\\d{12,15}|62\\d{14,17}|81\\d{14,17}|"
      "(50|5[678]|63|67|60)\\d{10,17}");
  return d.find_first_not_of(d[0]) != std::string::npos && std::regex_match(d, kKnown);
}

bool nanp(const std::string& d) {
  return d.size() == 10 && d[0] >= '2' && d[3] >= '2' && d.substr(1, 2) != "11" &&
         d.substr(4, 2) != "11";
}

// The longest match of `shape` that starts at `start`, if `accept` likes it; SIZE_MAX: none.
template <class Accept>
size_t longest(std::string_view text, size_t start, const std::regex& shape, Accept&& accept) {
  for (size_t size = std::min<size_t>(text.size() - start, 40); size > 0; --size) {
    const std::string_view part = text.substr(start, size);
    if (!digit(part.back()) || digit(at(text, start + size))) continue;
    if (std::regex_match(part.begin(), part.end(), shape) && accept(part, start + size))
      return start + size;
  }
  return SIZE_MAX;
}

size_t card_at(std::string_view text, size_t start) {
  static const std::regex kShape(
      "\\d{12,19}|\\d{4}([ .-])(\\d{4}\\1\\d{4}\\1(\\d{4}(\\1\\d{3})?|\\d{1}|\\d{3})|"
      "\\d{6}\\1\\d{4,5}|\\d{4}\\1\\d{4,5})|\\d{8}[ .-]\\d{8}|\\d{6}[ .-]\\d{13}");
  const char before = start == 0 ? '\0' : text[start - 1];
  if (word(before) || before == '.') return SIZE_MAX;
  return longest(text, start, kShape, [&](std::string_view part, size_t end) {
    return !word(at(text, end)) && issuer(digits_of(part)) && luhn(digits_of(part));
  });
}

size_t ssn_at(std::string_view text, size_t start) {
  static const std::regex kShape("\\d{3}([ .-])\\d{2}\\1\\d{4}");
  const char before = start == 0 ? '\0' : text[start - 1];
  if (word(before) || std::string_view(".#$=&%@-+").find(before) != std::string_view::npos) {
    if (before != '\0') return SIZE_MAX;
  }
  return longest(text, start, kShape, [&](std::string_view part, size_t end) {
    const std::string d = digits_of(part);
    const char behind = at(text, end);
    if (word(behind) || behind == '@' || behind == '%' || behind == '=' || behind == '-')
      return false;
    if (part[3] == '.' && behind == '.' && digit(at(text, end + 1))) return false;
    static const std::vector<std::string> kNever = {"078051120", "219099999", "457555462"};
    return d.substr(0, 3) != "000" && d.substr(0, 3) != "666" && d[0] != '9' &&
           d.substr(3, 2) != "00" && d.substr(5) != "0000" &&
           std::find(kNever.begin(), kNever.end(), d) == kNever.end();
  });
}

// The rest of this file reads the three written forms of phone numbers. `start` is where the match
// begins; the end or SIZE_MAX.
struct Number {
  size_t start = 0;
  size_t end = SIZE_MAX;
};

Number international_at(std::string_view text, size_t first) {
  Number none;
  if (first == 0 || text[first - 1] != '+') return none;
  size_t start = first - 1;
  if (start > 0 && text[start - 1] == '(') --start;
  if (start > 0 && word(text[start - 1])) return none;
  std::string digits;
  size_t best = SIZE_MAX, i = first;
  for (int groups = 1; groups <= 7; ++groups) {
    while (digit(at(text, i))) digits += text[i++];
    if (digits.size() > 15) break;
    const bool whole = digits[0] == '1' ? digits.size() == 11 && nanp(digits.substr(1))
                                        : digits.size() >= 8 && digits[0] != '0';
    if (whole && !word(at(text, i))) best = i;
    if (digits.size() >= 11) break;
    size_t gap = i;
    while (gap < text.size() &&
           std::string_view(" -./()").find(text[gap]) != std::string_view::npos)
      ++gap;
    if (gap == i || gap - i > 2 || !digit(at(text, gap)) || text.substr(i, gap - i) == "  ") break;
    i = gap;
  }
  if (best == SIZE_MAX) return none;
  if (text[start] == '(' && text.substr(start, best - start).find(')') == std::string_view::npos)
    ++start;
  return {start, best};
}

Number north_american_at(std::string_view text, size_t first) {
  static const std::regex kShape(
      "(1([-./ )]|\\) |[-./ )+(]?\\())?\\d{3}([-./ )]|\\) )\\d{3}([-./ )]|\\) )\\d{4}");
  Number none;
  const bool one = text[first] == '1' && !digit(at(text, first + 1));
  const size_t end = longest(text, first, kShape, [&](std::string_view part, size_t stop) {
    const char behind = at(text, stop);
    const std::string d = digits_of(part);
    return nanp(d.size() == 11 ? d.substr(1) : d) && !word(behind) && behind != '-' &&
           !(behind == '.' && [&] {  // a further group of the same row
             size_t i = stop;
             while (i < text.size() && i - stop < 3 && !digit(text[i]) &&
                    std::string_view(" -./()+").find(text[i]) != std::string_view::npos)
               ++i;
             return i - stop <= 2 && digit(at(text, i));
           }());
  });
  if (end == SIZE_MAX) return none;
  size_t start = first;
  if (!one && start > 0 && text[start - 1] == '(' && text[start + 3] == ')') --start;
  const char before = start == 0 ? '\0' : text[start - 1];
  if (word(before) || before == '.' || before == '-' || before == '+' || before == '#') return none;
  return {start, end};
}

Number trunk_at(std::string_view text, size_t first) {
  Number none;
  static const std::regex kBracket("\\d{2}\\) ?\\d{4,5}-\\d{4}");
  if (first > 0 && text[first - 1] == '(') {
    const size_t end = longest(text, first, kBracket, [&](std::string_view, size_t stop) {
      return !word(at(text, stop));
    });
    if (end == SIZE_MAX || (first >= 2 && word(text[first - 2]))) return none;
    return {first - 1, end};
  }
  static const std::regex kRow("0[1-9]\\d{0,3}(([ .-])\\d{2,5})(\\2\\d{2,5}){1,3}");
  const char before = first == 0 ? '\0' : text[first - 1];
  if (before != '\0' &&
      (word(before) || std::string_view(".#$=&%@-+/").find(before) != std::string_view::npos))
    return none;
  // The middle of a longer number.
  if (first >= 2 && std::string_view(" -./()+").find(before) != std::string_view::npos &&
      digit(text[first - 2]))
    return none;
  const size_t end = longest(text, first, kRow, [&](std::string_view part, size_t stop) {
    const size_t count = digits_of(part).size();
    if (count != 10 && count != 11) return false;
    const char behind = at(text, stop), separator = part[part.find_first_not_of("0123456789")];
    return !word(behind) && behind != '-' && behind != '/' &&
           !(behind == separator && digit(at(text, stop + 1)));
  });
  if (end == SIZE_MAX) return none;
  return {first, end};
}

Number phone_at(std::string_view text, size_t first) {
  for (auto* form : {international_at, north_american_at, trunk_at}) {
    const Number number = form(text, first);
    if (number.end != SIZE_MAX) return number;
  }
  return {};
}

void emails(std::string_view text, std::vector<OracleMatch>& out) {
  static const std::string kLocal = "!#$%'+-^_{}~.";  // and letters and digits
  size_t floor = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '@') continue;
    size_t start = i;
    while (start > floor && i - start < 64 &&
           (letter(text[start - 1]) || digit(text[start - 1]) ||
            kLocal.find(text[start - 1]) != std::string::npos))
      --start;
    while (start < i && !letter(text[start]) && !digit(text[start]) && text[start] != '_') ++start;
    if (start == i || text[i - 1] == '.') continue;
    size_t end = 0, label = i + 1;
    for (int labels = 1;; ++labels) {
      size_t stop = label;
      while (letter(at(text, stop)) || digit(at(text, stop)) || at(text, stop) == '-') ++stop;
      size_t last = stop;
      while (last > label && text[last - 1] == '-') --last;
      if (last == label || text[label] == '-' || last - label > 63) break;
      const std::string_view name = text.substr(label, last - label);
      if (labels > 1 && name.size() >= 2 && name.size() <= 24 &&
          std::all_of(name.begin(), name.end(), letter))
        end = last;
      if (last != stop || at(text, stop) != '.') break;
      label = stop + 1;
    }
    if (end == 0) continue;
    out.push_back({start, end, "EMAIL_ADDRESS"});
    floor = end;
  }
}

}  // namespace

std::vector<OracleMatch> oracle_scan(std::string_view text) {
  std::vector<OracleMatch> all;
  emails(text, all);
  size_t card_from = 0, ssn_from = 0, phone_from = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!digit(text[i]) || (i > 0 && digit(text[i - 1]))) continue;
    if (const size_t end = card_at(text, i); i >= card_from && end != SIZE_MAX) {
      all.push_back({i, end, "CREDIT_CARD"});
      card_from = end;
    }
    if (const size_t end = ssn_at(text, i); i >= ssn_from && end != SIZE_MAX) {
      all.push_back({i, end, "US_SSN"});
      ssn_from = end;
    }
    if (const Number n = phone_at(text, i); i >= phone_from && n.end != SIZE_MAX) {
      all.push_back({n.start, n.end, "PHONE_NUMBER"});
      phone_from = n.end;
    }
  }
  // Of matches that hang together the strongest that do not overlap.
  static const std::map<std::string, int> kPriority = {
      {"CREDIT_CARD", 70}, {"US_SSN", 65}, {"EMAIL_ADDRESS", 60}, {"PHONE_NUMBER", 40}};
  std::sort(all.begin(), all.end(), [](const OracleMatch& a, const OracleMatch& b) {
    const int pa = kPriority.at(a.entity), pb = kPriority.at(b.entity);
    if (pa != pb) return pa > pb;
    if (a.end - a.start != b.end - b.start) return a.end - a.start > b.end - b.start;
    return a.start < b.start;
  });
  std::vector<OracleMatch> out;
  for (const OracleMatch& m : all)
    if (std::none_of(out.begin(), out.end(),
                     [&](const OracleMatch& o) { return m.start < o.end && o.start < m.end; }))
      out.push_back(m);
  std::sort(out.begin(), out.end(),
            [](const OracleMatch& a, const OracleMatch& b) { return a.start < b.start; });
  return out;
}

std::vector<OracleMatch> oracle_tokens(std::string_view text,
                                       const std::vector<std::string>& entities) {
  std::vector<OracleMatch> out;
  for (const std::string& entity : entities) {
    std::string label = "[" + entity + "-";
    std::replace(label.begin(), label.end(), '_', '-');
    for (size_t i = text.find(label); i != std::string_view::npos; i = text.find(label, i + 1)) {
      const size_t core = i + label.size();
      bool fits = at(text, core + 23) == ']';
      for (size_t k = core; k < core + 23; ++k)
        fits = fits && k < text.size() &&
               std::string_view("0123456789ABCDEFGHJKMNPQRSTVWXYZ").find(text[k]) !=
                   std::string_view::npos;
      if (fits) out.push_back({i, core + 24, entity});
    }
  }
  std::sort(out.begin(), out.end(),
            [](const OracleMatch& a, const OracleMatch& b) { return a.start < b.start; });
  return out;
}

}  // namespace sallyport::rewrite
