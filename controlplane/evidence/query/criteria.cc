#include "controlplane/evidence/query/criteria.h"

#include <algorithm>
#include <array>

namespace sallyport::evidence_log {
namespace {

constexpr auto kCriteria = std::to_array<Criterion>({
    {"CC1.1", "stated purpose of each restoration", "RST"},
    {"CC1.2", "control summary for the overseers", "CHK,SLO"},
    {"CC1.3", "owners of controls and alerts", "CFG,ACC"},
    {"CC1.4", "role gates for who may restore", "ACC"},
    {"CC1.5", "each privileged act has one named person", "ADM,RST"},
    {"CC2.1", "sealed, gap-free evidence", "REQ,CHK"},
    {"CC2.2", "change log and alerts", "POL,SLO"},
    {"CC2.3", "vendors and retention told to tenants", "VEN,SLO"},
    {"CC3.1", "objectives and boundaries as code", "CFG,SLO"},
    {"CC3.2", "risks with tests and live indicators", "TST,REQ"},
    {"CC3.3", "separation of duties, break-glass", "RST,ADM"},
    {"CC3.4", "significant change is classed and staged", "POL,VEN"},
    {"CC4.1", "checks run by themselves", "CHK,TST"},
    {"CC4.2", "failed checks become deviations", "POL,INC"},
    {"CC5.1", "risk to control to check to evidence", "CFG"},
    {"CC5.2", "baseline and signed builds", "CFG,BLD"},
    {"CC5.3", "policy text and code together", "POL"},
    {"CC6.1", "who may reach what, keys, sign-in", "ACC,ADM,KEY,CFG"},
    {"CC6.2", "grants and their end", "ACC,ADM"},
    {"CC6.3", "least privilege and its review", "ACC"},
    {"CC6.4", "physical access", "ADM"},
    {"CC6.5", "destruction that can be proven", "KEY,RET"},
    {"CC6.6", "the only way out, default deny", "EGR,TLS,CFG"},
    {"CC6.7", "what leaves is inspected and redacted", "REQ,TLS,TST"},
    {"CC6.8", "signed and unchanged software", "BLD,CFG"},
    {"CC7.1", "drift and vulnerabilities", "CFG,BLD"},
    {"CC7.2", "anomalies are seen", "SLO,REQ,CHK"},
    {"CC7.3", "events are judged", "INC"},
    {"CC7.4", "incidents are answered", "INC,KEY"},
    {"CC7.5", "recovery and lessons", "INC,POL,TST"},
    {"CC8.1", "changes are approved, tested, staged", "POL,TST"},
    {"CC9.1", "disruption is met", "FO,DR"},
    {"CC9.2", "vendors are known", "VEN,TLS"},
    {"A1.1", "capacity", "CAP"},
    {"A1.2", "backup and second ways", "DR,FO,CFG"},
    {"A1.3", "recovery is tried", "DR,FO"},
    {"PI1.1", "what is processed, and how, is written", "CFG,POL"},
    {"PI1.2", "inputs are checked", "REQ"},
    {"PI1.3", "processing is complete and once", "REQ,SLO"},
    {"PI1.4", "output is checked and goes to the right one", "REQ,TST"},
    {"PI1.5", "what is stored is whole", "CHK,RET"},
    {"C1.1", "confidential data is classed", "REQ,CFG"},
    {"C1.2", "and disposed of", "RET,KEY"},
    {"P1.1", "facts for the notice", "VEN"},
    {"P2.1", "choice is enforced", "POL,REQ"},
    {"P3.1", "only what is stated", "REQ"},
    {"P3.2", "consent where needed", "REQ,POL"},
    {"P4.1", "use for the purpose", "REQ,RST"},
    {"P4.2", "kept as stated", "RET"},
    {"P4.3", "erased with proof", "RET,DSR"},
    {"P5.1", "access of a subject", "DSR"},
    {"P5.2", "correction", "DSR"},
    {"P6.1", "disclosure on a basis", "REQ,VEN"},
    {"P6.2", "record of disclosures", "REQ"},
    {"P6.3", "record of unauthorised ones", "INC,TST"},
    {"P6.4", "vendor commitments", "VEN"},
    {"P6.5", "vendor incidents", "VEN,INC"},
    {"P6.6", "breach scope", "INC"},
    {"P6.7", "accounting per subject", "DSR,REQ"},
    {"P7.1", "quality of data", "TST"},
    {"P8.1", "complaints", "DSR,INC"},
});

}  // namespace

std::span<const Criterion> criteria() { return kCriteria; }

const Criterion* find_criterion(std::string_view id) {
  for (const Criterion& one : kCriteria)
    if (one.id == id) return &one;
  return nullptr;
}

bool list_has(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    if (list.substr(0, comma) == word) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

}  // namespace sallyport::evidence_log
