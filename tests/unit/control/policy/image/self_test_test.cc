#include "controlplane/policy/image/self_test.h"

#include "tests/unit/control/policy/bundle_fixture.h"

namespace sallyport::controlplane::policy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class SelfTesting : public BundleFixture {
 protected:
  std::vector<std::string> failures() {
    const Bundle bundle = good();
    problems.clear();
    const auto image = compile_image(bundle, problems);
    EXPECT_TRUE(image);
    report_ = self_test(bundle, *image);
    problems = report_.failures;
    return shown();
  }
  SelfTestReport report_;
};

TEST_F(SelfTesting, TheSmallBundlePasses) {
  EXPECT_THAT(failures(), IsEmpty());
  EXPECT_TRUE(report_.passed());
  EXPECT_EQ(report_.examples, 4U);
  EXPECT_EQ(report_.tests, 1U);
}

TEST_F(SelfTesting, TheShippedBundlePasses) {
  std::vector<Problem> found;
  const auto bundle = read_bundle(shipped_folder(), found);
  ASSERT_TRUE(bundle);
  const auto image = compile_image(*bundle, found);
  ASSERT_TRUE(image);
  const SelfTestReport report = self_test(*bundle, *image);
  for (const Problem& p : report.failures) ADD_FAILURE() << p.render();
  EXPECT_GT(report.examples, 80U);
  EXPECT_GT(report.tests, 5U);
}

TEST_F(SelfTesting, AnExampleThatIsNotFoundFailsAtItsLine) {
  change("entities/all.yaml", "{text: use key-0123456789abcdef now, match: key-0123456789abcdef}",
         "{text: use key-0123456789abcdef now, match: key-0123456789abcde}");
  EXPECT_THAT(failures(),
              ElementsAre("entities/all.yaml:7:18: SECRET must match 'key-0123456789abcde'; found "
                          "is SECRET 'key-0123456789abcdef'"));
}

TEST_F(SelfTesting, AnExampleThatMustNotBeFoundFailsAtItsLine) {
  change("entities/all.yaml", "must_not_match: [\"a@b\"]", "must_not_match: [\"x\", \"a@b.co\"]");
  EXPECT_THAT(failures(),
              ElementsAre("entities/all.yaml:13:27: EMAIL_ADDRESS must not match; found "
                          "is EMAIL_ADDRESS 'a@b.co'"));
}

TEST_F(SelfTesting, AnExampleOfAnotherEntityIsNoExample) {
  change("entities/all.yaml", "{text: a@example.org}", "{text: key-0123456789abcdef}");
  EXPECT_THAT(failures(), ElementsAre(HasSubstr("EMAIL_ADDRESS must match 'key-0123456789abcdef'; "
                                                "found is SECRET")));
}

TEST_F(SelfTesting, AVerdictThatDoesNotComeFailsAtItsTest) {
  change("tests/all.yaml", "verdict: pass", "verdict: block");
  EXPECT_THAT(failures(),
              ElementsAre("tests/all.yaml:2:5: test 'mail': it passes, and shall be blocked"));
  files = small_bundle();
  change("tests/all.yaml", "text: write to a@example.org",
         "text: write to a@example.org key-0123456789abcdef");
  EXPECT_THAT(failures(),
              ElementsAre("tests/all.yaml:2:5: test 'mail': it is blocked, and shall pass",
                          HasSubstr("found is EMAIL_ADDRESS 'a@example.org' tokenize, SECRET "
                                    "'key-0123456789abcdef' block; expected is EMAIL_ADDRESS")));
}

TEST_F(SelfTesting, DetectionsAreComparedInOrderAndInFull) {
  change("tests/all.yaml", "action: tokenize", "action: mask");
  EXPECT_THAT(failures(), ElementsAre(HasSubstr("'a@example.org' tokenize; expected is "
                                                "EMAIL_ADDRESS 'a@example.org' mask")));
  files = small_bundle();
  change("tests/all.yaml",
         "detections: [{entity: EMAIL_ADDRESS, match: a@example.org, action: tokenize}]",
         "detections: []");
  EXPECT_THAT(failures(), ElementsAre(HasSubstr("expected is nothing")));
  files = small_bundle();
  change("tests/all.yaml",
         "\n      detections: [{entity: EMAIL_ADDRESS, match: a@example.org, action: tokenize}]",
         "");
  EXPECT_THAT(failures(), IsEmpty());  // the verdict alone was asked for
}

TEST_F(SelfTesting, WhatATestLeavesOpenIsNotCompared) {
  change("tests/all.yaml", ", action: tokenize", "");
  change("tests/all.yaml", "      verdict: pass\n", "");
  EXPECT_THAT(failures(), IsEmpty());
  change("tests/all.yaml", "match: a@example.org}", "match: a@example}");
  EXPECT_THAT(failures(), ElementsAre(HasSubstr("expected is EMAIL_ADDRESS 'a@example'")));
}

TEST_F(SelfTesting, EachDirectionHasItsOwnActions) {
  files["tests/all.yaml"] =
      "tests:\n"
      "  - name: answer\n"
      "    tenant: acme\n"
      "    environment: lab\n"
      "    destination: openai\n"
      "    direction: response\n"
      "    text: ask a@example.org\n"
      "    expect:\n"
      "      verdict: pass\n"
      "      detections: [{entity: EMAIL_ADDRESS, match: a@example.org, action: observe}]\n"
      "  - name: answer in production\n"
      "    tenant: acme\n"
      "    environment: production\n"
      "    destination: openai\n"
      "    direction: response\n"
      "    text: ask a@example.org\n"
      "    expect: {verdict: block}\n"
      "  - name: masked\n"
      "    tenant: beta\n"
      "    environment: production\n"
      "    destination: other\n"
      "    text: ask a@example.org\n"
      "    expect: {verdict: pass}\n";
  EXPECT_THAT(failures(), IsEmpty());
  EXPECT_EQ(report_.tests, 3U);
}

TEST_F(SelfTesting, ATestMayBeOfARoleAndRulesGoByConfidence) {
  change(
      "actions.yaml", "rules:\n",
      "rules:\n  - {id: doubt, entity: EMAIL_ADDRESS, role: system, max_confidence: 79, action: "
      "observe}\n  - {id: sure, entity: EMAIL_ADDRESS, role: system, min_confidence: 80, action: "
      "generalise}\n");
  change("tests/all.yaml", "    text:", "    role: system\n    text:");
  EXPECT_THAT(failures(),
              ElementsAre(HasSubstr("found is EMAIL_ADDRESS 'a@example.org' generalise; "
                                    "expected is EMAIL_ADDRESS")));
  change("tests/all.yaml", "action: tokenize", "action: generalise");
  EXPECT_THAT(failures(), IsEmpty());
  change("entities/all.yaml", "{id: email, kind: email}",
         "{id: email, kind: email, confidence: 79}");
  EXPECT_THAT(failures(), ElementsAre(HasSubstr("found is EMAIL_ADDRESS 'a@example.org' observe")));
}

TEST_F(SelfTesting, AnImageThatWasDamagedIsNotTried) {
  const Bundle bundle = good();
  auto image = compile_image(bundle, problems);
  ASSERT_TRUE(image);
  image->bytes.resize(image->bytes.size() / 2);
  const SelfTestReport report = self_test(bundle, *image);
  ASSERT_EQ(report.failures.size(), 1U);
  EXPECT_THAT(report.failures[0].message, HasSubstr("the image does not load"));
  EXPECT_EQ(report.examples + report.tests, 0U);
}

TEST_F(SelfTesting, WhatComesBackIsWhatAccessPermits) {
  change("tests/all.yaml", "verdict: pass\n",
         "verdict: pass\n      restorations: [{entity: EMAIL_ADDRESS, match: a@example.org}]\n");
  EXPECT_THAT(failures(),
              ElementsAre(HasSubstr("test 'mail': what comes back is nothing; expected is "
                                    "EMAIL_ADDRESS 'a@example.org'")));
  change("tests/all.yaml", "    text: write",
         "    principal: lee\n    reason: support\n    text: write");
  EXPECT_THAT(failures(), IsEmpty());
  change("tests/all.yaml", "principal: lee\n    reason: support",
         "principal: kim\n    reason: audit");
  EXPECT_THAT(failures(), ElementsAre(HasSubstr("what comes back is nothing")));
  change("tests/all.yaml", "[{entity: EMAIL_ADDRESS, match: a@example.org}]\n", "[]\n");
  EXPECT_THAT(failures(), IsEmpty());
}

}  // namespace
}  // namespace sallyport::controlplane::policy
