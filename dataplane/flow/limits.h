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

// How URLs of this gateway begin for a client: a host as long as names get, its port, the prefix of
// a route. Longer: URLs of the vendor's API in answers stay as they are.
inline constexpr size_t kGatewayUrlBytesMax = 512;

// Plaintext taken from one connection per step, so that no client keeps the worker for itself.
inline constexpr size_t kPlaintextStepBytesMax = 64 * 1024;
// Response bytes for the client that wait for its window before the vendor's is closed.
inline constexpr size_t kClientQueueBytesMax = 256 * 1024;
// Plaintext handed to one TLS seal call: one record (RFC 8446 5.1).
inline constexpr size_t kSealBytesMax = 16 * 1024;
// Below this much room in TCP a longer message waits: records of a few bytes cost a header each.
inline constexpr size_t kSealBytesMin = 1'024;
// Of a request on a pooled connection so much goes out before the vendor acknowledged anything; it
// is kept until then, so that a fresh connection can repeat it.
inline constexpr size_t kRepeatableBytesMax = 64 * 1024;
// Steps of kPlaintextStepBytesMax for one connection per turn; the rest goes on in the next turn.
inline constexpr int kStepsPerReadMax = 8;
// TCP events taken per turn; the rest is taken in the next one.
inline constexpr uint32_t kEventsPerTurnMax = 1'024;
// Addresses of a vendor tried for one exchange when a connection cannot be opened.
inline constexpr uint32_t kConnectTriesMax = 3;
// Growth of the reservation in the body pool when a length is not announced.
inline constexpr uint64_t kBodyStepBytes = 64 * 1024;
// Edits of one body. Tokens are bounded by policy; masks and restorations by this.
inline constexpr uint32_t kEditsPerBodyMax = 16'384;
// Replacement bytes of one body.
inline constexpr uint32_t kReplacementBytesMax = 4U << 20;

// The decoded name or value of a query parameter; a longer one does not go on.
inline constexpr size_t kQueryTextBytesMax = 1'024;

// Timers are checked this often: the shortest of them is a header timeout of seconds.
inline constexpr uint64_t kTimerSweepMs = 20;
// ... and this often while there is no connection at all.
inline constexpr uint64_t kTimerSweepIdleMs = 100;
// A client's TLS handshake, from the first event of its connection.
inline constexpr uint64_t kHandshakeMsMax = 10'000;
// A head before any policy says how long it may take.
inline constexpr uint64_t kHeadMsMax = 10'000;
// What we said last must make progress within this, or the connection is reset.
inline constexpr uint64_t kClosingMsMax = 10'000;

}  // namespace sallyport::flow
