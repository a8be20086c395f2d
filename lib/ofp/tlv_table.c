/* SPDX-License-Identifier: Apache-2.0 */
/* The table of Geneve options, on the wire and as text. */
#include "lib/ofp/tlv_table.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/strbuf.h"
#include "lib/ofp/codec.h"
#include "lib/ofp/print.h"

enum { MAP_LEN = 8 };

static enum ofp_error maps_decode(const uint8_t *p, size_t n, struct ofp_tlv_map maps[],
                                  size_t *n_maps)
{
    for (*n_maps = 0; n; p += MAP_LEN, n -= MAP_LEN) {
        if (*n_maps == OFP_TLV_N_FIELDS) {
            return NXTTMFC_TABLE_FULL;
        }
        struct ofp_tlv_map map = { get_u16(p), p[2], p[3], get_u16(p + 4) };
        if (map.opt_len % 4 || map.opt_len > OFP_TLV_MAX_OPTION) {
            return NXTTMFC_BAD_OPT_LEN;
        }
        if (map.index >= OFP_TLV_N_FIELDS) {
            return NXTTMFC_BAD_FIELD_IDX;
        }
        maps[(*n_maps)++] = map;
    }
    return OFPERR_OK;
}

static void maps_encode(struct ofpbuf *out, const struct ofp_tlv_map maps[], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        put_u16(out, maps[i].opt_class);
        put_u8(out, maps[i].opt_type);
        put_u8(out, maps[i].opt_len);
        put_u16(out, maps[i].index);
        put_zeros(out, 2);
    }
}

enum ofp_error tlv_mod_decode(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_tlv_mod *tm = &msg->u.tlv_mod;

    tm->command = (enum ofp_tlv_command) get_u16(h->body);
    if ((unsigned int) tm->command > OFPTLV_CLEAR) {
        return NXTTMFC_BAD_COMMAND;
    }
    return maps_decode(h->body + 8, h->body_len - 8, tm->maps, &tm->n);
}

void ofp_encode_tlv_mod(struct ofpbuf *out, enum ofp_version version, const struct ofp_tlv_mod *tm,
                        be32 xid)
{
    size_t start = msg_begin(out, OFPMSG_NXT_TLV_TABLE_MOD, version, true, xid);

    put_u16(out, (uint16_t) tm->command);
    put_zeros(out, 6);
    maps_encode(out, tm->maps, tm->n);
    msg_end(out, start);
}

enum ofp_error tlv_reply_decode(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_tlv_reply *tr = &msg->u.tlv_reply;

    tr->max_space = get_u32(h->body);
    tr->max_fields = get_u16(h->body + 4);
    return maps_decode(h->body + 16, h->body_len - 16, tr->maps, &tr->n);
}

void ofp_encode_tlv_reply(struct ofpbuf *out, enum ofp_version version,
                          const struct ofp_tlv_reply *tr, be32 xid)
{
    size_t start = msg_begin(out, OFPMSG_NXT_TLV_TABLE_REPLY, version, true, xid);

    put_u32(out, tr->max_space);
    put_u16(out, tr->max_fields);
    put_zeros(out, 10);
    maps_encode(out, tr->maps, tr->n);
    msg_end(out, start);
}

static void format_maps(struct strbuf *s, const struct ofp_tlv_map maps[], size_t n)
{
    strbuf_puts(s, " mapping table:\n");
    strbuf_puts(s, "  class  type  length  match field\n ------  ----  ------  --------------");
    for (size_t i = 0; i < n; i++) {
        strbuf_putf(s, "\n %#6x  %#4x  %6u  tun_metadata%u", maps[i].opt_class, maps[i].opt_type,
                    maps[i].opt_len, maps[i].index);
    }
}

void ofp_tlv_reply_format(struct strbuf *s, const struct ofp_tlv_reply *tr)
{
    unsigned int used = 0;

    for (size_t i = 0; i < tr->n; i++) {
        used += tr->maps[i].opt_len;
    }
    strbuf_putf(s, "\n max option space=%u max fields=%u\n allocated option space=%u\n\n",
                tr->max_space, tr->max_fields, used);
    format_maps(s, tr->maps, tr->n);
}

enum ofp_error print_tlv_mod(struct printer *p, const struct ofp_message *msg)
{
    const struct ofp_tlv_mod *tm = &msg->u.tlv_mod;

    strbuf_puts(p->s, "\n ");
    if (tm->command == OFPTLV_CLEAR) {
        strbuf_puts(p->s, "CLEAR");
        return OFPERR_OK;
    }
    strbuf_puts(p->s, tm->command == OFPTLV_ADD ? "ADD" : "DEL");
    format_maps(p->s, tm->maps, tm->n);
    return OFPERR_OK;
}

enum ofp_error print_tlv_reply(struct printer *p, const struct ofp_message *msg)
{
    ofp_tlv_reply_format(p->s, &msg->u.tlv_reply);
    return OFPERR_OK;
}

/* One mapping; '*used' characters of the text. Numbers beyond what the message holds stay at its
 * largest. */
static bool parse_map(const char *text, struct ofp_tlv_map *map, size_t *used)
{
    unsigned int class, type, len, index;
    int n = -1;

    if (sscanf(text, "{class=%i,type=%i,len=%i}->tun_metadata%i%n", (int *) &class, (int *) &type,
               (int *) &len, (int *) &index, &n) < 4 ||
        n < 0) {
        return false;
    }
    *map = (struct ofp_tlv_map) { (uint16_t) class, (uint8_t) type, (uint8_t) len,
                                  (uint16_t) index };
    *used = (size_t) n;
    return true;
}

char *ofp_tlv_mod_parse(struct ofp_tlv_mod *tm, const char *text, enum ofp_tlv_command command)
{
    memset(tm, 0, sizeof *tm);
    tm->command = command;
    for (text += strspn(text, ", \t\r\n"); *text; text += strspn(text, ", \t\r\n")) {
        size_t used;

        if (tm->n == OFP_TLV_N_FIELDS) {
            return xasprintf("more than %d tlv mappings", OFP_TLV_N_FIELDS);
        }
        if (!parse_map(text, &tm->maps[tm->n], &used)) {
            return xstrdup("invalid tlv mapping");
        }
        tm->n++;
        text += used;
    }
    return NULL;
}
