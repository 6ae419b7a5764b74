// problem_text.h: problems of a bundle for people: file:line:column, the line, and a caret under
// it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace sallyport::cli {

// `problems`: rows with file, line, column, message and text (the source line), as the admin socket
// sends them and as policy commands make them.
std::string problem_text(const nlohmann::json& problems);

}  // namespace sallyport::cli
