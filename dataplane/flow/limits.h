// limits.h: every capacity of the request and response path, each with its reason.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sallyport::flow {

// Client connections of one worker. The tests run concurrency 50; a small office opens a few
// hundred.
inline constexpr uint32_t kClientsPerWorkerMax = 512;
// One vendor connection per exchange in flight, and as many idle ones as clients could ask for
// again.
inline constexpr uint32_t kUpstreamsPerWorkerMax = 512;
// Idle vendor connections kept per vendor: vendors close idle ones after about a minute anyway.
inline constexpr uint32_t kIdlePerVendorMax = 64;

// Exchanges in flight per worker. Each may hold a body and the state of its text channels (about 1
// MiB touched at worst); a client beyond it is told to come back (503).
inline constexpr uint32_t kExchangesPerWorkerMax = 256;

// Plaintext taken from one connection per step, so that no client keeps the worker for itself.
inline constexpr size_t kPlaintextStepBytesMax = 64 * 1024;
// Response bytes for the client that wait for its window before the vendor's is closed.
inline constexpr size_t kClientQueueBytesMax = 256 * 1024;
// Plaintext handed to one TLS seal call: one record (RFC 8446 5.1).
inline constexpr size_t kSealBytesMax = 16 * 1024;

// Timers are checked this often: the shortest of them is a header timeout of seconds.
inline constexpr uint64_t kTimerSweepMs = 20;

}  // namespace sallyport::flow
