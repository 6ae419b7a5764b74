// headed_columns.h: what has no form of its own in tables, found by the head of its column:
// passwords, keys, names and addresses.
//
//   user,password,last_name    | Service | API key |      <th>Password</th>
//   jo,Tr0ub4dor,Quast         |---------|---------|      ... <td>Tr0ub4dor</td>
//   INSERT INTO users (name, password) VALUES ('jo', 'Tr0ub4dor')      [["user", "password"],
//   ["jo", ...
// There is nothing in the cell that could be looked for, so unlike numbers (column_heads.h) the
// head comes first: a cue of a password or an assignment rule that is the name of a column, or one
// of labels of names or addresses ("name" where heads of people stand beside it, beside_heads.h),
// opens the table, and the cells below it are judged like what stands behind "password=", "last
// name:" or "address:". Without an open table the stage sleeps. What is no head of secrets may be
// the name of a list (secret_items.h) or of a column that only spaces part (secret_prints.h). A row
// of lines is judged when it is whole and has as many cells as the head, a cell of HTML or of a
// list when it is over; the first cell in which a value may stand is live until then.
//
// Owner  one channel; reusable. Offsets are those of the folded text.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "dataplane/scan/candidate_list.h"
#include "dataplane/scan/engine.h"
#include "dataplane/scan/read/open_reader.h"
#include "dataplane/scan/recognise/secret/credential_name.h"
#include "dataplane/scan/recognise/secret/secret_cell.h"
#include "dataplane/scan/tables/beside_heads.h"
#include "dataplane/scan/tables/list_rows.h"
#include "dataplane/scan/tables/secret_items.h"
#include "dataplane/scan/tables/secret_prints.h"

namespace sallyport::scan {

// A row of lines that is longer ends its table.
inline constexpr uint64_t kSecretRowBytesMax = 1'024;

class HeadedColumns {
 public:
  void begin() noexcept;
  // Cues of the rule may be heads of columns.
  static bool wants_cues(contract::RuleKind kind, const RuleParameters& rule) noexcept;
  // A cue of such a rule stands at `trigger`.
  void note_cue(const Engine& engine, uint16_t rule, const Trigger& trigger, const TextView& text);
  // False: more cues than are kept.
  [[nodiscard]] bool run(const Engine& engine, const TextView& text, CandidateList& out);
  // Where the first cell begins that may hold a value and is not judged; text.end: none.
  uint64_t live_from(const TextView& text) const noexcept;

 private:
  static constexpr size_t kColumnsMax = 8;  // of one table in which such values stand
  enum class Kind : uint8_t { None, Lines, Html, List };
  struct Cue {
    uint16_t rule;
    Trigger trigger;
  };
  struct Column {
    uint32_t index = 0;
    uint16_t rule = 0;
    SecretName name;
    BesideHeads beside;   // of names that only such heads tell
    bool is_odd = false;  // of a row of lines: what stands below that head is none of its values
  };
  struct Table {
    Kind kind = Kind::None;
    uint64_t head = 0;       // where its heads begin: of one table one place
    uint64_t names_end = 0;  // of a list: the bracket behind its heads
    uint64_t next = 0;       // the line or tag to read next
    uint8_t delimiter = 0;
    uint32_t cells = 0;      // of a line; of HTML: that began in this row
    uint64_t open_cell = 0;  // of HTML: where the cell begins that is not over; 0: none
    ListRows list;
    size_t count = 0;
    std::array<Column, kColumnsMax> columns;
  };
  struct Part {
    const Engine& engine;
    const TextView& text;
    CandidateList& out;
  };

  static Answer open_table(const Engine& engine, const TextView& text, const Cue& cue, Table& out);
  static Answer open_any(const Engine& engine, const TextView& text, const Cue& cue, Table& out);
  static Answer is_of_people(const TextView& text, Table& opened) noexcept;
  static Answer open_lines(const TextView& text, const Name& name, uint8_t left, uint8_t right,
                           Table& out);
  static Answer open_list(const TextView& text, const Name& name, Table& out);
  static Answer open_html(const TextView& text, const Name& name, Table& out);
  void enter(const Table& opened) noexcept;
  // Rows that end before `until`.
  void go_on(const Part& part, uint64_t until);
  void read_lines(const Part& part, uint64_t until);
  void read_line(const Part& part, uint64_t from, uint64_t to);
  void read_html(const Part& part, uint64_t until);
  void judge(const Part& part, uint32_t column, uint64_t from, uint64_t to);
  static void offer_cell(const Part& part, const Column& column, uint64_t from, uint64_t to);
  static bool is_no_head(const TextView& text, const Table& opened) noexcept;
  bool wants(uint32_t column) const noexcept;

  Table table_;
  SecretItems items_;
  SecretPrints prints_;
  std::vector<Cue> cues_;  // of which it is not known whether they are heads
};

}  // namespace sallyport::scan
