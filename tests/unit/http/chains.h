// chains.h: text into byte chains, cut wherever a test wants.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/mem/byte_chain.h"
#include "dataplane/mem/segment_pool.h"

namespace sallyport::http {

inline std::span<const uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

inline std::string text_of(const mem::ByteChain& chain) {
  std::string out(chain.size(), '\0');
  chain.copy_out(0, {reinterpret_cast<uint8_t*>(out.data()), out.size()});
  return out;
}

// Adds `text` to `chain`; small segments, so that most texts lie in several.
inline void add(mem::ByteChain& chain, std::string_view text, mem::SegmentPool& pool) {
  if (!chain.append_copy(bytes_of(text), pool)) std::abort();
}

// The parts of a text that is cut at each of `at` (ascending).
inline std::vector<std::string_view> parts(std::string_view text, std::vector<size_t> at) {
  std::vector<std::string_view> out;
  size_t from = 0;
  at.push_back(text.size());
  for (const size_t to : at) {
    out.push_back(text.substr(from, to - from));
    from = to;
  }
  return out;
}

// Every way that the tests cut a text: not at all, once at each byte, and into single bytes.
inline std::vector<std::vector<std::string_view>> all_cuts(std::string_view text) {
  std::vector<std::vector<std::string_view>> out{{text}};
  std::vector<size_t> each;
  for (size_t at = 1; at < text.size(); ++at) {
    out.push_back(parts(text, {at}));
    each.push_back(at);
  }
  out.push_back(parts(text, each));
  return out;
}

}  // namespace sallyport::http
