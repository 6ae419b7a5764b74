// events.h: what the scan stage tells the stages behind it, as plain values.
#pragma once

#include <cstdint>

namespace sallyport::scan {

// A value in a text channel. Offsets are bytes of the channel's decoded UTF-8 text, half open.
struct Finding {
  uint64_t start = 0;
  uint64_t end = 0;
  uint16_t entity = 0;
  uint16_t rule = 0;
  uint8_t confidence = 0;  // percent
};

}  // namespace sallyport::scan
