#include "controlplane/vault/mapping_opener.h"

#include <algorithm>
#include <cstring>

namespace sallyport::vault {
namespace {

using contract::MappingCaller;
using contract::MappingEntry;
using contract::MappingHeader;

bool is_token_char(char c) {
  return contract::kCrockfordDigits.find(c) != std::string_view::npos && c != '\0';
}

bool is_entity_char(char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

Secret batch_key(const MappingHeader& header, std::span<const uint8_t> private_key) {
  const std::optional<Secret> shared = agree(private_key, header.ephemeral_public);
  if (!shared) return {};
  const Secret prk = hmac(bytes_of(contract::kMappingSalt), *shared);
  Secret info;
  const auto add = [&](std::span<const uint8_t> bytes) {
    info.insert(info.end(), bytes.begin(), bytes.end());
  };
  const auto word = [&](const auto& value) {
    add({reinterpret_cast<const uint8_t*>(&value), sizeof value});
  };
  add(bytes_of(contract::kMappingInfo));
  add(header.ephemeral_public);
  word(header.receive_key_id);
  word(header.request_high);
  word(header.request_low);
  word(header.epoch);
  word(static_cast<uint32_t>(header.tenant.view().size()));
  add(bytes_of(header.tenant.view()));
  info.push_back(1);
  return hmac(prk, info);
}

bool take_entry(std::span<const uint8_t>& rest, Mapping& out) {
  MappingEntry entry;
  if (rest.size() < sizeof entry) return false;
  std::memcpy(&entry, rest.data(), sizeof entry);
  rest = rest.subspan(sizeof entry);
  const size_t content = size_t{entry.entity_bytes} + entry.value_bytes;
  if (entry.entity_bytes == 0 || entry.entity_bytes > contract::kMappingEntityBytesMax ||
      entry.value_bytes == 0 || entry.value_bytes > contract::kMappingValueBytesMax ||
      content > rest.size() || entry.reserved != decltype(entry.reserved){})
    return false;
  out.core = entry.core;
  out.subject = entry.subject;
  out.entity.assign(reinterpret_cast<const char*>(rest.data()), entry.entity_bytes);
  rest = rest.subspan(entry.entity_bytes);
  out.value.assign(rest.begin(), rest.begin() + entry.value_bytes);
  rest = rest.subspan(entry.value_bytes);
  return std::all_of(out.core.begin(), out.core.end(), is_token_char) &&
         std::all_of(out.entity.begin(), out.entity.end(), is_entity_char);
}

}  // namespace

std::optional<TokenName> parse_token(std::string_view text) {
  if (text.starts_with('[')) text.remove_prefix(1);
  if (text.ends_with(']')) text.remove_suffix(1);
  const size_t dash = text.rfind('-');
  TokenName out;
  if (dash == std::string_view::npos || dash == 0 || dash > contract::kMappingEntityBytesMax ||
      text.size() - dash - 1 != out.core.size())
    return std::nullopt;
  const auto upper = [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; };
  for (size_t i = 0; i < dash; ++i) {
    const char c = upper(text[i]);
    out.entity += c == '-' ? '_' : c;
  }
  for (size_t i = 0; i < out.core.size(); ++i) out.core[i] = upper(text[dash + 1 + i]);
  if (!std::all_of(out.entity.begin(), out.entity.end(), is_entity_char) ||
      !std::all_of(out.core.begin(), out.core.end(), is_token_char))
    return std::nullopt;
  return out;
}

uint64_t receive_key_id(const PublicKey& key) {
  const Digest digest = sha256(key);
  uint64_t id = 0;
  std::memcpy(&id, digest.data(), sizeof id);
  return id;
}

std::optional<MappingHeader> read_mapping_header(std::span<const uint8_t> sealed) {
  MappingHeader header;
  if (sealed.size() < contract::kMappingFixedBytes + sizeof(MappingEntry) ||
      sealed.size() > contract::kMappingBytesMax)
    return std::nullopt;
  std::memcpy(&header, sealed.data(), sizeof header);
  const bool sound = header.version == contract::kMappingVersion && header.count > 0 &&
                     header.total_bytes == sealed.size() && header.tenant.valid() &&
                     !header.tenant.view().empty() &&
                     header.reserved == decltype(header.reserved){};
  if (!sound) return std::nullopt;
  return header;
}

std::optional<std::vector<Mapping>> open_mappings(std::span<const uint8_t> sealed,
                                                  std::span<const uint8_t> private_key) {
  const auto header = read_mapping_header(sealed);
  if (!header) return std::nullopt;
  std::array<uint8_t, kNonceBytes> nonce{};
  std::memcpy(nonce.data(), &header->batch, sizeof header->batch);
  const Secret key = batch_key(*header, private_key);
  const auto plain = gcm_open(key, nonce, sealed.first(sizeof(MappingHeader)),
                              sealed.subspan(sizeof(MappingHeader)));
  if (!plain || plain->size() < sizeof(MappingCaller)) return std::nullopt;
  MappingCaller caller;
  std::memcpy(&caller, plain->data(), sizeof caller);
  if (!caller.principal.valid() || !caller.vendor.valid() || !caller.environment.valid())
    return std::nullopt;
  std::span<const uint8_t> rest = std::span<const uint8_t>(*plain).subspan(sizeof caller);
  std::vector<Mapping> out(header->count);
  for (Mapping& one : out) {
    if (!take_entry(rest, one)) return std::nullopt;
    one.tenant = header->tenant.view();
    one.principal = caller.principal.view();
    one.vendor = caller.vendor.view();
    one.environment = caller.environment.view();
    one.request = contract::RequestId::of_words(header->request_high, header->request_low);
    one.wall_ns = header->wall_ns;
  }
  if (!rest.empty()) return std::nullopt;
  return out;
}

}  // namespace sallyport::vault
