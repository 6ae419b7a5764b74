// number_matrix.h: numbers of a table of numbers, which name nobody however they are grouped.
#pragma once

#include <cstddef>

#include "dataplane/scan/read/number_row.h"

namespace sallyport::scan {

// One of the numbers of a matrix: "12 273 63 5022 8", "[273 63 5022]", a line of nothing but
// numbers above or below. A pasted list of bare numbers looks like any table of three columns
// (number, age, year), and tables are what there is more of. Groups [first, last) have single
// spaces between.
bool is_of_matrix(const Row& row, size_t first, size_t last) noexcept;

}  // namespace sallyport::scan
