#include "dataplane/scan/recognise/person/personal_fields.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "dataplane/scan/read/word_set.h"
#include "dataplane/scan/read/words.h"

namespace sallyport::scan {
namespace {

// Words of labels, by what they say; capital letters of Greek and Cyrillic that look like ASCII are
// small ASCII letters here.
constexpr std::string_view kOwnWords[] = {
    "bday",        "birth",      "birthdate",     "birthday",    "born",         "bsn",
    "cnp",         "codice",     "cpf",           "dateofbirth", "dni",          "dob",
    "doğum",       "född",       "födelsedatum",  "fødselsdag",  "fødselsdato",  "født",
    "geb",         "geboorte",   "geboortedatum", "geboren",     "geburtsdatum", "geburtstag",
    "gehalt",      "hapoджehhя", "hapoджeння",    "jmbg",        "lahir",        "mrn",
    "nacida",      "nacido",     "nacimiento",    "naissance",   "narodenia",    "narodený",
    "narozen",     "narození",   "nascida",       "nascido",     "nascimento",   "nascita",
    "nasterii",    "nata",       "nato",          "naşterii",    "nașterii",     "nhs",
    "nino",        "né",         "née",           "născut",      "oib",          "paждahe",
    "paждaнe",     "personnr",   "personnummer",  "pesel",       "poждehия",     "poждeния",
    "rodjenja",    "rojstva",    "rođen",         "rođenja",     "salaire",      "salario",
    "salary",      "sinh",       "ssn",           "ssnr",        "stipendio",    "sueldo",
    "syntymäaika", "syntynyt",   "született",     "születési",   "urodz",        "urodzenia",
    "urodzony",    "yέvvηoης",   "γέnnhσhσ",      "γέvvηoης",    "нapoджeння",   "לידה",
    "الميلاد",     "تولد",       "لميلاد",        "مواليد",      "ميلاد",        "پیدائش"};
constexpr std::string_view kContactWords[] = {"cel",
                                              "cellphone",
                                              "cellulare",
                                              "celular",
                                              "correo",
                                              "courriel",
                                              "e-mail",
                                              "e-mail-adresse",
                                              "e-mailadres",
                                              "e-mailadress",
                                              "e-post",
                                              "e-posta",
                                              "e-postadress",
                                              "email",
                                              "emailaddress",
                                              "epost",
                                              "eposta",
                                              "gsm",
                                              "handy",
                                              "handynummer",
                                              "kinhtό",
                                              "kivητό",
                                              "mail",
                                              "mob",
                                              "mobiel",
                                              "mobil",
                                              "mobile",
                                              "mobilnummer",
                                              "movil",
                                              "moбiльhий",
                                              "moбiльний",
                                              "moбильhый",
                                              "moбильный",
                                              "mél",
                                              "móvil",
                                              "phone",
                                              "phones",
                                              "ponsel",
                                              "puhelin",
                                              "puhelinnumero",
                                              "sähköposti",
                                              "sähköpostiosoite",
                                              "tel",
                                              "telefon",
                                              "telefone",
                                              "telefonnr",
                                              "telefonnummer",
                                              "telefono",
                                              "telefonszám",
                                              "telefonu",
                                              "telefonul",
                                              "telefoon",
                                              "telefoonnummer",
                                              "telefón",
                                              "telephone",
                                              "telepon",
                                              "teléfono",
                                              "teл",
                                              "teлeфoh",
                                              "teлeфoн",
                                              "thoại",
                                              "thλ",
                                              "thλέφωno",
                                              "tél",
                                              "téléphone",
                                              "tηλ",
                                              "tηλέφωvo",
                                              "κivητό",
                                              "τηλ",
                                              "τηλέφωvo",
                                              "иmeйл",
                                              "имeйл",
                                              "мoбiльний",
                                              "мoбильный",
                                              "пoчta",
                                              "пoчтa",
                                              "пoшta",
                                              "пoштa",
                                              "тeл",
                                              "тeлeфoн",
                                              "אימייל",
                                              "טלפון",
                                              "נייד",
                                              "البريد",
                                              "الجوال",
                                              "الهاتف",
                                              "ایمیل",
                                              "تلفن",
                                              "جوال",
                                              "فون",
                                              "موبایل",
                                              "هاتف"};
constexpr std::string_view kPlaceWords[] = {
    "addr",         "address",  "adres",     "adresa",    "adress",   "adresse",   "alamat",
    "anschrift",    "aдpec",    "aдpeca",    "bydlisko",  "bydliště", "cím",       "direccion",
    "dirección",    "domicile", "domicilio", "endereco",  "endereço", "indirizzo", "lakcím",
    "morada",       "osoite",   "residenza", "strasse",   "straße",   "street",    "wohnort",
    "zamieszkania", "địa",      "δieύθynσh", "δiεύθuvoη", "כתובת",    "آدرس",      "العنوان",
    "عنوان",        "نشانی",    "پتہ"};
constexpr std::string_view kLooseWords[] = {"age",      "cell",   "cf",     "contact",   "date",
                                            "fax",      "gender", "iban",   "insurance", "nif",
                                            "passport", "sex",    "social", "steuer",    "tax"};
constexpr std::string_view kFillerWords[] = {
    "apiθmόσ",    "apiθμός",      "broj",        "chỉ",         "code",
    "da",         "data",         "date",        "dato",        "datum",
    "day",        "de",           "del",         "di",          "do",
    "dátum",      "día",          "electronico", "electrónico", "elektroniczny",
    "elektronik", "eletrónico",   "eletrônico",  "fecha",       "fiscal",
    "fiscale",    "hari",         "hmepomhnίa",  "home",        "homep",
    "hoмep",      "hμεpoμηvίa",   "id",          "ideje",       "idő",
    "jour",       "la",           "le",          "lieu",        "luogo",
    "main",       "ngày",         "no",          "nr",          "num",
    "numarasi",   "number",       "numer",       "numeri",      "numero",
    "nummer",     "numéro",       "numărul",     "número",      "of",
    "personal",   "place",        "postal",      "primary",     "privat",
    "privata",    "private",      "surat",       "szám",        "số",
    "tag",        "tanggal",      "tarihi",      "the",         "work",
    "your",       "électronique", "číslo",       "điện",        "ημεpoμηvίa",
    "дata",       "дaтa",         "нoмep",       "מספר",        "תאריך",
    "الإلكتروني", "تاريخ",        "تاریخ",       "رقم",         "شماره"};
constexpr uint8_t kOwn = 1, kContact = 2, kPlace = 4, kLoose = 8, kFiller = 16;

// Scripts whose words are not parted: longer ones stand before their beginnings.
struct ScriptWord {
  std::string_view word;
  uint8_t list;
};
constexpr ScriptWord kScriptWords[] = {{"วัน/เดือน/ปีเกิด", kOwn},
                                       {"โทรศัพท์", kContact},
                                       {"เบอร์โทร", kContact},
                                       {"วันเกิด", kOwn},
                                       {"メールアドレス", kContact},
                                       {"ที่อยู่", kPlace},
                                       {"หมายเลข", kFiller},
                                       {"주민등록번호", kOwn},
                                       {"मोबाइल", kContact},
                                       {"মোবাইল", kContact},
                                       {"ठेगाना", kPlace},
                                       {"ঠিকানা", kPlace},
                                       {"身份证号码", kOwn},
                                       {"อีเมล", kContact},
                                       {"ইমেইল", kContact},
                                       {"तारीख", kFiller},
                                       {"নম্বর", kFiller},
                                       {"তারিখ", kFiller},
                                       {"生年月日", kOwn},
                                       {"出生日期", kOwn},
                                       {"出生年月", kOwn},
                                       {"생년월일", kOwn},
                                       {"जन्म", kOwn},
                                       {"জন্ম", kOwn},
                                       {"身份证号", kOwn},
                                       {"電話番号", kContact},
                                       {"电话号码", kContact},
                                       {"手机号码", kContact},
                                       {"聯絡電話", kContact},
                                       {"联系电话", kContact},
                                       {"联系方式", kContact},
                                       {"電子郵件", kContact},
                                       {"电子邮件", kContact},
                                       {"携帯電話", kContact},
                                       {"전화번호", kContact},
                                       {"휴대전화", kContact},
                                       {"फ़ोन", kContact},
                                       {"ईमेल", kContact},
                                       {"तिथि", kFiller},
                                       {"मिति", kFiller},
                                       {"नंबर", kFiller},
                                       {"身份证", kOwn},
                                       {"身分證", kOwn},
                                       {"手机号", kContact},
                                       {"メール", kContact},
                                       {"연락처", kContact},
                                       {"휴대폰", kContact},
                                       {"이메일", kContact},
                                       {"फोन", kContact},
                                       {"ফোন", kContact},
                                       {"पता", kPlace},
                                       {"生日", kOwn},
                                       {"생일", kOwn},
                                       {"電話", kContact},
                                       {"电话", kContact},
                                       {"手机", kContact},
                                       {"手機", kContact},
                                       {"邮箱", kContact},
                                       {"電郵", kContact},
                                       {"携帯", kContact},
                                       {"전화", kContact},
                                       {"住所", kPlace},
                                       {"地址", kPlace},
                                       {"住址", kPlace},
                                       {"주소", kPlace},
                                       {"番号", kFiller},
                                       {"번호", kFiller},
                                       {"号码", kFiller}};
const WordSet& words() noexcept {
  static const WordSet kSet{{kOwnWords, kOwn},
                            {kContactWords, kContact},
                            {kPlaceWords, kPlace},
                            {kLooseWords, kLoose},
                            {kFillerWords, kFiller}};
  return kSet;
}

// The lists of the word [start, end) in small letters; 0: it is in none.
uint8_t lists_of(OpenReader& reader, uint64_t start, uint64_t end) noexcept {
  std::array<char, kNameWordBytesMax + 2> lower;
  const auto bytes = reader.known(start, end);
  if (bytes.empty() || bytes.size() > lower.size()) return 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    lower[i] = static_cast<char>(to_lower(bytes[i]));
    if (i == 0 || bytes[i - 1] < 0xc3 || !is_capital_pair(bytes[i - 1], bytes[i])) continue;
    if (bytes[i - 1] == 0xc3)
      lower[i] = static_cast<char>(bytes[i] + 0x20);
    else if (bytes[i - 1] <= 0xc5)
      lower[i] = static_cast<char>(bytes[i] + 1);
  }
  return words().lists_of({lower.data(), bytes.size()});
}

constexpr PersonalField field_of(uint8_t lists) noexcept {
  if ((lists & kOwn) != 0) return PersonalField::Own;
  if ((lists & kContact) != 0) return PersonalField::Contact;
  return (lists & kPlace) != 0 ? PersonalField::Place : PersonalField::None;
}

// "phoneNumber", "Telefon-Nr": where the first word of [start, end) ends.
uint64_t first_part_end(OpenReader& reader, uint64_t start, uint64_t end) noexcept {
  for (uint64_t at = start + 1; at < end; ++at)
    if (reader.at(at) == '-' || (is_upper(reader.at(at)) && is_lower(reader.before(at)))) return at;
  return end;
}

// "<o@x.org>"
bool mail_follows(OpenReader& reader, uint64_t at) noexcept {
  constexpr uint64_t kLocalMax = 48;
  for (uint64_t i = at; i - at < kLocalMax; ++i) {
    const uint8_t c = reader.at(i);
    if (c == '@') return i > at;
    if (!is_alnum(c) && c != '.' && c != '_' && c != '-' && c != '+') return false;
  }
  return false;
}

constexpr uint64_t kLabelBytesMax = 40;

constexpr bool is_label_sign(uint8_t c) noexcept { return c == ':' || c == '='; }
// What stands before a label or around it.
constexpr bool bounds_label(uint8_t c) noexcept {
  return c == '\n' || c == '\r' || c == ',' || c == ';' || c == '{' || c == '|' || c == '"' ||
         c == '\'' || c == '*' || c == '>' || c == '\t';
}

// The label whose sign stands at `sign`.
bool is_personal_label(OpenReader& reader, uint64_t sign, uint64_t floor) noexcept {
  uint64_t end = sign;
  while (end > floor && (reader.before(end) == ' ' || reader.before(end) == '"' ||
                         reader.before(end) == '\'' || reader.before(end) == '*'))
    --end;
  uint64_t start = end;
  while (start > floor && end - start < kLabelBytesMax && !bounds_label(reader.before(start)))
    --start;
  return personal_field(reader, start, end) != PersonalField::None;
}

// The words at `at` up to a sign are a label of a person's: "Numéro de téléphone : ".
bool label_follows(OpenReader& reader, uint64_t at) noexcept {
  for (uint64_t i = at; i - at < kLabelBytesMax; ++i) {
    const uint8_t c = reader.at(i);
    if (is_label_sign(c)) return is_personal_label(reader, i, at);
    if (!is_alnum(c) && c < 0x80 && c != ' ' && c != '"' && c != '\'' && c != '*' && c != '_' &&
        c != '-' && c != '.' && c != '(' && c != ')' && c != '/')
      return false;
  }
  return false;
}

}  // namespace

PersonalField personal_field(OpenReader& reader, uint64_t from, uint64_t to) noexcept {
  PersonalField out = PersonalField::None;
  for (uint64_t at = from; at < to;) {
    const uint8_t c = reader.at(at);
    uint8_t lists = 0;
    if (name_letter_at(reader, at) != 0) {
      const NameWord word = word_at(reader, at);
      uint64_t end = std::min(word.end, to);
      lists = lists_of(reader, at, end);
      if (lists == 0) {
        end = first_part_end(reader, at, end);
        lists = lists_of(reader, at, end);
      }
      at = end;
    } else if (c >= 0xe0) {
      for (const ScriptWord& one : kScriptWords)
        if (reader.follows(at, one.word)) {
          lists = one.list;
          at += one.word.size();
          break;
        }
    } else if (c < 0x80 && !is_label_sign(c)) {
      ++at;  // blanks, marks, digits
      continue;
    }
    if (lists == 0 || lists == kLoose) return PersonalField::None;
    out = std::max(out, field_of(lists));
  }
  return out;
}

bool personal_field_follows(OpenReader& reader, uint64_t at, bool own) noexcept {
  constexpr uint64_t kSignsMax = 8;
  unsigned line_ends = 0, signs = 0;
  for (const uint64_t limit = at + kSignsMax; at < limit; ++at) {
    const uint8_t c = reader.at(at);
    if (c == '\n' && ++line_ends > 1) return false;
    if (c == '<') return mail_follows(reader, at + 1);
    if (c == '(' && mail_follows(reader, at + 1)) return true;
    if (c != ' ' && c != ',' && c != ';' && c != '"' && c != '\'' && c != '|' && c != '\r' &&
        c != '\n' && c != '*' && c != '-' && c != '\t' && c != '(')
      break;
    signs += c != ' ' ? 1 : 0;
  }
  if (signs == 0) return false;
  const NameWord word = word_at(reader, at);
  const uint8_t lists = word.size() == 0 ? uint8_t{0} : lists_of(reader, word.start, word.end);
  if (own && (lists & kOwn) == 0) return false;
  if ((lists & (kOwn | kContact | kPlace | kLoose)) == 0) return label_follows(reader, at);
  // It has a value of its own.
  for (uint64_t i = word.end; i - word.end < kNameWordBytesMax; ++i) {
    const uint8_t c = reader.at(i);
    if (is_label_sign(c) || is_digit(c)) return true;
    if (!is_letter(c) && c < 0x80 && c != ' ' && c != '"' && c != '\'' && c != '*' && c != '_' &&
        c != '-' && c != '.')
      return false;
  }
  return false;
}

bool stands_in_record(OpenReader& reader, uint64_t start, uint64_t end) noexcept {
  constexpr unsigned kLabelsMax = 3, kLinesMax = 3;
  // An object that begins behind a label, or one that is over, is another record.
  const uint64_t floor = start > kRecordBytesMax ? start - kRecordBytesMax : 0;
  unsigned labels = 0, lines = 0;
  for (uint64_t at = start; at > floor && labels < kLabelsMax && lines < kLinesMax; --at) {
    const uint8_t c = reader.before(at);
    if (c == 0 || c == '{' || c == '}' || (c == '\n' && reader.before(at - 1) == '\n')) break;
    if (c == '\n') ++lines;
    if (!is_label_sign(c)) continue;
    ++labels;
    if (is_personal_label(reader, at - 1, floor)) return true;
  }
  labels = lines = 0;
  for (uint64_t at = end; at - end < kRecordBytesMax && labels < kLabelsMax && lines < kLinesMax;
       ++at) {
    const uint8_t c = reader.at(at);
    if (c == 0 || c == '}' || (c == '\n' && reader.at(at + 1) == '\n')) break;
    if (c == '\n') ++lines;
    if (!is_label_sign(c)) continue;
    ++labels;
    if (is_personal_label(reader, at, end)) return true;
  }
  return false;
}

}  // namespace sallyport::scan
