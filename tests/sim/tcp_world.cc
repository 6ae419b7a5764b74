#include "tests/sim/tcp_world.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "tests/sim/host.h"
#include "tests/sim/wire_watch.h"

namespace sallyport::sim {
namespace {

constexpr uint16_t kPort = 443;

wire::IpAddress address(bool v6, uint8_t last) {
  if (!v6) return wire::IpAddress(0x0a000000U + last);
  const std::array<uint8_t, 16> bytes{0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last};
  return wire::IpAddress::from_v6(bytes.data());
}

// Everything of a run that the seed decides, drawn in a fixed order.
class Dice {
 public:
  explicit Dice(uint64_t seed) : random(seed) {}
  bool one_in(uint64_t n) { return random() % n == 0; }
  uint64_t below(uint64_t n) { return random() % n; }
  double unit() { return std::uniform_real_distribution<>(0, 1)(random); }
  std::mt19937_64 random;
};

LinkFaults faults_from(Dice& dice, const RunOptions& options) {
  LinkFaults faults;
  faults.loss = dice.unit() * options.loss_max;
  faults.duplication = dice.one_in(3) ? dice.unit() * 0.05 : 0;
  faults.reordering = dice.one_in(3) ? dice.unit() * 0.3 : 0;
  faults.corruption = dice.one_in(3) ? dice.unit() * 0.03 : 0;
  faults.delay_us = 50 + dice.below(30'000);
  faults.bytes_per_ms = dice.one_in(2) ? 0 : 500 + dice.below(20'000);
  return faults;
}

tcp::StackConfig config_from(Dice& dice, uint64_t seed, bool v6) {
  tcp::StackConfig config;
  config.connections_max = 32;
  config.half_open_max = dice.one_in(6) ? 1 : 16;
  config.time_wait_max = 32;
  config.handshake_ms_max = 120'000;
  config.unacknowledged_ms_max = 600'000;
  // As patient as with data: four losses in a row, backed off, are longer than the default.
  config.fin_wait_2_ms_max = 600'000;
  config.time_wait_ms = 600'000;  // the last FIN, backed off, meets its TIME-WAIT
  config.table_key = {seed, seed + 1};
  config.sequence_key = {seed + 2, seed + 3};
  config.sack = !dice.one_in(4);
  config.timestamps = !dice.one_in(4);
  config.window_scaling = !dice.one_in(4);
  config.tail_loss_probe = !dice.one_in(4);
  config.nodelay = !dice.one_in(8);
  config.congestion = dice.one_in(3) ? tcp::Algorithm::NewReno : tcp::Algorithm::Cubic;
  if (dice.one_in(6)) config.reassembly_max = config.scoreboards_max = 1;
  if (dice.one_in(4)) config.mtu = static_cast<uint16_t>((v6 ? 1'280 : 576) + dice.below(220));
  if (dice.one_in(3)) config.receive_bytes_max = static_cast<uint32_t>(3'000 + dice.below(60'000));
  if (dice.one_in(4)) config.send_bytes_max = static_cast<uint32_t>(2'000 + dice.below(30'000));
  return config;
}

// What anybody who sees the packets can forge, and a correct stack must shrug off: an old duplicate
// of an earlier connection (other bytes, an old timestamp), an ACK of what was never sent, a SACK
// block of it.
std::vector<Packet> forge(const Packet& packet, Dice& dice, bool meets_cookies) {
  wire::TcpView tcp;
  if (wire::TcpView::parse(packet.bytes, tcp) != wire::TcpView::Parse::Good) return {};
  if (!wire::tcp_checksum_is_good(packet.source, packet.destination, packet.bytes)) return {};
  if (tcp.flags != wire::TcpView::Ack && tcp.flags != (wire::TcpView::Ack | wire::TcpView::Psh))
    return {};
  std::vector<uint8_t> payload(packet.bytes.begin() + tcp.header_bytes, packet.bytes.end());
  tcp.options.sack_count = 0;
  switch (dice.below(3)) {
    case 0:
      // A cookie opens with the first ACK and has no earlier timestamp to compare with. An old
      // duplicate cannot carry the cookie, so this forgery is not one there.
      if (payload.empty() || !tcp.options.has_timestamps || meets_cookies) return {};
      for (uint8_t& b : payload) b ^= 0x55;
      tcp.options.timestamp_value -= 100'000;
      break;
    case 1:
      tcp.acknowledgment += 1U << 24;
      payload.clear();
      break;
    default:
      tcp.options.sack_count = 1;
      tcp.options.sack[0] = {tcp.acknowledgment + (1U << 24),
                             tcp.acknowledgment + (1U << 24) + 999};
      payload.clear();
      break;
  }
  Packet out = packet;
  out.bytes.assign(wire::TcpView::kBytes + wire::TcpView::kOptionsBytesMax, 0);
  out.bytes.resize(tcp.write(out.bytes));
  const std::array<std::span<const uint8_t>, 1> pieces{std::span<const uint8_t>(payload)};
  wire::write_tcp_checksum(packet.source, packet.destination, out.bytes, pieces);
  out.bytes.insert(out.bytes.end(), payload.begin(), payload.end());
  return {out};
}

void add(std::string& what, bool is_wrong, const char* text) {
  if (is_wrong) what += std::string(" ") + text + ";";
}

void compare(const Host& one, const Host& other, Outcome& out) {
  uint64_t sent = 0;
  uint64_t received = 0;
  for (const auto& f : one.flows) {
    add(out.what, f->mismatch, "bytes differ");
    add(out.what, f->ended && f->end_kind != tcp::EventKind::Closed, "not closed in order");
    received += f->received;
  }
  for (const auto& f : other.flows) sent += f->send_total;
  add(out.what, sent != received, "bytes are missing");
  out.bytes += received;
}

// SALLYPORT_SIM_TRACE=1: a line for every packet that leaves.
void trace(const char* who, const std::vector<uint8_t>& bytes, base::Instant now) {
  static const bool on = std::getenv("SALLYPORT_SIM_TRACE") != nullptr;
  wire::TcpView tcp;
  if (!on || wire::TcpView::parse(bytes, tcp) != wire::TcpView::Parse::Good) return;
  std::printf("%10.3f %s %5u>%-5u flags %02x seq %u ack %u win %u len %zu",
              static_cast<double>(now.ns) / 1e6, who, tcp.source_port, tcp.destination_port,
              tcp.flags, tcp.sequence, tcp.acknowledgment, tcp.window,
              bytes.size() - tcp.header_bytes);
  for (size_t i = 0; i < tcp.options.sack_count; ++i)
    std::printf(" sack %u-%u", tcp.options.sack[i].begin, tcp.options.sack[i].end);
  std::printf("\n");
}

void settle(Host& host, Dice& dice, bool has_cookies) {
  if (dice.one_in(4)) host.read_laziness = 0.9;
  if (dice.one_in(4)) host.read_bytes_max = 100 + dice.below(3'000);
  if (dice.one_in(4)) host.refuse_every = 3 + dice.below(20);
  if (dice.one_in(3))
    host.mischief = [&dice, has_cookies](const Packet& packet) {
      return dice.one_in(40) ? forge(packet, dice, has_cookies) : std::vector<Packet>{};
    };
}

}  // namespace

Outcome run_seed(uint64_t seed, const RunOptions& options) {
  Dice dice(seed);
  const bool v6 = dice.one_in(2);
  const LinkFaults faults = faults_from(dice, options);
  Link a_to_b(faults, dice.random);
  Link b_to_a(faults, dice.random);
  const tcp::StackConfig config_a = config_from(dice, seed, v6);
  const tcp::StackConfig config_b = config_from(dice, seed + 1'000, v6);
  const uint32_t copy_bytes = dice.one_in(2) ? 2'048 : 512;
  Host a(config_a, a_to_b, dice.random);
  Host b(config_b, b_to_a, dice.random, 1'024, copy_bytes);
  settle(a, dice, false);
  settle(b, dice, config_b.half_open_max == 1);
  auto watch = std::make_shared<WireWatch>();
  a.watch = [watch, mtu = config_a.mtu](const auto& source, const auto& destination,
                                        const auto& bytes, base::Instant now) {
    trace("a", bytes, now);
    return watch->sent(source, destination, bytes, mtu);
  };
  b.watch = [watch, mtu = config_b.mtu](const auto& source, const auto& destination,
                                        const auto& bytes, base::Instant now) {
    trace("b", bytes, now);
    return watch->sent(source, destination, bytes, mtu);
  };
  b.stack.listen({address(v6, 2), kPort});

  Simulation run(a, b, a_to_b, b_to_a);
  const uint64_t path_changes_at =
      dice.one_in(3) ? run.now.ns + dice.below(base::kNsPerS) : UINT64_MAX;
  const auto path_mtu = static_cast<uint16_t>((v6 ? 1'280 : 600) + dice.below(150));
  // A silent path can only be survived where the fallback fits through it.
  a.path_reports = b.path_reports = path_mtu < 1'290 || !dice.one_in(3);
  run.on_turn = [&](base::Instant now) {
    if (now.ns >= path_changes_at) a.path_mtu = b.path_mtu = path_mtu;
  };
  const int flow_count = 1 + static_cast<int>(dice.below(3));
  for (int i = 0; i < flow_count; ++i) {
    const uint64_t up = dice.one_in(4) ? dice.below(10) : dice.below(options.bytes_max);
    const uint64_t down = dice.one_in(4) ? dice.below(10) : dice.below(options.bytes_max);
    Flow& client = a.add_flow(1, 2, up);
    // All flows of a side carry the same stream but different lengths, so which one is accepted
    // first does not matter to the bytes.
    Flow& server = b.add_flow(2, 1, down);
    client.id = a.stack.connect({address(v6, 1), 0}, {address(v6, 2), kPort}, run.now);
    b.waiting.push_back(&server);
  }
  Outcome out;
  out.done = run.until_ended(options.virtual_ms_max);
  if (!a.broken.empty() || !b.broken.empty()) {
    out.what = " " + a.broken + b.broken + ";";
  } else {
    compare(a, b, out);
    compare(b, a, out);
    add(out.what, !out.done, "virtual time is over");
  }
  const auto both = [&](tcp::Counter c) { return a.stack.counters()[c] + b.stack.counters()[c]; };
  out.lost = a_to_b.lost + b_to_a.lost;
  out.retransmits = both(tcp::Counter::Retransmits);
  out.sack_retransmits = both(tcp::Counter::SackRetransmits);
  out.tail_probes = both(tcp::Counter::TailProbes);
  out.virtual_ms = (run.now.ns - base::kNsPerS) / base::kNsPerMs;
  out.turns = run.turns;
  return out;
}

}  // namespace sallyport::sim
