// query_export.cc: export_plain() of query.h: files that need no software of ours.
#include <fstream>
#include <stdexcept>

#include "controlplane/evidence/checkpoint.h"
#include "controlplane/evidence/plain_file.h"
#include "controlplane/evidence/query.h"

namespace sallyport::evidence_log {
namespace {

constexpr std::string_view kHowTo = R"(How to check this export without the software that made it
===========================================================

You need the log's public key line (the file vkey) from somebody you trust, not only from here.
Tools: openssl 3, sha256sum, base64, xxd, sed, sort. All commands run in this folder.

1  The files are the ones that were exported
     sha256sum -c SHA256SUMS

2  The checkpoint is signed by the key
     sed '/^$/q' checkpoint | sed '$d' > /tmp/body
     sed -n 's/^\xe2\x80\x94 [^ ]* //p' checkpoint | head -1 | base64 -d | tail -c +5 > /tmp/sig
     openssl pkeyutl -verify -pubin -inkey log.pub.pem -rawin -in /tmp/body -sigfile /tmp/sig
   log.pub.pem holds the same key as vkey:
     (printf 302a300506032b6570032100 | xxd -r -p; cut -d+ -f3- vkey | base64 -d | tail -c +2) |
       openssl pkey -pubin -inform DER | diff - log.pub.pem

3  A record is the leaf that is listed: leaf = SHA-256(0x00 || record). For record N:
     (printf '\000'; cat records/N.bin) | sha256sum
     sed -n "$((N + 1))p" leaves.sha256

4  The leaves give the root that was signed (RFC 6962: node = SHA-256(0x01 || left || right))
     sed -n 3p checkpoint | base64 -d | xxd -p -c 64
   Python, standard library only; prints the root and True:
     python3 - <<'END'
     import base64, hashlib
     leaves = [bytes.fromhex(line.split()[0]) for line in open("leaves.sha256")]
     def root(h):
         if len(h) == 1: return h[0]
         k = 1 << (len(h) - 1).bit_length() - 1
         return hashlib.sha256(b"\x01" + root(h[:k]) + root(h[k:])).digest()
     origin, size, signed = open("checkpoint").read().split("\n")[:3]
     found = root(leaves) if leaves else hashlib.sha256(b"").digest()
     print(found.hex(), len(leaves) == int(size) and base64.b64decode(signed) == found)
     END

5  Older checkpoints (folder checkpoints) are of the same history: the root of the first SIZE
   leaves is the one each of them names. Compare also with those you kept from earlier.

6  What the records say: records.jsonl, one JSON object per record; the bytes are records/N.bin,
   their layout is docs/evidence.md of the product. ring.sequence counts every ring from 1 without a
   gap; a record of kind "gap" says where something may be missing, and why.

tile/ is the same tree as C2SP tlog-tiles cuts it, for tools that read that format.
)";

// C2SP tlog-tiles: groups of three digits, all but the last marked with x.
std::string tile_path(uint32_t row, uint64_t number, uint64_t width) {
  std::string digits = std::to_string(number);
  digits.insert(0, (3 - digits.size() % 3) % 3, '0');
  std::string path = "tile/" + std::to_string(row);
  for (size_t i = 0; i < digits.size(); i += 3)
    path += (i + 3 < digits.size() ? "/x" : "/") + digits.substr(i, 3);
  return width == kTileWidth ? path : path + ".p/" + std::to_string(width);
}

std::string hex(const Hash& hash) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const uint8_t byte : hash) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::span<const uint8_t> as_bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

class Exporter {
 public:
  Exporter(const LogReader& log, const std::filesystem::path& folder)
      : log_(log), folder_(folder) {}

  nlohmann::json run(const std::string& vkey, uint64_t from, uint64_t to);

 private:
  void prepare();
  void write(const std::string& name, std::string_view content);
  void write_keys(const std::string& vkey);
  void write_checkpoints();
  void write_tiles(uint64_t size);
  void write_records(uint64_t from, uint64_t to, uint64_t size);

  const LogReader& log_;
  std::filesystem::path folder_;
  std::string sums_;  // in the form of sha256sum
  uint64_t files_ = 0;
};

void Exporter::prepare() {
  std::filesystem::create_directories(folder_);
  if (!std::filesystem::is_empty(folder_))
    throw std::runtime_error(folder_.string() + " is not empty");
  // What is in it is not secret, but it is about people.
  std::filesystem::permissions(folder_, std::filesystem::perms::owner_all);
}

void Exporter::write(const std::string& name, std::string_view content) {
  const std::filesystem::path path = folder_ / name;
  std::filesystem::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  file.close();
  if (!file) throw std::runtime_error("cannot write " + path.string());
  sums_ += hex(sha256(as_bytes(content))) + "  " + name + "\n";
  ++files_;
}

void Exporter::write_keys(const std::string& vkey) {
  const auto key = VerifierKey::parse(vkey);
  if (!key) throw std::runtime_error("no verifier key line");
  const std::string note = log_.latest_checkpoint().value_or("");
  if (!key->open(note)) throw std::runtime_error("the newest checkpoint is not signed by this key");
  write("vkey", key->text() + "\n");
  write("log.pub.pem", key->pem());
  write("checkpoint", note);
}

void Exporter::write_checkpoints() {
  for (const std::string& note : log_.checkpoints()) {
    const auto checkpoint = read_checkpoint(note);
    if (checkpoint) write("checkpoints/" + std::to_string(checkpoint->size), note);
  }
}

void Exporter::write_tiles(uint64_t size) {
  uint64_t entries = size;
  for (uint32_t row = 0; entries > 0; entries /= kTileWidth, ++row) {
    for (uint64_t number = 0; number * kTileWidth < entries; ++number) {
      const uint64_t width = std::min(kTileWidth, entries - number * kTileWidth);
      const std::vector<Hash> tile = log_.tile(row, number);
      if (tile.size() < width) throw std::runtime_error("a tile is short");
      std::string content;
      for (uint64_t i = 0; i < width; ++i)
        content.append(reinterpret_cast<const char*>(tile[i].data()), tile[i].size());
      write(tile_path(row, number, width), content);
    }
  }
}

void Exporter::write_records(uint64_t from, uint64_t to, uint64_t size) {
  std::string leaves;
  std::string lines;
  log_.scan(0, size, [&](uint64_t index, std::span<const uint8_t> record) {
    leaves += hex(leaf_hash(record)) + "  " + std::to_string(index) + "\n";
    if (index >= from && index < to) {
      write("records/" + std::to_string(index) + ".bin",
            {reinterpret_cast<const char*>(record.data()), record.size()});
      lines += record_json(index, record).dump() + "\n";
    }
    return true;
  });
  write("leaves.sha256", leaves);
  write("records.jsonl", lines);
}

nlohmann::json Exporter::run(const std::string& vkey, uint64_t from, uint64_t to) {
  const auto note = log_.latest_checkpoint();
  const auto checkpoint = note ? read_checkpoint(*note) : std::nullopt;
  if (!checkpoint) throw std::runtime_error("the log has no checkpoint yet");
  // What is not signed yet cannot be proven to anybody; it is in the next export.
  const uint64_t end = std::min(to, checkpoint->size);
  const uint64_t begin = std::min(from, end);
  prepare();
  write_keys(vkey);
  write_checkpoints();
  write_tiles(checkpoint->size);
  write_records(begin, end, checkpoint->size);
  write("HOWTO.txt", kHowTo);
  nlohmann::json manifest = {{"format", 1},
                             {"origin", checkpoint->origin},
                             {"size", checkpoint->size},
                             {"root", base64(checkpoint->root)},
                             {"from", begin},
                             {"to", end},
                             {"records", end - begin},
                             {"files", files_ + 1},
                             {"vkey", vkey.substr(0, vkey.find('\n'))}};
  write("MANIFEST.json", manifest.dump(2) + "\n");
  write("SHA256SUMS", std::string(sums_));
  return manifest;
}

}  // namespace

nlohmann::json export_plain(const LogReader& log, const std::string& vkey,
                            const std::filesystem::path& folder, uint64_t from, uint64_t to) {
  return Exporter(log, folder).run(vkey, from, to);
}

}  // namespace sallyport::evidence_log
