// personal_fields.h: the fields that records of people have: "Phone", "E-Mail", "Geburtsdatum".
//
// "Name: Acme Blorps" and a column "name" say of a thing what it is called. What stands beside them
// says whether they are about somebody: the next label of a form ("Telefon: ..."), the next member
// of an object, the other heads of a table. One list of words for all three, in the languages in
// which labels of names are known; as texts are folded (text/fold_table.h).
#pragma once

#include <cstdint>

#include "dataplane/scan/read/open_reader.h"

namespace sallyport::scan {

// What a field says of the record that it stands in, the surer the greater.
enum class PersonalField : uint8_t {
  None,
  Place,    // an address: shops and servers have them, too
  Contact,  // a telephone, a mail address: firms have them, too
  Own,      // a day of birth, a number of a person
};

// The label or head [from, to) is made of nothing but words of such fields: "Date of birth",
// "phone_number", "mobilePhone"; not "Phone model" and not "IP address".
PersonalField personal_field(OpenReader& reader, uint64_t from, uint64_t to) noexcept;

// The next field, behind signs and at most one line end, is one of a person and has a value: ",
// geb. 3.4.1980", "\nPhone: ". `own`: one that companies and things have not.
bool personal_field_follows(OpenReader& reader, uint64_t at, bool own = false) noexcept;

// A label within a few lines or members before `start` or behind `end` is one of a person's. Looks
// kRecordBytesMax far at most, and no further than an empty line.
bool stands_in_record(OpenReader& reader, uint64_t start, uint64_t end) noexcept;
inline constexpr uint64_t kRecordBytesMax = 160;

}  // namespace sallyport::scan
