// Every alarm rings: for each deliberate defect of dataplane/tcp/mutations.h the simulation says
// that something is wrong, and without one it says nothing. Linked with a second build of the stack
// in which the defects exist. The invariants are those of the checklist in docs/tcp.md.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <random>

#include "dataplane/tcp/mutations.h"
#include "dataplane/tcp/receive_window.h"
#include "tests/sim/tcp_world.h"

namespace sallyport::sim {
namespace {

constexpr uint64_t kSeedsMax = 60;
constexpr unsigned kSecondsMax = 60;
constexpr int kCaught = 1;

struct Defect {
  tcp::Mutant mutant;
  const char* name;
};

constexpr Defect kDefects[] = {
    {tcp::Mutant::LaterCopyWins, "LaterCopyWins"},
    {tcp::Mutant::WindowShrinks, "WindowShrinks"},
    {tcp::Mutant::NoRetransmitTimer, "NoRetransmitTimer"},
    {tcp::Mutant::NoPersistTimer, "NoPersistTimer"},
    {tcp::Mutant::AckOfUnsentAccepted, "AckOfUnsentAccepted"},
    {tcp::Mutant::WindowIgnored, "WindowIgnored"},
    {tcp::Mutant::SackBeyondSent, "SackBeyondSent"},
    {tcp::Mutant::ScoreboardLeaks, "ScoreboardLeaks"},
    {tcp::Mutant::SackedCountedTwice, "SackedCountedTwice"},
    {tcp::Mutant::FinOutOfOrder, "FinOutOfOrder"},
    {tcp::Mutant::RetransmitsFreshBytes, "RetransmitsFreshBytes"},
    {tcp::Mutant::ChecksumUnchecked, "ChecksumUnchecked"},
    {tcp::Mutant::ReceiveLimitIgnored, "ReceiveLimitIgnored"},
    {tcp::Mutant::HalfOpenLeaks, "HalfOpenLeaks"},
    {tcp::Mutant::PawsOff, "PawsOff"},
    {tcp::Mutant::ReasonMissing, "ReasonMissing"},
    {tcp::Mutant::TimerForgotten, "TimerForgotten"},
    {tcp::Mutant::ForeignWindow, "ForeignWindow"},
};
static_assert(std::size(kDefects) + 1 == static_cast<size_t>(tcp::Mutant::kCount));

// Honest peers never send two versions of a byte, so this alarm has a peer of its own: any
// segmentation, any order, the first copy is right and later ones differ.
bool first_copy_wins(uint64_t seed) {
  std::mt19937_64 random(seed);
  mem::SegmentPool copies(256, 256, mem::SegmentPool::Wipe::No);
  tcp::ReceivePools pools{copies, tcp::BlockPool<tcp::HeldSpans>(1), 0};
  tcp::ReceiveWindow window;
  constexpr uint32_t kTotal = 400;
  window.start(0, kTotal, 200);
  std::vector<int> first(kTotal, -1);
  std::vector<uint8_t> piece;
  for (uint8_t version = 1; window.next() < kTotal && version < 250; ++version) {
    const auto begin = static_cast<uint32_t>(random() % kTotal);
    const auto size = static_cast<uint32_t>(1 + random() % std::min(60U, kTotal - begin));
    piece.assign(size, version);
    const auto accepted = window.accept(begin, piece, pools);
    if (accepted != tcp::ReceiveWindow::Accepted::InOrder &&
        accepted != tcp::ReceiveWindow::Accepted::Held)
      continue;
    for (uint32_t i = begin; i < begin + size; ++i)
      if (first[i] < 0) first[i] = version;
  }
  std::vector<uint8_t> got(window.queue().size());
  window.queue().copy_out(0, got);
  bool good = true;
  for (size_t i = 0; i < got.size(); ++i) good = good && got[i] == first[i];
  window.clear(pools);
  return good;
}

// The seed at which the simulation spoke up, or 0.
uint64_t first_seed_that_complains() {
  for (uint64_t seed = 1; seed <= kSeedsMax; ++seed) {
    RunOptions options;
    options.bytes_max = 60'000;
    options.virtual_ms_max = 600'000;
    if (!run_seed(seed, options).what.empty() || !first_copy_wins(seed)) return seed;
  }
  return 0;
}

// In a child, because a defect may also run into one of our own checks (abort) or never end
// (alarm): both are caught.
bool is_caught(tcp::Mutant mutant) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(kSecondsMax);
    if (std::freopen("/dev/null", "w", stderr) == nullptr) _exit(2);
    tcp::g_mutant = mutant;
    _exit(first_seed_that_complains() != 0 ? kCaught : 0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) || WEXITSTATUS(status) == kCaught;
}

TEST(TcpMutations, NothingIsWrongWithoutOne) { EXPECT_FALSE(is_caught(tcp::Mutant::None)); }

TEST(TcpMutations, EveryAlarmRings) {
  for (const Defect& defect : kDefects)
    EXPECT_TRUE(is_caught(defect.mutant)) << defect.name << " is not noticed";
}

}  // namespace
}  // namespace sallyport::sim
