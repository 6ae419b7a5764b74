#include "controlplane/evidence/verifier/export_check.h"

#include <algorithm>
#include <bit>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

namespace sallyport::export_check {
namespace {

namespace fs = std::filesystem;
using contract::RecordHeader;
using contract::RecordKind;

constexpr uint64_t kWidth = 256;  // hashes and records in a whole tile
constexpr uint64_t kRecordsMax = 1ULL << 40;

std::string tile_name(const std::string& row, uint64_t number, uint64_t width) {
  std::string digits = std::to_string(number);
  digits.insert(0, (3 - digits.size() % 3) % 3, '0');
  std::string name = "tile/" + row;
  for (size_t at = 0; at < digits.size(); at += 3)
    name += (at + 3 == digits.size() ? "/" : "/x") + digits.substr(at, 3);
  return width < kWidth ? name + ".p/" + std::to_string(width) : name;
}

// Of 1, 2, 4, ... 256 hashes.
Sum fold(std::vector<Sum> sums) {
  for (; sums.size() > 1; sums.resize(sums.size() / 2))
    for (size_t i = 0; 2 * i < sums.size(); ++i) sums[i] = node_sum(sums[2 * i], sums[2 * i + 1]);
  return sums[0];
}

std::string name_of(uint64_t index) { return "record " + std::to_string(index); }

}  // namespace

void ExportCheck::problem(const std::string& text) {
  if (answer_.problems.size() < kProblemsMax) answer_.problems.push_back(text);
}

void ExportCheck::bad_record(uint64_t index, const std::string& what) {
  problem(name_of(index) + " " + what);
  if (index >= first_bad_) return;
  first_bad_ = index;
  answer_.first_bad_record = name_of(index) + " " + what;
}

std::optional<std::string> ExportCheck::file(const std::string& name, bool needed) {
  std::ifstream stream(wanted_.folder / name, std::ios::binary);
  if (!stream || !fs::is_regular_file(wanted_.folder / name)) {
    if (needed) problem("the file " + name + " is missing");
    return std::nullopt;
  }
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

// Every file is the one that was exported, and there is no other.
void ExportCheck::check_sums() {
  const auto pin = file("MANIFEST.sha256");
  const auto manifest = file("MANIFEST.json");
  const auto sums = file("SHA256SUMS");
  if (!pin || !manifest || !sums) return;
  if (*pin != hex_of(sum_of(bytes_of(*manifest))) + "  MANIFEST.json\n")
    problem("MANIFEST.json does not fit MANIFEST.sha256");
  std::set<std::string> listed{"MANIFEST.sha256", "MANIFEST.json", "SHA256SUMS"};
  for (size_t at = 0; at < sums->size();) {
    const size_t end = sums->find('\n', at);
    const std::string line = sums->substr(at, end == std::string::npos ? end : end - at);
    at = end == std::string::npos ? sums->size() : end + 1;
    if (end == std::string::npos || line.size() < 67 || line.compare(64, 2, "  ") != 0 ||
        !listed.insert(line.substr(66)).second || line.find("..") != std::string::npos) {
      problem("SHA256SUMS has a line that is none");
      continue;
    }
    const auto content = file(line.substr(66));
    if (content && hex_of(sum_of(bytes_of(*content))) != line.substr(0, 64))
      problem("the file " + line.substr(66) + " is not the one that was exported");
  }
  check_listing(listed);
}

void ExportCheck::check_listing(const std::set<std::string>& listed) {
  for (const auto& entry : fs::recursive_directory_iterator(wanted_.folder)) {
    const std::string name = fs::relative(entry.path(), wanted_.folder).string();
    if (!entry.is_directory() && !listed.contains(name))
      problem("the file " + name + " was added: SHA256SUMS does not list it");
  }
}

bool ExportCheck::check_manifest() {
  const auto text = file("MANIFEST.json");
  if (!text) return false;
  const auto manifest = nlohmann::json::parse(*text, nullptr, false);
  const auto number = [&](const char* name) {
    return manifest.is_object() && manifest.contains(name) && manifest[name].is_number_unsigned()
               ? manifest[name].get<uint64_t>()
               : ~0ULL;
  };
  from_ = number("from");
  to_ = number("to");
  answer_.size = number("size");
  // Of another type it is another text than any that fits.
  const auto text_of = [&](const char* name) {
    return manifest.is_object() && manifest.contains(name) && manifest[name].is_string()
               ? manifest[name].get<std::string>()
               : std::string();
  };
  if (number("format") != 2 || from_ > to_ || to_ > answer_.size || answer_.size > kRecordsMax ||
      from_ % kWidth != 0) {
    problem("MANIFEST.json is not one of an export of format 2");
    return false;
  }
  answer_.records = to_ - from_;
  const auto sums = file("SHA256SUMS", false);
  if (sums && text_of("sha256sums") != hex_of(sum_of(bytes_of(*sums))))
    problem("SHA256SUMS is not the one that MANIFEST.json names");
  if (text_of("vkey") + "\n" != file("vkey").value_or(""))
    problem("MANIFEST.json names another key than the file vkey");
  if (note_ && (note_->size != answer_.size || text_of("origin") != note_->origin ||
                base64_bytes(text_of("root")) !=
                    std::vector<uint8_t>(note_->root.begin(), note_->root.end()))) {
    problem("MANIFEST.json speaks of another tree than the checkpoint");
    return false;  // what it says of its range is not worth following
  }
  return true;
}

// All keys of the log; the given one must be among them.
bool ExportCheck::read_keys(const std::string& given) {
  std::istringstream lines(file("keys", false).value_or(given + "\n"));
  bool known = false;
  for (std::string line; std::getline(lines, line);) {
    const auto key = PublicKey::parse(line);
    if (!key) {
      problem("the file keys has a line that is no key");
      return false;
    }
    known = known || line == given;
    keys_.push_back({*key});
  }
  answer_.keys = keys_.size();
  if (known) return true;
  problem("the checkpoint is not signed by the given key: it is none of the keys of this log");
  return false;
}

bool ExportCheck::check_key() {
  const auto given = PublicKey::parse(wanted_.vkey);
  if (!given) {
    problem("the given key is no verifier key line");
    return false;
  }
  if (!read_keys(given->line())) return false;
  const PublicKey& newest = keys_.back().key;
  if (const auto own = file("vkey"); own && *own != newest.line() + "\n")
    problem("the export was made with another key: its file vkey differs from the " +
            std::string(keys_.size() == 1 ? "given one" : "last line of the file keys"));
  if (const auto pem = file("log.pub.pem"); pem && *pem != newest.pem())
    problem("log.pub.pem is another key");
  const auto text = file("checkpoint");
  if (!text) return false;
  notes_.push_back(*text);
  note_ = newest.open(*text);
  if (!note_)
    problem(keys_.size() == 1 ? "the checkpoint is not signed by the given key"
                              : "the checkpoint is not signed by the newest key");
  if (note_) answer_.origin = note_->origin;
  return note_.has_value();
}

void ExportCheck::read_tiles() {
  uint64_t entries = note_->size;
  for (uint32_t row = 0; entries > 0; entries /= kWidth, ++row) {
    rows_.emplace_back();
    for (uint64_t number = 0; number * kWidth < entries; ++number) {
      const uint64_t width = std::min(kWidth, entries - number * kWidth);
      const bool outside =
          row == 0 && width == kWidth && (number * kWidth < from_ || number * kWidth >= to_);
      const std::string name = tile_name(std::to_string(row), number, width);
      const auto content = file(name, !outside);
      if (!content) continue;
      if (content->size() != width * sizeof(Sum)) {
        problem(name + " has another size than " + std::to_string(width) + " hashes");
        continue;
      }
      for (uint64_t i = 0; i < width; ++i)
        std::copy_n(bytes_of(*content).begin() + static_cast<ptrdiff_t>(i * sizeof(Sum)),
                    sizeof(Sum), rows_[row][number * kWidth + i].begin());
    }
  }
  check_rows();
}

// A hash of a higher row is the root of a whole tile below it.
void ExportCheck::check_rows() {
  for (uint32_t row = 0; row + 1 < rows_.size(); ++row)
    for (const auto& [number, above] : rows_[row + 1]) {
      std::vector<Sum> sums;
      for (uint64_t i = number * kWidth; i < (number + 1) * kWidth; ++i)
        if (const auto found = rows_[row].find(i); found != rows_[row].end())
          sums.push_back(found->second);
      if (sums.size() != kWidth || fold(std::move(sums)) == above) continue;
      problem(tile_name(std::to_string(row), number, kWidth) + " does not fit the row above it" +
              (row == 0 ? ": one of records " + std::to_string(number * kWidth) + " to " +
                              std::to_string((number + 1) * kWidth - 1) + " is another"
                        : ""));
    }
}

void ExportCheck::read_entries() {
  for (uint64_t first = from_; first < to_; first += kWidth) {
    const uint64_t width = std::min(kWidth, to_ - first);
    const std::string name = tile_name("entries", first / kWidth, width);
    const auto content = file(name);
    if (!content) continue;
    const std::span<const uint8_t> bytes = bytes_of(*content);
    size_t at = 0;
    uint64_t count = 0;
    for (; at + 2 <= bytes.size(); ++count) {
      const size_t length = static_cast<size_t>(bytes[at]) << 8 | bytes[at + 1];
      if (at + 2 + length > bytes.size()) break;
      const auto record = bytes.subspan(at + 2, length);
      entries_.emplace_back(record.begin(), record.end());
      sums_.push_back(leaf_sum(record));
      at += 2 + length;
    }
    if (at != bytes.size() || count != width)
      problem(name + " holds " + std::to_string(count) + " whole records of " +
              std::to_string(width));
  }
}

// What stands at `index`, in the words of the order of all hashes.
std::string ExportCheck::describe(uint64_t index) const {
  const auto leaf = [&](uint64_t i) {
    const auto found = rows_[0].find(i);
    return found == rows_[0].end() ? Sum{} : found->second;
  };
  const auto entry = [&](uint64_t i) {
    return i - from_ < sums_.size() ? sums_[i - from_] : Sum{};
  };
  const Sum here = entry(index);
  for (uint64_t other = from_; other < to_; ++other) {
    if (other == index || leaf(other) != here) continue;
    if (entry(other) == leaf(index))
      return "is reordered: it and record " + std::to_string(other) + " changed places";
    if (other < index)
      return "is added: a copy of record " + std::to_string(other) + " stands here";
    const bool all_moved = entry(index + 1) == leaf(other + 1) || other + 1 == to_;
    return all_moved
               ? (other == index + 1 ? std::string("is missing")
                                     : "is missing, and those up to " + std::to_string(other - 1))
               : "is reordered: record " + std::to_string(other) + " stands here";
  }
  if (entry(index + 1) == leaf(index)) return "is added: a record that the tree does not have";
  return "is changed: its bytes are not those that were hashed into the tree";
}

void ExportCheck::compare_entries() {
  if (rows_.empty()) return;
  for (uint64_t index = from_; index < to_; ++index) {
    const auto leaf = rows_[0].find(index);
    if (leaf == rows_[0].end()) return;
    const uint64_t at = index - from_;
    if (at >= entries_.size()) return bad_record(index, "is missing");
    if (entries_[at].empty() || sums_[at] == leaf->second) continue;
    return bad_record(index, describe(index));
  }
  if (entries_.size() > to_ - from_) bad_record(to_, "is added behind the last one");
}

std::optional<Sum> ExportCheck::subtree(uint32_t level, uint64_t number) const {
  const uint32_t row = level / 8;
  const uint64_t count = 1ULL << (level % 8);
  std::vector<Sum> sums;
  if (row >= rows_.size()) return std::nullopt;
  for (uint64_t i = number * count; i < (number + 1) * count; ++i) {
    const auto found = rows_[row].find(i);
    if (found == rows_[row].end()) return std::nullopt;
    sums.push_back(found->second);
  }
  return fold(std::move(sums));
}

std::optional<Sum> ExportCheck::tree(uint64_t begin, uint64_t end) const {
  const uint64_t count = end - begin;
  if (std::has_single_bit(count) && begin % count == 0)
    return subtree(static_cast<uint32_t>(std::countr_zero(count)), begin / count);
  const uint64_t middle = begin + std::bit_floor(count - 1);
  const auto left = tree(begin, middle);
  const auto right = tree(middle, end);
  if (!left || !right) return std::nullopt;
  return node_sum(*left, *right);
}

std::optional<Sum> ExportCheck::root(uint64_t size) const {
  return size == 0 ? sum_of({}) : tree(0, size);
}

void ExportCheck::check_root() {
  const auto found = root(note_->size);
  if (!found || *found != note_->root)
    problem("the hashes give another root than the checkpoint signs: " + std::to_string(from_) +
            " to " + std::to_string(note_->size) + " are not the records that were signed");
}

void ExportCheck::check_note(const Note& note, const std::string& where) {
  if (note.size > note_->size) {
    bad_record(note_->size, "is missing: " + where + " signs " + std::to_string(note.size) +
                                " records, this log has " + std::to_string(note_->size));
    return;
  }
  const auto found = root(note.size);
  if (!found)
    problem(where + " of size " + std::to_string(note.size) +
            " lies outside this export; take an export whose range begins at or before it");
  else if (*found != note.root)
    problem("the first " + std::to_string(note.size) + " records are not those that " + where +
            " signed: history was rewritten");
}

void ExportCheck::check_notes() {
  const fs::path folder = wanted_.folder / "checkpoints";
  if (fs::is_directory(folder))
    for (const auto& entry : fs::directory_iterator(folder)) {
      const std::string name = "checkpoints/" + entry.path().filename().string();
      const auto text = file(name);
      std::string why = "it is missing";
      const auto note = text ? open(*text, why) : std::nullopt;
      if (!note || "checkpoints/" + std::to_string(note->size) != name)
        problem(name + " is not a checkpoint of that size signed by the given key" +
                (why.empty() ? "" : ": " + why));
      if (note) {
        check_note(*note, name);
        notes_.push_back(*text);
      }
      ++answer_.checkpoints;
    }
  for (const std::string& text : wanted_.old_notes) {
    std::string why;
    const auto note = open(text, why);
    if (!note)
      problem("the checkpoint that was kept is not signed by the given key: " + why);
    else
      check_note(*note, "the checkpoint that was kept");
  }
}

// A witness is asked now and then: one of the checkpoints must be cosigned, not the newest one.
void ExportCheck::check_witnesses() {
  for (const std::string& line : wanted_.witnesses) {
    const auto witness = PublicKey::parse(line);
    if (!witness || witness->kind() != KeyKind::Cosigner) {
      problem("that is no key of a witness: " + line);
      continue;
    }
    uint64_t seen = 0;
    std::string why;
    for (const std::string& text : notes_)
      if (const auto note = witness->open(text); note && open(text, why))
        seen = std::max(seen, note->size);
    if (seen == 0)
      problem("no checkpoint of this export has a good cosignature of " + witness->name());
    else
      answer_.witnessed[witness->name()] = seen;
  }
}

Answer ExportCheck::run() {
  check_sums();
  const bool signed_by_key = check_key();
  if (!check_manifest() || !signed_by_key) return answer_;
  read_tiles();
  read_entries();
  compare_entries();
  check_root();
  check_changes();
  check_notes();
  check_witnesses();
  check_records();
  check_pruned();
  check_text();
  return answer_;
}

}  // namespace sallyport::export_check
