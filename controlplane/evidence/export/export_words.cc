#include "controlplane/evidence/export/export_words.h"

#include <array>

#include "controlplane/evidence/export/export_layout.h"
#include "controlplane/evidence/log/hex_text.h"
#include "controlplane/evidence/query/query.h"

namespace sallyport::evidence_log {
namespace {

using nlohmann::json;

// Names of record_json() that have one value. Behind them two columns that sum lists up.
constexpr std::array kColumns{
    "index",    "leaf",      "time",        "kind",          "evidence",    "request_id",
    "tenant",   "principal", "environment", "vendor",        "region",      "model",
    "api_kind", "template",  "outcome",     "reason_code",   "http_status", "vendor_status",
    "code",     "action",    "actor",       "object",        "result",      "reason",
    "ticket",   "detail",    "count",       "bundle_digest", "body_bytes",  "sent_bytes"};
// Of TLS, at the end of a line. sallyportd's own records have them among their fields.
constexpr std::array kTlsColumns{"server_name",
                                 "address",
                                 "port",
                                 "check",
                                 "pin",
                                 "tls_version",
                                 "cipher",
                                 "spki",
                                 "client_certificate",
                                 "connections",
                                 "exchanges",
                                 "certificates",
                                 "upstream_connection"};

std::string text_of(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_null() ? std::string() : value.dump();
}

// "EMAIL_ADDRESS tokenize request 2; ..."
std::string tallies_text(const json& row, const char* list,
                         std::initializer_list<const char*> names) {
  std::string text;
  const auto found = row.find(list);
  if (found == row.end() || !found->is_array()) return text;
  for (const json& one : *found) {
    if (!text.empty()) text += "; ";
    bool first = true;
    for (const char* name : names) {
      if (!one.contains(name)) continue;
      text += (first ? "" : " ") + text_of(one.at(name));
      first = false;
    }
  }
  return text;
}

}  // namespace

json export_row(uint64_t index, std::span<const uint8_t> record, const Hash& leaf) {
  json row =
      record.empty() ? json{{"index", index}, {"kind", "pruned"}} : record_json(index, record);
  row["leaf"] = lower_hex(leaf);
  return row;
}

std::string csv_head() {
  std::string line;
  for (const char* name : kColumns) line += csv_cell(name) + ",";
  line += csv_cell("detections") + "," + csv_cell("restorations");
  for (const char* name : kTlsColumns) line += "," + csv_cell(name);
  return line + "\r\n";
}

std::string csv_row(const json& row) {
  std::string line;
  for (const char* name : kColumns) {
    const auto found = row.find(name);
    line += csv_cell(found == row.end() ? std::string() : text_of(*found)) + ",";
  }
  line += csv_cell(tallies_text(row, "detections", {"entity", "action", "direction", "count"}));
  line += ",";
  line += csv_cell(tallies_text(row, "restorations", {"entity", "allowed", "reason", "count"}));
  const json& fields =
      row.value("evidence", "") == "TLS" && row.contains("fields") ? row["fields"] : row;
  for (const char* name : kTlsColumns) {
    const auto found = fields.find(name);
    line += "," + csv_cell(found == fields.end() ? std::string() : text_of(*found));
  }
  return line + "\r\n";
}

const std::string_view kExportHowTo = R"(How to check this export without the software that made it
===========================================================

You need the log's public key line (the file vkey) from somebody you trust, not only from here.
Whole check, one command (docs/verify_export.py of the product, 150 lines to read; or the program
sallyport-verify, which says the same):
     python3 verify_export.py . --vkey KEYLINE --since A_CHECKPOINT_YOU_KEPT

By hand, with openssl 3, sha256sum, base64, sed. All commands run in this folder.

1  The files are the ones that were exported
     sha256sum -c MANIFEST.sha256
     sha256sum -c SHA256SUMS
   MANIFEST.json names the hash of SHA256SUMS ("sha256sums"), so that one number pins everything.

2  The checkpoint is signed by the key
     sed '/^$/q' checkpoint | sed '$d' > /tmp/body
     sed -n 's/^\xe2\x80\x94 [^ ]* //p' checkpoint | head -1 | base64 -d | tail -c +5 > /tmp/sig
     openssl pkeyutl -verify -pubin -inkey log.pub.pem -rawin -in /tmp/body -sigfile /tmp/sig
   log.pub.pem holds the same key as vkey (Ed25519):
     (printf '\060\052\060\005\006\003\053\145\160\003\041\000'
      cut -d+ -f3- vkey | base64 -d | tail -c +2) |
       openssl pkey -pubin -inform DER | diff - log.pub.pem

   A log may have had other keys before: keys lists them, the oldest first, rotations/ holds the
   records that name one and the next. A checkpoint of checkpoints/ may be signed by one of those,
   and where a key changed, by both.

3  The records are the leaves, and the leaves give the root that was signed (RFC 6962: leaf =
   SHA-256(0x00 || record), node = SHA-256(0x01 || left || right)). tile/entries/ has the records,
   256 in a file, each behind its length (2 bytes, big-endian); tile/0/ holds their leaf hashes, 32
   bytes each; tile/1/ the roots of whole files of tile/0/, and so on (C2SP tlog-tiles). An export
   of the whole log ("from" 0, "to" = "size") in Python, standard library only; prints root, True:
     python3 - <<'END'
     import base64, glob, hashlib, os, struct
     files = [f for f in glob.glob("tile/entries/**", recursive=True) if os.path.isfile(f)]
     number = lambda f: int("".join(c for c in f.split(".p/")[0] if c.isdigit()))
     leaves = []
     for f in sorted(files, key=number):
         data = open(f, "rb").read()
         while data:
             n, = struct.unpack(">H", data[:2])
             leaves.append(hashlib.sha256(b"\x00" + data[2:2 + n]).digest())
             data = data[2 + n:]
     def root(h):
         if len(h) == 1: return h[0]
         k = 1 << (len(h) - 1).bit_length() - 1
         return hashlib.sha256(b"\x01" + root(h[:k]) + root(h[k:])).digest()
     origin, size, signed = open("checkpoint").read().split("\n")[:3]
     found = root(leaves) if leaves else hashlib.sha256(b"").digest()
     print(found.hex(), len(leaves) == int(size) and base64.b64decode(signed) == found)
     END
   A length of 0 is a record whose retention is over: its hash stays in tile/0/, and a record of
   kind "retention" in this log names it. Without such a record it is missing.

4  Older checkpoints (folder checkpoints) are of the same history: the root of the first SIZE
   leaves is the one each of them names. Compare also with those you kept from earlier.

5  What the records say: records.jsonl, one JSON object per record, and records.csv. They are a
   reading aid; what is proven are the bytes, and docs/evidence.md of the product has their layout.
   ring.sequence counts every ring from 1 without a gap; a record of kind "gap" says where something
   may be missing, and why.
)";

}  // namespace sallyport::evidence_log
