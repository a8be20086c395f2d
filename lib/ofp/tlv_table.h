/* SPDX-License-Identifier: Apache-2.0 */
/* The table that maps Geneve options to tun_metadata0 to 63: NXT_TLV_TABLE_MOD, _REQUEST and _REPLY (Nicira 24 to 26). */
#pragma once

#include "lib/ofp/ofp.h"

struct strbuf;

enum { OFP_TLV_N_FIELDS = 64, OFP_TLV_MAX_OPTION = 124, OFP_TLV_SPACE = 256 };
enum ofp_tlv_command { OFPTLV_ADD, OFPTLV_DELETE, OFPTLV_CLEAR };

struct ofp_tlv_map {
    uint16_t opt_class;
    uint8_t opt_type, opt_len; /* bytes, a multiple of 4 */
    uint16_t index;            /* of tun_metadata */
};

struct ofp_tlv_mod {
    enum ofp_tlv_command command;
    struct ofp_tlv_map maps[OFP_TLV_N_FIELDS];
    size_t n;
};

struct ofp_tlv_reply {
    uint32_t max_space;
    uint16_t max_fields;
    struct ofp_tlv_map maps[OFP_TLV_N_FIELDS];
    size_t n;
};

void ofp_encode_tlv_mod(struct ofpbuf *out, enum ofp_version, const struct ofp_tlv_mod *, be32 xid);
void ofp_encode_tlv_reply(struct ofpbuf *out, enum ofp_version, const struct ofp_tlv_reply *, be32 xid);
/* "{class=0xffff,type=0,len=4}->tun_metadata0[,...]" */
char *ofp_tlv_mod_parse(struct ofp_tlv_mod *, const char *text, enum ofp_tlv_command) WARN_UNUSED;
void ofp_tlv_reply_format(struct strbuf *, const struct ofp_tlv_reply *);
