// americas_ids.h: national and tax numbers of Canada and Latin America. The United States:
// us_ids.h.
#pragma once

#include "dataplane/scan/validate/characters.h"

namespace sallyport::scan {

// Canada, social insurance number: nine digits, the first not 0 or 8, Luhn.
bool ca_sin(Characters digits) noexcept;
// Brazil, CPF: two check digits modulus 11 over weights 10 and 11 down; not one digit repeated.
bool br_cpf(Characters digits) noexcept;
// Brazil, CNPJ of companies: two check digits modulus 11.
bool br_cnpj(Characters digits) noexcept;
// Mexico, CURP (DOF 23 October 1996): name letters, date, sex, state, consonants, check digit
// mod 10.
bool mx_curp(Characters text) noexcept;
// Mexico, RFC of a person: four letters, date, two characters, check modulus 11.
bool mx_rfc(Characters text) noexcept;
// Argentina, CUIT and CUIL: prefix, DNI, weights 5432765432, modulus 11.
bool ar_cuit(Characters digits) noexcept;
// Chile, RUT: seven or eight digits, check 0 to 9 or K, modulus 11.
bool cl_rut(Characters text) noexcept;

}  // namespace sallyport::scan
