// mapping_opener.h: opens what a worker sealed (contract/mapping_record.h), byte by byte as if a
// hostile process had written it.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "controlplane/vault/secret.h"
#include "dataplane/contract/mapping_record.h"
#include "dataplane/contract/request_id.h"

namespace sallyport::vault {

// What one token stands for, and who minted it where.
struct Mapping {
  std::string tenant, principal, vendor, environment, entity;
  std::array<char, contract::kMappingCoreBytes> core{};
  contract::SubjectId subject{};
  contract::RequestId request;
  uint64_t wall_ns = 0;
  uint64_t receive_serial = 0;  // of the key that it was sealed to: grows with every new one
  Secret value;
};

// The header alone, checked against the length; nothing when it is none of this version.
std::optional<contract::MappingHeader> read_mapping_header(std::span<const uint8_t> sealed);

// Nothing: it does not open under this key, or its content breaks the contract.
std::optional<std::vector<Mapping>> open_mappings(std::span<const uint8_t> sealed,
                                                  std::span<const uint8_t> private_key);

// "[EMAIL-ADDRESS-0A7ZK3M9QWERT1XC5VBNHJ42]": its parts, in any case, with or without brackets.
// Nothing: it is not the form of a token.
struct TokenName {
  std::string entity;  // "EMAIL_ADDRESS"
  std::array<char, contract::kMappingCoreBytes> core{};
};
std::optional<TokenName> parse_token(std::string_view text);

uint64_t receive_key_id(const PublicKey& key);

}  // namespace sallyport::vault
