// query.h: the parameters of a request's query, one by one (WHATWG URL 5.1, as vendors read it).
//
// Nothing of a query goes on unless policy names it: some vendors take keys in one.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace sallyport::http {

class QueryReader {
 public:
  // `query` without '?'; views into it.
  explicit QueryReader(std::string_view query) noexcept : rest_(query) {}

  // False: no more. Empty parameters (`a=1&&b=2`) are stepped over.
  bool next() noexcept;
  std::string_view raw() const noexcept { return raw_; }    // name=value as it came
  std::string_view name() const noexcept { return name_; }  // still escaped
  std::string_view value() const noexcept { return value_; }

 private:
  std::string_view rest_;
  std::string_view raw_;
  std::string_view name_;
  std::string_view value_;
};

// Decodes %XX and '+' into `out`; answers its size, npos when it does not fit or an escape is none.
size_t decode_query(std::string_view text, std::span<char> out) noexcept;

// Value of the first parameter `name`, still escaped; data() is null when there is none.
std::string_view find_in_query(std::string_view query, std::string_view name) noexcept;

}  // namespace sallyport::http
