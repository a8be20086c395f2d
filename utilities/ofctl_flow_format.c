/* SPDX-License-Identifier: Apache-2.0 */
/* Which flow format a flow needs, and agreeing with the switch on one. */
#include "utilities/ofctl_flow_format.h"

#include <stdlib.h>

#include "lib/ofp/action.h"
#include "lib/ofp/match10.h"
#include "utilities/ofctl.h"
#include "utilities/ofctl_connection.h"

static bool has_meter(const struct ofpbuf *actions)
{
    const struct ofp_action *a;

    ofp_action_for_each (a, actions->data, actions->size) {
        if (a->type == OFPACT_METER) {
            return true;
        }
    }
    return false;
}

uint32_t ofctl_flow_mod_formats(const struct ofp_flow_mod *fm)
{
    uint32_t usable = OFCTL_P_ANY;

    if (!match10_can_encode(&fm->match)) {
        usable &= OFCTL_P_ANY_NXM | OFCTL_P_ANY_OXM;
    }
    if (fm->cookie_mask) {
        usable &= ~OFCTL_P_ANY_OF10;
    }
    if (fm->table != OFP_TABLE_ALL) {
        usable &= OFCTL_P_ANY_TID;
    }
    if (has_meter(&fm->actions)) {
        usable &= OFCTL_P_OXM13 | OFCTL_P_OXM14 | OFCTL_P_OXM15;
    }
    return usable;
}

uint32_t ofctl_flow_stats_request_formats(const struct ofp_flow_stats_request *r)
{
    uint32_t usable = OFCTL_P_ANY;

    if (!match10_can_encode(&r->match)) {
        usable &= OFCTL_P_ANY_NXM | OFCTL_P_ANY_OXM;
    }
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
