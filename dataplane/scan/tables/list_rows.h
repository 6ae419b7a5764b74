// list_rows.h: tables that are written as lists: names in brackets, then rows in brackets.
//
//   INSERT INTO t (name, ssn) VALUES ('Ann', '536904399'), ('Bo', '...')
//   [["name", "ssn"], ["Ann", "536904399"]]        {"columns": ["name", "ssn"], "rows": [["Ann",
//   ... execute("INSERT INTO t (name, ssn) VALUES (?, ?)", ("Ann", "536904399"))
// Names without quotes are such a head only before the word VALUES and the like: a list of
// variables looks the same. Read over folded text; pure but for where a walk stands.
#pragma once

#include <cstdint>

#include "dataplane/scan/text/text_view.h"
#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {

// The names of a table, and a cell.
inline constexpr uint64_t kListHeadBytesMax = 512;
inline constexpr uint64_t kListCellBytesMax = 512;

struct ListHead {
  uint64_t open = 0;   // the bracket before the first name
  uint64_t close = 0;  // the one behind the last
  uint64_t rows = 0;   // the one before the first cell
};

enum class Answer : uint8_t { No, Unknown, Yes };

// The list of names that ends with the bracket at `close`; nothing before `floor` is read. Unknown:
// the text ends before the first row.
Answer read_list_head(const TextView& text, uint64_t close, uint64_t floor, ListHead& out) noexcept;

// Goes through the rows.
class ListRows {
 public:
  void begin(uint64_t first_row) noexcept {
    *this = ListRows{};
    at_ = first_row;
    over_ = false;
  }
  bool over() const noexcept { return over_; }
  uint64_t at() const noexcept { return at_; }
  // Of the place at(): inside of a cell, which, where it and its row begin.
  bool in_cell() const noexcept { return depth_ > 0; }
  uint32_t column() const noexcept { return column_; }
  uint64_t cell_start() const noexcept { return cell_; }
  uint64_t row_start() const noexcept { return row_; }

  // On to `until` or to the end of the table; use(column, from, to) for every cell that is over.
  template <class Use>
  void walk(const TextView& text, uint64_t until, Use&& use) {
    for (; !over_ && at_ < until; ++at_) {
      const uint8_t c = text.at(at_);
      if (depth_ == 0) {
        between(c);
      } else if (at_ - cell_ > kListCellBytesMax) {
        over_ = true;
      } else if (quote_ != 0) {
        if (c == quote_) quote_ = 0;
      } else if (depth_ == 1 && (c == ',' || is_closing(c))) {
        use(column_, cell_, at_);
        next_cell(c);
      } else {
        inside(c);
      }
    }
  }

 private:
  static bool is_closing(uint8_t c) noexcept { return c == ')' || c == ']'; }
  void between(uint8_t c) noexcept;
  void inside(uint8_t c) noexcept;
  void next_cell(uint8_t c) noexcept;

  uint64_t at_ = 0, cell_ = 0, row_ = 0;
  uint32_t column_ = 0;
  uint32_t depth_ = 0;  // of brackets; 0: between two rows
  uint32_t gap_ = 0;    // characters since the last row
  uint8_t quote_ = 0;   // that the cell stands in
  bool blank_ = true;   // nothing but blanks in the cell so far
  bool over_ = true;
};

}  // namespace sallyport::scan
