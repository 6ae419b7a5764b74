// certificate_pair.h: is this chain and this key what a TLS server can use.
// Not here: trust (the clients decide), renewal (whoever writes the files).
#pragma once

#include <string>
#include <string_view>

#include "controlplane/supervise/credentials/credentials.h"

namespace sallyport::supervise {

// Parses both, checks that the leaf comes first, that the key is its key and is strong enough
// (P-256 or better, Ed25519, RSA from 2048). Nothing: `error` says which of the two is wrong.
// The error text starts with the file name it is given for each.
std::optional<CertificateState> read_certificate_pair(std::string_view chain_pem,
                                                      std::string_view key_pem,
                                                      const std::string& chain_name,
                                                      const std::string& key_name,
                                                      std::string& error);

}  // namespace sallyport::supervise
