// main.cc: runs the tests of one source file of a program that holds several
// (cmake/SallyportTargets.cmake, sallyport_tests).
//
//   build/release/bin/flow_tests --source=exchange_test.cc     as ctest does
//   build/release/bin/flow_tests --gtest_filter=Exchange.*     as any GoogleTest program
#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <string_view>

namespace {

constexpr std::string_view kOption = "--source=";

bool is_of(const testing::TestInfo& test, std::string_view source) {
  const std::string_view file = test.file();
  return file.ends_with(source) &&
         (file.size() == source.size() || file[file.size() - source.size() - 1] == '/');
}

// GoogleTest's filter that names each test of the source; empty: there is none.
std::string tests_of(std::string_view source) {
  const testing::UnitTest& all = *testing::UnitTest::GetInstance();
  std::string filter;
  for (int i = 0; i < all.total_test_suite_count(); ++i) {
    const testing::TestSuite& suite = *all.GetTestSuite(i);
    for (int k = 0; k < suite.total_test_count(); ++k) {
      const testing::TestInfo& test = *suite.GetTestInfo(k);
      if (is_of(test, source)) filter += std::string(suite.name()) + "." + test.name() + ":";
    }
  }
  return filter;
}

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (!argument.starts_with(kOption)) continue;
    const std::string filter = tests_of(argument.substr(kOption.size()));
    if (filter.empty()) {
      std::fprintf(stderr, "%s: no test is of that source\n", argv[i]);
      return 2;
    }
    // A filter of the caller's own goes before.
    if (GTEST_FLAG_GET(filter) == "*") GTEST_FLAG_SET(filter, filter);
  }
  return RUN_ALL_TESTS();
}
