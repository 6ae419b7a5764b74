#include "dataplane/contract/coverage.h"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

#include "dataplane/contract/evidence_record.h"

namespace sallyport::contract {
namespace {

TEST(Coverage, EveryReasonHasANameOfItsOwnThatATallyCanHold) {
  std::set<std::string_view> names;
  for (size_t i = 0; i < kOpaqueReasonCount; ++i) {
    const std::string_view name = opaque_reason_name(static_cast<OpaqueReason>(i));
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_LE(name.size(), sizeof(Tally::name.bytes));
    EXPECT_EQ(sanitise_client_name(name), name);
  }
  EXPECT_EQ(opaque_reason_name(static_cast<OpaqueReason>(200)), "other");
}

TEST(Coverage, TheMediaTypeSaysWhatABinaryIs) {
  EXPECT_EQ(opaque_reason_of_media_type("image/png"), OpaqueReason::Image);
  EXPECT_EQ(opaque_reason_of_media_type("audio/wav"), OpaqueReason::Audio);
  EXPECT_EQ(opaque_reason_of_media_type("video/mp4"), OpaqueReason::Video);
  EXPECT_EQ(opaque_reason_of_media_type("application/pdf"), OpaqueReason::Document);
  EXPECT_EQ(opaque_reason_of_media_type("text/csv"), OpaqueReason::Document);
  EXPECT_EQ(opaque_reason_of_media_type("imagery"), OpaqueReason::Other);
  EXPECT_EQ(opaque_reason_of_media_type(""), OpaqueReason::Other);
}

}  // namespace
}  // namespace sallyport::contract
