// chain_bio.h: OpenSSL's byte source and sink over our chains, so that nothing is copied into a
// memory BIO.
#pragma once

#include "dataplane/mem/byte_chain.h"
#include "dataplane/mem/segment_pool.h"

struct bio_st;

namespace sallyport::tls {

// What the BIO reads from and writes to; set around each call into OpenSSL, null in between.
struct ChainBioEnds {
  mem::ByteChain* ciphertext_in = nullptr;
  mem::ByteChain* ciphertext_out = nullptr;
  mem::SegmentPool* pool = nullptr;
};

// A BIO over `ends`, which must outlive it. The caller owns it. Null: OpenSSL is out of memory.
bio_st* make_chain_bio(ChainBioEnds* ends);

}  // namespace sallyport::tls
