// time_text.h: times as an operator writes them, and as we print them (RFC 3339, UTC).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::cli {

// "2026-11-24T10:00:00Z" (also with +hh:mm), "2026-11-24" (its begin), or a span before now: "24h",
// "-24h"; units s m h d w. Nanoseconds since 1970. Throws Failure (usage), naming --`option`.
uint64_t parse_time(std::string_view text, std::string_view option, uint64_t now_ns);
std::string time_text(uint64_t wall_ns);
uint64_t wall_clock_ns();

}  // namespace sallyport::cli
