// list_places.h: what an item of a list in a JSON tree is called by what stands beside it.
//
//   {"columns": ["name", "ssn"], "rows": [["Anna", "..."]]}             ssn: the head of its column
//   {"columns": [{"name": "ssn"}], "data": [["..."]]}                   ssn
//   [["name", "ssn"], ["Anna", "..."]]                                  ssn
//   [["password", "..."]]                                               password: its pair
//   ["curl", "-u", "anna:..."]                                          curl -u: its command line
//
// Heads are names, 32 of them at most, in a list whose own name says that it holds some, or in the
// first row of a list of rows. A list of heads that stands behind its rows is none.
//
// Plaintext of names and of short items is kept until the text ends; wiped.
// Owner   one JSON text; reusable.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/llm/events.h"
#include "dataplane/rewrite/text/limits.h"
#include "dataplane/rewrite/text/short_text.h"

namespace sallyport::rewrite {

// Bytes of a head that count; a longer item is none.
inline constexpr size_t kHeadBytesMax = 40;
inline constexpr size_t kHeadsMax = 32;

class ListPlaces {
 public:
  ~ListPlaces() { begin(); }
  void begin() noexcept;

  // A value that stands in a list, or in an object of one. `name`: the last one before it that says
  // something; `names_it`: it says what its object is called; `object`: the name of the list that
  // its object stands in, where it is known.
  void begin_item(const llm::Leaf& leaf, std::span<const uint8_t> name, bool names_it,
                  std::span<const uint8_t> object) noexcept;
  void add(std::span<const uint8_t> text) noexcept;
  void end_item() noexcept;

  // Of the item at hand, like MemberNames::context(); empty: nothing beside it says anything.
  std::span<const uint8_t> context() const noexcept { return context_.text(); }
  // The command line before an item that begins with this byte; empty: it is none.
  std::span<const uint8_t> line_before(uint8_t first) const noexcept {
    return is_item_ && is_line_ && first == '-' ? line_.text() : std::span<const uint8_t>();
  }

 private:
  using Name = ShortText<kHeadBytesMax>;

  void begin_list(const llm::Leaf& leaf, std::span<const uint8_t> name) noexcept;
  void end_heads() noexcept;
  void add_head(size_t place) noexcept;
  void set_context(const llm::Leaf& leaf) noexcept;
  static bool is_name(const Name& text) noexcept;
  static bool has_digit(const Name& text) noexcept;

  bool used_ = false;
  bool is_item_ = false;           // a string that is kept
  bool in_list_ = false;           // it stands in a list; else in an object that says a head
  bool is_row_ = false;            // in a list of lists
  uint32_t place_ = 0;             // in the list
  uint64_t list_ = UINT64_MAX;     // where the list at hand begins
  uint64_t columns_ = UINT64_MAX;  // and the last list of objects that are columns
  Name item_;
  Name first_;  // item of a row, if it is a name
  std::array<Name, kHeadsMax> heads_;
  size_t head_count_ = 0;
  bool has_table_ = false;  // the heads belong to the rows of table_
  uint64_t table_ = UINT64_MAX;
  bool is_pairs_ = false;  // heads of two columns that a first row says may be the first pair
  std::array<Name, kHeadsMax> next_;  // of the list at hand, which may be one of heads
  size_t next_count_ = 0;
  bool is_next_ = false;
  bool next_is_row_ = false;
  uint64_t next_table_ = UINT64_MAX;
  bool is_line_ = false;    // the list may be a command line
  bool is_option_ = false;  // its last item was an option
  ShortText<kBeforeBytesMax> line_;
  ShortText<kBeforeBytesMax> context_;
};

}  // namespace sallyport::rewrite
