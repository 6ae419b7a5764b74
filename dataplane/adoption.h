// adoption.h: secrets, images and routes from the control plane become policy sets and certificates
// for the workers (CP-ADOPT).
//
// Everything that takes time happens here, on the main thread: one version per worker is built from
// (image, secrets), all of them or none; then a set that names the base and perhaps a canary is
// posted to each worker's door. A worker takes the newest between two turns; what it no longer uses
// is freed here.
//
//   secrets change -> the same images again with them; certificate change -> a new TLS context each
//   image          -> a new base, with the secrets at hand; one that is held already is not built
//                     again, so that promotion and rollback are quick
//   canary, routes -> a second image is built; then the tenants on it change
//
// Two numbers: a *sequence* counts what this process made (it orders adoption), a *version* is the
// control plane's number of what it published, and what the region shows.
//
// Invariants
//   I1  what does not build changes nothing: the former versions stay.
//   I2  a version is freed only when its worker can see no set that names it and nothing uses it.
//   I3  at most kVersionsHeldMax per worker are alive; one more is refused.
//   I4  at most two images decide at one moment: the base and the canary.
// Owner  main thread; AdoptionDoor is shared with one worker.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dataplane/contract/image_layout.h"
#include "dataplane/flow/policy_set.h"
#include "dataplane/handover.h"
#include "dataplane/policy/secrets.h"
#include "dataplane/tls/context.h"
#include "dataplane/worker/inbox.h"

namespace sallyport::dataplane {

// Exchanges that take minutes each keep the version they began with; the memory plan counts these.
inline constexpr size_t kVersionsHeldMax = 8;

// Without a context the gateway accepts no connection.
struct GatewayCertificate {
  std::unique_ptr<tls::ServerContext> context;
  uint64_t sequence = 0;
};

// Between the main thread (left of the arrow) and one worker.
struct AdoptionDoor {
  worker::Inbox<const flow::PolicySet> sets;             // main -> worker
  worker::Inbox<const GatewayCertificate> certificates;  // main -> worker
  std::atomic<uint64_t> newest_sequence{0};              // worker -> main: adopted set
  std::atomic<uint64_t> certificate_sequence{0};         // worker -> main: adopted
};

// What a route table (contract/route_table.h) says, checked.
struct RouteTable {
  contract::Digest base{};
  contract::Digest canary{};
  std::vector<std::string> tenants;  // ascending

  // Nothing: `error` says what does not hold.
  static std::optional<RouteTable> read(std::span<const uint8_t> bytes, std::string& error);
};

class Adoption {
 public:
  // The doors outlive this object, and no worker looks through one after it.
  explicit Adoption(const std::vector<AdoptionDoor*>& doors);

  // False: `error` says why. Secrets that are sound but do not fit the images in use are kept for
  // the next image; the versions in use go on with the ones they have. Without room for one more
  // version (I3) they are taken, and come into use with a later reclaim().
  bool take_secrets(std::shared_ptr<const policy::Secrets> secrets, std::string& error);
  // `digest` is what the control plane says it sent. The base in use again: only its number
  // changes. The canary ends, unless `keep_routes` and the base stays the same image.
  bool take_image(std::vector<uint8_t> bytes, uint64_t version, const contract::Digest& digest,
                  bool keep_routes, std::string& error);
  // Loads a second image; nobody is decided by it before take_routes() names it.
  bool take_canary(std::vector<uint8_t> bytes, const contract::Digest& digest, std::string& error);
  bool take_routes(RouteTable table, uint64_t version, std::string& error);
  // Frees what no worker uses any more, and does what waited for room. Answers a line for the log
  // when that failed.
  std::optional<std::string> reclaim();

  bool has_secrets() const noexcept { return secrets_ != nullptr; }
  bool has_certificate() const noexcept { return certificate_not_after_s_ != 0; }
  uint64_t loaded_version() const noexcept;
  uint64_t secrets_generation() const noexcept { return secrets_in_use_generation_; }
  int64_t certificate_not_after_s() const noexcept { return certificate_not_after_s_; }
  // In the control plane's numbers; 0: none.
  uint64_t adopted_version(size_t worker) const noexcept;
  uint64_t oldest_version(size_t worker) const noexcept;
  // Every worker has the newest set and the newest certificate.
  bool all_adopted() const noexcept;
  size_t held_count(size_t worker) const noexcept;

 private:
  using Contexts = std::vector<std::unique_ptr<tls::ServerContext>>;
  struct Side {
    AdoptionDoor* door;
    Handover<const flow::PolicySet> sets;
    Handover<const GatewayCertificate> certificates;
  };
  struct Number {
    uint64_t sequence;
    uint64_t version;
  };
  // One image with the secrets it was built with; a version per worker, null where it is freed.
  struct Build {
    contract::Digest digest{};
    std::vector<uint8_t> image;
    uint64_t secrets_generation = 0;
    uint64_t version = 0;  // under which it came into use; 0: not yet
    std::vector<std::unique_ptr<flow::PolicyVersion>> by_worker;
  };

  void free_unused();
  bool has_room(size_t more) const noexcept;
  bool is_live(const Build* build) const noexcept {
    return build != nullptr && (build == base_ || build == canary_ || build == loaded_canary_);
  }
  // Images that new secrets build again.
  size_t live_count() const noexcept {
    return canary_ != nullptr || loaded_canary_ != nullptr ? 2 : 1;
  }
  Build* find(const contract::Digest& digest) const noexcept;
  std::unique_ptr<Build> build(const std::vector<uint8_t>& image,
                               const std::shared_ptr<const policy::Secrets>& with,
                               std::string& error);
  Build* obtain(std::vector<uint8_t> bytes, const contract::Digest& digest, std::string& error);
  bool build_all_again(const std::shared_ptr<const policy::Secrets>& with, std::string& error);
  bool make_contexts(const policy::Secrets& from, Contexts& out, std::string& error) const;
  bool certificate_changes(const policy::Secrets& to) const;
  void post(uint64_t version);
  void post(Contexts contexts);
  uint64_t version_of(uint64_t sequence) const noexcept;

  std::vector<Side> sides_;
  std::shared_ptr<const policy::Secrets> secrets_;  // newest that are sound
  std::vector<std::unique_ptr<Build>> builds_;
  Build* base_ = nullptr;
  Build* canary_ = nullptr;         // null: none
  Build* loaded_canary_ = nullptr;  // named by no route yet
  std::vector<std::string> canary_tenants_;
  uint64_t sequence_ = 0;
  uint64_t build_count_ = 0;
  uint64_t certificate_sequence_ = 0;
  uint64_t secrets_in_use_generation_ = 0;
  bool secrets_wait_for_room_ = false;
  int64_t certificate_not_after_s_ = 0;
  std::deque<Number> numbers_;  // ascending; what a held sequence is called outside
};

}  // namespace sallyport::dataplane
