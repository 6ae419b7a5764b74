// sallyportd.cc: options, hardening, log; then the supervisor until a signal.
#include <signal.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <exception>
#include <iostream>

#include "controlplane/supervise/bundle_job.h"
#include "controlplane/supervise/options.h"
#include "controlplane/supervise/supervisor.h"
#include "dataplane/base/bus_guard.h"

namespace sallyport::supervise {

namespace {

// Secrets pass through this process: no dump, no core, no file that others can read.
void harden() {
  prctl(PR_SET_DUMPABLE, 0);
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  // May fail without the right to; what is not locked then is told in status.
  const rlimit all{RLIM_INFINITY, RLIM_INFINITY};
  setrlimit(RLIMIT_MEMLOCK, &all);
  umask(077);
}

// Before any thread starts, so that only the supervisor's descriptor sees them.
void block_signals() {
  sigset_t blocked;
  sigemptyset(&blocked);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&blocked, number);
  pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

void open_log(const std::string& level) {
  auto logger = spdlog::stderr_logger_mt("sallyportd");
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  spdlog::set_default_logger(logger);
  spdlog::set_level(spdlog::level::from_str(level));
}

int boot(int argc, char** argv) {
  Options options;
  switch (parse_command_line(argc, argv, options)) {
    case Parse::Run:
      break;
    case Parse::Leave:
      return 0;
    case Parse::Error:
      return 2;
  }
  harden();
  if (!options.compile.empty()) return compile_bundle(options.compile, options.images);
  block_signals();
  base::install_bus_guard();
  open_log(options.log_level);
  std::string error;
  std::string node = read_node_name(options.config, error);
  if (node.empty()) {
    spdlog::error("{}", error);
    return 1;
  }
  Supervisor supervisor(std::move(options), std::move(node));
  if (!supervisor.start(error)) {
    spdlog::error("{}", error);
    return 1;
  }
  return supervisor.run();
}

}  // namespace

}  // namespace sallyport::supervise

int main(int argc, char** argv) {
  try {
    return sallyport::supervise::boot(argc, argv);
  } catch (const std::exception& problem) {
    std::cerr << "sallyportd: " << problem.what() << "\n";
    return 1;
  }
}
