// limits.yaml: the bounds that policy sets. Nearly every one is written out: a limit that nobody
// wrote would be one that nobody decided.
#include "controlplane/policy/bundle/bundle_limits.h"

#include "controlplane/policy/bundle/bundle_sections.h"

namespace sallyport::controlplane::policy {
namespace {

using contract::ImageLimits;

template <class Number>
struct Limit {
  std::string_view name;
  Number ImageLimits::*member;
  uint64_t min;
  uint64_t max;
};

constexpr uint64_t kMinuteMs = 60'000;
constexpr uint64_t kHourMs = 60 * kMinuteMs;

constexpr Limit<uint64_t> kSizes[] = {
    {"max_body_bytes", &ImageLimits::max_body_bytes, 1'024, 256U << 20},
    {"max_response_bytes", &ImageLimits::max_response_bytes, 1'024, 256U << 20}};
constexpr Limit<uint32_t> kNumbers[] = {
    // redact/exchange_tokens.h holds no more.
    {"max_tokens_per_exchange", &ImageLimits::max_tokens_per_exchange, 1, 4'096},
    {"header_ms", &ImageLimits::header_ms, 100, 5 * kMinuteMs},
    {"body_ms", &ImageLimits::body_ms, 100, 10 * kMinuteMs},
    {"client_idle_ms", &ImageLimits::client_idle_ms, 100, kHourMs},
    {"connect_ms", &ImageLimits::connect_ms, 100, 5 * kMinuteMs},
    {"first_byte_ms", &ImageLimits::first_byte_ms, 100, kHourMs},
    {"stream_idle_ms", &ImageLimits::stream_idle_ms, 100, kHourMs},
    {"upstream_idle_ms", &ImageLimits::upstream_idle_ms, 0, kHourMs},
    {"max_undrained_ms", &ImageLimits::max_undrained_ms, 100, kHourMs},
    {"commit_wait_ms", &ImageLimits::commit_wait_ms, 10, kMinuteMs},
    {"body_pool_percent", &ImageLimits::body_pool_percent, 1, 80},
    {"ring_high_water_percent", &ImageLimits::ring_high_water_percent, 10, 95},
    {"retry_after_s", &ImageLimits::retry_after_s, 1, 3'600}};
// The one that a bundle from before it need not have.
constexpr Limit<uint32_t> kRecallWait{"recall_wait_ms", &ImageLimits::recall_wait_ms, 0,
                                      contract::kRecallWaitMsMax};
constexpr uint32_t kRecallWaitMs = 250;

}  // namespace

std::vector<LimitValue> limit_values(const ImageLimits& limits) {
  std::vector<LimitValue> out;
  for (const auto& limit : kSizes) out.push_back({limit.name, limits.*limit.member});
  for (const auto& limit : kNumbers) out.push_back({limit.name, limits.*limit.member});
  out.push_back({kRecallWait.name, limits.*kRecallWait.member});
  return out;
}

void read_limits(BundleParts& parts) {
  const YamlNode* node = parts.top("limits.yaml", "limits", true);
  if (node == nullptr) return;
  YamlMapping mapping(parts.reader, *node, "limits");
  ImageLimits& limits = parts.bundle.limits;
  for (const auto& limit : kSizes)
    limits.*limit.member = mapping.number(limit.name, limit.min, limit.max);
  for (const auto& limit : kNumbers)
    limits.*limit.member = static_cast<uint32_t>(mapping.number(limit.name, limit.min, limit.max));
  limits.*kRecallWait.member = static_cast<uint32_t>(
      mapping.number_or(kRecallWait.name, kRecallWaitMs, kRecallWait.min, kRecallWait.max));
  mapping.finish();
}

}  // namespace sallyport::controlplane::policy
