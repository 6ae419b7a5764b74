// rewrite_world.h: everything a rewriter stands on (engine, labels, token keys, API kinds), made
// once, and the questions that tests ask: what are the edits of this text, cut like that?
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/mem/segment_pool.h"
#include "dataplane/redact/exchange_tokens.h"
#include "dataplane/redact/token.h"
#include "dataplane/rewrite/body/json_rewriter.h"
#include "dataplane/rewrite/body/stream_rewriter.h"
#include "dataplane/rewrite/text/rewrite_scope.h"
#include "dataplane/rewrite/text/text_rewriter.h"
#include "tests/unit/llm/shipped_tables.h"
#include "tests/unit/scan/scan_fixture.h"

namespace sallyport::rewrite {

// Of many rounds a test plays one in this many: instrumented code takes ten times as long for each.
#if defined(__SANITIZE_ADDRESS__)
constexpr uint32_t kThinning = 3;
#else
constexpr uint32_t kThinning = 1;
#endif

using Direction = RewriteScope::Direction;
using Cuts = std::vector<size_t>;

struct SaidEdit {
  uint64_t start = 0;
  uint64_t end = 0;
  std::string replacement;
  friend bool operator==(const SaidEdit&, const SaidEdit&) = default;
  friend std::ostream& operator<<(std::ostream& out, const SaidEdit& e) {
    return out << '[' << e.start << ',' << e.end << ")=\"" << e.replacement << '"';
  }
};

// What a rewriter said of a whole text. `released` broken: an edit began before a released edge, or
// the edge went back.
struct Said {
  bool accepted = true;
  Refusal refusal = Refusal::None;
  bool broken = false;
  std::vector<SaidEdit> edits;
  friend bool operator==(const Said& a, const Said& b) {
    // Where it was refused, how far it got before depends on the cuts.
    if (!a.accepted || !b.accepted) return a.accepted == b.accepted && a.refusal == b.refusal;
    return a.edits == b.edits;
  }
  friend std::ostream& operator<<(std::ostream& out, const Said& s) {
    out << (s.accepted ? "accepted" : "refused") << (s.broken ? " BROKEN" : "");
    for (const SaidEdit& e : s.edits) out << ' ' << e;
    return out;
  }
};

inline std::span<const uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

inline std::string edited(std::string_view text, const std::vector<SaidEdit>& edits) {
  std::string out;
  size_t at = 0;
  for (const SaidEdit& e : edits) {
    out += text.substr(at, e.start - at);
    out += e.replacement;
    at = e.end;
  }
  return out += text.substr(at);
}

inline Cuts every_byte(size_t size) {
  Cuts cuts;
  for (size_t i = 1; i < size; ++i) cuts.push_back(i);
  return cuts;
}

class World {
 public:
  enum Entity : uint16_t { Email, Phone, Card, Ssn, Url, Secret };

  World() {
    const auto compiled = controlplane::policy::compile_matcher(entities());
    std::string error;
    if (!compiled.errors.empty() || !engine.load(compiled.section, error)) std::abort();
    scratch = engine.make_scratch();
    std::vector<std::string_view> names;
    for (uint16_t i = 0; i < engine.entity_count(); ++i) names.push_back(engine.entity_name(i));
    if (!labels.build(names) || !mint.load(std::vector<uint8_t>(32, 7), "01")) std::abort();
  }

  static World& get() {
    static World world;
    return world;
  }

  // Requests: everything is tokenised but secrets, which are masked (so that texts with them can
  // be compared too). Answers: everything may come back, new data stays, secrets are masked.
  RewriteScope scope(Direction direction) {
    RewriteScope s;
    s.direction = direction;
    s.engine = &engine;
    s.scratch = scratch.get();
    s.labels = &labels;
    s.mint = &mint;
    s.token_scope = {"acme", "", "openai"};
    s.tokens = &tokens;
    known.clear();  // a message of its own
    people.clear();
    if (direction == Direction::Request && looks_again) {
      s.known = &known;
      s.people = &people;
    }
    if (direction == Direction::Response) s.api_urls = api_urls;
    s.actions.fill(direction == Direction::Request ? contract::Action::Tokenize
                                                   : contract::Action::Observe);
    s.actions[Secret] = contract::Action::Mask;
    if (everything) s.actions.fill(*everything);
    if (role_treatment) {
      const auto& [role, treatment] = *role_treatment;
      for (auto& rulings : s.actions)
        rulings.by_role[static_cast<size_t>(role)].treatment = treatment;
    }
    if (refused_kind) s.opaque_refused[static_cast<size_t>(*refused_kind)] = true;
    s.may_restore.fill(true);
    return s;
  }

  std::string token(uint16_t entity, std::string_view value) {
    const std::string_view name = entity == redact::TokenLabels::kLiteral
                                      ? redact::kLiteralEntity
                                      : engine.entity_name(entity);
    std::array<uint8_t, redact::kCanonicalBytesMax> canonical;
    const size_t size = redact::canonical_value(name, bytes_of(value), canonical);
    redact::Token out;
    if (!mint.mint({"acme", "", "openai"}, name, std::span(canonical).first(size), out))
      std::abort();
    return std::string(out.text());
  }
  // The token, known to the exchange as if its request had held the value.
  std::string minted(uint16_t entity, std::string_view value) {
    const std::string text = token(entity, value);
    redact::TokenCore core{};
    std::copy_n(text.end() - 1 - core.size(), core.size(), core.begin());
    (void)tokens.add(core, entity, bytes_of(value));
    return text;
  }

  Said text_edits(Direction direction, std::string_view text, const Cuts& cuts = {}) {
    RewriteScope s = scope(direction);
    text_.begin(s, {}, role_of(direction));
    return drive(text_, s, text, cuts);
  }
  Said arguments_edits(Direction direction, std::string_view text, const Cuts& cuts = {}) {
    RewriteScope s = scope(direction);
    arguments_.begin(s, role_of(direction));
    return drive(arguments_, s, text, cuts);
  }
  Said json_edits(Direction direction, const llm::PathTable& table, std::string_view text,
                  const Cuts& cuts = {}) {
    RewriteScope s = scope(direction);
    json_.begin(s, table);
    return drive(json_, s, text, cuts);
  }

  // While it is set, every finding is treated like this.
  std::optional<Treatment> everything;
  // The same for texts of one role only.
  std::optional<std::pair<contract::Role, Treatment>> role_treatment;
  std::optional<contract::OpaqueReason> refused_kind;
  ApiUrls api_urls;         // of answers
  bool looks_again = true;  // for values that are known from the message itself
  Tally tally;              // of the last text

  scan::Engine engine;
  std::unique_ptr<scan::Scratch> scratch;
  redact::TokenLabels labels;
  redact::TokenMint mint;
  mem::SegmentPool pool{64, 16 * 1024, mem::SegmentPool::Wipe::OnRelease};
  redact::ExchangeTokens tokens{pool};
  redact::KnownValues known;
  scan::NamedPeople people;

 private:
  static RoleSet role_of(Direction direction) {
    return direction == Direction::Request ? contract::Role::User : contract::Role::Assistant;
  }
  static std::vector<controlplane::policy::EntitySource> entities() {
    auto out = scan::first_entities();
    controlplane::policy::RuleSource rule;
    rule.id = "long-key";
    rule.kind = contract::RuleKind::Pattern;
    rule.pattern = "sk-ant-[A-Za-z0-9_-]{24}";
    rule.validator = contract::Validator::Entropy;
    rule.boundary_right = false;
    out[Secret].rules.push_back(rule);
    controlplane::policy::RuleSource key;
    key.id = "named-key";
    key.kind = contract::RuleKind::Assignment;
    key.cues = {"api_key"};
    out[Secret].rules.push_back(key);
    return out;
  }

  template <class Rewriter>
  Said drive(Rewriter& rewriter, RewriteScope& s, std::string_view text, const Cuts& cuts) {
    Said said;
    uint64_t released = 0;
    const auto take = [&] {
      EditList& edits = rewriter.edits();
      for (const TextEdit& e : edits.edits()) {
        const auto value = edits.replacement(e);
        said.broken |= e.start < released;
        said.edits.push_back(
            SaidEdit{e.start, e.end, {reinterpret_cast<const char*>(value.data()), value.size()}});
      }
      edits.clear();
      const uint64_t edge = rewriter.edge();
      said.broken |= edge < released || edge > text.size();
      released = edge;
    };
    size_t at = 0;
    for (size_t i = 0; i <= cuts.size() && said.accepted; ++i) {
      const size_t end = i < cuts.size() ? cuts[i] : text.size();
      // A copy of its own, so that a sanitizer sees a read beyond the piece.
      const std::vector<uint8_t> piece(text.begin() + static_cast<std::ptrdiff_t>(at),
                                       text.begin() + static_cast<std::ptrdiff_t>(end));
      said.accepted = rewriter.feed(piece);
      if (said.accepted) take();
      at = end;
    }
    if (said.accepted) said.accepted = rewriter.end();
    if (said.accepted) take();
    if (said.accepted) said.broken |= released != text.size();
    said.refusal = s.refusal;
    tally = s.tally;
    return said;
  }

  TextRewriter text_;
  ArgumentsRewriter arguments_{kJsonNestingMax - 1};
  JsonRewriter json_{kJsonNestingMax};
};

}  // namespace sallyport::rewrite
