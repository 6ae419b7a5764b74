// dictionary_cases.cc: prompt text against a dictionary of a million values, of which none, or one
// in every few lines, is in the text.
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "bench/micro/cases.h"
#include "controlplane/policy/dictionary/dictionary_compiler.h"
#include "controlplane/policy/matcher/prompt_sample.h"
#include "dataplane/base/bytes.h"
#include "dataplane/base/check.h"
#include "dataplane/scan/text/dictionary.h"

namespace sallyport::bench {
namespace {

namespace control = controlplane::policy;

constexpr size_t kPromptBytes = 4U << 20;
constexpr uint32_t kValues = 1'000'000;

// Two words of letters that no prompt has: "quabemo rivulat" and so on, all different.
std::string made_up_name(uint32_t number) {
  constexpr std::array<std::string_view, 16> kSyllables{"qua", "zor", "vix", "jom", "kru", "wyl",
                                                        "fej", "xan", "biq", "mox", "taz", "guv",
                                                        "lyk", "niq", "pez", "dru"};
  std::string out;
  for (int i = 0; i < 6; ++i) {
    if (i == 3) out += ' ';
    out += kSyllables[number >> (4 * i) & 15];
  }
  return out;
}

struct DictionaryBox {
  std::vector<uint64_t> section;
  scan::DictionaryIndex index;
  scan::DictionaryScanner scanner;
  std::string plain;
  std::string with_values;

  DictionaryBox() {
    control::DictionarySource source{"customers", {}, -1, 4};
    for (uint32_t i = 0; i < kValues; ++i) source.text += made_up_name(i) + "\n";
    const control::DictionaryKey key{1, 2, 3};
    const auto compiled = control::compile_dictionaries({&source, 1}, key);
    SP_CHECK(compiled.errors.empty() && compiled.entry_count == kValues);
    section.resize((compiled.section.size() + 7) / 8);
    std::copy(compiled.section.begin(), compiled.section.end(),
              reinterpret_cast<uint8_t*>(section.data()));
    std::string error;
    SP_CHECK(index.load({reinterpret_cast<const uint8_t*>(section.data()), section.size() * 8}, key,
                        error));
    uint32_t number = 0;
    for (const std::string& text : control::make_prompt_sample(1, kPromptBytes).texts) {
      plain += text;
      for (size_t at = 0; at < text.size(); at += 500)
        with_values += text.substr(at, 500) + " " + made_up_name(number += 7'919) + " ";
    }
  }

  void scan(const std::string& text) {
    scanner.begin(index, ~uint64_t{0});
    scanner.feed(base::bytes_of(text));
    scanner.end();
    scanner.take(scanner.matches().size());
  }
};

}  // namespace

std::vector<Case> dictionary_cases() {
  auto box = std::make_shared<DictionaryBox>();
  const auto one = [&](std::string name, const std::string& text) {
    return Case{"dictionary",
                std::move(name),
                Unit::GigabytesPerSecond,
                static_cast<double>(text.size()),
                [box, &text] { box->scan(text); },
                false};
  };
  return {one("1 000 000 values, none in the text", box->plain),
          one("1 000 000 values, one every 500 bytes", box->with_values)};
}

}  // namespace sallyport::bench
