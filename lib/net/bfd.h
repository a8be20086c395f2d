/* SPDX-License-Identifier: Apache-2.0 */
/* The BFD control packet (RFC 5880 section 4.1) without authentication, and the frame that carries it over one hop of IPv4 (RFC 5881). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/compiler.h"
#include "lib/base/types.h"
#include "lib/net/headers.h"

enum {
    BFD_VERSION = 1,
    BFD_CONTROL_LEN = 24,         /* bytes, without authentication */
    BFD_UDP_PORT = 3784,          /* RFC 5881 section 4 */
    BFD_SOURCE_PORT_MIN = 49152,  /* likewise */
    BFD_TTL = 255,                /* RFC 5881 section 5 */
    BFD_FRAME_LEN = ETH_HEADER_LEN + IP_HEADER_LEN + UDP_HEADER_LEN + BFD_CONTROL_LEN,
};

enum bfd_state { BFD_ADMIN_DOWN, BFD_DOWN, BFD_INIT, BFD_UP };

enum bfd_diag {
    BFD_DIAG_NONE,
    BFD_DIAG_EXPIRED,
    BFD_DIAG_ECHO_FAILED,
    BFD_DIAG_NEIGHBOR_DOWN,
    BFD_DIAG_FORWARDING_RESET,
    BFD_DIAG_PATH_DOWN,
    BFD_DIAG_CONCATENATED_PATH_DOWN,
    BFD_DIAG_ADMIN_DOWN,
    BFD_DIAG_REVERSE_CONCATENATED_PATH_DOWN,
};

/* Flags, as they are on the wire. */
enum { BFD_POLL = 0x20, BFD_FINAL = 0x10, BFD_CPI = 0x08, BFD_AUTH = 0x04, BFD_DEMAND = 0x02, BFD_MULTIPOINT = 0x01 };

struct bfd_control {
    uint8_t diag;            /* enum bfd_diag, or what only others know */
    uint8_t state;           /* enum bfd_state */
    uint8_t flags;           /* BFD_* */
    uint8_t mult;
    uint32_t my_disc, your_disc; /* host order */
    uint32_t min_tx_us, min_rx_us, min_rx_echo_us; /* microseconds */
};

/* Writes the packet. */
void bfd_control_encode(const struct bfd_control *, uint8_t to[BFD_CONTROL_LEN]);

/* Reads a packet of 'n' bytes and checks what section 6.8.6 has checked before the session is known. Null, or a static sentence why it is to be
 * discarded. */
const char *bfd_control_decode(const uint8_t *, size_t n, struct bfd_control *) WARN_UNUSED;

struct bfd_frame {
    struct eth_addr src_mac, dst_mac;
    be32 src_ip, dst_ip;
    uint16_t src_port; /* host order */
    uint8_t tos;
};

/* Writes the frame. The UDP checksum is computed. */
void bfd_frame_encode(const struct bfd_frame *, const struct bfd_control *, uint8_t to[BFD_FRAME_LEN]);

/* Finds the BFD packet in a frame of 'n' bytes that may have VLAN tags, and checks the headers in front of it: UDP to the right port, the TTL
 * of RFC 5881 section 5, no fragment, lengths. Null, or a static sentence why it is to be discarded. */
const char *bfd_frame_decode(const uint8_t *, size_t n, struct bfd_frame *, struct bfd_control *) WARN_UNUSED;

/* The words of OVSDB's bfd_status. */
const char *bfd_state_name(enum bfd_state); /* "up" */
const char *bfd_diag_name(uint8_t diag);    /* "Path Down"; never null */
