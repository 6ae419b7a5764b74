#include "controlplane/policy/rule_words.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace sallyport::controlplane::policy {
namespace {

using contract::RuleKind;
using contract::Validator;

constexpr std::pair<RuleKind, KindWords> kKinds[] = {
    {RuleKind::Pattern,
     {"pattern", "a regular expression inside one word (no white space, quotes or angle brackets)",
      "only the shape that the pattern says; a key of another version of the vendor's format is "
      "not found"}},
    {RuleKind::Card,
     {"card", "rows of 12 to 19 digits with usual separators",
      "a card number with a wrong digit is no card number"}},
    {RuleKind::Ssn, {"ssn", "nine digits as 3-2-4", "nine bare digits only behind a context word"}},
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

ValidatorWords words_of(Validator validator) { return look_up(kValidators, validator); }

}  // namespace sallyport::controlplane::policy
