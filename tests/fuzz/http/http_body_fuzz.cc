// Any bytes as a chunked body, in any cuts, against the slow twin. Built a second time with a twin
// that is wrong on purpose, to show that this target can ring (http_body_rings).
#include "dataplane/http/body_decoder.h"
#include "tests/fuzz/cuts.h"
#include "tests/reference/http/chunked_twin.h"
#include "tests/unit/http/chains.h"

namespace sallyport::http {
namespace {

void try_body(const fuzz::CutInput& input) {
  static mem::SegmentPool pool(8'192, 48, mem::SegmentPool::Wipe::No);
  ChunkedRead expected = read_chunked_slowly(input.text);
#ifdef SALLYPORT_FUZZ_MUST_RING
  if (!expected.body.empty()) expected.body.back() ^= 1;
#endif
  BodyDecoder decoder;
  decoder.begin(Framing::Chunked, 0);
  mem::ByteChain in;
  mem::ByteChain out;
  auto result = BodyDecoder::Result::NeedMore;
  for (const std::string_view part : input.parts) {
    add(in, part, pool);
    if (result == BodyDecoder::Result::NeedMore) result = decoder.feed(in, out, pool);
  }
  const auto end = result == BodyDecoder::Result::Complete ? ChunkedRead::End::Complete
                   : result == BodyDecoder::Result::Failed ? ChunkedRead::End::Failed
                                                           : ChunkedRead::End::NeedMore;
  fuzz::expect(end == expected.end, "the same end");
  fuzz::expect(decoder.error() == expected.error, "the same error");
  fuzz::expect(text_of(out) == expected.body, "the same body");
  fuzz::expect(end != ChunkedRead::End::Complete || text_of(in) == expected.left, "the same rest");
  fuzz::expect(decoder.end_of_input() == (end == ChunkedRead::End::Complete), "no end by closing");
}

}  // namespace
}  // namespace sallyport::http

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 100'000) return 0;
  sallyport::http::try_body(sallyport::fuzz::cut_input(data, size));
  return 0;
}
