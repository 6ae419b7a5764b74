#include "dataplane/policy/test_table.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

namespace sallyport::policy {

using contract::TestDetectionEntry;
using contract::TestEntry;
using contract::TestSectionHeader;

namespace {

constexpr size_t kSealedExtra = contract::kSeedNonceBytes + contract::kSeedTagBytes;

const uint8_t* seed_bytes(std::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

// Into `out`, which has room for the text. False: changed, or sealed under another key.
bool open_text(std::span<const uint8_t, contract::kSeedKeyBytes> key, std::string_view name,
               std::string_view sealed, uint8_t* out) {
  const uint8_t* nonce = seed_bytes(sealed);
  const uint8_t* content = nonce + contract::kSeedNonceBytes;
  const size_t size = sealed.size() - kSealedExtra;
  std::array<uint8_t, contract::kSeedTagBytes> tag;
  std::memcpy(tag.data(), content + size, tag.size());
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(
      EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  int done = 0;
  return context != nullptr &&
         EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(), nonce) == 1 &&
         EVP_DecryptUpdate(context.get(), nullptr, &done, seed_bytes(name),
                           static_cast<int>(name.size())) == 1 &&
         EVP_DecryptUpdate(context.get(), out, &done, content, static_cast<int>(size)) == 1 &&
         EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(tag.size()),
                             tag.data()) == 1 &&
         EVP_DecryptFinal_ex(context.get(), out + size, &done) == 1;
}

}  // namespace

TestTable::~TestTable() { wipe(); }

void TestTable::wipe() noexcept {
  OPENSSL_cleanse(opened_.data(), opened_.size());
  opened_.clear();
  opened_at_.clear();
}

std::string_view TestTable::seeded_text(const TestEntry& test) const noexcept {
  if (test.sealed == 0) return text(test.text);
  const auto index = static_cast<size_t>(&test - tests_.data());
  return {reinterpret_cast<const char*>(opened_.data()) + opened_at_[index],
          opened_at_[index + 1] - opened_at_[index]};
}

bool TestTable::open_sealed(std::span<const uint8_t> dictionary_key) {
  std::array<uint8_t, contract::kSeedKeyBytes> key;
  unsigned key_bytes = 0;
  if (HMAC(EVP_sha256(), dictionary_key.data(), static_cast<int>(dictionary_key.size()),
           seed_bytes(contract::kSeedKeyLabel), contract::kSeedKeyLabel.size(), key.data(),
           &key_bytes) == nullptr)
    return false;
  size_t total = 0;
  for (const TestEntry& test : tests_)
    if (test.sealed != 0) total += test.text.size - kSealedExtra;
  opened_.reserve(total + 1);  // never moved: a copy would not be wiped
  bool good = true;
  for (const TestEntry& test : tests_) {
    opened_at_.push_back(opened_.size());
    if (test.sealed == 0) continue;
    const size_t begin = opened_.size();
    opened_.resize(begin + test.text.size - kSealedExtra);
    good = good && open_text(key, text(test.name), text(test.text), opened_.data() + begin);
  }
  opened_at_.push_back(opened_.size());
  OPENSSL_cleanse(key.data(), key.size());
  return good;
}

bool TestTable::is_sound(const TestEntry& test) const noexcept {
  for (const contract::ImageText* t : {&test.name, &test.text, &test.principal, &test.reason})
    if (!image_->find_text(*t).has_value()) return false;
  const size_t extra = test.sealed != 0 ? kSealedExtra : 0;
  return test.sealed <= 1 && test.text.size >= extra &&
         test.text.size - extra <= contract::kSeedTextBytesMax &&
         test.tenant < image_->tenant_count() && test.environment < image_->environment_count() &&
         test.vendor < image_->vendor_count() &&
         test.direction <= static_cast<uint8_t>(Direction::Response) &&
         test.role < contract::kRoleCount &&
         test.verdict <= static_cast<uint8_t>(contract::SeedVerdict::Passed) &&
         test.has_detections <= 1 && test.detections.first <= detections_.size() &&
         test.detections.count <= detections_.size() - test.detections.first;
}

bool TestTable::load(const Image& image, std::optional<std::span<const uint8_t>> dictionary_key,
                     std::string& error) {
  wipe();
  image_ = &image;
  tests_ = {};
  detections_ = {};
  const auto bytes = image.opaque_section(contract::SectionKind::Tests);
  if (bytes.empty()) return true;
  TestSectionHeader header{};
  error = "image: tests: counts and size";
  if (bytes.size() < sizeof header) return false;
  std::memcpy(&header, bytes.data(), sizeof header);
  const uint64_t wanted = sizeof header + uint64_t{header.test_count} * sizeof(TestEntry) +
                          uint64_t{header.detection_count} * sizeof(TestDetectionEntry);
  if (wanted != bytes.size() || header.test_count > contract::kSeedTestsMax) return false;
  const uint8_t* const at = bytes.data() + sizeof header;
  tests_ = {reinterpret_cast<const TestEntry*>(at), header.test_count};
  detections_ = {reinterpret_cast<const TestDetectionEntry*>(at + tests_.size_bytes()),
                 header.detection_count};
  error = "image: tests: an entry that does not hold";
  for (const TestEntry& test : tests_)
    if (!is_sound(test)) return false;
  for (const TestDetectionEntry& detection : detections_)
    if (detection.entity >= image.entity_count() || detection.action > contract::kActionCount)
      return false;
  const bool sealed =
      std::any_of(tests_.begin(), tests_.end(), [](const TestEntry& one) { return one.sealed; });
  error = "secrets: no dictionary key";
  if (sealed && !dictionary_key) return false;
  error = "image: tests: sealed under another dictionary key, or changed";
  if (sealed && !open_sealed(*dictionary_key)) return false;
  error.clear();
  return true;
}

}  // namespace sallyport::policy
