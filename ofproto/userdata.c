/* SPDX-License-Identifier: Apache-2.0 */
/* Packing and checking the user data of upcalls. */
#include "ofproto/userdata.h"

#include <string.h>

#include "lib/ofp/message.h"

#define USERDATA_MAGIC 0x32505557u /* "WUP2" */

/* Followed by the registers that are not 0, the bridge's name, and the controller's data. No padding. */
struct packed {
    uint32_t magic;
    uint32_t in_port;
    be64 cookie;
    be64 metadata;
    uint16_t regs; /* bitmap */
    uint16_t controller_id;
    uint16_t max_len;
    uint16_t extra_len;
    uint8_t table;
    uint8_t reason;
    uint8_t bridge_len;
    uint8_t reserved;
    uint32_t pause;
};
static_assert(sizeof(struct packed) == 40, "no padding");

size_t userdata_encode(const struct userdata *u, uint8_t to[ACTION_MAX_USERDATA])
{
    struct packed p = {
        .magic = USERDATA_MAGIC,
        .in_port = u->in_port,
        .cookie = u->cookie,
        .metadata = u->metadata,
        .controller_id = u->controller_id,
        .max_len = u->max_len,
        .extra_len = MIN(u->extra_len, USERDATA_MAX_EXTRA),
        .table = u->table,
        .reason = u->reason,
        .pause = u->pause,
        .bridge_len = strnlen(u->bridge, USERDATA_MAX_BRIDGE),
    };
    size_t n = sizeof p;
    for (unsigned int i = 0; i < FLOW_N_REGS; i++) {
        if (u->regs[i]) {
            p.regs |= 1u << i;
            memcpy(to + n, &u->regs[i], sizeof u->regs[i]);
            n += sizeof u->regs[i];
        }
    }
    memcpy(to + n, u->bridge, p.bridge_len);
    n += p.bridge_len;
    if (p.extra_len) {
        memcpy(to + n, u->extra, p.extra_len);
        n += p.extra_len;
    }
    memcpy(to, &p, sizeof p);
    return n;
}

bool userdata_decode(const uint8_t *data, size_t n, struct userdata *u)
{
    struct packed p;
    if (n < sizeof p) {
        return false;
    }
    memcpy(&p, data, sizeof p);
    size_t regs_len = (size_t) __builtin_popcount(p.regs) * sizeof(uint32_t);
    if (p.magic != USERDATA_MAGIC || p.reason > OFPR_EXPLICIT_MISS || !p.bridge_len
        || p.bridge_len > USERDATA_MAX_BRIDGE || p.extra_len > USERDATA_MAX_EXTRA
        || n != sizeof p + regs_len + p.bridge_len + p.extra_len) {
        return false;
    }
    *u = (struct userdata) {
        .in_port = p.in_port,
        .table = p.table,
        .reason = p.reason,
        .pause = p.pause,
        .controller_id = p.controller_id,
        .max_len = p.max_len,
        .cookie = p.cookie,
        .metadata = p.metadata,
        .extra_len = p.extra_len,
    };
    data += sizeof p;
    for (unsigned int i = 0; i < FLOW_N_REGS; i++) {
        if (p.regs & 1u << i) {
            memcpy(&u->regs[i], data, sizeof u->regs[i]);
            data += sizeof u->regs[i];
        }
    }
    memcpy(u->bridge, data, p.bridge_len);
    u->extra = data + p.bridge_len;
    return !memchr(u->bridge, 0, p.bridge_len);
}
