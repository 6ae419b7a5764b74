#include "controlplane/policy/bundle/names.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <string>

#include "dataplane/contract/evidence_record.h"
#include "dataplane/contract/path_pattern.h"

namespace sallyport::controlplane::policy {
namespace {

using contract::RequestPart;
// Names that fit here are never cut in a record.
static_assert(sizeof(RequestPart::tenant.bytes) == kTenantNameBytes);
static_assert(sizeof(RequestPart::principal.bytes) == kPrincipalBytes);
static_assert(sizeof(RequestPart::environment.bytes) == kEnvironmentNameBytes);
static_assert(sizeof(RequestPart::vendor.bytes) == kVendorNameBytes);
static_assert(sizeof(RequestPart::region.bytes) == kRegionBytes);
static_assert(sizeof(RequestPart::api_kind.bytes) == kApiKindNameBytes);
static_assert(sizeof(RequestPart::reason.bytes) == kReasonBytes);
static_assert(sizeof(contract::Tally::name.bytes) == kEntityNameBytes);

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }

int base64_value(char c) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const size_t at = kAlphabet.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

}  // namespace

bool is_bundle_name(std::string_view text, size_t bytes_max) {
  if (text.empty() || text.size() > bytes_max || text == "any") return false;
  const auto is_word = [](char c) { return is_lower(c) || is_digit(c); };
  return is_word(text.front()) && is_word(text.back()) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_word(c) || is_one_of(c, "._-"); });
}

bool is_principal_name(std::string_view text) {
  if (text.empty() || text.size() > kPrincipalBytes || text == "any") return false;
  const auto is_word = [](char c) { return is_lower(c) || is_upper(c) || is_digit(c); };
  return is_word(text.front()) && std::all_of(text.begin(), text.end(), [&](char c) {
           return is_word(c) || is_one_of(c, "._@:/+-");
         });
}

bool is_entity_name(std::string_view text) {
  if (text.empty() || text.size() > kEntityNameBytes || text == "LITERAL") return false;
  if (!is_upper(text.front()) || text.back() == '_' || text.find("__") != std::string_view::npos)
    return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_upper(c) || is_digit(c) || c == '_'; });
}

bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  bool last_has_letter = false;
  while (true) {
    const std::string_view label = text.substr(0, text.find('.'));
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-')
      return false;
    if (!std::all_of(label.begin(), label.end(),
                     [](char c) { return is_lower(c) || is_digit(c) || c == '-'; }))
      return false;
    last_has_letter = std::any_of(label.begin(), label.end(), is_lower);
    if (label.size() == text.size()) return last_has_letter;  // else it is an address
    text.remove_prefix(label.size() + 1);
  }
}

bool is_path(std::string_view text) {
  if (text.size() < 2 || text.size() > 512 || text.front() != '/' || text.back() == '/')
    return false;
  while (!text.empty()) {
    text.remove_prefix(1);
    const std::string_view segment = text.substr(0, text.find('/'));
    if (segment.empty() || segment == "." || segment == "..") return false;
    if (!std::all_of(segment.begin(), segment.end(), [](char c) {
          return is_lower(c) || is_upper(c) || is_digit(c) || is_one_of(c, "._~-:@!$&'()*+,;=");
        }))
      return false;
    text.remove_prefix(segment.size());
  }
  return true;
}

bool is_endpoint_path(std::string_view text) {
  std::string literal(text);
  std::erase_if(literal, [](char c) { return c == '{' || c == '}'; });
  return is_path(literal) && contract::is_path_pattern(text);
}

bool is_query_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return is_lower(c) || is_upper(c) || is_digit(c) || is_one_of(c, "._-$[]");
  });
}

namespace {

std::optional<uint32_t> parse_ipv4(std::string_view text) {
  uint32_t out = 0;
  for (int i = 0; i < 4; ++i) {
    const std::string_view part = text.substr(0, text.find('.'));
    unsigned value = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (part.empty() || part.size() > 3 || error != std::errc() ||
        end != part.data() + part.size() || value > 255 || (part.size() > 1 && part[0] == '0'))
      return std::nullopt;
    out = out << 8 | value;
    text.remove_prefix(part.size());
    if ((i < 3) != (!text.empty() && text.front() == '.')) return std::nullopt;
    if (i < 3) text.remove_prefix(1);
  }
  if (!text.empty()) return std::nullopt;
  return out;
}

// ::ffff:0:0/96, in which ImageAddress keeps IPv4.
bool is_mapped(const contract::ImageAddress& address) {
  const auto& b = address.bytes;
  return std::all_of(b.begin(), b.begin() + 10, [](uint8_t byte) { return byte == 0; }) &&
         b[10] == 0xff && b[11] == 0xff;
}

}  // namespace

std::optional<contract::ImageAddress> parse_address(std::string_view text) {
  if (const auto v4 = parse_ipv4(text)) return contract::ImageAddress(*v4);
  contract::ImageAddress out;
  if (::inet_pton(AF_INET6, std::string(text).c_str(), out.bytes.data()) != 1 || is_mapped(out) ||
      text.find('\0') != text.npos)
    return std::nullopt;
  return out;
}

bool is_reachable(const contract::ImageAddress& address) {
  const auto& b = address.bytes;
  if (is_mapped(address)) return b[12] != 0 && b[12] != 127 && b[12] < 224;
  const bool is_link_local = b[0] == 0xfe && (b[1] & 0xc0) == 0x80;
  // ::/8 has the unspecified address, loopback, and old ways of writing IPv4.
  return b[0] != 0 && b[0] != 0xff && !is_link_local;
}

std::optional<contract::Digest> parse_pin(std::string_view text) {
  constexpr std::string_view kPrefix = "sha256/";
  if (!text.starts_with(kPrefix)) return std::nullopt;
  text.remove_prefix(kPrefix.size());
  if (text.size() != 44 || text[43] != '=') return std::nullopt;
  contract::Digest out{};
  uint32_t bits = 0;
  int bit_count = 0;
  size_t written = 0;
  for (char c : text.substr(0, 43)) {
    const int value = base64_value(c);
    if (value < 0) return std::nullopt;
    bits = (bits << 6 | static_cast<uint32_t>(value)) & 0xffff;
    bit_count += 6;
    if (bit_count < 8) continue;
    bit_count -= 8;
    if (written < out.size()) out[written++] = static_cast<uint8_t>(bits >> bit_count);
  }
  // The last character carries two bits that must be zero, or two texts would be one pin.
  if (written != out.size() || (bits & ((1U << bit_count) - 1)) != 0) return std::nullopt;
  return out;
}

}  // namespace sallyport::controlplane::policy
