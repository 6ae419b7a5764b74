// limits.h: capacities of the rewriters, each with its reason.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sallyport::rewrite {

// Pieces of one text leaf that may be undecided at once: the widest match (a private key block) has
// one escape and one run per line, twice that inside a tool call; rows of equal escapes cost one
// piece.
inline constexpr uint32_t kMapPiecesMax = 2'048;

// Levels of JSON text inside JSON text that are opened: the arguments of a tool call inside a body,
// and a string of these arguments that is JSON text again (the body of a request the tool shall
// make).
inline constexpr unsigned kJsonNestingMax = 2;

// Text before a channel that counts as context: what the scanner looks back, boundaries included.
inline constexpr size_t kBeforeBytesMax = 64;

// First bytes of a file by which it is text or not, when it does not say: a header of any common
// binary format has a control byte or a broken character in so many.
inline constexpr size_t kSniffBytesMax = 512;

// Token-like texts of one request whose keyed check may fail. Behind the last one nothing is
// checked any more: all token-like text is a literal then, and evidence says `unchecked_token`. A
// guess hits the 40-bit check once in 2^40; with this bound an exchange has a chance of 2^-32. An
// honest history that carries so many tokens of somebody else does not exist.
inline constexpr uint32_t kFailedChecksMax = 256;

// How far before the last structural character an arguments string is held while it may turn out
// not to be JSON: the widest number of digits and separators, and the bracket of a token.
inline constexpr uint64_t kStructureHeldBytesMax = 64;

// A stream event larger than this is refused: the largest real ones (a whole tool result) are far
// below.
inline constexpr size_t kSseEventBytesMax = 1U << 20;

// Numbers of one message that count in a text: two per annotation, and a search answer has tens.
inline constexpr size_t kOffsetNumbersMax = 4'096;

// A URL of the vendor's API, which is held until all of it is there: the longest path that a vendor
// takes, and its host.
inline constexpr size_t kApiUrlBytesMax = 4'096;

// Text channels of one response stream: choices x tool calls. Vendors stop far below.
inline constexpr size_t kStreamChannelsMax = 128;

// Channels whose memory a stream keeps for the next one of its slot: text and a few tool calls.
inline constexpr size_t kStreamChannelsKept = 4;

// Undecided text of one channel: the widest match plus one event.
inline constexpr size_t kChannelHeldBytesMax = kSseEventBytesMax + 64 * 1024;

// What one slot of a prompt template may hold: a long document, and no more than a body.
inline constexpr uint64_t kTemplateSlotBytesMax = 1U << 20;

}  // namespace sallyport::rewrite
