// Any sequence of segments, time and application calls, over IPv4 or IPv6: the invariants of the
// stack are the oracle. Segments are built near what is valid (numbers relative to the connection's
// own), because bytes at random die in the checksum; one operation also takes raw bytes, so that
// the IP, TCP and option parsers are met too.
//
// Input: byte 0 chooses the configuration, then operations of one byte each with their arguments.
#include <array>
#include <cstring>
#include <span>
#include <vector>

#include "dataplane/wire/ipv4.h"
#include "dataplane/wire/ipv6.h"
#include "dataplane/wire/tcp.h"
#include "tests/conformance/stack_harness.h"
#include "tests/fuzz/cuts.h"

namespace {

using namespace sallyport;

constexpr uint16_t kPort = 443;
constexpr size_t kOperationsMax = 400;

sh_address address(bool v6, uint8_t last, uint16_t port) {
  sh_address a{};
  a.family = v6 ? 6 : 4;
  a.bytes[0] = v6 ? 0xfd : 10;
  a.bytes[v6 ? 15 : 3] = last;
  a.port = port;
  return a;
}

wire::IpAddress value_of(const sh_address& a) {
  if (a.family == 6) return wire::IpAddress::from_v6(a.bytes);
  return wire::IpAddress((uint32_t{a.bytes[0]} << 24) | a.bytes[3]);
}

class Input {
 public:
  Input(const uint8_t* data, size_t size) : bytes_(data, size) {}
  bool empty() const { return bytes_.empty(); }
  uint8_t byte() {
    if (bytes_.empty()) return 0;
    const uint8_t b = bytes_[0];
    bytes_ = bytes_.subspan(1);
    return b;
  }
  uint32_t word() {
    const uint32_t high = byte();
    return (high << 8) | byte();
  }
  std::span<const uint8_t> take(size_t count) {
    const auto out = bytes_.first(count < bytes_.size() ? count : bytes_.size());
    bytes_ = bytes_.subspan(out.size());
    return out;
  }

 private:
  std::span<const uint8_t> bytes_;
};

class Run {
 public:
  explicit Run(uint8_t choice) : v6_((choice & 1) != 0) {
    sh_config config;
    sh_config_defaults(&config);
    config.local4 = address(false, 1, 0);
    config.local6 = address(true, 1, 0);
    config.sack = (choice >> 1) & 1;
    config.timestamps = (choice >> 2) & 1;
    config.window_scaling = (choice >> 3) & 1;
    config.congestion = (choice >> 4) & 1;
    config.nodelay = (choice >> 5) & 1;
    config.connections_max = 4;
    config.half_open_max = (choice >> 6) == 3 ? 1 : 2;
    config.time_wait_max = 2;
    config.receive_bytes = 4'000;
    config.send_bytes = 20'000;
    stack_ = sh_create(&config, nullptr, 0);
    const sh_address local = address(v6_, 1, kPort);
    listener_ = sh_listen(stack_, &local);
  }
  ~Run() { sh_destroy(stack_); }

  void step(Input& in) {
    switch (in.byte() % 12) {
      case 0:
        open_passively();
        break;
      case 1: {
        const sh_address remote = address(v6_, 2, kPort);
        const sh_address local = address(v6_, 1, 5'000);
        const sh_socket socket = sh_connect(stack_, &local, &remote);
        if (socket > 0) socket_ = socket;
        break;
      }
      case 2:
      case 3:
      case 4:
        segment(in);
        break;
      case 5: {
        const auto raw = in.take(in.byte());
        if (!raw.empty()) sh_inject(stack_, raw.data(), raw.size());
        break;
      }
      case 6:
        sh_advance(stack_, uint64_t{1'000'000} << (in.byte() % 17));
        break;
      case 7: {
        const std::vector<uint8_t> bytes(in.word() % 9'000, 'f');
        sh_send(stack_, socket_, bytes.data(), bytes.size());
        break;
      }
      case 8: {
        std::array<uint8_t, 5'000> bytes;
        sh_receive(stack_, socket_, bytes.data(), 1 + in.word() % bytes.size());
        break;
      }
      case 9:
        sh_shutdown(stack_, socket_);
        break;
      case 10:
        in.byte() % 4 == 0 ? sh_abort(stack_, socket_) : sh_close(stack_, socket_);
        break;
      default:
        sh_set_option(stack_, socket_, 1 + in.byte() % 9, 1 + in.word() % 50'000);
        break;
    }
    collect();
    const char* what = sh_audit(stack_);
    fuzz::expect(what == nullptr, what);
  }

 private:
  // What left is read by our own parsers: nothing malformed ever leaves.
  void collect() {
    std::array<uint8_t, 65'536> packet;
    int64_t size;
    while ((size = sh_collect(stack_, packet.data(), packet.size(), nullptr)) > 0) {
      const std::span<const uint8_t> bytes(packet.data(), static_cast<size_t>(size));
      fuzz::expect(bytes.size() <= 1'500, "a packet larger than the MTU");
      size_t header = 20;
      if (bytes[0] >> 4 == 6) {
        wire::Ipv6View ip;
        fuzz::expect(wire::Ipv6View::parse(bytes, ip) == wire::Ipv6View::Parse::Good, "IPv6");
        header = ip.header_bytes;
        if (ip.protocol != 6) continue;
      } else {
        wire::Ipv4View ip;
        fuzz::expect(wire::Ipv4View::parse(bytes, ip) == wire::Ipv4View::Parse::Good, "IPv4");
        if (ip.protocol != 6) continue;
      }
      wire::TcpView tcp;
      fuzz::expect(wire::TcpView::parse(bytes.subspan(header), tcp) == wire::TcpView::Parse::Good,
                   "TCP");
      if (tcp.has(wire::TcpView::Syn)) {
        theirs_ = tcp.sequence;
        their_port_ = tcp.source_port;
        my_port_ = tcp.destination_port;
      }
    }
  }

  void inject(wire::TcpView& tcp, std::span<const uint8_t> payload) {
    const wire::IpAddress from = value_of(address(v6_, 2, 0));
    const wire::IpAddress to = value_of(address(v6_, 1, 0));
    tcp.source_port = my_port_;
    tcp.destination_port = their_port_;
    const size_t ip_bytes = v6_ ? 40 : 20;
    std::vector<uint8_t> packet(ip_bytes + 60);
    const size_t header = tcp.write(std::span(packet).subspan(ip_bytes));
    packet.resize(ip_bytes + header);
    const std::array<std::span<const uint8_t>, 1> pieces{payload};
    wire::write_tcp_checksum(from, to, std::span(packet).subspan(ip_bytes), pieces);
    packet.insert(packet.end(), payload.begin(), payload.end());
    if (v6_) {
      wire::Ipv6View ip;
      ip.source = from;
      ip.destination = to;
      ip.protocol = 6;
      ip.hop_limit = 64;
      ip.total_bytes = static_cast<uint32_t>(packet.size());
      ip.write(packet);
    } else {
      wire::Ipv4View ip;
      ip.source = from.v4();
      ip.destination = to.v4();
      ip.protocol = 6;
      ip.ttl = 64;
      ip.total_bytes = static_cast<uint16_t>(packet.size());
      ip.write(packet);
    }
    sh_inject(stack_, packet.data(), packet.size());
  }

  void open_passively() {
    my_port_ = static_cast<uint16_t>(2'000 + ++opened_ % 3);
    their_port_ = kPort;
    mine_ = 1'000 * opened_;
    wire::TcpView syn;
    syn.flags = wire::TcpView::Syn;
    syn.sequence = mine_;
    syn.window = 60'000;
    syn.options.mss = 1'000;
    syn.options.sack_permitted = true;
    syn.options.has_timestamps = true;
    syn.options.timestamp_value = 1'000;
    syn.options.has_window_scale = true;
    syn.options.window_scale = 3;
    inject(syn, {});
    collect();
    wire::TcpView ack;
    ack.flags = wire::TcpView::Ack;
    ack.sequence = mine_ + 1;
    ack.acknowledgment = theirs_ + 1;
    ack.window = 6'000;
    ack.options.has_timestamps = true;
    ack.options.timestamp_value = 1'001;
    inject(ack, {});
    const sh_socket socket = sh_accept(stack_, listener_, nullptr);
    if (socket > 0) socket_ = socket;
  }

  void segment(Input& in) {
    sh_info info{};
    info.size = sizeof info;
    wire::TcpView tcp;
    tcp.flags = in.byte();
    tcp.sequence = mine_ + 1;
    tcp.acknowledgment = theirs_ + 1;
    if (sh_get_info(stack_, socket_, &info) == SH_OK) {
      tcp.sequence = info.rcv_nxt;
      tcp.acknowledgment = info.snd_max;
    }
    tcp.sequence += static_cast<uint32_t>(static_cast<int8_t>(in.byte()) * 37);
    tcp.acknowledgment += static_cast<uint32_t>(static_cast<int8_t>(in.byte()) * 100);
    tcp.window = static_cast<uint16_t>(in.word());
    const uint8_t options = in.byte();
    tcp.options.has_timestamps = (options & 1) != 0;
    tcp.options.timestamp_value = 1'001 + in.byte() * 50U;
    tcp.options.sack_permitted = (options & 2) != 0;
    tcp.options.mss = (options & 4) != 0 ? in.byte() : 0;
    tcp.options.has_window_scale = (options & 8) != 0 && !tcp.options.has_timestamps;
    tcp.options.window_scale = in.byte();
    if ((options & 0x10) != 0 && (options & 0xe) == 0) {
      tcp.options.sack_count = static_cast<uint8_t>(1 + (options >> 5) % 3);
      for (size_t i = 0; i < tcp.options.sack_count; ++i) {
        const uint32_t begin = tcp.acknowledgment + in.byte() * 100U;
        tcp.options.sack[i] = {begin, begin + in.byte() * 100U};
      }
    }
    inject(tcp, in.take(in.byte()));
  }

  const bool v6_;
  sh_stack* stack_ = nullptr;
  sh_socket listener_ = 0;
  sh_socket socket_ = 0;
  uint32_t mine_ = 0;
  uint32_t theirs_ = 0;
  uint16_t my_port_ = 2'000;
  uint16_t their_port_ = kPort;
  uint32_t opened_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  Run run(data[0]);
  Input in(data + 1, size - 1);
  for (size_t i = 0; i < kOperationsMax && !in.empty(); ++i) run.step(in);
  return 0;
}
