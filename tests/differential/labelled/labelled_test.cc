// Every text of the labelled set through the engine of the shipped bundle: how it is cut changes
// nothing, nothing that becomes part of a match is released first, and what is held is bounded and
// printed per entity.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>

#include "controlplane/policy/bundle/bundle.h"
#include "controlplane/policy/matcher/matcher_compiler.h"
#include "dataplane/scan/engine.h"
#include "dataplane/scan/recognise/secret/key_block.h"
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
    // A byte at a time, and as pieces that begin and end inside of words, numbers and phrases.
    for (const size_t step : {1U, 7U, 97U})
      ASSERT_EQ(scan(text, every(text.size(), step)), whole)
          << record.id << " in pieces of " << step << "\n"
          << text;
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

// Forms of addresses of which the beginning is known late, made up; the test takes them
// apart at their spaces.
const std::vector<std::string> kLateForms{"USS Halden\nFPO AE 09577",
                                          "uscgc halden\nfpo ae 09577",
                                          "USNS Møller Halden,\nAPO AA 34020",
                                          "the corner of 11 Tannweg Rd. and High Street",
                                          "Corner of Via Nuova 85 and Tannweg St.",
                                          "0269 Håkon terrasse 38, 0154 Oslo",
                                          "0269 Karl Johans gate 5, 0154 Oslo",
                                          "Rue Saint-Denis 12, 1000 Bruxelles",
                                          "Rue de l'Arbre 12, 1000 Bruxelles",
                                          "Via dell'Arte 5, 00184 Roma",
                                          "Corso Vittorio Emanuele, 10, 00184 Roma",
                                          "Dlouhá ulice č.p. 12, 110 00 Praha",
                                          "casella postale 12, 00184 Roma",
                                          "PSC 4095, Box 8316, APO AE 85103",
                                          "psc 4095, box 8316, apo ae 85103",
                                          "unit 4095, box 8316\nAPO AE 85103",
                                          "skrytka pocztowa 12, 00-238 Warszawa",
                                          "C/ Mayor, nº 3, 41001 Sevilla",
                                          "C/Mayor 3, 41001 Sevilla",
                                          "P.O. Box 123, Austin, TX 78701",
                                          "post office Box 123, Austin, TX 78701",
                                          "1051 Szeged, Deák tér 3, 6720 Szeged",
                                          "Flat 3, 12 High Street, Leeds LS2 9JT",
                                          "Unit 4B, 12 High Street, Leeds LS2 9JT",
                                          "1423 Bahnhofstr. 5, 8001 Zürich",
                                          "Am alten Markt 35, 50667 Köln",
                                          "Calle de la Virgen de los Dolores 12, 28013 Madrid",
                                          "Çiçek Sokak No:7, 35220 İzmir",
                                          "Kossuth Lajos utca 12, 6720 Szeged",
                                          "ul. Długa 5, 00-238 Warszawa",
                                          "12 bis rue de la Paix, 75002 Paris",
                                          "350 5th Ave, New York, NY 10118",
                                          "東京都渋谷区渋谷2丁目21番1号",
                                          "서울특별시 강남구 테헤란로 152, 3층",
                                          "ул. Ленина, д. 5, кв. 12"};

// No list of addresses says how they can be cut: words are put in, left out and written small.
TEST_F(Labelled, HowMadeUpAddressesAreCutChangesNothing) {
  std::mt19937 draw(11);
  const auto one_in = [&](unsigned n) { return draw() % n == 0; };
  const auto words_of = [](const std::string& form) {
    std::vector<std::string> words(1);
    for (char c : form) {
      words.back() += c;
      if (c == ' ' || c == '\n') words.emplace_back();
    }
    return words;
  };
  const auto form = [&] { return words_of(kLateForms[draw() % kLateForms.size()]); };
  size_t found = 0;
  for (size_t i = 0; i < 6'000 / stride() && !HasFailure(); ++i) {
    std::string text = one_in(2) ? "send it to " : "";
    if (one_in(2)) text += form().front() + ' ';
    for (std::string& word : form()) {
      if (one_in(16)) continue;
      if (one_in(16)) text += form().front();
      if (one_in(8))
        for (char& c : word) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
      text += word;
    }
    const auto whole = scan(text);
    found += whole.size();
    for (const size_t step : {1U, 3U, 7U})
      ASSERT_EQ(scan(text, every(text.size(), step)), whole) << "in pieces of " << step << "\n"
                                                             << text;
  }
  EXPECT_GT(found, 3'000 / stride());
}

// The texts of the shared corpus, where it stands beside the source tree.
std::vector<Record> shared_corpus() {
  const std::filesystem::path root(std::getenv("SALLYPORT_SOURCE_DIR"));
  std::vector<Record> out;
  std::error_code ignored;
  for (const auto& entry :
       std::filesystem::directory_iterator(root / ".." / "shared" / "corpus", ignored)) {
    std::ifstream in(entry.path());
    if (entry.path().extension() != ".jsonl") continue;
    for (std::string line; std::getline(in, line);)
      if (const auto json = nlohmann::json::parse(line); json.contains("text"))
        out.push_back({json["id"], "", json["text"], {}});
  }
  return out;
}

TEST_F(Labelled, HowATextOfTheSharedCorpusIsCutChangesNothing) {
  const auto corpus = shared_corpus();
  if (corpus.empty()) GTEST_SKIP() << "no corpus beside the source tree";
  for (size_t i = 0; i < corpus.size() && !HasFailure(); i += stride()) {
    const std::string& text = corpus[i].text;
    const auto whole = scan(text);
    for (const size_t step : {1U, 7U, 97U})
      ASSERT_EQ(scan(text, every(text.size(), step)), whole)
          << corpus[i].id << " in pieces of " << step << "\n"
          << text;
  }
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
