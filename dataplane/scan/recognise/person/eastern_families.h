// eastern_families.h: family names of China, Korea and Vietnam in Latin letters, which stand before
// the given ones.
//
// Of family_first.cc, and of the filter of gazetteer.cc that asks for them.
#pragma once

#include <string_view>

namespace sallyport::scan {

inline constexpr std::string_view kChineseFamilies[] = {
    "bai",  "cai",  "cao",  "chen", "cheng", "cui",   "deng", "ding",  "du",    "duan", "feng",
    "gao",  "gu",   "guo",  "hou",  "hu",    "huang", "jia",  "jiang", "kong",  "li",   "liang",
    "lin",  "liu",  "lu",   "luo",  "ma",    "meng",  "peng", "qian",  "qin",   "qiu",  "shao",
    "shen", "shi",  "tang", "tian", "wang",  "wei",   "wu",   "xia",   "xiao",  "xie",  "xu",
    "xue",  "yang", "yao",  "yuan", "zeng",  "zhang", "zhao", "zheng", "zhong", "zhou", "zhu"};

inline constexpr std::string_view kKoreanFamilies[] = {
    "ahn",  "bae",  "baek", "cho", "choi", "han",  "hong", "hwang", "jang", "jeong",
    "jung", "kang", "kim",  "ko",  "kwon", "lee",  "lim",  "moon",  "nam",  "noh",
    "oh",   "park", "ryu",  "seo", "shin", "song", "yang", "yoo",   "yoon"};

// Without marks and with them.
inline constexpr std::string_view kVietnameseFamilies[] = {
    "bui",          "b\xc3\xb9i",      "dang",
    "dinh",         "duong",           "hoang",
    "ho\xc3\xa0ng", "huynh",           "hu\xe1\xbb\xb3nh",
    "l\xc3\xaa",    "l\xc3\xbd",       "ngo",
    "ng\xc3\xb4",   "nguyen",          "nguy\xe1\xbb\x85n",
    "pham",         "ph\xe1\xba\xa1m", "phan",
    "tran",         "tr\xe1\xba\xa7n", "truong",
    "v\xc3\xb5",    "v\xc5\xa9"};

}  // namespace sallyport::scan
