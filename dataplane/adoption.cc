#include "dataplane/adoption.h"

#include <algorithm>

namespace sallyport::dataplane {
namespace {

bool same_bytes(std::span<const uint8_t> a, std::span<const uint8_t> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace

Adoption::Adoption(const std::vector<AdoptionDoor*>& doors) {
  for (AdoptionDoor* door : doors) sides_.push_back(Side{door, {}, {}});
}

bool Adoption::has_room() const noexcept {
  return std::all_of(sides_.begin(), sides_.end(), [](const Side& side) {
    return side.versions.held_count() < kVersionsHeldMax;
  });
}

bool Adoption::build(const std::vector<uint8_t>& image,
                     const std::shared_ptr<const policy::Secrets>& with, Versions& out,
                     std::string& error) {
  free_unused();
  if (!has_room()) {
    error = std::to_string(kVersionsHeldMax) +
            " policy versions are still in use by exchanges that began with them; try again when "
            "some have ended";
    return false;
  }
  const uint64_t sequence = sequence_ + 1;
  for (size_t i = 0; i < sides_.size(); ++i) {
    out.push_back(flow::PolicyVersion::build(image, with, sequence, error));
    if (out.back() == nullptr) return false;
  }
  return true;
}

bool Adoption::certificate_changes(const policy::Secrets& to) const {
  if (secrets_ == nullptr) return true;
  const auto ticket = [](const policy::Secrets& secrets) {
    return secrets.ticket_key().value_or(std::span<const uint8_t>{});
  };
  return to.server_certificate_pem() != secrets_->server_certificate_pem() ||
         to.server_key_pem() != secrets_->server_key_pem() ||
         !same_bytes(ticket(to), ticket(*secrets_));
}

bool Adoption::make_contexts(const policy::Secrets& from, Contexts& out, std::string& error) const {
  for (size_t i = 0; i < sides_.size(); ++i) {
    if (from.server_certificate_pem().empty()) {
      out.push_back(nullptr);
      continue;
    }
    out.push_back(tls::ServerContext::create(from.server_certificate_pem(), from.server_key_pem(),
                                             from.ticket_key().value_or(std::span<const uint8_t>{}),
                                             error));
    if (out.back() == nullptr) return false;
  }
  return true;
}

void Adoption::post(Versions versions, uint64_t version) {
  ++sequence_;
  numbers_.push_back(Number{sequence_, version});
  for (size_t i = 0; i < sides_.size(); ++i)
    sides_[i].versions.post(sides_[i].door->versions, std::move(versions[i]), sequence_);
}

void Adoption::post(Contexts contexts) {
  ++certificate_sequence_;
  certificate_not_after_s_ = contexts[0] != nullptr ? contexts[0]->expires_at() : 0;
  for (size_t i = 0; i < sides_.size(); ++i) {
    auto certificate = std::make_unique<GatewayCertificate>();
    certificate->context = std::move(contexts[i]);
    certificate->sequence = certificate_sequence_;
    sides_[i].certificates.post(sides_[i].door->certificates, std::move(certificate),
                                certificate_sequence_);
  }
}

bool Adoption::take_secrets(std::shared_ptr<const policy::Secrets> secrets, std::string& error) {
  Contexts contexts;
  const bool new_certificate = certificate_changes(*secrets);
  if (new_certificate && !make_contexts(*secrets, contexts, error)) return false;  // I1
  Versions versions;
  free_unused();
  secrets_wait_for_room_ = !image_.empty() && !has_room();
  const bool builds_now = !image_.empty() && !secrets_wait_for_room_;
  const bool fits = !builds_now || build(image_, secrets, versions, error);
  if (new_certificate) post(std::move(contexts));
  secrets_ = std::move(secrets);
  if (!fits) {
    error =
        "these secrets do not fit the policy in use, which goes on with its former ones: " + error;
    return false;
  }
  if (secrets_wait_for_room_) return true;
  secrets_in_use_generation_ = secrets_->generation();
  if (builds_now) post(std::move(versions), loaded_version());
  return true;
}

bool Adoption::take_image(std::vector<uint8_t> bytes, uint64_t version,
                          const contract::Digest& digest, std::string& error) {
  if (secrets_ == nullptr) {
    error = "no secrets yet: they come before the image";
    return false;
  }
  if (!image_.empty() && digest == image_digest_ && bytes == image_ &&
      secrets_in_use_generation_ == secrets_->generation() && !secrets_wait_for_room_) {
    numbers_.back().version = version;
    return true;
  }
  Versions versions;
  if (!build(bytes, secrets_, versions, error)) return false;  // I1
  if (versions[0]->image().digest() != digest) {
    error = "the image that came is not the one that was announced (digests differ)";
    return false;
  }
  image_ = std::move(bytes);
  image_digest_ = digest;
  secrets_wait_for_room_ = false;
  secrets_in_use_generation_ = secrets_->generation();
  post(std::move(versions), version);
  return true;
}

std::optional<std::string> Adoption::reclaim() {
  free_unused();
  if (!secrets_wait_for_room_ || !has_room()) return std::nullopt;
  secrets_wait_for_room_ = false;
  Versions versions;
  std::string error;
  if (!build(image_, secrets_, versions, error))
    return "the newest secrets do not fit the policy in use: " + error;
  secrets_in_use_generation_ = secrets_->generation();
  post(std::move(versions), loaded_version());
  return std::nullopt;
}

void Adoption::free_unused() {
  uint64_t oldest_held = sequence_;
  for (Side& side : sides_) {
    // Both only grow, so an old reading frees too little, never too much.
    const uint64_t newest = side.door->newest_sequence.load(std::memory_order_acquire);
    const uint64_t oldest = side.door->oldest_sequence.load(std::memory_order_acquire);
    side.versions.reclaim([newest, oldest](const flow::PolicyVersion&, uint64_t sequence) {
      return sequence < newest && sequence < oldest;  // I2
    });
    const uint64_t certificate = side.door->certificate_sequence.load(std::memory_order_acquire);
    side.certificates.reclaim([certificate](const GatewayCertificate& held, uint64_t sequence) {
      return sequence < certificate &&
             (held.context == nullptr || held.context->session_count() == 0);
    });
    oldest_held = std::min(oldest_held, std::max<uint64_t>(1, std::min(newest, oldest)));
  }
  while (numbers_.size() > 1 && numbers_.front().sequence < oldest_held) numbers_.pop_front();
}

uint64_t Adoption::version_of(uint64_t sequence) const noexcept {
  for (const Number& number : numbers_)
    if (number.sequence == sequence) return number.version;
  return 0;
}

uint64_t Adoption::loaded_version() const noexcept {
  return numbers_.empty() ? 0 : numbers_.back().version;
}

uint64_t Adoption::adopted_version(size_t worker) const noexcept {
  return version_of(sides_[worker].door->newest_sequence.load(std::memory_order_acquire));
}

uint64_t Adoption::oldest_version(size_t worker) const noexcept {
  return version_of(sides_[worker].door->oldest_sequence.load(std::memory_order_acquire));
}

bool Adoption::all_adopted() const noexcept {
  return sequence_ != 0 && !secrets_wait_for_room_ &&
         std::all_of(sides_.begin(), sides_.end(), [this](const Side& side) {
           return side.door->newest_sequence.load(std::memory_order_acquire) == sequence_ &&
                  side.door->certificate_sequence.load(std::memory_order_acquire) ==
                      certificate_sequence_;
         });
}

}  // namespace sallyport::dataplane
