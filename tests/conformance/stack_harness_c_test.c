/* The C header as a C program uses it: two stacks, wired by hand, over IPv4 and IPv6. Exit status
 * 0: every check held. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/conformance/stack_harness.h"

#define CHECK(condition)                                                            \
  do {                                                                              \
    if (!(condition)) {                                                             \
      fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition); \
      exit(1);                                                                      \
    }                                                                               \
  } while (0)

enum { kMillisecond = 1000000, kBytes = 200000 };

static sh_address address(int family, uint8_t last, uint16_t port) {
  sh_address a;
  memset(&a, 0, sizeof a);
  a.family = (uint8_t)family;
  a.port = port;
  if (family == 4) {
    a.bytes[0] = 10;
    a.bytes[3] = last;
  } else {
    a.bytes[0] = 0xfd;
    a.bytes[15] = last;
  }
  return a;
}

static sh_stack *create(int family, uint8_t last, uint64_t seed) {
  sh_config config;
  char error[128] = "";
  sh_config_defaults(&config);
  config.seed = seed;
  if (family == 4)
    config.local4 = address(4, last, 0);
  else
    config.local6 = address(6, last, 0);
  sh_stack *stack = sh_create(&config, error, sizeof error);
  if (stack == NULL) fprintf(stderr, "%s\n", error);
  CHECK(stack != NULL);
  return stack;
}

/* Everything that waits goes over, both ways, until nothing moves. */
static int exchange(sh_stack *a, sh_stack *b) {
  uint8_t packet[65536];
  int moved = 0;
  for (int busy = 1; busy;) {
    busy = 0;
    sh_stack *ends[2] = {a, b};
    for (int i = 0; i < 2; ++i) {
      int64_t size;
      uint64_t time_ns = 0;
      while ((size = sh_collect(ends[i], packet, sizeof packet, &time_ns)) > 0) {
        CHECK(time_ns <= sh_now(ends[i]));
        CHECK(sh_inject(ends[1 - i], packet, (size_t)size) == SH_OK);
        busy = 1;
        ++moved;
      }
      CHECK(size == 0);
      CHECK(sh_audit(ends[i]) == NULL);
    }
  }
  return moved;
}

static void advance(sh_stack *a, sh_stack *b, uint64_t ms) {
  CHECK(sh_advance(a, ms * kMillisecond) == SH_OK);
  CHECK(sh_advance(b, ms * kMillisecond) == SH_OK);
}

static uint64_t counter(const sh_stack *stack, const char *name) {
  for (size_t i = 0; i < sh_counter_count(); ++i)
    if (strcmp(sh_counter_name(i), name) == 0) return sh_counter(stack, i);
  CHECK(!"no such counter");
  return 0;
}

static void transfer(sh_stack *a, sh_socket from, sh_stack *b, sh_socket to) {
  static uint8_t out[kBytes], in[kBytes];
  for (size_t i = 0; i < kBytes; ++i) out[i] = (uint8_t)(i * 31 + (i >> 9));
  size_t sent = 0, received = 0;
  for (int turn = 0; received < kBytes; ++turn) {
    CHECK(turn < 100000);
    if (sent < kBytes) {
      const int64_t n = sh_send(a, from, out + sent, kBytes - sent);
      CHECK(n > 0 || n == SH_EAGAIN);
      if (n > 0) sent += (size_t)n;
    }
    exchange(a, b);
    const int64_t n = sh_receive(b, to, in + received, kBytes - received);
    CHECK(n > 0 || n == SH_EAGAIN);
    if (n > 0) received += (size_t)n;
    advance(a, b, 1);
  }
  CHECK(memcmp(out, in, kBytes) == 0);
}

static void whole_life(int family) {
  sh_stack *client = create(family, 1, 7), *server = create(family, 2, 8);
  const sh_address at = address(family, 2, 443);
  sh_address peer;
  sh_info info;
  const sh_socket listener = sh_listen(server, &at);
  CHECK(listener > 0 && sh_state(server, listener) == SH_LISTEN);
  CHECK(sh_accept(server, listener, &peer) == SH_EAGAIN);
  const sh_socket c = sh_connect(client, NULL, &at);
  CHECK(c > 0 && sh_state(client, c) == SH_SYN_SENT);
  exchange(client, server);
  CHECK(sh_state(client, c) == SH_ESTABLISHED);
  const sh_socket s = sh_accept(server, listener, &peer);
  CHECK(s > 0 && peer.family == family && peer.bytes[family == 4 ? 3 : 15] == 1);
  memset(&info, 0, sizeof info);
  CHECK(sh_get_info(client, c, &info) == SH_EINVAL);
  info.size = sizeof info;
  CHECK(sh_get_info(client, c, &info) == SH_OK);
  CHECK(info.sack == 1 && info.timestamps == 1 && info.mss == (family == 4 ? 1448 : 1428));
  transfer(client, c, server, s);
  transfer(server, s, client, c);
  /* Half-close, the other direction goes on, then TIME-WAIT on the side that closed first. */
  CHECK(sh_shutdown(client, c) == SH_OK);
  exchange(client, server);
  uint8_t byte;
  CHECK(sh_receive(server, s, &byte, 1) == 0);
  CHECK(sh_state(server, s) == SH_CLOSE_WAIT && sh_state(client, c) == SH_FIN_WAIT_2);
  transfer(server, s, client, c);
  CHECK(sh_close(server, s) == SH_OK);
  exchange(client, server);
  CHECK(sh_state(server, s) == SH_CLOSED && sh_state(client, c) == SH_TIME_WAIT);
  CHECK(sh_receive(client, c, &byte, 1) == 0);
  advance(client, server, 61000);
  CHECK(sh_state(client, c) == SH_CLOSED);
  CHECK(counter(client, "tcp_connected") == 1 && counter(server, "tcp_accepted") == 1);
  sh_destroy(client);
  sh_destroy(server);
}

static void options_and_errors(void) {
  char error[128] = "";
  sh_config config;
  sh_config_defaults(&config);
  CHECK(sh_create(&config, error, sizeof error) == NULL && strstr(error, "local4") != NULL);
  config.local4 = address(4, 1, 0);
  config.mtu = 100;
  CHECK(sh_create(&config, error, sizeof error) == NULL && strstr(error, "mtu") != NULL);
  CHECK(sh_create(NULL, NULL, 0) == NULL);
  sh_stack *a = create(4, 1, 1), *b = create(4, 2, 2);
  const sh_address at = address(4, 2, 80), nowhere = address(4, 2, 81);
  uint64_t value = 0;
  CHECK(sh_listen(b, &at) > 0 && sh_listen(b, &at) == SH_ENOSPACE);
  const sh_socket refused = sh_connect(a, NULL, &nowhere);
  const sh_socket c = sh_connect(a, NULL, &at);
  exchange(a, b);
  uint8_t byte = 0;
  CHECK(sh_receive(a, refused, &byte, 1) == SH_ERESET);
  for (int option = SH_OPT_NODELAY; option <= SH_OPT_USER_TIMEOUT; ++option) {
    const uint64_t wanted = option == SH_OPT_NODELAY || option == SH_OPT_KEEPALIVE ? 0 : 12345;
    CHECK(sh_set_option(a, c, option, wanted) == SH_OK);
    CHECK(sh_get_option(a, c, option, &value) == SH_OK && value == wanted);
  }
  CHECK(sh_set_option(a, c, 99, 1) == SH_EINVAL);
  CHECK(sh_send(a, 4711, &byte, 1) == SH_EINVAL && sh_state(a, 4711) == SH_EINVAL);
  CHECK(sh_inject(a, &byte, 0) == SH_EINVAL);
  CHECK(sh_set_option(a, c, SH_OPT_LINGER, 0) == SH_OK && sh_close(a, c) == SH_OK);
  exchange(a, b);
  CHECK(counter(b, "tcp_resets_in") == 1);
  CHECK(sh_send(a, c, &byte, 1) == SH_ECLOSED);
  sh_destroy(a);
  sh_destroy(b);
}

int main(void) {
  CHECK(sh_version() == SH_VERSION);
  whole_life(4);
  whole_life(6);
  options_and_errors();
  puts("stack_harness: whole life over IPv4 and IPv6, options, errors: ok");
  return 0;
}
