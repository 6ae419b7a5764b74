// The half of ExportCheck that knows what a record says: sequences, exchanges, retention, and the
// readable files.
#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
#include <nlohmann/json.hpp>
#include <sstream>

#include "controlplane/evidence/verifier/export_check.h"

namespace sallyport::export_check {
namespace {

using contract::RecordHeader;
using contract::RecordKind;
using nlohmann::json;

// Position: contract::RecordKind.
constexpr std::array kKindNames{
    "none",          "admitted",      "completed", "refused",        "refused_aggregate",
    "interrupted",   "gap",           "security",  "administration", "policy",
    "test",          "configuration", "key",       "retention",      "subject_request",
    "check",         "restoration",   "heartbeat", "tls_identity",   "access",
    "tls_connection"};
static_assert(kKindNames.size() == contract::kRecordKindLast + 1);

std::string kind_name(uint16_t kind) {
  return kind < kKindNames.size() ? kKindNames[kind] : "unknown_" + std::to_string(kind);
}

template <class Part>
std::optional<Part> part_at(const std::vector<uint8_t>& record, size_t offset) {
  Part part{};
  size_t bytes = sizeof(part);
  if constexpr (std::is_same_v<Part, contract::RequestPart>)
    bytes = contract::kRequestPartBytesOfVersion1;  // what every version has
  if (offset + bytes > record.size()) return std::nullopt;
  std::memcpy(&part, record.data() + offset, bytes);
  return part;
}

std::string time_text(uint64_t wall_ns) {
  const auto seconds = static_cast<time_t>(wall_ns / 1'000'000'000ULL);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 40> text{};
  const size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  const std::string digits = std::to_string(wall_ns % 1'000'000'000ULL);
  return std::string(text.data(), length) + "." + std::string(9 - digits.size(), '0') + digits +
         "Z";
}

// As records.csv writes it: what a spreadsheet could take for a formula has an apostrophe.
std::string harmless(const std::string& text) {
  const size_t begin = text.find_first_not_of(' ');
  const bool formula =
      begin != std::string::npos && std::string_view("=+-@").find(text[begin]) != std::string::npos;
  return formula ? "'" + text : text;
}

// RFC 4180, every cell in quotes. Nothing when a line is not of that form.
std::optional<std::vector<std::string>> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  for (size_t at = 0; at < line.size();) {
    if (line[at] != '"') return std::nullopt;
    std::string cell;
    for (++at; at < line.size(); ++at) {
      if (line[at] != '"') {
        cell += line[at];
      } else if (at + 1 < line.size() && line[at + 1] == '"') {
        cell += line[at++];
      } else {
        break;
      }
    }
    if (at == line.size()) return std::nullopt;
    cells.push_back(cell);
    if (++at == line.size()) return cells;
    if (line[at++] != ',') return std::nullopt;
  }
  return cells;
}

std::string text_in(const json& row, const char* name) {
  const auto found = row.find(name);
  if (found == row.end() || found->is_null()) return "";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

}  // namespace

void ExportCheck::check_sequence(uint64_t index, const RecordHeader& header) {
  if (header.ring_sequence == 0) return;
  std::string name(reinterpret_cast<const char*>(header.boot_id.data()), header.boot_id.size());
  name += std::to_string(header.generation) + "/" + std::to_string(header.worker);
  auto [at, is_new] = rings_.try_emplace(name);
  Ring& ring = at->second;
  // Before a range, or behind pruned records, nobody can say where a ring stood.
  const bool known = is_new ? from_ == 0 && answer_.pruned == 0 : !ring.uncertain;
  if (known && header.ring_sequence != ring.last + 1)
    bad_record(index, (header.ring_sequence <= ring.last ? "is a replay or out of order: worker "
                                                         : "comes after a missing one: worker ") +
                          std::to_string(header.worker) + " goes from " +
                          std::to_string(ring.last) + " to " +
                          std::to_string(header.ring_sequence));
  if (!known && header.ring_sequence <= ring.last)
    bad_record(index, "is a replay or out of order: its number is not above the one before it");
  ring.last = header.ring_sequence;
  ring.uncertain = false;
}

void ExportCheck::check_exchange(uint64_t index, const RecordHeader& header) {
  const auto kind = static_cast<RecordKind>(header.kind);
  const auto id = contract::RequestId::of_words(header.request_high, header.request_low);
  if (kind == RecordKind::Admitted) {
    if (open_.contains(id) || closed_.contains(id))
      bad_record(index, "is added: its request is admitted a second time");
    open_[id] = index;
  }
  if (kind != RecordKind::Completed && kind != RecordKind::Interrupted) return;
  if (closed_.contains(id)) bad_record(index, "is added: a second verdict of one request");
  if (open_.erase(id) == 0 && from_ == 0 && answer_.pruned == 0 && !closed_.contains(id))
    bad_record(index, "is a verdict whose admitted record is missing");
  closed_.insert(id);
}

void ExportCheck::check_records() {
  for (const auto& record : entries_) answer_.pruned += record.empty() ? 1 : 0;
  for (size_t at = 0; at < entries_.size(); ++at) {
    const uint64_t index = from_ + at;
    if (entries_[at].empty()) {
      for (auto& [name, ring] : rings_) ring.uncertain = true;
      continue;
    }
    const auto header = part_at<RecordHeader>(entries_[at], 0);
    if (!header || header->total_bytes != entries_[at].size()) {
      bad_record(index, "is malformed");
      continue;
    }
    check_sequence(index, *header);
    check_exchange(index, *header);
  }
}

namespace {

// Begin and end as 8 bytes each, big-endian, of every maximal range: what a retention run signs
// for.
Sum digest_of(const std::vector<std::pair<uint64_t, uint64_t>>& ranges) {
  std::vector<uint8_t> bytes;
  for (const auto& [begin, end] : ranges)
    for (const uint64_t number : {begin, end})
      for (int shift = 56; shift >= 0; shift -= 8)
        bytes.push_back(static_cast<uint8_t>(number >> shift));
  return sum_of(bytes);
}

}  // namespace

// A record may be gone when a retention run of this log says that it removed it. The newest run
// names all that is gone so far; only a whole export can be held against that.
void ExportCheck::check_pruned() {
  std::vector<std::pair<uint64_t, uint64_t>> gone;
  std::vector<std::pair<uint64_t, uint64_t>> named;
  std::optional<contract::Digest> all;
  for (size_t at = 0; at < entries_.size(); ++at) {
    const uint64_t index = from_ + at;
    if (entries_[at].empty()) {
      if (!gone.empty() && gone.back().second == index)
        ++gone.back().second;
      else
        gone.emplace_back(index, index + 1);
      continue;
    }
    const auto header = part_at<RecordHeader>(entries_[at], 0);
    const auto part = part_at<contract::ControlPart>(entries_[at], sizeof(RecordHeader));
    if (!header || !part || static_cast<RecordKind>(header->kind) != RecordKind::Retention ||
        header->version < 2 || part->action.view() != "pruned")
      continue;
    all = part->after;
    named.emplace_back(part->from, part->to);
  }
  if (gone.empty()) return;
  if (from_ == 0 && to_ == answer_.size) {
    if (!all || *all != digest_of(gone))
      bad_record(gone[0].first,
                 "is missing, or another one is: no retention run of this log "
                 "removed exactly these");
    return;
  }
  for (const auto& [begin, end] : gone) {
    const auto fits = [&, first = begin, last = end](const auto& span) {
      return span.first <= first && last <= span.second;
    };
    if (std::none_of(named.begin(), named.end(), fits))
      bad_record(begin, "is missing: no retention run in this range of the log removed it");
  }
}

ExportCheck::Row ExportCheck::row_of(const std::vector<uint8_t>& record) const {
  Row row;
  const auto header = part_at<RecordHeader>(record, 0);
  if (!header) return row;
  row.kind = kind_name(header->kind);
  row.time = time_text(header->wall_ns);
  const auto id = contract::RequestId::of_words(header->request_high, header->request_low);
  if (!id.empty()) row.request_id = contract::request_id_text(id).view();
  const contract::RecordShape shape = contract::record_shape(header->kind, header->version);
  if (shape.request)
    if (const auto part = part_at<contract::RequestPart>(record, sizeof(RecordHeader))) {
      row.tenant = part->tenant.view();
      row.principal = part->principal.view();
      row.vendor = part->vendor.view();
    }
  if (shape.tls)
    if (const auto part = part_at<contract::TlsPart>(record, sizeof(RecordHeader)))
      row.vendor = part->vendor.view();
  if (shape.note)
    if (const auto part = part_at<contract::NotePart>(record, sizeof(RecordHeader)))
      row.actor = part->actor.view();
  if (shape.control)
    if (const auto part = part_at<contract::ControlPart>(record, sizeof(RecordHeader))) {
      row.actor = part->actor.view();
      row.tenant = part->tenant.view();
    }
  if (shape.aggregate)
    if (const auto part = part_at<contract::AggregatePart>(record, sizeof(RecordHeader))) {
      row.tenant = part->tenant.view();
      row.principal = part->principal.view();
    }
  return row;
}

// The readable files are an aid; they must not tell another story than the bytes.
void ExportCheck::check_text() {
  const auto lines = file("records.jsonl");
  const auto table = file("records.csv");
  if (!lines || !table || entries_.size() != to_ - from_) return;
  std::istringstream json_lines(*lines);
  std::istringstream csv_lines(*table);
  std::string line;
  std::getline(csv_lines, line);
  if (!line.empty() && line.back() == '\r') line.pop_back();
  const auto head = cells_of(line).value_or(std::vector<std::string>{});
  for (uint64_t index = from_; index < to_; ++index) {
    const auto& record = entries_[index - from_];
    Row row = record.empty() ? Row{"pruned", "", "", "", "", "", "", ""} : row_of(record);
    const auto leaf = rows_[0].find(index);
    const std::vector<std::pair<const char*, std::string>> wanted{
        {"index", std::to_string(index)},
        {"leaf", leaf == rows_[0].end() ? "" : hex_of(leaf->second)},
        {"kind", row.kind},
        {"time", row.time},
        {"request_id", row.request_id},
        {"tenant", row.tenant},
        {"principal", row.principal},
        {"vendor", row.vendor},
        {"actor", row.actor}};
    std::getline(json_lines, line);
    const json object = json::parse(line, nullptr, false);
    std::getline(csv_lines, line);
    if (!line.empty() && line.back() == '\r') line.pop_back();
    const auto cells = cells_of(line);
    if (!object.is_object() || !cells || cells->size() != head.size())
      return bad_record(index, "has no line of its own in records.jsonl or records.csv");
    for (const auto& [name, value] : wanted) {
      const std::string where = std::string(" says another ") + name + " than its bytes";
      if (text_in(object, name) != value && !(record.empty() && value.empty()))
        return bad_record(index, "is misquoted: records.jsonl" + where);
      const auto column = std::find(head.begin(), head.end(), name);
      if (column == head.end() ||
          (*cells)[static_cast<size_t>(column - head.begin())] != harmless(value))
        return bad_record(index, "is misquoted: records.csv" + where);
    }
  }
  if (std::getline(json_lines, line)) bad_record(to_, "is added: a line more in records.jsonl");
  if (std::getline(csv_lines, line)) bad_record(to_, "is added: a line more in records.csv");
}

}  // namespace sallyport::export_check
