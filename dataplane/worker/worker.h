// worker.h: one core's loop. The turn is: one clock read, receive bursts, IP and TCP input, TCP
// timers, application, TCP output, transmit. Run to completion; nothing is shared with another
// worker.
//
// Workers may share a port, each with a queue of it: frames of another worker of the team are
// handed over in the turn in which they came (team.h), what others handed over is taken first.
//
// Invariants
//   I1  the clock is read once per turn (and once more after a sleep, before anything is received).
//   I2  only this thread touches the queues, interfaces, stack and application between run() and
//   its return. I3  with Idle::Adaptive the worker sleeps only when the last turns moved no frame,
//   and never past a deadline.
// Owner   construction and destruction: main thread. run(): the worker's lcore. stop(), wake(),
// counters(): any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "dataplane/base/time.h"
#include "dataplane/ip/interface.h"
#include "dataplane/mem/segment_pool.h"
#include "dataplane/nic/port.h"
#include "dataplane/tcp/stack.h"
#include "dataplane/worker/application.h"
#include "dataplane/worker/team.h"

namespace sallyport::worker {

enum class Idle : uint8_t { Poll, Adaptive };

// Ports of one worker; the lab and most appliances have two (clients, vendors).
inline constexpr size_t kPortsPerWorkerMax = 8;
// Turns without a frame before an adaptive worker sleeps: a reply that comes within this needs no
// wake-up.
inline constexpr uint32_t kIdleTurnsMax = 8;
// A sleeping worker looks again after this, whatever the deadlines say.
inline constexpr uint64_t kSleepMsMax = 100;
// Sleep when a port has no descriptor to wait on.
inline constexpr uint64_t kSleepUsWithoutDescriptor = 50;

struct AttachedPort {
  nic::Queue* queue = nullptr;
  ip::InterfaceConfig interface;  // mac from the port
  bool is_upstream = false;       // preferred for connections beyond the connected networks
  Team* team = nullptr;           // null: this worker has the port alone
  uint16_t seat = 0;              // in the team; the same number as the queue's
  bool writes_checksums = false;  // the device writes TCP checksums of what we send
};

struct WorkerConfig {
  uint32_t index = 0;
  Idle idle = Idle::Adaptive;
  tcp::StackConfig stack;  // keys are filled in by the caller
  uint32_t copy_segments = 8'192;
  uint32_t copy_segment_bytes = 2'048;
  std::vector<AttachedPort> ports;
  HandOver* door = nullptr;  // what others hand over; null: no port has a team
};

struct WorkerCounters {
  std::atomic<uint64_t> turns{0};
  std::atomic<uint64_t> busy_turns{0};  // at least one frame came
  std::atomic<uint64_t> sleeps{0};
  std::atomic<uint64_t> slept_ns{0};
  std::atomic<uint64_t> frames_received{0};
  std::atomic<uint64_t> frames_sent{0};
  std::atomic<uint64_t> no_interface{0};  // TCP wanted to send from an address that no port has
  TeamCounters team;
};

class Worker {
 public:
  explicit Worker(const WorkerConfig& config);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // What applications are built on. Before run() only from the main thread, later only from turn().
  tcp::Stack& stack() noexcept;
  mem::SegmentPool& copies() noexcept;
  size_t port_count() const noexcept;
  const ip::Interface& interface(size_t port_index) const noexcept;
  // The port that leads to `destination` most specifically; of equals the upstream port, else the
  // last. port_count(): none does.
  size_t port_towards(const wire::IpAddress& destination) const noexcept;
  // The first local address of that port; none when no port leads there.
  wire::IpAddress local_address_towards(const wire::IpAddress& destination) const noexcept;

  // REQUIRES: before run(); `application` outlives it. Without one the worker answers ARP and echo
  // only.
  void attach(Application& application) noexcept;
  // Until stop(). Returns after the last transmit.
  void run() noexcept;
  // One turn, for programs with a loop of their own and for tests. True: frames came.
  bool turn() noexcept;
  const base::Clock& clock() const noexcept;  // of the last turn

  void stop() noexcept;
  // Ends the current sleep, e.g. because a command was posted.
  void wake() noexcept;
  const WorkerCounters& counters() const noexcept;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace sallyport::worker
