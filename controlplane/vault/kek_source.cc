#include "controlplane/vault/kek_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace sallyport::vault {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

[[noreturn]] void file_failed(const char* what, const std::filesystem::path& path, int code) {
  throw VaultError("kek_file",
                   std::string(what) + " " + path.string() + ": " + std::strerror(code));
}

void sync_folder(const std::filesystem::path& folder) {
  const Descriptor open(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (open.get() < 0 || ::fsync(open.get()) != 0) file_failed("sync", folder, errno);
}

void overwrite(int fd, const std::filesystem::path& name) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) file_failed("look at", name, errno);
  const std::vector<uint8_t> zeros(static_cast<size_t>(info.st_size));
  if (::pwrite(fd, zeros.data(), zeros.size(), 0) != static_cast<ssize_t>(zeros.size()) ||
      ::fsync(fd) != 0)
    file_failed("overwrite", name, errno);
}

}  // namespace

Secret read_private_file(const std::filesystem::path& file, const std::string& code) {
  const Descriptor open(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (open.get() < 0)
    throw VaultError(errno == ENOENT ? "kek_missing" : code,
                     file.string() + ": " + std::strerror(errno));
  struct stat info {};
  if (::fstat(open.get(), &info) != 0 || !S_ISREG(info.st_mode) ||
      info.st_size > static_cast<off_t>(kPrivateFileBytesMax))
    throw VaultError(code, file.string() + ": is no small regular file");
  if ((info.st_mode & 077) != 0 || (info.st_uid != 0 && info.st_uid != ::geteuid()))
    throw VaultError(code, file.string() + ": others may touch it: chown root, chmod 600");
  Secret out(static_cast<size_t>(info.st_size));
  if (::pread(open.get(), out.data(), out.size(), 0) != static_cast<ssize_t>(out.size()))
    file_failed("read", file, errno);
  return out;
}

void replace_private_file(const std::filesystem::path& file, std::span<const uint8_t> content) {
  const std::filesystem::path fresh = file.string() + ".new";
  const Descriptor former(::open(file.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  ::unlink(fresh.c_str());
  {
    const Descriptor open(
        ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (open.get() < 0) file_failed("create", fresh, errno);
    if (::write(open.get(), content.data(), content.size()) !=
            static_cast<ssize_t>(content.size()) ||
        ::fsync(open.get()) != 0)
      file_failed("write", fresh, errno);
  }
  if (::rename(fresh.c_str(), file.c_str()) != 0) file_failed("replace", file, errno);
  sync_folder(file.parent_path());
  if (former.get() >= 0) overwrite(former.get(), file);
}

bool destroy_file(const std::filesystem::path& file) {
  const Descriptor open(::open(file.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (open.get() < 0) {
    if (errno == ENOENT) return false;
    file_failed("open", file, errno);
  }
  overwrite(open.get(), file);
  if (::unlink(file.c_str()) != 0) file_failed("unlink", file, errno);
  sync_folder(file.parent_path());
  return true;
}

Keks parse_keks(std::string_view text, const std::string& name) {
  Keks keks;
  const auto refuse = [&] {
    throw VaultError("kek_refused", name +
                                        ": must be one line (two during a rotation): a number, a "
                                        "space, 64 hex digits");
  };
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    Kek kek;
    const size_t space = line.find(' ');
    if (space == std::string_view::npos) refuse();
    const auto [at, code] = std::from_chars(line.data(), line.data() + space, kek.generation);
    auto key = from_hex(line.substr(space + 1), kKeyBytes);
    if (code != std::errc{} || at != line.data() + space || kek.generation == 0 || !key) refuse();
    kek.key = std::move(*key);
    if (!keks.empty() && keks.back().generation <= kek.generation) refuse();
    keks.push_back(std::move(kek));
  }
  if (keks.empty() || keks.size() > 2) refuse();
  return keks;
}

Secret keks_text(const Keks& keks) {
  Secret out;
  const auto add = [&](std::string_view text) { out.insert(out.end(), text.begin(), text.end()); };
  for (const Kek& kek : keks) {
    add(std::to_string(kek.generation));
    add(" ");
    for (const uint8_t byte : kek.key) {
      out.push_back(static_cast<uint8_t>("0123456789abcdef"[byte >> 4]));
      out.push_back(static_cast<uint8_t>("0123456789abcdef"[byte & 15]));
    }
    add("\n");
  }
  return out;
}

Keks FileKekSource::load() {
  const Secret text = read_private_file(file_, "kek_refused");
  return parse_keks(text_of(text), file_.string());
}

void FileKekSource::store(const Keks& keks) { replace_private_file(file_, keks_text(keks)); }

}  // namespace sallyport::vault
