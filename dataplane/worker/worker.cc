#include "dataplane/worker/worker.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "dataplane/base/check.h"
#include "dataplane/worker/frame_checksum.h"

namespace sallyport::worker {

namespace {

// The wall clock is steered by NTP, the monotonic one is not stepped: the offset is read again this
// often.
constexpr uint64_t kWallOffsetNsMax = base::kNsPerS;

uint64_t read_clock(clockid_t which) noexcept {
  timespec t{};
  clock_gettime(which, &t);
  return static_cast<uint64_t>(t.tv_sec) * base::kNsPerS + static_cast<uint64_t>(t.tv_nsec);
}

// One writer, many readers: a plain add that readers never see torn.
void add(std::atomic<uint64_t>& counter, uint64_t by = 1) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

// Who writes TCP checksums of frames of a port. The stack, unless a port of the worker has a device
// that does; then the ports without one have the twin of it.
enum class ChecksumBy : uint8_t { Stack, Device, Software };

// ip writes frames into the queue's mbufs.
class QueueSink final : public ip::FrameSink {
 public:
  QueueSink(nic::Queue& queue, ChecksumBy by) : queue_(queue), by_(by) {}
  std::span<uint8_t> frame() noexcept override { return frame_ = queue_.frame(); }
  void commit(size_t bytes) noexcept override {
    if (by_ == ChecksumBy::Stack) return queue_.commit(bytes);
    const auto place = tcp_place(frame_.first(bytes));
    if (place && by_ == ChecksumBy::Device) return queue_.commit(bytes, *place);
    if (place) complete_checksum(frame_.first(bytes), *place);
    queue_.commit(bytes);
  }

 private:
  nic::Queue& queue_;
  const ChecksumBy by_;
  std::span<uint8_t> frame_;
};

bool any_device_writes(const WorkerConfig& config) noexcept {
  return std::any_of(config.ports.begin(), config.ports.end(),
                     [](const AttachedPort& port) { return port.writes_checksums; });
}

}  // namespace

struct Worker::Parts final : ip::SegmentHandler, tcp::Egress, tcp::PortChoice {
  struct PortSide {
    nic::Queue* queue;
    QueueSink sink;
    ip::Interface interface;
    bool is_upstream;
    Team* team;
    uint16_t seat;
    PortSide(const AttachedPort& attached, ChecksumBy checksums, ip::SegmentHandler& handler)
        : queue(attached.queue),
          sink(*attached.queue, checksums),
          interface(attached.interface, sink, handler),
          is_upstream(attached.is_upstream),
          team(attached.team),
          seat(attached.seat) {}
  };

  static tcp::StackConfig stack_of(const WorkerConfig& given, const tcp::PortChoice& ports) {
    tcp::StackConfig stack = given.stack;
    stack.ports = &ports;
    stack.checksum_at_egress = any_device_writes(given);
    return stack;
  }

  explicit Parts(const WorkerConfig& given)
      : config(given),
        copies(given.copy_segments, given.copy_segment_bytes, mem::SegmentPool::Wipe::OnRelease),
        stack(stack_of(given, *this), *this, copies) {}

  // Collected over the burst, so that the stack can fetch its records ahead (dataplane notes c.1).
  void tcp_segment(const wire::IpAddress& source, const wire::IpAddress& destination,
                   mem::Segment* segment, base::Instant now) noexcept override {
    if (arrived_count == arrived.size()) input_arrived(now);
    arrived[arrived_count++] = {source, destination, segment,
                                nic::Queue::checksum_is_good(*segment)};
  }

  void input_arrived(base::Instant now) noexcept {
    stack.input_burst({arrived.data(), arrived_count}, now);
    arrived_count = 0;
  }

  void path_error(const wire::QuotedTcp& quoted, ip::SegmentHandler::Error error, uint16_t mtu,
                  base::Instant now) noexcept override {
    input_arrived(now);  // in order of arrival
    const tcp::PathError kind = error == ip::SegmentHandler::Error::TooBig ? tcp::PathError::TooBig
                                : error == ip::SegmentHandler::Error::Unreachable
                                    ? tcp::PathError::Unreachable
                                    : tcp::PathError::Other;
    stack.path_error(quoted, kind, mtu, now);
  }

  bool transmit(const tcp::SegmentOut& out) noexcept override {
    for (const auto& side : sides) {
      if (!side->interface.owns(out.source)) continue;
      // No route is an answer of its own counter in ip; for TCP the segment is as good as lost.
      return side->interface.send_from(wire::IpProtocol::Tcp, out.source, out.destination,
                                       out.header, out.payload, out.now,
                                       out.is_reachable) != ip::Interface::Send::NoBuffer;
    }
    add(counters.no_interface);
    return true;
  }

  // A port from which the answer comes back to this worker.
  uint16_t draw(const wire::IpAddress& local, const wire::IpAddress& remote, uint16_t remote_port,
                tcp::PortRange range, uint64_t random) const noexcept override {
    for (const auto& side : sides)
      if (side->team != nullptr && side->interface.owns(local))
        return side->team->steering.draw(side->seat, local, remote, remote_port, range, random);
    return static_cast<uint16_t>(range.first + random % (range.last - range.first + 1U));
  }

  // What the other workers of our ports received for us.
  size_t take_over(base::Instant now) noexcept {
    if (config.door == nullptr) return 0;
    std::array<Handed, nic::kBurstFramesMax> frames;
    const size_t count = config.door->take(frames);
    for (size_t i = 0; i < count; ++i) {
      ip::Interface& interface = sides[frames[i].side]->interface;
      if (frames[i].is_copy != 0)
        interface.hear(frames[i].segment, now);
      else
        interface.input(frames[i].segment, now);
    }
    input_arrived(now);
    if (count > 0) add(counters.team.taken_over, count);
    return count;
  }

  // One burst of one port.
  size_t receive(PortSide& side, base::Instant now) noexcept {
    std::array<mem::Segment*, nic::kBurstFramesMax> frames;
    const size_t count = side.queue->receive(frames);
    size_t ours = count;
    if (side.team != nullptr && count > 0)
      ours = hand_over(*side.team, side.seat, *side.queue, {frames.data(), count}, counters.team);
    for (size_t i = 0; i < ours; ++i) side.interface.input(frames[i], now);
    input_arrived(now);
    side.interface.advance(now);
    return count;
  }

  void read_clocks() noexcept {
    const uint64_t now = read_clock(CLOCK_MONOTONIC);
    if (wall_offset_read_ns == 0 || now - wall_offset_read_ns > kWallOffsetNsMax) {
      wall_offset_ns = read_clock(CLOCK_REALTIME) - now;
      wall_offset_read_ns = now;
    }
    clock.now = base::Instant{now};
    clock.wall_ns = now + wall_offset_ns;
  }

  base::Instant next_deadline() const noexcept {
    base::Instant next = stack.next_deadline();
    for (const auto& side : sides) next = std::min(next, side->interface.next_deadline());
    if (application != nullptr) next = std::min(next, application->next_deadline());
    return next;
  }

  bool has_queued_frames() const noexcept {
    for (const auto& side : sides)
      if (side->queue->queued() > 0) return true;
    return false;
  }

  void sleep() noexcept;

  const WorkerConfig config;
  mem::SegmentPool copies;
  tcp::Stack stack;
  std::array<tcp::Stack::Inbound, nic::kBurstFramesMax> arrived{};
  size_t arrived_count = 0;
  std::vector<std::unique_ptr<PortSide>> sides;
  Application* application = nullptr;
  base::Clock clock;
  uint64_t wall_offset_ns = 0;
  uint64_t wall_offset_read_ns = 0;
  uint32_t idle_turns = 0;
  int wake_descriptor = -1;
  std::array<pollfd, kPortsPerWorkerMax + 1> waits{};
  size_t wait_count = 0;
  bool all_wait = true;  // every port has a descriptor
  std::atomic<bool> stopping{false};

  WorkerCounters counters;
};

Worker::Worker(const WorkerConfig& config) : parts_(std::make_unique<Parts>(config)) {
  Parts& p = *parts_;
  SP_CHECK(config.ports.size() <= kPortsPerWorkerMax);
  p.wake_descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  SP_CHECK_WHY(p.wake_descriptor >= 0, "eventfd");
  p.waits[p.wait_count++] = pollfd{p.wake_descriptor, POLLIN, 0};
  if (config.door != nullptr) config.door->set_bell(p.wake_descriptor);
  for (const AttachedPort& attached : config.ports) {
    const ChecksumBy by = !any_device_writes(config)  ? ChecksumBy::Stack
                          : attached.writes_checksums ? ChecksumBy::Device
                                                      : ChecksumBy::Software;
    p.sides.push_back(std::make_unique<Parts::PortSide>(attached, by, p));
    const int descriptor = attached.queue->wait_descriptor();
    if (descriptor < 0)
      p.all_wait = false;
    else
      p.waits[p.wait_count++] = pollfd{descriptor, POLLIN, 0};
  }
  p.read_clocks();
}

Worker::~Worker() { close(parts_->wake_descriptor); }

tcp::Stack& Worker::stack() noexcept { return parts_->stack; }
mem::SegmentPool& Worker::copies() noexcept { return parts_->copies; }
size_t Worker::port_count() const noexcept { return parts_->sides.size(); }
const ip::Interface& Worker::interface(size_t port_index) const noexcept {
  return parts_->sides[port_index]->interface;
}
const base::Clock& Worker::clock() const noexcept { return parts_->clock; }
const WorkerCounters& Worker::counters() const noexcept { return parts_->counters; }
void Worker::attach(Application& application) noexcept { parts_->application = &application; }

size_t Worker::port_towards(const wire::IpAddress& destination) const noexcept {
  const auto& sides = parts_->sides;
  size_t best = sides.size();
  int best_reach = -1;
  for (size_t i = 0; i < sides.size(); ++i) {
    if (destination.is_v6() && sides[i]->interface.config().address6.is_none()) continue;
    const int reach = sides[i]->interface.reach(destination);
    if (reach < 0 || reach < best_reach) continue;
    if (reach == best_reach && sides[best]->is_upstream) continue;
    best = i;
    best_reach = reach;
  }
  return best;
}

wire::IpAddress Worker::local_address_towards(const wire::IpAddress& destination) const noexcept {
  const size_t port = port_towards(destination);
  if (port == parts_->sides.size()) return {};
  const ip::InterfaceConfig& config = parts_->sides[port]->interface.config();
  return destination.is_v6() ? config.address6 : wire::IpAddress(config.address);
}

bool Worker::turn() noexcept {
  Parts& p = *parts_;
  p.read_clocks();
  const base::Instant now = p.clock.now;
  size_t came = p.take_over(now);
  for (const auto& side : p.sides) came += p.receive(*side, now);
  p.stack.advance(now);
  if (p.application != nullptr) p.application->turn(p.clock);
  p.stack.flush(now);
  uint64_t sent = 0;
  for (const auto& side : p.sides) {
    side->queue->flush();
    sent += side->queue->counters().frames_sent;
  }
  add(p.counters.turns);
  if (came > 0) {
    add(p.counters.busy_turns);
    add(p.counters.frames_received, came);
  }
  p.counters.frames_sent.store(sent, std::memory_order_relaxed);
  return came > 0;
}

void Worker::Parts::sleep() noexcept {
  if (!stopping.load(std::memory_order_seq_cst)) {
    const uint64_t before = read_clock(CLOCK_MONOTONIC);
    const uint64_t deadline = next_deadline().ns;
    uint64_t ns = deadline <= before ? 0 : deadline - before;
    ns = std::min(ns, kSleepMsMax * base::kNsPerMs);
    if (!all_wait) ns = std::min(ns, kSleepUsWithoutDescriptor * base::kNsPerUs);
    if (has_queued_frames()) ns = std::min(ns, base::kNsPerMs);
    if (ns > 0 && (config.door == nullptr || config.door->begin_sleep())) {
      const timespec limit{static_cast<time_t>(ns / base::kNsPerS),
                           static_cast<long>(ns % base::kNsPerS)};
      if (ppoll(waits.data(), wait_count, &limit, nullptr) > 0 &&
          (waits[0].revents & POLLIN) != 0) {
        uint64_t posted = 0;
        [[maybe_unused]] const ssize_t got = read(wake_descriptor, &posted, sizeof posted);
      }
      if (config.door != nullptr) config.door->end_sleep();
      add(counters.sleeps);
      add(counters.slept_ns, read_clock(CLOCK_MONOTONIC) - before);
    }
  }
}

void Worker::run() noexcept {
  Parts& p = *parts_;
  // One of a team speaks for all.
  for (const auto& side : p.sides)
    side->interface.announce(p.clock.now, side->seat == 0 ? ip::Interface::Announce::Aloud
                                                          : ip::Interface::Announce::Silently);
  while (!p.stopping.load(std::memory_order_relaxed)) {
    p.idle_turns = turn() ? 0 : p.idle_turns + 1;
    if (p.config.idle == Idle::Adaptive && p.idle_turns > kIdleTurnsMax) p.sleep();
  }
  for (const auto& side : p.sides) side->queue->flush();
}

void Worker::stop() noexcept {
  parts_->stopping.store(true, std::memory_order_seq_cst);
  wake();
}

void Worker::wake() noexcept {
  const uint64_t one = 1;
  // A full eventfd counter means that it is readable already.
  [[maybe_unused]] const ssize_t wrote = write(parts_->wake_descriptor, &one, sizeof one);
}

}  // namespace sallyport::worker
