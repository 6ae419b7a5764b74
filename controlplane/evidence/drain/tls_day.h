// tls_day.h: who the vendors were and how we talked to them: told from records as they are
// committed, said once a day per identity, and summed up per vendor when the day closes.
//
// An identity is a vendor's key and leaf certificate with the protocol, the cipher suite and our
// own certificate's part in it, or what it was refused for. Each connection is a record of its own
// (RecordKind::TlsConnection); here they are counted, and exchanges with them.
//
// Counts outlive the process: the store keeps state() beside each checkpoint, and the next process
// takes it up and sees again what was committed behind it (drainer_book.cc). A digest says since
// when it counts.
//
// Limits  kIdentitiesMax per day; connections beyond are counted together. Owner  the drainer's
// thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "controlplane/evidence/log/control_record.h"
#include "controlplane/evidence/ring/ring_reader.h"

namespace sallyport::evidence_log {

// "1.3", "1.2"; "" when none was agreed on.
std::string_view tls_version_name(uint16_t version);
// IANA's name of a suite that the dataplane offers, else "0x1303"; "" for none.
std::string cipher_name(uint16_t suite);
// "not_requested", "requested_not_sent", "sent".
std::string_view client_certificate_name(uint8_t flags);
// What the pins said: "accepted", "mismatch", "none" (policy has none), "not_checked" (refused
// before).
std::string_view pin_name(const contract::TlsPart& part);

class TlsDay {
 public:
  // The vendor of an exchange's admitted record; empty when nobody knows.
  using VendorOf = std::function<std::string(const contract::RequestId&)>;
  using Emit = std::function<void(const ControlRecord&)>;

  // Counting begins now. Once, before anything is seen.
  void begin(uint64_t unix_seconds) { since_ = unix_seconds; }
  // A record that was committed; an identity not seen yet today is emitted.
  void see(std::span<const uint8_t> record, const VendorOf& vendor_of, const Emit& emit);
  // The digests of what was seen since the last call, or since begin(). Counting begins anew;
  // connections that live on are known.
  void close(const std::string& day, uint64_t unix_seconds, const Emit& emit);
  // Digests that are in the log already: what close() does to the counts.
  void closed(uint64_t unix_seconds);

  // All but the numbers of connections, as JSON; of use to this version and those that know it.
  std::string state() const;
  // Instead of begin(). False, and nothing is changed: that is no state.
  bool take_up(const std::string& state);

 private:
  struct Key {
    std::string vendor, host, refused, failure, pin;
    contract::Digest spki{};
    contract::Digest leaf{};
    uint16_t tls_version = 0;
    uint16_t cipher = 0;
    uint8_t flags = 0;
    bool has_connection = false;  // false: told from a completed record of before version 3
    auto operator<=>(const Key&) const = default;
  };
  struct Identity {
    Key key;
    std::vector<contract::Digest> chain;
    uint64_t certificates = 0;  // as presented
    uint64_t connections = 0;
    uint64_t exchanges = 0;
    bool is_said = false;  // today
  };
  // Of exchanges whose connection is not known.
  struct Plain {
    contract::Digest spki{};
    uint16_t tls_version = 0;
    std::string refused;
    auto operator<=>(const Plain&) const = default;
  };
  using Connection = std::pair<RingKey, uint64_t>;

  void see_connection(const contract::RecordHeader& header, const contract::TlsPart& part,
                      const Emit& emit);
  void see_exchange(const contract::RecordHeader& header, const contract::OutcomePart& part,
                    const VendorOf& vendor_of, const Emit& emit);
  Identity* identity_of(Key key);
  Identity* only_like(const Key& plain);
  Identity* plain_identity(const Plain& plain, const contract::RequestId& id,
                           const VendorOf& vendor_of);
  void remember(const Connection& connection, Identity* identity);
  void say(Identity& identity, const contract::RequestId& id, const Emit& emit);
  static bool is_quiet(const Identity& one);
  void close_vendors(const std::string& day, uint64_t to, const Emit& emit) const;
  ControlRecord record_of(const char* action, const Identity& identity) const;

  std::map<Key, Identity> identities_;
  std::map<Connection, Identity*> connections_;
  std::map<Plain, Identity*> plain_;
  uint64_t others_ = 0;  // connections and exchanges of identities for which there was no place
  uint64_t since_ = 0;
};

}  // namespace sallyport::evidence_log
