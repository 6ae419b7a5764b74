// export_check.h: is this export whole, and does the key vouch for it? The judge of
// sallyport-verify.
//
// Shares no code with what writes exports but the layout of a record (contract/). Reads only the
// folder and what the caller brings. docs/auditors.md says the same in words, docs/verify_export.py
// in Python.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controlplane/evidence/verifier/export_note.h"
#include "dataplane/contract/evidence_record.h"
#include "dataplane/contract/request_id.h"

namespace sallyport::export_check {

struct Wanted {
  std::filesystem::path folder;
  std::string vkey;                    // from elsewhere, not from the export
  std::vector<std::string> old_notes;  // checkpoints somebody kept
  std::vector<std::string> witnesses;  // verifier keys; each must have cosigned a checkpoint
};

struct Answer {
  std::vector<std::string> problems;  // the first kProblemsMax; empty: it is good
  // The first record that is missing, changed, reordered or added; empty: none was named.
  std::string first_bad_record;
  uint64_t size = 0;     // of the log
  uint64_t records = 0;  // in this export
  uint64_t pruned = 0;   // of them gone by a retention run that the log names
  uint64_t checkpoints = 0;
  uint64_t keys = 0;  // that signed this log, one after the other
  std::string origin;
  std::map<std::string, uint64_t> witnessed;  // by name: the largest tree it cosigned
};

inline constexpr size_t kProblemsMax = 20;

class ExportCheck {
 public:
  explicit ExportCheck(const Wanted& wanted) : wanted_(wanted) {}
  Answer run();

 private:
  struct Row {
    std::string kind, time, request_id, tenant, principal, vendor, action, actor;
  };
  struct Ring {
    uint64_t last = 0;
    bool uncertain = false;  // a pruned record may have been in between
  };

  void problem(const std::string& text);
  void bad_record(uint64_t index, const std::string& what);
  std::optional<std::string> file(const std::string& name, bool needed = true);
  void check_sums();
  void check_listing(const std::set<std::string>& listed);
  bool check_manifest();
  bool check_key();
  bool read_keys(const std::string& given);
  // export_keys.cc: changes of the log's key.
  void check_changes();
  std::optional<uint64_t> record_of_change(const PublicKey& older, const PublicKey& newer);
  uint64_t size_of_change(uint64_t record, const PublicKey& older, const PublicKey& newer);
  std::optional<Note> open(const std::string& text, std::string& why) const;
  void read_tiles();
  void check_rows();
  void read_entries();
  void compare_entries();
  std::string describe(uint64_t index) const;
  void check_root();
  void check_notes();
  void check_note(const Note& note, const std::string& where);
  void check_witnesses();
  void check_records();
  void check_pruned();
  void check_sequence(uint64_t index, const contract::RecordHeader& header);
  void check_exchange(uint64_t index, const contract::RecordHeader& header);
  void check_text();
  Row row_of(const std::vector<uint8_t>& record) const;
  std::optional<Sum> subtree(uint32_t level, uint64_t number) const;
  std::optional<Sum> tree(uint64_t begin, uint64_t end) const;
  std::optional<Sum> root(uint64_t size) const;

  const Wanted& wanted_;
  Answer answer_;
  // Oldest first. A key signs from the change to it up to the change to the next one.
  struct LogKey {
    PublicKey key;
    uint64_t first = 0;
    uint64_t last = ~0ULL;
  };
  std::vector<LogKey> keys_;
  std::optional<Note> note_;
  std::vector<std::string> notes_;  // signed by key_
  uint64_t from_ = 0;
  uint64_t to_ = 0;
  uint64_t first_bad_ = ~0ULL;
  std::vector<std::map<uint64_t, Sum>> rows_;  // hashes of tiles by row and position
  std::vector<std::vector<uint8_t>> entries_;  // from `from_` on; empty: pruned
  std::vector<Sum> sums_;                      // of entries_
  std::map<std::string, Ring> rings_;
  std::map<contract::RequestId, uint64_t> open_;
  std::set<contract::RequestId> closed_;
};

}  // namespace sallyport::export_check
