// date.h: calendar dates as people write them.
//
// 1980-05-12, 12.05.1980, 5/12/1980, 4/22/22, 17-SEP-2016, 12 May 1980, May 12th, 1980, 12 de mayo
// de 1980, 12. Mai 1980, 1980年5月12日. A date must exist; of day and month either may come first.
// Dates are everywhere, so the rules that use these ask for a word ("born", "DOB"). Sources: ISO
// 8601-1, Unicode CLDR (month names of ten languages).
#pragma once

#include "dataplane/scan/read/number_row.h"
#include "dataplane/scan/read/open_reader.h"

namespace sallyport::scan {

// How far behind a cue a date may begin: "DOB (mm/dd/yyyy): ", "born in New York City on ".
inline constexpr uint64_t kDateGapBytes = 40;

// A date that begins with group `first`.
bool date_at(const Row& row, size_t first, RowHit& out) noexcept;
// "16 August 1969": a date with the name of its month behind the day at `start`. Rows of numbers
// end at such names.
Verdict date_with_month_at(const TextView& text, uint64_t start, Hit& out) noexcept;
// "1969年8月16日", "1969. augusztus 16": the same of a date whose year stands at `start`.
Verdict date_with_year_at(const TextView& text, uint64_t start, Hit& out) noexcept;
// "August 16, 1969": the same with the name before the day at `day`; what the row has is there.
bool date_behind_month(const TextView& text, uint64_t day, Hit& out) noexcept;
// "Birth: 1970-01-01 00:00:00.000000000": the date that ends at `end` is one of a file, as stat(1)
// prints it.
bool is_of_file(OpenReader& reader, uint64_t end) noexcept;
// Where the name of a month begins behind which, and a space, `at` is; `at`: none does.
uint64_t month_before(const TextView& text, uint64_t at) noexcept;
// The first date behind a cue. trigger.at: the end of the cue, trigger.start: its beginning. A
// number that is no date ends the search, so does the end of a paragraph.
Verdict date_after_cue(const TextView& text, const Trigger& trigger, const RuleParameters& rule,
                       Hit& out) noexcept;

}  // namespace sallyport::scan
