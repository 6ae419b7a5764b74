// health.h: codes of diagnoses and drugs.
#pragma once

#include "dataplane/scan/validate/characters.h"

namespace sallyport::scan {

// ICD-10 and ICD-10-CM: letter (not U, kept for emergencies, except U07 and U09), digit, digit or
// letter A/B, up to four more behind the point.
bool icd10(Characters text) noexcept;
// 21 CFR 207.33 and HIPAA: ten or eleven digits, labeler not zero.
bool us_ndc(Characters digits) noexcept;

}  // namespace sallyport::scan
