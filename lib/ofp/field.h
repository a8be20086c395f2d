/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of OpenFlow: one table that codec, printer, parser and translator all read.
 *
 * Each entry tells a field's names, its width, its wire identifiers (NXM and OXM), whether it can
 * be masked and written, what must be matched before it, and its place in struct flow. Any thread.
 */
#pragma once

#include "lib/net/flow.h"
#include "lib/ofp/ofp.h"

enum { FIELD_MAX_BYTES = 128 };

union field_value {
    uint8_t b[FIELD_MAX_BYTES];
    uint8_t u8;
    be16 be16;
    be32 be32;
    be64 be64;
    struct eth_addr mac;
    uint8_t ipv6[16];
};

enum field_id {
    FIELD_DP_HASH,
    FIELD_RECIRC_ID,
    FIELD_PACKET_TYPE,
    FIELD_CONJ_ID,
    FIELD_TUN_ID,
    FIELD_TUN_SRC,
    FIELD_TUN_DST,
    FIELD_TUN_IPV6_SRC,
    FIELD_TUN_IPV6_DST,
    FIELD_TUN_FLAGS,
    FIELD_TUN_TTL,
    FIELD_TUN_TOS,
    FIELD_TUN_GBP_ID,
    FIELD_TUN_GBP_FLAGS,
    FIELD_TUN_METADATA0, /* see lib/ofp/field_map.h */
    FIELD_TUN_METADATA63 = FIELD_TUN_METADATA0 + 63,
    FIELD_TUN_ERSPAN_IDX,
    FIELD_TUN_ERSPAN_VER,
    FIELD_TUN_ERSPAN_DIR,
    FIELD_TUN_ERSPAN_HWID,
    FIELD_METADATA,
    FIELD_IN_PORT,
    FIELD_IN_PORT_OXM,
    FIELD_ACTSET_OUTPUT,
    FIELD_SKB_PRIORITY,
    FIELD_PKT_MARK,
    FIELD_CT_STATE,
    FIELD_CT_ZONE,
    FIELD_CT_MARK,
    FIELD_CT_LABEL,
    FIELD_CT_NW_PROTO,
    FIELD_CT_NW_SRC,
    FIELD_CT_NW_DST,
    FIELD_CT_IPV6_SRC,
    FIELD_CT_IPV6_DST,
    FIELD_CT_TP_SRC,
    FIELD_CT_TP_DST,
    FIELD_REG0,
    FIELD_REG15 = FIELD_REG0 + 15,
    FIELD_XREG0,
    FIELD_XREG7 = FIELD_XREG0 + 7,
    FIELD_XXREG0,
    FIELD_XXREG3 = FIELD_XXREG0 + 3,
    FIELD_ETH_SRC,
    FIELD_ETH_DST,
    FIELD_ETH_TYPE,
    FIELD_VLAN_TCI,
    FIELD_DL_VLAN,
    FIELD_VLAN_VID,
    FIELD_DL_VLAN_PCP,
    FIELD_VLAN_PCP,
    FIELD_MPLS_LABEL,
    FIELD_MPLS_TC,
    FIELD_MPLS_BOS,
    FIELD_MPLS_TTL,
    FIELD_PBB_ISID,
    FIELD_PBB_UCA,
    FIELD_IPV4_SRC,
    FIELD_IPV4_DST,
    FIELD_IPV6_SRC,
    FIELD_IPV6_DST,
    FIELD_IPV6_LABEL,
    FIELD_IPV6_EXTHDR,
    FIELD_IP_PROTO,
    FIELD_IP_DSCP,
    FIELD_IP_DSCP_SHIFTED,
    FIELD_IP_ECN,
    FIELD_IP_TTL,
    FIELD_IP_FRAG,
    FIELD_ARP_OP,
    FIELD_ARP_SPA,
    FIELD_ARP_TPA,
    FIELD_ARP_SHA,
    FIELD_ARP_THA,
    FIELD_TCP_SRC,
    FIELD_TCP_DST,
    FIELD_TCP_FLAGS,
    FIELD_UDP_SRC,
    FIELD_UDP_DST,
    FIELD_SCTP_SRC,
    FIELD_SCTP_DST,
    FIELD_ICMPV4_TYPE,
    FIELD_ICMPV4_CODE,
    FIELD_ICMPV6_TYPE,
    FIELD_ICMPV6_CODE,
    FIELD_ND_TARGET,
    FIELD_ND_SLL,
    FIELD_ND_TLL,
    FIELD_ND_RESERVED,
    FIELD_ND_OPTIONS_TYPE,
    FIELD_NSH_FLAGS,
    FIELD_NSH_MDTYPE,
    FIELD_NSH_NP,
    FIELD_NSH_SPI,
    FIELD_NSH_SI,
    FIELD_NSH_C1,
    FIELD_NSH_C4 = FIELD_NSH_C1 + 3,
    FIELD_NSH_TTL,
    FIELD_N_IDS,
};

enum field_prereq {
    PREREQ_NONE,
    PREREQ_ARP,
    PREREQ_VLAN,
    PREREQ_IPV4,
    PREREQ_IPV6,
    PREREQ_IP_ANY,
    PREREQ_MPLS,
    PREREQ_PBB,
    PREREQ_NSH,
    PREREQ_TCP,
    PREREQ_UDP,
    PREREQ_SCTP,
    PREREQ_ICMPV4,
    PREREQ_ICMPV6,
    PREREQ_ND,
    PREREQ_ND_SOLICIT,
    PREREQ_ND_ADVERT,
    PREREQ_CT_VALID, /* a connection that conntrack knows */
};

enum field_format {
    FORMAT_DECIMAL,
    FORMAT_HEX,
    FORMAT_ETHERNET,
    FORMAT_IPV4,
    FORMAT_IPV6,
    FORMAT_PORT_10,
    FORMAT_PORT,
    FORMAT_FRAG,
    FORMAT_TCP_FLAGS,
    FORMAT_CT_STATE,
    FORMAT_TUN_FLAGS,
    FORMAT_PACKET_TYPE
};
enum field_masking { MASK_NONE, MASK_ANY };

struct field {
    enum field_id id;
    const char *name;       /* "nw_src" as OVS prints it */
    const char *alias;      /* "ip_src", or null */
    uint8_t n_bytes;        /* on the wire */
    uint16_t n_bits;
    enum field_masking masking;
    enum field_format format;
    enum field_prereq prereq;
    bool writable;
    uint32_t nxm_header;    /* 0: none */
    uint32_t oxm_header;    /* 0: none */
    enum ofp_version oxm_since;
    uint32_t exp_id; /* of the experimenter in whose class the field is, too; 0: none */
    uint8_t exp_type; /* there; used from 1.3 on, unless there is a later header */
    uint32_t
        valid_bits; /* of fields up to 4 bytes: the bits that a value may have; 0: the low n_bits */
};

/* Part of a field: bits [ofs, ofs + n_bits). */
struct subfield {
    const struct field *field;
    uint16_t ofs, n_bits;
};

const struct field *field_get(enum field_id);
const struct field *field_by_name(const char *name); /* null: none; takes aliases too */
const struct field *field_by_header(uint32_t nxm_or_oxm_header); /* the has-mask bit is ignored */

/* No bits that the field does not have (an ECN of 4, an ARP opcode of 256, a bad port number)? */
bool field_value_valid(const struct field *, const union field_value *);
/* May the field be matched with this mask? All ones always does. */
bool field_mask_valid(const struct field *, const union field_value *mask);
/* All the bits that the field has. */
void field_exact_mask(const struct field *, union field_value *mask);

/* Value in wire order, right-aligned in n_bytes. */
void field_read(const struct field *, const struct flow *, union field_value *);
void field_write(const struct field *, const union field_value *, struct flow *);
/* Makes it zero, and an option of a tunnel absent. */
void field_take_out(const struct field *, struct flow *);
/* flow's field = value where mask has 1-bits. */
void field_write_masked(const struct field *, const union field_value *value,
                        const union field_value *mask, struct flow *);
/* Marks the field (or the bits of 'bits', if not null) as looked at. */
void field_mask(const struct field *, const union field_value *bits, struct flow *mask);

/* Are the prerequisites met by the packet 'flow'? If 'mask' is given, what was looked at is marked
 * in it. */
bool field_prereqs_met(const struct field *, const struct flow *flow, struct flow *mask);
/* Adds value/mask to the match. */
struct match;
void field_set_match(const struct field *, struct match *, const union field_value *value,
                     const union field_value *mask);
/* Adds the field as it came, 'p' being its value and, with 'has_mask', its mask behind that. Only what is simple: false, and nothing is changed but
 * lines that are in use, if the field is of a special kind, or value, mask, prerequisites or what the match has already may be wrong. */
bool field_add_simple(const struct field *, struct match *, const uint8_t *p, bool has_mask);
/* The field's bits in a match: value and mask. False if the mask is all zero, unless it is an option's that is to be there. */
bool field_get_match(const struct field *, const struct match *, union field_value *value,
                     union field_value *mask);
bool field_is_matched(const struct field *, const struct match *); /* the same answer, without the bits */
/* Are the prerequisites part of the match? */
bool field_match_prereqs_met(const struct field *, const struct match *);

/* "NXM_NX_REG0[0..15]", "reg0[]", "eth_src": for actions. Error or null. */
char *subfield_parse(const char *, struct subfield *) WARN_UNUSED;
void subfield_format(struct strbuf *, const struct subfield *);
bool subfield_equal(const struct subfield *, const struct subfield *);
/* Puts the low bits of the 'n' bytes at 'number', in network order, where 'sf' is in 'value' and
 * ones in 'mask'. Both have the field's n_bytes and keep their other bits. */
void subfield_place(const struct subfield *sf, const uint8_t *number, size_t n,
                    union field_value *value, union field_value *mask);
/* Sets 'mask' to the bits of 'sf' in a value of its field. */
void subfield_mask(const struct subfield *sf, union field_value *mask);
uint64_t subfield_get(const struct subfield *, const struct flow *); /* n_bits <= 64 */
void subfield_copy(const struct subfield *src, const struct flow *from, const struct subfield *dst,
                   struct flow *to);

/* "5", "0x5/0xff", "10.0.0.0/8", "+syn-ack", ... as the field's format has it; '*mask' is exact
 * where the text has none. An error that names the word (the caller frees it), or null. 'names' may
 * be null. */
struct ofp_names;
char *field_parse_value(const struct field *, const char *text, const struct ofp_names *names,
                        union field_value *value, union field_value *mask) WARN_UNUSED;
void field_format_value(struct strbuf *, const struct field *, const union field_value *value,
                        const union field_value *mask, const struct ofp_names *names);
