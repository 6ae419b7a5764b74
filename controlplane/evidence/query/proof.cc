#include "controlplane/evidence/query/proof.h"

#include "controlplane/evidence/log/checkpoint.h"

namespace sallyport::evidence_log {
namespace {

using nlohmann::json;

// Only what the log itself agrees with is proven from.
Checkpoint of_this_log(const LogReader& log, const std::string& note) {
  const auto checkpoint = read_checkpoint(note);
  if (!checkpoint) throw NoProof("that is no checkpoint");
  if (checkpoint->origin != log.origin())
    throw NoProof("the checkpoint is of " + checkpoint->origin + ", this log is " + log.origin());
  if (checkpoint->size > log.size())
    throw NoProof("the checkpoint signs " + std::to_string(checkpoint->size) +
                  " records, this log has " + std::to_string(log.size()));
  if (Tree(log).root(checkpoint->size) != checkpoint->root)
    throw NoProof("the first " + std::to_string(checkpoint->size) +
                  " records of this log are not those that the checkpoint signs");
  return *checkpoint;
}

json base64_list(const std::vector<Hash>& hashes) {
  json list = json::array();
  for (const Hash& hash : hashes) list.push_back(base64(hash));
  return list;
}

std::string lines_of(const std::vector<Hash>& hashes) {
  std::string text;
  for (const Hash& hash : hashes) text += base64(hash) + "\n";
  return text;
}

}  // namespace

std::optional<std::string> kept_checkpoint(const LogReader& log, uint64_t size) {
  for (const std::string& note : log.checkpoints()) {
    const auto checkpoint = read_checkpoint(note);
    if (checkpoint && checkpoint->size == size) return note;
  }
  return std::nullopt;
}

json prove_inclusion(const LogReader& log, uint64_t index, const std::string& note) {
  const Checkpoint checkpoint = of_this_log(log, note);
  if (index >= checkpoint.size)
    throw NoProof("record " + std::to_string(index) + " is not under the checkpoint of size " +
                  std::to_string(checkpoint.size));
  const std::vector<Hash> tile = log.tile(0, index / kTileWidth);
  if (index % kTileWidth >= tile.size()) throw std::runtime_error("a tile is short");
  const std::vector<Hash> proof = Tree(log).inclusion_proof(index, checkpoint.size);
  return {{"index", index},
          {"leaf", base64(tile[index % kTileWidth])},
          {"size", checkpoint.size},
          {"root", base64(checkpoint.root)},
          {"proof", base64_list(proof)},
          {"checkpoint", note},
          {"text", "c2sp.org/tlog-proof@v1\nindex " + std::to_string(index) + "\n" +
                       lines_of(proof) + "\n" + note}};
}

json prove_consistency(const LogReader& log, const std::string& old_note,
                       const std::string& new_note) {
  const Checkpoint older = of_this_log(log, old_note);
  const Checkpoint newer = of_this_log(log, new_note);
  if (older.size > newer.size) throw NoProof("the older checkpoint is the larger one");
  const std::vector<Hash> proof = Tree(log).consistency_proof(older.size, newer.size);
  return {{"old_size", older.size},
          {"old_root", base64(older.root)},
          {"size", newer.size},
          {"root", base64(newer.root)},
          {"proof", base64_list(proof)},
          {"checkpoint", new_note},
          {"text", "old " + std::to_string(older.size) + "\n" + lines_of(proof) + "\n" + new_note}};
}

}  // namespace sallyport::evidence_log
