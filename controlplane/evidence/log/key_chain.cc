#include "controlplane/evidence/log/key_chain.h"

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "controlplane/evidence/log/log.h"
#include "controlplane/evidence/ring/ring_reader.h"

namespace sallyport::evidence_log {
namespace {

using nlohmann::json;

json place_json(const KeyPlace& place) {
  if (!place.token) return {{"file", place.file}};
  return {{"module", place.token->module.string()},
          {"token", place.token->token},
          {"key", place.token->key},
          {"pin_file", place.token->pin_file.string()}};
}

KeyPlace place_of(const json& value) {
  KeyPlace place;
  if (value.contains("file")) {
    place.file = value.at("file").get<std::string>();
    return place;
  }
  TokenKeyOptions token;
  token.module = value.at("module").get<std::string>();
  token.token = value.at("token").get<std::string>();
  token.key = value.at("key").get<std::string>();
  token.pin_file = value.at("pin_file").get<std::string>();
  place.token = std::move(token);
  return place;
}

std::optional<contract::ControlPart> rotation_of(std::span<const uint8_t> record) {
  if (validate_record(record) != RecordProblem::None) return std::nullopt;
  const RecordView view(record);
  if (view.kind() != contract::RecordKind::Key || !view.control() ||
      view.control()->action.view() != kRotationAction)
    return std::nullopt;
  return view.control();
}

}  // namespace

std::string KeyPlace::text() const {
  return token ? token->key + " in token " + token->token : file;
}

std::string log_keys_text(const std::vector<LogKey>& keys) {
  json list = json::array();
  for (const LogKey& key : keys) {
    json one = {{"vkey", key.vkey}, {"place", place_json(key.place)}};
    if (key.record != kNoIndex) one["record"] = key.record;
    if (key.checkpoint != 0) one["checkpoint"] = key.checkpoint;
    if (key.retired != kNoIndex) one["retired"] = key.retired;
    list.push_back(std::move(one));
  }
  return list.dump();
}

std::vector<LogKey> log_keys_of(std::string_view text) {
  std::vector<LogKey> keys;
  try {
    for (const json& one : json::parse(text)) {
      LogKey key;
      key.vkey = one.at("vkey").get<std::string>();
      key.place = place_of(one.at("place"));
      key.record = one.value("record", kNoIndex);
      key.checkpoint = one.value("checkpoint", uint64_t{0});
      key.retired = one.value("retired", kNoIndex);
      keys.push_back(std::move(key));
    }
  } catch (const json::exception&) {
    throw std::runtime_error("evidence store damaged: the list of its keys");
  }
  return keys;
}

contract::Digest key_digest(std::string_view vkey) {
  return sha256({reinterpret_cast<const uint8_t*>(vkey.data()), vkey.size()});
}

std::string key_id_text(std::string_view vkey) {
  const size_t first = vkey.find('+');
  if (first == std::string_view::npos) return "";
  return std::string(vkey.substr(first + 1, vkey.find('+', first + 1) - first - 1));
}

ControlRecord rotation_record(const std::string& old_vkey, const std::string& new_vkey,
                              const KeyPlace& place) {
  ControlRecord record{
      .kind = contract::RecordKind::Key, .action = std::string(kRotationAction), .actor = ""};
  const auto key = VerifierKey::parse(new_vkey);
  record.object = "evidence-log";
  record.result = "intended";
  record.before = key_digest(old_vkey);
  record.after = key_digest(new_vkey);
  record.detail = "before and after are SHA-256 of the verifier key lines";
  record.fields = {{"key_id", key_id_text(old_vkey)},
                   {"key_id", key_id_text(new_vkey)},
                   {"algorithm", key && key->type() == KeyType::Ecdsa ? "ecdsa-p256" : "ed25519"}};
  if (place.token) record.fields.emplace_back("token_label", place.token->token);
  return record;
}

bool is_rotation_record(std::span<const uint8_t> record) { return rotation_of(record).has_value(); }

bool names_both(std::span<const uint8_t> record, std::string_view old_vkey,
                std::string_view new_vkey) {
  const auto part = rotation_of(record);
  return part && part->before == key_digest(old_vkey) && part->after == key_digest(new_vkey);
}

std::unique_ptr<SigningKey> open_signing_key(const KeyPlace& place,
                                             const std::filesystem::path& folder,
                                             const OpenToken& open_token) {
  if (!place.token) {
    // A link of ours leads to the credentials folder; what it leads to must be a file.
    const std::filesystem::path path = folder / place.file;
    return file_key(std::filesystem::is_symlink(std::filesystem::symlink_status(path))
                        ? std::filesystem::canonical(path)
                        : path);
  }
  if (!open_token)
    throw std::runtime_error(place.text() + ": this program cannot open a PKCS#11 token");
  return open_token(*place.token);
}

KeyChain::KeyChain(const VerifierKey& trusted, const std::vector<LogKey>& keys) {
  bool known = keys.empty();
  for (const LogKey& one : keys) {
    const auto key = VerifierKey::parse(one.vkey);
    if (!key) {
      problem_ = "the log lists a key that is none";
      return;
    }
    known = known || one.vkey == trusted.text();
    if (!links_.empty()) links_.back().last = one.checkpoint;
    links_.push_back({*key, one.checkpoint, ~0ULL, one.record});
  }
  if (keys.empty()) links_.push_back({trusted});
  if (!known) {
    problem_ = "the given key " + key_id_text(trusted.text()) +
               " is none of the keys of this log (sallyctl evidence key list)";
    links_.clear();
  }
}

std::optional<Checkpoint> KeyChain::open(std::string_view note, std::string& why) const {
  std::optional<Checkpoint> good;
  for (const Link& link : links_) {
    const auto checkpoint = link.key.open(note);
    if (!checkpoint) continue;
    const std::string id = key_id_text(link.key.text());
    if (checkpoint->size > link.last) {
      why = "is signed by key " + id + ", which was replaced at size " + std::to_string(link.last);
      return std::nullopt;
    }
    if (checkpoint->size < link.first) {
      why = "is signed by key " + id + ", which came only at size " + std::to_string(link.first);
      return std::nullopt;
    }
    good = checkpoint;
  }
  if (!good)
    why = links_.size() > 1 ? "has no valid signature of a key of this log"
                            : "has no valid signature of the given key";
  return good;
}

std::string KeyChain::change_problem(size_t number, std::span<const uint8_t> record,
                                     std::string_view note) const {
  const Link& older = links_.at(number - 1);
  const Link& newer = links_.at(number);
  const std::string change = "the change from key " + key_id_text(older.key.text()) + " to key " +
                             key_id_text(newer.key.text());
  if (!names_both(record, older.key.text(), newer.key.text()))
    return change + " is not in the log: record " + std::to_string(newer.record) +
           " does not name both";
  const auto body = read_checkpoint(note);
  if (!body || body->size != newer.first || body->size <= newer.record)
    return change + " has no checkpoint of size " + std::to_string(newer.first);
  for (const Link* link : {&older, &newer})
    if (!link->key.open(note))
      return change + " is not signed by key " + key_id_text(link->key.text());
  return {};
}

}  // namespace sallyport::evidence_log
