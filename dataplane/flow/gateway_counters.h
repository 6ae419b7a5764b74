// gateway_counters.h: what a worker's gateway counts, by stable names.
//
// Plain integers of one worker; whoever shows them to others copies them between two turns.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <string_view>

#include "dataplane/contract/coverage.h"
#include "dataplane/flow/refusal.h"
#include "dataplane/rewrite/text/rewrite_scope.h"

namespace sallyport::flow {

// Bytes of message bodies by what became of them (contract/coverage.h), and fields that no table
// names, of all exchanges that ended.
struct CoverageCounters {
  uint64_t inspected = 0;
  uint64_t rewritten = 0;
  uint64_t structure = 0;
  uint64_t unknown_fields = 0;
  std::array<uint64_t, contract::kOpaqueReasonCount> opaque{};
  std::array<uint64_t, contract::kOpaqueReasonCount> opaque_values{};

  void add(const rewrite::Tally& tally) noexcept {
    inspected += tally.inspected_bytes;
    rewritten += tally.rewritten_bytes;
    structure += tally.structure_bytes;
    unknown_fields += tally.unknown_fields;
    for (size_t i = 0; i < opaque.size(); ++i) {
      opaque[i] += tally.opaque_bytes_by_reason[i];
      opaque_values[i] += tally.opaque_values[i];
    }
  }

  // f(name, value); `way` is "request" or "response".
  template <class F>
  void for_each(const char* way, F&& f) const {
    const auto say = [&](const char* what, const char* of, uint64_t value) {
      std::array<char, 64> name;
      const int size = std::snprintf(name.data(), name.size(), "gateway_%s_%s%s", way, what, of);
      f(std::string_view(name.data(), static_cast<size_t>(size)), value);
    };
    say("inspected_bytes", "", inspected);
    say("rewritten_bytes", "", rewritten);
    say("structure_bytes", "", structure);
    say("unknown_fields", "", unknown_fields);
    for (size_t i = 0; i < opaque.size(); ++i) {
      // Names are literals, so they end with a zero.
      const char* reason =
          contract::opaque_reason_name(static_cast<contract::OpaqueReason>(i)).data();
      say("opaque_bytes_", reason, opaque[i]);
      say("opaque_values_", reason, opaque_values[i]);
    }
  }
};

// Tokens of earlier exchanges (recall.h).
struct RecallCounters {
  uint64_t asked = 0;
  uint64_t restored = 0;  // answers that carried a value
  uint64_t late = 0;      // answers whose exchange is over, or had gone on without them
  uint64_t refused = 0;   // answers that do not hold
  uint64_t waits = 0;     // answers of vendors that stood still
  uint64_t wait_ms = 0;   // for so long in all
  std::array<uint64_t, static_cast<size_t>(redact::RecallMiss::kCount)> missed{};
};

struct GatewayCounters {
  uint64_t clients_accepted = 0;
  uint64_t clients_refused = 0;  // no slot, or no certificate yet
  uint64_t client_tls_failures = 0;
  uint64_t exchanges = 0;
  uint64_t admitted = 0;
  uint64_t served = 0;
  uint64_t upstream_connects = 0;
  uint64_t upstream_reuses = 0;
  uint64_t upstream_repeats = 0;  // a pooled connection turned out closed
  uint64_t upstream_tls_failures = 0;
  uint64_t upstream_ports_exhausted = 0;  // no local address had a port left, or none leads there
  uint64_t tokens_minted = 0;
  CoverageCounters request;
  CoverageCounters response;
  uint64_t unknown_endpoints = 0;  // requests that policy read as any JSON
  std::array<uint64_t, static_cast<size_t>(Reason::kCount)> refusals{};

  // f(name, value) for every counter, always in the same order; the name is valid during the call.
  template <class F>
  void for_each(F&& f) const {
    f(std::string_view("gateway_clients_accepted"), clients_accepted);
    f(std::string_view("gateway_clients_refused"), clients_refused);
    f(std::string_view("gateway_client_tls_failures"), client_tls_failures);
    f(std::string_view("gateway_exchanges"), exchanges);
    f(std::string_view("gateway_admitted"), admitted);
    f(std::string_view("gateway_served"), served);
    f(std::string_view("gateway_upstream_connects"), upstream_connects);
    f(std::string_view("gateway_upstream_reuses"), upstream_reuses);
    f(std::string_view("gateway_upstream_repeats"), upstream_repeats);
    f(std::string_view("gateway_upstream_tls_failures"), upstream_tls_failures);
    f(std::string_view("gateway_upstream_ports_exhausted"), upstream_ports_exhausted);
    f(std::string_view("gateway_tokens_minted"), tokens_minted);
    request.for_each("request", f);
    response.for_each("response", f);
    f(std::string_view("gateway_unknown_endpoints"), unknown_endpoints);
    for (size_t i = 1; i < refusals.size(); ++i) {
      std::array<char, 64> name;
      const int size = std::snprintf(name.data(), name.size(), "gateway_refused_%s",
                                     refusal_row(static_cast<Reason>(i)).name);
      f(std::string_view(name.data(), static_cast<size_t>(size)), refusals[i]);
    }
  }
};

}  // namespace sallyport::flow
