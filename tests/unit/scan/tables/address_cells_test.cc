// Addresses behind their label and below the head of their column (address_cell.h,
// headed_columns.h). Each text is cut at every byte.
#include "dataplane/scan/recognise/address/address_cell.h"
#include "tests/unit/scan/scan_fixture.h"

namespace sallyport::scan {
namespace {

using Texts = std::vector<std::string>;

class AddressCells : public ScanFixture {
 protected:
  void SetUp() override {
    std::vector<controlplane::policy::EntitySource> entities(1);
    controlplane::policy::RuleSource label;
    label.id = "label";
    label.kind = contract::RuleKind::Address;
    label.cues = {"address", "adresse", "addr", "адрес", "Адрес", "住所", "ที่อยู่", "العنوان"};
    label.separated = true;
    entities[0].name = "ADDRESS";
    entities[0].rules = {label};
    load(entities);
  }
  static Texts addresses(std::initializer_list<std::string_view> values) {
    Texts out;
    for (std::string_view value : values) out.push_back("ADDRESS=" + std::string(value));
    return out;
  }
};

TEST_F(AddressCells, BehindALabel) {
  EXPECT_EQ(at_every_cut("Address: Flat 4, Rhosfach, Llanddeusant SA19 9YD\n"),
            addresses({"Flat 4, Rhosfach, Llanddeusant SA19 9YD"}));
  EXPECT_EQ(at_every_cut("x\nAddress :\n46 Ashgrove, Ballinrobe\nPhone: 1"),
            addresses({"46 Ashgrove, Ballinrobe"}));
  EXPECT_EQ(at_every_cut(R"({"address": "Cité 3, Sfax", "billingAddress":"Plot 17, Nashik"})"),
            addresses({"Cité 3, Sfax", "Plot 17, Nashik"}));
  EXPECT_EQ(at_every_cut("<address>Plot 17, Nashik</address>"), addresses({"Plot 17, Nashik"}));
  EXPECT_EQ(at_every_cut("**Adresse:** Cité 3, Sfax | b"), addresses({"Cité 3, Sfax"}));
  EXPECT_EQ(at_every_cut("Адрес: 431002, г. Заречный, аллея Южная, 7\n"),
            addresses({"431002, г. Заречный, аллея Южная, 7"}));
  EXPECT_EQ(at_every_cut("ที่อยู่: 7 สุรวงศ์, 65320 พัทยา\n"),
            addresses({"7 สุรวงศ์, 65320 พัทยา"}));
  EXPECT_EQ(at_every_cut(R"("address": "9 Elm\nLeeds 4")"), addresses({R"(9 Elm\nLeeds 4)"}));
}

TEST_F(AddressCells, EndBeforeWhatTheirLineGoesOnWith) {
  EXPECT_EQ(at_every_cut("Address: 46 Ashgrove, Ballinrobe, Tel: 094 555 01 02\n"),
            addresses({"46 Ashgrove, Ballinrobe"}));
  EXPECT_EQ(at_every_cut("Address: 46 Ashgrove, Ballinrobe. Please call before.\n"),
            addresses({"46 Ashgrove, Ballinrobe"}));
  EXPECT_EQ(at_every_cut("Adresse: Gül Sokak No: 45 D: 6, Urla\n"),
            addresses({"Gül Sokak No: 45 D: 6, Urla"}));
}

TEST_F(AddressCells, BelowAHead) {
  EXPECT_EQ(at_every_cut("id,address,size\n1,\"9 Elm Rise, Leeds\",3\n2,Plot 17,4\n"),
            addresses({"9 Elm Rise, Leeds", "Plot 17"}));
  EXPECT_EQ(at_every_cut("| Nom | Adresse |\n|---|---|\n| K | Cité 3, Sfax |\n| L | N/A |\n"),
            addresses({"Cité 3, Sfax"}));
  EXPECT_EQ(at_every_cut("氏名;住所\n原;22洋子町3丁目5番2号\n"),
            addresses({"22洋子町3丁目5番2号"}));
  EXPECT_EQ(at_every_cut("<tr><th>Address</th><th>b</th></tr><tr><td>Plot 17</td><td>c</td></tr>"),
            addresses({"Plot 17"}));
  EXPECT_EQ(at_every_cut("INSERT INTO t (id, addr) VALUES (1, '9 Elm Rise, Leeds');"),
            addresses({"9 Elm Rise, Leeds"}));
}

TEST_F(AddressCells, NotOfNetworksAndMemoryAndSentences) {
  for (std::string_view text :
       {"address: 10.0.0.1", "IP address: fe80::1", "Address: 0x40021000 Flash", "address = Node 3",
        "Address: 12:30 Leeds", "Address: the form has 3 Fields", "address: Bank of 16 bytes",
        "Address: Leeds", "Address: 12", "the address Plot 17, Nashik was",
        "host,address,port\nWeb,10.0.0.1,80\nDb,10.0.0.2,81\n", "Address: jo@x.example 5 High"})
    EXPECT_EQ(at_every_cut(std::string(text)), Texts{}) << text;
}

}  // namespace
}  // namespace sallyport::scan
