#include "controlplane/policy/change/bundle_source.h"

#include <stdlib.h>

#include <algorithm>
#include <cstring>
#include <system_error>

#include "controlplane/policy/bundle/bounded_program.h"
#include "controlplane/policy/bundle/bundle_files.h"
#include "controlplane/policy/bundle/digest.h"
#include "controlplane/policy/change/bundle_store.h"
#include "controlplane/policy/image/image_cache.h"
#include "controlplane/policy/yaml/yaml_node.h"

namespace sallyport::controlplane::policy {
namespace fs = std::filesystem;
namespace {

constexpr const char* kGit = "/usr/bin/git";
constexpr std::chrono::milliseconds kGitPatience{60'000};
constexpr size_t kGitOutputBytesMax = 64U << 20;  // paths of a large repository
constexpr std::string_view kRegularModes[] = {"100644", "100755"};

// One revision's files in a folder that goes away with this object.
class GitFolder {
 public:
  GitFolder() {
    std::error_code failed;
    std::string name = (fs::temp_directory_path(failed) / "sallyport-git-XXXXXX").string();
    if (!failed && mkdtemp(name.data()) != nullptr) folder_ = name;
  }
  ~GitFolder() {
    std::error_code ignored;
    if (!folder_.empty()) fs::remove_all(folder_, ignored);
  }
  GitFolder(const GitFolder&) = delete;
  GitFolder& operator=(const GitFolder&) = delete;

  fs::path files() const { return folder_ / "files"; }

  // Empty, or why not.
  std::string open(const std::string& revision) {
    if (folder_.empty()) return "no folder for temporary files can be made";
    std::string out;
    if (!fs::exists(kGit)) return "git is not installed (package git)";
    if (!git({"rev-parse", "--show-toplevel"}, {}, out))
      return "the present folder is in no git repository: " + out;
    top_ = out.substr(0, out.find('\n'));
    if (!git({"rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}"}, {},
             out))
      return "there is no folder and no git revision '" + revision + "'";
    const std::string commit = out.substr(0, out.find('\n'));
    if (!git({"read-tree", commit}, {}, out)) return "git read-tree: " + out;
    return {};
  }

  // Writes the regular files at and below `path`. Empty, or why not.
  std::string write(const std::string& path) {
    std::string listed, out;
    if (!git({"ls-files", "--stage", "-z", "--", ":(top,literal)" + path}, {}, listed))
      return "git ls-files: " + listed;
    std::string wanted;
    size_t count = 0;
    for (size_t at = 0; at < listed.size();) {
      const size_t end = std::min(listed.find('\0', at), listed.size());
      const std::string row = listed.substr(at, end - at);  // "mode sha stage\tpath"
      at = end + 1;
      const size_t tab = row.find('\t');
      const bool is_file = std::find(std::begin(kRegularModes), std::end(kRegularModes),
                                     row.substr(0, 6)) != std::end(kRegularModes);
      if (tab == std::string::npos || !is_file) continue;
      wanted += row.substr(tab + 1) + '\0';
      ++count;
    }
    if (count == 0) return "the revision has no folder '" + path + "'";
    if (count > kBundleFilesMax) return "'" + path + "' has more files than a bundle can have";
    if (!git({"checkout-index", "-z", "--stdin", "--force", "--prefix=" + files().string() + "/"},
             wanted, out))
      return "git checkout-index: " + out;
    return {};
  }

 private:
  // The output; what git says about it when it fails.
  bool git(std::vector<std::string> arguments, const std::string& input, std::string& out) const {
    BoundedProgram program;
    program.arguments = {kGit};
    program.arguments.insert(program.arguments.end(), arguments.begin(), arguments.end());
    // What says which repositories are trusted lies in the home folder.
    for (const char* name : {"HOME", "XDG_CONFIG_HOME", "GIT_DIR", "GIT_CEILING_DIRECTORIES"})
      if (const char* value = getenv(name); value != nullptr)
        program.environment.push_back(std::string(name) + "=" + value);
    for (const char* fixed :
         {"LC_ALL=C", "PATH=/usr/bin:/bin", "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0"})
      program.environment.emplace_back(fixed);
    program.environment.push_back("GIT_INDEX_FILE=" + (folder_ / "index").string());
    program.folder = top_;
    program.input = input;
    program.patience = kGitPatience;
    program.output_bytes_max = kGitOutputBytesMax;
    const ProgramEnd end = run_bounded(program);
    out = end.succeeded() ? end.output
                          : end.errors.substr(0, end.errors.find('\n')) + " (" + end.words() + ")";
    return end.succeeded();
  }

  fs::path folder_;
  std::string top_;  // of the repository; empty: not known yet
};

// `extends` of the bundle at `folder`; empty: none, or nobody can say.
std::string extends_of(const fs::path& folder) {
  std::vector<Problem> ignored;
  std::error_code failed;
  if (!fs::is_regular_file(folder / "bundle.yaml", failed)) return {};
  FILE* file = fopen((folder / "bundle.yaml").c_str(), "rb");
  if (file == nullptr) return {};
  std::string text(kYamlFileBytesMax, '\0');
  text.resize(fread(text.data(), 1, text.size(), file));
  fclose(file);
  Problem problem;
  const auto tree = parse_yaml(text, "bundle.yaml", problem);
  const YamlNode* base = tree ? tree->find("extends") : nullptr;
  return base == nullptr ? std::string() : base->scalar;
}

void strip(std::string& file, const std::string& prefix) {
  if (file.starts_with(prefix)) file.erase(0, prefix.size());
}

// Every place of a bundle that the guard or a diff can name.
void strip_places(Bundle& bundle, const std::string& prefix) {
  strip(bundle.folder, prefix);
  for (Entity& entity : bundle.entities) {
    strip(entity.place.file, prefix);
    for (Place& place : entity.rule_places) strip(place.file, prefix);
  }
  const auto all = [&](auto& things) {
    for (auto& thing : things) strip(thing.place.file, prefix);
  };
  all(bundle.vendors);
  for (BundleVendor& vendor : bundle.vendors) all(vendor.endpoints);
  all(bundle.tenants);
  all(bundle.keys);
  all(bundle.actions);
  all(bundle.opaque);
  all(bundle.access);
  all(bundle.reasons);
  all(bundle.templates);
  all(bundle.tests);
  all(bundle.exceptions);
}

std::optional<Bundle> of_git(const std::string& revision, const std::string& path,
                             std::vector<Problem>& problems, std::string& error) {
  GitFolder git;
  error = git.open(revision);
  fs::path layer = fs::path(path).lexically_normal();
  if (layer.is_absolute() || layer.string().starts_with(".."))
    error = "the folder of a revision is named from the root of the repository";
  for (size_t i = 0; error.empty() && i < kBundleLayersMax; ++i) {
    error = git.write(layer.generic_string());
    const std::string base = extends_of(git.files() / layer);
    if (!error.empty() || base.empty()) break;
    layer = (layer / base).lexically_normal();
    if (layer.is_absolute() || layer.string().starts_with(".."))
      error = "the bundle extends a folder that is not in the repository: " + base;
  }
  if (!error.empty()) return std::nullopt;
  const std::string prefix = git.files().string() + "/";
  auto bundle = read_bundle(git.files() / fs::path(path).lexically_normal(), problems);
  for (Problem& problem : problems) strip(problem.file, prefix);
  if (bundle) strip_places(*bundle, prefix);
  return bundle;
}

std::optional<Bundle> of_digest(const contract::Digest& digest, const fs::path& state_dir,
                                std::string& error) {
  const BundleStore store(state_dir / "bundles");
  if (store.has(digest)) return store.get(digest, error);
  const auto image = ImageCache(state_dir / "images").get(digest);
  contract::ImageHeader header;
  if (!image || image->size() < sizeof header) {
    error = "neither a bundle nor an image of this digest is kept in " + state_dir.string();
    return std::nullopt;
  }
  std::memcpy(&header, image->data(), sizeof header);
  return store.get(header.bundle_digest, error);
}

}  // namespace

std::optional<Bundle> find_bundle(const std::string& name, const BundleSource& source,
                                  std::vector<Problem>& problems, std::string& error) {
  std::error_code failed;
  if (fs::is_directory(name, failed)) return read_bundle(name, problems);
  if (const auto digest = parse_digest(name)) return of_digest(*digest, source.state_dir, error);
  const size_t colon = name.find(':');
  if (colon == std::string::npos) return of_git(name, source.default_path, problems, error);
  return of_git(name.substr(0, colon), name.substr(colon + 1), problems, error);
}

}  // namespace sallyport::controlplane::policy
