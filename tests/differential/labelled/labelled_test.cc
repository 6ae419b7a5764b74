// Every text of the labelled set through the engine of the shipped bundle: how it is cut changes
// nothing, nothing that becomes part of a match is released first, and what is held is bounded and
// printed per entity.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>

#include "controlplane/policy/bundle.h"
#include "controlplane/policy/matcher_compiler.h"
#include "dataplane/scan/engine.h"
#include "dataplane/scan/recognise/key_block.h"
#include "dataplane/scan/text_scanner.h"

namespace sallyport::scan {
namespace {

struct Label {
  uint64_t start = 0, end = 0;  // bytes
  std::string entity;
};

struct Record {
  std::string id, kind, text;
  std::vector<Label> labels;
};

struct Found {
  uint64_t start, end;
  uint16_t entity, rule;
  uint8_t confidence;
  friend bool operator==(const Found&, const Found&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Found& f) {
    return out << f.entity << '/' << f.rule << '[' << f.start << ',' << f.end << ')';
  }
};

std::vector<Record> labelled_set() {
  std::vector<Record> out;
  std::ifstream in(LABELLED_SET);
  for (std::string line; std::getline(in, line);) {
    const auto json = nlohmann::json::parse(line);
    Record record{json["id"], json["kind"], json["text"], {}};
    for (const auto& span : json["spans"])
      record.labels.push_back({span["bstart"], span["bend"], span["entity"]});
    out.push_back(std::move(record));
  }
  return out;
}

std::span<const uint8_t> bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// As many texts as a sanitizer build can read in the time of a release build.
size_t stride() {
#if defined(__SANITIZE_ADDRESS__)
  return 16;
#else
  return 1;
#endif
}

class Labelled : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    const char* root = std::getenv("SALLYPORT_SOURCE_DIR");
    if (root == nullptr) return;
    std::vector<controlplane::policy::Problem> problems;
    const auto bundle =
        controlplane::policy::read_bundle(std::string(root) + "/policies", problems);
    ASSERT_TRUE(bundle.has_value()) << (problems.empty() ? "" : problems.front().message);
    std::vector<controlplane::policy::EntitySource> sources;
    for (const auto& entity : bundle->entities) sources.push_back(entity.source);
    const auto compiled = controlplane::policy::compile_matcher(sources);
    std::string error;
    engine_ = new Engine;
    ASSERT_TRUE(engine_->load(compiled.section, error)) << error;
    scratch_ = engine_->make_scratch().release();
    records_ = new std::vector<Record>(labelled_set());
  }
  static void TearDownTestSuite() {
    delete records_;
    delete scratch_;
    delete engine_;
  }
  void SetUp() override {
    if (engine_ == nullptr) GTEST_SKIP() << "SALLYPORT_SOURCE_DIR is not set";
    ASSERT_FALSE(records_->empty()) << LABELLED_SET << ": run the ctest quality_write_set first";
  }

  // Feeds the pieces between `cuts`; `watch(fed, edge)` sees each.
  template <class Watch>
  std::vector<Found> scan(std::string_view text, std::vector<size_t> cuts, Watch&& watch) {
    std::vector<Found> out;
    uint64_t released = 0;
    const auto collect = [&] {
      for (const Finding& f : scanner_.findings()) {
        // The safe-edge property: nothing that was let go becomes part of a match.
        EXPECT_GE(f.start, released) << text;
        EXPECT_LE(f.end, scanner_.safe_edge());
        out.push_back({f.start, f.end, f.entity, f.rule, f.confidence});
      }
      scanner_.take(scanner_.findings().size());
      EXPECT_GE(scanner_.safe_edge(), released);
      released = scanner_.safe_edge();
    };
    scanner_.begin(*engine_, *scratch_);
    cuts.push_back(text.size());
    size_t at = 0;
    for (const size_t cut : cuts) {
      EXPECT_TRUE(scanner_.feed(bytes(text.substr(at, cut - at))));
      at = cut;
      collect();
      watch(cut, released);
    }
    scanner_.end();
    collect();
    EXPECT_EQ(released, text.size());
    return out;
  }
  std::vector<Found> scan(std::string_view text, std::vector<size_t> cuts = {}) {
    return scan(text, std::move(cuts), [](size_t, uint64_t) {});
  }
  static std::vector<size_t> every(size_t size, size_t step) {
    std::vector<size_t> out;
    for (size_t cut = step; cut < size; cut += step) out.push_back(cut);
    return out;
  }

  static Engine* engine_;
  static Scratch* scratch_;
  static std::vector<Record>* records_;
  TextScanner scanner_;
};
Engine* Labelled::engine_ = nullptr;
Scratch* Labelled::scratch_ = nullptr;
std::vector<Record>* Labelled::records_ = nullptr;

TEST_F(Labelled, HowATextIsCutChangesNothing) {
  std::mt19937 draw(5);
  size_t found = 0;
  for (size_t i = 0; i < records_->size(); i += stride()) {
    const Record& record = (*records_)[i];
    const std::string& text = record.text;
    const auto whole = scan(text);
    found += whole.size();
    ASSERT_EQ(scan(text, every(text.size(), 1)), whole) << record.id << "\n" << text;
    const auto same_with = [&](std::vector<size_t> cuts) {
      std::sort(cuts.begin(), cuts.end());
      ASSERT_EQ(scan(text, cuts), whole)
          << record.id << " cut at " << testing::PrintToString(cuts) << "\n"
          << text;
    };
    for (int k = 0; k < 4; ++k) {
      same_with({draw() % (text.size() + 1)});
      same_with({draw() % (text.size() + 1), draw() % (text.size() + 1)});
    }
    const bool at_every_byte = i % 8 == 0 && text.size() < 300;
    for (size_t cut = 0; at_every_byte && cut <= text.size() && !HasFatalFailure(); ++cut)
      same_with({cut});
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(found, records_->size() / stride() / 4);
}

// What streams of tokens do to a reader: a value is held until it is decided, and no longer.
struct Held {
  uint64_t values = 0, bytes_max = 0, bytes_sum = 0, events_max = 0, events_sum = 0;
};

constexpr size_t kTokenBytes = 4;  // of a delta: about one token of a model

TEST_F(Labelled, WhatIsHeldIsPrintedPerEntity) {
  std::map<std::string, Held> held;
  for (size_t i = 0; i < records_->size(); i += stride()) {
    const Record& record = (*records_)[i];
    if (record.labels.empty() || record.kind == "evasion") continue;
    std::vector<uint64_t> fed, edges;
    scan(record.text, every(record.text.size(), kTokenBytes), [&](size_t f, uint64_t edge) {
      fed.push_back(f);
      edges.push_back(edge);
    });
    for (const Label& label : record.labels) {
      Held& row = held[label.entity];
      uint64_t bytes_most = 0, events_most = 0;
      for (size_t k = 0; k < fed.size(); ++k) {
        if (fed[k] <= label.start || fed[k] >= label.end + kTokenBytes) continue;
        bytes_most = std::max(bytes_most, fed[k] - edges[k]);
        // Events until the one that arrived here is out; the end of the text lets everything go.
        size_t out = k;
        while (out < fed.size() && edges[out] < fed[k]) ++out;
        events_most = std::max<uint64_t>(events_most, out - k);
      }
      ++row.values;
      row.bytes_max = std::max(row.bytes_max, bytes_most);
      row.bytes_sum += bytes_most;
      row.events_max = std::max(row.events_max, events_most);
      row.events_sum += events_most;
    }
  }
  std::printf("held while a value streams in, %zu bytes an event\n%-24s%8s%18s%18s\n", kTokenBytes,
              "entity", "values", "bytes mean/max", "events mean/max");
  for (const auto& [entity, row] : held) {
    std::printf("%-24s%8lu%12.1f /%5lu%12.1f /%5lu\n", entity.c_str(), row.values,
                static_cast<double>(row.bytes_sum) / static_cast<double>(row.values), row.bytes_max,
                static_cast<double>(row.events_sum) / static_cast<double>(row.values),
                row.events_max);
    EXPECT_LE(row.bytes_max, kKeyBlockBytesMax + kTokenBytes) << entity;
  }
}

TEST_F(Labelled, HarmlessTextIsHardlyHeld) {
  uint64_t events = 0, late = 0, sum = 0, most = 0;
  for (size_t i = 0; i < records_->size(); i += stride()) {
    const Record& record = (*records_)[i];
    if (record.kind != "harmless") continue;
    scan(record.text, every(record.text.size(), kTokenBytes), [&](size_t fed, uint64_t edge) {
      ++events;
      late += edge < fed ? 1 : 0;
      sum += fed - edge;
      most = std::max(most, fed - edge);
    });
  }
  std::printf("harmless text: %lu events, %.1f bytes held on average, %lu at most\n", events,
              static_cast<double>(sum) / static_cast<double>(events), most);
  EXPECT_LT(sum / events, 64U);
}

TEST_F(Labelled, OfPlainTextOnlyTheLastWordsAreHeld) {
  const std::string text =
      "the quick brown fox jumps over the lazy dog, and then it rests under a tree; after that the "
      "fox goes on. ";
  scan(text, every(text.size(), 1), [&](size_t fed, uint64_t edge) {
    // "tree at example dot com" may begin with any word: one waits until what comes behind it is
    // known.
    const size_t word = fed > 1 ? text.rfind(' ', fed - 2) : std::string::npos;
    const size_t space =
        word == std::string::npos || word == 0 ? std::string::npos : text.rfind(' ', word - 1);
    EXPECT_GE(edge, space == std::string::npos ? 0 : space + 1) << text.substr(0, fed);
  });
}

}  // namespace
}  // namespace sallyport::scan
