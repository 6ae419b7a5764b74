#include "controlplane/policy/matcher/prompt_sample.h"

#include <array>
#include <nlohmann/json.hpp>
#include <random>
#include <span>
#include <string_view>

namespace sallyport::controlplane::policy {
namespace {

using Draw = std::mt19937_64;

// Common words, and those that talk about data without giving any: they wake the matcher's
// literals as often as they do in real prompts.
constexpr std::string_view kWords =
    "the of and to a in is that for it as with on be by this are from or an at which not have was "
    "we "
    "can will your use if has its one all new also more when there their our data how each only "
    "time "
    "into than first them other may such any these some two used make most over between would "
    "about "
    "write explain please give list step example code function value result number name model "
    "system "
    "user text file line case order table column field input output error return string object "
    "class "
    "method change result page product customer report market price team project company service "
    "account address email phone date birth card bank payment key token password secret license "
    "invoice contract delivery supplier review quarter revenue sorted network server client "
    "request "
    "response header message history culture energy water health research school student teacher "
    "story "
    "character chapter music river mountain weather season travel recipe garden window morning "
    "evening "
    "because before after without within during although however therefore perhaps usually simply "
    "describe compare analyse summarise translate rewrite generate calculate consider include "
    "provide "
    "develop support improve create design build test check learn understand remember discuss "
    "suggest";

constexpr std::array<std::string_view, 14> kOtherLanguages{
    "Bitte fasse den Vertrag in fünf Sätzen zusammen und erkläre, welche Fristen für die Kündigung "
    "gelten.\n",
    "Könntest du mir den Unterschied zwischen den beiden Verfahren genauer erläutern?\n",
    "Pouvez-vous rédiger une réponse polie à ce client mécontent et proposer une solution ?\n",
    "La réunion a été déplacée à jeudi parce que plusieurs collègues étaient absents.\n",
    "Escribe un resumen de este artículo y señala las tres ideas más importantes para el equipo.\n",
    "¿Cómo puedo mejorar la velocidad de esta consulta sin cambiar el diseño de la tabla?\n",
    "Scrivi una breve descrizione del prodotto per il nostro sito, con un tono amichevole.\n",
    "Explique a diferença entre os dois métodos e dê um exemplo prático de cada um.\n",
    "Wyjaśnij proszę, dlaczego ta funkcja zwraca błąd, i zaproponuj poprawkę.\n",
    "Объясни, пожалуйста, почему этот код работает медленно и как его можно ускорить.\n",
    "请把下面的段落翻译成英文,并且解释其中的成语。\n",
    "この関数の動作を説明して、より読みやすい書き方を提案してください。\n",
    "이 문서를 요약하고 중요한 결정 사항을 표로 정리해 주세요.\n",
    "اشرح لي الفرق بين الطريقتين مع مثال بسيط لكل منهما.\n"};

constexpr std::array<std::string_view, 9> kCode{
    "def merge(left, right):\n    out, i = [], 0\n    while i < len(left):\n        "
    "out.append(left[i])\n        i += 1\n    return out + right\n",
    "const total = items.filter((x) => x.price > 10).reduce((sum, x) => sum + x.price * x.count, "
    "0);\n",
    "func (s *Store) Get(ctx context.Context, id int64) (*Item, error) {\n\tif id <= 0 "
    "{\n\t\treturn "
    "nil, ErrNotFound\n\t}\n\treturn s.items[id], nil\n}\n",
    "for (size_t i = 0; i + 1 < size; ++i) {\n  if (data[i] == '\\r' && data[i + 1] == '\\n') "
    "count++;\n}\n",
    "SELECT c.name, COUNT(*) AS orders FROM customers c JOIN orders o ON o.customer_id = c.id "
    "GROUP BY "
    "c.name HAVING COUNT(*) > 3;\n",
    "{\"type\": \"object\", \"properties\": {\"name\": {\"type\": \"string\"}, \"count\": "
    "{\"type\": "
    "\"integer\", \"minimum\": 0}}}\n",
    "<div class=\"card\"><h2>{{ title }}</h2><p>{{ body }}</p><a href=\"/items/{{ id "
    "}}\">more</a></div>\n",
    "#include <vector>\nstd::vector<int> sieve(int n) { std::vector<bool> composite(n + 1); }\n",
    "assert result == expected, f\"got {result}\"  # see the discussion above\n"};

constexpr std::array<std::string_view, 5> kMathematics{
    "Let $f(x) = x^2 - 4x + 7$. Find all $x$ with $f(f(x)) = f(x)$ and show that the sum is ",
    "\\int_0^1 \\frac{1}{1 + x^2} \\, dx = \\frac{\\pi}{4} \\approx 0.785398, so the error is ",
    "A train travels 360 km in 4 hours and 30 minutes; how far does it get in ",
    "If $a_1 = 3$ and $a_{n+1} = 2 a_n + 1$, what is $a_{12} \\bmod 1000$? Compare with ",
    "The probability is 5/36 + 4/36 + 3/36, the expected value of the dice is "};

std::string digits(Draw& draw, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += static_cast<char>('0' + draw() % 10);
  return out;
}

// ISO/IEC 7812-1 annex B.
std::string card(Draw& draw) {
  std::string body = "4" + digits(draw, 14);
  int sum = 0;
  for (size_t i = 0; i < body.size(); ++i) {
    int digit = body[body.size() - 1 - i] - '0';
    if (i % 2 == 0) digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
    sum += digit;
  }
  return body + static_cast<char>('0' + (10 - sum % 10) % 10);
}

std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    out.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

template <class List>
std::string_view any_of(Draw& draw, const List& list) {
  return list[draw() % std::size(list)];
}

class Writer {
 public:
  explicit Writer(uint64_t seed) : draw_(seed), words_(split_words(kWords)) {}

  std::string message(size_t bytes) {
    std::string text;
    while (text.size() < bytes) {
      const uint64_t kind = draw_() % 100;
      text += kind < 10   ? sentence_with_value()
              : kind < 34 ? code()
              : kind < 46 ? std::string(any_of(draw_, kOtherLanguages))
              : kind < 54 ? mathematics()
              : kind < 60 ? log_line()
                          : prose();
    }
    return text;
  }
  size_t size_of_a_body() {
    // Spread over two decades, as real ones are; 18 KB on average.
    return size_t{1'000} << (draw_() % 7);
  }
  bool escapes_a_body() { return draw_() % 10 < 3; }

 private:
  std::string prose() {
    std::string line;
    const uint64_t count = 8 + draw_() % 18;
    for (uint64_t i = 0; i < count; ++i) {
      std::string word(any_of(draw_, words_));
      if (i == 0) word[0] = static_cast<char>(word[0] - 'a' + 'A');
      line += word;
      line += i + 1 == count ? (draw_() % 5 == 0 ? ".\n\n" : ". ") : draw_() % 12 == 0 ? ", " : " ";
    }
    return line;
  }
  std::string code() {
    std::string out(any_of(draw_, kCode));
    if (draw_() % 3 == 0)
      out += "    result[" + digits(draw_, 2) + "] = compute(\"" +
             std::string(any_of(draw_, words_)) + "\", offset=" + digits(draw_, 4) + ")\n";
    return out;
  }
  std::string mathematics() {
    return std::string(any_of(draw_, kMathematics)) + digits(draw_, 1 + draw_() % 4) + "." +
           digits(draw_, 2) + "\n";
  }
  std::string log_line() {
    return "2026-03-" + digits(draw_, 2) + "T10:" + digits(draw_, 2) + ":07Z worker[" +
           digits(draw_, 5) + "] GET /v1/items/" + digits(draw_, 8) + " 200 " + digits(draw_, 3) +
           "ms\n";
  }
  std::string sentence_with_value() {
    switch (draw_() % 6) {
      case 0:
        return "Contact anna.k" + digits(draw_, 3) + "@mail.example.org about this.\n";
      case 1:
        return "Call +1 415 555 " + digits(draw_, 4) + " after lunch.\n";
      case 2:
        return "The card is " + card(draw_) + " and it is valid.\n";
      case 3:
        return "SSN 512-" + std::to_string(10 + draw_() % 80) + "-" + digits(draw_, 4) + "\n";
      case 4:
        return "She was born on 1974-0" + std::to_string(1 + draw_() % 9) + "-1" +
               digits(draw_, 1) + " and her server answers on 10.2." + digits(draw_, 2) + ".7.\n";
      default:
        return "Dear Ms. Anna Becker, your order " + digits(draw_, 8) + " goes to 1" +
               digits(draw_, 2) + " Maple Street, Denver, CO 802" + digits(draw_, 2) + ".\n";
    }
  }

  Draw draw_;
  std::vector<std::string_view> words_;
};

}  // namespace

PromptSample make_prompt_sample(uint64_t seed, size_t bytes) {
  Writer writer(seed);
  PromptSample out;
  while (out.body_bytes < bytes) {
    const std::string text = writer.message(writer.size_of_a_body());
    nlohmann::ordered_json body{{"model", "sample"},
                                {"messages", {{{"role", "user"}, {"content", text}}}},
                                {"temperature", 0.2}};
    out.bodies.push_back(body.dump(-1, ' ', writer.escapes_a_body()));
    out.texts.push_back(text);
    out.body_bytes += out.bodies.back().size();
    out.text_bytes += text.size();
  }
  return out;
}

}  // namespace sallyport::controlplane::policy
