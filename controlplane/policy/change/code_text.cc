#include "controlplane/policy/change/code_text.h"

#include <algorithm>
#include <array>

#include "dataplane/base/ascii.h"

namespace sallyport::controlplane::policy {
namespace {

bool is_identifier(char c) {
  return base::is_alnum(static_cast<uint8_t>(c)) || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

class Splitter {
 public:
  Splitter(std::string_view text, CodeLanguage language) : text_(text), language_(language) {
    out_.code.assign(text.size(), ' ');
  }

  CodeText run() {
    while (at_ < text_.size()) step();
    for (size_t i = 0; i < text_.size(); ++i)
      if (text_[i] == '\n') out_.code[i] = '\n';
    return std::move(out_);
  }

 private:
  bool starts(std::string_view word) const { return text_.substr(at_).starts_with(word); }

  void step() {
    const char c = text_[at_];
    const bool python = language_ == CodeLanguage::Python;
    if (python ? c == '#' : starts("//")) return comment(python ? 1 : 2, "\n");
    if (!python && starts("/*")) return comment(2, "*/");
    if (c == '"' || c == '\'') return quoted(c);
    if (c == '`' && language_ == CodeLanguage::Go) return literal(1, "`", false);
    if (c == '`' && language_ == CodeLanguage::JavaScript) return interpolated(1, "`", "${", 1);
    if (c == '/' && language_ == CodeLanguage::JavaScript && may_be_regex()) return regex();
    keep();
  }

  void keep() {
    const char c = text_[at_];
    out_.code[at_++] = c;
    if (c != ' ' && c != '\t') last_ = c;
  }

  void comment(size_t mark, std::string_view end) {
    const size_t begin = at_ + mark;
    const size_t close = std::min(text_.find(end, begin), text_.size());
    out_.comments.push_back({begin, close});
    at_ = std::min(close + (end == "\n" ? 0 : end.size()), text_.size());
  }

  void quoted(char quote) {
    const std::array<char, 3> three = {quote, quote, quote};
    const std::string_view triple(three.data(), three.size());
    const bool has_triple =
        language_ == CodeLanguage::Python || (language_ == CodeLanguage::Java && quote == '"');
    const std::string_view end = has_triple && starts(triple) ? triple : triple.substr(0, 1);
    if (language_ == CodeLanguage::Python && has_prefix("fFtT"))
      return interpolated(end.size(), end, "{", 1);
    literal(end.size(), end, !(language_ == CodeLanguage::Python && has_prefix("rR")));
  }

  // A letter before the quote, alone or with other prefix letters: rb"", Rf"".
  bool has_prefix(std::string_view letters) const {
    size_t begin = at_;
    while (begin > 0 && at_ - begin < 3 && is_identifier(text_[begin - 1])) --begin;
    if (begin > 0 && is_identifier(text_[begin - 1])) return false;
    return text_.substr(begin, at_ - begin).find_first_of(letters) != std::string_view::npos;
  }

  // True: the string ended here, or its line did.
  bool at_end(std::string_view end) {
    if (starts(end)) return true;
    return end.size() == 1 && end[0] != '`' && text_[at_] == '\n';
  }

  void literal(size_t mark, std::string_view end, bool has_escapes) {
    const size_t begin = at_ += mark;
    while (at_ < text_.size() && !at_end(end))
      at_ += has_escapes && text_[at_] == '\\' && at_ + 1 < text_.size() ? 2 : 1;
    close(begin, end);
  }

  void close(size_t begin, std::string_view end) {
    out_.strings.push_back({begin, at_});
    if (at_ < text_.size() && starts(end)) at_ += end.size();
    last_ = '"';
  }

  // f"..{code}.." and `..${code}..`: what is in braces is code, up to the brace that closes it.
  void interpolated(size_t mark, std::string_view end, std::string_view open, int depth_first) {
    size_t begin = at_ += mark;
    while (at_ < text_.size() && !at_end(end)) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
        at_ += 2;
      } else if (open == "{" && starts("{{")) {
        at_ += 2;
      } else if (starts(open)) {
        out_.strings.push_back({begin, at_});
        at_ += open.size();
        braces(depth_first, end);
        begin = at_;
      } else {
        ++at_;
      }
    }
    close(begin, end);
  }

  void braces(int depth, std::string_view end) {
    while (at_ < text_.size() && depth > 0) {
      const char c = text_[at_];
      if (c == '\n' && end.size() == 1 && end[0] != '`') return;
      depth += c == '{' ? 1 : c == '}' ? -1 : 0;
      if (depth > 0) out_.code[at_] = c;
      ++at_;
    }
  }

  // A slash behind a value divides; behind anything else it begins a regular expression.
  bool may_be_regex() const {
    return !is_identifier(last_) && last_ != ')' && last_ != ']' && last_ != '"';
  }

  void regex() {
    bool in_class = false;
    for (++at_; at_ < text_.size() && text_[at_] != '\n'; ++at_) {
      const char c = text_[at_];
      if (c == '\\')
        ++at_;
      else if (c == '[')
        in_class = true;
      else if (c == ']')
        in_class = false;
      else if (c == '/' && !in_class)
        break;
    }
    at_ = std::min(at_ + 1, text_.size());
    last_ = '"';
  }

  const std::string_view text_;
  const CodeLanguage language_;
  size_t at_ = 0;
  char last_ = '\n';  // the last byte of code that is no space
  CodeText out_;
};

}  // namespace

CodeLanguage language_of(std::string_view file_name) {
  static constexpr std::pair<std::string_view, CodeLanguage> kEnds[] = {
      {".py", CodeLanguage::Python},      {".js", CodeLanguage::JavaScript},
      {".mjs", CodeLanguage::JavaScript}, {".cjs", CodeLanguage::JavaScript},
      {".jsx", CodeLanguage::JavaScript}, {".ts", CodeLanguage::JavaScript},
      {".mts", CodeLanguage::JavaScript}, {".cts", CodeLanguage::JavaScript},
      {".tsx", CodeLanguage::JavaScript}, {".go", CodeLanguage::Go},
      {".java", CodeLanguage::Java}};
  if (file_name.ends_with(".min.js")) return CodeLanguage::None;
  for (const auto& [end, language] : kEnds)
    if (file_name.ends_with(end)) return language;
  return CodeLanguage::None;
}

CodeText split_code(std::string_view text, CodeLanguage language) {
  return Splitter(text, language).run();
}

}  // namespace sallyport::controlplane::policy
