#include "dataplane/nic/offloads.h"

#include <rte_ethdev.h>

#include "dataplane/nic/segment_merge.h"

namespace sallyport::nic {
namespace {

// Taken when the device has all of `wanted`. Answers what to set.
uint64_t choose(uint64_t capable, uint64_t wanted, bool allowed, OffloadChoice& choice) {
  choice.device = allowed && (capable & wanted) == wanted;
  choice.why = !allowed                       ? "offloads: off"
               : (capable & wanted) == wanted ? "the device has it"
                                              : "the device has none";
  return choice.device ? wanted : 0;
}

// A device cuts what it also writes the checksums of, and takes it in pieces.
void choose_segmentation(const rte_eth_dev_info& device, rte_eth_conf& settings,
                         Offloads& offloads) {
  constexpr uint64_t kWanted =
      RTE_ETH_TX_OFFLOAD_TCP_TSO | RTE_ETH_TX_OFFLOAD_MULTI_SEGS | RTE_ETH_TX_OFFLOAD_IPV4_CKSUM;
  const uint16_t pieces = device.tx_desc_lim.nb_seg_max;  // 0: it does not say
  OffloadChoice& choice = offloads.segmentation;
  if (!offloads.send_checksum.device) {
    choice.why = "the stack cuts segments itself: " + offloads.send_checksum.why;
  } else if (pieces != 0 && pieces < kMergedPiecesMax) {
    choice.why = "the device takes frames of " + std::to_string(pieces) + " pieces only";
  } else {
    settings.txmode.offloads |= choose(device.tx_offload_capa, kWanted, true, choice);
  }
  offloads.multi_segment.device = choice.device;
  offloads.multi_segment.why =
      choice.device ? "segments of one run are pieces of one frame" : "a frame is one buffer";
}

}  // namespace

void ask_offloads(const rte_eth_dev_info& device, bool allowed, rte_eth_conf& settings,
                  Offloads& offloads) {
  settings.rxmode.offloads |= choose(device.rx_offload_capa, RTE_ETH_RX_OFFLOAD_TCP_CKSUM, allowed,
                                     offloads.receive_checksum);
  settings.txmode.offloads |=
      choose(device.tx_offload_capa, RTE_ETH_TX_OFFLOAD_TCP_CKSUM, allowed, offloads.send_checksum);
  choose_segmentation(device, settings, offloads);
  offloads.scatter.why = "a buffer holds a frame of the port's mtu; pieces are gathered by a copy";
}

std::vector<std::string> Offloads::lines() const {
  std::vector<std::string> out;
  for (const OffloadChoice* one :
       {&receive_checksum, &send_checksum, &segmentation, &multi_segment, &scatter})
    out.push_back(std::string(one->name) + ": " + (one->device ? "device (" : "software (") +
                  one->why + ")");
  return out;
}

}  // namespace sallyport::nic
