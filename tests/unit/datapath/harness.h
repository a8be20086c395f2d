/* SPDX-License-Identifier: Apache-2.0 */
/* A datapath on ports in memory, for tests: what goes in is an array of bytes, and what comes out
 * is kept.
 *
 * The ports have the type "test" and take the place of all real kinds but tunnels in the program
 * that links this. Option "features" is a sum of PORT_TX_*, "mtu" bytes. In manual mode one thread does
 * everything; with forwarding threads, only harness_receive() may be called while they run, and the
 * output is looked at after harness_stop_receiving(). */
#pragma once

#include "datapath/datapath.h"
#include "lib/net/packet.h"

enum { HARNESS_MAX_SENT = 4096 };

/* A packet that left a port. */
struct sent {
    struct packet packet;  /* as tx saw it; do not follow its pointers */
    uint8_t *bytes;
    uint32_t len;
};

struct test_port {
    struct port *port;
    struct sent sent[HARNESS_MAX_SENT];
    unsigned int n_sent;
    unsigned int n_tx_calls;
    bool unsettled;        /* tx was called and tx_done was not since; a port that is closed so fails the test */
    unsigned int tx_room;  /* packets that the device still takes; starts unlimited */
    enum drop_reason why;  /* for the packets that it does not take */
    uint64_t
        n_sent_total; /* relaxed; goes on when 'sent' is full, which is then no longer written */
    bool flood;       /* relaxed: rx always brings a burst of the first packet that was received */
};

struct datapath *harness_create(uint32_t max_flows, uint32_t n_frames, unsigned int n_threads);
void harness_destroy(struct datapath *);

/* Port 'no', named "pNO"; features of PORT_TX_*, mtu 0 for none. */
struct test_port *harness_add_port(struct datapath *, uint32_t no, uint32_t features, uint32_t mtu);

/* A tunnel port, named "tNO". */
void harness_add_tunnel(struct datapath *, uint32_t no, const char *type, bool gbp);

struct test_port *harness_port(struct datapath *, uint32_t no);

/* Puts a packet into the port's receive queue; 'like' gives the offload debt and may be null. */
void harness_receive(struct test_port *, const void *bytes, uint32_t len,
                     const struct dp_offload *like);

/* Has all been received? What was last may still be on its way; datapath_quiesce() waits for it. */
bool harness_is_drained(struct test_port *);

/* Forgets what the port sent. */
void harness_clear(struct test_port *);

/* Puts a flow in the text forms of lib/net/flow_text.h; fails the test on any error. Returns its
 * id. */
uint32_t harness_flow(struct datapath *, uint32_t ufid, const char *match, const char *actions);

/* Builds the packet that 'match' describes, with 'payload_len' bytes of payload that count up.
 * Returns its length. */
uint32_t harness_packet(const char *match, uint32_t payload_len, uint8_t *bytes, size_t size);

/* The number of packets dropped for 'reason' so far. */
uint64_t harness_drops(struct datapath *, enum drop_reason);

/* All frames and tails are back, as far as the totals tell. */
void harness_check_frames(struct datapath *);

struct uuid harness_ufid(uint32_t n);
