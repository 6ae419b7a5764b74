// number_stage.h: finds the number rows of a text and what stands in them.
//
// A row begins at a digit that has three more within 32 characters; number_row.h says how far it
// goes. A day with the name of a month behind it is no row of so many digits, and a date. It is
// judged once, when it is over and kRowAheadBytes behind it are known. Owner  one channel;
// reusable. Offsets are those of the folded text.
#pragma once

#include <cstdint>

#include "dataplane/scan/candidate_list.h"
#include "dataplane/scan/engine.h"
#include "dataplane/scan/number/row_text.h"
#include "dataplane/scan/number/value_tail.h"
#include "dataplane/scan/read/number_row.h"
#include "dataplane/scan/runs/encoded_runs.h"
#include "dataplane/scan/tables/column_heads.h"
#include "dataplane/scan/tables/item_heads.h"
#include "dataplane/scan/text/char_masks.h"

namespace sallyport::scan {

class NumberStage {
 public:
  // `may_be_alone`: that a value is the whole text says something. Of what was encoded in another
  // text, and stands in it, it does not, nor of a field whose meaning is known.
  void begin(bool may_be_alone) noexcept;
  // Judges every row that is over. `masks` begins at offset `origin`, at or before cursor(), and
  // reaches to text.end.
  void run(const Engine& engine, const TextView& text, const CharMasks& masks, uint64_t origin,
           CandidateList& out);
  // Digits before it are done with.
  uint64_t cursor() const noexcept { return cursor_; }
  // Where the row begins that is not over; text.end: none.
  uint64_t live_from(const TextView& text) const noexcept;

  // Rows that may be bytes in hex: whoever reads them clears the list.
  std::vector<HexRow>& hex_rows() noexcept { return hex_rows_; }

  // Rules of which a shape may fit, and how far before a value their words may begin.
  struct Apt {
    NearRules rules{};
    uint64_t reach = 0;
  };

  // Numbers before `until` that nothing but their form speaks for are kin of one that something
  // spoke against; before `spaced_until` those with spaces between their groups, of one that stood
  // in a matrix.
  struct Kin {
    uint64_t until = 0, spaced_until = 0;
  };

 private:
  static uint64_t capitals_from(const TextView& text) noexcept;
  static uint64_t with_marks(const TextView& text, uint64_t at) noexcept;
  enum class Found : uint8_t { Row, Date, Open, Nothing };

  // What words speak for, beside a value: everywhere, and at the end of its sentence.
  struct Near {
    NearRules here{}, at_end{};
    bool alone = false;  // the value is the whole text
  };

  Found read_row(const TextView& text, uint64_t digit, const CharMasks& masks, uint64_t origin);
  Found extend(const TextView& text, uint64_t at, const CharMasks& masks, uint64_t origin);
  bool start_group(const TextView& text, uint64_t digit, uint64_t& start);
  bool read_date(const TextView& text) noexcept;
  bool read_date_of_year(const TextView& text, size_t year) noexcept;
  bool ends_known(const TextView& text, uint64_t end, bool is_split);
  bool date_ends_known(const TextView& text) noexcept;
  bool is_whole_text(const TextView& text) const noexcept;
  void judge(const Engine& engine, CandidateList& out);
  bool may_be_birth(const Engine& engine, uint64_t start, CandidateList& out) const;
  void judge_everyday(const Engine& engine, size_t first, CandidateList& out);
  // What is asked of a form besides its words.
  enum class Form : uint8_t { Phone, Date, Other };
  void offer_phones(const Engine& engine, size_t first, CandidateList& out);
  void offer_row(const Engine& engine, std::span<const uint16_t> rules, RowHit hit, Form form,
                 size_t first, CandidateList& out);
  void add_extension(RowHit& hit) const noexcept;
  bool date_before(size_t group, Hit& date) const noexcept;
  void offer_date(const Engine& engine, size_t group, const Hit& date, CandidateList& out);
  bool is_member_name(size_t group) const noexcept;
  // `leads`: no group before `first` has a digit.
  // `lengths`: of the windows that a shape may fit.
  void judge_shapes(const Engine& engine, size_t first, bool leads, uint64_t lengths,
                    CandidateList& out);
  uint64_t fitting(size_t first, uint64_t lengths, const Engine::Lengths& shapes) const noexcept;
  Apt apt_rules(const Engine& engine, size_t first, uint64_t lengths) const;
  uint64_t formed(const Engine& engine, size_t first, uint64_t lengths,
                  uint64_t near) const noexcept;
  bool find_near(const Engine& engine, size_t first, const Apt& apt, Near& near,
                 CandidateList& out);
  void look_beside(const Engine& engine, uint64_t start, CandidateList& out);

  Row row_;
  RowText row_text_;        // of the row that is judged
  size_t judge_until_ = 0;  // first groups beyond are the next row's
  uint32_t row_digits_ = 0;
  size_t day_group_ = 0;  // of the day or year of date_; row_.count: there is none
  Hit date_;
  uint64_t next_ = 0;  // where to go on after this row
  uint64_t cursor_ = 0;
  Kin kin_;
  uint64_t floor_ = 0;  // end of the row before: a row takes nothing from it
  uint64_t open_ = ~uint64_t{0};
  std::vector<HexRow> hex_rows_;
  ColumnHeads heads_;
  ItemHeads items_;
  ValueTail tail_;         // of the last group with digits, or of the date whose day it is
  uint64_t tail_end_ = 0;  // where that value ends
  size_t tail_group_ = 0;
  uint64_t extension_end_ = 0;  // of what is dialled behind it; 0: nothing is
  bool alone_ = false;          // the row is the whole text
  bool may_be_alone_ = true;
  // Of the group that is judged: words of its column, and with those of the tail.
  ContextHits beside_, beside_end_;
  uint64_t line_ = 0;
  bool looked_ = false;  // they are known
  bool forced_ = false;  // the row begins at cursor_: it is the rest of a long one
  bool in_long_group_ = false;
};

}  // namespace sallyport::scan
