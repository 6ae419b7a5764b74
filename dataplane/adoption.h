// adoption.h: secrets and images from the control plane become policy versions and certificates for
// the workers (CP-ADOPT).
//
// Everything that takes time happens here, on the main thread: one version per worker is built from
// (image, secrets), all of them or none, then each is posted to its worker's door. A worker takes
// the newest between two turns; what it no longer uses is freed here.
//
//   secrets change -> the same image again with them; certificate change -> a new TLS context each
//   image change   -> the secrets at hand
//
// Two numbers: a *sequence* counts what this process built (it orders adoption and release), a
// *version* is the control plane's number of the image, and what the region shows.
//
// Invariants
//   I1  what does not build changes nothing: the former versions stay.
//   I2  a version is freed only after its worker has adopted a newer one and uses none as old.
//   I3  at most kVersionsHeldMax per worker are alive; one more is refused.
// Owner  main thread; AdoptionDoor is shared with one worker.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/contract/image_layout.h"
#include "dataplane/flow/policy_version.h"
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
  worker::Inbox<flow::PolicyVersion> versions;           // main -> worker
  worker::Inbox<const GatewayCertificate> certificates;  // main -> worker
  std::atomic<uint64_t> newest_sequence{0};              // worker -> main: adopted
  std::atomic<uint64_t> oldest_sequence{0};              // worker -> main: used by something
  std::atomic<uint64_t> certificate_sequence{0};         // worker -> main: adopted
};

class Adoption {
 public:
  // The doors outlive this object, and no worker looks through one after it.
  explicit Adoption(const std::vector<AdoptionDoor*>& doors);

  // False: `error` says why. Secrets that are sound but do not fit the image in use are kept for
  // the next image; the versions in use go on with the ones they have. Without room for one more
  // version (I3) they are taken, and come into use with a later reclaim().
  bool take_secrets(std::shared_ptr<const policy::Secrets> secrets, std::string& error);
  // `digest` is what the control plane says it sent. The image in use again: only its number
  // changes.
  bool take_image(std::vector<uint8_t> bytes, uint64_t version, const contract::Digest& digest,
                  std::string& error);
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
  // Every worker has the newest version and the newest certificate.
  bool all_adopted() const noexcept;
  size_t held_count(size_t worker) const noexcept { return sides_[worker].versions.held_count(); }

 private:
  using Versions = std::vector<std::unique_ptr<flow::PolicyVersion>>;
  using Contexts = std::vector<std::unique_ptr<tls::ServerContext>>;
  struct Side {
    AdoptionDoor* door;
    Handover<flow::PolicyVersion> versions;
    Handover<const GatewayCertificate> certificates;
  };
  struct Number {
    uint64_t sequence;
    uint64_t version;
  };

  void free_unused();
  bool has_room() const noexcept;
  bool build(const std::vector<uint8_t>& image, const std::shared_ptr<const policy::Secrets>& with,
             Versions& out, std::string& error);
  bool make_contexts(const policy::Secrets& from, Contexts& out, std::string& error) const;
  bool certificate_changes(const policy::Secrets& to) const;
  void post(Versions versions, uint64_t version);
  void post(Contexts contexts);
  uint64_t version_of(uint64_t sequence) const noexcept;

  std::vector<Side> sides_;
  std::shared_ptr<const policy::Secrets> secrets_;  // newest that are sound
  std::vector<uint8_t> image_;                      // in use; empty: none
  contract::Digest image_digest_{};
  uint64_t sequence_ = 0;
  uint64_t certificate_sequence_ = 0;
  uint64_t secrets_in_use_generation_ = 0;
  bool secrets_wait_for_room_ = false;
  int64_t certificate_not_after_s_ = 0;
  std::deque<Number> numbers_;  // ascending; what a held sequence is called outside
};

}  // namespace sallyport::dataplane
