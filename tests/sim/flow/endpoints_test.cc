// Endpoints whose path has variables, that have no body, that take a query, or that nobody
// described: through the whole gateway.
#include <gtest/gtest.h>

#include "dataplane/http/event_stream.h"
#include "tests/sim/flow/texts.h"
#include "tests/sim/flow/world.h"

namespace sallyport::sim {
namespace {

class Endpoints : public testing::Test {
 protected:
  void SetUp() override { adopt(contract::UnknownEndpoint::Refuse); }

  void adopt(contract::UnknownEndpoint unknown,
             contract::UnknownField field = contract::UnknownField::Inspect) {
    world.adopt_again([&](policy::ImageBuilder& b) {
      const auto first = static_cast<uint32_t>(b.endpoints.size());
      const auto add = [&](std::string_view method, std::string_view path, std::string_view kind,
                           std::string_view query, contract::BodyUse body) {
        contract::ImageEndpoint e{};
        e.method = b.text(method);
        e.path = b.text(path);
        e.api_kind = b.text(kind);
        e.query = b.text(query);
        e.body = static_cast<uint8_t>(body);
        b.endpoints.push_back(e);
      };
      using contract::BodyUse;
      add("POST", "/v1/chat/completions", "openai_chat", "", BodyUse::Required);
      add("GET", "/v1/responses/{id}", "openai_responses", "include[]\nlimit\n", BodyUse::None);
      add("DELETE", "/v1/responses/{id}", "openai_responses", "", BodyUse::None);
      add("POST", "/v1/responses/{id}/cancel", "openai_responses", "", BodyUse::None);
      add("POST", "/v1/threads", "openai_assistants", "", BodyUse::Optional);
      add("POST", "/v1beta/models/{model}:generateContent", "gemini_generate", "alt\n",
          BodyUse::Required);
      add("GET", "/v1/realtime", "use POST /v1/responses", "", BodyUse::Refused);
      add("POST", "/v2/chat", "cohere_chat", "", BodyUse::Required);
      add("POST", "/model/{model}/converse", "bedrock_converse", "", BodyUse::Required);
      add("GET", "/v1/messages/batches/{id}", "anthropic_batches", "", BodyUse::None);
      b.vendors[0].endpoints = {first, 10};
      b.vendors[0].unknown_endpoint = static_cast<uint8_t>(unknown);
      b.vendors[0].unknown_field = static_cast<uint8_t>(field);
    });
  }
  HttpAnswer ask(const std::string& method, const std::string& target,
                 const std::string& more = "") {
    TlsPeer& client = world.open_client();
    return world.ask(client, method + " /openai" + target +
                                 " HTTP/1.1\r\nhost: gateway.test\r\nauthorization: Bearer " +
                                 gateway_key("lab") + "\r\n" + more + "\r\n");
  }
  HttpAnswer send(const std::string& target, const std::string& body) {
    TlsPeer& client = world.open_client();
    return world.ask(client, post(body, "/openai" + target));
  }
  std::string sent() const { return world.vendor->requests.back(); }
  std::string sent_line() const { return sent().substr(0, sent().find("\r\n")); }

  World world;
};

// Clients of this vendor call the URL as it stands: it must not lead past the gateway.
TEST_F(Endpoints, AUrlOfTheVendorsApiLeadsBackToTheGateway) {
  world.vendor->answer = [](VendorConnection& c, const std::string&) {
    c.peer->write(Vendor::json_answer(
        R"({"id":"b1","results_url":"https://vendor.test/v1/messages/batches/b1/results"})"));
  };
  EXPECT_EQ(
      ask("GET", "/v1/messages/batches/b1").body,
      R"({"id":"b1","results_url":"https://gateway.test/openai/v1/messages/batches/b1/results"})");
}

TEST_F(Endpoints, AGetHasNoBodyAndItsAnswerIsScanned) {
  world.vendor->answer = [](VendorConnection& c, const std::string&) {
    c.peer->write(Vendor::json_answer(
        R"({"id":"r1","output":[{"type":"message","content":[{"type":"output_text","text":)"
        R"("write to ann@example.com"}]}]})"));
  };
  const HttpAnswer answer = ask("GET", "/v1/responses/resp_12");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(sent_line(), "GET /v1/responses/resp_12 HTTP/1.1");
  EXPECT_EQ(sent().find("content-length"), std::string::npos);
  const auto& records = world.records();
  ASSERT_EQ(records.size(), 2U);
  ASSERT_EQ(records[1].tallies.size(), 1U);
  EXPECT_EQ(records[1].tallies[0].name.view(), "EMAIL_ADDRESS");
}

TEST_F(Endpoints, APostWithoutABodySaysSo) {
  EXPECT_EQ(ask("POST", "/v1/responses/resp_12/cancel").status, 200);
  EXPECT_EQ(sent_line(), "POST /v1/responses/resp_12/cancel HTTP/1.1");
  EXPECT_NE(sent().find("content-length: 0\r\n"), std::string::npos);
  EXPECT_EQ(ask("POST", "/v1/responses/resp_12/cancel", "content-length: 0\r\n").status, 200);
  EXPECT_EQ(ask("DELETE", "/v1/responses/resp_12").status, 200);
  const HttpAnswer refused = send("/v1/responses/resp_12/cancel", "{}");
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.header("x-sallyport-reason-code"), "malformed_body");
  EXPECT_NE(refused.body.find("(this endpoint takes none)"), std::string::npos) << refused.body;
  EXPECT_EQ(ask("POST", "/v1/threads").status, 200);
  EXPECT_EQ(send("/v1/threads", R"({"messages":[{"content":"ann@example.com"}]})").status, 200);
  EXPECT_EQ(sent().find("ann@example.com"), std::string::npos);
}

TEST_F(Endpoints, OnlyNamedAndCleanParametersGoOn) {
  EXPECT_EQ(
      ask("GET", "/v1/responses/r1?limit=5&key=secret&x=1&include%5B%5D=a.b&include[]=c").status,
      200);
  EXPECT_EQ(sent_line(), "GET /v1/responses/r1?limit=5&include%5B%5D=a.b&include[]=c HTTP/1.1");
  EXPECT_EQ(ask("GET", "/v1/responses/r1?limit=ann%40example.com").status, 200);
  EXPECT_EQ(sent_line(), "GET /v1/responses/r1 HTTP/1.1");
  EXPECT_EQ(ask("GET", "/v1/responses/r1?limit=%zz&limit=" + std::string(2'000, 'a')).status, 200);
  EXPECT_EQ(sent_line(), "GET /v1/responses/r1 HTTP/1.1");
}

TEST_F(Endpoints, AValueInThePathIsRefused) {
  const HttpAnswer answer = ask("GET", "/v1/responses/ann@example.com");
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(answer.body.find("ann"), std::string::npos);
  EXPECT_TRUE(world.vendor->requests.empty());
  EXPECT_EQ(ask("GET", "/v1/responses/a%2Fb").status, 400);
  EXPECT_EQ(ask("GET", "/v1/responses/..").status, 400);
  EXPECT_EQ(ask("PUT", "/v1/responses/a").status, 405);
  EXPECT_EQ(ask("GET", "/v1/responses/a%3Ab").status, 200);
  EXPECT_EQ(sent_line(), "GET /v1/responses/a%3Ab HTTP/1.1");
}

TEST_F(Endpoints, AKeyInTheQueryIsTheGatewayKeyAndStaysHere) {
  TlsPeer& client = world.open_client();
  const std::string body = R"({"contents":[{"parts":[{"text":"ann@example.com"}]}]})";
  const HttpAnswer answer =
      world.ask(client, "POST /openai/v1beta/models/gemini-2.5-pro:generateContent?alt=json&key=" +
                            gateway_key("lab") +
                            " HTTP/1.1\r\nhost: gateway.test\r\ncontent-type: application/json\r\n"
                            "content-length: " +
                            std::to_string(body.size()) + "\r\n\r\n" + body);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(sent_line(), "POST /v1beta/models/gemini-2.5-pro:generateContent?alt=json HTTP/1.1");
  EXPECT_EQ(sent().find(gateway_key("lab")), std::string::npos);
  EXPECT_EQ(sent().find("ann@example.com"), std::string::npos);
  ASSERT_FALSE(world.records().empty());
  EXPECT_EQ(world.records()[0].request.model.view(), "gemini-2.5-pro");
}

// A WebSocket client gets the same answer as one that does not ask for an upgrade.
TEST_F(Endpoints, WhatIsKnownAndNotServedSaysWhatToUseInstead) {
  for (const char* more : {"", "connection: upgrade\r\nupgrade: websocket\r\n"}) {
    const HttpAnswer answer = ask("GET", "/v1/realtime", more);
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(answer.header("x-sallyport-reason-code"), "unsupported_endpoint");
    EXPECT_NE(answer.body.find("(use POST /v1/responses)"), std::string::npos) << answer.body;
  }
  EXPECT_EQ(world.refused(flow::Reason::UnsupportedEndpoint), 2U);
  EXPECT_EQ(ask("GET", "/v1/responses/r1", "connection: upgrade\r\nupgrade: websocket\r\n").status,
            400);
  EXPECT_TRUE(world.vendor->requests.empty());
}

// An answer that is a file goes through unread where policy lets such files pass, else not a byte.
TEST_F(Endpoints, AnAnswerThatNobodyReadsMeetsItsPolicy) {
  const std::string sound(3'000, '\x01');
  world.vendor->answer = [&](VendorConnection& c, const std::string&) {
    c.peer->write("HTTP/1.1 200 OK\r\ncontent-type: audio/mpeg\r\ncontent-length: " +
                  std::to_string(sound.size()) + "\r\n\r\n" + sound);
  };
  const auto speech = [&](bool allowed) {
    world.adopt_again([&](policy::ImageBuilder& b) {
      contract::ImageEndpoint e{};
      e.method = b.text("POST");
      e.path = b.text("/v1/audio/speech");
      e.api_kind = b.text("openai_audio");
      b.endpoints.push_back(e);
      b.vendors[0].endpoints = {static_cast<uint32_t>(b.endpoints.size() - 1), 1};
      if (allowed) return;
      b.opaque_rules.push_back(b.opaque_rule("no-files", false));
      const auto rule = static_cast<uint16_t>(b.opaque_rules.size() - 1);
      b.opaque_rulings = b.first_opaque_rule_everywhere();
      constexpr auto kKind = static_cast<size_t>(contract::OpaqueReason::BinaryDownload);
      for (size_t at = kKind; at < b.opaque_rulings.size(); at += contract::kOpaqueReasonCount)
        b.opaque_rulings[at] = rule;
    });
    return send("/v1/audio/speech", R"({"model":"tts","input":"hello"})");
  };
  EXPECT_EQ(speech(true).body, sound);
  const auto& counters = world.gateway->counters().response;
  constexpr auto kKind = static_cast<size_t>(contract::OpaqueReason::BinaryDownload);
  EXPECT_EQ(counters.opaque[kKind], sound.size());
  EXPECT_EQ(counters.opaque_values[kKind], 1U);
  const HttpAnswer blocked = speech(false);
  EXPECT_EQ(blocked.status, 403);
  EXPECT_EQ(blocked.header("x-sallyport-reason-code"), "response_blocked");
  EXPECT_NE(blocked.body.find("(binary_download)"), std::string::npos) << blocked.body;
  EXPECT_EQ(blocked.body.find(sound.substr(0, 20)), std::string::npos);
}

TEST_F(Endpoints, ARefusalHasTheShapeOfTheVendorThatWasMeant) {
  const std::string key = std::string("AK") + "IAIOSFODNN7EXAMPLE";
  const auto refusal = [&](const std::string& target, const std::string& body) {
    const HttpAnswer answer = send(target, body);
    EXPECT_EQ(answer.status, 403) << target;
    EXPECT_EQ(answer.body.find(key), std::string::npos);
    return answer;
  };
  const HttpAnswer google = refusal("/v1beta/models/m:generateContent",
                                    R"({"contents":[{"parts":[{"text":")" + key + R"("}]}]})");
  EXPECT_NE(google.body.find(R"("status":"PERMISSION_DENIED")"), std::string::npos) << google.body;
  const HttpAnswer cohere = refusal(
      "/v2/chat", R"({"model":"c","messages":[{"role":"user","content":")" + key + R"("}]})");
  EXPECT_TRUE(cohere.body.starts_with(R"({"id":")")) << cohere.body;
  const HttpAnswer bedrock =
      refusal("/model/m/converse",
              R"({"messages":[{"role":"user","content":[{"text":")" + key + R"("}]}]})");
  EXPECT_EQ(bedrock.header("x-amzn-errortype"), "AccessDeniedException");
  EXPECT_EQ(bedrock.header("x-amzn-requestid"), bedrock.header("x-sallyport-request-id"));
  EXPECT_TRUE(bedrock.body.starts_with(R"({"message":"Blocked)")) << bedrock.body;
}

TEST_F(Endpoints, AnUnknownEndpointIsRefusedUnlessPolicySaysOtherwise) {
  const std::string body = R"({"whatever":{"deep":["ann@example.com"]},"n":1})";
  EXPECT_EQ(send("/v1/new/thing", body).status, 404);
  EXPECT_EQ(world.refused(flow::Reason::UnknownPath), 1U);
  adopt(contract::UnknownEndpoint::Inspect);
  EXPECT_EQ(send("/v1/new/thing", body).status, 200);
  EXPECT_EQ(sent_line(), "POST /v1/new/thing HTTP/1.1");
  EXPECT_EQ(sent().find("ann@example.com"), std::string::npos);
  EXPECT_EQ(world.gateway->counters().unknown_endpoints, 1U);
  EXPECT_EQ(world.gateway->counters().request.unknown_fields, 3U);  // whatever, deep, n
  EXPECT_EQ(ask("GET", "/v1/new/ann@example.com").status, 403);
  EXPECT_EQ(ask("GET", "/v1/new/a(b").status, 404);
  EXPECT_EQ(ask("PATCH", "/v1/new/thing").status, 404);
}

TEST_F(Endpoints, AnUnknownFieldIsWhatPolicySays) {
  const std::string body = chat("hello", R"(,"brand_new":"ann@example.com")");
  EXPECT_EQ(send("/v1/chat/completions", body).status, 200);
  EXPECT_EQ(sent().find("ann@example.com"), std::string::npos);
  adopt(contract::UnknownEndpoint::Refuse, contract::UnknownField::Pass);
  EXPECT_EQ(send("/v1/chat/completions", body).status, 200);
  EXPECT_NE(sent().find("ann@example.com"), std::string::npos);
  adopt(contract::UnknownEndpoint::Refuse, contract::UnknownField::Block);
  EXPECT_EQ(send("/v1/chat/completions", body).status, 403);
  EXPECT_EQ(send("/v1/chat/completions", chat("hello")).status, 200);
}

// A stream that is refused in its middle: the client has what stood before, an error in the form of
// its framing, and no end that could be taken for whole.
struct Framing {
  std::string_view target;
  std::string_view kind;
  std::string_view content_type;
  std::function<std::string(const std::string&)> event;  // of a text
  std::string_view error;
  std::string_view end;  // of the body
};

std::string aws_frame(std::string_view type, const std::string& payload) {
  std::vector<uint8_t> out;
  http::write_event_stream_message(
      "event", type, {reinterpret_cast<const uint8_t*>(payload.data()), payload.size()}, out);
  return {out.begin(), out.end()};
}

TEST_F(Endpoints, AStreamThatIsBlockedEndsWithAnErrorOfItsFraming) {
  const std::string key = std::string("AK") + "IAIOSFODNN7EXAMPLE";
  const auto gemini = [](const std::string& text) {
    return R"({"candidates":[{"content":{"parts":[{"text":")" + text + R"("}]},"index":0}]})";
  };
  const std::vector<Framing> framings{
      {"/v1beta/models/m:streamGenerateContent?alt=sse", "gemini_generate", "text/event-stream",
       [&](const std::string& text) { return "data: " + gemini(text) + "\n\n"; },
       R"(data: {"error":{"code":403,)", "\n\n"},
      {"/v1beta/models/m:streamGenerateContent", "gemini_generate", "application/json",
       [&, n = 0](const std::string& text) mutable {
         return std::string(n++ == 0 ? "[" : ",\r\n") + gemini(text);
       },
       R"({"error":{"code":403,)", "}]"},
      {"/model/m/converse-stream", "bedrock_converse", "application/vnd.amazon.eventstream",
       [](const std::string& text) {
         return aws_frame("contentBlockDelta",
                          R"({"contentBlockIndex":0,"delta":{"text":")" + text + R"("}})");
       },
       "validationException", ""},
      {"/v2/chat", "cohere_chat", "text/event-stream",
       [](const std::string& text) {
         return R"(data: {"type":"content-delta","index":0,"delta":{"message":{"content":)"
                R"({"text":")" +
                text + R"("}}}})" + "\n\n";
       },
       R"("finish_reason":"ERROR")", "\n\n"},
      {"/v1/chat", "cohere_chat_v1", "application/stream+json",
       [](const std::string& text) {
         return R"({"is_finished":false,"event_type":"text-generation","text":")" + text + "\"}\n";
       },
       R"("finish_reason":"ERROR")", "\n"},
      {"/v1/responses", "openai_responses", "text/event-stream",
       [](const std::string& text) {
         return "event: response.output_text.delta\ndata: "
                R"({"type":"response.output_text.delta","item_id":"m","output_index":0,)"
                R"("content_index":0,"delta":")" +
                text + "\"}\n\n";
       },
       R"("code":"response_blocked")", "\n\n"}};
  for (Framing framing : framings) {
    world.adopt_again([&](policy::ImageBuilder& b) {
      contract::ImageEndpoint e{};
      const std::string_view path = framing.target.substr(0, framing.target.find('?'));
      e.method = b.text("POST");
      e.path = b.text(path);
      e.api_kind = b.text(framing.kind);
      e.query = b.text("alt\n");
      b.endpoints.push_back(e);
      b.vendors[0].endpoints = {static_cast<uint32_t>(b.endpoints.size() - 1), 1};
    });
    world.vendor->answer = [&](VendorConnection& c, const std::string&) {
      std::string out = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-type: " +
                        std::string(framing.content_type) + "\r\n\r\n";
      for (const std::string& text : {std::string("before "), " a " + key.substr(0, 9),
                                      key.substr(9) + " b ", std::string("after")})
        out += chunk(framing.event(text));
      if (framing.content_type == "application/json") out += chunk("]");
      c.peer->write(out + "0\r\n\r\n");
    };
    TlsPeer& client = world.open_client();
    client.write(post(R"({"model":"m","stream":true})", "/openai" + std::string(framing.target)));
    ASSERT_TRUE(world.run([&] { return client.saw_close_notify; })) << framing.target;
    const HttpAnswer answer = parse_answer(client.received);
    EXPECT_EQ(answer.status, 200) << framing.target << client.received;
    EXPECT_FALSE(answer.is_complete) << framing.target;
    EXPECT_NE(answer.body.find("before"), std::string::npos) << framing.target;
    EXPECT_NE(answer.body.find(framing.error), std::string::npos) << answer.body;
    EXPECT_TRUE(answer.body.ends_with(framing.end)) << answer.body;
    EXPECT_EQ(client.received.find(key.substr(0, 6)), std::string::npos) << framing.target;
    EXPECT_EQ(client.received.find("after"), std::string::npos) << framing.target;
    EXPECT_EQ(world.records().back().outcome.outcome,
              static_cast<uint16_t>(contract::Outcome::BlockedMidstream));
  }
}

}  // namespace
}  // namespace sallyport::sim
