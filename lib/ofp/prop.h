/* SPDX-License-Identifier: Apache-2.0 */
/* Properties, which OpenFlow 1.3 and later append to many structures: type, length, content, padding to 8 bytes. */
#pragma once

#include "lib/ofp/msg_header.h"

enum { PROP_HEADER_LEN = 4, PROP_EXPERIMENTER_LEN = 12, PROP_EXPERIMENTER = 0xffff };

struct prop {
    uint16_t type;
    uint32_t experimenter, exp_type; /* if the type is PROP_EXPERIMENTER */
    const uint8_t *p;                /* the whole of it, header included, padding not */
    size_t n;
};

/* Takes a property from the front of the '*n' bytes at '*p', which are not 0. OFPBPC_BAD_LEN. */
enum ofp_error prop_pull(const uint8_t **p, size_t *n, struct prop *) WARN_UNUSED;

/* What a switch answers to a property that it does not know: BAD_TYPE; to an experimenter's BAD_EXP_TYPE, whoever that
 * is, as Open vSwitch does; BAD_EXPERIMENTER if it has no number. */
enum ofp_error prop_unknown(const struct prop *);

/* Begins a property at the end of 'out'; prop_end() fills in the length and pads. */
size_t prop_begin(struct ofpbuf *out, uint16_t type);
void prop_end(struct ofpbuf *out, size_t start);
void prop_put_u32(struct ofpbuf *out, uint16_t type, uint32_t);
