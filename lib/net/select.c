/* SPDX-License-Identifier: Apache-2.0 */
/* The hashes of select groups. */
#include "lib/net/select.h"

#include "lib/base/hash.h"

/* Digits of pi; they take the place of the process's secret. */
static const uint64_t fixed_secret = 0x13198a2e03707344ULL;

/* The bits of 'key' that the mask names, 16 bytes a step. A word that is equal to the constant would make the product 0 and
 * forget what came before; so what came before is added again. */
static uint32_t hash_fields(const struct action_select *select, const struct flow *key)
{
    const uint8_t *mask = action_select_mask(select);
    uint64_t h = hash_mix64(fixed_secret, select->basis);
    for (uint32_t todo = select->lines; todo; todo &= todo - 1) {
        unsigned int line = __builtin_ctz(todo);
        const uint8_t *bytes = flow_line(key, line)->bytes;
        for (unsigned int i = 0; i < FLOW_LINE_SIZE; i += 16, mask += 16) {
            uint64_t k[2], m[2];
            memcpy(k, bytes + i, sizeof k);
            memcpy(m, mask, sizeof m);
            h += hash_mix64((k[0] & m[0]) ^ h, (k[1] & m[1]) ^ fixed_secret);
        }
    }
    return hash_fold(hash_mix64(h, fixed_secret));
}

uint32_t select_hash(const struct action_select *select, const struct flow *key)
{
    switch ((enum action_select_alg)select->alg) {
    case ACTION_SELECT_L4:
        return flow_hash_5tuple_fixed(key, select->basis);
    case ACTION_SELECT_SYM_L4:
        return flow_hash_symmetric_l4_fixed(key, select->basis);
    case ACTION_SELECT_FIELDS:
        break;
    }
    return hash_fields(select, key);
}
