/* SPDX-License-Identifier: Apache-2.0 */
/* Group-mods: OpenFlow 1.1 to 1.4 (1.3 section 7.3.4.3), 1.5 (section 7.3.4.3), NXT_GROUP_MOD. */
#include "lib/ofp/codec.h"
#include "lib/ofp/group_codec.h"

enum { HEAD_11_LEN = 8, HEAD_15_LEN = 16 };

static enum ofp_error check_command_bucket(const struct ofp_group_mod *gm)
{
    uint32_t id = gm->command_bucket;
    bool one = id <= OFPG_BUCKET_MAX || id == OFPG_BUCKET_FIRST || id == OFPG_BUCKET_LAST;

    switch ((int) gm->command) {
    case OFPGC_INSERT_BUCKET:
        return one ? OFPERR_OK : OFPGMFC_BAD_BUCKET;
    case OFPGC_REMOVE_BUCKET:
        return one || id == OFPG_BUCKET_ALL ? OFPERR_OK : OFPGMFC_BAD_BUCKET;
    default:
        return id == OFPG_BUCKET_ALL ? OFPERR_OK : OFPGMFC_BAD_BUCKET;
    }
}

static enum ofp_error decode_15(const struct msg_header *h, struct ofp_group_mod *gm)
{
    const uint8_t *p = h->body + HEAD_15_LEN;
    size_t n = h->body_len - HEAD_15_LEN, buckets_len = get_u16(h->body + 8);

    gm->command_bucket = get_u32(h->body + 12);
    enum ofp_error error = check_command_bucket(gm);
    if (error) {
        return error;
    }
    if (buckets_len > n || buckets_len % 8) {
        return OFPBRC_BAD_LEN;
    }
    error = group_buckets_decode(p, buckets_len, h->version, true, gm->type, &gm->buckets,
                                 &gm->n_buckets);
    return error ? error
                 : group_props_decode(p + buckets_len, n - buckets_len, gm->type, gm->command,
                                      &gm->props);
}

enum ofp_error group_mod_decode(const struct msg_header *h, struct ofp_message *msg)
{
    struct ofp_group_mod *gm = &msg->u.group_mod;
    const uint8_t *p = h->body;
    enum ofp_error error;

    gm->command = (enum ofp_group_command) get_u16(p);
    gm->type = (enum ofp_group_type) p[2];
    gm->id = get_u32(p + 4);
    gm->command_bucket = OFPG_BUCKET_ALL;
    bool has_props = group_has_bucket_props(h->version, msg->nx);
    if (!has_props && (gm->command == OFPGC_INSERT_BUCKET || gm->command == OFPGC_REMOVE_BUCKET)) {
        return OFPGMFC_BAD_COMMAND; /* a command that only the later form can say */
    }
    if (has_props) {
        error = decode_15(h, gm);
    } else {
        error = group_buckets_decode(p + HEAD_11_LEN, h->body_len - HEAD_11_LEN, h->version, false,
                                     gm->type, &gm->buckets, &gm->n_buckets);
    }
    return error ? error : ofp_group_mod_check(gm);
}

bool ofp_encode_group_mod(struct ofpbuf *out, enum ofp_version version,
                          const struct ofp_group_mod *gm, be32 xid)
{
    bool on_buckets = gm->command == OFPGC_INSERT_BUCKET || gm->command == OFPGC_REMOVE_BUCKET;
    bool nx = version == OFP10 || (version < OFP15 && on_buckets);
    bool has_props = group_has_bucket_props(version, nx);
    size_t start = msg_begin(out, OFPMSG_GROUP_MOD, version, nx, xid);

    put_u16(out, (uint16_t) gm->command);
    put_u8(out, (uint8_t) gm->type);
    put_u8(out, 0);
    put_u32(out, gm->id);
    size_t head_at = out->size;
    if (has_props) {
        put_zeros(out, 4);
        put_u32(out, gm->command_bucket);
    }
    size_t buckets_at = out->size;
    group_buckets_encode(out, version, has_props, gm->type, gm->buckets, gm->n_buckets);
    if (has_props) {
        put_be16(out->data + head_at, htons((uint16_t) (out->size - buckets_at)));
        group_props_encode(out, version, &gm->props);
    }
    return msg_end(out, start);
}
