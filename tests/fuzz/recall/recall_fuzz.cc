// What crosses the recall rings, read by the side that did not write it. The input is a question,
// an answer, or one that was right with a list of changes; its checksum is set right again, so that
// more than the checksum is tried.
//
// Must hold: what is taken for a question has only texts and characters that a record may hold;
// what is taken for an answer has its value inside the slot, and one that was changed never opens.
#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <vector>

#include "controlplane/restore/recall_rings.h"
#include "controlplane/restore/recall_sealer.h"
#include "dataplane/base/check.h"
#include "dataplane/base/hash.h"
#include "dataplane/evidence/recall_ring.h"
#include "dataplane/redact/recall_opener.h"

namespace {

using namespace sallyport;
using contract::RecallAnswer;
using contract::RecallQuestion;

constexpr uint64_t kNumber = 5;

void check_of(void* slot, size_t bytes, uint64_t& check) {
  check = contract::recall_check(base::siphash13({}, contract::recall_behind_check(slot, bytes)),
                                 kNumber);
}

// Three bytes each: where (16 bit), and what is added there.
template <class Slot>
bool change(Slot& slot, const uint8_t* data, size_t size) {
  std::array<uint8_t, sizeof(Slot)> bytes;
  std::memcpy(bytes.data(), &slot, sizeof slot);
  const auto before = bytes;
  for (size_t at = 0; at + 3 <= size; at += 3) {
    const size_t where = (data[at] | size_t{data[at + 1]} << 8) % bytes.size();
    bytes[where] = static_cast<uint8_t>(bytes[where] + data[at + 2]);
  }
  std::memcpy(&slot, bytes.data(), sizeof slot);
  return bytes != before;
}

void try_question(const uint8_t* data, size_t size, bool raw) {
  RecallQuestion question{};
  if (raw) {
    std::memcpy(&question, data, std::min(size, sizeof question));
  } else {
    question.tenant.assign("acme");
    question.principal.assign("robot");
    question.vendor.assign("openai");
    question.entity.assign("EMAIL_ADDRESS");
    question.core.fill('0');
    change(question, data, size);
  }
  question.number = kNumber;
  check_of(&question, sizeof question, question.check);
  const std::span<const uint8_t> slot(reinterpret_cast<const uint8_t*>(&question), sizeof question);
  const auto read = restore::read_question(slot, kNumber);
  if (!read) return;
  for (const char c : read->core) SP_CHECK((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'));
  for (const std::string_view text :
       {read->tenant.view(), read->principal.view(), read->vendor.view(), read->entity.view()})
    for (const char c : text) SP_CHECK(c >= 0x20 && c <= 0x7e);
  SP_CHECK(!restore::read_question(slot, kNumber + contract::kRecallQuestionSlots));
}

void try_answer(const uint8_t* data, size_t size, bool raw) {
  static redact::RecallOpener opener;
  static restore::RecallSealer sealer;
  SP_CHECK(opener.renew(base::Instant{1}));
  auto answer = std::make_unique<RecallAnswer>();
  *answer = RecallAnswer{};
  bool changed = true;
  if (raw) {
    std::memcpy(answer.get(), data, std::min(size, sizeof *answer));
  } else {
    answer->number = kNumber;
    answer->question = 9;
    answer->key_serial = opener.serial();
    answer->status = static_cast<uint8_t>(contract::RecallStatus::Restored);
    const std::array<uint8_t, 5> value{'v', 'a', 'l', 'u', 'e'};
    SP_CHECK(sealer.seal(opener.public_key(), value, *answer));
    const RecallAnswer before = *answer;
    change(*answer, data, size);
    const size_t bytes = offsetof(RecallAnswer, sealed) + value.size() + contract::kRecallTagBytes;
    changed =
        std::memcmp(&before.question, &answer->question, bytes - contract::kRecallBoundOffset) != 0;
  }
  answer->number = kNumber;
  const size_t sealed =
      std::min(contract::recall_sealed_bytes(answer->value_bytes), sizeof answer->sealed);
  check_of(answer.get(), offsetof(RecallAnswer, sealed) + sealed, answer->check);
  if (!evidence::is_recall_answer(*answer, kNumber)) return;
  SP_CHECK(contract::recall_sealed_bytes(answer->value_bytes) <= sizeof answer->sealed);
  std::vector<uint8_t> out(answer->value_bytes);
  SP_CHECK(opener.open(*answer, out) == (!changed && !out.empty()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const bool raw = (data[0] & 1) != 0;
  if ((data[0] & 2) != 0)
    try_question(data + 1, size - 1, raw);
  else
    try_answer(data + 1, size - 1, raw);
  return 0;
}
