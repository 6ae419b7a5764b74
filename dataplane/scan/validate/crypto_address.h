// crypto_address.h: addresses of crypto currencies by their checksums.
#pragma once

#include "dataplane/scan/validate/characters.h"

namespace sallyport::scan {

// Base58Check with a version byte of an address (bitcoin wiki, List of address prefixes): Bitcoin
// pay to key hash and script hash, Litecoin, Dogecoin, Dash, Zcash, Tron, main and test net. As it
// stands: case counts.
bool base58check_address(Characters text) noexcept;
// BIP 173 and BIP 350: segregated witness addresses bc1..., tb1..., ltc1..., in one case.
bool segwit_address(Characters text) noexcept;
// 0x and 40 hexadecimal digits; where the case is mixed it must be EIP-55's. One digit repeated and
// the precompiled contracts are no address of anybody.
bool ethereum_address(Characters text) noexcept;

}  // namespace sallyport::scan
