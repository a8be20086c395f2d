/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptions of ports on the wire. */
#pragma once

#include "lib/ofp/msg_header.h"

enum { PORT_10_LEN = 48, PORT_11_LEN = 64 };

size_t port_len(enum ofp_version);
/* 'p' has port_len() bytes. */
enum ofp_error port_decode(const uint8_t *p, enum ofp_version, struct ofp_phy_port *) WARN_UNUSED;
void port_encode(struct ofpbuf *out, enum ofp_version, const struct ofp_phy_port *);

/* A port's number since 1.1; OFPBRC_BAD_PORT for one that 1.0 could not have. */
enum ofp_error port_number_decode(const uint8_t *p, ofp_port_t *) WARN_UNUSED;
