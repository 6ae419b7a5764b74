// shipped_policy.h: a bundle compiled and loaded as a worker has it, for cases that scan. One scope
// for both directions; what a case puts through it is its own business.
#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "controlplane/policy/bundle/bundle.h"
#include "controlplane/policy/image/image_writer.h"
#include "dataplane/llm/api_tables.h"
#include "dataplane/mem/segment_pool.h"
#include "dataplane/policy/image.h"
#include "dataplane/redact/exchange_tokens.h"
#include "dataplane/redact/token.h"
#include "dataplane/rewrite/text/rewrite_scope.h"
#include "dataplane/scan/engine.h"

namespace sallyport::bench {

struct ShippedPolicy {
  controlplane::policy::Bundle bundle;
  controlplane::policy::CompiledImage compiled;
  policy::Image image;
  scan::Engine engine;
  std::unique_ptr<scan::Scratch> scratch;
  llm::ApiTables tables;
  redact::TokenLabels labels;
  redact::TokenMint mint;
  mem::SegmentPool pool{2'048, 8'192, mem::SegmentPool::Wipe::OnRelease};
  redact::ExchangeTokens tokens{pool};
  rewrite::RewriteScope scope;

  // Aborts when the bundle in `policies` does not compile; stderr says why.
  explicit ShippedPolicy(const std::filesystem::path& policies);
  ShippedPolicy(const ShippedPolicy&) = delete;
  ShippedPolicy& operator=(const ShippedPolicy&) = delete;

  // Of an exchange that nobody has a right to restore in, or of one that gives `reason`.
  void begin_scope(rewrite::RewriteScope::Direction direction, std::string_view reason = {});
};

}  // namespace sallyport::bench
