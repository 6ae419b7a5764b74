// vault_fixture.h: a folder of its own, mappings as a worker seals them, a vault over both.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>

#include "controlplane/vault/vault.h"
#include "dataplane/base/bytes.h"
#include "dataplane/redact/mapping_sealer.h"
#include "tests/unit/memory_folder.h"

namespace sallyport::vault_test {

using namespace vault;  // NOLINT: one test namespace over one library

class Folder : public test::MemoryFolder {
 public:
  Folder() : MemoryFolder("vault") {}
};

inline std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Every file under `folder` that holds these bytes.
inline std::vector<std::string> files_with(const std::filesystem::path& folder,
                                           std::string_view bytes) {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file() && content_of(entry.path()).find(bytes) != std::string::npos)
      out.push_back(entry.path().filename().string());
  return out;
}

inline SubjectId subject_of(const std::string& value) {
  const Digest digest = sha256(bytes_of("subject of " + value));
  SubjectId out{};
  std::copy_n(digest.begin(), out.size(), out.begin());
  return out;
}
// As good as a keyed hash for who only looks.
inline TokenCore core_of(const std::string& value) {
  const Digest digest = sha256(bytes_of("token of " + value));
  TokenCore out{};
  for (size_t i = 0; i < out.size(); ++i) out[i] = contract::kCrockfordDigits[digest[i] & 31];
  out[0] = '0';
  out[1] = '1';
  return out;
}

// What one exchange minted, sealed as a worker does it.
struct Exchange {
  std::string tenant = "acme";
  std::string principal = "alice";
  std::string entity = "EMAIL_ADDRESS";
  uint64_t number = 1;
};
class Worker {
 public:
  std::vector<uint8_t> seal(const PublicKey& key, const std::vector<std::string>& values,
                            const Exchange& exchange = {}) {
    base::Clock clock{base::Instant{1}, 2};
    EXPECT_TRUE(sealer_.use_key(std::span<const uint8_t, kKeyBytes>(key), clock.now));
    redact::MappingRequest request;
    request.tenant = exchange.tenant;
    request.principal = exchange.principal;
    request.vendor = "openai";
    request.environment = "lab";
    request.request_high = 7;
    request.request_low = exchange.number;
    request.epoch = {'0', '1'};
    EXPECT_TRUE(sealer_.begin(request));
    for (const std::string& value : values)
      EXPECT_TRUE(
          sealer_.add(core_of(value), exchange.entity, subject_of(value), base::bytes_of(value)));
    std::vector<uint8_t> out(sealer_.sealed_bytes());
    EXPECT_TRUE(sealer_.seal(clock, out));
    return out;
  }
  redact::MappingSealer& sealer() { return sealer_; }

 private:
  redact::MappingSealer sealer_;
};

inline constexpr uint64_t kHourNs = 3'600'000'000'000;

class VaultTest : public ::testing::Test {
 protected:
  Folder folder;
  uint64_t clock_ns = 1'800'000'000'000'000'000;
  std::function<void(const char*)> at;
  Worker worker;

  std::filesystem::path kek_file() const { return folder / "vault.kek"; }
  std::filesystem::path vault_folder() const { return folder / "vault"; }
  void make_kek(uint32_t generation = 1) {
    Keks keks;
    keks.push_back({generation, random_secret(kKeyBytes)});
    replace_private_file(kek_file(), keks_text(keks));
  }
  std::unique_ptr<Vault> closed() {
    Vault::Options options;
    options.folder = vault_folder();
    options.map_bytes = 1 << 20;
    options.now_ns = [this] { return clock_ns; };
    options.at = at;
    return std::make_unique<Vault>(std::move(options));
  }
  std::unique_ptr<KekSource> source() const { return std::make_unique<FileKekSource>(kek_file()); }
  // A new one, or the one that is there, open.
  std::unique_ptr<Vault> open() {
    auto vault = closed();
    if (vault->state() == VaultState::Absent) {
      make_kek();
      vault->create(source());
    } else {
      vault->unseal(source());
    }
    return vault;
  }
  std::string put(Vault& vault, const std::vector<std::string>& values,
                  const Exchange& exchange = {}) {
    return vault.keep({worker.seal(*vault.public_key(), values, exchange)});
  }
  static std::string value_in(Vault& vault, const std::string& value,
                              const std::string& tenant = "acme") {
    const auto entry = vault.find(tenant, core_of(value));
    return entry ? std::string(text_of(entry->value)) : "nothing";
  }
  // Runs `work` in a child that is ended by SIGKILL at the named point; true when it got there.
  bool killed_at(const std::string& point, const std::function<void()>& work) {
    const pid_t child = ::fork();
    if (child == 0) {
      at = [&point](const char* name) {
        if (point == name) ::kill(::getpid(), SIGKILL);
      };
      work();
      ::_exit(0);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  }
};

}  // namespace sallyport::vault_test
