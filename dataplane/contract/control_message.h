// control_message.h: the packets on <run dir>/control.sock (SOCK_SEQPACKET), one struct each.
//
//   dataplane -> sallyportd   Hello, SecretsResult, ImageResult (of Image and Canary),
//   RoutesResult,
//                             TestsResult
//   sallyportd -> dataplane   Welcome (+ region fd), Secrets (+ memfd), Image (+ memfd),
//                             Canary (+ memfd), Routes (+ memfd), Tests, Refused
//
// The dataplane connects and says Hello; each side checks the other's credentials (SO_PEERCRED)
// first. After Welcome come the secrets, then the image; both again whenever they change, and on
// every new connection. A packet of another version ends the connection with a message in both
// logs; so that a version can be told from rubbish, no version changes the size of a packet.
//
// Image makes its image the base: it decides for everybody, from the next turn of each worker on,
// and an open canary ends (unless `ok` is 1 and the base stays the same: then routes are sent
// again after it). Canary only loads a second image; Routes (route_table.h) puts tenants on it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/contract/image_layout.h"

namespace sallyport::contract {

inline constexpr uint32_t kControlMagic = 0x4c544353;  // "SCTL"
inline constexpr uint32_t kControlVersion = 2;
inline constexpr size_t kControlTextBytes = 496;
inline constexpr size_t kControlCounts = 4;

enum class ControlKind : uint32_t {
  Hello = 1,
  Welcome = 2,
  Secrets = 3,
  SecretsResult = 4,
  Image = 5,
  ImageResult = 6,
  Refused = 7,
  Canary = 8,
  Routes = 9,
  RoutesResult = 10,
  Tests = 11,  // run the seeded texts of the image `digest` in a worker; number: of the run
  TestsResult = 12
};

struct ControlPacket {
  uint32_t magic;
  uint32_t version;
  uint32_t kind;           // ControlKind
  uint32_t ok;             // results: 1 accepted; Image: 1 keep the routes
  uint64_t number;         // Hello: start generation; Secrets: generation; else policy version
  uint64_t bytes;          // size of what the fd holds
  uint32_t image_version;  // Hello: contract versions this side was built with
  uint32_t region_version;
  uint32_t secrets_version;
  uint32_t worker_count;  // Hello
  Digest digest;          // Image, Canary, ImageResult, Tests, TestsResult
  // TestsResult: texts run, texts that differ, detections expected, detections found
  uint32_t counts[kControlCounts];
  char text[kControlTextBytes];  // results and Refused: why; zero terminated
};
static_assert(sizeof(ControlPacket) == 592);

}  // namespace sallyport::contract
