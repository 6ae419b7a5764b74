#include "dataplane/evidence/tally_list.h"

#include <gtest/gtest.h>

#include <string>

namespace sallyport::evidence {
namespace {

using contract::Tally;

uint64_t sum_of(const TallyList& list, TallySection section) {
  uint64_t sum = 0;
  for (const Tally& tally : list.view())
    if (tally.section == static_cast<uint8_t>(section)) sum += tally.count;
  return sum;
}

TEST(TallyListTest, OneEntryPerSectionNameActionAndReason) {
  TallyList list;
  EXPECT_TRUE(list.empty());
  list.add(TallySection::DetectedInRequest, "EMAIL_ADDRESS", RecordedAction::Tokenize, "", 2, 10);
  list.add(TallySection::DetectedInRequest, "EMAIL_ADDRESS", RecordedAction::Tokenize, "", 3, 5);
  list.add(TallySection::DetectedInRequest, "EMAIL_ADDRESS", RecordedAction::Mask, "", 1);
  list.add(TallySection::DetectedInResponse, "EMAIL_ADDRESS", RecordedAction::Tokenize, "", 1);
  list.add(TallySection::RestorationAllowed, "EMAIL_ADDRESS", RecordedAction::None, "fraud", 1);
  list.add(TallySection::RestorationAllowed, "EMAIL_ADDRESS", RecordedAction::None, "audit", 1);
  ASSERT_EQ(list.view().size(), 5U);
  EXPECT_EQ(list.view()[0].count, 5U);
  EXPECT_EQ(list.view()[0].bytes, 15U);
  EXPECT_EQ(list.view()[4].reason.view(), "audit");
  list.clear();
  EXPECT_TRUE(list.view().empty());
}

TEST(TallyListTest, NothingCountedIsNoEntry) {
  TallyList list;
  list.add(TallySection::DetectedInRequest, "EMAIL_ADDRESS", RecordedAction::Mask, "", 0);
  EXPECT_TRUE(list.empty());
  list.add(TallySection::OpaqueInRequest, "image", RecordedAction::None, "", 0, 7);
  EXPECT_EQ(list.view().size(), 1U);
}

TEST(TallyListTest, BeyondTheLastPlaceSumsStayExact) {
  TallyList list;
  for (uint32_t i = 0; i < 500; ++i)
    list.add(static_cast<TallySection>(1 + i % 7), "NAME_" + std::to_string(i),
             RecordedAction::Observe, "", i + 1);
  EXPECT_LE(list.view().size(), contract::kTalliesMax);
  uint64_t sum = 0;
  size_t others = 0;
  for (const Tally& tally : list.view()) {
    sum += tally.count;
    others += tally.name.view() == "other" ? 1 : 0;
  }
  EXPECT_EQ(sum, 500U * 501 / 2);
  EXPECT_EQ(others, 7U);
  EXPECT_EQ(sum_of(list, TallySection::DetectedInRequest), [] {
    uint64_t expected = 0;
    for (uint32_t i = 0; i < 500; i += 7) expected += i + 1;
    return expected;
  }());
}

TEST(TallyListTest, TheFullestListIsExactlyAsLongAsARecordTakes) {
  TallyList list;
  for (int i = 0; i < 40; ++i)
    list.add(TallySection::DetectedInRequest, "NAME_" + std::to_string(i), RecordedAction::Mask, "",
             1);
  for (uint8_t section = 1; section <= 7; ++section)
    list.add(static_cast<TallySection>(section), "LATE", RecordedAction::Mask, "", 1);
  EXPECT_EQ(list.view().size(), 39U);
  list.add_subjects_dropped(TallySection::DetectedInRequest, 9);
  ASSERT_EQ(list.view().size(), contract::kTalliesMax);
  EXPECT_EQ(list.view().back().name.view(), "subjects_dropped");
  EXPECT_EQ(list.view().back().count, 9U);
}

TEST(TallyListTest, ALongNameIsCutAndStillOneEntry) {
  TallyList list;
  const std::string name(40, 'N');
  list.add(TallySection::DetectedInRequest, name, RecordedAction::Mask, "", 1);
  list.add(TallySection::DetectedInRequest, name, RecordedAction::Mask, "", 1);
  ASSERT_EQ(list.view().size(), 1U);
  EXPECT_EQ(list.view()[0].name.view(), std::string(26, 'N') + "~");
}

// The reason of a restoration can come from a caller's header.
TEST(TallyListTest, AReasonThatCouldBeDataIsWithheld) {
  TallyList list;
  list.add(TallySection::RestorationAllowed, "PHONE_NUMBER", RecordedAction::None,
           "jane@example.org", 1);
  list.add(TallySection::RestorationDenied, "PHONE_NUMBER", RecordedAction::None, "078-05-1120", 1);
  list.add(TallySection::RestorationDenied, "PHONE_NUMBER", RecordedAction::None, "fraud_case", 1);
  EXPECT_EQ(list.view()[0].reason.view(), "withheld");
  EXPECT_EQ(list.view()[1].reason.view(), "withheld");
  EXPECT_EQ(list.view()[2].reason.view(), "fraud_case");
}

TEST(TallyListTest, ACountStopsAtItsGreatestValue) {
  TallyList list;
  list.add(TallySection::DetectedInRequest, "A", RecordedAction::Mask, "", 0xffff'fff0U, 1);
  list.add(TallySection::DetectedInRequest, "A", RecordedAction::Mask, "", 0x20, 1);
  EXPECT_EQ(list.view()[0].count, 0xffff'ffffU);
  EXPECT_EQ(list.view()[0].bytes, 2U);
}

TEST(TallyListTest, AnEntryOfAnotherListIsTakenOverWhole) {
  TallyList from;
  from.add(TallySection::RestorationAllowed, "A", RecordedAction::None,
           "a_reason_that_is_rather_long", 3, 4);
  TallyList to;
  to.add(from.view()[0]);
  to.add(from.view()[0]);
  ASSERT_EQ(to.view().size(), 1U);
  EXPECT_EQ(to.view()[0].count, 6U);
  EXPECT_EQ(to.view()[0].bytes, 8U);
  EXPECT_EQ(to.view()[0].reason.view(), from.view()[0].reason.view());
}

}  // namespace
}  // namespace sallyport::evidence
