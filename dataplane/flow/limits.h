// limits.h: every capacity of the request and response path, each with its reason.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sallyport::flow {

// Client connections of one worker. The tests run concurrency 50; a small office opens a few hundred.
inline constexpr uint32_t kClientsPerWorkerMax = 512;
// One vendor connection per exchange in flight, and as many idle ones as clients could ask for again.
inline constexpr uint32_t kUpstreamsPerWorkerMax = 512;
// Idle vendor connections kept per vendor: vendors close idle ones after about a minute anyway.
inline constexpr uint32_t kIdlePerVendorMax = 64;

// Pieces of one text leaf that may be undecided at once: the widest match (a private key block) has one
// escape and one run per line, twice that inside a tool call; rows of equal escapes cost one piece.
inline constexpr uint32_t kMapPiecesMax = 2'048;
// Levels of JSON text inside JSON text that are opened (tool-call arguments inside a body).
inline constexpr unsigned kJsonNestingMax = 1;

// Exchanges in flight per worker. Each may hold a body and the state of its text channels (about 1 MiB touched
// at worst); a client beyond it is told to come back (503).
inline constexpr uint32_t kExchangesPerWorkerMax = 256;

// Plaintext taken from one connection per step, so that no client keeps the worker for itself.
inline constexpr size_t kPlaintextStepBytesMax = 64 * 1024;
// Response bytes for the client that wait for its window before the vendor's is closed.
inline constexpr size_t kClientQueueBytesMax = 256 * 1024;
// Plaintext handed to one TLS seal call: one record (RFC 8446 5.1).
inline constexpr size_t kSealBytesMax = 16 * 1024;

// A stream event larger than this is refused: the largest real ones (a whole tool result) are far below.
inline constexpr size_t kSseEventBytesMax = 1U << 20;
// Text channels of one response stream: choices x tool calls. Vendors stop far below.
inline constexpr size_t kStreamChannelsMax = 128;
// Undecided text of one channel: the widest match plus one event.
inline constexpr size_t kChannelHeldBytesMax = kSseEventBytesMax + 64 * 1024;

// Timers are checked this often: the shortest of them is a header timeout of seconds.
inline constexpr uint64_t kTimerSweepMs = 20;

}  // namespace sallyport::flow
