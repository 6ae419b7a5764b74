#include "dataplane/tls/chain_bio.h"

#include <openssl/bio.h>

#include <algorithm>
#include <climits>

namespace sallyport::tls {
namespace {

ChainBioEnds* ends_of(BIO* bio) { return static_cast<ChainBioEnds*>(BIO_get_data(bio)); }

int read_bytes(BIO* bio, char* out, int size) {
  BIO_clear_retry_flags(bio);
  ChainBioEnds* ends = ends_of(bio);
  if (ends->ciphertext_in == nullptr || ends->ciphertext_in->empty() || size <= 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const size_t count = ends->ciphertext_in->copy_out(
      0, {reinterpret_cast<uint8_t*>(out), static_cast<size_t>(size)});
  ends->ciphertext_in->consume(count);
  return static_cast<int>(count);
}

int write_bytes(BIO* bio, const char* in, int size) {
  BIO_clear_retry_flags(bio);
  ChainBioEnds* ends = ends_of(bio);
  if (ends->ciphertext_out == nullptr || size <= 0 ||
      !ends->ciphertext_out->append_copy(
          {reinterpret_cast<const uint8_t*>(in), static_cast<size_t>(size)}, *ends->pool)) {
    BIO_set_retry_write(bio);
    return -1;
  }
  return size;
}

long control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH || command == BIO_CTRL_DUP ? 1 : 0;
}

int create(BIO* bio) {
  BIO_set_init(bio, 1);
  return 1;
}

BIO_METHOD* method() {
  // One for the process, made on first use at start; never freed.
  static BIO_METHOD* const made = [] {
    BIO_METHOD* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "sallyport chain");
    BIO_meth_set_read(m, read_bytes);
    BIO_meth_set_write(m, write_bytes);
    BIO_meth_set_ctrl(m, control);
    BIO_meth_set_create(m, create);
    return m;
  }();
  return made;
}

}  // namespace

bio_st* make_chain_bio(ChainBioEnds* ends) {
  BIO* bio = BIO_new(method());
  if (bio != nullptr) BIO_set_data(bio, ends);
  return bio;
}

}  // namespace sallyport::tls
