// Any bytes as a stream of events, in any cuts, against the slow twin; the raw bytes of all events
// are the stream.
#include "dataplane/http/sse_splitter.h"
#include "tests/fuzz/cuts.h"
#include "tests/reference/http/sse_twin.h"
#include "tests/unit/http/chains.h"

namespace sallyport::http {
namespace {

void try_stream(const fuzz::CutInput& input) {
  const SlowStream expected = read_events_slowly(input.text);
  SseSplitter splitter;
  std::string raw;
  size_t count = 0;
  for (const std::string_view part : input.parts) {
    splitter.feed(bytes_of(part));
    SseEvent event;
    SseSplitter::Result result;
    while ((result = splitter.next(event)) == SseSplitter::Result::Event) {
      fuzz::expect(count < expected.events.size(), "as many events");
      const SlowEvent& slow = expected.events[count++];
      fuzz::expect(event.name == slow.name && event.has_data == slow.has_data, "the same event");
      fuzz::expect(std::string(event.data.begin(), event.data.end()) == slow.data, "the same data");
      raw.append(event.raw.begin(), event.raw.end());
    }
    fuzz::expect(result == SseSplitter::Result::NeedMore, "no failure below the limit");
  }
  fuzz::expect(count == expected.events.size(), "as many events");
  fuzz::expect(input.text.starts_with(raw), "raw bytes are the stream");
  fuzz::expect((splitter.unfinished_bytes() > 0) == expected.unfinished, "the same rest");
}

}  // namespace
}  // namespace sallyport::http

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 100'000) return 0;
  sallyport::http::try_stream(sallyport::fuzz::cut_input(data, size));
  return 0;
}
