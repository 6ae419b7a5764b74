#include "dataplane/flow/seed_run.h"

#include <algorithm>

#include "dataplane/base/bytes.h"

namespace sallyport::flow {
namespace {

// Tokens of one short text.
constexpr uint32_t kPoolSegments = 64;
constexpr uint32_t kPoolSegmentBytes = 4'096;

}  // namespace

SeedRun::SeedRun(const contract::Digest& image)
    : image_(image),
      pool_(kPoolSegments, kPoolSegmentBytes, mem::SegmentPool::Wipe::OnRelease),
      tokens_(pool_),
      request_(std::make_unique<rewrite::RewriteScope>()),
      response_(std::make_unique<rewrite::RewriteScope>()) {}

bool SeedRun::finish(bool ran) noexcept {
  if (version_ != nullptr) version_->end_use();
  version_ = nullptr;
  ran_ = ran;
  done_.store(true, std::memory_order_release);
  return true;
}

bool SeedRun::step(const PolicySet* set) noexcept {
  if (done()) return true;
  if (version_ == nullptr) {
    if (set == nullptr) return finish(false);
    for (PolicyVersion* live : {set->base, set->canary})
      if (live != nullptr && live->image().digest() == image_) version_ = live;
    if (version_ == nullptr) return finish(false);
    version_->begin_use();
  }
  const auto tests = version_->tests().tests();
  if (next_ < tests.size()) {
    const contract::TestEntry& test = tests[next_++];
    ++counts_.run;
    if (!run_one(test)) {
      ++counts_.differ;
      note_first(version_->tests().text(test.name));
    }
  }
  return next_ == tests.size() && finish(true);
}

void SeedRun::note_first(std::string_view name) noexcept {
  if (first_size_ != 0) return;
  first_size_ = std::min(name.size(), first_.size());
  std::copy_n(name.begin(), first_size_, first_.begin());
}

bool SeedRun::run_one(const contract::TestEntry& test) noexcept {
  const policy::Image& image = version_->image();
  const policy::TestTable& table = version_->tests();
  policy::Key caller;
  caller.tenant = image.tenant(test.tenant).name;
  caller.tenant_index = test.tenant;
  caller.environment = image.environment_name(test.environment);
  caller.environment_index = test.environment;
  caller.principal = table.text(test.principal);
  Route route;
  route.vendor_index = test.vendor;
  if (!version_->has_token_key(caller)) return false;
  for (rewrite::RewriteScope* scope : {request_.get(), response_.get()}) {
    scope->tally.clear();
    scope->refusal = rewrite::Refusal::None;
    scope->tokens = &tokens_;
  }
  tokens_.clear();
  if (!version_->prepare(*request_, *response_, caller, route, table.text(test.reason)))
    return false;
  const bool is_request = test.direction == static_cast<uint8_t>(contract::Direction::Request);
  rewrite::RewriteScope& scope = is_request ? *request_ : *response_;
  rewriter_.begin(scope, {}, static_cast<contract::Role>(test.role));
  const bool passed = rewriter_.feed(base::bytes_of(table.seeded_text(test))) && rewriter_.end();
  rewriter_.edits().clear();
  tokens_.clear();
  return as_expected(test, !passed, scope.tally);
}

// Detections are compared by entity and action; a text that is blocked is read no further than the
// finding that blocked it.
bool SeedRun::as_expected(const contract::TestEntry& test, bool blocked,
                          const rewrite::Tally& tally) noexcept {
  using contract::SeedVerdict;
  const auto verdict = static_cast<SeedVerdict>(test.verdict);
  bool same = verdict == SeedVerdict::Either || (verdict == SeedVerdict::Blocked) == blocked;
  if (test.has_detections == 0) return same;
  const auto expected = version_->tests().detections(test);
  const size_t entities = version_->image().entity_count();
  uint32_t found = 0;
  for (size_t entity = 0; entity < entities; ++entity) {
    uint32_t of_entity = 0;
    for (const uint32_t count : tally.detections[entity]) of_entity += count;
    found += of_entity;
    const auto wanted = static_cast<uint32_t>(std::count_if(
        expected.begin(), expected.end(),
        [entity](const contract::TestDetectionEntry& one) { return one.entity == entity; }));
    if (!blocked) same = same && of_entity == wanted;
  }
  for (const contract::TestDetectionEntry& one : expected)
    if (!blocked && one.action < contract::kActionCount)
      same = same && tally.detections[one.entity][one.action] > 0;
  counts_.expected += static_cast<uint32_t>(expected.size());
  counts_.found += blocked ? static_cast<uint32_t>(expected.size()) : found;
  return same;
}

}  // namespace sallyport::flow
