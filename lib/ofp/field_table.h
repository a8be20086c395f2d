/* SPDX-License-Identifier: Apache-2.0 */
/* What lib/ofp alone knows of a field: its place in struct flow and its names on the wire. */
#pragma once

#include "lib/ofp/field.h"

enum field_place_kind {
    PLACE_BYTES, /* n_bytes bytes in wire order */
    PLACE_BE,    /* bits of an integer in network order */
    PLACE_HOST,  /* bits of an integer in host order */
    PLACE_REGS,  /* n_bytes / 4 consecutive registers */
    PLACE_OPTS,  /* n_bytes bytes of tunnel options, perhaps in several lines */
    PLACE_NOWHERE, /* tun_metadata without a mapping */
};

struct field_place {
    enum field_place_kind kind;
    uint16_t offset; /* in struct flow, bytes */
    uint8_t size;    /* of the integer, bytes */
    uint8_t shift;   /* of the field in the integer, bits */
    uint8_t n_bits;  /* of the field in the integer */
};

struct field_entry {
    struct field f;
    struct field_place place;
    const char *nxm_name; /* "NXM_OF_IN_PORT", or null */
    const char *oxm_name; /* "OXM_OF_IN_PORT", or null */
    const char *exp_name; /* "NXOXM_NSH_TTL", or null */
};

static inline const struct field_entry *field_entry(const struct field *f)
{
    return (const struct field_entry *) (const void *) f; /* 'f' comes first */
}

/* The name that actions are printed with: NXM's before OXM's, null if it has neither. */
const char *field_wire_name(const struct field *);
/* Has it a header of 4 bytes, as the older Nicira actions hold? Others have only an experimenter's. */
static inline bool field_has_short_header(const struct field *f)
{
    return f->nxm_header || f->oxm_header;
}
const struct field *field_by_wire_name(const char *); /* null: none */

enum { OXM_CLASS_BASIC = 0x8000, OXM_CLASS_EXPERIMENTER = 0xffff };
enum {
    OXM_EXPERIMENTER_NX = 0x2320,
    OXM_EXPERIMENTER_NSH = 0x5ad650,
    OXM_EXPERIMENTER_ONF = 0x4f4e4600,
};

/* Is the field's length on the wire that of its value, without leading zeros? */
static inline bool field_is_variable(const struct field *f)
{
    return f->id >= FIELD_TUN_METADATA0 && f->id <= FIELD_TUN_METADATA63;
}

/* A field of an experimenter's class (OpenFlow 1.3 section 7.2.3.8), or null. */
const struct field *field_by_experimenter(uint32_t experimenter, uint8_t type);
