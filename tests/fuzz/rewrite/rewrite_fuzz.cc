// A body, an arguments string and a plain text, cut by the first bytes of the input: the edits must
// not depend on the cuts, nothing that was released may be edited, and what was JSON stays JSON.
//
// Input: one byte (kind of text and direction), one byte n, n bytes (distances of cuts), the text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "dataplane/rewrite/body/output_check.h"
#include "tests/unit/rewrite/rewrite_world.h"

namespace {

using namespace sallyport;
using namespace sallyport::rewrite;

void require(bool condition) {
  if (!condition) std::abort();
}

// The exchange of an answer knows some tokens; a request starts with none.
void prepare(World& world, Direction direction) {
  world.tokens.clear();
  if (direction == Direction::Request) return;
  (void)world.minted(World::Email, "john.doe@example.org");
  (void)world.minted(World::Url, "\"}\n\ndata: \x01\\");
}

Said run(World& world, unsigned kind, Direction direction, const std::string& text,
         const Cuts& cuts) {
  prepare(world, direction);
  if (kind == 0) return world.text_edits(direction, text, cuts);
  if (kind == 1) return world.arguments_edits(direction, text, cuts);
  static const llm::ApiKind openai = llm::shipped_kind("openai_chat");
  static const llm::ApiKind anthropic = llm::shipped_kind("anthropic_messages");
  const llm::ApiKind& api = kind == 2 ? openai : anthropic;
  return world.json_edits(direction, direction == Direction::Request ? api.request : api.response,
                          text, cuts);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const unsigned kind = data[0] % 4;
  const Direction direction = (data[0] & 4) != 0 ? Direction::Response : Direction::Request;
  const size_t count = std::min<size_t>(data[1] % 16, size - 2);
  const std::string text(reinterpret_cast<const char*>(data) + 2 + count,
                         std::min<size_t>(size - 2 - count, 8'192));
  Cuts cuts;
  size_t at = 0;
  for (size_t i = 0; i < count && (at += data[2 + i]) < text.size(); ++i) cuts.push_back(at);

  World& world = World::get();
  const Said whole = run(world, kind, direction, text, {});
  const Said cut = run(world, kind, direction, text, cuts);
  const Said bytes = run(world, kind, direction, text, every_byte(text.size()));
  require(!whole.broken && !cut.broken && !bytes.broken);
  require(cut == whole && bytes == whole);
  if (!whole.accepted) return 0;
  uint64_t last = 0;
  for (const SaidEdit& e : whole.edits) {
    require(e.start >= last && e.start <= e.end && e.end <= text.size());
    last = e.end;
  }
  static OutputCheck check;
  const bool json = kind > 0 && check.is_json(bytes_of(text));
  // Two names that mean the same value get the same token: then the output is refused, not sent.
  if (json && direction == Direction::Response) {
    const bool still = check.is_json(bytes_of(edited(text, whole.edits)));
    require(still || text.find("[") != std::string::npos);
  }
  return 0;
}
