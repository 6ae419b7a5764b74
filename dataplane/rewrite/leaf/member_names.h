// member_names.h: what a value in a JSON tree is called, as the words that stand before it.
//
//   {"ssn": "..."}                            ssn
//   {"ssn": {"value": "..."}}                 ssn: a name that says nothing is that of its object
//   {"passport": {"number": "..."}}           passport number
//   {"type": "passport", "number": "..."}     passport number
//   {"customer": {"name": "..."}}             customer name
//   {"passwords": {"anna": "..."}}            anna password
//   {"ssn": {"0": "..."}}                     ssn: the number of a row says nothing
//   {"name": "DB_PASSWORD", "value": "..."}   DB_PASSWORD: a member beside it says what it is
//
// Most names are none of these and cost a look at their length and first letter. Plaintext of names
// and of members that name others is kept until the text ends; wiped.
// Owner   one JSON text; reusable.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "dataplane/rewrite/text/short_text.h"

namespace sallyport::rewrite {

// Of one name; of a longer one the beginning counts, of a member that names another the end.
inline constexpr size_t kMemberNameBytesMax = 62;

class MemberNames {
 public:
  ~MemberNames() { begin(); }
  void begin() noexcept;

  // A name in an object at this depth.
  void begin_name(unsigned depth) noexcept;
  void add_to_name(std::span<const uint8_t> text) noexcept { name_.add(text); }
  void end_name() noexcept;

  // A string that is the value of the last name.
  void begin_value(unsigned depth) noexcept;
  void add_to_value(std::span<const uint8_t> text) noexcept {
    if (names_another_) label_.add_end(text);
  }

  // The last name; whether its value names what stands beside it; and the name of what its object
  // stands in, empty behind another object there.
  std::span<const uint8_t> name() const noexcept { return name_.text(); }
  bool names_another() const noexcept { return names_another_ && !label_is_type_; }
  std::span<const uint8_t> object() const noexcept {
    return parent_.depth == name_.depth ? parent_.text() : std::span<const uint8_t>();
  }

  // Of the value at hand, as a setting is written: behind a line end a key is none. Empty: it has
  // no name.
  std::span<const uint8_t> context() const noexcept {
    return std::span<const uint8_t>(context_).first(context_size_);
  }

 private:
  struct Text : ShortText<kMemberNameBytesMax> {
    unsigned depth = 0;
  };

  void put(std::span<const uint8_t> text) noexcept;

  Text name_;                   // the last one
  Text parent_;                 // of the object that the last one stands in
  Text label_;                  // the value of a member beside the last one
  bool parent_is_map_ = false;  // from whose a secret is to the secret
  bool label_is_type_ = false;
  bool names_another_ = false;  // the value of the last one does
  std::array<uint8_t, kMemberNameBytesMax + 2> context_{};
  size_t context_size_ = 0;
};

}  // namespace sallyport::rewrite
