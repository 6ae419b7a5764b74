#include "dataplane/nic/eal.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_lcore.h>

#include "dataplane/base/check.h"

namespace sallyport::nic {

namespace {

std::string core_list(const std::vector<int>& cores) {
  std::string text;
  for (const int core : cores) text += (text.empty() ? "" : ",") + std::to_string(core);
  return text;
}

std::vector<std::string> arguments_of(const EalConfig& config) {
  std::vector<std::string> arguments = {"sallyport-dataplane", "--no-telemetry", "--main-lcore=0"};
  std::string lcores = "0@(" + core_list(config.main_cores) + ")";
  for (size_t i = 0; i < config.worker_cores.size(); ++i)
    lcores += "," + std::to_string(i + 1) + "@" + std::to_string(config.worker_cores[i]);
  arguments.push_back("--lcores=" + lcores);
  if (config.use_hugepages) {
    arguments.push_back("--in-memory");
  } else {
    // EAL 22.11 refuses --in-memory here. Its memory is then a memfd without a name, and
    // --no-shconf keeps the rest off the disk as well: the same promise.
    arguments.insert(arguments.end(),
                     {"--no-huge", "--no-shconf", "-m", std::to_string(config.memory_mib)});
  }
  bool any_pci = false;
  for (const PortConfig& port : config.ports) {
    any_pci = any_pci || port.is_pci();
    arguments.push_back(port.is_pci() ? "--allow=" + port.device
                                      : "--vdev=" + port.device +
                                            (port.arguments.empty() ? "" : "," + port.arguments));
  }
  if (!any_pci) {
    arguments.push_back("--no-pci");
    arguments.push_back(
        "--iova-mode=va");  // no device does DMA; physical addresses need not be known
  }
  // EAL warns of every page size that is not reserved; what stops us is an error.
  if (!config.verbose)
    arguments.insert(arguments.end(), {"--log-level=*:warning", "--log-level=lib.eal:error"});
  return arguments;
}

}  // namespace

bool Eal::start(const EalConfig& config, std::string& error) {
  std::vector<std::string> arguments = arguments_of(config);
  // EAL reorders the array and keeps pointers into it, so both live for ever (once per process).
  auto* kept = new std::vector<std::string>(std::move(arguments));
  auto* pointers = new std::vector<char*>;
  for (std::string& argument : *kept) pointers->push_back(argument.data());
  pointers->push_back(nullptr);
  if (rte_eal_init(static_cast<int>(kept->size()), pointers->data()) < 0) {
    error = std::string("EAL does not start: ") + rte_strerror(rte_errno);
    return false;
  }
  return true;
}

void Eal::stop() { rte_eal_cleanup(); }

bool launch_worker(size_t index, int (*body)(void*), void* argument) {
  const unsigned lcore = static_cast<unsigned>(index) + 1;
  return rte_lcore_is_enabled(lcore) != 0 && rte_eal_remote_launch(body, argument, lcore) == 0;
}

void join_worker(size_t index) { rte_eal_wait_lcore(static_cast<unsigned>(index) + 1); }

}  // namespace sallyport::nic
