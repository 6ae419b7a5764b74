#include "controlplane/policy/matcher_compiler.h"

#include <hs/hs.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

namespace sallyport::controlplane::policy {
namespace {

using contract::MatcherEntity;
using contract::MatcherHeader;
using contract::MatcherRule;
using contract::MatcherText;

// A word of fewer bytes never reaches the matcher (scan/text_scanner.h): a pattern that could match
// one would be a rule that sometimes does not hold.
constexpr unsigned kPatternWidthMin = 16;

// Everything of the section but the database, built in order.
class SectionBuilder {
 public:
  MatcherText text(const std::string& value) {
    const MatcherText t{static_cast<uint32_t>(strings_.size()),
                        static_cast<uint32_t>(value.size())};
    strings_ += value;
    return t;
  }
  std::vector<MatcherEntity> entities;
  std::vector<MatcherRule> rules;
  std::vector<MatcherText> contexts;

  std::vector<uint8_t> finish(std::span<const char> database) const {
    MatcherHeader header{};
    header.magic = contract::kMatcherMagic;
    header.version = contract::kMatcherVersion;
    std::vector<uint8_t> out(sizeof header);
    const auto put = [&](const void* data, size_t size) {
      const size_t offset = out.size();
      const auto* bytes = static_cast<const uint8_t*>(data);
      out.insert(out.end(), bytes, bytes + size);
      out.resize((out.size() + 7) / 8 * 8);
      return static_cast<uint32_t>(offset);
    };
    header.entity_count = static_cast<uint32_t>(entities.size());
    header.entity_offset = put(entities.data(), entities.size() * sizeof(MatcherEntity));
    header.rule_count = static_cast<uint32_t>(rules.size());
    header.rule_offset = put(rules.data(), rules.size() * sizeof(MatcherRule));
    header.context_count = static_cast<uint32_t>(contexts.size());
    header.context_offset = put(contexts.data(), contexts.size() * sizeof(MatcherText));
    header.string_bytes = static_cast<uint32_t>(strings_.size());
    header.string_offset = put(strings_.data(), strings_.size());
    header.database_bytes = static_cast<uint32_t>(database.size());
    header.database_offset = put(database.data(), database.size());
    header.section_bytes = out.size();
    std::memcpy(out.data(), &header, sizeof header);
    return out;
  }

 private:
  std::string strings_;
};

struct Expressions {
  std::vector<const char*> patterns;
  std::vector<unsigned> flags;
  std::vector<unsigned> ids;
  // Whose they are, for errors of the whole.
  std::vector<std::pair<std::string, std::string>> owners;  // entity, rule
};

std::string take_message(hs_compile_error_t* error) {
  std::string text =
      error != nullptr && error->message != nullptr ? error->message : "not accepted";
  hs_free_compile_error(error);
  return text;
}

// What the scanner relies on: bounded width, no empty match.
std::string check_pattern(const RuleSource& rule, unsigned flags) {
  hs_expr_info_t* info = nullptr;
  hs_compile_error_t* error = nullptr;
  if (hs_expression_info(rule.pattern.c_str(), flags, &info, &error) != HS_SUCCESS)
    return take_message(error);
  const unsigned max_width = info->max_width, min_width = info->min_width;
  std::free(info);
  if (min_width == 0) return "the pattern matches nothing (minimum width 0)";
  if (min_width < kPatternWidthMin)
    return "the pattern may match less than " + std::to_string(kPatternWidthMin) +
           " bytes; words shorter than that are not looked at";
  if (max_width > contract::kPatternWidthMax)
    return "the pattern may match more than " + std::to_string(contract::kPatternWidthMax) +
           " bytes; bound its repetitions";
  return {};
}

void add_rule(const EntitySource& entity, const RuleSource& rule, uint16_t entity_id,
              SectionBuilder& section, Expressions& expressions, CompiledMatcher& result) {
  const auto fail = [&](std::string message) {
    result.errors.push_back({entity.name, rule.id, std::move(message)});
  };
  if (rule.kind == contract::RuleKind::Pattern) {
    const unsigned flags =
        HS_FLAG_SOM_LEFTMOST | (rule.case_insensitive ? unsigned{HS_FLAG_CASELESS} : 0U);
    if (std::string message = check_pattern(rule, flags); !message.empty())
      return fail(std::move(message));
    expressions.patterns.push_back(rule.pattern.c_str());
    expressions.flags.push_back(flags);
    expressions.ids.push_back(static_cast<unsigned>(section.rules.size()));
    expressions.owners.emplace_back(entity.name, rule.id);
  } else if (!rule.pattern.empty()) {
    return fail("only rules of kind pattern have a pattern");
  }
  MatcherRule out{};
  out.id = section.text(rule.id);
  out.entity = entity_id;
  out.kind = static_cast<uint8_t>(rule.kind);
  out.validator = static_cast<uint8_t>(rule.validator);
  out.confidence = rule.confidence;
  out.flags = static_cast<uint8_t>((rule.context.empty() ? 0 : contract::kRuleNeedsContext) |
                                   (rule.boundary_left ? contract::kRuleBoundaryLeft : 0) |
                                   (rule.boundary_right ? contract::kRuleBoundaryRight : 0));
  out.context_first = static_cast<uint32_t>(section.contexts.size());
  out.context_count = static_cast<uint32_t>(rule.context.size());
  for (std::string word : rule.context) {
    std::transform(word.begin(), word.end(), word.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    section.contexts.push_back(section.text(word));
  }
  section.rules.push_back(out);
}

std::vector<char> compile_database(const Expressions& expressions, CompiledMatcher& result) {
  if (expressions.patterns.empty()) return {};
  // A common target: the same bytes on every machine, and loadable on each. Features 0: no AVX in
  // the database.
  hs_platform_info_t platform{};
  platform.tune = HS_TUNE_FAMILY_GENERIC;
  hs_database_t* database = nullptr;
  hs_compile_error_t* error = nullptr;
  if (hs_compile_multi(expressions.patterns.data(), expressions.flags.data(),
                       expressions.ids.data(), static_cast<unsigned>(expressions.patterns.size()),
                       HS_MODE_BLOCK, &platform, &database, &error) != HS_SUCCESS) {
    const bool is_known = error != nullptr && error->expression >= 0 &&
                          static_cast<size_t>(error->expression) < expressions.owners.size();
    const auto owner = is_known ? expressions.owners[static_cast<size_t>(error->expression)]
                                : std::pair<std::string, std::string>();
    result.errors.push_back({owner.first, owner.second, take_message(error)});
    return {};
  }
  char* bytes = nullptr;
  size_t size = 0;
  std::vector<char> out;
  if (hs_serialize_database(database, &bytes, &size) == HS_SUCCESS) out.assign(bytes, bytes + size);
  std::free(bytes);
  hs_free_database(database);
  return out;
}

}  // namespace

CompiledMatcher compile_matcher(std::span<const EntitySource> entities) {
  CompiledMatcher result;
  SectionBuilder section;
  Expressions expressions;
  for (size_t i = 0; i < entities.size(); ++i) {
    MatcherEntity out{};
    out.name = section.text(entities[i].name);
    out.priority = entities[i].priority;
    section.entities.push_back(out);
    for (const RuleSource& rule : entities[i].rules)
      add_rule(entities[i], rule, static_cast<uint16_t>(i), section, expressions, result);
  }
  if (entities.size() > 256) result.errors.push_back({"", "", "more than 256 entities"});
  if (!result.errors.empty()) return result;
  const std::vector<char> database = compile_database(expressions, result);
  if (result.errors.empty()) result.section = section.finish(database);
  return result;
}

}  // namespace sallyport::controlplane::policy
