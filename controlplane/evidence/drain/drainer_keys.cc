// drainer_keys.cc: the key in force, and how the next one comes into force.
//
//   1  KEY record and the coming key, one transaction
//   2  the checkpoint that both keys sign, in the signer's state
//   3  that checkpoint and the list of keys, one transaction
//   4  public files, written at each start where they differ
//   5  KEY record log_key_retired and the list that says so, one transaction
//   6  the old key's file goes, where it is ours
//
// A crash before 1 is committed: nothing happened. Before any other step: the next start takes it.
//
// From 2 on the old key signs nothing any more, and until 3 nothing else is signed. A new key that
// cannot be opened at a start between 1 and 2 does not come: a failed KEY record says so.
#include <unistd.h>

#include <stdexcept>
#include <system_error>

#include "controlplane/evidence/drain/drainer.h"
#include "controlplane/evidence/log/clock.h"
#include "controlplane/evidence/log/key_chain.h"
#include "controlplane/evidence/log/plain_file.h"

namespace sallyport::evidence_log {
namespace {

constexpr size_t kStateBytesMax = 64 * 1024;
constexpr uint64_t kChangeAgainNs = 1'000'000'000;  // after a disk that was full

ControlRecord retired_record(const LogKey& key, bool is_removed) {
  ControlRecord record{
      .kind = contract::RecordKind::Key, .action = "log_key_retired", .actor = "sallyportd"};
  record.object = "evidence-log";
  record.before = key_digest(key.vkey);
  record.detail = is_removed ? "its file is removed" : "to be destroyed where it lies";
  record.fields = {{"key_id", key_id_text(key.vkey)}};
  if (key.place.token) record.fields.emplace_back("token_label", key.place.token->token);
  return record;
}

bool is_plain_file(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(std::filesystem::symlink_status(path, ignored));
}

bool is_there(const std::filesystem::path& path) {
  return std::filesystem::exists(std::filesystem::symlink_status(path));
}

}  // namespace

std::unique_ptr<SigningKey> Drainer::open_key(const LogKey& key) const {
  const auto path = keys_folder() / key.place.file;
  if (!key.place.token && !std::filesystem::exists(path))
    throw std::runtime_error(path.string() + " is not there: put it back, it holds key " +
                             key_id_text(key.vkey) + ". A log does not go on with another key; " +
                             "where it is lost, move the evidence folder away and begin a new log");
  auto opened = open_signing_key(key.place, keys_folder(), options_.open_token);
  const std::string name = "sallyport/" + options_.node_name;
  if (VerifierKey::of(name, opened->type(), opened->public_key()).text() == key.vkey) return opened;
  throw std::runtime_error(
      "the evidence log was signed by another key than " +
      (key.place.token ? key.place.text() : (keys_folder() / key.place.file).string()) +
      ": wanted is key " + key_id_text(key.vkey));
}

// What the configuration names comes first, where it is the key in force; else where the key was
// when it came into force. A configuration that is ahead of the log is no reason to stay down.
std::unique_ptr<SigningKey> Drainer::key_in_force() {
  const std::vector<LogKey>& keys = store_->keys();
  if (keys.empty()) {
    if (options_.token) {
      place_in_force_.token = options_.token;
    } else {
      place_in_force_.file = options_.key_file.filename().string();
      if (!std::filesystem::exists(std::filesystem::symlink_status(options_.key_file)))
        make_key_file(options_.key_file);
    }
    return open_signing_key(place_in_force_, keys_folder(), options_.open_token);
  }
  LogKey now = keys.back();
  place_in_force_ = now.place;
  const auto same = [&](const TokenKeyOptions& a, const TokenKeyOptions& b) {
    return a.token == b.token && a.key == b.key;
  };
  if (options_.token && now.place.token && same(*options_.token, *now.place.token)) {
    now.place.token = place_in_force_.token = options_.token;  // module and PIN may have moved
    return open_key(now);
  }
  if (options_.token || now.place.token) {
    say("evidence: the configuration names another signing key than the one in force (" +
        now.place.text() + "); sallyctl evidence key rotate changes to it");
    const std::lock_guard lock(mutex_);
    status_.key_differs = true;
  }
  return open_key(now);
}

void Drainer::open_signer(const std::string& origin) {
  const auto coming = reader().coming_key();
  if (coming) {
    const auto state = read_file(options_.key_file.string() + ".state", kStateBytesMax);
    const auto key = VerifierKey::parse(coming->vkey);
    change_ = std::make_unique<KeyChange>();
    change_->coming = *coming;
    if (state && key && key->open(*state)) {  // the old key has done its part
      place_in_force_ = coming->place;
      signer_ =
          std::make_unique<Signer>(Signer::with_key(open_key(*coming), options_.key_file, origin));
      change_->step = KeyChange::Step::Crossed;
      return;
    }
  }
  signer_ = std::make_unique<Signer>(Signer::with_key(key_in_force(), options_.key_file, origin));
  if (coming) {
    go_on_with_change();
  } else {
    go_on_with_removal();
  }
}

bool Drainer::is_crossing() const { return change_ && change_->step == KeyChange::Step::Crossed; }

void Drainer::go_on_with_removal() {
  const std::vector<LogKey>& keys = store_->keys();
  for (size_t i = 0; i + 1 < keys.size(); ++i) {
    const bool has_file = !keys[i].place.token && is_plain_file(keys_folder() / keys[i].place.file);
    // A version that did not list `retired` removed the file last, so its absence says the same.
    const bool ended_unlisted =
        !keys[i].place.token && !is_there(keys_folder() / keys[i].place.file);
    if (!has_file && (keys[i].retired != kNoIndex || ended_unlisted)) continue;
    change_ = std::make_unique<KeyChange>();
    change_->step = KeyChange::Step::Removing;
    change_->retiring = i;
    return;
  }
}

void Drainer::go_on_with_change() {
  change_->step = KeyChange::Step::Recorded;
  try {
    change_->key = open_key(change_->coming);
    say("evidence: a change of the signing key was interrupted; it goes on");
  } catch (const std::exception& error) {
    change_->problem = error.what();
  }
}

// A log of a version that did not list them, or a new one.
void Drainer::list_first_key() {
  if (!store_->keys().empty()) return;
  try {
    store_->set_keys({{signer_->verifier().text(), place_in_force_}});
  } catch (const StoreError& error) {
    if (!error.is_full()) throw;  // the next start does it
  }
}

// --- the change ----------------------------------------------------------------------------------

KeyChanged Drainer::rotate_key(const std::optional<TokenKeyOptions>& token,
                               const std::string& actor, const std::string& reason,
                               std::chrono::milliseconds time) {
  {
    const std::lock_guard lock(mutex_);
    if (changing_key_) return {"busy", "another change of the key is in work"};
    changing_key_ = true;
    key_changed_.reset();
  }
  const auto refuse = [this](const char* code, const std::string& problem) {
    const std::lock_guard lock(mutex_);
    changing_key_ = false;
    return KeyChanged{code, problem};
  };
  auto change = std::make_unique<KeyChange>();
  try {
    const std::vector<LogKey> keys = reader().keys();
    if (keys.empty()) return refuse("key_not_yet", "the log has no list of its keys yet: no room?");
    LogKey& coming = change->coming;
    coming.place.token = token;
    if (!token) {
      coming.place.file =
          options_.key_file.filename().string() + "." + std::to_string(keys.size() + 1);
      make_key_file(keys_folder() / coming.place.file);
    }
    change->key = open_signing_key(coming.place, keys_folder(), options_.open_token);
    const std::string name = "sallyport/" + options_.node_name;
    coming.vkey = VerifierKey::of(name, change->key->type(), change->key->public_key()).text();
    if (coming.vkey == keys.back().vkey)
      return refuse("key_unchanged", coming.place.text() + " is the key in force");
    for (const LogKey& one : keys)
      if (one.vkey == coming.vkey)
        return refuse("key_retired", coming.place.text() + " has signed this log before");
    change->record = rotation_record(keys.back().vkey, coming.vkey, coming.place);
    change->record.actor = actor;
    change->record.reason = reason;
  } catch (const std::exception& error) {
    return refuse("key_unusable", error.what());
  }
  at("key_made");
  std::unique_lock lock(mutex_);
  wanted_change_ = std::move(change);
  if (!committed_.wait_for(lock, time, [this] { return key_changed_.has_value(); }))
    return {"key_not_yet", "the change is begun; it goes on by itself when the log takes records"};
  return *key_changed_;
}

// One step a round, between a commit and the next: pending_ holds nothing then.
size_t Drainer::change_key() {
  using Step = KeyChange::Step;
  if (!change_) {
    const std::lock_guard lock(mutex_);
    change_ = std::move(wanted_change_);
  }
  if (!change_ || !pending_.empty() || now_ns_ < change_->retry_at_ns) return 0;
  try {
    if (change_->step == Step::Wanted) {
      begin_change();
    } else if (change_->step == Step::Recorded) {
      cross_sign();
    } else if (change_->step == Step::Crossed) {
      keep_change();
    } else {
      begin_removal();
    }
    return 1;
  } catch (const StoreError& error) {
    if (!error.is_full()) throw;
    set_problem(std::string("the signing key waits: ") + error.what(), false);
  } catch (const std::system_error& error) {
    set_problem(std::string("the signing key waits: ") + error.what(), false);
  }
  if (change_) change_->retry_at_ns = now_ns_ + kChangeAgainNs;
  return 0;
}

void Drainer::begin_change() {
  change_->coming.record = store_->size();
  add_control(change_->record);
  pending_.coming_key = change_->coming;
  change_->step = KeyChange::Step::Recorded;
}

void Drainer::cross_sign() {
  if (!change_->key) return abandon_change(change_->problem);
  const Checkpoint checkpoint{signer_->verifier().name(), store_->size(), store_->root()};
  const LogReader log = reader();
  const uint64_t from = signer_->last_signed() ? signer_->last_signed()->size : 0;
  try {
    signer_->cross_sign(change_->key, checkpoint,
                        Tree(log).consistency_proof(from, checkpoint.size));
  } catch (const KeyRefused& refused) {
    return abandon_change(refused.what());
  }
  place_in_force_ = change_->coming.place;
  change_->step = KeyChange::Step::Crossed;
  at("key_crossed");
}

void Drainer::abandon_change(const std::string& problem) {
  ControlRecord record =
      rotation_record(store_->keys().back().vkey, change_->coming.vkey, change_->coming.place);
  record.actor = "sallyportd";
  record.result = "failed";
  record.fields.emplace_back("problem", problem);
  add_control(record);
  pending_.no_coming_key = true;
  end_change({"key_unusable", problem});
}

void Drainer::keep_change() {
  const Checkpoint& crossing = *signer_->last_signed();
  std::vector<LogKey> keys = store_->keys();
  change_->coming.checkpoint = crossing.size;
  keys.push_back(change_->coming);
  for (;;) {
    try {
      store_->set_keys(keys, signer_->last_note());
      break;
    } catch (const StoreError& error) {
      if (error.code() != MDB_MAP_FULL) throw;
      store_->environment()->grow();
    }
  }
  at("key_kept");
  signer_->put_public_files();
  at("key_published");
  last_signed_ns_ = now_ns_;
  unsigned_since_ns_ = 0;
  {
    const std::lock_guard lock(mutex_);
    status_.checkpoint_size = crossing.size;
    status_.checkpoint_wall_ns = wall_ns();
    status_.key_differs = false;
  }
  set_problem("", false);
  end_change({"", "", keys[keys.size() - 2].vkey, change_->coming.vkey, change_->coming.record,
              crossing.size});
}

// The former key's own end: said first, once, then done.
void Drainer::begin_removal() {
  const LogKey& old = store_->keys().at(change_->retiring);
  const auto path = keys_folder() / old.place.file;
  const bool ours = !old.place.token && is_plain_file(path);
  if (old.retired == kNoIndex) {
    std::vector<LogKey> keys = store_->keys();
    keys[change_->retiring].retired = store_->size();
    add_control(retired_record(old, ours));
    pending_.keys = std::move(keys);
    return;
  }
  if (ours) {
    if (::unlink(path.c_str()) != 0)
      throw std::system_error(errno, std::generic_category(), "remove " + path.string());
    sync_folder(keys_folder());
    at("key_removed");
  }
  change_.reset();
  go_on_with_removal();  // of one more, where an earlier end was cut short too
}

void Drainer::leave_change() {
  {
    const std::lock_guard lock(mutex_);
    if (!changing_key_ || key_changed_) return;
    key_changed_ = {"key_not_yet",
                    "sallyportd is ending; a change that is begun goes on at its start"};
  }
  committed_.notify_all();
}

void Drainer::end_change(KeyChanged answer) {
  const bool done = answer.code.empty();
  {
    const std::lock_guard lock(mutex_);
    key_changed_ = std::move(answer);
    changing_key_ = false;
  }
  committed_.notify_all();
  if (!done) {
    change_.reset();
    return;
  }
  say("evidence: key " + key_id_text(signer_->verifier().text()) + " signs the log now");
  auto removal = std::make_unique<KeyChange>();
  removal->step = KeyChange::Step::Removing;
  removal->retiring = store_->keys().size() - 2;
  change_ = std::move(removal);
}

}  // namespace sallyport::evidence_log
