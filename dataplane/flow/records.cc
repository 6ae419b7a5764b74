// records.cc: what an exchange leaves in evidence: admitted before a byte leaves, completed at its
// one verdict.
#include <algorithm>

#include "dataplane/evidence/tally_list.h"
#include "dataplane/flow/gateway.h"

namespace sallyport::flow {
namespace {

using contract::Outcome;
using contract::RecordedAction;
using contract::TallySection;

RecordedAction recorded(contract::Action action) noexcept {
  switch (action) {
    case contract::Action::Allow:
      return RecordedAction::Allow;
    case contract::Action::Observe:
      return RecordedAction::Observe;
    case contract::Action::Tokenize:
      return RecordedAction::Tokenize;
    case contract::Action::Mask:
      return RecordedAction::Mask;
    case contract::Action::Hash:
      return RecordedAction::Hash;
    case contract::Action::Generalise:
      return RecordedAction::Generalise;
    case contract::Action::Block:
      return RecordedAction::Block;
  }
  return RecordedAction::None;
}

// The reason of a tally for what `observe` tries out.
std::string_view would_name(contract::Action action) noexcept {
  switch (action) {
    case contract::Action::Tokenize:
      return "would_tokenize";
    case contract::Action::Mask:
      return "would_mask";
    case contract::Action::Hash:
      return "would_hash";
    case contract::Action::Generalise:
      return "would_generalise";
    case contract::Action::Block:
      return "would_block";
    case contract::Action::Allow:
    case contract::Action::Observe:
      break;
  }
  return "";
}

// One row for each action that `observe` tries out; answers how many findings they count.
uint32_t add_tried(evidence::TallyList& out, std::string_view entity,
                   const std::array<uint32_t, contract::kActionCount>& would,
                   TallySection section) {
  uint32_t tried = 0;
  for (size_t action = 0; action < would.size(); ++action) {
    if (would[action] == 0) continue;
    out.add(section, entity, RecordedAction::Observe,
            would_name(static_cast<contract::Action>(action)), would[action]);
    tried += would[action];
  }
  return tried;
}

void add_detections(evidence::TallyList& out, const scan::Engine& engine,
                    const rewrite::Tally& tally, TallySection section) {
  for (uint16_t entity = 0; entity < engine.entity_count(); ++entity)
    for (size_t action = 0; action < contract::kActionCount; ++action) {
      const std::string_view name = engine.entity_name(entity);
      const auto what = static_cast<contract::Action>(action);
      uint32_t count = tally.detections[entity][action];
      if (what == contract::Action::Observe)
        count -= add_tried(out, name, tally.would[entity], section);
      if (count > 0) out.add(section, name, recorded(what), "", count);
    }
}

void add_tokens(evidence::TallyList& out, const rewrite::Tally& tally, TallySection section) {
  if (tally.foreign_tokens > 0)
    out.add(section, "LITERAL", RecordedAction::Tokenize, "foreign_token", tally.foreign_tokens);
  if (tally.unchecked_tokens > 0)
    out.add(section, "LITERAL", RecordedAction::Tokenize, "unchecked_token",
            tally.unchecked_tokens);
  if (tally.verified_tokens > 0)
    out.add(section, "LITERAL", RecordedAction::Allow, "verified_token", tally.verified_tokens);
  if (tally.unrestored_tokens > 0)
    out.add(section, "LITERAL", RecordedAction::Observe, "unknown_token", tally.unrestored_tokens);
}

// By reason, because "4 MB were not read" is a question and "4 MB of image" an answer.
void add_opaque(evidence::TallyList& out, const rewrite::Tally& tally, TallySection section) {
  for (size_t i = 0; i < contract::kOpaqueReasonCount; ++i)
    if (tally.opaque_values[i] > 0 || tally.opaque_bytes_by_reason[i] > 0)
      out.add(section, contract::opaque_reason_name(static_cast<contract::OpaqueReason>(i)),
              RecordedAction::None, "", tally.opaque_values[i], tally.opaque_bytes_by_reason[i]);
}

// Tokens of this exchange that stayed tokens because their text is signed.
void add_protected(evidence::TallyList& out, const rewrite::Tally& tally) {
  if (tally.protected_tokens > 0)
    out.add(TallySection::RestorationDenied, "LITERAL", RecordedAction::None, "protected_text",
            tally.protected_tokens);
}

void add_restorations(evidence::TallyList& out, const scan::Engine& engine,
                      const rewrite::Tally& tally, std::string_view reason) {
  for (uint16_t entity = 0; entity < engine.entity_count(); ++entity) {
    if (tally.restored[entity] > 0)
      out.add(TallySection::RestorationAllowed, engine.entity_name(entity), RecordedAction::None,
              reason, tally.restored[entity]);
    if (tally.restore_denied[entity] > 0)
      out.add(TallySection::RestorationDenied, engine.entity_name(entity), RecordedAction::None,
              reason, tally.restore_denied[entity]);
    if (tally.restore_misplaced[entity] > 0)
      out.add(TallySection::RestorationDenied, engine.entity_name(entity), RecordedAction::None,
              "followed_place", tally.restore_misplaced[entity]);
  }
}

// Of earlier exchanges. Who had which value and by which rule is in the RST record of sallyportd.
void add_recalled(evidence::TallyList& out, const scan::Engine& engine,
                  const rewrite::Tally& tally) {
  for (uint16_t entity = 0; entity < engine.entity_count(); ++entity)
    if (tally.recalled[entity] > 0)
      out.add(TallySection::RestorationAllowed, engine.entity_name(entity), RecordedAction::None,
              "earlier_exchange", tally.recalled[entity]);
  for (size_t miss = 1; miss < tally.recall_missed.size(); ++miss)
    if (tally.recall_missed[miss] > 0)
      out.add(TallySection::RestorationDenied, "EARLIER", RecordedAction::None,
              redact::recall_miss_name(static_cast<redact::RecallMiss>(miss)),
              tally.recall_missed[miss]);
}

Outcome outcome_of(Reason reason, bool midstream) noexcept {
  switch (reason) {
    case Reason::None:
      return Outcome::Served;
    case Reason::PolicyBlocked:
      return Outcome::Blocked;
    case Reason::ResponseBlocked:
      return midstream ? Outcome::BlockedMidstream : Outcome::Blocked;
    case Reason::UnknownHost:
    case Reason::UnknownPath:
    case Reason::UnknownMethod:
    case Reason::UnknownContentType:
    case Reason::UpgradeRefused:
    case Reason::UnsupportedEndpoint:
    case Reason::VendorNotAllowed:
    case Reason::TemplateRequired:
    case Reason::TemplateUnknown:
    case Reason::TemplateRetired:
    case Reason::TemplateMismatch:
      return Outcome::RefusedPolicy;
    case Reason::BadCredentials:
      return Outcome::RefusedIdentity;
    case Reason::NotReady:
      return Outcome::RefusedNotReady;
    case Reason::EvidenceFull:
    case Reason::EvidenceStalled:
    case Reason::EvidenceNotCommitted:
    case Reason::VaultSealed:
      return Outcome::RefusedEvidence;
    case Reason::BodyPoolFull:
    case Reason::BuffersFull:
    case Reason::UpstreamsFull:
      return midstream ? Outcome::Failed : Outcome::RefusedOverload;
    case Reason::UpstreamTls:
    case Reason::UpstreamPinMismatch:
    case Reason::UpstreamCertificate:
      return Outcome::UpstreamIdentity;
    case Reason::UpstreamTimeout:
      return Outcome::UpstreamTimeout;
    case Reason::UpstreamTruncated:
      return Outcome::Truncated;
    case Reason::UpstreamConnect:
    case Reason::UpstreamClosed:
    case Reason::UpstreamMalformed:
    case Reason::UpstreamEncoded:
    case Reason::UpstreamContentType:
    case Reason::UpstreamTooLarge:
      return Outcome::UpstreamFailed;
    case Reason::ClientGone:
      return Outcome::ClientGone;
    default:
      return Outcome::RefusedRequest;
  }
}

// One verdict, by what it says of the policy that gave it.
void count_verdict(VersionCounters& counters, Outcome outcome) noexcept {
  ++counters.exchanges;
  switch (outcome) {
    case Outcome::Served:
      ++counters.served;
      return;
    case Outcome::Blocked:
    case Outcome::BlockedMidstream:
      ++counters.blocked;
      return;
    case Outcome::RefusedPolicy:
    case Outcome::RefusedRequest:
    case Outcome::RefusedIdentity:
      ++counters.refused;
      return;
    case Outcome::ClientGone:
      return;
    default:
      ++counters.errors;
  }
}

uint64_t between(base::Instant from, base::Instant to) noexcept {
  return to.ns > from.ns ? to.ns - from.ns : 0;
}

evidence::AdmittedFields admitted_fields(const Exchange& exchange,
                                         const evidence::TallyList& tallies) {
  const rewrite::Tally& tally = exchange.request_scope.tally;
  const policy::Image& image = exchange.version->image();
  evidence::AdmittedFields fields;
  fields.tenant = exchange.caller.tenant;
  fields.principal = exchange.caller.principal;
  fields.environment = exchange.caller.environment;
  if (exchange.routed) {
    const auto& vendor = exchange.version->vendor(exchange.route.vendor_index).vendor;
    fields.vendor = vendor.name;
    fields.region = vendor.region;
    fields.api_kind = exchange.route.kind.name;
  }
  fields.model = exchange.model_name();
  fields.reason = exchange.reason();
  fields.template_name = exchange.template_name();
  fields.template_version = exchange.template_version();
  if (exchange.template_holds) fields.template_digest = exchange.prompt_template->digest;
  fields.bundle_digest = image.bundle_digest();
  fields.image_digest = image.digest();
  fields.body_bytes = exchange.body_bytes;
  fields.inspected_bytes = tally.inspected_bytes;
  fields.rewritten_bytes = tally.rewritten_bytes;
  fields.opaque_bytes = tally.opaque_bytes();
  fields.sent_bytes = exchange.request_body_out_bytes;
  fields.unknown_fields = tally.unknown_fields;
  fields.durability = exchange.committed_durability ? contract::RecordedDurability::Committed
                                                    : contract::RecordedDurability::Recorded;
  fields.streaming = exchange.wants_stream;
  fields.reason_from_header = exchange.reason_from_header;
  fields.tallies = tallies.view();
  return fields;
}

}  // namespace

void Gateway::record_admitted(Exchange& exchange) {
  evidence::TallyList tallies;
  add_opaque(tallies, exchange.request_scope.tally, TallySection::OpaqueInRequest);
  add_detections(tallies, exchange.version->engine(), exchange.request_scope.tally,
                 TallySection::DetectedInRequest);
  add_tokens(tallies, exchange.request_scope.tally, TallySection::DetectedInRequest);
  // A template that was named and did not hold, on a route that does not ask for one.
  if (exchange.template_fault != Reason::None)
    tallies.add(TallySection::OnFailureAllowed, "template", RecordedAction::None,
                refusal_row(exchange.template_fault).name, 1);
  evidence::AdmittedFields fields = admitted_fields(exchange, tallies);
  fields.subjects = mappings_.subjects(exchange, contract::Direction::Request);
  exchange.admitted_sequence =
      recorder_.admitted(exchange.reservation, exchange.id, fields, clock_);
  exchange.admitted = true;
  ++counters_.admitted;
}

// Once per connection, when its handshake ended and before a byte of a request leaves; an exchange
// ends at most one handshake, since only a pooled connection is given up for a fresh one.
void Gateway::record_connection(Upstream& upstream, Exchange& exchange, Reason refused) {
  const policy::Vendor& vendor = upstream.version->vendor(upstream.vendor_index).vendor;
  const tls::Session& session = upstream.leg.tls();
  const tls::ClientCertificate ours = session.client_certificate();
  evidence::TlsConnectionFields fields;
  fields.vendor = vendor.name;
  fields.server_name = session.server_name();
  if (refused != Reason::None) {
    fields.reason = refusal_row(refused).name;
    fields.failure = tls::failure_name(session.failure());
  }
  fields.address = upstream.address;
  fields.port = vendor.port;
  fields.cipher_suite = session.cipher_suite();
  // Before there is a suite, the version is only what we offered.
  fields.tls_version = fields.cipher_suite != 0 ? session.version() : uint16_t{0};
  fields.flags = static_cast<uint8_t>(
      (session.is_pinned() ? contract::kTlsFlagPinned : 0) |
      (ours != tls::ClientCertificate::NotRequested ? contract::kTlsFlagCertificateRequested : 0) |
      (ours == tls::ClientCertificate::Sent ? contract::kTlsFlagCertificateSent : 0));
  fields.certificate_count = session.peer_chain().count;
  fields.spki = session.peer_spki();
  static_assert(tls::kCertificatesMax == contract::kTlsCertificatesMax);
  fields.certificates = session.peer_chain().sha256;
  upstream.connection = recorder_.tls_connection(exchange.reservation, exchange.id, fields, clock_);
  exchange.upstream_connection = upstream.connection;
}

// All places are taken: the caller is known, so its refusal is recorded all the same.
void Gateway::refuse_without_exchange(Client& client, const Choice& decided, ErrorShape shape) {
  constexpr Reason kReason = Reason::BuffersFull;
  const RefusalRow& row = refusal_row(kReason);
  ++counters_.refusals[static_cast<size_t>(kReason)];
  const policy::Key& caller = *decided.caller;
  evidence::AdmittedFields request;
  request.tenant = caller.tenant;
  request.principal = caller.principal;
  request.environment = caller.environment;
  request.bundle_digest = decided.version->image().bundle_digest();
  request.image_digest = decided.version->image().digest();
  evidence::CompletedFields outcome;
  outcome.outcome = outcome_of(kReason, false);
  outcome.direction = contract::RecordedDirection::Request;
  outcome.http_status = row.status;
  outcome.reason = row.name;
  const evidence::RequestId id = recorder_.next_request_id();
  recorder_.refused(id, request, outcome, clock_);
  const auto text = contract::request_id_text(id);
  if (!write_refusal(client, kReason, shape, text.view(), {}, true))
    return drop_client(client, true);
  begin_closing(client);
}

// I3: called exactly once per exchange, before finish().
void Gateway::record_end(Exchange& exchange, Reason reason, uint16_t http_status, bool midstream) {
  const scan::Engine& engine = exchange.version->engine();
  counters_.request.add(exchange.request_scope.tally);
  counters_.response.add(exchange.response_scope.tally);
  evidence::TallyList tallies;
  add_opaque(tallies, exchange.response_scope.tally, TallySection::OpaqueInResponse);
  add_detections(tallies, engine, exchange.response_scope.tally, TallySection::DetectedInResponse);
  add_tokens(tallies, exchange.response_scope.tally, TallySection::DetectedInResponse);
  add_protected(tallies, exchange.response_scope.tally);
  add_restorations(tallies, engine, exchange.response_scope.tally, exchange.reason());
  add_recalled(tallies, engine, exchange.response_scope.tally);
  const rewrite::Tally& tally = exchange.response_scope.tally;
  evidence::CompletedFields fields;
  fields.outcome = outcome_of(reason, midstream);
  VersionCounters& counted = exchange.version->counters();
  count_verdict(counted, fields.outcome);
  counted.add(exchange.request_scope.tally, engine.entity_count());
  counted.add(tally, engine.entity_count());
  const bool response_verdict = exchange.vendor_status != 0;
  fields.direction = response_verdict ? contract::RecordedDirection::Response
                                      : contract::RecordedDirection::Request;
  fields.http_status = midstream ? exchange.vendor_status : http_status;
  fields.vendor_status = exchange.vendor_status;
  fields.reason = refusal_row(reason).name;
  fields.failover_hops = exchange.repeated ? 1 : 0;
  if (exchange.phase == Phase::AnswerBody)
    fields.response_model = exchange.rewriter.facts().model_name();
  if (exchange.phase == Phase::AnswerStream)
    fields.response_model = exchange.relay.facts().model_name();
  fields.body_bytes = exchange.answer_bytes;
  fields.sent_bytes = exchange.answer_out_bytes;
  fields.inspected_bytes = tally.inspected_bytes;
  fields.rewritten_bytes = tally.rewritten_bytes;
  fields.opaque_bytes = tally.opaque_bytes();
  fields.unknown_fields = tally.unknown_fields;
  fields.stream_events = exchange.phase == Phase::AnswerStream ? exchange.relay.events() : 0;
  using contract::Stage;
  const auto stage = [&](Stage s) -> uint64_t& { return fields.stage_ns[static_cast<size_t>(s)]; };
  stage(Stage::Head) = between(exchange.started, exchange.admitted_at);
  stage(Stage::Body) = between(exchange.admitted_at, exchange.body_done_at);
  stage(Stage::Judge) = between(exchange.body_done_at, exchange.released_at);
  stage(Stage::Evidence) = between(exchange.released_at, exchange.recorded_at);
  stage(Stage::Connect) = between(exchange.recorded_at, exchange.sent_at);
  stage(Stage::FirstByte) = between(exchange.sent_at, exchange.first_byte_at);
  stage(Stage::Answer) = response_verdict ? between(exchange.first_byte_at, clock_.now) : 0;
  stage(Stage::Total) = between(exchange.started, clock_.now);
  fields.upstream_spki = exchange.upstream_spki;
  fields.client_tls_version = client_of(exchange).leg.tls().version();
  fields.upstream_tls_version = exchange.upstream_tls_version;
  fields.upstream_connection = exchange.upstream_connection;
  fields.upstream_request_bytes = static_cast<uint32_t>(std::min<uint64_t>(
      exchange.upstream_tls_version != 0 ? exchange.request_out_bytes : 0, 0xffff'ffffU));
  fields.tallies = tallies.view();
  if (exchange.admitted) {
    fields.subjects = mappings_.subjects(exchange, contract::Direction::Response);
    recorder_.completed(exchange.reservation, exchange.id, fields, clock_);
    exchange.admitted = false;
    return;
  }
  evidence::TallyList request_tallies;
  add_opaque(request_tallies, exchange.request_scope.tally, TallySection::OpaqueInRequest);
  add_detections(request_tallies, engine, exchange.request_scope.tally,
                 TallySection::DetectedInRequest);
  recorder_.refused(exchange.id, admitted_fields(exchange, request_tallies), fields, clock_);
}

}  // namespace sallyport::flow
