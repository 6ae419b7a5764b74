#include "controlplane/policy/matcher/matcher_compiler.h"

#include <hs/hs.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>

#include "controlplane/policy/matcher/matcher_section.h"
#include "controlplane/policy/matcher/matcher_shape.h"
#include "controlplane/policy/matcher/pattern_anchor.h"
#include "dataplane/scan/text/context_words.h"
#include "dataplane/scan/text/fold.h"
#include "dataplane/scan/text/word_forms.h"

namespace sallyport::controlplane::policy {
namespace {

using contract::RuleKind;

// Shorter matches would be found in every second word.
constexpr unsigned kPatternWidthMin = 8;
// Two letters are in every line of text.
constexpr size_t kCueBytesMin = 3;
constexpr size_t kRunBytesMin = 16;  // scan/runs/word_stage.cc

// One database: the patterns with `flags`, and literals behind them.
struct Expressions {
  std::vector<std::string> texts;
  std::vector<unsigned> flags;
  std::vector<unsigned> ids;
  // Whose they are, for errors of the whole.
  std::vector<std::pair<std::string, std::string>> owners;  // entity, rule

  void add(std::string text, unsigned flag, unsigned id, std::string entity, std::string rule) {
    texts.push_back(std::move(text));
    flags.push_back(flag);
    ids.push_back(id);
    owners.emplace_back(std::move(entity), std::move(rule));
  }
};

std::string take_message(hs_compile_error_t* error) {
  std::string text =
      error != nullptr && error->message != nullptr ? error->message : "not accepted";
  hs_free_compile_error(error);
  return text;
}

// What the scanner relies on: bounded width, no empty match, no anchor (the matcher sees a stream).
std::string check_pattern(const RuleSource& rule, unsigned flags, unsigned& width_min) {
  hs_expr_info_t* info = nullptr;
  hs_compile_error_t* error = nullptr;
  if (hs_expression_info(rule.pattern.c_str(), flags, &info, &error) != HS_SUCCESS)
    return take_message(error);
  const hs_expr_info_t width = *info;
  std::free(info);
  width_min = width.min_width;
  if (width.min_width == 0) return "the pattern matches nothing (minimum width 0)";
  if (width.min_width < kPatternWidthMin)
    return "the pattern may match less than " + std::to_string(kPatternWidthMin) +
           " bytes; use kind run, shape or cue";
  if (width.max_width > contract::kPatternWidthMax)
    return "the pattern may match more than " + std::to_string(contract::kPatternWidthMax) +
           " bytes; bound its repetitions";
  if (width.matches_at_eod != 0)
    return "the pattern has an anchor; use kind run for a whole run of characters";
  return {};
}

class Compiler {
 public:
  explicit Compiler(CompiledMatcher& result) : result_(result) {}

  void add_entity(const EntitySource& entity) {
    contract::MatcherEntity out{};
    out.name = section_.text(entity.name);
    out.priority = entity.priority;
    out.sample_first = static_cast<uint32_t>(section_.samples.size());
    out.sample_count = static_cast<uint32_t>(entity.samples.size());
    for (const std::string& sample : entity.samples)
      section_.samples.push_back(section_.text(sample));
    const auto id = static_cast<uint16_t>(section_.entities.size());
    section_.entities.push_back(out);
    for (const RuleSource& rule : entity.rules) add_rule(entity, rule, id);
  }

  void finish() {
    if (section_.entities.size() > 256) fail("", "", "more than 256 entities");
    if (section_.rules.size() > 0xffff) fail("", "", "more than 65,535 rules");
    if (section_.word_count() > scan::kContextWordsMax)
      fail("", "", "more than 4,096 context words");
    if (!result_.errors.empty()) return;
    const std::vector<char> stream = compile(stream_, HS_MODE_STREAM);
    const std::vector<char> confirm = compile(confirm_, HS_MODE_BLOCK);
    if (result_.errors.empty()) result_.section = section_.finish(stream, confirm);
  }

 private:
  void fail(const std::string& entity, const std::string& rule, std::string message) {
    result_.errors.push_back({entity, rule, std::move(message)});
  }

  void add_pattern(const EntitySource& entity, const RuleSource& rule) {
    const unsigned flags = rule.case_insensitive ? unsigned{HS_FLAG_CASELESS} : 0U;
    unsigned width_min = 0;
    if (std::string message = check_pattern(rule, flags | HS_FLAG_SOM_LEFTMOST, width_min);
        !message.empty())
      return fail(entity.name, rule.id, std::move(message));
    const auto id = static_cast<unsigned>(section_.rules.size());
    const PatternAnchor anchor = pattern_anchor(rule.pattern);
    const unsigned anchor_flags =
        (rule.case_insensitive ? unsigned{contract::kAnchorAnyCase} : 0U) |
        (anchor.is_prefix ? unsigned{contract::kAnchorPrefix} : 0U);
    for (const std::string& literal : anchor.literals)
      section_.anchors.push_back({section_.text(literal), static_cast<uint16_t>(id),
                                  static_cast<uint16_t>(anchor_flags), width_min});
    if (anchor.literals.empty()) stream_.add(rule.pattern, flags, id, entity.name, rule.id);
    confirm_.add(rule.pattern, flags | HS_FLAG_SOM_LEFTMOST, id, entity.name, rule.id);
  }

  void add_shapes(const EntitySource& entity, const RuleSource& rule, contract::MatcherRule& out) {
    out.shape_first = static_cast<uint32_t>(section_.shapes.size());
    for (const std::string& shape : rule.shapes)
      if (std::string message = compile_shape(shape, section_.shapes); !message.empty())
        fail(entity.name, rule.id, "'" + shape + "': " + message);
    out.shape_count = static_cast<uint32_t>(section_.shapes.size()) - out.shape_first;
    if (rule.evasive && rule.validator == contract::Validator::None && rule.context.empty())
      fail(entity.name, rule.id,
           "evasive takes a validator or context words: some window of any table of numbers fits");
  }

  void check_parts(const EntitySource& entity, const RuleSource& rule) {
    const bool has_shapes = rule.kind == RuleKind::Shape || rule.kind == RuleKind::Cue;
    const bool is_field = rule.kind == RuleKind::Field;
    const bool takes_cues = rule.kind == RuleKind::Cue || rule.kind == RuleKind::Assignment ||
                            rule.kind == RuleKind::Password || rule.kind == RuleKind::Person ||
                            rule.kind == RuleKind::Date || rule.kind == RuleKind::Address ||
                            rule.kind == RuleKind::SpeltEmail || is_field;
    if (rule.kind != RuleKind::Pattern && !rule.pattern.empty())
      fail(entity.name, rule.id, "only rules of kind pattern have a pattern");
    if (!is_field && has_shapes == rule.shapes.empty())
      fail(entity.name, rule.id,
           has_shapes ? "the rule has no shapes" : "only kinds shape, cue and field have shapes");
    if (!takes_cues && !rule.cues.empty())
      fail(entity.name, rule.id, "rules of this kind have no cues");
    if ((rule.kind == RuleKind::Cue || rule.kind == RuleKind::Assignment ||
         rule.kind == RuleKind::Password || rule.kind == RuleKind::SpeltEmail || is_field) &&
        rule.cues.empty())
      fail(entity.name, rule.id, "the rule has no cues");
    if (rule.kind == RuleKind::Run && rule.length_min < kRunBytesMin)
      fail(entity.name, rule.id, "a run has 16 characters or more");
  }

  void add_rule(const EntitySource& entity, const RuleSource& rule, uint16_t entity_id) {
    check_parts(entity, rule);
    const auto index = static_cast<uint16_t>(section_.rules.size());
    if (rule.kind == RuleKind::Pattern) add_pattern(entity, rule);
    contract::MatcherRule out{};
    out.id = section_.text(rule.id);
    out.entity = entity_id;
    out.kind = static_cast<uint8_t>(rule.kind);
    out.validator = static_cast<uint8_t>(rule.validator);
    out.confidence = rule.confidence;
    out.confidence_bare = rule.confidence_bare;
    out.confidence_alone = rule.confidence_alone;
    out.flags = flags_of(rule);
    out.length_min = rule.length_min;
    out.length_max = rule.length_max;
    const auto context = section_.words(rule.context), against = section_.words(rule.against);
    out.context_first = context.offset;
    out.context_count = context.count;
    out.against_first = against.offset;
    out.against_count = against.count;
    out.proximity = rule.proximity;
    out.alphabet = static_cast<uint8_t>(rule.alphabet);
    add_shapes(entity, rule, out);
    for (const std::string& cue : rule.cues) add_cue(entity, rule, cue, index);
    if (rule.kind == RuleKind::KeyBlock) {
      section_.cue("-----BEGIN", index);
      section_.cue("PuTTY-User-Key-File", index);
    }
    if (rule.kind == RuleKind::TravelZone) section_.cue("<<<", index);
    section_.rules.push_back(out);
  }

  void add_cue(const EntitySource& entity, const RuleSource& rule, const std::string& cue,
               uint16_t index) {
    const std::string folded = scan::folded_text(cue);
    if (folded.size() < kCueBytesMin || folded.size() > scan::kContextWordBytesMax)
      return fail(entity.name, rule.id, "cue '" + cue + "': a cue has 3 to 64 bytes");
    section_.cue(folded, index);
    // Literals mind the case of letters beyond ASCII.
    for (const std::string& form : scan::capital_forms(cue)) section_.cue(form, index);
  }

  static uint16_t flags_of(const RuleSource& rule) {
    const auto bit = [](bool is_set, uint16_t flag) { return is_set ? flag : uint16_t{0}; };
    return static_cast<uint16_t>(
        bit(!rule.context.empty() && rule.confidence_bare == 0, contract::kRuleNeedsContext) |
        bit(rule.boundary_left, contract::kRuleBoundaryLeft) |
        bit(rule.boundary_right, contract::kRuleBoundaryRight) |
        bit(rule.separated, contract::kRuleSeparated) |
        bit(rule.unseparated, contract::kRuleUnseparated) |
        bit(rule.any_name, contract::kRuleAnyName) | bit(rule.evasive, contract::kRuleEvasive) |
        bit(rule.upper_only, contract::kRuleUpperOnly) |
        bit(rule.title_cues, contract::kRuleTitleCues) |
        bit(rule.names_beside, contract::kRuleNamesBeside) |
        bit((rule.kind == RuleKind::Date || rule.kind == RuleKind::Person ||
             rule.kind == RuleKind::Address) &&
                !rule.cues.empty(),
            contract::kRuleAfterCues));
  }

  std::vector<char> compile(const Expressions& expressions, unsigned mode) {
    if (expressions.texts.empty()) return {};
    // A common target: the same bytes on every machine, and loadable on each. Features 0: no AVX in
    // the database.
    hs_platform_info_t platform{};
    platform.tune = HS_TUNE_FAMILY_GENERIC;
    std::vector<const char*> texts;
    for (const std::string& text : expressions.texts) texts.push_back(text.c_str());
    hs_database_t* database = nullptr;
    hs_compile_error_t* error = nullptr;
    if (hs_compile_multi(texts.data(), expressions.flags.data(), expressions.ids.data(),
                         static_cast<unsigned>(texts.size()), mode, &platform, &database,
                         &error) != HS_SUCCESS) {
      const bool is_known = error != nullptr && error->expression >= 0 &&
                            static_cast<size_t>(error->expression) < expressions.owners.size();
      const auto owner = is_known ? expressions.owners[static_cast<size_t>(error->expression)]
                                  : std::pair<std::string, std::string>();
      fail(owner.first, owner.second, take_message(error));
      return {};
    }
    char* bytes = nullptr;
    size_t size = 0;
    std::vector<char> out;
    if (hs_serialize_database(database, &bytes, &size) == HS_SUCCESS)
      out.assign(bytes, bytes + size);
    std::free(bytes);
    hs_free_database(database);
    return out;
  }

  CompiledMatcher& result_;
  MatcherSection section_;
  Expressions stream_;
  Expressions confirm_;
};

}  // namespace

std::string folded_as_scanned(std::string_view text) { return scan::folded_text(text); }

CompiledMatcher compile_matcher(std::span<const EntitySource> entities) {
  CompiledMatcher result;
  Compiler compiler(result);
  for (const EntitySource& entity : entities) compiler.add_entity(entity);
  compiler.finish();
  return result;
}

}  // namespace sallyport::controlplane::policy
