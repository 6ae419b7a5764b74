// redact replay: what a newer policy would have changed in exchanges that are over, as far as their
// records tell. No content is kept, so nothing is scanned again: the answer is made of counts per
// entity and of what each policy does with that entity.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <set>

#include "controlplane/cli/bundle_reading.h"
#include "controlplane/cli/commands.h"
#include "controlplane/cli/time_text.h"
#include "controlplane/evidence/log/control_record.h"
#include "controlplane/evidence/log/log.h"
#include "controlplane/evidence/ring/ring_reader.h"
#include "controlplane/policy/image/image_cache.h"
#include "dataplane/base/time.h"
#include "dataplane/policy/image.h"

namespace sallyport::cli {
namespace {

using nlohmann::json;
namespace cp = controlplane::policy;
namespace log = evidence_log;
using contract::Action;
using contract::TallySection;

constexpr size_t kListedMax = 10'000;  // exchanges named; counts go on

bool passes(Action action) { return action == Action::Allow || action == Action::Observe; }

std::string action_text(uint8_t recorded) {
  static constexpr std::string_view kNames[] = {"none", "allow", "observe",    "tokenize",
                                                "mask", "hash",  "generalise", "block"};
  return std::string(kNames[std::min<size_t>(recorded, std::size(kNames) - 1)]);
}

// Names in tallies are cut at 27 characters.
bool same_entity(std::string_view recorded, std::string_view name) {
  contract::BoundedText<27> cut{};
  cut.assign(name);
  return cut.view() == recorded;
}

class Replay {
 public:
  Replay(const cp::Bundle& bundle, const std::filesystem::path& images, std::string tenant)
      : bundle_(bundle), images_(images), tenant_(std::move(tenant)) {}

  void look_at(const log::RecordView& record) {
    const auto& part = *record.request();
    if (!tenant_.empty() && part.tenant.view() != tenant_) return;
    ++exchanges_;
    findings(record, part, TallySection::DetectedInRequest, contract::Direction::Request);
    unknown(part);
  }

  json answer() const {
    json unknown = json::array();
    for (const auto& [image, entry] : unknown_)
      unknown.push_back({{"image", image},
                         {"exchanges", entry.exchanges},
                         {"image_at_hand", entry.at_hand},
                         {"entities", entry.entities}});
    json vendors = json::object();
    for (const auto& [vendor, entities] : received_) vendors[vendor] = entities;
    return {{"exchanges", exchanges_},
            {"missed", missed_},
            {"missed_exchanges", missed_ids_.size()},
            {"truncated", truncated_},
            {"received_by_vendor", vendors},
            {"cannot_be_known", unknown}};
  }

 private:
  struct Unknown {
    uint64_t exchanges = 0;
    bool at_hand = false;
    std::set<std::string> entities;  // that the new policy acts on and this image did not know
  };

  // What the older policy found and let pass, and the new one would not.
  void findings(const log::RecordView& record, const contract::RequestPart& part,
                TallySection section, contract::Direction direction) {
    for (const contract::Tally& tally : record.tallies()) {
      const auto was = static_cast<contract::RecordedAction>(tally.action);
      if (tally.section != static_cast<uint8_t>(section) ||
          (was != contract::RecordedAction::Allow && was != contract::RecordedAction::Observe))
        continue;
      for (const cp::Entity& entity : bundle_.entities) {
        const std::string& name = entity.source.name;
        if (!same_entity(tally.name.view(), name)) continue;
        const Action now = action_now(part, direction, name);
        if (!passes(now)) add(record, part, tally, name, now);
      }
    }
  }

  Action action_now(const contract::RequestPart& part, contract::Direction direction,
                    const std::string& entity) const {
    const auto rule = cp::deciding_rule(bundle_, part.tenant.view(), part.environment.view(),
                                        part.vendor.view(), direction, entity);
    return rule ? bundle_.actions[*rule].action : Action::Block;
  }

  void add(const log::RecordView& record, const contract::RequestPart& part,
           const contract::Tally& tally, const std::string& entity, Action now) {
    const std::string id(contract::request_id_text(record.request_id()).view());
    const std::string vendor(part.vendor.view());
    missed_ids_.insert(id);
    received_[vendor][entity] += tally.count;
    if (missed_.size() >= kListedMax) {
      truncated_ = true;
      return;
    }
    missed_.push_back({{"request_id", id},
                       {"time", log::utc_text(record.header().wall_ns / base::kNsPerS)},
                       {"tenant", part.tenant.view()},
                       {"vendor", vendor},
                       {"model", part.model.view()},
                       {"entity", entity},
                       {"count", tally.count},
                       {"was", action_text(tally.action)},
                       {"now", cp::action_name(now)}});
  }

  // What the older policy could not even look for.
  void unknown(const contract::RequestPart& part) {
    std::string digest;
    for (const uint8_t byte : part.image_digest) digest += fmt::format("{:02x}", byte);
    const auto [at, fresh] = unknown_.try_emplace(digest);
    Unknown& entry = at->second;
    if (fresh) {
      const auto known = entities_of(part.image_digest);
      entry.at_hand = known.has_value();
      for (const cp::Entity& entity : bundle_.entities)
        if (!known || known->count(entity.source.name) == 0)
          if (!passes(action_now(part, contract::Direction::Request, entity.source.name)))
            entry.entities.insert(entity.source.name);
    }
    if (!entry.entities.empty()) ++entry.exchanges;
  }

  std::optional<std::set<std::string>> entities_of(const contract::Digest& digest) const {
    const auto bytes = cp::ImageCache(images_).get(digest);
    policy::Image image;
    std::string error;
    if (!bytes || !image.load(*bytes, error)) return std::nullopt;
    std::set<std::string> out;
    for (uint16_t i = 0; i < image.entity_count(); ++i) out.emplace(image.entity_name(i));
    return out;
  }

  const cp::Bundle& bundle_;
  std::filesystem::path images_;
  std::string tenant_;
  uint64_t exchanges_ = 0;
  bool truncated_ = false;
  json missed_ = json::array();
  std::set<std::string> missed_ids_;
  std::map<std::string, std::map<std::string, uint64_t>> received_;
  std::map<std::string, Unknown> unknown_;
};

void print(const Call& call, const json& answer) {
  std::vector<std::vector<std::string>> rows;
  for (const json& one : answer["missed"])
    rows.push_back({one["time"], one["request_id"], one["vendor"], one["entity"],
                    std::to_string(one["count"].get<uint64_t>()), one["was"], one["now"]});
  call.out.table({"TIME", "EXCHANGE", "VENDOR RECEIVED", "ENTITY", "VALUES", "WAS", "NOW"}, rows);
  call.out.note(fmt::format("{} of {} exchanges", answer["missed_exchanges"].get<uint64_t>(),
                            answer["exchanges"].get<uint64_t>()));
  for (const json& one : answer["cannot_be_known"]) {
    if (one["entities"].empty()) continue;
    std::string names;
    for (const json& name : one["entities"])
      names += (names.empty() ? "" : ", ") + name.get<std::string>();
    call.out.note(fmt::format(
        "cannot be known: {} exchanges were decided by image {}..., which {}: {}",
        one["exchanges"].get<uint64_t>(), one["image"].get<std::string>().substr(0, 12),
        one["image_at_hand"].get<bool>() ? "did not look for"
                                         : "is not here any more; it may not have looked for",
        names));
  }
  call.out.note("content is not kept: a value that the older policy did not find is in no record");
}

Exit run_replay(const Call& call) {
  const cp::Bundle bundle = read_bundle_or_fail(call.arguments.get("policy"));
  const uint64_t from = parse_time(call.arguments.get("window"), "window", wall_clock_ns());
  Replay replay(bundle, call.settings.images_folder(), call.arguments.get("tenant"));
  try {
    const log::LogReader reader = log::LogReader::open(call.settings.evidence_folder());
    reader.scan(0, reader.size(), [&](uint64_t, std::span<const uint8_t> bytes) {
      contract::RecordHeader header;
      if (bytes.size() < sizeof header) return true;  // gone by retention
      std::memcpy(&header, bytes.data(), sizeof header);
      if (header.wall_ns < from ||
          header.kind != static_cast<uint16_t>(contract::RecordKind::Admitted))
        return true;
      if (log::validate_record(bytes) == log::RecordProblem::None)
        replay.look_at(log::RecordView(bytes));
      return true;
    });
  } catch (const log::StoreError& error) {
    throw Failure(Exit::NotFound, "no_log", "the evidence log cannot be read", error.what(),
                  "name its folder with --state-dir");
  }
  const json answer = replay.answer();
  if (call.out.is_json())
    call.out.json("sallyport/redact-replay/1", answer);
  else
    print(call, answer);
  return answer["missed_exchanges"] == 0 ? Exit::Ok : Exit::No;
}

}  // namespace

void add_redact_commands(std::vector<Command>& table) {
  table.push_back(
      {.noun = "redact",
       .verb = "replay",
       .summary = "Exchanges whose older policy let an entity pass that a newer one would not",
       .details = "Says what a vendor received already, by the counts in the records. What the "
                  "older policy did "
                  "not look for\ncannot be known, and is listed as that. Exit 3 when something was "
                  "missed.",
       .arguments = {},
       .options = {{.name = "policy", .value = "DIR", .text = "the newer bundle", .required = true},
                   {.name = "window",
                    .value = "TIME",
                    .text = "not before: 24h, 7d, 2026-11-24",
                    .required = true},
                   {.name = "tenant", .value = "T", .text = "of one tenant"}},
       .examples =
           {{"sallyctl redact replay --policy policies --window 7d", "the last week"},
            {"sallyctl redact replay --policy policies --window 24h --tenant acme --output json",
             "for a script"}},
       .run = run_replay});
}

}  // namespace sallyport::cli
