#include "dataplane/scan/recognise/ip.h"

#include <array>
#include <string_view>

#include "dataplane/scan/read/open_reader.h"
#include "dataplane/scan/recognise/number/colon_groups.h"
#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {
namespace {

constexpr unsigned kQuadGroups = 4;
constexpr unsigned kMulticastFirst = 224, kMulticastLast = 239;
constexpr unsigned kHexGroups = 8;
constexpr unsigned kHexDigits = 4;
constexpr uint64_t kZoneBytesMax = 16;
// Standards have about as many sections.
constexpr unsigned kSectionMax = 64;
// How far before it a word like "version" speaks against an address.
constexpr uint64_t kVersionWordBytes = 20;

constexpr std::string_view kVersionWords[] = {
    "version", "release", "build",    "firmware",  "section",  "chapter", "clause",    "table",
    "figure",  "annex",   "appendix", "paragraph", "article",  "kapitel", "abschnitt", "oid",
    "upgrade", "ver.",    "rev",      "bump",      "fixed in", "since",   "ec_number", "ec "};

// A word of versions and chapters ends within the bytes before `start`, on the same line.
bool speaks_of_version(OpenReader& reader, uint64_t start) noexcept {
  // "## 12.13.78.64 (2024-01-02)", "## [12.13.78.64]": the heading of a list of changes.
  uint64_t heading = start;
  if (reader.before(heading) == '[') --heading;
  if (heading > 2 && reader.before(heading) == ' ' && reader.before(heading - 1) == '#' &&
      reader.before(heading - 2) == '#')
    return true;
  // "§ 10.2.3.4"
  const uint64_t sign = reader.before(start) == ' ' ? start - 1 : start;
  if (sign > 1 && reader.before(sign) == 0xa7 && reader.before(sign - 1) == 0xc2) return true;
  for (uint64_t back = 1; back <= kVersionWordBytes && back <= start; ++back) {
    const uint64_t at = start - back;
    const uint8_t first = reader.at(at);
    if (first == '\n') return false;
    if (!is_letter(first) || is_letter(reader.before(at))) continue;
    for (std::string_view word : kVersionWords)
      if (static_cast<uint8_t>(word[0]) == to_lower(first) && at + word.size() <= start &&
          reader.follows(at, word))
        return true;
  }
  return false;
}

// "(= 6.1.7.10)", "(>= 1.0.24.2)", ", ~> 5.2.4.1": what a package asks of another.
bool is_wanted_version(OpenReader& reader, uint64_t start) noexcept {
  if (start < 3 || reader.before(start) != ' ') return false;
  const uint8_t sign = reader.before(start - 1), former = reader.before(start - 2);
  const auto is_sign = [](uint8_t c) { return c == '=' || c == '<' || c == '>' || c == '~'; };
  return is_sign(sign) && (former == '(' || former == '~' || (is_sign(former) && former != '='));
}

// "    activejob (6.1.7.10)" of a lock file, "tk8.6 (8.6.11.1-1) unstable; urgency=medium" of a
// list of changes: a package and its version. `end`: behind the numbers.
bool is_of_package(OpenReader& reader, uint64_t start, uint64_t end) noexcept {
  constexpr uint64_t kNameMax = 48, kIndent = 4, kWordsMax = 40;
  if (reader.before(start) != '(' || start < 3 || reader.before(start - 1) != ' ') return false;
  uint64_t close = end;
  if (reader.at(close) == '-')
    for (++close; is_alnum(reader.at(close)) && close - end < 8;) ++close;
  if (reader.at(close) != ')') return false;
  uint64_t at = close + 1;
  while (at - close < kWordsMax &&
         (is_lower(reader.at(at)) || reader.at(at) == ' ' || reader.at(at) == '-'))
    ++at;
  if (reader.follows(at, "; urgency")) return true;
  if (close != end || (reader.at(close + 1) != '\n' && reader.at(close + 1) != '\r')) return false;
  uint64_t name = start - 2;
  while (
      name > 0 && start - name < kNameMax &&
      (is_alnum(reader.before(name)) || reader.before(name) == '-' || reader.before(name) == '_'))
    --name;
  uint64_t line = name;
  while (line > 0 && name - line <= kIndent && reader.before(line) == ' ') --line;
  return name < start - 2 && name - line == kIndent && (line == 0 || reader.before(line) == '\n');
}

// "1.8.92.61-1.63.62": numbers of the path of a drawing (SVG 2, 9.3.9), which need neither blanks
// nor zeros between. A range goes from one address to another, or to its last number.
bool is_of_path(OpenReader& reader, uint64_t start, uint64_t end) noexcept {
  const auto is_part = [](uint8_t c) { return is_digit(c) || c == '.'; };
  // How many points the number that ends at `to` has.
  const auto points_before = [&](uint64_t to, uint64_t& from) {
    unsigned points = 0;
    for (from = to; from > 0 && to - from < 16 && is_part(reader.before(from)); --from)
      points += reader.before(from) == '.' ? 1 : 0;
    return points;
  };
  uint64_t from = 0;
  if (reader.before(start) == '-' && is_digit(reader.before(start - 1)))
    return points_before(start - 1, from) != 3;
  if (reader.at(end) == '-') {
    uint64_t at = end + 1;
    unsigned points = 0;
    for (; at - end < 17 && is_part(reader.at(at)); ++at) points += reader.at(at) == '.' ? 1 : 0;
    return points != 0 && points != 3;
  }
  if (reader.before(start) != ' ' || reader.at(end) != ' ' || !is_digit(reader.at(end + 1)))
    return false;
  // A decimal number before it, or two flags ("0 1 1 0 1.5.75.75 0 0 1"); behind it a flag or
  // another number.
  const uint8_t behind = reader.at(end + 2);
  if (behind != ' ' && behind != '.') return false;
  if (points_before(start - 1, from) == 1) return from < start - 2;
  return from + 2 == start && reader.before(from) == ' ' && is_part(reader.before(from - 1)) &&
         behind == ' ' && is_digit(reader.at(end + 3)) && points_before(from - 1, from) <= 1;
}

constexpr std::string_view kBrowsers[] = {
    "chrome/", "chromium/", "safari/",   "firefox/",        "version/",       "edg/",
    "opr/",    "edge/",     "electron/", "headlesschrome/", "samsungbrowser/"};

// "Chrome/75.6.1.2": of what a browser says of itself, no path of a host.
bool is_of_browser(OpenReader& reader, uint64_t start) noexcept {
  if (reader.before(start) != '/' || !is_letter(reader.before(start - 1))) return false;
  for (std::string_view name : kBrowsers)
    if (start >= name.size() && reader.follows(start - name.size(), name) &&
        !is_letter(reader.before(start - name.size())))
      return true;
  return false;
}

bool quad_may_begin(OpenReader& reader, uint64_t start) noexcept {
  const uint8_t c = reader.before(start), d = reader.before(start - (start == 0 ? 0 : 1));
  if (is_alnum(c) || c == '_' || c == '.') return false;
  if (c == '-') return !is_letter(d);
  if (c == '=') return d != '=' && d != '<' && d != '>' && d != '~' && d != '!' && d != '^';
  return c != '^' && c != '~';
}

struct Quad {
  std::array<unsigned, kQuadGroups> numbers{};
  uint64_t end = 0;  // 0: none
};

Quad read_quad(OpenReader& reader, uint64_t start) noexcept {
  Quad out;
  uint64_t at = start;
  for (unsigned i = 0; i < kQuadGroups; ++i) {
    if (i > 0 && reader.at(at++) != '.') return {};
    const uint64_t first = at;
    unsigned value = 0;
    for (; at < first + 3 && is_digit(reader.at(at)); ++at)
      value = value * 10 + digit(reader.at(at));
    if (at == first || value > 255 || (at > first + 1 && reader.at(first) == '0')) return {};
    out.numbers[i] = value;
  }
  const uint8_t c = reader.at(at);
  if (is_alnum(c) || c == '_') return {};
  if ((c == '.' || c == '-') && (is_alnum(reader.at(at + 1)))) {
    // A range of addresses goes on with a digit, a version with anything.
    if (c == '.' || !is_digit(reader.at(at + 1))) return {};
  }
  out.end = at;
  return out;
}

Verdict quad_at(const TextView& text, uint64_t point, Hit& out) noexcept {
  OpenReader reader(text);
  uint64_t start = point;
  while (start > 0 && point - start < 4 && is_digit(reader.before(start))) --start;
  if (start == point || !quad_may_begin(reader, start)) return reader.answer(false);
  const Quad quad = read_quad(reader, start);
  if (quad.end == 0) return reader.answer(false);
  const auto& n = quad.numbers;
  const bool masked = reader.at(quad.end) == '/' && is_digit(reader.at(quad.end + 1));
  // "Chrome/120.0.0.0": a release with nothing behind its first number.
  if (n[0] != 10 && n[1] == 0 && n[2] == 0 && n[3] == 0 && !masked) return reader.answer(false);
  // No host: "0.0.0.0/0" of a list of networks and other "this network"s (RFC 1122, 3.2.1.3),
  // groups of hosts (RFC 5771). A text that begins so may be nothing else, so somebody asked for
  // it.
  if ((n[0] == 0 && start > 0) || (n[0] >= kMulticastFirst && n[0] <= kMulticastLast))
    return reader.answer(false);
  if (is_of_browser(reader, start) || speaks_of_version(reader, start) ||
      is_wanted_version(reader, start) || is_of_package(reader, start, quad.end) ||
      is_of_path(reader, start, quad.end))
    return reader.answer(false);
  out = Hit{start, quad.end};
  // 1.2.3.4 and 22.2.1.2 are chapters more often than hosts; 1.1.1.1 and 8.8.8.8 are hosts.
  const bool small = n[0] < kSectionMax && n[0] != 10 && n[1] < 10 && n[2] < 10 && n[3] < 10;
  out.bare = small && !(n[0] == n[1] && n[1] == n[2] && n[2] == n[3]) && !masked;
  return reader.answer(true);
}

struct Groups {
  std::array<unsigned, kHexGroups> sizes{};
  unsigned count = 0;
  unsigned digits = 0;  // decimal ones among all
  bool gap = false;     // "::"
  bool quad = false;    // ends in a dotted quad, which counts two groups
  uint64_t end = 0;
  bool holds = false;
};

// Groups of hexadecimal digits with ':' between from `at` on.
Groups read_groups(OpenReader& reader, uint64_t at) noexcept {
  Groups out;
  if (reader.at(at) == ':') {
    if (reader.at(at + 1) != ':') return out;
    out.gap = true;
    at += 2;
  }
  while (out.count < kHexGroups) {
    const uint64_t first = at;
    while (at < first + kHexDigits + 1 && is_hex(reader.at(at))) {
      if (is_digit(reader.at(at))) ++out.digits;
      ++at;
    }
    if (at == first) break;
    if (reader.at(at) == '.' && is_digit(reader.at(at + 1)) && (out.gap || out.count == 6)) {
      const Quad quad = read_quad(reader, first);
      if (quad.end == 0) break;
      out.quad = true;
      out.end = quad.end;
      out.count += 2;
      out.holds = out.gap ? out.count < kHexGroups : out.count == kHexGroups;
      return out;
    }
    if (at - first > kHexDigits) return out;
    out.sizes[out.count++] = static_cast<unsigned>(at - first);
    out.end = at;
    if (reader.at(at) != ':') break;
    if (reader.at(at + 1) == ':') {
      if (out.gap) return out;
      out.gap = true;
      at += 2;
      out.end = at;
    } else if (is_hex(reader.at(at + 1))) {
      ++at;
    } else {
      break;
    }
  }
  const uint8_t behind = reader.at(out.end);
  if (is_alnum(behind) || behind == '_' || (behind == ':' && is_alnum(reader.at(out.end + 1))))
    return out;
  out.holds = out.gap ? out.count < kHexGroups : out.count == kHexGroups;
  return out;
}

bool all_pairs(const Groups& groups) noexcept {
  for (unsigned i = 0; i < groups.count; ++i)
    if (groups.sizes[i] != 2) return false;
  return true;
}

// Two groups are enough where the first is one of a prefix that is in use: 2000::/3, fc00::/7,
// fe80::/10. "ab::cd" is a name in C++, "[::2]" a slice in Python.
bool is_plain(OpenReader& reader, uint64_t start, const Groups& groups) noexcept {
  if (!groups.gap) return !all_pairs(groups);  // eight pairs are a hardware address
  if (groups.quad) return true;
  const uint8_t first = to_lower(reader.at(start)), second = to_lower(reader.at(start + 1));
  const bool prefix =
      groups.count >= 1 && groups.sizes[0] == kHexDigits &&
      (first == '2' || first == '3' ||
       (first == 'f' && (second == 'c' || second == 'd' || second == 'e' || second == 'f')));
  return groups.digits > 0 && (prefix || groups.count >= 4);
}

Verdict hex_at(const TextView& text, uint64_t colon, Hit& out) noexcept {
  OpenReader reader(text);
  const uint64_t start = first_colon_group(reader, colon, 0, kHexDigits);
  if (start == kNoColonGroup || reader.before(start) == '.') return reader.answer(false);
  const Groups groups = read_groups(reader, start);
  if (!groups.holds || !is_plain(reader, start, groups)) return reader.answer(false);
  // The zone of a link (RFC 4007 11): fe80::1%eth0.
  uint64_t end = groups.end;
  if (reader.at(end) == '%' && is_letter(reader.at(end + 1)))
    for (++end; end - groups.end <= kZoneBytesMax && is_alnum(reader.at(end));) ++end;
  out = Hit{start, end};
  return reader.answer(true);
}

}  // namespace

Verdict ip_at(const TextView& text, const Trigger& trigger, const RuleParameters&,
              Hit& out) noexcept {
  return text.at(trigger.at) == '.' ? quad_at(text, trigger.at, out)
                                    : hex_at(text, trigger.at, out);
}

}  // namespace sallyport::scan
