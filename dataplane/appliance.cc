#include "dataplane/appliance.h"

#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "dataplane/base/check.h"
#include "dataplane/contract/route_table.h"
#include "dataplane/contract/secrets_message.h"
#include "dataplane/counter_catalog.h"
#include "dataplane/nic/eal.h"
#include "dataplane/run_directory.h"

namespace sallyport::dataplane {
namespace {

constexpr uint64_t kMib = 1'048'576;
static_assert(kVersionsHeldMax <= kPolicyVersionsPlanned, "what may be held is in the bill");
// Packets taken from the control plane before the rest of the loop has its turn.
constexpr int kArrivalsPerTurnMax = 8;

uint64_t read_ns(clockid_t which) {
  timespec t{};
  clock_gettime(which, &t);
  return static_cast<uint64_t>(t.tv_sec) * base::kNsPerS + static_cast<uint64_t>(t.tv_nsec);
}

base::Instant monotonic_now() { return base::Instant{read_ns(CLOCK_MONOTONIC)}; }

void say(const std::string& line) {
  std::puts(line.c_str());
  std::fflush(stdout);
}

void lock_memory() {
  // On fault: EAL reserves address space that will never be touched.
  if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0)
    std::fprintf(stderr,
                 "warning: memory is not locked and may be swapped (run as root, or with "
                 "LimitMEMLOCK=infinity)\n");
}

base::SipKey random_key() {
  base::SipKey key;
  SP_CHECK_WHY(getrandom(&key, sizeof key, 0) == static_cast<ssize_t>(sizeof key), "getrandom");
  return key;
}

int run_worker(void* worker) {
  static_cast<worker::Worker*>(worker)->run();
  return 0;
}

}  // namespace

bool Appliance::open_ports(std::string& error) {
  for (const HostPort& port : config_.ports) {
    ports_.push_back(nic::Port::open(nic_config(port), error));
    if (ports_.back() == nullptr) return false;
  }
  return true;
}

void Appliance::make_worker(uint32_t index) {
  worker::WorkerConfig settings;
  settings.index = index;
  settings.idle = config_.idle == IdleMode::Poll ? worker::Idle::Poll : worker::Idle::Adaptive;
  settings.copy_segments = config_.memory.tcp_mib * (1'048'576 / settings.copy_segment_bytes);
  settings.stack.connections_max = config_.memory.connections;
  settings.stack.half_open_max = std::max<uint32_t>(4, config_.memory.connections / 4);
  settings.stack.table_key = random_key();
  settings.stack.sequence_key = random_key();
  settings.ports = teams_->attached(index);
  settings.door = teams_->door(index);
  // One stack per worker has one MSS: the smallest of its ports.
  settings.stack.mtu = UINT16_MAX;
  for (const worker::AttachedPort& port : settings.ports)
    settings.stack.mtu = std::min(settings.stack.mtu, port.interface.mtu);
  workers_.push_back(std::make_unique<worker::Worker>(settings));
  sources_.push_back(std::make_unique<PortSources>(*workers_.back()));
}

bool Appliance::make_gateway(uint32_t index, const MemoryPlan& plan, int core, std::string& error) {
  worker::Worker& worker = *workers_[index];
  flow::GatewayConfig settings;
  std::vector<const nic::QueueCounters*> queues;
  for (const worker::AttachedPort& port : teams_->attached(index))
    queues.push_back(&port.queue->counters());
  for (const HostPort& port : config_.ports) {
    if (!port.serves(index)) continue;
    for (const HostListen& listen : config_.listen)
      if (port.has(listen.address))
        settings.listen.push_back(tcp::Endpoint{listen.address, listen.port});
  }
  settings.sources = sources_[index].get();
  settings.padding_seed = random_key().k0;
  settings.tcp_connections_max = config_.memory.connections;
  settings.body_pool_bytes = plan.body_bytes;
  settings.plaintext_pool_bytes = config_.memory.tls_mib * kMib / 2;
  settings.ciphertext_pool_bytes = config_.memory.tls_mib * kMib / 2;

  evidence::RingConfig ring;
  ring.folder = options_.run_dir + "/rings";
  ring.identity = identity_;
  ring.worker = index;
  ring.capacity_bytes = config_.memory.evidence_ring_mib * kMib;
  ring.wall_ns = read_ns(CLOCK_REALTIME);
  auto producer = evidence::RingProducer::create(ring, error);
  if (!producer.has_value()) return false;
  auto recall = evidence::RecallRing::create(options_.run_dir + "/recall", identity_, index, error);
  if (!recall.has_value()) return false;
  gateways_.push_back(std::make_unique<GatewayApplication>(
      worker, settings, std::move(*producer), evidence::RecorderConfig{}, std::move(recall),
      std::move(queues), core));
  worker.attach(*gateways_.back());
  return true;
}

bool Appliance::launch(const Placement& placement, std::string& error) {
  for (size_t i = 0; i < workers_.size(); ++i) {
    if (!nic::launch_worker(i, run_worker, workers_[i].get())) {
      error = "worker " + std::to_string(i) + " cannot be started on core " +
              std::to_string(placement.worker_cores[i]);
      return false;
    }
    ++launched_;
  }
  return true;
}

bool Appliance::start(const MemoryPlan& plan, const Placement& placement, std::string& error) {
  // Blocked before EAL makes its threads, so that only the descriptor sees them.
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  sigprocmask(SIG_BLOCK, &ending, nullptr);
  signals_.reset(signalfd(-1, &ending, SFD_CLOEXEC | SFD_NONBLOCK));
  signal(SIGPIPE, SIG_IGN);

  nic::EalConfig eal;
  eal.use_hugepages = plan.use_hugepages;
  eal.memory_mib = plan.eal_mib;
  eal.main_cores = placement.main_cores;
  eal.worker_cores = placement.worker_cores;
  eal.verbose = options_.verbose;
  for (const HostPort& port : config_.ports) eal.ports.push_back(nic_config(port));
  if (!nic::Eal::start(eal, error)) return false;
  eal_is_up_ = true;
  if (!prepare_run_directory(options_.run_dir, error)) return false;
  if (!open_ports(error)) return false;
  teams_ = std::make_unique<PortTeams>(config_, ports_);
  for (const std::string& line : teams_->say()) say(line);
  identity_ = evidence::read_start_identity(config_.node);
  std::vector<AdoptionDoor*> doors;
  for (uint32_t i = 0; i < config_.workers.size(); ++i) {
    make_worker(i);
    if (!make_gateway(i, plan, placement.worker_cores[i], error)) return false;
    doors.push_back(&gateways_.back()->door());
  }
  adoption_ = std::make_unique<Adoption>(doors);
  region_ = std::make_unique<RegionWriter>(counter_names());
  link_ = std::make_unique<ControlLink>(ControlLinkConfig{options_.run_dir + "/control.sock",
                                                          identity_.generation,
                                                          static_cast<uint32_t>(workers_.size())});
  stuck_.assign(workers_.size(), false);
  lock_memory();
  return launch(placement, error);
}

bool Appliance::wait(base::Instant until) {
  const base::Instant now = monotonic_now();
  const uint64_t ms = base::ms_between(now, until) + (until > now ? 1 : 0);
  std::array<pollfd, 2> waiting{pollfd{signals_.get(), POLLIN, 0},
                                pollfd{link_->descriptor(), POLLIN, 0}};
  if (poll(waiting.data(), waiting.size(), static_cast<int>(std::min(ms, kTickMs))) <= 0)
    return false;
  signalfd_siginfo came{};
  return read(signals_.get(), &came, sizeof came) == static_cast<ssize_t>(sizeof came);
}

void Appliance::run() {
  do turn(monotonic_now());
  while (!wait(std::min(next_tick_, link_->next_deadline())));
}

void Appliance::turn(base::Instant now) {
  link_->step(now);
  for (int i = 0; i < kArrivalsPerTurnMax; ++i) {
    std::optional<ControlArrival> arrival = link_->receive(now);
    if (const auto notice = link_->take_notice(); notice.has_value()) say("control: " + *notice);
    if (!arrival.has_value()) break;
    take(*arrival, now);
  }
  if (now >= next_tick_) tick(now);
}

void Appliance::take(ControlArrival& arrival, base::Instant now) {
  std::string error;
  bool ok = false;
  if (arrival.kind == contract::ControlKind::Welcome) {
    if (!region_->map(arrival.file.get(), error)) link_->leave("control: " + error, now);
    return tick(now);
  }
  if (stopping_) return link_->answer(arrival, false, "the dataplane is stopping", now);
  if (arrival.kind == contract::ControlKind::Tests) return take_tests(arrival, now);
  if (arrival.kind == contract::ControlKind::Secrets) {
    std::shared_ptr<const policy::Secrets> secrets =
        policy::Secrets::read(arrival.file.get(), error);
    ok = secrets != nullptr && adoption_->take_secrets(std::move(secrets), error);
    say("secrets " + std::to_string(arrival.number) + (ok ? ": taken" : ": refused: " + error));
  } else {
    ok = take_policy(arrival, error);
  }
  link_->answer(arrival, ok, error, now);
  for (const auto& worker : workers_) worker->wake();
  adopting_until_ = base::after_ms(now, kAdoptingMs);
  next_tick_ = base::after_ms(now, kAdoptingTickMs);
}

// Worker 0 stands for all: each has the same image, built from the same bytes.
void Appliance::take_tests(ControlArrival& arrival, base::Instant now) {
  if (seed_run_ != nullptr) return link_->answer(arrival, false, "tests are running", now);
  seed_run_ = std::make_unique<flow::SeedRun>(arrival.digest);
  seed_asked_ = std::move(arrival);
  gateways_[0]->door().seed_runs.post(seed_run_.get());
  workers_[0]->wake();
}

void Appliance::answer_tests(base::Instant now) {
  if (seed_run_ == nullptr || !seed_run_->done()) return;
  const flow::SeedRun::Counts& counts = seed_run_->counts();
  const bool ok = seed_run_->ran() && counts.differ == 0;
  link_->answer(seed_asked_, ok,
                seed_run_->ran() ? seed_run_->first() : "the image decides nothing here", now,
                {counts.run, counts.differ, counts.expected, counts.found});
  seed_run_.reset();
}

bool Appliance::take_policy(ControlArrival& arrival, std::string& error) {
  using contract::ControlKind;
  const bool is_table = arrival.kind == ControlKind::Routes;
  const size_t most = is_table ? contract::kRouteTableBytesMax : contract::kImageBytesMax;
  std::vector<uint8_t> bytes;
  bool ok = read_sealed(arrival.file.get(), arrival.bytes, most, bytes, error);
  if (ok && is_table) {
    std::optional<RouteTable> table = RouteTable::read(bytes, error);
    ok = table.has_value() && adoption_->take_routes(std::move(*table), arrival.number, error);
  } else if (ok && arrival.kind == ControlKind::Canary) {
    ok = adoption_->take_canary(std::move(bytes), arrival.digest, error);
  } else if (ok) {
    ok = adoption_->take_image(std::move(bytes), arrival.number, arrival.digest, arrival.flag,
                               error);
  }
  const char* const what = is_table                              ? "routes "
                           : arrival.kind == ControlKind::Canary ? "canary "
                                                                 : "policy ";
  say(what + std::to_string(arrival.number) + (ok ? ": taken" : ": refused: " + error));
  return ok;
}

contract::DataplaneState Appliance::state() const {
  if (stopping_) return contract::DataplaneState::Stopping;
  const bool ready =
      adoption_->has_secrets() && adoption_->has_certificate() && adoption_->all_adopted();
  return ready ? contract::DataplaneState::Ready : contract::DataplaneState::NotReady;
}

void Appliance::tick(base::Instant now) {
  // Somebody waits for an adoption: the region tells it as soon as the last worker has it.
  const bool adopting = now < adopting_until_ && !adoption_->all_adopted();
  if (!adopting) adopting_until_ = now;
  next_tick_ = base::after_ms(now, adopting ? kAdoptingTickMs : kTickMs);
  if (const auto problem = adoption_->reclaim(); problem.has_value()) say("secrets: " + *problem);
  if (now >= next_clock_state_) {
    next_clock_state_ = base::after_ms(now, kClockStateMs);
    const contract::ClockState clock = evidence::read_clock_state();
    for (const auto& gateway : gateways_) gateway->request_clock_state(clock);
  }
  watch_workers(now);
  for (const std::string& line : teams_->take_news()) say(line);
  answer_tests(now);
  write_region(now);
}

void Appliance::write_region(base::Instant now) {
  if (!region_->mapped()) return;
  const uint64_t boottime_ns = read_ns(CLOCK_BOOTTIME);
  DataplaneStatus status;
  status.state = state();
  status.start_generation = identity_.generation;
  status.loaded_version = adoption_->loaded_version();
  status.secrets_generation = adoption_->secrets_generation();
  status.certificate_not_after_s = static_cast<uint64_t>(adoption_->certificate_not_after_s());
  std::vector<WorkerStatus> workers;
  for (size_t i = 0; i < gateways_.size(); ++i) {
    const contract::WorkerBlock& block = gateways_[i]->block();
    const uint64_t beat = block.heartbeat_ns.load(std::memory_order_relaxed);
    const uint64_t age = now.ns > beat ? now.ns - beat : 0;
    workers.push_back(WorkerStatus{&block, beat == 0 ? 0 : boottime_ns - age,
                                   adoption_->adopted_version(i), adoption_->oldest_version(i)});
  }
  region_->write(status, workers, boottime_ns);
}

void Appliance::watch_workers(base::Instant now) {
  for (size_t i = 0; i < gateways_.size(); ++i) {
    const uint64_t beat = gateways_[i]->block().heartbeat_ns.load(std::memory_order_relaxed);
    const bool stuck = beat != 0 && base::ms_between(base::Instant{beat}, now) > kWorkerStuckMs;
    if (stuck != stuck_[i])
      say("worker " + std::to_string(i) + (stuck ? " does not turn" : " turns again"));
    stuck_[i] = stuck;
  }
}

bool Appliance::exchanges_open() const {
  return std::any_of(gateways_.begin(), gateways_.end(),
                     [](const auto& gateway) { return gateway->open_exchanges() != 0; });
}

void Appliance::drain() {
  for (const auto& gateway : gateways_) gateway->request_drain();
  for (const auto& worker : workers_) worker->wake();
  const base::Instant begun = monotonic_now();
  next_tick_ = begun;  // the region says Stopping at once
  for (uint64_t waited_ms = 0; waited_ms < kDrainMsMax;
       waited_ms = base::ms_between(begun, monotonic_now())) {
    // Two copies of the counters, so that what we read is from after the drain began.
    if (waited_ms >= 2 * kCounterCopyMs && !exchanges_open()) return;
    turn(monotonic_now());
    if (wait(base::after_ms(monotonic_now(), kCounterCopyMs))) return;
  }
}

void Appliance::stop() {
  if (!eal_is_up_) return;
  eal_is_up_ = false;
  stopping_ = true;
  if (launched_ != 0 && launched_ == config_.workers.size()) drain();
  for (size_t i = 0; i < launched_; ++i) workers_[i]->stop();
  for (size_t i = 0; i < launched_; ++i) nic::join_worker(i);
  const base::Clock clock{monotonic_now(), read_ns(CLOCK_REALTIME)};
  for (const auto& gateway : gateways_) gateway->end(clock);
  if (region_ != nullptr) write_region(clock.now);
  // Gateways before what they adopted: they are the last who use it.
  gateways_.clear();
  adoption_.reset();
  sources_.clear();
  workers_.clear();
  teams_.reset();
  ports_.clear();
  nic::Eal::stop();
}

}  // namespace sallyport::dataplane
