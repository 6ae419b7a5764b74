#include "dataplane/scan/validate/registry.h"

#include <array>

#include "dataplane/scan/validate/americas_ids.h"
#include "dataplane/scan/validate/asia_pacific_ids.h"
#include "dataplane/scan/validate/east_europe_ids.h"
#include "dataplane/scan/validate/europe_ids.h"
#include "dataplane/scan/validate/health.h"
#include "dataplane/scan/validate/nordic_ids.h"
#include "dataplane/scan/validate/payment.h"
#include "dataplane/scan/validate/secret_text.h"
#include "dataplane/scan/validate/travel.h"
#include "dataplane/scan/validate/uk_ids.h"
#include "dataplane/scan/validate/us_ids.h"
#include "dataplane/scan/validate/vehicles_devices.h"

namespace sallyport::scan {
namespace {

using Holds = bool (*)(Characters) noexcept;

bool always(Characters) noexcept { return true; }
// Alone they say nothing that the check digits do not: any number with Luhn's.
bool luhn_number(Characters text) noexcept {
  return text.size() > 1 && all_digits(text) && luhn(text);
}

bool hex_digits(Characters text) noexcept {
  bool mixed = false;
  for (uint8_t c : text) {
    if (is_alnum(c) && !is_hex(c)) return false;
    mixed = mixed || (is_alnum(c) && to_lower(c) != to_lower(text[0]));
  }
  return mixed;
}

bool letters_and_digits(Characters text) noexcept {
  bool letter = false, number = false;
  for (uint8_t c : text) {
    letter = letter || is_letter(c);
    number = number || is_digit(c);
  }
  return letter && number;
}

// In the order of contract::Validator.
constexpr auto kValidators = std::to_array<Holds>({always,
                                                   looks_random,
                                                   card,
                                                   ssn,
                                                   itin,
                                                   iban,
                                                   aba_routing,
                                                   luhn_number,
                                                   us_npi,
                                                   us_dea,
                                                   us_mbi,
                                                   uk_nhs,
                                                   uk_nino,
                                                   ca_sin,
                                                   au_tfn,
                                                   au_medicare,
                                                   in_aadhaar,
                                                   in_pan,
                                                   de_tax_id,
                                                   fr_nir,
                                                   es_nif,
                                                   it_fiscal_code,
                                                   pl_pesel,
                                                   nl_bsn,
                                                   br_cpf,
                                                   se_personnummer,
                                                   sg_nric,
                                                   kr_rrn,
                                                   cn_resident_id,
                                                   vin,
                                                   imei,
                                                   uk_driver_licence,
                                                   us_zip,
                                                   card_track,
                                                   icd10,
                                                   us_ndc,
                                                   vin_form,
                                                   bic,
                                                   imsi,
                                                   iccid,
                                                   be_national,
                                                   dk_cpr,
                                                   fi_hetu,
                                                   no_fodselsnummer,
                                                   pt_nif,
                                                   ie_pps,
                                                   mx_curp,
                                                   mx_rfc,
                                                   ar_cuit,
                                                   cl_rut,
                                                   tr_kimlik,
                                                   hk_id,
                                                   tw_id,
                                                   jp_my_number,
                                                   th_id,
                                                   il_id,
                                                   br_cnpj,
                                                   za_id,
                                                   ro_cnp,
                                                   cz_rodne_cislo,
                                                   hr_oib,
                                                   bg_egn,
                                                   ch_ahv,
                                                   at_svnr,
                                                   gr_amka,
                                                   ee_isikukood,
                                                   kr_rrn_form,
                                                   travel_line,
                                                   is_key_like,
                                                   is_jwt,
                                                   has_crc32_base62_tail,
                                                   letters_and_digits,
                                                   travel_number,
                                                   hex_digits});
// Of the length, not of the last one: an address is no constant under the sanitizers (GCC bug
// 71962).
static_assert(kValidators.size() == contract::kValidatorMax + 1);

}  // namespace

bool holds(contract::Validator validator, std::span<const uint8_t> characters) noexcept {
  const auto index = static_cast<size_t>(validator);
  return index < kValidators.size() && kValidators[index](characters);
}

}  // namespace sallyport::scan
