#include "controlplane/policy/bundle/keys_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <system_error>

#include "controlplane/policy/bundle/bundle_sections.h"
#include "controlplane/policy/bundle/digest.h"
#include "controlplane/policy/bundle/whole_file.h"
#include "controlplane/policy/yaml/yaml_reader.h"

namespace sallyport::controlplane::policy {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kNewFile =
    "# Gateway keys: what each presented key stands for. `sallyctl key new` adds an entry; the "
    "key\n"
    "# itself is shown once and stands nowhere, only its HMAC does.\n"
    "keys:\n";

struct Contents {
  std::string text;
  YamlNode tree;
  std::vector<GatewayKey> keys;
};

// Nothing: `error` says where the text is wrong.
std::optional<Contents> parse_contents(std::string text, const std::string& file,
                                       std::string& error) {
  Contents out;
  out.text = std::move(text);
  Sources sources;
  sources.add(file, out.text);
  std::vector<Problem> problems;
  Problem problem;
  auto tree = parse_yaml(out.text, file, problem);
  if (!tree) {
    problems.push_back(sources.problem(Place{file, problem.line, problem.column}, problem.message));
  } else {
    YamlReader reader(sources, problems);
    YamlMapping mapping(reader, *tree, "keys.yaml");
    if (const YamlNode* keys = mapping.required("keys")) read_key_entries(reader, *keys, out.keys);
    mapping.finish();
  }
  if (!problems.empty()) {
    error = problems[0].render();
    return std::nullopt;
  }
  out.tree = std::move(*tree);
  return out;
}

std::optional<Contents> read_contents(const fs::path& path, std::string& error) {
  std::string text(kNewFile);
  std::error_code failed;
  if (fs::exists(path, failed)) {
    std::ifstream in(path, std::ios::binary);
    text.assign(std::istreambuf_iterator<char>(in), {});
    if (!in.is_open() || in.bad()) {
      error = path.string() + ": cannot be read";
      return std::nullopt;
    }
  }
  return parse_contents(std::move(text), path.string(), error);
}

// One edit at a time: of two who read the same file the later one would write the earlier one's key
// away, which was handed out, or write back one that was revoked.
class EditLock {
 public:
  explicit EditLock(const fs::path& folder)
      : folder_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    while (folder_ >= 0 && ::flock(folder_, LOCK_EX) != 0 && errno == EINTR) {
    }
  }
  ~EditLock() {
    if (folder_ >= 0) ::close(folder_);
  }
  EditLock(const EditLock&) = delete;
  EditLock& operator=(const EditLock&) = delete;

 private:
  int folder_;  // below 0: it cannot be read, and the edit says so
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  size_t from = 0;
  while (from < text.size()) {
    const size_t end = std::min(text.find('\n', from), text.size() - 1);
    out.push_back(text.substr(from, end + 1 - from));
    from = end + 1;
  }
  if (!out.empty() && out.back().back() != '\n') out.back() += '\n';
  return out;
}

size_t indent_of(const std::string& line) {
  const size_t at = line.find_first_not_of(' ');
  return at == std::string::npos ? line.size() : at;
}

bool is_comment(const std::string& line) {
  const size_t at = indent_of(line);
  return at < line.size() && line[at] == '#';
}

bool is_blank(const std::string& line) {
  return line.find_first_not_of(" \t\r\n") == std::string::npos;
}

// Behind the last line of the entry that begins at `first`: what is indented deeper, without the
// comments and blank lines that belong to what follows.
size_t entry_end(const std::vector<std::string>& lines, size_t first) {
  const size_t indent = indent_of(lines[first]);
  size_t end = first + 1;
  for (size_t i = end; i < lines.size(); ++i) {
    if (is_blank(lines[i])) continue;
    if (indent_of(lines[i]) <= indent) break;
    end = i + 1;
  }
  return end;
}

std::string entry_text(const GatewayKey& key, size_t indent) {
  const std::string outer(indent, ' '), inner(indent + 2, ' ');
  std::string out = outer + key.id + ":\n";
  out += inner + "hmac: \"" + digest_hex(key.hmac) + "\"\n";
  out += inner + "tenant: \"" + key.tenant + "\"\n";
  out += inner + "principal: \"" + key.principal + "\"\n";
  out += inner + "environment: \"" + key.environment + "\"\n";
  if (!key.default_reason.empty())
    out += inner + "default_reason: \"" + key.default_reason + "\"\n";
  return out;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += line;
  return out;
}

// The text with the entry appended; nothing: `keys` is written in a form that we do not edit.
std::optional<std::string> with_entry(const Contents& contents, const GatewayKey& key) {
  std::vector<std::string> lines = lines_of(contents.text);
  const YamlMember& keys = contents.tree.members[0];
  const auto keys_line = static_cast<size_t>(keys.key.place.line - 1);
  const YamlNode& value = keys.value;
  const std::string& line = lines[keys_line];
  if (value.members.empty()) {
    // `keys:` or `keys: {}`, perhaps with a comment behind.
    const size_t brace = line.find('{');
    if (brace != std::string::npos) {
      const size_t close = line.find('}', brace);
      if (close == std::string::npos) return std::nullopt;
      lines[keys_line].erase(brace, close + 1 - brace);
      std::string& edited = lines[keys_line];
      const size_t last = edited.find_last_not_of(" \r\n");
      if (edited.find('#') == std::string::npos) edited = edited.substr(0, last + 1) + "\n";
    }
    lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(keys_line + 1),
                 entry_text(key, indent_of(line) + 2));
    return joined(lines);
  }
  const Place& last = value.members.back().key.place;
  const auto first_line = static_cast<size_t>(value.members.front().key.place.line - 1);
  if (first_line == keys_line) return std::nullopt;  // {a: {...}}
  const size_t at = entry_end(lines, static_cast<size_t>(last.line - 1));
  lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(at),
               entry_text(key, static_cast<size_t>(last.column - 1)));
  return joined(lines);
}

std::optional<std::string> without_entry(const Contents& contents, std::string_view id) {
  std::vector<std::string> lines = lines_of(contents.text);
  const YamlMember& keys = contents.tree.members[0];
  for (const YamlMember& member : keys.value.members) {
    if (member.key.scalar != id) continue;
    auto first = static_cast<size_t>(member.key.place.line - 1);
    if (member.key.place.line == keys.key.place.line) return std::nullopt;
    const size_t end = entry_end(lines, first);
    const size_t indent = indent_of(lines[first]);
    while (first > static_cast<size_t>(keys.key.place.line) && is_comment(lines[first - 1]) &&
           indent_of(lines[first - 1]) == indent)
      --first;
    lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(first),
                lines.begin() + static_cast<std::ptrdiff_t>(end));
    return joined(lines);
  }
  return std::nullopt;
}

}  // namespace

bool KeysFile::list(std::vector<GatewayKey>& out) {
  error_.clear();
  auto contents = read_contents(path_, error_);
  if (!contents) return false;
  out = std::move(contents->keys);
  return true;
}

KeysFile::Result KeysFile::add(const GatewayKey& key) {
  error_.clear();
  const EditLock lock(path_.parent_path());
  auto contents = read_contents(path_, error_);
  if (!contents) return Result::Unreadable;
  for (const GatewayKey& other : contents->keys)
    if (other.id == key.id || other.hmac == key.hmac) return Result::Exists;
  std::vector<GatewayKey> expected = contents->keys;
  expected.push_back(key);
  return replace(with_entry(*contents, key), expected);
}

KeysFile::Result KeysFile::remove(std::string_view id) {
  error_.clear();
  const EditLock lock(path_.parent_path());
  auto contents = read_contents(path_, error_);
  if (!contents) return Result::Unreadable;
  std::vector<GatewayKey> expected = contents->keys;
  if (std::erase_if(expected, [&](const GatewayKey& key) { return key.id == id; }) == 0)
    return Result::NotFound;
  return replace(without_entry(*contents, id), expected);
}

// The new text is read back first: an edit that would not say what was meant is never written.
KeysFile::Result KeysFile::replace(const std::optional<std::string>& text,
                                   const std::vector<GatewayKey>& expected) {
  const auto is_same = [](const GatewayKey& a, const GatewayKey& b) {
    return a.id == b.id && a.hmac == b.hmac && a.tenant == b.tenant && a.principal == b.principal &&
           a.environment == b.environment && a.default_reason == b.default_reason;
  };
  std::string why;
  const auto edited = text ? parse_contents(*text, path_.string(), why) : std::nullopt;
  if (!edited || !std::equal(edited->keys.begin(), edited->keys.end(), expected.begin(),
                             expected.end(), is_same)) {
    error_ = path_.string() +
             ": the file is written in a form that no program edits; write every key as an "
             "indented block of its own lines, or edit it by hand";
    return Result::Unreadable;
  }
  try {
    write_whole_file(path_, {reinterpret_cast<const uint8_t*>(text->data()), text->size()});
  } catch (const std::runtime_error& failure) {
    error_ = failure.what();
    return Result::NotWritten;
  }
  return Result::Done;
}

}  // namespace sallyport::controlplane::policy
