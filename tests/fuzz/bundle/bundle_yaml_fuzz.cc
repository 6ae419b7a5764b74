// Any bytes as one file of a bundle: refused with a place, or read.
//
// The first byte chooses: `a` an API kind, which is compiled too; anything else a tree, and the
// entries of keys.yaml out of it. Checked of every answer:
//   1. a tree's places lie inside the text, its keys are unique, its size and depth are bounded;
//   2. a refusal says what it is about, and its rendering holds no control character;
//   3. what was read without a problem is complete.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/policy/api_kind/api_kind_file.h"
#include "controlplane/policy/bundle/bundle_sections.h"
#include "controlplane/policy/yaml/yaml_node.h"
#include "controlplane/policy/yaml/yaml_reader.h"

namespace sallyport::controlplane::policy {
namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

size_t check_tree(const YamlNode& node, int lines, int depth) {
  require(depth <= kYamlDepthMax + 1);
  require(node.place.line >= 1 && node.place.line <= lines + 1 && node.place.column >= 1);
  require(node.scalar.find('\0') == std::string::npos);
  size_t count = 1;
  for (const YamlNode& item : node.items) count += check_tree(item, lines, depth + 1);
  for (size_t i = 0; i < node.members.size(); ++i) {
    const YamlMember& member = node.members[i];
    require(member.key.kind == YamlNode::Kind::Scalar);
    require(node.find(member.key.scalar) == &member.value);  // no duplicates
    count += check_tree(member.key, lines, depth + 1) + check_tree(member.value, lines, depth + 1);
  }
  return count;
}

void read_parts(const YamlNode& tree, const std::string& text) {
  Sources sources;
  sources.add("f.yaml", text);
  std::vector<Problem> problems;
  YamlReader reader(sources, problems);
  std::vector<GatewayKey> keys;
  YamlMapping file(reader, tree, "keys.yaml");
  if (const YamlNode* node = file.required("keys")) read_key_entries(reader, *node, keys);
  file.finish();
  for (const Problem& problem : problems) {
    require(!problem.message.empty() && problem.file == "f.yaml");
    const std::string shown = problem.render();
    for (char c : problem.source_line) require(c == '\t' || static_cast<unsigned char>(c) >= 0x20);
    require(shown.find(problem.message) != std::string::npos);
  }
  if (!problems.empty()) return;
  for (const GatewayKey& key : keys) require(!key.id.empty() && !key.tenant.empty());
}

void fuzz_api_kind(const std::string& text) {
  ApiKindSource source;
  std::vector<ApiKindProblem> problems;
  if (!read_api_kind(text, "f.yaml", source, problems)) return require(!problems.empty());
  require(problems.empty());
  const ApiKindSection section = compile_api_kinds({source});
  require(section.bytes.empty() != section.problems.empty());
}

void fuzz_tree(const std::string& text) {
  Problem problem;
  const auto tree = parse_yaml(text, "f.yaml", problem);
  if (!tree) return require(!problem.message.empty());
  const int lines = static_cast<int>(std::count(text.begin(), text.end(), '\n')) + 1;
  require(check_tree(*tree, lines, 0) <= kYamlNodesMax);
  read_parts(*tree, text);
}

}  // namespace
}  // namespace sallyport::controlplane::policy

// libfyaml 0.7.12 keeps 1 KiB of some broken texts for itself; what we allocate is still watched.
extern "C" const char* __lsan_default_suppressions() { return "leak:libfyaml\n"; }

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sallyport::controlplane::policy;
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data + 1), size - 1);
  if (data[0] == 'a')
    fuzz_api_kind(text);
  else
    fuzz_tree(text);
  return 0;
}
