#include "controlplane/policy/yaml/yaml_reader.h"

#include <algorithm>
#include <charconv>
#include <set>

namespace sallyport::controlplane::policy {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// What YAML 1.1 or 1.2 readers take for a truth value or for nothing.
bool is_special_word(std::string_view text) {
  static constexpr std::string_view kWords[] = {"true", "false", "yes", "no",   "on",
                                                "off",  "y",     "n",   "null", "~"};
  const std::string word = lower(text);
  return std::find(std::begin(kWords), std::end(kWords), word) != std::end(kWords);
}

// Integers of any base, floats, base 60, dates: digits, and only what may stand among them.
bool looks_like_number(std::string_view text) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  if (text.empty()) return false;
  const std::string word = lower(text);
  if (word == ".inf" || word == ".nan") return true;
  if (word.size() > 2 && word[0] == '0' && (word[1] == 'x' || word[1] == 'o' || word[1] == 'b'))
    return std::all_of(word.begin() + 2, word.end(),
                       [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || c == '_'; });
  if (!is_digit(word[0]) && !(word[0] == '.' && word.size() > 1 && is_digit(word[1]))) return false;
  size_t points = 0, exponents = 0;
  for (size_t i = 0; i < word.size(); ++i) {
    const char c = word[i];
    if (is_digit(c) || c == '_' || c == ':') continue;
    if (c == '.' && ++points == 1) continue;
    if (c == 'e' && ++exponents == 1 && i + 1 < word.size()) continue;
    if ((c == '+' || c == '-') && word[i - 1] == 'e') continue;
    return false;
  }
  return true;
}

std::string_view kind_name(YamlNode::Kind kind) {
  switch (kind) {
    case YamlNode::Kind::Scalar:
      return "a single value";
    case YamlNode::Kind::Sequence:
      return "a list";
    case YamlNode::Kind::Mapping:
      return "a mapping";
  }
  return "something else";
}

}  // namespace

void YamlReader::add(const Place& place, std::string message) {
  problems_->push_back(sources_->problem(place, std::move(message)));
}

std::string YamlReader::text(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::Scalar) {
    add(node.place, "a text is expected here, not " + std::string(kind_name(node.kind)));
    return {};
  }
  if (!node.plain) return node.scalar;
  if (node.scalar.empty()) {
    add(node.place, "a text is expected here; write \"\" for an empty one");
    return {};
  }
  if (is_special_word(node.scalar) || looks_like_number(node.scalar)) {
    add(node.place, "a text is expected here, and `" + node.scalar +
                        "` is a number, a truth value or nothing to many readers: quote it");
    return {};
  }
  return node.scalar;
}

bool YamlReader::truth(const YamlNode& node) {
  if (node.kind == YamlNode::Kind::Scalar && node.plain) {
    if (node.scalar == "true") return true;
    if (node.scalar == "false") return false;
  }
  add(node.place, "true or false is expected here, without quotes");
  return false;
}

uint64_t YamlReader::number(const YamlNode& node, uint64_t min, uint64_t max) {
  const std::string& s = node.scalar;
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), value);
  const bool decimal = node.kind == YamlNode::Kind::Scalar && node.plain && !s.empty() &&
                       std::all_of(s.begin(), s.end(), is_digit);
  if (!decimal) {
    add(node.place, "a number is expected here: decimal digits, without quotes");
  } else if (s.size() > 1 && s[0] == '0') {
    add(node.place, "a number without leading zeros is expected here (some readers take `" + s +
                        "` for octal)");
  } else if (error != std::errc() || end != s.data() + s.size() || value < min || value > max) {
    add(node.place, "a number from " + std::to_string(min) + " to " + std::to_string(max) +
                        " is expected here");
  } else {
    return value;
  }
  return 0;
}

std::vector<std::pair<std::string, Place>> YamlReader::texts(const YamlNode& node) {
  std::vector<std::pair<std::string, Place>> out;
  if (node.kind != YamlNode::Kind::Sequence) {
    add(node.place, "a list is expected here, not " + std::string(kind_name(node.kind)));
    return out;
  }
  for (const YamlNode& item : node.items) {
    const size_t before = problem_count();
    std::string value = text(item);
    if (problem_count() == before) out.emplace_back(std::move(value), item.place);
  }
  return out;
}

std::vector<std::pair<std::string, Place>> YamlReader::text_or_texts(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::Scalar) return texts(node);
  const size_t before = problem_count();
  std::string value = text(node);
  if (problem_count() != before) return {};
  return {{std::move(value), node.place}};
}

void YamlReader::refuse_choice(const Place& place, const std::string& word,
                               const std::vector<std::string>& known) {
  std::string all;
  for (const std::string& name : known) all += (all.empty() ? "" : ", ") + name;
  add(place, "'" + word + "' is none of: " + all + did_you_mean(word, known));
}

YamlMapping::YamlMapping(YamlReader& reader, const YamlNode& node, std::string what)
    : reader_(&reader),
      node_(&node),
      what_(std::move(what)),
      // `keys:` with nothing behind it is an empty mapping.
      is_mapping_(node.kind == YamlNode::Kind::Mapping ||
                  (node.kind == YamlNode::Kind::Scalar && node.plain && node.scalar.empty())) {
  if (!is_mapping_)
    reader.add(node.place,
               what_ + " is a mapping (key: value), not " + std::string(kind_name(node.kind)));
}

const YamlNode* YamlMapping::optional(std::string_view key) {
  asked_.emplace_back(key);
  return node_->find(key);
}

const YamlNode* YamlMapping::required(std::string_view key) {
  const YamlNode* found = optional(key);
  if (found == nullptr && is_mapping_)
    reader_->add(node_->place, what_ + " has no '" + std::string(key) + "'");
  return found;
}

std::string YamlMapping::text(std::string_view key) {
  const YamlNode* found = required(key);
  return found == nullptr ? std::string() : reader_->text(*found);
}

std::string YamlMapping::text_or(std::string_view key, std::string fallback) {
  const YamlNode* found = optional(key);
  return found == nullptr ? std::move(fallback) : reader_->text(*found);
}

std::string YamlMapping::joined_text(const std::string& key, bool is_required) {
  const YamlNode* whole = optional(key);
  const YamlNode* pieces = optional(key + "_parts");
  if (whole != nullptr && pieces != nullptr)
    reader_->add(pieces->place, "either '" + key + "' or '" + key + "_parts', not both");
  if (whole != nullptr) return reader_->text(*whole);
  std::string out;
  if (pieces != nullptr) {
    for (const auto& [piece, place] : reader_->texts(*pieces)) out += piece;
  } else if (is_required && is_mapping_) {
    reader_->add(node_->place, what_ + " has no '" + key + "'");
  }
  return out;
}

bool YamlMapping::truth_or(std::string_view key, bool fallback) {
  const YamlNode* found = optional(key);
  return found == nullptr ? fallback : reader_->truth(*found);
}

uint64_t YamlMapping::number(std::string_view key, uint64_t min, uint64_t max) {
  const YamlNode* found = required(key);
  return found == nullptr ? 0 : reader_->number(*found, min, max);
}

uint64_t YamlMapping::number_or(std::string_view key, uint64_t fallback, uint64_t min,
                                uint64_t max) {
  const YamlNode* found = optional(key);
  return found == nullptr ? fallback : reader_->number(*found, min, max);
}

void YamlMapping::finish() {
  for (const YamlMember& member : node_->members) {
    if (std::find(asked_.begin(), asked_.end(), member.key.scalar) != asked_.end()) continue;
    std::string hint = did_you_mean(member.key.scalar, asked_);
    if (hint.empty()) hint = known_keys();
    reader_->add(member.key.place, what_ + " has no key '" + member.key.scalar + "'" + hint);
  }
}

std::string YamlMapping::known_keys() const {
  const std::set<std::string> keys(asked_.begin(), asked_.end());
  std::string out;
  for (const std::string& key : keys) out += (out.empty() ? "; it can have " : ", ") + key;
  return out;
}

}  // namespace sallyport::controlplane::policy
