// yaml_reader.h: typed values out of YAML nodes. Every refusal is a Problem at its place, and
// reading goes on, so that an author sees all that is wrong at once.
//
// Strict where YAML is not: a text that some readers take for a truth value, a number or nothing
// (`no`, `1e3`, `~`, `0123`) must be quoted; a number is decimal digits without leading zeros; a
// truth value is `true` or `false`.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "controlplane/policy/yaml/problem.h"
#include "controlplane/policy/yaml/yaml_node.h"

namespace sallyport::controlplane::policy {

class YamlReader {
 public:
  // Both must outlive the reader.
  YamlReader(const Sources& sources, std::vector<Problem>& problems)
      : sources_(&sources), problems_(&problems) {}

  void add(const Place& place, std::string message);
  size_t problem_count() const { return problems_->size(); }

  // Each reports and answers an empty value (false, 0) when the node is not that.
  std::string text(const YamlNode& node);
  bool truth(const YamlNode& node);
  uint64_t number(const YamlNode& node, uint64_t min, uint64_t max);
  std::vector<std::pair<std::string, Place>> texts(const YamlNode& node);  // a sequence
  // A sequence of texts, or one text.
  std::vector<std::pair<std::string, Place>> text_or_texts(const YamlNode& node);

  template <class Value>
  struct Named {
    std::string_view name;
    Value value;
  };
  // One of the names.
  template <class Value, size_t N>
  Value choice(const YamlNode& node, const Named<Value> (&names)[N]) {
    const std::string word = text(node);
    std::vector<std::string> known;
    for (const Named<Value>& one : names) {
      if (one.name == word) return one.value;
      known.emplace_back(one.name);
    }
    if (!word.empty()) refuse_choice(node.place, word, known);
    return names[0].value;
  }

 private:
  void refuse_choice(const Place& place, const std::string& word,
                     const std::vector<std::string>& known);

  const Sources* sources_;
  std::vector<Problem>* problems_;
};

// The members of one mapping, each asked for by name; finish() refuses those nobody asked for.
class YamlMapping {
 public:
  // `what` names the mapping in messages: "a vendor". Not a mapping: reported, and it is empty.
  YamlMapping(YamlReader& reader, const YamlNode& node, std::string what);

  // Null: not there. required() reports that.
  const YamlNode* optional(std::string_view key);
  const YamlNode* required(std::string_view key);

  std::string text(std::string_view key);
  std::string text_or(std::string_view key, std::string fallback);
  bool truth_or(std::string_view key, bool fallback);
  // `key`: a text; or `key`_parts: a list of texts that are put together (the example of a secret
  // must not stand in a file as one word).
  std::string joined_text(const std::string& key, bool is_required);
  uint64_t number(std::string_view key, uint64_t min, uint64_t max);
  uint64_t number_or(std::string_view key, uint64_t fallback, uint64_t min, uint64_t max);

  // Reports unknown keys, with the closest known one. Call it once, after the last question.
  void finish();
  // A read of the whole mapping can be given up when this is false.
  bool is_mapping() const { return is_mapping_; }

 private:
  std::string known_keys() const;

  YamlReader* reader_;
  const YamlNode* node_;
  std::string what_;
  bool is_mapping_ = false;
  std::vector<std::string> asked_;
};

}  // namespace sallyport::controlplane::policy
