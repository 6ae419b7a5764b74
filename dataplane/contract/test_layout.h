// test_layout.h: the image section Tests: the bundle's seeded texts, for the dataplane to try on
// itself.
//
//   TestSectionHeader | TestEntry[] | TestDetectionEntry[]
//
// Texts lie in the image's Strings. They are made up by the bundle's author; nobody's data. But a
// text of a bundle with dictionaries may hold a value of one, and those are in no image in the
// clear (docs/decisions/005): there all texts are sealed under the dictionaries' key, as
//
//   nonce | AES-256-GCM(key, nonce, text; associated: the test's name) with its tag
//
// key: HMAC-SHA256(dictionary key, kSeedKeyLabel); nonce: the first bytes of HMAC-SHA256(key,
// name, a zero byte, text), so that the same bundle under the same key gives the same image.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "dataplane/contract/image_layout.h"

namespace sallyport::contract {

inline constexpr size_t kSeedTestsMax = 4'096;
// A longer text stays with `policy test`: one is read within one turn of a worker.
inline constexpr size_t kSeedTextBytesMax = 64U * 1024;

inline constexpr size_t kSeedNonceBytes = 12;
inline constexpr size_t kSeedTagBytes = 16;
inline constexpr size_t kSeedKeyBytes = 32;
inline constexpr std::string_view kSeedKeyLabel = "sallyport seeded texts 1";

enum class SeedVerdict : uint8_t { Either = 0, Blocked = 1, Passed = 2 };

struct TestSectionHeader {
  uint32_t test_count;
  uint32_t detection_count;
  uint32_t left_out;  // tests of the bundle that are not here: too long
  uint32_t reserved;
  Digest corpus;  // of all that the tests say: the version of this set of texts
};
static_assert(sizeof(TestSectionHeader) == 48);

struct TestEntry {
  ImageText name;
  ImageText text;
  ImageText principal;
  ImageText reason;
  ImageRange detections;  // TestDetectionEntry
  uint16_t tenant;
  uint16_t environment;
  uint16_t vendor;
  uint8_t direction;       // Direction
  uint8_t role;            // Role
  uint8_t verdict;         // SeedVerdict
  uint8_t has_detections;  // 0: only the verdict is expected
  uint8_t sealed;          // 1: `text` is nonce, ciphertext and tag
  uint8_t reserved[5];
};
static_assert(sizeof(TestEntry) == 56);

struct TestDetectionEntry {
  uint16_t entity;
  uint8_t action;  // Action; kActionCount: any
  uint8_t reserved;
};
static_assert(sizeof(TestDetectionEntry) == 4);

}  // namespace sallyport::contract
