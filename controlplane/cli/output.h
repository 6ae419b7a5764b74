// output.h: data to stdout, everything else to stderr; tables for people, JSON for scripts.
//
// One object writes for one command. Whether colour is used is decided once: only on a terminal,
// never with NO_COLOR or TERM=dumb, and never as the only carrier of a meaning.
#pragma once

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/cli/failure.h"

namespace sallyport::cli {

enum class Format : uint8_t { Table, Json };

class Output {
 public:
  // The streams stay the caller's.
  Output(Format format, std::FILE* data, std::FILE* notes);

  Format format() const noexcept { return format_; }
  bool is_json() const noexcept { return format_ == Format::Json; }

  // `object` with "schema" in front, as one JSON document.
  void json(std::string_view schema, const nlohmann::json& object);
  // A line of data as it is.
  void line(std::string_view text);
  // Columns as wide as their widest cell; a row may be shorter than the head.
  void table(const std::vector<std::string>& head,
             const std::vector<std::vector<std::string>>& rows);
  // "name  value" lines.
  void fields(const std::vector<std::pair<std::string, std::string>>& rows);
  // For the person at the terminal; never data.
  void note(std::string_view text);
  void failure(const Failure& failure);
  // OK green, WARN yellow, FAIL red where colour is on; the word itself stays.
  std::string coloured(std::string_view word) const;

  // False: the data could not be written (disk full, closed pipe).
  bool flush();

 private:
  Format format_;
  std::FILE* data_;
  std::FILE* notes_;
  bool colour_;
};

// Columns that a UTF-8 text takes on a terminal, one per code point.
size_t display_width(std::string_view text);
// Control characters become '?': a name in a file must not drive the terminal.
std::string printable(std::string_view text);

}  // namespace sallyport::cli
