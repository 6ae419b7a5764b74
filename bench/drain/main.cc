// sallyport_drain_bench: how fast sallyportd takes records out of rings into the log: read and
// validated, hashed into the tree, indexed, committed to disk and signed, by one thread.
// On a machine that others use, most of the wall time may be waiting for a processor: it is
// printed.
//
// Rings are filled by the dataplane's own producer while no clock runs; then the drainer is timed
// until everything is committed. Wall time counts the disk's syncs, CPU time is the thread's own.
// Then the same disk writes the same number of bytes in the same number of synced pieces, with
// nothing else to do: what it takes is the limit of this disk, and the rate is printed as a part of
// it. One thread that computes and then waits can reach 1 / (CPU + disk) at most.
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "controlplane/evidence/drain/drainer.h"
#include "dataplane/evidence/recorder.h"
#include "dataplane/evidence/tally_list.h"

namespace {

using namespace sallyport;  // NOLINT: a program of one file

constexpr const char* kUsage =
    "usage: sallyport_drain_bench [--quick] [--folder DIR] [--batch RECORDS] [--json FILE]\n"
    "  --quick    150 000 records instead of a million\n"
    "  --folder   where the log is written (default: a new folder in /var/tmp); the rings are in "
    "/dev/shm\n"
    "  --batch    records of a commit, at most (default: as sallyportd has it)\n"
    "  --json     also write the figures to FILE\n";
constexpr uint64_t kRingBytes = 64ULL << 20;
constexpr size_t kRings = 2;

struct Settings {
  uint64_t records = 1'000'000;
  std::filesystem::path folder;
  std::string json_file;
  size_t batch = evidence_log::DrainerOptions{}.batch_records_max;
};

struct Times {
  double wall_s = 0;
  double cpu_s = 0;
  double queued_s = 0;  // ready to run, and others had the processor
};

double seconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

std::filesystem::path new_folder(const char* pattern) {
  std::string name = pattern;
  if (mkdtemp(name.data()) == nullptr) {
    std::perror(pattern);
    std::exit(1);
  }
  return name;
}

std::unique_ptr<evidence::Recorder> make_recorder(const std::filesystem::path& rings,
                                                  uint32_t worker) {
  evidence::RingConfig config;
  config.folder = rings;
  for (size_t i = 0; i < config.identity.boot_id.size(); ++i)
    config.identity.boot_id[i] = static_cast<uint8_t>(i + 1);
  config.identity.generation = 1;
  config.identity.node = 1;
  config.identity.start = 1;
  config.worker = worker;
  config.capacity_bytes = kRingBytes;
  std::string error;
  auto ring = evidence::RingProducer::create(config, error);
  if (!ring) {
    std::fprintf(stderr, "%s\n", error.c_str());
    std::exit(1);
  }
  return std::make_unique<evidence::Recorder>(std::move(*ring),
                                              evidence::RecorderConfig{.refusals_per_s = 1});
}

// Admitted and completed, with what an ordinary prompt leaves in them, until the ring is full or
// `records_max` are in it.
uint64_t fill(evidence::Recorder& recorder, uint64_t records_max) {
  evidence::TallyList tallies;
  contract::Tally one{};
  one.section = static_cast<uint8_t>(contract::TallySection::DetectedInRequest);
  one.action = static_cast<uint8_t>(contract::RecordedAction::Tokenize);
  one.count = 2;
  for (const char* entity : {"EMAIL_ADDRESS", "PERSON"}) {
    one.name.assign(entity);
    tallies.add(one);
  }
  const std::vector<contract::SubjectId> subjects(1, contract::SubjectId{7});
  evidence::AdmittedFields request;
  request.tenant = "acme";
  request.principal = "billing";
  request.environment = "production";
  request.vendor = "openai";
  request.model = "gpt-4o";
  request.api_kind = "openai_chat";
  request.tallies = tallies.view();
  request.subjects = subjects;
  evidence::CompletedFields outcome;
  outcome.outcome = contract::Outcome::Served;
  outcome.reason = "none";
  base::Clock clock{};
  clock.wall_ns = 1'800'000'000ULL * 1'000'000'000ULL;
  uint64_t made = 0;
  while (made + 2 <= records_max) {
    evidence::Reservation room;
    if (!recorder.reserve(room)) break;
    const auto id = recorder.next_request_id();
    recorder.admitted(room, id, request, clock);
    recorder.completed(room, id, outcome, clock);
    made += 2;
  }
  return made;
}

// Of this thread, as the scheduler counts it; 0 where the kernel does not.
double queued_seconds() {
  std::ifstream file("/proc/thread-self/schedstat");
  uint64_t ran_ns = 0;
  uint64_t queued_ns = 0;
  file >> ran_ns >> queued_ns;
  return static_cast<double>(queued_ns) * 1e-9;
}

void drain_until(evidence_log::Drainer& drainer, uint64_t size, Times& times) {
  const double wall = seconds(CLOCK_MONOTONIC);
  const double cpu = seconds(CLOCK_THREAD_CPUTIME_ID);
  const double queued = queued_seconds();
  while (drainer.status().records_committed < size) drainer.drain_once();
  times.wall_s += seconds(CLOCK_MONOTONIC) - wall;
  times.cpu_s += seconds(CLOCK_THREAD_CPUTIME_ID) - cpu;
  times.queued_s += queued_seconds() - queued;
}

// Bytes that this process has written so far. Not write_bytes: that counts pages made dirty.
uint64_t written_bytes() {
  std::ifstream file("/proc/self/io");
  std::string name;
  uint64_t value = 0;
  while (file >> name >> value)
    if (name == "wchar:") return value;
  return 0;
}

struct Disk {
  double s = 0;       // for all pieces
  double sync_s = 0;  // of one page, synced
};

// A piece and its sync, then a page and its sync: what a commit of LMDB asks of the disk.
Disk disk_alone(const std::filesystem::path& folder, uint64_t bytes, uint64_t pieces) {
  const std::string path = folder / "disk";
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const std::vector<char> piece(bytes / pieces, 'x');
  const size_t page = std::min<size_t>(piece.size(), 4096);
  Disk disk;
  if (file < 0 || posix_fallocate(file, 0, static_cast<off_t>(bytes + page)) != 0) return disk;
  bool good = true;
  const double began = seconds(CLOCK_MONOTONIC);
  for (uint64_t i = 0; i < pieces && good; ++i) {
    const auto at = static_cast<off_t>(page + i * piece.size());
    good = pwrite(file, piece.data(), piece.size(), at) == static_cast<ssize_t>(piece.size()) &&
           fdatasync(file) == 0;
    const double written = seconds(CLOCK_MONOTONIC);
    good = good && pwrite(file, piece.data(), page, 0) == static_cast<ssize_t>(page) &&
           fdatasync(file) == 0;
    disk.sync_s += (seconds(CLOCK_MONOTONIC) - written) / static_cast<double>(pieces);
  }
  disk.s = good ? seconds(CLOCK_MONOTONIC) - began : 0;
  close(file);
  std::filesystem::remove(path);
  return disk;
}

bool parse(int argc, char** argv, Settings& settings) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const bool has_value = i + 1 < argc;
    if (argument == "--quick") {
      settings.records = 150'000;
    } else if (argument == "--folder" && has_value) {
      settings.folder = argv[++i];
    } else if (argument == "--batch" && has_value) {
      settings.batch = std::strtoull(argv[++i], nullptr, 10);
    } else if (argument == "--json" && has_value) {
      settings.json_file = argv[++i];
    } else {
      std::fputs(kUsage, argument == "--help" ? stdout : stderr);
      std::exit(argument == "--help" ? 0 : 2);
    }
  }
  return true;
}

struct Waits {
  double record_median_ms = 0;  // from published to committed
  double record_worst_ms = 0;   // of a hundred, but one
  double commit_ms = 0;         // a commit of just these
  uint64_t commits_max = 0;     // that ended between the two instants
};

// What durability `committed` adds: single exchanges, and a drainer that has nothing else to do, so
// that the disk's sync is what is seen.
Waits wait_for_commits(const Settings& settings, const std::filesystem::path& shared) {
  constexpr size_t kRounds = 300;
  evidence_log::DrainerOptions options;
  options.rings_folder = shared / "waits";
  options.store_folder = settings.folder / "waits" / "evidence";
  options.key_file = settings.folder / "waits" / "evidence.key";
  options.node_name = "bench";
  std::filesystem::create_directories(options.rings_folder);
  std::filesystem::create_directories(options.store_folder.parent_path());
  evidence_log::Drainer drainer(options);
  const auto recorder = make_recorder(options.rings_folder, 0);
  std::atomic<bool> stop{false};
  std::thread draining([&] { drainer.run(stop); });
  usleep(100'000);
  recorder->turn(base::Clock{});
  std::vector<double> waits;
  Waits found;
  for (size_t i = 0; i < kRounds; ++i) {
    const uint64_t commits = drainer.status().commits;
    fill(*recorder, 2);
    const double began = seconds(CLOCK_MONOTONIC);
    while (recorder->committed_sequence() < recorder->published_sequence())
      std::this_thread::yield();
    waits.push_back((seconds(CLOCK_MONOTONIC) - began) * 1e3);
    found.commit_ms += static_cast<double>(drainer.status().last_commit_us) / 1e3 / kRounds;
    found.commits_max = std::max(found.commits_max, drainer.status().commits - commits);
    usleep(1'000 + static_cast<useconds_t>(i * 37 % 3'000));
  }
  stop = true;
  draining.join();
  std::sort(waits.begin(), waits.end());
  found.record_median_ms = waits[kRounds / 2];
  found.record_worst_ms = waits[kRounds * 99 / 100];
  return found;
}

struct Work {
  uint64_t records = 0;
  uint64_t commits = 0;
  uint64_t log_bytes = 0;
  uint64_t written = 0;
};

void report(const Waits& waits) {
  std::printf(
      "  committed waits     %12.2f ms in the median, %.2f ms for 1 of 100; a commit takes %.2f "
      "ms, "
      "%llu at most in between\n",
      waits.record_median_ms, waits.record_worst_ms, waits.commit_ms,
      static_cast<unsigned long long>(waits.commits_max));
}

void report(const Settings& settings, const Work& work, const Times& times, const Disk& disk) {
  const auto count = static_cast<double>(work.records);
  const double limit = disk.s > 0 ? count / disk.s : 0;
  const double in_turn = count / (times.cpu_s + disk.s);
  std::printf(
      "evidence drain, one thread: tree, indexes, cursors, synced commits and checkpoints\n"
      "  records             %12.0f in %llu commits, %.0f bytes of log per record\n"
      "  records per second  %12.0f\n"
      "  CPU per record      %12.2f us (%.0f records/s of CPU time)\n"
      "  waited for a CPU    %12.2f us per record; without that %.0f records/s by the clock\n",
      count, static_cast<unsigned long long>(work.commits),
      static_cast<double>(work.log_bytes) / count, count / times.wall_s, times.cpu_s / count * 1e6,
      count / times.cpu_s, times.queued_s / count * 1e6, count / (times.wall_s - times.queued_s));
  if (disk.s > 0)
    std::printf(
        "  written per record  %12.0f bytes; a synced page takes %.2f ms\n"
        "  this disk alone     %12.0f records/s (the same bytes in as many synced pieces, %.0f "
        "MB/s)\n"
        "  of the disk's limit %12.0f %%\n"
        "  of CPU then disk    %12.0f %% (%.0f records/s, one after the other)\n",
        static_cast<double>(work.written) / count, disk.sync_s * 1e3, limit,
        static_cast<double>(work.written) / disk.s * 1e-6, count / times.wall_s / limit * 100,
        count / times.wall_s / in_turn * 100, in_turn);
  if (settings.json_file.empty()) return;
  std::ofstream(settings.json_file)
      << "{\"records\":" << work.records << ",\"commits\":" << work.commits
      << ",\"records_per_s\":" << count / times.wall_s
      << ",\"cpu_us_per_record\":" << times.cpu_s / count * 1e6
      << ",\"queued_us_per_record\":" << times.queued_s / count * 1e6
      << ",\"written_bytes_per_record\":" << static_cast<double>(work.written) / count
      << ",\"disk_records_per_s\":" << limit << ",\"sync_ms\":" << disk.sync_s * 1e3 << "}\n";
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  parse(argc, argv, settings);
  const std::filesystem::path shared = new_folder("/dev/shm/sallyport_drain_XXXXXX");
  const bool own = settings.folder.empty();
  if (own) settings.folder = new_folder("/var/tmp/sallyport_drain_XXXXXX");
  evidence_log::DrainerOptions options;
  options.rings_folder = shared / "rings";
  options.store_folder = settings.folder / "evidence";
  options.key_file = settings.folder / "evidence.key";
  options.node_name = "bench";
  options.map_bytes = 1ULL << 30;
  options.batch_records_max = settings.batch;
  Times times;
  uint64_t made = 0;
  uint64_t commits = 0;
  uint64_t bytes = 0;
  uint64_t written = 0;
  {
    std::filesystem::create_directories(options.rings_folder);
    evidence_log::Drainer drainer(options);
    std::vector<std::unique_ptr<evidence::Recorder>> recorders;
    for (uint32_t worker = 0; worker < kRings; ++worker)
      recorders.push_back(make_recorder(options.rings_folder, worker));
    usleep(30'000);
    drainer.drain_once();  // finds the rings
    base::Clock clock{};
    for (auto& recorder : recorders) recorder->turn(clock);
    while (made < settings.records) {
      uint64_t now = 0;
      for (auto& recorder : recorders) now += fill(*recorder, settings.records - made - now);
      if (now == 0) break;
      made += now;
      const uint64_t before = written_bytes();
      drain_until(drainer, made, times);
      written += written_bytes() - before;
    }
    commits = drainer.status().commits;
    bytes = drainer.status().used_bytes;
  }
  const Waits waits = wait_for_commits(settings, shared);
  std::filesystem::remove_all(shared);
  const Disk disk = disk_alone(settings.folder, std::max<uint64_t>(written, commits), commits);
  if (own) std::filesystem::remove_all(settings.folder);
  report(settings, {made, commits, bytes, written}, times, disk);
  report(waits);
  return made >= settings.records - 1 ? 0 : 1;
}
