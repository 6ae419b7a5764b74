// drainer_book.cc: what the drainer does by the clock and in pauses: heartbeats, the close of day,
// vendors' identities, retention runs, and reading the log back.
#include <time.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "controlplane/evidence/drain/drainer.h"
#include "controlplane/evidence/log/clock.h"
#include "controlplane/evidence/log/hex_text.h"

namespace sallyport::evidence_log {
namespace {

using contract::RecordKind;

constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint64_t kMinutesPerDay = 1440;
constexpr int64_t kClockStep = 2'000'000'000;       // what slewing never does between two rounds
constexpr int64_t kClockDoubt = 3'600'000'000'000;  // an hour
constexpr uint64_t kAbsentMinutesMax = kMinutesPerDay;  // of a stop; longer may be a clock ahead
constexpr uint64_t kScrubEveryNs = 5'000'000;
constexpr size_t kScrubRecords = 128;  // 25 000 a second, while nothing else is to be done
constexpr uint64_t kPruneEveryNs = 10'000'000;
constexpr size_t kPruneLooks = 4096;
constexpr uint64_t kPruneAgainNs = 600 * kSecond;  // after a run that holds kept from looking
constexpr size_t kRingsListed = 16;
// Of a start that takes TLS counts up: some seconds. Their state is kept with each checkpoint, so
// what lies behind it is a second of traffic; more is a log that another version wrote meanwhile.
constexpr uint64_t kSeenAgainMax = 5'000'000;

void add_counts(ControlRecord& record, const Counts& counts) {
  const auto add = [&](const char* name, uint64_t number) {
    record.fields.emplace_back(name, std::to_string(number));
  };
  add("admitted", counts.admitted);
  add("completed", counts.completed);
  add("refused", counts.refused);
  add("interrupted", counts.interrupted);
  add("gaps", counts.gaps);
  add("security", counts.security);
  add("control", counts.control);
  record.count = counts.traffic();
}

std::string day_text(uint64_t minute) { return utc_text(minute * 60).substr(0, 10); }

}  // namespace

uint64_t Drainer::wall_ns() const {
  if (options_.wall_clock) return options_.wall_clock();
  return clock_ns(CLOCK_REALTIME);
}

void Drainer::add_control(const ControlRecord& record) {
  pending_.entries.push_back({control_record_bytes(record, wall_ns(), now_ns_), std::nullopt});
}

// --- minutes and days ----------------------------------------------------------------------------

// Records of the minute that is over come first in the batch of the new one; the store counts anew
// from there in the same transaction, so no count is lost or doubled by a crash.
size_t Drainer::turn_minute() {
  if (!options_.heartbeats || pending_.turn != Turn::None) return 0;
  const uint64_t wall = wall_ns();
  const uint64_t minute = wall / (60 * kSecond);
  const Book& book = store_->book();
  if (!minute_seen_) take_up_tls_day(wall / kSecond);
  note_clock(wall, minute);
  if (minute == book.minute) {
    minute_seen_ = true;
    return 0;
  }
  pending_.minute = minute;
  pending_.turn = Turn::Minute;
  if (book.minute == 0) {
    pending_.turn = Turn::Day;
  } else if (minute > book.minute) {
    add_control(heartbeat_record(minute));
    if (!minute_seen_ && minute > book.minute + 1) {
      ControlRecord absent{
          .kind = RecordKind::Check, .action = "not_running", .actor = "sallyportd"};
      absent.detail = "sallyportd did not run: silence, and no loss that the log knows of";
      absent.from = (book.minute + 1) * 60;
      absent.to = minute * 60;
      absent.fields = {{"window_from", utc_text(absent.from)}, {"window_to", utc_text(absent.to)}};
      add_control(absent);
    }
    if (minute / kMinutesPerDay != book.minute / kMinutesPerDay) close_day(minute);
  }
  minute_seen_ = true;
  return 1;
}

// A wall clock that was set shows as a jump against the monotonic one; across a start, as a minute
// that was before.
void Drainer::note_clock(uint64_t wall, uint64_t minute) {
  const int64_t offset = static_cast<int64_t>(wall) - static_cast<int64_t>(now_ns_);
  const int64_t step = clock_offset_ ? offset - *clock_offset_ : 0;
  clock_offset_ = offset;
  const uint64_t known = store_->book().minute;
  const bool absent = !minute_seen_ && known != 0 && minute > known + kAbsentMinutesMax;
  if (absent) doubt_clock(static_cast<int64_t>((minute - known) * 60 * kSecond));
  if (step >= kClockDoubt || step <= -kClockDoubt) doubt_clock(step);
  const bool back_since_start = !minute_seen_ && minute < store_->book().minute;
  if (step < kClockStep && step > -kClockStep && !back_since_start) return;
  ControlRecord record{.kind = RecordKind::Check, .action = "clock_stepped", .actor = "sallyportd"};
  record.reason = step > 0 ? "forwards" : "backwards";
  record.from = back_since_start
                    ? store_->book().minute * 60
                    : static_cast<uint64_t>(static_cast<int64_t>(wall) - step) / kSecond;
  record.to = wall / kSecond;
  record.count = record.to > record.from ? record.to - record.from : record.from - record.to;
  record.fields = {{"window_from", utc_text(record.from)}, {"window_to", utc_text(record.to)}};
  add_control(record);
}

// What is removed by age is gone, whoever set the clock: so it waits until somebody had time to
// look. A clock that is ahead at a start cannot be told from a long stop, and costs that only a
// day.
void Drainer::doubt_clock(int64_t step_ns) {
  doubt_until_ns_ = now_ns_ + options_.clock_doubt_ms * 1'000'000;
  const auto step_s = step_ns / static_cast<int64_t>(kSecond);
  say("evidence: the wall clock moved by " + std::to_string(step_s) +
      " s: nothing is removed by age for now");
  const std::lock_guard lock(mutex_);
  status_.clock_step_s = step_s;
  status_.clock_set_ns = now_ns_;
  status_.clock_in_doubt = true;
}

bool Drainer::is_clock_in_doubt() {
  if (doubt_until_ns_ == 0) return false;
  if (now_ns_ < doubt_until_ns_) return true;
  doubt_until_ns_ = 0;
  const std::lock_guard lock(mutex_);
  status_.clock_in_doubt = false;
  return false;
}

ControlRecord Drainer::heartbeat_record(uint64_t minute) const {
  const Book& book = store_->book();
  const Counts& counts = book.of_minute;
  ControlRecord record{.kind = RecordKind::Heartbeat, .action = "heartbeat", .actor = "sallyportd"};
  record.reason = counts.traffic() == 0 ? "no_traffic" : "";
  record.from = book.minute * 60;
  // After a start: what came is of the minute that was running when sallyportd ended.
  record.to = minute_seen_ ? minute * 60 : (book.minute + 1) * 60;
  add_counts(record, counts);
  record.fields.emplace_back("size", std::to_string(store_->size()));
  add_sequences(record);
  return record;
}

// What is committed of each ring: numbers from 1 without a gap, which the store enforces.
void Drainer::add_sequences(ControlRecord& record) const {
  size_t listed = 0;
  for (const auto& [key, ring] : store_->rings()) {
    if (ring.closed != 0 || listed++ == kRingsListed) continue;
    record.fields.emplace_back("ring", key.file_stem());
    record.fields.emplace_back("sequence", std::to_string(ring.committed_sequence));
  }
}

void Drainer::close_day(uint64_t minute) {
  const Book& book = store_->book();
  pending_.turn = Turn::Day;
  ControlRecord day{.kind = RecordKind::Check, .action = "day_closed", .actor = "sallyportd"};
  day.object = day_text(book.minute);
  day.reason = book.of_day.traffic() == 0 ? "no_traffic" : "";
  day.from = book.day_first;
  day.to = store_->size();
  day.after = store_->root();
  day.detail = "from and to are indexes; after is the root of all records before this one";
  add_counts(day, book.of_day);
  day.fields.emplace_back("day", day.object);
  add_control(day);

  ControlRecord check{
      .kind = RecordKind::Check, .action = "sequences_checked", .actor = "sallyportd"};
  check.object = day.object;
  check.to = scrubber_ ? scrubber_->position() : 0;
  check.count = check.to;
  check.detail = "records read back: hashes, form, and a number without a gap in each ring";
  if (scrubber_ && !scrubber_->problem().empty()) {
    check.result = "failed";
    check.fields.emplace_back("problem", scrubber_->problem());
  }
  check.fields.emplace_back("size", std::to_string(store_->size()));
  add_sequences(check);
  add_control(check);

  tls_day_.close(day.object, wall_ns() / kSecond,
                 [this](const ControlRecord& record) { add_control(record); });
  if (scrubber_ && scrubber_->problem().empty()) scrubber_->restart();
  sign_at_once_ = true;
  say("evidence: day " + day.object + " closed at " + std::to_string(day.to) + " records, next " +
      day_text(minute));
}

// --- whom we talked to ---------------------------------------------------------------------------

void Drainer::take_up_tls_day(uint64_t unix_seconds) {
  tls_day_.begin(unix_seconds);
  const auto kept = store_->tls_state();
  if (!kept) return;
  if (kept->size > store_->size() || store_->size() - kept->size > kSeenAgainMax ||
      !tls_day_.take_up(kept->state))
    return say(
        "evidence: digests of TLS count from this start on: what was kept of them is too old");
  see_again(kept->size);
}

// What was committed behind the state that was kept. What is said there is not said twice.
void Drainer::see_again(uint64_t from) {
  std::vector<ControlRecord> emitted;
  std::vector<contract::RequestId> said;
  const auto emit = [&](const ControlRecord& record) { emitted.push_back(record); };
  const auto vendor = [this](const contract::RequestId& id) { return vendor_of(id); };
  bool in_digests = false;
  reader().scan(from, store_->size(), [&](uint64_t, std::span<const uint8_t> bytes) {
    if (bytes.empty()) return true;
    const RecordView record(bytes);
    const bool of_tls = record.kind() == RecordKind::TlsIdentity && record.control();
    const bool digest = of_tls && record.control()->action.view().ends_with("_of_day");
    // They are one behind the other, and count all before them.
    if (digest && !in_digests) tls_day_.closed(record.control()->to);
    in_digests = digest;
    if (of_tls && !digest) said.push_back(record.request_id());
    tls_day_.see(bytes, vendor, emit);
    return true;
  });
  for (const ControlRecord& record : emitted)
    if (std::find(said.begin(), said.end(), record.request_id) == said.end())
      tls_ticket_ = append(record);
}

// REQUIRES: nothing is pending. Nothing while a record of ours waits for its commit: the state
// would say that it was said.
std::optional<Store::TlsState> Drainer::tls_state() const {
  if (!options_.heartbeats || !minute_seen_) return std::nullopt;
  {
    const std::lock_guard lock(mutex_);
    if (committed_ticket_ < tls_ticket_) return std::nullopt;
  }
  return Store::TlsState{store_->size(), tls_day_.state()};
}

void Drainer::see_identities() {
  const auto emit = [this](const ControlRecord& record) { tls_ticket_ = append(record); };
  const auto vendor = [this](const contract::RequestId& id) { return vendor_of(id); };
  for (const Store::Batch::Entry& entry : pending_.entries) tls_day_.see(entry.bytes, vendor, emit);
}

std::string Drainer::vendor_of(const contract::RequestId& id) const {
  const LogReader log = reader();
  const auto exchange = log.exchange(id);
  const auto admitted = exchange ? log.record(exchange->admitted) : std::nullopt;
  return admitted ? std::string(RecordView(*admitted).request()->vendor.view()) : std::string();
}

// A clean stop: what was counted is not lost with this process. The rest of the day is another
// digest, of the next one.
void Drainer::close_tls_at_end() {
  if (!options_.heartbeats || store_->book().minute == 0) return;
  tls_day_.close(day_text(store_->book().minute), wall_ns() / kSecond,
                 [this](const ControlRecord& record) { tls_ticket_ = append(record); });
}

// --- witnesses -----------------------------------------------------------------------------------

void Drainer::add_cosignatures(uint64_t size, const std::string& lines) {
  const std::lock_guard lock(mutex_);
  cosignatures_[size] += lines;
}

// In the note of the checkpoint that was witnessed, as C2SP tlog-cosignature has it.
size_t Drainer::keep_cosignatures() {
  std::map<uint64_t, std::string> lines;
  {
    const std::lock_guard lock(mutex_);
    lines.swap(cosignatures_);
  }
  for (const auto& [size, text] : lines) {
    const auto note = reader().checkpoint(size);
    if (!note || note->find(text) != std::string::npos) continue;
    try {
      store_->add_checkpoint(size, *note + text);
    } catch (const StoreError& error) {
      if (!error.is_full()) throw;
      say(std::string("evidence: a cosignature is not kept: ") + error.what());
    }
  }
  return lines.size();
}

// --- in pauses -----------------------------------------------------------------------------------

size_t Drainer::care_in_pause() {
  if (const size_t kept = keep_cosignatures(); kept != 0) return kept;
  if (options_.heartbeats && now_ns_ >= next_scrub_ns_) scrub();
  if (options_.retention && now_ns_ >= next_prune_ns_) return prune();
  return 0;
}

void Drainer::scrub() {
  next_scrub_ns_ = now_ns_ + kScrubEveryNs;
  if (!scrubber_) scrubber_.emplace(reader());
  const bool good = scrubber_->step(store_->size(), kScrubRecords);
  {
    const std::lock_guard lock(mutex_);
    status_.scrubbed_to = scrubber_->position();
  }
  if (good || scrub_said_) return;
  scrub_said_ = true;
  set_problem("the log is damaged: " + scrubber_->problem(), false);
  ControlRecord record{.kind = RecordKind::Check, .action = "damage_found", .actor = "sallyportd"};
  record.result = "failed";
  record.from = scrubber_->position();
  record.fields = {{"problem", scrubber_->problem()}};
  append(record);
}

void Drainer::set_retention(RetentionPolicy policy) {
  const std::lock_guard lock(mutex_);
  if (options_.retention) options_.retention = std::move(policy);
}

RetentionPolicy Drainer::retention_now() const {
  const std::lock_guard lock(mutex_);
  return *options_.retention;
}

// One slice of a run. The batch of a slice is committed by the next round, before anything else is
// looked at.
size_t Drainer::prune() {
  next_prune_ns_ = now_ns_ + kPruneEveryNs;
  const uint64_t wall = wall_ns();
  const uint64_t today = wall / (86'400 * kSecond);
  if (is_clock_in_doubt()) {
    run_.reset();  // its cutoff may be the wrong clock's
    return 0;
  }
  // Another day, also an earlier one: a clock that was ahead once must not end retention until
  // then.
  if (!run_ && store_->book().pruned_day == today) return 0;
  if (!pending_.empty() || !signer_->last_signed()) return 0;
  std::string problem;
  try {
    if (!run_)
      run_.emplace(reader(), retention_now(), options_.held, wall, signer_->last_signed()->size);
    const PruneSlice slice = run_->next(kPruneLooks);
    if (!slice.indexes.empty()) {
      add_control(run_->slice_record(slice));
      pending_.pruned = slice.indexes;
    }
    if (!slice.last) return 1;
  } catch (const std::exception& error) {
    problem = error.what();
    next_prune_ns_ = now_ns_ + kPruneAgainNs;
    say("evidence: the retention run waits: " + problem);
  }
  if (run_) add_control(run_->run_record(problem));
  if (problem.empty()) pending_.pruned_day = today;
  run_.reset();
  return 1;
}

}  // namespace sallyport::evidence_log
