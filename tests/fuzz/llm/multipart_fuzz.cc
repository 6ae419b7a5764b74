// Any bytes as a form, in any cuts: the same parts, offsets and verdict as at one piece, and every
// part's data is where the reader says it is.
#include <string>
#include <vector>

#include "dataplane/llm/multipart_reader.h"
#include "tests/fuzz/cuts.h"

namespace sallyport::llm {
namespace {

struct Seen final : public MultipartSink {
  bool part_begin(const MultipartPart& part) override {
    said.append("<").append(part.name).append("|").append(part.filename).append("|");
    said.append(part.content_type).append(">");
    next = 0;
    if (part.has_filename)
      fuzz::expect(text.substr(part.filename_start).starts_with(part.filename), "the name's place");
    return true;
  }
  bool part_data(std::span<const uint8_t> bytes, uint64_t raw_start) override {
    const std::string_view piece(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    fuzz::expect(!piece.empty() && text.substr(raw_start).starts_with(piece), "the data's place");
    fuzz::expect(next == 0 || raw_start == next, "pieces join");
    next = raw_start + piece.size();
    said.append(piece);
    return true;
  }
  bool part_end() override {
    said.append("</>");
    return true;
  }
  std::string_view text;
  std::string said;
  uint64_t next = 0;
};

struct Verdict {
  MultipartError error = MultipartError::None;
  uint64_t offset = 0;
  std::string said;
};

Verdict read(std::string_view text, const std::vector<std::string_view>& parts) {
  Seen seen;
  seen.text = text;
  MultipartReader reader;
  bool ok = reader.begin("B", seen);
  for (std::string_view part : parts)
    ok = ok && reader.feed({reinterpret_cast<const uint8_t*>(part.data()), part.size()});
  ok = ok && reader.end();
  fuzz::expect(ok == (reader.error() == MultipartError::None), "an error has a name");
  return {reader.error(), reader.offset(), seen.said};
}

void try_form(const fuzz::CutInput& input) {
  const Verdict whole = read(input.text, {input.text});
  const Verdict cut = read(input.text, input.parts);
  fuzz::expect(cut.error == whole.error && cut.offset == whole.offset, "the same verdict");
  fuzz::expect(cut.said == whole.said, "the same parts");
}

}  // namespace
}  // namespace sallyport::llm

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 100'000) return 0;
  sallyport::llm::try_form(sallyport::fuzz::cut_input(data, size));
  return 0;
}
