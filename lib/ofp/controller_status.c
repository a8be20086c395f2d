/* SPDX-License-Identifier: Apache-2.0 */
/* Controller status: OpenFlow 1.5 sections 7.3.5.20 and 7.4.7. */
#include "lib/ofp/controller_status.h"

#include "lib/base/strbuf.h"
#include "lib/ofp/codec.h"
#include "lib/ofp/print.h"
#include "lib/ofp/prop.h"
#include "lib/ofp/reply.h"
#include "lib/ofp/stats.h"

enum { STATUS_LEN = 16, PROP_URI = 0, CHANNEL_UP = 0, CHANNEL_DOWN = 1 };

static void encode(struct ofpbuf *out, const struct ofp_controller_status *cs)
{
    size_t start = out->size;

    put_u16(out, 0);
    put_u16(out, cs->short_id);
    put_u32(out, cs->role);
    put_u8(out, cs->reason);
    put_u8(out, cs->up ? CHANNEL_UP : CHANNEL_DOWN);
    put_zeros(out, 6);
    size_t prop = prop_begin(out, PROP_URI);
    ofpbuf_put(out, cs->uri, strlen(cs->uri));
    prop_end(out, prop);
    put_be16(out->data + start, htons((uint16_t) (out->size - start)));
}

/* '*used' is the length of what was decoded. */
static enum ofp_error decode(const uint8_t *p, size_t n, struct ofp_controller_status *cs,
                             size_t *used)
{
    size_t len = n >= STATUS_LEN ? get_u16(p) : 0;

    memset(cs, 0, sizeof *cs);
    if (len < STATUS_LEN || len > n || len % 8) {
        return OFPBRC_BAD_LEN;
    }
    *used = len;
    cs->short_id = get_u16(p + 2);
    cs->role = get_u32(p + 4);
    cs->reason = p[8];
    cs->up = p[9] == CHANNEL_UP;
    p += STATUS_LEN;
    for (n = len - STATUS_LEN; n;) {
        struct prop prop;
        enum ofp_error error = prop_pull(&p, &n, &prop);

        if (error) {
            return error;
        }
        if (prop.type == PROP_URI) {
            size_t uri_len = strnlen((const char *) prop.p + PROP_HEADER_LEN,
                                     MIN(prop.n - PROP_HEADER_LEN, sizeof cs->uri - 1));
            memcpy(cs->uri, prop.p + PROP_HEADER_LEN, uri_len);
            cs->uri[uri_len] = '\0';
        }
    }
    return OFPERR_OK;
}

enum ofp_error controller_status_decode(const struct msg_header *h, struct ofp_message *msg)
{
    size_t used = 0;
    enum ofp_error error = decode(h->body, h->body_len, &msg->u.controller_status, &used);

    return !error && used != h->body_len ? OFPBRC_BAD_LEN : error;
}

void ofp_encode_controller_status(struct ofpbuf *out, enum ofp_version version,
                                  const struct ofp_controller_status *cs)
{
    size_t start = msg_begin(out, OFPMSG_CONTROLLER_STATUS, version, false, 0);

    encode(out, cs);
    msg_end(out, start);
}

void ofp_reply_controller_status(struct ofp_msgs *msgs, const struct ofp_controller_status *cs)
{
    size_t start = msgs->buf.size;

    encode(&msgs->buf, cs);
    reply_end_element(msgs, start);
}

enum ofp_error ofp_controller_status_next(struct ofp_stats_iter *iter,
                                          struct ofp_controller_status *cs)
{
    size_t used = 0;
    enum ofp_error error = decode(iter->p, iter->n, cs, &used);

    iter->p += used;
    iter->n -= used;
    return error;
}

static void format(struct strbuf *s, const struct ofp_controller_status *cs)
{
    static const char *const roles[] = { "nochange", "equal", "primary", "secondary" };
    static const char *const reasons[] = {
        "request", "channel_status",   "role",     "controller_added", "controller_removed",
        "short_id", "experimenter",
    };

    strbuf_putf(s, "short_id=%u role=", cs->short_id);
    if (cs->role < ARRAY_SIZE(roles)) {
        strbuf_puts(s, roles[cs->role]);
    } else {
        strbuf_putf(s, "%u", cs->role);
    }
    strbuf_puts(s, " reason=");
    if (cs->reason < ARRAY_SIZE(reasons)) {
        strbuf_puts(s, reasons[cs->reason]);
    } else {
        strbuf_putf(s, "%u", cs->reason);
    }
    strbuf_putf(s, " channel_status=%s uri=\"", cs->up ? "up" : "down");
    for (const char *p = cs->uri; *p; p++) {
        strbuf_putc(s, *p >= ' ' && *p < 0x7f ? *p : '?');
    }
    strbuf_putc(s, '"');
}

enum ofp_error print_controller_status(struct printer *p, const struct ofp_message *msg)
{
    strbuf_putc(p->s, ' ');
    format(p->s, &msg->u.controller_status);
    return OFPERR_OK;
}

enum ofp_error print_controller_status_reply(struct printer *p, const struct ofp_message *msg)
{
    struct ofp_stats_iter iter;

    ofp_stats_iter_init(&iter, msg);
    while (iter.n) {
        struct ofp_controller_status cs;
        enum ofp_error error = ofp_controller_status_next(&iter, &cs);

        if (error) {
            return error;
        }
        strbuf_puts(p->s, "\n ");
        format(p->s, &cs);
    }
    return OFPERR_OK;
}
