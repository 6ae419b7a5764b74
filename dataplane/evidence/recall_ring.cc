#include "dataplane/evidence/recall_ring.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <new>
#include <utility>

#include "dataplane/base/bus_guard.h"
#include "dataplane/base/check.h"
#include "dataplane/base/hash.h"
#include "dataplane/evidence/locked_file.h"

namespace sallyport::evidence {
namespace {

using contract::kRecallHeaderBytes;
using contract::RecallAnswer;
using contract::RecallAnswerHeader;
using contract::RecallAskHeader;
using contract::RecallQuestion;
using contract::RecallStatus;

constexpr uint64_t kAttachMs = 20;

}  // namespace

bool is_recall_answer(const RecallAnswer& answer, uint64_t number) {
  const size_t sealed = contract::recall_sealed_bytes(answer.value_bytes);
  const bool restored = answer.status == static_cast<uint8_t>(RecallStatus::Restored);
  if (answer.number != number || answer.status == 0 ||
      answer.status > contract::kRecallStatusLast || answer.reserved != 0 ||
      answer.value_bytes > contract::kMappingValueBytesMax || restored != (answer.value_bytes > 0))
    return false;
  const auto counted =
      contract::recall_behind_check(&answer, offsetof(RecallAnswer, sealed) + sealed);
  return answer.check == contract::recall_check(base::siphash13({}, counted), number);
}

RecallRing::~RecallRing() { close_files(); }

RecallRing::RecallRing(RecallRing&& other) noexcept
    : ask_path_(std::move(other.ask_path_)),
      answer_path_(std::move(other.answer_path_)),
      fd_(std::exchange(other.fd_, -1)),
      asked_(std::exchange(other.asked_, nullptr)),
      answered_(std::exchange(other.answered_, nullptr)),
      published_(other.published_),
      taken_(other.taken_),
      questions_taken_(other.questions_taken_),
      answers_refused_(other.answers_refused_),
      next_attach_(other.next_attach_) {}

void RecallRing::detach() {
  if (answered_ == nullptr) return;
  base::unwatch_range(answered_);
  ::munmap(const_cast<uint8_t*>(answered_), contract::kRecallAnswerBytes);
  answered_ = nullptr;
}

void RecallRing::close_files() {
  detach();
  if (asked_ != nullptr) {
    base::unwatch_range(asked_);
    ::munmap(asked_, contract::kRecallAskBytes);
  }
  if (fd_ >= 0) ::close(fd_);
  asked_ = nullptr;
  fd_ = -1;
}

std::optional<RecallRing> RecallRing::create(const std::string& folder,
                                             const StartIdentity& identity, uint32_t worker,
                                             std::string& error) {
  SP_CHECK(worker < contract::kRingWorkersMax);
  const std::string stem = file_stem(identity, worker);
  RecallRing ring;
  const std::string hidden_path = folder + "/." + stem + ".ask";
  ring.ask_path_ = folder + "/" + stem + ".ask";
  ring.answer_path_ = folder + "/" + stem + ".answer";
  ring.fd_ = make_locked_file(hidden_path, error);
  if (ring.fd_ < 0) return std::nullopt;
  if (!ring.make_file(hidden_path, identity, worker, error)) {
    ::unlink(hidden_path.c_str());
    return std::nullopt;
  }
  return ring;
}

// As an evidence ring: locked before it can be seen, complete before it has its name.
bool RecallRing::make_file(const std::string& hidden_path, const StartIdentity& identity,
                           uint32_t worker, std::string& error) {
  const auto failed = [&](const char* call, int code) {
    error = file_failure(call, hidden_path, code);
    return false;
  };
  const int allocated = ::posix_fallocate(fd_, 0, contract::kRecallAskBytes);
  if (allocated != 0) return failed("allocate", allocated);
  void* memory = ::mmap(nullptr, contract::kRecallAskBytes, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_POPULATE, fd_, 0);
  if (memory == MAP_FAILED) return failed("map", errno);
  asked_ = static_cast<uint8_t*>(memory);
  base::watch_range(asked_, contract::kRecallAskBytes);
  auto* made = new (asked_) RecallAskHeader{};
  made->magic = contract::kRecallAskMagic;
  made->version = contract::kRecallVersion;
  made->slots = contract::kRecallQuestionSlots;
  made->boot_id = identity.boot_id;
  made->generation = identity.generation;
  made->worker = worker;
  made->producer_pid = static_cast<uint32_t>(::getpid());
  if (::rename(hidden_path.c_str(), ask_path_.c_str()) != 0)
    return failed("give its name to", errno);
  return true;
}

RecallAskHeader* RecallRing::header() const { return reinterpret_cast<RecallAskHeader*>(asked_); }
const RecallAnswerHeader* RecallRing::answers() const {
  return reinterpret_cast<const RecallAnswerHeader*>(answered_);
}

bool RecallRing::is_attached() const {
  return answered_ != nullptr &&
         answers()->magic.load(std::memory_order_acquire) == contract::kRecallAnswerMagic;
}

bool RecallRing::attach() {
  detach();  // its file was cut, if there was one
  const int fd = ::open(answer_path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return false;
  struct stat file {};
  const bool whole = ::fstat(fd, &file) == 0 && S_ISREG(file.st_mode) &&
                     file.st_size >= static_cast<off_t>(contract::kRecallAnswerBytes);
  void* memory = whole ? ::mmap(nullptr, contract::kRecallAnswerBytes, PROT_READ, MAP_SHARED, fd, 0)
                       : MAP_FAILED;
  ::close(fd);
  if (memory == MAP_FAILED) return false;
  answered_ = static_cast<const uint8_t*>(memory);
  base::watch_range(answered_, contract::kRecallAnswerBytes);
  if (is_attached() && answers()->version == contract::kRecallVersion &&
      answers()->slots == contract::kRecallAnswerSlots)
    return true;
  detach();
  return false;
}

void RecallRing::turn(base::Instant now) {
  if (is_attached() || now < next_attach_) return;
  next_attach_ = base::after_ms(now, kAttachMs);
  attach();
}

bool RecallRing::is_answered(base::Instant now) const {
  if (!is_attached()) return false;
  const base::Instant seen{answers()->heartbeat_ns.load(std::memory_order_relaxed)};
  return seen.ns != 0 && base::ms_between(seen, now) <= kRecallHeartbeatMsMax;
}

bool RecallRing::has_room() const {
  if (!is_attached()) return false;
  const uint64_t taken = answers()->taken.load(std::memory_order_acquire);
  if (taken > questions_taken_ && taken <= published_) questions_taken_ = taken;
  return published_ - questions_taken_ < contract::kRecallQuestionSlots;  // I1
}

uint64_t RecallRing::ask(RecallQuestion& question) {
  SP_CHECK(published_ - questions_taken_ < contract::kRecallQuestionSlots);
  question.number = published_ + 1;
  question.check = contract::recall_check(
      base::siphash13({}, contract::recall_behind_check(&question, sizeof question)),
      question.number);
  const size_t slot = published_ % contract::kRecallQuestionSlots;
  std::memcpy(asked_ + kRecallHeaderBytes + slot * sizeof question, &question, sizeof question);
  header()->published.store(++published_, std::memory_order_release);
  return question.number;
}

bool RecallRing::next(RecallAnswer& out) {
  if (!is_attached()) return false;
  for (;;) {
    const uint64_t published = answers()->published.load(std::memory_order_acquire);
    // Ahead by more than a lap: nonsense, or answers that were overwritten. Nothing to read there.
    if (published <= taken_) return false;
    if (published - taken_ > contract::kRecallAnswerSlots) {
      ++answers_refused_;
      return false;
    }
    const uint64_t number = taken_ + 1;
    const size_t slot = taken_ % contract::kRecallAnswerSlots;
    std::memcpy(&out, answered_ + kRecallHeaderBytes + slot * sizeof out, sizeof out);
    taken_ = number;
    header()->taken.store(taken_, std::memory_order_release);
    if (is_recall_answer(out, number)) return true;
    ++answers_refused_;
  }
}

}  // namespace sallyport::evidence
