// Only their hashes stand here: a file with keys in it looks like a leak to those who look for
// some.
#include "dataplane/scan/validate/published_secrets.h"

#include <array>

namespace sallyport::scan {
namespace {

// FNV-1a (64 bits): nobody gains anything by a second value of the same hash.
uint64_t hash_of(Bytes text) noexcept {
  uint64_t hash = 0xcbf29ce484222325;
  for (const uint8_t c : text) hash = (hash ^ c) * 0x100000001b3;
  return hash;
}

struct Published {
  uint8_t size;
  uint64_t hash;
};

constexpr std::array<Published, 43> kPublished{{
    // Azurite and the storage emulator (Microsoft Learn).
    {88, 0x3f9d1c996e620b67},
    // The emulator of Cosmos DB (Microsoft Learn).
    {88, 0x9f1920c6cd484714},
    // Stripe's documentation.
    {32, 0xddd19c486d095d84},
    // GitHub's documentation.
    {40, 0xf6cad54e10eb31ac},
    {40, 0xe49c640aa227dc2f},
    {40, 0xc358cb21c35a1b3d},
    {40, 0xdb9bede1a83288bb},
    {80, 0xda974e4be9cfa38b},
    // Mailgun's documentation.
    {36, 0xdcb53d39ae3dbeb0},
    // NuGet's documentation.
    {11, 0x415503177a5c10e1},
    {14, 0x1a3e1c90ee6698a0},
    // RFC 6749 and 6750.
    {22, 0x846b2a1e2fad7fcb},
    {22, 0xecc1a4474851bc28},
    {22, 0x30aa8188bb023e35},
    {22, 0xd9ad86ad3724159b},
    {28, 0xdc8d8ca0645472e9},
    {44, 0xdb9d9a015ca5096c},
    {15, 0xbb65956c4b8b34bf},
    {10, 0x1a7b78be56f3054d},
    // RFC 7617.
    {28, 0x9617ea5685ae57ea},
    {16, 0x57116b3e04f3b229},
    // RFC 9562 and its predecessors, encyclopaedias.
    {36, 0xfbb0538ee83a5048},
    {36, 0x8da4bf2f8d2be9bf},
    {36, 0x91b178f7f1c4c564},
    {36, 0xad05fd9059563830},
    {36, 0xbdb29fb2917eed69},
    {36, 0x7c384c6218f299f1},
    // Heroku's documentation.
    {36, 0x1c60d17d716e2f35},
    // Keys of Google that its own samples and SDKs publish.
    {39, 0x6acbd824bd32bbd4},
    {39, 0x29a336c7244f48dd},
    {39, 0x08b545962adc7d8b},
    {39, 0xb1efe78bb60b192a},
    {39, 0x12113c2e6979f447},
    {39, 0x828818f833257868},
    {39, 0x6835e0f288832a40},
    {39, 0x816cd10fdb11ead0},
    {39, 0xadbd04e3fe1b6d49},
    {39, 0xdb9422f1dd332dcc},
    {39, 0x515cb771a4238032},
    {39, 0xe754678ea2b14ef1},
    {39, 0xc73f1e61952e6987},
    {39, 0x294c63f8344d5df1},
    {39, 0xcb160c5ebf072178},
}};

constexpr auto sizes_of_them() {
  std::array<bool, 128> sizes{};
  for (const Published& one : kPublished) sizes[one.size] = true;
  return sizes;
}
constexpr auto kSizes = sizes_of_them();

bool is_one(Bytes text) noexcept {
  if (text.size() >= kSizes.size() || !kSizes[text.size()]) return false;
  const uint64_t hash = hash_of(text);
  for (const Published& one : kPublished)
    if (one.size == text.size() && one.hash == hash) return true;
  return false;
}

}  // namespace

bool is_published_secret(Bytes text) noexcept {
  if (is_one(text)) return true;
  // "AccountKey=x"
  constexpr size_t kNameMax = 20;
  for (size_t i = 1; i < kNameMax && i + 1 < text.size(); ++i)
    if (text[i] == '=') return is_one(text.subspan(i + 1));
  return false;
}

}  // namespace sallyport::scan
