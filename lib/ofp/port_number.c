/* SPDX-License-Identifier: Apache-2.0 */
/* OpenFlow port numbers: their text, and the 16-bit numbers of OpenFlow 1.0. */
#include "lib/ofp/ofp.h"

#include <stdlib.h>
#include <strings.h>

#include "lib/base/strbuf.h"

static const struct {
    ofp_port_t port;
    const char *name;
} reserved[] = {
    { OFPP_UNSET, "UNSET" },           { OFPP_IN_PORT, "IN_PORT" }, { OFPP_TABLE, "TABLE" },
    { OFPP_NORMAL, "NORMAL" },         { OFPP_FLOOD, "FLOOD" },     { OFPP_ALL, "ALL" },
    { OFPP_CONTROLLER, "CONTROLLER" }, { OFPP_LOCAL, "LOCAL" },     { OFPP_NONE, "ANY" },
};

/* The numbers of 1.0 from here on are the low halves of the 32-bit reserved ones. */
enum { FIRST_RESERVED_10 = 0xfff7 };

ofp_port_t ofp_port_from_10(uint16_t port)
{
    return port >= FIRST_RESERVED_10 ? 0xffff0000u | port : port;
}

bool ofp_port_to_10(ofp_port_t port, uint16_t *port10)
{
    *port10 = (uint16_t) port;
    return port < OFPP_MAX || port >= OFPP_FIRST_RESERVED;
}

bool ofp_port_from_string(const char *s, ofp_port_t *port)
{
    for (size_t i = 0; i < ARRAY_SIZE(reserved); i++) {
        if (!strcasecmp(s, reserved[i].name)) {
            *port = reserved[i].port;
            return true;
        }
    }
    if (!strcasecmp(s, "NONE")) {
        *port = OFPP_NONE;
        return true;
    }
    if (*s < '0' || *s > '9') {
        return false;
    }
    char *end;
    unsigned long long n = strtoull(s, &end, 10);
    if (*end || n > UINT32_MAX) {
        return false;
    }
    /* Reserved numbers may be given in their 16-bit form. */
    if (n < OFPP_MAX || n >= OFPP_FIRST_RESERVED) {
        *port = (ofp_port_t) n;
    } else if (n >= FIRST_RESERVED_10 && n <= UINT16_MAX) {
        *port = ofp_port_from_10((uint16_t) n);
    } else {
        return false;
    }
    return true;
}

void ofp_port_format(struct strbuf *s, ofp_port_t port)
{
    for (size_t i = 0; i < ARRAY_SIZE(reserved); i++) {
        if (port == reserved[i].port) {
            strbuf_puts(s, reserved[i].name);
            return;
        }
    }
    strbuf_putf(s, "%u", port);
}
