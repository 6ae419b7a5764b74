#include "controlplane/evidence/log/bundle.h"

#include <gtest/gtest.h>

#include <random>

namespace sallyport::evidence_log {
namespace {

std::vector<std::vector<uint8_t>> records_of(BundleView view) {
  std::vector<std::vector<uint8_t>> records;
  std::span<const uint8_t> record;
  while (view.next(record)) records.emplace_back(record.begin(), record.end());
  EXPECT_TRUE(view.whole());
  return records;
}

TEST(BundleTest, WhatWasPutInComesOutWhateverItsZeros) {
  std::mt19937 chance{7};
  for (int round = 0; round < 200; ++round) {
    std::vector<std::vector<uint8_t>> records;
    BundleWriter writer;
    const size_t count = 1 + chance() % kBundleRecordsMax;
    for (size_t i = 0; i < count; ++i) {
      std::vector<uint8_t> record(chance() % 3 == 0 ? 0 : 1 + chance() % 400);
      const auto density = static_cast<unsigned>(chance() % 5);
      for (uint8_t& byte : record)
        if (density != 0 && chance() % density == 0) byte = static_cast<uint8_t>(chance());
      ASSERT_TRUE(writer.has_room_for(record.size()));
      writer.add(record);
      records.push_back(record);
    }
    EXPECT_EQ(records_of(BundleView(writer.value())), records);
    BundleView lengths(writer.value());
    bool pruned = false;
    for (const auto& record : records) {
      ASSERT_TRUE(lengths.next_is_pruned(pruned));
      EXPECT_EQ(pruned, record.empty());
    }
    EXPECT_FALSE(lengths.next_is_pruned(pruned));
    EXPECT_TRUE(lengths.whole());
    writer.clear();
    EXPECT_EQ(writer.count(), 0U);
  }
}

TEST(BundleTest, RoomThatNothingFillsIsNotWritten) {
  BundleWriter writer;
  writer.add(std::vector<uint8_t>(800));
  EXPECT_LT(writer.value().size(), 30U);
  BundleWriter all_pruned;
  for (int i = 0; i < 9; ++i) all_pruned.add({});
  EXPECT_EQ(all_pruned.value().size(), 4U);
  EXPECT_EQ(records_of(BundleView(all_pruned.value())), std::vector<std::vector<uint8_t>>(9));
}

TEST(BundleTest, BundlesOfEarlierVersionsAreRead) {
  const std::vector<uint8_t> value{2, 0, 0, 0, 3, 0, 0, 0, 'a', 'b', 'c', 0, 0, 0, 0};
  EXPECT_EQ(records_of(BundleView(value)),
            (std::vector<std::vector<uint8_t>>{{'a', 'b', 'c'}, {}}));
}

// No byte of it can make the reader read elsewhere, or give more than a record may have.
TEST(BundleTest, DamageEndsTheReading) {
  BundleWriter writer;
  for (uint8_t i = 0; i < 5; ++i) writer.add(std::vector<uint8_t>(90, i));
  const std::vector<uint8_t> good = writer.value();
  size_t noticed = 0;
  for (size_t at = 0; at < good.size(); ++at)
    for (const int flip : {1, 0x40, 0x80}) {
      std::vector<uint8_t> value = good;
      value[at] = static_cast<uint8_t>(value[at] ^ flip);
      BundleView view(value);
      std::span<const uint8_t> record;
      while (view.next(record)) ASSERT_LT(record.size(), 65'536U);
      noticed += view.whole() ? 0 : 1;
    }
  EXPECT_GT(noticed, 20U);
  for (size_t size = 0; size < good.size(); ++size) {
    BundleView view(std::span<const uint8_t>(good).first(size));
    std::span<const uint8_t> record;
    while (view.next(record)) continue;
    EXPECT_FALSE(view.whole()) << size;
  }
}

}  // namespace
}  // namespace sallyport::evidence_log
