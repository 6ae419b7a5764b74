// subject_hash.h: the pseudonym under which evidence and vault know whose value it was.
//
//     subject = HMAC-SHA256(subject key of the tenant, "sallyport subject v1", tenant, entity,
//                           canonical value) cut to 16 bytes
//
// every field preceded by its length in 4 bytes, little-endian. The same value has the same subject
// at every vendor and in every token epoch, as long as the tenant's subject key is the same.
// `sallyctl subject find` makes the same hash of what an operator types in.
// Owner  one worker; not shared between threads.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace sallyport::redact {

inline constexpr size_t kSubjectBytes = 16;
inline constexpr size_t kSubjectKeyBytes = 32;
inline constexpr std::string_view kSubjectPurpose = "sallyport subject v1";
using Subject = std::array<uint8_t, kSubjectBytes>;

class SubjectHash {
 public:
  SubjectHash() noexcept = default;
  ~SubjectHash();
  SubjectHash(SubjectHash&& other) noexcept;
  SubjectHash& operator=(SubjectHash&& other) noexcept;
  SubjectHash(const SubjectHash&) = delete;
  SubjectHash& operator=(const SubjectHash&) = delete;

  // False: wrong size, or OpenSSL refused.
  [[nodiscard]] bool load(std::span<const uint8_t> key) noexcept;
  bool loaded() const noexcept { return state_ != nullptr; }
  // REQUIRES: loaded(). `canonical` as canonical_value() (token.h) gives it.
  [[nodiscard]] bool of(std::string_view tenant, std::string_view entity,
                        std::span<const uint8_t> canonical, Subject& out) noexcept;

 private:
  void* state_ = nullptr;  // keyed_mac.h
};

}  // namespace sallyport::redact
