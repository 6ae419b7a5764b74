// last_seen.h: what the memory of this host remembers of the log, against its disk.
//
//   <folder>/evidence.seen      the newest checkpoint that was signed since the host started
//   <folder>/evidence.put_back  what a start found wrong: a text, until somebody removes the file
//
// Log and signer's state lie in one folder, and a copy of it that is put back (a snapshot, a
// backup, a hand) fits itself. The run dir is no part of such a copy: it is memory, and the host
// must start anew to empty it. Neither file is trusted for anything but an alarm: no signature is
// looked at, and a file that is missing or broken says nothing.
// Not here: what witnesses keep (witness.h), which is all there is across a reboot.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "controlplane/evidence/log/checkpoint.h"

namespace sallyport::evidence_log {

class LastSeen {
 public:
  // `folder`: there already, of ours alone. Empty: nothing is remembered.
  explicit LastSeen(std::filesystem::path folder) : folder_(std::move(folder)) {}

  std::optional<Checkpoint> checkpoint() const;
  std::string finding() const;  // empty: none
  // Both are best effort: memory that is full must not stop the log.
  void keep(const std::string& note) const;
  void keep_finding(const std::string& text) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace sallyport::evidence_log
