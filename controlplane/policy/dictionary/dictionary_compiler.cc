#include "controlplane/policy/dictionary/dictionary_compiler.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <map>

#include "dataplane/base/bytes.h"
#include "dataplane/base/line_end.h"
#include "dataplane/base/phrase.h"
#include "dataplane/base/utf8.h"

namespace sallyport::controlplane::policy {
namespace {

using base::bytes_of;

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

// Takes the next line off a list: it ends with a line feed, a carriage return, or both.
std::string_view take_line(std::string_view& rest) {
  const size_t end = base::line_end(bytes_of(rest));
  const std::string_view line = rest.substr(0, end);
  const bool is_pair = rest.substr(end).starts_with("\r\n");
  rest.remove_prefix(std::min(rest.size(), end + (is_pair ? 2 : 1)));
  return line;
}

// Letters and digits of a word. One of Han, kana or Hangul says as much as two: names have two.
size_t letters_of(std::string_view word) {
  size_t letters = 0;
  for (const char c : word) {
    const auto byte = static_cast<uint8_t>(c);
    letters += (byte & 0xc0) == 0x80 ? 0 : byte >= 0xe3 && byte <= 0xed ? 2 : 1;
  }
  return letters;
}

// A value in Greek as it stands in capitals, in small letters, and with a capital at the head of
// each word. Some letters look like one of ASCII as a capital and like another when small, and the
// scanner's text has that one.
std::vector<std::string> greek_forms(std::string_view value) {
  // Second bytes behind 0xce and 0xcf: capital, small.
  constexpr struct {
    std::string_view capital, small;
  } kTwoFaced[] = {{"\xce\x9d", "\xce\xbd"},   // nu
                   {"\xce\xa5", "\xcf\x85"},   // upsilon
                   {"\xce\xa5", "\xcf\x8d"},   // with tonos
                   {"\xce\xa5", "\xcf\x8b"}};  // with dialytika
  enum class Form : uint8_t { Capitals, Small, Title };
  std::vector<std::string> out;
  for (const Form form : {Form::Capitals, Form::Small, Form::Title}) {
    std::string text;
    bool inside = false;  // of a word
    for (size_t at = 0; at < value.size(); ++at) {
      const std::string_view pair = value.substr(at, 2);
      const bool is_capital = form == Form::Capitals || (form == Form::Title && !inside);
      const auto* found =
          std::find_if(std::begin(kTwoFaced), std::end(kTwoFaced),
                       [&](const auto& one) { return pair == one.capital || pair == one.small; });
      inside = base::is_alnum(static_cast<uint8_t>(value[at])) ||
               static_cast<uint8_t>(value[at]) >= 0x80;
      if (found == std::end(kTwoFaced)) {
        text += value[at];
        continue;
      }
      text += is_capital ? found->capital : pair == found->capital ? found->small : pair;
      ++at;
    }
    if (text != value) out.push_back(std::move(text));
  }
  return out;
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
    if (rest.starts_with("\xff\xfe") || rest.starts_with("\xfe\xff"))
      return fail(dictionary, 1, "the list is UTF-16; save it as UTF-8");
    if (rest.starts_with("\xef\xbb\xbf")) rest.remove_prefix(3);
    std::string field;
    for (int number = 1; !rest.empty(); ++number) {
      const bool is_header = source.has_header && number == 1;
      const std::string_view line = take_line(rest);
      if (line.empty() || line[0] == '#' || is_header) continue;
      if (!base::is_utf8(bytes_of(line))) {
        fail(dictionary, number, "no UTF-8; save the list as UTF-8");
        continue;
      }
      if (source.column < 0) {
        field = line;
      } else if (!csv_field(line, source.column, field)) {
        fail(dictionary, number,
             "no column " + std::to_string(source.column + 1) +
                 ", or a quote that does not close: commas part columns, a value stands on one "
                 "line");
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
    if (value.find_first_not_of(" \t\f\v") == std::string_view::npos) return;
    if (!add_form(source, dictionary, line, value)) return;
    if (value.find_first_of("\xce\xcf") == std::string_view::npos) return;
    for (const std::string& form : greek_forms(value)) add_form(source, dictionary, line, form);
  }

  bool add_form(const DictionarySource& source, size_t dictionary, int line,
                std::string_view value) {
    const std::vector<base::PhraseWord> words =
        base::phrase_words(options_.fold == nullptr ? std::string(value) : options_.fold(value));
    size_t letters = 0;
    std::string phrase;
    const char* refused = words.empty() ? "no letters or digits" : nullptr;
    for (const auto& [word, start, end] : words) {
      if (word.size() > contract::kPhraseWordBytesMax) refused = "a word of more than 48 bytes";
      letters += letters_of(word);
      phrase += (phrase.empty() ? "" : " ") + word;
    }
    if (refused == nullptr && words.size() > contract::kPhraseWordsMax)
      refused = "more than 8 words";
    if (refused == nullptr && phrase.size() > contract::kPhraseBytesMax)
      refused = "more than 128 bytes";
    if (refused != nullptr) return fail(dictionary, line, refused), false;
    if (letters < source.length_min)
      return fail(dictionary, line,
                  "fewer than " + std::to_string(source.length_min) +
                      " letters and digits (length_min)"),
             false;
    phrases_.push_back({base::phrase_fingerprint(key_.phrases, bytes_of(phrase)),
                        static_cast<uint8_t>(dictionary)});
    const std::span<const uint8_t> first = bytes_of(words[0].folded);
    heads_[base::word_hash(key_.words, first.data(), first.size())] |=
        static_cast<uint8_t>(1U << (words.size() - 1));
    return true;
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
