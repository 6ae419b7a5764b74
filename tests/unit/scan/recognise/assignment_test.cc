#include "dataplane/scan/recognise/secret/assignment.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "tests/unit/scan/recognise/recogniser_probe.h"

namespace sallyport::scan {
namespace {

struct Case {
  std::string before, cue, after;
};

const RecogniserProbe kProbe(assignment_at);
// Two halves: no live-looking key stands in the source.
const std::string kKey = std::string("qQcLJI9x2f0m") + "1h8u3tNs6krb";

TEST(Assignment, TheValueBehindTheName) {
  const std::vector<Case> cases = {
      {"API_KEY=", "api_key", ""},
      {"\"client_secret\": \"", "secret", "\","},
      {"x-api-key: ", "api-key", ""},
      {"const apiKey = \"", "apikey", "\";"},
      {"<token>", "token", "</token>"},
      {"<token>\n    ", "token", "\n</token>"},
      {"setProperty(\"SERVICE_TOKEN\", \"", "token", "\")"},
      {"https://a.example/v1?access_token=", "token", "&page=2"},
      {"the api key is ", "api key", "."},
      {"secretKey := \"", "secretkey", "\""},
      {"- name: A_TOKEN\n  value: \"", "token", "\""},
      {"$serviceToken .= \"", "token", "\""},
      {"var t_token string = \"", "token", "\""},
      {"service_TOKEN :::= \"", "token", "\""},
      {"  \"aToken\" => \"", "token", "\""},
      {"token: `", "token", "`"},
      {"--client-secret ", "secret", ""},
      {"datadog: \"", "datadog", "\""},
      {"X-Token: ", "token", ""},
      {"API key (prod): ", "api key", ""},
      {"the secret (", "secret", ")"},
      {"\"Jwt\" : {\n  \"Key\": \"", "\"jwt\"", "\"}"},
  };
  for (const Case& c : cases)
    EXPECT_EQ(kProbe.find(c.before + kKey + c.after, c.cue), kKey) << c.before << c.after;
  // What was and what will be: one finding.
  EXPECT_EQ(kProbe.find("client_secret = \"" + kKey + "\" -> \"" + kKey + "\"", "secret"),
            kKey + "\" -> \"" + kKey);
}

TEST(Assignment, NamesCodeAndPlaceholdersAreNone) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"token limit is 4096", "token"},
      {"token_count = \"1532abcd99887766\"", "token"},
      {"api_key = os.getenv('API_KEY')", "api_key"},
      {"apiKey: process.env.STRIPE_API_KEY", "apikey"},
      {"secret = get_secret(\"prod/db\")", "secret"},
      {"csrf_token = \"a8f5f167f44f4964e6c998dee827110c\"", "token"},
      {"<token>{{ api_token }}</token>", "token"},
      {"token: <TOKEN>", "token"},
      {"twilio('ACa1cb4625eae74c16"
       "451d45663be0585e', auth)",
       "twilio"},
      {"next_page_token: CAUQAA1b2c3d4e5f6g7h8", "token"},
      {"token: 550e8400-e29b-41d4-a716-446655440000", "token"},
      {"secret_name: my-app-tls-cert-2024", "secret"},
      {"api_key = \"your-api-key-here\"", "api_key"},
      {"AsmToken::EndOfStatement17b", "token"},
      {"ThisEntry = LastValInScope9f8e7d", "sentry"},
      {"the secret is to keep it simple", "secret"},
      {"tokenizer = \"a8f5f167f44f4964e6c998dee827110c\"", "token"},
      {"\"eos_token\": \"<|endoftext|>\"", "token"},
      {"discord: https://discord.gg/a8f5f167f44f4964", "discord"},
      {"access_token_url = \"https://github.com/login/oauth/access_token\"", "token"},
  };
  for (const auto& [text, cue] : cases) EXPECT_EQ(kProbe.find(text, cue), std::nullopt) << text;
}

// A vendor's keys may be UUIDs; a UUID that is only called a token may be anything, unless it is
// set to it.
TEST(Assignment, AUuidCountsBehindANameThatSaysMore) {
  const std::string uuid = "3a16750d-d363-41a4-8ebd-035408f7730f";
  EXPECT_EQ(kProbe.find("snyk_token = \"" + uuid + "\"", "token"), uuid);
  EXPECT_EQ(kProbe.find("token = \"" + uuid + "\"", "token"), uuid);
  EXPECT_EQ(kProbe.find("https://x.example/reset?token=" + uuid + "&n=1", "token"), uuid);
  EXPECT_EQ(kProbe.find("\"token\": \"" + uuid + "\"", "token"), std::nullopt);
  EXPECT_EQ(kProbe.find("if token == \"" + uuid + "\"", "token"), std::nullopt);
  EXPECT_EQ(kProbe.find("request_token_id = \"" + uuid + "\"", "token"), std::nullopt);
}

TEST(Assignment, RandomTextsAreReadTheSameWhereverTheyEnd) {
  const std::vector<std::string> pieces = {
      "token", "api_key", "_",     "=",   ":", "::",  "\"", "'", " ", "\n", ">",
      "<",     ",",       "value", "is ", ";", kKey,  "9",  "[", "]", "(",  ")",
      "&",     "\\",      "->",    "|",   "*", "str", "{",  "}", "é", "-"};
  for (uint32_t seed = 1; seed <= 600; ++seed) {
    std::mt19937 random(seed);
    std::string text;
    for (int i = 0; i < 24; ++i) text += pieces[random() % pieces.size()];
    for (const char* cue : {"token", "api_key"}) (void)kProbe.find(text, cue);
  }
}

}  // namespace
}  // namespace sallyport::scan
