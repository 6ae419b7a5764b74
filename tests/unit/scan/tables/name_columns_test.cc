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
    controlplane::policy::RuleSource beside = label;
    beside.id = "beside";
    beside.cues = {"name", "nom", "név"};
    beside.separated = beside.any_name = false;
    beside.names_beside = true;
    controlplane::policy::RuleSource role = label;
    role.id = "role";
    role.cues = {"employee", "reported by"};
    role.any_name = false;
    entities[0].name = "PERSON";
    entities[0].rules = {label, beside, role};
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

TEST_F(NameColumn, BesideHeadsOfPeople) {
  EXPECT_EQ(at_every_cut("id,name,phone_number\n1,Xqar Zworgl,555 0100\n2,Anna,555 0101\n"),
            persons({"Xqar Zworgl", "Anna"}));
  EXPECT_EQ(at_every_cut("| Nom | E-mail |\n|---|---|\n| Xqar Zworgl | x@y.example |\n"),
            persons({"Xqar Zworgl"}));
  EXPECT_EQ(at_every_cut("Név;Születési dátum\nZworgl Xqar;1980. 03. 04.\n"),
            persons({"Zworgl Xqar"}));
  EXPECT_EQ(at_every_cut("Name\tTelefon-Nr\ndr. Xqar Zworgl\t030 12\nXqar Zworgl Jr., MD\t3\n"),
            persons({"dr. Xqar Zworgl", "Xqar Zworgl Jr., MD"}));
  EXPECT_EQ(at_every_cut("Employee;dateOfBirth\nXqar Zworgl;1.2.1980\n"), persons({"Xqar Zworgl"}));
  EXPECT_EQ(at_every_cut("<tr><th>Name</th><th class=x>Phone</th></tr><tr><td>Xqar Zworgl</td>"
                         "<td>12</td></tr></table>"),
            persons({"Xqar Zworgl"}));
  EXPECT_EQ(at_every_cut("INSERT INTO u (name, email) VALUES ('Xqar Zworgl', 'x@y.example');"),
            persons({"Xqar Zworgl"}));
  // An address is where shops are, too: only beside a name that lists know.
  EXPECT_EQ(at_every_cut("name;address\nAnna Zworgl;3 Elm St\nBlorp Zworgl;4 Elm St\n"),
            persons({"Anna Zworgl"}));
}

TEST_F(NameColumn, NotBesideHeadsOfThings) {
  for (const std::string text :
       {"name,version,license\nXqar Zworgl,1.2,MIT\n", "name,value\nXqar Zworgl,12\n",
        "Name | Phone model\nXqar Zworgl | 12\n", "name;IP address\nXqar Zworgl;10.0.0.1\n",
        "Name;Birth rate\nXqar Zworgl;12\n", "file name,phone\nXqar Zworgl,12\n",
        "name,mobile\nXqar Zworgl,yes\n", "name,phone\nXqar,12\nSupport Office,13\n",
        "name,phone\nXqar Clinic,12\n", "your name, phone and\nXqar Zworgl, 12 and\n",
        "<tr><th>Name</th><th>Licence</th></tr><tr><td>Xqar Zworgl</td><td>3</td></tr></table>"})
    EXPECT_EQ(at_every_cut(text), Texts{}) << text;
}

TEST_F(NameColumn, QuotesInsideOfACellHoldNoSeparator) {
  EXPECT_EQ(at_every_cut("last_name;size\nZworgl;5\" x 3\"\n\"Quast; Xqar\";2\"\nXqar;1\n"),
            persons({"Zworgl", "Xqar"}));
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
