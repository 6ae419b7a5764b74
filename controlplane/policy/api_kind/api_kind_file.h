// api_kind_file.h: policies/vendors/api/*.yaml, one API kind per file, to its source form.
//
//   api_kind: openai_chat
//   format: 1
//   done_data: "[DONE]"                      # stream: the event that is not JSON
//   fragments: {name: {by: type, paths: {...}, variants: {value: {...}}}}
//   request: {paths: {path: class or {class, tree, role, mark, use, channel, capture, closes,
//                                     opaque, offset_text, offset: {text, unit, edge, share,
//                                     from}}}}
//   response: {paths: ...}
//   stream: {paths: ..., captures: {name: raw JSON}, channels: {name: {class, event, event_data}}}
//
// Each of the three may say how its bytes are framed, as a list `bodies`: request and response
// json (default), multipart, json_lines, text, opaque; stream sse (default), json_array,
// json_lines, event_stream. The data of a frame of an event_stream is read as
// {":event-type": payload}, so paths begin with the event's type.
//
// Unknown and duplicate keys are problems, each with its line and column.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "controlplane/policy/api_kind/api_kind_compiler.h"

namespace sallyport::controlplane::policy {

// Answers false when anything was added to `problems`. `file` is for messages.
bool read_api_kind(std::string_view yaml, const std::string& file, ApiKindSource& out,
                   std::vector<ApiKindProblem>& problems);

// Reads and compiles all files; the problems of both steps.
struct NamedText {
  std::string file;
  std::string text;
};
ApiKindSection compile_api_kind_files(const std::vector<NamedText>& files);

}  // namespace sallyport::controlplane::policy
