#include "dataplane/scan/text_scanner.h"

#include <algorithm>

#include "dataplane/base/check.h"
#include "dataplane/scan/recognise/address/free_address.h"
#include "dataplane/scan/recognise/cue_value.h"
#include "dataplane/scan/recognise/email.h"
#include "dataplane/scan/recognise/field.h"
#include "dataplane/scan/recognise/number/date.h"
#include "dataplane/scan/recognise/person/person.h"
#include "dataplane/scan/recognise/secret/assignment.h"
#include "dataplane/scan/recognise/secret/key_block.h"
#include "dataplane/scan/recognise/secret/password.h"
#include "dataplane/scan/recognise/travel_zone.h"
#include "dataplane/scan/scan_tools.h"

namespace sallyport::scan {
namespace {

// What is fed to the stages at once: the text of a TLS record. Where each piece ends every stage
// looks back for what may be open, which takes as long as a kilobyte of text. An open word run and
// this must fit into the masks.
constexpr size_t kPieceBytes = 16'384;
static_assert(kPieceBytes + kWordRunBytesMax + kRowBytesMax + 64 <= kMaskBytesMax);

// Of one piece: two a character.
constexpr size_t kStreamHitsMax = 2 * kPieceBytes;

RecogniseAt recogniser_of(contract::RuleKind kind) noexcept {
  switch (kind) {
    case contract::RuleKind::KeyBlock:
      return key_block_at;
    case contract::RuleKind::Cue:
      return cue_value_at;
    case contract::RuleKind::Assignment:
      return assignment_at;
    case contract::RuleKind::Password:
      return password_after_cue;
    case contract::RuleKind::Address:
      return address_after_cue;
    case contract::RuleKind::Date:
      return date_after_cue;
    case contract::RuleKind::Person:
      return person_after_cue;
    case contract::RuleKind::SpeltEmail:
      return spelt_email_at;
    case contract::RuleKind::TravelZone:
      return travel_zone_at;
    case contract::RuleKind::Field:
      return field_at;
    default:
      return nullptr;
  }
}

}  // namespace

ScanTools::ScanTools() = default;
ScanTools::~ScanTools() = default;

InnerScanner& ScanTools::inner(unsigned depth) {
  if (inner_[depth] == nullptr) inner_[depth] = std::make_unique<TextScanner>();
  return *inner_[depth];
}

TextScanner::~TextScanner() { Engine::close_stream(stream_); }

void TextScanner::open_stream() {
  if (stream_ != nullptr && stream_engine_ == engine_->serial()) {
    Engine::reset_stream(stream_);
    return;
  }
  Engine::close_stream(stream_);
  stream_ = engine_->open_stream();
  stream_engine_ = engine_->serial();
}

void TextScanner::begin(const Engine& engine, Scratch& scratch, unsigned depth,
                        uint64_t dictionaries, Whole whole, const PeopleBefore& before) {
  engine_ = &engine;
  scratch_ = &scratch;
  depth_ = depth;
  open_stream();
  folder_.begin();
  window_.clear();
  window_start_ = streamed_ = folded_edge_ = edge_ = 0;
  held_ = 0;
  ended_ = overflow_ = false;
  late_findings_ = 0;
  numbers_.begin(depth == 0 && whole == Whole::Answer);
  words_.begin();
  phrases_.begin();
  spaced_.begin();
  joined_.begin();
  columns_.begin();
  dictionaries_ = engine.dictionaries().empty() ? 0 : dictionaries;
  if (dictionaries_ != 0) dictionary_.begin(engine.dictionaries(), dictionaries_);
  pending_.begin(engine);
  candidates_.begin(engine);
  named_.begin(engine, before);
  beside_.begin(engine);
  findings_.clear();
  taken_ = 0;
}

void TextScanner::take(size_t count) noexcept {
  SP_CHECK(count <= findings_.size() - taken_);
  taken_ += count;
  if (taken_ == findings_.size()) {
    findings_.clear();
    taken_ = 0;
  }
}

bool TextScanner::feed(std::span<const uint8_t> text) {
  hold(text);
  if (held_ > 0) advance(false);
  return !overflow_;
}

void TextScanner::hold(std::span<const uint8_t> text) {
  SP_CHECK(!ended_);
  while (!text.empty()) {
    const auto piece = text.first(std::min(text.size(), kPieceBytes - held_));
    text = text.subspan(piece.size());
    folder_.feed(piece, window_);
    held_ += piece.size();
    if (held_ == kPieceBytes) advance(false);
  }
}

void TextScanner::end() {
  if (ended_) return;
  folder_.end(window_);
  ended_ = true;
  advance(true);
}

void TextScanner::advance(bool final) {
  held_ = 0;
  const TextView text = view(final);
  auto& tools = scratch_->tools();
  tools.context[depth_].forget();
  candidates_.look_around(tools.context[depth_]);
  const uint64_t fresh = streamed_;
  find_literals(text);
  tools.dictionaries = dictionaries_;
  const uint64_t origin = std::min({numbers_.cursor(), words_.cursor(), phrases_.mask_from(text),
                                    spaced_.cursor(), joined_.cursor()});
  CharMasks& masks = tools.masks[depth_];
  masks.build(text.slice(origin, text.end).data(), static_cast<size_t>(text.end - origin));
  pending_.ask_again(text, candidates_);
  read_literals(text);
  numbers_.run(*engine_, text, masks, origin, candidates_);
  bool fits = true;
  for (const HexRow& row : numbers_.hex_rows())
    fits = read_hex_row(*engine_, text, row, depth_, *scratch_, candidates_) && fits;
  numbers_.hex_rows().clear();
  fits = fits &&
         words_.run(*engine_, text, masks, origin, depth_, *scratch_, pending_, candidates_) &&
         spaced_.run(*engine_, text, masks, origin, depth_, *scratch_, candidates_) &&
         joined_.run(*engine_, text, masks, origin, *scratch_, candidates_) &&
         columns_.run(*engine_, text, candidates_);
  phrases_.run(*engine_, text, masks, origin, pending_, candidates_);
  if (dictionaries_ != 0) read_dictionaries(text.slice(fresh, text.end), text);
  overflow_ = overflow_ || !fits || pending_.overflow() || candidates_.overflow();
  settle(text);
}

// Stage one: literals that end in what is new, and patterns that have none.
void TextScanner::find_literals(const TextView& text) {
  auto& tools = scratch_->tools();
  const LiteralSet& literals = engine_->literals();
  auto& found = tools.literals[depth_];
  found.clear();
  tools.hits.clear();
  if (text.end == streamed_) return;
  if (!literals.empty()) {
    const uint64_t reach = literals.longest() - 1;
    const uint64_t from = std::max(text.begin, streamed_ > reach ? streamed_ - reach : uint64_t{0});
    const auto all = text.slice(text.begin, text.end);
    literals.find(all, static_cast<size_t>(from - text.begin), all.size(), found);
    // Those that ended before were found before.
    std::erase_if(found, [&](const LiteralHit& hit) {
      return text.begin + hit.at + literals.size_of(hit.literal) <= streamed_;
    });
  }
  if (!engine_->feed_stream(stream_, text.slice(streamed_, text.end), *scratch_, tools.hits,
                            kStreamHitsMax))
    overflow_ = true;
  streamed_ = text.end;
  for (const StreamHit& hit : tools.hits) words_.note_pattern(hit.end);
}

void TextScanner::read_literals(const TextView& text) {
  const LiteralSet& literals = engine_->literals();
  for (const LiteralHit& hit : scratch_->tools().literals[depth_]) {
    const Trigger trigger{text.begin + hit.at, text.begin + hit.at + literals.size_of(hit.literal)};
    ask_cue(hit.literal, trigger, text);
  }
}

void TextScanner::ask_cue(uint32_t cue, const Trigger& trigger, const TextView& text) {
  for (uint16_t rule : engine_->rules_of_cue(cue)) {
    const contract::RuleKind kind = engine_->rule(rule).kind;
    const RecogniseAt at = recogniser_of(kind);
    if (HeadedColumns::wants_cues(kind, engine_->rule(rule).parameters))
      columns_.note_cue(*engine_, rule, trigger, text);
    if (at != nullptr) pending_.ask(rule, at, trigger, text, candidates_);
  }
}

// Values of tenants: what is in a dictionary is a candidate like every other.
void TextScanner::read_dictionaries(std::span<const uint8_t> text, const TextView& view) {
  dictionary_.feed(text);
  if (view.final) dictionary_.end();
  for (const DictionaryMatch& match : dictionary_.matches())
    candidates_.offer(engine_->dictionary_rule(match.dictionary), Hit{match.start, match.end},
                      CandidateList::Around{}, view);
  dictionary_.take(dictionary_.matches().size());
}

// Moves the edge to the earliest place that is undecided, and hands out what lies before it.
void TextScanner::settle(const TextView& text) {
  uint64_t edge = text.end;
  if (!text.final)
    edge =
        std::min({numbers_.live_from(text), WordStage::word_from(text, words_.cursor()),
                  words_.live_from(text), spaced_.live_from(text),
                  joined_.live_from(*engine_, text, *scratch_), pending_.live_from(text),
                  PhraseStage::live_from(*engine_, text, folded_edge_), columns_.live_from(text)});
  if (!text.final && dictionaries_ != 0) edge = std::min(edge, dictionary_.safe_edge());
  edge = std::max(edge, folded_edge_);
  winners_.clear();
  edge = beside_.hold(text, folded_edge_, edge, candidates_);
  edge = std::max(folded_edge_, candidates_.settle(edge, winners_));
  beside_.settle(text, folded_edge_, winners_);
  edge = named_.settle(text, folded_edge_, edge, winners_);
  const SourceMap& map = folder_.map();
  for (Finding finding : winners_) {
    if (finding.start < folded_edge_) {  // I2 is broken: what is left of the value is still one
      ++late_findings_;
      if (finding.end <= folded_edge_) continue;
      finding.start = folded_edge_;
    }
    finding.folded = static_cast<uint8_t>(finding.folded | map.reasons(finding.start, finding.end));
    const uint64_t start = map.source_start(finding.start);
    finding.end = map.source_end(finding.end);
    finding.start = start;
    findings_.push_back(finding);
  }
  folded_edge_ = edge;
  const uint64_t source = edge == text.end ? map.source_size() : map.source_start(edge);
  SP_CHECK(source >= edge_);
  edge_ = source;
  forget(edge);
}

void TextScanner::forget(uint64_t folded_edge) {
  folder_.map().drop_before(folded_edge);
  uint64_t keep = folded_edge > kTableReachBytes ? folded_edge - kTableReachBytes : 0;
  keep = std::min({keep, numbers_.cursor(), words_.cursor(), spaced_.cursor(), joined_.cursor()});
  if (keep > window_start_) window_start_ += window_.forget(keep - window_start_);
}

}  // namespace sallyport::scan
