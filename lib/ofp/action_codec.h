/* SPDX-License-Identifier: Apache-2.0 */
/* Actions on the wire: the table of their forms, and the functions that decode and encode them. */
#pragma once

#include "lib/ofp/action.h"
#include "lib/ofp/msg_header.h"

/* How an action came, in struct ofp_action's 'raw': it is printed, and as far as possible encoded,
 * the same way again. */
enum action_raw {
    ACTION_RAW_NONE,
    ACTION_RAW_LOAD,     /* SET_FIELD: "load" */
    ACTION_RAW_LOAD2,    /* SET_FIELD: masked, in Nicira's form of it */
    ACTION_RAW_MOD,      /* SET_FIELD: "mod_dl_src" and the like, named after the field */
    ACTION_RAW_MOD_WIDE, /* SET_FIELD: "set_tunnel64" */
    ACTION_RAW_POP_VLAN, /* STRIP_VLAN: "pop_vlan" */
    ACTION_RAW_LEARN2,   /* LEARN: in the wider form, though nothing needs it */
    ACTION_RAW_ONF_COPY, /* REG_MOVE: in the ONF's form */
};

/* Forms of an action's header. */
enum action_form {
    ACTION_STANDARD, /* type, len */
    ACTION_NX,       /* 0xffff, len, vendor 0x2320, subtype */
    ACTION_ONF,      /* 0xffff, len, vendor 0x4f4e4600, subtype */
};

enum { ACTION_HEADER_LEN = 4, ACTION_NX_HEADER_LEN = 10, ACTION_TYPE_VENDOR = 0xffff };

struct action_wire;

/* One action to decode: 'p' and 'n' are the whole of it, header and padding included. */
struct action_source {
    const struct action_wire *wire;
    enum ofp_version version;
    const uint8_t *p;
    size_t n;
    unsigned int depth; /* of nesting */
    bool in_ct;         /* inside of "ct" */
};

typedef enum ofp_error action_decode_fn(const struct action_source *, struct ofpbuf *out);

struct action_wire {
    enum action_form form;
    uint8_t first, last; /* enum ofp_version */
    uint16_t number;
    uint16_t len;        /* bytes; exact, or at least this if 'variable' */
    bool variable;
    uint16_t arg;        /* for the decoder: a field, an enum ofp_action_type, ... */
    action_decode_fn *decode;
};

extern const struct action_wire action_table[];
extern const size_t action_table_len;

/* Decodes the actions (not instructions) at 'p' and appends them to 'out'. */
enum ofp_error actions_decode(const uint8_t *p, size_t n, enum ofp_version, unsigned int depth,
                              struct ofpbuf *out) WARN_UNUSED;
/* The same for the actions inside of 'src', from 'offset' on. */
enum ofp_error actions_decode_nested(const struct action_source *src, size_t offset, bool in_ct,
                                     struct ofpbuf *out) WARN_UNUSED;
/* Appends the actions of a list in the form of 'version'. Instructions among them are left out, or
 * replaced in 1.0. */
void actions_encode(const void *list, size_t size, enum ofp_version, struct ofpbuf *out);

/* Instructions since 1.1; in 1.0 the list is plain actions. These are what messages with flows use.
 */
enum ofp_error instructions_decode(const uint8_t *p, size_t n, enum ofp_version,
                                   struct ofpbuf *out) WARN_UNUSED;
void instructions_encode(const void *list, size_t size, enum ofp_version, struct ofpbuf *out);

/* May the action be part of an action set (OpenFlow 1.3 section 5.10)? */
bool action_allowed_in_set(const struct ofp_action *);
/* Do instructions stand in their order, each at most once, behind the actions? In 1.5 METER is an
 * action. Are conjunctions, if there are any, alone but for notes? 'version' is 0 for text. */
enum ofp_error actions_check_order(const void *list, size_t size, enum ofp_version version);

/* Decoders of the specification's actions. */
action_decode_fn action_decode_output_10, action_decode_output_11, action_decode_enqueue,
    action_decode_vlan_vid, action_decode_vlan_pcp, action_decode_plain, action_decode_mac,
    action_decode_ipv4, action_decode_u8_field, action_decode_tp, action_decode_u8,
    action_decode_u32, action_decode_ethertype, action_decode_set_field, action_decode_mpls_label,
    action_decode_dec_ttl, action_decode_copy_field;
/* Decoders of Nicira's. */
action_decode_fn action_decode_nx_resubmit, action_decode_nx_tunnel, action_decode_nx_u32,
    action_decode_nx_plain, action_decode_nx_reg_move, action_decode_nx_reg_load,
    action_decode_nx_reg_load2, action_decode_nx_note, action_decode_nx_output_reg,
    action_decode_nx_output_reg2, action_decode_nx_dec_ttl, action_decode_nx_dec_ttl_ids,
    action_decode_nx_controller, action_decode_nx_controller2, action_decode_nx_ethertype,
    action_decode_nx_u8, action_decode_nx_mpls_label, action_decode_nx_mpls_tc,
    action_decode_nx_metadata, action_decode_nx_stack, action_decode_nx_output_trunc,
    action_decode_nx_clone, action_decode_nx_learn, action_decode_nx_conjunction,
    action_decode_nx_multipath, action_decode_nx_bundle, action_decode_nx_fin_timeout,
    action_decode_nx_check_pkt_larger, action_decode_nx_delete_field, action_decode_nx_ct,
    action_decode_nx_nat, action_decode_nx_sample, action_decode_nx_encap, action_decode_nx_decap;

/* For decoders. NXBRC_MUST_BE_ZERO unless the 'n' bytes are zero. */
enum ofp_error action_must_be_zero(const uint8_t *p, size_t n) WARN_UNUSED;
/* Appends a REG_MOVE: the number of bits and the offsets in source and destination stand 'numbers' bytes into the action, the headers
 * of source and destination from 'headers' bytes to its end, with zeros behind. */
enum ofp_error action_decode_move(const struct action_source *, size_t numbers, size_t headers, enum action_raw raw,
                                  struct ofpbuf *out) WARN_UNUSED;
/* A header of a field, without a mask. '*used' is the header's length. */
enum ofp_error action_decode_field(const uint8_t *p, size_t n, const struct field **,
                                   size_t *used) WARN_UNUSED;
/* What is wrong with a field and its value that could not be decoded: Open vSwitch looks for a field of
 * just that length, and one without any is no type. */
enum ofp_error action_entry_error(const uint8_t *header);
/* Has the value 1-bits where the mask has none? */
bool action_value_outside_mask(const struct field *, const union field_value *value,
                               const union field_value *mask);
/* The same for headers of 4 bytes, where any mistake is OFPBAC_BAD_SET_TYPE, as in OVS. */
enum ofp_error action_decode_short_field(const uint8_t *p, const struct field **) WARN_UNUSED;
/* The 10 + 6 bits of an offset and a width less 1. */
void action_decode_ofs_nbits(uint16_t ofs_nbits, struct subfield *);
/* Is it within its field, and may the field be written? Conntrack's mark and label are written inside
 * of "ct" alone. */
enum action_access { ACTION_READS, ACTION_WRITES, ACTION_WRITES_CT };
enum ofp_error action_check_subfield(const struct subfield *, enum action_access) WARN_UNUSED;
static inline enum action_access action_write_access(const struct action_source *src)
{
    return src->in_ct ? ACTION_WRITES_CT : ACTION_WRITES;
}

/* Are the 'n' bytes at 'p' zero? */
static inline bool action_is_zero(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i]) {
            return false;
        }
    }
    return true;
}

/* May an action write the field? */
static inline bool action_may_write(const struct field *f, enum action_access access)
{
    bool ct = f->id == FIELD_CT_MARK || f->id == FIELD_CT_LABEL;

    return access == ACTION_READS || (f->writable && (!ct || access == ACTION_WRITES_CT));
}

/* The next run of at most 64 1-bits of the mask, which one load sets; 'run' begins without a field.
 * A whole field counts as one run also if it has bits that cannot be set. */
bool action_next_load(const struct ofp_action_set_field *, struct subfield *run) WARN_UNUSED;
/* Appends SET_FIELD of a part of a field, in the form of a load; 'n' bytes at 'number' in network
 * order. */
void action_put_load(struct ofpbuf *, const struct subfield *dst, const uint8_t *number, size_t n);

/* Appends SET_FIELD of the field's bits in 'mask'. */
void action_put_masked(struct ofpbuf *, const struct field *, const union field_value *value,
                       const union field_value *mask, enum action_raw);

/* Appends SET_FIELD of the whole field. 'value' has the field's n_bytes. */
void action_put_set_field(struct ofpbuf *, enum field_id, const void *value, enum action_raw);
