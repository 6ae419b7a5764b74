#include "dataplane/adoption.h"

#include <algorithm>
#include <cstring>

#include "dataplane/contract/route_table.h"

namespace sallyport::dataplane {
namespace {

bool same_bytes(std::span<const uint8_t> a, std::span<const uint8_t> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace

std::optional<RouteTable> RouteTable::read(std::span<const uint8_t> bytes, std::string& error) {
  contract::RouteTableHeader header{};
  error = "the route table is none: size, magic or version";
  if (bytes.size() < sizeof header) return std::nullopt;
  std::memcpy(&header, bytes.data(), sizeof header);
  const bool fits =
      header.magic == contract::kRouteTableMagic &&
      header.version == contract::kRouteTableVersion && header.tenant_count > 0 &&
      header.tenant_count <= contract::kCanaryTenantsMax &&
      bytes.size() == sizeof header + size_t{header.tenant_count} * contract::kRouteTenantBytes;
  if (!fits) return std::nullopt;
  RouteTable table{header.base, header.canary, {}};
  for (uint32_t i = 0; i < header.tenant_count; ++i) {
    const auto* name = reinterpret_cast<const char*>(bytes.data()) + sizeof header +
                       size_t{i} * contract::kRouteTenantBytes;
    const size_t size = strnlen(name, contract::kRouteTenantBytes);
    error = "the route table: its tenants are not names in ascending order";
    if (size == 0 || size == contract::kRouteTenantBytes) return std::nullopt;
    table.tenants.emplace_back(name, size);
    if (i > 0 && table.tenants[i - 1] >= table.tenants[i]) return std::nullopt;
  }
  error.clear();
  return table;
}

Adoption::Adoption(const std::vector<AdoptionDoor*>& doors) {
  for (AdoptionDoor* door : doors) sides_.push_back(Side{door, {}, {}});
}

size_t Adoption::held_count(size_t worker) const noexcept {
  return static_cast<size_t>(
      std::count_if(builds_.begin(), builds_.end(),
                    [worker](const auto& held) { return held->by_worker[worker] != nullptr; }));
}

bool Adoption::has_room(size_t more) const noexcept {
  for (size_t i = 0; i < sides_.size(); ++i)
    if (held_count(i) + more > kVersionsHeldMax) return false;
  return true;
}

// Only what is in use or about to be: what merely waits for its last exchange is not brought back,
// its secrets may be former ones.
Adoption::Build* Adoption::find(const contract::Digest& digest) const noexcept {
  for (Build* held : {base_, canary_, loaded_canary_})
    if (held != nullptr && held->digest == digest) return held;
  return nullptr;
}

std::unique_ptr<Adoption::Build> Adoption::build(const std::vector<uint8_t>& image,
                                                 const std::shared_ptr<const policy::Secrets>& with,
                                                 std::string& error) {
  free_unused();
  if (!has_room(1)) {
    error = std::to_string(kVersionsHeldMax) +
            " policy versions are still in use by exchanges that began with them; try again when "
            "some have ended";
    return nullptr;
  }
  auto made = std::make_unique<Build>();
  ++build_count_;
  for (size_t i = 0; i < sides_.size(); ++i) {
    made->by_worker.push_back(flow::PolicyVersion::build(image, with, build_count_, error));
    if (made->by_worker.back() == nullptr) return nullptr;
  }
  made->image = image;
  made->digest = made->by_worker[0]->image().digest();
  made->secrets_generation = with->generation();
  return made;
}

// The image built with the secrets at hand: the one that is held, or a new one. Null: I1.
Adoption::Build* Adoption::obtain(std::vector<uint8_t> bytes, const contract::Digest& digest,
                                  std::string& error) {
  if (secrets_ == nullptr) {
    error = "no secrets yet: they come before the image";
    return nullptr;
  }
  Build* const held = find(digest);
  if (held != nullptr && held->image == bytes &&
      held->secrets_generation == secrets_->generation() && !secrets_wait_for_room_)
    return held;
  std::unique_ptr<Build> made = build(bytes, secrets_, error);
  if (made == nullptr) return nullptr;
  if (made->digest != digest) {
    error = "the image that came is not the one that was announced (digests differ)";
    return nullptr;
  }
  builds_.push_back(std::move(made));
  return builds_.back().get();
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

void Adoption::post(uint64_t version) {
  ++sequence_;
  numbers_.push_back(Number{sequence_, version});
  for (size_t i = 0; i < sides_.size(); ++i) {
    auto set = std::make_unique<flow::PolicySet>();
    set->base = base_->by_worker[i].get();
    set->canary = canary_ != nullptr ? canary_->by_worker[i].get() : nullptr;
    set->canary_tenants = canary_tenants_;
    set->sequence = sequence_;
    sides_[i].sets.post(sides_[i].door->sets, std::move(set), sequence_);
  }
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

// Both images or none (I1).
bool Adoption::build_all_again(const std::shared_ptr<const policy::Secrets>& with,
                               std::string& error) {
  std::unique_ptr<Build> base = build(base_->image, with, error);
  if (base == nullptr) return false;
  Build* const second = canary_ != nullptr ? canary_ : loaded_canary_;
  std::unique_ptr<Build> canary;
  if (second != nullptr) {
    canary = build(second->image, with, error);
    if (canary == nullptr) return false;
    canary->version = second->version;
  }
  base->version = base_->version;
  Build*& place = canary_ != nullptr ? canary_ : loaded_canary_;
  base_ = base.get();
  place = canary.get();
  builds_.push_back(std::move(base));
  if (canary != nullptr) builds_.push_back(std::move(canary));
  secrets_in_use_generation_ = with->generation();
  post(loaded_version());
  return true;
}

bool Adoption::take_secrets(std::shared_ptr<const policy::Secrets> secrets, std::string& error) {
  Contexts contexts;
  const bool new_certificate = certificate_changes(*secrets);
  if (new_certificate && !make_contexts(*secrets, contexts, error)) return false;  // I1
  free_unused();
  secrets_wait_for_room_ = base_ != nullptr && !has_room(live_count());
  const bool builds_now = base_ != nullptr && !secrets_wait_for_room_;
  const bool fits = !builds_now || build_all_again(secrets, error);
  if (new_certificate) post(std::move(contexts));
  secrets_ = std::move(secrets);
  if (!fits) {
    error =
        "these secrets do not fit the policy in use, which goes on with its former ones: " + error;
    return false;
  }
  if (base_ == nullptr) secrets_in_use_generation_ = secrets_->generation();
  return true;
}

bool Adoption::take_image(std::vector<uint8_t> bytes, uint64_t version,
                          const contract::Digest& digest, bool keep_routes, std::string& error) {
  Build* const next = obtain(std::move(bytes), digest, error);
  if (next == nullptr) return false;
  const bool same_base = next == base_;
  const bool ends_canary =
      canary_ != nullptr && !(keep_routes && base_ != nullptr && base_->digest == digest);
  next->version = version;
  if (same_base && !ends_canary) {
    numbers_.back().version = version;
    return true;
  }
  base_ = next;
  if (ends_canary) {
    canary_ = nullptr;
    canary_tenants_.clear();
  }
  if (!keep_routes) loaded_canary_ = nullptr;
  secrets_wait_for_room_ = false;
  secrets_in_use_generation_ = secrets_->generation();
  post(version);
  return true;
}

bool Adoption::take_canary(std::vector<uint8_t> bytes, const contract::Digest& digest,
                           std::string& error) {
  if (base_ == nullptr) {
    error = "no base image yet: it comes before the canary";
    return false;
  }
  Build* const next = obtain(std::move(bytes), digest, error);
  if (next == nullptr) return false;
  loaded_canary_ = next != canary_ ? next : nullptr;
  return true;
}

bool Adoption::take_routes(RouteTable table, uint64_t version, std::string& error) {
  Build* second = nullptr;
  for (Build* held : {canary_, loaded_canary_})
    if (held != nullptr && held->digest == table.canary) second = held;
  if (base_ == nullptr || second == nullptr || base_->digest != table.base || second == base_) {
    error = "the route table names images that are not loaded";
    return false;
  }
  const bool same = second == canary_ && table.tenants == canary_tenants_;
  second->version = version;
  if (same) {
    numbers_.back().version = version;
    return true;
  }
  canary_ = second;
  loaded_canary_ = nullptr;
  canary_tenants_ = std::move(table.tenants);
  post(version);
  return true;
}

std::optional<std::string> Adoption::reclaim() {
  free_unused();
  if (!secrets_wait_for_room_ || !has_room(live_count())) return std::nullopt;
  secrets_wait_for_room_ = false;
  std::string error;
  if (!build_all_again(secrets_, error))
    return "the newest secrets do not fit the policy in use: " + error;
  return std::nullopt;
}

void Adoption::free_unused() {
  uint64_t oldest_seen = sequence_;
  for (size_t i = 0; i < sides_.size(); ++i) {
    Side& side = sides_[i];
    // It only grows, so an old reading frees too little, never too much.
    const uint64_t newest = side.door->newest_sequence.load(std::memory_order_acquire);
    side.sets.reclaim(
        [newest](const flow::PolicySet&, uint64_t sequence) { return sequence < newest; });
    for (const auto& held : builds_) {
      flow::PolicyVersion* const version = held->by_worker[i].get();
      if (version == nullptr || is_live(held.get())) continue;
      const bool visible = side.sets.any_of(
          [version](const flow::PolicySet& set, uint64_t) { return set.holds(version); });
      // In this order: a worker that sees no set with it begins no use of it (I2).
      if (!visible && version->users() == 0) held->by_worker[i].reset();
    }
    const uint64_t certificate = side.door->certificate_sequence.load(std::memory_order_acquire);
    side.certificates.reclaim([certificate](const GatewayCertificate& held, uint64_t sequence) {
      return sequence < certificate &&
             (held.context == nullptr || held.context->session_count() == 0);
    });
    oldest_seen = std::min(oldest_seen, std::max<uint64_t>(1, newest));
  }
  std::erase_if(builds_, [](const auto& held) {
    return std::all_of(held->by_worker.begin(), held->by_worker.end(),
                       [](const auto& version) { return version == nullptr; });
  });
  while (numbers_.size() > 1 && numbers_.front().sequence < oldest_seen) numbers_.pop_front();
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
  const Side& side = sides_[worker];
  const uint64_t newest = side.door->newest_sequence.load(std::memory_order_acquire);
  uint64_t oldest = 0;
  for (const auto& held : builds_) {
    const flow::PolicyVersion* const version = held->by_worker[worker].get();
    if (version == nullptr || held->version == 0) continue;
    const bool in_set = side.sets.any_of([&](const flow::PolicySet& set, uint64_t sequence) {
      return sequence == newest && set.holds(version);
    });
    if (!in_set && version->users() == 0) continue;
    oldest = oldest == 0 ? held->version : std::min(oldest, held->version);
  }
  return oldest;
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
