// scan_cases.cc: prompt JSON through the stages, each alone and together, with the shipped bundle.
// The yardstick is a read of every byte once. What is read: prompt_mixes.h; the headline in all
// steps and beside other programs, the other mixes where they tell something.
#include <cstdio>
#include <cstring>
#include <memory>
#include <numeric>
#include <span>

#include "bench/micro/cases.h"
#include "bench/micro/peers.h"
#include "bench/micro/prompt_mixes.h"
#include "bench/micro/shipped_policy.h"
#include "dataplane/base/check.h"
#include "dataplane/llm/api_tables.h"
#include "dataplane/llm/json_walker.h"
#include "dataplane/redact/place_tracker.h"
#include "dataplane/redact/token_finder.h"
#include "dataplane/rewrite/body/json_rewriter.h"
#include "dataplane/rewrite/text/text_rewriter.h"
#include "dataplane/scan/engine.h"
#include "dataplane/scan/text/char_masks.h"
#include "dataplane/scan/text/fold.h"
#include "dataplane/scan/text_scanner.h"

namespace sallyport::bench {
namespace {

namespace control = controlplane::policy;
using Sample = control::PromptSample;

constexpr size_t kPromptBytes = 4U << 20;
constexpr size_t kWhole = ~size_t{0};
constexpr size_t kPieceBytes = 16'384;  // what the scanner gives its stages at once

std::span<const uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// Feeds `text` in pieces of at most `piece` bytes.
template <class F>
void feed(std::span<const uint8_t> text, size_t piece, F&& take) {
  while (!text.empty()) {
    const size_t size = std::min(piece, text.size());
    take(text.first(size));
    text = text.subspan(size);
  }
}

class NoSink final : public llm::Sink {
 public:
  bool leaf_begin(const llm::Leaf&) override { return true; }
  bool leaf_text(std::span<const uint8_t>, uint64_t, uint64_t) override { return true; }
  bool leaf_pieces(std::span<const uint8_t>, uint64_t, std::span<const llm::TextPiece>) override {
    return true;
  }
  bool leaf_end(uint64_t) override { return true; }
};

// What a worker holds for one exchange, and other programs with the same rules.
struct Box : ShippedPolicy {
  rewrite::JsonRewriter json{rewrite::kJsonNestingMax};
  rewrite::TextRewriter text;
  scan::TextScanner scanner;
  redact::TokenFinder finder;
  redact::PlaceTracker places;
  llm::JsonWalker walker;
  scan::Folder folder;
  mem::TextWindow folded;
  scan::CharMasks masks;
  std::vector<scan::LiteralHit> hits;
  NoSink sink;
  llm::ApiKind kind;
  std::vector<PeerPattern> rules;  // the bundle's patterns
  std::unique_ptr<HyperscanPeer> rules_alone, plain;
  std::unique_ptr<Re2Peer> re2;

  explicit Box(const std::filesystem::path& policies) : ShippedPolicy(policies) {
    make_peers();
    SP_CHECK(tables.find_kind("openai_chat", kind));
  }

  void make_peers() {
    std::vector<control::EntitySource> sources;
    for (const auto& entity : bundle.entities) sources.push_back(entity.source);
    rules = pattern_rules(sources);
    rules_alone = std::make_unique<HyperscanPeer>(rules);
    const auto forms = plain_forms();
    rules.insert(rules.end(), forms.begin(), forms.end());
    plain = std::make_unique<HyperscanPeer>(rules);
    re2 = Re2Peer::make(rules);
  }

  void begin_request() {
    tokens.clear();
    begin_scope(rewrite::RewriteScope::Direction::Request);
  }

  void walk_all(const Sample& prompts) {
    for (const std::string& body : prompts.bodies) {
      walker.begin(kind.request, sink);
      SP_CHECK(walker.feed(bytes_of(body)) && walker.end());
    }
  }
  void scan_all(const Sample& prompts, size_t piece) {
    for (const std::string& text_of_body : prompts.texts) {
      scanner.begin(engine, *scratch);
      feed(bytes_of(text_of_body), piece, [&](std::span<const uint8_t> part) {
        SP_CHECK(scanner.feed(part));
        scanner.take(scanner.findings().size());
      });
      scanner.end();
      scanner.take(scanner.findings().size());
    }
  }
  void find_tokens(const Sample& prompts) {
    for (const std::string& text_of_body : prompts.texts) {
      finder.begin(labels);
      SP_CHECK(finder.feed(bytes_of(text_of_body)));
      finder.end();
    }
  }
  void follow_places(const Sample& prompts) {
    for (const std::string& text_of_body : prompts.texts) {
      places.begin();
      places.feed(bytes_of(text_of_body));
      places.drop_before(places.offset());
    }
  }
  void rewrite_texts(const Sample& prompts) {
    begin_request();
    for (const std::string& text_of_body : prompts.texts) {
      text.begin(scope);
      SP_CHECK(text.feed(bytes_of(text_of_body)) && text.end());
      text.edits().clear();
    }
  }
  // Each stage over all texts, alone: what the scanner does with a text, one step at a time.
  void fold_all(const Sample& prompts) {
    for (const std::string& text_of_body : prompts.texts) {
      folder.begin();
      feed(bytes_of(text_of_body), kPieceBytes, [&](std::span<const uint8_t> part) {
        folded.clear();
        folder.feed(part, folded);
        folder.map().drop_before(folder.map().folded_size());
      });
      folder.end(folded);
    }
  }
  void mask_all(const Sample& prompts) {
    for (const std::string& text_of_body : prompts.texts)
      feed(bytes_of(text_of_body), kPieceBytes,
           [&](std::span<const uint8_t> part) { masks.build(part.data(), part.size()); });
  }
  void find_literals(const Sample& prompts, size_t piece) {
    for (const std::string& text_of_body : prompts.texts)
      feed(bytes_of(text_of_body), piece, [&](std::span<const uint8_t> part) {
        hits.clear();
        engine.literals().find(part, 0, part.size(), hits);
      });
  }
  void rewrite_all(const Sample& prompts, size_t piece) {
    for (const std::string& body : prompts.bodies) {
      begin_request();
      json.begin(scope, kind.request);
      feed(bytes_of(body), piece,
           [&](std::span<const uint8_t> part) { SP_CHECK(json.feed(part)); });
      SP_CHECK(json.end());
      json.edits().clear();
    }
  }
};

}  // namespace

namespace {

// Text for what is slow: enough for a figure, little enough for a quick run.
constexpr size_t kSlowTexts = 8;

void add_peers(const std::shared_ptr<Box>& box, const std::shared_ptr<PromptMix>& mix,
               std::vector<Case>& cases) {
  const Sample& prompts = mix->sample;
  const auto text_bytes = static_cast<double>(prompts.text_bytes);
  const auto add = [&](std::string name, double bytes, std::function<void()> work) {
    cases.push_back(
        Case{"scan", std::move(name), Unit::GigabytesPerSecond, bytes, std::move(work)});
  };
  const std::span<const std::string> texts(prompts.texts);
  const std::span<const std::string> few = texts.first(std::min(kSlowTexts, texts.size()));
  const double few_bytes = std::accumulate(
      few.begin(), few.end(), 0.0,
      [](double sum, const auto& t) { return sum + static_cast<double>(t.size()); });
  for (const auto& [name, piece] : {std::pair{"whole", kWhole}, std::pair{"16 KiB", size_t{16'384}},
                                    std::pair{"1460 B", size_t{1'460}}})
    add(std::string("peer: patterns alone, ") + name, text_bytes,
        [box, mix, texts, piece] { box->rules_alone->run(texts, piece); });
  add("peer: all as plain regexes", text_bytes,
      [box, mix, texts] { box->plain->run(texts, kWhole); });
  if (box->re2 != nullptr)
    add("peer: all in RE2::Set", few_bytes, [box, mix, few] { box->re2->run(few); });
}

// The stages one by one.
void add_stages(const std::shared_ptr<Box>& box, const std::shared_ptr<PromptMix>& mix,
                std::vector<Case>& cases) {
  const Sample& sample = mix->sample;
  const auto body_bytes = static_cast<double>(sample.body_bytes);
  const auto text_bytes = static_cast<double>(sample.text_bytes);
  const auto add = [&](std::string name, double bytes, auto work) {
    cases.push_back(Case{"scan", std::move(name), Unit::GigabytesPerSecond, bytes,
                         [box, mix, work] { work(*box, mix->sample); }});
  };
  auto sum = std::make_shared<uint64_t>(0);
  add("every byte read once", body_bytes, [sum](Box&, const Sample& s) {
    for (const std::string& body : s.bodies) *sum = std::accumulate(body.begin(), body.end(), *sum);
  });
  cases.back().is_limit = true;
  add("JSON walked", body_bytes, [](Box& b, const Sample& s) { b.walk_all(s); });
  add("text folded", text_bytes, [](Box& b, const Sample& s) { b.fold_all(s); });
  add("characters classed", text_bytes, [](Box& b, const Sample& s) { b.mask_all(s); });
  add("literals looked for, 16 KiB pieces", text_bytes,
      [](Box& b, const Sample& s) { b.find_literals(s, kPieceBytes); });
  add("tokens looked for", text_bytes, [](Box& b, const Sample& s) { b.find_tokens(s); });
  add("places of an answer followed", text_bytes,
      [](Box& b, const Sample& s) { b.follow_places(s); });
  add("scanner, whole text", text_bytes, [](Box& b, const Sample& s) { b.scan_all(s, kWhole); });
  add("texts rewritten", text_bytes, [](Box& b, const Sample& s) { b.rewrite_texts(s); });
  add("scanner, 16 KiB pieces", text_bytes, [](Box& b, const Sample& s) { b.scan_all(s, 16'384); });
  add("scanner, 1460 B pieces", text_bytes, [](Box& b, const Sample& s) { b.scan_all(s, 1'460); });
}

// All of them together.
void add_together(const std::shared_ptr<Box>& box, const std::shared_ptr<PromptMix>& mix,
                  bool is_headline, std::vector<Case>& cases) {
  const std::string suffix = is_headline ? "" : ", " + mix->name;
  const auto add = [&](std::string name, size_t bytes, auto work) {
    cases.push_back(Case{"scan", std::move(name) + suffix, Unit::GigabytesPerSecond,
                         static_cast<double>(bytes),
                         [box, mix, work] { work(*box, mix->sample); }});
  };
  if (!is_headline)
    add("scanner, whole text", mix->sample.text_bytes,
        [](Box& b, const Sample& s) { b.scan_all(s, kWhole); });
  add("together, whole body", mix->sample.body_bytes,
      [](Box& b, const Sample& s) { b.rewrite_all(s, kWhole); });
  add("together, 16 KiB pieces", mix->sample.body_bytes,
      [](Box& b, const Sample& s) { b.rewrite_all(s, 16'384); });
  add("together, 1460 B pieces", mix->sample.body_bytes,
      [](Box& b, const Sample& s) { b.rewrite_all(s, 1'460); });
}

}  // namespace

std::vector<Case> scan_cases(const std::filesystem::path& policies,
                             const std::filesystem::path& texts) {
  const auto box = std::make_shared<Box>(policies);
  std::vector<PromptMix> mixes = prompt_mixes(kPromptBytes);
  if (!texts.empty()) {
    mixes.emplace_back();
    SP_CHECK_WHY(read_mix(texts, mixes.back()),
                 "no text could be read: one JSON object with a member \"text\" on each line");
  }
  std::vector<Case> cases;
  bool is_headline = true;
  for (PromptMix& one : mixes) {
    const auto mix = std::make_shared<PromptMix>(std::move(one));
    if (is_headline) add_stages(box, mix, cases);
    add_together(box, mix, is_headline, cases);
    if (is_headline) add_peers(box, mix, cases);
    is_headline = false;
  }
  return cases;
}

}  // namespace sallyport::bench
