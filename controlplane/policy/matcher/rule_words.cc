#include "controlplane/policy/matcher/rule_words.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "controlplane/policy/matcher/validator_names.h"

namespace sallyport::controlplane::policy {
namespace {

using contract::RuleKind;
using contract::Validator;

struct KindRow {
  RuleKind kind;
  KindWords words;
};

constexpr KindRow kKindWords[] = {
    {RuleKind::Pattern,
     {"pattern", "a regular expression inside one word (no white space, quotes or angle brackets)",
      "only the shape that the pattern says; keys of another version of the vendor's format are "
      "not "
      "found"}},
    {RuleKind::Phone,
     {"phone", "international, North American and trunk forms of telephone numbers",
      "local numbers without area code, and bare digits without a context word, are not found"}},
    {RuleKind::LabelledPhone,
     {"labelled_phone", "6 to 15 digits right behind a label of telephones or below such a head",
      "other words between the label and the number, and round numbers, are not read"}},
    {RuleKind::CalledPhone,
     {"called_phone", "6 to 15 digits behind a verb of calling, a name and a preposition",
      "only in languages with a preposition before the number; others put their verb behind it"}},
    {RuleKind::KeyBlock,
     {"key_block", "from the first line of a PEM private key to its end line",
      "a header without key material is talk about keys and stays"}},
    {RuleKind::Email,
     {"email", "the text around each @", "quoted local parts (\"a b\"@example.org) are not read"}},
    {RuleKind::UrlCredentials,
     {"url_credentials", "scheme://user:password@host with its path",
      "a password that is a placeholder is no password"}},
    {RuleKind::Shape,
     {"shape", "a row of digits, letters and separators with one of the rule's shapes",
      "another number of characters is another kind of number; where a context word is needed, a "
      "number alone says too little"}},
    {RuleKind::Run,
     {"run", "a whole word of one alphabet and length",
      "without its context words such a word may be anything, and stays"}},
    {RuleKind::Cue,
     {"cue", "a value of the rule's shapes close behind one of its cue words",
      "without the cue word it is not found, and the cue words are those of the listed languages"}},
    {RuleKind::Assignment,
     {"assignment", "a name that says secret, an operator, a value: api_key = \"...\"",
      "values that look like words, placeholders, calls or variables are none; so is a name that "
      "says nothing"}},
    {RuleKind::Password,
     {"password",
      "passwords in prose, command lines, connection strings, XML, .netrc and SQL, by the words "
      "around them",
      "a password that is an ordinary word, or stands alone without a word that says so, is not "
      "found"}},
    {RuleKind::Date,
     {"date", "calendar dates, numeric and with month names of the listed languages",
      "only behind words that say birth: other dates stay"}},
    {RuleKind::Ip,
     {"ip", "IPv4 and IPv6 addresses in the forms of RFC 4291 and RFC 6943",
      "four numbers that are a version or a section number stay"}},
    {RuleKind::Mac,
     {"mac", "six pairs or three groups of hexadecimal digits with one separator",
      "bare twelve digits stay"}},
    {RuleKind::CardCode,
     {"card_code", "three or four digits behind a card and its expiry, in one row",
      "behind other fields, or on another line, a code needs its word"}},
    {RuleKind::Crypto,
     {"crypto", "base58, bech32 and 0x addresses by their checksums",
      "currencies without one of these forms, and transaction ids, stay"}},
    {RuleKind::Address,
     {"address", "a house number and a street word, up to the postal code",
      "best effort: addresses without a house number or in other languages than the listed ones "
      "are not found, and their ends may be missed"}},
    {RuleKind::PersonAgain,
     {"person_again", "a given or family name of somebody whose name was found before in the text",
      "only names that a list knows, or behind a given name that one knows"}},
    {RuleKind::PersonBeside,
     {"person_beside", "a name right before a mail address, a telephone number or a street",
      "a name that no list knows needs an address that spells it, or a call, a preposition or a "
      "relation before it"}},
    {RuleKind::Person,
     {"person", "a name behind a cue (my name is, Dr., From:), checked against lists of names",
      "best effort: a name without a cue or outside the lists is not found"}},
    {RuleKind::SpeltEmail,
     {"spelt_email", "john [at] example [dot] com and its spellings",
      "other words for at and dot are not read"}},
    {RuleKind::PostCode,
     {"post_code", "post codes of Britain and Canada, and of the United States behind their state",
      "in small letters, without their space or their state, and of other countries they are "
      "numbers "
      "as any, and need a word"}},
    {RuleKind::TravelZone,
     {"travel_zone", "machine readable zones of passports and cards, by their check digits",
      "a zone of which a line is missing or has a wrong digit is not found"}},
    {RuleKind::Field,
     {"field", "a field of a segment by its place: PID-5 of HL7, NM103 of X12, N of a vCard",
      "segments with other separators than | ^, *, / and ; are not read"}},
    {RuleKind::Dictionary,
     {"dictionary", "exact values of a tenant's own list, kept as keyed fingerprints",
      "another spelling of a listed value is not found"}},
};

struct ValidatorRow {
  Validator validator;
  const char* holds;
  const char* source;
};

constexpr ValidatorRow kValidators[] = {
    {Validator::None, "nothing beyond the form", ""},
    {Validator::Entropy, "at least 3 bits of Shannon entropy a character, no placeholder", ""},
    {Validator::Card, "issuer range and length, check digit (Luhn), not one digit repeated",
     "ISO/IEC 7812-1"},
    {Validator::Ssn, "area, group and serial that are given out", "SSA POMS RM 10201.035"},
    {Validator::Itin, "9xx and a group in use", "Internal Revenue Manual 3.21.263"},
    {Validator::Iban, "a country, its registered length, mod 97", "ISO 13616-1"},
    {Validator::AbaRouting, "a Federal Reserve range, checksum 3-7-1",
     "American Bankers Association"},
    {Validator::Luhn, "check digit (Luhn)", "ISO/IEC 7812-1 annex B"},
    {Validator::UsNpi, "ten digits from 1 or 2, Luhn with the prefix 80840", "45 CFR 162.406"},
    {Validator::UsDea, "registrant letters, seven digits, weighted check digit", "21 CFR 1301"},
    {Validator::UsMbi, "a class for each of eleven places, without S L O I B Z", "CMS"},
    {Validator::UkNhs, "ten digits, weights 10 to 2, modulus 11", "NHS Data Dictionary"},
    {Validator::UkNino, "prefix letters that are given out, suffix A to D", "HMRC NIM39110"},
    {Validator::CaSin, "nine digits, Luhn", "Service Canada"},
    {Validator::AuTfn, "weights 1 4 3 7 5 8 6 9 10, modulus 11", "Australian Taxation Office"},
    {Validator::AuMedicare, "first digit 2 to 6, weights 1 3 7 9, modulus 10",
     "Services Australia"},
    {Validator::InAadhaar, "twelve digits from 2 to 9, Verhoeff's check digit", "UIDAI"},
    {Validator::InPan, "the fourth letter is a class of holder", "Income Tax Department, India"},
    {Validator::DeTaxId, "one of ten digits repeated, ISO 7064 MOD 11,10", "AO 139b, BZSt"},
    {Validator::FrNir, "sex, date, department, key 97 - n mod 97", "INSEE"},
    {Validator::EsNif, "letter of the number mod 23", "Real Decreto 1553/2005"},
    {Validator::ItFiscalCode, "odd and even tables mod 26, omocodia", "DM 23/12/1976"},
    {Validator::PlPesel, "date with its century, weights 1 3 7 9", "PESEL register"},
    {Validator::NlBsn, "weights 9 to 2 and -1, modulus 11", "Rijksdienst voor Identiteitsgegevens"},
    {Validator::BrCpf, "two check digits modulus 11", "Receita Federal"},
    {Validator::SePersonnummer, "date of birth, Luhn", "Folkbokforingslagen 18"},
    {Validator::SgNric, "series letter, weights 2 7 6 5 4 3 2, letter modulus 11", "ICA Singapore"},
    {Validator::KrRrn, "date, sex and century, check digit", "Resident Registration Act"},
    {Validator::CnResidentId, "province, date, ISO 7064 MOD 11-2", "GB 11643-1999"},
    {Validator::Vin, "17 characters without I O Q, check character in place nine",
     "ISO 3779, 49 CFR 565.15"},
    {Validator::Imei, "15 digits of a known issuer, Luhn", "3GPP TS 23.003 6.2.1"},
    {Validator::UkDriverLicence, "surname, decade, month, day, initials", "DVLA"},
    {Validator::UsZip, "a sectional centre in use", "United States Postal Service"},
    {Validator::CardTrack, "track data of a card", "ISO/IEC 7813"},
    {Validator::Icd10, "a chapter letter, digits, up to four more behind the point", "ICD-10-CM"},
    {Validator::UsNdc, "ten or eleven digits, labeler not zero", "21 CFR 207.33"},
    {Validator::VinForm, "17 characters without I O Q, letters and digits", "ISO 3779"},
    {Validator::Bic, "four letters, a country, location, branch", "ISO 9362"},
    {Validator::Imsi, "15 digits with a country of the plan", "ITU-T E.212"},
    {Validator::Iccid, "89, then 17 or 18 digits, Luhn", "ITU-T E.118"},
    {Validator::BeNational, "date, counter, 97 - n mod 97", "Rijksregister"},
    {Validator::DkCpr, "a date and four digits", "CPR-loven"},
    {Validator::FiHetu, "date, three digits, check character mod 31", "DVV"},
    {Validator::NoFodselsnummer, "date, two check digits modulus 11", "Skatteetaten"},
    {Validator::PtNif, "weights 9 to 2, modulus 11", "Autoridade Tributaria"},
    {Validator::IePps, "seven digits, check letter mod 23", "DSP"},
    {Validator::MxCurp, "name letters, date, sex, state, check digit", "DOF 23/10/1996"},
    {Validator::MxRfc, "four letters, date, check character modulus 11", "SAT"},
    {Validator::ArCuit, "prefix, weights 5432765432, modulus 11", "AFIP"},
    {Validator::ClRut, "check 0 to 9 or K, modulus 11", "Servicio de Impuestos Internos"},
    {Validator::TrKimlik, "two check digits over odd and even places", "NVI"},
    {Validator::HkId, "letters, six digits, check modulus 11", "Immigration Department"},
    {Validator::TwId, "letter, sex digit, modulus 10", "Ministry of the Interior"},
    {Validator::JpMyNumber, "twelve digits, modulus 11", "ordinance 85 of 2014"},
    {Validator::ThId, "thirteen digits, weights 13 to 2, modulus 11", "DOPA"},
    {Validator::IlId, "nine digits, Luhn from the left", "Population Authority"},
    {Validator::BrCnpj, "two check digits modulus 11", "Receita Federal"},
    {Validator::ZaId, "date, serial, citizenship, Luhn", "Identification Act 1997"},
    {Validator::RoCnp, "sex and century, date, county, weights 279146358279", "CNP"},
    {Validator::CzRodneCislo, "date, divisible by 11", "133/2000 Sb."},
    {Validator::HrOib, "ISO 7064 MOD 11,10", "Zakon o OIB"},
    {Validator::BgEgn, "date, weights 2 4 8 5 10 9 7 3 6, modulus 11", "GRAO"},
    {Validator::ChAhv, "756 and the check digit of EAN-13", "ZAS"},
    {Validator::AtSvnr, "serial, check digit, date of birth", "ASVG"},
    {Validator::GrAmka, "date, serial, Luhn", "IDIKA"},
    {Validator::EeIsikukood, "century and sex, date, two-stage modulus 11", "EVS 585"},
    {Validator::KrRrnForm, "date, sex and century; no check since October 2020",
     "Resident Registration Act"},
    {Validator::TravelLine, "check digits of number, birth and expiry, weights 7 3 1",
     "ICAO Doc 9303"},
    {Validator::KeyLike, "looks made by a machine: mixed characters, no words, no placeholder", ""},
    {Validator::Jwt, "a header that decodes to JSON with an algorithm", "RFC 7519"},
    {Validator::Crc32Tail, "the last characters are the CRC-32 of the others in base62",
     "GitHub's and npm's token format"},
    {Validator::LettersAndDigits, "at least one letter and one digit", ""},
    {Validator::HexDigits, "hexadecimal digits, and not one of them all over", ""},
    {Validator::TravelNumber, "letters and digits, of which the last checks the others",
     "ICAO Doc 9303-3 4.9"},
};

}  // namespace

KindWords words_of(RuleKind kind) {
  const auto* found = std::find_if(std::begin(kKindWords), std::end(kKindWords),
                                   [&](const KindRow& row) { return row.kind == kind; });
  return found == std::end(kKindWords) ? KindWords{"unknown", "", ""} : found->words;
}

ValidatorWords words_of(Validator validator) {
  const auto* found =
      std::find_if(std::begin(kValidators), std::end(kValidators),
                   [&](const ValidatorRow& row) { return row.validator == validator; });
  if (found == std::end(kValidators)) return {validator_name(validator), "", ""};
  return {validator_name(validator), found->holds, found->source};
}

}  // namespace sallyport::controlplane::policy
