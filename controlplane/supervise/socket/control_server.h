// control_server.h: <run dir>/control.sock, our end of contract/control_message.h.
//
// One dataplane at a time: a second one is refused while the first is alive, because both would
// own the same worker blocks. The order is the contract's: Hello, Welcome with the region, then
// whatever the listener sends. What cannot be sent at once waits here; of each kind only the newest
// waits. Never blocks.
// Owner  the main loop.
#pragma once

#include <poll.h>

#include <array>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/supervise/credentials/sealed_memory.h"
#include "controlplane/supervise/socket/local_socket.h"
#include "dataplane/contract/control_message.h"

namespace sallyport::supervise {

inline constexpr uint64_t kHelloMsMax = 5'000;
inline constexpr size_t kControlConnectionsMax = 8;

struct ConnectedDataplane {
  Peer peer;
  uint64_t start_generation = 0;
  uint32_t worker_count = 0;
};

// Of a run of seeded texts: run, differ, detections expected, detections found.
using TestCounts = std::array<uint32_t, contract::kControlCounts>;

// What happened on the connection; called from turn().
class ControlListener {
 public:
  virtual ~ControlListener() = default;
  // Welcome is on its way: now send secrets and image.
  virtual void on_dataplane(const ConnectedDataplane& dataplane) = 0;
  virtual void on_secrets_result(uint64_t generation, bool ok, const std::string& text) = 0;
  // Of the base, or of the canary's image.
  virtual void on_image_result(uint64_t version, bool ok, const std::string& text) = 0;
  virtual void on_routes_result(uint64_t version, bool ok, const std::string& text) = 0;
  virtual void on_tests_result(uint64_t number, bool ok, const TestCounts& counts,
                               const std::string& text) = 0;
  virtual void on_dataplane_gone(const std::string& why) = 0;
  virtual void on_refused(const std::string& why) = 0;
};

class ControlServer {
 public:
  // REQUIRES: the run dir's lock is ours; `listener` outlives the server. Null: `error` says why.
  static std::unique_ptr<ControlServer> open(const std::filesystem::path& run_dir,
                                             ControlListener& listener, std::string& error);
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  // Descriptor of the region that Welcome carries; not owned.
  void set_region_fd(int fd) noexcept { region_fd_ = fd; }
  void add_to(std::vector<pollfd>& polled) const;
  void turn(uint64_t now_ms);

  // Nothing is sent, and false returned, when no dataplane is connected.
  bool send_secrets(const SealedMemory& message, uint64_t generation);
  bool send_image(const SealedMemory& image, uint64_t version, const contract::Digest& digest,
                  bool keep_routes);
  bool send_canary(const SealedMemory& image, uint64_t version, const contract::Digest& digest);
  bool send_routes(const SealedMemory& table, uint64_t version);
  bool send_tests(const contract::Digest& image, uint64_t number);
  void drop(const std::string& why);

  const std::optional<ConnectedDataplane>& connected() const noexcept { return dataplane_; }

 private:
  struct Waiting {  // connected, has not said Hello
    int fd = -1;
    Peer peer;
    uint64_t deadline_ms = 0;
  };
  struct Outgoing {
    contract::ControlPacket packet{};
    int fd = -1;  // ours, closed when sent; -1: none
  };
  ControlServer() = default;
  void accept_connections(uint64_t now_ms);
  bool hear_hello(Waiting& waiting, uint64_t now_ms);  // false: done with it
  std::string why_not(const contract::ControlPacket& hello) const;
  void refuse(int fd, const std::string& why);
  void hear_dataplane();
  void take(const contract::ControlPacket& packet);
  void enqueue(const contract::ControlPacket& packet, int fd);
  bool send_memory(contract::ControlPacket packet, const SealedMemory& memory);
  void flush();

  std::filesystem::path file_;
  ControlListener* listener_ = nullptr;
  int listening_ = -1;
  int region_fd_ = -1;
  std::vector<Waiting> waiting_;
  int connection_ = -1;
  std::optional<ConnectedDataplane> dataplane_;
  std::deque<Outgoing> outgoing_;
};

}  // namespace sallyport::supervise
