#include "dataplane/http/serialise.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "dataplane/base/bytes.h"
#include "dataplane/base/check.h"

namespace sallyport::http {
namespace {

using base::bytes_of;

bool is_line_safe(std::string_view text) noexcept {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

}  // namespace

void HeadWriter::put(std::string_view text) noexcept {
  ok_ = ok_ && out_.append_copy(bytes_of(text), pool_);
}

void HeadWriter::request_line(std::string_view method, std::string_view target) noexcept {
  SP_CHECK(is_line_safe(method) && is_line_safe(target));
  put(method);
  put(" ");
  put(target);
  put(" HTTP/1.1\r\n");
}

void HeadWriter::status_line(uint16_t status) noexcept {
  std::array<char, 8> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), status);
  put("HTTP/1.1 ");
  put({digits.data(), static_cast<size_t>(end.ptr - digits.data())});
  put(" ");
  put(reason_phrase(status));
  put("\r\n");
}

void HeadWriter::header(std::string_view name, std::string_view value) noexcept {
  SP_CHECK(is_line_safe(name) && is_line_safe(value));
  put(name);
  put(": ");
  put(value);
  put("\r\n");
}

void HeadWriter::header(std::string_view name, uint64_t value) noexcept {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  header(name, std::string_view(digits.data(), static_cast<size_t>(end.ptr - digits.data())));
}

bool HeadWriter::finish() noexcept {
  put("\r\n");
  return ok_;
}

bool write_chunk(std::span<const uint8_t> data, mem::ByteChain& out,
                 mem::SegmentPool& pool) noexcept {
  if (data.empty()) return true;  // an empty chunk would end the body
  std::array<char, 20> size{};
  const auto end = std::to_chars(size.data(), size.data() + 16, data.size(), 16);
  *end.ptr = '\r';
  *(end.ptr + 1) = '\n';
  const std::string_view line(size.data(), static_cast<size_t>(end.ptr - size.data()) + 2);
  return out.append_copy(bytes_of(line), pool) && out.append_copy(data, pool) &&
         out.append_copy(bytes_of("\r\n"), pool);
}

bool write_last_chunk(mem::ByteChain& out, mem::SegmentPool& pool) noexcept {
  return out.append_copy(bytes_of("0\r\n\r\n"), pool);
}

std::string_view reason_phrase(uint16_t status) noexcept {
  switch (status) {
    case 100:
      return "Continue";
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "-";
  }
}

bool is_hop_by_hop(std::string_view name, const Headers& headers) noexcept {
  static constexpr std::array<std::string_view, 12> kNames{"connection",
                                                           "keep-alive",
                                                           "proxy-connection",
                                                           "proxy-authenticate",
                                                           "proxy-authorization",
                                                           "te",
                                                           "trailer",
                                                           "transfer-encoding",
                                                           "upgrade",
                                                           "content-length",
                                                           "expect",
                                                           "host"};
  if (std::any_of(kNames.begin(), kNames.end(),
                  [&](auto n) { return equals_ignoring_case(n, name); }))
    return true;
  return std::any_of(headers.begin(), headers.end(), [&](const Header& h) {
    return equals_ignoring_case(h.name, "connection") && list_has_token(h.value, name);
  });
}

}  // namespace sallyport::http
