// bundle_reading.h: from a bundle's folder to a compiled image, with problems as a Failure.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "controlplane/cli/failure.h"
#include "controlplane/policy/bundle/bundle.h"
#include "controlplane/policy/image/image_writer.h"

namespace sallyport::cli {

struct CompiledBundle {
  controlplane::policy::Bundle bundle;
  controlplane::policy::CompiledImage image;
};

// REQUIRES nothing. Throws Failure: NotFound when there is no such folder; No with the
// problems when the bundle does not read or compile.
controlplane::policy::Bundle read_bundle_or_fail(const std::filesystem::path& folder);
// `options`: see image_writer.h; without a key an image with dictionaries is good here only.
CompiledBundle compile_or_fail(const std::filesystem::path& folder,
                               const controlplane::policy::CompileOptions& options = {});

// The form of the admin socket: file, line, column, message, text.
nlohmann::json problems_json(const std::vector<controlplane::policy::Problem>& problems);
// A bundle that is refused is exit 3 (No), whichever command met it.
Failure bundle_failure(const std::string& what,
                       const std::vector<controlplane::policy::Problem>& problems);

}  // namespace sallyport::cli
