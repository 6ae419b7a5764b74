// tcp_cases.cc: cycles for one in-order data segment into an established connection: parsing,
// checksum, flow lookup, acknowledgment bookkeeping, the copy out of the frame, and its share of
// the ACK (one per two segments).
#include <cstring>
#include <memory>

#include "bench/micro/cases.h"
#include "dataplane/base/check.h"
#include "dataplane/mem/segment_pool.h"
#include "dataplane/tcp/stack.h"
#include "dataplane/wire/checksum.h"
#include "dataplane/wire/tcp.h"

namespace sallyport::bench {
namespace {

using wire::TcpView;

constexpr uint32_t kOurs = 0x0a000001;
constexpr uint32_t kTheirs = 0x0a000002;
constexpr uint16_t kOurPort = 443;
constexpr uint16_t kTheirPort = 5'555;
constexpr uint32_t kPeerStart = 1'000;
constexpr uint32_t kSegmentsPerCall = 32;  // a burst

class Peer final : public tcp::Egress {
 public:
  explicit Peer(size_t payload_bytes)
      : payload_(payload_bytes, 'x'),
        frames_(kSegmentsPerCall + 1, 2'048, mem::SegmentPool::Wipe::No),
        copies_(1'024, 2'048, mem::SegmentPool::Wipe::No),
        stack_(config(), *this, copies_) {
    SP_CHECK(stack_.listen({kOurs, kOurPort}));
    TcpView syn = view(TcpView::Syn, kPeerStart);
    syn.options.mss = 1'460;
    syn.options.has_window_scale = true;
    syn.options.window_scale = 7;
    input(syn, {});
    sequence_ = kPeerStart + 1;
    stack_.flush(now_);
    input(view(TcpView::Ack, sequence_), {});
    tcp::Event event;
    while (stack_.next_event(event))
      if (event.kind == tcp::EventKind::Accepted) id_ = event.id;
    SP_CHECK(stack_.is_live(id_));
  }

  // One burst in, read by the application, ACKs out.
  void burst() {
    now_.ns += 10'000;
    for (uint32_t i = 0; i < kSegmentsPerCall; ++i) {
      input(view(TcpView::Ack, sequence_), payload_);
      sequence_ += static_cast<uint32_t>(payload_.size());
    }
    tcp::Event event;
    while (stack_.next_event(event)) continue;
    stack_.receive_queue(id_).clear();
    stack_.received(id_, now_);
    stack_.flush(now_);
  }

  bool transmit(const tcp::SegmentOut& out) noexcept override {
    TcpView seen;
    if (TcpView::parse(out.header, seen) == TcpView::Parse::Good && seen.has(TcpView::Syn))
      acknowledged_ = seen.sequence + 1;
    return true;
  }

 private:
  static tcp::StackConfig config() {
    tcp::StackConfig c;
    c.connections_max = 64;
    c.half_open_max = 16;
    c.copies_low_water = 0;
    c.receive_bytes_max = 1U << 20;
    c.table_key = {1, 2};
    c.sequence_key = {3, 4};
    return c;
  }

  TcpView view(uint8_t flags, uint32_t sequence) const {
    TcpView v;
    v.source_port = kTheirPort;
    v.destination_port = kOurPort;
    v.sequence = sequence;
    v.acknowledgment = (flags & TcpView::Ack) != 0 ? acknowledged_ : 0;
    v.flags = flags;
    v.window = 65'535;
    return v;
  }

  void input(const TcpView& v, std::span<const uint8_t> payload) {
    mem::Segment* segment = frames_.allocate();
    SP_CHECK(segment != nullptr);
    const std::span<uint8_t> room(segment->storage, segment->capacity);
    const size_t header = v.write(room.first(60));
    if (!payload.empty()) std::memcpy(segment->storage + header, payload.data(), payload.size());
    const std::span<const uint8_t> pieces[1] = {payload};
    wire::write_tcp_checksum(kTheirs, kOurs, room.first(header), pieces);
    segment->size = static_cast<uint32_t>(header + payload.size());
    wire::Ipv4View ip;
    ip.source = kTheirs;
    ip.destination = kOurs;
    ip.protocol = 6;
    stack_.input(ip, segment, now_);
  }

  std::vector<uint8_t> payload_;
  mem::SegmentPool frames_;
  mem::SegmentPool copies_;
  tcp::Stack stack_;
  tcp::ConnectionId id_;
  base::Instant now_{1'000'000'000};
  uint32_t sequence_ = 0;
  uint32_t acknowledged_ = 0;
};

}  // namespace

std::vector<Case> tcp_cases() {
  std::vector<Case> cases;
  for (const size_t size : {size_t{64}, size_t{1'460}}) {
    const std::string group = "tcp " + std::to_string(size) + " B";
    // What the bench's own peer does per segment is in the figure; the yardstick is the checksum
    // both sides have to compute and the one copy.
    auto bytes = std::make_shared<std::vector<uint8_t>>(size, 'x');
    auto copy = std::make_shared<std::vector<uint8_t>>(size);
    auto header = std::make_shared<std::vector<uint8_t>>(20);
    cases.push_back(Case{group, "checksum twice and copy twice", Unit::CyclesPerUnit,
                         kSegmentsPerCall,
                         [bytes, copy, header] {
                           for (uint32_t i = 0; i < kSegmentsPerCall; ++i) {
                             const std::span<const uint8_t> pieces[1] = {*bytes};
                             wire::write_tcp_checksum(kTheirs, kOurs, *header, pieces);
                             std::memcpy(copy->data(), bytes->data(), bytes->size());
                             wire::write_tcp_checksum(kTheirs, kOurs, *header, pieces);
                             std::memcpy(bytes->data(), copy->data(), copy->size());
                           }
                         },
                         true});
    auto peer = std::make_shared<Peer>(size);
    cases.push_back(Case{group, "segment in", Unit::CyclesPerUnit, kSegmentsPerCall,
                         [peer] { peer->burst(); }, false});
  }
  return cases;
}

}  // namespace sallyport::bench
