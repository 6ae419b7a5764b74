#include "bench/harness/harness.h"

#include <x86intrin.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <map>
#include <new>
#include <nlohmann/json.hpp>
#include <string_view>

namespace {
std::atomic<uint64_t> allocation_count{0};
}  // namespace

void* operator new(size_t size) {
  allocation_count.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace sallyport::bench {
namespace {

struct Running {
  const Case* work;
  uint64_t calls = 1;
  double allocations_per_call = 0;
  std::vector<double> costs;  // ns or cycles per unit
};

// Processor time of this thread: what other programs take from a shared machine does not count.
double now_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t half = values.size() / 2;
  return values.size() % 2 != 0 ? values[half] : (values[half - 1] + values[half]) / 2;
}

// Enough calls for one round; also warms the caches.
void calibrate(Running& one, double round_ms) {
  one.work->work();
  const uint64_t before = allocations();
  one.work->work();
  one.allocations_per_call = static_cast<double>(allocations() - before);
  for (one.calls = 1;; one.calls *= 2) {
    const double start = now_ns();
    for (uint64_t i = 0; i < one.calls; ++i) one.work->work();
    const double spent = now_ns() - start;
    if (spent > round_ms * 1e6 / 2 || one.calls > (1ULL << 30)) {
      one.calls = std::max<uint64_t>(
          1, static_cast<uint64_t>(static_cast<double>(one.calls) * round_ms * 1e6 / spent));
      return;
    }
  }
}

void one_round(Running& one) {
  const double start = now_ns();
  const uint64_t ticks = __rdtsc();
  for (uint64_t i = 0; i < one.calls; ++i) one.work->work();
  const double cycles = static_cast<double>(__rdtsc() - ticks);
  const double spent = now_ns() - start;
  const double units = static_cast<double>(one.calls) * one.work->units_per_call;
  one.costs.push_back((one.work->unit == Unit::CyclesPerUnit ? cycles : spent) / units);
}

Figure figure_of(const Running& one) {
  Figure figure;
  figure.group = one.work->group;
  figure.name = one.work->name;
  figure.unit = one.work->unit;
  figure.rounds = static_cast<uint32_t>(one.costs.size());
  figure.allocations_per_call = one.allocations_per_call;
  const double cost = median(one.costs);
  std::vector<double> deviations;
  for (const double c : one.costs) deviations.push_back(c > cost ? c - cost : cost - c);
  figure.spread_percent = 100 * median(deviations) / cost;
  const double least = *std::min_element(one.costs.begin(), one.costs.end());
  // Bytes per nanosecond are gigabytes per second.
  figure.median = one.work->unit == Unit::CyclesPerUnit ? cost : 1 / cost;
  figure.best = one.work->unit == Unit::CyclesPerUnit ? least : 1 / least;
  return figure;
}

const char* unit_name(Unit unit) { return unit == Unit::CyclesPerUnit ? "cycles" : "GB/s"; }

// `filter` is part of the name, its end where a '$' says so; empty: everything.
bool is_asked_for(std::string_view name, std::string_view filter) {
  if (!filter.ends_with('$')) return name.find(filter) != std::string_view::npos;
  return name.ends_with(filter.substr(0, filter.size() - 1));
}

std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

}  // namespace

uint64_t allocations() noexcept { return allocation_count.load(std::memory_order_relaxed); }

std::vector<Figure> measure(const std::vector<Case>& cases, const Settings& settings) {
  std::map<std::string, std::vector<Running>> groups;
  std::vector<std::string> order;
  for (const Case& one : cases) {
    const std::string name = one.group + "/" + one.name;
    if (!one.is_limit && !is_asked_for(name, settings.filter)) continue;
    if (groups[one.group].empty()) order.push_back(one.group);
    groups[one.group].push_back(Running{&one, 1, 0, {}});
  }
  std::vector<Figure> figures;
  for (const std::string& name : order) {
    std::vector<Running>& group = groups[name];
    // A group of which the filter left nothing but the yardstick is not asked for.
    if (!settings.filter.empty() &&
        std::all_of(group.begin(), group.end(), [](const Running& r) { return r.work->is_limit; }))
      continue;
    std::fprintf(stderr, "%s ...\n", name.c_str());
    for (Running& one : group) calibrate(one, settings.round_ms);
    for (uint32_t round = 0; round < settings.rounds; ++round)
      for (Running& one : group) one_round(one);
    double limit_cost = 0;
    for (const Running& one : group)
      if (one.work->is_limit) limit_cost = median(one.costs);
    for (const Running& one : group) {
      figures.push_back(figure_of(one));
      if (limit_cost > 0) figures.back().ratio_to_limit = limit_cost / median(one.costs);
    }
  }
  return figures;
}

std::string table(const std::vector<Figure>& figures) {
  std::string out =
      "group         name                                 median           spread      best   of "
      "limit   "
      "allocations\n";
  char line[256];
  for (const Figure& f : figures) {
    std::snprintf(line, sizeof line,
                  "%-13s %-32s %10.2f %-7s  +-%5.1f %%  %8.2f   %7.2f   %11.1f\n", f.group.c_str(),
                  f.name.c_str(), f.median, unit_name(f.unit), f.spread_percent, f.best,
                  f.ratio_to_limit, f.allocations_per_call);
    out += line;
  }
  return out;
}

std::string json(const std::vector<Figure>& figures, const Settings& settings) {
  nlohmann::json out{{"schema", "sallyport/bench/1"},
                     {"machine", {{"processor", processor()}}},
                     {"rounds", settings.rounds},
                     {"round_ms", settings.round_ms},
                     {"figures", nlohmann::json::array()}};
  for (const Figure& f : figures) {
    out["figures"].push_back({{"group", f.group},
                              {"name", f.name},
                              {"unit", unit_name(f.unit)},
                              {"median", f.median},
                              {"spread_percent", f.spread_percent},
                              {"best", f.best},
                              {"ratio_to_limit", f.ratio_to_limit},
                              {"allocations_per_call", f.allocations_per_call},
                              {"rounds", f.rounds}});
  }
  return out.dump(2) + "\n";
}

}  // namespace sallyport::bench
