/* SPDX-License-Identifier: Apache-2.0 */
/* How each error is written in each version. */
#pragma once

#include "lib/ofp/ofp.h"

enum { OFP_VENDOR_NICIRA = 0x2320, OFP_VENDOR_ONF = 0x4f4e4600 };

/* An error's number in the versions from 'first' to 'last'. 'vendor' is 0 for the specification's
 * own. */
struct ofp_error_wire {
    uint8_t first, last; /* enum ofp_version; 0: unused */
    uint32_t vendor;
    uint16_t type, code;
};

struct ofp_error_entry {
    const char *name;
    struct ofp_error_wire wire[4];
};

extern const struct ofp_error_entry ofp_error_table[OFPERR_N];

/* The number in one version, or null if it has none there. */
const struct ofp_error_wire *ofp_error_wire(enum ofp_error, enum ofp_version);

/* The error with that number in that version, or OFPERR_OK. */
enum ofp_error ofp_error_from_wire(enum ofp_version, uint32_t vendor, uint16_t type, uint16_t code);
