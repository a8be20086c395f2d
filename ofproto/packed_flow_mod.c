/* SPDX-License-Identifier: Apache-2.0 */
/* Flow-mods in little memory. */
#include "ofproto/packed_flow_mod.h"

#include <string.h>

#include "lib/ofp/action.h"
#include "lib/ofp/field_map.h"
#include "ofproto/minimatch.h"

bool packed_flow_mod_possible(const struct ofp_flow_mod *fm)
{
    return !field_map_match_has_options(&fm->match) && !ofp_actions_tun_metadata(fm->actions.data, fm->actions.size);
}

/* Where the actions begin in 'data', and how many words they take. */
static size_t actions_at(size_t n_words)
{
    return 2 * n_words;
}

static size_t actions_words(size_t actions_size)
{
    return DIV_ROUND_UP(actions_size, sizeof(uint64_t));
}

size_t packed_flow_mod_size(const struct ofp_flow_mod *fm, const struct minimatch_key *key)
{
    size_t words = actions_at(key->n_words) + actions_words(fm->actions.size);
    return sizeof(struct packed_flow_mod) + words * sizeof(uint64_t) + key->n_words * sizeof key->where[0];
}

void packed_flow_mod_init(struct packed_flow_mod *packed, const struct ofp_flow_mod *fm, const struct minimatch_key *key)
{
    *packed = (struct packed_flow_mod) {
        .cookie = fm->cookie,
        .cookie_mask = fm->cookie_mask,
        .new_cookie = fm->new_cookie,
        .out_port = fm->out_port,
        .out_group = fm->out_group,
        .mask_hash = key->mask_hash,
        .actions_size = (uint32_t) fm->actions.size,
        .priority = fm->priority,
        .idle_timeout = fm->idle_timeout,
        .hard_timeout = fm->hard_timeout,
        .importance = fm->importance,
        .flags = fm->flags,
        .command = (uint8_t) fm->command,
        .table = fm->table,
        .version = fm->version,
        .n_words = (uint8_t) key->n_words,
        .modify_cookie = fm->modify_cookie,
    };
    size_t n = key->n_words;
    uint64_t *actions = packed->data + actions_at(n);
    memcpy(packed->data, key->bits, n * sizeof key->bits[0]);
    memcpy(packed->data + n, key->values, n * sizeof key->values[0]);
    if (fm->actions.size) {
        memcpy(actions, fm->actions.data, fm->actions.size);
    }
    memcpy(actions + actions_words(fm->actions.size), key->where, n * sizeof key->where[0]);
}

void packed_flow_mod_get(const struct packed_flow_mod *packed, struct ofp_flow_mod *fm, struct minimatch_key *key)
{
    size_t n = packed->n_words;
    const uint64_t *actions = packed->data + actions_at(n);
    memcpy(key->bits, packed->data, n * sizeof key->bits[0]);
    memcpy(key->values, packed->data + n, n * sizeof key->values[0]);
    memcpy(key->where, actions + actions_words(packed->actions_size), n * sizeof key->where[0]);
    key->n_words = packed->n_words;
    key->mask_hash = packed->mask_hash;

    fm->command = (enum ofp_flow_command) packed->command;
    fm->table = packed->table;
    fm->priority = packed->priority;
    fm->idle_timeout = packed->idle_timeout;
    fm->hard_timeout = packed->hard_timeout;
    fm->importance = packed->importance;
    fm->flags = packed->flags;
    fm->cookie = packed->cookie;
    fm->cookie_mask = packed->cookie_mask;
    fm->new_cookie = packed->new_cookie;
    fm->modify_cookie = packed->modify_cookie;
    fm->buffer_id = UINT32_MAX;
    fm->out_port = packed->out_port;
    fm->out_group = packed->out_group;
    fm->actions = (struct ofpbuf) { (uint8_t *) (uintptr_t) actions, packed->actions_size, packed->actions_size };
    fm->version = packed->version;
}
