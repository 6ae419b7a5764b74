// The matcher section is made by our own control plane and still checked like a stranger's: every
// index and offset once, here.
#include <hs/hs_runtime.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <unordered_map>

#include "dataplane/scan/engine.h"
#include "dataplane/scan/recognise/secret/assignment.h"
#include "dataplane/scan/recognise/secret/password.h"
#include "dataplane/scan/text/fold.h"
#include "dataplane/scan/text/word_forms.h"
#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {

namespace {

// Every rule of the cue says No where the cue is the rest of a longer word: it need not be found
// there.
bool cue_begins_word(contract::RuleKind kind, std::span<const uint8_t> cue) noexcept {
  using contract::RuleKind;
  if (cue.empty() || !is_letter(cue[0])) return false;
  switch (kind) {
    case RuleKind::Cue:
    case RuleKind::Address:
    case RuleKind::Date:
    case RuleKind::Person:
      return true;
    case RuleKind::Assignment:
      return assignment_cue_begins_word(cue);
    case RuleKind::Password:
      return password_cue_begins_word(cue);
    default:
      return false;
  }
}

bool is_credential(contract::RuleKind kind) noexcept {
  using contract::RuleKind;
  switch (kind) {
    case RuleKind::Pattern:
    case RuleKind::Run:
    case RuleKind::Assignment:
    case RuleKind::Password:
    case RuleKind::UrlCredentials:
    case RuleKind::KeyBlock:
      return true;
    default:
      return false;
  }
}

}  // namespace

using contract::MatcherHeader;
using contract::MatcherTable;
using contract::MatcherText;

class EngineLoader {
 public:
  EngineLoader(Engine& engine, std::span<const uint8_t> section, std::string& error)
      : engine_(engine), section_(section), error_(error) {}

  bool load() {
    if (section_.size() < sizeof(MatcherHeader)) return fail("too short");
    std::memcpy(&header_, section_.data(), sizeof header_);
    if (header_.magic != contract::kMatcherMagic || header_.version != contract::kMatcherVersion ||
        header_.section_bytes != section_.size())
      return fail("wrong magic, version or size; compile the policy with this release");
    if (!inside(header_.strings, 1)) return fail("a table lies outside the section");
    static std::atomic<uint64_t> serial{0};
    engine_.serial_ = ++serial;
    if (!load_lists() || !load_entities() || !load_shapes() || !load_rules()) return false;
    let_longest_stay();
    set_short_rules_apart();
    engine_.words_.set_apart(engine_.near_dates_.rules);
    return load_literals() && load_database(header_.stream_database, engine_.stream_database_) &&
           load_database(header_.confirm_database, engine_.confirm_database_);
  }

 private:
  bool fail(const char* what) {
    error_ = std::string("matcher section: ") + what;
    return false;
  }
  bool inside(MatcherTable table, size_t entry) const noexcept {
    return table.offset <= section_.size() &&
           uint64_t{table.count} * entry <= section_.size() - table.offset;
  }
  template <typename T>
  bool table(MatcherTable where, std::vector<T>& out) {
    if (!inside(where, sizeof(T))) return fail("a table lies outside the section");
    out.resize(where.count);
    if (where.count > 0)
      std::memcpy(out.data(), section_.data() + where.offset, where.count * sizeof(T));
    return true;
  }
  bool text(MatcherText t, std::string_view& out) const noexcept {
    if (t.offset > header_.strings.count || t.size > header_.strings.count - t.offset) return false;
    out = {reinterpret_cast<const char*>(section_.data()) + header_.strings.offset + t.offset,
           t.size};
    return true;
  }
  static bool in_table(uint64_t first, uint64_t count, size_t size) noexcept {
    return first <= size && count <= size - first;
  }

  bool load_lists() {
    std::vector<MatcherText> words;
    if (!table(header_.words, words) || !table(header_.lists, lists_)) return false;
    if (words.size() > kContextWordsMax) return fail("too many context words");
    std::vector<std::string> folded;
    std::unordered_map<std::string, uint16_t> places;
    const auto place_of = [&](std::string word) {
      const auto [place, is_new] = places.emplace(word, static_cast<uint16_t>(folded.size()));
      if (is_new) folded.push_back(std::move(word));
      return place->second;
    };
    // Other forms are words of their own, in every list that has the word.
    forms_.resize(words.size());
    for (size_t i = 0; i < words.size(); ++i) {
      std::string_view word;
      if (!text(words[i], word)) return fail("bad context word");
      forms_[i].push_back(place_of(folded_lower(word)));
      for (std::string& form : word_forms(word))
        if (form.size() <= kContextWordBytesMax) forms_[i].push_back(place_of(std::move(form)));
    }
    const std::vector<std::string_view> views(folded.begin(), folded.end());
    return engine_.words_.load(views) || fail("bad context words");
  }

  // What a shorter match leaves of a key, or of an address (whatever kind of rule found it), is
  // shown.
  void let_longest_stay() {
    std::vector<bool> is_address(engine_.entities_.size());
    for (const Engine::Rule& rule : engine_.rules_)
      if (rule.kind == contract::RuleKind::Address) is_address[rule.entity] = true;
    for (Engine::Rule& rule : engine_.rules_)
      rule.longest_stays = is_credential(rule.kind) || is_address[rule.entity];
  }

  bool load_entities() {
    std::vector<contract::MatcherEntity> entities;
    std::vector<MatcherText> samples;
    if (!table(header_.entities, entities) || !table(header_.samples, samples)) return false;
    if (entities.size() > 256) return fail("more than 256 entities");
    for (const auto& raw : entities) {
      std::string_view name;
      if (!text(raw.name, name) || name.empty() ||
          !in_table(raw.sample_first, raw.sample_count, samples.size()))
        return fail("bad entity");
      Engine::Entity entity{std::string(name), raw.priority, {}};
      for (uint32_t i = 0; i < raw.sample_count; ++i) {
        std::string_view sample;
        if (!text(samples[raw.sample_first + i], sample)) return fail("bad sample");
        entity.samples.push_back(
            sample_fingerprint({reinterpret_cast<const uint8_t*>(sample.data()), sample.size()}));
      }
      std::sort(entity.samples.begin(), entity.samples.end());
      engine_.entities_.push_back(std::move(entity));
    }
    return true;
  }

  bool load_shapes() {
    if (!table(header_.shapes, raw_shapes_)) return false;
    for (const auto& shape : raw_shapes_)
      if (shape.length == 0 || shape.length > contract::kShapeLengthMax) return fail("bad shape");
    return true;
  }

  bool words_of(uint32_t first, uint32_t count, std::vector<uint64_t>& out) {
    if (!in_table(first, count, lists_.size())) return false;
    out.assign((engine_.words_.size() + 63U) / 64U, 0);
    const auto add = [&](uint16_t word) { out[word / 64U] |= uint64_t{1} << (word % 64U); };
    for (uint32_t i = 0; i < count; ++i) {
      const uint16_t word = lists_[first + i];
      if (word >= forms_.size()) return false;
      for (const uint16_t form : forms_[word]) add(form);
    }
    return true;
  }

  bool load_rules() {
    std::vector<contract::MatcherRule> rules;
    if (!table(header_.rules, rules)) return false;
    if (rules.size() > 0xffff) return fail("too many rules");
    engine_.cue_shapes_.resize(rules.size());
    for (const auto& raw : rules) {
      Engine::Rule rule;
      std::string_view id;
      const bool valid =
          raw.entity < engine_.entities_.size() && raw.kind >= 1 &&
          raw.kind <= contract::kRuleKindMax && raw.validator <= contract::kValidatorMax &&
          raw.alphabet <= contract::kAlphabetMax && (raw.flags & ~contract::kRuleFlagsMask) == 0 &&
          raw.confidence <= 100 && raw.confidence_bare <= 100 && raw.confidence_alone <= 100 &&
          raw.proximity <= kProximityMax &&
          in_table(raw.shape_first, raw.shape_count, raw_shapes_.size()) && text(raw.id, id) &&
          words_of(raw.context_first, raw.context_count, rule.context) &&
          words_of(raw.against_first, raw.against_count, rule.against);
      if (!valid) return fail("bad rule");
      rule.id = id;
      rule.entity = raw.entity;
      rule.kind = static_cast<contract::RuleKind>(raw.kind);
      rule.flags = raw.flags;
      rule.validator = static_cast<contract::Validator>(raw.validator);
      rule.confidence = raw.confidence;
      rule.confidence_bare = raw.confidence_bare;
      rule.confidence_alone = raw.confidence_alone;
      rule.priority = engine_.entities_[raw.entity].priority;
      rule.proximity = raw.proximity;
      rule.has_context = raw.context_count > 0;
      rule.has_against = raw.against_count > 0;
      rule.parameters = RuleParameters{raw.length_min, raw.length_max, raw.alphabet,
                                       raw.validator,  raw.flags,      {}};
      add_rule(std::move(rule), raw.shape_first, raw.shape_count);
    }
    return true;
  }

  // False: the rule counts without a context word, or there are too many of those that do not.
  bool learn_words(Engine::Rule& rule) {
    constexpr size_t kRulesMax = 64 * std::tuple_size_v<Engine::NearRules>;
    if (!rule.has_context || rule.confidence_bare != 0 || engine_.near_count_ == kRulesMax)
      return false;
    rule.near_index = engine_.near_count_++;
    if (rule.confidence_alone > 0) scan::add_rule(engine_.alone_rules_, rule.near_index);
    for (uint16_t word = 0; word < engine_.words_.size(); ++word)
      if ((rule.context[word / 64U] >> (word % 64U) & 1) != 0)
        engine_.words_.note_rule(word, rule.near_index);
    return true;
  }

  void learn_near_shape(const contract::MatcherShape& shape, uint16_t near_index, uint64_t reach) {
    auto& forms = engine_.near_forms_[shape.length];
    auto form = std::find_if(forms.begin(), forms.end(), [&](const Engine::NearForm& one) {
      return one.digits == shape.digits && one.letters == shape.letters;
    });
    if (form == forms.end())
      form = forms.insert(form, Engine::NearForm{shape.digits, shape.letters, {}, 0});
    scan::add_rule(form->rules, near_index);
    form->reach = std::max(form->reach, reach);
  }

  // How far before its value a word of the rule may begin.
  uint64_t reach_of(const Engine::Rule& rule) const {
    size_t longest = 0;
    for (uint16_t word = 0; word < engine_.words_.size(); ++word)
      if (((rule.context[word / 64U] | rule.against[word / 64U]) >> (word % 64U) & 1) != 0)
        longest = std::max(longest, engine_.words_.word(word).size());
    return std::min<uint64_t>(rule.proximity + longest, kProximityMax);
  }

  // A date that may stand anywhere.
  void learn_date(const Engine::Rule& rule, bool has_words, uint64_t reach) {
    Engine::NearDates& dates = engine_.near_dates_;
    dates.all = dates.all && has_words;
    if (has_words) scan::add_rule(dates.rules, rule.near_index);
    dates.reach = std::max(dates.reach, reach);
  }

  void add_rule(Engine::Rule rule, uint32_t shape_first, uint32_t shape_count) {
    const auto index = static_cast<uint16_t>(engine_.rules_.size());
    const bool is_date = rule.kind == contract::RuleKind::Date;
    const bool has_words = (is_date || rule.kind == contract::RuleKind::Shape) && learn_words(rule);
    const bool is_near = has_words && !is_date;
    const uint64_t reach = reach_of(rule);
    if (is_date && (rule.flags & contract::kRuleAfterCues) == 0) learn_date(rule, has_words, reach);
    engine_.context_reach_ = std::max(engine_.context_reach_, reach);
    for (uint32_t i = shape_first; i < shape_first + shape_count; ++i) {
      const auto& shape = raw_shapes_[i];
      auto& lengths = is_near ? engine_.near_shape_lengths_ : engine_.shape_lengths_;
      const uint64_t bit = shape.length < 64 ? uint64_t{1} << shape.length : ~uint64_t{0};
      if ((shape.letters & 1) == 0) lengths.digit_first |= bit;
      if ((shape.digits & 1) == 0) lengths.letter_first |= bit;
      if (is_near) learn_near_shape(shape, rule.near_index, reach);
      if (rule.kind == contract::RuleKind::Shape)
        (is_near ? engine_.near_shapes_ : engine_.shapes_)[shape.length].push_back(
            Engine::Shape{shape.digits, shape.letters, shape.breaks, index, rule.near_index,
                          rule.flags, rule.validator});
      else
        engine_.cue_shapes_[index].push_back(shape);
    }
    rule.parameters.shapes = engine_.cue_shapes_[index];
    engine_.by_kind_[static_cast<size_t>(rule.kind)].push_back(index);
    if ((rule.flags & contract::kRuleAfterCues) == 0)
      engine_.anywhere_[static_cast<size_t>(rule.kind)].push_back(index);
    engine_.rules_.push_back(std::move(rule));
  }

  // Years, amounts, house numbers: most numbers of a text.
  void set_short_rules_apart() {
    constexpr size_t kShortDigitsMax = 5;
    NearRules rules{};
    for (size_t length = 1; length <= kShortDigitsMax; ++length)
      for (const Engine::NearForm& form : engine_.near_forms(length))
        if (form.letters == 0) add_rules(rules, form.rules);
    engine_.words_.set_apart(rules);
  }

  bool load_literals() {
    std::vector<contract::MatcherCue> cues;
    std::vector<contract::MatcherAnchor> anchors;
    std::vector<LiteralSet::Literal> literals, anchored;
    if (!table(header_.cues, cues) || !table(header_.anchors, anchors)) return false;
    for (const auto& raw : cues) {
      if (!in_table(raw.rule_first, raw.rule_count, lists_.size()) || raw.text.size == 0)
        return fail("bad cue");
      const auto first = lists_.begin() + raw.rule_first;
      Engine::CueEntry cue{{first, first + raw.rule_count}};
      literals.push_back({});
      if (!text(raw.text, literals.back().text)) return fail("bad cue");
      if (std::any_of(cue.rules.begin(), cue.rules.end(),
                      [&](uint16_t rule) { return rule >= engine_.rules_.size(); }))
        return fail("bad cue");
      const std::string_view literal = literals.back().text;
      literals.back().begins_word =
          std::all_of(cue.rules.begin(), cue.rules.end(), [&](uint16_t rule) {
            return cue_begins_word(
                engine_.rules_[rule].kind,
                {reinterpret_cast<const uint8_t*>(literal.data()), literal.size()});
          });
      engine_.cues_.push_back(std::move(cue));
    }
    for (const auto& raw : anchors) {
      if (raw.rule >= engine_.rules_.size()) return fail("bad anchor");
      anchored.push_back({{},
                          (raw.flags & contract::kAnchorAnyCase) == 0,
                          (raw.flags & contract::kAnchorPrefix) != 0 &&
                              (engine_.rules_[raw.rule].flags & contract::kRuleBoundaryLeft) != 0});
      if ((raw.flags & ~contract::kAnchorFlagsMask) != 0 || !text(raw.text, anchored.back().text))
        return fail("bad anchor");
      std::string lower(anchored.back().text);
      for (char& c : lower) c = static_cast<char>(to_lower(static_cast<uint8_t>(c)));
      engine_.anchor_texts_.push_back(std::move(lower));
      engine_.anchored_bytes_min_ = std::min(engine_.anchored_bytes_min_, raw.width_min);
      engine_.anchors_.push_back(
          Engine::Anchor{raw.rule, (raw.flags & contract::kAnchorPrefix) != 0, raw.width_min});
    }
    std::sort(engine_.anchor_texts_.begin(), engine_.anchor_texts_.end());
    for (const auto* list : {&literals, &anchored})
      for (const LiteralSet::Literal& literal : *list)
        if (literal.text.size() > kContextWordBytesMax) return fail("a literal is too long");
    return (engine_.literals_.build(literals) && engine_.anchor_literals_.build(anchored)) ||
           fail("bad literals");
  }

  bool load_database(MatcherTable where, hs_database*& out) {
    if (!inside(where, 1)) return fail("a table lies outside the section");
    if (where.count == 0) return true;
    if (hs_deserialize_database(reinterpret_cast<const char*>(section_.data()) + where.offset,
                                where.count, &out) != HS_SUCCESS)
      return fail("the pattern database does not load (made by another matcher version?)");
    return true;
  }

  Engine& engine_;
  std::span<const uint8_t> section_;
  std::string& error_;
  MatcherHeader header_{};
  std::vector<uint16_t> lists_;
  std::vector<std::vector<uint16_t>> forms_;  // of the context words of the section
  std::vector<contract::MatcherShape> raw_shapes_;
};

bool Engine::load(std::span<const uint8_t> section, std::string& error) {
  return EngineLoader(*this, section, error).load();
}

}  // namespace sallyport::scan
