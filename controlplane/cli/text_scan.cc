#include "controlplane/cli/text_scan.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "controlplane/cli/failure.h"
#include "controlplane/cli/output.h"
#include "controlplane/policy/bundle/bundle.h"
#include "dataplane/mem/wipe.h"
#include "dataplane/rewrite/text/ruling.h"

namespace sallyport::cli {
namespace {

// Room for every token that one exchange may have, each with a value of the longest kind: a text is
// never refused here for memory that the appliance would have had.
constexpr uint32_t kSegmentBytes = 16'384;
constexpr size_t kSegments = redact::kExchangeTokensMax / 2;
static_assert(kSegmentBytes / 2 > redact::kCanonicalBytesMax);

[[noreturn]] void unusable(const std::string& why) {
  throw Failure(Exit::Failed, "image_unusable", "the compiled policy cannot be used", why,
                "sallyctl policy check DIR, and sallyctl doctor for the matcher");
}

// Index of `name`, or of the first; `name` gets what is in force.
template <class Find, class NameOf>
uint16_t choose(std::string& name, const char* what, const char* option, size_t count, Find find,
                NameOf name_of) {
  if (count == 0)
    throw Failure(Exit::NotFound, "empty_bundle", fmt::format("the bundle has no {}", what),
                  "a text is judged as a request of a tenant, an environment and a destination",
                  "add one to the bundle, or lay an overlay over it (extends:)");
  if (name.empty()) {
    name = std::string(name_of(uint16_t{0}));
    return 0;
  }
  if (const std::optional<uint16_t> index = find(name)) return *index;
  std::string known;
  for (uint16_t i = 0; i < count; ++i) known += (i == 0 ? "" : ", ") + std::string(name_of(i));
  throw Failure(Exit::NotFound, fmt::format("unknown_{}", option),
                fmt::format("the bundle has no {} '{}'", what, printable(name)), "it has: " + known,
                fmt::format("name one of them with --{}", option));
}

}  // namespace

TextScan::TextScan()
    : pool_(kSegments, kSegmentBytes, mem::SegmentPool::Wipe::OnRelease), tokens_(pool_) {}

std::unique_ptr<TextScan> TextScan::build(
    std::vector<uint8_t> image, ScanAs& as,
    const controlplane::policy::DictionaryKey& dictionary_key) {
  std::unique_ptr<TextScan> scan(new TextScan());
  scan->bytes_ = std::move(image);
  scan->load(dictionary_key, as);
  return scan;
}

void TextScan::load(const controlplane::policy::DictionaryKey& dictionary_key, ScanAs& as) {
  std::string error;
  if (!image_.load(bytes_, error) || !engine_.load(image_.matcher_section(), error))
    unusable(error);
  std::vector<std::string_view> lists;
  for (size_t i = 0; i < image_.dictionary_count(); ++i) lists.push_back(image_.dictionary_name(i));
  if (!lists.empty() &&
      !engine_.load_dictionaries(image_.dictionary_section(), dictionary_key, lists, error))
    unusable(error);
  scratch_ = engine_.make_scratch();
  if (scratch_ == nullptr) unusable("no memory for the matcher");
  if (!engine_.self_test(*scratch_, error)) unusable(error);
  std::vector<std::string_view> names;
  for (uint16_t i = 0; i < engine_.entity_count(); ++i) names.push_back(engine_.entity_name(i));
  if (!labels_.build(names)) unusable("an entity's name cannot be the label of a token");

  std::array<uint8_t, redact::kTokenKeyBytes> key;
  const bool loaded =
      RAND_bytes(key.data(), static_cast<int>(key.size())) == 1 && mint_.load(key, "00");
  mem::wipe(key);
  if (!loaded) unusable("no random token key from OpenSSL");

  rewrite::RulingFor who;
  who.tenant = choose(
      as.tenant, "tenant", "tenant", image_.tenant_count(),
      [&](const std::string& name) { return image_.find_tenant(name); },
      [&](uint16_t i) { return image_.tenant(i).name; });
  who.environment = choose(
      as.environment, "environment", "environment", image_.environment_count(),
      [&](const std::string& name) { return image_.find_environment(name); },
      [&](uint16_t i) { return image_.environment_name(i); });
  who.vendor = choose(
      as.destination, "vendor", "destination", image_.vendor_count(),
      [&](const std::string& name) { return image_.find_vendor(name); },
      [&](uint16_t i) { return image_.vendor(i).name; });
  // As the live path: without the year no year of birth is told.
  const auto today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  who.year = static_cast<uint16_t>(int{std::chrono::year_month_day{today}.year()});
  for (size_t role = 0; role < contract::kRoleCount; ++role)
    if (as.role == controlplane::policy::role_name(static_cast<contract::Role>(role)))
      roles_ = static_cast<contract::Role>(role);
  scope_.engine = &engine_;
  scope_.scratch = scratch_.get();
  scope_.labels = &labels_;
  scope_.mint = &mint_;
  scope_.tokens = &tokens_;
  scope_.known = &known_;
  scope_.rulings = &rulings_;
  if (!rewrite::fill_scope(image_, who,
                           as.response ? rewrite::RewriteScope::Direction::Response
                                       : rewrite::RewriteScope::Direction::Request,
                           scope_))
    unusable("more entities than one scope takes");
  witness_.begin(engine_, *scratch_, scope_.dictionaries);
}

void TextScan::scan(std::span<const uint8_t> text, const ScanWants& wants) {
  known_.clear();
  tokens_.clear();
  rulings_.clear();
  spans_.clear();
  redacted_.clear();
  scope_.tally.clear();
  scope_.refusal = rewrite::Refusal::None;
  scope_.refusal_entity = 0xffff;

  const auto began = std::chrono::steady_clock::now();
  rewriter_.begin(scope_, {}, roles_);
  // False without a refusal noted cannot be; with one it is noted, and the verdict says block.
  const bool whole = rewriter_.feed(text) && rewriter_.end();
  if (!whole) scope_.refuse(rewrite::Refusal::BuffersFull);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;

  for (const rewrite::Ruled& ruled : rulings_) {
    const bool literal = ruled.entity == redact::TokenLabels::kLiteral;
    spans_.push_back({ruled.start, ruled.end,
                      literal ? redact::kLiteralEntity : engine_.entity_name(ruled.entity),
                      ruled.treatment.action, ruled.treatment.would});
  }
  // In a cluster with token-like text, what passes is ruled on before what covers it.
  std::stable_sort(spans_.begin(), spans_.end(),
                   [](const FoundSpan& a, const FoundSpan& b) { return a.start < b.start; });
  if (scope_.refusal != rewrite::Refusal::None)
    verdict_ = ScanVerdict::Block;
  else
    verdict_ = rewriter_.edits().count() > 0 ? ScanVerdict::Redact : ScanVerdict::Pass;
  if (wants.redacted && verdict_ != ScanVerdict::Block) write_redacted(text);
  rewriter_.edits().clear();
  // A text that exhausts the scanner is refused above; the witness then knows a part.
  using Reading = ScanWitness::Reading;
  if (wants.explained || wants.counted)
    static_cast<void>(witness_.read(text, wants.counted ? Reading::Bytewise : Reading::Whole));
  if (wants.counted) count(text, took.count());
}

void TextScan::count(std::span<const uint8_t> text, double seconds) {
  ++statistics_.texts;
  statistics_.bytes += text.size();
  statistics_.seconds += seconds;
  statistics_.held_bytes_max = std::max(statistics_.held_bytes_max, witness_.held_max());
  for (const FoundSpan& span : spans_) ++statistics_.findings[std::string(span.entity)];
}

void TextScan::write_redacted(std::span<const uint8_t> text) {
  const auto append = [&](std::span<const uint8_t> bytes) {
    redacted_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  size_t at = 0;
  for (const rewrite::TextEdit& edit : rewriter_.edits().edits()) {
    append(text.subspan(at, edit.start - at));
    append(rewriter_.edits().replacement(edit));
    at = edit.end;
  }
  append(text.subspan(at));
}

std::string_view TextScan::reason() const noexcept {
  switch (scope_.refusal) {
    case rewrite::Refusal::None:
      return "";
    case rewrite::Refusal::PolicyBlocked:
    case rewrite::Refusal::UnknownField:
      return "policy_blocked";
    case rewrite::Refusal::ResponseBlocked:
      return "response_blocked";
    case rewrite::Refusal::TooManyTokens:
      return "too_many_tokens";
    case rewrite::Refusal::BuffersFull:
    case rewrite::Refusal::MalformedEvent:
      return "buffers_full";
  }
  return "buffers_full";
}

}  // namespace sallyport::cli
