// word_forms.h: other ways in which programs and keyboards write a word of the policy.
//
// Names of columns and keyboards without them have no marks: "número de cuenta" is numero_de_cuenta
// there. Capitals of Cyrillic and Greek look like ASCII where their small letters do not
// ("ПАСПОРТ" and "Телефон" fold to other bytes than "паспорт" and "телефон"), so what is written
// with capitals is a form, too.
// Called while a policy is compiled and an engine loaded, never while text is read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::scan {

// Of a word of the policy in small letters, folded and in lower case, in no order, without the word
// itself.
std::vector<std::string> word_forms(std::string_view word);

// The same word with its first letter, that of each of its words, and all of its letters as a
// capital, folded but not in lower case, as far as that makes other bytes. Letters of ASCII stay:
// no literal minds their case.
std::vector<std::string> capital_forms(std::string_view word);

}  // namespace sallyport::scan
