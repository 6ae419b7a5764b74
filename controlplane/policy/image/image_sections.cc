#include "controlplane/policy/image/image_sections.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "controlplane/policy/bundle/digest.h"
#include "controlplane/policy/image/seeded_text.h"
#include "dataplane/contract/template_layout.h"
#include "dataplane/contract/test_layout.h"

namespace sallyport::controlplane::policy {
namespace {

using namespace contract;

template <class T>
void append(std::vector<uint8_t>& out, const T* things, size_t count) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(things);
  out.insert(out.end(), bytes, bytes + count * sizeof(T));
}
template <class T>
void append(std::vector<uint8_t>& out, const std::vector<T>& things) {
  append(out, things.data(), things.size());
}

uint16_t entity_index(const Bundle& bundle, std::string_view name) {
  const auto found = std::find_if(bundle.entities.begin(), bundle.entities.end(),
                                  [&](const Entity& entity) { return entity.source.name == name; });
  return static_cast<uint16_t>(found - bundle.entities.begin());
}

// All that a test says, so that the corpus has one digest whatever else the bundle is.
std::string words_of(const BundleTest& test) {
  std::string out;
  for (const std::string* text : {&test.name, &test.tenant, &test.environment, &test.destination,
                                  &test.principal, &test.reason, &test.text})
    out += std::to_string(text->size()) + " " + *text + "\n";
  out += std::to_string(static_cast<int>(test.direction)) + " " +
         std::to_string(static_cast<int>(test.role)) + " " +
         (test.blocked ? (*test.blocked ? "blocked" : "passed") : "either") + "\n";
  if (!test.detections) return out + "any\n";
  for (const ExpectedDetection& expected : *test.detections)
    out += expected.entity + " " + std::to_string(expected.match.size()) + " " + expected.match +
           " " + (expected.action ? std::string(action_name(*expected.action)) : "any") + "\n";
  return out;
}

}  // namespace

ImageRollout rollout_section(const RolloutSettings& settings) {
  ImageRollout out{};
  out.canary_least_exchanges = settings.canary_least_exchanges;
  out.canary_least_seconds = settings.canary_least_seconds;
  out.halt_window_seconds = settings.halt_window_seconds;
  out.halt_least_exchanges = settings.halt_least_exchanges;
  out.halt_error_percent = settings.halt_error_percent;
  out.halt_block_percent = settings.halt_block_percent;
  out.halt_detection_change_percent = settings.halt_detection_change_percent;
  out.tests_every_seconds = settings.tests_every_seconds;
  return out;
}

bool templates_fit(const Bundle& bundle) {
  size_t fixed = 0;
  for (const PromptTemplate& one : bundle.templates)
    for (const TemplatePart& part : one.parts)
      for (const TemplatePiece& piece : part.pieces)
        if (!piece.is_slot) fixed += piece.text.size();
  return fixed <= kTemplateFixedBytesAllMax && bundle.templates.size() <= kTemplatesMax;
}

std::vector<uint8_t> templates_section(const Bundle& bundle, const AddText& add) {
  std::vector<const PromptTemplate*> sorted;
  for (const PromptTemplate& one : bundle.templates) sorted.push_back(&one);
  std::sort(sorted.begin(), sorted.end(), [](const PromptTemplate* a, const PromptTemplate* b) {
    return a->name != b->name ? a->name < b->name : a->version < b->version;
  });
  std::vector<TemplateEntry> templates;
  std::vector<TemplatePartEntry> parts;
  std::vector<TemplatePieceEntry> pieces;
  for (const PromptTemplate* one : sorted) {
    TemplateEntry entry{};
    entry.name = add(one->name);
    entry.version = add(one->version);
    entry.digest = one->digest;
    entry.is_retired = one->is_retired ? 1 : 0;
    entry.parts = {static_cast<uint32_t>(parts.size()), static_cast<uint32_t>(one->parts.size())};
    templates.push_back(entry);
    for (const TemplatePart& part : one->parts) {
      TemplatePartEntry out{};
      out.role = static_cast<uint8_t>(part.role);
      out.pieces = {static_cast<uint32_t>(pieces.size()),
                    static_cast<uint32_t>(part.pieces.size())};
      parts.push_back(out);
      for (const TemplatePiece& piece : part.pieces) {
        TemplatePieceEntry made{};
        made.text = add(piece.text);
        made.is_slot = piece.is_slot ? 1 : 0;
        pieces.push_back(made);
      }
    }
  }
  const TemplateSectionHeader header{static_cast<uint32_t>(templates.size()),
                                     static_cast<uint32_t>(parts.size()),
                                     static_cast<uint32_t>(pieces.size()), 0};
  std::vector<uint8_t> out;
  append(out, &header, 1);
  append(out, templates);
  append(out, parts);
  append(out, pieces);
  return out;
}

std::vector<uint8_t> tests_section(const Bundle& bundle, const DictionaryKey& key,
                                   const AddText& add) {
  const bool sealed = !bundle.dictionaries.empty();
  std::vector<TestEntry> tests;
  std::vector<TestDetectionEntry> detections;
  std::string corpus;
  TestSectionHeader header{};
  for (const BundleTest& test : bundle.tests) {
    corpus += words_of(test);
    if (test.text.size() > kSeedTextBytesMax || tests.size() == kSeedTestsMax) {
      ++header.left_out;
      continue;
    }
    TestEntry out{};
    out.name = add(test.name);
    out.text = add(sealed ? sealed_seed(key, test.name, test.text) : test.text);
    out.sealed = sealed ? 1 : 0;
    out.principal = add(test.principal);
    out.reason = add(test.reason);
    out.tenant = index_of(bundle.tenants, test.tenant);
    out.environment = index_of(bundle.environments, test.environment);
    out.vendor = index_of(bundle.vendors, test.destination);
    out.direction = static_cast<uint8_t>(test.direction);
    out.role = static_cast<uint8_t>(test.role);
    const SeedVerdict verdict = !test.blocked   ? SeedVerdict::Either
                                : *test.blocked ? SeedVerdict::Blocked
                                                : SeedVerdict::Passed;
    out.verdict = static_cast<uint8_t>(verdict);
    out.has_detections = test.detections ? 1 : 0;
    out.detections.first = static_cast<uint32_t>(detections.size());
    if (test.detections)
      for (const ExpectedDetection& expected : *test.detections)
        detections.push_back({entity_index(bundle, expected.entity),
                              expected.action ? static_cast<uint8_t>(*expected.action)
                                              : static_cast<uint8_t>(kActionCount),
                              0});
    out.detections.count = static_cast<uint32_t>(detections.size()) - out.detections.first;
    tests.push_back(out);
  }
  header.test_count = static_cast<uint32_t>(tests.size());
  header.detection_count = static_cast<uint32_t>(detections.size());
  // A hash of guessable texts is the texts for whoever guesses; under the key it is not.
  header.corpus = sha256(sealed ? sealed_seed(key, "corpus", corpus) : corpus);
  std::vector<uint8_t> out;
  append(out, &header, 1);
  append(out, tests);
  append(out, detections);
  return out;
}

}  // namespace sallyport::controlplane::policy
