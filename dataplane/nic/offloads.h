// offloads.h: what a port's device does of the work on packets, and what our software does in its
// place. Decided once per port at start, and said: one line for each.
//
//   receive checksum   "good" of the device is believed; bad, unknown and partial are computed here
//   send checksum      written by the device, or by us when the frame is finished (worker/)
//   segmentation       the stack cuts segments to the path; for a device with TSO a run of them is
//                      put together again when it leaves (segment_merge.h)
//   multi-segment      such a run is one frame in pieces; every other frame is one buffer
//   scatter            frames are received into one buffer each; a device that hands over pieces
//                      all the same has them gathered by a copy
// The checksum of an IPv4 header is always ours, both ways. Owner: main thread.
#pragma once

#include <string>
#include <vector>

struct rte_eth_conf;
struct rte_eth_dev_info;

namespace sallyport::nic {

struct OffloadChoice {
  const char* name;
  bool device = false;
  std::string why;
};

struct Offloads {
  OffloadChoice receive_checksum{"receive checksum", false, {}};
  OffloadChoice send_checksum{"send checksum", false, {}};
  OffloadChoice segmentation{"segmentation", false, {}};
  OffloadChoice multi_segment{"multi-segment", false, {}};
  OffloadChoice scatter{"scatter", false, {}};

  // "receive checksum: software (the device has none)", one for each.
  std::vector<std::string> lines() const;
};

// Before rte_eth_dev_configure(). `allowed` false: sallyport.yaml says offloads: off.
void ask_offloads(const rte_eth_dev_info& device, bool allowed, rte_eth_conf& settings,
                  Offloads& offloads);

}  // namespace sallyport::nic
