// yaml_node.h: one YAML file as a tree in which every node knows where it was written.
//
// A small part of YAML, so that a file means to us what it means to its reader: mappings with
// scalar keys, sequences, scalars. Refused, each with its place: duplicate keys, anchors, aliases
// and merge keys (a bomb, and a value that stands where nobody looks), tags, several documents,
// NUL characters, and whatever passes the limits below.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/policy/yaml/problem.h"

namespace sallyport::controlplane::policy {

inline constexpr size_t kYamlFileBytesMax = 1U << 20;
inline constexpr size_t kYamlNodesMax = 100'000;  // of one file
inline constexpr int kYamlDepthMax = 24;

struct YamlMember;

struct YamlNode {
  enum class Kind : uint8_t { Scalar, Sequence, Mapping };

  Kind kind = Kind::Scalar;
  bool plain = false;  // a scalar without quotes, not a block: `no` could mean something else
  Place place;
  std::string scalar;
  std::vector<YamlMember> members;  // in the order of the file
  std::vector<YamlNode> items;

  // Null: a scalar or a sequence, or no such key.
  const YamlNode* find(std::string_view key) const;
};

struct YamlMember {
  YamlNode key;  // a scalar
  YamlNode value;
};

// `file` is for places. Nothing: `problem` says what and where; it has no source line (Sources).
std::optional<YamlNode> parse_yaml(std::string_view text, const std::string& file,
                                   Problem& problem);

}  // namespace sallyport::controlplane::policy
