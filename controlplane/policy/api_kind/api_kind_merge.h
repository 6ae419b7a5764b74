// api_kind_merge.h: kinds that build on other kinds become kinds that stand alone.
//
//   extends: openai_chat      every fragment, shape, path, channel and capture that the file does
//                             not say itself is the other kind's; a path of the same name is the
//                             file's own
//   use: openai_chat.request  grafts the shape of another kind (request or response), or
//   use: openai_chat.error    one of its fragments
//
// A grafted fragment brings no channels: a text in pieces belongs to the stream that describes it.
#pragma once

#include <string>
#include <vector>

#include "controlplane/policy/api_kind/api_kind_compiler.h"

namespace sallyport::controlplane::policy {

// `a.{b,c}` is `a.b` and `a.c`. False: an open brace has no end.
bool expand_braces(const std::string& path, std::vector<std::string>& out);

// Replaces every kind by what it is with all that it builds on; the order stays. A kind that
// cannot be resolved (unknown, or builds on itself) is a problem and stays as it was.
void merge_kinds(std::vector<ApiKindSource>& kinds, std::vector<ApiKindProblem>& problems);

}  // namespace sallyport::controlplane::policy
