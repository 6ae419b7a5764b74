#include "controlplane/vault/shares.h"

extern "C" {  // the header says nothing of C++
#include <libgfshare.h>
}

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

namespace sallyport::vault {
namespace {

using nlohmann::json;

constexpr size_t kEnvelopeBytes = 2 * kKeyBytes;
constexpr const char* kShareForm = "vault-share/1";
constexpr const char* kBackupForm = "vault-backup/1";
constexpr size_t kSealedBytesMax = 4096;

struct FreeShares {
  void operator()(gfshare_ctx* context) const noexcept { gfshare_ctx_free(context); }
};
using Context = std::unique_ptr<gfshare_ctx, FreeShares>;

// The library has none of its own, and draws also when it frees a context: set before each use.
void fill_random(unsigned char* buffer, unsigned count) { random_fill({buffer, count}); }

// The key, and a digest that ties it to its set: garbage does not pass.
Secret envelope(const ShareLabel& label, const Secret& key) {
  Secret bound(key);
  bound.insert(bound.end(), label.set.begin(), label.set.end());
  for (int i = 0; i < 4; ++i) bound.push_back(static_cast<uint8_t>(label.generation >> (8 * i)));
  const Digest digest = sha256(bound);
  Secret out(kEnvelopeBytes);
  std::copy(digest.begin(), digest.end(), std::copy(key.begin(), key.end(), out.begin()));
  return out;
}

std::vector<uint8_t> unhex(const json& text) {
  const std::string hex_text = text.get<std::string>();
  if (hex_text.size() > 2 * kSealedBytesMax) throw VaultError("share_unreadable", "too long");
  const auto bytes = from_hex(hex_text, hex_text.size() / 2);
  if (!bytes) throw VaultError("share_unreadable", "no hex digits");
  return {bytes->begin(), bytes->end()};
}

std::string backup_context(uint32_t generation, const std::string& node) {
  return std::string("sallyport vault backup v1 ") + std::to_string(generation) + " " + node;
}

}  // namespace

std::string fingerprint(const PublicKey& key) {
  const Digest digest = sha256(key);
  return hex(std::span(digest).first(16));
}

std::string kek_fingerprint(const Kek& kek) {
  const Secret mac = hmac(kek.key, bytes_of("sallyport vault kek fingerprint v1"));
  return hex(std::span(mac).first(16));
}

std::string ShareLabel::context() const {
  return "sallyport vault share v1 " + hex(set) + " " + std::to_string(generation) + " " +
         std::to_string(count) + " " + std::to_string(threshold) + " " + std::to_string(index);
}

std::vector<SealedShare> split_kek(const Kek& kek, unsigned threshold,
                                   const std::vector<PublicKey>& custodians) {
  if (threshold < 2 || threshold > custodians.size() || custodians.size() > kSharesMax)
    throw VaultError("bad_threshold", "k is from 2 to the number of custodians, who are " +
                                          std::to_string(kSharesMax) + " at most");
  if (std::set<PublicKey>(custodians.begin(), custodians.end()).size() != custodians.size())
    throw VaultError("custodian_twice", "two shares would go to one custodian");
  ShareLabel label;
  random_fill(label.set);
  label.generation = kek.generation;
  label.count = static_cast<uint8_t>(custodians.size());
  label.threshold = static_cast<uint8_t>(threshold);
  Secret secret = envelope(label, kek.key);
  std::vector<unsigned char> places(custodians.size());
  for (size_t i = 0; i < places.size(); ++i) places[i] = static_cast<unsigned char>(i + 1);
  gfshare_fill_rand = fill_random;
  const Context context(
      gfshare_ctx_init_enc(places.data(), label.count, label.threshold, kEnvelopeBytes));
  if (context == nullptr) throw VaultError("no_memory", "no memory for the shares");
  gfshare_ctx_enc_setsecret(context.get(), secret.data());
  std::vector<SealedShare> out;
  for (size_t i = 0; i < custodians.size(); ++i) {
    Secret share(kEnvelopeBytes);
    gfshare_ctx_enc_getshare(context.get(), static_cast<unsigned char>(i), share.data());
    label.index = places[i];
    label.custodian = fingerprint(custodians[i]);
    out.push_back({label, seal_to(custodians[i], label.context(), share)});
  }
  return out;
}

Share open_share(const SealedShare& share, std::span<const uint8_t> private_key) {
  auto bytes = open_from(private_key, share.label.context(), share.sealed);
  if (!bytes || bytes->size() != kEnvelopeBytes)
    throw VaultError("share_not_yours", "share " + std::to_string(share.label.index) +
                                            " is sealed to another key, or it was changed");
  return {share.label, std::move(*bytes)};
}

Kek combine_shares(const std::vector<Share>& shares) {
  if (shares.empty()) throw VaultError("share_too_few", "there is no share");
  const ShareLabel& first = shares.front().label;
  std::set<uint8_t> seen;
  for (const Share& share : shares) {
    if (share.label.set != first.set || share.label.generation != first.generation ||
        share.label.threshold != first.threshold || share.bytes.size() != kEnvelopeBytes)
      throw VaultError("share_foreign", "share " + std::to_string(share.label.index) +
                                            " is of another split than the first one");
    if (share.label.index == 0 || !seen.insert(share.label.index).second)
      throw VaultError("share_duplicate",
                       "share " + std::to_string(share.label.index) + " was given twice");
  }
  if (shares.size() < first.threshold)
    throw VaultError("share_too_few", std::to_string(shares.size()) + " shares of " +
                                          std::to_string(first.threshold) + " that are needed");
  gfshare_fill_rand = fill_random;
  std::vector<unsigned char> places;
  for (const Share& share : shares) places.push_back(share.label.index);
  const Context context(
      gfshare_ctx_init_dec(places.data(), static_cast<unsigned>(places.size()), kEnvelopeBytes));
  if (context == nullptr) throw VaultError("no_memory", "no memory for the shares");
  for (size_t i = 0; i < shares.size(); ++i) {
    Secret copy(shares[i].bytes);
    gfshare_ctx_dec_giveshare(context.get(), static_cast<unsigned char>(i), copy.data());
  }
  Secret secret(kEnvelopeBytes);
  gfshare_ctx_dec_extract(context.get(), secret.data());
  Kek kek{first.generation, Secret(secret.begin(), secret.begin() + kKeyBytes)};
  if (envelope(first, kek.key) != secret)
    throw VaultError("share_wrong", "these shares do not give the key that was split");
  return kek;
}

std::string share_text(const SealedShare& share) {
  const ShareLabel& label = share.label;
  return json{{"sallyport", kShareForm},        {"set", hex(label.set)},
              {"generation", label.generation}, {"shares", label.count},
              {"threshold", label.threshold},   {"index", label.index},
              {"custodian", label.custodian},   {"sealed", hex(share.sealed)}}
             .dump(2) +
         "\n";
}

SealedShare parse_share(std::string_view text) {
  try {
    const json from = json::parse(text);
    if (from.at("sallyport") != kShareForm) throw VaultError("share_unreadable", "another form");
    SealedShare share;
    const std::vector<uint8_t> set = unhex(from.at("set"));
    if (set.size() != share.label.set.size()) throw VaultError("share_unreadable", "its set");
    std::copy(set.begin(), set.end(), share.label.set.begin());
    share.label.generation = from.at("generation").get<uint32_t>();
    share.label.count = from.at("shares").get<uint8_t>();
    share.label.threshold = from.at("threshold").get<uint8_t>();
    share.label.index = from.at("index").get<uint8_t>();
    share.label.custodian = from.at("custodian").get<std::string>();
    share.sealed = unhex(from.at("sealed"));
    return share;
  } catch (const json::exception&) {
    throw VaultError("share_unreadable", "this is no share of a vault's key");
  }
}

std::string backup_text(const Kek& kek, const PublicKey& holder, const std::string& node) {
  const std::vector<uint8_t> sealed =
      seal_to(holder, backup_context(kek.generation, node), kek.key);
  return json{{"sallyport", kBackupForm},      {"node", node},
              {"generation", kek.generation},  {"kek_fingerprint", kek_fingerprint(kek)},
              {"holder", fingerprint(holder)}, {"sealed", hex(sealed)}}
             .dump(2) +
         "\n";
}

Backup parse_backup(std::string_view text) {
  try {
    const json from = json::parse(text);
    if (from.at("sallyport") != kBackupForm) throw VaultError("backup_unreadable", "another form");
    Backup backup;
    backup.node = from.at("node").get<std::string>();
    backup.holder = from.at("holder").get<std::string>();
    backup.kek_fingerprint = from.at("kek_fingerprint").get<std::string>();
    backup.generation = from.at("generation").get<uint32_t>();
    backup.sealed = unhex(from.at("sealed"));
    return backup;
  } catch (const json::exception&) {
    throw VaultError("backup_unreadable", "this is no backup of a vault's key");
  } catch (const VaultError&) {
    throw VaultError("backup_unreadable", "this is no backup of a vault's key");
  }
}

Kek open_backup(const Backup& backup, std::span<const uint8_t> private_key) {
  auto key = open_from(private_key, backup_context(backup.generation, backup.node), backup.sealed);
  if (!key || key->size() != kKeyBytes)
    throw VaultError("backup_not_yours", "the backup is sealed to another key, or it was changed");
  Kek kek{backup.generation, std::move(*key)};
  if (kek_fingerprint(kek) != backup.kek_fingerprint)
    throw VaultError("backup_not_yours", "the backup does not hold the key that it names");
  return kek;
}

}  // namespace sallyport::vault
