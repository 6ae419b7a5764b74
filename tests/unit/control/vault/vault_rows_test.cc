// vault_rows_test.cc: single rows, key slots and holds are damaged. Each is named and left out, or
// written anew from what the other tables say; nothing else waits for it, and nothing of it is an
// answer.
#include <algorithm>

#include "tests/unit/control/vault/vault_fixture.h"

namespace sallyport::vault_test {
namespace {

constexpr size_t kBesideCheck = 24;  // inside a row, behind its version

std::string person(size_t number) { return "someone" + std::to_string(number) + "@acme.test"; }

class VaultRows : public VaultTest {
 protected:
  static constexpr size_t kPeople = 6;
  std::vector<std::string> everybody() const {
    std::vector<std::string> out;
    for (size_t i = 0; i < kPeople; ++i) out.push_back(person(i));
    return out;
  }
  // Changes one byte behind each place where `key` stands before a row of this program's version;
  // also in pages that are free by now. Answers how many there were.
  size_t damage(const char* file, std::string_view key, size_t offset = kBesideCheck) const {
    const auto path = vault_folder() / file;
    const std::string content = content_of(path);
    size_t count = 0;
    for (size_t place = content.find(key); place != std::string::npos;
         place = content.find(key, place + 1)) {
      uint32_t version = 0;
      std::memcpy(&version, content.data() + place + key.size(), sizeof version);
      if (version != 2) continue;
      flip(path, place + key.size() + offset);
      ++count;
    }
    return count;
  }
  static void flip(const std::filesystem::path& path, size_t offset) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(offset));
    const auto changed = static_cast<char>(file.get() ^ 0x10);
    file.seekp(static_cast<std::streamoff>(offset));
    file.put(changed);
  }
  void damage_token(const std::string& value) const {
    const TokenCore core = core_of(value);
    EXPECT_GT(damage("data.mdb", {core.data(), core.size()}), 0U);
  }
  void damage_subject(const std::string& value) const {
    const SubjectId subject = subject_of(value);
    EXPECT_GT(damage("data.mdb", text_of(subject)), 0U);
  }
  // Of a key: the n-th slot that is in use.
  void damage_slot(const char* file, size_t number) const {
    flip(vault_folder() / file, 4096 + number * kSlotBytes + 60);
  }
  size_t slots_in_use() const { return KeySlots(vault_folder() / "subject.keys").used_count(); }
  static std::string_view text_of(const SubjectId& subject) {
    return {reinterpret_cast<const char*>(subject.data()), subject.size()};
  }
  static std::string said(const std::function<void()>& work) {
    try {
      work();
    } catch (const VaultError& error) {
      return error.code() + " " + error.what();
    }
    return "nothing";
  }
  static bool is_named(const Vault& vault, const std::string& words) {
    for (const std::string& row : vault.status().damaged_rows)
      if (row.find(words) != std::string::npos) return true;
    return false;
  }
};

TEST_F(VaultRows, ADamagedRowIsNamedNotServedAndKeepsNobodyFromExpiring) {
  auto vault = open();
  ASSERT_EQ(put(*vault, everybody()), "");
  ASSERT_EQ(vault->status().damaged, 0U);
  damage_token(person(1));
  damage_subject(person(2));
  const std::string words = said([&] { vault->find("acme", core_of(person(1))); });
  EXPECT_TRUE(words.starts_with("store_damaged")) << words;
  EXPECT_TRUE(is_named(*vault, "token ") && is_named(*vault, "of tenant acme"));
  for (const size_t other : {0, 2, 3}) EXPECT_EQ(value_in(*vault, person(other)), person(other));
  uint64_t damaged = 0;
  EXPECT_EQ(vault->list("acme", subject_of(person(1)), true, &damaged).size(), 0U);
  EXPECT_EQ(damaged, 1U);
  EXPECT_TRUE(vault->subject("acme", subject_of(person(2)))->has_key) << "by what else is known";
  EXPECT_TRUE(is_named(*vault, "subject "));
  EXPECT_EQ(vault->take_damage_news().size(), 2U);
  EXPECT_EQ(vault->take_damage_news().size(), 0U) << "each once";

  clock_ns += 48 * kHourNs;
  const ExpireResult result = vault->expire();
  EXPECT_EQ(result.tokens, kPeople);
  EXPECT_EQ(result.damaged, 0U);
  EXPECT_FALSE(result.more);
  EXPECT_EQ(vault->status().counts.tokens, 0U);
  EXPECT_EQ(vault->status().damaged, 0U) << "gone with their time";
  EXPECT_EQ(vault->status().mended, 1U);
  EXPECT_EQ(slots_in_use(), 0U) << "the data key of a damaged row is destroyed too";
}

TEST_F(VaultRows, ARowThatIsPutRightIsServedAgain) {
  auto vault = open();
  ASSERT_EQ(put(*vault, everybody()), "");
  damage_token(person(1));
  EXPECT_NE(said([&] { vault->find("acme", core_of(person(1))); }), "nothing");
  EXPECT_EQ(vault->status().damaged, 1U);
  damage_token(person(1));  // the same bit once more
  EXPECT_EQ(value_in(*vault, person(1)), person(1));
  EXPECT_EQ(vault->status().damaged, 0U);
}

TEST_F(VaultRows, WhatAHoldMayNameStaysWhereverItsRowIsDamaged) {
  auto vault = open();
  ASSERT_EQ(put(*vault, everybody()), "");
  Hold hold;
  hold.id = "case-7";
  hold.tenant = "acme";
  hold.subjects = {subject_of(person(1))};
  vault->add_hold(hold);
  damage_token(person(1));
  damage_token(person(2));
  clock_ns += 48 * kHourNs;
  const ExpireResult result = vault->expire();
  EXPECT_EQ(result.tokens, kPeople - 1);
  EXPECT_EQ(result.held, 1U);
  EXPECT_EQ(vault->status().damaged, 1U);
  EXPECT_EQ(vault->expire().held, 1U) << "again, and it ends";
  vault->release_hold("case-7");
  EXPECT_EQ(vault->expire().tokens, 1U);
  EXPECT_EQ(slots_in_use(), 0U);
}

TEST_F(VaultRows, AnErasureReachesDamagedRowsAndTheirKeys) {
  auto vault = open();
  ASSERT_EQ(put(*vault, everybody()), "");
  damage_token(person(1));
  damage_subject(person(1));
  damage_subject(person(4));
  EXPECT_EQ(vault->erase("acme", {subject_of(person(0))}).keys_destroyed, 1U);
  const EraseResult result = vault->erase("acme", {subject_of(person(1))});
  EXPECT_EQ(result.keys_destroyed, 1U);
  EXPECT_EQ(result.tokens_removed, 1U);
  EXPECT_EQ(value_in(*vault, person(1)), "nothing");
  EXPECT_EQ(vault->erase("acme", {subject_of(person(4))}).keys_destroyed, 1U);
  EXPECT_EQ(slots_in_use(), kPeople - 3);
  EXPECT_EQ(value_in(*vault, person(5)), person(5));
}

TEST_F(VaultRows, WhatComesInIsKeptBesideDamagedRows) {
  auto vault = open();
  ASSERT_EQ(put(*vault, everybody()), "");
  const auto early = worker.seal(*vault->public_key(), {person(1)});
  vault->erase("acme", {subject_of(person(5))});  // a new receive key
  damage_subject(person(1));
  damage_token(person(2));
  // Whether the subject was erased is what its row said: nothing older comes in.
  ASSERT_EQ(vault->keep({early}), "");
  EXPECT_EQ(vault->status().dropped, 1U);
  ASSERT_EQ(put(*vault, {person(1), person(2), "new@acme.test"}), "");
  for (const std::string& value : {person(1), person(2), std::string("new@acme.test")})
    EXPECT_EQ(value_in(*vault, value), value);
  EXPECT_EQ(vault->status().damaged, 0U);
  EXPECT_EQ(vault->status().mended, 2U);
  // What the index of ages still says of the former row takes nothing away from the new one.
  clock_ns += 23 * kHourNs;
  ASSERT_EQ(put(*vault, {person(0)}), "");
  damage_token(person(0));
  ASSERT_EQ(put(*vault, {person(0)}), "");
  clock_ns += 2 * kHourNs;
  vault->expire();
  EXPECT_EQ(value_in(*vault, person(0)), person(0));
  clock_ns += 23 * kHourNs;
  while (vault->expire().more) continue;
  EXPECT_EQ(vault->status().counts.tokens, 0U);
  EXPECT_EQ(slots_in_use(), 0U);
}

TEST_F(VaultRows, AVaultOpensAndRotatesBesideDamagedRowsAndKeySlots) {
  auto vault = open();
  ASSERT_EQ(put(*vault, everybody()), "");
  vault.reset();
  damage_subject(person(1));
  damage_slot("subject.keys", 3);
  vault = open();
  EXPECT_EQ(vault->status().mended, 1U);
  EXPECT_EQ(value_in(*vault, person(1)), person(1));
  EXPECT_NE(said([&] { vault->find("acme", core_of(person(3))); }), "nothing");
  EXPECT_TRUE(is_named(*vault, "key slot 3 of subject.keys"));
  EXPECT_EQ(vault->begin_rotation(), 2U);
  while (!vault->step_rotation()) continue;
  EXPECT_FALSE(vault->rotating());
  for (const size_t other : {0, 1, 2, 4}) EXPECT_EQ(value_in(*vault, person(other)), person(other));
  // A value in use again has a key that opens; what it had goes with its subject.
  ASSERT_EQ(put(*vault, {person(3)}), "");
  EXPECT_EQ(value_in(*vault, person(3)), person(3));
  vault.reset();
  EXPECT_EQ(value_in(*open(), person(3)), person(3));
  EXPECT_EQ(slots_in_use(), kPeople);
}

TEST_F(VaultRows, ADamagedReceiveKeyIsReplacedAndAStrangersKeyStillRefused) {
  auto vault = open();
  ASSERT_EQ(put(*vault, everybody()), "");
  const auto late = worker.seal(*vault->public_key(), {"late@acme.test"});
  const uint64_t serial = vault->receive_target()->serial;
  vault.reset();
  damage_slot("receive.keys", 0);
  vault = open();
  EXPECT_GT(vault->receive_target()->serial, serial);
  EXPECT_TRUE(is_named(*vault, "key slot 0 of receive.keys"));
  EXPECT_EQ(vault->keep({late}), "");
  EXPECT_EQ(vault->status().unreadable, 1U);
  ASSERT_EQ(put(*vault, {"new@acme.test"}), "");
  EXPECT_EQ(value_in(*vault, "new@acme.test"), "new@acme.test");
  EXPECT_EQ(value_in(*vault, person(0)), person(0));
  EXPECT_EQ(vault->retire_receive_keys(), 1U);
  EXPECT_EQ(vault->status().damaged, 0U);
  vault.reset();
  make_kek();
  vault = closed();
  EXPECT_TRUE(said([&] { vault->unseal(source()); }).starts_with("kek_wrong"));
}

TEST_F(VaultRows, AHoldThatCannotBeReadHoldsEverythingUntilItIsReleased) {
  auto vault = open();
  ASSERT_EQ(put(*vault, everybody()), "");
  Hold hold;
  hold.id = "case-seven";
  hold.tenant = "somebodyelse";
  vault->add_hold(hold);
  Erasure erasure;
  erasure.id = "dsr-0102";
  erasure.tenant = "acme";
  erasure.reason = "gdpr-seventeen";
  erasure.waits = true;
  vault->defer(erasure);
  vault.reset();
  const auto path = vault_folder() / "data.mdb";
  const std::string content = content_of(path);
  for (const std::string_view word : {"somebodyelse", "gdpr-seventeen"})
    for (size_t place = content.find(word); place != std::string::npos;
         place = content.find(word, place + 1))
      flip(path, place + 3);
  vault = open();
  EXPECT_TRUE(is_named(*vault, "hold case-seven"));
  EXPECT_TRUE(is_named(*vault, "erasure dsr-0102"));
  EXPECT_EQ(vault->deferred().size(), 0U);
  EXPECT_EQ(value_in(*vault, person(0)), person(0));
  clock_ns += 48 * kHourNs;
  EXPECT_EQ(vault->expire().held, kPeople);
  EXPECT_TRUE(said([&] { vault->erase("acme", {subject_of(person(0))}); }).starts_with("held"));
  ASSERT_TRUE(vault->release_hold("case-seven"));
  EXPECT_EQ(vault->expire().tokens, kPeople);
  vault->undefer("dsr-0102");
  EXPECT_EQ(vault->status().damaged, 0U);
  vault.reset();
  EXPECT_EQ(open()->status().damaged, 0U);
}

TEST_F(VaultRows, ALinkIsKnownByEitherOfItsRows) {
  auto vault = open();
  ASSERT_EQ(put(*vault, everybody()), "");
  vault->link("acme", {subject_of(person(1)), subject_of(person(2))});
  const auto group = vault->subject("acme", subject_of(person(1)))->group;
  ASSERT_TRUE(group);
  const SubjectId first = subject_of(person(1));
  const std::string link = std::string(text_of(first)) +
                           std::string(reinterpret_cast<const char*>(group->data()), group->size());
  const std::string content = content_of(vault_folder() / "data.mdb");
  size_t changed = 0;
  for (size_t place = content.find(link); place != std::string::npos;
       place = content.find(link, place + 1)) {
    flip(vault_folder() / "data.mdb", place + sizeof(SubjectId) + 5);
    ++changed;
  }
  ASSERT_GT(changed, 0U);
  EXPECT_EQ(vault->members("acme", first).size(), 2U);
  EXPECT_TRUE(is_named(*vault, "link "));
  EXPECT_EQ(vault->erase("acme", {first}).keys_destroyed, 2U) << "no half of a person stays";
}

// The row of the group is what is damaged: its key, since that row has no value.
TEST_F(VaultRows, ALinkWhoseGroupSideIsDamagedIsNamedAndStillErasesAll) {
  auto vault = open();
  ASSERT_EQ(put(*vault, everybody()), "");
  const SubjectId first = subject_of(person(1)), second = subject_of(person(2));
  vault->link("acme", {first, second});
  const auto group = vault->subject("acme", first)->group;
  ASSERT_TRUE(group);
  const std::string row = "g" +
                          std::string(reinterpret_cast<const char*>(group->data()), group->size()) +
                          std::string(text_of(second));
  const std::string content = content_of(vault_folder() / "data.mdb");
  size_t changed = 0;
  for (size_t place = content.find(row); place != std::string::npos;
       place = content.find(row, place + 1), ++changed)
    flip(vault_folder() / "data.mdb", place + row.size() - 1);
  ASSERT_GT(changed, 0U);
  const auto has = [&](const SubjectId& of, const SubjectId& other) {
    const auto members = vault->members("acme", of);
    return std::find(members.begin(), members.end(), other) != members.end();
  };
  EXPECT_TRUE(has(first, second)) << "the subject's own row says it";
  EXPECT_TRUE(has(second, first));
  EXPECT_EQ(vault->subject("acme", second)->group, group);
  EXPECT_TRUE(is_named(*vault, "link "));
  vault.reset();
  vault = open();
  EXPECT_EQ(vault->members("acme", first).size(), 2U) << "written anew, and nobody added";
  EXPECT_EQ(vault->status().damaged, 0U);
  EXPECT_GT(vault->status().mended, 0U);
  EXPECT_EQ(vault->erase("acme", {first}).keys_destroyed, 2U) << "no half of a person stays";
}

constexpr size_t kLmdbPage = 4096;
constexpr size_t kKindAt = 10;  // of a page: what it is

// Leaf pages whose first entry has a key that begins with this.
std::vector<size_t> leaves_that_begin_with(const std::string& content, const std::string& key) {
  constexpr size_t kPlacesAt = 16;  // of a page: where its entries are
  constexpr size_t kKeyAt = 8;      // of an entry
  std::vector<size_t> pages;
  for (size_t page = 2; (page + 1) * kLmdbPage <= content.size(); ++page) {
    const std::string bytes = content.substr(page * kLmdbPage, kLmdbPage);
    uint16_t place = 0;
    std::memcpy(&place, bytes.data() + kPlacesAt, sizeof place);
    if (bytes[kKindAt] == 2 && place + kKeyAt + key.size() < kLmdbPage &&
        bytes.compare(place + kKeyAt, key.size(), key) == 0)
      pages.push_back(page);
  }
  return pages;
}

// The index of ages fills several pages; one of them is no page any more.
TEST_F(VaultRows, ADamagedPageOfTheIndexOfAgesKeepsNobodyFromExpiring) {
  auto vault = open();
  constexpr size_t kMany = 400;
  for (size_t from = 0; from < kMany; from += 20) {
    std::vector<std::string> values;
    for (size_t i = from; i < from + 20; ++i) values.push_back(person(i));
    ASSERT_EQ(put(*vault, values), "");
  }
  const auto path = vault_folder() / "data.mdb";
  std::string key = std::string("acme") + '\0';
  for (int shift = 56; shift >= 0; shift -= 8)
    key += static_cast<char>(clock_ns >> static_cast<unsigned>(shift));
  const std::vector<size_t> pages = leaves_that_begin_with(content_of(path), key);
  ASSERT_GT(pages.size(), 3U);
  // Every second one; copies that are in use no more among them.
  for (size_t i = 1; i < pages.size(); i += 2) flip(path, pages[i] * kLmdbPage + kKindAt);
  clock_ns += 48 * kHourNs;
  EXPECT_EQ(vault->expire().tokens, kMany) << "by what their rows say";
  EXPECT_TRUE(is_named(*vault, "of the index of ages"));
  EXPECT_EQ(vault->status().counts.tokens, 0U);
  EXPECT_EQ(slots_in_use(), 0U);
  EXPECT_FALSE(vault->expire().more) << "and it ends";
  for (const std::string& row : vault->status().damaged_rows)
    flip(path, std::stoul(row.substr(row.find(' '))) * kLmdbPage + kKindAt);
  EXPECT_FALSE(vault->expire().more);
  EXPECT_EQ(vault->status().damaged, 0U) << "put right";
  ASSERT_EQ(put(*vault, {person(0)}), "");
  clock_ns += 48 * kHourNs;
  EXPECT_EQ(vault->expire().tokens, 1U);
}

}  // namespace
}  // namespace sallyport::vault_test
