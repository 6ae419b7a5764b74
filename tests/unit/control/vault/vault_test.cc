#include "controlplane/vault/vault.h"

#include "tests/unit/control/vault/vault_fixture.h"

namespace sallyport::vault_test {
namespace {

std::string code_of(const std::function<void()>& work) {
  try {
    work();
    return "none";
  } catch (const VaultError& error) {
    return error.code();
  }
}

TEST_F(VaultTest, WhatComesInIsFoundByItsTenantOnly) {
  auto vault = open();
  EXPECT_EQ(put(*vault, {"john@example.com"}), "");
  const auto entry = vault->find("acme", core_of("john@example.com"));
  ASSERT_TRUE(entry.has_value());
  EXPECT_EQ(text_of(entry->value), "john@example.com");
  EXPECT_EQ(entry->principals, std::vector<std::string>{"alice"});
  EXPECT_EQ(entry->entity, "EMAIL_ADDRESS");
  EXPECT_EQ(entry->vendor, "openai");
  EXPECT_EQ(value_in(*vault, "john@example.com", "other"), "nothing");
  EXPECT_EQ(value_in(*vault, "jane@example.com"), "nothing");
}

TEST_F(VaultTest, ASecondPrincipalJoinsTheSetAndTheValueStays) {
  auto vault = open();
  put(*vault, {"john@example.com"});
  Exchange second;
  second.principal = "bob";
  second.number = 2;
  put(*vault, {"john@example.com"}, second);
  put(*vault, {"john@example.com"}, second);
  const auto entry = vault->find("acme", core_of("john@example.com"));
  EXPECT_EQ(entry->principals, (std::vector<std::string>{"alice", "bob"}));
  EXPECT_EQ(vault->status().counts.tokens, 1U);
  EXPECT_EQ(vault->status().renewed, 2U);
}

TEST_F(VaultTest, ManyMappingsMakeTheMapGrow) {
  auto vault = open();
  const uint64_t before = vault->status().counts.map_bytes;
  for (int batch = 0; batch < 100; ++batch) {
    std::vector<std::string> values;
    for (int i = 0; i < 40; ++i)
      values.push_back("user" + std::to_string(batch * 40 + i) + "@example.com");
    ASSERT_EQ(put(*vault, values), "");
  }
  EXPECT_EQ(vault->status().counts.tokens, 4'000U);
  EXPECT_EQ(vault->status().counts.subjects, 4'000U);
  EXPECT_GT(vault->status().counts.map_bytes, before);
  EXPECT_EQ(value_in(*vault, "user3999@example.com"), "user3999@example.com");
}

TEST_F(VaultTest, NoFileHoldsAValueAndAfterAnErasureNoFileHoldsAKeyForIt) {
  auto vault = open();
  const std::string value = "planted.canary@example.com";
  const auto in_ring = worker.seal(*vault->public_key(), {value});
  ASSERT_EQ(vault->keep({in_ring}), "");
  EXPECT_TRUE(files_with(folder.path(), value).empty());
  // What an erasure must make useless: the row's key, and the key that opens the ring's bytes.
  const std::string slots_before = content_of(vault_folder() / "subject.keys");
  const std::string receive_before = content_of(vault_folder() / "receive.keys");
  const std::string key_slot = slots_before.substr(4096, kSlotBytes);
  const std::string receive_slot = receive_before.substr(4096, kSlotBytes);
  const EraseResult result = vault->erase("acme", {subject_of(value)});
  EXPECT_EQ(result.keys_destroyed, 1U);
  EXPECT_EQ(result.tokens_removed, 1U);
  EXPECT_EQ(value_in(*vault, value), "nothing");
  EXPECT_TRUE(files_with(folder.path(), key_slot.substr(44, 48)).empty()) << "the wrapped key";
  EXPECT_EQ(vault->retire_receive_keys(), 1U);
  EXPECT_TRUE(files_with(folder.path(), receive_slot.substr(44, 48)).empty());
  // The ring may still hold what was sealed to the former key: nobody opens it any more.
  EXPECT_EQ(vault->keep({in_ring}), "");
  EXPECT_EQ(value_in(*vault, value), "nothing");
  EXPECT_EQ(vault->status().unreadable, 1U);
}

TEST_F(VaultTest, WhatWasSealedBeforeAnErasureDoesNotComeBackAndWhatComesAfterDoes) {
  auto vault = open();
  const auto early = worker.seal(*vault->public_key(), {"john@example.com", "jane@example.com"});
  put(*vault, {"john@example.com"});
  vault->erase("acme", {subject_of("john@example.com")});
  ASSERT_EQ(vault->keep({early}), "");
  EXPECT_EQ(value_in(*vault, "john@example.com"), "nothing");
  EXPECT_EQ(value_in(*vault, "jane@example.com"), "jane@example.com") << "others of its batch stay";
  EXPECT_EQ(vault->status().dropped, 1U);
  put(*vault, {"john@example.com"});
  EXPECT_EQ(value_in(*vault, "john@example.com"), "john@example.com");
}

TEST_F(VaultTest, LinkedSubjectsAreErasedTogether) {
  auto vault = open();
  put(*vault, {"john@example.com", "+15551234567", "jane@example.com"});
  vault->link("acme", {subject_of("john@example.com"), subject_of("+15551234567")});
  EXPECT_EQ(vault->members("acme", subject_of("+15551234567")).size(), 2U);
  EXPECT_EQ(vault->members("other", subject_of("+15551234567")).size(), 1U);
  EXPECT_EQ(vault->erase("acme", {subject_of("+15551234567")}).keys_destroyed, 2U);
  EXPECT_EQ(value_in(*vault, "john@example.com"), "nothing");
  EXPECT_EQ(value_in(*vault, "jane@example.com"), "jane@example.com");
}

TEST_F(VaultTest, RetentionCountsFromTheLastTimeAndIsEnforcedBeforeTheRun) {
  auto vault = open();
  put(*vault, {"john@example.com", "jane@example.com"});
  clock_ns += 23 * kHourNs;
  put(*vault, {"john@example.com"});
  clock_ns += 2 * kHourNs;
  EXPECT_EQ(value_in(*vault, "jane@example.com"), "nothing") << "before any run";
  EXPECT_EQ(value_in(*vault, "john@example.com"), "john@example.com");
  const ExpireResult result = vault->expire();
  EXPECT_EQ(result.tokens, 1U);
  EXPECT_EQ(result.subjects, 1U);
  vault->set_retention("acme", 3'600);
  EXPECT_EQ(vault->expire().tokens, 1U) << "a shorter retention counts for what is there";
  EXPECT_EQ(vault->status().counts.tokens, 0U);
  EXPECT_EQ(vault->status().counts.subjects, 0U);
  EXPECT_EQ(code_of([&] { vault->set_retention("acme", 60); }), "bad_retention");
  vault.reset();
  EXPECT_EQ(open()->retention_s("acme"), 3'600U) << "kept";
}

TEST_F(VaultTest, WhatAHoldNamesIsNeitherExpiredNorErasedUntilItsRelease) {
  auto vault = open();
  put(*vault, {"john@example.com", "jane@example.com"});
  Hold hold;
  hold.id = "case-7";
  hold.tenant = "acme";
  hold.subjects = {subject_of("john@example.com")};
  vault->add_hold(hold);
  EXPECT_EQ(code_of([&] { vault->add_hold(hold); }), "hold_exists");
  EXPECT_EQ(code_of([&] { vault->erase("acme", {subject_of("john@example.com")}); }), "held");
  clock_ns += 48 * kHourNs;
  const ExpireResult result = vault->expire();
  EXPECT_EQ(result.tokens, 1U);
  EXPECT_EQ(result.held, 1U);
  EXPECT_EQ(value_in(*vault, "john@example.com"), "john@example.com");
  vault.reset();
  vault = open();
  ASSERT_EQ(vault->holds().size(), 1U) << "over a start";
  EXPECT_TRUE(vault->release_hold("case-7").has_value());
  EXPECT_FALSE(vault->release_hold("case-7").has_value());
  EXPECT_EQ(vault->expire().tokens, 1U);
}

TEST_F(VaultTest, AHoldOnATenantNamesAllOfIt) {
  Hold hold;
  hold.tenant = "acme";
  EXPECT_TRUE(hold.names_subject("acme", subject_of("x")));
  EXPECT_FALSE(hold.names_subject("other", subject_of("x")));
  hold.exchanges = {"sp_1"};
  EXPECT_FALSE(hold.names_subject("acme", subject_of("x")));
  EXPECT_TRUE(hold.names_record("acme", "sp_1", 5, {}));
  EXPECT_FALSE(hold.names_record("acme", "sp_2", 5, {}));
  hold.to_ns = 4;
  EXPECT_FALSE(hold.names_record("acme", "sp_1", 5, {}));
}

TEST_F(VaultTest, WhileSealedNothingIsAnsweredAndWhatComesWaitsAsItWasSealed) {
  auto vault = open();
  put(*vault, {"john@example.com"});
  const PublicKey key = *vault->public_key();
  const auto late = worker.seal(key, {"late@example.com"});
  vault->seal(true);
  EXPECT_EQ(*vault->public_key(), PublicKey{});
  EXPECT_EQ(code_of([&] { vault->find("acme", core_of("john@example.com")); }), "vault_sealed");
  EXPECT_EQ(vault->keep({late}), "");
  EXPECT_GT(vault->status().spool_bytes, 0U);
  EXPECT_TRUE(files_with(folder.path(), "late@example.com").empty());
  vault.reset();
  vault = closed();
  EXPECT_EQ(vault->state(), VaultState::Sealed);
  EXPECT_TRUE(vault->sealed_by_operator());
  vault->unseal(source());
  EXPECT_FALSE(vault->sealed_by_operator());
  EXPECT_EQ(value_in(*vault, "late@example.com"), "late@example.com");
  EXPECT_EQ(vault->status().spool_bytes, 0U);
  EXPECT_FALSE(std::filesystem::exists(vault_folder() / "spool"));
}

TEST_F(VaultTest, AnotherKeyEncryptionKeyOpensNothingAndSaysSo) {
  open();
  make_kek();
  auto vault = closed();
  EXPECT_EQ(code_of([&] { vault->unseal(source()); }), "kek_wrong");
  EXPECT_EQ(vault->state(), VaultState::Sealed);
}

TEST_F(VaultTest, ARotationChangesEveryKeySlotAndTrafficGoesOnBetweenItsSteps) {
  auto vault = open();
  put(*vault, {"john@example.com"});
  const std::string kek_before = content_of(kek_file());
  const std::string slots_before = content_of(vault_folder() / "subject.keys");
  EXPECT_EQ(vault->begin_rotation(), 2U);
  EXPECT_EQ(code_of([&] { vault->begin_rotation(); }), "rotating");
  put(*vault, {"jane@example.com"});
  while (!vault->step_rotation()) put(*vault, {"more@example.com"});
  EXPECT_FALSE(vault->rotating());
  EXPECT_EQ(value_in(*vault, "john@example.com"), "john@example.com");
  EXPECT_EQ(value_in(*vault, "jane@example.com"), "jane@example.com");
  EXPECT_EQ(content_of(kek_file()).find(kek_before.substr(2, 64)), std::string::npos);
  EXPECT_NE(content_of(vault_folder() / "subject.keys").substr(4096, kSlotBytes),
            slots_before.substr(4096, kSlotBytes));
  vault.reset();
  EXPECT_EQ(value_in(*open(), "john@example.com"), "john@example.com");
}

TEST_F(VaultTest, AProcessThatIsKilledAnywhereInARotationOpensAgainAndFinishesIt) {
  for (const char* point : {"rotation_key_stored", "rotation_rewrapping", "rotation_receive_keys",
                            "rotation_old_key_destroyed"}) {
    SCOPED_TRACE(point);
    {
      auto vault = open();
      put(*vault, {"john@example.com", "jane@example.com"});
    }
    ASSERT_TRUE(killed_at(point, [&] {
      auto vault = open();
      vault->begin_rotation();
      while (!vault->step_rotation()) continue;
    }));
    at = nullptr;
    auto vault = open();
    EXPECT_EQ(value_in(*vault, "john@example.com"), "john@example.com");
    while (!vault->step_rotation()) continue;
    EXPECT_FALSE(vault->rotating());
    const Keks left = source()->load();
    EXPECT_EQ(left.size(), 1U);
    for (const KeySlots::Used& used : KeySlots(vault_folder() / "subject.keys").used())
      EXPECT_EQ(used.kek_generation, left.front().generation);
    EXPECT_EQ(value_in(*vault, "jane@example.com"), "jane@example.com");
  }
}

TEST_F(VaultTest, AnErasureThatIsKilledAfterItsKeyIsGoneIsFinishedAtTheNextOpen) {
  {
    auto vault = open();
    put(*vault, {"john@example.com", "jane@example.com"});
  }
  // The key's slot is gone, the rows are not: as if the process had ended between the two.
  {
    KeySlots slots(vault_folder() / "subject.keys");
    for (const KeySlots::Used& used : slots.used())
      if (used.owner == subject_of("john@example.com")) slots.destroy({used.place});
  }
  auto vault = open();
  EXPECT_EQ(vault->status().counts.tokens, 1U);
  EXPECT_EQ(value_in(*vault, "john@example.com"), "nothing");
  EXPECT_EQ(value_in(*vault, "jane@example.com"), "jane@example.com");
  EXPECT_EQ(put(*vault, {"john@example.com"}), "") << "and it may come again";
  EXPECT_EQ(value_in(*vault, "john@example.com"), "john@example.com");
}

}  // namespace
}  // namespace sallyport::vault_test
