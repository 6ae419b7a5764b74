// Random sequences of put, hold, release, erase, expire, rotate, seal and crash against a model:
// what must be there is there, what must be gone is gone. SALLYPORT_SEED replays one.
#include <map>
#include <random>
#include <set>

#include "tests/unit/control/vault/vault_fixture.h"

namespace sallyport::vault_test {
namespace {

constexpr int kValues = 12;

class VaultModel : public VaultTest {
 protected:
  struct Row {
    uint64_t last_ns = 0;
  };
  std::mt19937_64 random;
  std::map<int, Row> rows;  // by value
  std::set<int> held;       // values with a hold of their own
  std::unique_ptr<Vault> vault;
  std::vector<std::pair<int, std::vector<uint8_t>>> in_flight;  // sealed before, comes late

  static std::string value(int i) { return "user" + std::to_string(i) + "@example.com"; }
  uint64_t below(uint64_t limit) { return random() % limit; }
  int any() { return static_cast<int>(below(kValues)); }
  bool is_due(int i) const { return rows.at(i).last_ns + 24 * kHourNs <= clock_ns; }

  void note_put(int i) { rows[i].last_ns = clock_ns; }
  void step();
  void check();
  void crash_in(const char* point, const std::function<void()>& work) {
    vault.reset();
    killed_at(point, [&] {
      vault = open();
      work();
    });
    at = nullptr;
    vault = open();
  }
};

void VaultModel::step() {
  const int i = any();
  switch (below(11)) {
    case 0:
    case 1:
      ASSERT_EQ(put(*vault, {value(i)}), "");
      note_put(i);
      break;
    case 2:
      in_flight.emplace_back(i, worker.seal(*vault->public_key(), {value(i)}));
      break;
    case 3:
      if (in_flight.empty()) break;
      ASSERT_EQ(vault->keep({in_flight.back().second}), "");
      note_put(in_flight.back().first);
      in_flight.pop_back();
      break;
    case 4: {
      Hold hold;
      hold.id = "hold-" + std::to_string(i);
      hold.tenant = "acme";
      hold.subjects = {subject_of(value(i))};
      if (held.insert(i).second) vault->add_hold(hold);
      break;
    }
    case 5:
      ASSERT_EQ(held.erase(i) != 0, vault->release_hold("hold-" + std::to_string(i)).has_value());
      break;
    case 6:
      if (held.contains(i)) {
        EXPECT_THROW(vault->erase("acme", {subject_of(value(i))}), VaultError);
        break;
      }
      if (below(3) == 0)  // whatever a crash leaves, the erasure is asked for again
        crash_in("erase_new_receive_key", [&] { vault->erase("acme", {subject_of(value(i))}); });
      vault->erase("acme", {subject_of(value(i))});
      rows.erase(i);
      std::erase_if(in_flight, [&](const auto& one) {
        if (one.first != i) return false;
        EXPECT_EQ(vault->keep({one.second}), "") << "dropped, not refused";
        return true;
      });
      break;
    case 7:
      clock_ns += below(9) * kHourNs;
      while (vault->expire().more) continue;
      std::erase_if(
          rows, [&](const auto& row) { return is_due(row.first) && !held.contains(row.first); });
      break;
    case 8:
      if (below(2) == 0) {
        const char* const points[] = {"rotation_key_stored", "rotation_rewrapping",
                                      "rotation_receive_keys", "rotation_old_key_destroyed"};
        crash_in(points[below(4)], [&] {
          if (!vault->rotating()) vault->begin_rotation();
          while (!vault->step_rotation()) continue;
        });
      } else if (!vault->rotating()) {
        vault->begin_rotation();
      }
      while (below(2) == 0 && !vault->step_rotation()) continue;
      break;
    case 9:
      crash_in("mappings_stored", [&] { put(*vault, {value(i)}); });
      note_put(i);  // it was stored before the process ended
      break;
    default:
      vault->seal(false);
      vault->unseal(source());
      if (in_flight.empty()) vault->retire_receive_keys();
  }
}

void VaultModel::check() {
  for (int i = 0; i < kValues; ++i) {
    const bool there = rows.contains(i) && (held.contains(i) || !is_due(i));
    ASSERT_EQ(value_in(*vault, value(i)), there ? value(i) : "nothing") << i;
  }
}

TEST_F(VaultModel, HoldsErasesExpiresRotatesAndCrashesAsItsTwin) {
  const char* const given = ::getenv("SALLYPORT_SEED");
  const uint64_t first = given != nullptr ? std::stoull(given) : 1;
#if defined(__SANITIZE_ADDRESS__)
  constexpr uint64_t kSeeds = 2;
#else
  constexpr uint64_t kSeeds = 6;
#endif
  const uint64_t last = given != nullptr ? first : kSeeds;
  for (uint64_t seed = first; seed <= last; ++seed) {
    SCOPED_TRACE("replay: SALLYPORT_SEED=" + std::to_string(seed) + " control_vault_test");
    random.seed(seed);
    std::filesystem::remove_all(vault_folder());
    rows.clear();
    held.clear();
    in_flight.clear();
    vault.reset();
    vault = open();
    for (int i = 0; i < 250; ++i) {
      step();
      check();
      if (HasFatalFailure() || HasNonfatalFailure()) FAIL() << "step " << i;
    }
    for (int i = 0; i < kValues; ++i)
      EXPECT_TRUE(files_with(folder.path(), value(i)).empty()) << "a value in plain";
  }
}

}  // namespace
}  // namespace sallyport::vault_test
