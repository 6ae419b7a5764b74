#include "controlplane/supervise/rollout/rollout_watch.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace sallyport::supervise {

namespace {

// Of a count that is expected to be e, chance stays within this many square roots of e.
constexpr double kDeviations = 3.0;
// Below so many detections on both sides together a percentage is a play with small numbers.
constexpr double kDetectionsMin = 20.0;

template <class Combine>
void combine(VersionSample& into, const VersionSample& with, Combine f) {
  for (uint64_t VersionSample::*member :
       {&VersionSample::exchanges, &VersionSample::served, &VersionSample::blocked,
        &VersionSample::refused, &VersionSample::errors})
    into.*member = f(into.*member, with.*member);
  into.detections.resize(std::max(into.detections.size(), with.detections.size()));
  for (size_t i = 0; i < with.detections.size(); ++i)
    into.detections[i] = f(into.detections[i], with.detections[i]);
}

VersionSample difference(VersionSample now, const VersionSample& before) {
  combine(now, before, [](uint64_t a, uint64_t b) { return a >= b ? a - b : a; });
  return now;
}

double percent(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

std::string words(const char* format, double canary, double base, uint32_t limit,
                  uint64_t exchanges) {
  char text[200];
  std::snprintf(text, sizeof text, format, canary, base, limit,
                static_cast<unsigned long long>(exchanges));
  return text;
}

}  // namespace

RolloutLimits stricter(const RolloutLimits& a, const RolloutLimits& b) {
  RolloutLimits out;
  out.canary_least_exchanges = std::max(a.canary_least_exchanges, b.canary_least_exchanges);
  out.canary_least_seconds = std::max(a.canary_least_seconds, b.canary_least_seconds);
  out.halt_window_seconds = a.halt_window_seconds;  // no stricter one: the base's
  out.halt_least_exchanges = std::min(a.halt_least_exchanges, b.halt_least_exchanges);
  out.halt_error_percent = std::min(a.halt_error_percent, b.halt_error_percent);
  out.halt_block_percent = std::min(a.halt_block_percent, b.halt_block_percent);
  out.halt_detection_change_percent =
      std::min(a.halt_detection_change_percent, b.halt_detection_change_percent);
  out.tests_every_seconds = a.tests_every_seconds;
  return out;
}

RolloutWatch::RolloutWatch(RolloutLimits limits, std::vector<std::string> base_entities,
                           std::vector<std::string> canary_entities)
    : limits_(limits),
      base_entities_(std::move(base_entities)),
      canary_entities_(std::move(canary_entities)) {}

void RolloutWatch::Side::take(const VersionSample& now, bool from_zero) {
  if (begun || from_zero) {
    const bool fresh_start = now.exchanges < last.exchanges;
    combine(total, fresh_start ? now : difference(now, last),
            [](uint64_t a, uint64_t b) { return a + b; });
  }
  begun = true;
  last = now;
}

std::optional<std::string> RolloutWatch::take(const VersionSample& base,
                                              const VersionSample& canary, uint64_t now_ms) {
  base_.take(base, false);
  canary_.take(canary, true);
  base_ever_ = base;
  const uint64_t window_ms = uint64_t{limits_.halt_window_seconds} * 1'000;
  const uint64_t step_ms = std::max<uint64_t>(window_ms / kWindowSteps, 1);
  while (steps_.size() > 1 && now_ms - steps_[1].at_ms >= window_ms) steps_.pop_front();
  const Step from = steps_.empty() ? Step{now_ms, {}, {}} : steps_.front();
  if (steps_.empty() || now_ms - steps_.back().at_ms >= step_ms) {
    steps_.push_back({now_ms, base_.total, canary_.total});
    // A first sample that already holds exchanges is part of the window.
    if (steps_.size() == 1) steps_.front().canary = {};
  }
  VersionSample base_now = difference(base_.total, from.base);
  const VersionSample canary_now = difference(canary_.total, from.canary);
  if (base_now.exchanges < limits_.halt_least_exchanges) base_now = base_ever_;
  return judge(base_now, canary_now);
}

std::optional<std::string> RolloutWatch::judge(const VersionSample& base,
                                               const VersionSample& canary) const {
  if (canary.exchanges < limits_.halt_least_exchanges) return std::nullopt;
  const double failed = percent(canary.errors + canary.refused, canary.exchanges);
  const double base_failed = percent(base.errors + base.refused, base.exchanges);
  if (failed > base_failed + limits_.halt_error_percent)
    return words("errors %.1f %% on the canary, %.1f %% on the base, limit %u points, of %llu",
                 failed, base_failed, limits_.halt_error_percent, canary.exchanges);
  const double blocked = percent(canary.blocked, canary.exchanges);
  const double base_blocked = percent(base.blocked, base.exchanges);
  if (blocked > base_blocked + limits_.halt_block_percent)
    return words("blocked %.1f %% on the canary, %.1f %% on the base, limit %u points, of %llu",
                 blocked, base_blocked, limits_.halt_block_percent, canary.exchanges);
  if (base.exchanges < limits_.halt_least_exchanges) return std::nullopt;
  return judge_detections(base, canary);
}

std::optional<std::string> RolloutWatch::judge_detections(const VersionSample& base,
                                                          const VersionSample& canary) const {
  const auto count = [](const VersionSample& sample, size_t entity) {
    return entity < sample.detections.size() ? static_cast<double>(sample.detections[entity]) : 0.0;
  };
  for (size_t i = 0; i < canary_entities_.size(); ++i) {
    const auto known = std::find(base_entities_.begin(), base_entities_.end(), canary_entities_[i]);
    if (known == base_entities_.end()) continue;
    const double base_count = count(base, static_cast<size_t>(known - base_entities_.begin()));
    const double expected =
        base_count * static_cast<double>(canary.exchanges) / static_cast<double>(base.exchanges);
    const double found = count(canary, i);
    const double change = std::abs(found - expected);
    if (std::max(expected, found) < kDetectionsMin) continue;
    // The base's rate is an estimate too: its own chance is scaled with it.
    const double scale =
        static_cast<double>(canary.exchanges) / static_cast<double>(base.exchanges);
    const double deviation = std::sqrt(expected + base_count * scale * scale + 1.0);
    if (change <= kDeviations * deviation) continue;
    if (change * 100.0 <= expected * limits_.halt_detection_change_percent) continue;
    return canary_entities_[i] + " " +
           words("found %.0f times on the canary, %.0f expected by the base, limit %u %%, of %llu",
                 found, expected, limits_.halt_detection_change_percent, canary.exchanges);
  }
  return std::nullopt;
}

}  // namespace sallyport::supervise
