#include "dataplane/base/phrase_letters.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <string_view>

#include "dataplane/base/utf8.h"

namespace sallyport::base {
namespace {

// All code points below are of Unicode 14. Letters of [first, last], every `step`th, become the
// one `delta` away: small letters, and where a letter or its capital looks like one of ASCII and is
// folded to it before (scan/text/fold_table.cc), that one. So both are one whatever was folded.
struct LetterRow {
  uint16_t first;
  uint16_t last;
  uint16_t step;
  int16_t delta;
};
constexpr LetterRow kLetterRows[] = {
    {0xb5, 0xb5, 1, -72},     {0xc0, 0xd6, 1, 32},        {0xd8, 0xde, 1, 32},
    {0x100, 0x12e, 2, 1},     {0x130, 0x130, 1, -199},    {0x132, 0x136, 2, 1},
    {0x139, 0x147, 2, 1},     {0x14a, 0x176, 2, 1},       {0x178, 0x178, 1, -121},
    {0x179, 0x17d, 2, 1},     {0x17f, 0x17f, 1, -268},    {0x181, 0x181, 1, 210},
    {0x182, 0x184, 2, 1},     {0x186, 0x186, 1, 206},     {0x187, 0x187, 1, 1},
    {0x189, 0x18a, 1, 205},   {0x18b, 0x18b, 1, 1},       {0x18e, 0x18e, 1, 79},
    {0x18f, 0x18f, 1, 202},   {0x190, 0x190, 1, 203},     {0x191, 0x191, 1, 1},
    {0x193, 0x193, 1, 205},   {0x194, 0x194, 1, 207},     {0x196, 0x196, 1, -301},
    {0x197, 0x197, 1, 209},   {0x198, 0x198, 1, 1},       {0x19c, 0x19c, 1, 211},
    {0x19d, 0x19d, 1, 213},   {0x19f, 0x19f, 1, 214},     {0x1a0, 0x1a4, 2, 1},
    {0x1a6, 0x1a6, 1, -308},  {0x1a7, 0x1a7, 1, 1},       {0x1a9, 0x1a9, 1, 218},
    {0x1ac, 0x1ac, 1, 1},     {0x1ae, 0x1ae, 1, 218},     {0x1af, 0x1af, 1, 1},
    {0x1b1, 0x1b2, 1, 217},   {0x1b3, 0x1b5, 2, 1},       {0x1b7, 0x1b7, 1, 219},
    {0x1b8, 0x1b8, 1, 1},     {0x1bc, 0x1bc, 1, 1},       {0x1c4, 0x1c4, 1, 2},
    {0x1c5, 0x1c5, 1, 1},     {0x1c7, 0x1c7, 1, 2},       {0x1c8, 0x1c8, 1, 1},
    {0x1ca, 0x1ca, 1, 2},     {0x1cb, 0x1cd, 2, 1},       {0x1cf, 0x1cf, 1, -358},
    {0x1d1, 0x1db, 2, 1},     {0x1de, 0x1ee, 2, 1},       {0x1f1, 0x1f1, 1, 2},
    {0x1f2, 0x1f4, 2, 1},     {0x1f6, 0x1f6, 1, -97},     {0x1f7, 0x1f7, 1, -56},
    {0x1f8, 0x21e, 2, 1},     {0x220, 0x220, 1, -130},    {0x222, 0x232, 2, 1},
    {0x23a, 0x23a, 1, 10795}, {0x23b, 0x23b, 1, 1},       {0x23d, 0x23d, 1, -163},
    {0x23e, 0x23e, 1, 10792}, {0x241, 0x241, 1, 1},       {0x243, 0x243, 1, -195},
    {0x244, 0x244, 1, 69},    {0x245, 0x245, 1, 71},      {0x246, 0x24e, 2, 1},
    {0x340, 0x341, 1, -64},   {0x343, 0x343, 1, -48},     {0x370, 0x372, 2, 1},
    {0x374, 0x374, 1, -187},  {0x376, 0x376, 1, 1},       {0x386, 0x386, 1, -805},
    {0x388, 0x388, 1, -803},  {0x389, 0x38a, 1, -801},    {0x38c, 0x38c, 1, -797},
    {0x38e, 0x38e, 1, -793},  {0x38f, 0x38f, 1, 58},      {0x390, 0x390, 1, -807},
    {0x393, 0x393, 1, -794},  {0x394, 0x394, 1, 32},      {0x398, 0x398, 1, 32},
    {0x39b, 0x39b, 1, 32},    {0x39e, 0x3a0, 2, 32},      {0x3a3, 0x3a3, 1, -820},
    {0x3a6, 0x3a8, 2, 32},    {0x3a9, 0x3a9, 1, 32},      {0x3aa, 0x3aa, 1, -833},
    {0x3ab, 0x3ab, 1, -822},  {0x3ac, 0x3ac, 1, -843},    {0x3ad, 0x3ad, 1, -840},
    {0x3ae, 0x3af, 1, -838},  {0x3b0, 0x3b0, 1, -827},    {0x3b2, 0x3b2, 1, -848},
    {0x3b5, 0x3b5, 1, -848},  {0x3b6, 0x3b6, 1, -828},    {0x3b7, 0x3b7, 1, -847},
    {0x3ba, 0x3bc, 2, -847},  {0x3c2, 0x3c2, 1, -851},    {0x3c4, 0x3c4, 1, -848},
    {0x3c7, 0x3c7, 1, -847},  {0x3ca, 0x3ca, 1, -865},    {0x3cb, 0x3cb, 1, -854},
    {0x3cc, 0x3cc, 1, -861},  {0x3cd, 0x3cd, 1, -856},    {0x3ce, 0x3ce, 1, -5},
    {0x3cf, 0x3cf, 1, 8},     {0x3d0, 0x3d0, 1, -878},    {0x3d3, 0x3d3, 1, -1},
    {0x3d4, 0x3d4, 1, -2},    {0x3d8, 0x3ee, 2, 1},       {0x3f0, 0x3f0, 1, -901},
    {0x3f1, 0x3f1, 1, -897},  {0x3f4, 0x3f4, 1, -60},     {0x3f5, 0x3f5, 1, -912},
    {0x3f7, 0x3f7, 1, 1},     {0x3fa, 0x3fa, 1, 1},       {0x3fd, 0x3ff, 1, -130},
    {0x400, 0x400, 1, -792},  {0x401, 0x401, 1, -790},    {0x402, 0x404, 1, 80},
    {0x407, 0x407, 1, -792},  {0x409, 0x40d, 1, 80},      {0x40e, 0x40e, 1, -917},
    {0x40f, 0x40f, 1, 80},    {0x411, 0x413, 2, 32},      {0x414, 0x416, 2, 32},
    {0x417, 0x419, 1, 32},    {0x41b, 0x41b, 1, 32},      {0x41f, 0x41f, 1, 32},
    {0x424, 0x426, 2, 32},    {0x427, 0x42f, 1, 32},      {0x432, 0x432, 1, -976},
    {0x43a, 0x43c, 2, -975},  {0x43d, 0x43d, 1, -981},    {0x442, 0x442, 1, -974},
    {0x450, 0x450, 1, -872},  {0x451, 0x451, 1, -870},    {0x457, 0x457, 1, -872},
    {0x460, 0x472, 2, 1},     {0x474, 0x474, 1, -1022},   {0x476, 0x480, 2, 1},
    {0x48a, 0x4ac, 2, 1},     {0x4b0, 0x4b8, 2, 1},       {0x4ba, 0x4ba, 1, -1106},
    {0x4bc, 0x4bc, 1, -1111}, {0x4be, 0x4be, 1, 1},       {0x4c1, 0x4cd, 2, 1},
    {0x4d0, 0x4d0, 1, -973},  {0x4d1, 0x4d1, 1, -974},    {0x4d2, 0x4d2, 1, -1006},
    {0x4d3, 0x4d3, 1, -1007}, {0x4d4, 0x4d4, 1, 1},       {0x4d6, 0x4d6, 1, -961},
    {0x4d7, 0x4d7, 1, -962},  {0x4d8, 0x4e4, 2, 1},       {0x4e6, 0x4e6, 1, -1008},
    {0x4e7, 0x4e7, 1, -1009}, {0x4e8, 0x4ec, 2, 1},       {0x4ee, 0x4ee, 1, -699},
    {0x4ef, 0x4ef, 1, -700},  {0x4f0, 0x4f0, 1, -1009},   {0x4f1, 0x4f1, 1, -1010},
    {0x4f2, 0x4fe, 2, 1},     {0x500, 0x500, 1, -1180},   {0x502, 0x50a, 2, 1},
    {0x50d, 0x50d, 1, -1190}, {0x50e, 0x518, 2, 1},       {0x51a, 0x51a, 1, -1193},
    {0x51c, 0x51c, 1, -1189}, {0x51e, 0x52e, 2, 1},       {0x531, 0x547, 1, 48},
    {0x548, 0x548, 1, -1242}, {0x549, 0x54c, 1, 48},      {0x54d, 0x54d, 1, -1240},
    {0x54e, 0x550, 1, 48},    {0x551, 0x551, 1, -1258},   {0x552, 0x554, 1, 48},
    {0x556, 0x556, 1, 48},    {0x1c90, 0x1cba, 1, -3008}, {0x1cbd, 0x1cbf, 1, -3008},
    {0x1e00, 0x1e2e, 2, 1},   {0x1e30, 0x1e30, 1, -6612}, {0x1e31, 0x1e31, 1, -6613},
    {0x1e32, 0x1e78, 2, 1},   {0x1e7a, 0x1e7a, 1, -7332}, {0x1e7b, 0x1e7b, 1, -7333},
    {0x1e7c, 0x1e94, 2, 1},   {0x1e9b, 0x1e9b, 1, -58},   {0x1ea0, 0x1efe, 2, 1}};

// A mark, and pairs of a letter and what both are together. Marks in any order.
struct MarkRow {
  uint32_t mark;
  std::u32string_view pairs;
};
constexpr MarkRow kMarkRows[] = {
    {0x300,
     U"a\u00e0e\u00e8i\u00ecn\u01f9o\u00f2u\u00f9w\u1e81y\u1ef3\u00e2\u1ea7\u00ea\u1ec1"
     U"\u00f4\u1ed3\u00fc\u01dc\u0103\u1eb1\u0113\u1e15\u014d\u1e51\u01a1\u1edd"
     U"\u01b0\u1eeb\u0438\u045d"},
    {0x301,
     U"a\u00e1c\u0107e\u00e9g\u01f5i\u00edk\u045cl\u013am\u1e3fn\u0144o\u00f3p\u1e55"
     U"r\u0155s\u015bu\u00faw\u1e83y\u00fdz\u017a\u00e2\u1ea5\u00e5\u01fb\u00e6\u01fd"
     U"\u00e7\u1e09\u00ea\u1ebf\u00ef\u1e2f\u00f4\u1ed1\u00f5\u1e4d\u00f8\u01ff"
     U"\u00fc\u01d8\u0103\u1eaf\u0113\u1e17\u014d\u1e53\u0169\u1e79\u01a1\u1edb"
     U"\u01b0\u1ee9\u0433\u0453\u1e61\u1e65"},
    {0x302,
     U"a\u00e2c\u0109e\u00eag\u011dh\u0125i\u00eej\u0135o\u00f4s\u015du\u00fbw\u0175"
     U"y\u0177z\u1e91\u00e0\u1ea7\u00e1\u1ea5\u00e3\u1eab\u00e8\u1ec1\u00e9\u1ebf"
     U"\u00f2\u1ed3\u00f3\u1ed1\u00f5\u1ed7\u1ea1\u1ead\u1ea3\u1ea9\u1eb9\u1ec7"
     U"\u1ebb\u1ec3\u1ebd\u1ec5\u1ecd\u1ed9\u1ecf\u1ed5"},
    {0x303,
     U"a\u00e3e\u1ebdi\u0129n\u00f1o\u00f5u\u0169v\u1e7dy\u1ef9\u00e2\u1eab\u00ea\u1ec5"
     U"\u00f3\u1e4d\u00f4\u1ed7\u00f6\u1e4f\u00fa\u1e79\u0103\u1eb5\u014d\u022d"
     U"\u01a1\u1ee1\u01b0\u1eef"},
    {0x304,
     U"a\u0101e\u0113g\u1e21i\u012bo\u014du\u016by\u0233\u00e4\u01df\u00e6\u01e3"
     U"\u00e8\u1e15\u00e9\u1e17\u00f2\u1e51\u00f3\u1e53\u00f5\u022d\u00f6\u022b"
     U"\u00fc\u01d6\u01eb\u01ed\u0227\u01e1\u022f\u0231\u0438\u04e3\u1e37\u1e39"
     U"\u1e5b\u1e5d"},
    {0x306,
     U"a\u0103e\u0115g\u011fi\u012do\u014fu\u016dyy\u00e0\u1eb1\u00e1\u1eaf\u00e3\u1eb5"
     U"\u0229\u1e1d\u0436\u04c2\u0438\u0439\u1ea1\u1eb7\u1ea3\u1eb3"},
    {0x307,
     U"a\u0227b\u1e03c\u010bd\u1e0be\u0117f\u1e1fg\u0121h\u1e23iim\u1e41n\u1e45o\u022f"
     U"p\u1e57r\u1e59s\u1e61t\u1e6bw\u1e87x\u1e8by\u1e8fz\u017c\u0101\u01e1\u014d\u0231"
     U"\u015b\u1e65\u0161\u1e67\u1e63\u1e69"},
    {0x308,
     U"a\u00e4e\u00ebh\u1e27i\u00efo\u00f6t\u1e97u\u00fcw\u1e85x\u1e8dy\u00ff"
     U"\u00ed\u1e2f\u00f5\u1e4f\u00f9\u01dc\u00fa\u01d8\u0101\u01df\u014d\u022b"
     U"\u016b\u01d6\u01d4\u01da\u0436\u04dd\u0437\u04df\u0438\u04e5\u0447\u04f5"
     U"\u044b\u04f9\u044d\u04ed\u04d9\u04db\u04e9\u04eb"},
    {0x309,
     U"a\u1ea3e\u1ebbi\u1ec9o\u1ecfu\u1ee7y\u1ef7\u00e2\u1ea9\u00ea\u1ec3\u00f4\u1ed5"
     U"\u0103\u1eb3\u01a1\u1edf\u01b0\u1eed"},
    {0x30a, U"a\u00e5u\u016fw\u1e98y\u1e99\u00e1\u01fb"},
    {0x30b, U"o\u0151u\u0171y\u04f3"},
    {0x30c,
     U"iia\u01cec\u010dd\u010fe\u011bg\u01e7h\u021fj\u01f0k\u01e9l\u013en\u0148o\u01d2"
     U"r\u0159s\u0161t\u0165u\u01d4z\u017e\u00fc\u01da\u0292\u01ef\u1e61\u1e67"},
    {0x30f, U"a\u0201e\u0205i\u0209o\u020dr\u0211u\u0215v\u0477"},
    {0x311, U"a\u0203e\u0207i\u020bo\u020fr\u0213u\u0217"},
    {0x31b,
     U"o\u01a1u\u01b0\u00f2\u1edd\u00f3\u1edb\u00f5\u1ee1\u00f9\u1eeb\u00fa\u1ee9"
     U"\u0169\u1eef\u1ecd\u1ee3\u1ecf\u1edf\u1ee5\u1ef1\u1ee7\u1eed"},
    {0x323,
     U"a\u1ea1b\u1e05d\u1e0de\u1eb9h\u1e25i\u1ecbk\u1e33l\u1e37m\u1e43n\u1e47o\u1ecd"
     U"r\u1e5bs\u1e63t\u1e6du\u1ee5v\u1e7fw\u1e89y\u1ef5z\u1e93\u00e2\u1ead\u00ea\u1ec7"
     U"\u00f4\u1ed9\u0103\u1eb7\u01a1\u1ee3\u01b0\u1ef1\u1e61\u1e69"},
    {0x324, U"u\u1e73"},
    {0x325, U"a\u1e01"},
    {0x326, U"s\u0219t\u021b"},
    {0x327,
     U"c\u00e7d\u1e11e\u0229g\u0123h\u1e29k\u0137l\u013cn\u0146r\u0157s\u015ft\u0163"
     U"\u0107\u1e09\u0115\u1e1d"},
    {0x328, U"a\u0105e\u0119i\u012fo\u01ebu\u0173\u014d\u01ed"},
    {0x32d, U"d\u1e13e\u1e19l\u1e3dn\u1e4bt\u1e71u\u1e77"},
    {0x32e, U"h\u1e2b"},
    {0x330, U"e\u1e1bi\u1e2du\u1e75"},
    {0x331, U"b\u1e07d\u1e0fh\u1e96k\u1e35l\u1e3bn\u1e49r\u1e5ft\u1e6fz\u1e95"},
    {0x653, U"\u0627\u0622"},
    {0x654, U"\u0627\u0623\u0648\u0624\u064a\u0626\u06c1\u06c2\u06d2\u06d3\u06d5\u06c0"},
    {0x655, U"\u0627\u0625"},
    {0x3099,
     U"\u3046\u3094\u304b\u304c\u304d\u304e\u304f\u3050\u3051\u3052\u3053\u3054"
     U"\u3055\u3056\u3057\u3058\u3059\u305a\u305b\u305c\u305d\u305e\u305f\u3060"
     U"\u3061\u3062\u3064\u3065\u3066\u3067\u3068\u3069\u306f\u3070\u3072\u3073"
     U"\u3075\u3076\u3078\u3079\u307b\u307c\u309d\u309e\u30a6\u30f4\u30ab\u30ac"
     U"\u30ad\u30ae\u30af\u30b0\u30b1\u30b2\u30b3\u30b4\u30b5\u30b6\u30b7\u30b8"
     U"\u30b9\u30ba\u30bb\u30bc\u30bd\u30be\u30bf\u30c0\u30c1\u30c2\u30c4\u30c5"
     U"\u30c6\u30c7\u30c8\u30c9\u30cf\u30d0\u30d2\u30d3\u30d5\u30d6\u30d8\u30d9"
     U"\u30db\u30dc\u30ef\u30f7\u30f0\u30f8\u30f1\u30f9\u30f2\u30fa\u30fd\u30fe"},
    {0x309a,
     U"\u306f\u3071\u3072\u3074\u3075\u3077\u3078\u307a\u307b\u307d\u30cf\u30d1"
     U"\u30d2\u30d4\u30d5\u30d7\u30d8\u30da\u30db\u30dd"},
};

// Signs, spaces and pictures: between words.
struct SignRange {
  uint32_t first;
  uint32_t last;
};
constexpr SignRange kBreaks[] = {
    {0x80, 0xa9},     {0xab, 0xb1},     {0xb4, 0xb4},     {0xb6, 0xb8},       {0xbb, 0xbb},
    {0xbf, 0xbf},     {0xd7, 0xd7},     {0xf7, 0xf7},     {0x2c2, 0x2c5},     {0x2d2, 0x2df},
    {0x37e, 0x37e},   {0x384, 0x385},   {0x387, 0x387},   {0x3f6, 0x3f6},     {0x482, 0x482},
    {0x55a, 0x55f},   {0x589, 0x58f},   {0x5be, 0x5be},   {0x5c0, 0x5c0},     {0x5c3, 0x5c3},
    {0x5c6, 0x5c6},   {0x5f3, 0x60f},   {0x61b, 0x61f},   {0x66a, 0x66d},     {0x6d4, 0x6d4},
    {0x6dd, 0x6de},   {0x700, 0x70f},   {0x964, 0x965},   {0x970, 0x970},     {0xe3f, 0xe3f},
    {0xe4f, 0xe4f},   {0xe5a, 0xe5b},   {0x104a, 0x104f}, {0x10fb, 0x10fb},   {0x1360, 0x1368},
    {0x17d4, 0x17db}, {0x2000, 0x206f}, {0x20a0, 0x20c0}, {0x2103, 0x2106},   {0x2116, 0x2118},
    {0x211e, 0x2123}, {0x212e, 0x212e}, {0x2190, 0x244a}, {0x2500, 0x2775},   {0x2794, 0x2bff},
    {0x2e00, 0x2e2e}, {0x2e30, 0x3004}, {0x3008, 0x3020}, {0x3030, 0x3030},   {0x303d, 0x303f},
    {0x309b, 0x309c}, {0x30a0, 0x30a0}, {0x30fb, 0x30fb}, {0x3200, 0x33ff},   {0xe000, 0xf8ff},
    {0xfd3e, 0xfd4f}, {0xfe10, 0xfe19}, {0xfe30, 0xfe6b}, {0xfeff, 0xff0f},   {0xff1a, 0xff20},
    {0xff3b, 0xff40}, {0xff5b, 0xff65}, {0xffe0, 0xfffd}, {0x1f000, 0x1fbca}, {0xf0000, 0x10ffff}};

constexpr uint32_t kBreak = 0;
constexpr uint32_t kSharpS = 0xdf, kCapitalSharpS = 0x1e9e;

constexpr uint32_t letter_of(uint32_t c) noexcept {
  const auto* range =
      std::upper_bound(std::begin(kBreaks), std::end(kBreaks), c,
                       [](uint32_t one, const SignRange& r) { return one < r.first; });
  if (range != std::begin(kBreaks) && c <= range[-1].last) return kBreak;
  const auto* row =
      std::upper_bound(std::begin(kLetterRows), std::end(kLetterRows), c,
                       [](uint32_t one, const LetterRow& r) { return one < r.first; });
  // Rows of every second letter may have others between them.
  for (int i = 0; i < 2 && row != std::begin(kLetterRows); ++i) {
    --row;
    if (c <= row->last && (c - row->first) % row->step == 0)
      return static_cast<uint32_t>(static_cast<int32_t>(c) + row->delta);
  }
  return c;
}

// Latin, Greek, Cyrillic and their neighbours are looked up at once.
constexpr uint32_t kDirectFirst = 0x80, kDirectEnd = 0x600;
constexpr std::array<uint16_t, kDirectEnd - kDirectFirst> make_direct() {
  std::array<uint16_t, kDirectEnd - kDirectFirst> table{};
  for (uint32_t c = kDirectFirst; c < kDirectEnd; ++c)
    table[c - kDirectFirst] = static_cast<uint16_t>(letter_of(c));
  return table;
}
constinit const auto kDirect = make_direct();

// Unicode 3.12: a syllable of Hangul is its parts.
uint32_t hangul(uint32_t before, uint32_t c) noexcept {
  constexpr uint32_t kLead = 0x1100, kVowel = 0x1161, kTail = 0x11a7, kSyllable = 0xac00;
  constexpr uint32_t kLeads = 19, kVowels = 21, kTails = 28;
  if (before - kLead < kLeads && c - kVowel < kVowels)
    return kSyllable + ((before - kLead) * kVowels + (c - kVowel)) * kTails;
  const bool is_open =
      before - kSyllable < kLeads * kVowels * kTails && (before - kSyllable) % kTails == 0;
  return is_open && c - kTail - 1 < kTails - 1 ? before + (c - kTail) : 0;
}

bool is_mark(uint32_t c) noexcept {
  return (c >= 0x300 && c < 0x370) || (c >= 0x653 && c <= 0x655) || c == 0x3099 || c == 0x309a;
}

// A letter and a mark behind it as one; 0: they stay two.
uint32_t composed(uint32_t before, uint32_t mark) noexcept {
  if (mark >= 0x1161 && mark <= 0x11c2) return hangul(before, mark);
  if (!is_mark(mark)) return 0;
  for (const MarkRow& row : kMarkRows) {
    if (row.mark != mark) continue;
    for (size_t i = 0; i < row.pairs.size(); i += 2)
      if (row.pairs[i] == before) return row.pairs[i + 1];
  }
  return 0;
}

size_t append(uint32_t c, std::span<uint8_t> word, size_t size) noexcept {
  // Only what a mark may stand behind is looked at again.
  if (size > 0 && c >= 0x300) {
    size_t last = 1;
    while (last < size && last < 4 && (word[size - last] & 0xc0) == 0x80) ++last;
    if (const uint32_t one = composed(utf8_decode(word.data() + size - last, last), c); one != 0)
      return append(one, word, size - last);
  }
  std::array<uint8_t, 4> bytes;
  const size_t more = utf8_encode(c, bytes.data());
  if (size + more > word.size()) return kWordFull;
  std::memcpy(word.data() + size, bytes.data(), more);
  return size + more;
}

}  // namespace

size_t read_letter(std::span<const uint8_t> text, uint32_t& letter) noexcept {
  const size_t size = utf8_sequence_size(text[0]);
  if (size < 2) {
    letter = kNoLetter;
    return 1;
  }
  for (size_t i = 1; i < std::min(size, text.size()); ++i)
    if ((text[i] & 0xc0) != 0x80) {
      letter = kNoLetter;
      return 1;
    }
  if (text.size() < size) return 0;
  letter = utf8_decode(text.data(), size);
  if (letter >= (size == 2 ? 0x80U : size == 3 ? 0x800U : 0x10000U)) return size;
  letter = kNoLetter;  // written too long
  return 1;
}

bool is_phrase_letter(uint32_t c) noexcept {
  return (c < kDirectEnd ? kDirect[c - kDirectFirst] : letter_of(c)) != kBreak;
}

size_t add_letter(uint32_t c, std::span<uint8_t> word, size_t size) noexcept {
  if (c == kSharpS || c == kCapitalSharpS) {
    size = append('s', word, size);
    return size == kWordFull ? size : append('s', word, size);
  }
  return append(c < kDirectEnd ? kDirect[c - kDirectFirst] : letter_of(c), word, size);
}

}  // namespace sallyport::base
