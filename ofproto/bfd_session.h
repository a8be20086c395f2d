/* SPDX-License-Identifier: Apache-2.0 */
/* One session of bidirectional forwarding detection (RFC 5880, asynchronous mode), apart from clocks, sockets and ports.
 *
 * Whoever owns the session tells it the time in milliseconds, gives it the packets that came, and sends what bfd_session_run() says. Times on the
 * wire are microseconds; the session keeps whole milliseconds, as OVSDB's settings do.
 *
 *   bfd_session_run()  what is due: a detection time that has expired, a packet to send
 *   bfd_session_next() when to call it again
 *
 * Both state and timing follow section 6.8: not more than a packet a second until the session is up (6.8.3), intervals shortened by up to a
 * quarter at random (6.8.7), and changes of intervals of a session that is up agreed on by a poll sequence (6.5).
 *
 * One thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/net/bfd.h"

struct smap;
struct strbuf;

/* OVSDB's Interface.bfd. */
struct bfd_config {
    bool enable;
    uint32_t min_rx_ms, min_tx_ms;
    uint32_t decay_min_rx_ms;      /* 0: off; min_rx while the port is idle */
    bool forwarding_if_rx;         /* any packet that came says that the path forwards */
    bool cpath_down;               /* tells the peer so */
    bool check_tnl_key;            /* packets of tunnels count with key 0 only */
    uint8_t mult;                  /* 1 to 255 */
    struct eth_addr local_src_mac; /* zero: the port's */
    struct eth_addr local_dst_mac; /* zero: any; packets that come have to have it */
    struct eth_addr remote_dst_mac; /* zero: the well-known one */
    be32 src_ip, dst_ip;
};

enum { BFD_DEFAULT_MS = 1000, BFD_DEFAULT_TX_MS = 100, BFD_MIN_DECAY_MS = 2000 };

/* Reads the settings; a value that cannot be is left at its default and told in '*warnings' (the caller frees it), null if all can be. */
void bfd_config_parse(const struct smap *, struct bfd_config *, char **warnings);

/* What outlives a restart of the program. */
struct bfd_memory {
    uint32_t local_disc, remote_disc;
    uint8_t state, diag, remote_state, remote_diag, remote_mult;
    uint32_t remote_min_tx_ms, remote_min_rx_ms;
    uint64_t flap_count;
};

struct bfd_session;

/* A session that is down, or where 'memory', if not null, says. 'local_disc' is not 0 and that of no other session; 'random' draws numbers for the
 * jitter. */
struct bfd_session *bfd_session_create(uint32_t local_disc, const struct bfd_config *, const struct bfd_memory *memory, uint32_t (*random)(void),
                                       int64_t now_ms);
void bfd_session_destroy(struct bfd_session *); /* null is fine */

void bfd_session_configure(struct bfd_session *, const struct bfd_config *, int64_t now_ms);

/* A packet that bfd_control_decode() has taken. Null, or a static sentence why it is discarded. */
const char *bfd_session_receive(struct bfd_session *, const struct bfd_control *, int64_t now_ms);

/* Does what is due; true if '*control' is to be sent now. Call it again until it is false. */
bool bfd_session_run(struct bfd_session *, struct bfd_control *, int64_t now_ms) WARN_UNUSED;
int64_t bfd_session_next(const struct bfd_session *); /* milliseconds of the same clock */

/* How many packets the port has received in all. Serves decay_min_rx and forwarding_if_rx. */
void bfd_session_count(struct bfd_session *, uint64_t rx_packets, int64_t now_ms);

/* Does the path forward? 'forced': what bfd/set-forwarding says, -1: nothing. */
bool bfd_session_forwards(const struct bfd_session *, int64_t now_ms);
void bfd_session_force(struct bfd_session *, int forced);

void bfd_session_remember(const struct bfd_session *, struct bfd_memory *);

/* Appends OVSDB's bfd_status. */
void bfd_session_status(const struct bfd_session *, struct smap *, int64_t now_ms);

/* Appends what bfd/show shows of it. */
void bfd_session_show(const struct bfd_session *, struct strbuf *, int64_t now_ms);
