// text_scan.h: one text through the engine of the live path, listed instead of forwarded.
//
// The rulings come from rewrite::TextRewriter itself, with the scope that the image gives the very
// same request on the wire; nothing about matching or clusters is decided here. What would refuse
// the request is noted and the text is read to its end, so that all findings are listed.
//
// It differs from the wire in the token key only: a throw-away one, made in build(). So token-like
// text never verifies here, and is listed as LITERAL.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/cli/scan_witness.h"
#include "controlplane/policy/dictionary/dictionary_compiler.h"
#include "dataplane/contract/image_layout.h"
#include "dataplane/mem/segment_pool.h"
#include "dataplane/policy/image.h"
#include "dataplane/redact/exchange_tokens.h"
#include "dataplane/redact/known_values.h"
#include "dataplane/redact/token.h"
#include "dataplane/redact/token_finder.h"
#include "dataplane/rewrite/text/rewrite_scope.h"
#include "dataplane/rewrite/text/text_rewriter.h"
#include "dataplane/scan/engine.h"

namespace sallyport::cli {

// As whose request the text is judged; empty names mean the first of the image.
struct ScanAs {
  std::string tenant;
  std::string environment;
  std::string destination;
  bool response = false;
  std::string role;  // user, system, assistant, tool; empty: what the direction says
};

struct FoundSpan {
  uint64_t start;  // bytes of the text
  uint64_t end;
  std::string_view entity;  // of the image, or LITERAL
  contract::Action action;
  contract::Action would;  // of observe: what the rule tries out, or observe
};

// What else is wanted of each text.
struct ScanWants {
  bool redacted = false;   // the text after its edits
  bool explained = false;  // which rule found each span; a second reading
  bool counted = false;    // statistics(); a second reading
};

enum class ScanVerdict : uint8_t { Pass, Redact, Block };

class TextScan {
 public:
  // Loads the engine and runs its canaries. `as` gets the names in force. Throws Failure: an image
  // that does not hold, a name that it does not have (NotFound).
  // `dictionary_key`: under which the image's dictionaries were compiled.
  static std::unique_ptr<TextScan> build(
      std::vector<uint8_t> image, ScanAs& as,
      const controlplane::policy::DictionaryKey& dictionary_key = {});

  // Reads one text. Results hold until the next call.
  void scan(std::span<const uint8_t> text, const ScanWants& wants);

  std::span<const FoundSpan> spans() const noexcept { return spans_; }
  ScanVerdict verdict() const noexcept { return verdict_; }
  // Why, when it is Block: "policy_blocked", "response_blocked", "too_many_tokens", "buffers_full".
  std::string_view reason() const noexcept;
  // The text after its edits; empty when it is blocked: nothing would have left.
  const std::string& redacted() const noexcept { return redacted_; }
  // How a span was found, when that was wanted; null for LITERAL, and for a value that was found by
  // its first mention. Valid like spans().
  const scan::Finding* finding_of(const FoundSpan& span) const noexcept {
    return witness_.find(span.start, span.end, span.entity);
  }
  const scan::Engine& engine() const noexcept { return engine_; }
  // Over all texts that were counted.
  const ScanStatistics& statistics() const noexcept { return statistics_; }

 private:
  TextScan();
  void load(const controlplane::policy::DictionaryKey& dictionary_key, ScanAs& as);
  void count(std::span<const uint8_t> text, double seconds);
  void write_redacted(std::span<const uint8_t> text);

  std::vector<uint8_t> bytes_;
  policy::Image image_;
  scan::Engine engine_;
  std::unique_ptr<scan::Scratch> scratch_;
  redact::TokenLabels labels_;
  redact::TokenMint mint_;
  mem::SegmentPool pool_;
  redact::ExchangeTokens tokens_;
  redact::KnownValues known_;
  rewrite::RewriteScope scope_;
  rewrite::TextRewriter rewriter_;
  rewrite::RoleSet roles_;
  std::vector<rewrite::Ruled> rulings_;
  std::vector<FoundSpan> spans_;
  ScanVerdict verdict_ = ScanVerdict::Pass;
  std::string redacted_;
  ScanWitness witness_;
  ScanStatistics statistics_;
};

}  // namespace sallyport::cli
