// column_heads.h: the words at the head of the column that a value stands in.
//
// Tables of text: lines of cells between commas, semicolons, tabs or bars (CSV, TSV, Markdown), or
// printed with spaces (space_cells.h), and rows of HTML. The head of a value's column is the
// nearest line above whose cell in this column has letters and no digits; between the two every
// line has the same number of cells. Only asked where a separator stands right before a value, or
// where a short line is all of its cell.
// Lines of nothing but rules ("----+----") are none. Tables that are written as lists (list_rows.h)
// have the names of their columns in brackets. What was found is kept for the rows below, so a
// table may be longer than what is looked back; its rows may not be: kTableReachBytes back from the
// value stand the head or the row before.
//
// Owner   one channel; reusable. Values must be asked about in the order of their offsets: the
// answer is a function of the text and of them, not of its cuts.
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/scan/tables/head_words.h"
#include "dataplane/scan/tables/list_rows.h"
#include "dataplane/scan/text/context_words.h"
#include "dataplane/scan/text/text_view.h"

namespace sallyport::scan {

// Bytes before a value that are looked at.
inline constexpr uint64_t kTableReachBytes = 1'024;

class ColumnHeads {
 public:
  void begin() noexcept {
    table_.last = failed_ = kNone;
    place_ = Place{};
    list_ = ListRows{};
    lists_read_ = 0;
  }
  // Appends the words of the column's head to `out`, all at distance kHeadDistance. Answers where
  // the value's line begins: words before it are about other cells. 0: no table, or a head without
  // any known word.
  uint64_t find(const ContextWords& words, const TextView& text, uint64_t start,
                ContextBlocks& blocks, ContextHits& out);
  // The last value would be answered alike again. Else it stood at the beginning of a line that
  // ended a table, and what parts the cells of its line is looked for anew.
  bool settled() const noexcept { return !lost_; }

  // A table may reach to `start`: it goes on as long as it is asked about.
  bool follows_to(uint64_t start) const noexcept {
    return table_.last != kNone && start - table_.last <= kTableReachBytes;
  }

  static constexpr uint16_t kHeadDistance = 1;

 private:
  static constexpr uint64_t kNone = ~uint64_t{0};
  static constexpr size_t kColumnsMax = 32;  // further ones have no head
  static constexpr uint8_t kHtml = '<';
  struct Table {
    uint64_t last = kNone;  // where the last line begins that belongs to it; kNone: there is none
    uint8_t delimiter = 0;  // kHtml: rows of HTML
    uint32_t cells = 0;     // separators of a line; of HTML 0
    bool has_words = false;
    std::array<HeadWords, kColumnsMax> columns;

    void forget_words() noexcept {
      has_words = false;
      for (HeadWords& column : columns) column.count = 0;
    }
  };

  // A place in a line: separators of one kind before it that stand outside of double quotes.
  struct Place {
    uint64_t line = 0;
    uint64_t at = kNone;  // kNone: none is known
    uint32_t count = 0;
    uint8_t delimiter = 0;
    bool quoted = false;
  };

  bool move_to(const TextView& text, uint64_t floor, uint64_t at, uint8_t delimiter) noexcept;
  bool belongs(const TextView& text, uint64_t floor, uint64_t line) const noexcept;
  bool learn_lines(const ContextWords& words, const TextView& text, uint64_t floor, uint64_t line,
                   uint8_t delimiter, uint32_t column, ContextBlocks& blocks);
  struct Names {
    uint64_t from, to;
  };
  bool learn_names(const ContextWords& words, const TextView& text, const Names& names,
                   uint32_t cells, ContextBlocks& blocks);
  bool learn_html(const ContextWords& words, const TextView& text, uint64_t floor, uint64_t row,
                  ContextBlocks& blocks);
  // The heads [from, to) of `table`, with `separator` between.
  static void learn_row(const ContextWords& words, const TextView& text, Table& table,
                        uint64_t from, uint64_t to, uint8_t separator, ContextBlocks& blocks);
  static void learn_cell(const ContextWords& words, const TextView& text, Table& table,
                         size_t column, uint64_t from, uint64_t to, ContextBlocks& blocks);
  bool enter_list(const ContextWords& words, const TextView& text, uint64_t floor, uint64_t start,
                  ContextBlocks& blocks);
  // Where the cell of a list begins that holds the value at `start`; kNone: it is in no list.
  uint64_t find_in_list(const ContextWords& words, const TextView& text, uint64_t floor,
                        uint64_t start, ContextBlocks& blocks, ContextHits& out);
  // The same of a table of lines or rows of HTML: where the line begins; 0: it is in none.
  uint64_t find_in_lines(const ContextWords& words, const TextView& text, uint64_t floor,
                         uint64_t start, ContextBlocks& blocks, ContextHits& out);

  Table table_;
  Table list_heads_;  // of list_; only its columns count
  ListRows list_;
  uint64_t lists_read_ = 0;  // before it no list begins that is not known
  // The last value's: the next one counts on from there.
  Place place_;
  // The last line below which no head was found: the next one looks no further up than this.
  uint64_t failed_ = kNone;
  uint8_t failed_delimiter_ = 0;
  bool lost_ = false;
};

}  // namespace sallyport::scan
