/* SPDX-License-Identifier: Apache-2.0 */
/* OpenFlow actions and instructions in one abstract list, whatever version they came in.
 *
 * Elements lie one behind the other, each at a multiple of 8 bytes; 'len' includes the content but
 * not the padding. Instructions are elements too, in the order in which OpenFlow executes them:
 * METER, apply-actions (whose actions stand in the list as they are), CLEAR_ACTIONS, WRITE_ACTIONS
 * (nested list), WRITE_METADATA, GOTO_TABLE. Decoding and parsing check arguments, nesting depth
 * and order; what depends on the switch (ports, groups, tables, prerequisites against the match) is
 * ofp_actions_check()'s. */
#pragma once

#include "lib/ofp/field.h"
#include "lib/ofp/match.h"
#include "lib/ofp/ofp.h"

enum { OFP_ACTIONS_MAX_DEPTH = 64, OFP_ACTIONS_MAX_SIZE = 65535 * 4 };

enum ofp_action_type {
    OFPACT_OUTPUT = 1,   /* struct ofp_action_output */
    OFPACT_CONTROLLER,   /* struct ofp_action_controller */
    OFPACT_ENQUEUE,      /* struct ofp_action_enqueue */
    OFPACT_OUTPUT_REG,   /* struct ofp_action_output_reg */
    OFPACT_SET_FIELD,    /* struct ofp_action_set_field: also load and most mod_*; does nothing to a
                            packet without the field */
    OFPACT_SET_TP_SRC,   /* struct ofp_action_tp: TCP, UDP or SCTP port, whatever the packet is
                            (1.0, 1.1) */
    OFPACT_SET_TP_DST,   /* struct ofp_action_tp */
    OFPACT_REG_MOVE,     /* struct ofp_action_reg_move */
    OFPACT_STACK_PUSH,   /* struct ofp_action_stack */
    OFPACT_STACK_POP,    /* struct ofp_action_stack */
    OFPACT_STRIP_VLAN,   /* struct ofp_action: pop the outer tag, nothing if there is none (1.0),
                            pop_vlan (1.1+) */
    OFPACT_PUSH_VLAN,    /* struct ofp_action_ethertype */
    OFPACT_SET_VLAN_VID, /* struct ofp_action_vlan: adds a tag if there is none (1.0) */
    OFPACT_SET_VLAN_PCP, /* struct ofp_action_vlan: likewise */
    OFPACT_PUSH_MPLS,    /* struct ofp_action_ethertype */
    OFPACT_POP_MPLS,     /* struct ofp_action_ethertype */
    OFPACT_SET_MPLS_TTL, /* struct ofp_action_u8 */
    OFPACT_DEC_MPLS_TTL, /* struct ofp_action */
    OFPACT_DEC_TTL,      /* struct ofp_action_dec_ttl */
    OFPACT_SET_QUEUE,    /* struct ofp_action_u32 */
    OFPACT_POP_QUEUE,    /* struct ofp_action */
    OFPACT_GROUP,        /* struct ofp_action_u32 */
    OFPACT_RESUBMIT,     /* struct ofp_action_resubmit */
    OFPACT_NOTE,         /* struct ofp_action_note */
    OFPACT_CLONE,        /* struct ofp_action + nested list */
    OFPACT_EXIT,         /* struct ofp_action */
    OFPACT_COPY_TTL_OUT, /* struct ofp_action (1.1+) */
    OFPACT_COPY_TTL_IN,  /* struct ofp_action (1.1+) */
    OFPACT_PUSH_PBB,     /* struct ofp_action_ethertype (1.3+) */
    OFPACT_POP_PBB,      /* struct ofp_action (1.3+) */
    OFPACT_LEARN,        /* struct ofp_action_learn */
    OFPACT_CONJUNCTION,  /* struct ofp_action_conjunction */
    OFPACT_MULTIPATH,    /* struct ofp_action_multipath */
    OFPACT_BUNDLE,       /* struct ofp_action_bundle: "bundle" and "bundle_load" */
    OFPACT_FIN_TIMEOUT,  /* struct ofp_action_fin_timeout */
    OFPACT_CHECK_PKT_LARGER, /* struct ofp_action_check_pkt_larger */
    OFPACT_DELETE_FIELD, /* struct ofp_action_field */
    OFPACT_SAMPLE,       /* struct ofp_action_sample */
    OFPACT_CT,           /* struct ofp_action_ct + nested list */
    OFPACT_NAT,          /* struct ofp_action_nat: only inside CT */
    OFPACT_CT_CLEAR,     /* struct ofp_action */
    OFPACT_ENCAP,        /* struct ofp_action_encap */
    OFPACT_DECAP,        /* struct ofp_action_encap: 'packet_type' of what is left */
    OFPACT_DEC_NSH_TTL,  /* struct ofp_action */
    OFPACT_METER,        /* struct ofp_action_u32 */
    OFPACT_CLEAR_ACTIONS,  /* struct ofp_action */
    OFPACT_WRITE_ACTIONS,  /* struct ofp_action + nested list */
    OFPACT_WRITE_METADATA, /* struct ofp_action_metadata */
    OFPACT_GOTO_TABLE,     /* struct ofp_action_u8 */
    OFPACT_N_TYPES,
};

struct ofp_action {
    uint16_t type; /* enum ofp_action_type */
    uint16_t raw;  /* how it came, for encoding it back the same way: the codec's own, 0 when built
                      here */
    uint32_t len;  /* bytes, without padding */
} __attribute__((aligned(8)));

struct ofp_action_output {
    struct ofp_action a;
    ofp_port_t port;
    uint16_t max_len;  /* bytes to the controller, when port is OFPP_CONTROLLER */
    uint32_t truncate; /* bytes, 0: whole packet */
};
struct ofp_action_controller {
    struct ofp_action a;
    uint16_t max_len;
    uint16_t controller_id;
    uint8_t reason; /* enum ofp_packet_in_reason */
    bool pause;
    uint16_t userdata_len;
    uint32_t meter_id; /* 0: none */
    uint8_t userdata[];
};
struct ofp_action_enqueue {
    struct ofp_action a;
    ofp_port_t port;
    uint32_t queue;
};
struct ofp_action_output_reg {
    struct ofp_action a;
    struct subfield src;
    uint16_t max_len;
};
struct ofp_action_set_field {
    struct ofp_action a;
    const struct field *field;
    union field_value value; /* in wire order, right-aligned in field->n_bytes bytes */
    union field_value mask;
};
struct ofp_action_reg_move {
    struct ofp_action a;
    struct subfield src, dst;
};
struct ofp_action_stack {
    struct ofp_action a;
    struct subfield subfield;
};
struct ofp_action_ethertype {
    struct ofp_action a;
    be16 eth_type;
};
struct ofp_action_vlan {
    struct ofp_action a;
    uint16_t value;    /* VID or PCP, host order */
    bool push_if_none; /* the 1.0 form */
    bool has_tag; /* a packet that the flow matches has a tag here; for encoding in versions without
                     push_if_none */
};
struct ofp_action_tp {
    struct ofp_action a;
    uint16_t port;
    uint8_t nw_proto; /* that the flow matches, 0 if unknown; for encoding in versions that set a
                         field of the protocol */
};
struct ofp_action_u8 {
    struct ofp_action a;
    uint8_t value;
};
struct ofp_action_u32 {
    struct ofp_action a;
    uint32_t value;
};
struct ofp_action_dec_ttl {
    struct ofp_action a;
    uint16_t n_ids; /* controllers that hear of an invalid TTL; at least 1 */
    uint16_t ids[];
};
struct ofp_action_resubmit {
    struct ofp_action a;
    ofp_port_t in_port; /* OFPP_IN_PORT: unchanged */
    uint8_t table;      /* 255: the current one */
    bool with_ct;
};
struct ofp_action_note {
    struct ofp_action a;
    uint16_t n;
    uint8_t data[];
};
struct ofp_action_metadata {
    struct ofp_action a;
    be64 value, mask;
};


/* Hash functions of 'multipath' and 'bundle', numbered as on the wire (NX_HASH_FIELDS_*). */
enum ofp_hash_fields {
    OFP_HASH_ETH_SRC,
    OFP_HASH_SYMMETRIC_L4,
    OFP_HASH_SYMMETRIC_L3L4,
    OFP_HASH_SYMMETRIC_L3L4_UDP,
    OFP_HASH_NW_SRC,
    OFP_HASH_NW_DST,
    OFP_HASH_SYMMETRIC_L3,
};

enum ofp_learn_source { OFP_LEARN_FROM_FIELD, OFP_LEARN_FROM_VALUE };
enum ofp_learn_target { OFP_LEARN_TO_MATCH, OFP_LEARN_TO_LOAD, OFP_LEARN_TO_OUTPUT };
struct ofp_learn_spec {
    uint8_t source, target; /* enum ofp_learn_source, ofp_learn_target */
    uint16_t n_bits;
    struct subfield src;    /* FROM_FIELD */
    struct subfield dst;    /* TO_MATCH, TO_LOAD */
    union field_value value; /* FROM_VALUE: n_bits, right-aligned in ROUND_UP(n_bits, 8) / 8 bytes */
};
enum { OFP_LEARN_SEND_FLOW_REM = 1, OFP_LEARN_DELETE_LEARNED = 2, OFP_LEARN_WRITE_RESULT = 4 };
struct ofp_action_learn {
    struct ofp_action a;
    uint16_t idle_timeout, hard_timeout, fin_idle_timeout, fin_hard_timeout; /* seconds */
    uint16_t priority, flags; /* OFP_LEARN_* */
    uint8_t table;
    be64 cookie;
    uint32_t limit;            /* learned flows, 0: none */
    struct subfield result;    /* WRITE_RESULT: one bit; also without it the "learn2" form */
    size_t n_specs;
    struct ofp_learn_spec specs[];
};
struct ofp_action_conjunction {
    struct ofp_action a;
    uint32_t id;
    uint8_t clause, n_clauses; /* clause counts from 0 */
};
enum ofp_multipath_link { OFP_MP_MODULO_N, OFP_MP_HASH_THRESHOLD, OFP_MP_HRW, OFP_MP_ITER_HASH };
struct ofp_action_multipath {
    struct ofp_action a;
    uint16_t fields, basis;    /* enum ofp_hash_fields */
    uint16_t algorithm;        /* enum ofp_multipath_link */
    uint32_t n_links, arg;
    struct subfield dst;
};
enum ofp_bundle_algorithm { OFP_BUNDLE_ACTIVE_BACKUP, OFP_BUNDLE_HRW };
struct ofp_action_bundle {
    struct ofp_action a;
    uint16_t algorithm, fields, basis; /* enum ofp_bundle_algorithm, ofp_hash_fields */
    struct subfield dst;       /* bundle_load; no field: "bundle" */
    size_t n_members;
    ofp_port_t members[];
};
struct ofp_action_fin_timeout {
    struct ofp_action a;
    uint16_t idle_timeout, hard_timeout; /* seconds */
};
struct ofp_action_check_pkt_larger {
    struct ofp_action a;
    uint16_t pkt_len;          /* bytes, Ethernet header included */
    struct subfield dst;       /* one bit */
};
struct ofp_action_field {
    struct ofp_action a;
    const struct field *field;
};
enum ofp_sample_direction { OFP_SAMPLE_DEFAULT, OFP_SAMPLE_INGRESS, OFP_SAMPLE_EGRESS };
struct ofp_action_sample {
    struct ofp_action a;
    uint16_t probability;
    uint32_t collector_set_id;
    uint32_t obs_domain_id, obs_point_id;
    struct subfield obs_domain_src, obs_point_src; /* sample4: in place of the numbers, if they have a field */
    ofp_port_t sampling_port;  /* OFPP_NONE: none */
    uint8_t direction;         /* enum ofp_sample_direction */
};
enum { OFP_CT_COMMIT = 1, OFP_CT_FORCE = 2 };
struct ofp_action_ct {
    struct ofp_action a;
    uint16_t flags;            /* OFP_CT_* */
    uint16_t zone;             /* if zone_src has no field */
    struct subfield zone_src;
    uint8_t recirc_table;      /* OFP_TABLE_ALL: none */
    uint16_t alg;              /* 0: none, 21: ftp, 69: tftp */
    /* then a list of SET_FIELD, REG_MOVE of ct_mark and ct_label, and NAT */
};
enum { OFP_NAT_SRC = 1, OFP_NAT_DST = 2, OFP_NAT_PERSISTENT = 4, OFP_NAT_HASH = 8, OFP_NAT_RANDOM = 16 };
struct ofp_action_nat {
    struct ofp_action a;
    uint16_t flags;            /* OFP_NAT_* */
    uint8_t family;            /* 0: no addresses, 4, 6 */
    uint8_t min[16], max[16];  /* IPv4 in the first 4 bytes; max zero: same as min */
    uint16_t port_min, port_max; /* 0: none */
};
struct ofp_action_encap {
    struct ofp_action a;
    be32 packet_type;          /* namespace, type; DECAP: 0xfffe: the switch sees for itself */
    uint8_t nsh_md_type;       /* ENCAP of NSH: 0: the default */
    uint16_t hdr_size;
    uint16_t props_len;        /* bytes of properties as on the wire, padding included */
    uint8_t props[];
};

static inline const struct ofp_action *ofp_action_next(const struct ofp_action *a)
{
    return (const struct ofp_action *) (const void *) ((const uint8_t *) a + ROUND_UP(a->len, 8u));
}
/* An empty list may be a null pointer. */
#define ofp_action_for_each(A, LIST, SIZE)                                                         \
    for ((A) = (const struct ofp_action *) (const void *) (LIST);                                  \
         (uintptr_t) (A) < (uintptr_t) (LIST) + (SIZE); (A) = ofp_action_next(A))

/* The list inside a CLONE, WRITE_ACTIONS or CT. */
const struct ofp_action *ofp_action_nested(const struct ofp_action *, size_t *size);

/* A list that grows; ofpbuf's 'data' is aligned to 8. Appends a zeroed element and returns it
 * (valid until the next). */
void *ofp_actions_put(struct ofpbuf *, enum ofp_action_type, size_t size);
/* After the size of the last element changed: 'len' bytes in all. */
void ofp_actions_set_len(struct ofpbuf *, size_t offset, size_t len);

bool ofp_actions_equal(const void *a, size_t a_size, const void *b, size_t b_size);

/* Does the list output to 'port' (or group) anywhere? For the out_port filters. */
bool ofp_actions_outputs_to(const void *list, size_t size, ofp_port_t port);
bool ofp_actions_outputs_to_group(const void *list, size_t size, uint32_t group);

/* Indexes of the tun_metadata that the list reads or writes, one bit each. */
uint64_t ofp_actions_tun_metadata(const void *list, size_t size);

/* Checks a list against the match it goes with and the switch: table ids behind 'table', ports
 * below OFPP_MAX or known reserved ones, prerequisites of every field that is set or moved
 * (OFPBAC_MATCH_INCONSISTENT). */
struct ofp_actions_limits {
    uint8_t table;     /* of the flow */
    uint8_t n_tables;  /* 0: not checked */
    ofp_port_t max_ports;
    /* Does it exist? Null: not checked. */
    bool (*group_exists)(const void *aux, uint32_t id);
    bool (*meter_exists)(const void *aux, uint32_t id);
    const void *aux;
    /* What the switch cannot do is refused: CT, NAT and CT_CLEAR; SAMPLE; ENCAP, DECAP and
     * DEC_NSH_TTL. */
    bool no_ct, no_sample, no_encap;
    uint8_t version; /* enum ofp_version; in 1.0, also when it is 0, mod_nw_src and its like need no
                        prerequisite */
};
enum ofp_error ofp_actions_check(const void *list, size_t size, const struct match *,
                                 const struct ofp_actions_limits *) WARN_UNUSED;

/* Tells those actions that encode by the packet's protocol or tag what the match says of them.
 * Flow-mods that were decoded or parsed have been through it. */
void ofp_actions_bind(void *list, size_t size, const struct match *);

/* Text in ovs-ofctl's syntax, without "actions=". "drop" for an empty list. */
struct ofp_names;
void ofp_actions_format(struct strbuf *, const void *list, size_t size, const struct ofp_names *);
/* Appends what 'text' says to 'out'. An error that names the word (the caller frees it), or null.
 */
char *ofp_actions_parse(const char *text, const struct ofp_names *, struct ofpbuf *out) WARN_UNUSED;

/* The same in the order that messages of 'version' may have: text of a user has the meter first, since 1.5 it may stand anywhere. */
char *ofp_actions_parse_in(const char *text, const struct ofp_names *, enum ofp_version, struct ofpbuf *out) WARN_UNUSED;
