#include "dataplane/redact/place_tracker.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace sallyport::redact {
namespace {

// The place of every '@' in a text.
std::vector<Place> places(std::string_view text, size_t piece = SIZE_MAX) {
  PlaceTracker tracker;
  tracker.begin();
  for (size_t at = 0; at < text.size(); at += std::min(piece, text.size() - at))
    tracker.feed(
        {reinterpret_cast<const uint8_t*>(text.data()) + at, std::min(piece, text.size() - at)});
  std::vector<Place> out;
  for (size_t i = 0; i < text.size(); ++i)
    if (text[i] == '@') out.push_back(tracker.at(i));
  return out;
}

Place place(std::string_view text) {
  const auto all = places(text);
  EXPECT_EQ(all.size(), 1U) << text;
  EXPECT_EQ(places(text, 1), all) << text;
  return all.at(0);
}

TEST(PlaceTracker, KnowsThePlacesThatAreFollowed) {
  const std::vector<std::pair<std::string_view, Place>> cases = {
      {"https://evil.example/?q=@", Place::Url},
      {"see HTTPS://evil.example/@", Place::Url},
      {"x+y-z.1://@", Place::Url},
      {"http:\\\\evil.example\\@", Place::Url},
      {"https:evil.example/@", Place::Url},
      {"www.evil.example/@", Place::Url},
      {"(www.evil.example?@", Place::Url},
      {"evil.example/@", Place::Url},
      {"evil.example?d=@", Place::Url},
      {"mailto:x@", Place::Url},
      {"mailto:x,@", Place::Url},
      {"mailto:x?body=@", Place::Url},
      {"javascript:fetch(@", Place::Url},
      {"data:text/html,@", Place::Url},
      {"tel:1@", Place::Url},
      {"https://[@]", Place::Url},
      {"{\"url\":\"https://a.b/@", Place::Url},
      {"https://evil.example/?d=\"@", Place::Url},
      {"(\"https://evil.example/?d=\"@)", Place::Url},
      {"https://evil.example/?d='@'", Place::Url},
      {"https://evil.example/?d=`@`", Place::Url},
      {"https://evil.example/?d=>@", Place::Url},
      {"fetch(\"https://evil.example/?d=\"+\"@\")", Place::Url},
      {"[1] \"https://evil.example/\"@", Place::Url},
      {"evil.example:8080/@", Place::Url},
      {"see evil.example:8080?d=@", Place::Url},
      {"evil.example:/@", Place::Url},
      {"a.b evil.example:443#@", Place::Url},
      {"sip:x@", Place::Url},
      {"view-source:@", Place::Url},
      {"magnet:?tr=@", Place::Url},
      {"[click](https://evil.example/@)", Place::LinkTarget},
      {"[click](@)", Place::LinkTarget},
      {"![x](//evil.example/@)", Place::LinkTarget},
      {"![x](</a b/@>)", Place::LinkTarget},
      {"[a](b(c)/@)", Place::LinkTarget},
      {"[a](b\\)/@)", Place::LinkTarget},
      {"[a](\n/x@)", Place::LinkTarget},
      {"[a](b \"title @\")", Place::LinkTarget},
      {"[[x](y)](//e/@)", Place::LinkTarget},
      {"background: url(//evil/@)", Place::LinkTarget},
      {"[a]: //evil.example/@", Place::Definition},
      {"text\n[a]: //evil.example/@", Place::Definition},
      {"> - [a]: <//evil example/@>", Place::Definition},
      {"[a]:\n  //evil.example/@", Place::Definition},
      {"<img src=//evil.example/@>", Place::Tag},
      {"<img src=\"//evil.example/>@\">", Place::Tag},
      {"<a href='x@'>", Place::Tag},
      {"<img alt=\"\n\n@\">", Place::Tag},
      {"</a @", Place::Tag},
      {"<!-- @", Place::Tag},
      {"<https://evil.example/@>", Place::Tag},
      {"<IMG\nsrc = \"@", Place::Tag},
      {"https://a.b <img src=@", Place::Tag},
  };
  for (const auto& [text, expected] : cases)
    EXPECT_EQ(place_name(place(text)), place_name(expected)) << text;
}

TEST(PlaceTracker, LeavesPlainTextAlone) {
  for (std::string_view text : {"Hello @",
                                "see https://a.example and @",
                                "[x](https://a.b) @",
                                "<b>@",
                                "<b>x</b> @",
                                "a < b @",
                                "1 <2 @",
                                "x <y\n\n@",
                                "[a]: //e/ @",
                                "[EMAIL]: @",
                                "[a](b\n\n@",
                                "note: @",
                                "ratio 3:@",
                                "and/or @",
                                "e.g. @",
                                "a. b/@",
                                "mail [@](mailto)",
                                "mailto:@",
                                "(mailto:@?subject=x)",
                                "tel:@",
                                "mailto: @",
                                "time 10:30 @",
                                "C: @",
                                "[x] (@)",
                                "[x]:y\n@",
                                "f(@)",
                                "\"k\":\"@",
                                "- @",
                                "line\r\n@",
                                "``` @",
                                "{\"u\":\"https://a.b/\",\"@",
                                " \n{\"u\":\"https://a.b/\",\"@",
                                "[ {\"u\":\"https://a.b/\",\"@",
                                "[\"https://a.b/\",\"@",
                                "main.cc:42: @",
                                "a.b:80 /@",
                                "a.b:x/@",
                                "sip:@"}) {
    const auto all = places(text);
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(place_name(place(text)), "text") << text;
  }
}

TEST(PlaceTracker, EveryCutGivesTheSame) {
  const std::string text =
      "@ https://x.y/@ @ [a](@) @ <i a=\"@\">@ www.e.f/@\n[q]: x@ @ mailto:@ (evil.example/@) `@` "
      "a://@\"@ [@](b) ![@](//c/@ (d) @) @";
  const auto whole = places(text);
  for (size_t piece = 1; piece < text.size(); ++piece)
    EXPECT_EQ(places(text, piece), whole) << piece;
}

// Fed whole, plain text is passed over; fed byte by byte, every byte is read.
TEST(PlaceTracker, PassingOverPlainTextChangesNothing) {
  const std::vector<std::string> pieces = {"plain words of a sentence, ",
                                           "@ ",
                                           "\n",
                                           "\r\n",
                                           "- ",
                                           "[a]",
                                           "[a]: //e.x/@ ",
                                           "(@)",
                                           "https:",
                                           "//",
                                           "http://x/@ ",
                                           "www.",
                                           "a.b",
                                           "/@ ",
                                           "<b @",
                                           "> ",
                                           "](@ ",
                                           ")",
                                           "url(@) ",
                                           "curl(@) ",
                                           "note: @",
                                           "e.g. @",
                                           ". ",
                                           "?@ ",
                                           "\"@\"",
                                           "x<y ",
                                           "mailto:@",
                                           "\u4e2d\u6587 ",
                                           "3.14 ",
                                           "{\"a\":\"",
                                           "\",\"@",
                                           "[\"",
                                           "e.x:80",
                                           ":1",
                                           "   ",
                                           "- [z"};
  std::mt19937 random(3);
  for (int round = 0; round < 3'000; ++round) {
    std::string text;
    for (auto i = random() % 40; i > 0; --i) text += pieces[random() % pieces.size()];
    const auto slow = places(text, 1);
    ASSERT_EQ(places(text), slow) << text;
    ASSERT_EQ(places(text, 33 + random() % 100), slow) << text;
  }
}

TEST(PlaceTracker, ForgetsOnlyWhatItMay) {
  PlaceTracker tracker;
  tracker.begin();
  std::string text;
  for (int i = 0; i < 1'000; ++i) text += "a://x y ";
  tracker.feed({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  EXPECT_EQ(tracker.at(text.size()), Place::Text);
  EXPECT_EQ(tracker.at(0), Place::Tag);  // lost: never restored
  EXPECT_EQ(tracker.at(text.size() - 3), Place::Url);
  tracker.drop_before(text.size() - 4);
  EXPECT_EQ(tracker.at(text.size() - 3), Place::Url);
  EXPECT_EQ(tracker.at(text.size() - 1), Place::Text);
}

}  // namespace
}  // namespace sallyport::redact
