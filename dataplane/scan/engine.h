// engine.h: the compiled rules of one policy image, ready to match.
//
// Two stages. Stage one sees every byte once: bit masks of character classes (char_masks.h), and
// the literals of cue words (literal_set.h). Stage two reads around what stage one has seen:
// recognisers (recogniser.h), shapes in number rows (number_row.h), and the patterns themselves in
// word runs that are long enough and hold one of their literals. Patterns without a literal are
// read by the pattern matcher in streaming mode; the shipped policy has none.
//
// Owner   immutable after load(); shared by all scanners of a worker. The matcher's scratch is per
// thread. Not here  what is live (text_scanner.h), the forms (recognise/, validate/), compiling
// (controlplane/policy).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/contract/matcher_layout.h"
#include "dataplane/scan/events.h"
#include "dataplane/scan/read/recogniser.h"
#include "dataplane/scan/text/context_words.h"
#include "dataplane/scan/text/dictionary.h"
#include "dataplane/scan/text/literal_set.h"

struct hs_database;
struct hs_scratch;
struct hs_stream;

namespace sallyport::scan {

class Engine;
struct ScanTools;

// The working memory of one thread for one engine: the matcher's own, masks, and the scanners that
// read decoded runs.
class Scratch {
 public:
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  ScanTools& tools() noexcept { return *tools_; }

 private:
  friend class Engine;
  Scratch();
  hs_scratch* native_ = nullptr;
  std::unique_ptr<ScanTools> tools_;
};

// A pattern's match inside a word run, before boundaries and validators.
struct RawMatch {
  uint16_t rule;
  uint32_t start;
  uint32_t end;
};

// What the streaming matcher saw: a match of `rule` ends at offset `end` of the stream.
struct StreamHit {
  uint32_t rule;
  uint64_t end;
};

class Engine {
 public:
  struct Rule {
    std::string id;
    uint16_t entity = 0;
    contract::RuleKind kind = contract::RuleKind::Pattern;
    uint16_t flags = 0;
    contract::Validator validator = contract::Validator::None;
    uint8_t confidence = 0;
    uint8_t confidence_bare = 0;
    uint8_t confidence_alone = 0;
    uint8_t priority = 0;
    uint16_t proximity = 0;
    bool has_context = false;
    bool has_against = false;
    bool longest_stays = false;  // of two matches of such rules that overlap
    uint16_t near_index = 0;     // of rules of shapes and dates that must have a context word
    RuleParameters parameters;
    std::vector<uint64_t> context;  // bit per context word
    std::vector<uint64_t> against;
  };
  struct Shape {
    uint64_t digits;
    uint64_t letters;
    uint64_t breaks;
    uint16_t rule;
    // Of its rule, beside each other: a number meets dozens of shapes.
    uint16_t near_index;
    uint16_t flags;
    contract::Validator validator;
  };

  // Of anchors(): a match of `rule` holds it.
  struct Anchor {
    uint16_t rule;
    bool is_prefix;
    uint32_t width_min;
  };

  Engine() = default;
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Copies what it needs of the section. False: `error` names what does not hold.
  [[nodiscard]] bool load(std::span<const uint8_t> section, std::string& error);
  // The values of tenants, after load(). `section` must outlive the engine. `names[i]` is the rule
  // of kind Dictionary that finds values of dictionary i. False: `error` names what does not hold.
  [[nodiscard]] bool load_dictionaries(std::span<const uint8_t> section,
                                       std::span<const uint8_t, contract::kDictionaryKeyBytes> key,
                                       std::span<const std::string_view> names, std::string& error);
  std::unique_ptr<Scratch> make_scratch() const;
  // Canaries at every offset 0 to 127 from a buffer's end: a matcher that loses matches on this
  // processor is refused at start (detection.md 2). False: `error` says where it failed.
  [[nodiscard]] bool self_test(Scratch& scratch, std::string& error) const;

  uint16_t entity_count() const noexcept { return static_cast<uint16_t>(entities_.size()); }
  std::string_view entity_name(uint16_t entity) const noexcept { return entities_[entity].name; }
  uint16_t rule_count() const noexcept { return static_cast<uint16_t>(rules_.size()); }
  std::string_view rule_id(uint16_t rule) const noexcept { return rules_[rule].id; }
  // Of Finding::context.
  std::string_view context_word(uint16_t word) const noexcept { return words_.word(word); }

  // For the stages of this folder.
  const Rule& rule(uint16_t index) const noexcept { return rules_[index]; }
  std::span<const uint16_t> rules_of(contract::RuleKind kind) const noexcept {
    return by_kind_[static_cast<size_t>(kind)];
  }
  // Those of them that may begin anywhere, not only behind a cue.
  std::span<const uint16_t> rules_anywhere(contract::RuleKind kind) const noexcept {
    return anywhere_[static_cast<size_t>(kind)];
  }
  // Shapes of rules that count alone; and of those that must have a context word.
  std::span<const Shape> shapes_of(size_t length) const noexcept { return shapes_[length]; }
  std::span<const Shape> shapes_near_words(size_t length) const noexcept {
    return near_shapes_[length];
  }
  // Bit n: a shape of n characters may begin with a digit, with a letter.
  struct Lengths {
    uint64_t digit_first = 0;
    uint64_t letter_first = 0;
  };
  const Lengths& shape_lengths() const noexcept { return shape_lengths_; }
  const Lengths& near_shape_lengths() const noexcept { return near_shape_lengths_; }
  // Which rules of the latter one of these words speaks for; bit: Rule::near_index.
  using NearRules = scan::NearRules;
  NearRules near_rules(const ContextHits& hits) const noexcept {
    NearRules out{};
    for (size_t i = 0; i < hits.count; ++i) add_rules(out, words_.rules_of(hits.hits[i].word));
    return out;
  }
  // Where their shapes of one length must have digits and letters: the rules that agree in that,
  // and how far before a value their words may begin, in bytes.
  struct NearForm {
    uint64_t digits = 0;
    uint64_t letters = 0;
    NearRules rules{};
    uint64_t reach = 0;
  };
  std::span<const NearForm> near_forms(size_t length) const noexcept { return near_forms_[length]; }
  // Those of them that a value which is a whole text needs no word for.
  const NearRules& rules_alone() const noexcept { return alone_rules_; }
  // Rules of dates that may stand anywhere, if all of them must have a context word (`all`), and
  // how far before a date it may begin, in bytes.
  struct NearDates {
    bool all = true;
    NearRules rules{};
    uint64_t reach = 0;
  };
  const NearDates& near_dates() const noexcept { return near_dates_; }
  std::span<const uint16_t> rules_of_cue(uint32_t cue) const noexcept { return cues_[cue].rules; }
  // Cue words by their index: looked for in all of a text.
  const LiteralSet& literals() const noexcept { return literals_; }
  // Literals of patterns: looked for in word runs that are as long as the shortest match.
  const LiteralSet& anchors() const noexcept { return anchor_literals_; }
  const Anchor& anchor(size_t index) const noexcept { return anchors_[index]; }
  // `text` is how one of them begins, in any case, and not all of it.
  bool begins_anchor(std::span<const uint8_t> text) const noexcept;
  uint32_t anchored_bytes_min() const noexcept { return anchored_bytes_min_; }
  const ContextWords& words() const noexcept { return words_; }
  // How far before a value a word may begin that any rule knows, in bytes.
  uint64_t context_reach() const noexcept { return context_reach_; }
  bool is_sample(uint16_t entity, uint64_t fingerprint) const noexcept;
  const DictionaryIndex& dictionaries() const noexcept { return dictionaries_; }
  uint16_t dictionary_rule(uint8_t dictionary) const noexcept {
    return dictionary_rules_[dictionary];
  }
  // Tells engines apart: a matcher stream belongs to one.
  uint64_t serial() const noexcept { return serial_; }

  // A matcher stream; null: no patterns without an anchor, or no memory. close_stream() also after
  // the engine is gone.
  hs_stream* open_stream() const noexcept;
  static void close_stream(hs_stream* stream) noexcept;
  static void reset_stream(hs_stream* stream) noexcept;
  // Appends what ends in `text`, the next bytes of the stream. False: the matcher failed or there
  // are more than `max` hits.
  bool feed_stream(hs_stream* stream, std::span<const uint8_t> text, Scratch& scratch,
                   std::vector<StreamHit>& out, size_t max) const noexcept;
  // Appends the patterns' matches in one word run. False as above.
  bool confirm(std::span<const uint8_t> run, Scratch& scratch, std::vector<RawMatch>& out,
               size_t max) const noexcept;

 private:
  struct Entity {
    std::string name;
    uint8_t priority;
    std::vector<uint64_t> samples;  // sorted
  };
  struct CueEntry {
    std::vector<uint16_t> rules;
  };
  friend class EngineLoader;

  std::vector<Entity> entities_;
  std::vector<Rule> rules_;
  std::array<std::vector<uint16_t>, contract::kRuleKindMax + 1> by_kind_;
  std::array<std::vector<uint16_t>, contract::kRuleKindMax + 1> anywhere_;
  std::array<std::vector<Shape>, contract::kShapeLengthMax + 1> shapes_;
  std::array<std::vector<Shape>, contract::kShapeLengthMax + 1> near_shapes_;
  Lengths shape_lengths_, near_shape_lengths_;
  std::array<std::vector<NearForm>, contract::kShapeLengthMax + 1> near_forms_;
  NearRules alone_rules_{};
  uint16_t near_count_ = 0;
  NearDates near_dates_;
  std::vector<std::vector<contract::MatcherShape>>
      cue_shapes_;  // by rule; its parameters point here
  std::vector<CueEntry> cues_;
  ContextWords words_;
  uint64_t context_reach_ = 0;
  DictionaryIndex dictionaries_;
  std::vector<uint16_t> dictionary_rules_;  // by dictionary
  LiteralSet literals_;
  LiteralSet anchor_literals_;
  std::vector<Anchor> anchors_;
  std::vector<std::string> anchor_texts_;  // sorted, lower case
  uint32_t anchored_bytes_min_ = ~0U;
  hs_database* stream_database_ = nullptr;   // null: every pattern has an anchor
  hs_database* confirm_database_ = nullptr;  // null: no patterns
  uint64_t serial_ = 0;
};

// Samples are compared without separators, in lower case: 64 bits of FNV-1a over letters and
// digits.
uint64_t sample_fingerprint(std::span<const uint8_t> value) noexcept;

// The matcher runtime's own version text ("5.4.0 ...").
std::string_view matcher_version() noexcept;

}  // namespace sallyport::scan
