#include "dataplane/scan/recognise/secret/key_block.h"

#include "dataplane/base/bytes.h"
#include "dataplane/scan/read/reader.h"
#include "dataplane/scan/validate/secret_text.h"

namespace sallyport::scan {
namespace {

constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kPutty = "putty-user-key-file";
constexpr uint64_t kHeaderLineMax = 80;
// "Private-MAC: " and the hexadecimal digits of SHA-256.
constexpr uint64_t kPuttyMacBytes = 64;

bool is_base64(uint8_t c) noexcept { return is_alnum(c) || c == '+' || c == '/' || c == '='; }

// The end line is complete with its closing dashes.
bool closes(const TextView& text, uint64_t body, uint64_t at) noexcept {
  const uint64_t line = at + 1 > kHeaderLineMax ? std::max(body, at + 1 - kHeaderLineMax) : body;
  const std::string_view tail = base::text_of(text.slice(line, at + 1));
  const size_t from = tail.rfind("-----END");
  return from != std::string_view::npos &&
         tail.substr(from).find("PRIVATE KEY") != std::string_view::npos && tail.ends_with("-----");
}

// The header line names a private key: moves to the dash that ends it.
bool read_header(Reader& reader) noexcept {
  reader.skip(kBegin.size());
  const uint64_t from = reader.at();
  while (reader.peek() != '-' && reader.at() - from < kHeaderLineMax && reader.peek() != 0)
    reader.skip();
  return reader.peek() == '-' && contains_word(reader.slice(from, reader.at()), "private key");
}

Verdict read_body(const TextView& text, Reader& reader, uint64_t start, Hit& out) noexcept {
  const uint64_t body = reader.at();
  uint32_t row = 0, row_max = 0;
  for (;; reader.skip()) {
    const uint8_t c = reader.peek();
    if (c == 0) {
      if (reader.starved()) return Verdict::More;
      // The end of the text, or of what is read: counts as one when it holds key material.
      if (row_max < kKeyMaterialRun) return Verdict::No;
      break;
    }
    row = is_base64(c) ? row + 1 : 0;
    row_max = std::max(row_max, row);
    const uint64_t at = reader.at();
    if (c == '-' && at >= body + 4 && closes(text, body, at)) {
      reader.skip();
      if (row_max < kKeyMaterialRunClosed) return Verdict::No;
      break;
    }
    if (at - body >= kKeyMaterialWithin && row_max < kKeyMaterialRun) return Verdict::No;
  }
  out = Hit{start, reader.at(), false, 0};
  return Verdict::Match;
}

// Lines of "Name: value", the public lines, the private lines, the MAC.
Verdict read_putty(const TextView&, Reader& reader, uint64_t start, Hit& out) noexcept {
  bool is_private = false;
  uint64_t material = 0;
  while (!reader.at_limit() && reader.peek() != 0) {
    if (reader.take("private-lines:")) is_private = true;
    if (is_private && reader.take("private-mac:")) {
      reader.skip_blanks(2);
      const uint64_t from = reader.at();
      while (reader.at() - from < kPuttyMacBytes && is_hex(reader.peek())) reader.skip();
      break;
    }
    if (!is_private && reader.at() - start > 4 * kKeyMaterialWithin) return Verdict::No;
    material += is_private && is_base64(reader.peek()) ? 1 : 0;
    reader.skip();
  }
  if (reader.starved()) return Verdict::More;
  if (material < kKeyMaterialRun) return Verdict::No;
  out = Hit{start, reader.at(), false, 0};
  return Verdict::Match;
}

}  // namespace

Verdict key_block_at(const TextView& text, const Trigger& trigger, const RuleParameters&,
                     Hit& out) noexcept {
  Reader reader(text, trigger.start, trigger.start + kKeyBlockBytesMax);
  if (reader.take(kPutty)) return read_putty(text, reader, trigger.start, out);
  reader.move_to(trigger.start);
  const bool is_key = read_header(reader);
  if (reader.starved()) return Verdict::More;
  return is_key ? read_body(text, reader, trigger.start, out) : Verdict::No;
}

}  // namespace sallyport::scan
