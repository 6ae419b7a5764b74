#include "dataplane/mem/text_window.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <new>
#include <random>
#include <string>
#include <vector>

#include "dataplane/base/bytes.h"

namespace {

// Blocks that are given back while a test watches: whether they still hold the secret.
constexpr std::string_view kSecret = "correct horse";
bool watches = false;
size_t given_back = 0, with_secret = 0;

void look_at(const void* memory, size_t size) {
  if (!watches || memory == nullptr) return;
  const std::string_view bytes(static_cast<const char*>(memory), size);
  ++given_back;
  with_secret += bytes.find(kSecret) != std::string_view::npos ? 1 : 0;
}

}  // namespace

// The size stands before the block, so that what is given back can be looked at.
void* operator new[](size_t size) {
  auto* block = static_cast<size_t*>(std::malloc(size + 2 * sizeof(size_t)));
  if (block == nullptr) throw std::bad_alloc();
  block[0] = size;
  return block + 2;
}
void operator delete[](void* memory) noexcept {
  if (memory == nullptr) return;
  auto* block = static_cast<size_t*>(memory) - 2;
  look_at(memory, block[0]);
  std::free(block);
}
void operator delete[](void* memory, size_t) noexcept { operator delete[](memory); }

namespace sallyport::mem {
namespace {

std::string text_of(const TextWindow& window) {
  const auto bytes = window.bytes();
  return {bytes.begin(), bytes.end()};
}

TEST(TextWindow, GrowsAtItsEndAndForgetsFromItsFront) {
  std::mt19937_64 draw(1);
  TextWindow window;
  std::string twin;
  for (int i = 0; i < 20'000; ++i) {
    const size_t count = draw() % 90;
    const std::string more(count, static_cast<char>('a' + i % 26));
    switch (draw() % 8) {
      case 0:
        window.drop_front(std::min(count, twin.size()));
        twin.erase(0, std::min(count, twin.size()));
        break;
      case 1:  // room of which only some is used
        std::copy_n(more.begin(), count / 2, window.extend(count));
        window.commit(count / 2);
        twin.append(more, 0, count / 2);
        break;
      case 2:
        if (draw() % 16 == 0) {
          window.clear();
          twin.clear();
        }
        break;
      default:
        window.append(base::bytes_of(more));
        twin += more;
    }
    ASSERT_EQ(text_of(window), twin) << i;
  }
}

// A vector gives its old memory back to the heap as it was.
TEST(TextWindow, LeavesNothingBehind) {
  watches = true;
  {
    TextWindow window;
    for (int i = 0; i < 200; ++i) window.append(base::bytes_of(kSecret));
    for (int i = 0; i < 150; ++i) window.drop_front(kSecret.size());
    EXPECT_EQ(window.size(), 50 * kSecret.size());
    // Room that was written and not committed is no text, and is wiped all the same.
    window.clear();
    std::copy(kSecret.begin(), kSecret.end(), window.extend(kSecret.size()));
  }
  watches = false;
  EXPECT_GT(given_back, 5U);
  EXPECT_EQ(with_secret, 0U);
}

TEST(TextWindow, WhatIsForgottenIsWiped) {
  TextWindow window;
  window.append(base::bytes_of(kSecret));
  const uint8_t* memory = window.data();
  const auto is_zero = [&](size_t from) {
    return std::all_of(memory + from, memory + kSecret.size(), [](uint8_t c) { return c == 0; });
  };
  window.drop_front(8);
  EXPECT_EQ(text_of(window), "horse");
  EXPECT_TRUE(is_zero(window.size()));
  window.clear();
  EXPECT_TRUE(is_zero(0));
}

}  // namespace
}  // namespace sallyport::mem
