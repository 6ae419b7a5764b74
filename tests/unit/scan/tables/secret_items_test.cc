// Secrets in lists below or behind their name (secret_items.h). Each text is cut at every byte.
#include "dataplane/scan/tables/secret_items.h"

#include "tests/unit/scan/scan_fixture.h"

namespace sallyport::scan {
namespace {

using Secrets = std::vector<std::string>;

class SecretItem : public ScanFixture {
 protected:
  void SetUp() override {
    auto entities = first_entities();
    add_secret_rules(
        entities,
        {"password", "passwort", "passw\xc3\xb6rter", "mots de passe", "\xe5\xaf\x86\xe7\xa0\x81"},
        {"api_key", "api key", "token", "secret", "credential", "stripe"});
    load(entities);
  }
};

// No password of anybody, and not to be found in one piece in this file.
const std::string kFirst = std::string("Orbit") + "0014x";
const std::string kSecond = std::string("Tr0ub") + "4dor&3";
const std::string kMade = std::string("qQcLJI9x2f0m") + "1h8u3tNs6krb";
const std::string kOther = std::string("7bT2mWq90LkX") + "z4p1Rd8sVy3c";
Secrets secrets(const Secrets& values) {
  Secrets out;
  for (const std::string& value : values) out.push_back("SECRET=" + value);
  return out;
}

TEST_F(SecretItem, IsFoundBelowItsName) {
  const Secrets both = secrets({kFirst, kSecond});
  for (const std::string mark : {"- ", "  - ", "* ", "\xe2\x80\xa2 ", "1. ", "\t12) "})
    EXPECT_EQ(at_every_cut("passwords:\n" + mark + kFirst + "\n" + mark + "\"" + kSecond + "\"\n"),
              both)
        << mark;
  EXPECT_EQ(at_every_cut("a:\n  api_keys:\r\n    - " + kMade + "\r\n    - " + kOther +
                         "  # prod\r\n  host: " + kFirst),
            secrets({kMade, kOther}));
  EXPECT_EQ(at_every_cut("**Passwords:**\n\n- Anna: `" + kFirst + "`\n\n- Bo (prod) - " + kSecond +
                         "\n- " + kFirst + " - the old one\n\nThat is all of " + kMade),
            secrets({kFirst, kSecond, kFirst}));
  EXPECT_EQ(at_every_cut("Here are the passwords for the servers in Leeds:\n* " + kFirst +
                         "\n  (changed)\n* " + kSecond + " for Bo\n"),
            both);
  EXPECT_EQ(at_every_cut("passwords:\n" + kFirst + "\nBo: " + kSecond + "\n"), both);
  EXPECT_EQ(at_every_cut("passwords:\n" + kFirst), secrets({kFirst}));
  EXPECT_EQ(at_every_cut("[tokens]\n" + kMade + "\nci = " + kOther + "\n\n[hosts]\n" + kFirst),
            secrets({kMade, kOther}));
  EXPECT_EQ(at_every_cut("Passwords:\n```\n" + kFirst + "\n" + kSecond + "\n```\n" + kMade + "\n"),
            both);
  EXPECT_EQ(at_every_cut("passwords = \"\"\"\n" + kFirst + "\n" + kSecond + "\n\"\"\"\n"), both);
  EXPECT_EQ(at_every_cut("# Passwords\n\n- " + kFirst + "\n"), secrets({kFirst}));
  EXPECT_EQ(at_every_cut("password:\n - " + kFirst + "\n - " + kSecond), both);
}

TEST_F(SecretItem, IsFoundInBrackets) {
  const Secrets both = secrets({kFirst, kSecond});
  for (const std::string head :
       {"{\"passwords\": [", "passwords=[", "password: [", "const passwords = new Set([",
        "passwords: list[str] = [", "var passwords = new[] {", "passwords := []string{",
        "List<String> passwords = Arrays.asList(", "let passwords: Vec<&str> = vec![",
        "$passwords = array(", "char* passwords[] = {"})
    EXPECT_EQ(at_every_cut(head + "\"" + kFirst + "\", '" + kSecond + "']})"), both) << head;
  EXPECT_EQ(at_every_cut("\"api_keys\" : [\n    \"" + kMade + "\",\n    # the old one\n    \"" +
                         kOther + "\"\n  ],\n  \"users\": [\"" + kFirst + "\"]"),
            secrets({kMade, kOther}));
  EXPECT_EQ(at_every_cut("PASSWORDS=(\"" + kFirst + "\" '" + kSecond + "')"), both);
  EXPECT_EQ(at_every_cut("passwords = %w[" + kFirst + " " + kSecond + "]"), both);
  EXPECT_EQ(at_every_cut("tokens: [" + kMade + ", " + kOther + "] # " + kFirst),
            secrets({kMade, kOther}));
  EXPECT_EQ(at_every_cut("passwords = {\"anna\": \"" + kFirst + "\", 'bo' => '" + kSecond + "'}"),
            both);
  EXPECT_EQ(at_every_cut("passwords = [[1, \"" + kMade + "\"], \"" + kFirst + "\"]"),
            secrets({kFirst}));
  EXPECT_EQ(at_every_cut("\\\"passwords\\\": [\\\"" + kFirst + "\\\", \\\"" + kSecond + "\\\"]"),
            both);
}

TEST_F(SecretItem, IsFoundBetweenTags) {
  const Secrets both = secrets({kFirst, kSecond});
  EXPECT_EQ(at_every_cut("<passwords>\n  <item>" + kFirst + "</item>\r\n  <item id=\"2\">" +
                         kSecond + "</item>\n</passwords> " + kMade),
            both);
  EXPECT_EQ(at_every_cut("<tokens><a>" + kMade + "</a><b>soon</b><c>" + kOther + "</c></tokens>"),
            secrets({kMade, kOther}));
  for (const std::string& text :
       {"<passwords><entry><name>" + kFirst + "</name></entry></passwords>",
        "<passwords>" + kFirst + "</passwords>", "<passwords/><item>" + kFirst + "</item>",
        "<passwords><item>" + kFirst + "\n</item></passwords>",
        "<password-list> <item/> <item>" + kFirst + "</item>"})
    EXPECT_EQ(at_every_cut(text), Secrets{}) << text;
}

TEST_F(SecretItem, IsFoundBehindItsName) {
  const Secrets both = secrets({kFirst, kSecond});
  EXPECT_EQ(at_every_cut("passwords: " + kFirst + ", " + kSecond + "; and so on"), both);
  EXPECT_EQ(at_every_cut("PASSWORDS=" + kFirst + "," + kSecond + "\nUSER=" + kMade), both);
  EXPECT_EQ(at_every_cut("Our passwords were " + kFirst + " and " + kSecond + "."), both);
  EXPECT_EQ(at_every_cut("Passw\xc3\xb6rter: " + kFirst + " und " + kSecond), both);
  EXPECT_EQ(at_every_cut("mots de passe : " + kFirst + " et " + kSecond), both);
  EXPECT_EQ(at_every_cut("\xe5\xaf\x86\xe7\xa0\x81\xef\xbc\x9a\n- " + kFirst + "\n- " + kSecond),
            both);
  EXPECT_EQ(at_every_cut("passwords[0] = '" + kFirst + "';\n$tokens['ci'] = \"" + kMade + "\";"),
            secrets({kFirst, kMade}));
}

TEST_F(SecretItem, NothingElseInAListIsOne) {
  for (const std::string text :
       {"Passwords:\n- Must have 8+ characters\n- Use MFA2 always\n- bcrypt12 hashes\n",
        "secrets:\n  - db_password2\n  - GITHUB_TOKEN\n  - source: my_secret3\n",
        "passwords: []\nuser = kevin77x\n",
        "passwords:\n\n\n- kevin77x\n",
        "passwords:\n  - soon\nuser: kevin77x\n",
        "passwords:\n - soon\n\nkevin77x\n",
        "passwords = {'user': 'kevin77x', 'min': 'len8plus'}",
        "tokens = [TOKEN_A1, TOKEN_B2]",
        "tokens = ['[CLS]', '##ing2', 'utf8', 'H2O']",
        "password: [\"It is required.\"]",
        "password[0] == 'kevin77x'",
        "passwords.append('kevin77x')",
        "tokens::x ['kevin77x']",
        "credentials:\n  image: nginx1.25a\n",
        "passwords are stored in vault2",
        "stripe:\n- qQcLJI9x2f0m\n",
        "max_tokens_of: ['kevin77x']",
        "tokens: 12, 13 and 14",
        "passwords:\n  - ${PW1}\n  - <password2>\n  - changeme\n",
        "f(passwords) [\"kevin77x\"]"})
    EXPECT_EQ(at_every_cut(text), Secrets{}) << text;
}

// A list of any length is read item by item; what is no item ends it.
TEST_F(SecretItem, AListMayBeLong) {
  std::string lines = "passwords:\n", brackets = "passwords = [\n";
  for (int i = 0; i < 200; ++i) {
    lines += "  - " + kFirst + "\n";
    brackets += "    \"" + kFirst + "\",\n";
  }
  for (const std::string& text : {lines + "\n" + kFirst + "\n", brackets + "]\n" + kFirst}) {
    EXPECT_EQ(texts_found(text).size(), 200U);
    std::vector<size_t> cuts;
    for (size_t cut = 97; cut < text.size(); cut += 97) cuts.push_back(cut);
    EXPECT_EQ(scan(text, cuts), scan(text));
  }
}

// Columns that only spaces part (secret_prints.h).
TEST_F(SecretItem, IsFoundInAPrintedTable) {
  const Secrets both = secrets({kFirst, kSecond});
  EXPECT_EQ(at_every_cut("  username     password  role\n0     anna   " + kFirst +
                         " admin\n1   "
                         "b\xc3\xb6rge   " +
                         kSecond + "  user\n\n" + kMade + "     x\n"),
            both);
  EXPECT_EQ(
      at_every_cut("USER      PASSWORD     HOST\nanna      " + kFirst + "   db01\nbo        " +
                   kSecond + "  db02\nThat is all of it then\nanna      " + kFirst + "\n"),
      both);
  EXPECT_EQ(
      at_every_cut(
          "user  api_key                   password\n----  -------                   --------\n"
          "anna  " +
          kMade + "  " + kFirst),
      secrets({kMade, kFirst}));
  EXPECT_EQ(at_every_cut("\xe2\x94\x82 id \xe2\x94\x82 password    "
                         "\xe2\x94\x82\n\xe2\x94\x9c\xe2\x94\x80\xe2\x94\x80"
                         "\n\xe2\x94\x82  1 \xe2\x94\x82 " +
                         kFirst + "  \xe2\x94\x82\n"),
            secrets({kFirst}));
  for (const std::string text :
       {"user  password  role\nanna kevin77x admin\n", "The password  of the\n    kevin77x\n",
        "    password  = x\n    kevin77x\n", "  password\n  kevin77x\n",
        "user  password\n\nanna  kevin77x\n", "user  password_length\nanna  kevin77x\n",
        "user  password\nanna  required\nanna  12345678\n"})
    EXPECT_EQ(at_every_cut(text), Secrets{}) << text;
}

// Numbers know the name above their list (item_heads.h).
TEST_F(SecretItem, NumbersOfAListKnowItsName) {
  std::string lines = "a:\n  ssn:\n", brackets = "{\"ssn\": [\n", rows = "x = [",
              labelled = "SSN:\n";
  for (int i = 0; i < 90; ++i) {
    lines += "    - 536904399\n";
    brackets += "  \"536904399\",\n";
    rows += "536904399, ";
  }
  for (const std::string& text : {lines + "  x:\n    - 536904399 ", brackets + "]} [536904399] "}) {
    EXPECT_EQ(texts_found(text).size(), 90U);
    std::vector<size_t> cuts;
    for (size_t cut = 97; cut < text.size(); cut += 97) cuts.push_back(cut);
    EXPECT_EQ(scan(text, cuts), scan(text));
  }
  EXPECT_EQ(texts_found(rows + "]"), Secrets{});
  EXPECT_EQ(
      at_every_cut("ssn:\n- 536904399\n- 096917070\n\n- 025077525\n- a\n  b\n- 536904399\n"
                   "That is all there is, and it is more than enough for me.\n- 536904399\n"),
      (Secrets{"US_SSN=536904399", "US_SSN=096917070", "US_SSN=025077525", "US_SSN=536904399"}));
}

}  // namespace
}  // namespace sallyport::scan
