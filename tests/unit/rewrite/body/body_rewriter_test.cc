// Bodies that are not one JSON text: forms, JSON lines, files. Edited alike at every cut, framing
// untouched, and nothing that can be read passes unread.
#include "dataplane/rewrite/body/body_rewriter.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/rewrite/rewrite_world.h"

namespace sallyport::rewrite {
namespace {

using llm::BodyFormat;

constexpr std::string_view kKind = R"(
api_kind: upload
format: 1
fragments:
  line:
    by: url
    paths: {url: structural, custom_id: I, method: structural}
    variants: {/v1/chat/completions: {body: {use: openai_chat.request}}}
request:
  bodies: [multipart, json_lines, text, opaque]
  paths:
    purpose: structural
    model: {class: structural, role: model}
    stream: {class: structural, role: stream}
    prompt: T
    key: S
    "keywords[*]": T
    metadata: {class: I, tree: true}
    schema: L
    file: B
    "file[*]": {use: line}
    messages[*].content: T
response: {paths: {a: T}}
)";

const llm::PathTable& table() {
  static llm::AlignedSection section(
      controlplane::policy::compile_api_kind_files({{"upload.yaml", std::string(kKind)},
                                                    llm::shipped_file("openai_chat.yaml"),
                                                    llm::shipped_file("anthropic_messages.yaml")})
          .bytes);
  static const llm::ApiTables tables = [] {
    llm::ApiTables out;
    EXPECT_EQ(llm::load_error_name(out.load(section.bytes())), "none");
    return out;
  }();
  static const llm::PathTable request = [] {
    llm::ApiKind kind;
    EXPECT_TRUE(tables.find_kind("upload", kind));
    return kind.request;
  }();
  return request;
}

struct Outcome {
  bool ok = true;
  std::string out;
  std::string problem;
  Refusal refusal = Refusal::None;
  Tally tally;
  std::string model;
  bool stream = false;
};

class Bodies : public ::testing::Test {
 protected:
  Outcome run(BodyFormat format, const std::string& body, const std::vector<size_t>& cuts = {}) {
    Outcome said;
    RewriteScope scope = World::get().scope(Direction::Request);
    scope.actions[World::Url] = contract::Action::Block;
    rewriter_.begin(scope, table(), format, "BX");
    size_t at = 0;
    for (size_t i = 0; i <= cuts.size() && said.ok; ++i) {
      const size_t end = i < cuts.size() ? cuts[i] : body.size();
      const std::vector<uint8_t> piece(body.begin() + static_cast<std::ptrdiff_t>(at),
                                       body.begin() + static_cast<std::ptrdiff_t>(end));
      said.ok = rewriter_.feed(piece);
      at = end;
    }
    said.ok = said.ok && rewriter_.end();
    std::vector<SaidEdit> edits;
    for (const TextEdit& e : rewriter_.edits().edits()) {
      const auto value = rewriter_.edits().replacement(e);
      edits.push_back({e.start, e.end, {value.begin(), value.end()}});
    }
    if (said.ok) said.out = edited(body, edits);
    said.problem = std::string(rewriter_.problem());
    said.refusal = scope.refusal;
    said.tally = scope.tally;
    said.model = std::string(rewriter_.facts().model_name());
    said.stream = rewriter_.facts().stream;
    if (said.ok) {
      check_.begin(format, "BX");
      EXPECT_TRUE(check_.feed(bytes_of(said.out)) && check_.end()) << said.out;
    }
    return said;
  }
  // The same at every cut and byte by byte.
  Outcome everywhere(BodyFormat format, const std::string& body) {
    const Outcome whole = run(format, body);
    for (size_t cut = 1; cut < body.size(); ++cut) {
      const Outcome two = run(format, body, {cut});
      EXPECT_EQ(two.ok, whole.ok) << cut;
      EXPECT_EQ(two.out, whole.out) << cut;
      EXPECT_EQ(two.tally.opaque_bytes(), whole.tally.opaque_bytes()) << cut;
    }
    EXPECT_EQ(run(format, body, every_byte(body.size())).out, whole.out);
    return whole;
  }
  static std::string part(const std::string& name, const std::string& data,
                          const std::string& filename = "", const std::string& type = "") {
    return "--BX\r\nContent-Disposition: form-data; name=\"" + name + "\"" +
           (filename.empty() ? "" : "; filename=\"" + filename + "\"") +
           (type.empty() ? "" : "\r\nContent-Type: " + type) + "\r\n\r\n" + data + "\r\n";
  }
  static std::string form(const std::string& parts) { return parts + "--BX--\r\n"; }
  static std::string batch(const std::string& content, const std::string& url) {
    return R"({"custom_id":"1","method":"POST","url":")" + url +
           R"(","body":{"model":"gpt-x","messages":[{"role":"user","content":")" + content +
           R"("}],"n":1}})";
  }

  const std::string mail_ = "erika@northwind-example.com";
  const std::string token_ = World::get().token(World::Email, mail_);
  const std::string secret_ = std::string("sk-") + "ant-" + "Zk3mQ9xTb7LwR2vNc8YpHd5s";
  BodyRewriter rewriter_;
  OutputCheck json_;
  BodyCheck check_{json_};
};

// A name that no table has, a file's name, a content type: a client may write anything into them.
TEST_F(Bodies, TheHeadOfAPartIsTextToo) {
  for (const char* name : {"@", "metadata[@]", "metadata[x][@]", "prompt @"}) {
    const auto named = [&](const std::string& value) {
      std::string out = name;
      return form(part(out.replace(out.find('@'), 1, value), "x"));
    };
    EXPECT_EQ(everywhere(BodyFormat::Multipart, named(mail_)).out, named(token_)) << name;
  }
  const auto typed = [&](const std::string& value) {
    return form(part("prompt", "x", "", "text/plain; name=" + value));
  };
  EXPECT_EQ(everywhere(BodyFormat::Multipart, typed(mail_)).out, typed(token_));
  // Numbers in brackets are indexes, as long as they are short.
  const std::string card = "4111111111111111";
  EXPECT_EQ(run(BodyFormat::Multipart, form(part("metadata[" + card + "]", "x"))).out.find(card),
            std::string::npos);
  // In any order.
  const auto turned = [&](const std::string& value) {
    return "--BX\r\nContent-Type: text/plain; x=" + value +
           "\r\nContent-Disposition: form-data; filename=\"" + value + "\"; name=\"" + value +
           "\"\r\n\r\nhi\r\n--BX--\r\n";
  };
  EXPECT_EQ(everywhere(BodyFormat::Multipart, turned(mail_)).out, turned(token_));
}

TEST_F(Bodies, ALengthOfAPartIsANumberOfBytes) {
  const auto long_part = [](const std::string& length) {
    return "--BX\r\nContent-Disposition: form-data; name=\"prompt\"\r\nContent-Length: " + length +
           "\r\n\r\nhi\r\n--BX--\r\n";
  };
  EXPECT_TRUE(run(BodyFormat::Multipart, long_part("2")).ok);
  EXPECT_EQ(run(BodyFormat::Multipart, long_part(mail_)).problem, "bad_header");
  EXPECT_EQ(run(BodyFormat::Multipart, long_part("4111111111111111")).problem, "bad_header");
}

TEST_F(Bodies, TheClientsNameOfAPartIsContextOfItsText) {
  const std::string digits = "536904399";
  const auto ssn = [&](const char* name) {
    return run(BodyFormat::Multipart, form(part(name, digits))).out.find(digits);
  };
  EXPECT_EQ(ssn("metadata[ssn]"), std::string::npos);
  EXPECT_EQ(ssn("ssn"), std::string::npos);
  EXPECT_NE(ssn("metadata[order]"), std::string::npos);
}

// UTF-16, as Windows programs write text files and what a shell prints into one.
TEST_F(Bodies, AFileInUtf16IsReadAndEditedInUtf16) {
  for (const bool is_big : {false, true}) {
    const auto wide = [&](const std::u16string& text) {
      std::string out;
      for (const char16_t unit : u"\ufeff" + text)
        for (const int shift : {is_big ? 8 : 0, is_big ? 0 : 8})
          out += static_cast<char>(unit >> shift & 0xff);
      return out;
    };
    const auto said_of = [&](const std::string& value, const std::string& digits) {
      return wide(u"J\u00f6rg\U0001f600;\u6f22 " + std::u16string(value.begin(), value.end()) +
                  u";\r\n" + std::u16string(digits.begin(), digits.end()) + char16_t{0xd800} +
                  u";\U0001f600");
    };
    const std::string card = World::get().token(World::Card, "4111111111111111");
    const std::string text = said_of(mail_, "4111 1111 1111 1111");
    for (const char* type : {"text/plain", "text/csv"}) {
      const Outcome said =
          everywhere(BodyFormat::Multipart, form(part("file", text, "a.txt", type)));
      EXPECT_EQ(said.out, form(part("file", said_of(token_, card), "a.txt", type)));
      EXPECT_EQ(said.tally.opaque_bytes(), 0U);
    }
    // Many characters of many sizes: nothing is lost where the map of offsets is full.
    std::u16string many;
    for (int i = 0; i < 5'000; ++i) many += i % 2 == 0 ? u"a\u00e9" : u"\u6f22 ";
    const std::string body =
        form(part("file", wide(many) + said_of(mail_, "x").substr(2), "a.txt"));
    const Outcome said = run(BodyFormat::Multipart, body);
    ASSERT_TRUE(said.ok);
    EXPECT_EQ(said.out, form(part("file", wide(many) + said_of(token_, "x").substr(2), "a.txt")));
  }
  for (const char* text : {"", "\xff", "\xff\xfe", "\xff\xfe\x41", "\xff\x41"})
    EXPECT_TRUE(everywhere(BodyFormat::Multipart, form(part("file", text, "a.txt"))).ok);
}

// A mark of UTF-8 in front of JSON, as Windows programs write it, stays where it is and hides no
// escape behind it.
TEST_F(Bodies, AByteOrderMarkBeforeJsonIsNoPartOfIt) {
  const std::string mark = "\xef\xbb\xbf";
  const std::string escaped = "erika\\u0040northwind-example.com";
  const auto json = [&](const std::string& v) { return mark + "{\"a\":\"" + v + "\"}"; };
  for (const char* name : {"a.json", "blob"}) {
    const Outcome said = everywhere(BodyFormat::Multipart, form(part("file", json(escaped), name)));
    EXPECT_EQ(said.out, form(part("file", json(token_), name))) << said.problem;
    EXPECT_EQ(said.tally.opaque_bytes(), 0U);
  }
  EXPECT_EQ(everywhere(BodyFormat::Multipart, form(part("schema", json(escaped)))).out,
            form(part("schema", json(token_))));
  const auto lines = [&](const std::string& v) {
    return mark + batch(v, "/v1/chat/completions") + "\r\n" + batch(v, "/v1/other");
  };
  EXPECT_EQ(everywhere(BodyFormat::Multipart, form(part("file", lines(escaped), "b.jsonl"))).out,
            form(part("file", lines(token_), "b.jsonl")));
  EXPECT_EQ(everywhere(BodyFormat::JsonLines,
                       mark + "{\"messages\":[{\"content\":\"" + mail_ + "\"}]}\n{}")
                .out,
            mark + "{\"messages\":[{\"content\":\"" + token_ + "\"}]}\n{}");
  for (const char* text :
       {mark.c_str(), "\xef", "\xef\xbb", "\xef{}", "\xef\xbb{}", "\xef\xbb\xbf\xef"})
    EXPECT_FALSE(everywhere(BodyFormat::Multipart, form(part("file", text, "a.json"))).ok) << text;
  for (const char* text :
       {"\xef", "\xef\xbb{}", "{}\n\xef\xbb\xbf{}", "\xef\xbb\xbf\xef\xbb\xbf{}"})
    EXPECT_FALSE(everywhere(BodyFormat::Multipart, form(part("file", text, "a.jsonl"))).ok) << text;
  // The API's own JSON may have none (RFC 8259 8.1).
  EXPECT_FALSE(run(BodyFormat::Json, json("x")).ok);
}

// Files of which nobody says what they are: Windows writes UTF-16 with a mark, Excel code pages.
TEST_F(Bodies, AFileOfACodePageOrInUtf16IsReadUndeclared) {
  const auto page = [](const std::string& v) { return "J\xf6rg;M\xfcller;" + v + "\r\n"; };
  std::string wide = "\xff\xfe", edited = "\xff\xfe";
  for (const char c : "to " + mail_) wide += {c, '\0'};
  for (const char c : "to " + token_) edited += {c, '\0'};
  for (const char* type : {"application/octet-stream", "application/vnd.ms-excel"}) {
    EXPECT_EQ(everywhere(BodyFormat::Multipart, form(part("file", page(mail_), "a", type))).out,
              form(part("file", page(token_), "a", type)));
    EXPECT_EQ(everywhere(BodyFormat::Multipart, form(part("file", wide, "a", type))).out,
              form(part("file", edited, "a", type)));
  }
}

// A false mark makes Chinese characters of a text, which a vendor that does not believe it reads.
TEST_F(Bodies, AMarkOfUtf16HidesNoText) {
  const auto swapped = [](std::string text) {
    for (size_t i = 0; i + 1 < text.size(); i += 2) std::swap(text[i], text[i + 1]);
    return text;
  };
  std::string little;
  for (const char c : "to " + mail_ + ".") little += {c, '\0'};
  const std::string genuine("h\0i\0", 4);
  for (const std::string mark : {"\xff\xfe", "\xfe\xff"}) {
    const std::string right = mark[0] == '\xff' ? genuine : swapped(genuine);
    const std::string other = mark[0] == '\xff' ? swapped(little) : little;
    for (const std::string& text : {mail_, "x" + mail_, mail_ + "y", "to " + mail_ + ".",
                                    right + mail_, right + "to " + mail_ + right, other})
      for (const char* name : {"a.txt", "a"}) {
        const std::string body = form(part("file", mark + text, name));
        const Outcome said = everywhere(BodyFormat::Multipart, body);
        EXPECT_TRUE(!said.ok || said.tally.opaque_bytes() > 0) << text;
      }
  }
  // Texts of other scripts, whose units are two bytes of text now and then.
  for (const std::u16string text :
       {u"\u4f60\u597d\uff0c\u8bf7\u7528\u7b80\u5355\u7684\u8bed\u8a00\u89e3\u91ca",
        u"\u041e\u0431\u044a\u044f\u0441\u043d\u0438, \u0433\u0434\u0435",
        u"\u0928\u092e\u0938\u094d\u0924\u0947 2024", u"\uc548\ub155\ud558\uc138\uc694"}) {
    std::string raw = "\xff\xfe";
    for (const char16_t unit : text)
      raw += {static_cast<char>(unit & 0xff), static_cast<char>(unit >> 8)};
    const std::string body = form(part("file", raw, "a.txt"));
    EXPECT_EQ(everywhere(BodyFormat::Multipart, body).out, body);
  }
}

// It is the client's own, of any shape: its numbers are read like those of a tree.
TEST_F(Bodies, AFileOfJsonIsATree) {
  const std::string json =
      R"({"card": 4111111111111111, "n": [5.36904399E8], "ssn": 5.36904399E8})";
  const Outcome said = everywhere(BodyFormat::Multipart, form(part("file", json, "a.json")));
  EXPECT_TRUE(said.ok) << said.problem;
  EXPECT_EQ(said.out.find("4111111111111111"), std::string::npos) << said.out;
  EXPECT_EQ(said.out.find(R"("ssn": 5)"), std::string::npos) << said.out;
  EXPECT_NE(said.out.find(R"("n": [5.36904399E8])"), std::string::npos) << said.out;
  EXPECT_EQ(said.tally.unknown_fields, 0U);
}

TEST_F(Bodies, EveryPartIsReadByTheClassOfItsName) {
  const auto body = [&](const std::string& v) {
    return form(part("model", "whisper-1") + part("prompt", "ask " + v) + part("keywords[]", v) +
                part("keywords[1]", "x " + v + " y") + part("metadata[owner]", v) +
                part("schema", R"({"a":")" + v + R"("})") + part("unheard_of", v) +
                part("stream", "true"));
  };
  const Outcome said = everywhere(BodyFormat::Multipart, body(mail_));
  ASSERT_TRUE(said.ok) << said.problem;
  EXPECT_EQ(said.out, body(token_));
  EXPECT_EQ(said.model, "whisper-1");
  EXPECT_TRUE(said.stream);
  EXPECT_EQ(said.tally.unknown_fields, 1U);
}

TEST_F(Bodies, AFormWithoutAFindingStaysAsItIs) {
  const std::string body = form(part("prompt", "a\r\nb\n\r") +
                                part("file", std::string("\0\1\2", 3), "x.bin", "image/png"));
  const Outcome said = everywhere(BodyFormat::Multipart, body);
  EXPECT_EQ(said.out, body);
  EXPECT_EQ(said.tally.opaque_bytes(), 3U);
}

TEST_F(Bodies, FileNamesAreTexts) {
  EXPECT_EQ(everywhere(BodyFormat::Multipart, form(part("file", "x", mail_ + " cv.txt"))).out,
            form(part("file", "x", token_ + " cv.txt")));
}

TEST_F(Bodies, FilesThatReadLikeTextAreReadWhateverTheySayTheyAre) {
  const auto body = [&](const std::string& v) {
    return form(part("file", "name,mail\r\nErika," + v + "\r\n", "a.csv", "text/csv") +
                part("file", "to " + v, "a.png", "image/png") +
                part("file", "to " + v, "a", "application/octet-stream") +
                part("file", R"({"to": ")" + v + R"("})", "blob") +
                part("file", "  [1, \"" + v + "\"]", "a.json", "application/json"));
  };
  EXPECT_EQ(everywhere(BodyFormat::Multipart, body(mail_)).out, body(token_));
}

TEST_F(Bodies, EscapesOfAJsonFileAreRead) {
  const std::string escaped = "erika\\u0040northwind-example.com";
  for (const char* name : {"a.json", "blob"})
    EXPECT_EQ(
        run(BodyFormat::Multipart, form(part("file", "{\"a\":\"" + escaped + "\"}", name))).out,
        form(part("file", "{\"a\":\"" + token_ + "\"}", name)));
}

// Line by line, each by the endpoint that its url names; line ends stay what they were.
TEST_F(Bodies, TheLinesOfABatchAreReadAsTheRequestsTheyHold) {
  const auto lines = [&](const std::string& v) {
    return batch(v, "/v1/chat/completions") + "\r\n\n" + batch("nothing", "/v1/other") + "\n" +
           batch("at " + v, "/v1/unknown");
  };
  const auto body = [&](const std::string& v) {
    return form(part("purpose", "batch") + part("file", lines(v), "b.jsonl", "application/jsonl"));
  };
  const Outcome said = everywhere(BodyFormat::Multipart, body(mail_));
  ASSERT_TRUE(said.ok) << said.problem;
  EXPECT_EQ(said.out, body(token_));
  EXPECT_EQ(said.model, "gpt-x");
}

TEST_F(Bodies, ABadLineRefusesTheFile) {
  const std::string good = batch("hi", "/v1/chat/completions") + "\n";
  for (const std::string& bad :
       {std::string("{\"a\":1"), std::string("text"), good.substr(0, 30),
        std::string("{\"a\":1}{\"b\":2}"), std::string("{\"a\":1,\"a\":2}")}) {
    const Outcome said =
        run(BodyFormat::Multipart, form(part("file", good + bad + "\n" + good, "b.jsonl")));
    EXPECT_FALSE(said.ok) << bad;
    EXPECT_NE(said.problem, "none");
    EXPECT_EQ(said.refusal, Refusal::None);
  }
}

TEST_F(Bodies, ABlockedValueInAnyPartEndsTheBody) {
  const std::string url = "https://user:" + std::string("hunter2x") + "@db.example.com/x";
  for (const std::string& body :
       {form(part("prompt", url)), form(part("file", "see " + url, "a.txt")),
        form(part("file", batch(url, "/v1/chat/completions"), "a.jsonl")),
        form(part("file", "x", url)), form(part("schema", "{\"a\":\"" + url + "\"}"))}) {
    const Outcome said = run(BodyFormat::Multipart, body);
    EXPECT_FALSE(said.ok) << body;
    EXPECT_EQ(said.refusal, Refusal::PolicyBlocked);
  }
}

TEST_F(Bodies, CredentialsOfTheApiAreNotReadAndCounted) {
  const Outcome said = run(BodyFormat::Multipart, form(part("key", secret_)));
  EXPECT_EQ(said.out, form(part("key", secret_)));
  EXPECT_EQ(said.tally.opaque_bytes(), secret_.size());
}

TEST_F(Bodies, AFormThatIsNoneIsRefusedWithItsName) {
  const Outcome said = run(BodyFormat::Multipart, form(part("prompt", "a\n--BX\n")));
  EXPECT_FALSE(said.ok);
  EXPECT_EQ(said.problem, "bad_delimiter");
}

TEST_F(Bodies, LinesAndTextsAreBodiesToo) {
  const auto lines = [](const std::string& v) {
    return "{\"messages\":[{\"content\":\"" + v + "\"}]}\n{\"messages\":[]}";
  };
  EXPECT_EQ(everywhere(BodyFormat::JsonLines, lines(mail_)).out, lines(token_));
  EXPECT_EQ(everywhere(BodyFormat::Text, "1\n00:01 --> 00:02\n" + mail_).out,
            "1\n00:01 --> 00:02\n" + token_);
  EXPECT_EQ(everywhere(BodyFormat::Opaque, "to " + mail_).out, "to " + token_);
  const std::string binary = std::string("\x89PNG\r\n\x1a\n", 8) + mail_;
  const Outcome said = everywhere(BodyFormat::Opaque, binary);
  EXPECT_EQ(said.out, binary);
  EXPECT_EQ(said.tally.opaque_bytes(), binary.size());
}

TEST_F(Bodies, ALongFileIsSniffedAtItsBeginning) {
  const std::string text = std::string(2 * kSniffBytesMax, 'x') + " " + mail_;
  EXPECT_EQ(run(BodyFormat::Opaque, text, {kSniffBytesMax}).out,
            std::string(2 * kSniffBytesMax, 'x') + " " + token_);
}

TEST(FileContent, WhatTextLacksMakesAFileBinary) {
  using Content = FileRewriter::Content;
  const auto of = [](std::string_view bytes, bool whole = true) {
    return sniffed_content(bytes_of(bytes), whole);
  };
  EXPECT_EQ(of("caf\xc3\xa9\t\r\n"), Content::Text);
  EXPECT_EQ(of(" \n{\"a\":1}"), Content::JsonOrText);
  EXPECT_EQ(of("caf\xc3", false), Content::Text);  // the character goes on
  EXPECT_EQ(of("caf\xc3", true), Content::Text);   // of a code page
  EXPECT_EQ(of("caf\xe9 au lait"), Content::Text);
  EXPECT_EQ(of("{\"a\":\"caf\xe9\"}"), Content::Text);
  EXPECT_EQ(of("\xef\xbb\xbf \n{\"a\":1}"), Content::JsonOrText);
  EXPECT_EQ(of(std::string_view("caf\xe9 \0", 6)), Content::Opaque);
  EXPECT_EQ(of(std::string_view("h\0i\0", 4)), Content::Opaque);  // nothing says UTF-16
  EXPECT_EQ(of(std::string_view("\xff\xfeh\0i\0\x3d\xd8\0\xde", 10)), Content::Text);
  EXPECT_EQ(of(std::string_view("\xfe\xff\0h\0i", 6)), Content::Text);
  for (const std::string_view none : {std::string_view("\xff\xfeh\0\1\0", 6),    // a control
                                      std::string_view("\xff\xfe\0\0h\0", 6),    // UTF-32
                                      std::string_view("\xff\xfe\0\xde", 4),     // half of one
                                      std::string_view("\xff\xfe\1\xe0h\0", 6),  // kept free
                                      std::string_view("\xff\xfb\x90\x64\0", 5)})
    EXPECT_EQ(of(none), Content::Opaque);
  EXPECT_EQ(of("%PDF-1.7\n"), Content::Opaque);
  EXPECT_EQ(of(""), Content::Text);
}

TEST(FileContent, ATypeOrANameDeclares) {
  using Content = FileRewriter::Content;
  EXPECT_EQ(declared_content("application/JSONL; charset=utf-8", ""), Content::Lines);
  EXPECT_EQ(declared_content("application/octet-stream", "B.JSONL"), Content::Lines);
  EXPECT_EQ(declared_content("text/plain", "b.jsonl"), Content::Lines);
  EXPECT_EQ(declared_content("application/json", "b.jsonl"), Content::Json);
  EXPECT_EQ(declared_content("text/x-python", "a.py"), Content::Text);
  EXPECT_EQ(declared_content("image/png", "a.png"), Content::Undecided);
}

}  // namespace
}  // namespace sallyport::rewrite
