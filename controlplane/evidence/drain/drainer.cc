#include "controlplane/evidence/drain/drainer.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "controlplane/evidence/log/clock.h"
#include "controlplane/evidence/log/plain_file.h"
#include "controlplane/evidence/ring/abandoned_file.h"
#include "dataplane/base/bus_guard.h"

namespace sallyport::evidence_log {
namespace {

using contract::ConsumerState;
using contract::RecordKind;
using contract::RingCursor;

constexpr uint64_t kMillisecond = 1'000'000;
constexpr uint64_t kScanEveryNs = 20 * kMillisecond;    // a new worker waits for its cursor so long
constexpr uint64_t kRetryEveryNs = 100 * kMillisecond;  // while disk or map is full
constexpr uint64_t kCareEveryNs = 1000 * kMillisecond;
constexpr size_t kRecordsPerRingMin = 64;
constexpr uint64_t kLongPauses = 10;
constexpr int kLastRoundsMax = 16;
constexpr std::string_view kDataSuffix = ".data";
constexpr std::string_view kCursorSuffix = ".cursor";

std::array<uint8_t, 16> boot_of_host() {
  constexpr const char* kPath = "/proc/sys/kernel/random/boot_id";
  const std::string text = read_file(kPath, 256).value_or("");
  std::array<uint8_t, 16> boot{};
  size_t digits = 0;
  for (const char c : text) {
    const size_t value = std::string_view("0123456789abcdef").find(c);
    if (value == std::string_view::npos) continue;
    if (digits < 32)
      boot[digits / 2] = static_cast<uint8_t>((boot[digits / 2] << 4) | static_cast<int>(value));
    ++digits;
  }
  if (digits != 32) throw std::runtime_error(std::string(kPath) + ": no boot id");
  return boot;
}

void make_folder(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder.parent_path());
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    throw std::system_error(errno, std::generic_category(), "make " + folder.string());
}

// Our page of a ring. A file from an earlier run of this process is kept, not replaced: the
// producer has it mapped.
class CursorPage {
 public:
  CursorPage(const std::filesystem::path& path, uint32_t layout_version) {
    int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    const std::filesystem::path hidden = path.parent_path() / ("." + path.filename().string());
    const bool fresh = file < 0 && errno == ENOENT;
    if (fresh) {
      ::unlink(hidden.c_str());
      file = ::open(hidden.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    }
    if (file < 0) fail("open", path);
    struct stat info {};
    bool good = ::fstat(file, &info) == 0 && S_ISREG(info.st_mode);
    if (good && info.st_size != static_cast<off_t>(contract::kCursorFileBytes))
      good = ::ftruncate(file, static_cast<off_t>(contract::kCursorFileBytes)) == 0;
    if (good) {
      // Blocks now, or a full tmpfs would be SIGBUS later.
      errno = ::posix_fallocate(file, 0, static_cast<off_t>(contract::kCursorFileBytes));
      good = errno == 0;
    }
    void* page = good ? ::mmap(nullptr, contract::kCursorFileBytes, PROT_READ | PROT_WRITE,
                               MAP_SHARED, file, 0)
                      : MAP_FAILED;
    const int code = errno;
    file_ = file;
    if (page == MAP_FAILED) {
      ::close(file);
      errno = code;
      fail("map", path);
    }
    cursor_ = static_cast<RingCursor*>(page);
    base::watch_range(cursor_, contract::kCursorFileBytes);
    cursor_->magic = contract::kCursorMagic;
    cursor_->layout_version = layout_version;
    hidden_ = fresh ? hidden : std::filesystem::path();
    path_ = path;
  }
  ~CursorPage() {
    base::unwatch_range(cursor_);
    ::munmap(cursor_, contract::kCursorFileBytes);
    ::close(file_);
  }
  CursorPage(const CursorPage&) = delete;
  RingCursor& page() const { return *cursor_; }
  // False: somebody cut the file, or wrote over it.
  bool whole() const {
    struct stat info {};
    return ::fstat(file_, &info) == 0 &&
           info.st_size >= static_cast<off_t>(contract::kCursorFileBytes) &&
           cursor_->magic == contract::kCursorMagic;
  }
  // Gives a new page its name: from here on the producer may look at it.
  void appear() {
    if (hidden_.empty()) return;
    if (::rename(hidden_.c_str(), path_.c_str()) != 0) fail("rename to", path_);
    hidden_.clear();
  }

 private:
  [[noreturn]] static void fail(const char* what, const std::filesystem::path& path) {
    throw std::system_error(errno, std::generic_category(),
                            std::string(what) + " " + path.string());
  }
  RingCursor* cursor_ = nullptr;
  int file_ = -1;
  std::filesystem::path path_;
  std::filesystem::path hidden_;
};

}  // namespace

struct Drainer::Ring {
  RingKey key;
  std::unique_ptr<CursorPage> cursor;  // null when the header was no header
  std::optional<RingReader> reader;
  std::unique_ptr<RingFile> lock;  // for the question whether the producer lives
  RingState committed;
  RingProblem stopped = RingProblem::None;
  bool ended = false;    // the producer is gone; nothing more will be published
  bool closing = false;  // its end is in pending_
};

Drainer::Drainer(DrainerOptions options)
    : options_(std::move(options)), last_seen_(options_.memory_folder) {
  make_folder(options_.rings_folder);
  make_folder(options_.store_folder);
  const std::string origin = "sallyport/" + options_.node_name;
  EnvironmentOptions environment;
  environment.folder = options_.store_folder;
  environment.map_bytes = options_.map_bytes;
  environment.map_bytes_max = options_.map_bytes_max;
  store_ = std::make_unique<Store>(Environment::open(environment), origin);
  const PageWalk& walk = store_->environment()->opening_walk();
  if (!walk.complete)
    say("evidence: looked at " + std::to_string(walk.pages) +
        " pages of the log; the rest when it is read (sallyctl evidence verify looks at all)");
  open_signer(origin);
  check_against_last_signed();
  check_tail();
  look_for_put_back();
  list_first_key();
  now_ns_ = clock_ns(CLOCK_MONOTONIC);
  note_reboot();
  scan_rings();
  note_missing_rings();
  update_sizes();
}

Drainer::~Drainer() = default;

LogReader Drainer::reader() const { return LogReader(store_->environment()); }
VerifierKey Drainer::verifier() const { return signer_->verifier(); }

DrainerStatus Drainer::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void Drainer::say(const std::string& line) const {
  if (options_.log) options_.log(line);
}

void Drainer::set_problem(const std::string& problem, bool blocked) {
  bool changed = false;
  {
    const std::lock_guard lock(mutex_);
    changed = status_.problem != problem || status_.blocked != blocked;
    status_.problem = problem;
    status_.blocked = blocked;
  }
  if (changed) say(problem.empty() ? "evidence: all well again" : "evidence: " + problem);
}

// --- start ---------------------------------------------------------------------------------------

void Drainer::note_reboot() {
  const std::array<uint8_t, 16> boot = boot_of_host();
  const auto former = store_->boot_id();
  if (former == boot) return;
  pending_.boot_id = boot;
  if (!former) return;
  NoteFields gap;
  gap.kind = RecordKind::Gap;
  gap.code = "host_reboot";
  gap.detail = "possible gap: what a ring held and was not committed is lost with the memory";
  std::copy(former->begin(), former->end(), gap.before.begin());
  std::copy(boot.begin(), boot.end(), gap.after.begin());
  add_note(gap);
}

void Drainer::note_missing_rings() {
  for (const auto& [key, state] : store_->rings()) {
    if (state.closed != 0 || rings_.contains(key)) continue;
    NoteFields gap;
    gap.kind = RecordKind::Gap;
    gap.code = "ring_missing";
    gap.detail = "possible gap: the ring is gone; records behind this sequence are unknown";
    gap.ring = key;
    gap.from = state.committed_sequence + 1;
    add_note(gap);
    close_exchanges(key, "ring_missing");
    RingState closed = state;
    closed.closed = 1;
    pending_.rings[key] = closed;
  }
}

// --- rings ---------------------------------------------------------------------------------------

size_t Drainer::scan_rings() {
  size_t work = 0;
  next_scan_ns_ = now_ns_ + kScanEveryNs;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(options_.rings_folder, error)) {
    const std::string name = entry.path().filename().string();
    // A worker, or one of us, was killed while it made the file. (Cursors are made by this thread.)
    if (is_hidden_of_ring(name, kDataSuffix) || is_hidden_of_ring(name, kCursorSuffix)) {
      if (remove_if_abandoned(entry.path())) say("evidence: removed the unfinished file " + name);
      continue;
    }
    if (!name.ends_with(kDataSuffix)) continue;
    const auto key =
        RingKey::parse_stem(std::string_view(name).substr(0, name.size() - kDataSuffix.size()));
    if (!key || rings_.contains(*key)) continue;
    work += open_ring(*key) ? 1 : 0;
  }
  for (auto& [key, ring] : rings_) {
    if (!ring->ended && ring->lock && !ring->lock->producer_alive()) ring->ended = true;
    if (ring->cursor && !ring->cursor->whole()) mend_cursor(*ring);
  }
  uint64_t stopped = 0;
  for (const auto& [key, ring] : rings_) stopped += ring->stopped != RingProblem::None ? 1U : 0U;
  const std::lock_guard lock(mutex_);
  status_.rings_live = rings_.size() - stopped;
  status_.rings_stopped = stopped;
  return work;
}

bool Drainer::open_ring(const RingKey& key) {
  const std::optional<RingState> known = store_->ring(key);
  RingState state = known.value_or(RingState{});
  const std::filesystem::path stem = options_.rings_folder / key.file_stem();
  auto ring = std::make_unique<Ring>();
  ring->key = key;
  ring->committed = state;
  int code = 0;
  auto bytes = RingFile::open(stem.string() + ".data", code);
  ring->lock = RingFile::open(stem.string() + ".data", code);
  if (!bytes || !ring->lock) {
    if (code != ENOENT) complain(key, std::string("cannot be opened: ") + std::strerror(code));
    return false;
  }
  RingProblem problem = RingProblem::None;
  ring->reader = RingReader::open(std::move(bytes), key, problem);
  if (ring->reader) ring->reader->resume(state.committed_position, state.committed_sequence);
  if (state.closed != 0 && !ring->lock->producer_alive() &&
      (!ring->reader || ring->reader->drained())) {
    // We were ended between the commit that closed it and the removal.
    remove_files(key);
    return false;
  }
  if (ring->reader && !attach_cursor(*ring)) return false;
  Ring& opened = *rings_.emplace(key, std::move(ring)).first->second;
  if (problem != RingProblem::None) stop_ring(opened, problem);
  if (state.closed != 0) note_reappeared(opened);
  if (!known || state.closed != 0)
    pending_.rings[key] = opened.committed;  // known from now on, also when it vanishes
  say("evidence: reading ring " + key.file_stem());
  return true;
}

bool Drainer::attach_cursor(Ring& ring) {
  const std::filesystem::path stem = options_.rings_folder / ring.key.file_stem();
  try {
    // A producer of the former layout knows only a cursor of its own.
    ring.cursor = std::make_unique<CursorPage>(stem.string() + std::string(kCursorSuffix),
                                               ring.reader->header().layout_version);
    RingCursor& cursor = ring.cursor->page();
    cursor.committed_position.store(ring.committed.committed_position);
    cursor.committed_sequence.store(ring.committed.committed_sequence);
    cursor.heartbeat_ns.store(now_ns_);
    cursor.consumer_state.store(static_cast<uint64_t>(ConsumerState::Draining));
    ring.cursor->appear();
    return true;
  } catch (const std::system_error& error) {
    complain(ring.key, error.what());
    return false;
  }
}

// The producer stops at a full ring meanwhile, and looks for a whole cursor again.
void Drainer::mend_cursor(Ring& ring) {
  say("evidence: the cursor of ring " + ring.key.file_stem() + " was cut: it is made anew");
  ControlRecord record{.kind = RecordKind::Check, .action = "cursor_mended", .actor = "sallyportd"};
  record.result = "failed";
  record.object = ring.key.file_stem();
  record.detail = "the file was cut or written over by somebody; nothing of the ring is lost";
  append(record);
  ring.cursor.reset();
  attach_cursor(ring);
}

// It was closed as missing (a start with another folder), and lives. What it holds still counts.
void Drainer::note_reappeared(Ring& ring) {
  ring.committed.closed = 0;
  NoteFields note;
  note.kind = RecordKind::Gap;
  note.code = "ring_reappeared";
  note.detail = "possible gap: closed as missing, now read on";
  note.ring = ring.key;
  note.from = ring.committed.committed_sequence + 1;
  add_note(note);
}

// Once per ring: a scan comes 50 times a second.
void Drainer::complain(const RingKey& key, const std::string& why) {
  if (complained_.insert(key).second) say("evidence: ring " + key.file_stem() + ": " + why);
}

void Drainer::remove_files(const RingKey& key) const {
  const std::string stem = (options_.rings_folder / key.file_stem()).string();
  // The cursor first: a data file alone is found again by the next scan.
  ::unlink((stem + std::string(kCursorSuffix)).c_str());
  ::unlink((stem + std::string(kDataSuffix)).c_str());
}

size_t Drainer::remove_closed() {
  size_t removed = 0;
  for (auto at = rings_.begin(); at != rings_.end();) {
    if (at->second->committed.closed == 0) {
      ++at;
      continue;
    }
    this->at("ring_closed");
    remove_files(at->first);
    say("evidence: ring " + at->first.file_stem() + " is drained and closed");
    at = rings_.erase(at);
    ++removed;
  }
  return removed;
}

// --- one round -----------------------------------------------------------------------------------

uint64_t Drainer::append_bytes(std::vector<uint8_t> bytes) {
  const std::lock_guard lock(mutex_);
  waiting_.push_back(std::move(bytes));
  return ++tickets_;
}

uint64_t Drainer::append(const ControlRecord& record) {
  return append_bytes(control_record_bytes(record, wall_ns(), clock_ns(CLOCK_MONOTONIC)));
}

uint64_t Drainer::append_note(const NoteFields& fields) {
  return append_bytes(note_record(fields, wall_ns(), clock_ns(CLOCK_MONOTONIC)));
}

bool Drainer::wait_note(uint64_t ticket, std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return committed_.wait_for(lock, time, [&] { return committed_ticket_ >= ticket; });
}

void Drainer::add_note(const NoteFields& fields) {
  pending_.entries.push_back(
      {note_record(fields, wall_ns(), clock_ns(CLOCK_MONOTONIC)), fields.ring});
  if (fields.kind == RecordKind::Gap) {
    ++pending_gaps_;
    say("evidence: gap: " + fields.code + ", " + fields.detail);
  }
}

void Drainer::close_exchanges(const RingKey& key, const char* reason) {
  for (const contract::RequestId& id : store_->open_exchanges(key)) {
    pending_.entries.push_back(
        {interrupted_record(key, id, reason, wall_ns(), clock_ns(CLOCK_MONOTONIC)), std::nullopt});
    ++pending_interrupted_;
  }
}

size_t Drainer::gather_notes() {
  std::vector<std::vector<uint8_t>> records;
  {
    const std::lock_guard lock(mutex_);
    records.swap(waiting_);
    pending_ticket_ = tickets_;
  }
  for (std::vector<uint8_t>& record : records)
    pending_.entries.push_back({std::move(record), std::nullopt});
  return records.size();
}

// A framing problem ends the reading of a ring for good: the producer then meets a full ring, which
// fails closed.
void Drainer::stop_ring(Ring& ring, RingProblem problem) {
  ring.stopped = problem;
  NoteFields gap;
  gap.kind = RecordKind::Gap;
  gap.code = "ring_damaged";
  gap.detail = std::string("not read any more: ") + name_of(problem);
  gap.ring = ring.key;
  gap.from = ring.reader ? ring.reader->next_sequence() : 1;
  add_note(gap);
}

void Drainer::add_record(Ring& ring, RingRecord& record) {
  RingState& state = pending_.rings[ring.key];
  state.committed_position = record.end_position;
  if (record.is_mapping) {
    pending_mappings_.push_back(std::move(record.bytes));
    return;
  }
  state.committed_sequence = record.sequence;
  if (record.problem == RecordProblem::None) {
    pending_.entries.push_back({std::move(record.bytes), ring.key});
    return;
  }
  NoteFields gap;
  gap.kind = RecordKind::Gap;
  gap.code = "record_invalid";
  gap.detail = std::string("a ring's record breaks the contract: ") + name_of(record.problem);
  gap.before = sha256(record.bytes);
  gap.from = gap.to = record.sequence;
  gap.ring = ring.key;
  gap.ring_sequence = record.sequence;
  add_note(gap);
}

size_t Drainer::gather_ring(Ring& ring, size_t records_max) {
  if (ring.stopped != RingProblem::None || ring.closing || !ring.reader) return 0;
  std::vector<RingRecord> records;
  const RingProblem problem = ring.reader->read(records_max, records);
  if (!records.empty()) pending_.rings.emplace(ring.key, ring.committed);
  for (RingRecord& record : records) add_record(ring, record);
  if (problem != RingProblem::None) stop_ring(ring, problem);
  return records.size();
}

// Only when everything that the ring held is committed: the store then knows what is still open.
bool Drainer::finish_ring(Ring& ring) {
  if (!ring.ended || ring.closing || pending_.rings.contains(ring.key)) return false;
  if (ring.stopped == RingProblem::None && ring.reader && !ring.reader->drained()) return false;
  close_exchanges(ring.key, ring.stopped == RingProblem::None ? "dataplane_ended" : "ring_damaged");
  RingState state = ring.committed;
  state.closed = 1;
  pending_.rings[ring.key] = state;
  ring.closing = true;
  return true;
}

size_t Drainer::gather() {
  size_t work = gather_notes();
  const size_t each =
      std::max(kRecordsPerRingMin, options_.batch_records_max / std::max<size_t>(rings_.size(), 1));
  bool all = true;
  for (auto& [key, ring] : rings_) {
    const size_t records = gather_ring(*ring, each);
    work += records;
    all = all && records < each;
    if (records == 0 && finish_ring(*ring)) ++work;
  }
  if (all) read_all_ns_ = now_ns_;
  return work;
}

// Before the log: a token that a vendor may have seen is in the vault, or its request is not
// acknowledged.
bool Drainer::keep_mappings() {
  if (pending_mappings_.empty()) return true;
  const std::string why =
      options_.keep_mappings ? options_.keep_mappings(pending_mappings_) : std::string();
  if (why.empty()) {
    const std::lock_guard lock(mutex_);
    status_.mappings += pending_mappings_.size();
    pending_mappings_.clear();
    return true;
  }
  set_problem(why, true);
  heartbeat();
  retry_at_ns_ = now_ns_ + kRetryEveryNs;
  return false;
}

bool Drainer::try_commit() {
  if (!keep_mappings()) return false;
  try {
    for (;;) {
      try {
        store_->commit(pending_);
        return true;
      } catch (const StoreError& error) {
        if (error.code() != MDB_MAP_FULL) throw;
        store_->environment()->grow();
      }
    }
  } catch (const StoreError& error) {
    set_problem(error.what(), true);
    update_sizes();
    heartbeat();
    if (!error.is_full()) throw;
    retry_at_ns_ = now_ns_ + kRetryEveryNs;
    return false;
  }
}

void Drainer::after_commit(uint64_t began_ns) {
  for (const auto& [key, state] : pending_.rings) {
    const auto found = rings_.find(key);
    if (found == rings_.end()) continue;
    Ring& ring = *found->second;
    ring.committed = state;
    if (!ring.cursor) continue;
    RingCursor& cursor = ring.cursor->page();
    cursor.committed_position.store(state.committed_position, std::memory_order_release);
    cursor.committed_sequence.store(state.committed_sequence, std::memory_order_release);
  }
  if (options_.heartbeats) see_identities();
  if (!pending_.entries.empty()) {
    last_record_ns_ = now_ns_;
    if (unsigned_since_ns_ == 0) unsigned_since_ns_ = now_ns_;
  }
  const uint64_t unexpected = store_->unexpected_records();
  if (unexpected != former_unexpected_)
    say("evidence: " + std::to_string(unexpected - former_unexpected_) + " unexpected records");
  {
    const std::lock_guard lock(mutex_);
    status_.records_committed += pending_.entries.size();
    ++status_.commits;
    status_.gaps += pending_gaps_ + unexpected - former_unexpected_;
    status_.interrupted += pending_interrupted_;
    status_.last_commit_us = (clock_ns(CLOCK_MONOTONIC) - began_ns) / 1000;
    committed_ticket_ = pending_ticket_;
  }
  update_sizes();
  committed_.notify_all();
  former_unexpected_ = unexpected;
  pending_ = {};
  pending_gaps_ = pending_interrupted_ = 0;
}

size_t Drainer::commit_pending() {
  if (pending_.empty() || now_ns_ < retry_at_ns_) return 0;
  const size_t work = pending_.entries.size() + 1;
  const uint64_t began_ns = clock_ns(CLOCK_MONOTONIC);
  at("gathered");
  if (!try_commit()) return 0;
  at("committed");
  if (retry_at_ns_ != 0) set_problem("", false);
  retry_at_ns_ = 0;
  after_commit(began_ns);
  at("cursors_moved");
  return work;
}

size_t Drainer::drain_once() {
  now_ns_ = clock_ns(CLOCK_MONOTONIC);
  heartbeat();
  size_t work = 0;
  if (now_ns_ >= next_scan_ns_) work += scan_rings();
  // A batch that did not go through is tried again as it is; nothing is read meanwhile.
  if (retry_at_ns_ == 0) {
    turn_minute();
    gather();
  }
  work += commit_pending();
  work += remove_closed();
  if (retry_at_ns_ == 0) work += change_key();
  if (retry_at_ns_ == 0) work += sign_if_due(false);
  if (now_ns_ >= next_care_ns_) grow_ahead();
  if (retry_at_ns_ == 0) work += care_in_pause();
  if (pending_.empty()) {
    const std::lock_guard lock(mutex_);
    status_.drained_ns = read_all_ns_;
  }
  return work;
}

void Drainer::heartbeat() {
  const bool blocked = [this] {
    const std::lock_guard lock(mutex_);
    return status_.blocked;
  }();
  const auto state = blocked ? ConsumerState::Blocked : ConsumerState::Draining;
  for (auto& [key, ring] : rings_) {
    if (!ring->cursor) continue;
    RingCursor& cursor = ring->cursor->page();
    cursor.consumer_state.store(static_cast<uint64_t>(state), std::memory_order_relaxed);
    cursor.heartbeat_ns.store(now_ns_, std::memory_order_relaxed);
  }
}

// While there is still room: growing costs less now than in the commit that needs it.
void Drainer::grow_ahead() {
  next_care_ns_ = now_ns_ + kCareEveryNs;
  Environment& environment = *store_->environment();
  environment.clear_dead_readers();
  if (retry_at_ns_ == 0 && environment.used_bytes() > environment.map_bytes() / 10 * 8) {
    try {
      environment.grow();
      set_problem("", false);
    } catch (const StoreError& error) {
      if (!error.is_full()) throw;
      set_problem(std::string("more than 80 % used: ") + error.what(), false);
    }
  }
  update_sizes();
}

void Drainer::update_sizes() {
  const Environment& environment = *store_->environment();
  const std::lock_guard lock(mutex_);
  status_.log_size = store_->size();
  status_.map_bytes = environment.map_bytes();
  status_.used_bytes = environment.used_bytes();
  status_.heartbeat_minute = store_->book().minute;
  status_.pruned_records = store_->book().pruned_records;
  status_.pruned_day = store_->book().pruned_day;
}

size_t Drainer::sign_if_due(bool at_end) {
  const uint64_t signed_size = signer_->last_signed() ? signer_->last_signed()->size : 0;
  if (store_->size() == signed_size || now_ns_ < sign_retry_at_ns_ || is_crossing()) return 0;
  // Signing syncs files, and a request of durability `committed` may be waiting for the next round:
  // so in a pause, or after a longer one, and at the latest when a record is checkpoint_ms old.
  const uint64_t wait_ns = options_.checkpoint_ms * kMillisecond;
  const uint64_t pause_ns = options_.checkpoint_idle_ms * kMillisecond;
  const uint64_t quiet_ns = now_ns_ - last_record_ns_;
  const bool due = sign_at_once_ || now_ns_ - unsigned_since_ns_ >= wait_ns ||
                   (quiet_ns >= pause_ns && now_ns_ - last_signed_ns_ >= wait_ns) ||
                   quiet_ns >= kLongPauses * pause_ns;
  if (!due && !at_end) return 0;
  try {
    sign();
    sign_retry_at_ns_ = 0;
    return 1;
  } catch (const StoreError& error) {
    if (!error.is_full()) throw;
    set_problem(std::string("no checkpoint: ") + error.what(), false);
  } catch (const std::system_error& error) {
    set_problem(std::string("no checkpoint: ") + error.what(), false);
  }
  sign_retry_at_ns_ = now_ns_ + kCareEveryNs;
  return 0;
}

void Drainer::sign() {
  const Checkpoint checkpoint{signer_->verifier().name(), store_->size(), store_->root()};
  const LogReader log = reader();
  const uint64_t from = signer_->last_signed() ? signer_->last_signed()->size : 0;
  const std::string note =
      signer_->sign(checkpoint, Tree(log).consistency_proof(from, checkpoint.size));
  at("signed");
  keep_checkpoint(checkpoint.size, note, tls_state());
  at("checkpoint_kept");
  last_seen_.keep(note);
  last_signed_ns_ = now_ns_;
  unsigned_since_ns_ = 0;
  sign_at_once_ = false;
  if (sign_retry_at_ns_ != 0) set_problem("", false);
  const std::lock_guard lock(mutex_);
  status_.checkpoint_size = checkpoint.size;
  status_.checkpoint_wall_ns = wall_ns();
}

void Drainer::run(const std::atomic<bool>& stop) {
  using std::chrono::microseconds;
  uint64_t idle_since_ns = 0;
  while (!stop.load(std::memory_order_relaxed)) {
    if (drain_once() != 0) {
      idle_since_ns = 0;
      continue;
    }
    if (idle_since_ns == 0) idle_since_ns = now_ns_;
    const uint64_t idle_ms = (now_ns_ - idle_since_ns) / kMillisecond;
    std::this_thread::sleep_for(microseconds(idle_ms < 20 ? 200 : idle_ms < 1000 ? 1000 : 2000));
  }
  // What was published before `stop`; a producer that goes on does not keep us.
  for (int round = 0; round < kLastRoundsMax && drain_once() != 0; ++round) continue;
  close_tls_at_end();
  for (int round = 0; round < kLastRoundsMax && drain_once() != 0; ++round) continue;
  if (retry_at_ns_ == 0) sign_if_due(true);
  leave_change();
}

}  // namespace sallyport::evidence_log
