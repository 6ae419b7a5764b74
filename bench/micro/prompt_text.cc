#include "bench/micro/prompt_text.h"

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <random>
#include <string_view>

namespace sallyport::bench {
namespace {

using Random = std::mt19937_64;

constexpr std::array<std::string_view, 40> kWords{
    "the",     "invoice", "customer", "please",   "summarise", "contract", "of",      "and",
    "to",      "a",       "report",   "delivery", "was",       "late",     "because", "supplier",
    "with",    "our",     "team",     "review",   "before",    "Friday",   "when",    "server",
    "returns", "error",   "time",     "value",    "function",  "which",    "list",    "sorted",
    "explain", "step",    "by",       "quarter",  "revenue",   "café",     "größer",  "naïve"};

std::string digits(Random& random, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += static_cast<char>('0' + random() % 10);
  return out;
}

std::string card(Random& random) {
  std::string body = "4" + digits(random, 14);
  int sum = 0;
  for (size_t i = 0; i < body.size(); ++i) {
    int digit = body[body.size() - 1 - i] - '0';
    if (i % 2 == 0) digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
    sum += digit;
  }
  return body + static_cast<char>('0' + (10 - sum % 10) % 10);
}

std::string prose(Random& random) {
  std::string line;
  for (uint64_t words = 8 + random() % 16; words > 0; --words) {
    line += kWords[random() % kWords.size()];
    line += words == 1 ? ".\n" : " ";
  }
  return line;
}

std::string code(Random& random) {
  return "    result[" + digits(random, 2) + "] = compute(\"" +
         std::string(kWords[random() % kWords.size()]) + "\", offset=" + digits(random, 4) +
         ");  // {\"retry\": " + digits(random, 1) + "}\n";
}

std::string log_line(Random& random) {
  return "2026-03-" + digits(random, 2) + "T10:" + digits(random, 2) + ":07Z worker[" +
         digits(random, 5) + "] GET /v1/items/" + digits(random, 8) + " 200 " + digits(random, 3) +
         "ms 10.0." + digits(random, 1) + "." + digits(random, 2) + "\n";
}

std::string finding(Random& random) {
  switch (random() % 4) {
    case 0:
      return "Contact anna.k" + digits(random, 3) + "@mail.example.org about this.\n";
    case 1:
      return "Call +1 415 555 " + digits(random, 4) + " after lunch.\n";
    case 2:
      return "The card is " + card(random) + " and it is valid.\n";
    default:
      return "SSN 512-" + std::to_string(10 + random() % 80) + "-" + digits(random, 4) + "\n";
  }
}

std::string message(Random& random, size_t bytes) {
  std::string text;
  while (text.size() < bytes) {
    const uint64_t kind = random() % 100;
    if (kind < 10) {
      text += finding(random);
    } else if (kind < 30) {
      text += code(random);
    } else if (kind < 40) {
      text += log_line(random);
    } else {
      text += prose(random);
    }
  }
  return text;
}

}  // namespace

Prompts make_prompts(uint64_t seed, size_t bytes) {
  Random random(seed);
  Prompts out;
  while (out.body_bytes < bytes) {
    // Sizes spread over two decades, as real ones are.
    const size_t size = size_t{1'000} << (random() % 6);
    const std::string text = message(random, size);
    nlohmann::ordered_json body{{"model", "bench"},
                                {"messages", {{{"role", "user"}, {"content", text}}}},
                                {"temperature", 0.2}};
    out.bodies.push_back(body.dump(-1, ' ', random() % 10 < 3));
    out.texts.push_back(text);
    out.body_bytes += out.bodies.back().size();
    out.text_bytes += text.size();
  }
  return out;
}

}  // namespace sallyport::bench
