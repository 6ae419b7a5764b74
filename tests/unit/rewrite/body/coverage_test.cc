// Every byte of a body is in exactly one sum: the generator below knows of each byte it writes what
// it is, and the meter has to find the same, however the body is cut.
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "tests/unit/rewrite/probe_kind.h"
#include "tests/unit/rewrite/rewrite_world.h"

namespace sallyport::rewrite {
namespace {

using contract::OpaqueReason;

struct Expected {
  std::string body;
  uint64_t inspected = 0;
  uint64_t structure = 0;
  uint32_t unknown_fields = 0;
  std::array<uint64_t, contract::kOpaqueReasonCount> opaque{};
  std::array<uint32_t, contract::kOpaqueReasonCount> values{};
};

class Writer {
 public:
  explicit Writer(uint32_t seed) : random_(seed) {}

  Expected body() {
    structure("{");
    const int members = 1 + pick(12);
    for (int i = 0; i < members; ++i) {
      if (i > 0) structure(",");
      member(i);
    }
    structure("}");
    space();
    return out_;
  }

 private:
  int pick(int below) { return static_cast<int>(random_() % static_cast<uint32_t>(below)); }
  void space() {
    static constexpr const char* kSpaces[] = {"", "", " ", "\n\t", "\r\n  "};
    const std::string s = kSpaces[pick(5)];
    out_.body += s;
    out_.structure += s.size();
  }
  void structure(const std::string& s) {
    space();
    out_.body += s;
    out_.structure += s.size();
    space();
  }
  void raw(const std::string& s) { out_.body += s; }
  std::string content() {
    static constexpr const char* kPieces[] = {"word ", "\\n",     "\\u00e9",        "\xc3\xa9",
                                              "\\\"",  "a@b.org", "\\ud83d\\ude00", "\\/",
                                              "4111",  "{["};
    std::string s;
    for (int i = pick(7); i > 0; --i) s += kPieces[pick(10)];
    return s;
  }
  void quote() {
    raw("\"");
    ++out_.structure;
  }
  void text() {
    const std::string s = content();
    quote();
    raw(s);
    out_.inspected += s.size();
    quote();
  }
  void opaque(OpaqueReason reason, bool is_string = true) {
    const std::string s = is_string ? content() : std::to_string(random_() % 100'000);
    if (is_string) quote();
    raw(s);
    out_.opaque[static_cast<size_t>(reason)] += s.size();
    ++out_.values[static_cast<size_t>(reason)];
    if (is_string) quote();
  }
  // Opaque whatever its bytes are, as long as no value shows in them.
  void image() {
    std::string s = pick(2) != 0 ? "no base64, nor a value" : "AQID";
    for (int n = 0; n < 10 && pick(4) != 0; ++n) s += s;
    quote();
    raw(s);
    out_.opaque[static_cast<size_t>(OpaqueReason::Image)] += s.size();
    ++out_.values[static_cast<size_t>(OpaqueReason::Image)];
    quote();
  }
  void name(const std::string& s) { structure("\"" + s + "\"" + (pick(2) != 0 ? ":" : " :")); }
  void reference(OpaqueReason reason) {
    quote();
    const std::string s = "https://a.example/" + std::to_string(random_() % 1'000);
    raw(s);
    out_.inspected += s.size();
    ++out_.values[static_cast<size_t>(reason)];
    quote();
  }

  void member(int i) {
    const std::string own = std::to_string(i);  // names must differ
    const int wanted = pick(13);
    const bool is_new = wanted < 10 && !used_[static_cast<size_t>(wanted)];
    if (is_new) used_[static_cast<size_t>(wanted)] = true;
    switch (is_new ? wanted : 10) {
      case 0:
        name("text");
        return text();
      case 1:
        name("image");
        return image();
      case 2:
        name("signed");
        return opaque(OpaqueReason::Protected);
      case 3:
        name("key");
        return opaque(OpaqueReason::Credential);
      case 4:
        name("link");
        return reference(OpaqueReason::RemoteUrl);
      case 5:
        name("file");
        return reference(OpaqueReason::ReferenceId);
      case 6:
        name("limit");
        return structure(pick(2) != 0 ? "-12.5e3" : "null");
      case 7: {
        name("tokens");
        structure("[");
        const int count = pick(4);
        for (int n = 0; n < count; ++n) {
          if (n > 0) structure(",");
          opaque(OpaqueReason::TokenArray, false);
        }
        return structure("]");
      }
      case 8: {  // names of a tree are text, and so are its numbers
        name("tree");
        structure("{");
        quote();
        raw("k" + own);
        out_.inspected += 1 + own.size();
        quote();
        structure(":");
        if (pick(2) != 0) {
          raw("4111");
          out_.inspected += 4;
        } else {
          text();
        }
        return structure("}");
      }
      case 9:
        name("arguments");
        return text();
      default:
        unknown("new_" + own);
    }
  }
  void unknown(const std::string& name_text) {
    quote();
    raw(name_text);
    out_.inspected += name_text.size();
    ++out_.unknown_fields;
    quote();
    structure(":");
    switch (pick(3)) {
      case 0:
        return text();
      case 1: {
        const std::string digits = std::to_string(pick(100'000));
        raw(digits);
        out_.inspected += digits.size();
        return;
      }
      default:
        return structure("true");
    }
  }

  std::mt19937 random_;
  Expected out_;
  std::array<bool, 10> used_{};  // names of the table that the body has
};

Tally count(const std::string& body, std::mt19937& random, bool& accepted) {
  RewriteScope scope = World::get().scope(Direction::Request);
  static JsonRewriter rewriter(kJsonNestingMax);
  rewriter.begin(scope, probe_kind().request);
  accepted = true;
  size_t at = 0;
  while (at < body.size() && accepted) {
    const size_t size = std::min<size_t>(body.size() - at, 1 + random() % 9);
    accepted = rewriter.feed(bytes_of(body).subspan(at, size));
    at += size;
  }
  accepted = accepted && rewriter.end();
  return scope.tally;
}

TEST(Coverage, EveryByteOfAGeneratedBodyIsInTheOneSumItBelongsTo) {
  std::mt19937 random(3);
  for (uint32_t seed = 0; seed < 3'000; ++seed) {
    const Expected expected = Writer(seed).body();
    bool accepted = false;
    const Tally tally = count(expected.body, random, accepted);
    ASSERT_TRUE(accepted) << expected.body;
    ASSERT_EQ(tally.inspected_bytes, expected.inspected) << expected.body;
    ASSERT_EQ(tally.structure_bytes, expected.structure) << expected.body;
    ASSERT_EQ(tally.opaque_bytes_by_reason, expected.opaque) << expected.body;
    ASSERT_EQ(tally.opaque_values, expected.values) << expected.body;
    ASSERT_EQ(tally.unknown_fields, expected.unknown_fields) << expected.body;
    ASSERT_EQ(tally.inspected_bytes + tally.structure_bytes + tally.opaque_bytes(),
              expected.body.size());
    ASSERT_LE(tally.rewritten_bytes, tally.inspected_bytes);
    World::get().tokens.clear();
  }
}

TEST(Coverage, ADataUriIsNoReference) {
  std::mt19937 random(4);
  bool accepted = false;
  const auto remote = static_cast<size_t>(OpaqueReason::RemoteUrl);
  EXPECT_EQ(count(R"({"link":"data:text/plain,hi"})", random, accepted).opaque_values[remote], 0U);
  EXPECT_EQ(count(R"({"link":"dat"})", random, accepted).opaque_values[remote], 1U);
}

TEST(Coverage, EveryByteOfAStreamsDataIsCounted) {
  RewriteScope scope = World::get().scope(Direction::Response);
  StreamTools tools{1};
  StreamRewriter stream(tools);
  stream.begin(scope, probe_kind());
  uint64_t bytes = 0;
  for (const std::string& data :
       {std::string(R"({"id":"a","item":0,"text":"two words"})"),
        std::string(R"({"item":1,"arguments":"{\"a\":"})"),
        std::string(R"({"signed":"c2ln","notes":[{"start":3}],"new":1})"), std::string("[DONE]")}) {
    ASSERT_NE(stream.event(bytes_of(data)), StreamRewriter::Result::Refused);
    bytes += data.size();
    const Tally& t = scope.tally;
    EXPECT_EQ(t.inspected_bytes + t.opaque_bytes() + t.structure_bytes, bytes) << data;
  }
  EXPECT_EQ(scope.tally.opaque_bytes_by_reason[static_cast<size_t>(OpaqueReason::Protected)], 4U);
  EXPECT_EQ(scope.tally.unknown_fields, 1U);
}

}  // namespace
}  // namespace sallyport::rewrite
