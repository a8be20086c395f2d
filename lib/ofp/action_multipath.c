/* SPDX-License-Identifier: Apache-2.0 */
/* The "multipath" action (NXAST_MULTIPATH), and the hash functions that it shares with "bundle". */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ofp/action_encode.h"
#include "lib/ofp/action_nicira.h"
#include "lib/ofp/field_table.h"
#include "lib/ofp/nxm.h"

enum { NX_MULTIPATH = 10, MAX_LINKS = 65536 };

static const char *const hash_names[] = {
    [OFP_HASH_ETH_SRC] = "eth_src",
    [OFP_HASH_SYMMETRIC_L4] = "symmetric_l4",
    [OFP_HASH_SYMMETRIC_L3L4] = "symmetric_l3l4",
    [OFP_HASH_SYMMETRIC_L3L4_UDP] = "symmetric_l3l4+udp",
    [OFP_HASH_NW_SRC] = "nw_src",
    [OFP_HASH_NW_DST] = "nw_dst",
    [OFP_HASH_SYMMETRIC_L3] = "symmetric_l3",
};

static const char *const algorithm_names[] = {
    [OFP_MP_MODULO_N] = "modulo_n",
    [OFP_MP_HASH_THRESHOLD] = "hash_threshold",
    [OFP_MP_HRW] = "hrw",
    [OFP_MP_ITER_HASH] = "iter_hash",
};

const char *action_hash_fields_name(unsigned int fields)
{
    return fields < ARRAY_SIZE(hash_names) ? hash_names[fields] : NULL;
}

bool action_hash_fields_from_name(const char *name, uint16_t *fields)
{
    for (size_t i = 0; i < ARRAY_SIZE(hash_names); i++) {
        if (!strcasecmp(name, hash_names[i])) {
            *fields = (uint16_t) i;
            return true;
        }
    }
    return false;
}

/* Do the numbers of the links fit 'n_bits'? */
static bool links_fit(uint32_t n_links, unsigned int n_bits)
{
    return n_bits >= 16 || n_links <= 1u << n_bits;
}

enum ofp_error action_decode_nx_multipath(const struct action_source *src, struct ofpbuf *out)
{
    struct ofp_action_multipath *a = ofp_actions_put(out, OFPACT_MULTIPATH, sizeof *a);
    const uint8_t *p = src->p + ACTION_NX_HEADER_LEN;

    a->fields = get_u16(p);
    a->basis = get_u16(p + 2);
    a->algorithm = get_u16(p + 6);
    a->n_links = get_u16(p + 8) + 1u;
    a->arg = get_u32(p + 10);
    action_decode_ofs_nbits(get_u16(p + 16), &a->dst);
    enum ofp_error error = action_decode_short_field(p + 18, &a->dst.field);
    if (error) {
        return error;
    }
    if (!action_hash_fields_name(a->fields) || a->algorithm >= ARRAY_SIZE(algorithm_names) ||
        !links_fit(a->n_links, a->dst.n_bits)) {
        return OFPBAC_BAD_ARGUMENT;
    }
    return action_check_subfield(&a->dst, ACTION_WRITES);
}

void action_encode_multipath(const struct ofp_action *action, enum ofp_version version,
                             struct ofpbuf *out)
{
    const struct ofp_action_multipath *a = (const void *) action;
    size_t start = action_encode_begin_nx(out, NX_MULTIPATH);

    put_u16(out, a->fields);
    put_u16(out, a->basis);
    put_u16(out, 0);
    put_u16(out, a->algorithm);
    put_u16(out, (uint16_t) (a->n_links - 1));
    put_u32(out, a->arg);
    put_u16(out, 0);
    put_u16(out, action_encode_ofs_nbits(&a->dst));
    nxm_put_header(out, a->dst.field, NXM_VERSION, false);
    action_encode_end(out, start);
}

bool action_multipath_equal(const struct ofp_action_multipath *a,
                            const struct ofp_action_multipath *b)
{
    return a->fields == b->fields && a->basis == b->basis && a->algorithm == b->algorithm &&
           a->n_links == b->n_links && a->arg == b->arg && subfield_equal(&a->dst, &b->dst);
}

void action_format_multipath(struct strbuf *s, const struct ofp_action *action,
                             const struct ofp_names *names)
{
    const struct ofp_action_multipath *a = (const void *) action;

    strbuf_putf(s, "multipath(%s,%u,%s,%u,%u,", action_hash_fields_name(a->fields), a->basis,
                algorithm_names[a->algorithm], a->n_links, a->arg);
    subfield_format(s, &a->dst);
    strbuf_putc(s, ')');
}

/* The arguments, in their order. */
enum { FIELDS, BASIS, ALGORITHM, N_LINKS, ARG, DST, N_ARGS };

static char *parse_args(char *args[N_ARGS], const char *whole, struct ofp_action_multipath *a)
{
    uint64_t basis, n_links, arg;

    if (!action_hash_fields_from_name(args[FIELDS], &a->fields)) {
        return xasprintf("%s: unknown fields `%s'", whole, args[FIELDS]);
    }
    for (a->algorithm = 0; strcasecmp(args[ALGORITHM], algorithm_names[a->algorithm]);) {
        if (++a->algorithm == ARRAY_SIZE(algorithm_names)) {
            return xasprintf("%s: unknown algorithm `%s'", whole, args[ALGORITHM]);
        }
    }
    char *error = action_parse_number(args[BASIS], "basis", UINT16_MAX, &basis);
    if (!error) {
        error = action_parse_number(args[N_LINKS], "n_links", UINT32_MAX, &n_links);
    }
    if (!error) {
        error = action_parse_number(args[ARG], "arg", UINT32_MAX, &arg);
    }
    if (error) {
        return error;
    }
    if (n_links < 1 || n_links > MAX_LINKS) {
        return xasprintf("%s: n_links %llu is not in valid range 1 to %d", whole,
                         (unsigned long long) n_links, MAX_LINKS);
    }
    a->basis = (uint16_t) basis;
    a->n_links = (uint32_t) n_links;
    a->arg = (uint32_t) arg;
    error = action_parse_subfield(args[DST], &a->dst);
    if (error) {
        return error;
    }
    if (!field_has_short_header(a->dst.field)) {
        return xasprintf("%s: experimenter OXM field '%s' not supported", whole, args[DST]);
    }
    if (!links_fit(a->n_links, a->dst.n_bits)) {
        return xasprintf("%s: %u-bit destination field has %u possible values, less than "
                         "specified n_links %u",
                         whole, a->dst.n_bits, 1u << a->dst.n_bits, a->n_links);
    }
    return NULL;
}

char *action_parse_multipath(struct action_parser *p, const char *value, int arg)
{
    struct ofp_action_multipath *a = ofp_actions_put(p->out, OFPACT_MULTIPATH, sizeof *a);
    char *copy = xstrdup(value), *save = NULL, *args[N_ARGS], *error;
    int n = 0;

    for (char *word = strtok_r(copy, ", ", &save); word && n < N_ARGS;
         word = strtok_r(NULL, ", ", &save)) {
        args[n++] = word;
    }
    error = n == N_ARGS ? parse_args(args, value, a)
                        : xasprintf("%s: not enough arguments to multipath action", value);
    if (!error && a->dst.n_bits > 64) {
        error = xasprintf("%s: destination is wider than 64 bits", value);
    }
    free(copy);
    return error;
}
