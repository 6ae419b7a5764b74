// vault_damage_test.cc: the vault's file is damaged under a process that has it open. What is wrong
// is named, a value or a right that was changed is never an answer, and nobody dies: nothing here
// catches a fall. SALLYPORT_FLIP_STEP=<n> flips every n-th byte.
#include <cstdlib>
#include <map>

#include "dataplane/base/bus_guard.h"
#include "tests/unit/control/vault/vault_fixture.h"

namespace sallyport::vault_test {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kPlanted = 220;
// Of each page: its number, kind, bounds, the first entries' places, and the first entries.
constexpr size_t kHeaderBytes[] = {0, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 20, 24, 40};

std::string value_number(size_t number) { return "person" + std::to_string(number) + "@acme.test"; }

class VaultDamage : public VaultTest {
 protected:
  VaultDamage() {
    EXPECT_TRUE(base::install_bus_guard());
    {
      const auto vault = open();
      Exchange exchange;
      for (size_t from = 0; from < kPlanted; from += 20) {
        std::vector<std::string> values;
        for (size_t i = from; i < from + 20; ++i) values.push_back(value_number(i));
        exchange.principal = from % 40 == 0 ? "alice" : "robert";
        EXPECT_EQ(put(*vault, values, exchange), "");
        clock_ns += kHourNs / 4;
      }
      vault->link("acme", {subject_of(value_number(1)), subject_of(value_number(2))});
      vault->erase("acme", {subject_of(value_number(3))});  // leaves pages to the free list
    }
    data = content_of(data_file());
    used = data.find_last_not_of('\0') / kPage + 1;
    std::filesystem::copy(vault_folder(), folder / "whole",
                          std::filesystem::copy_options::recursive);
  }
  std::filesystem::path data_file() const { return vault_folder() / "data.mdb"; }
  std::unique_ptr<Vault> open_whole() {
    std::filesystem::remove_all(vault_folder());
    std::filesystem::copy(folder / "whole", vault_folder(),
                          std::filesystem::copy_options::recursive);
    return open();
  }
  void write_at(size_t offset, std::string_view bytes) const {
    std::fstream file(data_file(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(offset));
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  const char* kind(size_t page) const {
    if (page < 2) return "meta";
    const unsigned flags = static_cast<uint8_t>(data[page * kPage + 10]);
    return flags == 1 ? "branch" : flags == 2 ? "leaf" : "other";
  }

  // Runs `work`; counts what it was told.
  void attempt(const std::function<void()>& work) {
    try {
      work();
    } catch (const VaultError& error) {
      ++said;
      EXPECT_NE(std::string(error.what()), "");
      EXPECT_EQ(error.code(), "store_damaged") << error.what();
    }
  }
  // All that a running daemon does with it.
  void use(Vault& vault) {
    for (size_t i = 0; i < kPlanted; i += 7) {
      attempt([&] {
        const auto entry = vault.find("acme", core_of(value_number(i)));
        if (!entry) return;
        EXPECT_EQ(text_of(entry->value), value_number(i));
        ASSERT_EQ(entry->principals.size(), 1U);
        EXPECT_EQ(entry->principals[0], i / 20 % 2 == 0 ? "alice" : "robert");
      });
    }
    const SubjectId someone = subject_of(value_number(50));
    attempt([&] { vault.list("acme", someone, true); });
    attempt([&] { vault.members("acme", subject_of(value_number(1))); });
    attempt([&] { vault.subject("acme", someone); });
    if (!put(vault, {value_number(9), "new@acme.test"}).empty()) ++said;
    attempt([&] { vault.link("acme", {someone, subject_of(value_number(2))}); });
    attempt([&] { vault.set_retention("acme", 24 * 3600); });
    attempt([&] { vault.erase("acme", {someone}); });
    clock_ns += 23 * kHourNs;
    attempt([&] { vault.expire(); });
    clock_ns -= 23 * kHourNs;
    if (!vault.status().problem.empty()) ++said;
  }
  void flip_and_use(size_t offset) {
    const auto vault = open_whole();
    const auto changed = static_cast<char>(data[offset] ^ (offset % 2 == 0 ? '\x80' : '\x01'));
    write_at(offset, {&changed, 1});
    said = 0;
    use(*vault);
    ++counted[kind(offset / kPage)][said > 0];
  }

  std::string data;
  size_t used = 0;
  size_t said = 0;
  std::map<std::string, std::map<bool, size_t>> counted;
};

TEST_F(VaultDamage, AFlipUnderARunningVaultIsNamedOrHarmlessAndNeverServed) {
  const char* step = std::getenv("SALLYPORT_FLIP_STEP");
  if (step != nullptr) {
    const size_t stride = std::strtoul(step, nullptr, 10);
    for (size_t offset = 0; offset < used * kPage; offset += stride) flip_and_use(offset);
  } else {
    size_t turn = 0;
    for (size_t page = 0; page < used; ++page) {
      for (int i = 0; i < 3; ++i)
        flip_and_use(page * kPage + kHeaderBytes[turn++ % std::size(kHeaderBytes)]);
      flip_and_use(page * kPage + kPage - 1 - turn * 37 % 1500);  // inside an entry
    }
  }
  for (const char* name : {"meta", "branch", "leaf"})
    EXPECT_GT(counted[name][true], 0U) << name << " pages were not met";
}

TEST_F(VaultDamage, APageOfRubbishEndsNobody) {
  uint64_t state = 88172645463325252ULL;
  for (int round = 0; round < 60; ++round) {
    const auto vault = open_whole();
    const size_t page = state % used;
    std::string changed = data.substr(page * kPage, kPage);
    for (size_t i = 8; i < kPage; ++i) {
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
      // The kind is often right, so that what follows is believed.
      if (i >= 12 || round % 3 == 0) changed[i] = static_cast<char>(state);
    }
    write_at(page * kPage, changed);
    use(*vault);
  }
}

TEST_F(VaultDamage, WhatIsSaidNamesTheFileAndThePage) {
  const auto vault = open_whole();
  for (size_t page = 2; page < used; ++page)
    if (std::string_view(kind(page)) == "leaf") write_at(page * kPage + 12, "\x7f\x7f");
  const std::string why = put(*vault, {"somebody@acme.test"});
  EXPECT_NE(why.find("data.mdb is damaged: page "), std::string::npos) << why;
  EXPECT_NE(why.find("put a whole copy back"), std::string::npos) << why;
  EXPECT_NE(vault->status().problem.find("is damaged"), std::string::npos);
}

// And it goes on as before once the file is whole again.
TEST_F(VaultDamage, AFileThatIsCutIsNamedAndOneThatIsMendedWorksOn) {
  const auto vault = open_whole();
  const std::string whole = content_of(data_file());
  for (const size_t pages : {size_t{0}, size_t{2}, used / 2}) {
    std::filesystem::resize_file(data_file(), pages * kPage);
    EXPECT_THROW(vault->find("acme", core_of(value_number(0))), VaultError);
    const std::string why = put(*vault, {"cut@acme.test"});
    EXPECT_NE(why.find("was cut"), std::string::npos) << why;
    EXPECT_NE(vault->status().problem.find("was cut"), std::string::npos);
    write_at(0, whole);
    EXPECT_EQ(value_in(*vault, value_number(0)), value_number(0));
  }
  EXPECT_EQ(put(*vault, {"mended@acme.test"}), "");
  EXPECT_EQ(value_in(*vault, "mended@acme.test"), "mended@acme.test");
  EXPECT_EQ(vault->status().problem, "");
}

// A row in its old form (version 1, no check): what a vault of a former release holds.
TEST_F(VaultDamage, ARowOfTheFormerVersionIsReadAndRenewed) {
  const auto vault = open_whole();
  std::string old = content_of(data_file());
  size_t changed = 0;
  const std::string name = value_number(0);
  const TokenCore core = core_of(name);
  const std::string_view key_end(core.data(), core.size());
  for (size_t found = old.find(key_end); found != std::string::npos;
       found = old.find(key_end, found + 1)) {
    uint32_t version = 0;  // of the row behind its key
    std::memcpy(&version, old.data() + found + core.size(), sizeof version);
    if (version != 2) continue;
    version = 1;
    std::memcpy(old.data() + found + core.size(), &version, sizeof version);
    ++changed;
  }
  ASSERT_GT(changed, 0U);
  write_at(0, old);
  EXPECT_EQ(value_in(*vault, name), name);
  EXPECT_EQ(put(*vault, {name}), "");
  EXPECT_EQ(value_in(*vault, name), name);
}

}  // namespace
}  // namespace sallyport::vault_test
