#include "controlplane/cli/program_version.h"

#include <dlfcn.h>
#include <openssl/crypto.h>

#include "dataplane/scan/engine.h"

#ifndef SALLYPORT_VERSION
#error "the build names the version"
#endif

namespace sallyport::cli {

std::string_view program_version() { return SALLYPORT_VERSION; }

std::vector<std::pair<std::string, std::string>> library_versions() {
  std::vector<std::pair<std::string, std::string>> out;
  out.emplace_back("matcher", std::string(scan::matcher_version()));
  out.emplace_back("openssl", OpenSSL_version(OPENSSL_VERSION));
  // LMDB's header has its home elsewhere; the loaded library answers by name.
  using MdbVersion = char* (*)(int*, int*, int*);
  if (void* symbol = dlsym(RTLD_DEFAULT, "mdb_version"); symbol != nullptr)
    out.emplace_back("lmdb", reinterpret_cast<MdbVersion>(symbol)(nullptr, nullptr, nullptr));
  return out;
}

}  // namespace sallyport::cli
