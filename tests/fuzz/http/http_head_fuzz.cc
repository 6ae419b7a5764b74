// Any bytes as a request or response head: no cut reads differently, and what is accepted has one
// meaning: written out again and read again, it says the same.
#include <string>

#include "dataplane/http/head_parser.h"
#include "dataplane/http/serialise.h"
#include "tests/fuzz/cuts.h"
#include "tests/unit/http/chains.h"

namespace sallyport::http {
namespace {

using fuzz::expect;
using Result = HeadBuffer::Result;

mem::SegmentPool& pool() {
  static mem::SegmentPool made(4'096, 48, mem::SegmentPool::Wipe::No);
  return made;
}

template <class Parser, class Feed>
Result read(Parser& parser, const std::vector<std::string_view>& parts, std::string& left,
            Feed feed) {
  mem::ByteChain in;
  Result result = Result::NeedMore;
  for (const std::string_view part : parts) {
    add(in, part, pool());
    if (result == Result::NeedMore) result = feed(parser, in);
  }
  if (result != Result::Failed) left = text_of(in);
  return result;
}

bool same_fields(const Headers& a, const Headers& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i)
    if (a[i].name != b[i].name || a[i].value != b[i].value) return false;
  return true;
}

// What a vendor could see of a field is in it as one line.
void expect_clean(const Headers& headers) {
  for (const Header& header : headers) {
    expect(!header.name.empty() && header.name.find_first_of(" \t:\r\n") == std::string_view::npos,
           "a name is a token");
    expect(header.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos,
           "a value is one line");
  }
  expect(headers.count_of("content-length") <= 1, "one length");
  expect(headers.count_of("transfer-encoding") <= 1, "one coding");
  expect(headers.count_of("content-length") + headers.count_of("transfer-encoding") <= 1,
         "a length or a coding");
}

void try_request(const fuzz::CutInput& input) {
  const auto feed = [](RequestHeadParser& parser, mem::ByteChain& in) { return parser.feed(in); };
  RequestHeadParser whole;
  RequestHeadParser cut;
  std::string left_whole;
  std::string left_cut;
  const Result result = read(whole, {input.text}, left_whole, feed);
  expect(read(cut, input.parts, left_cut, feed) == result, "a cut gives the same result");
  expect(whole.error() == cut.error() && left_whole == left_cut, "a cut leaves the same");
  if (result != Result::Complete) return;
  const RequestHead& head = whole.head();
  expect(same_fields(head.headers, cut.head().headers), "a cut gives the same fields");
  expect(head.headers.count_of("host") == 1, "one host");
  expect(head.path.starts_with('/'), "a path begins with a slash");
  expect_clean(head.headers);
  mem::ByteChain again;
  HeadWriter writer(again, pool());
  writer.request_line(head.method, head.target);
  for (const Header& header : head.headers) writer.header(header.name, header.value);
  expect(writer.finish(), "memory");
  if (again.size() > kHeadBytesMax) return;  // trimmed white space came back as ": "
  RequestHeadParser second;
  expect(second.feed(again) == Result::Complete, "our own head is read");
  expect(same_fields(head.headers, second.head().headers) && head.path == second.head().path &&
             head.query == second.head().query && head.framing == second.head().framing &&
             head.content_length == second.head().content_length && head.host == second.head().host,
         "our own head means the same");
}

void try_response(const fuzz::CutInput& input) {
  const bool to_head = (input.choice & 2) != 0;
  const auto feed = [to_head](ResponseHeadParser& parser, mem::ByteChain& in) {
    return parser.feed(in, to_head);
  };
  ResponseHeadParser whole;
  ResponseHeadParser cut;
  std::string left_whole;
  std::string left_cut;
  const Result result = read(whole, {input.text}, left_whole, feed);
  expect(read(cut, input.parts, left_cut, feed) == result, "a cut gives the same result");
  expect(whole.error() == cut.error() && left_whole == left_cut, "a cut leaves the same");
  if (result != Result::Complete) return;
  const ResponseHead& head = whole.head();
  expect(same_fields(head.headers, cut.head().headers) && head.framing == cut.head().framing,
         "a cut gives the same answer");
  expect(head.status >= 100 && head.status <= 599, "a status");
  expect(!to_head || head.framing == Framing::None, "no body after HEAD");
  expect_clean(head.headers);
}

}  // namespace
}  // namespace sallyport::http

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 20'000) return 0;
  const sallyport::fuzz::CutInput input = sallyport::fuzz::cut_input(data, size);
  if ((input.choice & 1) == 0)
    sallyport::http::try_request(input);
  else
    sallyport::http::try_response(input);
  return 0;
}
