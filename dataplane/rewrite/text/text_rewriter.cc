#include "dataplane/rewrite/text/text_rewriter.h"

#include <algorithm>
#include <array>

#include "dataplane/base/bytes.h"
#include "dataplane/base/check.h"
#include "dataplane/mem/wipe.h"
#include "dataplane/redact/generalise.h"
#include "dataplane/redact/mask.h"
#include "dataplane/rewrite/text/limits.h"

namespace sallyport::rewrite {

using contract::Action;

namespace {

constexpr uint16_t kNoEntity = 0xffff;

// The readers take bounded pieces, so that their lists of matches cannot overflow on a text of
// matches.
constexpr size_t kPieceBytes = 16'384;

// Whose words a text is where neither table nor message says so.
contract::Role default_role(RewriteScope::Direction direction) noexcept {
  return direction == RewriteScope::Direction::Request ? contract::Role::User
                                                       : contract::Role::Assistant;
}

}  // namespace

void TextRewriter::begin(RewriteScope& scope, std::span<const uint8_t> before, RoleSet roles,
                         redact::ShiftMap* shifts, scan::Whole whole) {
  scope_ = &scope;
  roles_ = roles.empty() ? default_role(scope.direction) : roles;
  const bool may_follow = follows(scope, roles, whole);
  scanner_.begin(*scope.engine, *scope.scratch, 0, scope.dictionaries, whole,
                 {scope.people, may_follow && scope.people != nullptr});
  finder_.begin(*scope.labels);
  place_.begin();
  edits_.clear();
  window_.clear();
  window_start_ = 0;
  ended_ = false;
  is_clean_ = true;
  follows_known_ = may_follow && scope.known != nullptr;
  before = before.last(std::min(before.size(), kBeforeBytesMax));
  skip_ = fed_ = edge_ = before.size();
  held_ = 0;
  unread_ = before.size();
  shifts_ = shifts;
  shifts_at_ = known_at_ = skip_;
  if (before.empty()) return;
  window_.append(before);
  scanner_.hold(before);
  if (scope.direction == RewriteScope::Direction::Response) place_.feed(before);
}

bool TextRewriter::rule_on_value(RewriteScope& scope, RoleSet roles, const scan::Finding& finding,
                                 std::span<const uint8_t> value) {
  begin(scope, {}, roles);
  window_.append(value);
  fed_ = value.size();
  ended_ = true;
  return act(finding.entity, treatment(finding), 0, fed_);
}

bool TextRewriter::feed(std::span<const uint8_t> text) { return hold(text) && settle_held(); }

bool TextRewriter::hold(std::span<const uint8_t> text) {
  while (!text.empty()) {
    const auto piece = text.first(std::min(text.size(), kPieceBytes - held_));
    text = text.subspan(piece.size());
    window_.append(piece);
    fed_ += piece.size();
    held_ += piece.size();
    unread_ += piece.size();
    scanner_.hold(piece);
    if (scope_->direction == RewriteScope::Direction::Response) place_.feed(piece);
    if (held_ == kPieceBytes && !settle_held()) return false;
  }
  return true;
}

bool TextRewriter::settle_held() {
  if (held_ == 0) return true;
  if (!scanner_.feed({}) || !find_tokens()) return scope_->refuse(Refusal::BuffersFull);
  // Asked for as soon as it is whole: the scanner may not be past it before the text ends, and
  // then it is too late to stand still.
  const bool may_hold = scope_->earlier != nullptr && scope_->earlier->may_hold;
  for (const redact::TokenMatch& token : finder_.matches()) {
    if (!may_hold || token.end < fed_ - held_ || token.start < skip_ ||
        scope_->tokens->find(token.core, token.entity) != nullptr)
      continue;
    const auto* entry = earlier(token);
    if (entry != nullptr && entry->is_open()) scope_->earlier->holds = true;
  }
  held_ = 0;
  if (!settle()) return false;
  return window_.size() <= kChannelHeldBytesMax || scope_->refuse(Refusal::BuffersFull);
}

bool TextRewriter::end() {
  if (ended_) return true;
  ended_ = true;
  held_ = 0;
  scanner_.end();
  // Most members of JSON are too short for a token, and nobody need look for one.
  const bool is_short = fed_ < redact::kTokenCoreChars && unread_ == fed_;
  if (!is_short) {
    if (!find_tokens()) return scope_->refuse(Refusal::BuffersFull);
    finder_.end();
  }
  return scanner_.fits() ? settle() : scope_->refuse(Refusal::BuffersFull);
}

// False: more tokens than its list holds.
bool TextRewriter::find_tokens() {
  const auto text = window_.bytes().last(unread_);
  unread_ = 0;
  return finder_.feed(text);
}

// Settles every cluster that both readers are past, then moves the edge.
bool TextRewriter::settle() {
  const uint64_t limit =
      ended_ ? fed_ : std::min<uint64_t>(scanner_.safe_edge(), finder_.safe_edge());
  known_at_ = std::max(known_at_, edge_);
  uint64_t edge = limit;
  for (;;) {
    Cluster cluster;
    const bool found = next_cluster(limit, cluster);
    const Look look = look_for_known(found ? cluster.end : first_open(limit));
    if (look == Look::Wait || (look == Look::Found && !add_known(limit, cluster))) {
      edge = std::min<uint64_t>(known_at_, found ? cluster.start : limit);
      break;
    }
    if (!found && look == Look::Nothing) break;
    is_clean_ = false;
    if (waits_for_name(cluster) || waits_for_earlier(cluster)) break;
    if (!settle_cluster(cluster)) return false;
    scanner_.take(cluster.finding_count);
    finder_.take(cluster.token_count);
    known_at_ = std::max(known_at_, cluster.end);
  }
  // A match that is known but reaches past the limit holds the edge at its start.
  edge = std::max(std::min(edge, first_open(limit)), skip_);
  SP_CHECK(edge >= edge_);  // I1
  edge_ = edge;
  note_kept(edge_);
  forget_before(edge_);
  return true;
}

// Where the first match begins that is not settled, or `limit`.
uint64_t TextRewriter::first_open(uint64_t limit) const noexcept {
  if (!scanner_.findings().empty()) limit = std::min(limit, scanner_.findings().front().start);
  if (!finder_.matches().empty()) limit = std::min(limit, finder_.matches().front().start);
  return limit;
}

// Whether a known value begins before `until`, from the last settled place on. It is known by the
// bytes of the text alone, so the readers need not be past it.
TextRewriter::Look TextRewriter::look_for_known(uint64_t until) {
  known_ = {};
  if (!follows_known_ || scope_->known->empty() || known_at_ >= until) return Look::Nothing;
  const uint64_t beside = scope_->known->longest() + redact::KnownValues::kBesideBytes;
  const uint64_t decided = ended_ ? fed_ : fed_ - std::min(fed_, beside);
  const uint64_t end = std::min(until, decided);
  if (known_at_ < end) {
    if (scope_->known->find(window_.bytes(), known_at_ - window_start_, end - window_start_,
                            known_)) {
      known_.start += window_start_;
      known_.end += window_start_;
      known_at_ = known_.start;
      return Look::Found;
    }
    known_at_ = end;
  }
  return end < until ? Look::Wait : Look::Nothing;
}

// `cluster` becomes the one around it. False: it reaches past the limit.
bool TextRewriter::add_known(uint64_t limit, Cluster& cluster) const noexcept {
  cluster = Cluster{known_.start, known_.end, 0, 0};
  grow(cluster);
  if (cluster.finding_count > 0)
    cluster.start = std::min(cluster.start, scanner_.findings().front().start);
  if (cluster.token_count > 0)
    cluster.start = std::min(cluster.start, finder_.matches().front().start);
  return cluster.end <= limit;
}

// A match in what stood before is none of ours; of one that reaches out of it, the rest is.
bool TextRewriter::settle_cluster(Cluster cluster) {
  if (cluster.start >= skip_) return known_.end != 0 ? rule_on_known(cluster) : rule_on(cluster);
  for (const auto& finding : scanner_.findings().first(cluster.finding_count))
    if (finding.end > skip_ && !act(finding.entity, treatment(finding),
                                    std::max<uint64_t>(finding.start, skip_), finding.end))
      return false;
  return true;
}

// The first group of matches that overlap one another, when all of it lies before `limit`.
bool TextRewriter::next_cluster(uint64_t limit, Cluster& out) const noexcept {
  const auto findings = scanner_.findings();
  const auto tokens = finder_.matches();
  if (findings.empty() && tokens.empty()) return false;
  const bool finding_first =
      tokens.empty() || (!findings.empty() && findings[0].start <= tokens[0].start);
  out = Cluster{};
  out.start = finding_first ? findings[0].start : tokens[0].start;
  out.end = finding_first ? findings[0].end : tokens[0].end;
  grow(out);
  return out.end <= limit;
}

void TextRewriter::grow(Cluster& out) const noexcept {
  const auto findings = scanner_.findings();
  const auto tokens = finder_.matches();
  for (bool grew = true; grew;) {
    grew = false;
    while (out.finding_count < findings.size() && findings[out.finding_count].start < out.end) {
      out.end = std::max(out.end, findings[out.finding_count++].end);
      grew = true;
    }
    while (out.token_count < tokens.size() && tokens[out.token_count].start < out.end) {
      out.end = std::max(out.end, tokens[out.token_count++].end);
      grew = true;
    }
  }
}

bool TextRewriter::rule_on(const Cluster& cluster) {
  const auto findings = scanner_.findings().first(cluster.finding_count);
  const auto tokens = finder_.matches().first(cluster.token_count);
  if (tokens.empty()) {
    for (const auto& finding : findings)
      if (!rule_on_finding(finding)) return false;
    return true;
  }
  // A finding that lies inside a token is the token's own letters. One that reaches out of it is a
  // value that contains the token (a URL with a token for its password): the value's rule covers
  // the whole.
  uint16_t outer = kNoEntity;
  Treatment outer_treatment;
  for (const auto& finding : findings) {
    const bool inside = std::any_of(tokens.begin(), tokens.end(), [&](const auto& t) {
      return t.start <= finding.start && finding.end <= t.end;
    });
    if (inside) continue;
    const Treatment said = treatment(finding);
    if (said == Action::Allow || said == Action::Observe) {
      count(finding.entity, said, finding.start, finding.end);
      continue;
    }
    if (outer != kNoEntity && strictness(said) <= strictness(outer_treatment)) continue;
    outer = finding.entity;
    outer_treatment = said;
  }
  if (outer != kNoEntity) return act(outer, outer_treatment, cluster.start, cluster.end);
  for (const auto& token : tokens)
    if (!rule_on_token(token)) return false;
  return true;
}

// What is known to be somebody's is judged as surely as it can be, in its role; what a reader saw
// there counts where it says more.
bool TextRewriter::rule_on_known(const Cluster& cluster) {
  uint16_t entity = known_.entity;
  Treatment strictest = scope_->treatment(roles_, entity, kFullConfidence);
  const unsigned own = strictness(strictest);
  if (cluster.token_count > 0 || own <= strictness(Action::Observe)) return rule_on(cluster);
  for (const auto& finding : scanner_.findings().first(cluster.finding_count)) {
    const Treatment said = treatment(finding);
    if (finding.start <= known_.start && known_.end <= finding.end && strictness(said) >= own)
      return rule_on(cluster);
    if (strictness(said) <= strictness(strictest)) continue;
    entity = finding.entity;
    strictest = said;
  }
  return act(entity, strictest, cluster.start, cluster.end);
}

bool TextRewriter::rule_on_finding(const scan::Finding& finding) {
  return act(finding.entity, treatment(finding), finding.start, finding.end);
}

Treatment TextRewriter::treatment(const scan::Finding& finding) const noexcept {
  return scope_->treatment(roles_, finding.entity, finding.confidence);
}

bool TextRewriter::act(uint16_t entity, const Treatment& treatment, uint64_t start, uint64_t end) {
  count(entity, treatment, start, end);
  switch (treatment.action) {
    case Action::Allow:
    case Action::Observe:
      return true;
    case Action::Tokenize:
      return tokenize(entity, scope_->engine->entity_name(entity), start, end);
    case Action::Mask:
      return mask(treatment, start, end);
    case Action::Hash:
      return hash(entity, start, end);
    case Action::Generalise:
      return generalise(entity, start, end);
    case Action::Block:
      break;
  }
  return block(entity);
}

bool TextRewriter::block(uint16_t entity) { return refuse(scope_->blocked(), entity); }

// A reader that lists goes on behind what would have ended the exchange.
bool TextRewriter::refuse(Refusal reason, uint16_t entity) {
  return scope_->refuse(reason, entity) || scope_->rulings != nullptr;
}

void TextRewriter::count(uint16_t entity, const Treatment& treatment, uint64_t start,
                         uint64_t end) {
  ++scope_->tally.detections[entity][static_cast<size_t>(treatment.action)];
  if (treatment == Action::Observe && treatment.would != Action::Observe)
    ++scope_->tally.would[entity][static_cast<size_t>(treatment.would)];
  note(entity, treatment, start, end);
}

void TextRewriter::note(uint16_t entity, const Treatment& treatment, uint64_t start, uint64_t end) {
  if (scope_->rulings != nullptr) scope_->rulings->push_back(Ruled{start, end, entity, treatment});
}

bool TextRewriter::tokenize(uint16_t entity, std::string_view name, uint64_t start, uint64_t end) {
  const auto value = text(start, end);
  std::array<uint8_t, redact::kCanonicalBytesMax> canonical;
  const size_t size = redact::canonical_value(name, value, canonical);
  redact::Token token;
  const auto value_of = std::span(canonical).first(size);
  uint32_t epoch = 0;
  const bool minted =
      size > 0 && scope_->subject_epochs.of(scope_->token_scope.tenant, name, value_of, epoch) &&
      scope_->mint->mint(scope_->token_scope, name, value_of, token, epoch);
  mem::wipe(std::span(canonical).first(size));
  if (!minted) return block(entity);
  switch (scope_->tokens->add(token.core, entity, value)) {
    case redact::ExchangeTokens::Added::New:
    case redact::ExchangeTokens::Added::Known:
      if (scope_->known != nullptr && entity != redact::TokenLabels::kLiteral)
        scope_->known->add(*scope_->tokens->find(token.core, entity));
      break;
    case redact::ExchangeTokens::Added::Full:
    case redact::ExchangeTokens::Added::TooLong:
      return refuse(Refusal::TooManyTokens, entity);
    case redact::ExchangeTokens::Added::NoMemory:
      return refuse(Refusal::BuffersFull, entity);
  }
  add_edit(start, end, base::bytes_of(token.text()));
  return true;
}

bool TextRewriter::mask(const Treatment& treatment, uint64_t start, uint64_t end) {
  std::array<uint8_t, redact::kMaskBytesMax> out;
  const size_t size =
      redact::mask_value(text(start, end), treatment.keep_last, treatment.mask_char, out);
  add_edit(start, end, std::span(out).first(size));
  mem::wipe(out);
  return true;
}

// A value that no hash can be made of (no label, too long) does not leave.
bool TextRewriter::hash(uint16_t entity, uint64_t start, uint64_t end) {
  const std::string_view name = scope_->engine->entity_name(entity);
  std::array<uint8_t, redact::kCanonicalBytesMax> canonical;
  const size_t size = redact::canonical_value(name, text(start, end), canonical);
  redact::ValueHash hash;
  const bool made = size > 0 && scope_->mint->hash(scope_->token_scope.tenant, name,
                                                   std::span(canonical).first(size), hash);
  mem::wipe(std::span(canonical).first(size));
  if (!made) return block(entity);
  add_edit(start, end, base::bytes_of(hash.text()));
  return true;
}

bool TextRewriter::generalise(uint16_t entity, uint64_t start, uint64_t end) {
  const auto value = text(start, end);
  std::array<uint8_t, redact::kGeneralisedBytesMax> out;
  const size_t size =
      redact::generalise(scope_->generalisations[entity], scope_->engine->entity_name(entity),
                         value, scope_->year, out);
  if (size == 0) return block(entity);
  const auto coarse = std::span<const uint8_t>(out).first(size);
  // What is coarse enough already (an age below the bound) stays, byte for byte.
  if (!std::equal(coarse.begin(), coarse.end(), value.begin(), value.end()))
    add_edit(start, end, coarse);
  mem::wipe(out);
  return true;
}

bool TextRewriter::rule_on_token(const redact::TokenMatch& token) {
  if (scope_->direction == RewriteScope::Direction::Response) {
    restore(token);
    return true;
  }
  const std::string_view name = token.entity == redact::TokenLabels::kLiteral
                                    ? redact::kLiteralEntity
                                    : scope_->engine->entity_name(token.entity);
  Tally& tally = scope_->tally;
  if (tally.foreign_tokens == kFailedChecksMax) {
    ++tally.unchecked_tokens;
  } else if (scope_->mint->verify(scope_->token_scope, name, token.core) !=
             redact::TokenMint::Verdict::NotOurs) {
    ++tally.verified_tokens;
    // The answer may quote it: what it stands for is asked for while the vendor thinks.
    if (scope_->earlier != nullptr && token.entity != redact::TokenLabels::kLiteral &&
        scope_->may_restore[token.entity])
      scope_->earlier->want(token.core, token.entity);
    return true;
  } else {
    ++tally.foreign_tokens;
  }
  note(redact::TokenLabels::kLiteral, Action::Tokenize, token.start, token.end);
  return tokenize(redact::TokenLabels::kLiteral, redact::kLiteralEntity, token.start, token.end);
}

void TextRewriter::restore(const redact::TokenMatch& token) {
  const bool literal = token.entity == redact::TokenLabels::kLiteral;
  auto* entry = scope_->tokens->find(token.core, token.entity);
  if (entry == nullptr) return restore_earlier(token);
  // A literal is the client's own token-like text, not a value: it goes back whoever asks.
  if (!literal && !scope_->may_restore[token.entity]) {
    ++scope_->tally.restore_denied[token.entity];
    return;
  }
  if (!literal && !may_stand(token)) {
    ++scope_->tally.restore_misplaced[token.entity];
    return;
  }
  ++entry->restored_count;
  if (!literal) ++scope_->tally.restored[token.entity];
  add_edit(token.start, token.end, entry->value());
}

redact::NameBehind TextRewriter::name_behind(const redact::TokenMatch& token) const noexcept {
  SP_CHECK(token.end >= window_start_);
  return redact::name_behind(window_.bytes().subspan(token.end - window_start_), ended_);
}

// Nothing is fetched or followed there that a value would be a part of.
bool TextRewriter::may_stand(const redact::TokenMatch& token) const noexcept {
  return place_.at(token.start) == redact::Place::Text &&
         name_behind(token) != redact::NameBehind::Yes;
}

// Of tokens whose value nobody may have the answer is the same with and without what follows.
bool TextRewriter::waits_for_name(const Cluster& cluster) const noexcept {
  if (ended_ || scope_->direction != RewriteScope::Direction::Response) return false;
  // In what stood before nothing is put, and that may be forgotten.
  if (cluster.start < skip_) return false;
  const auto tokens = finder_.matches().first(cluster.token_count);
  return std::any_of(tokens.begin(), tokens.end(), [this](const redact::TokenMatch& token) {
    return token.entity != redact::TokenLabels::kLiteral && scope_->may_restore[token.entity] &&
           name_behind(token) == redact::NameBehind::More;
  });
}

// Of an earlier exchange of this tenant, and the caller may have such a value in this place. Null:
// it is none of these, or there are too many of them.
redact::EarlierTokens::Entry* TextRewriter::earlier(const redact::TokenMatch& token) {
  redact::EarlierTokens* known = scope_->earlier;
  if (known == nullptr || !known->on() || token.entity == redact::TokenLabels::kLiteral ||
      !scope_->may_restore[token.entity] || !may_stand(token))
    return nullptr;
  if (auto* entry = known->find(token.core, token.entity); entry != nullptr) return entry;
  const std::string_view name = scope_->engine->entity_name(token.entity);
  const bool ours =
      known->may_check() && scope_->mint->verify(scope_->token_scope, name, token.core) !=
                                redact::TokenMint::Verdict::NotOurs;
  return ours ? known->want(token.core, token.entity) : nullptr;
}

// The text stands still before a token whose value is on its way.
bool TextRewriter::waits_for_earlier(const Cluster& cluster) {
  redact::EarlierTokens* known = scope_->earlier;
  if (known == nullptr || !known->may_hold || ended_ || cluster.token_count == 0 ||
      scope_->direction != RewriteScope::Direction::Response ||
      window_.size() > redact::kEarlierHeldBytesMax)
    return false;
  for (const redact::TokenMatch& token : finder_.matches().first(cluster.token_count)) {
    if (token.start < skip_ || scope_->tokens->find(token.core, token.entity) != nullptr) continue;
    const auto* entry = earlier(token);
    if (entry != nullptr && entry->is_open()) return known->holds = true;
  }
  return false;
}

void TextRewriter::restore_earlier(const redact::TokenMatch& token) {
  const auto* entry = earlier(token);
  if (entry == nullptr) {
    ++scope_->tally.unrestored_tokens;
    return;
  }
  if (entry->state == redact::EarlierTokens::State::Known) {
    ++scope_->tally.recalled[token.entity];
    return add_edit(token.start, token.end, entry->value());
  }
  if (entry->is_open()) scope_->earlier->passed_open = true;
  const auto miss = entry->is_open() ? redact::RecallMiss::Late : entry->miss;
  ++scope_->tally.recall_missed[static_cast<size_t>(miss)];
}

void TextRewriter::add_edit(uint64_t start, uint64_t end, std::span<const uint8_t> replacement) {
  edits_.add(start - skip_, end - skip_, replacement);
  note_kept(start);
  if (shifts_ != nullptr) {
    shifts_->replace(text(start, end), replacement);
    shifts_at_ = end;
  }
  scope_->tally.rewritten_bytes += end - start;
}

// The text up to here stays as it is, but for the edits that were noted.
void TextRewriter::note_kept(uint64_t until) {
  if (shifts_ == nullptr || until <= shifts_at_) return;
  shifts_->keep(text(shifts_at_, until));
  shifts_at_ = until;
}

std::span<const uint8_t> TextRewriter::text(uint64_t start, uint64_t end) const noexcept {
  SP_CHECK(start >= window_start_ && start < end && end <= fed_);
  return window_.bytes().subspan(start - window_start_, end - start);
}

void TextRewriter::forget_before(uint64_t offset) {
  place_.drop_before(offset);
  // What stands beside a known value may be decided already.
  const uint64_t kept = follows_known_ ? redact::KnownValues::kBesideBytes : 0;
  window_start_ += window_.forget(offset - std::min(offset, window_start_ + kept));
}

}  // namespace sallyport::rewrite
