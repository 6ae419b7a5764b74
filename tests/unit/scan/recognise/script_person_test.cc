// Names in scripts without capital letters, and what labels and letters say of names that no list
// knows. Each text is asked at every cut.
#include "dataplane/scan/recognise/person/script_person.h"

#include <gtest/gtest.h>

#include "dataplane/scan/recognise/person/person.h"
#include "tests/unit/scan/recognise/recognise_fixture.h"

namespace sallyport::scan {
namespace {

std::string name_behind(std::string_view text, std::string_view cue, unsigned flags) {
  const size_t at = text.find(cue);
  RuleParameters rule;
  rule.flags = static_cast<uint16_t>(flags);
  return found_at(text, person_after_cue, Trigger{at, at + cue.size()}, rule);
}
constexpr unsigned kLabel = contract::kRuleAnyName | contract::kRuleSeparated;

// Rare family names: behind a label, of three letters.
TEST(ScriptPerson, RareKoreanFamilies) {
  EXPECT_EQ(name_behind("이름: 팽서연\n", "이름", kLabel), "팽서연");
  EXPECT_EQ(name_behind("이름: 편지\n", "이름", kLabel), "");
  EXPECT_EQ(name_behind("이름은 팽서연입니다.", "이름은", contract::kRuleAnyName), "");
}

TEST(ScriptPerson, IsFoundBehindItsLabel) {
  struct Case {
    std::string_view text, cue, name;
  };
  for (const Case& one :
       std::initializer_list<Case>{{"氏名:山田太郎", "氏名", "山田太郎"},
                                   {"氏名: 山田 太郎\n電話", "氏名", "山田 太郎"},
                                   {"お名前:佐藤花子様", "お名前", "佐藤花子"},
                                   {"氏名: 長谷川 さくら", "氏名", "長谷川 さくら"},
                                   {"名前: マイク・ジョンソン\n", "名前", "マイク・ジョンソン"},
                                   {"{\"姓名\": \"王小明\"}", "姓名", "王小明"},
                                   {"姓名: 张伟 男 30", "姓名", "张伟"},
                                   {"姓名: 欧阳娜娜, 电话", "姓名", "欧阳娜娜"},
                                   {"이름: 김민수\n", "이름", "김민수"},
                                   {"성명: 이순신 님", "성명", "이순신"},
                                   {"이름: 김 민수, 34", "이름", "김 민수"},
                                   {"الاسم: محمد أحمد علي\n", "الاسم", "محمد أحمد علي"},
                                   {"الاسم: فاطمة الزهراء رقم: 5", "الاسم", "فاطمة الزهراء"},
                                   {"שם: דוד כהן, 34", "שם", "דוד כהן"},
                                   {"नाम: राजेश कुमार\n", "नाम", "राजेश कुमार"},
                                   {"ชื่อ: นายสมชาย ใจดี\n", "ชื่อ", "สมชาย ใจดี"}})
    EXPECT_EQ(name_behind(one.text, one.cue, kLabel), one.name) << one.text;
}

TEST(ScriptPerson, IsFoundBehindAVerbIfItsFamilyNameIsOne) {
  EXPECT_EQ(name_behind("我叫王小明,", "我叫", contract::kRuleAnyName), "王小明");
  EXPECT_EQ(name_behind("私の名前は山田太郎です", "名前は", contract::kRuleAnyName), "山田太郎");
  EXPECT_EQ(name_behind("제 이름은 김민수입니다.", "이름은", contract::kRuleAnyName), "김민수");
  constexpr std::string_view kHindi = "मेरा नाम राजेश कुमार है";
  EXPECT_EQ(name_behind(kHindi, "मेरा नाम", contract::kRuleAnyName), "राजेश कुमार");
  EXPECT_EQ(name_behind("我叫他过来,", "我叫", contract::kRuleAnyName), "");
  EXPECT_EQ(name_behind("이름은 변경할 수 없다", "이름은", contract::kRuleAnyName), "");
}

TEST(ScriptPerson, IsFoundBeforeItsTitle) {
  EXPECT_EQ(name_behind("昨日鈴木さんに電話", "さん", 0), "鈴木");
  EXPECT_EQ(name_behind("田中太郎様、", "様", 0), "田中太郎");
  EXPECT_EQ(name_behind("见了王先生,", "先生", 0), "王");
  EXPECT_EQ(name_behind("请问李小明先生在", "先生", 0), "李小明");
  EXPECT_EQ(name_behind("김민수 씨가 왔다", "씨", 0), "김민수");
  EXPECT_EQ(name_behind("이영희님께", "님", 0), "이영희");
  for (const auto& [text, cue] :
       std::initializer_list<std::pair<std::string_view, std::string_view>>{{"皆さん", "さん"},
                                                                            {"お客様の", "様"},
                                                                            {"田中様子", "様"},
                                                                            {"老先生和", "先生"},
                                                                            {"고객님", "님"},
                                                                            {"마음씨가", "씨"},
                                                                            {"김민수 씨앗", "씨"},
                                                                            {"이용자님", "님"}})
    EXPECT_EQ(name_behind(text, cue, 0), "") << text;
}

TEST(ScriptPerson, WhatIsNoNameIsNone) {
  for (const auto& [text, cue] :
       std::initializer_list<std::pair<std::string_view, std::string_view>>{
           {"氏名: 未定", "氏名"},
           {"姓名: 性别: 年龄:", "姓名"},
           {"姓名 王小明", "姓名"},
           {"이름: 없음", "이름"},
           {"이름: 이용자", "이름"},
           {"姓名: 请输入您的真实姓名和电话", "姓名"},
           {"الاسم: غير معروف", "الاسم"}})
    EXPECT_EQ(name_behind(text, cue, kLabel), "") << text;
}

// What a name whose title is to come begins with is held, and nothing else is.
TEST(ScriptPerson, ANameBeforeItsTitleIsHeld) {
  const auto held = [](std::string_view text) {
    const TextView view{reinterpret_cast<const uint8_t*>(text.data()), 0, text.size(), false};
    return text.size() - person_live_from(view);
  };
  EXPECT_EQ(held("昨日は鈴木"), 6U);
  EXPECT_EQ(held("昨日は鈴木さ"), 9U);
  EXPECT_EQ(held("한국 김민수"), 9U);
  EXPECT_EQ(held("한국 김민수 "), 10U);
  EXPECT_EQ(held("나는그냥그렇게"), 0U);
  EXPECT_EQ(held("word, "), 0U);
}

TEST(Person, LabelsAreFollowedByNamesThatNoListKnows) {
  EXPECT_EQ(name_behind("Nachname: Quastrup, ", "Nachname", kLabel), "Quastrup");
  EXPECT_EQ(name_behind("\"firstName\": \"Iluka\"", "firstName", kLabel), "Iluka");
  EXPECT_EQ(name_behind("Vorname:\nIluka", "Vorname", kLabel), "Iluka");
  EXPECT_EQ(name_behind("last name? Quastrup.", "last name", kLabel), "Quastrup");
  EXPECT_EQ(name_behind("Insured: Ruth R Quastrup\n", "Insured", contract::kRuleSeparated),
            "Ruth R Quastrup");
  for (const auto& [text, cue] :
       std::initializer_list<std::pair<std::string_view, std::string_view>>{
           {"firstName: String", "firstName"},
           {"firstName: Optional[str]", "firstName"},
           {"firstName: Xqar[str]", "firstName"},
           {"Vorname: Nachname:", "Vorname"},
           {"Vorname:\nStrasse:", "Vorname"},
           {"\"first_name\", \"Quastrup\"", "first_name"},
           {"first name Quastrup", "first name"},
           {"| First name | Quastrup |", "First name"}})
    EXPECT_EQ(name_behind(text, cue, kLabel), "") << text;
  EXPECT_EQ(name_behind("Insured: Quastrup\n", "Insured", contract::kRuleSeparated), "");
  // The family's name first.
  EXPECT_EQ(name_behind("Insured: Quastrup, Iluka M.    MRN", "Insured", contract::kRuleSeparated),
            "Quastrup, Iluka M.");
  EXPECT_EQ(name_behind("Insured: Quastrup, Iluka said", "Insured", contract::kRuleSeparated), "");
  EXPECT_EQ(name_behind("last name: QUASTRUP,ILUKA T\n", "last name", kLabel), "QUASTRUP,ILUKA T");
}

TEST(Person, ALetterEndsWithOne) {
  constexpr unsigned kBelow = contract::kRuleAnyName | contract::kRuleUnseparated;
  EXPECT_EQ(name_behind("Regards,\nIluka Quastrup", "Regards", kBelow), "Iluka Quastrup");
  EXPECT_EQ(name_behind("Regards, Iluka Quastrup", "Regards", kBelow), "Iluka Quastrup");
  EXPECT_EQ(name_behind("Regards\r\nIluka Quastrup\r\n", "Regards", kBelow), "Iluka Quastrup");
  for (std::string_view text :
       {"Regards,\nThe Quastrup Team", "Regards, Iluka Quastrup runs", "Regards:\nIluka Quastrup",
        "Regards\nQuastrup\n", "Regards\nIluka Quastrup runs", "Regards\n\nIluka Quastrup"})
    EXPECT_EQ(name_behind(text, "Regards", kBelow), "") << text;
}

TEST(Person, AFieldOfAPersonBesideItMakesANameOfWords) {
  EXPECT_EQ(name_behind("Name: Iluka Quastrup\nPhone: 5", "Name", 0), "Iluka Quastrup");
  EXPECT_EQ(name_behind("\"name\": \"Iluka Quastrup\", \"email\": \"", "name", 0),
            "Iluka Quastrup");
  EXPECT_EQ(name_behind("From: Iluka Quastrup <o@x.org>", "From:", 0), "Iluka Quastrup");
  EXPECT_EQ(name_behind("\"name\": \"张伟\", \"phone\": \"", "name", 0), "张伟");
  for (std::string_view text :
       {"Name: Acme Blorps\nPrice: 5", "Name: Acme Blorps, phone and all", "Name: Acme Blorps<br>",
        "Name: Acme Blorps\n\nPhone: 5", "name\nAcme Blorps\nPhone: 5"})
    EXPECT_EQ(name_behind(text, text.substr(0, 4), 0), "~Acme Blorps") << text;
  EXPECT_EQ(name_behind("Client: Acme Widgets, phone: 5", "Client", 0), "") << "a company";
}

// Cues and texts as they are folded (text/fold_table.h): "Ивaн Ивaнoвич".
TEST(ScriptPerson, WithTheNameOfTheFather) {
  struct Case {
    std::string_view text, cue, name;
  };
  for (const Case& one : std::initializer_list<Case>{
           {"зa Ивaн Ивaнoвич Kyзнeцoв, дa", "вич", "Ивaн Ивaнoвич Kyзнeцoв"},
           {"c Ивaнoм Ивaнoвичeм пo", "вич", "Ивaнoм Ивaнoвичeм"},
           {"y Kyзнeцoвoй Mapии Ивaнoвны", "вны", "Kyзнeцoвoй Mapии Ивaнoвны"},
           {"Aлиeв Paшид Maмeд oглы пoдaл", "oглы", "Aлиeв Paшид Maмeд oглы"},
           {"Oлeнa Пeтpiвнa, дa", "внa", "Oлeнa Пeтpiвнa"},
           {"дe Oлeнa Лyк'янiвнa?", "внa", "Oлeнa Лyк'янiвнa"},
           {"Kиївcькa Дyxoвнa Aкaдeмiя", "внa", ""},
           {"Гoлoвнa cтopiнкa", "внa", ""},
           {"Haши чинoвники", "вни", ""},
           {"Maмeд oглы", "oглы", ""},
           {"нe тo oглы", "oглы", ""}})
    EXPECT_EQ(name_behind(one.text, one.cue, 0), one.name) << one.text;
}

}  // namespace
}  // namespace sallyport::scan
