// region_layout.h: the shared region: who is alive, which policy is in use, and every counter by
// name.
//
// One tmpfs file, <run dir>/region, made by sallyportd and mapped by both daemons; anybody with
// read access may map it read-only. Version first, sizes and offsets in the header, so that a
// stranger can read it. Writers never share a block: ControlBlock belongs to sallyportd, everything
// after it to the main lcore of the dataplane, which copies the workers' own blocks in every 100
// ms. All words are 64 bit and written whole; there is no lock, so two words of one block may be of
// different moments.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace sallyport::contract {

inline constexpr uint64_t kRegionMagic = 0x314e4f4947455253;  // "SREGION1"
inline constexpr uint32_t kRegionVersion = 2;
inline constexpr uint32_t kWorkersMax = 64;
inline constexpr uint32_t kCountersMax = 512;
inline constexpr uint32_t kCounterNameBytes = 64;
// As many images as may decide at one moment: the base and the canary.
inline constexpr uint32_t kLiveVersionsMax = 2;
inline constexpr uint32_t kVersionEntitiesMax = 256;  // rewrite::kEntitiesMax
inline constexpr uint32_t kVersionActions = 7;        // kActionCount

using RegionWord = std::atomic<uint64_t>;
static_assert(RegionWord::is_always_lock_free && sizeof(RegionWord) == 8);

struct RegionHeader {
  uint64_t magic;
  uint32_t version;
  uint32_t header_bytes;
  uint64_t region_bytes;
  uint32_t workers_max;
  uint32_t counters_max;
  uint32_t control_offset;
  uint32_t dataplane_offset;
  uint32_t names_offset;  // char[counters_max][kCounterNameBytes], zero padded
  uint32_t workers_offset;
  uint32_t worker_bytes;
  uint32_t reserved[3];
};
static_assert(sizeof(RegionHeader) == 64);

// Written by sallyportd. Times: *_ns are CLOCK_BOOTTIME, *_s are Unix seconds.
struct ControlBlock {
  RegionWord pid;
  RegionWord heartbeat_ns;
  RegionWord published_version;
  RegionWord image_digest[4];  // 32 bytes as four words, in memory order
  RegionWord bundle_digest[4];
  RegionWord secrets_generation;
  RegionWord certificate_not_after_s;  // gateway certificate, 0: none
  RegionWord reserved[3];
};
static_assert(sizeof(ControlBlock) == 128);

enum class DataplaneState : uint64_t {
  Absent = 0,
  Starting = 1,
  NotReady = 2,
  Ready = 3,
  Stopping = 4
};

// Written by the dataplane's main lcore.
struct DataplaneBlock {
  RegionWord pid;
  RegionWord heartbeat_ns;
  RegionWord state;  // DataplaneState
  RegionWord start_generation;
  RegionWord worker_count;
  RegionWord counter_count;
  RegionWord loaded_version;           // newest image that the main lcore built
  RegionWord secrets_generation;       // adopted
  RegionWord certificate_not_after_s;  // in use on the client side
  RegionWord reserved[7];
};
static_assert(sizeof(DataplaneBlock) == 128);

// What one image has decided in one worker, since it was built there: when the secrets change, it
// is built again and counts from zero. The digest is zero where no image stands, and while the
// words below change hands.
struct VersionBlock {
  RegionWord image_digest[4];
  RegionWord entity_count;  // of the image; rows of `detections`
  RegionWord exchanges;     // verdicts on requests of known callers
  RegionWord served;
  RegionWord blocked;  // by what was found in them
  RegionWord refused;  // by policy or framing, before anything was looked for
  RegionWord errors;   // everything else that was not served, but for clients that went away
  RegionWord reserved[6];
  RegionWord detections[kVersionEntitiesMax * kVersionActions];  // both directions
};
static_assert(sizeof(VersionBlock) == 128 + 8 * kVersionEntitiesMax * kVersionActions);

// One worker. The same struct is the worker's own block in the dataplane's memory.
struct alignas(64) WorkerBlock {
  RegionWord heartbeat_ns;  // instant of its last turn
  RegionWord turns;
  RegionWord core;
  RegionWord adopted_version;  // newest policy version taken; 0: none yet
  RegionWord oldest_version;   // oldest one that an exchange still uses; 0: none in use
  RegionWord reserved[3];
  RegionWord counters[kCountersMax];
  VersionBlock versions[kLiveVersionsMax];  // base, canary
};
static_assert(sizeof(WorkerBlock) ==
              64 + 8 * kCountersMax + kLiveVersionsMax * sizeof(VersionBlock));

struct Region {
  RegionHeader header;
  ControlBlock control;
  DataplaneBlock dataplane;
  alignas(64) char counter_names[kCountersMax][kCounterNameBytes];
  WorkerBlock workers[kWorkersMax];
};

constexpr RegionHeader region_header() noexcept {
  return {kRegionMagic,
          kRegionVersion,
          sizeof(RegionHeader),
          sizeof(Region),
          kWorkersMax,
          kCountersMax,
          offsetof(Region, control),
          offsetof(Region, dataplane),
          offsetof(Region, counter_names),
          offsetof(Region, workers),
          sizeof(WorkerBlock),
          {}};
}

}  // namespace sallyport::contract
