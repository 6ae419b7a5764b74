#include "dataplane/flow/refusal.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>

#include "dataplane/contract/image_layout.h"

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

// Google, Cohere and AWS have bodies of their own; all name the reason and our request id.
TEST(Refusal, EachVendorsClientsFindWhatTheyLookFor) {
  std::array<char, 1'024> out;
  const RefusalRow& row = refusal_row(Reason::PolicyBlocked);
  const auto body = [&](ErrorShape shape) {
    return std::string(out.data(), write_error_body(shape, row, "sp_1", "SECRET", out));
  };
  EXPECT_EQ(body(ErrorShape::Google),
            R"({"error":{"code":403,"message":"Blocked by policy: the request contains data that )"
            R"(must not leave. (SECRET) Sallyport reason: policy_blocked Sallyport request id: )"
            R"(sp_1","status":"PERMISSION_DENIED"}})");
  EXPECT_EQ(body(ErrorShape::Cohere),
            R"({"id":"sp_1","message":"Blocked by policy: the request contains data that must not )"
            R"(leave. (SECRET) Sallyport reason: policy_blocked Sallyport request id: sp_1"})");
  EXPECT_EQ(body(ErrorShape::Bedrock),
            R"({"message":"Blocked by policy: the request contains data that must not )"
            R"(leave. (SECRET) Sallyport reason: policy_blocked Sallyport request id: sp_1"})");
  EXPECT_EQ(request_id_header(ErrorShape::OpenAi), "x-request-id");
  EXPECT_EQ(request_id_header(ErrorShape::Anthropic), "request-id");
  EXPECT_EQ(request_id_header(ErrorShape::Bedrock), "x-amzn-requestid");
  EXPECT_STREQ(bedrock_error_type(403), "AccessDeniedException");
  EXPECT_STREQ(bedrock_error_type(503), "ServiceUnavailableException");
}

TEST(Refusal, AStreamEndsWithAnEventThatItsClientsKnow) {
  std::array<char, 1'024> out;
  const RefusalRow& row = refusal_row(Reason::ResponseBlocked);
  const auto event = [&](ErrorShape shape, bool is_line) {
    return std::string(out.data(), write_error_event(shape, is_line, row, "sp_1", "", out));
  };
  EXPECT_EQ(event(ErrorShape::Cohere, false),
            R"({"type":"message-end","delta":{"finish_reason":"ERROR","error":"Blocked by policy: )"
            R"(the answer contains data that must not be delivered. Sallyport reason: )"
            R"(response_blocked Sallyport request id: sp_1"}})");
  EXPECT_EQ(event(ErrorShape::Cohere, true),
            R"({"is_finished":true,"event_type":"stream-end","finish_reason":"ERROR","error":)"
            R"("Blocked by policy: the answer contains data that must not be delivered. Sallyport )"
            R"(reason: response_blocked Sallyport request id: sp_1"})");
  EXPECT_EQ(event(ErrorShape::Google, false).substr(0, 20), R"({"error":{"code":403)");
  EXPECT_EQ(error_event_name(ErrorShape::Anthropic), "error");
  EXPECT_EQ(error_event_name(ErrorShape::Cohere), "message-end");
  EXPECT_EQ(error_event_name(ErrorShape::Google), "");
}

TEST(Refusal, EveryBodyFitsAndTooLittleRoomIsSaid) {
  std::array<char, 1'024> out;
  const std::string detail(contract::kRefusalHintBytesMax, 'D');
  const std::string id(29, 'i');
  for (size_t i = 1; i < static_cast<size_t>(Reason::kCount); ++i)
    for (size_t s = 0; s < kErrorShapeCount; ++s) {
      const RefusalRow& row = refusal_row(static_cast<Reason>(i));
      const auto shape = static_cast<ErrorShape>(s);
      EXPECT_GT(write_error_body(shape, row, id, detail, out), 0U);
      EXPECT_GT(write_error_event(shape, false, row, id, detail, out), 0U);
      EXPECT_GT(write_error_event(shape, true, row, id, detail, out), 0U);
      EXPECT_NE(std::string_view(out.data(), 1'000).find(detail), std::string_view::npos);
    }
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
