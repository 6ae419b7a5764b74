#include "dataplane/scan/recognise/secret/url_credentials.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "tests/unit/scan/recognise/recogniser_probe.h"

namespace sallyport::scan {
namespace {

// The engine's trigger is the ':' itself.
Verdict at_colon(const TextView& text, const Trigger& trigger, const RuleParameters& rule,
                 Hit& out) noexcept {
  return url_credentials_at(text, Trigger{trigger.start, trigger.start}, rule, out);
}
const RecogniserProbe kProbe(at_colon);

std::optional<std::string> find(const std::string& text) { return kProbe.find(text, "://"); }

TEST(UrlCredentials, TheUrlWithoutWhatIsAroundIt) {
  const std::string word = "Orbit0014x";
  for (const std::string& url :
       {"ftp://kev:" + word + "@files.example.org/v1", "postgres://app:" + word + "@db:5432/main",
        "redis://:" + word + "@cache:6379/0", "amqp://svc:" + word + "@mq/%2Fprod",
        "mongodb+srv://app:" + word + "@c0.mongodb.net/?w=majority",
        "https://oauth2:" + word + "@git.example/a.git",
        "http://kev:" + word + "@[2001:db8::1]:80/a", "https://kev:p#" + word + "@a.example",
        "smb://CORP;kev:" + word + "@files/share"})
    EXPECT_EQ(find("see (" + url + "), please."), url) << url;
}

TEST(UrlCredentials, ATokenInThePlaceOfTheUser) {
  const std::string token = std::string("qQcLJI9x2f0m") + "1h8u3tNs6krb";
  EXPECT_EQ(find("git clone https://" + token + "@git.example/a.git"),
            "https://" + token + "@git.example/a.git");
  EXPECT_EQ(find("ssh://git@host:22/a"), std::nullopt);
  EXPECT_EQ(find("ftp://anonymous@ftp.example.org"), std::nullopt);
}

TEST(UrlCredentials, PlaceholdersAndOtherColonsAreNone) {
  for (const char* text :
       {"postgres://user:${PASSWORD}@db/x", "http://user:password@host/",
        "https://a.example:8443/a@b", "mongodb://<user>:<password>@c0.example",
        "https://a.example/@kev:Orbit0014x", "://kev:Orbit0014x@a", "https://a?b=c:d@e",
        "https://a.example;kev:Orbit0014x@b", "postgres://{user}:{pass}@db"})
    EXPECT_EQ(find(text), std::nullopt) << text;
}

TEST(UrlCredentials, RandomTextsAreReadTheSameWhereverTheyEnd) {
  const std::vector<std::string> pieces = {"https", "://", "kev",       ":", "@", "Orbit0014x", "/",
                                           "?",     "#",   "a.example", "[", "]", " ",          ".",
                                           ",",     "'",   "{",         "$", ";", "é"};
  for (uint32_t seed = 1; seed <= 600; ++seed) {
    std::mt19937 random(seed);
    std::string text;
    for (int i = 0; i < 20; ++i) text += pieces[random() % pieces.size()];
    (void)find(text);
  }
}

}  // namespace
}  // namespace sallyport::scan
