// bundle_source.h: a bundle by what a person calls it: a folder, a git revision, or a digest.
//
//   policies                 a folder that is there
//   main:policies            the folder `policies` of the git revision `main`, of the repository
//                            that the present folder is in
//   HEAD~1                   the same, of the folder that `default_path` names
//   64 hex digits            a bundle or an image whose sources are kept on this host
//
// Files of a git revision are written to a folder of their own and removed again: only regular
// files, so that no link leads out of it; what a bundle extends comes from the same revision.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/policy/bundle/bundle.h"

namespace sallyport::controlplane::policy {

struct BundleSource {
  std::filesystem::path state_dir;  // of the host: bundles/ and images/
  std::string default_path = "policies";
};

// Where `source` could not be found, `error` says why; where the bundle is not good, `problems` do.
// Places of a git revision are relative to its root.
std::optional<Bundle> find_bundle(const std::string& name, const BundleSource& source,
                                  std::vector<Problem>& problems, std::string& error);

}  // namespace sallyport::controlplane::policy
