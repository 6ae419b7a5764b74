// export_layout.h: where things lie in an export, and files that know their own hash.
//
//   checkpoint, checkpoints/SIZE      signed notes: the newest, and the kept ones of the range
//   vkey, log.pub.pem                 the public key in force, in both forms
//   keys, rotations/INDEX             all keys that signed, oldest first; the records that say so
//   tile/ROW/N, tile/entries/N        C2SP tlog-tiles: hashes, and the bytes that are hashed
//   records.jsonl, records.csv        what the bytes say, for people and tools
//   SHA256SUMS                        of all files above and HOWTO.txt
//   MANIFEST.json, MANIFEST.sha256    what this is; pins SHA256SUMS, and so everything
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>

#include "controlplane/evidence/log/merkle.h"

namespace sallyport::evidence_log {

inline constexpr std::string_view kEntriesRow = "entries";

// C2SP tlog-tiles: "tile/0/x001/234", with ".p/W" when `width` is less than kTileWidth.
std::string tile_path(std::string_view row, uint64_t number, uint64_t width);

// A file that is written once, front to back, and hashed on the way. Makes missing folders.
// Throws std::runtime_error naming the file.
class SummedFile {
 public:
  explicit SummedFile(const std::filesystem::path& path);
  ~SummedFile();
  SummedFile(const SummedFile&) = delete;
  SummedFile& operator=(const SummedFile&) = delete;
  void write(std::string_view bytes);
  // Ends the file: its SHA-256.
  Hash close();

 private:
  std::filesystem::path path_;
  std::ofstream file_;
  void* sum_ = nullptr;  // EVP_MD_CTX
};

// One cell of a CSV file (RFC 4180), in quotes. A spreadsheet must not take it for a formula: a
// text that begins with = + - @ or their wide forms, a tab or a return gets an apostrophe in front;
// control characters become '?'.
std::string csv_cell(std::string_view text);

}  // namespace sallyport::evidence_log
