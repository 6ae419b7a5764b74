// recall_layout.h: how a worker asks for what tokens of earlier exchanges stand for, byte by byte.
// Two tmpfs files per worker and dataplane start, in <run dir>/recall:
//
//   <boot id, 32 hex>-<generation>-<worker>.ask      written by the worker only
//   <boot id, 32 hex>-<generation>-<worker>.answer   written by sallyportd only
//
//   .ask      +0  RecallAskHeader, one page       +4096  kRecallQuestionSlots x RecallQuestion
//   .answer   +0  RecallAnswerHeader, one page    +4096  kRecallAnswerSlots x RecallAnswer
//
// Number n (from 1, without a hole) lies in slot (n - 1) % slots. Each side counts in its own file
// what it has published and what it has taken of the other's; who is full waits for nobody: a
// question that finds no room is not asked, an answer that finds none is dropped. A value never
// lies here in clear: it is sealed to the X25519 key in the question, whose private half is in the
// worker's memory only and lives for a minute.
//
//   shared = X25519(sallyportd's private key, worker_key)
//   prk    = HMAC-SHA256(kRecallSalt, shared)                              RFC 5869, extract
//   key    = HMAC-SHA256(prk, kRecallInfo, worker_key, sender_key, 0x01)   RFC 5869, expand
//   sealed = AES-256-GCM(key, nonce = number as 12 bytes little-endian,
//                        associated data = the RecallAnswer from `question` up to `sealed`)
//
// A sender_key is fresh for each start of sallyportd and worker_key, and numbers go on over starts,
// so no nonce is used twice. Both sides copy, then validate, as if the other were hostile. The
// worker holds an exclusive flock on .ask for as long as it lives. Little-endian.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "dataplane/contract/mapping_record.h"

namespace sallyport::contract {

inline constexpr uint64_t kRecallAskMagic = 0x5350'5243'4153'0001ULL;
inline constexpr uint64_t kRecallAnswerMagic = 0x5350'5243'414e'0001ULL;
inline constexpr uint32_t kRecallVersion = 1;
inline constexpr size_t kRecallHeaderBytes = 4096;
// Questions in flight of one worker: four exchanges that quote as much as one may ask for.
inline constexpr uint32_t kRecallQuestionSlots = 256;
// Answers that a worker has not taken: it takes them every turn, 20 ms apart at most.
inline constexpr uint32_t kRecallAnswerSlots = 128;
inline constexpr size_t kRecallKeyBytes = 32;  // of X25519, both halves
inline constexpr size_t kRecallTagBytes = 16;
inline constexpr std::string_view kRecallSalt = "sallyport recall v1";
inline constexpr std::string_view kRecallInfo = "sallyport recall key v1";

struct RecallAskHeader {
  uint64_t magic;
  uint32_t version;
  uint32_t slots;
  std::array<uint8_t, 16> boot_id;
  uint64_t generation;
  uint32_t worker;
  uint32_t producer_pid;  // for messages only
  std::array<uint8_t, 16> reserved;
  alignas(64) std::atomic<uint64_t> published;  // number of the newest question
  std::atomic<uint64_t> taken;                  // number of the newest answer that was taken
};
static_assert(offsetof(RecallAskHeader, published) == 64);
static_assert(offsetof(RecallAskHeader, taken) == 72);

struct RecallAnswerHeader {
  std::atomic<uint64_t> magic;  // written last: then the rest stands
  uint32_t version;
  uint32_t slots;
  std::array<uint8_t, 48> reserved;
  alignas(64) std::atomic<uint64_t> published;
  std::atomic<uint64_t> taken;
  std::atomic<uint64_t> heartbeat_ns;  // CLOCK_MONOTONIC of sallyportd's last round
};
static_assert(offsetof(RecallAnswerHeader, published) == 64);
static_assert(offsetof(RecallAnswerHeader, taken) == 72);
static_assert(offsetof(RecallAnswerHeader, heartbeat_ns) == 80);

struct RecallQuestion {
  uint64_t number;
  uint64_t check;         // siphash13 (zero key) over everything behind it, folded with `number`
  uint64_t request_high;  // RequestId words: of the exchange that asks
  uint64_t request_low;
  uint32_t key_serial;  // of worker_key, for the worker alone
  std::array<uint8_t, 5> reserved0;
  std::array<char, kMappingCoreBytes> core;
  std::array<uint8_t, kRecallKeyBytes> worker_key;
  BoundedText<47> tenant;
  BoundedText<63> principal;
  BoundedText<31> vendor;
  BoundedText<23> environment;
  BoundedText<31> reason;
  BoundedText<47> entity;  // "EMAIL_ADDRESS"
};
static_assert(sizeof(RecallQuestion) == 344 && offsetof(RecallQuestion, tenant) == 96);

// Why a token stays one, where it does. Crosses the ring; names are in recall_status_name().
enum class RecallStatus : uint8_t {
  Restored = 1,
  Denied = 2,       // by the rules, or not this principal's
  Unknown = 3,      // no such mapping for this tenant, vendor and environment
  VaultSealed = 4,  // or there is none
  NoEvidence = 5,   // the record of it was not committed
  Limited = 6,      // the principal has used up its hour
};
inline constexpr uint8_t kRecallStatusLast = 6;

struct RecallAnswer {
  uint64_t number;
  uint64_t check;     // as in RecallQuestion, up to the end of what is sealed
  uint64_t question;  // whose answer this is
  uint64_t request_high;
  uint64_t request_low;
  uint32_t key_serial;
  uint16_t value_bytes;  // 0 unless Restored; then the tag stands behind so many bytes
  uint8_t status;        // RecallStatus
  uint8_t reserved;
  std::array<uint8_t, kRecallKeyBytes> sender_key;
  std::array<uint8_t, kMappingValueBytesMax + kRecallTagBytes> sealed;
};
static_assert(sizeof(RecallAnswer) == 4'192 && offsetof(RecallAnswer, sealed) == 80);

inline constexpr size_t kRecallBoundOffset = offsetof(RecallAnswer, question);
static_assert(kRecallBoundOffset == offsetof(RecallQuestion, request_high));
inline constexpr size_t kRecallAskBytes =
    kRecallHeaderBytes + kRecallQuestionSlots * sizeof(RecallQuestion);
inline constexpr size_t kRecallAnswerBytes =
    kRecallHeaderBytes + kRecallAnswerSlots * sizeof(RecallAnswer);

// What is sealed, tag included.
constexpr size_t recall_sealed_bytes(uint16_t value_bytes) {
  return value_bytes == 0 ? 0 : value_bytes + kRecallTagBytes;
}
// Of the first `bytes` of a question or an answer, what stands behind `check`.
inline std::span<const uint8_t> recall_behind_check(const void* slot, size_t bytes) {
  return {static_cast<const uint8_t*>(slot) + kRecallBoundOffset, bytes - kRecallBoundOffset};
}
// What the seal of an answer binds.
inline std::span<const uint8_t> recall_bound(const RecallAnswer& answer) {
  return recall_behind_check(&answer, offsetof(RecallAnswer, sealed));
}
// Folds a number into the hash of what stands behind `check`: a slot of another lap does not hold.
constexpr uint64_t recall_check(uint64_t hash, uint64_t number) {
  uint64_t x = hash ^ (number * 0x9e37'79b9'7f4a'7c15ULL);
  x ^= x >> 31;
  x *= 0xbf58'476d'1ce4'e5b9ULL;
  return x ^ (x >> 29);
}

}  // namespace sallyport::contract
