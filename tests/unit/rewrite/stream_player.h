// stream_player.h: plays the events of an answer through the stream rewriter and reads what comes
// out as a client would: every event must be JSON, and the pieces of a channel are joined.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <tuple>
#include <vector>

#include "dataplane/llm/json_string.h"
#include "tests/unit/rewrite/rewrite_world.h"

namespace sallyport::rewrite {

struct Played {
  bool accepted = true;
  Refusal refusal = Refusal::None;
  std::string problem;  // of what came out, as a client sees it
  std::vector<std::string> in;
  std::vector<std::string> out;    // data of every event
  std::vector<std::string> names;  // event names of our own events, empty for the vendor's
  std::map<std::tuple<std::string, uint32_t, uint32_t>, std::string> channels;
  Tally tally;

  std::string text(const std::string& channel, uint32_t outer, uint32_t inner = 0) const {
    const auto found = channels.find({channel, outer, inner});
    return found == channels.end() ? std::string() : found->second;
  }
};

class StreamPlayer {
 public:
  using Json = nlohmann::json;

  explicit StreamPlayer(const char* kind) : kind_(llm::shipped_kind(kind)) {
    response_actions = World::get().scope(Direction::Response).actions;
  }

  static std::string content(uint32_t choice, const std::string& text) {
    return chunk(choice, {{"content", text}});
  }
  static std::string arguments(uint32_t choice, uint32_t call, const std::string& text) {
    return chunk(choice,
                 {{"tool_calls", {{{"index", call}, {"function", {{"arguments", text}}}}}}});
  }
  static std::string finish(uint32_t choice) {
    return Json{
        {"id", "c"},
        {"choices", {{{"index", choice}, {"delta", Json::object()}, {"finish_reason", "stop"}}}}}
        .dump();
  }
  static std::string start_text(uint32_t block) {
    return Json{{"type", "content_block_start"},
                {"index", block},
                {"content_block", {{"type", "text"}, {"text", ""}}}}
        .dump();
  }
  static std::string start_tool(uint32_t block) {
    return Json{{"type", "content_block_start"},
                {"index", block},
                {"content_block",
                 {{"type", "tool_use"}, {"id", "t"}, {"name", "f"}, {"input", Json::object()}}}}
        .dump();
  }
  static std::string text(uint32_t block, const std::string& text) {
    return block_delta(block, {{"type", "text_delta"}, {"text", text}});
  }
  static std::string partial_json(uint32_t block, const std::string& text) {
    return block_delta(block, {{"type", "input_json_delta"}, {"partial_json", text}});
  }
  static std::string stop(uint32_t block) {
    return Json{{"type", "content_block_stop"}, {"index", block}}.dump();
  }

  Played play(const std::vector<std::string>& events) {
    Played played;
    played.in = events;
    RewriteScope scope = World::get().scope(Direction::Response);
    scope.actions = response_actions;
    stream_.begin(scope, kind_);
    captures_ = llm::StreamCaptures{};
    for (const std::string& data : events) {
      const auto result = stream_.event(bytes_of(data));
      if (result == StreamRewriter::Result::Refused) played.accepted = false;
      if (!played.accepted) break;
      receive_own(played);
      receive(played, result == StreamRewriter::Result::Unchanged ? data : text_of(stream_.data()),
              "");
    }
    if (played.accepted) {
      played.accepted = stream_.finish() != StreamRewriter::Result::Refused;
      receive_own(played);
    }
    played.refusal = scope.refusal;
    played.tally = scope.tally;
    return played;
  }

  decltype(RewriteScope::actions) response_actions;

 private:
  static std::string dump(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  static std::string chunk(uint32_t choice, const Json& delta) {
    return dump({{"id", "c"},
                 {"object", "chat.completion.chunk"},
                 {"choices", {{{"index", choice}, {"delta", delta}, {"finish_reason", nullptr}}}}});
  }
  static std::string block_delta(uint32_t block, const Json& delta) {
    return dump({{"type", "content_block_delta"}, {"index", block}, {"delta", delta}});
  }
  static std::string text_of(std::span<const uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  void receive_own(Played& played) {
    for (size_t i = 0; i < stream_.before_count(); ++i) {
      const StreamRewriter::OwnEvent event = stream_.before(i);
      receive(played, text_of(event.data), std::string(event.name));
    }
  }

  void receive(Played& played, const std::string& data, const std::string& name) {
    played.out.push_back(data);
    played.names.push_back(name);
    if (data == kind_.done_data) return;
    if (!Json::accept(data) || data.find('\n') != std::string::npos) {
      played.problem = "not one line of JSON: " + data;
      return;
    }
    if (reader_.read(kind_, bytes_of(data), captures_) != llm::StreamEventReader::Result::Ok) {
      played.problem = "the reader refuses: " + data;
      return;
    }
    for (const llm::StreamDelta& d : reader_.event().deltas) {
      llm::JsonStringPieces pieces(bytes_of(data).subspan(d.raw_start, d.raw_end - d.raw_start), 0);
      std::string& text = played.channels[{std::string(llm::channel_name(kind_, d.key.channel)),
                                           d.key.outer, d.key.inner}];
      while (pieces.next()) text += text_of(pieces.decoded());
    }
  }

  llm::ApiKind kind_;
  StreamTools tools_{1};
  StreamRewriter stream_{tools_};
  llm::StreamEventReader reader_;
  llm::StreamCaptures captures_;
};

}  // namespace sallyport::rewrite
