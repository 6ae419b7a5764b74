#include "controlplane/policy/image/self_test.h"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "dataplane/base/bytes.h"
#include "dataplane/llm/api_tables.h"
#include "dataplane/mem/segment_pool.h"
#include "dataplane/policy/image.h"
#include "dataplane/redact/exchange_tokens.h"
#include "dataplane/redact/token.h"
#include "dataplane/redact/token_finder.h"
#include "dataplane/rewrite/text/ruling.h"
#include "dataplane/rewrite/text/text_rewriter.h"
#include "dataplane/scan/engine.h"
#include "dataplane/scan/text_scanner.h"

namespace sallyport::controlplane::policy {
namespace {

using contract::Action;

// Texts of tests are short; a file of the bundle is at most 1 MiB.
constexpr size_t kPoolSegments = 256;
constexpr uint32_t kPoolSegmentBytes = 16 * 1024;

// A value in a message: one line, bounded. Examples are the bundle's own, no secret of anybody.
std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (char c : text.substr(0, 80)) out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  return out + (text.size() > 80 ? "...'" : "'");
}

// What the live path has for one exchange, made from an image alone.
class Bench {
 public:
  Bench() : pool_(kPoolSegments, kPoolSegmentBytes, mem::SegmentPool::Wipe::OnRelease) {}

  // Empty, or what does not hold.
  std::string load(const CompiledImage& compiled) {
    std::string error;
    if (!image_.load(compiled.bytes, error)) return "the image does not load: " + error;
    if (!engine_.load(image_.matcher_section(), error)) return error;
    if (tables_.load(image_.llm_section()) != llm::ApiTables::LoadError::None)
      return "the API kinds of the image do not load";
    if (!load_dictionaries(compiled.dictionary_key, error)) return error;
    scratch_ = engine_.make_scratch();
    if (!scratch_) return "no memory for the matcher";
    if (!engine_.self_test(*scratch_, error)) return error;
    std::vector<std::string_view> names;
    for (uint16_t i = 0; i < engine_.entity_count(); ++i) names.push_back(engine_.entity_name(i));
    if (!labels_.build(names)) return "the names of the entities cannot be labels of tokens";
    std::array<uint8_t, redact::kTokenKeyBytes> key;
    if (RAND_bytes(key.data(), static_cast<int>(key.size())) != 1 || !mint_.load(key, "00"))
      return "no throw-away token key";
    return {};
  }

  // Every value that the engine finds in a text, with these dictionaries.
  static constexpr uint64_t kAllDictionaries = ~uint64_t{0};
  std::optional<std::vector<scan::Finding>> find(std::string_view text,
                                                 uint64_t dictionaries = kAllDictionaries) {
    scanner_.begin(engine_, *scratch_, 0, dictionaries);
    // As the rewriters feed it, so that the list of findings cannot overflow.
    std::vector<scan::Finding> out;
    constexpr size_t kPieceBytes = 4'096;
    const auto take = [&] {
      out.insert(out.end(), scanner_.findings().begin(), scanner_.findings().end());
      scanner_.take(scanner_.findings().size());
    };
    for (size_t at = 0; at < text.size(); at += kPieceBytes) {
      if (!scanner_.feed(base::bytes_of(text.substr(at, kPieceBytes)))) return std::nullopt;
      take();
    }
    scanner_.end();
    take();
    return out;
  }

  struct Outcome {
    bool ran = false;
    rewrite::Refusal refusal = rewrite::Refusal::None;
    std::string text;                              // as it leaves; empty when refused
    std::unique_ptr<rewrite::RewriteScope> scope;  // as it judged
    rewrite::Treatment treatment(const BundleTest& test, const scan::Finding& finding) const {
      return scope->treatment(test.role, finding.entity, finding.confidence);
    }
    size_t detection_count = 0;  // by the rewriter's own tally
    // Entity and value of what comes back when the answer repeats `text`, sorted.
    std::vector<std::pair<std::string, std::string>> restored;
  };
  Outcome rewrite_text(const BundleTest& test) {
    Outcome out;
    const auto tenant = image_.find_tenant(test.tenant);
    const auto environment = image_.find_environment(test.environment);
    const auto vendor = image_.find_vendor(test.destination);
    if (!tenant || !environment || !vendor) return out;
    redact::ExchangeTokens tokens(pool_);
    auto scope = std::make_unique<rewrite::RewriteScope>();
    scope->engine = &engine_;
    scope->scratch = scratch_.get();
    scope->labels = &labels_;
    scope->mint = &mint_;
    scope->tokens = &tokens;
    const auto direction = test.direction == contract::Direction::Request
                               ? rewrite::RewriteScope::Direction::Request
                               : rewrite::RewriteScope::Direction::Response;
    std::string_view principal = "self-test";
    if (!test.principal.empty()) principal = test.principal;
    const rewrite::RulingFor who{*tenant, *environment, *vendor, principal, test.reason};
    if (!rewrite::fill_scope(image_, who, direction, *scope)) return out;
    rewrite::TextRewriter rewriter;
    rewriter.begin(*scope, {}, test.role);
    const bool passed = rewriter.feed(base::bytes_of(test.text)) && rewriter.end();
    out.ran = true;
    out.refusal = passed ? rewrite::Refusal::None : scope->refusal;
    for (const auto& by_action : scope->tally.detections)
      for (uint32_t count : by_action) out.detection_count += count;
    if (passed) out.text = apply(test.text, rewriter.edits());
    if (passed && test.restorations) out.restored = echo(who, out.text, tokens);
    out.scope = std::move(scope);
    return out;
  }

  std::string entity_name(uint16_t entity) const {
    return std::string(engine_.entity_name(entity));
  }

 private:
  bool load_dictionaries(const DictionaryKey& key, std::string& error) {
    std::vector<std::string_view> names;
    for (size_t i = 0; i < image_.dictionary_count(); ++i)
      names.push_back(image_.dictionary_name(i));
    return names.empty() ||
           engine_.load_dictionaries(image_.dictionary_section(), key, names, error);
  }

  // The answer says what it got: which values come back?
  std::vector<std::pair<std::string, std::string>> echo(const rewrite::RulingFor& who,
                                                        std::string_view text,
                                                        redact::ExchangeTokens& tokens) {
    auto scope = std::make_unique<rewrite::RewriteScope>();
    scope->engine = &engine_;
    scope->scratch = scratch_.get();
    scope->labels = &labels_;
    scope->mint = &mint_;
    scope->tokens = &tokens;
    std::vector<std::pair<std::string, std::string>> out;
    if (!rewrite::fill_scope(image_, who, rewrite::RewriteScope::Direction::Response, *scope))
      return out;
    rewrite::TextRewriter rewriter;
    rewriter.begin(*scope);
    if (!rewriter.feed(base::bytes_of(text)) || !rewriter.end()) return out;
    tokens.for_each([&](const redact::ExchangeTokens::Entry& entry) {
      if (entry.restored_count == 0 || entry.entity >= engine_.entity_count()) return;
      const auto value = entry.value();
      out.emplace_back(entity_name(entry.entity),
                       std::string(reinterpret_cast<const char*>(value.data()), value.size()));
    });
    std::sort(out.begin(), out.end());
    return out;
  }

  static std::string apply(std::string_view text, rewrite::EditList& edits) {
    std::string out;
    size_t at = 0;
    for (const rewrite::TextEdit& edit : edits.edits()) {
      out += text.substr(at, edit.start - at);
      const auto bytes = edits.replacement(edit);
      out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      at = edit.end;
    }
    return out += text.substr(at);
  }

  mem::SegmentPool pool_;
  ::sallyport::policy::Image image_;
  scan::Engine engine_;
  std::unique_ptr<scan::Scratch> scratch_;
  scan::TextScanner scanner_;
  llm::ApiTables tables_;
  redact::TokenLabels labels_;
  redact::TokenMint mint_;
};

class SelfTest {
 public:
  SelfTest(const Bundle& bundle, const CompiledImage& image) : bundle_(bundle), image_(image) {}

  SelfTestReport run() {
    if (std::string error = bench_.load(image_); !error.empty()) {
      report_.failures.push_back(Problem{bundle_.folder, 0, 0, std::move(error), {}});
      return std::move(report_);
    }
    for (const Entity& entity : bundle_.entities) run_examples(entity);
    for (const BundleTest& test : bundle_.tests) run_test(test);
    return std::move(report_);
  }

 private:
  void fail(const Place& place, std::string message) {
    report_.failures.push_back(bundle_.sources.problem(place, std::move(message)));
  }

  // "EMAIL_ADDRESS 'a@b.co', ..." for messages.
  std::string listed(const std::vector<scan::Finding>& findings, std::string_view text) const {
    std::string out;
    for (const scan::Finding& finding : findings)
      out += (out.empty() ? "" : ", ") + bench_.entity_name(finding.entity) + " " +
             in_quotes(slice(finding, text));
    return out.empty() ? "nothing" : out;
  }
  static std::string_view slice(const scan::Finding& finding, std::string_view text) {
    return text.substr(finding.start, finding.end - finding.start);
  }

  void run_examples(const Entity& entity) {
    const std::string& name = entity.source.name;
    const auto is_it = [&](const scan::Finding& f) { return bench_.entity_name(f.entity) == name; };
    for (size_t i = 0; i < entity.source.must_match.size(); ++i) {
      const ExampleSource& example = entity.source.must_match[i];
      ++report_.examples;
      const auto found = bench_.find(example.text);
      if (found && std::any_of(found->begin(), found->end(), [&](const scan::Finding& f) {
            return is_it(f) && slice(f, example.text) == example.match;
          }))
        continue;
      fail(entity.must_match_places[i],
           name + " must match " + in_quotes(example.match) + "; found is " +
               (found ? listed(*found, example.text) : "more than can be held"));
    }
    for (size_t i = 0; i < entity.source.must_not_match.size(); ++i) {
      const ExampleSource& example = entity.source.must_not_match[i];
      ++report_.examples;
      const auto found = bench_.find(example.text);
      if (found && std::none_of(found->begin(), found->end(), is_it)) continue;
      fail(entity.must_not_match_places[i],
           name + " must not match; found is " +
               (found ? listed(*found, example.text) : "more than can be held"));
    }
  }

  void run_test(const BundleTest& test) {
    ++report_.tests;
    const std::string name = "test '" + test.name + "': ";
    const Bench::Outcome outcome = bench_.rewrite_text(test);
    if (!outcome.ran) return fail(test.place, name + "the image does not know whom it is about");
    const bool blocked = outcome.refusal == rewrite::Refusal::PolicyBlocked ||
                         outcome.refusal == rewrite::Refusal::ResponseBlocked;
    if (!blocked && outcome.refusal != rewrite::Refusal::None)
      return fail(test.place, name + "the text cannot be judged: too many values in it");
    if (test.blocked && blocked != *test.blocked)
      fail(test.place,
           name + (blocked ? "it is blocked, and shall pass" : "it passes, and shall be blocked"));
    const auto found = bench_.find(test.text, outcome.scope->dictionaries);
    if (!found) return fail(test.place, name + "more is found than can be held");
    if (!blocked) check_passed(test, *found, outcome, name);
    if (test.detections) check_detections(test, *found, outcome, name);
    if (test.restorations) check_restorations(test, outcome, name);
  }

  void check_restorations(const BundleTest& test, const Bench::Outcome& outcome,
                          const std::string& name) {
    std::vector<std::pair<std::string, std::string>> wanted;
    for (const ExpectedRestoration& one : *test.restorations)
      wanted.emplace_back(one.entity, one.match);
    std::sort(wanted.begin(), wanted.end());
    if (wanted == outcome.restored) return;
    const auto listed = [](const auto& rows) {
      std::string out;
      for (const auto& [entity, value] : rows)
        out += (out.empty() ? "" : ", ") + entity + " " + in_quotes(value);
      return out.empty() ? std::string("nothing") : out;
    };
    fail(test.place, name + "what comes back is " + listed(outcome.restored) + "; expected is " +
                         listed(wanted));
  }

  // What was tokenised or masked is gone from what leaves, and the rewriter saw all that is there.
  void check_passed(const BundleTest& test, const std::vector<scan::Finding>& found,
                    const Bench::Outcome& outcome, const std::string& name) {
    if (outcome.detection_count != found.size())
      fail(test.place, name + "scanner and rewriter do not agree on what is in the text");
    for (const scan::Finding& finding : found) {
      const rewrite::Treatment treatment = outcome.treatment(test, finding);
      if (treatment == Action::Allow || treatment == Action::Observe) continue;
      if (treatment == Action::Generalise) continue;  // what is coarse enough stays
      if (outcome.text.find(slice(finding, test.text)) != std::string::npos)
        fail(test.place, name + "the value of " + bench_.entity_name(finding.entity) +
                             " is still in the text that leaves");
    }
  }

  void check_detections(const BundleTest& test, const std::vector<scan::Finding>& found,
                        const Bench::Outcome& outcome, const std::string& name) {
    const auto fits = [&](const scan::Finding& f, const ExpectedDetection& expected) {
      return bench_.entity_name(f.entity) == expected.entity &&
             slice(f, test.text) == expected.match &&
             (!expected.action || outcome.treatment(test, f) == *expected.action);
    };
    if (std::equal(found.begin(), found.end(), test.detections->begin(), test.detections->end(),
                   fits))
      return;
    std::string is, shall;
    for (const scan::Finding& f : found)
      is += (is.empty() ? "" : ", ") + bench_.entity_name(f.entity) + " " +
            in_quotes(slice(f, test.text)) + " " +
            std::string(action_name(outcome.treatment(test, f).action));
    for (const ExpectedDetection& e : *test.detections)
      shall += (shall.empty() ? "" : ", ") + e.entity + " " + in_quotes(e.match) +
               (e.action ? " " + std::string(action_name(*e.action)) : "");
    fail(test.place, name + "found is " + (is.empty() ? "nothing" : is) + "; expected is " +
                         (shall.empty() ? "nothing" : shall));
  }

  const Bundle& bundle_;
  const CompiledImage& image_;
  Bench bench_;
  SelfTestReport report_;
};

}  // namespace

SelfTestReport self_test(const Bundle& bundle, const CompiledImage& image) {
  return SelfTest(bundle, image).run();
}

}  // namespace sallyport::controlplane::policy
