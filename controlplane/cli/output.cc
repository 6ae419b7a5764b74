#include "controlplane/cli/output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace sallyport::cli {
namespace {

constexpr size_t kFailureBytesMax = 2'000;  // of each line of a failure

bool wants_colour(std::FILE* stream) {
  if (const char* none = std::getenv("NO_COLOR"); none != nullptr && *none != '\0') return false;
  if (const char* force = std::getenv("CLICOLOR_FORCE");
      force != nullptr && *force != '\0' && std::string_view(force) != "0")
    return true;
  if (const char* terminal = std::getenv("TERM");
      terminal == nullptr || std::string_view(terminal) == "dumb")
    return false;
  return isatty(fileno(stream)) == 1;
}

// What a caller typed may stand in it, and may be a megabyte.
std::string clipped(const std::string& text) {
  return text.size() <= kFailureBytesMax ? text : text.substr(0, kFailureBytesMax) + "...";
}

std::string dump(const nlohmann::json& value) {
  return value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

size_t display_width(std::string_view text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<uint8_t>(c) & 0xc0) != 0x80; }));
}

std::string printable(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte < 0x20 || byte == 0x7f) c = '?';
  }
  return out;
}

Output::Output(Format format, std::FILE* data, std::FILE* notes)
    : format_(format), data_(data), notes_(notes), colour_(wants_colour(data)) {}

void Output::json(std::string_view schema, const nlohmann::json& object) {
  nlohmann::json whole = {{"schema", schema}};
  if (object.is_object()) whole.update(object);
  line(dump(whole));
}

// What was not written is known at the end: flush().
void Output::line(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), data_);
  std::fputc('\n', data_);
}

void Output::table(const std::vector<std::string>& head,
                   const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& name : head) widths.push_back(display_width(name));
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size() && i < widths.size(); ++i)
      widths[i] = std::max(widths[i], display_width(row[i]));
  }
  const auto print_row = [&](const std::vector<std::string>& row) {
    std::string text;
    for (size_t i = 0; i < row.size() && i < widths.size(); ++i) {
      text += printable(row[i]);
      if (i + 1 < row.size()) text.append(widths[i] - display_width(row[i]) + 2, ' ');
    }
    text.erase(text.find_last_not_of(' ') + 1);
    line(text);
  };
  print_row(head);
  for (const auto& row : rows) print_row(row);
}

void Output::fields(const std::vector<std::pair<std::string, std::string>>& rows) {
  size_t width = 0;
  for (const auto& [name, value] : rows) width = std::max(width, display_width(name));
  for (const auto& [name, value] : rows)
    line(name + std::string(width - display_width(name) + 2, ' ') + printable(value));
}

// Nobody is left to be told that a note cannot be written; the exit code says the rest.
void Output::note(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), notes_);
  std::fputc('\n', notes_);
}

void Output::failure(const Failure& failure) {
  // Data that was written before the error comes before it where both go to one place.
  std::fflush(data_);
  if (is_json()) {
    const nlohmann::json object = {
        {"schema", "sallyport/error/1"},
        {"code", failure.code},
        {"message", clipped(failure.message)},
        {"why", clipped(failure.why)},
        {"hint", failure.next},
        {"exit", static_cast<int>(failure.exit)},
        {"problems", failure.problems},
    };
    note(dump(object));
    return;
  }
  note(fmt::format("{}sallyctl: {}\n  why:  {}\n  next: {}", failure.problems_text,
                   clipped(failure.message), clipped(failure.why), failure.next));
}

std::string Output::coloured(std::string_view word) const {
  if (!colour_) return std::string(word);
  const char* code = word == "OK" ? "32" : word == "WARN" ? "33" : word == "FAIL" ? "31" : "0";
  return fmt::format("\x1b[{}m{}\x1b[0m", code, word);
}

bool Output::flush() { return std::fflush(data_) == 0 && std::ferror(data_) == 0; }

}  // namespace sallyport::cli
