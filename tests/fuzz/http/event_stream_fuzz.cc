// Any bytes as AWS frames, in any cuts: the same frames, and what is read can be written again byte
// for byte. Every second input is put into frames of its own, so that checksums are no wall.
#include <string>
#include <vector>

#include "dataplane/http/event_stream.h"
#include "tests/fuzz/cuts.h"
#include "tests/unit/http/chains.h"

namespace sallyport::http {
namespace {

struct Said {
  std::string raw;
  EventStreamError error = EventStreamError::None;
};

Said read(const std::vector<std::string_view>& parts) {
  Said said;
  EventStreamSplitter splitter;
  for (std::string_view part : parts) {
    splitter.feed(bytes_of(part));
    EventStreamMessage message;
    while (splitter.next(message) == EventStreamSplitter::Result::Message) {
      std::vector<uint8_t> again;
      write_event_stream_message(message.headers, message.payload, again);
      fuzz::expect(std::equal(again.begin(), again.end(), message.raw.begin(), message.raw.end()),
                   "written again it is the same frame");
      said.raw.append(message.raw.begin(), message.raw.end());
    }
  }
  said.error = splitter.error();
  return said;
}

void try_frames(const fuzz::CutInput& input) {
  std::string text(input.text);
  if (input.choice % 2 == 0) {
    std::vector<uint8_t> framed;
    const size_t half = text.size() / 2;
    write_event_stream_message(bytes_of(std::string_view(text).substr(0, half)),
                               bytes_of(std::string_view(text).substr(half)), framed);
    text.assign(framed.begin(), framed.end());
  }
  const Said whole = read({text});
  std::vector<std::string_view> parts;
  const size_t size = 1 + input.choice % 7;
  for (size_t at = 0; at < text.size(); at += size)
    parts.push_back(std::string_view(text).substr(at, size));
  const Said cut = read(parts);
  fuzz::expect(cut.raw == whole.raw && cut.error == whole.error, "the same frames at every cut");
  fuzz::expect(text.starts_with(whole.raw), "frames are the stream");
}

}  // namespace
}  // namespace sallyport::http

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 100'000) return 0;
  sallyport::http::try_frames(sallyport::fuzz::cut_input(data, size));
  return 0;
}
