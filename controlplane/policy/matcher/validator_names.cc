#include "controlplane/policy/matcher/validator_names.h"

#include <iterator>

namespace sallyport::controlplane::policy {
namespace {

// In the order of the enumeration: a new validator is one more line here.
constexpr std::string_view kNames[] = {
    "none",           "entropy",
    "card",           "ssn",
    "itin",           "iban",
    "aba_routing",    "luhn",
    "us_npi",         "us_dea",
    "us_mbi",         "uk_nhs",
    "uk_nino",        "ca_sin",
    "au_tfn",         "au_medicare",
    "in_aadhaar",     "in_pan",
    "de_tax_id",      "fr_nir",
    "es_nif",         "it_fiscal_code",
    "pl_pesel",       "nl_bsn",
    "br_cpf",         "se_personnummer",
    "sg_nric",        "kr_rrn",
    "cn_resident_id", "vin",
    "imei",           "uk_driver_licence",
    "us_zip",         "card_track",
    "icd10",          "us_ndc",
    "vin_form",       "bic",
    "imsi",           "iccid",
    "be_national",    "dk_cpr",
    "fi_hetu",        "no_fodselsnummer",
    "pt_nif",         "ie_pps",
    "mx_curp",        "mx_rfc",
    "ar_cuit",        "cl_rut",
    "tr_kimlik",      "hk_id",
    "tw_id",          "jp_my_number",
    "th_id",          "il_id",
    "br_cnpj",        "za_id",
    "ro_cnp",         "cz_rodne_cislo",
    "hr_oib",         "bg_egn",
    "ch_ahv",         "at_svnr",
    "gr_amka",        "ee_isikukood",
    "kr_rrn_form",    "travel_line",
    "key_like",       "jwt",
    "crc32_tail",     "letters_and_digits",
    "travel_number",  "hex_digits",
};
static_assert(std::size(kNames) == contract::kValidatorMax + 1);

}  // namespace

std::string_view validator_name(contract::Validator validator) {
  return kNames[static_cast<size_t>(validator)];
}

std::optional<contract::Validator> find_validator(std::string_view name) {
  for (size_t i = 0; i < std::size(kNames); ++i)
    if (kNames[i] == name) return static_cast<contract::Validator>(i);
  return std::nullopt;
}

}  // namespace sallyport::controlplane::policy
