#include "controlplane/policy/rule_words.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "controlplane/policy/validator_names.h"

namespace sallyport::controlplane::policy {
namespace {

using contract::RuleKind;
using contract::Validator;

constexpr std::pair<RuleKind, KindWords> kKinds[] = {
    {RuleKind::Pattern,
     {"pattern", "a regular expression inside one word (no white space, quotes or angle brackets)",
      "only the shape that the pattern says; a key of another version of the vendor's format is "
      "not found"}},
    {RuleKind::Phone,
     {"phone", "international, North American and trunk forms of phone numbers",
      "local numbers without area code, and bare digits without a context word, are not found"}},
    {RuleKind::KeyBlock,
     {"key_block", "from the first line of a PEM private key to its end line",
      "a header without key material is talk about keys and stays"}},
    {RuleKind::Email,
     {"email", "the text around each @", "quoted local parts (\"a b\"@example.org) are not read"}},
    {RuleKind::UrlCredentials,
     {"url_credentials", "scheme://user:password@host with its path",
      "passwords that are placeholders are no passwords"}},
    {RuleKind::Shape,
     {"shape", "rows of letters and digits in one of the rule's shapes, with usual separators",
      "other lengths and groupings are not found; without a checksum only behind a context word"}},
    {RuleKind::Run,
     {"run", "a whole run of one alphabet and length",
      "keys without a mark of their own are found behind a context word only"}},
    {RuleKind::Cue,
     {"cue", "a value of the rule's shapes a few characters behind a word that names it",
      "a value further away from its word is not found"}},
    {RuleKind::Assignment,
     {"assignment", "a name, an operator and a value, as in code and configuration",
      "names that do not say what they hold are not known"}},
    {RuleKind::Password,
     {"password", "passwords in prose, commands, connection strings and documents",
      "a password that is an ordinary word behind no operator is not found"}},
    {RuleKind::Date,
     {"date", "calendar dates, numeric and with the names of months",
      "a date without a word that makes it one of birth stays"}},
    {RuleKind::Ip,
     {"ip", "IPv4 and IPv6 addresses", "versions and section numbers are no addresses"}},
    {RuleKind::Mac,
     {"mac", "hardware addresses of six or eight bytes", "bare digits are not found"}},
    {RuleKind::Crypto,
     {"crypto", "addresses of crypto currencies by their checksum", "private keys are secrets"}},
    {RuleKind::Address,
     {"address", "a number and a street, with town and post code where they stand",
      "best effort: addresses without a word for street are not found"}},
    {RuleKind::Person,
     {"person", "names behind a word that announces one, and names of a list",
      "best effort: a name is not a form; reported apart from everything else"}},
    {RuleKind::SpeltEmail,
     {"spelt_email", "name [at] host [dot] com", "spelt digits and reversed text are not read"}},
    {RuleKind::TravelZone,
     {"travel_zone", "machine readable zones of passports, visas and cards, by their check digits",
      "a first line that is not there"}},
    {RuleKind::Dictionary,
     {"dictionary", "the exact values of a tenant's file", "other spellings than case and spaces"}},
};

constexpr std::pair<Validator, ValidatorWords> kValidators[] = {
    {Validator::None, {"none", "nothing beyond the form", ""}},
    {Validator::Entropy,
     {"entropy", "at least 3 bits of Shannon entropy a character, no placeholder", ""}},
};

template <class Table, class Key>
auto look_up(const Table& table, Key key) {
  const auto found = std::find_if(std::begin(table), std::end(table),
                                  [&](const auto& row) { return row.first == key; });
  return found == std::end(table) ? decltype(found->second){"unknown", "", ""} : found->second;
}

}  // namespace

KindWords words_of(RuleKind kind) { return look_up(kKinds, kind); }

ValidatorWords words_of(Validator validator) {
  const ValidatorWords words = look_up(kValidators, validator);
  if (words.name != "unknown") return words;
  return {validator_name(validator), "the check digits, ranges and dates of the number",
          "named in dataplane/scan/validate"};
}

}  // namespace sallyport::controlplane::policy
