#include "dataplane/mem/byte_chain.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "dataplane/mem/segment_pool.h"

namespace sallyport::mem {
namespace {

std::span<const uint8_t> as_bytes(const std::string& s) {
  return {reinterpret_cast<const uint8_t*>(s.data()), s.size()};
}

std::string text_of(const ByteChain& chain) {
  std::string out(chain.size(), '\0');
  EXPECT_EQ(chain.copy_out(0, {reinterpret_cast<uint8_t*>(out.data()), out.size()}), out.size());
  return out;
}

TEST(ByteChain, AppendCopyFillsTheLastSegmentBeforeTakingAnother) {
  SegmentPool pool(4, 8, SegmentPool::Wipe::No);
  ByteChain chain;
  ASSERT_TRUE(chain.append_copy(as_bytes("abc"), pool));
  ASSERT_TRUE(chain.append_copy(as_bytes("defghij"), pool));
  EXPECT_EQ(text_of(chain), "abcdefghij");
  EXPECT_EQ(chain.segment_count(), 2U);
}

TEST(ByteChain, AppendCopyWithoutRoomChangesNothing) {
  SegmentPool pool(1, 4, SegmentPool::Wipe::No);
  ByteChain chain;
  ASSERT_TRUE(chain.append_copy(as_bytes("ab"), pool));
  EXPECT_FALSE(chain.append_copy(as_bytes("cdefg"), pool));
  EXPECT_EQ(text_of(chain), "ab");
}

TEST(ByteChain, TakeFrontCutsAtEveryByte) {
  const std::string text = "the quick brown fox";
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    SegmentPool pool(16, 5, SegmentPool::Wipe::OnRelease);
    ByteChain chain;
    ByteChain front;
    ASSERT_TRUE(chain.append_copy(as_bytes(text), pool));
    ASSERT_TRUE(chain.take_front(cut, front, pool));
    EXPECT_EQ(text_of(front), text.substr(0, cut));
    EXPECT_EQ(text_of(chain), text.substr(cut));
  }
}

TEST(ByteChain, TrimBackAndConsumeMeetInTheMiddle) {
  SegmentPool pool(16, 3, SegmentPool::Wipe::No);
  ByteChain chain;
  ASSERT_TRUE(chain.append_copy(as_bytes("0123456789"), pool));
  chain.trim_back(4);
  chain.consume(2);
  EXPECT_EQ(text_of(chain), "2345");
  ByteChain moved = std::move(chain);
  EXPECT_EQ(moved.size(), 4U);
}

TEST(SegmentPool, WipesWhatWasHeldBeforeItIsHandedOutAgain) {
  SegmentPool pool(1, 16, SegmentPool::Wipe::OnRelease);
  const uint8_t* storage = nullptr;
  {
    ByteChain chain;
    ASSERT_TRUE(chain.append_copy(as_bytes("top secret"), pool));
    storage = chain.front().data();
    chain.consume(4);
  }
  for (size_t i = 0; i < 16; ++i) EXPECT_EQ(storage[i], 0);
}

TEST(SegmentPool, ExhaustionIsAnAnswer) {
  SegmentPool pool(1, 16, SegmentPool::Wipe::No);
  Segment* only = pool.allocate();
  ASSERT_NE(only, nullptr);
  EXPECT_EQ(pool.allocate(), nullptr);
  release(only);
  EXPECT_EQ(pool.available(), 1U);
}

}  // namespace
}  // namespace sallyport::mem
