#include "tests/process/tcp_kernel/transfers.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "dataplane/base/check.h"
#include "dataplane/wire/bytes.h"

namespace sallyport::test {

namespace {

constexpr size_t kRequestBytes = 16;
constexpr size_t kDigestBytes = 32;
constexpr uint32_t kSizeMax = 4 * 1024 * 1024;
constexpr uint64_t kFarFuture = ~uint64_t{0};

std::array<uint8_t, 8> big_endian(uint64_t value) {
  std::array<uint8_t, 8> out{};
  wire::store_be32(out.data(), static_cast<uint32_t>(value >> 32));
  wire::store_be32(out.data() + 4, static_cast<uint32_t>(value));
  return out;
}

}  // namespace

std::vector<uint8_t> bytes_of_seed(uint64_t seed, uint32_t size) {
  std::vector<uint8_t> out(size);
  const auto key = big_endian(seed);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  SP_CHECK(EVP_DigestInit_ex(context, EVP_shake128(), nullptr) == 1 &&
           EVP_DigestUpdate(context, key.data(), key.size()) == 1 &&
           EVP_DigestFinalXOF(context, out.data(), out.size()) == 1);
  EVP_MD_CTX_free(context);
  return out;
}

uint32_t size_of_transfer(uint32_t number) {
  constexpr std::array<uint32_t, 12> kEdges{1,     kSizeMax, 2,      1'447,  1'448,   1'449,
                                            1'460, 2'896,    65'535, 65'536, 262'144, 262'145};
  if (number < kEdges.size()) return kEdges[number];
  // The golden ratio spreads any number of points evenly.
  const double place = std::fmod(number * 0.6180339887498949, 1.0);
  return std::clamp<uint32_t>(static_cast<uint32_t>(std::exp(place * std::log(double{kSizeMax}))),
                              1, kSizeMax);
}

struct Transfers::Transfer {
  enum class Role : uint8_t { Server, FetchDown, FetchUp };
  tcp::ConnectionId id;
  Role role = Role::Server;
  uint32_t number = 0;
  uint32_t size = 0;
  uint64_t seed = 0;
  bool has_request = false;  // server: the request is in
  bool is_upload = false;    // server
  bool close_after = false;  // FIN when everything is sent
  bool is_shut = false;
  std::vector<uint8_t> request;  // server: its first bytes
  std::vector<uint8_t> outgoing;
  size_t sent = 0;
  std::vector<uint8_t> incoming;
};

Transfers::Transfers(worker::Worker& worker, const TransferPlan& plan)
    : worker_(worker), stack_(worker.stack()), plan_(plan) {
  for (const tcp::Endpoint& local : plan.serve_at) SP_CHECK(stack_.listen(local));
}

Transfers::~Transfers() = default;

bool Transfers::fetches_done() const noexcept {
  return begun_ == plan_.fetches && active_fetches_ == 0;
}

base::Instant Transfers::next_deadline() const noexcept {
  return is_blocked_ || begun_ == 0 ? retry_at_ : base::Instant{kFarFuture};
}

void Transfers::turn(const base::Clock& clock) noexcept {
  const base::Instant now = clock.now;
  if (begin_at_ == base::Instant{}) {
    begin_at_ = base::after_ms(now, plan_.begin_after_ms);
    if (plan_.begin_after_ms != 0) retry_at_ = begin_at_;
  }
  if (now >= begin_at_) begin_fetches(now);
  tcp::Event event;
  while (stack_.next_event(event)) on_event(event, now);
  if (is_blocked_ && now >= retry_at_) {
    is_blocked_ = false;
    for (auto& transfer : by_index_)
      if (transfer != nullptr) pump(*transfer);
  }
  if (is_blocked_) retry_at_ = base::after_ms(now, 1);
}

void Transfers::begin_fetches(base::Instant now) {
  while (begun_ < plan_.fetches && active_fetches_ < plan_.concurrency) {
    const tcp::Endpoint local{worker_.local_address_towards(plan_.fetch_from.address), 0};
    const tcp::ConnectionId id = stack_.connect(local, plan_.fetch_from, now);
    if (!id) {
      is_blocked_ = true;
      return;
    }
    auto transfer = std::make_unique<Transfer>();
    transfer->id = id;
    const uint32_t number = plan_.first + begun_;
    transfer->number = number;
    transfer->size = size_of_transfer(number / 2);
    transfer->seed = plan_.seed + number;
    const bool up = number % 2 == 1;
    transfer->role = up ? Transfer::Role::FetchUp : Transfer::Role::FetchDown;
    const auto seed = big_endian(transfer->seed);
    const std::vector<uint8_t> payload =
        up ? bytes_of_seed(transfer->seed, transfer->size) : std::vector<uint8_t>{};
    // Sized once and filled: gcc 12 sees an overflow in insert() at the end of a short vector.
    auto& outgoing = transfer->outgoing;
    outgoing.resize(8 + seed.size() + payload.size());
    outgoing[0] = 'S';
    outgoing[1] = 'P';
    outgoing[2] = static_cast<uint8_t>(up ? 'U' : 'D');
    wire::store_be32(outgoing.data() + 4, transfer->size);
    std::copy(seed.begin(), seed.end(), outgoing.begin() + 8);
    std::copy(payload.begin(), payload.end(),
              outgoing.begin() + 8 + static_cast<std::ptrdiff_t>(seed.size()));
    // A download closes its half at once every other time: both half-close and a late close are
    // exercised.
    transfer->close_after = up || number % 4 == 0;
    ++begun_;
    ++active_fetches_;
    if (by_index_.size() <= id.index) by_index_.resize(id.index + 1);
    by_index_[id.index] = std::move(transfer);
  }
}

void Transfers::on_event(const tcp::Event& event, base::Instant now) {
  const uint32_t index = event.id.index;
  if (event.kind == tcp::EventKind::Accepted) {
    if (by_index_.size() <= index) by_index_.resize(index + 1);
    by_index_[index] = std::make_unique<Transfer>();
    by_index_[index]->id = event.id;
    return;
  }
  if (index >= by_index_.size() || by_index_[index] == nullptr || by_index_[index]->id != event.id)
    return;
  Transfer& transfer = *by_index_[index];
  switch (event.kind) {
    case tcp::EventKind::Accepted:
      break;
    case tcp::EventKind::Connected:
    case tcp::EventKind::Writable:
      pump(transfer);
      break;
    case tcp::EventKind::Readable:
      take(transfer, now);
      break;
    case tcp::EventKind::PeerClosed:
      take(transfer, now);
      if (by_index_[index] != nullptr) peer_ended(transfer);
      break;
    case tcp::EventKind::Reset:
    case tcp::EventKind::TimedOut:
    case tcp::EventKind::Closed:
      finish(transfer, false, false);
      break;
  }
}

void Transfers::take(Transfer& transfer, base::Instant now) {
  mem::ByteChain& chain = stack_.receive_queue(transfer.id);
  const size_t before = transfer.incoming.size();
  transfer.incoming.resize(before + chain.size());
  chain.copy_out(0, std::span(transfer.incoming).subspan(before));
  chain.consume(chain.size());
  stack_.received(transfer.id, now);
  if (transfer.role == Transfer::Role::Server && !transfer.has_request &&
      transfer.incoming.size() >= kRequestBytes)
    request_came(transfer);
}

void Transfers::request_came(Transfer& transfer) {
  const uint8_t* p = transfer.incoming.data();
  transfer.size = wire::load_be32(p + 4);
  if (p[0] != 'S' || p[1] != 'P' || (p[2] != 'D' && p[2] != 'U') || transfer.size > kSizeMax) {
    finish(transfer, false, true);
    return;
  }
  transfer.seed = (uint64_t{wire::load_be32(p + 8)} << 32) | wire::load_be32(p + 12);
  transfer.is_upload = p[2] == 'U';
  transfer.has_request = true;
  transfer.incoming.erase(transfer.incoming.begin(), transfer.incoming.begin() + kRequestBytes);
  if (transfer.is_upload) return;
  transfer.outgoing = bytes_of_seed(transfer.seed, transfer.size);
  transfer.close_after = true;
  pump(transfer);
}

void Transfers::peer_ended(Transfer& transfer) {
  std::array<uint8_t, kDigestBytes> digest{};
  unsigned digest_bytes = 0;
  switch (transfer.role) {
    case Transfer::Role::Server:
      if (!transfer.has_request) {
        finish(transfer, false, true);
      } else if (transfer.is_upload) {
        SP_CHECK(EVP_Digest(transfer.incoming.data(), transfer.incoming.size(), digest.data(),
                            &digest_bytes, EVP_sha256(), nullptr) == 1);
        transfer.outgoing.assign(digest.begin(), digest.end());
        transfer.close_after = true;
        pump(transfer);
      } else if (transfer.is_shut) {
        finish(transfer, true, true);
      }
      break;
    case Transfer::Role::FetchDown: {
      const bool same = transfer.incoming == bytes_of_seed(transfer.seed, transfer.size);
      counts_.wrong += same ? 0 : 1;
      finish(transfer, same, true);
      break;
    }
    case Transfer::Role::FetchUp: {
      const auto bytes = std::span(transfer.outgoing).subspan(kRequestBytes);
      SP_CHECK(EVP_Digest(bytes.data(), bytes.size(), digest.data(), &digest_bytes, EVP_sha256(),
                          nullptr) == 1);
      const bool same = std::equal(digest.begin(), digest.end(), transfer.incoming.begin(),
                                   transfer.incoming.end());
      counts_.wrong += same ? 0 : 1;
      finish(transfer, same, true);
      break;
    }
  }
}

void Transfers::pump(Transfer& transfer) {
  while (transfer.sent < transfer.outgoing.size()) {
    constexpr size_t kPieceBytesMax = 16 * 1024;
    const size_t room = std::min(stack_.send_room(transfer.id), kPieceBytesMax);
    const size_t count = std::min(room, transfer.outgoing.size() - transfer.sent);
    if (count == 0) return;
    mem::ByteChain chain;
    if (!chain.append_copy(std::span(transfer.outgoing).subspan(transfer.sent, count),
                           worker_.copies())) {
      is_blocked_ = true;
      return;
    }
    stack_.send(transfer.id, std::move(chain));
    transfer.sent += count;
  }
  if (!transfer.close_after || transfer.is_shut || transfer.outgoing.empty()) return;
  stack_.shutdown_send(transfer.id);
  transfer.is_shut = true;
  // A server is done when the peer is: what is queued leaves by itself.
  if (transfer.role == Transfer::Role::Server &&
      (transfer.is_upload || stack_.peer_closed(transfer.id)))
    finish(transfer, true, true);
}

void Transfers::finish(Transfer& transfer, bool good, bool release) {
  if (release) stack_.release(transfer.id);
  if (transfer.role == Transfer::Role::Server) {
    counts_.served += good ? 1 : 0;
  } else {
    counts_.fetched += good ? 1 : 0;
    --active_fetches_;
    retry_at_ = base::Instant{};
  }
  counts_.failed += good ? 0 : 1;
  counts_.bytes += good ? transfer.size : 0;
  by_index_[transfer.id.index].reset();
  is_blocked_ =
      is_blocked_ || begun_ < plan_.fetches;  // begin the next one without waiting for a frame
}

}  // namespace sallyport::test
