/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptions of ports on the wire. */
#pragma once

#include "lib/ofp/msg_header.h"

enum { PORT_10_LEN = 48, PORT_11_LEN = 64, PORT_14_LEN = 40 /* without properties */ };

/* Takes a description from the front of the '*n' bytes at '*p'. */
enum ofp_error port_pull(const uint8_t **p, size_t *n, enum ofp_version,
                         struct ofp_phy_port *) WARN_UNUSED;
void port_encode(struct ofpbuf *out, enum ofp_version, const struct ofp_phy_port *);

/* The number in 16 bits, all ones if there is none. */
uint16_t port_to_10_or_none(ofp_port_t);

/* A port's number since 1.1; OFPBRC_BAD_PORT for one that 1.0 could not have. */
enum ofp_error port_number_decode(const uint8_t *p, ofp_port_t *) WARN_UNUSED;
