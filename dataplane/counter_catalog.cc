#include "dataplane/counter_catalog.h"

#include <array>
#include <cstring>
#include <string_view>

#include "dataplane/base/check.h"

namespace sallyport::dataplane {
namespace {

// Stages name their counters with their folder in front (tcp_segments_in, arp_malformed): the first
// underscore is the dot.
template <class Visit>
void dotted(Visit& visit, std::string_view name, uint64_t value) {
  const size_t split = name.find('_');
  visit(name.substr(0, split), name.substr(split + 1), value);
}

template <class Visit>
void list_gateway(const flow::GatewayCounters& counters, Visit& visit) {
  static constexpr std::string_view kRefused = "gateway_refused_";
  counters.for_each([&visit](std::string_view name, uint64_t value) {
    if (name.starts_with(kRefused)) {
      visit("gateway.refused", name.substr(kRefused.size()), value);
    } else {
      dotted(visit, name, value);
    }
  });
}

template <class Visit>
void list_recall(const CounterSources& from, Visit& visit) {
  static const flow::RecallCounters kNone;
  const flow::RecallCounters& r = from.recall != nullptr ? *from.recall : kNone;
  visit("recall", "asked", r.asked);
  visit("recall", "restored", r.restored);
  visit("recall", "late", r.late);
  visit("recall", "refused", r.refused);
  visit("recall", "waits", r.waits);
  visit("recall", "wait_ms", r.wait_ms);
  for (size_t miss = 1; miss < r.missed.size(); ++miss)
    visit("recall.missed", redact::recall_miss_name(static_cast<redact::RecallMiss>(miss)),
          r.missed[miss]);
}

template <class Visit>
void list_evidence(const CounterSources& from, Visit& visit) {
  const evidence::Recorder::Counters none;
  const evidence::Recorder::Counters& r = from.recorder != nullptr ? *from.recorder : none;
  visit("evidence", "admitted", r.admitted);
  visit("evidence", "completed", r.completed);
  visit("evidence", "refused", r.refused);
  visit("evidence", "refused_folded", r.refused_folded);
  visit("evidence", "anonymous", r.anonymous);
  visit("evidence", "aggregates_written", r.aggregates_written);
  visit("evidence", "reservations_denied", r.reservations_denied);
  visit("evidence", "tls_connections", r.tls_connections);
  visit("evidence", "security", r.security);
  visit("evidence", "security_lost", r.security_lost);
  visit("evidence", "mappings", r.mappings);
  const bool has_ring = from.ring != nullptr;
  visit("evidence", "ring_bytes", has_ring ? from.ring->capacity_bytes() : 0);
  visit("evidence", "ring_used_bytes", has_ring ? from.ring->used_bytes() : 0);
  visit("evidence", "published_sequence", has_ring ? from.ring->published_sequence() : 0);
  visit("evidence", "committed_sequence", has_ring ? from.ring->committed_sequence() : 0);
}

template <class Visit>
void list_worker(const CounterSources& from, Visit& visit) {
  const auto value = [&from](const std::atomic<uint64_t> worker::WorkerCounters::*field) {
    return from.worker != nullptr ? (from.worker->*field).load(std::memory_order_relaxed) : 0;
  };
  visit("worker", "turns", value(&worker::WorkerCounters::turns));
  visit("worker", "busy_turns", value(&worker::WorkerCounters::busy_turns));
  visit("worker", "sleeps", value(&worker::WorkerCounters::sleeps));
  visit("worker", "slept_ns", value(&worker::WorkerCounters::slept_ns));
  visit("worker", "frames_received", value(&worker::WorkerCounters::frames_received));
  visit("worker", "frames_sent", value(&worker::WorkerCounters::frames_sent));
  visit("worker", "no_interface", value(&worker::WorkerCounters::no_interface));
  const auto team = [&from](const std::atomic<uint64_t> worker::TeamCounters::*field) {
    return from.worker != nullptr ? (from.worker->team.*field).load(std::memory_order_relaxed) : 0;
  };
  visit("worker", "handed_over", team(&worker::TeamCounters::handed_over));
  visit("worker", "taken_over", team(&worker::TeamCounters::taken_over));
  visit("worker", "hand_over_full", team(&worker::TeamCounters::hand_over_full));
  visit("worker", "copied", team(&worker::TeamCounters::copied));
  visit("worker", "copy_lost", team(&worker::TeamCounters::copy_lost));
  visit("worker", "hash_differs", team(&worker::TeamCounters::hash_differs));
}

template <class Visit>
void list_network(const CounterSources& from, Visit& visit) {
  for (size_t i = 0; i < static_cast<size_t>(tcp::Counter::kCount); ++i)
    dotted(visit, tcp::counter_name(static_cast<tcp::Counter>(i)),
           from.tcp != nullptr ? from.tcp->values[i] : 0);
  visit("tcp", "connections_open", from.connections_open);
  visit("tcp", "copies_free", from.copies_free);
  for (size_t i = 0; i < static_cast<size_t>(ip::Counter::kCount); ++i) {
    const auto counter = static_cast<ip::Counter>(i);
    uint64_t sum = 0;
    for (const ip::Interface* interface : from.interfaces) sum += interface->counter(counter);
    dotted(visit, ip::counter_name(counter), sum);
  }
  nic::QueueCounters sum;
  for (const nic::QueueCounters* queue : from.queues) {
    sum.frames_received += queue->frames_received;
    sum.bytes_received += queue->bytes_received;
    sum.frames_sent += queue->frames_sent;
    sum.bytes_sent += queue->bytes_sent;
    sum.no_frame += queue->no_frame;
    sum.transmit_full += queue->transmit_full;
    sum.multi_segment_dropped += queue->multi_segment_dropped;
    sum.gathered += queue->gathered;
    sum.truncated += queue->truncated;
    sum.checksums_received += queue->checksums_received;
    sum.checksums_sent += queue->checksums_sent;
    sum.transmit_refused += queue->transmit_refused;
    sum.segments_merged += queue->segments_merged;
  }
  visit("nic", "frames_received", sum.frames_received);
  visit("nic", "bytes_received", sum.bytes_received);
  visit("nic", "frames_sent", sum.frames_sent);
  visit("nic", "bytes_sent", sum.bytes_sent);
  visit("nic", "no_frame", sum.no_frame);
  visit("nic", "transmit_full", sum.transmit_full);
  visit("nic", "multi_segment_dropped", sum.multi_segment_dropped);
  visit("nic", "gathered", sum.gathered);
  visit("nic", "truncated", sum.truncated);
  visit("nic", "checksums_received", sum.checksums_received);
  visit("nic", "checksums_sent", sum.checksums_sent);
  visit("nic", "transmit_refused", sum.transmit_refused);
  visit("nic", "segments_merged", sum.segments_merged);
}

template <class Visit>
void list(const CounterSources& from, Visit& visit) {
  static const flow::GatewayCounters kNone;
  list_gateway(from.gateway != nullptr ? *from.gateway : kNone, visit);
  list_recall(from, visit);
  list_evidence(from, visit);
  list_worker(from, visit);
  list_network(from, visit);
}

}  // namespace

std::vector<std::string> counter_names() {
  std::vector<std::string> names;
  auto visit = [&names](std::string_view folder, std::string_view name, uint64_t) {
    names.push_back(std::string(folder) + "." + std::string(name));
    SP_CHECK_WHY(names.back().size() < contract::kCounterNameBytes, "a counter's name is too long");
  };
  list(CounterSources{}, visit);
  SP_CHECK_WHY(names.size() <= contract::kCountersMax,
               "more counters than the region has room for");
  return names;
}

void copy_counters(const CounterSources& sources, contract::WorkerBlock& out) noexcept {
  size_t index = 0;
  auto visit = [&out, &index](std::string_view, std::string_view, uint64_t value) {
    out.counters[index++].store(value, std::memory_order_relaxed);
  };
  list(sources, visit);
}

namespace {

using contract::VersionBlock;
static_assert(contract::kVersionEntitiesMax == rewrite::kEntitiesMax);
static_assert(contract::kVersionActions == contract::kActionCount);

using DigestWords = std::array<uint64_t, 4>;

DigestWords words_of(const VersionBlock& block) noexcept {
  DigestWords words;
  for (size_t i = 0; i < words.size(); ++i)
    words[i] = block.image_digest[i].load(std::memory_order_acquire);
  return words;
}

void store_words(const DigestWords& words, VersionBlock& block) noexcept {
  for (size_t i = 0; i < words.size(); ++i)
    block.image_digest[i].store(words[i], std::memory_order_release);
}

void put(contract::RegionWord& word, uint64_t value) noexcept {
  word.store(value, std::memory_order_relaxed);
}

void copy_version(const flow::PolicyVersion* version, VersionBlock& out) noexcept {
  DigestWords digest{};
  if (version != nullptr)
    std::memcpy(digest.data(), version->image().digest().data(), sizeof digest);
  if (words_of(out) != digest) store_words(DigestWords{}, out);
  if (version == nullptr) return;
  const flow::VersionCounters& counters = version->counters();
  const size_t entities = version->engine().entity_count();
  put(out.entity_count, entities);
  put(out.exchanges, counters.exchanges);
  put(out.served, counters.served);
  put(out.blocked, counters.blocked);
  put(out.refused, counters.refused);
  put(out.errors, counters.errors);
  for (size_t entity = 0; entity < entities; ++entity)
    for (size_t action = 0; action < contract::kActionCount; ++action)
      put(out.detections[entity * contract::kActionCount + action],
          counters.detections[entity][action]);
  store_words(digest, out);
}

}  // namespace

void copy_versions(const flow::PolicySet* policy, contract::WorkerBlock& out) noexcept {
  copy_version(policy != nullptr ? policy->base : nullptr, out.versions[0]);
  copy_version(policy != nullptr ? policy->canary : nullptr, out.versions[1]);
}

void copy_version_block(const VersionBlock& from, VersionBlock& to) noexcept {
  const DigestWords digest = words_of(from);
  if (words_of(to) != digest) store_words(DigestWords{}, to);
  if (digest == DigestWords{}) return;
  const auto copy = [](const contract::RegionWord& source, contract::RegionWord& target) {
    put(target, source.load(std::memory_order_relaxed));
  };
  copy(from.entity_count, to.entity_count);
  copy(from.exchanges, to.exchanges);
  copy(from.served, to.served);
  copy(from.blocked, to.blocked);
  copy(from.refused, to.refused);
  copy(from.errors, to.errors);
  const uint64_t entities = from.entity_count.load(std::memory_order_relaxed);
  for (size_t i = 0; i < entities * contract::kVersionActions; ++i)
    copy(from.detections[i], to.detections[i]);
  store_words(words_of(from) == digest ? digest : DigestWords{}, to);
}

}  // namespace sallyport::dataplane
