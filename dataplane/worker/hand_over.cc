#include "dataplane/worker/hand_over.h"

#include <rte_ring.h>
#include <rte_ring_elem.h>
#include <unistd.h>

#include <array>

#include "dataplane/base/check.h"
#include "dataplane/mem/byte_chain.h"

namespace sallyport::worker {

HandOver::HandOver(const std::string& name)
    : ring_(rte_ring_create_elem(name.c_str(), sizeof(Handed), kHandOverFramesMax, SOCKET_ID_ANY,
                                 RING_F_SC_DEQ | RING_F_EXACT_SZ)) {
  SP_CHECK_WHY(ring_ != nullptr, "no memory for a hand-over ring");
}

HandOver::~HandOver() {
  std::array<Handed, 32> left;
  while (const size_t count = take(left))
    for (size_t i = 0; i < count; ++i) mem::release(left[i].segment);
  rte_ring_free(ring_);
}

bool HandOver::give(const Handed& frame) noexcept {
  return rte_ring_enqueue_elem(ring_, const_cast<Handed*>(&frame), sizeof frame) == 0;
}

size_t HandOver::take(std::span<Handed> out) noexcept {
  return rte_ring_dequeue_burst_elem(ring_, out.data(), sizeof(Handed),
                                     static_cast<unsigned>(out.size()), nullptr);
}

size_t HandOver::waiting() const noexcept { return rte_ring_count(ring_); }

// Giver and taker each write one word, then read the other's: with both in one order, either the
// giver sees the sleeper or the sleeper sees the frame.
bool HandOver::begin_sleep() noexcept {
  sleeping_.store(true, std::memory_order_seq_cst);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (waiting() == 0) return true;
  end_sleep();
  return false;
}

void HandOver::ring_bell() noexcept {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (!sleeping_.load(std::memory_order_relaxed) || !sleeping_.exchange(false)) return;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t wrote = write(bell_, &one, sizeof one);
}

}  // namespace sallyport::worker
