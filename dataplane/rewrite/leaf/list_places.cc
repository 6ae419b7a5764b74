#include "dataplane/rewrite/leaf/list_places.h"

#include <algorithm>
#include <string_view>

#include "dataplane/base/ascii.h"
#include "dataplane/base/bytes.h"
#include "dataplane/mem/wipe.h"

namespace sallyport::rewrite {
namespace {

using base::is_digit;

// What lists of heads are called, without separators and in small letters.
constexpr std::array<std::string_view, 15> kHeadLists{
    {"columns", "columnnames", "cols", "header", "headers", "headings", "fields", "fieldnames",
     "names", "keys", "labels", "rowtype", "schema", "attributes", "columnmetadata"}};
// What a row is called that stands in no list of rows.
constexpr std::array<std::string_view, 4> kRows{{"row", "cells", "record", "rowdata"}};
constexpr size_t kListNameBytesMax = 14;

template <size_t Count>
bool is_one_of(std::span<const uint8_t> name,
               const std::array<std::string_view, Count>& words) noexcept {
  std::array<char, kListNameBytesMax> plain{};
  size_t size = 0;
  for (const uint8_t c : name) {
    if (c == '_' || c == '-' || c == ' ') continue;
    if (size == plain.size()) return false;
    plain[size++] = static_cast<char>(base::to_lower(c));
  }
  const std::string_view text(plain.data(), size);
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool is_letter(uint8_t c) noexcept { return c >= 0x80 || base::is_letter(c); }

}  // namespace

void ListPlaces::begin() noexcept {
  is_item_ = false;
  context_.clear();
  if (!used_) return;
  for (Name* name : {&item_, &first_}) mem::wipe(name->bytes);
  for (Name& name : heads_) mem::wipe(name.bytes);
  for (Name& name : next_) mem::wipe(name.bytes);
  mem::wipe(line_.bytes);
  mem::wipe(context_.bytes);
  first_.clear();
  line_.clear();
  used_ = is_next_ = has_table_ = is_pairs_ = is_line_ = is_option_ = false;
  head_count_ = next_count_ = 0;
  list_ = table_ = columns_ = UINT64_MAX;
}

void ListPlaces::begin_item(const llm::Leaf& leaf, std::span<const uint8_t> name, bool names_it,
                            std::span<const uint8_t> object) noexcept {
  context_.clear();
  is_item_ = false;
  in_list_ = leaf.in_list;
  if (!leaf.in_list) {
    if (!names_it || leaf.kind != llm::LeafKind::String) return;
    if (leaf.rows_start != columns_) {
      if (!leaf.in_rows || !is_one_of(object, kHeadLists)) return;
      end_heads();
      columns_ = leaf.rows_start;
      next_count_ = 0;
    } else if (leaf.rows_start != list_) {  // behind what else an object of it holds
      end_heads();
      next_ = heads_;
      next_count_ = head_count_;
    }
    list_ = leaf.rows_start;
    is_next_ = true;
    next_is_row_ = false;
    place_ = leaf.row;
  } else {
    if (leaf.list_start != list_) begin_list(leaf, name);
    place_ = leaf.item;
    set_context(leaf);
  }
  if (leaf.kind != llm::LeafKind::String) {
    is_next_ = is_next_ && !leaf.in_list;
    is_line_ = false;
    return;
  }
  is_item_ = used_ = true;
  item_.clear();
}

void ListPlaces::add(std::span<const uint8_t> text) noexcept {
  if (is_item_) item_.add(text);
}

void ListPlaces::begin_list(const llm::Leaf& leaf, std::span<const uint8_t> name) noexcept {
  end_heads();
  list_ = leaf.list_start;
  first_.clear();
  line_.clear();
  is_option_ = false;
  is_row_ = leaf.in_rows || is_one_of(name, kRows);
  is_line_ = !is_row_ && leaf.item == 0;
  next_count_ = 0;
  is_next_ = !is_row_ && leaf.item == 0 && is_one_of(name, kHeadLists);
  next_is_row_ = false;
  if (!leaf.in_rows || (has_table_ && table_ == leaf.rows_start)) return;
  if (head_count_ > 0 && !has_table_) {  // a list of heads before: these are its rows
    has_table_ = true;
    table_ = leaf.rows_start;
    return;
  }
  head_count_ = 0;
  has_table_ = is_pairs_ = false;
  is_next_ = next_is_row_ = leaf.row == 0 && leaf.item == 0;
  next_table_ = leaf.rows_start;
}

// The list that might be one of heads has ended.
void ListPlaces::end_heads() noexcept {
  if (!is_next_) return;
  is_next_ = false;
  if (next_count_ < (next_is_row_ ? 2 : 1)) return;
  std::copy(next_.begin(), next_.begin() + static_cast<std::ptrdiff_t>(next_count_),
            heads_.begin());
  head_count_ = next_count_;
  has_table_ = next_is_row_;
  table_ = next_is_row_ ? next_table_ : UINT64_MAX;
  is_pairs_ = next_is_row_ && next_count_ == 2;
}

void ListPlaces::add_head(size_t place) noexcept {
  if (!is_name(item_) || (next_is_row_ && has_digit(item_))) {
    is_next_ = !in_list_ && is_next_;
    return;
  }
  if (place >= kHeadsMax) return;
  for (; next_count_ < place; ++next_count_) next_[next_count_].clear();
  next_[place] = item_;
  next_count_ = place + 1;
}

void ListPlaces::end_item() noexcept {
  if (!is_item_) return;
  is_item_ = false;
  if (is_next_) add_head(place_);
  if (!in_list_) return;
  if (is_row_) {
    if (place_ == 0 && is_name(item_)) first_ = item_;
    return;
  }
  if (!is_line_) return;
  // A command is one word.
  is_line_ = !item_.is_cut && item_.size > 0 &&
             (place_ > 0 ||
              std::find(item_.text().begin(), item_.text().end(), ' ') == item_.text().end());
  is_option_ = is_line_ && item_.bytes[0] == '-';
  line_.add_end(item_.text());
  line_.add_end(base::bytes_of(" "));
}

void ListPlaces::set_context(const llm::Leaf& leaf) noexcept {
  if (!is_row_) {
    if (is_line_ && is_option_) context_.add(line_.text());
    return;
  }
  const bool is_cell = leaf.in_rows ? has_table_ && table_ == leaf.rows_start : !has_table_;
  const bool has_head = is_cell && leaf.item < head_count_ && heads_[leaf.item].size > 0;
  const bool is_pair = leaf.item == 1 && first_.size > 0 && (!has_head || is_pairs_);
  if (!has_head && !is_pair) return;
  const size_t room = kBeforeBytesMax - 2 - (has_head ? heads_[leaf.item].size : 0);
  if (is_pair) {
    context_.add(first_.text().first(std::min(first_.size, has_head ? room - 1 : room)));
    if (has_head) context_.add(base::bytes_of(" "));
  }
  if (has_head) context_.add(heads_[leaf.item].text());
  context_.add(base::bytes_of(": "));
}

bool ListPlaces::is_name(const Name& text) noexcept {
  if (text.is_cut || text.size == 0 || !(is_letter(text.bytes[0]) || text.bytes[0] == '_'))
    return false;
  constexpr std::string_view kOthers = "_- ./()#";
  return std::all_of(text.text().begin(), text.text().end(), [&](uint8_t c) {
    return is_letter(c) || is_digit(c) || kOthers.find(static_cast<char>(c)) != kOthers.npos;
  });
}

bool ListPlaces::has_digit(const Name& text) noexcept {
  return std::any_of(text.text().begin(), text.text().end(), is_digit);
}

}  // namespace sallyport::rewrite
