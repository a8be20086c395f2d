/* SPDX-License-Identifier: Apache-2.0 */
/* Flow formats: the forms in which a flow can be sent to a switch, each of one version of OpenFlow.
 *
 * 1.0 has four: with its own match or with the Nicira extended match (NXM), each with or without table numbers in flow-mods. A flow
 * that does not fit one form may fit another. */
#pragma once

#include "lib/base/compiler.h"
#include "lib/ofp/message.h"

enum {
    OFCTL_P_OF10 = 1 << 0,
    OFCTL_P_OF10_TID = 1 << 1,
    OFCTL_P_NXM = 1 << 2,
    OFCTL_P_NXM_TID = 1 << 3,
    OFCTL_P_OF11 = 1 << 4,
    OFCTL_P_OXM12 = 1 << 5,
    OFCTL_P_OXM13 = 1 << 6,
    OFCTL_P_OXM14 = 1 << 7,
    OFCTL_P_OXM15 = 1 << 8,
    OFCTL_P_ANY = (1 << 9) - 1,
    OFCTL_P_ANY_OF10 = OFCTL_P_OF10 | OFCTL_P_OF10_TID,
    OFCTL_P_ANY_NXM = OFCTL_P_NXM | OFCTL_P_NXM_TID,
    OFCTL_P_ANY_OXM = OFCTL_P_OXM12 | OFCTL_P_OXM13 | OFCTL_P_OXM14 | OFCTL_P_OXM15,
    OFCTL_P_ANY_TID = OFCTL_P_OF10_TID | OFCTL_P_NXM_TID | OFCTL_P_OF11 | OFCTL_P_ANY_OXM,
};

/* A list such as "NXM,OpenFlow10+table_id". An error that the caller frees, or null. */
char *ofctl_protocols_parse(const char *text, uint32_t *protocols) WARN_UNUSED;

/* The names of all in 'protocols', separated by commas; the caller frees it. */
char *ofctl_protocols_format(uint32_t protocols);

/* The formats of the versions in 'versions', and the versions that 'protocols' are of (bitmaps). */
uint32_t ofctl_protocols_of_versions(uint32_t versions);
uint32_t ofctl_versions_of_protocols(uint32_t protocols);

/* The format that a connection of this version begins with. */
uint32_t ofctl_protocol_initial(enum ofp_version);
