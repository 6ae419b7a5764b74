#include "controlplane/policy/dictionary/dictionary_compiler.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <map>

#include "dataplane/base/phrase.h"

namespace sallyport::controlplane::policy {
namespace {

using contract::DictionaryEntry;
using contract::DictionaryHead;
using contract::DictionaryHeader;

// Sixteen bits of filter for each first word: one word in sixteen passes it for nothing.
constexpr size_t kFilterBitsPerHead = 16;

// A field of a CSV line; false: the line has no such column, or its quotes do not close.
bool csv_field(std::string_view line, int column, std::string& out) {
  size_t at = 0;
  for (int i = 0;; ++i) {
    out.clear();
    if (at < line.size() && line[at] == '"') {
      for (++at;; ++at) {
        if (at >= line.size()) return false;
        if (line[at] != '"') {
          out += line[at];
        } else if (at + 1 < line.size() && line[at + 1] == '"') {
          out += line[at++];
        } else {
          ++at;
          break;
        }
      }
    } else {
      const size_t end = std::min(line.find(',', at), line.size());
      out = line.substr(at, end - at);
      at = end;
    }
    if (i == column) return true;
    if (at >= line.size() || line[at] != ',') return false;
    ++at;
  }
}

struct Phrase {
  uint64_t fingerprint = 0;
  uint8_t dictionary = 0;
  friend auto operator<=>(const Phrase&, const Phrase&) = default;
};

class Compiler {
 public:
  Compiler(const DictionaryKey& key, const DictionaryOptions& options)
      : key_(base::phrase_key(key)), options_(options) {}

  CompiledDictionaries compile(std::span<const DictionarySource> sources) {
    if (sources.size() > contract::kDictionariesMax)
      out_.errors.push_back({contract::kDictionariesMax, 0, "more than 64 dictionaries"});
    for (size_t i = 0; i < sources.size() && out_.errors.empty(); ++i) read(sources[i], i);
    if (!out_.errors.empty()) return std::move(out_);
    std::sort(phrases_.begin(), phrases_.end());
    phrases_.erase(std::unique(phrases_.begin(), phrases_.end()), phrases_.end());
    out_.entry_count = phrases_.size();
    write(sources.size());
    return std::move(out_);
  }

  std::vector<uint64_t> fingerprints(const DictionarySource& source) {
    read(source, 0);
    std::vector<uint64_t> out;
    for (const Phrase& phrase : phrases_) out.push_back(phrase.fingerprint);
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
  }

 private:
  void fail(size_t dictionary, int line, std::string message) {
    if (errors_of_one_++ < CompiledDictionaries::kErrorsMax)
      out_.errors.push_back({dictionary, line, std::move(message)});
  }

  void read(const DictionarySource& source, size_t dictionary) {
    errors_of_one_ = 0;
    size_t values = 0;
    const size_t before = phrases_.size();
    std::string_view rest = source.text;
    std::string field;
    for (int number = 1; !rest.empty(); ++number) {
      const bool is_header = source.has_header && number == 1;
      std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
      if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
      if (line.empty() || line[0] == '#' || is_header) continue;
      if (source.column < 0) {
        field = line;
      } else if (!csv_field(line, source.column, field)) {
        fail(dictionary, number, "the line has no such column, or a quote that does not close");
        continue;
      }
      add(source, dictionary, number, field);
      if (++values % kProgressValues == 0 && options_.progress)
        options_.progress(dictionary, values);
      if (phrases_.size() > contract::kDictionaryEntriesMax)
        return fail(dictionary, 0, "more than 4 000 000 values");
    }
    if (phrases_.size() == before && errors_of_one_ == 0)
      fail(dictionary, 0, "the dictionary has no values");
  }

  void add(const DictionarySource& source, size_t dictionary, int line, std::string_view value) {
    const std::vector<std::string> words =
        base::phrase_words(options_.fold == nullptr ? std::string(value) : options_.fold(value));
    if (words.empty()) return;  // white space
    size_t length = 0;
    std::string phrase;
    for (const std::string& word : words) {
      if (word.size() > contract::kPhraseWordBytesMax)
        return fail(dictionary, line, "a word of more than 48 bytes");
      length += word.size();
      phrase += (phrase.empty() ? "" : " ") + word;
    }
    if (words.size() > contract::kPhraseWordsMax)
      return fail(dictionary, line, "more than 8 words");
    if (phrase.size() > contract::kPhraseBytesMax)
      return fail(dictionary, line, "more than 128 bytes");
    if (length < source.length_min)
      return fail(dictionary, line,
                  "fewer than " + std::to_string(source.length_min) + " letters and digits");
    const auto bytes = [](const std::string& s) {
      return std::span(reinterpret_cast<const uint8_t*>(s.data()), s.size());
    };
    phrases_.push_back(
        {base::phrase_fingerprint(key_.phrases, bytes(phrase)), static_cast<uint8_t>(dictionary)});
    heads_[base::word_hash(key_.words, bytes(words[0]).data(), words[0].size())] |=
        static_cast<uint8_t>(1U << (words.size() - 1));
  }

  static uint8_t log2_for(size_t slots) {
    return static_cast<uint8_t>(std::countr_zero(std::bit_ceil(std::max<size_t>(slots, 2))));
  }

  void write(size_t dictionary_count) {
    DictionaryHeader header{};
    header.magic = contract::kDictionaryMagic;
    header.version = contract::kDictionaryVersion;
    header.key_check = base::phrase_key_check(key_);
    header.dictionary_count = static_cast<uint32_t>(dictionary_count);
    header.entry_count = static_cast<uint32_t>(phrases_.size());
    constexpr uint8_t kFilterLog2Min = 6;
    header.filter_log2 = std::max(kFilterLog2Min, log2_for(heads_.size() * kFilterBitsPerHead));
    header.head_log2 = log2_for(heads_.size() * 2);
    header.entry_log2 = log2_for(phrases_.size() * 2);
    size_t at = sizeof header;
    header.filter_offset = static_cast<uint32_t>(at);
    at += (size_t{1} << header.filter_log2) / 8;
    header.head_offset = static_cast<uint32_t>(at);
    at += (size_t{1} << header.head_log2) * sizeof(DictionaryHead);
    header.entry_offset = static_cast<uint32_t>(at);
    at += (size_t{1} << header.entry_log2) * sizeof(DictionaryEntry);
    header.section_bytes = at;
    out_.section.resize(at);
    std::memcpy(out_.section.data(), &header, sizeof header);
    fill(header);
  }

  void fill(const DictionaryHeader& header) {
    auto* filter = reinterpret_cast<uint64_t*>(out_.section.data() + header.filter_offset);
    auto* heads = reinterpret_cast<DictionaryHead*>(out_.section.data() + header.head_offset);
    auto* entries = reinterpret_cast<DictionaryEntry*>(out_.section.data() + header.entry_offset);
    const uint64_t filter_mask = ((uint64_t{1} << header.filter_log2) >> 6) - 1;
    const uint64_t head_mask = (uint64_t{1} << header.head_log2) - 1;
    const uint64_t entry_mask = (uint64_t{1} << header.entry_log2) - 1;
    for (const auto& [hash, lengths] : heads_) {
      filter[hash >> 6 & filter_mask] |= uint64_t{1} << (hash & 63);
      uint64_t slot = hash & head_mask;
      while (heads[slot].lengths != 0) slot = (slot + 1) & head_mask;
      heads[slot] = DictionaryHead{static_cast<uint32_t>(hash >> 32), lengths, {}};
    }
    for (const Phrase& phrase : phrases_) {
      uint64_t slot = phrase.fingerprint & entry_mask;
      while (entries[slot].used != 0) slot = (slot + 1) & entry_mask;
      entries[slot] = DictionaryEntry{phrase.fingerprint, 1, phrase.dictionary, {}};
    }
  }

  base::PhraseKey key_;
  const DictionaryOptions& options_;
  CompiledDictionaries out_;
  std::vector<Phrase> phrases_;
  std::map<uint64_t, uint8_t> heads_;  // by hash of the first word; in order, so bytes are equal
  size_t errors_of_one_ = 0;
};

}  // namespace

CompiledDictionaries compile_dictionaries(std::span<const DictionarySource> sources,
                                          const DictionaryKey& key,
                                          const DictionaryOptions& options) {
  return Compiler(key, options).compile(sources);
}

std::vector<uint64_t> dictionary_fingerprints(const DictionarySource& source,
                                              const DictionaryKey& key,
                                              const DictionaryOptions& options) {
  return Compiler(key, options).fingerprints(source);
}

}  // namespace sallyport::controlplane::policy
