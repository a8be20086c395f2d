/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files that encode actions. */
#pragma once

#include "lib/ofp/action_codec.h"

typedef void action_encode_fn(const struct ofp_action *, enum ofp_version, struct ofpbuf *out);

/* Encoders that stand with the rest of their action. */
action_encode_fn action_encode_learn, action_encode_conjunction, action_encode_multipath,
    action_encode_bundle, action_encode_fin_timeout, action_encode_check_pkt_larger,
    action_encode_delete_field, action_encode_sample, action_encode_ct, action_encode_nat,
    action_encode_encap;

/* Those of action_encode_set.c. */
action_encode_fn action_encode_set_field, action_encode_set_tp, action_encode_set_vlan;
/* One load for each run of 1-bits of the mask, or one for all where the field has no header of 4
 * bytes. */
void action_put_reg_loads(struct ofpbuf *, const struct ofp_action_set_field *, enum ofp_version);

/* Actions that are a header and one number, or nothing. */
void action_put_u32(struct ofpbuf *, uint16_t type, uint32_t x);
void action_put_u16(struct ofpbuf *, uint16_t type, uint16_t x);
void action_put_u8(struct ofpbuf *, uint16_t type, uint8_t x);
void action_put_plain(struct ofpbuf *, uint16_t type);
void action_put_nx_u32(struct ofpbuf *, uint16_t subtype, uint32_t x);
void action_put_nx_u16(struct ofpbuf *, uint16_t subtype, uint16_t x);
void action_put_nx_u8(struct ofpbuf *, uint16_t subtype, uint8_t x);
void action_put_nx_plain(struct ofpbuf *, uint16_t subtype);

/* Begin an action: its header, the length open. Returns where it began, for action_encode_end(),
 * which pads it to 8 bytes and fills in the length. */
size_t action_encode_begin(struct ofpbuf *, uint16_t type);
size_t action_encode_begin_nx(struct ofpbuf *, uint16_t subtype);
void action_encode_end(struct ofpbuf *, size_t start);

/* The 16-bit number of a port, OFPP_NONE's where there is none. */
uint16_t action_encode_port10(ofp_port_t);

/* 10 bits of offset, 6 of width less 1. */
static inline uint16_t action_encode_ofs_nbits(const struct subfield *sf)
{
    return (uint16_t) (sf->ofs << 6 | ((sf->n_bits - 1) & 63));
}
