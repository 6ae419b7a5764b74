// failure.h: why a TLS connection failed, by stable name: it is in answers, records and counters.
#pragma once

#include <cstdint>
#include <string_view>

namespace sallyport::tls {

enum class Failure : uint8_t {
  None,
  Protocol,   // malformed or unacceptable handshake or record
  PeerAlert,  // the peer sent a fatal alert
  UnknownCa,  // chain does not end in an allowed root
  SelfSigned,
  Expired,         // or not yet valid
  NameMismatch,    // no subject alternative name fits (the common name never counts)
  BadCertificate,  // any other fault of the chain
  PinMismatch,     // the chain is fine, the key is not the pinned one
  WrongProtocol,   // ALPN answered with something other than http/1.1
  kCount
};

constexpr std::string_view failure_name(Failure failure) noexcept {
  switch (failure) {
    case Failure::None:
      return "none";
    case Failure::Protocol:
      return "protocol";
    case Failure::PeerAlert:
      return "peer_alert";
    case Failure::UnknownCa:
      return "unknown_ca";
    case Failure::SelfSigned:
      return "self_signed";
    case Failure::Expired:
      return "expired";
    case Failure::NameMismatch:
      return "name_mismatch";
    case Failure::BadCertificate:
      return "bad_certificate";
    case Failure::PinMismatch:
      return "pin_mismatch";
    case Failure::WrongProtocol:
      return "wrong_protocol";
    case Failure::kCount:
      break;
  }
  return "unknown";
}

}  // namespace sallyport::tls
