/* SPDX-License-Identifier: Apache-2.0 */
/* Settings of tables on the wire: OpenFlow 1.1 section A.3.4.3, 1.4 sections 7.3.4.2, 7.3.5.19 and
 * 7.4.5. */
#include "lib/ofp/table_mod.h"

#include "lib/ofp/codec.h"
#include "lib/ofp/prop.h"
#include "lib/ofp/reply.h"
#include "lib/ofp/stats.h"

enum { MISS_MASK = 3, CONFIG_EVICTION = 4, CONFIG_VACANCY = 8 };
enum { PROP_EVICTION = 2, PROP_VACANCY = 3, PROP_LEN = 8, DESC_LEN = 8, STATUS_HEAD_LEN = 8 };
enum { KNOWN_EVICTION_FLAGS = OFPTMPEF_OTHER | OFPTMPEF_IMPORTANCE | OFPTMPEF_LIFETIME };

/* What properties say, in a table-mod or in a description. */
struct table_props {
    uint32_t eviction_flags; /* UINT32_MAX: not said */
    uint8_t down, up, now;
    bool mod; /* in a table-mod, where less may be said */
};

static enum ofp_error vacancy_decode(const struct prop *prop, struct table_props *t)
{
    if (prop->n != PROP_LEN) {
        return OFPBPC_BAD_LEN;
    }
    t->down = prop->p[4];
    t->up = prop->p[5];
    t->now = prop->p[6];
    bool wrong = t->down > 100 || t->up > 100 || t->down > t->up || (t->mod && t->now);
    return wrong ? OFPBPC_BAD_VALUE : OFPERR_OK;
}

static enum ofp_error props_decode(const uint8_t *p, size_t n, struct table_props *t)
{
    t->eviction_flags = UINT32_MAX;
    t->down = t->up = t->now = 0;
    while (n) {
        struct prop prop;
        enum ofp_error error = prop_pull(&p, &n, &prop);

        if (error) {
            return error;
        }
        if (prop.type == PROP_EVICTION) {
            t->eviction_flags = prop.n == PROP_LEN ? get_u32(prop.p + 4) : 0;
            error = prop.n == PROP_LEN ? OFPERR_OK : OFPBPC_BAD_LEN;
        } else if (prop.type == PROP_VACANCY) {
            error = vacancy_decode(&prop, t);
        } else if (t->mod) {
            error = OFPBRC_BAD_TYPE;
        }
        if (error) {
            return error;
        }
    }
    return OFPERR_OK;
}

static void props_encode(struct ofpbuf *out, uint32_t eviction_flags, bool vacancy, uint8_t down,
                         uint8_t up, uint8_t now)
{
    if (eviction_flags != UINT32_MAX) {
        prop_put_u32(out, PROP_EVICTION, eviction_flags);
    }
    if (vacancy) {
        size_t start = prop_begin(out, PROP_VACANCY);
        put_u8(out, down);
        put_u8(out, up);
        put_u8(out, now);
        put_zeros(out, 1);
        prop_end(out, start);
    }
}

enum ofp_error table_mod_decode(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_table_mod *tm = &msg->u.table_mod;
    struct table_props props = { .mod = true };
    uint32_t config = get_u32(h->body + 4);

    tm->table = h->body[0];
    tm->miss = OFP_MISS_DEFAULT;
    tm->eviction = tm->vacancy = -1;
    tm->eviction_flags = UINT32_MAX;
    if (h->version < OFP14) {
        static const enum ofp_table_miss misses[] = {
            OFP_MISS_CONTROLLER, OFP_MISS_CONTINUE, OFP_MISS_DROP, OFP_MISS_CONTROLLER,
        };

        tm->miss = h->version < OFP13 ? misses[config & MISS_MASK] : OFP_MISS_DEFAULT;
        return OFPERR_OK;
    }
    enum ofp_error error = props_decode(h->body + 8, h->body_len - 8, &props);
    if (error) {
        return error;
    }
    tm->eviction = config & CONFIG_EVICTION ? 1 : 0;
    tm->eviction_flags = props.eviction_flags;
    tm->vacancy = config & CONFIG_VACANCY ? 1 : 0;
    tm->vacancy_down = props.down;
    tm->vacancy_up = props.up;
    return OFPERR_OK;
}

static uint32_t config_encode(bool eviction, bool vacancy)
{
    return (eviction ? CONFIG_EVICTION : 0) | (vacancy ? CONFIG_VACANCY : 0);
}

static uint32_t miss_encode(enum ofp_table_miss miss, enum ofp_version version)
{
    return version >= OFP13 || miss == OFP_MISS_DEFAULT ? (version >= OFP13 ? 3 : 0)
           : miss == OFP_MISS_CONTINUE                  ? 1
           : miss == OFP_MISS_DROP                      ? 2
                                                        : 0;
}

void ofp_encode_table_mod(struct ofpbuf *out, enum ofp_version version,
                          const struct ofp_table_mod *tm, be32 xid)
{
    size_t start = msg_begin(out, OFPMSG_TABLE_MOD, version, false, xid);

    put_u8(out, tm->table);
    put_zeros(out, 3);
    if (version < OFP14) {
        put_u32(out, miss_encode(tm->miss, version));
    } else {
        put_u32(out, config_encode(tm->eviction > 0, tm->vacancy > 0));
        props_encode(out, tm->eviction_flags, tm->vacancy > 0, tm->vacancy_down, tm->vacancy_up, 0);
    }
    msg_end(out, start);
}

static void desc_encode(struct ofpbuf *out, const struct ofp_table_desc *td)
{
    size_t start = out->size;

    put_u16(out, 0);
    put_u8(out, td->table);
    put_zeros(out, 1);
    put_u32(out, config_encode(td->eviction, td->vacancy));
    props_encode(out, td->eviction_flags, td->vacancy, td->vacancy_down, td->vacancy_up,
                 td->vacancy_now);
    put_be16(out->data + start, htons((uint16_t) (out->size - start)));
}

void ofp_reply_table_desc(struct ofp_msgs *msgs, const struct ofp_table_desc *td)
{
    size_t start = msgs->buf.size;

    desc_encode(&msgs->buf, td);
    reply_end_element(msgs, start);
}

/* '*used' is the length of the description. */
static enum ofp_error desc_decode_one(const uint8_t *p, size_t n, struct ofp_table_desc *td,
                                      size_t *used)
{
    struct table_props props = { .mod = false };
    size_t len = n >= DESC_LEN ? get_u16(p) : 0;

    memset(td, 0, sizeof *td);
    if (len < DESC_LEN || len > n || len % 8) {
        return OFPBRC_BAD_LEN;
    }
    *used = len;
    enum ofp_error error = props_decode(p + DESC_LEN, len - DESC_LEN, &props);
    if (error) {
        return error;
    }
    td->table = p[2];
    td->eviction = get_u32(p + 4) & CONFIG_EVICTION;
    td->vacancy = get_u32(p + 4) & CONFIG_VACANCY;
    td->eviction_flags = props.eviction_flags;
    td->vacancy_down = props.down;
    td->vacancy_up = props.up;
    td->vacancy_now = props.now;
    return OFPERR_OK;
}

enum ofp_error ofp_table_desc_next(struct ofp_stats_iter *iter, struct ofp_table_desc *td)
{
    size_t used = 0;
    enum ofp_error error = desc_decode_one(iter->p, iter->n, td, &used);

    iter->p += used;
    iter->n -= used;
    return error;
}

enum ofp_error table_status_decode(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_table_status *ts = &msg->u.table_status;
    size_t used;

    ts->reason = h->body[0];
    if (ts->reason != OFPTR_VACANCY_DOWN && ts->reason != OFPTR_VACANCY_UP) {
        return OFPBPC_BAD_VALUE;
    }
    return desc_decode_one(h->body + STATUS_HEAD_LEN, h->body_len - STATUS_HEAD_LEN, &ts->desc,
                           &used);
}

void ofp_encode_table_status(struct ofpbuf *out, enum ofp_version version,
                             const struct ofp_table_status *ts)
{
    size_t start = msg_begin(out, OFPMSG_TABLE_STATUS, version, false, 0);

    put_u8(out, ts->reason);
    put_zeros(out, 7);
    desc_encode(out, &ts->desc);
    msg_end(out, start);
}
