// cuts.h: how a fuzz input is cut into parts: its first two bytes seed the cuts, the rest is text.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace sallyport::fuzz {

struct CutInput {
  uint8_t choice = 0;
  std::string_view text;
  std::vector<std::string_view> parts;
};

inline CutInput cut_input(const uint8_t* data, size_t size) {
  CutInput out;
  if (size < 2) return out;
  out.choice = data[0];
  out.text = {reinterpret_cast<const char*>(data) + 2, size - 2};
  // A small generator of our own: the same input is cut alike on every machine.
  uint32_t state = data[1] * 2'654'435'761U + 1;
  for (size_t at = 0; at < out.text.size();) {
    state = state * 1'664'525U + 1'013'904'223U;
    const size_t part = 1 + (state >> 16) % (data[1] % 2 == 0 ? 3 : 64);
    out.parts.push_back(out.text.substr(at, part));
    at += part;
  }
  return out;
}

// What a fuzz target says when a property does not hold.
inline void expect(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

}  // namespace sallyport::fuzz
