// What a worker sealed, opened by the vault: the header in clear, and what lies under the seal,
// which only somebody with the worker's memory could write. The input is
//
//   0 bytes of any kind          as they are: nothing of it opens
//   1 changes to a batch          three bytes each: where (16 bit), what is added. It never opens
//   2 a plaintext                 sealed here under the right key, so that its content is read
//
// Must hold: what opens has as many mappings as its header says, and each keeps to the contract.
#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "controlplane/vault/mapping_opener.h"
#include "dataplane/base/check.h"
#include "dataplane/redact/mapping_sealer.h"

namespace {

using namespace sallyport;
using contract::MappingHeader;

struct Seed {
  vault::Secret key = vault::random_secret(vault::kKeyBytes);
  vault::PublicKey half = vault::public_half(key);
  std::vector<uint8_t> batch;
};

Seed make_seed() {
  Seed seed;
  redact::MappingSealer sealer;
  SP_CHECK(sealer.use_key(seed.half, base::Instant{1}));
  redact::MappingRequest request;
  request.tenant = "acme";
  request.principal = "robot";
  request.vendor = "openai";
  request.environment = "lab";
  request.epoch = {'0', 'A'};
  SP_CHECK(sealer.begin(request));
  redact::TokenCore core;
  core.fill('0');
  for (const std::string_view value : {"ann@example.com", "+1 415 555 0132"})
    SP_CHECK(sealer.add(core, "EMAIL_ADDRESS", redact::Subject{}, vault::bytes_of(value)));
  seed.batch.resize(sealer.sealed_bytes());
  SP_CHECK(sealer.seal({base::Instant{1}, 2}, seed.batch));
  return seed;
}

void check_all(const std::vector<vault::Mapping>& mappings, const MappingHeader& header) {
  SP_CHECK(mappings.size() == header.count);
  for (const vault::Mapping& one : mappings) {
    SP_CHECK(!one.value.empty() && one.value.size() <= contract::kMappingValueBytesMax);
    SP_CHECK(!one.entity.empty() && one.entity.size() <= contract::kMappingEntityBytesMax);
    for (const char c : one.entity)
      SP_CHECK((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_');
    for (const char c : one.core) SP_CHECK((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'));
    SP_CHECK(!one.tenant.empty());
  }
}

// As the vault derives it (contract/mapping_record.h), once more and in other words.
vault::Secret key_of(const Seed& seed, const MappingHeader& header) {
  const auto shared = vault::agree(seed.key, header.ephemeral_public);
  if (!shared) return {};
  const vault::Secret prk = vault::hmac(vault::bytes_of(contract::kMappingSalt), *shared);
  std::vector<uint8_t> info(contract::kMappingInfo.begin(), contract::kMappingInfo.end());
  const auto add = [&](const void* from, size_t bytes) {
    const auto* at = static_cast<const uint8_t*>(from);
    info.insert(info.end(), at, at + bytes);
  };
  add(header.ephemeral_public.data(), header.ephemeral_public.size());
  add(&header.receive_key_id, sizeof header.receive_key_id);
  add(&header.request_high, sizeof header.request_high);
  add(&header.request_low, sizeof header.request_low);
  add(header.epoch.data(), header.epoch.size());
  const auto size = static_cast<uint32_t>(header.tenant.view().size());
  add(&size, sizeof size);
  add(header.tenant.view().data(), size);
  info.push_back(1);
  return vault::hmac(prk, info);
}

void try_plaintext(const Seed& seed, std::span<const uint8_t> plain) {
  MappingHeader header;
  std::memcpy(&header, seed.batch.data(), sizeof header);
  if (plain.empty()) return;
  header.count = plain[0];
  plain = plain.subspan(1);
  header.total_bytes =
      static_cast<uint32_t>(sizeof header + plain.size() + contract::kMappingTagBytes);
  std::array<uint8_t, vault::kNonceBytes> nonce{};
  std::memcpy(nonce.data(), &header.batch, sizeof header.batch);
  const auto* raw = reinterpret_cast<const uint8_t*>(&header);
  const auto sealed = vault::gcm_seal(key_of(seed, header), nonce, {raw, sizeof header}, plain);
  std::vector<uint8_t> batch(raw, raw + sizeof header);
  batch.insert(batch.end(), sealed.begin(), sealed.end());
  if (const auto opened = vault::open_mappings(batch, seed.key)) check_all(*opened, header);
}

void try_changes(const Seed& seed, const uint8_t* data, size_t size) {
  std::vector<uint8_t> batch = seed.batch;
  for (size_t at = 0; at + 3 <= size; at += 3) {
    const size_t where = (data[at] | size_t{data[at + 1]} << 8) % batch.size();
    batch[where] = static_cast<uint8_t>(batch[where] + data[at + 2]);
  }
  const auto opened = vault::open_mappings(batch, seed.key);
  SP_CHECK(opened.has_value() == (batch == seed.batch));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Seed seed = make_seed();
  if (size == 0) return 0;
  switch (data[0] % 3) {
    case 0: {
      const std::span<const uint8_t> bytes(data + 1, size - 1);
      SP_CHECK(!vault::open_mappings(bytes, seed.key));
      (void)vault::read_mapping_header(bytes);
      const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
      if (const auto token = vault::parse_token(text))
        SP_CHECK(token->entity.size() <= contract::kMappingEntityBytesMax);
      return 0;
    }
    case 1:
      try_changes(seed, data + 1, size - 1);
      return 0;
    default:
      try_plaintext(seed, {data + 1, size - 1});
      return 0;
  }
}
