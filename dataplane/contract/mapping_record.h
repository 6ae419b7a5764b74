// mapping_record.h: what a token stands for, on its way from a worker to the vault. Version 1.
//
// A Mapping slot (ring_layout.h) holds the tokens that one exchange minted, sealed to the vault's
// public key. Nobody but the holder of the vault's private key can open it: not a reader of the
// ring file, not the worker itself once its own key pair is gone (a fresh one per minute). It is no
// record: it takes no sequence number and never enters the transparency log.
//
//   MappingHeader                       readable; the associated data of the seal
//   sealed:  MappingCaller              whose exchange, to which vendor
//            count times: MappingEntry, entity name, value
//   tag      kMappingTagBytes
//
//   shared = X25519(worker's private key, vault's public key)
//   prk    = HMAC-SHA256(kMappingSalt, shared)                                  RFC 5869, extract
//   key    = HMAC-SHA256(prk, kMappingInfo, ephemeral_public, receive key, request id, epoch,
//            length of tenant, tenant, 0x01)                                    RFC 5869, expand
//   sealed = AES-256-GCM(key, nonce = batch as 12 bytes little-endian, header as associated data)
//
// One key per request, one nonce per batch of it: no nonce is used twice. Little-endian.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "dataplane/contract/evidence_record.h"

namespace sallyport::contract {

inline constexpr uint16_t kMappingVersion = 1;
inline constexpr size_t kMappingKeyBytes = 32;  // of X25519, both halves
inline constexpr size_t kMappingTagBytes = 16;
inline constexpr size_t kMappingCoreBytes = 23;  // epoch, id and check of a token, without label
inline constexpr size_t kMappingValueBytesMax = 4'096;  // a longer value cannot become a token
inline constexpr size_t kMappingEntityBytesMax = 48;
inline constexpr std::string_view kMappingSalt = "sallyport mapping v1";
inline constexpr std::string_view kMappingInfo = "sallyport mapping key v1";

struct MappingHeader {
  uint16_t version;         // kMappingVersion
  uint16_t count;           // mappings in it
  uint32_t total_bytes;     // of the whole
  uint64_t receive_key_id;  // which of the vault's keys opens it: first 8 bytes of its SHA-256
  std::array<uint8_t, kMappingKeyBytes> ephemeral_public;  // the worker's
  uint64_t request_high;                                   // RequestId words
  uint64_t request_low;
  uint64_t wall_ns;  // Unix epoch
  uint64_t monotonic_ns;
  uint32_t batch;             // of this request, from 0
  std::array<char, 2> epoch;  // of the token key
  std::array<uint8_t, 2> reserved;
  BoundedText<47> tenant;
};
// Where a record has them, so that the age of what waits in a ring is read in one way.
static_assert(offsetof(MappingHeader, request_high) == offsetof(RecordHeader, request_high));
static_assert(offsetof(MappingHeader, monotonic_ns) == offsetof(RecordHeader, monotonic_ns));
static_assert(offsetof(MappingHeader, ephemeral_public) == 16);
static_assert(offsetof(MappingHeader, batch) == 80);
static_assert(sizeof(MappingHeader) == 136);

struct MappingCaller {
  BoundedText<63> principal;
  BoundedText<31> vendor;
  BoundedText<23> environment;
};
static_assert(sizeof(MappingCaller) == 120);

struct MappingEntry {
  std::array<char, kMappingCoreBytes> core;
  uint8_t entity_bytes;
  SubjectId subject;  // keyed hash of tenant, entity and canonical value
  uint16_t value_bytes;
  std::array<uint8_t, 6> reserved;
};
static_assert(sizeof(MappingEntry) == 48);

// One mapping of the longest value always fits.
inline constexpr size_t kMappingFixedBytes =
    sizeof(MappingHeader) + sizeof(MappingCaller) + kMappingTagBytes;
inline constexpr size_t kMappingBytesMax =
    kMappingFixedBytes + sizeof(MappingEntry) + kMappingEntityBytesMax + kMappingValueBytesMax;
inline constexpr uint32_t kSlotPayloadBytesMax =
    kMappingBytesMax > kRecordBytesMax ? kMappingBytesMax : kRecordBytesMax;

}  // namespace sallyport::contract
