/* SPDX-License-Identifier: Apache-2.0 */
/* Meters on the wire: OpenFlow 1.3 sections 7.3.4.4 and 7.3.5.12 to 7.3.5.14. */
#include "lib/ofp/meter.h"

#include "lib/ofp/codec.h"
#include "lib/ofp/reply.h"
#include "lib/ofp/stats.h"

enum { BAND_LEN = 16, CONFIG_LEN = 8, STATS_LEN = 40, BAND_STATS_LEN = 16 };
enum { METER_FEATURES_LEN = 16, METER_FEATURES_15_LEN = 24 };
enum { KNOWN_FLAGS = OFPMF_KBPS | OFPMF_PKTPS | OFPMF_BURST | OFPMF_STATS };

/* All kinds of bands that are known are of one length. */
static enum ofp_error bands_decode(const uint8_t *p, size_t n, struct ofp_meter_config *mc)
{
    mc->n_bands = 0;
    for (; n; p += BAND_LEN, n -= BAND_LEN) {
        if (n < BAND_LEN || get_u16(p + 2) != BAND_LEN) {
            return OFPBRC_BAD_LEN;
        }
        uint16_t type = get_u16(p);
        if (type != OFPMBT_DROP && type != OFPMBT_DSCP_REMARK) {
            return OFPMMFC_BAD_BAND;
        }
        if (mc->n_bands == OFP_MAX_METER_BANDS) {
            return OFPMMFC_OUT_OF_BANDS;
        }
        mc->bands[mc->n_bands++] = (struct ofp_meter_band) {
            .type = type,
            .prec_level = type == OFPMBT_DSCP_REMARK ? p[12] : 0,
            .rate = get_u32(p + 4),
            .burst = get_u32(p + 8),
        };
    }
    return OFPERR_OK;
}

static void bands_encode(struct ofpbuf *out, const struct ofp_meter_config *mc)
{
    for (size_t i = 0; i < mc->n_bands; i++) {
        const struct ofp_meter_band *b = &mc->bands[i];

        put_u16(out, b->type);
        put_u16(out, BAND_LEN);
        put_u32(out, b->rate);
        put_u32(out, b->burst);
        put_u8(out, b->type == OFPMBT_DSCP_REMARK ? b->prec_level : 0);
        put_zeros(out, 3);
    }
}

enum ofp_error meter_mod_decode(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_meter_mod *mm = &msg->u.meter_mod;
    const uint8_t *p = h->body;

    mm->command = (enum ofp_meter_command) get_u16(p);
    mm->config.id = get_u32(p + 4);
    if ((unsigned int) mm->command > OFPMC_DELETE) {
        return OFPMMFC_BAD_COMMAND;
    }
    if (mm->command == OFPMC_DELETE) {
        return OFPERR_OK;
    }
    mm->config.flags = get_u16(p + 2);
    if ((mm->config.flags & OFPMF_KBPS && mm->config.flags & OFPMF_PKTPS) ||
        mm->config.flags & ~KNOWN_FLAGS) {
        return OFPMMFC_BAD_FLAGS;
    }
    return bands_decode(p + CONFIG_LEN, h->body_len - CONFIG_LEN, &mm->config);
}

void ofp_encode_meter_mod(struct ofpbuf *out, enum ofp_version version,
                          const struct ofp_meter_mod *mm, be32 xid)
{
    size_t start = msg_begin(out, OFPMSG_METER_MOD, version, false, xid);

    put_u16(out, (uint16_t) mm->command);
    put_u16(out, mm->config.flags);
    put_u32(out, mm->config.id);
    bands_encode(out, &mm->config);
    msg_end(out, start);
}

enum ofp_error meter_request_decode(const struct msg_header *h, struct ofp_message *msg)
{
    msg->u.meter_request.id = get_u32(h->body);
    return OFPERR_OK;
}

void meter_request_encode(struct ofpbuf *out, const struct ofp_meter_request *r)
{
    put_u32(out, r ? r->id : OFPM_ALL);
    put_zeros(out, 4);
}

void ofp_reply_meter_config(struct ofp_msgs *msgs, const struct ofp_meter_config *mc)
{
    struct ofpbuf *out = &msgs->buf;
    size_t start = out->size;

    put_u16(out, (uint16_t) (CONFIG_LEN + mc->n_bands * BAND_LEN));
    put_u16(out, mc->flags);
    put_u32(out, mc->id);
    bands_encode(out, mc);
    reply_end_element(msgs, start);
}

enum ofp_error ofp_meter_config_next(struct ofp_stats_iter *iter, struct ofp_meter_config *mc)
{
    size_t len = iter->n >= CONFIG_LEN ? get_u16(iter->p) : 0;

    memset(mc, 0, sizeof *mc);
    if (len < CONFIG_LEN || len > iter->n) {
        return OFPBRC_BAD_LEN;
    }
    mc->flags = get_u16(iter->p + 2);
    mc->id = get_u32(iter->p + 4);
    enum ofp_error error = bands_decode(iter->p + CONFIG_LEN, len - CONFIG_LEN, mc);
    iter->p += len;
    iter->n -= len;
    return error;
}

void ofp_reply_meter_stats(struct ofp_msgs *msgs, const struct ofp_meter_stats *ms)
{
    struct ofpbuf *out = &msgs->buf;
    size_t start = out->size;

    put_u32(out, ms->id);
    put_u16(out, (uint16_t) (STATS_LEN + ms->n_bands * BAND_STATS_LEN));
    put_zeros(out, 6);
    put_u32(out, ms->n_flows);
    put_u64(out, ms->packets_in);
    put_u64(out, ms->bytes_in);
    put_u32(out, ms->duration_sec);
    put_u32(out, ms->duration_nsec);
    for (size_t i = 0; i < ms->n_bands; i++) {
        put_u64(out, ms->bands[i].packets);
        put_u64(out, ms->bands[i].bytes);
    }
    reply_end_element(msgs, start);
}

enum ofp_error ofp_meter_stats_next(struct ofp_stats_iter *iter, struct ofp_meter_stats *ms)
{
    size_t len = iter->n >= STATS_LEN ? get_u16(iter->p + 4) : 0;
    const uint8_t *p = iter->p;

    memset(ms, 0, sizeof *ms);
    if (len < STATS_LEN || len > iter->n || (len - STATS_LEN) % BAND_STATS_LEN) {
        return OFPBRC_BAD_LEN;
    }
    if ((len - STATS_LEN) / BAND_STATS_LEN > OFP_MAX_METER_BANDS) {
        return OFPMMFC_OUT_OF_BANDS;
    }
    ms->id = get_u32(p);
    ms->n_flows = get_u32(p + 12);
    ms->packets_in = get_u64(p + 16);
    ms->bytes_in = get_u64(p + 24);
    ms->duration_sec = get_u32(p + 32);
    ms->duration_nsec = get_u32(p + 36);
    ms->n_bands = (uint16_t) ((len - STATS_LEN) / BAND_STATS_LEN);
    for (size_t i = 0; i < ms->n_bands; i++) {
        ms->bands[i].packets = get_u64(p + STATS_LEN + i * BAND_STATS_LEN);
        ms->bands[i].bytes = get_u64(p + STATS_LEN + i * BAND_STATS_LEN + 8);
    }
    iter->p += len;
    iter->n -= len;
    return OFPERR_OK;
}

/* 1.5 has 8 more bytes, which Open vSwitch neither sends nor takes. */
enum ofp_error meter_features_decode(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_meter_features *mf = &msg->u.meter_features;
    const uint8_t *p = h->body;

    if (h->body_len != METER_FEATURES_LEN &&
        (h->version < OFP15 || h->body_len != METER_FEATURES_15_LEN)) {
        return OFPBRC_BAD_LEN;
    }
    mf->max_meters = get_u32(p);
    mf->band_types = get_u32(p + 4);
    mf->capabilities = get_u32(p + 8);
    mf->max_bands = p[12];
    mf->max_color = p[13];
    mf->features = h->body_len == METER_FEATURES_15_LEN ? get_u32(p + 16) : 0;
    return OFPERR_OK;
}

void ofp_encode_meter_features_reply(struct ofpbuf *out, enum ofp_version version,
                                     const struct ofp_meter_features *mf, be32 xid)
{
    size_t start = msg_begin(out, OFPMSG_METER_FEATURES_REPLY, version, false, xid);

    put_u32(out, mf->max_meters);
    put_u32(out, mf->band_types);
    put_u32(out, mf->capabilities);
    put_u8(out, mf->max_bands);
    put_u8(out, mf->max_color);
    put_zeros(out, 2);
    if (version >= OFP15 && mf->features) {
        put_u32(out, mf->features);
        put_zeros(out, 4);
    }
    msg_end(out, start);
}
