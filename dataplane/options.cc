#include "dataplane/options.h"

#include <boost/program_options.hpp>
#include <cstdio>
#include <cstdlib>
#include <iostream>

namespace sallyport::dataplane {

namespace po = boost::program_options;

Parse parse_command_line(int argc, const char* const* argv, Options& options) {
  if (const char* folder = std::getenv("SALLYPORT_RUN_DIR"); folder != nullptr && *folder != 0)
    options.run_dir = folder;
  po::options_description known("sallyport-dataplane: the packet side of Sallyport\n\nOptions");
  auto add = known.add_options();
  add("config",
      po::value(&options.config_path)->value_name("FILE")->default_value(options.config_path),
      "sallyport.yaml of this host");
  add("run-dir", po::value(&options.run_dir)->value_name("DIR")->default_value(options.run_dir),
      "sockets, rings and the shared region (tmpfs); also SALLYPORT_RUN_DIR");
  add("no-huge", po::bool_switch(&options.no_huge), "plain memory in place of hugepages");
  add("check", po::bool_switch(&options.check), "read the file, print the memory plan, leave");
  add("verbose", po::bool_switch(&options.verbose), "let DPDK say everything");
  add("help", "this text");
  add("version", "the version");
  try {
    const auto style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    const auto parsed = po::command_line_parser(argc, argv)
                            .options(known)
                            .style(style)
                            .positional(po::positional_options_description())
                            .run();
    po::variables_map values;
    po::store(parsed, values);
    if (values.count("help") != 0) {
      std::cout << known << "\nExit codes: 0 ended as asked, 1 failed, 2 usage.\n";
      return Parse::Leave;
    }
    if (values.count("version") != 0) {
      std::cout << "sallyport-dataplane " << SALLYPORT_VERSION << "\n";
      return Parse::Leave;
    }
    po::notify(values);
  } catch (const po::error& problem) {
    std::cerr << "sallyport-dataplane: " << problem.what() << " (try --help)\n";
    return Parse::Error;
  }
  return Parse::Run;
}

}  // namespace sallyport::dataplane
