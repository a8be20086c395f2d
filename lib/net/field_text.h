/* SPDX-License-Identifier: Apache-2.0 */
/* Fields and groups of fields as text: "ipv4(src=10.0.0.1/255.0.0.0,ttl=64)" from a table that says
 * where each is kept.
 *
 * One description serves printing and parsing, flows and set actions: offsets count from the start
 * of a struct flow, or of a struct set_*. */
#pragma once

#include "lib/net/flow_text.h"
#include "lib/net/scan.h"

enum field_kind {
    FIELD_U8, /* printed in decimal; the mask of any number in hexadecimal */
    FIELD_U8_HEX,
    FIELD_U16_HEX, /* host order */
    FIELD_U32_HEX, /* host order */
    FIELD_BE16,
    FIELD_BE16_HEX,
    FIELD_BE32,
    FIELD_BE32_HEX,
    FIELD_BE64_HEX,
    FIELD_U128_HEX, /* 16 bytes, most significant first */
    FIELD_ETH_TYPE, /* be16 of four hexadecimal digits */
    FIELD_ETH,
    FIELD_IPV4,
    FIELD_IPV6,
    FIELD_FRAG,      /* FLOW_FRAG_* in a byte */
    FIELD_TCP_FLAGS, /* be16 */
    FIELD_CT_STATE,  /* uint8_t */
    FIELD_TUN_FLAGS, /* uint16_t */
    FIELD_PORT,      /* uint32_t, a number or a name */
    FIELD_TUN_GBP,    /* of a struct flow: tun_gbp_id and the flags behind it */
    FIELD_TUN_GENEVE, /* of a struct flow: tun_opts_len and tun_opts */
};

struct field_text {
    const char *name; /* null: the only field of its group, without "name=" */
    enum field_kind kind;
    uint8_t bits; /* significant ones: those above are neither printed nor looked at */
    uint16_t offset;
};

struct group_text {
    const char *name;
    const struct field_text *fields;
    unsigned int n_fields;
};

/* How to print. */
struct text_style {
    const struct flow_port_names *names; /* may be null */
    bool verbose;                        /* wildcarded fields too */
};

/* Is no bit, or every significant bit, of the field in 'mask' (the structure that holds the masks)?
 * A null mask is exact. */
bool field_text_is_wild(const struct field_text *, const void *mask);
bool field_text_is_exact(const struct field_text *, const void *mask);
bool group_text_is_wild(const struct group_text *, const void *mask);

/* Prints "name(...)": fields whose mask has a bit, or all if verbose or without a name. */
void group_text_format(struct strbuf *, const struct group_text *, const void *value,
                       const void *mask, const struct text_style *);

/* Parses what follows "name(", with the closing parenthesis. Fields that are not named are left
 * alone. A null 'mask' refuses masks. Null, or what is wrong (the caller frees it). */
char *group_text_scan(struct scanner *, const struct group_text *, const struct flow_port_names *,
                      void *value, void *mask) WARN_UNUSED;
