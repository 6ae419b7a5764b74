// Names below the head of their column (headed_columns.h, recognise/person/name_cell.h). Each text
// is cut at every byte.
#include "dataplane/scan/recognise/person/name_cell.h"
#include "tests/unit/scan/scan_fixture.h"

namespace sallyport::scan {
namespace {

using Texts = std::vector<std::string>;

class NameColumn : public ScanFixture {
 protected:
  void SetUp() override {
    std::vector<controlplane::policy::EntitySource> entities(1);
    controlplane::policy::RuleSource label;
    label.id = "label";
    label.kind = contract::RuleKind::Person;
    label.cues = {"first name", "first_name", "last name", "last_name",
                  "full_name",  "nachname",   "姓名"};
    label.separated = true;
    label.any_name = true;
    entities[0].name = "PERSON";
    entities[0].rules = {label};
    load(entities);
  }
  static Texts persons(std::initializer_list<std::string_view> names) {
    Texts out;
    for (std::string_view name : names) out.push_back("PERSON=" + std::string(name));
    return out;
  }
};

TEST_F(NameColumn, OfLines) {
  EXPECT_EQ(at_every_cut("id,first_name,last_name\n1,Xqar,Zworgl\n2,Anna,van Quast\n"),
            persons({"Xqar", "Zworgl", "Anna", "van Quast"}));
  EXPECT_EQ(at_every_cut("See:\n| Last name | Age |\n|---|---|\n| O'Zworgl | 3 |\n| N/A | 4 |\n"),
            persons({"O'Zworgl"}));
  EXPECT_EQ(at_every_cut("full_name;dob\n\"Zworgl, Xqar J.\";1990\nmaria lopez;1991"),
            persons({"Zworgl, Xqar J.", "maria lopez"}));
  EXPECT_EQ(at_every_cut("姓名,年龄\n王小明,30\n"), persons({"王小明"}));
}

TEST_F(NameColumn, OfHtmlAndLists) {
  EXPECT_EQ(at_every_cut("<table><tr><th>First name</th><th>Nachname</th></tr><tr><td>Xqar</td>"
                         "<td>Zworgl</td></tr></table>"),
            persons({"Xqar", "Zworgl"}));
  EXPECT_EQ(at_every_cut("INSERT INTO u (id, last_name) VALUES (1, 'Zworgl'), (2, 'Xqar');"),
            persons({"Zworgl", "Xqar"}));
  EXPECT_EQ(at_every_cut("INSERT INTO u (id, last_name) VALUES (1, N'Zworgl'), (2, N' Xqar ');"),
            persons({"Zworgl", "Xqar"}));
  EXPECT_EQ(at_every_cut("[[\"last_name\", \"x\"], [\"Zworgl\", \"Y\"]]"), persons({"Zworgl"}));
}

TEST_F(NameColumn, NotInWhatOnlyLooksLikeOne) {
  for (const std::string text :
       {"| Field | Type |\n|---|---|\n| Last name | text |\n| Country | Text |\n",
        "SELECT id, last_name\nFROM users, Orders\n",
        "from x import a, last_name\nfrom y, Zworgl\n",
        "id,last_name\n1,required\n2,3x\n3,Acme GmbH\n", "a,last_name\n1,2,Zworgl\n",
        "the last name, and so?\nBut, Zworgl\n", "id,last_name_hash\n1,Zworgl\n"})
    EXPECT_EQ(at_every_cut(text), Texts{}) << text;
}

TEST(NameCell, IsMadeOfWordsOnly) {
  const auto is_name = [](std::string_view cell) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(cell.data());
    const TextView text{bytes, 0, cell.size(), true};
    OpenReader reader(text);
    return is_name_cell(reader, 0, cell.size());
  };
  for (std::string_view cell :
       {"Zworgl", "ZWORGL", "J. R. Zworgl", "von Zworgl", "anna", "Zworgl-Quast", "Zworgl, Anna"})
    EXPECT_TRUE(is_name(cell)) << cell;
  for (std::string_view cell : {"", "zworgl", "Z", "Zworgl 3", "Zworgl_x", "a b", "N/A", "Unknown",
                                "Zworgl GmbH", "A B C D E F G", "Zworgl (Anna)"})
    EXPECT_FALSE(is_name(cell)) << cell;
}

}  // namespace
}  // namespace sallyport::scan
