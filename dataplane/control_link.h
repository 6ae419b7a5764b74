// control_link.h: our end of <run dir>/control.sock (contract/control_message.h), on the main
// thread.
//
// It never waits: step() tries to connect at most every kRetryMs, receive() answers what has come.
// Without a control plane the dataplane goes on with what it has. Everything that comes is judged
// as hostile: size, magic, version, kind, order and number of descriptors; the first thing that
// does not hold ends the connection, is said once in the log, and we try again.
//
// Invariants
//   I1  no arrival is handed out before the peer's credentials were checked and Welcome came.
//   I2  a descriptor that came is owned by the arrival, or closed.
// Not here what the files hold: adoption.h, region_writer.h.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "dataplane/base/time.h"
#include "dataplane/contract/control_message.h"
#include "dataplane/sealed_file.h"

namespace sallyport::dataplane {

// A control plane that starts later is found within this.
inline constexpr uint64_t kControlRetryMs = 200;
// After a refusal or a breach there is no point in hurrying.
inline constexpr uint64_t kControlRetryAfterBreachMs = 2'000;
// Nothing of ours stays unanswered for longer: a peer that takes Hello and says nothing is left.
inline constexpr uint64_t kControlWelcomeMsMax = 5'000;

struct ControlLinkConfig {
  std::string socket_path;
  uint64_t start_generation = 0;
  uint32_t worker_count = 0;
};

// What came, with the file that came along (none with Tests).
struct ControlArrival {
  contract::ControlKind kind = contract::ControlKind::Welcome;
  bool flag = false;  // Image: keep the routes
  uint64_t number = 0;
  uint64_t bytes = 0;
  contract::Digest digest{};
  OwnedDescriptor file;
};

class ControlLink {
 public:
  explicit ControlLink(const ControlLinkConfig& config) : config_(config) {}
  ControlLink(const ControlLink&) = delete;
  ControlLink& operator=(const ControlLink&) = delete;

  // Connects and says Hello when it is time to.
  void step(base::Instant now);
  // The next packet; nothing: none is there (or the connection has just ended).
  std::optional<ControlArrival> receive(base::Instant now);
  // The result that belongs to `arrival`. A peer that is gone is noticed by receive().
  void answer(const ControlArrival& arrival, bool ok, std::string_view text, base::Instant now,
              const std::array<uint32_t, contract::kControlCounts>& counts = {});

  // Ends the connection because what came does not hold.
  void leave(std::string why, base::Instant now);

  bool welcomed() const noexcept { return state_ == State::Welcomed; }
  // To poll for reading; -1 while there is no connection.
  int descriptor() const noexcept { return socket_.get(); }
  // When step() wants to be called again, at the latest.
  base::Instant next_deadline() const noexcept { return deadline_; }
  // What happened since the last call, for the log; the same thing is said once, not every 200 ms.
  std::optional<std::string> take_notice();

 private:
  enum class State : uint8_t { Apart, Greeted, Welcomed };

  bool check_peer();
  bool say_hello();
  bool is_sound(const contract::ControlPacket& packet, size_t bytes, size_t descriptors,
                std::string& why) const;
  bool send_packet(const contract::ControlPacket& packet);
  void part(std::string why, uint64_t retry_ms, base::Instant now);

  const ControlLinkConfig config_;
  State state_ = State::Apart;
  OwnedDescriptor socket_;
  base::Instant deadline_;  // Apart: next try; Greeted: when we stop waiting for Welcome
  std::string last_notice_;
  std::optional<std::string> notice_;
};

}  // namespace sallyport::dataplane
