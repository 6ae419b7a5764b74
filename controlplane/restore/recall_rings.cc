#include "controlplane/restore/recall_rings.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "controlplane/evidence/ring/abandoned_file.h"
#include "dataplane/base/bus_guard.h"
#include "dataplane/base/hash.h"
#include "dataplane/contract/request_id.h"
#include "dataplane/contract/ring_layout.h"

namespace sallyport::restore {

using contract::RecallAnswer;
using contract::RecallAnswerHeader;
using contract::RecallAskHeader;
using contract::RecallQuestion;

namespace {

constexpr std::string_view kAskSuffix = ".ask";
constexpr std::string_view kAnswerSuffix = ".answer";

bool is_token_char(char c) {
  return c != '\0' && contract::kCrockfordDigits.find(c) != std::string_view::npos;
}
bool is_entity_char(char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

template <class Value>
bool read_at(int file, size_t offset, Value& into) {
  return ::pread(file, &into, sizeof into, static_cast<off_t>(offset)) ==
         static_cast<ssize_t>(sizeof into);
}

}  // namespace

std::optional<RecallQuestion> read_question(std::span<const uint8_t> slot, uint64_t number) {
  RecallQuestion question;
  if (slot.size() != sizeof question) return std::nullopt;
  std::memcpy(&question, slot.data(), sizeof question);
  const uint64_t hash =
      base::siphash13({}, contract::recall_behind_check(&question, sizeof question));
  const bool sound =
      question.number == number && question.check == contract::recall_check(hash, number) &&
      question.reserved0 == decltype(question.reserved0){} && question.tenant.valid() &&
      question.principal.valid() && question.vendor.valid() && question.environment.valid() &&
      question.reason.valid() && question.entity.valid();
  if (!sound || question.tenant.view().empty() || question.principal.view().empty() ||
      question.entity.view().empty())
    return std::nullopt;
  const std::string_view entity = question.entity.view();
  if (!std::all_of(question.core.begin(), question.core.end(), is_token_char) ||
      !std::all_of(entity.begin(), entity.end(), is_entity_char))
    return std::nullopt;
  return question;
}

// One worker's two files.
struct RecallRings::Pair {
  int ask = -1;
  int answer = -1;
  RecallAnswerHeader* page = nullptr;  // all of the answer file
  uint64_t taken = 0;
  uint64_t published = 0;
  uint64_t worker_taken = 0;  // never goes back

  ~Pair() {
    if (page != nullptr) {
      base::unwatch_range(page);
      ::munmap(page, contract::kRecallAnswerBytes);
    }
    if (ask >= 0) ::close(ask);
    if (answer >= 0) ::close(answer);
  }
  bool worker_is_gone() const {
    if (::flock(ask, LOCK_SH | LOCK_NB) != 0) return false;
    ::flock(ask, LOCK_UN);
    return true;
  }
  RecallAnswer* slot(uint64_t number) const {
    auto* slots = reinterpret_cast<uint8_t*>(page) + contract::kRecallHeaderBytes;
    return reinterpret_cast<RecallAnswer*>(slots) + (number - 1) % contract::kRecallAnswerSlots;
  }
  void look_at_taken() {
    uint64_t seen = 0;
    if (read_at(ask, offsetof(RecallAskHeader, taken), seen) && seen > worker_taken &&
        seen <= published)
      worker_taken = seen;
  }
};

RecallRings::RecallRings(std::filesystem::path folder) : folder_(std::move(folder)) {}
RecallRings::~RecallRings() = default;

std::unique_ptr<RecallRings::Pair> RecallRings::open(const std::string& name) const {
  auto pair = std::make_unique<Pair>();
  pair->ask = ::open((folder_ / (name + std::string(kAskSuffix))).c_str(),
                     O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  struct stat file {};
  uint64_t magic = 0;
  uint32_t version = 0, slots = 0;
  if (pair->ask < 0 || ::fstat(pair->ask, &file) != 0 || !S_ISREG(file.st_mode) ||
      file.st_size != static_cast<off_t>(contract::kRecallAskBytes) ||
      !read_at(pair->ask, offsetof(RecallAskHeader, magic), magic) ||
      !read_at(pair->ask, offsetof(RecallAskHeader, version), version) ||
      !read_at(pair->ask, offsetof(RecallAskHeader, slots), slots) ||
      magic != contract::kRecallAskMagic || version != contract::kRecallVersion ||
      slots != contract::kRecallQuestionSlots)
    return nullptr;
  const std::string path = folder_ / (name + std::string(kAnswerSuffix));
  pair->answer = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (pair->answer < 0 || ::fstat(pair->answer, &file) != 0 || !S_ISREG(file.st_mode) ||
      ::posix_fallocate(pair->answer, 0, contract::kRecallAnswerBytes) != 0)
    return nullptr;
  void* memory = ::mmap(nullptr, contract::kRecallAnswerBytes, PROT_READ | PROT_WRITE, MAP_SHARED,
                        pair->answer, 0);
  if (memory == MAP_FAILED) return nullptr;
  pair->page = static_cast<RecallAnswerHeader*>(memory);
  base::watch_range(memory, contract::kRecallAnswerBytes);
  // What a former start left, if it is sound; a question that it took is not taken again.
  uint64_t asked = 0;
  read_at(pair->ask, offsetof(RecallAskHeader, published), asked);
  read_at(pair->ask, offsetof(RecallAskHeader, taken), pair->worker_taken);
  pair->taken = std::min(pair->page->taken.load(std::memory_order_relaxed), asked);
  pair->published =
      std::max(pair->page->published.load(std::memory_order_relaxed), pair->worker_taken);
  pair->page->version = contract::kRecallVersion;
  pair->page->slots = contract::kRecallAnswerSlots;
  pair->page->taken.store(pair->taken, std::memory_order_relaxed);
  pair->page->published.store(pair->published, std::memory_order_relaxed);
  // Last: then a worker looks at it.
  pair->page->magic.store(contract::kRecallAnswerMagic, std::memory_order_release);
  return pair;
}

void RecallRings::look() {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, ignored)) {
    const std::string file = entry.path().filename();
    if (evidence_log::is_hidden_of_ring(file, kAskSuffix)) {
      evidence_log::remove_if_abandoned(entry.path());  // a worker was killed while it made it
      continue;
    }
    if (file.starts_with('.') || !file.ends_with(kAskSuffix)) continue;
    const std::string name = file.substr(0, file.size() - kAskSuffix.size());
    if (pairs_.contains(name) || pairs_.size() >= contract::kRingWorkersMax) continue;
    if (auto made = open(name)) pairs_.emplace(name, std::move(made));
  }
  std::erase_if(pairs_, [&](const auto& one) {
    if (!one.second->worker_is_gone()) return false;
    // The answer first: a question file alone is found again, should we be killed here.
    std::filesystem::remove(folder_ / (one.first + std::string(kAnswerSuffix)), ignored);
    std::filesystem::remove(folder_ / (one.first + std::string(kAskSuffix)), ignored);
    return true;
  });
}

void RecallRings::beat(uint64_t now_ns) {
  for (auto& [name, pair] : pairs_) {
    // Somebody cut the file: what is mapped are zeros of our own. It is opened anew by look().
    if (pair->page->magic != contract::kRecallAnswerMagic) {
      pairs_.erase(name);
      return;
    }
    pair->page->heartbeat_ns.store(now_ns, std::memory_order_relaxed);
  }
}

std::vector<RecallRings::Asked> RecallRings::take(size_t max) {
  std::vector<Asked> out;
  for (auto& [name, pair] : pairs_) take_from(*pair, name, max, out);
  return out;
}

void RecallRings::take_from(Pair& pair, const std::string& name, size_t max,
                            std::vector<Asked>& out) {
  uint64_t published = 0;
  if (!read_at(pair.ask, offsetof(RecallAskHeader, published), published)) return;
  if (published > pair.taken && published - pair.taken > contract::kRecallQuestionSlots) {
    ++refused_;  // more than there are places: nonsense, or a worker that did not keep to it
    pair.taken = published;
    pair.page->taken.store(pair.taken, std::memory_order_release);
    return;
  }
  while (pair.taken < published && out.size() < max) {
    const uint64_t number = pair.taken + 1;
    std::array<uint8_t, sizeof(RecallQuestion)> slot{};
    const size_t offset = contract::kRecallHeaderBytes +
                          pair.taken % contract::kRecallQuestionSlots * sizeof(RecallQuestion);
    if (!read_at(pair.ask, offset, slot)) return;
    const auto question = read_question(slot, number);
    pair.taken = number;
    pair.page->taken.store(pair.taken, std::memory_order_release);
    if (question)
      out.push_back({name, *question});
    else
      ++refused_;
  }
}

std::optional<uint64_t> RecallRings::next_number(const std::string& ring) {
  const auto found = pairs_.find(ring);
  if (found == pairs_.end()) return std::nullopt;
  Pair& pair = *found->second;
  pair.look_at_taken();
  if (pair.published - pair.worker_taken >= contract::kRecallAnswerSlots) return std::nullopt;
  return pair.published + 1;
}

void RecallRings::publish(const std::string& ring, RecallAnswer& answer) {
  const auto found = pairs_.find(ring);
  if (found == pairs_.end()) return;
  Pair& pair = *found->second;
  const size_t bytes =
      offsetof(RecallAnswer, sealed) + contract::recall_sealed_bytes(answer.value_bytes);
  answer.check = contract::recall_check(
      base::siphash13({}, contract::recall_behind_check(&answer, bytes)), answer.number);
  std::memcpy(pair.slot(answer.number), &answer, bytes);
  pair.published = answer.number;
  pair.page->published.store(pair.published, std::memory_order_release);
}

}  // namespace sallyport::restore
