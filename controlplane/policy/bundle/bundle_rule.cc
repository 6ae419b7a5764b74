#include "controlplane/policy/bundle/bundle_rule.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "controlplane/policy/bundle/names.h"
#include "controlplane/policy/matcher/validator_names.h"

namespace sallyport::controlplane::policy {
namespace {

using contract::Alphabet;
using contract::RuleKind;

constexpr YamlReader::Named<RuleKind> kKinds[] = {{"pattern", RuleKind::Pattern},
                                                  {"phone", RuleKind::Phone},
                                                  {"labelled_phone", RuleKind::LabelledPhone},
                                                  {"called_phone", RuleKind::CalledPhone},
                                                  {"key_block", RuleKind::KeyBlock},
                                                  {"email", RuleKind::Email},
                                                  {"url_credentials", RuleKind::UrlCredentials},
                                                  {"shape", RuleKind::Shape},
                                                  {"run", RuleKind::Run},
                                                  {"cue", RuleKind::Cue},
                                                  {"assignment", RuleKind::Assignment},
                                                  {"password", RuleKind::Password},
                                                  {"date", RuleKind::Date},
                                                  {"ip", RuleKind::Ip},
                                                  {"mac", RuleKind::Mac},
                                                  {"card_code", RuleKind::CardCode},
                                                  {"crypto", RuleKind::Crypto},
                                                  {"address", RuleKind::Address},
                                                  {"person", RuleKind::Person},
                                                  {"person_again", RuleKind::PersonAgain},
                                                  {"person_beside", RuleKind::PersonBeside},
                                                  {"spelt_email", RuleKind::SpeltEmail},
                                                  {"post_code", RuleKind::PostCode},
                                                  {"travel_zone", RuleKind::TravelZone},
                                                  {"field", RuleKind::Field},
                                                  {"dictionary", RuleKind::Dictionary}};
constexpr YamlReader::Named<Alphabet> kAlphabets[] = {{"any", Alphabet::Any},
                                                      {"hex", Alphabet::Hex},
                                                      {"alnum", Alphabet::Alnum},
                                                      {"base64", Alphabet::Base64},
                                                      {"base64url", Alphabet::Base64Url}};
enum class Separated : uint8_t { Optional, Required, Forbidden };
constexpr YamlReader::Named<Separated> kSeparated[] = {{"optional", Separated::Optional},
                                                       {"required", Separated::Required},
                                                       {"forbidden", Separated::Forbidden}};
constexpr YamlReader::Named<bool> kLetters[] = {{"any", false}, {"upper", true}};
constexpr YamlReader::Named<bool> kCueLetters[] = {{"any", false}, {"title", true}};
constexpr YamlReader::Named<bool> kNames[] = {{"known", false}, {"any", true}};
enum class PersonNames : uint8_t { Known, Any, Beside };
constexpr YamlReader::Named<PersonNames> kPersonNames[] = {
    {"known", PersonNames::Known}, {"any", PersonNames::Any}, {"beside", PersonNames::Beside}};

constexpr size_t kWordBytesMax = 64;        // scan/text/context_words.h
constexpr uint32_t kProximityMax = 128;     // scan/text/context_words.h
constexpr uint32_t kValueBytesMax = 4'096;  // scan/runs/word_stage.h: the longest word run
constexpr uint16_t kProximity = 48;

class RuleReader {
 public:
  RuleReader(YamlReader& reader, YamlMapping& mapping, const YamlNode& node, RuleSource& rule)
      : reader_(reader), mapping_(mapping), node_(node), rule_(rule) {}

  void read() {
    const YamlNode* kind = mapping_.required("kind");
    const size_t before = reader_.problem_count();
    if (kind != nullptr) rule_.kind = reader_.choice(*kind, kKinds);
    // Nothing more is said about a kind that is not there.
    is_kind_ = kind != nullptr && reader_.problem_count() == before;
    if (const YamlNode* validator = mapping_.optional("validator")) read_validator(*validator);
    rule_.confidence = static_cast<uint8_t>(mapping_.number_or("confidence", 80, 1, 100));
    rule_.confidence_bare = static_cast<uint8_t>(mapping_.number_or("confidence_bare", 0, 0, 100));
    rule_.context = words("context");
    rule_.against = words("against");
    rule_.proximity =
        static_cast<uint16_t>(mapping_.number_or("proximity", kProximity, 1, kProximityMax));
    if (const YamlNode* alone = only("confidence_alone", {RuleKind::Shape}))
      rule_.confidence_alone = static_cast<uint8_t>(reader_.number(*alone, 0, 100));
    if (rule_.context.empty() && rule_.confidence_bare > 0)
      reader_.add(node_.place,
                  "'confidence_bare' says what a value is worth without its context words, and "
                  "there are none");
    read_pattern();
    read_shape();
    rule_.cues = words("cues");
    read_length();
    read_field();
  }

 private:
  // The value of a key that only rules of some kinds have.
  const YamlNode* only(std::string_view key, std::initializer_list<RuleKind> kinds) {
    const YamlNode* value = mapping_.optional(key);
    if (value == nullptr || !is_kind_ ||
        std::find(kinds.begin(), kinds.end(), rule_.kind) != kinds.end())
      return value;
    reader_.add(value->place, "a rule of this kind has no '" + std::string(key) + "'");
    return nullptr;
  }

  void read_validator(const YamlNode& node) {
    const std::string name = reader_.text(node);
    if (name.empty()) return;
    if (const auto validator = find_validator(name)) {
      rule_.validator = *validator;
      return;
    }
    std::vector<std::string> known;
    for (int i = 0; i <= contract::kValidatorMax; ++i)
      known.emplace_back(validator_name(static_cast<contract::Validator>(i)));
    reader_.add(node.place, "there is no validator '" + name + "'" + did_you_mean(name, known));
  }

  void read_pattern() {
    const YamlNode* pattern = only("pattern", {RuleKind::Pattern});
    if (is_kind_ && rule_.kind == RuleKind::Pattern && pattern == nullptr)
      reader_.add(node_.place, "a rule of kind pattern has a 'pattern'");
    if (pattern != nullptr) rule_.pattern = reader_.text(*pattern);
    const auto truth = [&](std::string_view key, bool fallback) {
      const YamlNode* value = only(key, {RuleKind::Pattern});
      return value == nullptr ? fallback : reader_.truth(*value);
    };
    rule_.case_insensitive = truth("case_insensitive", false);
    rule_.boundary_left = truth("boundary_left", true);
    rule_.boundary_right = truth("boundary_right", true);
  }

  void read_shape() {
    if (const YamlNode* shapes = only("shapes", {RuleKind::Shape, RuleKind::Cue, RuleKind::Field}))
      for (auto& [shape, place] : reader_.text_or_texts(*shapes)) rule_.shapes.push_back(shape);
    if (const YamlNode* separated =
            only("separated", {RuleKind::Shape, RuleKind::Person, RuleKind::Address})) {
      const Separated value = reader_.choice(*separated, kSeparated);
      if (rule_.kind == RuleKind::Address && value == Separated::Forbidden)
        reader_.add(separated->place, "kind address: 'separated' is optional or required");
      rule_.separated = value == Separated::Required;
      rule_.unseparated = value == Separated::Forbidden;
    }
    if (const YamlNode* evasive = only("evasive", {RuleKind::Shape}))
      rule_.evasive = reader_.truth(*evasive);
    if (const YamlNode* letters = only("letters", {RuleKind::Shape}))
      rule_.upper_only = reader_.choice(*letters, kLetters);
    // What its place calls a name is one.
    rule_.any_name = is_kind_ && rule_.kind == RuleKind::Field;
    if (const YamlNode* names = only("names", {RuleKind::Person, RuleKind::Field})) {
      if (rule_.any_name) {
        rule_.any_name = reader_.choice(*names, kNames);
      } else {
        const PersonNames value = reader_.choice(*names, kPersonNames);
        rule_.any_name = value == PersonNames::Any;
        rule_.names_beside = value == PersonNames::Beside;
      }
    }
    if (const YamlNode* letters = only("cue_letters", {RuleKind::Person}))
      rule_.title_cues = reader_.choice(*letters, kCueLetters);
  }

  // length: 40, or [32, 64].
  void read_length() {
    if (const YamlNode* alphabet = only("alphabet", {RuleKind::Run}))
      rule_.alphabet = reader_.choice(*alphabet, kAlphabets);
    const YamlNode* length =
        only("length", {RuleKind::Run, RuleKind::Assignment, RuleKind::Password});
    if (length == nullptr) {
      if (is_kind_ && rule_.kind == RuleKind::Run)
        reader_.add(node_.place, "a rule of kind run has a 'length'");
      return;
    }
    const bool is_range = length->kind == YamlNode::Kind::Sequence;
    if (is_range && length->items.size() != 2) {
      reader_.add(length->place, "a length is a number, or [least, most]");
      return;
    }
    const auto number = [&](const YamlNode& node) {
      return static_cast<uint32_t>(reader_.number(node, 1, kValueBytesMax));
    };
    rule_.length_min = number(is_range ? length->items[0] : *length);
    rule_.length_max = is_range ? number(length->items[1]) : rule_.length_min;
    if (rule_.length_min > rule_.length_max)
      reader_.add(length->place, "the least length is more than the most");
  }

  // field: 5, components: 3, or [2, 4]
  void read_field() {
    const YamlNode* field = only("field", {RuleKind::Field});
    const YamlNode* components = only("components", {RuleKind::Field});
    if (!is_kind_ || rule_.kind != RuleKind::Field) return;
    if (field == nullptr) return reader_.add(node_.place, "a rule of kind field has a 'field'");
    rule_.length_min = static_cast<uint32_t>(reader_.number(*field, 1, contract::kFieldMax));
    uint32_t first = 1, last = 1;
    if (components != nullptr) {
      const bool is_range = components->kind == YamlNode::Kind::Sequence;
      if (is_range && components->items.size() != 2)
        return reader_.add(components->place, "components are a number, or [first, last]");
      const auto number = [&](const YamlNode& node) {
        return static_cast<uint32_t>(reader_.number(node, 1, contract::kComponentsMax));
      };
      if (is_range) first = number(components->items[0]);
      last = number(is_range ? components->items[1] : *components);
      if (first > last) reader_.add(components->place, "the first component is behind the last");
    }
    rule_.length_max = contract::field_components(first, last);
  }

  std::vector<std::string> words(std::string_view key) {
    std::vector<std::string> out;
    const YamlNode* node = mapping_.optional(key);
    if (node == nullptr) return out;
    for (auto& [word, place] : reader_.texts(*node)) {
      if (word.empty() || word.size() > kWordBytesMax)
        reader_.add(place, "a word has 1 to 64 bytes");
      else
        out.push_back(std::move(word));
    }
    return out;
  }

  YamlReader& reader_;
  YamlMapping& mapping_;
  const YamlNode& node_;
  RuleSource& rule_;
  bool is_kind_ = false;
};

}  // namespace

void read_rule(YamlReader& reader, YamlMapping& mapping, const YamlNode& node, RuleSource& rule) {
  RuleReader(reader, mapping, node, rule).read();
}

}  // namespace sallyport::controlplane::policy
