// wire_watch.h: what may be said of a sender by looking at its packets only (dataplane notes b): it
// stays inside the window that it was offered, its own window never shrinks, what it acknowledges
// never goes back, and bytes that were sent once are the same bytes when they are sent again.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "dataplane/tcp/sequence.h"
#include "dataplane/wire/ip_address.h"
#include "dataplane/wire/tcp.h"

namespace sallyport::sim {

class WireWatch {
 public:
  // A packet of one side leaves. Empty: nothing to say.
  std::string sent(const wire::IpAddress& source, const wire::IpAddress& destination,
                   const std::vector<uint8_t>& bytes, uint16_t mtu) {
    wire::TcpView tcp;
    if (wire::TcpView::parse(bytes, tcp) != wire::TcpView::Parse::Good) return "it sent nonsense";
    const size_t ip_bytes = destination.is_v6() ? 40 : 20;
    if (bytes.size() + ip_bytes > mtu) return "a packet larger than the path";
    if (tcp.has(wire::TcpView::Rst)) return {};
    Side& me = sides_[key(source, destination, tcp.source_port, tcp.destination_port)];
    Side& peer = sides_[key(destination, source, tcp.destination_port, tcp.source_port)];
    if (tcp.has(wire::TcpView::Syn)) {
      const uint8_t scale = tcp.options.has_window_scale ? tcp.options.window_scale : 0;
      const Start before = me.start;
      const bool again = me.open && me.start.initial != tcp.sequence;
      if (again) me = Side{};
      if (again) me.other = before;
      me.open = true;
      me.start = Start{tcp.sequence, scale, tcp.options.has_window_scale};
      return {};
    }
    if (!me.open || !peer.open) return {};
    // A SYN that came twice may be answered by a cookie and by a record; what follows says which.
    if (is_of_other(me, tcp.sequence)) me.start = me.other;
    if (is_of_other(peer, tcp.acknowledgment)) peer.start = peer.other;
    if (std::string what = judge_acknowledgment(me, peer, tcp); !what.empty()) return what;
    return judge_payload(me, peer, tcp,
                         {bytes.data() + tcp.header_bytes, bytes.size() - tcp.header_bytes});
  }

 private:
  static constexpr uint32_t kFar = 1U << 26;  // more than any run sends
  struct Start {                              // what a SYN said
    uint32_t initial = 0;
    uint8_t scale = 0;
    bool scales = false;
  };
  struct Side {
    bool open = false;
    bool acked_once = false;
    Start start;
    Start other;                 // of an earlier SYN
    uint32_t acked = 0;          // what it acknowledged
    uint32_t edge = 0;           // the right edge that it offered
    std::vector<int16_t> bytes;  // what it sent, by relative sequence number; -1: not yet
  };

  static bool is_of_other(const Side& side, uint32_t number) {
    return number - side.start.initial > kFar && number - side.other.initial <= kFar;
  }

  static std::string key(const wire::IpAddress& from, const wire::IpAddress& to, uint16_t from_port,
                         uint16_t to_port) {
    std::string out(36, '\0');
    from.store_v6(reinterpret_cast<uint8_t*>(out.data()));
    to.store_v6(reinterpret_cast<uint8_t*>(out.data()) + 16);
    out[32] = static_cast<char>(from_port >> 8);
    out[33] = static_cast<char>(from_port & 0xff);
    out[34] = static_cast<char>(to_port >> 8);
    out[35] = static_cast<char>(to_port & 0xff);
    return out;
  }

  static std::string judge_acknowledgment(Side& me, const Side& peer, const wire::TcpView& tcp) {
    if (!tcp.has(wire::TcpView::Ack)) return "a segment of an open connection without ACK";
    const uint8_t shift = me.start.scales && peer.start.scales ? me.start.scale : 0;
    const uint32_t edge = tcp.acknowledgment + (uint32_t{tcp.window} << shift);
    if (me.acked_once && tcp::seq_before(tcp.acknowledgment, me.acked))
      return "an acknowledgment went back";
    // Rounding the field to a scale may hide up to one unit once.
    if (me.acked_once && tcp::seq_before(edge + (1U << shift), me.edge))
      return "an offered window was taken back";
    me.acked = tcp.acknowledgment;
    me.edge = me.acked_once ? tcp::seq_later(me.edge, edge) : edge;
    me.acked_once = true;
    return {};
  }

  static std::string judge_payload(Side& me, const Side& peer, const wire::TcpView& tcp,
                                   std::span<const uint8_t> payload) {
    if (payload.empty()) return {};
    const uint32_t from = tcp.sequence - me.start.initial;
    const uint32_t end = from + static_cast<uint32_t>(payload.size());
    // The SYN's window, 65,535 at most, is all that is known before the first ACK of the peer. A
    // probe is one byte.
    const uint32_t edge = peer.acked_once ? peer.edge : me.start.initial + 1 + 65'535;
    if (payload.size() > 1 &&
        tcp::seq_after(tcp.sequence + static_cast<uint32_t>(payload.size()), edge))
      return "payload beyond the window that was ever offered";
    if (end > kFar) return "a sequence number far from everything";
    if (me.bytes.size() < end) me.bytes.resize(end, -1);
    for (uint32_t i = 0; i < payload.size(); ++i) {
      int16_t& known = me.bytes[from + i];
      if (known >= 0 && known != payload[i]) return "a retransmission with other bytes";
      known = payload[i];
    }
    return {};
  }

  std::map<std::string, Side> sides_;
};

}  // namespace sallyport::sim
