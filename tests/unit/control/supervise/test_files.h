// test_files.h: a folder that lasts as long as its test, and certificates made at run time.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace sallyport::supervise {

inline constexpr int64_t kYearS = 365 * 86'400;

class TestFolder {
 public:
  TestFolder();  // 0700
  ~TestFolder();
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

void write_file(const std::filesystem::path& file, std::string_view text, mode_t mode = 0600);
std::string read_file(const std::filesystem::path& file);
mode_t mode_of(const std::filesystem::path& file);

struct TestCertificate {
  std::string certificate;  // PEM
  std::string key;          // PEM
};
// Self-signed, P-256, for `name`, from a day ago until `seconds_left` from now.
TestCertificate make_certificate(const std::string& name, int64_t seconds_left);
// A key that is too weak to serve (RSA 1024) with its certificate.
TestCertificate make_weak_certificate();
// Writes gateway.pem and gateway.key.
void put_certificate(const std::filesystem::path& folder, const TestCertificate& made);

}  // namespace sallyport::supervise
