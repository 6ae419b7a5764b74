#include "controlplane/policy/matcher/matcher_section.h"

#include <algorithm>
#include <cstring>

namespace sallyport::controlplane::policy {

using contract::MatcherCue;
using contract::MatcherHeader;
using contract::MatcherTable;
using contract::MatcherText;

MatcherText MatcherSection::text(const std::string& value) {
  const auto [it, is_new] = texts_.try_emplace(value);
  if (is_new) {
    it->second =
        MatcherText{static_cast<uint32_t>(strings_.size()), static_cast<uint32_t>(value.size())};
    strings_ += value;
  }
  return it->second;
}

MatcherTable MatcherSection::words(std::span<const std::string> words) {
  const MatcherTable range{static_cast<uint32_t>(lists_.size()),
                           static_cast<uint32_t>(words.size())};
  for (const std::string& word : words) {
    const auto [it, is_new] = word_ids_.try_emplace(word, static_cast<uint16_t>(words_.size()));
    if (is_new) words_.push_back(text(word));
    lists_.push_back(it->second);
  }
  return range;
}

void MatcherSection::cue(const std::string& folded, uint16_t rule) {
  auto& rules_of = cues_[folded];
  if (std::find(rules_of.begin(), rules_of.end(), rule) == rules_of.end()) rules_of.push_back(rule);
}

std::vector<uint8_t> MatcherSection::finish(std::span<const char> stream_database,
                                            std::span<const char> confirm_database) {
  std::vector<MatcherCue> cues;
  for (const auto& [literal, rules_of] : cues_) {
    cues.push_back(MatcherCue{text(literal), static_cast<uint32_t>(lists_.size()),
                              static_cast<uint32_t>(rules_of.size())});
    lists_.insert(lists_.end(), rules_of.begin(), rules_of.end());
  }
  MatcherHeader header{};
  header.magic = contract::kMatcherMagic;
  header.version = contract::kMatcherVersion;
  std::vector<uint8_t> out(sizeof header);
  const auto put = [&](const void* data, size_t count, size_t entry) {
    const MatcherTable where{static_cast<uint32_t>(out.size()), static_cast<uint32_t>(count)};
    const auto* bytes = static_cast<const uint8_t*>(data);
    out.insert(out.end(), bytes, bytes + count * entry);
    out.resize((out.size() + 7) / 8 * 8);
    return where;
  };
  header.entities = put(entities.data(), entities.size(), sizeof(contract::MatcherEntity));
  header.rules = put(rules.data(), rules.size(), sizeof(contract::MatcherRule));
  header.words = put(words_.data(), words_.size(), sizeof(MatcherText));
  header.lists = put(lists_.data(), lists_.size(), sizeof(uint16_t));
  header.shapes = put(shapes.data(), shapes.size(), sizeof(contract::MatcherShape));
  header.cues = put(cues.data(), cues.size(), sizeof(MatcherCue));
  header.samples = put(samples.data(), samples.size(), sizeof(MatcherText));
  header.strings = put(strings_.data(), strings_.size(), 1);
  header.anchors = put(anchors.data(), anchors.size(), sizeof(contract::MatcherAnchor));
  header.stream_database = put(stream_database.data(), stream_database.size(), 1);
  header.confirm_database = put(confirm_database.data(), confirm_database.size(), 1);
  header.section_bytes = out.size();
  std::memcpy(out.data(), &header, sizeof header);
  return out;
}

}  // namespace sallyport::controlplane::policy
