// prose_words.h: words that stand between the word for a password and the password, in sentences,
// and what cannot be one of them.
#pragma once

#include <array>
#include <string_view>

#include "dataplane/scan/read/words.h"
#include "dataplane/scan/validate/word_list.h"

namespace sallyport::scan {

// With these a stretch between the word and its value begins: "password for the VPN is", "password
// on prod:".
inline constexpr WordList kGapStarts{std::to_array<std::string_view>({"for",
                                                                      "to",
                                                                      "of",
                                                                      "on",
                                                                      "at",
                                                                      "in",
                                                                      "i",
                                                                      "we",
                                                                      "he",
                                                                      "she",
                                                                      "they",
                                                                      "you",
                                                                      "that",
                                                                      "which",
                                                                      "here",
                                                                      "should",
                                                                      "has",
                                                                      "will",
                                                                      "would",
                                                                      "must",
                                                                      "now",
                                                                      "currently",
                                                                      "still",
                                                                      "f\xc3\xbcr",
                                                                      "f\xc3\xb6r",
                                                                      "vom",
                                                                      "zum",
                                                                      "zur",
                                                                      "im",
                                                                      "pour",
                                                                      "du",
                                                                      "de",
                                                                      "del",
                                                                      "para",
                                                                      "per",
                                                                      "della",
                                                                      "voor",
                                                                      "van",
                                                                      "do",
                                                                      "da",
                                                                      "dla",
                                                                      "od",
                                                                      "till",
                                                                      "\xd0\xb4\xd0\xbb\xd1\x8f",
                                                                      "o\xd1\x82",
                                                                      "\xd0\xbe\xd1\x82",
                                                                      "(for",
                                                                      "used",
                                                                      "set",
                                                                      "changed",
                                                                      "reset",
                                                                      "field",
                                                                      "below",
                                                                      "again",
                                                                      "and",
                                                                      "with",
                                                                      "there",
                                                                      "these",
                                                                      "hint",
                                                                      "remains",
                                                                      "stays",
                                                                      "hasn't",
                                                                      "wi-fi",
                                                                      "wifi",
                                                                      "wlan",
                                                                      "combo",
                                                                      "combination",
                                                                      "nueva",
                                                                      "nova",
                                                                      "vpn",
                                                                      "fuer",
                                                                      "admin",
                                                                      "root",
                                                                      "di",
                                                                      "k",
                                                                      "ke",
                                                                      "dost\xc4\x99pu",
                                                                      "temporanea",
                                                                      "temporaire",
                                                                      "provisoire",
                                                                      "temporal",
                                                                      "\xc3\xa0",
                                                                      "au",
                                                                      "from",
                                                                      "fra",
                                                                      "auf",
                                                                      "am",
                                                                      "saya",
                                                                      "mitt",
                                                                      "mea",
                                                                      "f\xc3\xbcrs",
                                                                      "\xd7\xa9\xd7\x9c\xd7\x99",
                                                                      "tymczasowe",
                                                                      "c\xe1\xbb\xa7"
                                                                      "a",
                                                                      "\xd0\xb2i\xd0\xb4"})};

// Between "is" and the value.
inline constexpr WordList kFillers{std::to_array<std::string_view>({"now",
                                                                    "still",
                                                                    "currently",
                                                                    "just",
                                                                    "simply",
                                                                    "set",
                                                                    "to",
                                                                    "changed",
                                                                    "be",
                                                                    "like",
                                                                    "something",
                                                                    "the",
                                                                    "this",
                                                                    "is",
                                                                    "jetzt",
                                                                    "aktuell",
                                                                    "maintenant",
                                                                    "ahora",
                                                                    "adesso",
                                                                    "agora",
                                                                    "teraz",
                                                                    "nu",
                                                                    "been",
                                                                    "reset",
                                                                    "it's",
                                                                    "its",
                                                                    "as",
                                                                    "follows",
                                                                    "\xd1\x82"
                                                                    "e\xd0\xbf"
                                                                    "ep\xd1\x8c",
                                                                    "your",
                                                                    "temporary"})};

// Words that a sentence is read over, up to its value.
constexpr size_t kProseWordsMax = 10;

bool is_gap_word(std::span<const uint8_t> word) noexcept;
// "[x]" as the value of a name, where x stands out and is no class of a pattern ("[A-Z0-9]").
bool is_bracketed(std::span<const uint8_t> bytes) noexcept;
// "PKCS12", "A4": an abbreviation with a number.
bool is_abbreviation(std::span<const uint8_t> bytes) noexcept;
// "page2", "admin1": names.
bool is_word_and_digit(std::span<const uint8_t> bytes) noexcept;
// Without an operator a value must be longer, and nothing that a list or an option could be.
bool stands_alone(std::span<const uint8_t> bytes) noexcept;
// The same where the word before says less.
bool stands_out(std::span<const uint8_t> bytes) noexcept;

}  // namespace sallyport::scan
