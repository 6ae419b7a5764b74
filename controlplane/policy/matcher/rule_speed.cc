#include "controlplane/policy/matcher/rule_speed.h"

#include <hs/hs.h>

#include <algorithm>
#include <chrono>
#include <memory>

#include "controlplane/policy/matcher/prompt_sample.h"

namespace sallyport::controlplane::policy {
namespace {

// Small enough for a second-level cache: what is measured is the matcher, not the memory.
constexpr size_t kSampleBytes = 512 * 1024;
constexpr uint32_t kRounds = 5;
constexpr uint64_t kSeed = 11;

// One expression in streaming mode, ready to run over the sample.
class Alone {
 public:
  Alone() = default;
  ~Alone() {
    if (stream_ != nullptr) hs_close_stream(stream_, nullptr, nullptr, nullptr);
    hs_free_scratch(scratch_);
    hs_free_database(database_);
  }
  Alone(const Alone&) = delete;
  Alone& operator=(const Alone&) = delete;

  // Empty, or why not.
  std::string compile(const std::string& pattern, unsigned flags) {
    hs_compile_error_t* error = nullptr;
    if (hs_compile(pattern.c_str(), flags, HS_MODE_STREAM, nullptr, &database_, &error) !=
        HS_SUCCESS) {
      std::string why = error != nullptr ? error->message : "not accepted";
      hs_free_compile_error(error);
      return why;
    }
    const bool ready = hs_alloc_scratch(database_, &scratch_) == HS_SUCCESS &&
                       hs_open_stream(database_, 0, &stream_) == HS_SUCCESS;
    return ready ? "" : "no memory for the matcher";
  }

  // GB/s over the sample, one stream for each text.
  double run(const PromptSample& sample) {
    const auto began = std::chrono::steady_clock::now();
    for (const std::string& text : sample.texts) {
      hs_scan_stream(stream_, text.data(), static_cast<unsigned>(text.size()), 0, scratch_, count,
                     &matches_);
      hs_reset_stream(stream_, 0, scratch_, count, &matches_);
    }
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - began;
    return static_cast<double>(sample.text_bytes) / took.count();
  }

 private:
  static int count(unsigned, unsigned long long, unsigned long long, unsigned, void* matches) {
    ++*static_cast<uint64_t*>(matches);
    return 0;
  }

  hs_database_t* database_ = nullptr;
  hs_scratch_t* scratch_ = nullptr;
  hs_stream_t* stream_ = nullptr;
  uint64_t matches_ = 0;
};

class Meter {
 public:
  Meter() : sample_(make_prompt_sample(kSeed, kSampleBytes)) {
    yardstick_.compile("Zq9wXv", 0);
    for (uint32_t i = 0; i < kRounds; ++i) measure_yardstick();
  }

  void measure(const RuleSource& rule, uint32_t patience, RuleSpeed& out) {
    Alone alone;
    out.error =
        alone.compile(rule.pattern, rule.case_insensitive ? unsigned{HS_FLAG_CASELESS} : 0U);
    if (!out.error.empty()) return;
    // A rule that seems too slow may only have met a busy moment: it gets more rounds. It is
    // compared with the yardstick of its own rounds, which met the same moment.
    double beside = 0;
    for (uint32_t i = 0; i < kRounds || (out.is_too_slow && i < patience); ++i) {
      beside = std::max(beside, measure_yardstick());
      out.gigabytes_per_second = std::max(out.gigabytes_per_second, alone.run(sample_));
      out.share = out.gigabytes_per_second / beside;
      out.is_too_slow = out.gigabytes_per_second < kRuleSpeedMin && out.share < kRuleSpeedShareMin;
    }
  }
  double yardstick() const noexcept { return best_; }

 private:
  double measure_yardstick() {
    const double now = yardstick_.run(sample_);
    best_ = std::max(best_, now);
    return now;
  }

  PromptSample sample_;
  Alone yardstick_;
  double best_ = 0;
};

}  // namespace

RuleSpeedReport measure_rule_speed(std::span<const EntitySource> entities, uint32_t patience) {
  Meter meter;
  RuleSpeedReport report;
  for (const EntitySource& entity : entities) {
    for (const RuleSource& rule : entity.rules) {
      if (rule.kind != contract::RuleKind::Pattern) continue;
      RuleSpeed speed;
      speed.entity = entity.name;
      speed.rule = rule.id;
      meter.measure(rule, patience, speed);
      report.rules.push_back(std::move(speed));
    }
  }
  report.yardstick = meter.yardstick();
  for (RuleSpeed& speed : report.rules) {
    report.too_slow += speed.is_too_slow || !speed.error.empty() ? 1 : 0;
  }
  std::stable_sort(report.rules.begin(), report.rules.end(),
                   [](const RuleSpeed& a, const RuleSpeed& b) {
                     return a.gigabytes_per_second < b.gigabytes_per_second;
                   });
  return report;
}

}  // namespace sallyport::controlplane::policy
