/* stack_harness.h: Sallyport's TCP/IP stack behind a C interface, for conformance tools of any
 * kind.
 *
 * Raw IP packets (IPv4 or IPv6, no Ethernet) go in and come out; time is an argument. Nothing here
 * reads a clock, opens a socket or starts a thread, and equal calls give equal packets: the random
 * seed is the only source of chance.
 *
 * One call is one turn of the stack: what it causes (an ACK, a segment, a timer) is in the queue of
 * sh_collect() when the call returns, with the time of the call, or, from sh_advance(), with the
 * time at which the timer ran.
 *
 *     sh_config config;
 *     sh_config_defaults(&config);
 *     sh_stack *stack = sh_create(&config, error, sizeof error);
 *     sh_socket listener = sh_listen(stack, &local);
 *     sh_inject(stack, syn, syn_bytes);
 *     sh_collect(stack, packet, sizeof packet, &time_ns);        SYN-ACK
 *
 * Times are nanoseconds of the stack's own clock, which begins at config.start_ns; timers have a
 * grain of 1 ms. Every function may be called from one thread at a time per stack; stacks are
 * independent of each other. Errors: functions that answer int, int64_t or sh_socket answer a
 * negative SH_E... value.
 */
#pragma once

#ifndef SALLYPORT_STACK_HARNESS_H
#define SALLYPORT_STACK_HARNESS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SH_VERSION 1

typedef struct sh_stack sh_stack;
typedef int64_t sh_socket; /* above zero; a listener or a connection, never used twice */

enum {
  SH_OK = 0,
  SH_EINVAL = -1, /* an argument makes no sense: null, unknown socket, wrong kind of socket */
  SH_EAGAIN = -2, /* nothing now: no connection to accept, no bytes, no room */
  SH_ERESET =
      -3, /* the peer reset the connection, refused it, or an ICMP error ended the attempt */
  SH_ETIMEDOUT = -4, /* the peer does not answer */
  SH_ECLOSED = -5,   /* closed by this side, or sending was shut */
  SH_ENOSPACE = -6   /* no record, no port, or the buffer given is too small */
};

enum { SH_CUBIC = 0, SH_NEWRENO = 1 };

enum {
  SH_CLOSED = 0,
  SH_LISTEN,
  SH_SYN_SENT,
  SH_SYN_RECEIVED,
  SH_ESTABLISHED,
  SH_FIN_WAIT_1,
  SH_FIN_WAIT_2,
  SH_CLOSE_WAIT,
  SH_CLOSING,
  SH_LAST_ACK,
  SH_TIME_WAIT
};

typedef struct sh_address {
  uint8_t family;    /* 4, 6, or 0: none (any address when listening; chosen when connecting) */
  uint8_t bytes[16]; /* network order; IPv4 uses the first four */
  uint16_t port;     /* host order; 0: chosen when connecting */
} sh_address;

#define SH_SCALE_FROM_BUFFER 255

typedef struct sh_config {
  uint32_t size;          /* sizeof(sh_config), set by sh_config_defaults() */
  uint16_t mtu;           /* 576 (IPv6: 1280) to 9216 */
  uint16_t mss;           /* what we announce and never exceed; 0: from the MTU */
  uint32_t receive_bytes; /* window */
  uint32_t send_bytes;
  uint8_t window_scaling; /* 0 or 1, as the next six */
  uint8_t window_scale;   /* shift that we offer, 0 to 14, or SH_SCALE_FROM_BUFFER */
  uint8_t sack;
  uint8_t timestamps;
  uint8_t congestion; /* SH_CUBIC or SH_NEWRENO */
  uint8_t nodelay;    /* 0: Nagle's rule */
  uint8_t tail_loss_probe;
  uint8_t syn_cookies;     /* when half_open_max is reached */
  uint8_t lingering_close; /* 1: after sh_close() data is acknowledged and dropped, as the appliance
                              does; 0: RST */
  uint64_t seed;           /* sequence numbers, ports, hash keys */
  uint64_t start_ns;
  sh_address local4; /* our addresses; family 0: none. ports are ignored */
  sh_address local6;
  uint32_t connections_max;
  uint32_t half_open_max;
  uint32_t time_wait_max;
  uint32_t handshake_ms;
  uint32_t user_timeout_ms; /* unacknowledged data */
  uint32_t fin_wait_2_ms;   /* 0: for ever */
  uint32_t time_wait_ms;
  uint32_t linger_ms;         /* after sh_close() */
  uint32_t keepalive_idle_ms; /* 0: off */
  uint32_t keepalive_interval_ms;
  uint32_t keepalive_probes;
} sh_config;

typedef struct sh_info {
  uint32_t size; /* sizeof(sh_info), set by the caller */
  int32_t state;
  uint32_t snd_una, snd_nxt, snd_max, snd_wnd;
  uint32_t rcv_nxt, rcv_edge; /* rcv_edge: first sequence number that we do not take */
  uint32_t cwnd, ssthresh;    /* bytes */
  uint32_t rto_ms, srtt_ms;
  uint32_t send_queued, receive_unread, receive_held, sacked; /* bytes */
  uint16_t mss;
  uint8_t snd_scale, rcv_scale, duplicate_acks, sack, timestamps, in_recovery, probing;
} sh_info;

enum sh_option {
  SH_OPT_NODELAY = 1,        /* 0 or 1 */
  SH_OPT_KEEPALIVE = 2,      /* 0 or 1; 1 uses the next three */
  SH_OPT_KEEPALIVE_IDLE = 3, /* ms */
  SH_OPT_KEEPALIVE_INTERVAL = 4,
  SH_OPT_KEEPALIVE_PROBES = 5,
  SH_OPT_RECEIVE_BUFFER = 6, /* bytes; a window that was offered is never taken back */
  SH_OPT_SEND_BUFFER = 7,
  SH_OPT_LINGER = 8,      /* ms after sh_close(); 0: sh_close() resets */
  SH_OPT_USER_TIMEOUT = 9 /* ms */
};

uint32_t sh_version(void); /* SH_VERSION of the library */
void sh_config_defaults(sh_config *config);
/* Null: `error` says why. */
sh_stack *sh_create(const sh_config *config, char *error, size_t error_bytes);
void sh_destroy(sh_stack *stack);

/* Packets and time. */
int sh_inject(sh_stack *stack, const void *packet, size_t bytes);
/* The bytes of the oldest packet, 0: none, SH_ENOSPACE: `capacity` is too small and the packet
 * stays. */
int64_t sh_collect(sh_stack *stack, void *packet, size_t capacity, uint64_t *time_ns);
uint64_t sh_now(const sh_stack *stack);
int sh_advance(sh_stack *stack, uint64_t by_ns);
uint64_t sh_next_deadline(
    const sh_stack *stack); /* at or before the next timer; UINT64_MAX: none */

/* Sockets. */
sh_socket sh_listen(sh_stack *stack, const sh_address *local);
sh_socket sh_connect(sh_stack *stack, const sh_address *local, const sh_address *remote);
sh_socket sh_accept(sh_stack *stack, sh_socket listener, sh_address *peer); /* peer may be null */
int64_t sh_send(sh_stack *stack, sh_socket socket, const void *bytes,
                size_t count); /* bytes taken */
int64_t sh_receive(sh_stack *stack, sh_socket socket, void *bytes,
                   size_t capacity);                /* 0: the peer closed */
int sh_shutdown(sh_stack *stack, sh_socket socket); /* FIN after what was sent; receiving goes on */
int sh_close(
    sh_stack *stack,
    sh_socket socket); /* unread bytes: RST; else FIN. A connection in SYN-SENT is forgotten. A
                          listener: its port is free, what nobody accepted is reset */
int sh_abort(sh_stack *stack, sh_socket socket); /* RST */
/* Of a listener: for the connections that it accepts from now on. */
int sh_set_option(sh_stack *stack, sh_socket socket, int option, uint64_t value);
/* SH_EAGAIN: a listener of which nobody set it. */
int sh_get_option(sh_stack *stack, sh_socket socket, int option, uint64_t *value);

/* State. */
int sh_state(sh_stack *stack, sh_socket socket); /* also after sh_close(), and TIME-WAIT */
/* Of whatever lies between two endpoints, which need no socket: a half-open connection is
 * SH_SYN_RECEIVED. */
int sh_state_between(sh_stack *stack, const sh_address *local, const sh_address *remote);
int sh_local_address(sh_stack *stack, sh_socket socket, sh_address *out);
int sh_get_info(sh_stack *stack, sh_socket socket,
                sh_info *out); /* SH_ECLOSED: no live connection */
size_t sh_counter_count(void);
const char *sh_counter_name(size_t index); /* null: no such counter */
uint64_t sh_counter(const sh_stack *stack, size_t index);
/* A broken invariant of the stack in words; null: all hold. */
const char *sh_audit(const sh_stack *stack);

#ifdef __cplusplus
}
#endif

#endif
