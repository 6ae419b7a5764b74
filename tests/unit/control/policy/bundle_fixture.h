// bundle_fixture.h: a small complete bundle in a folder of its own, and verbs to break it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "controlplane/policy/bundle/bundle.h"
#include "controlplane/policy/image/image_writer.h"

namespace sallyport::controlplane::policy {

inline std::filesystem::path shipped_folder() {
  const char* root = std::getenv("SALLYPORT_SOURCE_DIR");
  return std::filesystem::path(root == nullptr ? "." : root) / "policies";
}

inline std::string text_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Tests that flip bytes of files take every n-th; SALLYPORT_FLIP_STEP=1 takes all (the long tests).
inline size_t flip_step(size_t otherwise) {
  const char* step = std::getenv("SALLYPORT_FLIP_STEP");
  return step == nullptr ? otherwise : std::strtoul(step, nullptr, 10);
}
inline char flipped(char byte, size_t at) {
  return static_cast<char>(byte ^ (at % 2 == 0 ? '\x80' : '\x01'));
}

// A disk that takes no more says so here, not as an empty file somewhere else.
inline void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  if (!out)
    ADD_FAILURE() << "cannot write " << path << ": " << std::generic_category().message(errno)
                  << ", free " << std::filesystem::space(path.parent_path()).available;
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name =
        (std::filesystem::temp_directory_path() / "sallyport-policy-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    write_file(path_ / name, text);
  }

 private:
  std::filesystem::path path_;
};

inline const std::string kPinA = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
inline const std::string kHmacA(64, 'a');
inline const std::string kHmacB(64, 'b');

inline std::map<std::string, std::string> small_bundle() {
  return {
      {"bundle.yaml", "format: 1\nname: small\n"},
      {"environments.yaml",
       "environments:\n  lab: {durability: recorded}\n  production: {durability: committed}\n"},
      {"tenants.yaml",
       "tenants:\n"
       "  acme: {vendors: [openai, other], durability: {lab: committed}}\n"
       "  beta: {vendors: [other], token_scope: principal}\n"},
      {"vendors/openai.yaml",
       "vendor:\n"
       "  name: openai\n"
       "  host: api.openai.com\n"
       "  region: us\n"
       "  addresses: [192.0.2.10, 192.0.2.11]\n"
       "  pins: [\"" +
           kPinA +
           "\"]\n"
           "  auth_header: authorization\n"
           "  auth_prefix: \"Bearer \"\n"
           "  credential: openai\n"
           "  endpoints:\n"
           "    - {method: POST, path: /v1/chat/completions, api_kind: openai_chat}\n"},
      {"vendors/other.yaml",
       "vendor:\n"
       "  name: other\n"
       "  host: llm.example.com\n"
       "  port: 8443\n"
       "  addresses: [198.51.100.7]\n"
       "  pins: [\"" +
           kPinA +
           "\"]\n"
           "  auth_header: x-api-key\n"
           "  credential: other\n"
           "  endpoints:\n"
           "    - {method: POST, path: /v1/chat/completions, api_kind: openai_chat}\n"},
      {"vendors/api/openai_chat.yaml",
       "api_kind: openai_chat\n"
       "format: 1\n"
       "request: {paths: {model: {class: structural, role: model}, \"messages[*].content\": T}}\n"
       "response: {paths: {\"choices[*].message.content\": T}}\n"},
      {"keys.yaml",
       "keys:\n"
       "  second: {hmac: " +
           kHmacB +
           ", tenant: beta, principal: batch@jobs, environment: production}\n"
           "  first: {hmac: " +
           kHmacA + ", tenant: acme, principal: kim, environment: lab, default_reason: support}\n"},
      {"entities/all.yaml",
       "entities:\n"
       "  SECRET:\n"
       "    secret: true\n"
       "    priority: 100\n"
       "    rules:\n"
       "      - {id: key, kind: pattern, pattern: 'key-[a-z0-9]{16}'}\n"
       "    must_match: [{text: use key-0123456789abcdef now, match: key-0123456789abcdef}]\n"
       "    must_not_match: [key-0]\n"
       "  EMAIL_ADDRESS:\n"
       "    rules:\n"
       "      - {id: email, kind: email}\n"
       "    must_match: [{text: a@example.org}]\n"
       "    must_not_match: [\"a@b\"]\n"},
      {"actions.yaml",
       "rules:\n"
       "  - {id: secrets, entity: SECRET, action: block}\n"
       "  - {id: beta-mail, entity: EMAIL_ADDRESS, tenant: beta, direction: request, action: "
       "mask}\n"
       "  - {id: mail, entity: [EMAIL_ADDRESS], direction: request, action: tokenize}\n"
       "  - {id: lab-answers, environment: lab, direction: response, action: observe}\n"},
      {"access.yaml",
       "rules:\n"
       "  - {id: not-kim, principal: kim, reason: audit, allow: false}\n"
       "  - {id: support, tenant: [acme], entity: EMAIL_ADDRESS, reason: [support, audit], "
       "allow: true}\n"},
      {"routes.yaml",
       "gateway_hosts: [gateway.lab]\n"
       "prefixes: {/openai: openai, /openai/other: other}\n"
       "hosts: {llm.example.com: other}\n"},
      {"limits.yaml", text_of(shipped_folder() / "limits.yaml")},
      {"tests/all.yaml",
       "tests:\n"
       "  - name: mail\n"
       "    tenant: acme\n"
       "    environment: lab\n"
       "    destination: openai\n"
       "    text: write to a@example.org\n"
       "    expect:\n"
       "      verdict: pass\n"
       "      detections: [{entity: EMAIL_ADDRESS, match: a@example.org, action: tokenize}]\n"},
  };
}

// The small bundle, with files to change before it is read.
class BundleFixture : public testing::Test {
 protected:
  std::map<std::string, std::string> files = small_bundle();

  // Replaces `from` (which must be there once) in one file.
  void change(const std::string& file, const std::string& from, const std::string& to) {
    std::string& text = files[file];
    const size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << file << " has no " << from;
    text.replace(at, from.size(), to);
  }

  std::optional<Bundle> read() {
    for (const auto& [name, text] : files) folder_.write(name, text);
    problems.clear();
    return read_bundle(folder_.path(), problems);
  }

  // "file:line:column: message" of each problem, the file as a path in the bundle.
  std::vector<std::string> refusals() {
    EXPECT_FALSE(read().has_value());
    return shown();
  }
  std::vector<std::string> shown() const {
    std::vector<std::string> out;
    for (const Problem& p : problems) {
      std::string line = std::filesystem::path(p.file).lexically_relative(folder_.path()).string();
      if (p.line > 0) line += ":" + std::to_string(p.line) + ":" + std::to_string(p.column);
      out.push_back(line + ": " + p.message);
    }
    return out;
  }

  Bundle good() {
    auto bundle = read();
    for (const Problem& p : problems) ADD_FAILURE() << p.render();
    return bundle ? std::move(*bundle) : Bundle{};
  }
  CompiledImage compiled() {
    const Bundle bundle = good();
    std::vector<Problem> errors;
    auto image = compile_image(bundle, errors);
    for (const Problem& p : errors) ADD_FAILURE() << p.render();
    return image ? std::move(*image) : CompiledImage{};
  }

  TemporaryFolder folder_;
  std::vector<Problem> problems;
};

}  // namespace sallyport::controlplane::policy
