// Reads the pattern once, from left to right. Idea: while every part so far can be only one of a
// few texts, those texts are written out; at the first part that can be anything they become a
// candidate, and writing begins anew. The longest candidate is the anchor.
#include "controlplane/policy/matcher/pattern_anchor.h"

#include <algorithm>
#include <optional>
#include <set>

#include "dataplane/base/ascii.h"

namespace sallyport::controlplane::policy {
namespace {

// Shorter ones are in every second word.
constexpr size_t kLiteralBytesMin = 3;
// More texts than this are no anchor, longer ones say nothing more.
constexpr size_t kTextsMax = 512;
constexpr size_t kTextBytesMax = 32;
// Classes of more are written out where the literal would be too short without.
constexpr size_t kClassUsual = 8;
constexpr size_t kClassMax = 16;
constexpr size_t kNestingMax = 16;
constexpr int kUnbounded = -1;

using Texts = std::vector<std::string>;

struct Part {
  std::optional<Texts> exact;  // all that it can be
  Texts begin;                 // else: every match begins with one; empty: nothing is known
  Texts end;                   // and ends with one
  Texts required;              // every match holds one
  bool required_first = false;
};

size_t shortest(const Texts& texts) {
  size_t size = texts.empty() ? 0 : texts.front().size();
  for (const std::string& text : texts) size = std::min(size, text.size());
  return size;
}

std::optional<Texts> joined(const Texts& left, const Texts& right) {
  if (left.size() * right.size() > kTextsMax) return std::nullopt;
  Texts out;
  for (const std::string& a : left)
    for (const std::string& b : right) {
      if (a.size() + b.size() > kTextBytesMax) return std::nullopt;
      out.push_back(a + b);
    }
  return out;
}

void append(Texts& to, const Texts& from) { to.insert(to.end(), from.begin(), from.end()); }

class PatternReader {
 public:
  explicit PatternReader(std::string_view pattern) : pattern_(pattern) {}

  std::optional<Part> read() {
    auto part = alternatives(0);
    return part.has_value() && at_ == pattern_.size() ? part : std::nullopt;
  }

 private:
  bool more() const { return at_ < pattern_.size(); }
  char peek() const { return more() ? pattern_[at_] : '\0'; }

  std::optional<Part> alternatives(size_t depth) {
    if (depth > kNestingMax) return std::nullopt;
    std::vector<Part> branches;
    for (;;) {
      auto branch = sequence(depth);
      if (!branch.has_value()) return std::nullopt;
      branches.push_back(std::move(*branch));
      if (peek() != '|') break;
      ++at_;
    }
    if (branches.size() == 1) return branches.front();
    return either(branches);
  }

  static Part either(const std::vector<Part>& branches) {
    Part out;
    out.exact.emplace();
    out.required_first = true;
    bool all_begin = true, all_hold = true;
    for (const Part& branch : branches) {
      if (!branch.exact.has_value()) out.exact.reset();
      if (out.exact.has_value()) append(*out.exact, *branch.exact);
      all_begin = all_begin && !branch.begin.empty();
      append(out.begin, branch.begin);
      all_hold = all_hold && !branch.required.empty();
      append(out.required, branch.required);
      out.required_first = out.required_first && branch.required_first;
    }
    if (out.exact.has_value() && out.exact->size() > kTextsMax) out.exact.reset();
    if (!all_begin || out.begin.size() > kTextsMax) out.begin.clear();
    if (!all_hold || out.required.size() > kTextsMax) out.required.clear();
    return out;
  }

  // The better of the two is kept: the longer, then the one of fewer texts.
  static void consider(const Texts& texts, bool is_first, Part& out) {
    const size_t size = shortest(texts), old = shortest(out.required);
    if (size < kLiteralBytesMin || size < old) return;
    if (size == old && texts.size() >= out.required.size()) return;
    out.required = texts;
    out.required_first = is_first;
  }

  std::optional<Part> sequence(size_t depth) {
    Part out;
    Texts run{""};  // what the parts since the last break can be
    bool first = true;
    while (more() && peek() != '|' && peek() != ')') {
      auto part = quantified(depth);
      if (!part.has_value()) return std::nullopt;
      const bool fits = part->exact.has_value() &&
                        (part->exact->size() <= kClassUsual || shortest(run) < kLiteralBytesMin);
      auto both = fits ? joined(run, *part->exact) : std::nullopt;
      if (both.has_value()) {
        run = std::move(*both);
        continue;
      }
      // The run breaks here; it still takes in how the part begins, if it would be too short.
      if (shortest(run) < kLiteralBytesMin && !part->begin.empty())
        if (auto longer = joined(run, part->begin); longer.has_value()) run = std::move(*longer);
      consider(run, first, out);
      if (first) out.begin = run;
      consider(part->required, part->required_first && first && run == Texts{""}, out);
      first = false;
      run = part->exact.has_value() ? *part->exact : part->end.empty() ? Texts{""} : part->end;
    }
    consider(run, first, out);
    out.end = run;
    if (first) {
      out.begin = run;
      out.exact = std::move(run);
    }
    if (shortest(out.begin) == 0) out.begin.clear();
    if (shortest(out.end) == 0) out.end.clear();
    return out;
  }

  std::optional<Part> quantified(size_t depth) {
    auto part = atom(depth);
    if (!part.has_value()) return std::nullopt;
    int min = 1, max = 1;
    if (!quantifier(min, max)) return std::nullopt;
    if (min == 1 && max == 1) return part;
    Part out;
    if (part->exact.has_value() && max != kUnbounded && max <= static_cast<int>(kTextBytesMax))
      if (auto all = powers(*part->exact, min, max); all.has_value()) {
        out.exact = std::move(all);
        return out;
      }
    if (min == 0) return out;
    if (part->exact.has_value()) {
      // As many of them as a literal needs.
      out.begin = out.end = *part->exact;
      for (int i = 1; i < min && shortest(out.begin) + 1 < kLiteralBytesMin; ++i) {
        auto longer = joined(out.begin, *part->exact);
        if (!longer.has_value()) break;
        out.begin = std::move(*longer);
      }
      consider(*part->exact, true, out);
    } else {
      out.begin = part->begin;
      out.end = part->end;
      out.required = part->required;
      out.required_first = part->required_first;
    }
    return out;
  }

  static std::optional<Texts> powers(const Texts& texts, int min, int max) {
    Texts all, power{""};
    for (int i = 0;; ++i) {
      if (i >= min) append(all, power);
      if (all.size() > kTextsMax) return std::nullopt;
      if (i == max) return all;
      auto next = joined(power, texts);
      if (!next.has_value()) return std::nullopt;
      power = std::move(*next);
    }
  }

  // False: not understood. A '?' behind makes it lazy, which changes no match's text.
  bool quantifier(int& min, int& max) {
    switch (peek()) {
      case '?':
        min = 0;
        break;
      case '*':
        min = 0;
        max = kUnbounded;
        break;
      case '+':
        max = kUnbounded;
        break;
      case '{':
        ++at_;
        if (!count(min)) return false;
        max = min;
        if (peek() == ',') {
          ++at_;
          if (peek() == '}')
            max = kUnbounded;
          else if (!count(max))
            return false;
        }
        if (peek() != '}') return false;
        break;
      default:
        return true;
    }
    ++at_;
    if (peek() == '?') ++at_;
    return peek() != '+';
  }

  bool count(int& value) {
    if (peek() < '0' || peek() > '9') return false;
    value = 0;
    while (peek() >= '0' && peek() <= '9' && value < 10'000)
      value = value * 10 + pattern_[at_++] - '0';
    return true;
  }

  std::optional<Part> atom(size_t depth) {
    const char c = pattern_[at_];
    switch (c) {
      case '(':
        return group(depth);
      case '[':
        return char_class();
      case '\\':
        return escape();
      case '.':
        ++at_;
        return Part{};
      case '^':
      case '$':
      case '*':
      case '+':
      case '?':
      case '{':
        return std::nullopt;
      default:
        ++at_;
        return only(std::string(1, c));
    }
  }

  static Part only(std::string text) {
    Part out;
    out.exact = Texts{std::move(text)};
    return out;
  }

  std::optional<Part> group(size_t depth) {
    ++at_;
    if (peek() == '?') {
      if (at_ + 1 >= pattern_.size() || pattern_[at_ + 1] != ':') return std::nullopt;
      at_ += 2;
    }
    auto inner = alternatives(depth + 1);
    if (!inner.has_value() || peek() != ')') return std::nullopt;
    ++at_;
    return inner;
  }

  std::optional<Part> escape() {
    ++at_;
    if (!more()) return std::nullopt;
    const char c = pattern_[at_++];
    if (c == 'd' || c == 'w' || c == 's' || c == 'D' || c == 'W' || c == 'S') return Part{};
    const bool is_letter = base::is_letter(static_cast<uint8_t>(c));
    if (is_letter || (c >= '0' && c <= '9')) return std::nullopt;
    return only(std::string(1, c));
  }

  std::optional<Part> char_class() {
    ++at_;
    bool all = peek() == '^';  // of what it may hold not all is known
    if (all) ++at_;
    std::set<char> members;
    bool first = true;
    while (more() && (first || peek() != ']')) {
      first = false;
      char low = pattern_[at_++];
      if (low == '[') return std::nullopt;  // [[:alpha:]]
      if (low == '\\') {
        if (!more()) return std::nullopt;
        low = pattern_[at_++];
        const bool is_name =
            (low >= 'a' && low <= 'z') || (low >= 'A' && low <= 'Z') || (low >= '0' && low <= '9');
        if (is_name) {
          all = true;
          continue;
        }
      }
      char high = low;
      if (peek() == '-' && at_ + 1 < pattern_.size() && pattern_[at_ + 1] != ']') {
        high = pattern_[at_ + 1];
        if (high == '\\' || high < low) return std::nullopt;
        at_ += 2;
      }
      for (int c = low; c <= high; ++c) members.insert(static_cast<char>(c));
    }
    if (!more()) return std::nullopt;
    ++at_;
    Part out;
    if (all || members.size() > kClassMax) return out;
    out.exact.emplace();
    for (const char c : members) out.exact->push_back(std::string(1, c));
    return out;
  }

  std::string_view pattern_;
  size_t at_ = 0;
};

}  // namespace

PatternAnchor pattern_anchor(std::string_view pattern) {
  const auto part = PatternReader(pattern).read();
  if (!part.has_value() || part->required.empty()) return {};
  PatternAnchor out{part->required, part->required_first};
  // What holds another one is found with it.
  std::sort(out.literals.begin(), out.literals.end(), [](const auto& a, const auto& b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  });
  Texts kept;
  for (const std::string& literal : out.literals) {
    size_t at = std::string::npos;
    for (size_t i = 0; i < kept.size() && at == std::string::npos; ++i) at = literal.find(kept[i]);
    if (at == std::string::npos) kept.push_back(literal);
    if (at != std::string::npos && at > 0) out.is_prefix = false;
  }
  std::sort(kept.begin(), kept.end());
  out.literals = std::move(kept);
  return out;
}

}  // namespace sallyport::controlplane::policy
