/* SPDX-License-Identifier: Apache-2.0 */
/* Bridges without a datapath, for tests of translation: what backer.c and connmgr.c do is faked at the link. */
#pragma once

#include "lib/ofp/message.h"
#include "ofproto/private.h"

/* Once per program. Nothing is kept in files. */
void fake_switch_start(void);
void fake_switch_stop(void);

struct ofproto *fake_switch_bridge(const char *name);

/* Ports get the datapath numbers 100, 101, ... in the order in which they are made. 'type' "patch" takes a peer. */
ofp_port_t fake_switch_port(struct ofproto *, const char *name, const char *type, const char *peer);
void fake_switch_bundle(struct ofproto *, const char *port, enum ofproto_vlan_mode, int vlan, const uint64_t *trunks);
uint32_t fake_switch_dp_no(struct ofproto *, const char *name);

/* Adds a flow with these actions, without asking whether they make sense for the match; what is in 'actions' is copied. The rule is the table's. */
struct rule *fake_switch_flow(struct ofproto *, uint8_t table, uint16_t priority, const struct match *,
                              const struct ofpbuf *actions);
void fake_switch_flush(struct ofproto *);

/* Replaces all flows by those of 'texts', as `ovs-ofctl add-flow` takes them; a null pointer ends the array. */
void fake_switch_flows(struct ofproto *, const char *const *texts);

/* What connmgr_wants_misses() says. */
extern bool fake_switch_wants_misses;
