#include "controlplane/evidence/export/export_layout.h"

#include <openssl/evp.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <system_error>

namespace sallyport::evidence_log {

std::string tile_path(std::string_view row, uint64_t number, uint64_t width) {
  std::string digits = std::to_string(number);
  digits.insert(0, (3 - digits.size() % 3) % 3, '0');
  std::string path = "tile/" + std::string(row);
  for (size_t i = 0; i < digits.size(); i += 3)
    path += (i + 3 < digits.size() ? "/x" : "/") + digits.substr(i, 3);
  return width == kTileWidth ? path : path + ".p/" + std::to_string(width);
}

namespace {

// A stream does not keep why; errno is of its last call.
[[noreturn]] void not_written(const std::filesystem::path& path) {
  throw std::filesystem::filesystem_error(
      "cannot write", path, std::error_code(errno != 0 ? errno : EIO, std::generic_category()));
}

}  // namespace

SummedFile::SummedFile(const std::filesystem::path& path) : path_(path) {
  std::filesystem::create_directories(path.parent_path());
  errno = 0;
  file_.open(path, std::ios::binary | std::ios::trunc);
  if (!file_) not_written(path);
  auto* sum = EVP_MD_CTX_new();
  sum_ = sum;
  if (sum == nullptr || EVP_DigestInit_ex(sum, EVP_sha256(), nullptr) != 1)
    throw std::runtime_error("no SHA-256");
}

SummedFile::~SummedFile() { EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(sum_)); }

void SummedFile::write(std::string_view bytes) {
  errno = 0;
  file_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file_) not_written(path_);
  if (EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(sum_), bytes.data(), bytes.size()) != 1)
    throw std::runtime_error("SHA-256 failed");
}

Hash SummedFile::close() {
  Hash hash{};
  errno = 0;
  file_.close();
  if (!file_) not_written(path_);
  if (EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(sum_), hash.data(), nullptr) != 1)
    throw std::runtime_error("SHA-256 failed");
  return hash;
}

std::string csv_cell(std::string_view text) {
  // U+FF1D, U+FF0B, U+FF0D, U+FF20: some spreadsheets fold them to the narrow ones.
  constexpr std::array<std::string_view, 10> kFormula{
      "=", "+", "-", "@", "\t", "\r", "\n", "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\xa0"};
  constexpr std::string_view kWideMinus = "\xef\xbc\x8d";
  const size_t begin = text.find_first_not_of(' ');
  const std::string_view visible = begin == std::string_view::npos ? "" : text.substr(begin);
  bool formula = visible.starts_with(kWideMinus);
  for (const std::string_view mark : kFormula) formula = formula || visible.starts_with(mark);
  std::string cell = formula ? "\"'" : "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f)
      cell += '?';
    else if (c == '"')
      cell += "\"\"";
    else
      cell += c;
  }
  return cell + '"';
}

}  // namespace sallyport::evidence_log
