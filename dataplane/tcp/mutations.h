// mutations.h: deliberate defects, one at a time, for the test that every alarm rings
// (tests/sim/tcp_mutation_test.cc).
//
// Compiled in only with SALLYPORT_TCP_MUTATIONS, which the product never defines: there
// SP_TCP_MUTANT() is false at compile time and nothing of it remains.
#pragma once

namespace sallyport::tcp {

enum class Mutant : unsigned char {
  None,
  LaterCopyWins,          // reassembly: a late copy replaces what was accepted
  WindowShrinks,          // the right edge goes back
  NoRetransmitTimer,      // outstanding data without a timer
  NoPersistTimer,         // a closed window is never probed
  AckOfUnsentAccepted,    // SEG.ACK > SND.NXT moves SND.UNA
  WindowIgnored,          // more is sent than the peer takes
  SackBeyondSent,         // a SACK block past SND.NXT is believed
  ScoreboardLeaks,        // the cumulative ACK does not clean the scoreboard
  SackedCountedTwice,     // the sum of sacked bytes drifts
  FinOutOfOrder,          // FIN taken before the hole in front of it is filled
  RetransmitsFreshBytes,  // a retransmission reads one byte further
  ChecksumUnchecked,      // damaged segments are taken
  ReceiveLimitIgnored,    // more is held than the window offered
  HalfOpenLeaks,          // the count of half-open connections drifts
  PawsOff,                // old duplicates are taken (with timestamps)
  ReasonMissing,          // a segment leaves and no counter says why
  TimerForgotten,         // a deadline that nothing will look at
  ForeignWindow,          // one connection's ACK changes another's window
  kCount
};

#ifdef SALLYPORT_TCP_MUTATIONS
inline Mutant g_mutant = Mutant::None;  // one simulation runs at a time
#define SP_TCP_MUTANT(id) \
  __builtin_expect(::sallyport::tcp::g_mutant == ::sallyport::tcp::Mutant::id, 0)
#else
#define SP_TCP_MUTANT(id) false
#endif

}  // namespace sallyport::tcp
