// word_forms.h: other ways in which programs and keyboards write a word of the policy.
//
// Names of columns and keyboards without them have no marks: "número de cuenta" is numero_de_cuenta
// there. Capitals of Cyrillic and Greek look like ASCII where their small letters do not
// ("ПАСПОРТ" folds to other bytes than "паспорт"), so what is written in capitals is a form, too.
// Called while an engine is loaded, never while text is read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::scan {

// Of a word in lower case, folded like it, in no order, without the word itself.
std::vector<std::string> word_forms(std::string_view word);

}  // namespace sallyport::scan
