// Keys in parts: joined_stage.h and joints.h, through the scanner.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataplane/scan/runs/joints.h"
#include "tests/unit/scan/scan_fixture.h"

namespace sallyport::scan {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Built from pieces: no live-looking secret stands in the source.
const std::string kHead = "AKI" + std::string("A");
const std::string kTail = "Q7ZK3M9QWERT1XC5";

class JoinedKeys : public ScanFixture {
 protected:
  // The broken key is found as a whole, wherever the text is cut.
  void expect_whole(const std::string& before, const std::string& broken,
                    const std::string& after) {
    const std::string text = before + broken + after;
    const std::vector<Found> whole = {
        Found{before.size(), before.size() + broken.size(), "SECRET"}};
    EXPECT_EQ(scan(text), whole) << text;
    for (size_t cut = 1; cut < text.size(); ++cut) {
      EXPECT_EQ(scan(text, {cut}), whole) << text << " cut at " << cut;
      const size_t next = std::min(cut + 1, text.size());
      EXPECT_EQ(scan(text, {cut, next, std::min(cut + 3, text.size())}), whole) << cut;
    }
  }
};

TEST_F(JoinedKeys, LiteralsThatAProgramPutsTogether) {
  const std::string a = kTail.substr(0, 5), b = kTail.substr(5);
  for (const std::string joint : {"\" + \"", "\"+\"", "' . '", "\" & \"", "' || '", "\" \\\n    \"",
                                  "\"\n  + \"", "\"\n    \"", "\", \"", "` + `"}) {
    expect_whole("key = \"", kHead + joint + kTail, "\"; // it");
    expect_whole("key = \"", kHead + a + joint + b, "\"");
  }
  expect_whole("k('", "AK" + std::string("' . 'IA") + a + "' . '" + b, "')");
}

TEST_F(JoinedKeys, MarksAndTagsAndLineEnds) {
  const std::string a = kTail.substr(0, 7), b = kTail.substr(7);
  for (const std::string joint :
       {"**", "*", "`", "``", "<b>", "</b>", "<wbr/>", "\\\n", "\n", "\r\n  ", "\n> ", "\n# "})
    expect_whole("the key is ", kHead + a + joint + b, " and so on");
}

TEST_F(JoinedKeys, GroupsOfOneSize) {
  for (const std::string joint : {" ", "-", ".", "/", ":"})
    expect_whole("id ",
                 kHead + joint + kTail.substr(0, 4) + joint + kTail.substr(4, 4) + joint +
                     kTail.substr(8, 4) + joint + kTail.substr(12),
                 " then");
}

TEST_F(JoinedKeys, WordsThatOnlyStandBesideEachOtherAreNone) {
  const std::string a = kTail.substr(0, 7), b = kTail.substr(7);
  for (const std::string& text :
       {kHead + " Q7ZK3M9 and QWERT1XC5", kHead + ", " + kTail, kHead + a + "\n\n" + b,
        kHead + a + " + " + b, kHead + a + "</td><td>" + b, kHead + "\" : \"" + kTail,
        kHead + " IS THE HEAD OF KEYS", "X" + kHead + "\" + \"" + kTail,
        kHead + "\" + \"" + kTail + "Z9", kHead + "-" + kTail.substr(0, 3) + "-" + kTail.substr(3)})
    EXPECT_THAT(texts_found(text), IsEmpty()) << text;
}

TEST_F(JoinedKeys, AWholeKeyTakesNoNeighbourIn) {
  const std::string key = kHead + kTail;
  EXPECT_THAT(texts_found(key + "\n" + key), ElementsAre("SECRET=" + key, "SECRET=" + key));
  EXPECT_THAT(texts_found("\"" + key + "\", \"X1Y2Z3\""), ElementsAre("SECRET=" + key));
}

TEST_F(JoinedKeys, TextWithoutTheBeginningOfAKeyIsNotHeld) {
  for (const std::string_view text : {"Hello there.\n", "x = \"word\"", "a line\n", "**bold** "}) {
    TextScanner scanner;
    scanner.begin(engine_, *scratch_);
    ASSERT_TRUE(scanner.feed(bytes(text)));
    EXPECT_GE(scanner.safe_edge() + 1, text.size()) << text;
  }
}

TEST(Joints, AreReadAlikeInBothDirections) {
  for (const std::string_view joint : {"\" + \"", "' . '", "\" \"", "**", "<b>", "</code>", "\\\n",
                                       "\n  > ", " ", "`", "\",\n \""}) {
    const std::string text = "ab1" + std::string(joint) + "cd2";
    const TextView view{reinterpret_cast<const uint8_t*>(text.data()), 0, text.size(), true};
    const Gap behind = gap_behind(view, 3), before = gap_before(view, text.size() - 3);
    EXPECT_NE(behind.joint, Joint::None) << joint;
    EXPECT_EQ(behind.joint, before.joint) << joint;
    EXPECT_EQ(behind.end, text.size() - 3) << joint;
    EXPECT_EQ(before.end, 3U) << joint;
    // Until all of it and the next character are there, nobody can tell.
    for (size_t size = 3; size < text.size() - 3; ++size) {
      const TextView part{view.bytes, 0, size, false};
      EXPECT_EQ(gap_behind(part, 3).joint, Joint::Unknown) << joint << " " << size;
    }
  }
}

}  // namespace
}  // namespace sallyport::scan
