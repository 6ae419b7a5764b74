#include "controlplane/vault/key_slots.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "controlplane/vault/kek_source.h"
#include "tests/unit/control/vault/vault_fixture.h"

namespace sallyport::vault_test {
namespace {

class KeySlotsTest : public ::testing::Test {
 protected:
  KeySlotsTest() { keks.push_back({1, random_secret(kKeyBytes)}); }
  static SlotOwner owner(uint8_t byte) {
    SlotOwner out;
    out.fill(byte);
    return out;
  }
  Folder folder;
  Keks keks;
};

TEST_F(KeySlotsTest, WhatWasPutIsReadAgainByANewProcessAndOnlyByItsOwner) {
  const Secret key = random_secret(kKeyBytes);
  KeySlots::Place place;
  {
    KeySlots slots(folder / "keys");
    place = slots.allocate(keks, owner(1), key);
    slots.sync();
  }
  KeySlots slots(folder / "keys");
  EXPECT_EQ(slots.read(keks, place, owner(1)), key);
  EXPECT_FALSE(slots.read(keks, place, owner(2)).has_value());
  EXPECT_FALSE(slots.read(keks, {place.slot, place.id + 1}, owner(1)).has_value());
  Keks other;
  other.push_back({1, random_secret(kKeyBytes)});
  bool damaged = false;
  EXPECT_FALSE(slots.read(other, place, owner(1), &damaged).has_value());
  EXPECT_TRUE(damaged);
}

TEST_F(KeySlotsTest, ADestroyedSlotIsZerosInTheFileAndTakenAgain) {
  KeySlots slots(folder / "keys");
  const KeySlots::Place first = slots.allocate(keks, owner(1), random_secret(kKeyBytes));
  slots.allocate(keks, owner(2), random_secret(kKeyBytes));
  slots.sync();
  const std::string before = content_of(folder / "keys").substr(4096, kSlotBytes);
  EXPECT_NE(before, std::string(kSlotBytes, '\0'));
  EXPECT_EQ(slots.destroy({first}), 1U);
  EXPECT_EQ(content_of(folder / "keys").substr(4096, kSlotBytes), std::string(kSlotBytes, '\0'));
  EXPECT_EQ(slots.destroy({first}), 0U) << "once";
  const KeySlots::Place again = slots.allocate(keks, owner(3), random_secret(kKeyBytes));
  EXPECT_EQ(again.slot, first.slot);
  EXPECT_NE(again.id, first.id);
  EXPECT_FALSE(slots.read(keks, first, owner(1)).has_value());
}

TEST_F(KeySlotsTest, EveryChangedByteOfASlotIsSeen) {
  KeySlots::Place place;
  {
    KeySlots slots(folder / "keys");
    place = slots.allocate(keks, owner(1), random_secret(kKeyBytes));
    slots.sync();
  }
  const std::string whole = content_of(folder / "keys");
  constexpr size_t kMeant = 92;  // behind it the slot is reserved
  for (size_t at = 4096; at < 4096 + kMeant; ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    std::ofstream(folder / "keys", std::ios::binary | std::ios::trunc) << changed;
    KeySlots slots(folder / "keys");
    if (at < 4100) continue;  // any state but 0 is in use
    EXPECT_FALSE(slots.read(keks, place, owner(1)).has_value()) << at;
  }
}

TEST_F(KeySlotsTest, ARotationMovesEverySlotToTheNewKeyInSteps) {
  KeySlots slots(folder / "keys");
  std::vector<std::pair<KeySlots::Place, Secret>> made;
  for (int i = 0; i < 1'000; ++i) {
    Secret key = random_secret(kKeyBytes);
    const auto place = slots.allocate(keks, owner(static_cast<uint8_t>(i)), key);
    made.emplace_back(place, std::move(key));
  }
  slots.sync();
  Keks both;
  both.push_back({2, random_secret(kKeyBytes)});
  both.push_back(keks.front());
  std::optional<uint32_t> at = 0;
  std::vector<uint32_t> damaged;
  int steps = 0;
  while ((at = slots.rewrap(both, *at, 300, damaged))) ++steps;
  EXPECT_GE(steps, 3);
  EXPECT_TRUE(damaged.empty());
  Keks newest;
  newest.push_back(both.front());
  for (size_t i = 0; i < made.size(); ++i)
    EXPECT_EQ(slots.read(newest, made[i].first, owner(static_cast<uint8_t>(i))), made[i].second);
}

TEST(KekSource, TheFileIsRefusedWhenOthersMayReadItOrItIsNone) {
  Folder folder;
  const auto path = folder / "vault.kek";
  const auto code_of = [&] {
    try {
      FileKekSource(path).load();
      return std::string("none");
    } catch (const VaultError& error) {
      return error.code();
    }
  };
  EXPECT_EQ(code_of(), "kek_missing");
  Keks keks;
  keks.push_back({3, random_secret(kKeyBytes)});
  replace_private_file(path, keks_text(keks));
  EXPECT_EQ(code_of(), "none");
  EXPECT_EQ(FileKekSource(path).load().front().key, keks.front().key);
  ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
  EXPECT_EQ(code_of(), "kek_refused");
  ::chmod(path.c_str(), 0600);
  for (const std::string& text :
       {std::string("no key"), "1 " + std::string(63, 'a'), "0 " + std::string(64, 'a'),
        std::string(), "1 " + std::string(64, 'a') + "\n2 " + std::string(64, 'b')}) {
    replace_private_file(path, bytes_of(text));
    EXPECT_EQ(code_of(), "kek_refused") << text.size();
  }
}

TEST(KekSource, AReplacedFileLeavesNothingOfTheFormerContent) {
  Folder folder;
  replace_private_file(folder / "secret", bytes_of("the former content"));
  const int held = ::open((folder / "secret").c_str(), O_RDONLY | O_CLOEXEC);
  replace_private_file(folder / "secret", bytes_of("the new content"));
  std::string former(18, 'x');
  ASSERT_EQ(::pread(held, former.data(), former.size(), 0), 18);
  EXPECT_EQ(former, std::string(18, '\0')) << "the blocks were overwritten, not only unlinked";
  ::close(held);
  EXPECT_EQ(content_of(folder / "secret"), "the new content");
  EXPECT_TRUE(destroy_file(folder / "secret"));
  EXPECT_FALSE(destroy_file(folder / "secret"));
}

}  // namespace
}  // namespace sallyport::vault_test
