/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles of messages (OpenFlow 1.4 section 6.9; the ONF's extension 230 of 1.3): gathered on a connection, then carried out as one
 * transaction or not at all.
 *
 * A message is decoded when it is added, and kept as the bytes that came, for the log and for errors. A flow-mod is kept in its decoded form, too,
 * so that the commit has nothing to do but change tables (ofproto/packed_flow_mod.h); other messages are decoded again. How many bundles, messages and
 * bytes a connection may have at a time is bounded, and a bundle that nobody touches for some seconds is dropped. Main thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/ofp/bundle.h"

struct message_bundles;
struct ofconn;
struct smap;

enum {
    MESSAGE_BUNDLE_MAX = 64,                   /* bundles of a connection */
    MESSAGE_BUNDLE_MAX_MESSAGES = 4 * 1000 * 1000, /* of a connection */
    MESSAGE_BUNDLE_IDLE_MS = 10000,
};
#define MESSAGE_BUNDLE_MAX_BYTES ((size_t) 1 << 30) /* of a connection */

void message_bundles_set_options(const struct smap *); /* bundle-idle-timeout, seconds */

/* A connection ends. Null is fine. */
void message_bundles_destroy(struct message_bundles *);

/* The indexes of the tunnel options that its messages name, one bit each: they keep their mappings until then, as those of flows do. Null is fine. */
uint64_t message_bundles_options(const struct message_bundles *);

/* All for handlers: what is returned is the answer to conn->request. */

enum ofp_error message_bundle_open(struct ofconn *, uint32_t id, uint16_t flags) WARN_UNUSED;
enum ofp_error message_bundle_close(struct ofconn *, uint32_t id, uint16_t flags) WARN_UNUSED;
enum ofp_error message_bundle_discard(struct ofconn *, uint32_t id) WARN_UNUSED;

/* The first one opens the bundle if nobody has. */
enum ofp_error message_bundle_add(struct ofconn *, const struct ofp_bundle_add *) WARN_UNUSED;

/* The message that fails is answered with its own error first, then the commit with OFPBFC_MSG_FAILED. The bundle is gone in any case. */
enum ofp_error message_bundle_commit(struct ofconn *, uint32_t id, uint16_t flags) WARN_UNUSED;
