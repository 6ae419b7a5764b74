#include "controlplane/policy/matcher/matcher_shape.h"

#include <algorithm>
#include <charconv>

namespace sallyport::controlplane::policy {
namespace {

// Each is looked at wherever a row of characters is as long: few.
constexpr size_t kLengthsMax = 128;

struct Piece {
  char of;  // '9', 'A', 'X'
  unsigned min;
  unsigned max;
  bool breaks;  // a separator may stand before it
};

// "{3}" or "{3,5}" at the beginning of `rest`.
bool read_repeat(std::string_view& rest, Piece& piece) {
  const size_t close = rest.find('}');
  if (close == std::string_view::npos) return false;
  const std::string_view inner = rest.substr(1, close - 1);
  rest.remove_prefix(close + 1);
  const size_t comma = inner.find(',');
  const auto number = [](std::string_view text, unsigned& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc{} && end == text.data() + text.size() && out > 0 &&
           out <= contract::kShapeLengthMax;
  };
  if (comma == std::string_view::npos) {
    if (!number(inner, piece.min)) return false;
    piece.max = piece.min;
    return true;
  }
  return number(inner.substr(0, comma), piece.min) && number(inner.substr(comma + 1), piece.max) &&
         piece.min < piece.max;
}

void add_run(contract::MatcherShape& shape, const Piece& piece, unsigned count) {
  if (piece.breaks) shape.breaks |= uint64_t{1} << shape.length;
  for (unsigned i = 0; i < count; ++i, ++shape.length) {
    const uint64_t bit = uint64_t{1} << shape.length;
    if (piece.of == '9') shape.digits |= bit;
    if (piece.of == 'A') shape.letters |= bit;
  }
}

}  // namespace

std::string compile_shape(std::string_view notation, std::vector<contract::MatcherShape>& out) {
  std::vector<Piece> pieces;
  bool breaks = false;
  size_t lengths = 1;
  unsigned longest = 0;
  for (std::string_view rest = notation; !rest.empty();) {
    const char c = rest.front();
    if (c == '{') {
      if (pieces.empty() || breaks || !read_repeat(rest, pieces.back()))
        return "a repetition is {n} or {n,m} behind 9, A or X";
      continue;
    }
    rest.remove_prefix(1);
    if (c == '-') {
      if (pieces.empty() || breaks) return "a '-' stands between two characters";
      breaks = true;
      continue;
    }
    if (c != '9' && c != 'A' && c != 'X') return "a shape is made of 9, A, X, - and {n,m}";
    pieces.push_back(Piece{c, 1, 1, breaks});
    breaks = false;
  }
  if (pieces.empty() || breaks) return "a shape begins and ends with 9, A or X";
  for (const Piece& piece : pieces) {
    lengths = std::min(lengths * (piece.max - piece.min + 1), kLengthsMax + 1);
    longest += piece.max;
  }
  if (lengths > kLengthsMax) return "a shape has too many combinations of lengths; write several";
  if (longest >= contract::kShapeLengthMax) return "a shape has fewer than 64 characters";
  // Every combination, the last part running fastest.
  std::vector<unsigned> counts;
  for (const Piece& piece : pieces) counts.push_back(piece.min);
  for (;;) {
    contract::MatcherShape shape{};
    for (size_t i = 0; i < pieces.size(); ++i) add_run(shape, pieces[i], counts[i]);
    out.push_back(shape);
    size_t at = pieces.size();
    while (at > 0 && counts[at - 1] == pieces[at - 1].max) {
      counts[at - 1] = pieces[at - 1].min;
      --at;
    }
    if (at == 0) break;
    ++counts[at - 1];
  }
  return {};
}

}  // namespace sallyport::controlplane::policy
