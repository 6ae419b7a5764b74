// Street addresses and names of people.
#include "dataplane/scan/recognise/address/address.h"
#include "dataplane/scan/recognise/address/free_address.h"
#include "dataplane/scan/recognise/person/gazetteer.h"
#include "dataplane/scan/recognise/person/lone_given.h"
#include "dataplane/scan/recognise/person/person.h"
#include "tests/unit/scan/recognise/recognise_fixture.h"

namespace sallyport::scan {
namespace {

bool is_digit_char(char c) { return c >= '0' && c <= '9'; }

std::string address_in(std::string_view text) {
  const std::string one =
      first_found(text, address_from_number, [](std::string_view t, size_t at, Trigger& out) {
        if (!is_digit_char(t[at]) || (at > 0 && is_digit_char(t[at - 1]))) return false;
        out = Trigger{at, at};
        return true;
      });
  if (!one.empty()) return one;
  return first_found(text, address_to_number, [](std::string_view t, size_t at, Trigger& out) {
    out = Trigger{at, at};
    return at > 1 && is_digit_char(t[at]) && t[at - 1] == ' ' && !is_digit_char(t[at - 2]);
  });
}

TEST(Address, WithItsPlace) {
  for (std::string_view text : {"4155 Lake Ave, Phoenix, AZ 85055",
                                "8126 NW Spruce Ter #374, Portland, OR 97276",
                                "19103 Franklin Ln, Suite 529, Salt Lake City, UT 84177-2970",
                                "67 boulevard Voltaire, 13006 Marseille",
                                "12 bis rue de la Paix, 75002 Paris",
                                "221B Baker Street, London NW1 6XE",
                                "10 Downing Street, London SW1A 2AA",
                                "Gartenstra\xc3\x9f"
                                "e 98a, 50667 K\xc3\xb6ln",
                                "Berliner Str. 12, 10827 Berlin",
                                "Keizersgracht 123, 1015 CJ Amsterdam",
                                "Calle Mayor 12, 28013 Madrid",
                                "Via Roma 10, 00184 Roma",
                                "ul. D\xc5\x82uga 5, 00-238 Warszawa",
                                "Storgatan 5, 111 22 Stockholm",
                                "350 5th Ave, New York, NY 10118",
                                "4563 Hickory Corners Fairview, OR 97201",
                                "123 main st, springfield, il 62701",
                                "1 Macquarie Street, Sydney NSW 2000",
                                "PSC 4095, Box 8316\nAPO AE 85103",
                                "12 King St W, Toronto, ON M5V 2T6",
                                "PSC 0413, Box 8144\nAPO AA 34020",
                                "USS Halden\nFPO AE 09577",
                                "Flat 4, 12 Church Road, Leeds LS2 9JT",
                                "C/ Mayor 3, 2\xc2\xba B, 41001 Sevilla",
                                "Via Roma, 10, 00184 Roma",
                                "Karl Johans gate 5, 0154 Oslo",
                                "Pet\xc5\x91"
                                "fi utca 12, 6720 Szeged",
                                "1051 Szeged, De\xc3\xa1k t\xc3\xa9r 3, 6720 Szeged",
                                "Rua Augusta 12, 1100-048 Lisboa",
                                "Av. Paulista, 1500 - apto 32, Curitiba - PR, 80010-120",
                                "12 Sunnyside Cottages, Leeds LS2 9JT",
                                "1423 Bahnhofstr. 5, 8001 Z\xc3\xbcrich",
                                "Allika 46\n Suite 501\n Riisa\n Estonia 62488",
                                "12 Main Street, Dublin D02 X285",
                                "7/107 Olson Street, Fremantle WA 6160",
                                "Bahnhofstrasse 21, CH-8001 Zürich",
                                "Keizersgracht 12, 1012LG Amsterdam",
                                "Aleea Crinului 18, 428774 Carei",
                                "Andrássy sugárút 31, 1062 Budapest",
                                "Avenida del Puerto s/n, 46023 Valencia",
                                "Neubaugasse 88a/3/12, 1070 Wien",
                                "Quai Blanc 187 bis, 1070 Anderlecht",
                                "27 Merrion Row, Dublin 2, D02 KF79",
                                "Av. Callao 1234, piso 5, C1023AAR Buenos Aires",
                                "Str. Ion Creangă nr. 5, bl. A2, sc. 1, ap. 10, 400123 Cluj",
                                "12 Nguyễn Du, Phường 7, Quận 5, TP. Hồ Chí Minh",
                                "Flat No. 402, Shanti Apartments, MG Road, Pune 411001",
                                "House 12, Street 5, F-8/3, Islamabad 44000",
                                "775 Conn Port Suite 661, East Halden, OH 24047-7159",
                                "12 Gleason Forges, Fairview, OR 97201",
                                "Elizabetes iela 55, Rīga, LV-1010",
                                "Jalan Merdeka 14, Bandung 40111",
                                "Casella postale 12, 00184 Roma"}) {
    EXPECT_EQ(address_in("at " + std::string(text) + "."), text);
    EXPECT_EQ(address_in(std::string(text)), text);
  }
}

TEST(Address, WithoutAPlaceItAsksForAWord) {
  EXPECT_EQ(address_in("at 10 Downing Row now"), "~10 Downing Row");
  EXPECT_EQ(address_in("at 768 Rath Orchard now"), "~768 Rath Orchard");
  EXPECT_EQ(address_in("in Bachufer 98a und"), "~Bachufer 98a");
  EXPECT_EQ(address_in("en Plaza Mayor 12 hay"), "~Plaza Mayor 12");
  EXPECT_EQ(address_in("Calle Mayor 12"), "Calle Mayor 12");  // nothing else on its line
  EXPECT_EQ(address_in("see\n> 29 Rue de Tanger\n> soon"), "29 Rue de Tanger");
  EXPECT_EQ(address_in("PO Box 1234, Austin, TX 78701"), "PO Box 1234, Austin, TX 78701");
}

TEST(Address, AStreetThatSaysSoNeedsNoPlace) {
  for (std::string_view text :
       {"4471 Maple Street", "4465 Third Avenue", "578 Main Street NW", "98 Lakeview Drive",
        "350 Fifth Avenue", "1420 Willow Way", "Carrera 11 No. 84-21", "Calle 93A # 11A-28",
        "Av. Callao 1234, piso 5", "12 rue Victor Hugo", "Gartenstraße 98a", "Goethestr. 5",
        "Rosenweg 7", "1420 Pine Dr", "Calle Mayor 5", "ul. Mickiewicza 5", "Prinsengracht 263"}) {
    EXPECT_EQ(address_in("at " + std::string(text) + " now"), text);
    EXPECT_EQ(address_in("at " + std::string(text) + ", now"), text);
  }
  for (std::string_view text :
       {"at 12 Wall Street now", "take the 16 Hard Drive bays", "the 12 First Drive bays",
        "by 2016 Iain Lane now", "at 5 Maple Street now", "see 350 Maple Street Journal",
        "all 14 Maple Court cases", "auf der Bundesstraße 96 nach", "in der Sackgasse 3 war",
        "am Radweg 12 lag", "na Rua Augusta 2019 foi"}) {
    const std::string found = address_in(text);
    EXPECT_TRUE(found.empty() || found[0] == '~') << text << ' ' << found;
  }
}

TEST(Address, TitlesStringsAndListsAreNone) {
  for (std::string_view text :
       {"5 ways to drive", "the string 5", "version 2.5 Road", "100 years of street art", "Ring 3",
        "step 4 Deploy the app", "3 blind mice", "during 2020", "$5 Main Street", "navigate 3",
        "Chapter Three 12, 45678 Words", "Windows Server 2019, 12345 Users",
        "with Room 5 and Level 3", "Gate 17, Platform 9, Flight 0003", "Unit 4, Lesson 5, Page 12",
        "Calle 93 de 11", "the Carrera 911 No. 5"})
    EXPECT_EQ(address_in(text), "") << text;
}

TEST(Address, WhatBeginsBeforeItsNumberIsAlive) {
  for (const std::string text :
       {"Ich wohne in Gartenstraße 98a, 50667 Köln", "vivo en Calle de la Paz 12, 28013 Madrid",
        "adres: ul. Długa 5, 00-238 Warszawa", "they sail on USS Halden\nFPO AE 09577",
        "sent to uscgc halden\nfpo ae 09577", "it is in 0269 Håkon terrasse 38, 0154 Oslo",
        "in Rue Saint-Denis 12, 1000 Bruxelles", "in Via dell'Arte 5, 00184 Roma",
        "in casella postale 12, 00184 Roma", "at psc 4095, box 8316, apo ae 85103",
        "en Avenida del Puerto s/n, 46023 Valencia", "en la Carrera 11 No. 84-21",
        "at Flat No. 402, Shanti Apartments, MG Road, Pune 411001",
        "see Dlouhá ulice č.p. 12, 110 00 Praha", "now 1051 Szeged, Deák tér 3, 6720 Szeged"}) {
    const std::string found = address_in(text);
    ASSERT_FALSE(found.empty()) << text;
    const size_t start = text.find(found[0] == '~' ? found.substr(1) : found);
    ASSERT_NE(start, std::string::npos) << found;
    for (size_t size = start + 1; size <= text.size() && !is_digit_char(text[size - 1]); ++size) {
      // An open word is held by its own stage; the scanner's text ends between letters.
      const size_t gap = text.find_last_of(" \n", size - 1);
      const bool in_letter = size < text.size() && (text[size] & 0xc0) == 0x80;
      if (gap == std::string::npos || gap < start || in_letter) continue;
      EXPECT_LE(address_live_from(view_of(std::string_view(text).substr(0, size), false)), start)
          << text << ' ' << size;
    }
  }
}

TEST(Address, ACueThatBeginsItsAddressIsAlive) {
  const std::string corner = "it is at the corner of";
  const size_t at = corner.find("corner");
  for (size_t size = at + 7; size < corner.size(); ++size)
    EXPECT_LE(address_live_from(view_of(std::string_view(corner).substr(0, size), false)), at);
  const std::string region = "送到東京都";
  for (size_t size = region.find("東") + 3; size < region.size(); size += 3)
    EXPECT_LE(address_live_from(view_of(std::string_view(region).substr(0, size), false)),
              region.find("東"));
  const std::string prose = "the quick brown foxes jumped, ";
  EXPECT_EQ(address_live_from(view_of(prose, false)), prose.size());
}

std::string address_behind(std::string_view text, std::string_view cue) {
  const size_t at = text.find(cue);
  return found_at(text, address_after_cue, Trigger{at, at + cue.size()});
}

TEST(ScriptAddress, RegionsAndStreetsSayWhatFollows) {
  EXPECT_EQ(address_behind("在浙江省杭州市西湖区文三路478号。", "浙江省"),
            "浙江省杭州市西湖区文三路478号");
  EXPECT_EQ(address_behind("大阪府大阪市北区梅田1-2-3に", "大阪府"), "大阪府大阪市北区梅田1-2-3");
  EXPECT_EQ(address_behind("〒604-8571 京都府京都市中京区本能寺前町488番地", "〒"),
            "〒604-8571 京都府京都市中京区本能寺前町488番地");
  EXPECT_EQ(address_behind("경기도 성남시 분당구 판교역로 235, 101동 1203호 앞", "경기도"),
            "경기도 성남시 분당구 판교역로 235, 101동 1203호");
}

TEST(ScriptAddress, AWordAnnouncesOne) {
  EXPECT_EQ(address_behind("我的地址是朝阳区建国路88号", "地址"), "朝阳区建国路88号");
  EXPECT_EQ(address_behind("제 주소는 해운대구 센텀중앙로 79입니다", "주소"),
            "해운대구 센텀중앙로 79");
  EXPECT_EQ(address_behind("العنوان: شارع التحرير 12 القاهرة 12311.", "العنوان"),
            "شارع التحرير 12 القاهرة 12311");
  EXPECT_EQ(address_behind("पता: मकान नंबर 45, गांधी नगर, जयपुर 302015 पर", "पता"),
            "मकान नंबर 45, गांधी नगर, जयपुर 302015");
  const std::string thai = "45/7 หมู่ 3 ต.บางพลี 10540";
  EXPECT_EQ(address_behind("ที่อยู่ " + thai + " ครับ", "ที่อยู่"), thai);
}

TEST(ScriptAddress, DatesLinesAndNetworkAddressesAreNone) {
  EXPECT_EQ(address_behind("北京市2023年3月5号发布", "北京市"), "");
  EXPECT_EQ(address_behind("上海市浦东新区地铁2号线", "上海市"), "");
  EXPECT_EQ(address_behind("東京都渋谷区は3番目", "東京都"), "");
  EXPECT_EQ(address_behind("IP地址:192.168.1.20,端口8080", "地址"), "");
  EXPECT_EQ(address_behind("서울시는 2023년 3월 5일 발표했다", "서울시"), "");
  EXPECT_EQ(address_behind("यह पता करें कि 5 और 7", "पता"), "");
  EXPECT_EQ(address_behind("ที่อยู่ IP คือ 10.0.0.1", "ที่อยู่"), "");
}

std::string person_behind(std::string_view text, std::string_view cue, uint16_t flags = 0) {
  const size_t at = text.find(cue);
  RuleParameters rule;
  rule.flags = flags;
  return found_at(text, person_after_cue, Trigger{at, at + cue.size()}, rule);
}

TEST(Person, BeforeADeed) {
  EXPECT_EQ(person_behind("\"Go,\" Katarina said, and", " said"), "Katarina");
  EXPECT_EQ(person_behind("Katarina Zworgl resigned.", " resigned"), "Katarina Zworgl");
  EXPECT_EQ(person_behind("so Lars van der Zworgl called", " called"), "Lars van der Zworgl");
  EXPECT_EQ(person_behind("If Katarina isn't there", " isn't"), "Katarina");
  EXPECT_EQ(person_behind("Yesterday Katarina wrote", " wrote"), "Katarina");
  for (const char* text :
       {"the Acme Katarina said no", "it said no", "Alice said no", "Julia said no",
        "Paris said no", "std::Katarina said no", "Rue Katarina said no",
        "Katarina Systems said no", "KATARINA said no", "Harry Potter said no", "Katarina said_no"})
    EXPECT_EQ(person_behind(text, " said"), "") << text;
}

TEST(Person, BehindACue) {
  EXPECT_EQ(person_behind("my name is Sofia Brown, email", "name is"), "Sofia Brown");
  EXPECT_EQ(person_behind("{\"name\":\"Nadia Jansen\"}", "name"), "Nadia Jansen");
  EXPECT_EQ(person_behind("Patient Victor L\xc3\xb3pez, MRN", "Patient"), "Victor L\xc3\xb3pez");
  EXPECT_EQ(person_behind("name: J. R. Kowalski", "name"), "J. R. Kowalski");
  EXPECT_EQ(person_behind("name is Maria de la Cruz.", "name is"), "Maria de la Cruz");
  EXPECT_EQ(person_behind("Mr. Kowalczyk called", "Mr."), "~Kowalczyk");
  EXPECT_EQ(person_behind("name is Xqar Bzlorp", "name is"), "~Xqar Bzlorp");
  EXPECT_EQ(person_behind("my name is john smith and", "name is"), "john smith");
}

TEST(Person, WordsThatAreNoNames) {
  for (std::string_view text : {"name is not important", "name: The Company", "name is",
                                "rename Sofia Brown", "name = foo", "name: Main.java"})
    EXPECT_EQ(person_behind(text, "name"), "") << text;
}

TEST(Person, AnyNameBehindACueThatNothingElseFollows) {
  const auto behind = [](std::string_view text, std::string_view cue) {
    return person_behind(text, cue, contract::kRuleAnyName);
  };
  EXPECT_EQ(behind("Mr. Brzozowiak called", "Mr."), "Brzozowiak");
  EXPECT_EQ(behind("my name is Xqar, hello", "name is"), "Xqar");
  EXPECT_EQ(behind("my name is Xqar Bzlorp.", "name is"), "Xqar Bzlorp");
  EXPECT_EQ(person_behind("Mr. Brzozowiak called", "Mr."), "") << "only where the rule says so";
  EXPECT_EQ(person_behind("user: maria lopez wants", "user:"), "maria lopez");
  EXPECT_EQ(person_behind("user: maria bzlorp wants", "user:"), "");
  for (std::string_view text : {"name is ID", "name is\nImportant", "name is not known",
                                "name is X", "name is Xqar.java", "name is Unknown"})
    EXPECT_EQ(behind(text, "name is"), "") << text;
}

// Labels of what things are called, too: beside fields of people names that no list knows.
TEST(Person, BesideFieldsOfPeople) {
  const auto behind = [](std::string_view text, std::string_view cue) {
    return person_behind(text, cue, contract::kRuleNamesBeside);
  };
  EXPECT_EQ(behind("Nume: Xqar Bzlorp\nAdresa: x", "Nume"), "Xqar Bzlorp");
  EXPECT_EQ(behind("Nume: Xqar Bzlorp\nData nașterii: 1.2.1980", "Nume"), "Xqar Bzlorp");
  EXPECT_EQ(behind("{\"nom\": \"Xqar Bzlorp\", \"id\": 3, \"téléphone\": 4}", "nom"),
            "Xqar Bzlorp");
  EXPECT_EQ(behind("Telefon: 3\nName: Xqar Bzlorp\nx", "Name"), "Xqar Bzlorp");
  EXPECT_EQ(behind("Name: Dr. Xqar Bzlorp, MD\nPhone: 3", "Name"), "Xqar Bzlorp");
  EXPECT_EQ(behind("Name: Anna West\nPhone: 3", "Name"), "Anna West");
  for (std::string_view text :
       {"Name: Xqar Bzlorp\nPrice: 3", "Name: Xqar Bzlorp\n\nPhone: 3",
        "Name: Xqar Bzlorp\nPower supply: 3\nPhone model: 4", "Name: Xqar\nPhone: 3",
        "Name: Release Candidate\nPhone: 3", "Name: Xqar Bzlorp\nIP address: 3"}) {
    const std::string found = behind(text, "Name");
    EXPECT_TRUE(found.empty() || found[0] == '~') << text;
  }
}

// Only people are born on a day: names that no list knows before it.
TEST(Person, BeforeTheDayOfABirth) {
  EXPECT_EQ(person_behind("Xqar Bzlorp, born on 3 May 1980", "born"), "Xqar Bzlorp");
  EXPECT_EQ(person_behind("Frau Xqara van den Bzlorp (geb. 3.5.1980)", "geb"),
            "Xqara van den Bzlorp");
  EXPECT_EQ(person_behind("for Anna Maria Bzlorp, née le 3 mai 1980", "née"), "Anna Maria Bzlorp");
  EXPECT_EQ(person_behind("Der Maler Xqar Bzlorp, geboren 1980", "geboren"), "Xqar Bzlorp");
  for (std::string_view text :
       {"Xqar Bzlorp, born in Leeds", "Bzlorp, born on 3 May 1980",
        "Xqar Bzlorp born on 3 May 1980", "Xqar Widgets, born on 3 May 1980",
        "The Release, born on 3 May 1980", "Xqar bzlorp, born on 3 May 1980",
        "Xqar Bzlorp, born\non 3 May"})
    EXPECT_EQ(person_behind(text, "born"), "") << text;
}

// Letters of the cue as the test writes them are those of the text.
TEST(Person, ATitleWithoutAPointIsOneAsItIsWritten) {
  constexpr uint16_t kAny = contract::kRuleAnyName | contract::kRuleTitleCues;
  EXPECT_EQ(person_behind("call Ms Bzlorp today", "Ms ", kAny), "Bzlorp");
  EXPECT_EQ(person_behind("so Mr O'Bzlorp and", "Mr ", kAny), "O'Bzlorp");
  EXPECT_EQ(person_behind("call MR SCHMIDT, now", "MR ", kAny), "SCHMIDT");
  EXPECT_EQ(person_behind("goes with ms. Bzlorp now", "ms.", kAny), "Bzlorp");
  const std::pair<std::string_view, std::string_view> none[] = {
      {"100 ms Max. Bzlorp", "ms "}, {"100 ms. Bzlorp is", "ms."}, {"took ms. Bzlorp is", "ms."},
      {"use MS Bzlorp and", "MS "},  {"a MR BZLORP of", "MR "},    {"say Mr Robot is", "Mr "},
      {"the Ms\nBzlorp is", "Ms"}};
  for (const auto& [text, cue] : none) EXPECT_EQ(person_behind(text, cue, kAny), "") << text;
  EXPECT_EQ(person_behind("the Sr. Schmidt is", "Sr. ", contract::kRuleTitleCues), "Schmidt");
  EXPECT_EQ(person_behind("a Sr. Bzlorp is", "Sr. ", contract::kRuleTitleCues), "");
}

std::string person_in(std::string_view text) {
  return first_found(text, person_at_name, [](std::string_view t, size_t at, Trigger& out) {
    out = Trigger{at, at};
    const bool begins = at == 0 || std::isalpha(static_cast<unsigned char>(t[at - 1])) == 0;
    return begins && t[at] >= 'A' && t[at] <= 'Z';
  });
}

TEST(Person, ByGazetteer) {
  EXPECT_EQ(person_in("Robert Ali's cell"), "Robert Ali");
  EXPECT_EQ(person_in("from Grace Jones,grace"), "Grace Jones");
  EXPECT_EQ(person_in("[\"Peter Zworgl\"]"), "~Peter Zworgl");
  for (std::string_view text : {"New York Times", "Python Software Foundation", "The Grace Period",
                                "Paris Agreement", "May Day"})
    EXPECT_EQ(person_in(text), "") << text;
}

TEST(Person, FirmsBooksAndWhatIsNamedAfterSomebodyAreNone) {
  for (std::string_view text :
       {"Morgan Stanley rose", "read Jane Eyre and", "Albert Einstein said",
        "Martin Luther King Day", "Robert Walker GmbH", "Peter Walker College",
        "die Firma Robert Walker", "Rue Victor Walker", "the novel Anna Walker"})
    EXPECT_EQ(person_in(text), "") << text;
  EXPECT_EQ(person_in("in Robert OH 44130"), "") << "a state";
  EXPECT_EQ(person_in("met Robert Walker today"), "Robert Walker");
  EXPECT_EQ(person_in("Robert Walker School: Hill"), "Robert Walker") << "a form: a label follows";
  EXPECT_EQ(person_behind("Patient Jane Eyre, MRN", "Patient"), "Jane Eyre") << "announced";
}

// A given name and a word that no list knows, where only a person can stand.
TEST(Person, AGivenNameAndAnUnknownWordInProse) {
  EXPECT_EQ(person_in("call Peter Zworgl"), "Peter Zworgl");
  EXPECT_EQ(person_in("met Anna Maria B. Zworgl, who"), "Anna Maria B. Zworgl");
  EXPECT_EQ(person_in("- Peter Zworgl\n- x"), "Peter Zworgl");
  EXPECT_EQ(person_in("hi\n>Peter Zworgl\n>12"), "Peter Zworgl");
  for (std::string_view text :
       {"# by Peter Zworgl", "the Peter Zworgl trial", "12 Peter Zworgl u. 3", "Peter Zworgl 894",
        "Peter Zworgl algorithm", "Claude Zworgl", "use Julia Zworgl now", "\"Peter Zworgl\"",
        "Peter Xqar Zworgl", "PETER Zworgl", "<b>Peter Zworgl</b>"})
    EXPECT_EQ(person_in(text).substr(0, 1), "~") << text;
  EXPECT_EQ(person_in("at Peter Insurance, now"), "");
  EXPECT_EQ(person_in("Rua Peter Zworgl, 4"), "");
}

// Names that no list knows: where letters begin and end, behind a doctor's title, family name
// first.
TEST(Person, WhereLettersAndDoctorsNameSomebody) {
  EXPECT_EQ(person_behind("Dear Xqar, how", "Dear "), "Xqar");
  EXPECT_EQ(person_behind("x\nHey Xqar!\nhow", "Hey "), "Xqar");
  EXPECT_EQ(person_behind("Cher Xqar Bzlorp, vous", "Cher "), "Xqar Bzlorp");
  for (std::string_view text : {"Dear Team, how", "Dear Xqar how", "my Dear Xqar, how",
                                "Dear XQAR, how", "Dear Xq,", "Dear Customer,"})
    EXPECT_EQ(person_behind(text, "Dear "), "") << text;
  const uint16_t below = contract::kRuleAnyName | contract::kRuleUnseparated;
  EXPECT_EQ(person_behind("so.\nThanks,\nXqar\n", "\nThanks,", below), "Xqar");
  EXPECT_EQ(person_behind("so.\nThanks,\nXqar is here\n", "\nThanks,", below), "");
  EXPECT_EQ(person_behind("Thanks, regards\nXqar\n", "regards", below), "") << "no line of its own";
  const auto doctor = [](std::string_view text) {
    return person_behind(text, "Dr.", contract::kRuleAnyName);
  };
  EXPECT_EQ(doctor("called Dr. Bzlorp at"), "Bzlorp");
  EXPECT_EQ(doctor("Herr Dr. Bzlorp"), "Bzlorp");
  for (std::string_view text : {"12 Elm Dr. Bzlorp", "5 Dr. Bzlorp", "a Dr. Pepper"})
    EXPECT_TRUE(doctor(text).empty() || doctor(text)[0] == '~') << text;
  EXPECT_EQ(person_behind("Patient: Bzlorp, Anna MRN", "Patient", contract::kRuleSeparated),
            "Bzlorp, Anna");
  EXPECT_EQ(person_behind("Patient: Bzlorp, Anna: 3", "Patient", contract::kRuleSeparated), "");
}

TEST(Person, AGivenNameBehindAGreetingOrAVerb) {
  EXPECT_EQ(person_behind("Hi Peter, how", "Hi "), "Peter");
  EXPECT_EQ(person_behind("told Peter that", "told "), "Peter");
  EXPECT_EQ(person_behind("told Peter Zworgl that", "told "), "Peter Zworgl");
  for (std::string_view text : {"told Claude that", "told Claude Code to", "told Peter 4"})
    EXPECT_EQ(person_behind(text, "told ").substr(0, 1), "~") << text;
  EXPECT_EQ(person_behind("told Kittens that", "told "), "");
}

NameKind kind_of(std::string_view name) {
  return name_kind({reinterpret_cast<const uint8_t*>(name.data()), name.size()});
}

TEST(Gazetteer, MarksAndCaseDoNotCount) {
  EXPECT_TRUE(kind_of("JOS\xc3\x89").given);
  EXPECT_TRUE(kind_of("M\xc3\xbcller").family);
  EXPECT_TRUE(kind_of("Jean-Luc").given);
  EXPECT_TRUE(kind_of("O'Connor").family);
  EXPECT_TRUE(kind_of("May").ambiguous);
  EXPECT_TRUE(kind_of("Hawkins").family && kind_of("Lefevre").family);
  EXPECT_TRUE(kind_of("Brittany").given || kind_of("Whitney").given);
  EXPECT_TRUE(kind_of("Banks").family && kind_of("Banks").ambiguous);
  EXPECT_FALSE(kind_of("Window").given || kind_of("Window").family);
  EXPECT_FALSE(kind_of(std::string(200, 'a')).given);
}

TEST(Person, AGivenNameAloneWhereProseSpeaksOfSomebody) {
  const auto alone = [](std::string_view text, std::string_view name) {
    RuleParameters rule;
    rule.flags = contract::kRuleUnseparated;
    const uint64_t at = text.find(name);
    return found_at(text, lone_given_at, Trigger{at, at}, rule);
  };
  for (std::string_view text :
       {"why is Katarina late?", "Katarina, come", "\"Katarina, come\"", "Ben, Katarina and more",
        "ask Katarina.", "Then Katarina laughed", "it is Katarina's turn", "lunch\nKatarina: ok",
        "[10:32] Katarina: ok", "It rained. Katarina left", "is that Katarina"})
    EXPECT_EQ(alone(text, "Kat"), "Katarina") << text;
  for (std::string_view text :
       {"the Katarina sank", "Hurricane Katarina hit", "St. Katarina is", "import Katarina from",
        "a Katarina cluster", "Katarina Blorp is", "Katarina(3)", "Katarina.js", "x.Katarina is",
        "# Katarina is", "\"Katarina\"", "Katarina-Maria is", "O'Katarina is", "Katarina = 3",
        "(\"Katarina van Zworgl\")"})
    EXPECT_EQ(alone(text, "Kat"), "") << text;
  EXPECT_EQ(alone("in Geneva today", "Gen"), "");
  EXPECT_EQ(alone("so Mark my words", "Mark"), "");
  EXPECT_EQ(alone("so J\xc3\xbcrgen left", "J"), "J\xc3\xbcrgen");
}

TEST(Gazetteer, TheFilterOfNamesThatStandAloneMissesNone) {
  for (std::string_view name :
       {"Katarina ", "Konstantin", "Ian     ", "ANNA----", "Zo\xc3\xab    "})
    EXPECT_TRUE(may_be_given_alone(reinterpret_cast<const uint8_t*>(name.data()))) << name;
  for (std::string_view word : {"The     ", "Mark    ", "Xqarbzlo"})
    EXPECT_FALSE(may_be_given_alone(reinterpret_cast<const uint8_t*>(word.data()))) << word;
}

}  // namespace
}  // namespace sallyport::scan
