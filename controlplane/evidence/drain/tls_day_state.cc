// tls_day_state.cc: what TlsDay counted, as the store keeps it for the next process.
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "controlplane/evidence/drain/tls_day.h"
#include "controlplane/evidence/log/hex_text.h"

namespace sallyport::evidence_log {
namespace {

using contract::Digest;
using nlohmann::json;

constexpr int kStateVersion = 1;

int nibble(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

Digest digest_of(const std::string& text) {
  Digest digest{};
  if (text.size() != digest.size() * 2) throw std::invalid_argument("a digest of another length");
  for (size_t i = 0; i < digest.size(); ++i) {
    const int high = nibble(text[2 * i]);
    const int low = nibble(text[2 * i + 1]);
    if (high < 0 || low < 0) throw std::invalid_argument("no digest");
    digest[i] = static_cast<uint8_t>(high * 16 + low);
  }
  return digest;
}

}  // namespace

std::string TlsDay::state() const {
  json identities = json::array();
  for (const auto& [key, identity] : identities_) {
    json chain = json::array();
    for (const Digest& certificate : identity.chain) chain.push_back(lower_hex(certificate));
    identities.push_back({{"vendor", key.vendor},
                          {"host", key.host},
                          {"refused", key.refused},
                          {"failure", key.failure},
                          {"pin", key.pin},
                          {"spki", lower_hex(key.spki)},
                          {"leaf", lower_hex(key.leaf)},
                          {"tls_version", key.tls_version},
                          {"cipher", key.cipher},
                          {"flags", key.flags},
                          {"has_connection", key.has_connection},
                          {"chain", chain},
                          {"certificates", identity.certificates},
                          {"connections", identity.connections},
                          {"exchanges", identity.exchanges},
                          {"is_said", identity.is_said}});
  }
  return json{{"version", kStateVersion},
              {"since", since_},
              {"others", others_},
              {"identities", identities}}
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

bool TlsDay::take_up(const std::string& state) {
  std::map<Key, Identity> identities;
  try {
    const json read = json::parse(state);
    if (read.at("version") != kStateVersion) return false;
    for (const json& one : read.at("identities")) {
      Key key;
      one.at("vendor").get_to(key.vendor);
      one.at("host").get_to(key.host);
      one.at("refused").get_to(key.refused);
      one.at("failure").get_to(key.failure);
      one.at("pin").get_to(key.pin);
      key.spki = digest_of(one.at("spki"));
      key.leaf = digest_of(one.at("leaf"));
      one.at("tls_version").get_to(key.tls_version);
      one.at("cipher").get_to(key.cipher);
      one.at("flags").get_to(key.flags);
      one.at("has_connection").get_to(key.has_connection);
      Identity identity;
      for (const json& certificate : one.at("chain"))
        identity.chain.push_back(digest_of(certificate));
      one.at("certificates").get_to(identity.certificates);
      one.at("connections").get_to(identity.connections);
      one.at("exchanges").get_to(identity.exchanges);
      one.at("is_said").get_to(identity.is_said);
      identity.key = key;
      identities.emplace(std::move(key), std::move(identity));
    }
    const auto since = read.at("since").get<uint64_t>();
    const auto others = read.at("others").get<uint64_t>();
    since_ = since;
    others_ = others;
  } catch (const std::exception&) {
    return false;
  }
  identities_ = std::move(identities);
  connections_.clear();
  plain_.clear();
  return true;
}

}  // namespace sallyport::evidence_log
