/* SPDX-License-Identifier: Apache-2.0 */
/* Text to flows. Groups may come in any order. What a group needs (an Ethernet type, an IP
 * protocol) is implied if it is not named. */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/net/flow_groups.h"
#include "lib/net/mpls_text.h"
#include "lib/net/vlan_text.h"

struct parser {
    struct scanner s;
    const struct flow_port_names *names;
    struct flow *key;
    struct flow *mask;     /* null: everything is exact */
    uint32_t outer, inner; /* bitmaps of the groups seen, by row */
    bool mpls;
    unsigned int n_tags; /* VLAN tags that are there */
    bool absent_tag;     /* a tag was said not to be there, in so many words */
};

/* What was said at one level: in front of the tags, or inside encap(...). */
struct level {
    be16 type, type_mask; /* of eth_type(...) */
    bool has_type;
    struct flow_vlan vlan, vlan_mask;
    bool has_vlan;
    bool has_encap;
};

static void use_lines(struct parser *ps, uint32_t lines)
{
    for (unsigned int i = 0; i < FLOW_N_DP_LINES; i++) {
        if (lines & 1u << i) {
            flow_use_line(ps->key, i);
            if (ps->mask) {
                flow_use_line(ps->mask, i);
            }
        }
    }
}

/* Parses one of 'n' groups if its name is next; '*found' tells. */
static char *scan_group(struct parser *ps, const struct flow_group *groups, unsigned int n,
                        uint32_t *seen, bool *found)
{
    *found = false;
    size_t name_n = strcspn(ps->s.at, "(");
    for (unsigned int i = 0; i < n; i++) {
        const struct group_text *g = &groups[i].text;
        if (strlen(g->name) != name_n || strncmp(ps->s.at, g->name, name_n) ||
            ps->s.at[name_n] != '(') {
            continue;
        }
        if (*seen & 1u << i) {
            return xasprintf("%s is given twice", g->name);
        }
        *seen |= 1u << i;
        *found = true;
        ps->s.at += name_n + 1;
        use_lines(ps, flow_group_lines(&groups[i]));
        return group_text_scan(&ps->s, g, ps->names, ps->key, ps->mask);
    }
    return NULL;
}

static char *scan_vlan(struct parser *ps, struct level *level)
{
    if (level->has_vlan) {
        return xasprintf("vlan is given twice");
    }
    level->has_vlan = true;
    level->vlan.tci = level->vlan_mask.tci = htons(VLAN_CFI);
    return vlan_text_scan(&ps->s, &level->vlan, ps->mask ? &level->vlan_mask : NULL);
}

/* The Ethernet type belongs to its level: it may turn out to be the TPID of a tag. */
static char *scan_eth_type(struct parser *ps, struct level *level)
{
    if (level->has_type) {
        return xasprintf("eth_type is given twice");
    }
    struct flow key, mask;
    flow_init(&key);
    flow_init(&mask);
    char *error =
        group_text_scan(&ps->s, &flow_group_eth_type->text, NULL, &key, ps->mask ? &mask : NULL);
    level->has_type = true;
    level->type = key.eth_type;
    level->type_mask = mask.eth_type;
    return error;
}

static char *scan_mpls(struct parser *ps)
{
    if (ps->mpls) {
        return xasprintf("mpls is given twice");
    }
    ps->mpls = true;
    use_lines(ps, 1u << FLOW_LINE_MPLS);
    return mpls_text_scan(&ps->s, ps->key->mpls_lse, ps->mask ? ps->mask->mpls_lse : NULL,
                          FLOW_MAX_MPLS);
}

static char *finish_level(struct parser *ps, int depth, const struct level *level)
{
    bool present = level->has_vlan && level->vlan.tci & htons(VLAN_CFI);
    if (level->has_vlan) {
        if (depth == FLOW_MAX_VLANS) {
            return xasprintf("vlan: more than %d tags", FLOW_MAX_VLANS);
        }
        ps->key->vlan[depth] = level->vlan;
        if (ps->mask) {
            ps->mask->vlan[depth] = level->vlan_mask;
        }
    }
    if (present) {
        if (level->vlan.tpid || level->vlan_mask.tpid) {
            return xasprintf("vlan: the tpid of a tag is the eth_type in front of it");
        }
        ps->n_tags++;
        ps->key->vlan[depth].tpid = level->has_type ? level->type : htons(ETH_TYPE_VLAN_8021Q);
        if (ps->mask) {
            ps->mask->vlan[depth].tpid = level->type_mask;
        }
        return NULL;
    }
    ps->absent_tag |= level->has_vlan;
    if (level->has_type) {
        ps->key->eth_type = level->type;
        if (ps->mask) {
            ps->mask->eth_type = level->type_mask;
        }
    }
    return NULL;
}

/* Parses up to the end, or to the end of encap(...). '*empty' tells whether there was nothing. */
static char *scan_level(struct parser *ps, int depth, bool *empty)
{
    struct level level = {0};
    *empty = true;
    for (scan_skip(&ps->s); *ps->s.at; scan_skip(&ps->s)) {
        char *error = NULL;
        bool found = true, inner_empty = true;
        if (depth && scan_literal(&ps->s, ")")) {
            return finish_level(ps, depth, &level);
        }
        *empty = false;
        if (scan_literal(&ps->s, "eth_type(")) {
            error = scan_eth_type(ps, &level);
        } else if (scan_literal(&ps->s, "vlan(")) {
            error = scan_vlan(ps, &level);
        } else if (scan_literal(&ps->s, "mpls(")) {
            error = scan_mpls(ps);
        } else if (scan_literal(&ps->s, "encap(")) {
            if (level.has_encap || depth == FLOW_MAX_VLANS) {
                return xasprintf("encap is given too often");
            }
            level.has_encap = true;
            error = scan_level(ps, depth + 1, &inner_empty);
            if (!error && !inner_empty && !(level.has_vlan && level.vlan.tci & htons(VLAN_CFI))) {
                return xasprintf("encap: vlan(...) is missing in front of it");
            }
        } else {
            error = scan_group(ps, flow_groups_inner, flow_groups_n_inner, &ps->inner, &found);
            if (!error && !found && !depth) {
                error = scan_group(ps, flow_groups_outer, flow_groups_n_outer, &ps->outer, &found);
            }
        }
        if (error) {
            return error;
        }
        if (!found) {
            char word[SCAN_WORD_SIZE];
            scan_peek(&ps->s, word);
            return xasprintf("'%s' is not a field of a flow", word);
        }
    }
    return depth ? xasprintf("encap: ')' is missing") : finish_level(ps, 0, &level);
}

static bool names_eth_type(const struct parser *ps)
{
    return ps->key->eth_type || (ps->mask && ps->mask->eth_type);
}

static void imply_eth_type(struct parser *ps, uint16_t type)
{
    if (!names_eth_type(ps)) {
        ps->key->eth_type = htons(type);
        if (ps->mask) {
            ps->mask->eth_type = BE16_MAX;
        }
    }
}

static void imply_nw_proto(struct parser *ps, uint8_t proto)
{
    use_lines(ps, 1u << FLOW_LINE_L3);
    if (!ps->key->nw_proto && !(ps->mask && ps->mask->nw_proto)) {
        ps->key->nw_proto = proto;
        if (ps->mask) {
            ps->mask->nw_proto = UINT8_MAX;
        }
    }
}

/* Supplies what the group needs of the layers below it. */
static void imply(struct parser *ps, const struct flow_group *g)
{
    if (g->eth_type == GROUP_ARP) {
        imply_eth_type(ps, ETH_TYPE_ARP);
    } else if (g->eth_type && g->eth_type != GROUP_IP_ANY) {
        imply_eth_type(ps, g->eth_type);
    }
    if (g->nw_proto) {
        imply_nw_proto(ps, g->nw_proto);
    }
}

static char *check_group(const struct parser *ps, const struct flow_group *g)
{
    if (flow_group_applies(g, ps->key)) {
        return NULL;
    }
    return g->nd
               ? xasprintf("%s needs icmpv6(type=135,code=0) or icmpv6(type=136,code=0)",
                           g->text.name)
               : xasprintf("%s does not go with the flow's Ethernet type, IP protocol or fragment",
                           g->text.name);
}

static char *check_groups(struct parser *ps)
{
    for (unsigned int i = 0; i < flow_groups_n_outer; i++) {
        if (ps->outer & 1u << i) {
            imply(ps, &flow_groups_outer[i]);
        }
    }
    for (unsigned int i = 0; i < flow_groups_n_inner; i++) {
        if (ps->inner & 1u << i) {
            imply(ps, &flow_groups_inner[i]);
        }
    }
    if (ps->mpls) {
        imply_eth_type(ps, ETH_TYPE_MPLS);
        if (!flow_is_mpls(ps->key)) {
            return xasprintf("mpls does not go with the flow's Ethernet type");
        }
    }
    char *error = NULL;
    for (unsigned int i = 0; !error && i < flow_groups_n_outer; i++) {
        if (ps->outer & 1u << i) {
            error = check_group(ps, &flow_groups_outer[i]);
        }
    }
    for (unsigned int i = 0; !error && i < flow_groups_n_inner; i++) {
        if (ps->inner & 1u << i) {
            error = check_group(ps, &flow_groups_inner[i]);
        }
    }
    return error;
}

char *flow_parse_text(const char *text, const struct flow_port_names *names, struct flow *key,
                      struct flow *mask)
{
    struct parser ps = {.s = {text}, .names = names, .key = key, .mask = mask};
    flow_init(key);
    if (mask) {
        flow_init(mask);
    }
    bool empty;
    char *error = scan_level(&ps, 0, &empty);
    if (!error) {
        error = check_groups(&ps);
    }
    if (error || !mask) {
        return error;
    }
    /* An Ethernet type that is looked at is that of an untagged packet, unless a tag is named. */
    if (mask->eth_type && ps.n_tags < FLOW_MAX_VLANS && !ps.absent_tag) {
        memset(&mask->vlan[ps.n_tags], 0xff, sizeof mask->vlan[0]);
    }
    flow_mask_normalize(mask);
    return NULL;
}
