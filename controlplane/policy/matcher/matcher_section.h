// matcher_section.h: the tables of a matcher section, written in order; equal texts, words and cues
// are kept once.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "dataplane/contract/matcher_layout.h"

namespace sallyport::controlplane::policy {

class MatcherSection {
 public:
  std::vector<contract::MatcherEntity> entities;
  std::vector<contract::MatcherRule> rules;
  std::vector<contract::MatcherShape> shapes;
  std::vector<contract::MatcherText> samples;
  std::vector<contract::MatcherAnchor> anchors;

  contract::MatcherText text(const std::string& value);
  // Ranges in the list table.
  contract::MatcherTable words(std::span<const std::string> words);
  // `folded`: the literal as the matcher is to see it.
  void cue(const std::string& folded, uint16_t rule);
  size_t word_count() const { return words_.size(); }

  std::vector<uint8_t> finish(std::span<const char> stream_database,
                              std::span<const char> confirm_database);

 private:
  std::string strings_;
  std::map<std::string, contract::MatcherText> texts_;
  std::vector<contract::MatcherText> words_;
  std::map<std::string, uint16_t> word_ids_;
  std::vector<uint16_t> lists_;
  std::map<std::string, std::vector<uint16_t>> cues_;
};

}  // namespace sallyport::controlplane::policy
