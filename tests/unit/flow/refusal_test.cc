#include "dataplane/flow/refusal.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>

namespace sallyport::flow {
namespace {

TEST(Refusal, EveryReasonHasOneNameAndAStatus) {
  std::set<std::string> names;
  for (size_t i = 0; i < static_cast<size_t>(Reason::kCount); ++i) {
    const RefusalRow& row = refusal_row(static_cast<Reason>(i));
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_TRUE(i == 0 || row.status >= 400) << row.name;
    EXPECT_LT(row.status, 600);
  }
}

// SDKs repeat 408, 409, 429 and 5xx: what policy refused must not be sent again.
TEST(Refusal, PolicyIsNeverWorthARetry) {
  for (const Reason reason : {Reason::PolicyBlocked, Reason::ResponseBlocked, Reason::TooManyTokens,
                              Reason::BadCredentials, Reason::VendorNotAllowed}) {
    EXPECT_FALSE(refusal_row(reason).retry);
    EXPECT_LT(refusal_row(reason).status, 429);
  }
}

TEST(Refusal, TheBodyHasTheShapeOfTheVendor) {
  std::array<char, 1'024> out;
  const RefusalRow& row = refusal_row(Reason::PolicyBlocked);
  const size_t openai = write_error_body(ErrorShape::OpenAi, row, "sp_1", "SECRET", out);
  EXPECT_EQ(std::string(out.data(), openai),
            R"({"error":{"message":"Blocked by policy: the request contains data that must not )"
            R"(leave. (SECRET) Sallyport request id: sp_1","type":"permission_error",)"
            R"("param":null,"code":"policy_blocked"}})");
  const size_t anthropic = write_error_body(ErrorShape::Anthropic, row, "sp_1", "", out);
  EXPECT_EQ(std::string(out.data(), anthropic),
            R"({"type":"error","error":{"type":"permission_error","message":"Blocked by policy: )"
            R"(the request contains data that must not leave. Sallyport reason: policy_blocked"},)"
            R"("request_id":"sp_1"})");
}

TEST(Refusal, EveryBodyFitsAndTooLittleRoomIsSaid) {
  std::array<char, 1'024> out;
  const std::string detail(48, 'D');
  const std::string id(29, 'i');
  for (size_t i = 1; i < static_cast<size_t>(Reason::kCount); ++i)
    for (const ErrorShape shape : {ErrorShape::OpenAi, ErrorShape::Anthropic})
      EXPECT_GT(write_error_body(shape, refusal_row(static_cast<Reason>(i)), id, detail, out), 0U);
  std::array<char, 20> small;
  EXPECT_EQ(write_error_body(ErrorShape::OpenAi, refusal_row(Reason::NotReady), "", "", small), 0U);
}

TEST(Refusal, EveryRewriterRefusalHasAReason) {
  EXPECT_EQ(reason_of(rewrite::Refusal::None), Reason::None);
  EXPECT_EQ(reason_of(rewrite::Refusal::PolicyBlocked), Reason::PolicyBlocked);
  EXPECT_EQ(reason_of(rewrite::Refusal::ResponseBlocked), Reason::ResponseBlocked);
  EXPECT_EQ(reason_of(rewrite::Refusal::TooManyTokens), Reason::TooManyTokens);
  EXPECT_EQ(reason_of(rewrite::Refusal::BuffersFull), Reason::BuffersFull);
  EXPECT_EQ(reason_of(rewrite::Refusal::MalformedEvent), Reason::UpstreamMalformed);
}

}  // namespace
}  // namespace sallyport::flow
