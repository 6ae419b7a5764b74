// What became of every byte of a body, as a client and an auditor are told: header, record,
// counters.
#include <gtest/gtest.h>

#include <charconv>
#include <map>
#include <string>

#include "tests/sim/flow/texts.h"
#include "tests/sim/flow/world.h"

namespace sallyport::sim {
namespace {

using contract::OpaqueReason;
using contract::TallySection;

// "inspected=1;opaque.image=1/800": name -> first number.
std::map<std::string, uint64_t> numbers(const std::string& header) {
  std::map<std::string, uint64_t> out;
  for (size_t at = 0; at < header.size();) {
    const size_t end = std::min(header.find(';', at), header.size());
    const size_t equals = header.find('=', at);
    uint64_t value = 0;
    std::from_chars(header.data() + equals + 1, header.data() + end, value);
    out[header.substr(at, equals - at)] = value;
    at = end + 1;
  }
  return out;
}

uint64_t sum(const std::string& header) {
  auto all = numbers(header);
  return all.at("inspected") + all.at("opaque") + all.at("structure");
}

const contract::Tally* tally_of(const std::vector<contract::Tally>& tallies, TallySection section,
                                std::string_view name) {
  for (const auto& tally : tallies)
    if (tally.section == static_cast<uint8_t>(section) && tally.name.view() == name) return &tally;
  return nullptr;
}

const std::string kRequest =
    R"({"model":"claude","max_tokens":5,"new":7,"messages":[{"role":"user","content":[)"
    R"({"type":"image","source":{"type":"base64","media_type":"image/png","data":"QUJDREVGRw=="}},)"
    R"({"type":"image","source":{"type":"url","url":"https://a.example/x.png"}},)"
    R"({"type":"text","text":"mail ann@example.com"}]}]})";
const std::string kAnswer =
    R"({"id":"m","type":"message","role":"assistant","model":"claude","content":[)"
    R"({"type":"thinking","thinking":"quiet","signature":"c2ln"},{"type":"text","text":"hi"}]})";

TEST(Coverage, HeaderRecordAndCountersSayTheSameOfEveryByte) {
  World world;
  world.vendor->answer = [](VendorConnection& c, const std::string&) {
    c.peer->write(Vendor::json_answer(kAnswer));
  };
  TlsPeer& client = world.open_client();
  const HttpAnswer answer = world.ask(client, post(kRequest, "/anthropic/v1/messages"));
  ASSERT_EQ(answer.status, 200);
  const std::string request_coverage(answer.header("x-sallyport-coverage"));
  const std::string answer_coverage(answer.header("x-sallyport-answer-coverage"));
  EXPECT_EQ(sum(request_coverage), kRequest.size()) << request_coverage;
  EXPECT_EQ(sum(answer_coverage), kAnswer.size()) << answer_coverage;
  EXPECT_NE(request_coverage.find("opaque.image=1/12"), std::string::npos) << request_coverage;
  EXPECT_NE(request_coverage.find("opaque.remote_url=1/0"), std::string::npos) << request_coverage;
  EXPECT_NE(request_coverage.find(";rewritten=15;"), std::string::npos) << request_coverage;
  EXPECT_EQ(numbers(request_coverage).at("unknown_fields"), 1U);
  EXPECT_NE(answer_coverage.find("opaque.protected=2/9"), std::string::npos) << answer_coverage;

  ASSERT_EQ(world.records().size(), 2U);
  const auto& admitted = world.records()[0];
  const auto& completed = world.records()[1];
  EXPECT_EQ(admitted.request.inspected_bytes, numbers(request_coverage).at("inspected"));
  EXPECT_EQ(admitted.request.opaque_bytes, numbers(request_coverage).at("opaque"));
  EXPECT_EQ(admitted.request.unknown_fields, 1U);
  const auto* image = tally_of(admitted.tallies, TallySection::OpaqueInRequest, "image");
  ASSERT_NE(image, nullptr);
  EXPECT_EQ(image->count, 1U);
  EXPECT_EQ(image->bytes, 12U);
  const auto* kept = tally_of(completed.tallies, TallySection::OpaqueInResponse, "protected");
  ASSERT_NE(kept, nullptr);
  EXPECT_EQ(kept->bytes, 9U);

  const auto& counters = world.gateway->counters();
  EXPECT_EQ(counters.request.inspected, admitted.request.inspected_bytes);
  EXPECT_EQ(counters.request.opaque[static_cast<size_t>(OpaqueReason::Image)], 12U);
  EXPECT_EQ(counters.response.structure, numbers(answer_coverage).at("structure"));
}

// The lines around the data of events are structure.
TEST(Coverage, EveryByteOfAStreamIsCounted) {
  World world;
  const std::string events =
      ": hello\n\n" + delta("one ") + "id: 7\n" + delta("two ") + last_events();
  world.vendor->answer = [&](VendorConnection& c, const std::string&) {
    c.peer->write(kStreamHead + chunk(events) + "0\r\n\r\n");
  };
  TlsPeer& client = world.open_client();
  const HttpAnswer answer = world.ask(client, post(chat("x", R"(,"stream":true)")));
  ASSERT_EQ(answer.body, events);
  const auto& response = world.gateway->counters().response;
  uint64_t opaque = 0;
  for (const uint64_t bytes : response.opaque) opaque += bytes;
  EXPECT_EQ(response.inspected + response.structure + opaque, events.size());
  EXPECT_EQ(answer.header("x-sallyport-answer-coverage"), "");
}

}  // namespace
}  // namespace sallyport::sim
