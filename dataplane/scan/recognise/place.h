// place.h: what stands behind a street in an address: flat, town, state, post code, country.
#pragma once

#include "dataplane/scan/recognise/open_reader.h"

namespace sallyport::scan {

struct Place {
  uint64_t end = 0;   // behind what was read; where it began if nothing
  bool town = false;  // a town with its state or its post code was read
};

// From the end of a street on. A post code decides (or the state, in the United States).
Place place_at(OpenReader& reader, uint64_t start) noexcept;

}  // namespace sallyport::scan
