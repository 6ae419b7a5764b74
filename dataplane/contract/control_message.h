// control_message.h: the packets on <run dir>/control.sock (SOCK_SEQPACKET), one struct each.
//
//   dataplane -> sallyportd   Hello, SecretsResult, ImageResult
//   sallyportd -> dataplane   Welcome (+ region fd), Secrets (+ memfd), Image (+ memfd), Refused
//
// The dataplane connects and says Hello; each side checks the other's credentials (SO_PEERCRED)
// first. After Welcome come the secrets, then the image; both again whenever they change, and on
// every new connection. A packet of another version or size ends the connection with a message in
// both logs.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/contract/image_layout.h"

namespace sallyport::contract {

inline constexpr uint32_t kControlMagic = 0x4c544353;  // "SCTL"
inline constexpr uint32_t kControlVersion = 1;
inline constexpr size_t kControlTextBytes = 512;

enum class ControlKind : uint32_t {
  Hello = 1,
  Welcome = 2,
  Secrets = 3,
  SecretsResult = 4,
  Image = 5,
  ImageResult = 6,
  Refused = 7
};

struct ControlPacket {
  uint32_t magic;
  uint32_t version;
  uint32_t kind;           // ControlKind
  uint32_t ok;             // results: 1 accepted
  uint64_t number;         // Hello: start generation; Secrets: generation; Image: policy version
  uint64_t bytes;          // size of what the fd holds
  uint32_t image_version;  // Hello: contract versions this side was built with
  uint32_t region_version;
  uint32_t secrets_version;
  uint32_t worker_count;         // Hello
  Digest digest;                 // Image, ImageResult
  char text[kControlTextBytes];  // results and Refused: why; zero terminated
};
static_assert(sizeof(ControlPacket) == 80 + kControlTextBytes);

}  // namespace sallyport::contract
