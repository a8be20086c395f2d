/* SPDX-License-Identifier: Apache-2.0 */
/* Flow-mods: OpenFlow 1.0 section 5.3.3, 1.1 section A.3.4.1, 1.4 section 7.3.4.3, NXT_FLOW_MOD. */
#include "lib/ofp/action_codec.h"
#include "lib/ofp/codec.h"
#include "lib/ofp/match10.h"
#include "lib/ofp/match11.h"
#include "lib/ofp/nxm.h"
#include "lib/ofp/port.h"

/* Flags on the wire; 1.0 has the first two and EMERG, 1.1 lacks RESET_COUNTS, the last two came
 * with 1.3. */
enum {
    WIRE_SEND_FLOW_REM = 1 << 0,
    WIRE_CHECK_OVERLAP = 1 << 1,
    WIRE_EMERG_10 = 1 << 2,
    WIRE_RESET_COUNTS = 1 << 2,
    WIRE_NO_PKT_COUNTS = 1 << 3,
    WIRE_NO_BYT_COUNTS = 1 << 4,
};

void ofp_flow_mod_destroy(struct ofp_flow_mod *fm)
{
    ofpbuf_destroy(&fm->actions);
}

static enum ofp_error flags_decode(uint16_t wire, enum ofp_version version, uint16_t *flags)
{
    uint16_t known = WIRE_SEND_FLOW_REM | WIRE_CHECK_OVERLAP;

    *flags = (wire & WIRE_SEND_FLOW_REM ? OFP_FF_SEND_FLOW_REM : 0) |
             (wire & WIRE_CHECK_OVERLAP ? OFP_FF_CHECK_OVERLAP : 0);
    if (version == OFP10) {
        known |= WIRE_EMERG_10;
        *flags |= wire & WIRE_EMERG_10 ? OFP_FF_EMERG : 0;
    } else if (version >= OFP12) {
        known |= WIRE_RESET_COUNTS;
        *flags |= wire & WIRE_RESET_COUNTS ? OFP_FF_RESET_COUNTS : 0;
    }
    if (version >= OFP13) {
        known |= WIRE_NO_PKT_COUNTS | WIRE_NO_BYT_COUNTS;
        *flags |= (wire & WIRE_NO_PKT_COUNTS ? OFP_FF_NO_PKT_COUNTS : 0) |
                  (wire & WIRE_NO_BYT_COUNTS ? OFP_FF_NO_BYT_COUNTS : 0);
    }
    return wire & ~known ? OFPFMFC_BAD_FLAGS : OFPERR_OK;
}

uint16_t flow_flags_encode(uint16_t flags, enum ofp_version version)
{
    uint16_t wire = (flags & OFP_FF_SEND_FLOW_REM ? WIRE_SEND_FLOW_REM : 0) |
                    (flags & OFP_FF_CHECK_OVERLAP ? WIRE_CHECK_OVERLAP : 0);

    if (version == OFP10) {
        wire |= flags & OFP_FF_EMERG ? WIRE_EMERG_10 : 0;
    } else if (version >= OFP12) {
        wire |= flags & OFP_FF_RESET_COUNTS ? WIRE_RESET_COUNTS : 0;
    }
    if (version >= OFP13) {
        wire |= (flags & OFP_FF_NO_PKT_COUNTS ? WIRE_NO_PKT_COUNTS : 0) |
                (flags & OFP_FF_NO_BYT_COUNTS ? WIRE_NO_BYT_COUNTS : 0);
    }
    return wire;
}

uint16_t flow_flags_decode(uint16_t wire, enum ofp_version version)
{
    uint16_t flags;
    enum ofp_error error = flags_decode(wire, version, &flags);

    (void) error; /* what is not known in a reply is left out */
    return flags;
}

static enum ofp_error command_decode(uint16_t command, struct ofp_flow_mod *fm)
{
    fm->command = (enum ofp_flow_command) command;
    return command > OFPFC_DELETE_STRICT ? OFPFMFC_BAD_COMMAND : OFPERR_OK;
}

/* The command of 1.0 and of NXT_FLOW_MOD, with the table's number in its upper half if the peer has
 * switched that on. */
static enum ofp_error command_and_table_decode(uint16_t command, bool table_id,
                                               struct ofp_flow_mod *fm)
{
    if (table_id) {
        fm->table = (uint8_t) (command >> 8);
        command &= 0xff;
    } else {
        fm->table = OFP_TABLE_ALL;
    }
    return command_decode(command, fm);
}

/* What is alike in all forms, once flags and match are known; 'p' and 'n' are the actions or
 * instructions. */
static enum ofp_error finish(const struct msg_header *h, uint16_t wire_flags, const uint8_t *p,
                             size_t n, struct ofp_flow_mod *fm)
{
    enum ofp_error error = flags_decode(wire_flags, h->version, &fm->flags);

    if (error) {
        return error;
    }
    if (h->version <= OFP11 && fm->command == OFPFC_ADD) {
        fm->flags |= OFP_FF_RESET_COUNTS;
    }
    if (fm->flags & OFP_FF_EMERG) {
        return OFPFMFC_TABLE_FULL; /* there is no emergency flow cache, as good as a full one */
    }
    fm->version = (uint8_t) h->version;
    error = instructions_decode(p, n, h->version, &fm->actions);
    if (!error) {
        ofp_actions_bind(fm->actions.data, fm->actions.size, &fm->match);
    }
    return error;
}

/* MODIFY of 1.0 and NXT writes a new cookie unless it is all ones. */
static void set_new_cookie(struct ofp_flow_mod *fm, be64 cookie)
{
    fm->new_cookie = cookie;
    fm->modify_cookie = cookie != BE64_MAX &&
                        (fm->command == OFPFC_MODIFY || fm->command == OFPFC_MODIFY_STRICT);
}

enum ofp_error flow_mod_decode_10(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_flow_mod *fm = &msg->u.flow_mod;
    const uint8_t *p = h->body + MATCH10_LEN;
    enum ofp_error error =
        command_and_table_decode(get_u16(p + 8), h->flow_mod_table_id, fm);

    if (error) {
        return error;
    }
    match10_decode(h->body, &fm->match);
    set_new_cookie(fm, get_be64(p));
    fm->idle_timeout = get_u16(p + 10);
    fm->hard_timeout = get_u16(p + 12);
    fm->priority = match10_is_exact(h->body) ? UINT16_MAX : get_u16(p + 14);
    fm->buffer_id = get_u32(p + 16);
    fm->out_port = ofp_port_from_10(get_u16(p + 20));
    fm->out_group = OFPG_ANY;
    return finish(h, get_u16(p + 22), p + 24, h->body_len - MATCH10_LEN - 24, fm);
}

enum ofp_error flow_mod_decode_nxt(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_flow_mod *fm = &msg->u.flow_mod;
    const uint8_t *p = h->body;
    size_t match_len = get_u16(p + 24), padded = ROUND_UP(match_len, 8);
    struct nxm_cookie cookie;
    enum ofp_error error = command_and_table_decode(get_u16(p + 8), h->flow_mod_table_id, fm);

    if (error) {
        return error;
    }
    if (padded > h->body_len - 32) {
        return OFPBMC_BAD_LEN;
    }
    error = nxm_decode_match(p + 32, match_len, true, &fm->match, &cookie);
    if (error) {
        return error;
    }
    if (fm->command == OFPFC_ADD && cookie.mask) {
        return NXBRC_NXM_INVALID; /* an addition has no flow whose cookie it could match */
    }
    fm->cookie = cookie.cookie;
    fm->cookie_mask = cookie.mask;
    set_new_cookie(fm, get_be64(p));
    fm->idle_timeout = get_u16(p + 10);
    fm->hard_timeout = get_u16(p + 12);
    fm->priority = get_u16(p + 14);
    fm->buffer_id = get_u32(p + 16);
    fm->out_port = ofp_port_from_10(get_u16(p + 20));
    fm->out_group = OFPG_ANY;
    return finish(h, get_u16(p + 22), p + 32 + padded, h->body_len - 32 - padded, fm);
}

enum ofp_error flow_mod_decode_11(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_flow_mod *fm = &msg->u.flow_mod;
    const uint8_t *p = h->body;
    size_t match_len;
    enum ofp_error error = command_decode(p[17], fm);

    if (error) {
        return error;
    }
    error = nxm_decode_ofp_match(p + 40, h->body_len - 40, true, &fm->match, &match_len);
    if (error) {
        return error;
    }
    if (fm->command == OFPFC_ADD) {
        fm->new_cookie = get_be64(p);
    } else {
        fm->cookie_mask = get_be64(p + 8);
        fm->cookie = get_be64(p) & fm->cookie_mask;
        fm->new_cookie = BE64_MAX;
    }
    fm->table = p[16];
    fm->idle_timeout = get_u16(p + 18);
    fm->hard_timeout = get_u16(p + 20);
    fm->priority = get_u16(p + 22);
    fm->buffer_id = get_u32(p + 24);
    fm->out_group = get_u32(p + 32);
    if (port_number_decode(p + 28, &fm->out_port)) {
        return OFPBAC_BAD_OUT_PORT;
    }
    fm->importance = h->version >= OFP14 && fm->command == OFPFC_ADD ? get_u16(p + 38) : 0;
    return finish(h, get_u16(p + 36), p + 40 + match_len, h->body_len - 40 - match_len, fm);
}

static uint16_t port10_or_none(ofp_port_t port)
{
    uint16_t p;

    return ofp_port_to_10(port, &p) ? p : (uint16_t) OFPP_NONE;
}

static uint16_t command_with_table(const struct ofp_flow_mod *fm, bool with_table_id)
{
    return (uint16_t) (fm->command | (with_table_id ? fm->table << 8 : 0));
}

/* The middle of 1.0's and NXT's forms, from the command to the flags. */
static void encode_middle(struct ofpbuf *out, const struct ofp_flow_mod *fm, bool with_table_id)
{
    put_u16(out, command_with_table(fm, with_table_id));
    put_u16(out, fm->idle_timeout);
    put_u16(out, fm->hard_timeout);
    put_u16(out, fm->priority);
    put_u32(out, fm->buffer_id);
    put_u16(out, port10_or_none(fm->out_port));
    put_u16(out, flow_flags_encode(fm->flags, OFP10));
}

static void encode_10(struct ofpbuf *out, const struct ofp_flow_mod *fm, bool with_table_id)
{
    match10_encode(out, &fm->match);
    ofpbuf_put(out, &fm->new_cookie, sizeof fm->new_cookie);
    encode_middle(out, fm, with_table_id);
}

static void encode_nxt(struct ofpbuf *out, const struct ofp_flow_mod *fm, bool with_table_id)
{
    struct nxm_cookie cookie = { fm->cookie, fm->cookie_mask };

    ofpbuf_put(out, &fm->new_cookie, sizeof fm->new_cookie);
    encode_middle(out, fm, with_table_id);
    size_t len_at = out->size;
    put_u16(out, 0);
    put_zeros(out, 6);
    size_t match_at = out->size;
    nxm_encode_match(out, &fm->match, NXM_VERSION, &cookie);
    size_t len = out->size - match_at;
    put_be16(out->data + len_at, htons((uint16_t) len));
    put_zeros(out, ROUND_UP(len, 8) - len);
}

static void encode_11(struct ofpbuf *out, const struct ofp_flow_mod *fm, enum ofp_version version)
{
    be64 cookie = fm->command == OFPFC_ADD ? fm->new_cookie : fm->cookie;

    ofpbuf_put(out, &cookie, sizeof cookie);
    ofpbuf_put(out, &fm->cookie_mask, sizeof fm->cookie_mask);
    bool deletes = fm->command == OFPFC_DELETE || fm->command == OFPFC_DELETE_STRICT;
    put_u8(out, fm->table == OFP_TABLE_ALL && !deletes ? 0 : fm->table);
    put_u8(out, (uint8_t) fm->command);
    put_u16(out, fm->idle_timeout);
    put_u16(out, fm->hard_timeout);
    put_u16(out, fm->priority);
    put_u32(out, fm->buffer_id);
    put_u32(out, fm->out_port);
    put_u32(out, fm->out_group);
    put_u16(out, flow_flags_encode(fm->flags, version));
    put_u16(out, version >= OFP14 && fm->command == OFPFC_ADD ? fm->importance : 0);
    match11_encode_any(out, &fm->match, version);
}

bool ofp_encode_flow_mod(struct ofpbuf *out, enum ofp_version version,
                         const struct ofp_flow_mod *fm, bool nxm, bool with_table_id, be32 xid)
{
    size_t start = msg_begin(out, OFPMSG_FLOW_MOD, version, nxm, xid);

    if (nxm) {
        encode_nxt(out, fm, with_table_id);
    } else if (version == OFP10) {
        encode_10(out, fm, with_table_id);
    } else {
        encode_11(out, fm, version);
    }
    instructions_encode(fm->actions.data, fm->actions.size, version, out);
    return msg_end(out, start);
}
