#include "dataplane/scan/number/number_matrix.h"

#include <algorithm>
#include <string_view>

#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {
namespace {

// "[\n    273 63 5022"
constexpr unsigned kMatrixIndent = 10;

}  // namespace

bool is_of_matrix(const Row& row, size_t first, size_t last) noexcept {
  const auto only = [](std::span<const uint8_t> gap, std::string_view some) {
    return std::all_of(gap.begin(), gap.end(), [&](uint8_t c) {
      return some.find(static_cast<char>(c)) != std::string_view::npos;
    });
  };
  const auto is_number = [&](size_t group) { return row.groups[group].letters == 0; };
  uint64_t before = row.start(first) - 1;
  for (unsigned i = 0; i < kMatrixIndent && is_blank(row.view.at(before)); ++i) --before;
  if (row.view.at(before) == '[' || row.behind(last - 1) == ']') return true;
  // "Q1 273 63 5022": a row and its name.
  if (first > 0 && row.groups[first - 1].digits > 0 && only(row.gap(first - 1), " ")) return true;
  if (last < row.count && is_number(last) && only(row.gap(last - 1), " ")) return true;
  // Two numbers on the line above or below.
  const auto is_number_line = [&](size_t outer, size_t near, size_t far) {
    const auto between = row.gap(outer);
    return only(between, " \t\n\r[],") &&
           std::find(between.begin(), between.end(), '\n') != between.end() && is_number(near) &&
           is_number(far) && only(row.gap(std::min(near, far)), " \t");
  };
  return (first > 1 && is_number_line(first - 1, first - 1, first - 2)) ||
         (last + 1 < row.count && is_number_line(last - 1, last, last + 1));
}

}  // namespace sallyport::scan
