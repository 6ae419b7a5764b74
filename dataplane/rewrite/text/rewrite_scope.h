// rewrite_scope.h: what every text of one direction of one exchange is judged by.
//
// Filled once at admission (rulings are looked up per entity then, not per finding), read by the
// rewriters, and it collects what they did for the evidence record. No plaintext in here.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "dataplane/contract/coverage.h"
#include "dataplane/contract/image_layout.h"
#include "dataplane/policy/image.h"
#include "dataplane/redact/earlier_tokens.h"
#include "dataplane/redact/exchange_tokens.h"
#include "dataplane/redact/known_values.h"
#include "dataplane/redact/subject_epochs.h"
#include "dataplane/redact/token.h"
#include "dataplane/redact/token_finder.h"
#include "dataplane/rewrite/text/text_ends.h"
#include "dataplane/rewrite/text/treatment.h"
#include "dataplane/scan/engine.h"
#include "dataplane/scan/named_people.h"

namespace sallyport::rewrite {

// Entities of one image. detection.md lists about 60; the table is indexed by entity id.
inline constexpr size_t kEntitiesMax = 256;

// Why a text cannot go on. What a caller is told is the holder's business (flow/refusal.h).
enum class Refusal : uint8_t {
  None,
  PolicyBlocked,    // the action of a finding in a request is block
  ResponseBlocked,  // the same in an answer
  TooManyTokens,    // max_tokens_per_exchange
  BuffersFull,      // one of limits.h
  MalformedEvent,   // a stream event that is not what its table says
  UnknownField      // policy lets no value through that no table names
};

// Counts of one direction, for evidence and the coverage header. A byte of a body is in
// inspected_bytes, in one of opaque_bytes_by_reason, or in structure_bytes (contract/coverage.h).
struct Tally {
  std::array<std::array<uint32_t, contract::kActionCount>, kEntitiesMax> detections{};
  // Of those that passed under `observe`: what the rule tries out. Both are [entity][Action].
  std::array<std::array<uint32_t, contract::kActionCount>, kEntitiesMax> would{};
  std::array<uint32_t, kEntitiesMax> restored{};
  std::array<uint32_t, kEntitiesMax> restore_denied{};
  std::array<uint32_t, kEntitiesMax> restore_misplaced{};  // in a URL, a markup, a host's name
  // Tokens of earlier exchanges: those whose value came from the vault, and why others stayed.
  std::array<uint32_t, kEntitiesMax> recalled{};
  std::array<uint32_t, static_cast<size_t>(redact::RecallMiss::kCount)> recall_missed{};
  uint64_t inspected_bytes = 0;
  uint64_t rewritten_bytes = 0;
  std::array<uint64_t, contract::kOpaqueReasonCount> opaque_bytes_by_reason{};
  std::array<uint32_t, contract::kOpaqueReasonCount> opaque_values{};  // references count here only
  uint64_t structure_bytes = 0;
  uint32_t unknown_fields = 0;
  uint32_t foreign_tokens =
      0;  // token-like text of a request that is not ours: tokenised as a literal
  uint32_t unchecked_tokens = 0;  // literals of a request behind kFailedChecksMax failed checks
  uint32_t verified_tokens =
      0;  // tokens of this tenant that a client brought along: passed unchanged
  uint32_t unrestored_tokens = 0;  // token-like text of an answer that stayed as it was
  uint32_t protected_tokens = 0;   // tokens of this exchange in text that must not be touched
  // Where it stands: made elsewhere and copied it would be written twice.
  void clear() noexcept { std::construct_at(this); }
  void add_opaque(contract::OpaqueReason reason, uint64_t bytes, uint32_t values) noexcept {
    opaque_bytes_by_reason[static_cast<size_t>(reason)] += bytes;
    opaque_values[static_cast<size_t>(reason)] += values;
  }
  uint64_t opaque_bytes() const noexcept {
    uint64_t sum = 0;
    for (const uint64_t bytes : opaque_bytes_by_reason) sum += bytes;
    return sum;
  }
};

// One finding and what became of it, in offsets of its text.
struct Ruled {
  uint64_t start = 0;
  uint64_t end = 0;
  uint16_t entity = 0;  // entity id, or TokenLabels::kLiteral
  Treatment treatment;
};

class OffsetBook;
class TemplateCheck;

// How URLs of the vendor's API begin, up to the path, and what stands there for the client: without
// it the client would go on past the gateway. Empty: URLs stay. Views of the holder's.
struct ApiUrls {
  std::string_view vendor;
  std::string_view gateway;
};

struct RewriteScope {
  enum class Direction : uint8_t { Request, Response };

  Direction direction = Direction::Request;
  // The message is held until all of it is judged, so an edit may come for a text that was read
  // before (joined_texts.h). Set by the holder.
  bool whole_message = false;
  const scan::Engine* engine = nullptr;
  scan::Scratch* scratch = nullptr;
  const redact::TokenLabels* labels = nullptr;
  redact::TokenMint* mint = nullptr;
  redact::SubjectEpochs subject_epochs;  // of the tenant; set with `mint`
  redact::TokenScope token_scope;
  redact::ExchangeTokens* tokens = nullptr;
  // Tokens of earlier exchanges, shared by both directions; null: they stay as they are.
  redact::EarlierTokens* earlier = nullptr;
  ApiUrls api_urls;  // of answers
  // Values of this request that are looked for again in its later texts; null: in none.
  redact::KnownValues* known = nullptr;
  // Whom texts of this request named: one word of a name is looked for in its later texts. Null:
  // in none.
  scan::NamedPeople* people = nullptr;
  std::array<EntityRulings, kEntitiesMax> actions{};
  const policy::Image* image =
      nullptr;  // where a ruling goes by confidence; must outlive the scope
  std::array<contract::Generalisation, kEntitiesMax> generalisations{};
  // Values that nobody reads and that policy refuses, by contract::OpaqueReason.
  std::array<bool, contract::kOpaqueReasonCount> opaque_refused{};
  uint16_t year = 0;  // the present one, for ages; 0: not known
  // Texts of the request that numbers of the request or of the answer count in: the exchange's.
  // Null where no answer will come.
  OffsetBook* request_texts = nullptr;
  // Of the engine's dictionaries, a bit for each whose values count for this tenant.
  uint64_t dictionaries = 0;
  std::array<bool, kEntitiesMax> may_restore{};
  contract::UnknownField unknown_field = contract::UnknownField::Inspect;
  // Of the prompt template that the request names; null: none. Sees the texts of its messages.
  TemplateCheck* template_check = nullptr;
  TextEnds text_ends;  // of an answer
  Tally tally;
  // Set by readers that list instead of forward (sallyctl scan, a bundle's self test): every ruling
  // is appended, and what would refuse is noted in `refusal` without ending the text. Null on the
  // live path.
  std::vector<Ruled>* rulings = nullptr;

  // The first reason to refuse, and the rule or entity that gave it (a name, never data).
  Refusal refusal = Refusal::None;
  uint16_t refusal_entity = 0xffff;
  std::string_view refusal_subject;  // what else was refused: the name of an OpaqueReason

  // False: policy refuses values of this kind, `refusal` says so.
  [[nodiscard]] bool admit_opaque(contract::OpaqueReason reason) noexcept {
    if (!opaque_refused[static_cast<size_t>(reason)]) return true;
    if (refusal == Refusal::None) refusal_subject = contract::opaque_reason_name(reason);
    return refuse(blocked());
  }

  // How what policy lets not pass is refused in this direction.
  Refusal blocked() const noexcept {
    return direction == Direction::Request ? Refusal::PolicyBlocked : Refusal::ResponseBlocked;
  }

  // What happens to a finding in a text of one of these roles: the strictest of what they say.
  Treatment treatment(RoleSet roles, uint16_t entity, unsigned confidence) const noexcept;

  bool refuse(Refusal reason, uint16_t entity = 0xffff) noexcept {
    if (refusal == Refusal::None) {
      refusal = reason;
      refusal_entity = entity;
    }
    return false;
  }
};

}  // namespace sallyport::rewrite
