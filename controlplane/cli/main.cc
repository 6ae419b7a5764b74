// sallyctl: the operator's command line. Everything happens in the rows of the command table.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "controlplane/cli/command_line.h"
#include "controlplane/cli/help.h"
#include "dataplane/base/bus_guard.h"

namespace {

using namespace sallyport::cli;

// A caller may have closed them. The next file that is opened, the log perhaps, would be stdout
// then, and get the answer. Nothing can be written to what stands in for it, so that it is said.
void hold_standard_streams() {
  for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream)
    if (fcntl(stream, F_GETFD) < 0)
      static_cast<void>(open("/dev/null", O_RDONLY));  // the lowest number that is free
}

int run(const std::vector<std::string>& words) {
  bool json_errors = false;
  try {
    const ParsedLine line = parse_line(words, json_errors);
    Output out(line.settings.output, stdout, stderr);
    Exit exit = Exit::Ok;
    if (line.help)
      std::fputs((line.command != nullptr ? help_of(*line.command)
                  : line.noun.empty()     ? help_of_all()
                                          : help_of_noun(line.noun))
                     .c_str(),
                 stdout);
    else
      exit = line.command->run(Call{line.settings, line.arguments, out});
    if (!out.flush())
      throw Failure(Exit::Failed, "not_written", "the answer was not written whole",
                    "stdout cannot be written", "is the disk full, or the reader gone?");
    return static_cast<int>(exit);
  } catch (const Failure& failure) {
    Output(json_errors ? Format::Json : Format::Table, stdout, stderr).failure(failure);
    return static_cast<int>(failure.exit);
  } catch (const std::exception& error) {
    const Failure failure(Exit::Failed, "failed", "it did not work", error.what(),
                          "sallyctl doctor may say why");
    Output(json_errors ? Format::Json : Format::Table, stdout, stderr).failure(failure);
    return static_cast<int>(failure.exit);
  }
}

}  // namespace

int main(int argc, char** argv) {
  hold_standard_streams();
  sallyport::base::install_bus_guard();  // a log that is cut while it is read
  const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  if (words.empty()) {
    std::fputs(help_of_all().c_str(), stderr);
    return static_cast<int>(Exit::Usage);
  }
  return run(words);
}
