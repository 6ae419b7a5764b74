// stream_cases.cc: answers that arrive event by event, as vendors send them, through the relay:
// what one event costs with everything on. The yardstick is a copy of the same bytes.
//
// What is answered: texts of the headline mix, redacted as a request first, so that tokens of the
// exchange stand in them, and said in words as models do: a token of ours is cut over some ten
// events, and is restored.
#include <array>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "bench/micro/cases.h"
#include "bench/micro/prompt_mixes.h"
#include "bench/micro/shipped_policy.h"
#include "dataplane/base/ascii.h"
#include "dataplane/base/bytes.h"
#include "dataplane/base/check.h"
#include "dataplane/flow/stream_relay.h"
#include "dataplane/rewrite/text/text_rewriter.h"

namespace sallyport::bench {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMixBytes = 256U << 10;
constexpr size_t kAnswersMax = 2;
constexpr size_t kRecordBytes = 16'384;
constexpr size_t kWordBytesMax = 8;
constexpr std::string_view kReason = "assistance";

// As models spell: a word with the blank before it, long ones in parts; never inside a character.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  std::string word;
  for (const char c : text) {
    const bool is_inside = (static_cast<uint8_t>(c) & 0xc0) == 0x80;
    if (!word.empty() && !is_inside && (c == ' ' || c == '\n' || word.size() >= kWordBytesMax)) {
      out.push_back(word);
      word.clear();
    }
    word += c;
  }
  if (!word.empty()) out.push_back(word);
  return out;
}

std::string quoted(const std::string& text) { return Json(text).dump(); }

// A dialect: how a word is said, and how an answer ends.
struct Dialect {
  std::string_view name;
  std::string_view kind;
  std::string (*event)(const std::string& word);
  std::string_view last;
};

std::string openai_chat(const std::string& word) {
  return R"(data: {"id":"chatcmpl-bench0000000000000000000000","object":"chat.completion.chunk",)"
         R"("created":1796000000,"model":"gpt-bench","service_tier":"default",)"
         R"("system_fingerprint":"fp_0000000000","choices":[{"index":0,)"
         R"("delta":{"content":)" +
         quoted(word) + R"(},"logprobs":null,"finish_reason":null}],"obfuscation":"abcdefghij"})" +
         "\n\n";
}

std::string openai_responses(const std::string& word) {
  return "event: response.output_text.delta\n"
         R"(data: {"type":"response.output_text.delta",)"
         R"("item_id":"msg_bench000000000000000000000000000000000",)"
         R"("output_index":0,"content_index":0,"delta":)" +
         quoted(word) + R"(,"logprobs":[],"sequence_number":4,"obfuscation":"abcdefghij"})" +
         "\n\n";
}

std::string anthropic_messages(const std::string& word) {
  return "event: content_block_delta\n"
         R"(data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":)" +
         quoted(word) + "}}\n\n";
}

std::string gemini(const std::string& word) {
  return R"(data: {"candidates": [{"content": {"parts": [{"text": )" + quoted(word) +
         R"(}],"role": "model"},"index": 0}],)"
         R"("usageMetadata": {"promptTokenCount": 8,"totalTokenCount": 9},)"
         R"("modelVersion": "gemini-bench","responseId": "bench000000000000000000"})" +
         "\r\n\r\n";
}

constexpr Dialect kDialects[] = {
    {"openai_chat", "openai_chat", openai_chat, "data: [DONE]\n\n"},
    {"openai_responses", "openai_responses", openai_responses, ""},
    {"anthropic_messages", "anthropic_messages", anthropic_messages,
     "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
     "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"},
    {"gemini", "gemini_generate", gemini, ""},
};

struct Answer {
  std::string body;
  std::vector<size_t> ends;  // of each event
};

// What a worker has for the streams of its exchanges.
struct Relay {
  ShippedPolicy policy;
  std::vector<std::string> texts;  // with tokens in the place of values
  rewrite::StreamTools tools{1};
  flow::StreamRelay relay{tools};
  std::vector<uint8_t> out;

  explicit Relay(const std::filesystem::path& policies) : policy(policies) {
    policy.begin_scope(rewrite::RewriteScope::Direction::Request);
    rewrite::TextRewriter text;
    for (const PromptMix& mix : prompt_mixes(kMixBytes)) {
      for (const std::string& said : mix.sample.texts) {
        if (texts.size() == kAnswersMax) return;
        text.begin(policy.scope);
        SP_CHECK(text.feed(base::bytes_of(said)) && text.end());
        std::string sent;
        size_t at = 0;
        for (const auto& edit : text.edits().edits()) {
          sent += said.substr(at, edit.start - at);
          sent += base::text_of(text.edits().replacement(edit));
          at = edit.end;
        }
        texts.push_back(sent + said.substr(at));
        text.edits().clear();
      }
    }
  }

  void relay_all(const llm::ApiKind& kind, const std::vector<Answer>& answers, size_t piece) {
    for (const Answer& answer : answers) {
      policy.begin_scope(rewrite::RewriteScope::Direction::Response, kReason);
      relay.begin(policy.scope, kind, llm::StreamFormat::Sse);
      const auto body = base::bytes_of(answer.body);
      size_t at = 0;
      const auto feed = [&](size_t end) {
        out.clear();
        SP_CHECK(relay.feed(body.subspan(at, end - at), out) == flow::StreamRelay::Result::Ok);
        at = end;
      };
      if (piece == 0)
        for (const size_t end : answer.ends) feed(end);
      while (at < body.size()) feed(std::min(body.size(), at + piece));
      out.clear();
      SP_CHECK(relay.finish(out) == flow::StreamRelay::Result::Ok);
    }
  }
};

std::vector<Answer> answers_in(const Dialect& dialect, const std::vector<std::string>& texts) {
  std::vector<Answer> out;
  for (const std::string& text : texts) {
    Answer answer;
    for (const std::string& word : words_of(text)) {
      answer.body += dialect.event(word);
      answer.ends.push_back(answer.body.size());
    }
    answer.body += dialect.last;
    answer.ends.push_back(answer.body.size());
    out.push_back(std::move(answer));
  }
  return out;
}

}  // namespace

std::vector<Case> stream_cases(const std::filesystem::path& policies) {
  const auto relay = std::make_shared<Relay>(policies);
  std::vector<Case> cases;
  for (const Dialect& dialect : kDialects) {
    const auto answers = std::make_shared<std::vector<Answer>>(answers_in(dialect, relay->texts));
    llm::ApiKind kind;
    SP_CHECK(relay->policy.tables.find_kind(dialect.kind, kind));
    size_t events = 0;
    for (const Answer& answer : *answers) events += answer.ends.size();
    const auto add = [&](std::string_view name, auto work) {
      cases.push_back(Case{"stream " + std::string(dialect.name), std::string(name),
                           Unit::CyclesPerUnit, static_cast<double>(events),
                           [relay, answers, kind, work] { work(*relay, *answers, kind); }});
    };
    add("events copied", [](Relay& r, const std::vector<Answer>& all, const llm::ApiKind&) {
      for (const Answer& answer : all) {
        size_t at = 0;
        for (const size_t end : answer.ends) {
          r.out.resize(end - at);
          std::memcpy(r.out.data(), answer.body.data() + at, end - at);
          at = end;
        }
      }
    });
    cases.back().is_limit = true;
    add("an event at a time", [](Relay& r, const std::vector<Answer>& all, const llm::ApiKind& k) {
      r.relay_all(k, all, 0);
    });
    add("16 KiB at a time", [](Relay& r, const std::vector<Answer>& all, const llm::ApiKind& k) {
      r.relay_all(k, all, kRecordBytes);
    });
  }
  return cases;
}

}  // namespace sallyport::bench
