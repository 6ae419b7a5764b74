// Post codes by their form, asked at every place where the stage asks, and cut at every byte.
#include "dataplane/scan/recognise/address/post_code.h"

#include "tests/unit/scan/recognise/recognise_fixture.h"

namespace sallyport::scan {
namespace {

bool is_in(char c, char first, char last) { return c >= first && c <= last; }

// As the stage of phrases does: behind a state and a space, and the capital behind a digit that
// begins a word.
bool asks(std::string_view text, size_t at, Trigger& out) {
  out = Trigger{at, at};
  const bool number = at >= 3 && is_in(text[at], '0', '9') && text[at - 1] == ' ';
  if (number) return may_be_behind_state(view_of(text, true), at);
  return at >= 2 && is_in(text[at], 'A', 'Z') && is_in(text[at - 1], '0', '9') &&
         text[at - 2] == ' ';
}

std::string found_in(std::string_view text) { return first_found(text, post_code_at, asks); }

struct Row {
  std::string_view text, found;
};

TEST(PostCode, OfBritainByItsAreaAndItsInwardCode) {
  for (const Row& row : {Row{"London SW1A 2AA last", "SW1A 2AA"},
                         {"Stow GL54 1AA.", "GL54 1AA"},
                         {"(M1 1AE)", "M1 1AE"},
                         {"EC1A 1BB", "EC1A 1BB"},
                         {"W10 5GB", ""},  // five gigabytes
                         {"GL54 5GB", "GL54 5GB"},
                         {"QX54 1AA", ""},  // no area
                         {"GL54 1AM", ""},  // M is in no inward code
                         {"GL5A 1AA", ""},  // letters end districts of London only
                         {"GL541 1AA", ""},
                         {"XGL54 1AA", ""},
                         {"GL54 1AAB", ""},
                         {"GL54 1AA-7", ""},
                         {"a/GL54 1AA", ""}})
    EXPECT_EQ(found_in(row.text), row.found) << row.text;
}

TEST(PostCode, OfCanada) {
  for (const Row& row : {Row{"Montréal H3G 1M8,", "H3G 1M8"},
                         {"ON M5S 3G4", "M5S 3G4"},
                         {"D3G 1M8", ""},
                         {"H3G 1O8", ""},
                         {"H3G 1M", ""}})
    EXPECT_EQ(found_in(row.text), row.found) << row.text;
}

TEST(PostCode, OfTheUnitedStatesBehindTheirState) {
  for (const Row& row : {Row{"Queens, NY 11373", "11373"},
                         {"Peoria IL 61602-1122, my", "61602-1122"},
                         {"Peoria IL 61602-11", ""},  // what else goes on at a hyphen
                         {"x,MA 02139.", "02139"},
                         {"NY 11373", ""},  // nothing stands before the state
                         {"in NY 61602", ""},
                         {"in NY 113731", ""},
                         {"in NY 1137", ""},
                         {"ANY 11373", ""}})
    EXPECT_EQ(found_in(row.text), row.found) << row.text;
}

// No byte of a post code is released before it is known that it is none.
TEST(PostCode, IsLiveFromWhereItMayBegin) {
  for (std::string_view text : {"in GL54 1AA", "in SW1A 2AA", "in H3G 1M8", "in NY 11373-1234"}) {
    const size_t start = text.find("NY") == std::string_view::npos ? 3 : 6;
    for (size_t size = start + 1; size < text.size(); ++size)
      EXPECT_LE(post_code_live_from(view_of(text.substr(0, size), false)), start) << text << size;
  }
  for (std::string_view text : {"in ", "gl54", "in NY", "12", "Anna", "GL-"})
    EXPECT_GE(post_code_live_from(view_of(text, false)) + 2, text.size()) << text;
}

}  // namespace
}  // namespace sallyport::scan
