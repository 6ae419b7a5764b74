// Random text against the token finder and the place tracker: any cut gives the same.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "dataplane/redact/place_tracker.h"
#include "dataplane/redact/token_finder.h"

namespace {

using namespace sallyport::redact;

void require(bool condition) {
  if (!condition) std::abort();
}

struct Said {
  std::string matches;
  std::vector<Place> places;
  bool overflow = false;
};

void take(TokenFinder& finder, Said& said, uint64_t& last_end) {
  for (const TokenMatch& m : finder.matches()) {
    require(m.start >= last_end && m.start < m.end && m.end <= finder.safe_edge());
    last_end = m.end;
    said.matches += std::to_string(m.start) + "-" + std::to_string(m.end) + ":" +
                    std::to_string(m.entity) + (m.exact ? "!" : "") +
                    std::string(m.core.data(), m.core.size()) + "\n";
  }
  finder.take(finder.matches().size());
}

Said run(std::span<const uint8_t> text, size_t piece) {
  static const TokenLabels labels = [] {
    TokenLabels l;
    const std::string_view entities[] = {"EMAIL_ADDRESS", "US", "US_SSN", "ADDRESS"};
    require(l.build(entities));
    return l;
  }();
  static TokenFinder finder;
  PlaceTracker tracker;
  Said said;
  uint64_t last_end = 0;
  uint64_t edge = 0;
  finder.begin(labels);
  tracker.begin();
  for (size_t at = 0; at < text.size(); at += piece) {
    const auto bytes = text.subspan(at, std::min(piece, text.size() - at));
    const std::vector<uint8_t> copy(bytes.begin(), bytes.end());
    require(finder.feed(copy));
    require(finder.safe_edge() >= edge && finder.safe_edge() <= at + bytes.size());
    edge = finder.safe_edge();
    require(at + bytes.size() - edge <= kTokenTextBytesMax + 8);
    take(finder, said, last_end);
    const uint64_t start = tracker.offset();
    tracker.feed(copy);
    for (uint64_t i = start; i < tracker.offset(); ++i) said.places.push_back(tracker.at(i));
    tracker.drop_before(tracker.offset());
  }
  finder.end();
  require(finder.safe_edge() == text.size());
  take(finder, said, last_end);
  return said;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::span<const uint8_t> text(data + 1, std::min<size_t>(size - 1, 4'096));
  const Said small = run(text, 1);
  const Said other = run(text, 2 + data[0] % 90);
  require(small.matches == other.matches);
  require(small.places == other.places);
  return 0;
}
