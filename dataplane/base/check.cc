#include "dataplane/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace sallyport::base {

void check_failed(const char* file, int line, const char* expression, const char* why) noexcept {
  std::fprintf(stderr, "%s:%d: check failed: %s %s\n", file, line, expression, why);
  std::fflush(stderr);
  std::abort();
}

}  // namespace sallyport::base
