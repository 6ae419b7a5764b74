// secrets_builder.h: a secrets message made by hand (contract/secrets_message.h).
#pragma once

#include <algorithm>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/contract/secrets_message.h"

namespace sallyport::policy {

class SecretsBuilder {
 public:
  SecretsBuilder& add(contract::SecretKind kind, std::string_view name, std::string_view value,
                      uint8_t rank = 0, std::string_view epoch = "") {
    contract::SecretsEntry entry{};
    entry.kind = static_cast<uint16_t>(kind);
    entry.rank = rank;
    for (size_t i = 0; i < epoch.size() && i < 2; ++i) entry.epoch[i] = epoch[i];
    entry.name_bytes = static_cast<uint32_t>(name.size());
    entry.value_bytes = static_cast<uint32_t>(value.size());
    const auto* raw = reinterpret_cast<const uint8_t*>(&entry);
    body_.insert(body_.end(), raw, raw + sizeof entry);
    body_.insert(body_.end(), name.begin(), name.end());
    body_.insert(body_.end(), value.begin(), value.end());
    body_.resize((body_.size() + 7) / 8 * 8);
    ++count_;
    return *this;
  }

  std::vector<uint8_t> build(uint32_t version = contract::kSecretsVersion) const {
    contract::SecretsHeader header{};
    header.magic = contract::kSecretsMagic;
    header.version = version;
    header.entry_count = count_;
    header.total_bytes = sizeof header + body_.size();
    header.generation = 5;
    std::vector<uint8_t> out(sizeof header + body_.size());
    std::memcpy(out.data(), &header, sizeof header);
    std::copy(body_.begin(), body_.end(), out.begin() + sizeof header);
    return out;
  }

 private:
  std::vector<uint8_t> body_;
  uint32_t count_ = 0;
};

inline std::string key_bytes(char fill, size_t size = 32) { return std::string(size, fill); }

}  // namespace sallyport::policy
