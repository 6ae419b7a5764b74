// The part of ExportCheck that follows changes of the log's key: rotations/INDEX is a KEY record
// that names the digests of both key lines, and a checkpoint that covers it is signed by both keys.
// Who trusts one of the keys trusts by that the next one, and the one before it.
#include <algorithm>
#include <charconv>
#include <cstring>

#include "controlplane/evidence/verifier/export_check.h"

namespace sallyport::export_check {
namespace {

namespace fs = std::filesystem;

bool names_both(const std::string& record, const PublicKey& older, const PublicKey& newer) {
  contract::RecordHeader header{};
  contract::ControlPart part{};
  if (record.size() < sizeof(header) + sizeof(part)) return false;
  std::memcpy(&header, record.data(), sizeof(header));
  std::memcpy(&part, record.data() + sizeof(header), sizeof(part));
  return static_cast<contract::RecordKind>(header.kind) == contract::RecordKind::Key &&
         part.action.view() == "log_key_rotated" && part.before == sum_of(bytes_of(older.line())) &&
         part.after == sum_of(bytes_of(newer.line()));
}

}  // namespace

// The record that says so, and that it is the one that was hashed into the tree.
std::optional<uint64_t> ExportCheck::record_of_change(const PublicKey& older,
                                                      const PublicKey& newer) {
  const fs::path folder = wanted_.folder / "rotations";
  if (!fs::is_directory(folder) || rows_.empty()) return std::nullopt;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    const auto record = file("rotations/" + name);
    uint64_t index = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), index);
    if (!record || error != std::errc() || end != name.data() + name.size() ||
        !names_both(*record, older, newer))
      continue;
    const auto leaf = rows_[0].find(index);
    if (leaf != rows_[0].end() && leaf->second == leaf_sum(bytes_of(*record))) return index;
    bad_record(index, "is changed: rotations/" + name + " is not what was hashed into the tree");
  }
  return std::nullopt;
}

// Of the first checkpoint behind the record that both signed; 0 when there is none.
uint64_t ExportCheck::size_of_change(uint64_t record, const PublicKey& older,
                                     const PublicKey& newer) {
  uint64_t found = 0;
  const fs::path folder = wanted_.folder / "checkpoints";
  if (fs::is_directory(folder))
    for (const auto& entry : fs::directory_iterator(folder)) {
      const auto text = file("checkpoints/" + entry.path().filename().string());
      const auto by_older = text ? older.open(*text) : std::nullopt;
      const auto by_newer = text ? newer.open(*text) : std::nullopt;
      if (by_older && by_newer && by_newer->size > record && root(by_newer->size) == by_newer->root)
        found = found == 0 ? by_newer->size : std::min(found, by_newer->size);
    }
  return found;
}

void ExportCheck::check_changes() {
  for (size_t i = 1; i < keys_.size(); ++i) {
    const PublicKey& older = keys_[i - 1].key;
    const PublicKey& newer = keys_[i].key;
    const std::string change = "the change from key " + older.id() + " to key " + newer.id();
    const auto record = record_of_change(older, newer);
    if (!record) {
      problem(change + " is missing: no record of this log names both");
      continue;
    }
    const uint64_t size = size_of_change(*record, older, newer);
    if (size == 0)
      bad_record(*record, "is not signed by both keys: " + change +
                              " has no checkpoint with two good signatures");
    keys_[i - 1].last = keys_[i].first = size;
  }
}

// The checkpoint, when a key signed it that was in force at its size.
std::optional<Note> ExportCheck::open(const std::string& text, std::string& why) const {
  std::optional<Note> good;
  for (const LogKey& one : keys_) {
    const auto note = one.key.open(text);
    if (!note) continue;
    if (note->size > one.last || note->size < one.first) {
      why = "key " + one.key.id() +
            (note->size > one.last ? " was replaced at size " + std::to_string(one.last)
                                   : " came only at size " + std::to_string(one.first));
      return std::nullopt;
    }
    good = note;
  }
  why = good ? "" : "no good signature of a key of this log";
  return good;
}

}  // namespace sallyport::export_check
