// serialise.h: heads and chunks out again, from the parsed form: nothing of the peer's framing is
// copied.
//
// Every function appends to a chain and answers false when the pool is exhausted (the chain may
// then hold a part; the caller gives the connection up).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "dataplane/http/head.h"
#include "dataplane/mem/byte_chain.h"
#include "dataplane/mem/segment_pool.h"

namespace sallyport::http {

class HeadWriter {
 public:
  HeadWriter(mem::ByteChain& out, mem::SegmentPool& pool) noexcept : out_(out), pool_(pool) {}
  void request_line(std::string_view method, std::string_view target) noexcept;
  void status_line(uint16_t status) noexcept;
  // REQUIRES: name and value hold no CR, LF or NUL (checked: it is our own mistake).
  void header(std::string_view name, std::string_view value) noexcept;
  void header(std::string_view name, uint64_t value) noexcept;
  // The empty line. False: memory ran out on the way.
  [[nodiscard]] bool finish() noexcept;

 private:
  void put(std::string_view text) noexcept;
  mem::ByteChain& out_;
  mem::SegmentPool& pool_;
  bool ok_ = true;
};

[[nodiscard]] bool write_chunk(std::span<const uint8_t> data, mem::ByteChain& out,
                               mem::SegmentPool& pool) noexcept;
[[nodiscard]] bool write_last_chunk(mem::ByteChain& out, mem::SegmentPool& pool) noexcept;
std::string_view reason_phrase(uint16_t status) noexcept;

// Fields that belong to one connection and are never forwarded (RFC 9110 7.6.1), plus framing.
bool is_hop_by_hop(std::string_view name, const Headers& headers) noexcept;

}  // namespace sallyport::http
