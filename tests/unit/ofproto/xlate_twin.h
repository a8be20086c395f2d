/* SPDX-License-Identifier: Apache-2.0 */
/* A naive twin of translation and datapath together: OpenFlow actions done to a packet's bytes at once, one by one. */
#pragma once

#include "datapath/client.h"
#include "ofproto/private.h"

enum { TWIN_PACKET_SIZE = 1024, TWIN_MAX_EVENTS = 4096, TWIN_TO_CONTROLLER = 0xfffffffe };

/* What left the switch: by a datapath port, or to the controllers. */
struct twin_event {
    uint32_t port;
    size_t len;
    uint8_t packet[TWIN_PACKET_SIZE];
};

struct twin_events {
    struct twin_event *items;
    size_t n, n_allocated;    /* at most TWIN_MAX_EVENTS */
    bool too_many;            /* events, or steps: the rest is not there */
};

void twin_events_init(struct twin_events *);
void twin_events_destroy(struct twin_events *);

/* The way of a packet that comes in by the datapath port 'dp_no', as OpenFlow has it. */
void twin_openflow(uint32_t dp_no, const uint8_t *packet, size_t n, struct twin_events *);

/* The same as translation has it: translates, executes the datapath actions, and translates again after recirculation. */
void twin_datapath(uint32_t dp_no, const uint8_t *packet, size_t n, struct twin_events *);
