// secret_items.h: passwords and keys in lists, found by the name above or before them.
//
//   passwords:               "api_keys": [            Here are the passwords:       [tokens]
//     - hunter2x9              "qQcLJI9x2f0m",         * Anna: `hunter2x9`           qQcLJI9x2f0m
//     - Tr0ub4dor              "1h8u3tNs6krb"          * Bo: Tr0ub4dor               1h8u3tNs6krb
//   tokens=a,b   passwords[0] = x   PASSWORDS=("x" "y")   List<String> passwords = List.of("x",
//   "y")   <passwords><item>x</item><item>y</item></passwords>
// As in tables (headed_columns.h) the name comes first: a cue of a password or an assignment rule
// that names more than one, or whose operator has a list behind it, opens the list; its items, with
// or without a label of their own, are judged like the cells of a column: nothing but what looks
// made or chosen as a secret. A list of lines ends at the first line that is no item of it, one in
// brackets at its bracket. Only the item that is being read is held.
//
// Owner  one channel; reusable. Offsets are those of the folded text.
#pragma once

#include <cstdint>

#include "dataplane/scan/candidate_list.h"
#include "dataplane/scan/engine.h"
#include "dataplane/scan/read/open_reader.h"
#include "dataplane/scan/recognise/secret/secret_cell.h"
#include "dataplane/scan/tables/list_rows.h"

namespace sallyport::scan {

// The value of the cell [from, to): without blanks and marks around it, nor the N of a string of
// SQL (N'...').
struct CellValue {
  uint64_t from = 0, to = 0;
};
CellValue value_of_cell(const TextView& text, uint64_t from, uint64_t to) noexcept;

// What stands in [from, to) below or behind the name of a secret: marks and blanks around it are no
// part of it. It becomes a candidate of `rule` if it looks like one.
void offer_secret_cell(const Engine& engine, const TextView& text, uint16_t rule,
                       const SecretName& name, uint64_t from, uint64_t to, CandidateList& out);

struct SecretList {
  enum class Form : uint8_t { None, Lines, Brackets, Inline, Tags };
  Form form = Form::None;
  uint64_t next = 0;  // what is read next
  uint16_t rule = 0;
  SecretName name;
  bool many = false;     // its name says that there are several
  bool holder = false;   // "secrets", "credentials": a labelled item may be anything
  bool marked = false;   // of lines: only those with a mark are items
  bool apart = false;    // of brackets: blanks part its items, too
  uint8_t closing = 0;   // of brackets
  uint8_t indent = 0;    // of lines: of the first item
  uint8_t empty = 0;     // of lines: empty ones since the last item
  bool began = false;    // an item was read
  bool skips = false;    // on to the end of the line, or of a nested list
  uint32_t depth = 0;    // of nested brackets
  uint64_t skipped = 0;  // where what is skipped begins
};

// Does a list follow the name whose part [start, at) of `trigger` is a cue of `rule`?
Answer open_secret_list(const Engine& engine, const TextView& text, uint16_t rule,
                        const Trigger& trigger, SecretList& out);

class SecretItems {
 public:
  void begin() noexcept {
    if (open()) list_ = SecretList{};  // most texts open none
  }
  bool open() const noexcept { return list_.form != SecretList::Form::None; }
  void enter(const SecretList& list) noexcept { list_ = list; }
  // Items that end before `until`.
  void go_on(const Engine& engine, const TextView& text, uint64_t until, CandidateList& out);
  // Where the item begins that is not judged; text.end: none.
  uint64_t live_from(const TextView& text) const noexcept;

 private:
  struct Item {
    uint64_t end = 0;           // what is read next
    uint64_t from = 0, to = 0;  // its value; equal: none
    uint64_t label_to = 0;      // label is [label, label_to)
    uint64_t label = 0;
    bool marked = false;
    uint8_t indent = 0;
    bool empty = false;  // a line without anything
    bool over = false;   // the list ends here
    bool skips = false;  // what follows on the line or in brackets is no item
  };
  struct Piece {
    uint64_t from = 0, to = 0, end = 0;
    bool quoted = false;
    bool found = false;
  };
  Piece read_piece(OpenReader& reader, uint64_t at) const noexcept;
  void read_line(OpenReader& reader, Item& item) const noexcept;
  void read_in_line(OpenReader& reader, uint64_t at, Item& item) const noexcept;
  void read_in_brackets(OpenReader& reader, Item& item) const noexcept;
  void read_inline(OpenReader& reader, Item& item) const noexcept;
  void read_element(OpenReader& reader, Item& item) const noexcept;
  bool skip(const TextView& text, uint64_t until) noexcept;
  void take(const Engine& engine, const TextView& text, const Item& item, CandidateList& out);

  SecretList list_;
};

}  // namespace sallyport::scan
