// exchange.h: one request and its answer, from ADMIT to its one verdict.
//
//   Free -> Body -> (Commit) -> Connect -> AwaitHead -> (AnswerPeek)
//        -> AnswerBody | AnswerStream | AnswerOpaque -> Free
//
// Everything that decides is pinned at ADMIT: the policy version, the caller, the route. Every
// exchange ends in exactly one of: completed record (it was admitted), refused record (it was not),
// and gives everything back. Owner  one slot of one worker; reused. Body bytes lie in the body
// pool, which wipes.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "dataplane/base/time.h"
#include "dataplane/evidence/recorder.h"
#include "dataplane/flow/content_types.h"
#include "dataplane/flow/limits.h"
#include "dataplane/flow/policy_version.h"
#include "dataplane/flow/refusal.h"
#include "dataplane/flow/stream_relay.h"
#include "dataplane/mem/byte_chain.h"
#include "dataplane/redact/earlier_tokens.h"
#include "dataplane/redact/edit_plan.h"
#include "dataplane/redact/exchange_tokens.h"
#include "dataplane/redact/known_values.h"
#include "dataplane/rewrite/body/body_rewriter.h"
#include "dataplane/rewrite/body/template_check.h"
#include "dataplane/rewrite/text/rewrite_scope.h"

namespace sallyport::flow {

inline constexpr uint32_t kNoSlot = 0xffff'ffff;

enum class Phase : uint8_t {
  Free,
  Body,
  Commit,
  Connect,
  AwaitHead,
  AnswerPeek,    // its first byte says which of the others it is
  AnswerBody,    // held, judged as a whole
  AnswerStream,  // event by event
  AnswerOpaque   // bytes that nobody reads pass as they come
};

struct Exchange {
  explicit Exchange(rewrite::StreamTools& tools, mem::SegmentPool& body_pool)
      : tokens(body_pool), earlier(body_pool), relay(tools) {}

  Phase phase = Phase::Free;
  uint32_t slot = 0;
  uint32_t client_slot = kNoSlot;
  uint32_t upstream_slot = kNoSlot;
  PolicyVersion* version = nullptr;
  policy::Key caller;
  Route route;
  bool routed = false;                 // `route` names a vendor and an endpoint
  std::array<char, 64> reason_text{};  // reason of a restoration, as asked for
  uint8_t reason_size = 0;
  bool reason_from_header = false;

  // x-sallyport-template as it was sent, and what it means.
  std::array<char, 72> template_text{};  // 47 of a name, '@', 23 of a version
  uint8_t template_name_size = 0;
  uint8_t template_size = 0;
  const policy::PromptTemplate* prompt_template = nullptr;  // of `version`; active
  bool template_holds = false;                              // every text was compared
  Reason template_fault = Reason::None;  // where the route does not ask for a template
  rewrite::TemplateCheck template_check;

  evidence::RequestId id;
  contract::RequestIdText id_text;
  evidence::Reservation reservation;
  bool admitted = false;
  uint64_t admitted_sequence = 0;
  bool committed_durability = false;

  rewrite::RewriteScope request_scope;
  rewrite::RewriteScope response_scope;
  // How URLs of this gateway begin for the client.
  std::array<char, kGatewayUrlBytesMax> gateway_url{};
  rewrite::OffsetBook request_texts;  // lengths of its documents, for offsets of the answer
  redact::ExchangeTokens tokens;
  redact::KnownValues known;      // of them, those that are found again in the request
  scan::NamedPeople people;       // whom the request named
  redact::EarlierTokens earlier;  // what the answer may quote of other exchanges
  bool answer_waits = false;      // it stands still for them; in recall_waiting_
  bool answer_ended = false;      // all of it is here, read or not
  bool answer_reread = false;     // a body, read again with what came
  uint64_t wait_left_ms = 0;      // in all, over the whole answer
  base::Instant wait_began;
  uint32_t tokens_seen = 0;        // of them, by the mapping sender
  uint32_t mapping_batches = 0;    // sealed for the vault
  rewrite::BodyRewriter rewriter;  // request body, then answer body
  StreamRelay relay;
  llm::BodyFormat body_format = llm::BodyFormat::Json;  // of the request
  AnswerFormat answer_format;

  mem::ByteChain body;  // request body as it came, then the answer's
  uint64_t body_bytes = 0;
  uint64_t body_reserved_bytes = 0;  // in the body pool, for all chains here
  mem::ByteChain request_out;        // head and body for the vendor, as far as it may be repeated
  uint64_t request_out_bytes = 0;
  size_t request_copied_bytes = 0;  // of request_out, handed to a pooled connection as a copy
  uint64_t request_body_out_bytes = 0;
  std::array<char, 96> model{};
  uint8_t model_size = 0;
  bool wants_stream = false;
  bool repeated = false;  // on a fresh connection; once
  uint32_t connect_tries = 0;

  uint16_t vendor_status = 0;
  bool answer_head_sent = false;
  uint64_t answer_bytes = 0;
  uint64_t answer_out_bytes = 0;
  std::array<uint8_t, 32> upstream_spki{};
  uint16_t upstream_tls_version = 0;
  uint64_t upstream_connection = 0;  // ring sequence of its TlsConnection record

  base::Instant started;
  base::Instant admitted_at;
  base::Instant body_done_at;
  base::Instant released_at;
  base::Instant recorded_at;
  base::Instant sent_at;
  base::Instant first_byte_at;
  base::Instant deadline;  // of Phase::Commit

  std::string_view template_name() const noexcept {
    return {template_text.data(), template_name_size};
  }
  std::string_view template_version() const noexcept {
    if (template_name_size >= template_size) return {};
    return {template_text.data() + template_name_size + 1,
            static_cast<size_t>(template_size - template_name_size - 1)};
  }
  std::string_view reason() const noexcept { return {reason_text.data(), reason_size}; }
  std::string_view model_name() const noexcept { return {model.data(), model_size}; }
};

}  // namespace sallyport::flow
