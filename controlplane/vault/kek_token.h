// kek_token.h: the key-encryption key unwrapped by a private RSA key that never leaves a PKCS#11
// token (libp11's own API, never its OpenSSL engine: that one ends the process as soon as a token
// holds an Ed25519 key too). libp11 lists no keys of such a token: the vault's has RSA keys only,
// and a mixed one is refused in words.
//
//   vault.pkcs11, in the credentials folder, 0600:
//     module=/usr/lib/softhsm/libsofthsm2.so     the token's driver
//     token=sallyport                            its label
//     key=vault                                  label of the RSA pair, 2048 bits or more
//     pin_file=/etc/sallyport/credentials/vault.pin
//
// What lies beside the vault is "GENERATION HEX" per line: the key-encryption key, RSA-OAEP with
// SHA-256. The first load() makes one. The token is opened for each load and store, and closed
// again.
#pragma once

#include <filesystem>
#include <memory>

#include "controlplane/vault/kek_source.h"

namespace sallyport::vault {

// Throws VaultError "token" when the file cannot be read or says too little; the token itself is
// not touched before load().
std::unique_ptr<KekSource> open_kek_token(const std::filesystem::path& config,
                                          const std::filesystem::path& wrapped);

}  // namespace sallyport::vault
