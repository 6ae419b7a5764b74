// bundle_files.h: the files of a bundle and of the bundles it extends, as one set of YAML trees.
//
// A bundle folder holds, and only these are read (any other .yaml in it is refused, because a
// misspelt file name would otherwise be a rule that nobody applies):
//   bundle.yaml environments.yaml tenants.yaml keys.yaml actions.yaml access.yaml routes.yaml
//   limits.yaml restoration.yaml retention.yaml approvals.yaml rollout.yaml exceptions.yaml
//   dictionaries.yaml entities/*.yaml vendors/*.yaml vendors/api/*.yaml tests/*.yaml
//   templates/*.yaml
//
// Overlay: a file of the overlay is laid over the base's file of the same path. Mappings merge key
// by key; scalars and lists are replaced; `rules:` and `opaque:` of actions.yaml and access.yaml
// stand before the base's. Places keep naming the file that said it. API kinds are replaced as
// whole files.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/policy/yaml/problem.h"
#include "controlplane/policy/yaml/yaml_node.h"
#include "dataplane/contract/image_layout.h"

namespace sallyport::controlplane::policy {

inline constexpr size_t kBundleFilesMax = 1'000;  // of one folder, other files and folders too
inline constexpr size_t kBundleLayersMax = 4;     // a bundle and what it extends

class BundleFiles {
 public:
  // False: `problems` says why. What could be read is kept, so that a caller can go on.
  bool read(const std::filesystem::path& folder, std::vector<Problem>& problems);
  // The same of a stored bundle (bundle_store.h): layers are <folder>/0, <folder>/1 and so on,
  // wherever the files say that they lie.
  bool read_stored(const std::filesystem::path& folder, std::vector<Problem>& problems);

  // The merged tree of a path in the bundle ("vendors/openai.yaml"); null: no layer has it.
  const YamlNode* find(std::string_view path) const;
  // Paths directly in a folder ("entities"), sorted.
  std::vector<std::string> in_folder(std::string_view folder) const;
  // As a person can open it, for problems about a whole file.
  std::string shown(std::string_view path) const;
  // The text of an API kind's file, of the topmost layer that has it.
  std::string text_of(std::string_view path) const;

  // Reads a file named by the value at `said` ("certificates/ca.pem"), in the folder of the layer
  // that said it; it counts in the digest. Nothing: not there, too large, or outside the folder;
  // `error` says which.
  std::optional<std::string> read_named(const Place& said, const std::string& path,
                                        std::string& error, size_t bytes_max = kYamlFileBytesMax);

  // SHA-256 of the lines "<SHA-256 of the file, hex>  <path>\n", sorted by path: what
  // `sha256sum` prints. Files of the base have the path "base/...". Final after the last
  // read_named().
  contract::Digest digest() const;

  // The bytes of the files that the digest covers, by path; they are gone from here.
  std::map<std::string, std::string> take_bytes() { return std::move(bytes_); }

  const std::string& name() const { return name_; }
  const std::string& description() const { return description_; }
  const Sources& sources() const { return sources_; }

 private:
  struct Layer {
    std::filesystem::path folder;
    std::string prefix;  // in the digest: "", "base/", "base/base/"
    std::map<std::string, YamlNode> trees;
  };
  struct Merged {
    YamlNode tree;
    std::string shown;
    std::string text;
  };

  bool read_layer(const std::filesystem::path& folder, std::vector<Problem>& problems);
  std::vector<std::string> list(const Layer& layer, std::vector<Problem>& problems) const;
  void read_file(Layer& layer, const std::string& path, std::vector<Problem>& problems);
  std::optional<std::filesystem::path> read_head(const Layer& layer,
                                                 std::vector<Problem>& problems);

  std::filesystem::path stored_;  // of read_stored(); empty: layers lie where they say
  std::vector<Layer> layers_;     // the overlay first
  std::map<std::string, Merged> merged_;
  std::map<std::string, contract::Digest> hashes_;  // by path in the digest
  std::map<std::string, std::string> bytes_;        // as hashes_
  std::map<std::string, size_t> layer_of_file_;     // by displayed name
  std::map<std::string, std::string> texts_;        // by displayed name
  Sources sources_;
  std::string name_;
  std::string description_;
};

}  // namespace sallyport::controlplane::policy
