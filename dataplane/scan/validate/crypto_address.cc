#include "dataplane/scan/validate/crypto_address.h"

#include <algorithm>
#include <string_view>

#include "dataplane/scan/validate/hash.h"

namespace sallyport::scan {
namespace {

constexpr std::string_view kBase58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::string_view kBech32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
// A version byte (two for Zcash), the hash of a key, four bytes of checksum.
constexpr size_t kPayloadBytes = 25;
constexpr uint32_t kBech32Constant = 1;
constexpr uint32_t kBech32mConstant = 0x2bc830a3;

constexpr std::array<uint8_t, 256> digits_of(std::string_view alphabet) {
  std::array<uint8_t, 256> out{};
  out.fill(255);
  for (size_t i = 0; i < alphabet.size(); ++i)
    out[static_cast<uint8_t>(alphabet[i])] = static_cast<uint8_t>(i);
  return out;
}
constexpr std::array<uint8_t, 256> kBase58Digits = digits_of(kBase58);
constexpr std::array<uint8_t, 256> kBech32Digits = digits_of(kBech32);

uint32_t polymod(uint32_t check, unsigned value) noexcept {
  constexpr std::array<uint32_t, 5> kGenerator = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                                  0x2a1462b3};
  const uint32_t top = check >> 25;
  check = (check & 0x1ffffff) << 5 ^ value;
  for (unsigned i = 0; i < 5; ++i)
    if ((top >> i & 1) != 0) check ^= kGenerator[i];
  return check;
}

bool is_version(uint8_t version) noexcept {
  // Bitcoin 0, 5, 111, 196; Litecoin 48, 50, 58; Dogecoin 30, 22; Dash 76, 16; Tron 65.
  constexpr std::array<uint8_t, 12> kVersions = {0, 5, 111, 196, 48, 50, 58, 30, 22, 76, 16, 65};
  return std::find(kVersions.begin(), kVersions.end(), version) != kVersions.end();
}

}  // namespace

bool base58check_address(Characters text) noexcept {
  if (text.size() < 26 || text.size() > 35) return false;
  // Room for one more byte: 35 characters may spell more than 25 bytes, which are then refused.
  std::array<uint8_t, kPayloadBytes + 1> bytes{};
  for (uint8_t c : text) {
    unsigned carry = kBase58Digits[c];
    if (carry == 255) return false;
    for (size_t i = bytes.size(); i-- > 0;) {
      carry += 58u * bytes[i];
      bytes[i] = static_cast<uint8_t>(carry);
      carry >>= 8;
    }
    if (carry != 0) return false;
  }
  const bool zcash = bytes[0] == 0x1c && (bytes[1] == 0xb8 || bytes[1] == 0xbd);
  if (bytes[0] != 0 && !zcash) return false;
  const Characters payload = Characters(bytes).subspan(zcash ? 0 : 1);
  if (!zcash && !is_version(payload[0])) return false;
  const Digest once = sha256(payload.first(payload.size() - 4));
  const Digest twice = sha256(once);
  return std::equal(payload.end() - 4, payload.end(), twice.begin());
}

bool segwit_address(Characters text) noexcept {
  if (text.size() < 14 || text.size() > 90) return false;
  const bool upper = is_upper(text[0]);
  size_t prefix = 0;
  for (std::string_view known : {"bc1", "tb1", "ltc1", "bcrt1"})
    if (text.size() > known.size() &&
        std::equal(known.begin(), known.end(), text.begin(),
                   [](char a, uint8_t b) { return static_cast<uint8_t>(a) == to_lower(b); }))
      prefix = known.size() - 1;
  if (prefix == 0) return false;
  uint32_t check = 1;
  for (size_t i = 0; i < prefix; ++i) check = polymod(check, to_lower(text[i]) >> 5);
  check = polymod(check, 0);
  for (size_t i = 0; i < prefix; ++i) check = polymod(check, to_lower(text[i]) & 31);
  for (size_t i = 0; i < text.size(); ++i) {
    if (is_letter(text[i]) && is_upper(text[i]) != upper) return false;
    if (i <= prefix) continue;
    const uint8_t value = kBech32Digits[to_lower(text[i])];
    if (value == 255) return false;
    check = polymod(check, value);
  }
  const bool version_zero = to_lower(text[prefix + 1]) == 'q';
  return check == (version_zero ? kBech32Constant : kBech32mConstant);
}

bool ethereum_address(Characters text) noexcept {
  if (text.size() != 42 || text[0] != '0' || (text[1] != 'x' && text[1] != 'X')) return false;
  const Characters hex = text.subspan(2);
  std::array<uint8_t, 40> low{};
  bool uppers = false, lowers = false;
  for (size_t i = 0; i < hex.size(); ++i) {
    low[i] = to_lower(hex[i]);
    if (!is_digit(low[i]) && (low[i] < 'a' || low[i] > 'f')) return false;
    uppers = uppers || is_upper(hex[i]);
    lowers = lowers || (is_letter(hex[i]) && !is_upper(hex[i]));
  }
  // 0x000...01 and the like are precompiled contracts, 0x000...dead is where coins are burnt.
  if (one_character(low) ||
      std::all_of(low.begin(), low.begin() + 32, [](uint8_t c) { return c == '0'; }))
    return false;
  if (!uppers || !lowers) return true;
  const Digest digest = keccak256(low);
  for (size_t i = 0; i < hex.size(); ++i) {
    if (!is_letter(hex[i])) continue;
    const unsigned nibble = digest[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15;
    if (is_upper(hex[i]) != (nibble >= 8)) return false;
  }
  return true;
}

}  // namespace sallyport::scan
