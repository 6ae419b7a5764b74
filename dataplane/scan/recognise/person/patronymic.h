// patronymic.h: names with the father's name in them: "Иван Иванович Кузнецов", "Олена Петрівна",
// "Алиев Рашид Мамед оглы".
//
// Of Russian, Ukrainian and Azerbaijani, in any case. Nothing else is two words with capital
// letters of which the second ends so, but adjectives of titles ("Київська Духовна Академія"),
// which stand behind an adjective. The family's name, before or behind, goes along where it ends
// like one.
#pragma once

#include "dataplane/scan/read/open_reader.h"
#include "dataplane/scan/read/recogniser.h"

namespace sallyport::scan {

// The cue is one of such names: "вич", "вна", "оглы".
bool is_of_patronymic(OpenReader& reader, const Trigger& cue) noexcept;

// The name around it.
bool has_patronymic(OpenReader& reader, const Trigger& cue, Hit& out) noexcept;

}  // namespace sallyport::scan
