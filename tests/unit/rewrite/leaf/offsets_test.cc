// Numbers that count in a text move with its edits: in bodies of both directions, in streams, and
// from the request's documents to the answer's citations. Every expected number is counted by hand
// in the pieces that the text was made of.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "tests/unit/rewrite/probe_kind.h"
#include "tests/unit/rewrite/rewrite_world.h"

namespace sallyport::rewrite {
namespace {

using Json = nlohmann::json;

struct Piece {
  std::string was;
  std::string is;
};
using Pieces = std::vector<Piece>;

std::string joined(const Pieces& pieces, std::string Piece::*side) {
  std::string out;
  for (const Piece& p : pieces) out += p.*side;
  return out;
}

uint64_t length(const std::string& text, size_t unit) {
  redact::UnitCount count;
  count.add(bytes_of(text));
  return count.of[unit];
}

uint64_t moved(const Pieces& pieces, size_t unit, uint64_t position, bool is_end,
               std::string Piece::*from = &Piece::was, std::string Piece::*to = &Piece::is) {
  uint64_t before = 0;
  uint64_t after = 0;
  for (const Piece& p : pieces) {
    const uint64_t size = length(p.*from, unit);
    if (position < before + size) {
      if (p.was == p.is) return after + (position - before);
      return position == before || !is_end ? after : after + length(p.*to, unit);
    }
    before += size;
    after += length(p.*to, unit);
  }
  return after + (position - before);
}

class Offsets : public testing::Test {
 protected:
  void SetUp() override { world_.tokens.clear(); }

  // Words, values and tokens; what a value becomes depends on the direction.
  Pieces pieces(Direction direction) {
    static constexpr const char* kWords[] = {"word ", "\xc3\xa9t\xc3\xa9 ", "\xf0\x9f\x98\x80 ",
                                             "say \"x\"\n", "\xe2\x82\xac 5 "};
    Pieces out;
    for (size_t n = random_() % 7; n > 0; --n) {
      const std::string word = kWords[random_() % 5];
      out.push_back({word, word});
      if (random_() % 2 != 0) continue;
      const std::string value = "u" + std::to_string(random_() % 50) + "@example.org";
      const std::string token = world_.minted(World::Email, value);
      out.push_back(direction == Direction::Request ? Piece{value, token} : Piece{token, value});
      out.push_back({" ", " "});
    }
    return out;
  }

  Json note(const Pieces& text, Json& expected) {
    static constexpr const char* kUnits[] = {"", "16", "8"};
    Json out;
    for (size_t unit = 0; unit < 3; ++unit) {
      const uint64_t size = length(joined(text, &Piece::was), unit);
      const uint64_t start = random_() % (size + 2);
      const uint64_t end = start + random_() % (size + 2);
      const std::string start_name = std::string("start") + kUnits[unit];
      const std::string end_name = std::string("end") + kUnits[unit];
      out[start_name] = start;
      out[end_name] = end;
      expected[start_name] = moved(text, unit, start, false);
      expected[end_name] = moved(text, unit, end, true);
    }
    out["page"] = expected["page"] = 7;
    return out;
  }

  std::string run(Direction direction, const llm::PathTable& table, const std::string& body,
                  OffsetBook* request_texts = nullptr) {
    RewriteScope scope = world_.scope(direction);
    scope.request_texts = request_texts;
    json_.begin(scope, table);
    std::vector<SaidEdit> edits;
    uint64_t released = 0;
    for (size_t at = 0; at < body.size();) {
      const size_t size = std::min<size_t>(body.size() - at, 1 + random_() % 40);
      EXPECT_TRUE(json_.feed(bytes_of(body).subspan(at, size))) << body;
      at += size;
      take(edits, released);
    }
    EXPECT_TRUE(json_.end()) << body;
    take(edits, released);
    return edited(body, edits);
  }
  void take(std::vector<SaidEdit>& edits, uint64_t& released) {
    for (const TextEdit& e : json_.edits().edits()) {
      EXPECT_GE(e.start, released) << "an edit before the edge";
      const auto value = json_.edits().replacement(e);
      edits.push_back({e.start, e.end, std::string(value.begin(), value.end())});
    }
    json_.edits().clear();
    EXPECT_GE(json_.edge(), released);
    released = json_.edge();
  }

  World& world_ = World::get();
  llm::ApiKind kind_ = probe_kind();
  JsonRewriter json_{kJsonNestingMax};
  std::mt19937 random_{17};
};

TEST_F(Offsets, MoveInBodiesOfBothDirectionsWhateverStandsFirst) {
  for (int round = 0; round < 300; ++round) {
    const Direction direction = round % 2 == 0 ? Direction::Request : Direction::Response;
    Json expected = Json::array();
    std::string body = "{\"items\":[";
    for (int item = 0; item < 3; ++item) {
      const Pieces first = pieces(direction);
      const Pieces second = pieces(direction);
      Pieces both = first;
      both.insert(both.end(), second.begin(), second.end());
      Json note_expected;
      const Json a_note = note(both, note_expected);
      const Json texts = {joined(first, &Piece::was), joined(second, &Piece::was)};
      const std::string notes = "\"notes\":[" + a_note.dump() + "]";
      const std::string shown = "\"texts\":" + texts.dump(-1, ' ', random_() % 2 != 0);
      body += (item > 0 ? "," : "") + std::string("{") +
              (random_() % 2 != 0 ? notes + ", " + shown : shown + ", " + notes) + "}";
      expected.push_back({{"notes", {note_expected}},
                          {"texts", {joined(first, &Piece::is), joined(second, &Piece::is)}}});
    }
    body += "]}";
    const std::string out =
        run(direction, direction == Direction::Request ? kind_.request : kind_.response, body);
    ASSERT_TRUE(Json::accept(out)) << out;
    ASSERT_EQ(Json::parse(out).at("items"), expected) << body;
    world_.tokens.clear();
  }
}

TEST_F(Offsets, APartNumberChoosesAmongTheTexts) {
  const std::string token = world_.minted(World::Email, "a@example.org");
  const std::string body = R"({"items":[{"notes":[{"part":1,"start8":3},{"part":0,"start8":40}],)"
                           R"("texts":[")" +
                           token + R"( xyz","0123456789"]}]})";
  const Json out = Json::parse(run(Direction::Response, kind_.response, body));
  EXPECT_EQ(out["items"][0]["notes"][0]["start8"], 3);
  EXPECT_EQ(
      out["items"][0]["notes"][1]["start8"],
      40 - static_cast<int>(token.size()) + static_cast<int>(std::string("a@example.org").size()));
}

TEST_F(Offsets, WithoutAShareTheTextIsTheOneOfTheSameObject) {
  const std::string token = world_.minted(World::Email, "a@example.org");
  const std::string body = R"({"items":[{"text":")" + token + R"( x","notes":[{"own8":40}]},)" +
                           R"({"notes":[{"own8":40}],"text":"plain"}]})";
  const Json out = Json::parse(run(Direction::Response, kind_.response, body));
  EXPECT_LT(out["items"][0]["notes"][0]["own8"], 40);
  EXPECT_EQ(out["items"][1]["notes"][0]["own8"], 40);
}

// Images and other blocks have no number among the documents.
TEST_F(Offsets, OnlyItemsOfTheNamedValueAreCounted) {
  OffsetBook request_texts;
  const std::string body =
      R"({"documents":[{"kind":"image"},{"text":"a@example.org x","kind":"text"}],)"
      R"("quotes":[{"document":0,"to":13}]})";
  const Json out = Json::parse(run(Direction::Request, kind_.request, body, &request_texts));
  EXPECT_EQ(out["quotes"][0]["to"], world_.token(World::Email, "a@example.org").size());
}

TEST_F(Offsets, NumbersThatAreNoPlainCountStayAndSoDoesEverythingWithoutEdits) {
  const std::string body =
      R"({"items":[{"notes":[{"start":-1,"end":1e2,"start8":null,"end8":"7"} ],)"
      R"("texts":["a", "b"]}]})";
  EXPECT_EQ(run(Direction::Response, kind_.response, body), body);
}

// A document is tokenised on its way out; the vendor counts in what it got, the client in what it
// sent.
TEST_F(Offsets, CitationsCountInTheRequestsDocumentsThereAndBack) {
  for (int round = 0; round < 200; ++round) {
    OffsetBook request_texts;
    std::vector<Pieces> documents;
    Json sent = {{"documents", Json::array()}, {"quotes", Json::array()}};
    Json answer = {{"quotes", Json::array()}};
    Json expected_request = Json::array();
    Json expected_answer = Json::array();
    for (int d = 0; d < 3; ++d) {
      documents.push_back(pieces(Direction::Request));
      sent["documents"].push_back(
          {{"kind", "text"}, {"text", joined(documents.back(), &Piece::was)}});
      const uint64_t size = length(joined(documents.back(), &Piece::was), 0);
      const uint64_t size_sent = length(joined(documents.back(), &Piece::is), 0);
      const uint64_t from = random_() % (size + 1);
      const uint64_t to = random_() % (size + 1);
      sent["quotes"].push_back({{"document", d}, {"from", from}, {"to", to}});
      expected_request.push_back({{"document", d},
                                  {"from", moved(documents.back(), 0, from, false)},
                                  {"to", moved(documents.back(), 0, to, true)}});
      const uint64_t back_from = random_() % (size_sent + 1);
      const uint64_t back_to = random_() % (size_sent + 1);
      answer["quotes"].push_back({{"document", d}, {"from", back_from}, {"to", back_to}});
      expected_answer.push_back(
          {{"document", d},
           {"from", moved(documents.back(), 0, back_from, false, &Piece::is, &Piece::was)},
           {"to", moved(documents.back(), 0, back_to, true, &Piece::is, &Piece::was)}});
    }
    const Json out =
        Json::parse(run(Direction::Request, kind_.request, sent.dump(), &request_texts));
    ASSERT_EQ(out.at("quotes"), expected_request) << sent.dump();
    const Json seen =
        Json::parse(run(Direction::Response, kind_.response, answer.dump(), &request_texts));
    ASSERT_EQ(seen.at("quotes"), expected_answer) << sent.dump();
    // The same citation inside an event of a stream.
    RewriteScope scope = world_.scope(Direction::Response);
    scope.request_texts = &request_texts;
    StreamTools tools{1};
    StreamRewriter stream(tools);
    stream.begin(scope, kind_);
    const std::string event = answer.dump();
    const auto result = stream.event(bytes_of(event));
    ASSERT_NE(result, StreamRewriter::Result::Refused);
    const std::string data = result == StreamRewriter::Result::Unchanged
                                 ? event
                                 : std::string(stream.data().begin(), stream.data().end());
    ASSERT_EQ(Json::parse(data).at("quotes"), expected_answer);
    world_.tokens.clear();
  }
}

// An edit that comes late, for a text that was read before a number or behind it, stands in its
// place; numbers into such a text are not known any more.
TEST_F(Offsets, AValueCutOverTwoTextsBehindANumberIsEditedOnBothSides) {
  const std::string mail = world_.token(World::Email, "a@example.org");
  const auto half = [&](const char* digits) { return world_.token(World::Card, digits); };
  const auto document = [](const std::string& text) {
    return Json{{"kind", "text"}, {"text", text}};
  };
  const auto message = [&](const std::string& quotes, const std::vector<std::string>& texts) {
    Json documents = Json::array();
    for (const std::string& text : texts) documents.push_back(document(text));
    return R"({"quotes":)" + quotes + R"(,"documents":)" + documents.dump() + R"(,"limit":1})";
  };
  RewriteScope scope = world_.scope(Direction::Request);
  scope.whole_message = true;
  JsonRewriter json(kJsonNestingMax);
  const auto sent = [&](const std::string& body) {
    json.begin(scope, kind_.request);
    EXPECT_TRUE(json.feed(bytes_of(body)) && json.end());
    std::vector<SaidEdit> edits;
    for (const TextEdit& e : json.edits().edits()) {
      const auto value = json.edits().replacement(e);
      edits.push_back(
          {e.start, e.end, {reinterpret_cast<const char*>(value.data()), value.size()}});
    }
    return edited(body, edits);
  };
  EXPECT_EQ(sent(message(R"([{"document":1,"from":0,"to":4}])",
                         {"a@example.org no 4111 1111", "1111 1111 end"})),
            message(R"([{"document":1,"from":null,"to":null}])",
                    {mail + " no " + half("4111 1111"), half("1111 1111") + " end"}));
  // Without such a value all is as ever.
  EXPECT_EQ(sent(message(R"([{"document":0,"from":14,"to":16}])", {"a@example.org no", "end"})),
            message(R"([{"document":0,"from":)" + std::to_string(mail.size() + 1) + R"(,"to":)" +
                        std::to_string(mail.size() + 3) + "}]",
                    {mail + " no", "end"}));
}

TEST_F(Offsets, InAStreamTheyCountInTheTextOfAllEventsOfTheirChannel) {
  for (int round = 0; round < 200; ++round) {
    const std::array<Pieces, 2> texts{pieces(Direction::Response), pieces(Direction::Response)};
    RewriteScope scope = world_.scope(Direction::Response);
    StreamTools tools{1};
    StreamRewriter stream(tools);
    stream.begin(scope, kind_);
    std::array<std::string, 2> rest{joined(texts[0], &Piece::was), joined(texts[1], &Piece::was)};
    std::array<std::string, 2> seen;
    const auto play = [&](const std::string& data) {
      const auto result = stream.event(bytes_of(data));
      EXPECT_NE(result, StreamRewriter::Result::Refused) << data;
      for (size_t i = 0; i < stream.before_count(); ++i) {
        const auto own = stream.before(i).data;
        const Json e = Json::parse(own.begin(), own.end());
        seen[e.at("item").get<size_t>()] += e.at("text");
      }
      const Json e = Json::parse(result == StreamRewriter::Result::Unchanged
                                     ? data
                                     : std::string(stream.data().begin(), stream.data().end()));
      if (e.contains("text")) seen[e.at("item").get<size_t>()] += e.at("text");
      return e;
    };
    while (!rest[0].empty() || !rest[1].empty()) {
      const size_t item = rest[0].empty() ? 1 : rest[1].empty() ? 0 : random_() % 2;
      size_t size = 1 + random_() % 12;
      while (size < rest[item].size() && (rest[item][size] & 0xc0) == 0x80) ++size;
      play(Json{{"text", rest[item].substr(0, size)}, {"item", item}}.dump());
      rest[item].erase(0, size);
    }
    play(R"({"ends":"all"})");
    for (size_t item = 0; item < 2; ++item) {
      EXPECT_EQ(seen[item], joined(texts[item], &Piece::is));
      Json expected;
      const Json a_note = note(texts[item], expected);
      const Json e = play(Json{{"notes", {a_note}}, {"item", item}}.dump());
      ASSERT_EQ(e.at("notes").at(0), expected) << joined(texts[item], &Piece::was);
    }
    // The whole once more in one event: the same text, and numbers that count in this copy.
    Json expected = Json::array();
    Json copy = Json::array();
    for (const Pieces& text : texts) {
      Json note_expected;
      const Json a_note = note(text, note_expected);
      copy.push_back({{"notes", {a_note}}, {"texts", {joined(text, &Piece::was)}}});
      expected.push_back({{"notes", {note_expected}}, {"texts", {joined(text, &Piece::is)}}});
    }
    const Json e = play(Json{{"full", {{"items", copy}}}}.dump());
    ASSERT_EQ(e.at("full").at("items"), expected);
    world_.tokens.clear();
  }
}

// The rule beyond the bound: null, and never a number that points elsewhere.
TEST_F(Offsets, BeyondTheBoundOfTextsANumberBecomesNull) {
  const std::string token = world_.minted(World::Email, "a@example.org");
  std::string body = R"({"items":[{"notes":[{"start":3}],"texts":[)";
  for (size_t i = 0; i <= kOffsetTextsMax; ++i) body += "\"\",";
  body += "\"" + token + "\"]}]}";
  const Json out = Json::parse(run(Direction::Response, kind_.response, body));
  EXPECT_TRUE(out["items"][0]["notes"][0]["start"].is_null());
}

TEST_F(Offsets, MoreNumbersThanTheBoundAreRefused) {
  std::string body = R"({"items":[{"notes":[)";
  for (size_t i = 0; i <= kOffsetNumbersMax; ++i) body += R"({"start":1},)";
  body += R"({}]}]})";
  RewriteScope scope = world_.scope(Direction::Response);
  json_.begin(scope, kind_.response);
  EXPECT_FALSE(json_.feed(bytes_of(body)));
  EXPECT_EQ(scope.refusal, Refusal::BuffersFull);
}

}  // namespace
}  // namespace sallyport::rewrite
