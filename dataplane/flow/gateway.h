// gateway.h: the one owner of all exchanges of a worker: client connections, vendor connections,
// and the straight line between them.
//
//   tcp events -> client leg -> head -> ADMIT -> body -> judge -> RELEASE -> vendor leg
//   vendor leg -> head -> JSON or event stream -> judge, restore -> client leg
//   side door: every exchange ends in one record
//
// Where what is: gateway.cc events, timers and versions; client_leg.cc client connections;
// admission.cc ADMIT; request_path.cc body to RELEASE; upstream_pool.cc vendor connections;
// response_path.cc the answer; earlier_answers.cc tokens of earlier exchanges in it; records.cc
// what is written to evidence; answers.cc our own answers.
//
// Invariants
//   I1  no byte goes to a vendor before its exchange is admitted in evidence (and committed, where
//       policy says).
//   I2  an exchange is decided by the one policy version it began with.
//   I3  every exchange that got an id ends in exactly one record.
//   I4  what is held for one connection is bounded: by limits.h for queues, by the body pool's
//       reservations for bodies.
// Limits  limits.h. Owner  one worker; no locks, no clock of its own.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "dataplane/base/time.h"
#include "dataplane/evidence/recorder.h"
#include "dataplane/flow/exchange.h"
#include "dataplane/flow/gateway_counters.h"
#include "dataplane/flow/leg.h"
#include "dataplane/flow/limits.h"
#include "dataplane/flow/mapping_sender.h"
#include "dataplane/flow/policy_set.h"
#include "dataplane/flow/recall.h"
#include "dataplane/flow/source_addresses.h"
#include "dataplane/http/body_decoder.h"
#include "dataplane/http/head_parser.h"
#include "dataplane/http/serialise.h"
#include "dataplane/mem/segment_pool.h"
#include "dataplane/rewrite/body/body_rewriter.h"
#include "dataplane/tcp/stack.h"

namespace sallyport::flow {

struct GatewayConfig {
  std::vector<tcp::Endpoint> listen;         // addresses and ports of the gateway
  uint32_t upstream_source_address = 0;      // our address towards vendors when `sources` is null
  const SourceAddresses* sources = nullptr;  // outlives the gateway
  uint32_t tcp_connections_max = 4'096;      // as given to the stack: bounds its handles
  uint32_t clients_max = kClientsPerWorkerMax;
  uint32_t upstreams_max = kUpstreamsPerWorkerMax;
  uint32_t exchanges_max = kExchangesPerWorkerMax;
  size_t body_pool_bytes = 128U << 20;
  size_t plaintext_pool_bytes = 16U << 20;
  size_t ciphertext_pool_bytes = 32U << 20;
  uint64_t padding_seed = 1;  // secret, of this start: rewrite/body/padding.h
};

class Gateway {
 public:
  // `recall`: rings to ask for values of earlier exchanges; null: nobody is asked. Outlives this.
  Gateway(const GatewayConfig& config, tcp::Stack& stack, evidence::Recorder& recorder,
          evidence::RecallRing* recall = nullptr);
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  // Once per worker turn, after the stack's input and timers, before its flush.
  void turn(const base::Clock& clock);
  base::Instant next_deadline() const noexcept { return next_deadline_; }

  // Between two turns. A version that the set does not hold any more stays as long as it has
  // users(); the set before is not looked at again. The caller owns all.
  void adopt(const PolicySet* set) noexcept;
  // New client connections use it; it must outlive every connection that began with it
  // (tls::ServerContext::session_count()).
  void adopt_certificate(const tls::ServerContext* context) noexcept { server_context_ = context; }
  // Null: none yet. Valid until the next adopt().
  const PolicySet* policy() const noexcept { return set_; }
  const GatewayCounters& counters() const noexcept { return counters_; }
  const RecallCounters& recall_counters() const noexcept { return recall_.counters(); }
  // Exchanges that have begun and not ended.
  size_t exchanges_in_flight() const noexcept { return exchanges_.size() - free_exchanges_.size(); }
  size_t clients_connected() const noexcept { return clients_.size() - free_clients_.size(); }
  size_t upstreams_open() const noexcept { return upstreams_.size() - free_upstreams_.size(); }

 private:
  struct Client {
    // Head: reading one, or waiting for one. Busy: the body is read, the answer is on its way.
    // Closing: our last words are being sent, input is thrown away.
    enum class Stage : uint8_t { Free, Handshake, Head, Body, Busy, Closing };
    Stage stage = Stage::Free;
    Leg leg;
    http::RequestHeadParser parser;
    http::BodyDecoder decoder;
    uint32_t slot = 0;
    uint32_t exchange_slot = kNoSlot;
    wire::IpAddress source_address;
    bool keep_alive = true;
    bool peer_closed = false;
    bool stalled = false;         // in stalled_clients_: has more to do without a new event
    bool waits_for_pool = false;  // its window is closed because the body pool is full
    base::Instant deadline;
    base::Instant head_started;
    base::Instant write_progress;  // when the peer last took something, or nothing waited
  };
  struct Upstream {
    enum class Stage : uint8_t { Free, Connecting, Handshake, Busy, Idle };
    Stage stage = Stage::Free;
    Leg leg;
    http::ResponseHeadParser parser;
    http::BodyDecoder decoder;
    uint32_t slot = 0;
    uint32_t exchange_slot = kNoSlot;
    PolicyVersion* version = nullptr;
    uint16_t vendor_index = 0;
    wire::IpAddress address;  // of the vendor
    uint64_t connection = 0;  // ring sequence of its TlsConnection record; 0: none yet
    uint8_t interim_count = 0;
    bool reused = false;
    bool keep_alive = false;
    bool peer_closed = false;
    bool stalled = false;            // in stalled_upstreams_
    bool waits_for_client = false;   // not read because the client's queue is full
    bool waits_for_pool = false;     // not read because the body pool is full
    bool acknowledged = false;       // the vendor acknowledged a byte of this request
    size_t room_before = 0;          // TCP's send room when the request began ...
    uint64_t sent_before_bytes = 0;  // ... and what had been handed to it until then
    base::Instant deadline;
  };
  enum class Side : uint8_t { None, Client, Upstream };
  struct Owner {
    Side side = Side::None;
    uint32_t slot = 0;
    uint32_t generation = 0;
  };

  // gateway.cc
  void on_event(const tcp::Event& event);
  void on_upstream_event(Upstream& upstream, tcp::EventKind kind);
  void own(tcp::ConnectionId id, Side side, uint32_t slot);
  Owner* owner_of(tcp::ConnectionId id) noexcept;
  void sweep();
  void sweep_upstream(Upstream& upstream);
  void run_stalled();
  void stall(Client& client);
  void stall(Upstream& upstream);
  Exchange* take_exchange() noexcept;
  void finish(Exchange& exchange);
  bool reserve_body(Exchange& exchange, uint64_t bytes) noexcept;

  // client_leg.cc
  void accept(tcp::ConnectionId id);
  void on_client_event(Client& client, tcp::EventKind kind);
  void read_client(Client& client);
  bool step_client(Client& client);
  void write_client(Client& client);
  void begin_closing(Client& client);
  void drop_client(Client& client, bool abort);
  void sweep_client(Client& client);

  // admission.cc
  bool read_head(Client& client);
  void admit(Client& client);
  void begin_exchange(Exchange& exchange, Client& client, const Choice& decided,
                      const Route& route);
  Reason admission(const http::RequestHead& head, Exchange& exchange, std::string_view& detail);
  Reason evidence_admission(Exchange& exchange);
  void choose_reason(Exchange& exchange, const http::Headers& headers);
  void read_template_name(Exchange& exchange, const http::Headers& headers) noexcept;
  Reason choose_template(Exchange& exchange) noexcept;

  // request_path.cc
  bool read_body(Client& client);
  bool take_body(Exchange& exchange, const mem::ByteChain& part);
  void body_complete(Client& client, Exchange& exchange);
  bool write_request_head(Exchange& exchange, const http::RequestHead& head, uint64_t body_bytes);
  bool text_may_pass(Exchange& exchange, std::string_view text);
  bool path_may_pass(Exchange& exchange, std::string_view& detail);
  bool template_fits(Exchange& exchange);
  std::string_view target_of(Exchange& exchange, const http::RequestHead& head);
  void release(Exchange& exchange);
  void wait_for_commit();

  // upstream_pool.cc
  void connect(Exchange& exchange);
  Reason open_connection(Exchange& exchange);
  tcp::ConnectionId connect_from_any(const tcp::Endpoint& vendor);
  bool leads_to(const wire::IpAddress& vendor) const noexcept;  // a port of ours does
  void connected(Upstream& upstream);
  void connect_failed(Upstream& upstream, std::string_view detail);
  void send_request(Upstream& upstream);
  void continue_request(Upstream& upstream);
  bool may_repeat(const Upstream& upstream, const Exchange& exchange) const noexcept;
  void repeat_on_fresh_connection(Upstream& upstream, Exchange& exchange);
  void note_acknowledged(Upstream& upstream) noexcept;
  void drop_upstream(Upstream& upstream, bool abort);
  void park_upstream(Upstream& upstream);
  void drain_idle(PolicyVersion& version);

  // response_path.cc
  void read_upstream(Upstream& upstream);
  bool step_upstream(Upstream& upstream);
  void upstream_tls_failed(Upstream& upstream);
  bool read_answer_head(Upstream& upstream, Exchange& exchange);
  bool start_answer(Upstream& upstream, Exchange& exchange);
  bool read_answer_body(Upstream& upstream, Exchange& exchange);
  bool choose_answer(Exchange& exchange, uint8_t first);
  bool begin_answer(Exchange& exchange, bool is_stream);
  bool take_answer(Exchange& exchange, std::span<const uint8_t> bytes);
  bool take_body_answer(Exchange& exchange, std::span<const uint8_t> bytes);
  bool relay_bytes(Exchange& exchange, std::span<const uint8_t> bytes);
  bool relay_events(Exchange& exchange, std::span<const uint8_t> bytes);
  bool keep_answer_tokens(Exchange& exchange);
  bool relayed(Exchange& exchange, StreamRelay::Result result);
  void answer_complete(Upstream& upstream, Exchange& exchange);
  bool plan_json_edits(Exchange& exchange);
  bool output_holds(const mem::ByteChain& text, llm::BodyFormat format, std::string_view boundary);
  bool finish_answer(Exchange& exchange);
  bool finish_body(Exchange& exchange);
  bool finish_stream(Exchange& exchange);
  void upstream_ended(Upstream& upstream);
  bool client_takes_more(const Exchange& exchange) const noexcept;

  // earlier_answers.cc
  void take_recalled();
  bool stand_still(Exchange& exchange);
  void go_on(Exchange& exchange);
  void end_wait(Exchange& exchange);
  bool read_body_again(Exchange& exchange);
  bool end_body(Exchange& exchange);

  // answers.cc
  void refuse(Exchange& exchange, Reason reason, std::string_view detail = {});
  void refuse_anonymous(Client& client, Reason reason, ErrorShape shape,
                        std::string_view detail = {});
  void refuse_without_exchange(Client& client, const Choice& decided, ErrorShape shape);
  bool write_refusal(Client& client, Reason reason, ErrorShape shape, std::string_view id,
                     std::string_view detail, bool close);
  bool write_midstream_error(Exchange& exchange, Client& client, const RefusalRow& row,
                             std::string_view detail);
  bool write_answer_head(Exchange& exchange, std::string_view content_type, bool chunked,
                         uint64_t body_bytes);

  // records.cc
  void record_admitted(Exchange& exchange);
  void record_connection(Upstream& upstream, Exchange& exchange, Reason refused);
  void record_end(Exchange& exchange, Reason reason, uint16_t http_status, bool midstream);

  Client& client_of(const Exchange& exchange) noexcept { return *clients_[exchange.client_slot]; }

  const GatewayConfig config_;
  tcp::Stack& stack_;
  evidence::Recorder& recorder_;
  MappingSender mappings_;
  Recall recall_;
  mem::SegmentPool plaintext_pool_;
  mem::SegmentPool ciphertext_pool_;
  mem::SegmentPool body_pool_;
  std::vector<uint8_t> seal_buffer_;
  LegTools leg_tools_;
  rewrite::StreamTools stream_tools_{config_.padding_seed};
  redact::EditPlan edit_plan_;
  rewrite::TextRewriter header_text_;
  rewrite::BodyCheck body_check_{stream_tools_.check};
  std::array<char, http::kTargetBytesMax> target_{};  // of the request being released
  std::vector<uint8_t> event_buffer_;                 // what a stream lets go, wiped after use
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<std::unique_ptr<Upstream>> upstreams_;
  std::vector<std::unique_ptr<Exchange>> exchanges_;
  std::vector<uint32_t> free_clients_;
  std::vector<uint32_t> free_upstreams_;
  std::vector<uint32_t> free_exchanges_;
  // Reserved to their greatest size: nothing is allocated while the worker runs.
  std::vector<uint32_t> stalled_clients_;
  std::vector<uint32_t> stalled_upstreams_;
  std::vector<uint32_t> running_;         // the list that run_stalled() works through
  std::vector<uint32_t> commit_waiting_;  // exchanges in Phase::Commit, oldest record first
  std::vector<uint32_t> recall_waiting_;  // exchanges whose answer stands still
  std::vector<Owner> owners_;             // by tcp::ConnectionId::index
  base::Clock clock_;
  base::Instant next_sweep_;
  base::Instant next_deadline_;
  uint32_t next_source_ = 0;  // local addresses towards vendors take turns
  uint64_t body_reserved_bytes_ = 0;
  const PolicySet* set_ = nullptr;
  PolicyVersion* current_ = nullptr;  // the base: also of what belongs to no caller yet
  const tls::ServerContext* server_context_ = nullptr;
  GatewayCounters counters_;
};

}  // namespace sallyport::flow
