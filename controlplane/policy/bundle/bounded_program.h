// bounded_program.h: another program, run to its end within a time, an output and an environment
// that are all given.
//
// No shell: the arguments are the arguments. Standard input is what is given, nothing else of this
// process is inherited: no descriptor above 2, no signal mask, no environment variable. The child
// has a process group of its own, and the whole group ends when the time is over.
//
// Owner   any thread; nothing is kept between calls.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sallyport::controlplane::policy {

struct BoundedProgram {
  std::vector<std::string> arguments;    // the first one is the program's absolute path
  std::vector<std::string> environment;  // NAME=VALUE, all there is
  std::string folder;                    // to run in; empty: the present one
  std::string input;                     // standard input
  std::chrono::milliseconds patience{10'000};
  size_t output_bytes_max = 1U << 20;  // of each stream
  // A person may be asked for a passphrase: the child stays in our process group and the terminal
  // is its own, so that only the time bounds it.
  bool is_interactive = false;
};

struct ProgramEnd {
  enum class How : uint8_t {
    Exited,         // status is its exit code
    Signalled,      // status is the signal
    TimedOut,       // ended by us
    TooMuchOutput,  // ended by us
    NotStarted      // errors says why
  };
  How how = How::NotStarted;
  int status = 0;
  std::string output;
  std::string errors;

  bool succeeded() const { return how == How::Exited && status == 0; }
  // "exit code 1", "it took longer than 10 s": for messages.
  std::string words() const;
};

// Returns when the program has ended. Never throws for what the program does.
ProgramEnd run_bounded(const BoundedProgram& program);

}  // namespace sallyport::controlplane::policy
