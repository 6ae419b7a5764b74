#include "controlplane/evidence/drain/tls_day.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <set>

#include "controlplane/evidence/log/hex_text.h"
#include "dataplane/base/check.h"

namespace sallyport::evidence_log {
namespace {

using contract::Digest;
using contract::RecordKind;
using contract::TlsPart;

// Vendors times their keys, certificates and suites of one day: a vendor behind many front ends has
// some tens. A vendor that shows new ones without end gets no more memory than this.
constexpr size_t kIdentitiesMax = 256;
// Connections whose exchanges are told by number: more than all workers can have open. Beyond, all
// are forgotten, and each costs one look into the log.
constexpr size_t kConnectionsMax = 32'768;
constexpr size_t kKeysListed = 16;  // of one vendor; kControlFieldsMax has room for them
constexpr std::string_view kPinMismatch = "upstream_pin_mismatch";

// Suites of dataplane/tls/context.cc.
struct Suite {
  uint16_t number;
  const char* name;
};
constexpr std::array kSuites{Suite{0x1301, "TLS_AES_128_GCM_SHA256"},
                             Suite{0x1302, "TLS_AES_256_GCM_SHA384"},
                             Suite{0x1303, "TLS_CHACHA20_POLY1305_SHA256"},
                             Suite{0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
                             Suite{0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"},
                             Suite{0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
                             Suite{0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},
                             Suite{0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
                             Suite{0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"}};

RingKey ring_of(const contract::RecordHeader& header) {
  return {header.boot_id, header.generation, header.worker};
}

contract::RequestId id_of(const contract::RecordHeader& header) {
  return contract::RequestId::of_words(header.request_high, header.request_low);
}

void add(ControlRecord& record, const char* name, std::string_view value) {
  record.fields.emplace_back(name, value);
}

void add_window(ControlRecord& record, const std::string& day, uint64_t from, uint64_t to) {
  record.from = from;
  record.to = to;
  add(record, "day", day);
  add(record, "window_from", utc_text(from));
  add(record, "window_to", utc_text(to));
}

}  // namespace

std::string_view tls_version_name(uint16_t version) {
  return version == 0x0304 ? "1.3" : version == 0x0303 ? "1.2" : "";
}

std::string cipher_name(uint16_t suite) {
  if (suite == 0) return {};
  for (const Suite& known : kSuites)
    if (known.number == suite) return known.name;
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "0x%04x", suite);
  return text.data();
}

std::string_view client_certificate_name(uint8_t flags) {
  if ((flags & contract::kTlsFlagCertificateSent) != 0) return "sent";
  return (flags & contract::kTlsFlagCertificateRequested) != 0 ? "requested_not_sent"
                                                               : "not_requested";
}

std::string_view pin_name(const TlsPart& part) {
  if (part.reason.view() == kPinMismatch) return "mismatch";
  if ((part.flags & contract::kTlsFlagPinned) == 0) return "none";
  return part.reason.length == 0 ? "accepted" : "not_checked";
}

// --- seen ----------------------------------------------------------------------------------------

void TlsDay::see(std::span<const uint8_t> record, const VendorOf& vendor_of, const Emit& emit) {
  contract::RecordHeader header{};
  if (record.size() < sizeof(header)) return;
  std::memcpy(&header, record.data(), sizeof(header));
  const contract::RecordShape shape = contract::record_shape(header.kind, header.version);
  if (record.size() < shape.fixed_bytes) return;
  const uint8_t* at = record.data() + sizeof(header);
  if (header.kind == static_cast<uint16_t>(RecordKind::TlsConnection) && shape.tls) {
    TlsPart part{};
    std::memcpy(&part, at, sizeof(part));
    return see_connection(header, part, emit);
  }
  if (header.kind != static_cast<uint16_t>(RecordKind::Completed)) return;
  contract::OutcomePart part{};
  std::memcpy(&part, at, shape.outcome_bytes);
  const bool refused = part.outcome == static_cast<uint16_t>(contract::Outcome::UpstreamIdentity);
  if (refused || part.upstream_spki != Digest{}) see_exchange(header, part, vendor_of, emit);
}

void TlsDay::see_connection(const contract::RecordHeader& header, const TlsPart& part,
                            const Emit& emit) {
  Key key;
  key.vendor = part.vendor.view();
  key.host = part.server_name.view();
  key.refused = part.reason.view();
  key.failure = part.failure.view();
  key.pin = pin_name(part);
  key.spki = part.spki;
  key.leaf = part.certificates[0];
  key.tls_version = part.tls_version;
  key.cipher = part.cipher_suite;
  key.flags = part.flags;
  key.has_connection = true;
  Identity* identity = identity_of(std::move(key));
  if (identity == nullptr) {
    ++others_;
    return;
  }
  if (identity->chain.empty()) {
    identity->certificates = part.certificate_count;
    const size_t kept = std::min<size_t>(part.certificate_count, part.certificates.size());
    identity->chain.assign(part.certificates.begin(),
                           part.certificates.begin() + static_cast<ptrdiff_t>(kept));
  }
  ++identity->connections;
  remember({ring_of(header), header.ring_sequence}, identity);
  say(*identity, id_of(header), emit);
}

void TlsDay::see_exchange(const contract::RecordHeader& header, const contract::OutcomePart& part,
                          const VendorOf& vendor_of, const Emit& emit) {
  const Connection connection{ring_of(header), part.upstream_connection};
  const auto known =
      part.upstream_connection != 0 ? connections_.find(connection) : connections_.end();
  Identity* identity = known != connections_.end() ? known->second : nullptr;
  if (identity == nullptr) {
    const bool refused = part.outcome == static_cast<uint16_t>(contract::Outcome::UpstreamIdentity);
    const Plain plain{part.upstream_spki, part.upstream_tls_version,
                      refused ? std::string(part.reason.view()) : std::string()};
    identity = plain_identity(plain, id_of(header), vendor_of);
    if (identity != nullptr && part.upstream_connection != 0) remember(connection, identity);
  }
  if (identity == nullptr) {
    ++others_;
    return;
  }
  ++identity->exchanges;
  say(*identity, id_of(header), emit);
}

// The chain is verified and pins are looked at in each handshake, before a byte of a request
// leaves: a key that a request went to passed both, and one that did not has the reason. So much is
// known of an exchange whose connection is not: of a dataplane before version 3, or opened before
// this process began.
TlsDay::Identity* TlsDay::plain_identity(const Plain& plain, const contract::RequestId& id,
                                         const VendorOf& vendor_of) {
  const auto known = plain_.find(plain);
  if (known != plain_.end()) return known->second;
  Key key;
  key.vendor = vendor_of(id);
  key.refused = plain.refused;
  key.spki = plain.spki;
  key.tls_version = plain.tls_version;
  if (key.refused.empty() || key.refused == kPinMismatch)
    key.pin = key.refused.empty() ? "accepted" : "mismatch";
  Identity* identity = only_like(key);
  if (identity == nullptr) identity = identity_of(std::move(key));
  if (identity != nullptr) plain_[plain] = identity;
  return identity;
}

// A connection that is known by what it had and no more by its number, because it was opened before
// this process began. Two that differ in what the exchange does not say are told apart no more.
TlsDay::Identity* TlsDay::only_like(const Key& plain) {
  Identity* found = nullptr;
  for (auto& [key, identity] : identities_) {
    if (!key.has_connection || key.vendor != plain.vendor || key.spki != plain.spki ||
        key.tls_version != plain.tls_version || key.refused != plain.refused)
      continue;
    if (found != nullptr) return nullptr;
    found = &identity;
  }
  return found;
}

TlsDay::Identity* TlsDay::identity_of(Key key) {
  const auto known = identities_.find(key);
  if (known != identities_.end()) return &known->second;
  if (identities_.size() == kIdentitiesMax) return nullptr;
  Identity& made = identities_[key];
  made.key = std::move(key);
  return &made;
}

void TlsDay::remember(const Connection& connection, Identity* identity) {
  if (connections_.size() >= kConnectionsMax) connections_.clear();
  connections_[connection] = identity;
}

// --- said ----------------------------------------------------------------------------------------

ControlRecord TlsDay::record_of(const char* action, const Identity& identity) const {
  const Key& key = identity.key;
  ControlRecord record{.kind = RecordKind::TlsIdentity, .action = action, .actor = "sallyportd"};
  const bool good = key.refused.empty();
  record.object = key.vendor;
  record.result = good ? "ok" : "denied";
  record.reason = key.refused;
  record.after = key.spki;
  add(record, "vendor", key.vendor);
  add(record, "check", good ? "chain_verified" : key.refused);
  add(record, "problem", key.failure);
  if (key.spki != Digest{}) add(record, "spki", lower_hex(key.spki));
  add(record, "pin", key.pin);
  add(record, "tls_version", tls_version_name(key.tls_version));
  add(record, "cipher", cipher_name(key.cipher));
  add(record, "host", key.host);
  if (key.has_connection) add(record, "client_certificate", client_certificate_name(key.flags));
  for (const Digest& certificate : identity.chain)
    add(record, "certificate", lower_hex(certificate));
  if (identity.certificates > identity.chain.size())
    add(record, "found", std::to_string(identity.certificates));
  return record;
}

void TlsDay::say(Identity& identity, const contract::RequestId& id, const Emit& emit) {
  if (identity.is_said) return;
  identity.is_said = true;
  ControlRecord seen =
      record_of(identity.key.refused.empty() ? "identity_seen" : "identity_refused", identity);
  seen.request_id = id;
  seen.detail = "first of its day; after is the SHA-256 of the vendor's public key";
  emit(seen);
}

bool TlsDay::is_quiet(const Identity& one) { return one.connections == 0 && one.exchanges == 0; }

void TlsDay::close(const std::string& day, uint64_t unix_seconds, const Emit& emit) {
  for (const auto& [key, identity] : identities_) {
    if (is_quiet(identity)) continue;
    ControlRecord record = record_of("identities_of_day", identity);
    record.count = identity.exchanges;
    add(record, "connections", std::to_string(identity.connections));
    add(record, "exchanges", std::to_string(identity.exchanges));
    add_window(record, day, since_, unix_seconds);
    emit(record);
  }
  close_vendors(day, unix_seconds, emit);
  closed(unix_seconds);
}

void TlsDay::closed(uint64_t unix_seconds) {
  const auto is_gone = [&](const auto& entry) { return is_quiet(*entry.second); };
  std::erase_if(connections_, is_gone);
  std::erase_if(plain_, is_gone);
  std::erase_if(identities_, [&](const auto& entry) { return is_quiet(entry.second); });
  for (auto& [key, identity] : identities_) {
    identity.connections = identity.exchanges = 0;
    identity.is_said = false;
  }
  others_ = 0;
  since_ = unix_seconds;
}

// One record per vendor: how many connections were accepted and refused, and what they had.
void TlsDay::close_vendors(const std::string& day, uint64_t to, const Emit& emit) const {
  struct Sum {
    uint64_t connections = 0, refused = 0, exchanges = 0;
    std::set<std::string> versions, ciphers, keys, hosts, certificates;
  };
  std::map<std::string, Sum> sums;
  for (const auto& [key, identity] : identities_) {
    if (identity.connections == 0 && identity.exchanges == 0) continue;
    Sum& sum = sums[key.vendor];
    (key.refused.empty() ? sum.connections : sum.refused) += identity.connections;
    sum.exchanges += identity.exchanges;
    if (!key.refused.empty()) continue;
    sum.versions.insert(std::string(tls_version_name(key.tls_version)));
    sum.ciphers.insert(cipher_name(key.cipher));
    sum.hosts.insert(key.host);
    if (key.spki != Digest{}) sum.keys.insert(lower_hex(key.spki));
    if (key.has_connection)
      sum.certificates.insert(std::string(client_certificate_name(key.flags)));
  }
  if (others_ != 0) sums["other"].exchanges += others_;
  for (const auto& [vendor, sum] : sums) {
    ControlRecord record{
        .kind = RecordKind::TlsIdentity, .action = "vendor_of_day", .actor = "sallyportd"};
    record.object = vendor;
    record.count = sum.connections;
    add(record, "vendor", vendor);
    add(record, "connections", std::to_string(sum.connections));
    add(record, "refused", std::to_string(sum.refused));
    add(record, "exchanges", std::to_string(sum.exchanges));
    const auto list = [&](const char* name, const std::set<std::string>& values, size_t most) {
      size_t listed = 0;
      for (const std::string& value : values)
        if (listed++ < most) add(record, name, value);
    };
    list("tls_version", sum.versions, 2);
    list("cipher", sum.ciphers, kSuites.size());
    list("host", sum.hosts, 4);
    list("client_certificate", sum.certificates, 3);
    list("spki", sum.keys, kKeysListed);
    if (sum.keys.size() > kKeysListed)
      add(record, "problem",
          std::to_string(sum.keys.size() - kKeysListed) + " keys more: see identities_of_day");
    if (vendor == "other" && others_ != 0)
      add(record, "problem",
          std::to_string(others_) + " connections and exchanges of more identities than fit");
    add_window(record, day, since_, to);
    emit(record);
  }
}

}  // namespace sallyport::evidence_log
