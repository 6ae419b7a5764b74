#include "dataplane/http/head_parser.h"

#include <algorithm>
#include <cstring>

#include "dataplane/base/ascii.h"
#include "dataplane/contract/path_pattern.h"
#include "dataplane/mem/wipe.h"

namespace sallyport::http {
namespace {

bool is_token_char(char c) noexcept {
  if (base::is_alnum(static_cast<uint8_t>(c))) return true;
  return std::strchr("!#$%&'*+-.^_`|~", c) != nullptr && c != '\0';
}

bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

// field-vchar, obs-text, space and tab (RFC 9110 5.5).
bool is_field_value(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return u == '\t' || (u >= 0x20 && u != 0x7f);
  });
}

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// Digits only; at most 18 of them, so that it cannot overflow.
bool parse_length(std::string_view text, uint64_t& out) noexcept {
  if (text.empty() || text.size() > 18 || !std::all_of(text.begin(), text.end(), is_digit))
    return false;
  out = 0;
  for (char c : text) out = out * 10 + static_cast<uint64_t>(c - '0');
  return true;
}

// Takes one line ended by CRLF off `text`.
bool take_line(std::string_view& text, std::string_view& line) noexcept {
  const size_t end = text.find("\r\n");
  if (end == std::string_view::npos) return false;
  line = text.substr(0, end);
  text.remove_prefix(end + 2);
  return true;
}

//= RFC 9112 2.2: a bare CR or a bare LF is not a line end
HeadError parse_fields(std::string_view text, Headers& headers) noexcept {
  std::string_view line;
  while (take_line(text, line)) {
    if (line.empty()) return HeadError::None;
    if (line.front() == ' ' || line.front() == '\t') return HeadError::LineFolding;
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) return HeadError::BadHeaderName;
    const std::string_view name = line.substr(0, colon);
    if (!name.empty() && (name.back() == ' ' || name.back() == '\t'))
      return HeadError::SpaceBeforeColon;
    if (!is_token(name)) return HeadError::BadHeaderName;
    const std::string_view value = without_ows(line.substr(colon + 1));
    if (!is_field_value(value)) return HeadError::BadHeaderValue;
    if (!headers.add(Header{name, value})) return HeadError::TooManyHeaders;
  }
  return HeadError::BadLineEnd;
}

// CR only before LF, LF only behind CR, in the whole head.
bool line_ends_are_clean(std::string_view text) noexcept {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n')) return false;
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) return false;
  }
  return true;
}

struct Lengths {
  bool chunked = false;
  bool has_length = false;
  uint64_t content_length = 0;
};

//= RFC 9112 6.3: both a transfer coding and a length, or two lengths -> refuse
HeadError read_lengths(const Headers& headers, bool version_1_0, Lengths& out) noexcept {
  for (const Header& header : headers) {
    if (equals_ignoring_case(header.name, "transfer-encoding")) {
      if (out.chunked || !equals_ignoring_case(header.value, "chunked"))
        return HeadError::BadTransferCoding;
      out.chunked = true;
    } else if (equals_ignoring_case(header.name, "content-length")) {
      if (out.has_length) return HeadError::DuplicateLength;
      if (!parse_length(header.value, out.content_length)) return HeadError::BadLength;
      out.has_length = true;
    }
  }
  if (out.chunked && out.has_length) return HeadError::LengthAndChunked;
  if (out.chunked && version_1_0) return HeadError::OldVersionChunked;
  return HeadError::None;
}

bool is_content_encoded(const Headers& headers) noexcept {
  for (const Header& header : headers)
    if (equals_ignoring_case(header.name, "content-encoding") && !header.value.empty() &&
        !equals_ignoring_case(header.value, "identity"))
      return true;
  return false;
}

bool keeps_alive(const Headers& headers, bool version_1_0) noexcept {
  bool keep = !version_1_0;
  for (const Header& header : headers) {
    if (!equals_ignoring_case(header.name, "connection")) continue;
    if (list_has_token(header.value, "close")) return false;
    if (list_has_token(header.value, "keep-alive")) keep = true;
  }
  return keep;
}

bool is_host_char(char c) noexcept {
  return base::is_letter(static_cast<uint8_t>(c)) || is_digit(c) || c == '-' || c == '.' ||
         c == '_';
}

// "[" IPv6address "]" (RFC 3986 3.2.2), without a zone: what names a route is compared as it
// stands.
bool is_ipv6_literal(std::string_view host) noexcept {
  constexpr size_t kBytesMax = 47;  // six groups, an IPv4 address, the brackets
  if (host.size() > kBytesMax || !host.starts_with('[') || !host.ends_with(']')) return false;
  host = host.substr(1, host.size() - 2);
  return std::count(host.begin(), host.end(), ':') > 1 &&
         std::all_of(host.begin(), host.end(), [](char c) {
           return base::hex_value(static_cast<uint8_t>(c)) >= 0 || c == ':' || c == '.';
         });
}

// reg-name, IPv4 or an IPv6 literal with an optional port; user info and anything else are refused.
bool parse_host(std::string_view value, std::string_view& host) noexcept {
  const size_t bracket = value.starts_with('[') ? value.find(']') : 0;
  const size_t colon = value.find(':', bracket);
  host = value.substr(0, colon);
  const bool is_name =
      !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), is_host_char);
  if (!is_name && !is_ipv6_literal(host)) return false;
  if (colon == std::string_view::npos) return true;
  const std::string_view port = value.substr(colon + 1);
  return !port.empty() && port.size() <= 5 && std::all_of(port.begin(), port.end(), is_digit);
}

// Any escape but those that SDKs write in the name of a model.
bool has_escape(std::string_view path) noexcept {
  for (size_t at = path.find('%'); at != std::string_view::npos; at = path.find('%', at + 1)) {
    const size_t start = path.rfind('/', at) + 1;
    const std::string_view segment = path.substr(start, path.find('/', at) - start);
    if (!contract::is_path_escape(segment, at - start)) return true;
  }
  return false;
}

bool is_target_char(char c) noexcept {
  const auto u = static_cast<unsigned char>(c);
  return u > 0x20 && u < 0x7f && std::strchr("\"<>\\^`{|}#", c) == nullptr;
}

}  // namespace

HeadBuffer::Result HeadBuffer::take(mem::ByteChain& in) noexcept {
  while (!in.empty()) {
    const auto front = in.front();
    size_t used = 0;
    while (used < front.size()) {
      if (size_ == bytes_.size()) {
        error_ = HeadError::TooLarge;
        return Result::Failed;
      }
      const char c = static_cast<char>(front[used++]);
      if (c == '\0') {
        error_ = HeadError::BadHeaderValue;
        return Result::Failed;
      }
      bytes_[size_++] = c;
      if (c != '\n') continue;
      // An empty line ends the search whichever way its two line ends are written: a head with a
      // bare LF must not wait for ever, it is judged (and refused) as it is.
      const std::string_view sofar = text();
      if (sofar.ends_with("\n\r\n") || sofar.ends_with("\n\n") || sofar == "\r\n" ||
          sofar == "\n") {
        in.consume(used);
        return Result::Complete;
      }
    }
    in.consume(used);
  }
  return Result::NeedMore;
}

void HeadBuffer::reset() noexcept {
  mem::wipe({reinterpret_cast<uint8_t*>(bytes_.data()), size_});
  size_ = 0;
  error_ = HeadError::None;
}

void RequestHeadParser::reset() noexcept {
  buffer_.reset();
  head_ = RequestHead{};
  error_ = HeadError::None;
  authority_ = {};
}

RequestHeadParser::Result RequestHeadParser::feed(mem::ByteChain& in) noexcept {
  const Result result = buffer_.take(in);
  if (result == Result::NeedMore) return result;
  error_ = result == Result::Failed ? buffer_.error() : parse();
  return error_ == HeadError::None ? Result::Complete : Result::Failed;
}

HeadError RequestHeadParser::parse() noexcept {
  std::string_view text = buffer_.text();
  if (!line_ends_are_clean(text)) return HeadError::BadLineEnd;
  std::string_view line;
  if (!take_line(text, line)) return HeadError::BadStartLine;
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return HeadError::BadStartLine;
  head_.method = line.substr(0, first);
  head_.target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!is_token(head_.method)) return HeadError::BadMethod;
  if (head_.method == "CONNECT") return HeadError::Connect;
  if (head_.method == "PRI" && version == "HTTP/2.0") return HeadError::Http2;  // RFC 9113 3.4
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return HeadError::BadVersion;
  HeadError error = parse_target();
  if (error != HeadError::None) return error;
  error = parse_fields(text, head_.headers);
  if (error != HeadError::None) return error;
  const bool old = version == "HTTP/1.0";
  head_.is_old = old;
  Lengths lengths;
  error = read_lengths(head_.headers, old, lengths);
  if (error != HeadError::None) return error;
  head_.keep_alive = keeps_alive(head_.headers, old);
  head_.framing = lengths.chunked
                      ? Framing::Chunked
                      : (lengths.has_length && lengths.content_length > 0 ? Framing::ContentLength
                                                                          : Framing::None);
  head_.content_length = lengths.content_length;
  return judge();
}

HeadError RequestHeadParser::parse_target() noexcept {
  std::string_view target = head_.target;
  if (target.empty() || target.size() > kTargetBytesMax ||
      !std::all_of(target.begin(), target.end(), is_target_char))
    return HeadError::BadTarget;
  for (std::string_view scheme : {std::string_view("https://"), std::string_view("http://")}) {
    if (target.size() < scheme.size() ||
        !equals_ignoring_case(target.substr(0, scheme.size()), scheme))
      continue;
    target.remove_prefix(scheme.size());
    const size_t slash = target.find('/');
    authority_ = target.substr(0, slash);
    //= RFC 9110 4.2.1: an http URI with an empty host is invalid
    if (authority_.empty()) return HeadError::BadTarget;
    target = slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
    break;
  }
  if (target.front() != '/') return HeadError::BadTarget;
  const size_t question = target.find('?');
  head_.path = target.substr(0, question);
  head_.query =
      question == std::string_view::npos ? std::string_view{} : target.substr(question + 1);
  // What a vendor might resolve differently than the route table is not a path we know.
  if (head_.path.find("//") != std::string_view::npos ||
      head_.path.find("/./") != std::string_view::npos ||
      head_.path.find("/../") != std::string_view::npos || head_.path.ends_with("/..") ||
      head_.path.ends_with("/.") || has_escape(head_.path))
    return HeadError::BadTarget;
  return HeadError::None;
}

//= RFC 9112 3.2: a missing, repeated or invalid Host -> 400
HeadError RequestHeadParser::judge() noexcept {
  const size_t hosts = head_.headers.count_of("host");
  if (hosts == 0) return HeadError::MissingHost;
  if (hosts > 1) return HeadError::DuplicateHost;
  const std::string_view host = head_.headers.find("host");
  if (!parse_host(host, head_.host)) return HeadError::BadHost;
  if (!authority_.empty() && !equals_ignoring_case(authority_, host))
    return HeadError::HostMismatch;
  if (head_.headers.count_of("content-type") > 1) return HeadError::BadContentType;
  head_.upgrade = head_.headers.count_of("upgrade") > 0;
  head_.content_encoded = is_content_encoded(head_.headers);
  const std::string_view expect = head_.headers.find("expect");
  if (!expect.empty()) {
    if (!equals_ignoring_case(expect, "100-continue")) return HeadError::BadExpectation;
    //= RFC 9110 10.1.1: a server that gets it in an HTTP/1.0 request must ignore it
    head_.expect_continue = !head_.is_old;
  }
  return HeadError::None;
}

void ResponseHeadParser::reset() noexcept {
  buffer_.reset();
  head_ = ResponseHead{};
  error_ = HeadError::None;
}

ResponseHeadParser::Result ResponseHeadParser::feed(mem::ByteChain& in,
                                                    bool request_was_head) noexcept {
  const Result result = buffer_.take(in);
  if (result == Result::NeedMore) return result;
  error_ = result == Result::Failed ? buffer_.error() : parse(request_was_head);
  return error_ == HeadError::None ? Result::Complete : Result::Failed;
}

HeadError ResponseHeadParser::parse(bool request_was_head) noexcept {
  std::string_view text = buffer_.text();
  if (!line_ends_are_clean(text)) return HeadError::BadLineEnd;
  std::string_view line;
  if (!take_line(text, line)) return HeadError::BadStartLine;
  if (line.size() < 12 || (!line.starts_with("HTTP/1.1 ") && !line.starts_with("HTTP/1.0 ")))
    return HeadError::BadVersion;
  const std::string_view code = line.substr(9, 3);
  if (!std::all_of(code.begin(), code.end(), is_digit) || (line.size() > 12 && line[12] != ' '))
    return HeadError::BadStatus;
  if (!is_field_value(line.substr(12))) return HeadError::BadStatus;
  head_.status =
      static_cast<uint16_t>((code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0'));
  if (head_.status < 100 || head_.status > 599) return HeadError::BadStatus;
  const HeadError error = parse_fields(text, head_.headers);
  if (error != HeadError::None) return error;
  head_.keep_alive = keeps_alive(head_.headers, line.starts_with("HTTP/1.0"));
  return judge(request_was_head);
}

HeadError ResponseHeadParser::judge(bool request_was_head) noexcept {
  Lengths lengths;
  const HeadError error = read_lengths(head_.headers, false, lengths);
  if (error != HeadError::None) return error;
  if (head_.headers.count_of("content-type") > 1) return HeadError::BadContentType;
  const std::string_view type = head_.headers.find("content-type");
  head_.content_type = without_ows(type.substr(0, type.find(';')));
  head_.content_encoded = is_content_encoded(head_.headers);
  head_.content_length = lengths.content_length;
  //= RFC 9112 6.3 rule 1: no body after HEAD, 1xx, 204 and 304
  if (request_was_head || head_.status < 200 || head_.status == 204 || head_.status == 304) {
    head_.framing = Framing::None;
  } else if (lengths.chunked) {
    head_.framing = Framing::Chunked;
  } else if (lengths.has_length) {
    head_.framing = lengths.content_length > 0 ? Framing::ContentLength : Framing::None;
  } else {
    head_.framing = Framing::UntilClose;
    head_.keep_alive = false;
  }
  return HeadError::None;
}

}  // namespace sallyport::http
