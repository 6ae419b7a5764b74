#include "dataplane/scan/engine.h"

#include <hs/hs_runtime.h>

#include <cstring>

namespace sallyport::scan {

using contract::MatcherEntity;
using contract::MatcherHeader;
using contract::MatcherRule;
using contract::MatcherText;

namespace {

// Bounds of a table in the section, overflow included.
bool inside(uint64_t offset, uint64_t count, uint64_t size, uint64_t section) noexcept {
  return count <= 1U << 20 && offset <= section && count * size <= section - offset;
}

template <class T>
T read(std::span<const uint8_t> section, uint64_t offset) noexcept {
  T value;
  std::memcpy(&value, section.data() + offset, sizeof value);
  return value;
}

struct MatchContext {
  std::vector<RawMatch>* out;
  size_t max;
  size_t rule_count;
  bool overflow;
};

int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned, void* context) {
  auto* state = static_cast<MatchContext*>(context);
  if (state->out->size() >= state->max || id >= state->rule_count) {
    state->overflow = true;
    return 1;
  }
  state->out->push_back(
      RawMatch{static_cast<uint16_t>(id), static_cast<uint32_t>(from), static_cast<uint32_t>(to)});
  return 0;
}

}  // namespace

Scratch::~Scratch() {
  if (native_ != nullptr) hs_free_scratch(native_);
}

Engine::~Engine() {
  if (database_ != nullptr) hs_free_database(database_);
}

bool Engine::load_tables(std::span<const uint8_t> section, std::string& error) {
  const auto header = read<MatcherHeader>(section, 0);
  const uint64_t size = section.size();
  if (!inside(header.entity_offset, header.entity_count, sizeof(MatcherEntity), size) ||
      !inside(header.rule_offset, header.rule_count, sizeof(MatcherRule), size) ||
      !inside(header.context_offset, header.context_count, sizeof(MatcherText), size) ||
      !inside(header.string_offset, header.string_bytes, 1, size) || header.entity_count > 256 ||
      header.rule_count > 65'535) {
    error = "matcher section: a table lies outside the section";
    return false;
  }
  const auto text = [&](MatcherText t, std::string& out) {
    if (!inside(t.offset, t.size, 1, header.string_bytes)) return false;
    out.assign(reinterpret_cast<const char*>(section.data()) + header.string_offset + t.offset,
               t.size);
    return true;
  };
  for (uint32_t i = 0; i < header.entity_count; ++i) {
    const auto raw =
        read<MatcherEntity>(section, header.entity_offset + uint64_t{i} * sizeof(MatcherEntity));
    Entity entity{.name = {}, .priority = raw.priority};
    if (!text(raw.name, entity.name) || entity.name.empty()) {
      error = "matcher section: bad entity name";
      return false;
    }
    entities_.push_back(std::move(entity));
  }
  for (uint32_t i = 0; i < header.rule_count; ++i) {
    const auto raw =
        read<MatcherRule>(section, header.rule_offset + uint64_t{i} * sizeof(MatcherRule));
    const bool valid = raw.entity < header.entity_count && raw.kind >= 1 &&
                       raw.kind <= contract::kRuleKindMax &&
                       raw.validator <= contract::kValidatorMax &&
                       (raw.flags & ~contract::kRuleFlagsMask) == 0 && raw.confidence <= 100 &&
                       inside(raw.context_first, raw.context_count, 1, header.context_count);
    Rule rule{};
    if (!valid || !text(raw.id, rule.id)) {
      error = "matcher section: bad rule";
      return false;
    }
    rule.entity = raw.entity;
    rule.kind = static_cast<contract::RuleKind>(raw.kind);
    rule.validator = static_cast<contract::Validator>(raw.validator);
    rule.confidence = raw.confidence;
    rule.flags = raw.flags;
    rule.priority = entities_[raw.entity].priority;
    for (uint32_t c = 0; c < raw.context_count; ++c) {
      const uint64_t at =
          header.context_offset + (uint64_t{raw.context_first} + c) * sizeof(MatcherText);
      std::string word;
      if (!text(read<MatcherText>(section, at), word) || word.empty()) {
        error = "matcher section: bad context word";
        return false;
      }
      rule.context.push_back(std::move(word));
    }
    by_kind_[raw.kind].push_back(static_cast<uint16_t>(i));
    rules_.push_back(std::move(rule));
  }
  return true;
}

bool Engine::load(std::span<const uint8_t> section, std::string& error) {
  if (section.size() < sizeof(MatcherHeader)) {
    error = "matcher section: too short";
    return false;
  }
  const auto header = read<MatcherHeader>(section, 0);
  if (header.magic != contract::kMatcherMagic || header.version != contract::kMatcherVersion ||
      header.section_bytes != section.size()) {
    error = "matcher section: wrong magic, version or size; compile the policy with this release";
    return false;
  }
  if (!load_tables(section, error)) return false;
  if (by_kind_[static_cast<size_t>(contract::RuleKind::Pattern)].empty()) return true;
  if (!inside(header.database_offset, header.database_bytes, 1, section.size()) ||
      hs_deserialize_database(
          reinterpret_cast<const char*>(section.data()) + header.database_offset,
          header.database_bytes, &database_) != HS_SUCCESS) {
    error =
        "matcher section: the pattern database does not load (made by another matcher version?)";
    return false;
  }
  return true;
}

std::unique_ptr<Scratch> Engine::make_scratch() const {
  std::unique_ptr<Scratch> scratch(new Scratch);
  if (database_ != nullptr && hs_alloc_scratch(database_, &scratch->native_) != HS_SUCCESS)
    return nullptr;
  return scratch;
}

bool Engine::match(std::span<const uint8_t> run, Scratch& scratch, std::vector<RawMatch>& out,
                   size_t max) const noexcept {
  if (database_ == nullptr) return true;
  MatchContext context{&out, max, rules_.size(), false};
  const hs_error_t result =
      hs_scan(database_, reinterpret_cast<const char*>(run.data()),
              static_cast<unsigned>(run.size()), 0, scratch.native_, on_match, &context);
  return result == HS_SUCCESS && !context.overflow;
}

std::string_view matcher_version() noexcept { return hs_version(); }

}  // namespace sallyport::scan
