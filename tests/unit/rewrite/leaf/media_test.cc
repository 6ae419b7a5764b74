// What nobody reads meets the policy for its kind, whatever tells the kind: a media type before or
// behind the value, the part of a form, the bytes of a file.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "dataplane/rewrite/body/body_rewriter.h"
#include "dataplane/rewrite/leaf/media_watch.h"
#include "tests/unit/rewrite/rewrite_world.h"

namespace sallyport::rewrite {
namespace {

using contract::OpaqueReason;

struct MediaOutcome {
  bool ok = true;
  Refusal refusal = Refusal::None;
  std::string subject;
  Tally tally;
};

class Media : public testing::Test {
 protected:
  MediaOutcome run(const char* kind, llm::BodyFormat format, const std::string& body,
                   std::optional<OpaqueReason> refused, const std::vector<size_t>& cuts = {}) {
    RewriteScope scope = world_.scope(Direction::Request);
    scope.opaque_refused.fill(false);
    if (refused) scope.opaque_refused[static_cast<size_t>(*refused)] = true;
    BodyRewriter rewriter;
    rewriter.begin(scope, llm::shipped_kind(kind).request, format, "BX");
    MediaOutcome out;
    size_t at = 0;
    for (size_t i = 0; i <= cuts.size() && out.ok; ++i) {
      const size_t end = i < cuts.size() ? cuts[i] : body.size();
      out.ok = rewriter.feed(bytes_of(body).subspan(at, end - at));
      at = end;
    }
    out.ok = out.ok && rewriter.end();
    out.refusal = scope.refusal;
    out.subject = scope.refusal_subject;
    out.tally = scope.tally;
    return out;
  }
  // Passes where any other kind is refused, and is refused as `kind` itself, at every cut.
  void expect_kind(const char* api, llm::BodyFormat format, const std::string& body,
                   OpaqueReason kind) {
    const MediaOutcome passed = run(api, format, body, {});
    EXPECT_TRUE(passed.ok) << body;
    EXPECT_EQ(passed.tally.opaque_values[static_cast<size_t>(kind)], 1U) << body;
    EXPECT_EQ(passed.tally.opaque_bytes_by_reason[static_cast<size_t>(kind)],
              passed.tally.opaque_bytes())
        << body;
    EXPECT_EQ(
        passed.tally.inspected_bytes + passed.tally.structure_bytes + passed.tally.opaque_bytes(),
        body.size());
    for (size_t other = 0; other < contract::kOpaqueReasonCount; ++other) {
      const auto reason = static_cast<OpaqueReason>(other);
      const MediaOutcome said = run(api, format, body, reason);
      EXPECT_EQ(said.ok, reason != kind) << contract::opaque_reason_name(reason) << ' ' << body;
    }
    for (size_t cut = 1; cut < body.size(); ++cut) {
      const MediaOutcome said = run(api, format, body, kind, {cut});
      ASSERT_FALSE(said.ok) << cut << ' ' << body;
      ASSERT_EQ(said.refusal, Refusal::PolicyBlocked);
      ASSERT_EQ(said.subject, contract::opaque_reason_name(kind));
    }
  }
  World& world_ = World::get();
};

TEST_F(Media, TheTypeBesideAValueSaysItsKindInEitherOrder) {
  const auto gemini = [](const std::string& members) {
    return R"({"contents":[{"parts":[{"text":"see"},{"inlineData":{)" + members + "}}]}]}";
  };
  const std::string data = R"("data":"iVBORw0KGgoAAAANSUhEUg==")";
  const std::vector<std::pair<std::string, OpaqueReason>> types = {
      {"image/png", OpaqueReason::Image},
      {"IMAGE/JPEG", OpaqueReason::Image},
      {"audio/wav; rate=1", OpaqueReason::Audio},
      {"video/mp4", OpaqueReason::Video},
      {"application/pdf", OpaqueReason::Document},
      {"text/plain", OpaqueReason::Document},  // nobody reads it here
      {"model/gltf+json", OpaqueReason::Other}};
  for (const auto& [type, kind] : types) {
    const std::string mime = R"("mimeType":")" + type + '"';
    expect_kind("gemini_generate", llm::BodyFormat::Json, gemini(mime + "," + data), kind);
    expect_kind("gemini_generate", llm::BodyFormat::Json, gemini(data + "," + mime), kind);
  }
  expect_kind("gemini_generate", llm::BodyFormat::Json, gemini(data), OpaqueReason::Other);
  expect_kind(
      "gemini_generate", llm::BodyFormat::Json,
      R"({"contents":[{"parts":[{"inline_data":{)" + data + R"(,"mime_type":"image/png"}}]}]})",
      OpaqueReason::Image);
}

// Two values: each is what its own type says.
TEST_F(Media, ATypeBelongsToTheValueOfItsObject) {
  const std::string body =
      R"({"contents":[{"parts":[{"inlineData":{"data":"AAAA","mimeType":"image/png"}},)"
      R"({"inlineData":{"data":"BBBBBBBB"}},)"
      R"({"inlineData":{"mimeType":"audio/wav","data":"CCCC"}}]}]})";
  const MediaOutcome said = run("gemini_generate", llm::BodyFormat::Json, body, {});
  ASSERT_TRUE(said.ok);
  EXPECT_EQ(said.tally.opaque_bytes_by_reason[static_cast<size_t>(OpaqueReason::Image)], 4U);
  EXPECT_EQ(said.tally.opaque_bytes_by_reason[static_cast<size_t>(OpaqueReason::Other)], 8U);
  EXPECT_EQ(said.tally.opaque_bytes_by_reason[static_cast<size_t>(OpaqueReason::Audio)], 4U);
  for (const OpaqueReason reason : {OpaqueReason::Image, OpaqueReason::Other, OpaqueReason::Audio})
    EXPECT_FALSE(run("gemini_generate", llm::BodyFormat::Json, body, reason).ok);
  EXPECT_TRUE(run("gemini_generate", llm::BodyFormat::Json, body, OpaqueReason::Document).ok);
}

// A text is read whatever is written beside it, and what says that it is an image is treated as one
// besides: the order of members opens no way around either.
TEST_F(Media, NoTypeTakesATextOutOfTheScannersSight) {
  const auto block = [](const std::string& source) {
    return R"({"messages":[{"role":"user","content":[{"type":"document","source":{)" + source +
           "}}]}]}";
  };
  const std::string mail = R"("data":"write to a@example.org")";
  for (const std::string& source : {R"("type":"text","media_type":"text/plain",)" + mail,
                                    R"("type":"text","media_type":"image/png",)" + mail,
                                    mail + R"(,"type":"text","media_type":"image/png")"}) {
    const MediaOutcome said = run("anthropic_messages", llm::BodyFormat::Json, block(source), {});
    ASSERT_TRUE(said.ok) << source;
    EXPECT_EQ(said.tally.rewritten_bytes, 13U) << source;
  }
  const std::string image = R"("data":"iVBORw0KGgo=")";
  for (const std::string& source : {R"("type":"base64","media_type":"image/png",)" + image,
                                    R"("type":"base64",)" + image + R"(,"media_type":"image/png")",
                                    image + R"(,"type":"base64","media_type":"image/png")",
                                    image + R"(,"media_type":"image/png","type":"base64")"})
    EXPECT_FALSE(
        run("anthropic_messages", llm::BodyFormat::Json, block(source), OpaqueReason::Image).ok)
        << source;
}

TEST_F(Media, AFileThatIsNoTextMeetsThePolicyOfItsKind) {
  const auto form = [](const std::string& head, const std::string& content) {
    return "--BX\r\ncontent-disposition: form-data; name=\"purpose\"\r\n\r\nvision\r\n"
           "--BX\r\ncontent-disposition: form-data; name=\"file\"; filename=\"scan.bin\"\r\n" +
           head + "\r\n" + content + "\r\n--BX--\r\n";
  };
  const std::string binary("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16);
  const auto refused = [&](const std::string& body, OpaqueReason reason) {
    return !run("openai_files", llm::BodyFormat::Multipart, body, reason).ok;
  };
  const std::string plain = form("", binary);
  EXPECT_TRUE(refused(plain, OpaqueReason::Document));
  EXPECT_FALSE(refused(plain, OpaqueReason::Image));
  const std::string image = form("content-type: image/png\r\n", binary);
  EXPECT_TRUE(refused(image, OpaqueReason::Image));
  EXPECT_FALSE(refused(image, OpaqueReason::Document));
  // What reads as text is read, and no policy for unread things is asked.
  const std::string text = form("content-type: image/png\r\n", "hello there, all of you");
  for (const OpaqueReason reason : {OpaqueReason::Image, OpaqueReason::Document})
    EXPECT_FALSE(refused(text, reason));
  const MediaOutcome said =
      run("openai_files", llm::BodyFormat::Multipart, image, OpaqueReason::Image);
  EXPECT_EQ(said.subject, "image");
  EXPECT_EQ(said.refusal, Refusal::PolicyBlocked);
}

}  // namespace
}  // namespace sallyport::rewrite
