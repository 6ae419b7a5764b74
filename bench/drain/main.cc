// sallyport_drain_bench: how fast sallyportd takes records out of rings into the log: read and
// validated, hashed into the tree, indexed, committed to disk and signed, by one thread.
//
// Rings are filled by the dataplane's own producer while no clock runs; then the drainer is timed
// until everything is committed. Wall time counts the disk's syncs, CPU time is the thread's own.
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/evidence/drainer.h"
#include "dataplane/evidence/recorder.h"
#include "dataplane/evidence/tally_list.h"

namespace {

using namespace sallyport;  // NOLINT: a program of one file

constexpr const char* kUsage =
    "usage: sallyport_drain_bench [--quick] [--folder DIR] [--json FILE]\n"
    "  --quick    150 000 records instead of a million\n"
    "  --folder   where the log is written (default: a new folder in /var/tmp); the rings are in "
    "/dev/shm\n"
    "  --json     also write the figures to FILE\n";
constexpr uint64_t kRingBytes = 64ULL << 20;
constexpr size_t kRings = 2;

struct Settings {
  uint64_t records = 1'000'000;
  std::filesystem::path folder;
  std::string json_file;
};

struct Times {
  double wall_s = 0;
  double cpu_s = 0;
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

void drain_until(evidence_log::Drainer& drainer, uint64_t size, Times& times) {
  const double wall = seconds(CLOCK_MONOTONIC);
  const double cpu = seconds(CLOCK_THREAD_CPUTIME_ID);
  while (drainer.status().records_committed < size) drainer.drain_once();
  times.wall_s += seconds(CLOCK_MONOTONIC) - wall;
  times.cpu_s += seconds(CLOCK_THREAD_CPUTIME_ID) - cpu;
}

bool parse(int argc, char** argv, Settings& settings) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const bool has_value = i + 1 < argc;
    if (argument == "--quick") {
      settings.records = 150'000;
    } else if (argument == "--folder" && has_value) {
      settings.folder = argv[++i];
    } else if (argument == "--json" && has_value) {
      settings.json_file = argv[++i];
    } else {
      std::fputs(kUsage, argument == "--help" ? stdout : stderr);
      std::exit(argument == "--help" ? 0 : 2);
    }
  }
  return true;
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
  options.map_bytes = 1ULL << 30; options.batch_records_max = 16384;
  Times times;
  uint64_t made = 0;
  uint64_t commits = 0;
  uint64_t bytes = 0;
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
      drain_until(drainer, made, times);
    }
    commits = drainer.status().commits;
    bytes = drainer.status().used_bytes;
  }
  std::filesystem::remove_all(shared);
  if (own) std::filesystem::remove_all(settings.folder);
  const auto count = static_cast<double>(made);
  std::printf(
      "evidence drain, one thread: tree, indexes, cursors, synced commits and checkpoints\n"
      "  records             %12.0f in %llu commits, %.0f bytes of log per record\n"
      "  records per second  %12.0f\n"
      "  CPU per record      %12.2f us (%.0f records/s of CPU time)\n",
      count, static_cast<unsigned long long>(commits), static_cast<double>(bytes) / count,
      count / times.wall_s, times.cpu_s / count * 1e6, count / times.cpu_s);
  if (!settings.json_file.empty())
    std::ofstream(settings.json_file)
        << "{\"records\":" << made << ",\"commits\":" << commits
        << ",\"records_per_s\":" << count / times.wall_s
        << ",\"cpu_us_per_record\":" << times.cpu_s / count * 1e6 << "}\n";
  return made >= settings.records - 1 ? 0 : 1;
}
