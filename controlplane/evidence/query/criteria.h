// criteria.h: which kinds of evidence speak to which criterion of SOC 2 (trust services criteria).
//
// Ids and our own words only: the text of the criteria is not ours to print. The table is that of
// docs/auditors.md; a criterion with no kind here is for people to answer.
#pragma once

#include <span>
#include <string_view>

namespace sallyport::evidence_log {

struct Criterion {
  std::string_view id;     // "CC6.7"
  std::string_view words;  // ours
  std::string_view kinds;  // evidence codes with commas
};

std::span<const Criterion> criteria();
const Criterion* find_criterion(std::string_view id);  // null: there is no such id
// Is `word` one of the words of a list with commas?
bool list_has(std::string_view list, std::string_view word);
// Codes of which this product makes records, with commas.
inline constexpr std::string_view kEvidenceCodes =
    "REQ,EGR,TLS,RST,ADM,POL,TST,CFG,ACC,KEY,RET,DSR,CHK";

}  // namespace sallyport::evidence_log
