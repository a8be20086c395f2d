/* SPDX-License-Identifier: Apache-2.0 */
/* Which flow format a flow needs, and agreeing with the switch on one. */
#include "utilities/ofctl_flow_format.h"

#include <stdlib.h>

#include "lib/ofp/action_codec.h"
#include "lib/ofp/match10.h"
#include "lib/ofp/match11.h"
#include "utilities/ofctl.h"
#include "utilities/ofctl_connection.h"

enum {
    SINCE_11 = OFCTL_P_OF11 | OFCTL_P_ANY_OXM,
    SINCE_13 = OFCTL_P_OXM13 | OFCTL_P_OXM14 | OFCTL_P_OXM15,
    EXTENDED = OFCTL_P_ANY_NXM | OFCTL_P_ANY_OXM, /* any match, and actions on any field */
};

/* Fields that even 1.0's own actions can set. */
static bool is_plain_field(const struct field *f)
{
    switch ((int) f->id) {
    case FIELD_TUN_ID:
    case FIELD_METADATA:
    case FIELD_ETH_SRC:
    case FIELD_ETH_DST:
    case FIELD_VLAN_VID:
    case FIELD_VLAN_PCP:
    case FIELD_DL_VLAN:
    case FIELD_DL_VLAN_PCP:
    case FIELD_IPV4_SRC:
    case FIELD_IPV4_DST:
    case FIELD_IP_DSCP:
    case FIELD_TCP_SRC:
    case FIELD_TCP_DST:
    case FIELD_UDP_SRC:
    case FIELD_UDP_DST:
        return true;
    default:
        return false;
    }
}

/* In which formats an action can be said. */
static uint32_t action_formats(const struct ofp_action *a)
{
    const struct ofp_action_set_field *set;

    switch (a->type) {
    case OFPACT_PUSH_VLAN:
    case OFPACT_COPY_TTL_OUT:
    case OFPACT_COPY_TTL_IN:
        return SINCE_11;
    case OFPACT_WRITE_METADATA:
        return OFCTL_P_ANY_NXM | SINCE_11;
    case OFPACT_PUSH_PBB:
    case OFPACT_POP_PBB:
    case OFPACT_ENCAP:
    case OFPACT_DECAP:
    case OFPACT_METER:
        return SINCE_13;
    case OFPACT_SET_FIELD:
        set = (const struct ofp_action_set_field *) a;
        return a->raw == ACTION_RAW_NONE && !is_plain_field(set->field) ? EXTENDED : OFCTL_P_ANY;
    default:
        return OFCTL_P_ANY;
    }
}

static uint32_t actions_formats(const struct ofp_action *list, size_t size)
{
    const struct ofp_action *a;
    uint32_t usable = OFCTL_P_ANY;

    ofp_action_for_each (a, list, size) {
        usable &= action_formats(a);
        if (a->type == OFPACT_WRITE_ACTIONS || a->type == OFPACT_CLONE || a->type == OFPACT_CT) {
            size_t nested_size;
            const struct ofp_action *nested = ofp_action_nested(a, &nested_size);
            usable &= actions_formats(nested, nested_size);
        }
    }
    return usable;
}

/* Since 1.1 what an action changes must be matched. */
static bool is_consistent(const struct ofp_flow_mod *fm)
{
    struct ofp_actions_limits limits = {
        .table = fm->table,
        .max_ports = OFPP_MAX,
        .version = OFP13,
    };

    return ofp_actions_check(fm->actions.data, fm->actions.size, &fm->match, &limits) !=
           OFPBAC_MATCH_INCONSISTENT;
}

static uint32_t match_formats(const struct match *match)
{
    uint32_t usable = OFCTL_P_ANY;

    if (!match10_can_encode(match)) {
        usable &= ~OFCTL_P_ANY_OF10;
        if (!match11_can_encode(match)) {
            usable &= ~OFCTL_P_OF11;
        }
    }
    return usable;
}

uint32_t ofctl_flow_mod_formats(const struct ofp_flow_mod *fm)
{
    uint32_t usable = match_formats(&fm->match) &
                      actions_formats((const struct ofp_action *) (const void *) fm->actions.data,
                                      fm->actions.size);

    if (fm->cookie_mask) {
        usable &= ~OFCTL_P_ANY_OF10;
    }
    if (fm->table != OFP_TABLE_ALL) {
        usable &= OFCTL_P_ANY_TID;
    }
    if (fm->flags & OFP_FF_RESET_COUNTS) {
        usable &= OFCTL_P_ANY_OXM;
    }
    if (fm->flags & (OFP_FF_NO_PKT_COUNTS | OFP_FF_NO_BYT_COUNTS)) {
        usable &= SINCE_13;
    }
    if (!is_consistent(fm)) {
        usable &= OFCTL_P_ANY_OF10 | OFCTL_P_ANY_NXM;
    }
    return usable;
}

uint32_t ofctl_flow_stats_request_formats(const struct ofp_flow_stats_request *r)
{
    uint32_t usable = match_formats(&r->match);

    return r->cookie_mask ? usable & ~OFCTL_P_ANY_OF10 : usable;
}

void ofctl_formats_check(uint32_t usable)
{
    if (!(usable & ofctl_options.protocols)) {
        ofctl_fatal("none of the usable flow formats (%s) is among the allowed flow formats (%s)",
                    ofctl_protocols_format(usable),
                    ofctl_protocols_format(ofctl_options.protocols));
    }
}

/* One setting of the Nicira extensions. False if the switch refuses. */
static bool set(struct connection *c, enum ofp_msg_type type, uint32_t value)
{
    struct ofpbuf request = { NULL, 0, 0 }, reply = { NULL, 0, 0 };

    ofp_encode_nx_setting(&request, connection_version(c), type, value, connection_xid());
    bool ok = connection_transact_noreply(c, &request, &reply);
    ofpbuf_destroy(&request);
    ofpbuf_destroy(&reply);
    return ok;
}

/* Only 1.0 has several formats; among them, first the match's form is chosen and then whether there
 * are table numbers. */
static bool try_format(struct connection *c, uint32_t wanted, uint32_t *current)
{
    bool nxm = wanted & OFCTL_P_ANY_NXM, tid = wanted & OFCTL_P_ANY_TID;

    if (wanted == *current) {
        return true;
    }
    if (connection_version(c) != OFP10 || !(wanted & (OFCTL_P_ANY_OF10 | OFCTL_P_ANY_NXM))) {
        return false;
    }
    if (nxm != !!(*current & OFCTL_P_ANY_NXM)) {
        if (!set(c, OFPMSG_NXT_SET_FLOW_FORMAT,
                 nxm ? OFP_FLOW_FORMAT_NXM : OFP_FLOW_FORMAT_OPENFLOW10)) {
            return false;
        }
        bool had_tid = *current & OFCTL_P_ANY_TID;
        *current = nxm ? (had_tid ? OFCTL_P_NXM_TID : OFCTL_P_NXM)
                       : (had_tid ? OFCTL_P_OF10_TID : OFCTL_P_OF10);
    }
    if (tid != !!(*current & OFCTL_P_ANY_TID)) {
        if (!set(c, OFPMSG_NXT_FLOW_MOD_TABLE_ID, tid)) {
            return false;
        }
        *current = wanted;
    }
    return true;
}

static NO_RETURN void refuse(uint32_t usable)
{
    ofctl_fatal("switch does not support any of the usable flow formats (%s)",
                ofctl_protocols_format(usable));
}

uint32_t ofctl_format_for_flow_mods(struct connection *c, uint32_t usable, uint32_t current)
{
    ofctl_formats_check(usable);
    usable &= ofctl_options.protocols;
    if (usable & current) {
        return current;
    }
    for (uint32_t format = 1; format <= OFCTL_P_ANY; format <<= 1) {
        if (format & usable && try_format(c, format, &current)) {
            return format;
        }
    }
    refuse(usable);
}

uint32_t ofctl_format_for_dump(struct connection *c, uint32_t usable)
{
    static const uint32_t order[] = {
        OFCTL_P_OXM15, OFCTL_P_OXM14, OFCTL_P_OXM13, OFCTL_P_OXM12,
        OFCTL_P_OF11,  OFCTL_P_NXM,   OFCTL_P_OF10,
    };
    uint32_t current = ofctl_protocol_initial(connection_version(c));

    ofctl_formats_check(usable);
    usable &= ofctl_options.protocols;
    for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
        if (order[i] & usable && try_format(c, order[i], &current)) {
            return order[i];
        }
    }
    refuse(usable);
}

void ofctl_flow_mod_encode(struct ofpbuf *out, const struct ofp_flow_mod *fm, uint32_t format,
                           be32 xid)
{
    uint32_t versions = ofctl_versions_of_protocols(format);
    enum ofp_version version = (enum ofp_version)(31 - __builtin_clz(versions));
    bool tid = version == OFP10 && format & OFCTL_P_ANY_TID;

    if (!ofp_encode_flow_mod(out, version, fm, format & OFCTL_P_ANY_NXM, tid, xid)) {
        ofctl_fatal("a flow is too long for an OpenFlow message");
    }
}
