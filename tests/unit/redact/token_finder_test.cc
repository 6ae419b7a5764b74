#include "dataplane/redact/token_finder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <regex>
#include <string>
#include <vector>

#include "dataplane/base/cpu.h"

namespace sallyport::redact {
namespace {

constexpr std::string_view kEntities[] = {"EMAIL_ADDRESS", "PHONE_NUMBER", "US", "US_SSN",
                                          "ADDRESS"};
const std::string kCore = "0A7ZK3M9QWERT1XC5VBNHJ4";
const std::string kToken = "[EMAIL-ADDRESS-" + kCore + "]";

struct Found {
  uint64_t start, end;
  uint16_t entity;
  bool exact;
  std::string core;
  friend bool operator==(const Found&, const Found&) = default;
};

std::ostream& operator<<(std::ostream& out, const Found& f) {
  return out << f.start << ".." << f.end << " entity " << f.entity << (f.exact ? " exact " : " ")
             << f.core;
}

const TokenLabels& labels() {
  static const TokenLabels kLabels = [] {
    TokenLabels l;
    EXPECT_TRUE(l.build(kEntities));
    return l;
  }();
  return kLabels;
}

void drain(TokenFinder& finder, std::vector<Found>& out) {
  for (const TokenMatch& m : finder.matches()) {
    EXPECT_LE(m.end, finder.safe_edge());
    EXPECT_GE(m.start, out.empty() ? 0 : out.back().end);
    out.push_back(
        Found{m.start, m.end, m.entity, m.exact, std::string(m.core.data(), m.core.size())});
  }
  finder.take(finder.matches().size());
}

std::vector<Found> find(std::string_view text, size_t first = 0, size_t piece = SIZE_MAX) {
  TokenFinder finder;
  std::vector<Found> out;
  finder.begin(labels());
  uint64_t edge = 0;
  size_t at = 0;
  while (at < text.size()) {
    const size_t size = std::min(at == 0 && first != 0 ? first : piece, text.size() - at);
    EXPECT_TRUE(finder.feed({reinterpret_cast<const uint8_t*>(text.data()) + at, size}));
    at += size;
    EXPECT_GE(finder.safe_edge(), edge) << text;
    edge = finder.safe_edge();
    EXPECT_LE(at - edge, kTokenTextBytesMax + 8);
    // What is found later never begins before an edge that was told.
    const size_t known = out.size();
    drain(finder, out);
    EXPECT_LE(out.size() > known ? out.back().end : 0, edge);
  }
  finder.end();
  EXPECT_EQ(finder.safe_edge(), text.size());
  drain(finder, out);
  return out;
}

void expect_one(const std::string& text, std::string_view covered, bool exact = false) {
  const auto found = find(text);
  ASSERT_EQ(found.size(), 1U) << text;
  EXPECT_EQ(text.substr(found[0].start, found[0].end - found[0].start), covered);
  EXPECT_EQ(found[0].core, kCore) << text;
  EXPECT_EQ(found[0].entity, 0) << text;
  EXPECT_EQ(found[0].exact, exact) << text;
}

TEST(TokenFinder, FindsTokensAsWrittenAndAsModelsDamageThem) {
  expect_one(kToken, kToken, true);
  expect_one("Mail " + kToken + ".", kToken, true);
  expect_one("**" + kToken + "**", kToken, true);
  std::string lower = kToken;
  for (char& c : lower) c = static_cast<char>(std::tolower(c));
  expect_one(lower, lower);
  expect_one("EMAIL-ADDRESS-" + kCore, "EMAIL-ADDRESS-" + kCore);
  expect_one("see [EMAIL-ADDRESS-" + kCore + " there", "EMAIL-ADDRESS-" + kCore);
  expect_one("see EMAIL-ADDRESS-" + kCore + "] there", "EMAIL-ADDRESS-" + kCore);
  expect_one("x \\[EMAIL\\-ADDRESS\\-" + kCore + "\\] y", "\\[EMAIL\\-ADDRESS\\-" + kCore + "\\]");
  expect_one("[EMAIL\\_ADDRESS_" + kCore + "]", "[EMAIL\\_ADDRESS_" + kCore + "]");
  expect_one("[**EMAIL-ADDRESS-" + kCore + "**]", "[**EMAIL-ADDRESS-" + kCore + "**]");
  expect_one("[_EMAIL-ADDRESS-" + kCore + "_]", "[_EMAIL-ADDRESS-" + kCore + "_]");
  expect_one("`EMAIL-ADDRESS-" + kCore + "`", "EMAIL-ADDRESS-" + kCore);
  const std::string nb = "[EMAIL\u2011ADDRESS\u2013" + kCore + "]";
  expect_one(nb, nb);
  const std::string zero = "[EMAIL-\u200bADDRESS-" + kCore + "]";
  expect_one(zero, zero);
  std::string oil = kToken;
  oil.replace(oil.find("1XC"), 1, "l");
  oil.replace(oil.find("-0A") + 1, 1, "o");
  expect_one(oil, oil);
  expect_one("[[EMAIL-ADDRESS-" + kCore + "](mailto:x)", "[EMAIL-ADDRESS-" + kCore + "]", true);
  expect_one("my-EMAIL-ADDRESS-" + kCore + "-x", "EMAIL-ADDRESS-" + kCore);
}

TEST(TokenFinder, ReadsOverSpacesLineEndsAndHtmlReferences) {
  const auto whole = [](const std::string& text) { expect_one(text, text); };
  whole("[EMAIL - ADDRESS - " + kCore + "]");
  whole("[ EMAIL-ADDRESS-" + kCore + " ]");
  whole("[EMAIL-\nADDRESS-" + kCore + "]");
  whole("[EMAIL-ADDRESS-\r\n    " + kCore + "]");
  whole("[EMAIL-ADDRESS-" + kCore.substr(0, 9) + "\n  " + kCore.substr(9) + "]");
  whole("[EM\nAIL-ADDRESS-" + kCore.substr(0, 9) + "\n" + kCore.substr(9) + "\n]");
  whole("EMAIL-ADDRESS-" + kCore.substr(0, 9) + "\n" + kCore.substr(9));
  whole("&#91;EMAIL&#45;ADDRESS&#x2D;" + kCore + "&#93;");
  whole("&lsqb;EMAIL&hyphen;ADDRESS&ndash;" + kCore + "&rbrack;");
  whole("[EMAIL-&shy;ADDRESS-" + kCore.substr(0, 9) + "&zwj;" + kCore.substr(9) + "]");
  expect_one("AT&T, R&D &EMAIL-ADDRESS-" + kCore + "&amp;", "EMAIL-ADDRESS-" + kCore);
  EXPECT_TRUE(find("[PHONE  NUMBER-" + kCore + "]").empty());
  EXPECT_TRUE(find("[EMAIL-ADDRESS-" + kCore.substr(0, 9) + " " + kCore.substr(9) + "]").empty());
  std::string lines = kCore;
  for (size_t at : {15U, 10U, 5U}) lines.insert(at, "\n");
  EXPECT_TRUE(find("[EMAIL-ADDRESS-" + lines + "]").empty()) << "one line end more than allowed";
}

TEST(TokenFinder, LeavesOtherTextAlone) {
  EXPECT_TRUE(find("[EMAIL-ADDRESS-" + kCore + "X]").empty());
  EXPECT_TRUE(find("[EMAIL-ADDRESS-" + kCore.substr(1) + "]").empty());
  EXPECT_TRUE(find("[E-MAIL-ADDRES-" + kCore + "]").empty());
  EXPECT_TRUE(find("[PHONE NUMBER-" + kCore + "]").empty());
  EXPECT_TRUE(find("xUS-" + kCore).empty());
  EXPECT_TRUE(find("[EMAIL-ADDRESS-" + kCore.substr(0, 10) + "-" + kCore.substr(10) + "]").empty());
  EXPECT_TRUE(find("[" + std::string(300, '*') + "EMAIL-ADDRESS-" + kCore.substr(0, 5)).empty());
}

TEST(TokenFinder, FollowsLabelsThatBeginAlike) {
  auto found =
      find("US-SSN-" + kCore + " US-" + kCore + " [US-SSN-" + kCore + "][LITERAL-" + kCore + "]");
  ASSERT_EQ(found.size(), 4U);
  EXPECT_EQ(found[0].entity, 3);
  EXPECT_EQ(found[1].entity, 2);
  EXPECT_EQ(found[2].entity, 3);
  EXPECT_EQ(found[3].entity, TokenLabels::kLiteral);
}

TEST(TokenFinder, HoldsNothingThatCannotBecomeAToken) {
  TokenFinder finder;
  finder.begin(labels());
  const std::string text = "An e-mail about phones, users and US-based people. ";
  EXPECT_TRUE(finder.feed({reinterpret_cast<const uint8_t*>(text.data()), text.size()}));
  EXPECT_EQ(finder.safe_edge(), text.size());
  const std::string open = "so [";
  EXPECT_TRUE(finder.feed({reinterpret_cast<const uint8_t*>(open.data()), open.size()}));
  EXPECT_EQ(finder.safe_edge(), text.size() + 3);
}

// A slow twin over ASCII: one regular expression, tried at every position from the left.
std::vector<Found> twin(const std::string& text) {
  std::string pattern = "(\\\\?\\[[\\\\*`_ -]*)?(";
  const std::string mark = "[\\\\*`]*";
  std::vector<std::string> names = {"EMAIL-ADDRESS", "PHONE-NUMBER", "US-SSN", "US",
                                    "ADDRESS",       "LITERAL"};
  for (const std::string& name : names) {
    if (pattern.back() != '(') pattern += "|";
    for (char c : name)
      pattern += (c == '-' ? std::string("[\\\\*` ]*[-_][\\\\*`_ -]*") : std::string(1, c) + mark);
  }
  pattern += ")[\\\\*` ]*[-_][\\\\*`_ -]*((?:[0-9A-TV-Za-tv-z]" + mark +
             "){22}[0-9A-TV-Za-tv-z])(?![0-9A-Za-z])";
  const std::regex whole(pattern, std::regex::icase);
  const std::regex tail("^[\\\\*`_ -]*\\]");
  std::vector<Found> out;
  size_t at = 0;
  while (at < text.size()) {
    const bool boundary = at == 0 || !std::isalnum(static_cast<unsigned char>(text[at - 1])) ||
                          text[at] == '[' || text[at] == '\\';
    std::smatch m;
    const std::string rest = text.substr(at);
    if (!boundary || !std::regex_search(rest, m, whole, std::regex_constants::match_continuous)) {
      ++at;
      continue;
    }
    Found f{};
    size_t label = static_cast<size_t>(m.position(2));
    size_t end = static_cast<size_t>(m.position(3) + m.length(3));
    std::smatch close;
    const std::string behind = rest.substr(end);
    const bool opened = m[1].matched;
    if (opened && std::regex_search(behind, close, tail)) {
      label = 0;
      end += static_cast<size_t>(close.length(0));
    }
    f.start = at + label;
    f.end = at + end;
    std::string name;
    for (char c : m[2].str()) {
      if (std::isalnum(static_cast<unsigned char>(c)))
        name += static_cast<char>(std::toupper(c));
      else if ((c == '-' || c == '_') && name.back() != '-')
        name += '-';
    }
    f.entity = name == "EMAIL-ADDRESS"  ? 0
               : name == "PHONE-NUMBER" ? 1
               : name == "US"           ? 2
               : name == "US-SSN"       ? 3
               : name == "ADDRESS"      ? 4
                                        : TokenLabels::kLiteral;
    for (char c : m[3].str())
      if (crockford_value(c) >= 0)
        f.core += crockford_char(static_cast<unsigned>(crockford_value(c)));
    out.push_back(f);
    at = f.end;
  }
  return out;
}

std::string random_text(std::mt19937& random) {
  static const std::vector<std::string> kPieces = {"[",
                                                   "]",
                                                   "\\",
                                                   "*",
                                                   "_",
                                                   "-",
                                                   "`",
                                                   " ",
                                                   "EMAIL",
                                                   "-ADDRESS",
                                                   "ADDRESS-",
                                                   "US-",
                                                   "US-SSN-",
                                                   "us_ssn_",
                                                   "PHONE-NUMBER-",
                                                   "[EMAIL-ADDRESS-",
                                                   kCore,
                                                   kCore + "]",
                                                   kCore,
                                                   kCore.substr(0, 22),
                                                   "a",
                                                   "LITERAL-",
                                                   "e-mail",
                                                   kToken,
                                                   "\\[",
                                                   "\\]",
                                                   "[US-"};
  std::string text;
  for (auto i = random() % 14; i > 0; --i) text += kPieces[random() % kPieces.size()];
  return text;
}

// The twin is slow; instrumented, its rounds are for the reads of the finder, and the others for
// what it finds.
#if defined(__SANITIZE_ADDRESS__)
constexpr int kTwinRounds = 150;
#else
constexpr int kTwinRounds = 500;
#endif

TEST(TokenFinder, AgreesWithItsSlowTwin) {
  std::mt19937 random(7);
  size_t found_count = 0;
  for (int round = 0; round < kTwinRounds; ++round) {
    const std::string text = random_text(random);
    auto found = find(text);
    for (Found& f : found) f.exact = false;
    ASSERT_EQ(found, twin(text)) << text;
    found_count += found.size();
  }
  EXPECT_GT(found_count, kTwinRounds * 3U / 20);
}

TEST(TokenFinder, EveryCutGivesTheSame) {
  std::mt19937 random(8);
  std::vector<std::string> texts = {"x \\[EMAIL\\-ADDRESS\\-" + kCore + "\\] y",
                                    "[EMAIL\u2011ADDRESS\u2013" + kCore + "] \u00e9" + kToken,
                                    kToken + kToken, "US-SSN-" + kCore};
  for (int i = 0; i < 100; ++i) texts.push_back(random_text(random));
  for (const std::string& text : texts) {
    const auto whole = find(text);
    for (size_t cut = 1; cut < text.size(); ++cut)
      ASSERT_EQ(find(text, cut), whole) << text << " cut at " << cut;
    for (size_t piece : {1, 2, 3}) ASSERT_EQ(find(text, 0, piece), whole) << text;
  }
}

// Prose, code, other scripts and tokens whole and broken, long enough that the finder jumps.
std::string long_text(std::mt19937& random) {
  static const std::vector<std::string> kPieces = {
      "Please send the report to the customer before Friday. ",
      "user_name = lookup_user(id, retry_count)\n",
      "well-known us-based people - and phones",
      "\u4e2d\u6587\uff0c\u4e00\u4e9b\u6587\u5b57\u3002\u201c\u5f15\u6587\u201d\u2014\u2014",
      "sha256-9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 ",
      "| --- | --- |\n",
      "R&D, AT&T &amp; &lt;b&gt; &#45; &#x41;",
      "\xe2\x80",
      std::string(300, 'a'),
      std::string(90, '-'),
      "US-SSN-\n\nus - ",
      "\n"};
  std::string text;
  for (auto i = random() % 20; i > 0; --i)
    text += random() % 3 == 0 ? random_text(random) : kPieces[random() % kPieces.size()];
  return text;
}

struct Walked {
  std::vector<Found> found;
  std::vector<uint64_t> edges;
  friend bool operator==(const Walked&, const Walked&) = default;
};

Walked walk(const std::string& text, const std::vector<size_t>& cuts, size_t piece) {
  TokenFinder finder;
  Walked out;
  finder.begin(labels());
  size_t at = 0;
  for (size_t cut : cuts) {
    while (at < cut) {
      const size_t size = std::min(piece, cut - at);
      EXPECT_TRUE(finder.feed({reinterpret_cast<const uint8_t*>(text.data()) + at, size}));
      at += size;
    }
    out.edges.push_back(finder.safe_edge());
  }
  finder.end();
  drain(finder, out.found);
  return out;
}

// Fed byte by byte the machine reads everything; fed in large pieces it reads what the prefilter
// leaves. Matches and edges are the same at every cut and every vector level.
TEST(TokenFinder, SkippingTextChangesNothing) {
  std::mt19937 random(9);
  size_t found_count = 0;
  for (int round = 0; round < 600; ++round) {
    const std::string text = long_text(random);
    std::vector<size_t> cuts = {random() % (text.size() + 1), random() % (text.size() + 1),
                                text.size()};
    std::sort(cuts.begin(), cuts.end());
    const Walked slow = walk(text, cuts, 1);
    found_count += slow.found.size();
    for (const base::Simd simd : base::usable_simd()) {
      const base::ForcedSimd forced(simd);
      const Walked fast = walk(text, cuts, SIZE_MAX);
      ASSERT_EQ(fast.found, slow.found) << base::simd_name(simd) << '\n' << text;
      ASSERT_EQ(fast.edges, slow.edges) << base::simd_name(simd) << '\n' << text;
    }
  }
  EXPECT_GT(found_count, 100U);
}

TEST(TokenFinder, TextThatBeginsLikeLabelsIsNotHeld) {
  for (const std::string text :
       {"an e-mail address", "US\nand", "us - ", "[ ] to do", "AT&T rose", "address\n\nPhone"}) {
    TokenFinder finder;
    finder.begin(labels());
    const std::string whole = text + " it is so.";
    EXPECT_TRUE(finder.feed({reinterpret_cast<const uint8_t*>(whole.data()), whole.size()}));
    EXPECT_EQ(finder.safe_edge(), whole.size()) << text;
  }
}

TEST(TokenLabels, RefusesBadSets) {
  TokenLabels l;
  const std::string_view twice[] = {"A", "A"};
  EXPECT_FALSE(l.build(twice));
  const std::string_view lower[] = {"a"};
  EXPECT_FALSE(l.build(lower));
  EXPECT_TRUE(l.build({}));
  EXPECT_EQ(l.size(), 1U);
}

}  // namespace
}  // namespace sallyport::redact
