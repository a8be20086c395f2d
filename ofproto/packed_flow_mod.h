/* SPDX-License-Identifier: Apache-2.0 */
/* A flow-mod that was decoded and checked, in little memory, until it is carried out: a bundle may have a million.
 *
 * Its match is that of a minimatch_key; it has no buffer id. Nothing in it depends on what may change meanwhile: one that names tunnel options, whose
 * fields are what the bridge's table of options makes of them, is not packed. Any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/ofp/message.h"

struct minimatch_key;

struct packed_flow_mod {
    be64 cookie, cookie_mask, new_cookie;
    ofp_port_t out_port;
    uint32_t out_group, mask_hash, actions_size;
    uint16_t priority, idle_timeout, hard_timeout, importance, flags;
    uint8_t command, table, version, n_words;
    bool modify_cookie;
    uint64_t data[]; /* the key's bits and values, the actions, and the key's 'where' */
};

/* May it be packed? */
bool packed_flow_mod_possible(const struct ofp_flow_mod *);

/* 'key' is that of the flow-mod's match. */
size_t packed_flow_mod_size(const struct ofp_flow_mod *, const struct minimatch_key *key);
void packed_flow_mod_init(struct packed_flow_mod *, const struct ofp_flow_mod *, const struct minimatch_key *key);

/* All but the match, for which there is the key, and the buffer id. The actions are those of the packed one. */
void packed_flow_mod_get(const struct packed_flow_mod *, struct ofp_flow_mod *, struct minimatch_key *key);
