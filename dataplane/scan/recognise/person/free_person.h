// free_person.h: a given name and a word that no list knows, where nothing announces a person.
//
// "met Thomas Arcuri today" is one, "Julia Packages", "the Lucas Marten trial" and "Rua Jana Nerudy
// 894" are none. Asked once the first word is known as a given name, so a few times per page; what
// decides is the word before, the character behind and a list of given names that things have.
#pragma once

#include "dataplane/scan/read/open_reader.h"
#include "dataplane/scan/read/words.h"

namespace sallyport::scan {

// A word of the names of companies, places and things, behind what looks like a name: "Acme
// Widgets".
bool is_thing_word(OpenReader& reader, const NameWord& word) noexcept;

// A word that forms and offices are full of, or one that ends as no name does: "Quality
// Assurance", "Appointment Confirmed". Says nothing of words that lists know as names.
bool is_form_word(OpenReader& reader, const NameWord& word) noexcept;

// Before `start` stands what is named after people: "the firm", "rue", "Hotel".
bool is_named_after(OpenReader& reader, uint64_t start) noexcept;

// Nothing before `start` makes a thing of a name: no article, kind of a place, digit or sign of
// code.
bool begins_free(OpenReader& reader, uint64_t start) noexcept;

// Prose speaks of what stands in [start, end): no quotes, comments or addresses around it.
bool stands_around_free(OpenReader& reader, uint64_t start, uint64_t end) noexcept;
// [first.start, end) is a known given name `first` and an unknown word.
bool stands_free(OpenReader& reader, const NameWord& first, uint64_t end) noexcept;
// Languages, products and places are called so, too: "Claude Code", "Marina Bay".
bool things_have(OpenReader& reader, const NameWord& given) noexcept;

// A point or colon at `end` joins what stands before it to something: "Katarina.js", "Katarina:3",
// "Katarina::run".
bool goes_on_as_code(OpenReader& reader, uint64_t end) noexcept;

// A word of a name that was read before in the text stands at `word` for the same person: "Ms
// Quastrup and (Quastrup)", "the Quastrup case", not "rue Quastrup", "Quastrup Street",
// "Quastrup.js".
bool stands_again(OpenReader& reader, const NameWord& word) noexcept;

// The only word of a name behind a cue is a known given name `first`: "Hi Anna,", "told Anna that".
bool stands_alone(OpenReader& reader, const NameWord& first, uint64_t end) noexcept;

}  // namespace sallyport::scan
