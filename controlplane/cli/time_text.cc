#include "controlplane/cli/time_text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <chrono>
#include <optional>

#include "controlplane/cli/output.h"
#include "dataplane/base/time.h"

namespace sallyport::cli {
namespace {

// Exactly these digits as a number.
std::optional<int> digits(std::string_view text, size_t at, size_t count) {
  if (at + count > text.size()) return std::nullopt;
  int value = 0;
  for (size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

std::optional<uint64_t> span_ns(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.size() < 2) return std::nullopt;
  uint64_t unit = 0;
  switch (text.back()) {
    case 's':
      unit = 1;
      break;
    case 'm':
      unit = 60;
      break;
    case 'h':
      unit = 3'600;
      break;
    case 'd':
      unit = 86'400;
      break;
    case 'w':
      unit = 604'800;
      break;
    default:
      return std::nullopt;
  }
  uint64_t count = 0;
  const char* end = text.data() + text.size() - 1;
  const auto [stop, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc{} || stop != end) return std::nullopt;
  if (count > UINT64_MAX / base::kNsPerS / unit) return UINT64_MAX;  // before any record
  return count * unit * base::kNsPerS;
}

// Minutes east of UTC of "Z", "+hh:mm", "-hh:mm".
std::optional<int> zone_minutes(std::string_view text) {
  if (text == "Z" || text == "z") return 0;
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  const auto hours = digits(text, 1, 2), minutes = digits(text, 4, 2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const int total = *hours * 60 + *minutes;
  return text[0] == '-' ? -total : total;
}

std::optional<uint64_t> instant_ns(std::string_view text) {
  const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  if (!year || !month || !day || text[4] != '-' || text[7] != '-') return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok() || *year < 1970) return std::nullopt;
  int64_t seconds = std::chrono::sys_days{date}.time_since_epoch().count() * int64_t{86'400};
  if (text.size() == 10) return static_cast<uint64_t>(seconds) * base::kNsPerS;
  const auto hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (!hour || !minute || !second || (text[10] != 'T' && text[10] != 't' && text[10] != ' ') ||
      text[13] != ':' || text[16] != ':' || *hour > 23 || *minute > 59 || *second > 60)
    return std::nullopt;
  size_t at = 19;
  uint64_t fraction = 0, scale = base::kNsPerS;
  if (at < text.size() && text[at] == '.') {
    for (++at; at < text.size() && digits(text, at, 1); ++at) {
      scale /= 10;
      fraction += static_cast<uint64_t>(*digits(text, at, 1)) * scale;
    }
  }
  const auto zone = zone_minutes(text.substr(at));
  if (!zone) return std::nullopt;
  seconds += *hour * 3'600 + *minute * 60 + *second - *zone * 60;
  if (seconds < 0) return std::nullopt;
  return static_cast<uint64_t>(seconds) * base::kNsPerS + fraction;
}

}  // namespace

uint64_t parse_time(std::string_view text, std::string_view option, uint64_t now_ns) {
  if (const auto span = span_ns(text)) return *span >= now_ns ? 0 : now_ns - *span;
  if (const auto instant = instant_ns(text)) return *instant;
  throw Failure(Exit::Usage, "bad_value",
                fmt::format("--{} '{}' is no time", option, printable(text)),
                "wanted: 2026-11-24T10:00:00Z, 2026-11-24, or a span before now as 24h or 7d",
                "write the time in one of these forms");
}

std::string time_text(uint64_t wall_ns) {
  const std::chrono::sys_time<std::chrono::seconds> second{
      std::chrono::seconds{static_cast<int64_t>(wall_ns / base::kNsPerS)}};
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(second.time_since_epoch().count()),
                     wall_ns % base::kNsPerS / 1'000'000);
}

uint64_t wall_clock_ns() {
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                   std::chrono::system_clock::now().time_since_epoch())
                                   .count());
}

}  // namespace sallyport::cli
