// api_kind_compiler.h: API kinds as an author thinks of them, and the bytes that the dataplane
// walks.
//
// Source: per message shape a list of paths with a class, plus named fragments for blocks that nest
// in themselves. Target: contract/llm_layout.h, a graph of nodes. Equal sources give equal bytes.
//
// Paths: `messages[*].content[*].text`; `[*]` every element of an array, `*` every member that no
// other path names, `a.{b,c}` both. A path is relative to its shape or fragment. A scalar at a path
// has the path's class. A container at a path of class L, or with `tree`, passes its class to
// everything below that has none of its own; any other container that no longer path enters is
// Unknown: inspected, never skipped. `use` grafts a fragment onto the path; paths written out win
// over the fragment's. A fragment or shape with `by: type` may have variants: once the member
// `type` (a string or a literal) has been read, the variant's paths replace those of the same name.
// A member read before `type` keeps the wider class, so that must be the careful one; of a stream
// event the discriminator is looked up first, wherever it stands. `speaker` says whose
// words everything at and below the path is; `role: message_role` that the member's value says so
// for its object.
//
// Kinds build on kinds: `extends: KIND` takes over what the file does not say itself, and
// `use: KIND.request`, `KIND.response` or `KIND.FRAGMENT` grafts what another kind describes
// (api_kind_merge.h).
//
// `role: media_type` says what the value with `role: media_data` in the same object is (an image, a
// document), where its table knows only that nobody reads it; either may stand first.
//
// `offset_text` names a text, `offset` says what a number of class N counts and where: every text
// of that name in the same message whose first `share` array indexes are those of the number,
// joined in document order; in a stream event that has none, the channels of that name whose
// numbers agree.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "dataplane/contract/llm_layout.h"

namespace sallyport::controlplane::policy {

struct ApiPath {
  std::string path;
  bool has_class = false;
  contract::TextClass text_class = contract::TextClass::Unknown;
  bool tree = false;
  contract::LeafRole role = contract::LeafRole::None;
  contract::MarkKind mark = contract::MarkKind::None;
  contract::Speaker speaker = contract::Speaker::Unsaid;  // of everything at and below the path
  std::string channel;  // stream: the string here is a piece of this channel
  std::string capture;  // stream: the value here is repeated in our own events
  std::string use;      // fragment, or KIND.fragment
  contract::OpaqueReason opaque = contract::OpaqueReason::Other;
  bool has_opaque = false;  // false: the class decides
  std::string offset_text;  // the text here has this name, or (class N) the number counts in it
  bool has_offset = false;
  uint8_t offset_form = 0;  // contract kOffset...
  std::map<std::string, contract::CloseScope>
      closes;  // stream: value -> what it closes; "*" any string
  int line = 0;
};

struct ApiFragment {
  std::vector<ApiPath> paths;
  std::string by;  // name of the discriminating member; empty: none
  std::map<std::string, std::vector<ApiPath>> variants;
  int line = 0;
};

struct ApiChannel {
  std::string name;
  bool is_json = false;    // fragments of a JSON text (class J)
  std::string event_name;  // of our own events; empty: none
  std::string event_data;  // template: ${outer} ${inner} ${text} and ${capture name}
  int line = 0;
  uint8_t key_levels = contract::kChannelKeyLevelsMax;
};

struct ApiCapture {
  std::string name;
  std::string fallback;  // raw JSON
};

struct ApiShape {
  bool present = false;
  std::vector<ApiPath> paths;
  std::string by;  // as of a fragment
  std::map<std::string, std::vector<ApiPath>> variants;
  std::vector<ApiChannel> channels;
  std::vector<ApiCapture> captures;
  uint32_t formats = 1;  // set of BodyFormat or StreamFormat; JSON, server-sent events
  int line = 0;
};

struct ApiKindSource {
  std::string name;
  std::string file;  // for messages
  std::string done_data;
  std::string extends;       // another kind
  bool proto_names = false;  // a member may be written camelCase or snake_case (proto3 JSON)
  std::map<std::string, ApiFragment> fragments;
  ApiShape shapes[contract::kShapeKindCount];  // by contract::ShapeKind
};

struct ApiKindProblem {
  std::string file;
  int line = 0;
  int column = 0;  // 0: the whole line
  std::string what;
};

struct ApiKindSection {
  std::vector<uint8_t> bytes;  // empty when there are problems
  std::vector<ApiKindProblem> problems;
};

// Kinds are written in the order of their names.
ApiKindSection compile_api_kinds(std::vector<ApiKindSource> kinds);

}  // namespace sallyport::controlplane::policy
