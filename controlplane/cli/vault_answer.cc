#include "controlplane/cli/vault_answer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "controlplane/supervise/credentials/credentials.h"
#include "controlplane/supervise/credentials/private_file.h"
#include "controlplane/vault/way_out.h"
#include "dataplane/redact/subject_hash.h"
#include "dataplane/redact/token.h"

namespace sallyport::cli {
namespace {

constexpr size_t kFileBytesMax = 1U << 20;
constexpr std::string_view kHexDigits = "0123456789abcdef";

std::string read_stream(std::FILE* stream, const std::string& name) {
  std::string text;
  std::array<char, 4096> piece;
  size_t got = 0;
  while ((got = std::fread(piece.data(), 1, piece.size(), stream)) > 0) {
    text.append(piece.data(), got);
    if (text.size() > kFileBytesMax)
      throw Failure(Exit::Usage, "input_too_large", name + " is larger than 1 MiB",
                    "this is no value, key or share", "name another file");
  }
  if (std::ferror(stream) != 0)
    throw Failure(Exit::Failed, "not_read", fmt::format("{} cannot be read", printable(name)),
                  std::strerror(errno), "name a file, no folder");
  return text;
}

// Under the tenant's key, which only root and the daemon read.
std::string subject_hex(const Call& call, const std::string& tenant, const std::string& entity,
                        std::string_view value) {
  const supervise::Credentials credentials(call.settings.credentials, call.settings.keys_folder());
  std::string error;
  const auto key = credentials.subject_key(tenant, error);
  if (!key)
    throw Failure(Exit::Failed, "no_subject_key",
                  fmt::format("tenant '{}' has no subject key here", printable(tenant)), error,
                  "run as the user of sallyportd, on its machine; is the tenant's name right?");
  redact::SubjectHash hash;
  std::array<uint8_t, redact::kCanonicalBytesMax> canonical;
  const auto bytes = vault::bytes_of(value);
  const size_t size = value.empty() ? 0 : redact::canonical_value(entity, bytes, canonical);
  redact::Subject subject{};
  const bool made = size > 0 && hash.load({key->data(), key->size()}) &&
                    hash.of(tenant, entity, std::span(canonical).first(size), subject);
  vault::wipe(canonical.data(), canonical.size());
  if (!made)
    throw Failure(Exit::Usage, "bad_value", "no subject can be made of this value",
                  "it is empty, or longer than 4096 bytes", "give the value itself, one line");
  return vault::hex(subject);
}

bool is_subject(std::string_view text) {
  return text.size() == 32 && text.find_first_not_of(kHexDigits) == std::string_view::npos;
}

}  // namespace

std::string read_whole(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "re");
  if (file == nullptr)
    throw Failure(Exit::NotFound, "no_file", fmt::format("{} cannot be read", printable(path)),
                  std::strerror(errno), "name a file that is there");
  std::string text = read_stream(file, path);
  std::fclose(file);
  return text;
}

vault::PublicKey read_custodian(const std::string& path) {
  const auto key = vault::read_public_pem(read_whole(path));
  if (!key)
    throw Failure(Exit::Usage, "bad_public_key",
                  fmt::format("{} is no X25519 public key in PEM", printable(path)),
                  "a custodian makes a pair and gives away the public half",
                  "openssl genpkey -algorithm x25519 -out me.key; openssl pkey -in me.key -pubout "
                  "-out me.pub");
  return *key;
}

vault::Secret read_custodian_key(const std::string& path) {
  std::string text = read_whole(path);
  auto key = vault::read_private_pem(text);
  vault::wipe(text.data(), text.size());
  if (!key)
    throw Failure(Exit::Usage, "bad_private_key",
                  fmt::format("{} is no X25519 private key in PEM", printable(path)),
                  "it is the custodian's own key", "openssl genpkey -algorithm x25519 makes one");
  return std::move(*key);
}

namespace {

[[noreturn]] void not_written(const std::string& path, int code) {
  const char* next = code == EEXIST    ? "name a file that is not there yet"
                     : code == ENOENT  ? "make its folder, or name one that is there"
                     : code == ENOSPC  ? "make room, or name a file on another disk"
                     : code == ENOTDIR ? "name a file in a folder"
                                       : "name a file in a folder that is yours to write";
  throw Failure(code == EEXIST ? Exit::Conflict : Exit::Failed, "not_written",
                fmt::format("{} is not written", printable(path)), std::strerror(code), next);
}

}  // namespace

void refuse_unwritable(const std::string& path) {
  struct stat there {};
  if (::lstat(path.c_str(), &there) == 0) not_written(path, EEXIST);
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (::access(folder.empty() ? "." : folder.c_str(), W_OK | X_OK) != 0) not_written(path, errno);
}

void write_new(const std::string& path, std::string_view text, bool secret) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                          secret ? 0600 : 0644);
  if (file < 0) not_written(path, errno);
  int code = 0;
  while (!text.empty() && code == 0) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written >= 0)
      text.remove_prefix(static_cast<size_t>(written));
    else if (errno != EINTR)
      code = errno;
  }
  if (code == 0 && ::fsync(file) != 0) code = errno;
  if (::close(file) != 0 && code == 0) code = errno;
  if (code == 0) return;
  ::unlink(path.c_str());  // half a key is none, and would be in the way of the next try
  not_written(path, code);
}

Failure failure_of(const vault::VaultError& error, const std::string& what) {
  const bool no = error.code().starts_with("share_") || error.code().starts_with("backup_");
  return {no ? Exit::No : Exit::Failed, error.code(), what, error.what(),
          std::string(vault::way_out(error.code()))};
}

std::vector<std::string> comma_list(std::string list) {
  std::vector<std::string> out;
  while (!list.empty()) {
    const size_t end = std::min(list.find(','), list.size());
    out.push_back(list.substr(0, end));
    list.erase(0, std::min(end + 1, list.size()));
  }
  return out;
}

namespace {

bool is_entity_name(std::string_view text) {
  return !text.empty() &&
         text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == std::string_view::npos;
}

// Each line is a value: of `entity`, or where that is empty as ENTITY=value. Nothing of a line goes
// into a message.
void add_lines(const Call& call, const std::string& entity, std::string_view text,
               std::vector<std::string>& out) {
  const std::string tenant = call.arguments.get("tenant");
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty()) continue;
    const size_t mark = entity.empty() ? line.find('=') : std::string_view::npos;
    if (entity.empty() && (mark == std::string_view::npos || !is_entity_name(line.substr(0, mark))))
      throw Failure(Exit::Usage, "bad_value", fmt::format("line {} names no entity", number),
                    "without --entity each line is ENTITY=value, as EMAIL_ADDRESS=...",
                    "sallyctl subject link --help has an example");
    const std::string name = entity.empty() ? std::string(line.substr(0, mark)) : entity;
    out.push_back(subject_hex(call, tenant, name, entity.empty() ? line.substr(mark + 1) : line));
  }
}

}  // namespace

std::vector<std::string> subjects_named(const Call& call, bool value_per_line) {
  std::vector<std::string> out = comma_list(call.arguments.get("id"));
  for (const std::string& one : out)
    if (!is_subject(one))
      throw Failure(Exit::Usage, "bad_value",
                    fmt::format("--id '{}' is no subject", printable(one)),
                    "a subject is 32 hex digits, as records show it", "sallyctl subject find");
  const std::string entity = call.arguments.get("entity");
  const auto file = call.arguments.find("value-file");
  if (entity.empty() && !out.empty() && !file) return out;
  std::string value;
  if (file)
    value = read_whole(*file);
  else if (!entity.empty() || isatty(STDIN_FILENO) == 0)
    value = read_stream(stdin, "stdin");
  while (!value.empty() && (value.back() == '\n' || value.back() == '\r')) value.pop_back();
  if (entity.empty() || value_per_line)
    add_lines(call, entity, value, out);
  else
    out.push_back(subject_hex(call, call.arguments.get("tenant"), entity, value));
  vault::wipe(value.data(), value.size());
  if (out.empty())
    throw Failure(
        Exit::Usage, "missing_option", "no subject is named",
        "--id names one; or --entity, with its value on stdin or in --value-file; or lines "
        "of ENTITY=value there",
        "sallyctl subject find --help");
  return out;
}

}  // namespace sallyport::cli
