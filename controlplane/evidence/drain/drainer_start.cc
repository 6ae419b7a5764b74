// drainer_start.cc: what a start asks of a log that was opened: is it the one that was signed last,
// as far as the signer's state, its own end and this host's memory can tell.
#include <algorithm>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "controlplane/evidence/drain/drainer.h"
#include "controlplane/evidence/log/clock.h"
#include "controlplane/evidence/log/merkle.h"

namespace sallyport::evidence_log {
namespace {

using contract::RecordKind;

constexpr uint64_t kTailChecked = 4096;
constexpr uint64_t kNsPerSecond = 1'000'000'000;

}  // namespace

void Drainer::keep_checkpoint(uint64_t size, const std::string& note,
                              const std::optional<Store::TlsState>& tls) {
  for (;;) {
    try {
      return store_->add_checkpoint(size, note, tls);
    } catch (const StoreError& error) {
      if (error.code() != MDB_MAP_FULL) throw;
      store_->environment()->grow();
    }
  }
}

void Drainer::check_against_last_signed() {
  const LogReader log = reader();
  const auto newest = log.latest_checkpoint();
  const uint64_t newest_size = newest ? read_checkpoint(*newest).value_or(Checkpoint{}).size : 0;
  // The state beside the key is gone, or is an older copy.
  if (newest && (!signer_->last_signed() || signer_->last_signed()->size < newest_size)) {
    if (!signer_->verifier().open(*newest))
      throw std::runtime_error("the evidence log was signed by another key than " +
                               options_.key_file.string());
    const bool is_missing = !signer_->last_signed();
    suspect(is_missing ? "state_missing" : "state_old",
            std::string("the signing key's state ") + (is_missing ? "is missing" : "is old") +
                ", and the log is not: going on from its last checkpoint",
            is_missing ? 0 : signer_->last_signed()->size);
    signer_->adopt(*newest);
  }
  if (!signer_->last_signed()) return;
  const Checkpoint& last = *signer_->last_signed();
  const std::string state = options_.key_file.string() + ".state";
  if (store_->size() < last.size)
    throw std::runtime_error("the evidence log has " + std::to_string(store_->size()) +
                             " records, but " + std::to_string(last.size) + " were signed (" +
                             state + "): an old copy was put back, or records are lost");
  if (Tree(log).root(last.size) != last.root)
    throw std::runtime_error("the evidence log is not the one that was signed (" + state +
                             "): records were changed");
  // Signed, but not yet in the log when the process ended.
  if (last.size > newest_size) {
    try {
      keep_checkpoint(last.size, signer_->last_note());
    } catch (const StoreError& error) {
      // No room is no reason to stay down: the signer's state has it, and the next one extends it.
      if (!error.is_full()) throw;
      say(std::string("evidence: the last checkpoint is in the signer's state alone: ") +
          error.what());
    }
  }
  const std::lock_guard lock(mutex_);
  status_.checkpoint_size = last.size;
}

// What lies behind the last checkpoint has no signature yet, but it has its tiles.
void Drainer::check_tail() const {
  const LogReader log = reader();
  const uint64_t size = store_->size();
  const uint64_t from = size > kTailChecked ? size - kTailChecked : 0;
  uint64_t seen = from;
  std::vector<Hash> tile;
  log.scan(
      from, size,
      [&](uint64_t index, std::span<const uint8_t> record) {
        if (index == from || index % kTileWidth == 0) tile = log.tile(0, index / kTileWidth);
        const uint64_t at = index % kTileWidth;
        const bool pruned = record.empty();
        if (at >= tile.size() || (!pruned && tile[at] != leaf_hash(record)))
          throw std::runtime_error("the evidence log is damaged at record " +
                                   std::to_string(index));
        ++seen;
        return true;
      },
      Content::AsStored);
  if (seen != size)
    throw std::runtime_error("the evidence log ends at record " + std::to_string(seen) + " of " +
                             std::to_string(size));
}

// The signer's state lies beside the log and may have been put back with it; memory was not.
void Drainer::look_for_put_back() {
  const auto seen = last_seen_.checkpoint();
  if (seen && seen->size > store_->size())
    suspect("shorter_than_seen",
            "the log is shorter than when this host last ran it: an old copy was put back with the "
            "signing key's state, or another log was begun",
            seen->size);
  else if (seen && Tree(reader()).root(seen->size) != seen->root)
    suspect("other_than_seen",
            "the log is not the one that this host last ran: another one was put in its place",
            seen->size);
  if (signer_->last_signed()) last_seen_.keep(signer_->last_note());
  const std::lock_guard lock(mutex_);
  status_.put_back = last_seen_.finding();
  if (status_.put_back.empty()) status_.put_back = suspicion_;
}

void Drainer::suspect(const char* reason, const std::string& what, uint64_t known_size) {
  suspicion_ = utc_text(wall_ns() / kNsPerSecond) + ": " + what + " (" +
               std::to_string(store_->size()) + " records, " + std::to_string(known_size) +
               " were known)";
  say("evidence: " + suspicion_);
  last_seen_.keep_finding(suspicion_);
  ControlRecord record{
      .kind = RecordKind::Check, .action = "put_back_suspected", .actor = "sallyportd"};
  record.result = "failed";
  record.reason = reason;
  record.detail =
      "from: records known to be signed; to: records found. Hold the log against others";
  record.from = known_size;
  record.to = store_->size();
  append(record);
}

}  // namespace sallyport::evidence_log
