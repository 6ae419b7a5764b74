#include "bench/micro/prompt_mixes.h"

#include <array>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <string_view>

namespace sallyport::bench {
namespace {

using controlplane::policy::PromptSample;
using Draw = std::mt19937_64;
using Json = nlohmann::ordered_json;

constexpr std::string_view kProse[] = {
    "I am writing a short talk about the history of bicycles and need a clear outline. ",
    "Please keep the tone friendly, avoid jargon, and do not use more than five bullet points. ",
    "The first part should explain why early machines were heavy and hard to steer. ",
    "After that I would like a paragraph about how rubber tyres changed daily life in cities. ",
    "Could you compare the two approaches and say which one you would choose for a small team? ",
    "We tried the obvious thing first, but it was slow and nobody understood the result. ",
    "What are the main differences between a glacier and an ice sheet, and why do they matter? ",
    "Rewrite the following paragraph so that a ten year old child can follow it.\n\n",
    "The committee met again on Tuesday and agreed that the plan needs more time. ",
    "Imagine a village on an island where the ferry only comes when the wind allows it. ",
    "Everybody knows everybody, and still the baker manages to keep one secret. ",
    "Give me three different endings for this story, one of them sad.\n",
    "My sourdough never rises properly although I feed the starter every morning. ",
    "Explain what happens inside the dough while it rests overnight in the fridge. ",
    "I have two weeks of holiday in autumn and want to walk in the mountains without a car. ",
    "Suggest a route with huts along the way, and mention where the weather can be difficult. ",
    "In the second experiment the temperature was held constant while the pressure was varied. ",
    "Our results suggest that the effect is smaller than earlier studies reported. ",
    "Summarise the argument in plain language and list what the author leaves out.\n",
    "A good review points out what works before it says what does not. ",
    "Why does the moon look larger when it is close to the horizon? ",
    "Light travels through more air at that angle, but this is not the whole explanation. ",
    "She opened the window, listened to the rain, and decided to stay for another hour. ",
    "Write a polite reply that declines the offer but leaves the door open for next year.\n\n",
    "The library closes at eight, so we usually meet in the cafe across the street afterwards. ",
    "Each group gets a map, a compass and a list of questions about the forest. ",
    "Is it true that octopuses can taste with their arms, or is that only a popular myth? ",
    "Translate the idiom literally first, and then tell me what people really mean by it. ",
    "You are a patient teacher; ask one question at a time and wait for my answer. ",
    "The bridge was built in 1887 and repaired twice, most recently after the flood. ",
    "Roughly 40 percent of the visitors come back within the same season. ",
    "Think step by step and show how the estimate was reached before giving the answer.\n",
    "Both methods have the same cost on paper, yet one of them is much easier to maintain. ",
    "Plants in the north facing room need less water than those on the balcony. ",
    "What would a careful reader object to in this introduction? ",
    "The game is played on a square board by two people who take turns placing stones. ",
    "If the pattern repeats, then the next term must be larger than the sum of the last two. ",
    "Please format the answer as a table with one row per month and a short comment. ",
    "Nothing in the contract says who has to clear the snow in front of the building. ",
    "For dinner we could have lentil soup with lemon, warm bread and a green salad. ",
    "The orchestra rehearsed the slow movement until late in the evening. ",
    "Let me know which of these ideas you find most convincing and why.\n\n"};

constexpr std::string_view kCode[] = {
    "def merge_sorted(left, right):\n    result = []\n    i = j = 0\n    while i < len(left) and j "
    "< "
    "len(right):\n        if left[i] <= right[j]:\n            result.append(left[i])\n            "
    "i += 1\n        else:\n            result.append(right[j])\n            j += 1\n    "
    "result.extend(left[i:])\n    result.extend(right[j:])\n    return result\n\n",
    "class Cache:\n    \"\"\"Keeps the most recent entries and forgets the rest.\"\"\"\n\n    def "
    "__init__(self, capacity=128):\n        self.capacity = capacity\n        self.entries = "
    "OrderedDict()\n\n    def get(self, name, default=None):\n        if name not in "
    "self.entries:\n            return default\n        self.entries.move_to_end(name)\n        "
    "return self.entries[name]\n\n",
    "template <typename Iterator>\nvoid insertion_sort(Iterator first, Iterator last) {\n  for "
    "(auto "
    "it = first; it != last; ++it)\n    std::rotate(std::upper_bound(first, it, *it), it, "
    "std::next(it));\n}\n\n",
    "export async function loadItems(page: number): Promise<Item[]> {\n  const response = await "
    "fetch(`/api/items?page=${page}`);\n  if (!response.ok) throw new Error(`status "
    "${response.status}`);\n  const { items } = await response.json();\n  return "
    "items.filter((item: Item) => item.visible);\n}\n\n",
    "func worker(ctx context.Context, jobs <-chan Job, results chan<- Result) error {\n\tfor {\n"
    "\t\tselect {\n\t\tcase <-ctx.Done():\n\t\t\treturn ctx.Err()\n\t\tcase job, ok := <-jobs:\n"
    "\t\t\tif !ok {\n\t\t\t\treturn nil\n\t\t\t}\n\t\t\tresults <- process(job)\n\t\t}\n\t}\n}\n\n",
    "SELECT region, date_trunc('month', sold_at) AS month, SUM(amount) AS total\nFROM sales\nWHERE "
    "sold_at >= '2024-01-01' AND status <> 'cancelled'\nGROUP BY region, month\nORDER BY total "
    "DESC\nLIMIT 20;\n\n",
    "#!/bin/sh\nset -eu\nfor file in src/*.txt; do\n  name=$(basename \"$file\" .txt)\n  sort "
    "\"$file\" | uniq -c | sort -rn | head -n 10 > \"out/$name.top\"\ndone\n\n",
    "import numpy as np\nimport matplotlib.pyplot as plt\n\nx = np.linspace(0, 2 * np.pi, 200)\ny "
    "= "
    "np.sin(x) * np.exp(-0.1 * x)\nplt.plot(x, y, label=\"damped\")\nplt.legend()\nplt.show()\n\n",
    "    @Test\n    void emptyListHasNoMaximum() {\n        "
    "assertThrows(NoSuchElementException.class, "
    "() -> Lists.max(List.of()));\n    }\n\n",
    "Traceback (most recent call last):\n  File \"main.py\", line 42, in <module>\n    run()\n  "
    "File "
    "\"main.py\", line 17, in run\n    total += values[index]\nIndexError: list index out of "
    "range\n\n"};

constexpr std::string_view kOther[] = {
    "Bitte erkläre mir den Unterschied in zwei kurzen Sätzen und nenne ein Beispiel dazu.\n",
    "Pouvez-vous résumer ce passage en gardant le ton de l'original ?\n",
    "¿Qué ventajas tiene este método frente al anterior cuando hay muchos elementos?\n",
    "请用简单的语言解释这个概念,并给出两个日常生活中的例子。\n",
    "Объясни, почему этот пример работает не так, как ожидалось.\n",
    "| n | time (ms) | memory |\n|---|---|---|\n| 10 | 0.4 | 12 |\n| 100 | 3.9 | 80 |\n",
    "Let $f(x) = x^2 - 3x + 2$. For which $x$ is $f(x) < 0$, and what is the minimum?\n",
    "2024-05-12 08:31:07 INFO scheduler: 3 jobs done, 1 waiting\n"};

constexpr std::string_view kTools[] = {"search_documents", "list_orders", "get_weather",
                                       "create_event", "read_file"};
constexpr std::string_view kCities[] = {"Lisbon", "Oslo", "Graz", "Toledo", "Utrecht", "Porto"};

std::string digits(Draw& draw, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += static_cast<char>('0' + draw() % 10);
  return out;
}
template <class List>
std::string_view any_of(Draw& draw, const List& list) {
  return list[draw() % std::size(list)];
}

std::string value(Draw& draw) {
  switch (draw() % 4) {
    case 0:
      return "You can reach me at paul.r" + digits(draw, 3) + "@mail.example.org. ";
    case 1:
      return "Call +1 415 555 " + digits(draw, 4) + " if anything is unclear. ";
    case 2:
      return "My SSN is 512-" + std::to_string(10 + draw() % 80) + "-" + digits(draw, 4) + ". ";
    default:
      return "The server answers on 10.2." + digits(draw, 2) + ".7 only. ";
  }
}

// In hundredths: code, other things; the rest is prose, of which one in a hundred is a value.
std::string message(Draw& draw, size_t bytes, unsigned code, unsigned other) {
  std::string text;
  while (text.size() < bytes) {
    const uint64_t kind = draw() % 100;
    if (kind < code)
      text += any_of(draw, kCode);
    else if (kind < code + other)
      text += any_of(draw, kOther);
    else if (draw() % 100 == 0)
      text += value(draw);
    else
      text += any_of(draw, kProse);
  }
  return text;
}

void add(PromptSample& out, const Json& body, const std::string& text) {
  out.bodies.push_back(body.dump());
  out.body_bytes += out.bodies.back().size();
  out.text_bytes += text.size();
  out.texts.push_back(text);
}

Json request(Json messages) {
  return Json{{"model", "sample"}, {"messages", std::move(messages)}, {"temperature", 0.2}};
}

Json question(const std::string& text) {
  Json messages = Json::array();
  messages.push_back({{"role", "user"}, {"content", text}});
  return request(std::move(messages));
}

// Sizes spread over two decades, as real ones are; 18 KB on average.
size_t size_of_a_body(Draw& draw) { return size_t{1'000} << (draw() % 7); }

PromptSample talk(uint64_t seed, size_t bytes, unsigned code, unsigned other) {
  Draw draw(seed);
  PromptSample out;
  while (out.body_bytes < bytes) {
    const std::string text = message(draw, size_of_a_body(draw), code, other);
    add(out, question(text), text);
  }
  return out;
}

Json tool_result(Draw& draw) {
  Json rows = Json::array();
  for (uint64_t i = 0, count = 2 + draw() % 8; i < count; ++i) {
    Json row{{"id", "ord_" + digits(draw, 6)},
             {"created_at", "2026-03-1" + digits(draw, 1) + "T10:" + digits(draw, 2) + ":07Z"},
             {"city", any_of(draw, kCities)},
             {"total", static_cast<double>(draw() % 100'000) / 100},
             {"items", draw() % 12},
             {"note", std::string(any_of(draw, kProse))}};
    if (draw() % 8 == 0) row["email"] = "paul.r" + digits(draw, 3) + "@mail.example.org";
    rows.push_back(std::move(row));
  }
  return Json{{"status", "ok"}, {"rows", std::move(rows)}, {"next", nullptr}};
}

PromptSample tools(uint64_t seed, size_t bytes) {
  Draw draw(seed);
  PromptSample out;
  while (out.body_bytes < bytes) {
    Json messages = Json::array();
    std::string text = message(draw, 400, 0, 0);
    messages.push_back({{"role", "user"}, {"content", text}});
    for (const size_t size = size_of_a_body(draw); text.size() < size;) {
      const std::string id = "call_" + digits(draw, 8);
      const std::string arguments = Json{
          {"query", std::string(any_of(draw, kProse))},
          {"city", any_of(draw, kCities)},
          {"limit", draw() % 50},
          {"fields",
           {"id", "total", "note"}}}.dump();
      const std::string result = tool_result(draw).dump();
      messages.push_back(
          {{"role", "assistant"},
           {"content", nullptr},
           {"tool_calls",
            {{{"id", id},
              {"type", "function"},
              {"function", {{"name", any_of(draw, kTools)}, {"arguments", arguments}}}}}}});
      messages.push_back({{"role", "tool"}, {"tool_call_id", id}, {"content", result}});
      text += arguments + "\n" + result + "\n";
    }
    add(out, request(std::move(messages)), text);
  }
  return out;
}

}  // namespace

std::vector<PromptMix> prompt_mixes(size_t bytes) {
  std::vector<PromptMix> out;
  out.push_back({"prompts", talk(7, bytes, 8, 6)});
  out.push_back({"code", talk(8, bytes, 80, 0)});
  out.push_back({"tools", tools(9, bytes)});
  out.push_back({"dense", controlplane::policy::make_prompt_sample(7, bytes)});
  return out;
}

bool read_mix(const std::filesystem::path& file, PromptMix& out) {
  // Joined to texts of a usual size: what one request costs whatever it says is not measured twice.
  constexpr size_t kTextBytes = 8'000;
  std::ifstream in(file);
  std::string line, text;
  const auto flush = [&] {
    if (text.empty()) return;
    add(out.sample, question(text), text);
    text.clear();
  };
  while (std::getline(in, line)) {
    const Json one = Json::parse(line, nullptr, false);
    if (!one.is_object() || !one.contains("text") || !one["text"].is_string()) continue;
    text += one["text"].get<std::string>() + "\n\n";
    if (text.size() >= kTextBytes) flush();
  }
  flush();
  out.name = file.stem().string();
  return !out.sample.texts.empty();
}

}  // namespace sallyport::bench
