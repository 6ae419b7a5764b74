#include "dataplane/scan/engine.h"

#include <hs/hs_runtime.h>

#include <algorithm>

#include "dataplane/scan/scan_tools.h"
#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {
namespace {

struct StreamContext {
  std::vector<StreamHit>* out;
  size_t max;
  bool overflow = false;
};

int on_stream_hit(unsigned id, unsigned long long /*from*/, unsigned long long to, unsigned,
                  void* user) {
  auto& context = *static_cast<StreamContext*>(user);
  if (context.out->size() >= context.max) {
    context.overflow = true;
    return 1;
  }
  context.out->push_back(StreamHit{id, to});
  return 0;
}

struct ConfirmContext {
  std::vector<RawMatch>* out;
  size_t max;
  size_t rules;
  bool overflow = false;
};

int on_confirmed(unsigned id, unsigned long long from, unsigned long long to, unsigned,
                 void* user) {
  auto& context = *static_cast<ConfirmContext*>(user);
  if (context.out->size() >= context.max || id >= context.rules) {
    context.overflow = true;
    return 1;
  }
  context.out->push_back(
      RawMatch{static_cast<uint16_t>(id), static_cast<uint32_t>(from), static_cast<uint32_t>(to)});
  return 0;
}

}  // namespace

Scratch::Scratch() : tools_(std::make_unique<ScanTools>()) {}
Scratch::~Scratch() { hs_free_scratch(native_); }

Engine::~Engine() {
  hs_free_database(stream_database_);
  hs_free_database(confirm_database_);
}

bool Engine::load_dictionaries(std::span<const uint8_t> section,
                               std::span<const uint8_t, contract::kDictionaryKeyBytes> key,
                               std::span<const std::string_view> names, std::string& error) {
  dictionary_rules_.clear();
  if (!dictionaries_.load(section, key, error)) return false;
  for (const std::string_view name : names) {
    const auto rules = rules_of(contract::RuleKind::Dictionary);
    const auto found = std::find_if(rules.begin(), rules.end(),
                                    [&](uint16_t rule) { return rules_[rule].id == name; });
    if (found == rules.end()) {
      error = "dictionaries: no rule " + std::string(name);
      return false;
    }
    dictionary_rules_.push_back(*found);
  }
  if (dictionary_rules_.size() == dictionaries_.dictionary_count()) return true;
  error = "dictionaries: not one name for each";
  return false;
}

std::unique_ptr<Scratch> Engine::make_scratch() const {
  std::unique_ptr<Scratch> scratch(new Scratch);
  for (const hs_database* database : {stream_database_, confirm_database_})
    if (database != nullptr && hs_alloc_scratch(database, &scratch->native_) != HS_SUCCESS)
      return nullptr;
  return scratch;
}

hs_stream* Engine::open_stream() const noexcept {
  hs_stream_t* stream = nullptr;
  if (stream_database_ == nullptr || hs_open_stream(stream_database_, 0, &stream) != HS_SUCCESS)
    return nullptr;
  return stream;
}

// Without a callback neither needs a scratch: what would match at the end of the data is not asked
// for, no pattern may have an anchor there.
void Engine::close_stream(hs_stream* stream) noexcept {
  if (stream != nullptr) hs_close_stream(stream, nullptr, nullptr, nullptr);
}
void Engine::reset_stream(hs_stream* stream) noexcept {
  if (stream != nullptr) hs_reset_stream(stream, 0, nullptr, nullptr, nullptr);
}

bool Engine::feed_stream(hs_stream* stream, std::span<const uint8_t> text, Scratch& scratch,
                         std::vector<StreamHit>& out, size_t max) const noexcept {
  if (stream_database_ == nullptr) return true;
  if (stream == nullptr) return false;
  StreamContext context{&out, max};
  const hs_error_t result = hs_scan_stream(stream, reinterpret_cast<const char*>(text.data()),
                                           static_cast<unsigned>(text.size()), 0, scratch.native_,
                                           on_stream_hit, &context);
  return result == HS_SUCCESS && !context.overflow;
}

bool Engine::confirm(std::span<const uint8_t> run, Scratch& scratch, std::vector<RawMatch>& out,
                     size_t max) const noexcept {
  if (confirm_database_ == nullptr) return true;
  ConfirmContext context{&out, max, rules_.size()};
  const hs_error_t result =
      hs_scan(confirm_database_, reinterpret_cast<const char*>(run.data()),
              static_cast<unsigned>(run.size()), 0, scratch.native_, on_confirmed, &context);
  return result == HS_SUCCESS && !context.overflow;
}

bool Engine::begins_anchor(std::span<const uint8_t> text) const noexcept {
  const auto less = [](std::string_view a, std::span<const uint8_t> b) {
    return std::lexicographical_compare(
        a.begin(), a.end(), b.begin(), b.end(),
        [](char x, uint8_t y) { return static_cast<uint8_t>(x) < to_lower(y); });
  };
  const auto at = std::lower_bound(anchor_texts_.begin(), anchor_texts_.end(), text, less);
  return at != anchor_texts_.end() && at->size() > text.size() &&
         std::equal(text.begin(), text.end(), at->begin(),
                    [](uint8_t x, char y) { return to_lower(x) == static_cast<uint8_t>(y); });
}

bool Engine::is_sample(uint16_t entity, uint64_t fingerprint) const noexcept {
  const auto& samples = entities_[entity].samples;
  return std::binary_search(samples.begin(), samples.end(), fingerprint);
}

uint64_t sample_fingerprint(std::span<const uint8_t> value) noexcept {
  uint64_t hash = 0xcbf2'9ce4'8422'2325U;
  for (uint8_t c : value) {
    const bool is_upper = c >= 'A' && c <= 'Z';
    if (!is_upper && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9')) continue;
    hash = (hash ^ (is_upper ? c + 32U : c)) * 0x100'0000'01b3U;
  }
  return hash;
}

std::string_view matcher_version() noexcept { return hs_version(); }

}  // namespace sallyport::scan
