// engine.h: the compiled rules of one policy image, ready to match.
//
// Two stages. Word runs (no white space, quotes or non-ASCII in them) go to the pattern matcher
// only when they hold an '@' or are long enough for a secret; digit runs, phone numbers and key
// blocks are read by code of our own (detection.md 0.2: as patterns they would cost eight times the
// rest). A run is matched when it has ended, as a whole: so a result can never depend on how the
// text was cut.
//
// Owner   immutable after load(); shared by all scanners of a worker. The matcher's scratch is per
// thread. Not here  what a run is (text_scanner.h), validators (validators.h), compiling
// (controlplane/policy).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/contract/matcher_layout.h"
#include "dataplane/scan/events.h"

struct hs_database;
struct hs_scratch;

namespace sallyport::scan {

class Engine;

// The matcher's working memory; one per thread, for one engine.
class Scratch {
 public:
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

 private:
  friend class Engine;
  Scratch() = default;
  hs_scratch* native_ = nullptr;
};

// A pattern's match inside a run, before boundaries and validators.
struct RawMatch {
  uint16_t rule;
  uint32_t start;
  uint32_t end;
};

class Engine {
 public:
  Engine() = default;
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Copies what it needs of the section. False: `error` names what does not hold.
  [[nodiscard]] bool load(std::span<const uint8_t> section, std::string& error);
  std::unique_ptr<Scratch> make_scratch() const;
  // Canaries of every pattern rule kind at every offset 0 to 127 from a buffer's end: a matcher
  // that loses matches on this processor is refused at start (detection.md 2). False: `error` says
  // where it failed.
  [[nodiscard]] bool self_test(Scratch& scratch, std::string& error) const;

  uint16_t entity_count() const noexcept { return static_cast<uint16_t>(entities_.size()); }
  std::string_view entity_name(uint16_t entity) const noexcept { return entities_[entity].name; }
  uint16_t rule_count() const noexcept { return static_cast<uint16_t>(rules_.size()); }
  std::string_view rule_id(uint16_t rule) const noexcept { return rules_[rule].id; }

  // For text_scanner.cc.
  struct Rule {
    std::string id;
    uint16_t entity;
    contract::RuleKind kind;
    contract::Validator validator;
    uint8_t confidence;
    uint8_t flags;
    uint8_t priority;
    std::vector<std::string> context;
  };
  const Rule& rule(uint16_t index) const noexcept { return rules_[index]; }
  // Rules of a kind that has no pattern, in order; at most a handful.
  std::span<const uint16_t> rules_of(contract::RuleKind kind) const noexcept {
    return by_kind_[static_cast<size_t>(kind)];
  }
  // Appends the matches in one run. False: more than `max` matches, or the matcher failed.
  bool match(std::span<const uint8_t> run, Scratch& scratch, std::vector<RawMatch>& out,
             size_t max) const noexcept;

 private:
  struct Entity {
    std::string name;
    uint8_t priority;
  };
  bool load_tables(std::span<const uint8_t> section, std::string& error);

  std::vector<Entity> entities_;
  std::vector<Rule> rules_;
  std::vector<uint16_t> by_kind_[contract::kRuleKindMax + 1];
  hs_database* database_ = nullptr;  // null: no pattern rules
};

// The matcher runtime's own version text ("5.4.0 ...").
std::string_view matcher_version() noexcept;

}  // namespace sallyport::scan
