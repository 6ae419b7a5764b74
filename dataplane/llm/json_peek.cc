#include "dataplane/llm/json_peek.h"

#include <cstddef>

#include "dataplane/base/ascii.h"

namespace sallyport::llm {
namespace {

// One object, member by member; everything below it is stepped over.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::string_view member(std::string_view name) noexcept {
    while (skip_space() && text_[at_] == '"') {
      const std::string_view key = string();
      if (!skip_space() || text_[at_] != ':') return {};
      ++at_;
      if (!skip_space()) return {};
      if (key == name) return value();
      skip_value();
      if (!skip_space() || text_[at_] != ',') return {};
      ++at_;
    }
    return {};
  }
  size_t looked_at() const noexcept { return at_; }

 private:
  bool skip_space() noexcept {
    while (at_ < text_.size() && base::is_blank(static_cast<uint8_t>(text_[at_]))) ++at_;
    return at_ < text_.size();
  }

  // At its opening quote; stands behind its closing one afterwards. Empty when it has an escape.
  std::string_view string() noexcept {
    const size_t start = ++at_;
    bool escaped = false;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] == '\\') {
        escaped = true;
        ++at_;
      }
      ++at_;
    }
    if (at_ >= text_.size()) {
      at_ = text_.size();
      return {};
    }
    const std::string_view content = text_.substr(start, at_ - start);
    ++at_;
    return escaped ? std::string_view{} : content;
  }

  std::string_view value() noexcept {
    if (text_[at_] == '"') return string();
    const size_t start = at_;
    while (at_ < text_.size() && text_[at_] >= 'a' && text_[at_] <= 'z') ++at_;
    return text_.substr(start, at_ - start);
  }

  void skip_value() noexcept {
    size_t depth = 0;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        string();
        if (depth == 0) return;
        continue;
      }
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') {
        if (depth == 0) return;  // the end of the object itself, behind a number or literal
        ++at_;
        if (--depth == 0) return;
        continue;
      }
      if (c == ',' && depth == 0) return;
      ++at_;
    }
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

std::string_view peek_member(std::span<const uint8_t> object, std::string_view name,
                             uint64_t& looked_at) noexcept {
  Reader reader({reinterpret_cast<const char*>(object.data()), object.size()});
  const std::string_view found = reader.member(name);
  looked_at += reader.looked_at();
  return found;
}

}  // namespace sallyport::llm
