// Prompt templates and seeded texts in the live path.
#include <gtest/gtest.h>

#include "dataplane/contract/test_layout.h"
#include "dataplane/flow/seed_run.h"
#include "tests/sim/flow/texts.h"
#include "tests/sim/flow/world.h"
#include "tests/unit/policy/template_builder.h"

namespace sallyport::sim {
namespace {

using contract::Role;

void with_templates(policy::ImageBuilder& b, bool required) {
  b.templates = policy::template_section(
      b, {{"answer", "1", {{Role::User, {"Old: ", "{q}"}}}, true},
          {"answer", "2", {{Role::User, {"Question: ", "{q}", " Answer shortly."}}}}});
  for (contract::ImageRoute& route : b.routes)
    if (route.vendor == 0) route.requires_template = required ? 1 : 0;
}

std::string named(const std::string& text, const std::string& name) {
  return post(chat(text), "/openai/v1/chat/completions", "lab",
              name.empty() ? "" : "x-sallyport-template: " + name + "\r\n");
}

TEST(PromptTemplates, ARouteThatRequiresOneRefusesEverythingElse) {
  World world;
  world.adopt_again([](policy::ImageBuilder& b) { with_templates(b, true); });
  std::string seen;
  world.vendor->answer = [&](VendorConnection& c, const std::string& request) {
    seen = request;
    c.peer->write(Vendor::json_answer(answer_with("ok")));
  };
  const std::string good = "Question: is ann@example.com there? Answer shortly.";
  const auto status = [&](const std::string& text, const std::string& name) {
    return world.ask(world.open_client(), named(text, name)).status;  // a refusal may close it
  };
  EXPECT_EQ(status(good, ""), 403);
  EXPECT_EQ(status(good, "answer@3"), 403);
  EXPECT_EQ(status(good, "answer"), 403);
  EXPECT_EQ(status("Old: x", "answer@1"), 403);
  EXPECT_EQ(status("Question: x", "answer@2"), 403);
  EXPECT_TRUE(seen.empty());  // nothing left
  EXPECT_EQ(status(good, "answer@2"), 200);
  EXPECT_EQ(seen.find("x-sallyport-template"), std::string::npos);
  EXPECT_NE(seen.find("[EMAIL-ADDRESS-"), std::string::npos);  // a slot is text like any other
  world.run_for(100);
  const auto& counters = world.gateway->counters();
  using flow::Reason;
  EXPECT_EQ(counters.refusals[static_cast<size_t>(Reason::TemplateRequired)], 1U);
  EXPECT_EQ(counters.refusals[static_cast<size_t>(Reason::TemplateUnknown)], 2U);
  EXPECT_EQ(counters.refusals[static_cast<size_t>(Reason::TemplateRetired)], 1U);
  EXPECT_EQ(counters.refusals[static_cast<size_t>(Reason::TemplateMismatch)], 1U);
  size_t with_digest = 0;
  for (const auto& record : world.records()) {
    if (record.request.template_name.view() != "answer") continue;
    with_digest += record.request.template_digest[0] == 0x7e ? 1 : 0;
  }
  EXPECT_EQ(with_digest, 1U);
}

TEST(PromptTemplates, ElsewhereAMismatchPassesAndIsEvidence) {
  World world;
  world.adopt_again([](policy::ImageBuilder& b) { with_templates(b, false); });
  TlsPeer& client = world.open_client();
  EXPECT_EQ(world.ask(client, named("anything", "answer@2")).status, 200);
  EXPECT_EQ(world.ask(client, named("anything", "")).status, 200);
  world.run_for(100);
  size_t noted = 0;
  for (const auto& record : world.records())
    for (const auto& tally : record.tallies)
      noted += tally.section == static_cast<uint8_t>(contract::TallySection::OnFailureAllowed) &&
                       tally.name.view() == "template"
                   ? 1
                   : 0;
  EXPECT_EQ(noted, 1U);
}

contract::TestEntry seeded(policy::ImageBuilder& b, const std::string& text, uint32_t first,
                           uint32_t count, contract::SeedVerdict verdict) {
  contract::TestEntry test{};
  test.name = b.text("seed " + text);
  test.text = b.text(text);
  test.detections = {first, count};
  test.verdict = static_cast<uint8_t>(verdict);
  test.has_detections = 1;
  return test;
}

TEST(SeedRun, TheLiveVersionDecidesTheSeededTexts) {
  World world;
  uint16_t email = 0;
  const auto change = [&](policy::ImageBuilder& b) {
    const std::string_view wanted = "EMAIL_ADDRESS";
    for (uint16_t i = 0; i < b.entities.size(); ++i)
      if (std::string_view(b.strings.data() + b.entities[i].name.offset, b.entities[i].name.size) ==
          wanted)
        email = i;
    const std::vector<contract::TestEntry> tests = {
        seeded(b, "mail ann@example.com", 0, 1, contract::SeedVerdict::Passed),
        seeded(b, "nothing here", 1, 0, contract::SeedVerdict::Passed),
        seeded(b, "two: a@example.com b@example.com", 0, 1, contract::SeedVerdict::Passed)};
    const contract::TestDetectionEntry detection{
        email, static_cast<uint8_t>(contract::Action::Tokenize), 0};
    contract::TestSectionHeader header{};
    header.test_count = static_cast<uint32_t>(tests.size());
    header.detection_count = 1;
    b.tests.resize(sizeof header + tests.size() * sizeof tests[0] + sizeof detection);
    std::memcpy(b.tests.data(), &header, sizeof header);
    std::memcpy(b.tests.data() + sizeof header, tests.data(), tests.size() * sizeof tests[0]);
    std::memcpy(b.tests.data() + b.tests.size() - sizeof detection, &detection, sizeof detection);
  };
  world.adopt_again(change);
  flow::PolicyVersion& version = *world.versions.back();
  flow::SeedRun run(version.image().digest());
  int steps = 0;
  while (!run.step(world.gateway->policy())) ++steps;
  EXPECT_EQ(steps, 2);  // one text each
  EXPECT_TRUE(run.ran() && run.done());
  EXPECT_EQ(run.counts().run, 3U);
  EXPECT_EQ(run.counts().differ, 1U);
  EXPECT_EQ(run.first(), "seed two: a@example.com b@example.com");
  EXPECT_EQ(run.counts().expected, 2U);
  EXPECT_EQ(run.counts().found, 3U);
  EXPECT_EQ(version.users(), 0U);
  EXPECT_EQ(version.counters().exchanges, 0U);  // no exchange of anybody
  flow::SeedRun stranger(contract::Digest{});
  EXPECT_TRUE(stranger.step(world.gateway->policy()));
  EXPECT_FALSE(stranger.ran());
}

}  // namespace
}  // namespace sallyport::sim
