#include "dataplane/ip/neighbours.h"

#include <cstring>

namespace sallyport::ip {

NeighbourTable::NeighbourTable(uint16_t mtu) : frame_bytes_(mtu) {
  for (Frame& frame : frames_) frame.bytes = std::make_unique<uint8_t[]>(frame_bytes_);
}

Neighbour* NeighbourTable::find(const wire::IpAddress& address) noexcept {
  if (last_ < highest_ && entries_[last_].address == address &&
      entries_[last_].state != NeighbourState::Free)
    return &entries_[last_];
  for (size_t i = 0; i < highest_; ++i) {
    if (entries_[i].address != address || entries_[i].state == NeighbourState::Free) continue;
    last_ = i;
    return &entries_[i];
  }
  return nullptr;
}

Neighbour* NeighbourTable::add(const wire::IpAddress& address, base::Instant now) noexcept {
  Neighbour* place = nullptr;
  for (Neighbour& n : all()) {
    if (n.state == NeighbourState::Free) {
      place = &n;
      break;
    }
    if (n.state == NeighbourState::Asking) continue;
    if (place == nullptr || n.used < place->used) place = &n;
  }
  if (highest_ < entries_.size() && (place == nullptr || place->state != NeighbourState::Free))
    place = &entries_[highest_++];
  if (place == nullptr) return nullptr;
  drop_pending(*place);
  *place = Neighbour{};
  place->state = NeighbourState::Asking;
  place->address = address;
  place->due = now;
  place->used = now;
  return place;
}

bool NeighbourTable::hold(Neighbour& neighbour,
                          std::span<const std::span<const uint8_t>> pieces) noexcept {
  if (neighbour.pending_count == neighbour.pending.size()) return false;
  for (size_t i = 0; i < frames_.size(); ++i) {
    Frame& frame = frames_[i];
    if (frame.used) continue;
    size_t size = 0;
    for (const auto& piece : pieces) {
      if (piece.size() > frame_bytes_ - size) return false;
      if (!piece.empty()) std::memcpy(frame.bytes.get() + size, piece.data(), piece.size());
      size += piece.size();
    }
    frame.size = size;
    frame.used = true;
    neighbour.pending[neighbour.pending_count++] = static_cast<uint16_t>(i);
    return true;
  }
  return false;
}

std::span<const uint8_t> NeighbourTable::take_pending(Neighbour& neighbour) noexcept {
  if (neighbour.pending_count == 0) return {};
  Frame& frame = frames_[neighbour.pending[0]];
  --neighbour.pending_count;
  for (size_t i = 0; i < neighbour.pending_count; ++i)
    neighbour.pending[i] = neighbour.pending[i + 1];
  frame.used = false;
  return {frame.bytes.get(), frame.size};
}

void NeighbourTable::drop_pending(Neighbour& neighbour) noexcept {
  while (!take_pending(neighbour).empty()) {
  }
}

}  // namespace sallyport::ip
