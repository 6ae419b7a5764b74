// Secrets that no operator stands before: in columns (headed_columns.h, list_rows.h), in parts
// (recognise/secret/literal_parts.h), before their word (recognise/secret/value_before.h); and
// numbers in lists (column_heads.h). Each text is cut at every byte.
#include "dataplane/scan/tables/headed_columns.h"

#include "dataplane/scan/tables/list_rows.h"
#include "tests/unit/scan/scan_fixture.h"

namespace sallyport::scan {
namespace {

using Texts = std::vector<std::string>;

class SecretColumn : public ScanFixture {
 protected:
  void SetUp() override {
    auto entities = first_entities();
    add_secret_rules(entities, {"password", "passwort", "credentials"},
                     {"api_key", "api key", "secret", "stripe"});
    load(entities);
  }
};

// No password of anybody, and not to be found in one piece in this file.
const std::string kOne = std::string("Orbit") + "0014x";
const std::string kTwo = std::string("Tr0ub") + "4dor&3";
const std::string kKey = std::string("qQcLJI9x2f0m") + "1h8u3tNs6krb";
std::string secret(const std::string& value) { return "SECRET=" + value; }

TEST_F(SecretColumn, IsFoundByTheHeadOfItsLines) {
  const Texts both{secret(kOne), secret(kTwo)};
  EXPECT_EQ(at_every_cut("user,password,role\njo," + kOne + ",admin\nal," + kTwo + ",user\n"),
            both);
  EXPECT_EQ(at_every_cut("x\n| User | Password |\n|---|---|\n| jo | " + kOne + " |\n| al | `" +
                         kTwo + "` |\n"),
            both);
  EXPECT_EQ(at_every_cut(" id |  password\n----+-----------\n  1 | " + kOne + "\n  2 | " + kTwo),
            both);
  EXPECT_EQ(at_every_cut("service\tapi_key\tpassword\ncrm\t" + kKey + "\t" + kOne + "\n"),
            (Texts{secret(kKey), secret(kOne)}));
  EXPECT_EQ(at_every_cut("\"name\";\"Passwort\"\r\n\"a;b\";\"" + kOne + "\"\r\n"),
            Texts{secret(kOne)});
}

TEST_F(SecretColumn, EndsWithItsTable) {
  EXPECT_EQ(at_every_cut("user,password\njo,soon\n\nal," + kOne + "\n"), Texts{});
  EXPECT_EQ(at_every_cut("user,password\nWe all, they said, like it\nal," + kOne + "\n"), Texts{});
  EXPECT_EQ(at_every_cut("The password, as I said:\nal," + kOne + "\n"), Texts{});
  EXPECT_EQ(at_every_cut("stripe,count\n" + kKey + ",3\n"), Texts{});
  EXPECT_EQ(at_every_cut("f(user, password)\ng(\"al\", \"" + kOne + "\")"), Texts{});
  EXPECT_EQ(at_every_cut("<tr><th>Password</th></tr></table><td>" + kOne + "</td>"), Texts{});
  EXPECT_EQ(at_every_cut("name,password,days\njo,********,90\nal,required,12\n"), Texts{});
}

TEST_F(SecretColumn, IsFoundInHtmlAndInLists) {
  const Texts both{secret(kOne), secret(kTwo)};
  EXPECT_EQ(
      at_every_cut("<table><tr><th>User</th><th>Password</th></tr><tr><td>jo</td><td>" + kOne +
                   "</td></tr><tr><td>al</td><td class='x'>" + kTwo + "</td></tr></table>"),
      both);
  EXPECT_EQ(at_every_cut("INSERT INTO u (id, `password`, x) VALUES (1, '" + kOne +
                         "', 'a, b'),\n (2, '" + kTwo + "', 'it''s (c)');"),
            both);
  EXPECT_EQ(at_every_cut("[[\"user\", \"password\"], [\"jo\", \"" + kOne + "\"], [\"al\", \"" +
                         kTwo + "\"]]"),
            both);
  EXPECT_EQ(at_every_cut("{\"columns\":[\"id\",\"api_key\"],\"rows\":[[1,\"" + kKey + "\"]]}"),
            Texts{secret(kKey)});
  EXPECT_EQ(at_every_cut("run(\"INSERT INTO u (n, password) VALUES (?, ?)\", (\"jo\", \"" + kOne +
                         "\"))"),
            Texts{secret(kOne)});
}

TEST_F(SecretColumn, NumbersOfListsHaveHeadsToo) {
  EXPECT_EQ(
      at_every_cut("INSERT INTO t (id, ssn, n) VALUES (1, '536904399', 'x'), (2, N'096917070', "
                   "'y'), (3, '', '025077525');"),
      (Texts{"US_SSN=536904399", "US_SSN=096917070"}));
  EXPECT_EQ(
      at_every_cut("[[\"name\",\"ssn\"],\n  [\"Kim\",\n   \"536904399\"], [\"096917070\", \"\"]]"),
      Texts{"US_SSN=536904399"});
  EXPECT_EQ(
      at_every_cut("f(ssn, name, place, and_more, of_it, and_then, so_on), g(536904399, 5, 6)"),
      Texts{});
  std::string rows = "INSERT INTO t (id, note, place, ssn) VALUES\n";
  for (int i = 0; i < 60; ++i)
    rows += "(" + std::to_string(i) +
            ", 'called twice, answered once', 'Ludwigshafen', '536904399'),\n";
  EXPECT_EQ(texts_found(rows).size(), 60U);
  std::vector<size_t> cuts;
  for (size_t cut = 97; cut < rows.size(); cut += 97) cuts.push_back(cut);
  EXPECT_EQ(scan(rows, cuts), scan(rows));
}

TEST_F(SecretColumn, NumbersOfPrintedLinesHaveHeadsToo) {
  const Texts both{"US_SSN=536904399", "US_SSN=096917070"};
  EXPECT_EQ(at_every_cut("Name        SSN         Day\nAnn Lee     536904399   2026-01-13\n"
                         "Bo Quast-Ray  096917070  2026-01-14\n"),
            both);
  EXPECT_EQ(at_every_cut("  id   ssn\n  --   ---\n  17   536904399\n  18   096917070\n"), both);
  EXPECT_EQ(at_every_cut("SSN\n536904399\n11\n096917070\n"), both);
  EXPECT_EQ(at_every_cut("Name SSN\nAnn Lee 536904399\n2026-01-13 12345\nBo Ray 096917070\n"),
            both);
  std::string rows = "Social security numbers:\n";
  for (int i = 0; i < 90; ++i) rows += "Ann Lee 536904399\n";
  EXPECT_EQ(texts_found(rows).size(), 90U);
  std::vector<size_t> cuts;
  for (size_t cut = 53; cut < rows.size(); cut += 53) cuts.push_back(cut);
  EXPECT_EQ(scan(rows, cuts), scan(rows));
  // Another column, another name, a sentence, a line of prose between.
  EXPECT_EQ(at_every_cut("SSN         Order of the day\npending     536904399\n"), Texts{});
  EXPECT_EQ(
      at_every_cut("SSN\n11\n12\n13\nNumber of the order\n14 15 16 17\n18 19 20 21\n536904399\n"),
      Texts{});
  EXPECT_EQ(
      at_every_cut("We keep no SSN, as we said before, of you.\n14 15 16 17 18 19 20 21 22 23\n"
                   "14 15 16 17 18 19 20 21 22 23\n536904399\n"),
      Texts{});
  EXPECT_EQ(at_every_cut("SSN\n11\nand 12 of these lines were written by somebody\n"
                         "13 14 15 16 17 18 19 20 21 22\n536904399\n"),
            Texts{});
}

TEST_F(SecretColumn, RulesOfATableAreNoRows) {
  EXPECT_EQ(
      at_every_cut("+----+-----------+\n| id | ssn       |\n+----+-----------+\n|  1 | 536904399 "
                   "|\n+----+-----------+\n|  2 | 096917070 |\n"),
      (Texts{"US_SSN=536904399", "US_SSN=096917070"}));
}

TEST_F(SecretColumn, PartsOfALiteralAreOneSecret) {
  const std::string a = kOne.substr(0, 5), b = kOne.substr(5);
  for (const std::string joint : {"\" + \"", "\" .. \"", "\"\n    \"", "\" +\n  \"", "\" \\\n \"",
                                  "\"\"", "\" & \"", "\" f\""})
    EXPECT_EQ(at_every_cut("password = \"" + a + joint + b + "\""), Texts{secret(a + joint + b)});
  EXPECT_EQ(at_every_cut("api_key = (\"qQcLJI9x2f0m\"\n  \"1h8u3tNs6krb\")"),
            Texts{secret("qQcLJI9x2f0m\"\n  \"1h8u3tNs6krb")});
  EXPECT_EQ(at_every_cut("password = ''.join(['" + a + "', '" + b + "'])"),
            Texts{secret(a + "', '" + b)});
  // Another value.
  EXPECT_EQ(at_every_cut("password: \"" + kOne + "\"\n\"user\": \"kevin77x\""),
            Texts{secret(kOne)});
  EXPECT_EQ(at_every_cut("{\"password\": \"" + kOne + "\", \"kevin77x\"}"), Texts{secret(kOne)});
  EXPECT_EQ(at_every_cut("password: \"" + kOne + "\" | \"kevin77x\""), Texts{secret(kOne)});
  EXPECT_EQ(at_every_cut("password = \"a\" + \"b\""), Texts{});
}

TEST_F(SecretColumn, MayStandBeforeItsWord) {
  for (const std::string tail : {" as the password", " is the new root password.", " (password)",
                                 " as password for it", " ist das Passwort", " is my password"})
    EXPECT_EQ(at_every_cut("log in with " + kOne + tail), Texts{secret(kOne)}) << tail;
  EXPECT_EQ(at_every_cut("`" + kKey + "` is our api key, ok?"), Texts{secret(kKey)});
  for (const std::string tail :
       {" is the password manager", " is not the password", " as the passwords", " is, password",
        " is in the vault, the password too", " is the password hash"})
    EXPECT_EQ(at_every_cut("so " + kOne + tail), Texts{}) << tail;
  EXPECT_EQ(at_every_cut("Argon2 is the password hash, Section-4 the password policy"), Texts{});
}

}  // namespace
}  // namespace sallyport::scan
