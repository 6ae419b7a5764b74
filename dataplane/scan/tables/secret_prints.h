// secret_prints.h: passwords and keys in tables whose columns only spaces part.
//
//     username   password  role          NAME      TOKEN                     │ id │ password  │
//   0     anna  Tr0ub4dor  admin         web       qQcLJI9x2f0m1h8u          │  1 │ Tr0ub4dor │
// A cue that is a word of a line of names with wide gaps opens the table (headed_columns.h asks
// where no sign parts the cells); in the lines below the word that begins or ends where the name
// does is its cell. The first line without one, and an empty line, end the table. Columns are
// counted in characters; lines of boxes part cells like spaces.
//
// Owner  one channel; reusable. Offsets are those of the folded text.
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/scan/tables/secret_items.h"

namespace sallyport::scan {

struct SecretPrint {
  struct Column {
    uint32_t from = 0, to = 0;  // of the name, in characters from the beginning of its line
    uint16_t rule = 0;
    SecretName name;
  };
  static constexpr size_t kColumnsMax = 4;
  uint64_t head = 0;  // where the line of names begins
  uint64_t next = 0;  // the line that is read next; 0: there is no table
  size_t count = 0;
  std::array<Column, kColumnsMax> columns;
};

// Is the cue of `rule` the head of such a column?
Answer open_secret_print(const Engine& engine, const TextView& text, uint16_t rule,
                         const Trigger& trigger, SecretPrint& out);

class SecretPrints {
 public:
  void begin() noexcept {
    if (open()) print_ = SecretPrint{};  // most texts open none
  }
  bool open() const noexcept { return print_.next != 0; }
  void enter(const SecretPrint& print) noexcept;
  // Lines that end before `until`.
  void go_on(const Engine& engine, const TextView& text, uint64_t until, CandidateList& out);
  uint64_t live_from(const TextView& text) const noexcept {
    return open() ? std::min(text.end, print_.next) : text.end;
  }

 private:
  bool read_line(const Engine& engine, const TextView& text, uint64_t from, uint64_t to,
                 CandidateList& out) const;

  SecretPrint print_;
};

}  // namespace sallyport::scan
