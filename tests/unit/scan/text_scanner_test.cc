#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "dataplane/scan/recognise/secret/key_block.h"
#include "tests/unit/scan/scan_fixture.h"

namespace sallyport::scan {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Built from pieces: no live-looking secret stands in the source.
std::string aws_key() { return "AKI" + std::string("A") + "Q7ZK3M9QWERT1XC5"; }
std::string key_block() {
  const std::string dashes = "-----";
  return dashes + "BEGIN RSA " + "PRIVATE KEY" + dashes + "\n" + std::string(64, 'M') +
         "\nabc==\n" + dashes + "END RSA " + "PRIVATE KEY" + dashes;
}

TEST_F(ScanFixture, FindsEachEntity) {
  EXPECT_THAT(texts_found("write to John.Doe+x@mail.example.com, now."),
              ElementsAre("EMAIL_ADDRESS=John.Doe+x@mail.example.com"));
  EXPECT_THAT(texts_found("('a@b.co', 1)"), ElementsAre("EMAIL_ADDRESS=a@b.co"));
  EXPECT_THAT(texts_found("card 4111 1111 1111 1111 exp 12/26"),
              ElementsAre("CREDIT_CARD=4111 1111 1111 1111"));
  EXPECT_THAT(texts_found("(415) 555-2671"), ElementsAre("PHONE_NUMBER=(415) 555-2671"));
  EXPECT_THAT(texts_found("tel +49 171 1234567."), ElementsAre("PHONE_NUMBER=+49 171 1234567"));
  EXPECT_THAT(texts_found("ssn 536-90-4399"), ElementsAre("US_SSN=536-90-4399"));
  EXPECT_THAT(texts_found("my ssn: 536904399"), ElementsAre("US_SSN=536904399"));
  EXPECT_THAT(texts_found("use ftp://kev:Orbit0014x@files.example.org/v1 ok"),
              ElementsAre("URL_CREDENTIALS=ftp://kev:Orbit0014x@files.example.org/v1"));
  EXPECT_THAT(texts_found("key=" + aws_key() + ";"), ElementsAre("SECRET=" + aws_key()));
  EXPECT_THAT(texts_found("x " + key_block() + " y"), ElementsAre("SECRET=" + key_block()));
}

TEST_F(ScanFixture, LeavesOtherNumbersAndWordsAlone) {
  EXPECT_THAT(texts_found("4111 1111 1111 1112, 2024-01-02, 10.0.0.1, v1.2.3, 123456789"),
              IsEmpty());
  EXPECT_THAT(texts_found("550e8400-e29b-41d4-a716-446655440000"), IsEmpty());
  EXPECT_THAT(texts_found("foo@bar, @name, a@b.c"), IsEmpty());
  EXPECT_THAT(texts_found("postgres://user:${PASSWORD}@db/x"), IsEmpty());
  EXPECT_THAT(texts_found("X" + aws_key()), IsEmpty());
}

TEST_F(ScanFixture, AnUnclosedKeyBlockCountsAsOne) {
  const std::string open = key_block().substr(0, 80);
  EXPECT_THAT(scan(open), ElementsAre(Found{0, open.size(), "SECRET"}));
  const std::string long_one = key_block().substr(0, 40) + std::string(20'000, 'A');
  const auto found = scan(long_one);
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0], (Found{0, kKeyBlockBytesMax, "SECRET"}));
}

TEST_F(ScanFixture, TalkAboutKeysIsNoKey) {
  const std::string header = key_block().substr(0, 31);
  EXPECT_THAT(scan("the line " + header + " opens a key"), IsEmpty());
  EXPECT_THAT(scan(header + "\n...\n" + key_block().substr(key_block().size() - 29)), IsEmpty());
  // A real one behind the talk, before and after the talk is given up.
  for (const size_t between : {10U, 900U, 990U, 1'020U, 1'100U, 3'000U}) {
    std::string text = header + " is talk";
    while (text.size() < between) text += " or so";
    const size_t start = text.size();
    text += key_block();
    const auto found = scan(text);
    ASSERT_EQ(found.size(), 1U) << between;
    EXPECT_LE(found[0].start, start) << between;
    EXPECT_EQ(found[0].end, text.size()) << between;
    for (size_t cut = 0; cut <= text.size(); cut += 7) EXPECT_EQ(scan(text, {cut}), found) << cut;
  }
}

TEST_F(ScanFixture, AHeaderInsideAnotherHeaderIsSeen) {
  const std::string text = std::string("-----") + "BEGIN X" + key_block();
  const auto found = scan(text);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].end, text.size());
}

// Text holds source code and JSON that hold text: the letters of an escape are no part of a value.
TEST_F(ScanFixture, EscapesInTheTextAreBoundaries) {
  EXPECT_THAT(texts_found("x\\n" + aws_key() + "\\n"), ElementsAre("SECRET=" + aws_key()));
  EXPECT_THAT(texts_found("{\\njohn@example.org\\n}"),
              ElementsAre("EMAIL_ADDRESS=john@example.org"));
  EXPECT_THAT(texts_found("\\u003cjohn@example.org\\u003e"),
              ElementsAre("EMAIL_ADDRESS=john@example.org"));
  EXPECT_THAT(texts_found("\\t4111 1111 1111 1111\\r"),
              ElementsAre("CREDIT_CARD=4111 1111 1111 1111"));
  EXPECT_THAT(texts_found("a\\nhttps://kev:Orbit0014x@files.example.org"),
              ElementsAre("URL_CREDENTIALS=https://kev:Orbit0014x@files.example.org"));
  std::string one_line;
  for (char c : key_block()) one_line += c == '\n' ? std::string("\\n") : std::string(1, c);
  EXPECT_THAT(texts_found("{\"k\":\"" + one_line + "\"}"), ElementsAre("SECRET=" + one_line));
  std::string indented;
  for (char c : key_block()) indented += c == '\n' ? std::string("\r\n    ") : std::string(1, c);
  EXPECT_THAT(texts_found("k: |\r\n    " + indented), ElementsAre("SECRET=" + indented));
}

TEST_F(ScanFixture, ShortContextWordsStandAlone) {
  EXPECT_THAT(texts_found("hotel 5552671"), IsEmpty());
  EXPECT_THAT(texts_found("tell 5552671"), IsEmpty());
  EXPECT_THAT(texts_found("userTel=5552671"), ElementsAre("PHONE_NUMBER=5552671"));
  EXPECT_THAT(texts_found("TEL 5552671"), ElementsAre("PHONE_NUMBER=5552671"));
  EXPECT_THAT(texts_found("telephone 5552671"), ElementsAre("PHONE_NUMBER=5552671"));
}

// A table of numbers is judged in halves: no number is lost where a half begins.
TEST_F(ScanFixture, NumbersAtTheSeamOfLongRunsAreFound) {
  for (size_t lead = 1; lead < 200; ++lead) {
    std::string text;
    while (text.size() < lead) text += text.size() % 3 == 2 ? ' ' : '7';
    if (text.back() != ' ') text += ' ';
    const size_t plus = text.size();
    text += "+1 415-555-2671 ";
    const size_t card = text.size();
    text += "4111-1111-1111-1111 ";
    for (int i = 0; i < 40; ++i) text += "12 ";
    const auto found = scan(text);
    EXPECT_THAT(found, testing::IsSupersetOf({Found{plus, plus + 15, "PHONE_NUMBER"},
                                              Found{card, card + 19, "CREDIT_CARD"}}))
        << lead;
  }
}

TEST_F(ScanFixture, TextWithoutALiveRunIsNotHeld) {
  TextScanner scanner;
  scanner.begin(engine_, *scratch_);
  ASSERT_TRUE(scanner.feed(bytes("hello there, ")));
  EXPECT_EQ(scanner.safe_edge(), 13U);
  ASSERT_TRUE(scanner.feed(bytes("joh")));
  EXPECT_EQ(scanner.safe_edge(), 13U);
  ASSERT_TRUE(scanner.feed(bytes("n@x.org ")));
  EXPECT_EQ(scanner.safe_edge(), 24U);
  EXPECT_EQ(scanner.findings().size(), 1U);
}

TEST_F(ScanFixture, CutAtEveryByteGivesTheSameFindings) {
  const std::string text =
      "Hi, I am john.doe@example.org (tel. (415) 555-2671, +1 415-555-2671). Card "
      "4111-1111-1111-1111, "
      "ssn 536-90-4399; ftp://kev:Orbit0014x@files.example.org:21/v1 key " +
      aws_key() + "\n" + key_block() + "\nbye - (555) 12 1 2 3 4 5 6 7 8 9 0 5555555555554444 +";
  const auto whole = scan(text);
  EXPECT_EQ(whole.size(), 9U) << testing::PrintToString(whole);
  for (size_t cut = 0; cut <= text.size(); ++cut)
    EXPECT_EQ(scan(text, {cut}), whole) << "cut at " << cut;
  std::vector<size_t> every;
  for (size_t i = 1; i < text.size(); ++i) every.push_back(i);
  EXPECT_EQ(scan(text, every), whole);
}

// Whatever stands between the characters: the first ones must be held until it is known that they
// are spelt, also where the separator belongs to no word (UTF-16 in a text file, one letter a
// line).
TEST_F(ScanFixture, SpeltWordsAreHeldWithEverySeparator) {
  const std::string mail = "john.doe@example.org";
  for (int separator = 0; separator < 256; ++separator) {
    const char between = static_cast<char>(separator);
    for (const char* before : {"", "to ", "x\n"}) {
      std::string text = before;
      for (size_t i = 0; i < mail.size(); ++i)
        text += std::string(i > 0 ? 1 : 0, between) + mail[i];
      text += " end";
      const auto whole = scan(text);
      EXPECT_TRUE(separator >= 0x20 || !whole.empty()) << separator;
      for (size_t cut = 0; cut <= text.size(); ++cut)
        ASSERT_EQ(scan(text, {cut}), whole) << separator << " cut at " << cut;
      std::vector<size_t> every;
      for (size_t i = 1; i < text.size(); ++i) every.push_back(i);
      ASSERT_EQ(scan(text, every), whole) << separator;
    }
  }
}

TEST_F(ScanFixture, LongRunsAreCutInvariantToo) {
  std::string text(3'000, 'a');
  text += "x.john@example.org";
  text.append(3'000, 'b');
  text += " ";
  for (int i = 0; i < 80; ++i) text += std::to_string(i * 37) + " ";
  text += "4111 1111 1111 1111 ";
  for (int i = 0; i < 80; ++i) text += std::to_string(i * 41) + "-";
  const auto whole = scan(text);
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    std::vector<size_t> cuts;
    for (int i = 0; i < 5; ++i) cuts.push_back(random() % text.size());
    std::sort(cuts.begin(), cuts.end());
    EXPECT_EQ(scan(text, cuts), whole);
  }
}

TEST_F(ScanFixture, RandomTextsCutAnywhereGiveTheSameFindings) {
  const std::vector<std::string> pieces = {
      "john",  "@",   "example.org", " ",      "4111",        "1111", "-",
      "(415)", "555", "2671",        "+1",     ".",           "/",    "://",
      ":",     "\n",  "-----",       "BEGIN ", "PRIVATE KEY", "END ", "536-90-4399",
      "ssn",   "é",   aws_key(),     "\"",     "00",          ")",    "  "};
  for (uint32_t seed = 1; seed <= 400; ++seed) {
    std::mt19937 random(seed);
    std::string text;
    for (int i = 0; i < 40; ++i) text += pieces[random() % pieces.size()];
    const auto whole = scan(text);
    std::vector<size_t> cuts;
    for (int i = 0; i < 8; ++i) cuts.push_back(random() % text.size());
    std::sort(cuts.begin(), cuts.end());
    EXPECT_EQ(scan(text, cuts), whole) << "seed " << seed;
    std::vector<size_t> every;
    for (size_t i = 1; i < text.size(); ++i) every.push_back(i);
    EXPECT_EQ(scan(text, every), whole) << "seed " << seed;
  }
}

TEST_F(ScanFixture, SelfTestPasses) {
  std::string error;
  EXPECT_TRUE(engine_.self_test(*scratch_, error)) << error;
}

TEST_F(ScanFixture, DamagedSectionsAreRefused) {
  const auto entities = first_entities();
  const auto section = controlplane::policy::compile_matcher(entities).section;
  std::mt19937 random(3);
  for (size_t size = 0; size < 200; ++size) {
    Engine engine;
    std::string error;
    EXPECT_FALSE(engine.load(std::span(section).first(size), error));
  }
  for (int round = 0; round < 2'000; ++round) {
    auto damaged = section;
    damaged[random() % 700] ^= static_cast<uint8_t>(1 + random() % 255);
    Engine engine;
    std::string error;
    (void)engine.load(damaged, error);  // refused or harmless, never a crash
  }
}

TEST(MatcherCompiler, SameEntitiesGiveTheSameBytes) {
  const auto entities = first_entities();
  EXPECT_EQ(controlplane::policy::compile_matcher(entities).section,
            controlplane::policy::compile_matcher(entities).section);
}

TEST(MatcherCompiler, RefusesPatternsThatAreTooWideOrMatchNothing) {
  auto entities = first_entities();
  entities[5].rules[0].pattern = "a+@b";
  EXPECT_EQ(controlplane::policy::compile_matcher(entities).errors.size(), 1U);
  entities[5].rules[0].pattern = "a?";
  EXPECT_EQ(controlplane::policy::compile_matcher(entities).errors.size(), 1U);
  entities[5].rules[0].pattern = "a(";
  EXPECT_EQ(controlplane::policy::compile_matcher(entities).errors.size(), 1U);
}

}  // namespace
}  // namespace sallyport::scan
