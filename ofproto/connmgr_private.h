/* SPDX-License-Identifier: Apache-2.0 */
/* What the connection manager offers to its own parts: connections, controllers, fail-open, the snoop socket. Main thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/rcu.h"
#include "lib/ofp/ofp.h"

struct connmgr;
struct controller;
struct loop;
struct ofconn;
struct ofproto;

struct ofproto *connmgr_ofproto(const struct connmgr *);
struct loop *connmgr_loop(const struct connmgr *);
uint32_t connmgr_versions(const struct connmgr *); /* bitmap, not empty */

/* Told by a connection: it is open; it waits to be destroyed; a message crossed it; what it wants changed. */
void connmgr_opened(struct connmgr *, struct ofconn *);
void connmgr_closing(struct connmgr *);
void connmgr_snoop(const struct ofconn *, const void *message, size_t size);
void connmgr_update_wants(struct connmgr *);
void connmgr_admitted(struct connmgr *, struct ofconn *);

/* 'conn' becomes the primary one: others that were are secondary from now on, and are told so. */
void connmgr_set_primary(struct connmgr *, struct ofconn *);

/* The largest generation id that any connection told: false if 'id' is older. */
bool connmgr_check_generation(struct connmgr *, uint64_t id);
bool connmgr_generation(const struct connmgr *, uint64_t *id);

/* The configured controllers, in their order; null behind the last. */
const struct controller *connmgr_controller_at(const struct connmgr *, size_t i);

/* A connection that a controller opened or accepted. */
void connmgr_add(struct connmgr *, struct ofconn *, struct controller *);
struct cds_list_head *connmgr_conns(struct connmgr *);
bool connmgr_has_room(const struct connmgr *);

/* Deletes all flows, but keeps the way to the controllers open. */
void connmgr_flush_flows(struct connmgr *);

/* The longest probe interval of the controllers that are not service connections; 0: none probes. */
int connmgr_max_probe_ms(const struct connmgr *);

/* Something that the configuration shows changed. */
void connmgr_status_changed(struct connmgr *);
