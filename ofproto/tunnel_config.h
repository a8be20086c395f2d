/* SPDX-License-Identifier: Apache-2.0 */
/* What a tunnel port is configured to do: OVSDB's Interface.options, checked. Immutable once made. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/compiler.h"
#include "lib/base/inet_addr.h"
#include "lib/net/tunnel_header.h"

struct flow;
struct smap;
struct strbuf;

enum { TUNNEL_DEFAULT_TTL = 64 };

/* Of an address or a key of a port. */
enum tunnel_value {
    TUNNEL_ANY,   /* not configured */
    TUNNEL_FIXED,
    TUNNEL_FLOW,  /* OpenFlow says it, packet by packet */
};

struct tunnel_config {
    const char *type;           /* OVSDB's name, static */
    enum tunnel_kind kind;
    bool nvgre, v6_only;
    enum tunnel_value remote, local; /* remote: FIXED or FLOW */
    struct inet_addr remote_ip, local_ip; /* none unless FIXED */
    enum tunnel_value in_key, out_key; /* ANY: packets without a key, which count as key 0 */
    uint64_t in_key_value, out_key_value; /* 0 unless FIXED */
    uint16_t dst_port;          /* UDP; 0: GRE */
    uint8_t tos, ttl;
    bool tos_inherit, ttl_inherit;
    bool df, csum, gbp, seq;
    bool l3;                    /* carries IP packets without Ethernet headers */
    bool set_mark;
    uint32_t mark;              /* of encapsulated packets */
};

/* Is it a type of tunnel? */
bool tunnel_config_is_type(const char *type);

/* Null, or a sentence for Interface.error (the caller frees it). */
char *tunnel_config_parse(const char *name, const char *type, const struct smap *options, struct tunnel_config *) WARN_UNUSED;

/* The name, in the datapath, of what receives for the port: OVS's names. At most 32 bytes with the terminator. */
enum { TUNNEL_DEVICE_NAME_SIZE = 32 };
void tunnel_config_device_name(const struct tunnel_config *, char name[TUNNEL_DEVICE_NAME_SIZE]);

/* Bytes that the tunnel puts in front of an Ethernet frame's payload; with options, as far as they are known now. */
unsigned int tunnel_config_overhead(const struct tunnel_config *, bool v6, unsigned int options_len);

/* "::->1.1.2.92, key=0x7b, legacy_l2, dp port=4789": what tells it from other ports. */
void tunnel_config_format_match(struct strbuf *, const struct tunnel_config *, uint32_t dp_no);
