/* SPDX-License-Identifier: Apache-2.0 */
/* Random bridges, tables and packets for the property tests of translation. Repeatable; flows_seed() starts over. */
#pragma once

#include "lib/net/packet.h"
#include "lib/ofp/action.h"
#include "lib/ofp/message.h"
#include "ofproto/private.h"

struct random_switch {
    struct ofproto *br[2];
    uint32_t dp_ports[16]; /* datapath numbers of the ports that packets come in by */
    size_t n_dp_ports;
    bool metadata;         /* packets come with tunnels, marks and the state of connections */
};

/* Two bridges with ports of every VLAN mode, and a patch between them. */
void random_switch_make(struct random_switch *);

/* Which actions the random flows have. */
enum {
    RANDOM_NORMAL = 1,      /* NORMAL, FLOOD */
    RANDOM_CONTROLLER = 2,
    RANDOM_PATCH = 4,
    RANDOM_MPLS = 8,
    RANDOM_QUEUE = 16,
    RANDOM_TTL = 32,
    RANDOM_ALL = 63,
    RANDOM_RICH = 64,       /* all fields, packets with metadata, and all other actions; the naive twin does not know them */
};

/* New flows in all tables, and new addresses in the MAC tables. */
void random_tables_fill(struct random_switch *, unsigned int what);

/* A flow more, a flow less, or other actions for one, in one of the tables. */
void random_tables_change(struct random_switch *, unsigned int what);

/* A packet of at most 'size' bytes, and its flow as the datapath has it; returns the packet's length. */
size_t random_packet(const struct random_switch *, uint8_t *packet, size_t size, struct flow *key);

/* A packet that is like one with 'key' where 'mask' has bits and mostly different elsewhere. 0 if none was found. */
size_t random_packet_alike(const struct random_switch *, const struct flow *key, const struct flow *mask,
                           uint8_t *packet, size_t size, struct flow *alike);

/* How often the flows that were made matched, wrote and read each field, and had each action. */
struct random_coverage {
    unsigned long matched[FIELD_N_IDS], written[FIELD_N_IDS], read[FIELD_N_IDS], actions[OFPACT_N_TYPES];
};
extern struct random_coverage random_coverage;
