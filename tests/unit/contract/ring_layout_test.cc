#include "dataplane/contract/ring_layout.h"

#include <gtest/gtest.h>

#include <type_traits>

#include "dataplane/contract/evidence_record.h"

namespace sallyport::contract {
namespace {

// Two processes that were built at different times read the same bytes.
static_assert(std::is_standard_layout_v<RingDataHeader> && std::is_standard_layout_v<RingCursor>);
static_assert(std::has_unique_object_representations_v<RingSlot>);
static_assert(offsetof(RingDataHeader, head) / 64 ==
              offsetof(RingDataHeader, published_sequence) / 64);
static_assert(offsetof(RingDataHeader, head) / 64 !=
              offsetof(RingDataHeader, created_wall_ns) / 64);
static_assert(sizeof(RingCursor) <= kCursorFileBytes);
static_assert(kRingHeaderBytes % 4096 == 0);

TEST(RingLayoutTest, SlotsAreAlignedAndNeverShort) {
  for (uint32_t bytes = 0; bytes <= kRecordBytesMax; ++bytes) {
    const uint32_t total = slot_total_bytes(bytes);
    ASSERT_EQ(total % kSlotAlignment, 0U);
    ASSERT_GE(total, sizeof(RingSlot) + bytes);
    ASSERT_LT(total, sizeof(RingSlot) + bytes + kSlotAlignment);
  }
}

TEST(RingLayoutTest, AnyRestOfTheAreaHoldsAPaddingSlot) {
  for (uint64_t rest = kSlotAlignment; rest <= kRingCapacityBytesMin; rest += kSlotAlignment)
    ASSERT_GE(rest, sizeof(RingSlot));
}

TEST(RingLayoutTest, TheCheckBindsEveryFieldItCovers) {
  const uint64_t check = slot_check(1, 100, 7, SlotKind::Record);
  EXPECT_NE(check, slot_check(2, 100, 7, SlotKind::Record));
  EXPECT_NE(check, slot_check(1, 101, 7, SlotKind::Record));
  EXPECT_NE(check, slot_check(1, 100, 8, SlotKind::Record));
  EXPECT_NE(check, slot_check(1, 100, 7, SlotKind::Padding));
  EXPECT_EQ(check, slot_check(1, 100, 7, SlotKind::Record));
}

}  // namespace
}  // namespace sallyport::contract
