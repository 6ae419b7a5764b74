// place.h: what stands behind a street in an address: flat, town, state, post code, country.
#pragma once

#include "dataplane/scan/read/open_reader.h"

namespace sallyport::scan {

struct Place {
  uint64_t end = 0;   // behind what was read; where it began if nothing
  bool town = false;  // a town with its state, its post code or its country was read
  bool sure = false;  // by a post code or a country; two letters of a state may be a word
  bool unit = false;  // a flat or floor was read
};

// From the end of a street on. A post code decides (or the state, in the United States, or a
// country).
Place place_at(OpenReader& reader, uint64_t start) noexcept;
// A flat, a floor or a number of either begins at `start`, the end of a house: its end, 0: none.
uint64_t unit_end(OpenReader& reader, uint64_t start) noexcept;
// A town with what tells that it is one stands at `start`: its end, 0: none.
uint64_t town_at(OpenReader& reader, uint64_t start, bool& sure) noexcept;

}  // namespace sallyport::scan
