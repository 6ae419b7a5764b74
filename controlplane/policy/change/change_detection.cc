// What is found: entities and the rules that find them.
//
// A rule is looked at key by key, and every key knows in which direction it widens what is found.
// Where that cannot be told (another pattern, another validator) the change is Unproven.
#include <algorithm>
#include <set>

#include "controlplane/policy/change/change_parts.h"
#include "controlplane/policy/matcher/validator_names.h"

namespace sallyport::controlplane::policy {
namespace {

using contract::Alphabet;
using contract::Validator;

// What one key of a rule says about the whole rule.
struct KeyChange {
  Effect effect;
  std::string words;
};

bool holds_all(const std::vector<std::string>& bigger, const std::vector<std::string>& smaller) {
  return std::all_of(smaller.begin(), smaller.end(), [&](const std::string& one) {
    return std::find(bigger.begin(), bigger.end(), one) != bigger.end();
  });
}

class RuleChange {
 public:
  RuleChange(const RuleSource& before, const RuleSource& after) : a_(before), b_(after) { run(); }
  const std::vector<KeyChange>& keys() const { return keys_; }

 private:
  void say(Effect effect, std::string words) { keys_.push_back({effect, std::move(words)}); }

  void run() {
    if (a_.kind != b_.kind) say(Effect::Unproven, "another kind");
    if (a_.pattern != b_.pattern) say(Effect::Unproven, "another pattern");
    validator();
    truth(a_.case_insensitive, b_.case_insensitive, true, "case_insensitive");
    truth(a_.boundary_left, b_.boundary_left, false, "boundary_left");
    truth(a_.boundary_right, b_.boundary_right, false, "boundary_right");
    truth(a_.evasive, b_.evasive, true, "evasive");
    truth(a_.any_name, b_.any_name, true, "names: any");
    truth(a_.names_beside, b_.names_beside, true, "names: beside");
    truth(a_.upper_only, b_.upper_only, false, "letters: upper");
    truth(a_.title_cues, b_.title_cues, false, "cue_letters: title");
    truth(a_.separated, b_.separated, false, "separated: required");
    truth(a_.unseparated, b_.unseparated, false, "separated: forbidden");
    words();
    list(a_.shapes, b_.shapes, true, "shapes");
    list(a_.cues, b_.cues, true, "cues");
    list(a_.against, b_.against, false, "against");
    if (a_.alphabet != b_.alphabet)
      say(b_.alphabet == Alphabet::Any ? Effect::Stricter : Effect::Unproven, "another alphabet");
    length();
    // It bounds the words that let a value be one, and those that forbid it.
    if (a_.proximity != b_.proximity)
      say(!a_.against.empty() || !b_.against.empty() ? Effect::Unproven
          : b_.proximity > a_.proximity              ? Effect::Stricter
                                                     : Effect::Looser,
          "proximity " + std::to_string(a_.proximity) + " becomes " + std::to_string(b_.proximity));
    // What a confidence does is the action rules' to say, and compared there.
    if (a_.confidence != b_.confidence)
      say(Effect::Changed, "confidence " + std::to_string(a_.confidence) + " becomes " +
                               std::to_string(b_.confidence));
  }

  void validator() {
    if (a_.validator == b_.validator) return;
    const std::string words = "validator " + std::string(validator_name(a_.validator)) +
                              " becomes " + std::string(validator_name(b_.validator));
    say(b_.validator == Validator::None   ? Effect::Stricter
        : a_.validator == Validator::None ? Effect::Looser
                                          : Effect::Unproven,
        words);
  }

  void truth(bool before, bool after, bool wider, const char* name) {
    if (before != after)
      say(after == wider ? Effect::Stricter : Effect::Looser,
          std::string(name) + (after ? " is set" : " is gone"));
  }

  // `wider`: more of it finds more.
  void list(const std::vector<std::string>& before, const std::vector<std::string>& after,
            bool wider, const char* name) {
    const bool keeps = holds_all(after, before), adds = !holds_all(before, after);
    if (keeps && !adds) return;
    const Effect more = wider ? Effect::Stricter : Effect::Looser;
    const Effect fewer = wider ? Effect::Looser : Effect::Stricter;
    say(keeps   ? more
        : !adds ? fewer
                : Effect::Unproven,
        std::string(keeps   ? "more "
                    : !adds ? "fewer "
                            : "other ") +
            name);
  }

  // Context words: none listed means that none is needed.
  void words() {
    if (a_.context.empty() != b_.context.empty()) {
      if (b_.context.empty())
        say(Effect::Stricter, "no context word is needed any more");
      else
        say(b_.confidence_bare > 0 ? Effect::Changed : Effect::Looser, "context words are needed");
      return;
    }
    list(a_.context, b_.context, true, "context words");
    if (a_.confidence_alone != b_.confidence_alone)
      say(b_.confidence_alone == 0   ? Effect::Looser
          : a_.confidence_alone == 0 ? Effect::Stricter
                                     : Effect::Changed,
          "confidence_alone " + std::to_string(a_.confidence_alone) + " becomes " +
              std::to_string(b_.confidence_alone));
    if (a_.confidence_bare == b_.confidence_bare) return;
    const std::string words = "confidence_bare " + std::to_string(a_.confidence_bare) +
                              " becomes " + std::to_string(b_.confidence_bare);
    say(b_.confidence_bare == 0   ? Effect::Looser
        : a_.confidence_bare == 0 ? Effect::Stricter
                                  : Effect::Changed,
        words);
  }

  void length() {
    if (a_.length_min == b_.length_min && a_.length_max == b_.length_max) return;
    const bool was_free = a_.length_max == 0, is_free = b_.length_max == 0;
    const bool wider =
        is_free || (!was_free && b_.length_min <= a_.length_min && b_.length_max >= a_.length_max);
    say(wider ? Effect::Stricter : Effect::Looser, "another length");
  }

  const RuleSource& a_;
  const RuleSource& b_;
  std::vector<KeyChange> keys_;
};

// The worst of what its keys say: one loosening is not made up for by a stricter key.
Effect worst(const std::vector<KeyChange>& keys) {
  const auto any = [&](Effect effect) {
    return std::any_of(keys.begin(), keys.end(),
                       [&](const KeyChange& key) { return key.effect == effect; });
  };
  for (const Effect effect : {Effect::Looser, Effect::Unproven, Effect::Changed})
    if (any(effect)) return effect;
  return Effect::Stricter;
}

class DetectionChange {
 public:
  explicit DetectionChange(ChangeParts& parts) : parts_(parts) {}

  void run() {
    for (const EntityPair& pair : parts_.entities) {
      const Entity* a = parts_.entity_before(pair);
      const Entity* b = parts_.entity_after(pair);
      if (a == nullptr)
        add(pair, Effect::Stricter, "entity_added", b->source.name + " is looked for", b->place);
      else if (b == nullptr)
        add(pair, Effect::Looser, "entity_removed", a->source.name + " is no longer looked for",
            a->place);
      else
        compare(pair, *a, *b);
    }
    compare_priorities();
  }

 private:
  ChangeItem& add(const EntityPair& pair, Effect effect, std::string code, std::string words,
                  const Place& place) {
    const Entity* a = parts_.entity_before(pair);
    const Entity* b = parts_.entity_after(pair);
    ChangeItem& item =
        parts_.add(ChangeArea::Detection, effect, Risk::Risky, std::move(code),
                   b != nullptr ? b->source.name : a->source.name, std::move(words), place);
    item.is_protected = pair.before && parts_.is_protected[*pair.before];
    if (pair.is_renamed) item.subjects.push_back(a->source.name);
    return item;
  }

  void compare(const EntityPair& pair, const Entity& a, const Entity& b) {
    const std::string& name = b.source.name;
    if (pair.is_renamed)
      add(pair, Effect::Changed, "entity_renamed", a.source.name + " is now called " + name,
          b.place);
    for (const RulePair& rules : pair_rules(a.source, b.source)) compare_rules(pair, a, b, rules);
    if (!holds_all(a.source.samples, b.source.samples))
      add(pair, Effect::Looser, "samples_added", name + ": more samples are no finding", b.place);
    else if (!holds_all(b.source.samples, a.source.samples))
      add(pair, Effect::Stricter, "samples_removed", name + ": fewer samples are no finding",
          b.place);
    promise(pair, a.source.secret, b.source.secret, "secret", b.place);
    promise(pair, a.never_store, b.never_store, "never_store", b.place);
    promise(pair, a.mask_or_hash, b.mask_or_hash, "mask_or_hash", b.place);
    if (a.generalisation != b.generalisation)
      add(pair,
          b.generalisation == contract::Generalisation::Name ? Effect::Stricter : Effect::Unproven,
          "generalise_to", name + ": generalised values keep something else", b.place);
  }

  void promise(const EntityPair& pair, bool before, bool after, const std::string& key,
               const Place& place) {
    if (before == after) return;
    ChangeItem& item = add(
        pair, after ? Effect::Stricter : Effect::Looser, after ? "promise_made" : "promise_gone",
        parts_.entity_after(pair)->source.name + ": " + key + (after ? " is set" : " is gone"),
        place);
    item.is_protected = item.is_protected || before;
  }

  void compare_rules(const EntityPair& pair, const Entity& a, const Entity& b,
                     const RulePair& rules) {
    const std::string& name = b.source.name;
    if (!rules.after) {
      add(pair, Effect::Looser, "rule_removed",
          name + ": rule '" + a.source.rules[*rules.before].id + "' no longer looks for it",
          b.place);
      return;
    }
    const RuleSource& now = b.source.rules[*rules.after];
    const Place& place = b.rule_places[*rules.after];
    if (!rules.before) {
      add(pair, Effect::Stricter, "rule_added", name + ": rule '" + now.id + "' looks for it, too",
          place);
      return;
    }
    const RuleChange change(a.source.rules[*rules.before], now);
    if (change.keys().empty()) return;
    std::string words;
    for (const KeyChange& key : change.keys()) words += (words.empty() ? "" : ", ") + key.words;
    add(pair, worst(change.keys()), "rule_changed", name + ": rule '" + now.id + "': " + words,
        place);
  }

  // Of two matches that overlap the higher one stays, and its action decides.
  void compare_priorities() {
    for (const EntityPair& pair : parts_.entities) {
      const Entity* a = parts_.entity_before(pair);
      const Entity* b = parts_.entity_after(pair);
      if (a == nullptr || b == nullptr || a->source.priority == b->source.priority) continue;
      std::vector<std::string> lost_to;
      for (const EntityPair& other : parts_.entities) {
        const Entity* other_a = parts_.entity_before(other);
        const Entity* other_b = parts_.entity_after(other);
        if (other_b == nullptr || other_b == b) continue;
        const bool stood = other_a == nullptr || a->source.priority >= other_a->source.priority;
        if (stood && b->source.priority < other_b->source.priority &&
            !(other.before && parts_.is_protected[*other.before]))
          lost_to.push_back(other_b->source.name);
      }
      const bool kept = parts_.is_protected[*pair.before];
      std::string words = b->source.name + ": priority " + std::to_string(a->source.priority) +
                          " becomes " + std::to_string(b->source.priority);
      if (!lost_to.empty()) words += "; where they overlap, " + listed(lost_to) + " decides";
      add(pair, kept && !lost_to.empty() ? Effect::Looser : Effect::Changed, "priority",
          std::move(words), b->place);
    }
  }

  ChangeParts& parts_;
};

}  // namespace

void compare_detection(ChangeParts& parts) { DetectionChange(parts).run(); }

}  // namespace sallyport::controlplane::policy
