#include "controlplane/policy/bundle/bundle_files.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "controlplane/policy/bundle/digest.h"
#include "controlplane/policy/yaml/yaml_reader.h"

namespace sallyport::controlplane::policy {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kHead = "bundle.yaml";
constexpr std::string_view kRootFiles[] = {kHead,
                                           "environments.yaml",
                                           "tenants.yaml",
                                           "keys.yaml",
                                           "actions.yaml",
                                           "access.yaml",
                                           "routes.yaml",
                                           "limits.yaml",
                                           "retention.yaml",
                                           "rollout.yaml",
                                           "approvals.yaml",
                                           "exceptions.yaml",
                                           "restoration.yaml",
                                           "dictionaries.yaml"};
constexpr std::string_view kFolders[] = {"entities", "vendors", "vendors/api", "tests",
                                         "templates"};

bool is_bundle_path(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos)
    return std::find(std::begin(kRootFiles), std::end(kRootFiles), path) != std::end(kRootFiles);
  return std::find(std::begin(kFolders), std::end(kFolders), path.substr(0, slash)) !=
         std::end(kFolders);
}

bool has_prepended_rules(const std::string& path) {
  return path == "actions.yaml" || path == "access.yaml";
}

bool is_rule_list(const std::string& key) { return key == "rules" || key == "opaque"; }

bool is_nothing(const YamlNode& node) {
  return node.kind == YamlNode::Kind::Scalar && node.plain && node.scalar.empty();
}

void merge(YamlNode& base, const YamlNode& overlay, bool prepend_rules) {
  if (base.kind == YamlNode::Kind::Mapping && is_nothing(overlay)) return;
  if (base.kind != YamlNode::Kind::Mapping || overlay.kind != YamlNode::Kind::Mapping) {
    base = overlay;
    return;
  }
  base.place = overlay.place;
  for (const YamlMember& member : overlay.members) {
    const auto same =
        std::find_if(base.members.begin(), base.members.end(),
                     [&](const YamlMember& m) { return m.key.scalar == member.key.scalar; });
    if (same == base.members.end()) {
      base.members.push_back(member);
    } else if (prepend_rules && is_rule_list(member.key.scalar) &&
               same->value.kind == YamlNode::Kind::Sequence &&
               member.value.kind == YamlNode::Kind::Sequence) {
      same->value.items.insert(same->value.items.begin(), member.value.items.begin(),
                               member.value.items.end());
    } else {
      same->key = member.key;
      merge(same->value, member.value, false);
    }
  }
}

bool has_yaml_name(const fs::path& path) {
  std::string extension = path.extension().string();
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return extension == ".yaml" || extension == ".yml";
}

// Why an entry of a bundle's folder is not read; empty: it is a file of a bundle, or none of ours.
// Nothing with such a name is passed over: rules that are not there are not missed by anybody.
std::string fault_of(const fs::directory_entry& entry, const fs::path& root,
                     const std::string& path) {
  std::error_code failed;
  if (entry.is_symlink(failed)) {
    const fs::path target = fs::canonical(entry.path(), failed);
    if (failed) return has_yaml_name(path) ? "a link that leads nowhere" : "";
    if (fs::is_directory(target, failed)) return "a link to a folder is not followed";
    if (!has_yaml_name(path)) return "";
    // What was signed is what lies here; and what lies elsewhere is not to be quoted in a message.
    const fs::path inside = target.lexically_relative(root);
    if (inside.empty() || *inside.begin() == "..") return "a link that leads out of the bundle";
  }
  if (!has_yaml_name(path)) return "";
  if (!entry.is_regular_file(failed)) return "no regular file";
  if (!path.ends_with(".yaml")) return "the files of a bundle end in .yaml";
  return is_bundle_path(path) ? "" : "a bundle has no file of this name or in this folder";
}

// Nothing: `error` says why.
std::optional<std::string> read_text(const fs::path& path, std::string& error,
                                     size_t bytes_max = kYamlFileBytesMax) {
  std::error_code failed;
  if (!fs::is_regular_file(path, failed)) {
    error = "there is no such file";
    return std::nullopt;
  }
  const auto size = fs::file_size(path, failed);
  if (failed || size > bytes_max) {
    error = failed ? failed.message()
                   : "the file is larger than " + std::to_string(bytes_max >> 20) + " MiB";
    return std::nullopt;
  }
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in.good() && !in.eof()) {
    error = std::string("cannot be read") +
            (errno != 0 ? ": " + std::string(std::strerror(errno)) : "");
    return std::nullopt;
  }
  return text;
}

}  // namespace

bool BundleFiles::read(const fs::path& folder, std::vector<Problem>& problems) {
  const size_t before = problems.size();
  fs::path next = folder;
  while (read_layer(next, problems)) {
    const auto base = read_head(layers_.back(), problems);
    if (!base) break;
    if (layers_.size() == kBundleLayersMax) {
      problems.push_back(Problem{(layers_.back().folder / kHead).string(),
                                 0,
                                 0,
                                 "bundles extend one another too deeply, or in a circle",
                                 {}});
      break;
    }
    next = *base;
  }
  for (size_t i = layers_.size(); i-- > 0;) {
    for (const auto& [path, tree] : layers_[i].trees) {
      if (path == kHead) continue;
      const std::string shown = (layers_[i].folder / path).string();
      const auto [entry, is_new] = merged_.try_emplace(path, Merged{tree, shown, texts_[shown]});
      if (is_new) continue;
      if (path.starts_with("vendors/api/"))
        entry->second.tree = tree;
      else
        merge(entry->second.tree, tree, has_prepended_rules(path));
      entry->second.shown = shown;
      entry->second.text = texts_[shown];
    }
  }
  return problems.size() == before;
}

bool BundleFiles::read_stored(const fs::path& folder, std::vector<Problem>& problems) {
  stored_ = folder;
  return read(folder / "0", problems);
}

bool BundleFiles::read_layer(const fs::path& folder, std::vector<Problem>& problems) {
  std::error_code failed;
  if (!fs::is_directory(folder, failed)) {
    problems.push_back(Problem{folder.string(), 0, 0, "there is no such folder", {}});
    return false;
  }
  Layer layer;
  layer.folder = folder;
  for (size_t i = 0; i < layers_.size(); ++i) layer.prefix += "base/";
  layers_.push_back(std::move(layer));
  for (const std::string& path : list(layers_.back(), problems))
    read_file(layers_.back(), path, problems);
  return true;
}

// The .yaml files of a layer, sorted.
std::vector<std::string> BundleFiles::list(const Layer& layer,
                                           std::vector<Problem>& problems) const {
  std::vector<std::string> out;
  std::error_code failed;
  size_t count = 0;
  const fs::path root = fs::canonical(layer.folder, failed);
  auto each = fs::recursive_directory_iterator(layer.folder, failed);
  for (; !failed && each != fs::recursive_directory_iterator(); each.increment(failed)) {
    const fs::path relative = each->path().lexically_relative(layer.folder);
    if (++count > kBundleFilesMax) {
      problems.push_back(Problem{
          layer.folder.string(),
          0,
          0,
          "more than " + std::to_string(kBundleFilesMax) + " files in the folder; is it a bundle?",
          {}});
      return {};
    }
    if (relative.filename().string().starts_with('.')) {
      each.disable_recursion_pending();
      continue;
    }
    const std::string path = relative.generic_string();
    const std::string fault = fault_of(*each, root, path);
    if (!fault.empty())
      problems.push_back(Problem{each->path().string(), 0, 0, fault, {}});
    else if (has_yaml_name(relative))
      out.push_back(path);
  }
  if (failed) problems.push_back(Problem{layer.folder.string(), 0, 0, failed.message(), {}});
  std::sort(out.begin(), out.end());
  return out;
}

void BundleFiles::read_file(Layer& layer, const std::string& path, std::vector<Problem>& problems) {
  const std::string shown = (layer.folder / path).string();
  std::string error;
  auto text = read_text(layer.folder / path, error);
  if (!text) {
    problems.push_back(Problem{shown, 0, 0, error, {}});
    return;
  }
  hashes_[layer.prefix + path] = sha256(*text);
  bytes_[layer.prefix + path] = *text;
  layer_of_file_[shown] = static_cast<size_t>(&layer - layers_.data());
  sources_.add(shown, *text);
  Problem problem;
  auto tree = parse_yaml(*text, shown, problem);
  texts_[shown] = std::move(*text);
  if (tree)
    layer.trees.emplace(path, std::move(*tree));
  else
    problems.push_back(
        sources_.problem(Place{shown, problem.line, problem.column}, problem.message));
}

// bundle.yaml of one layer: the folder it extends.
std::optional<fs::path> BundleFiles::read_head(const Layer& layer, std::vector<Problem>& problems) {
  const auto found = layer.trees.find(std::string(kHead));
  const std::string shown = (layer.folder / kHead).string();
  if (found == layer.trees.end()) {
    if (!texts_.contains(shown))
      problems.push_back(Problem{shown,
                                 0,
                                 0,
                                 "every bundle has this file (format, name); is this the folder "
                                 "of a bundle?",
                                 {}});
    return std::nullopt;
  }
  YamlReader reader(sources_, problems);
  YamlMapping head(reader, found->second, "bundle.yaml");
  const YamlNode* format = head.required("format");
  if (format != nullptr && (format->kind != YamlNode::Kind::Scalar || format->scalar != "1"))
    reader.add(format->place, "this program reads bundles of format 1");
  const std::string name = head.text("name");
  const std::string description = head.text_or("description", "");
  const YamlNode* extends = head.optional("extends");
  const std::string base = extends == nullptr ? std::string() : reader.text(*extends);
  head.finish();
  if (layers_.size() == 1) {
    name_ = name;
    description_ = description;
  }
  if (base.empty()) return std::nullopt;
  const fs::path folder = stored_.empty() ? (layer.folder / base).lexically_normal()
                                          : stored_ / std::to_string(layers_.size());
  std::error_code failed;
  if (fs::is_directory(folder, failed)) return folder;
  reader.add(extends->place, "there is no folder " + folder.string());
  return std::nullopt;
}

const YamlNode* BundleFiles::find(std::string_view path) const {
  const auto found = merged_.find(std::string(path));
  return found == merged_.end() ? nullptr : &found->second.tree;
}

std::vector<std::string> BundleFiles::in_folder(std::string_view folder) const {
  std::vector<std::string> out;
  for (const auto& [path, merged] : merged_) {
    const size_t slash = path.rfind('/');
    if (slash != std::string::npos && std::string_view(path).substr(0, slash) == folder)
      out.push_back(path);
  }
  return out;
}

std::string BundleFiles::shown(std::string_view path) const {
  const auto found = merged_.find(std::string(path));
  if (found != merged_.end()) return found->second.shown;
  return layers_.empty() ? std::string(path) : (layers_[0].folder / path).string();
}

std::string BundleFiles::text_of(std::string_view path) const {
  const auto found = merged_.find(std::string(path));
  return found == merged_.end() ? std::string() : found->second.text;
}

std::optional<std::string> BundleFiles::read_named(const Place& said, const std::string& path,
                                                   std::string& error, size_t bytes_max) {
  const auto layer = layer_of_file_.find(said.file);
  const fs::path relative = fs::path(path).lexically_normal();
  if (layer == layer_of_file_.end() || path.empty() || relative.is_absolute() ||
      relative.string().starts_with("..")) {
    error = "a path inside the folder of this bundle is expected, such as certificates/ca.pem";
    return std::nullopt;
  }
  const Layer& said_in = layers_[layer->second];
  auto text = read_text(said_in.folder / relative, error, bytes_max);
  if (!text) {
    error = (said_in.folder / relative).string() + ": " + error;
    return std::nullopt;
  }
  hashes_[said_in.prefix + relative.generic_string()] = sha256(*text);
  bytes_[said_in.prefix + relative.generic_string()] = *text;
  return text;
}

contract::Digest BundleFiles::digest() const {
  std::string lines;
  for (const auto& [path, hash] : hashes_) lines += digest_hex(hash) + "  " + path + "\n";
  return sha256(lines);
}

}  // namespace sallyport::controlplane::policy
