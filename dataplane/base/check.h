// check.h: the check for our own mistakes. It stays on in release and aborts with a message.
//
// Never use it on bytes that a peer chose (docs/errors.md: three kinds of wrong).
// The message must hold no plaintext of a detected value: pass expressions, not data.
#pragma once

namespace sallyport::base {

// Prints "file:line: check failed: expression (why)" to stderr and aborts.
[[noreturn]] void check_failed(const char* file, int line, const char* expression,
                               const char* why) noexcept;

}  // namespace sallyport::base

#define SP_CHECK_WHY(condition, why)                                        \
  do {                                                                      \
    if (__builtin_expect(!(condition), 0))                                  \
      ::sallyport::base::check_failed(__FILE__, __LINE__, #condition, why); \
  } while (false)
#define SP_CHECK(condition) SP_CHECK_WHY(condition, "")
