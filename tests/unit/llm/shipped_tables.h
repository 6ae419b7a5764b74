// shipped_tables.h: the API kinds of the shipped bundle, compiled.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "controlplane/policy/api_kind/api_kind_file.h"
#include "dataplane/llm/api_tables.h"

namespace sallyport::llm {

// Section bytes at an address that suits load().
class AlignedSection {
 public:
  explicit AlignedSection(const std::vector<uint8_t>& bytes) : words_((bytes.size() + 7) / 8) {
    if (!bytes.empty()) std::memcpy(words_.data(), bytes.data(), bytes.size());
    size_ = bytes.size();
  }
  std::span<uint8_t> bytes() { return {reinterpret_cast<uint8_t*>(words_.data()), size_}; }

 private:
  std::vector<uint64_t> words_;
  size_t size_ = 0;
};

// Every file of policies/vendors/api, in the order of their names.
inline std::vector<controlplane::policy::NamedText> shipped_files() {
  const char* root = std::getenv("SALLYPORT_SOURCE_DIR");
  const std::filesystem::path folder =
      std::filesystem::path(root == nullptr ? "." : root) / "policies/vendors/api";
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<controlplane::policy::NamedText> files;
  for (const auto& path : paths) {
    std::ifstream in(path);
    EXPECT_TRUE(in.good()) << path;
    files.push_back({path.filename().string(), {std::istreambuf_iterator<char>(in), {}}});
  }
  return files;
}

inline controlplane::policy::NamedText shipped_file(const std::string& name) {
  for (const auto& file : shipped_files())
    if (file.file == name) return file;
  ADD_FAILURE() << name;
  return {};
}

inline const std::vector<uint8_t>& shipped_section() {
  static const std::vector<uint8_t> kBytes = [] {
    const auto section = controlplane::policy::compile_api_kind_files(shipped_files());
    for (const auto& p : section.problems)
      ADD_FAILURE() << p.file << ":" << p.line << ":" << p.column << ": " << p.what;
    return section.bytes;
  }();
  return kBytes;
}

inline const ApiTables& shipped_tables() {
  static AlignedSection section(shipped_section());
  static const ApiTables kTables = [] {
    ApiTables tables;
    EXPECT_EQ(load_error_name(tables.load(section.bytes())), "none");
    return tables;
  }();
  return kTables;
}

inline ApiKind shipped_kind(std::string_view name) {
  ApiKind kind;
  EXPECT_TRUE(shipped_tables().find_kind(name, kind)) << name;
  return kind;
}

}  // namespace sallyport::llm
