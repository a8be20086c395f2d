/* SPDX-License-Identifier: Apache-2.0 */
/* NXT_CT_FLUSH: which connections conntrack shall forget (Nicira 32).
 *
 * Each part that is not said (zero) matches any connection; a mark or label is compared under its mask. */
#pragma once

#include "lib/base/types.h"
#include "lib/ofp/ofp.h"

struct strbuf;

struct ofp_ct_tuple {
    uint8_t src[16], dst[16];    /* IPv6, or IPv4 as ::ffff:a.b.c.d; all zero: any */
    uint16_t src_port, dst_port; /* 0: any; not of ICMP */
    uint16_t icmp_id;
    uint8_t icmp_type, icmp_code;
};

struct ofp_ct_flush {
    uint8_t nw_proto; /* 0: any, without ports then */
    uint8_t family;   /* 4, 6, 0: no address is told */
    bool has_zone;
    uint16_t zone;
    struct ofp_ct_tuple orig, reply;
    uint32_t mark, mark_mask; /* mask 0: any */
    uint8_t labels[16], labels_mask[16];
};

void ofp_encode_ct_flush(struct ofpbuf *out, enum ofp_version, const struct ofp_ct_flush *, be32 xid);
void ofp_encode_ct_flush_zone(struct ofpbuf *out, enum ofp_version, uint16_t zone, be32 xid);

/* One tuple, "ct_nw_src=10.0.0.1,ct_nw_proto=6,ct_tp_dst=80", as ovs-ofctl ct-flush reads it; it is 'cf's 'orig' or 'reply'. An error
 * that names the word (the caller frees it), or null. */
char *ofp_ct_tuple_parse(struct ofp_ct_flush *cf, struct ofp_ct_tuple *tuple, const char *text) WARN_UNUSED;
void ofp_ct_flush_format(struct strbuf *, const struct ofp_ct_flush *);
