// harness.h: measures work in rounds, with everything of one group interleaved in one run, so that
// a ratio is between neighbours in time and not between two machines' moods.
//
//   round    work repeated until it fills about round_ms; its cost is time divided by units
//   figure   median over the rounds, with the median deviation as spread
//   ratio    to the group's limit: the work that cannot be avoided, measured beside it
//
// Time is the thread's own; cycles are ticks of the time-stamp counter. Heap allocations inside the
// measured work are counted: the hot path has none.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace sallyport::bench {

enum class Unit : uint8_t {
  GigabytesPerSecond,  // units are bytes
  CyclesPerUnit        // units are things
};

struct Case {
  std::string group;
  std::string name;
  Unit unit = Unit::GigabytesPerSecond;
  double units_per_call = 1;
  std::function<void()> work;
  bool is_limit = false;  // the group's yardstick
};

struct Figure {
  std::string group;
  std::string name;
  Unit unit = Unit::GigabytesPerSecond;
  double median = 0;
  double spread_percent = 0;  // median absolute deviation
  double best = 0;
  double ratio_to_limit = 0;  // 1: as fast as the limit; 0: the group has none
  double allocations_per_call = 0;
  uint32_t rounds = 0;
};

struct Settings {
  uint32_t rounds = 15;
  double round_ms = 10;
  std::string filter;  // part of "group/name", or with a '$' behind it its end; empty: everything
};

std::vector<Figure> measure(const std::vector<Case>& cases, const Settings& settings);
std::string table(const std::vector<Figure>& figures);
// One object: {"schema", "machine", "figures": [...]}. Numbers have no unit hidden in them.
std::string json(const std::vector<Figure>& figures, const Settings& settings);

// Heap allocations of this process so far.
uint64_t allocations() noexcept;

}  // namespace sallyport::bench
