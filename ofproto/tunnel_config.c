/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the options of tunnel ports. */
#include "ofproto/tunnel_config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/mem.h"
#include "lib/base/smap.h"
#include "lib/base/strbuf.h"

enum { KEY_24_BITS = 0xffffff };

static const struct tunnel_type {
    const char *name;
    enum tunnel_kind kind;
    uint64_t max_key;
    uint16_t port;
    bool nvgre, v6_only;
} types[] = {
    { "vxlan", TUNNEL_VXLAN, KEY_24_BITS, VXLAN_PORT, false, false },
    { "geneve", TUNNEL_GENEVE, KEY_24_BITS, GENEVE_PORT, false, false },
    { "gre", TUNNEL_GRE, UINT32_MAX, 0, false, false },
    { "ip6gre", TUNNEL_GRE, UINT32_MAX, 0, false, true },
    { "nvgre", TUNNEL_GRE, KEY_24_BITS, 0, true, false },
};

/* While options are read. */
struct reader {
    const char *name;
    const struct tunnel_type *type;
    const struct smap *options;
    struct tunnel_config *config;
    char *error; /* null: all is well so far */
};

static const struct tunnel_type *find_type(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        if (!strcmp(types[i].name, name)) {
            return &types[i];
        }
    }
    return NULL;
}

bool tunnel_config_is_type(const char *type)
{
    return find_type(type) != NULL;
}

/* A number, decimal or "0x...", with nothing behind it. */
static bool parse_number(const char *text, uint64_t max, uint64_t *number)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 0);
    *number = value;
    return *text >= '0' && *text <= '9' && !*end && !errno && value <= max;
}

static void fail(struct reader *r, char *error)
{
    if (r->error) {
        free(error);
    } else {
        r->error = error;
    }
}

/* Addresses. */

static void read_address(struct reader *r, const char *option, enum tunnel_value *value, struct inet_addr *addr)
{
    const char *text = smap_get(r->options, option);
    *value = TUNNEL_ANY;
    if (!text) {
        return;
    }
    if (!strcmp(text, "flow")) {
        *value = TUNNEL_FLOW;
        return;
    }
    if (!inet_addr_parse(text, addr) || !inet_addr_is_set(addr) || inet_addr_equals(addr, &(struct inet_addr[]) { inet_addr_v4(0) }[0])) {
        fail(r, xasprintf("%s: bad %s '%s'", r->name, r->type->name, option));
        return;
    }
    if (inet_addr_is_multicast(addr)) {
        fail(r, xasprintf("%s: multicast %s=%s not allowed", r->name, option, text));
        return;
    }
    *value = TUNNEL_FIXED;
}

static void read_addresses(struct reader *r)
{
    struct tunnel_config *c = r->config;
    read_address(r, "remote_ip", &c->remote, &c->remote_ip);
    read_address(r, "local_ip", &c->local, &c->local_ip);
    if (c->remote == TUNNEL_ANY) {
        fail(r, xasprintf("%s: %s type requires valid 'remote_ip' argument", r->name, r->type->name));
    }
    if (c->local == TUNNEL_FLOW && c->remote != TUNNEL_FLOW) {
        fail(r, xasprintf("%s: %s type requires 'remote_ip=flow' with 'local_ip=flow'", r->name, r->type->name));
    }
    bool v6_remote = c->remote == TUNNEL_FIXED && !inet_addr_is_v4(&c->remote_ip);
    bool v6_local = c->local == TUNNEL_FIXED && !inet_addr_is_v4(&c->local_ip);
    if (c->remote == TUNNEL_FIXED && c->local == TUNNEL_FIXED && v6_remote != v6_local) {
        fail(r, xasprintf("%s: 'remote_ip' and 'local_ip' has to be of the same address family", r->name));
    }
    if (r->type->v6_only && ((c->remote == TUNNEL_FIXED && !v6_remote) || (c->local == TUNNEL_FIXED && !v6_local))) {
        fail(r, xasprintf("%s: %s type requires addresses of IPv6", r->name, r->type->name));
    }
}

/* Keys. */

static void read_key(struct reader *r, const char *option, enum tunnel_value *value, uint64_t *number)
{
    const char *text = smap_get(r->options, option);
    if (!text) {
        option = "key";
        text = smap_get(r->options, option);
    }
    *value = TUNNEL_ANY;
    if (!text) {
        return;
    }
    if (!strcmp(text, "flow")) {
        *value = TUNNEL_FLOW;
    } else if (parse_number(text, r->type->max_key, number)) {
        *value = TUNNEL_FIXED;
    } else {
        *number = 0;
        fail(r, xasprintf("%s: '%s' of %s must be \"flow\" or a number up to %" PRIu64 ", not \"%s\"", r->name, option,
                          r->type->name, r->type->max_key, text));
    }
}

/* Numbers and switches. */

static uint64_t read_number(struct reader *r, const char *option, uint64_t otherwise, uint64_t min, uint64_t max)
{
    const char *text = smap_get(r->options, option);
    uint64_t number = otherwise;
    if (text && (!parse_number(text, max, &number) || number < min)) {
        fail(r, xasprintf("%s: '%s' must be a number from %" PRIu64 " to %" PRIu64 ", not \"%s\"", r->name, option, min, max,
                          text));
        return otherwise;
    }
    return number;
}

static bool read_bool(struct reader *r, const char *option, bool otherwise)
{
    const char *text = smap_get(r->options, option);
    if (text && strcasecmp(text, "true") && strcasecmp(text, "false")) {
        fail(r, xasprintf("%s: '%s' must be true or false, not \"%s\"", r->name, option, text));
    }
    return text ? !strcasecmp(text, "true") : otherwise;
}

static bool is_inherited(const struct reader *r, const char *option)
{
    return !strcmp(smap_get_or(r->options, option, ""), "inherit");
}

static void read_tos_and_ttl(struct reader *r)
{
    struct tunnel_config *c = r->config;
    c->tos_inherit = is_inherited(r, "tos");
    c->ttl_inherit = is_inherited(r, "ttl");
    c->ttl = TUNNEL_DEFAULT_TTL;
    if (!c->tos_inherit) {
        c->tos = (uint8_t) read_number(r, "tos", 0, 0, UINT8_MAX);
        if (c->tos & IP_ECN_MASK) {
            fail(r, xasprintf("%s: invalid TOS %s: its two lowest bits are for congestion notification", r->name,
                              smap_get(r->options, "tos")));
        }
    }
    if (!c->ttl_inherit) {
        c->ttl = (uint8_t) read_number(r, "ttl", TUNNEL_DEFAULT_TTL, 0, UINT8_MAX);
        c->ttl = c->ttl ? c->ttl : TUNNEL_DEFAULT_TTL;
    }
}

/* What the port carries, and how. */
static void read_payload(struct reader *r)
{
    struct tunnel_config *c = r->config;
    const char *packets = smap_get_or(r->options, "packet_type", "legacy_l2");
    const char *extensions = smap_get_or(r->options, "exts", "");
    c->l3 = !strcmp(packets, "legacy_l3");
    if (strcmp(packets, "legacy_l2") && (!c->l3 || c->kind != TUNNEL_GRE || c->nvgre)) {
        fail(r, xasprintf("%s: packet_type=%s is not supported by %s ports", r->name, packets, r->type->name));
    }
    c->gbp = !strcmp(extensions, "gbp");
    if (*extensions && (!c->gbp || c->kind != TUNNEL_VXLAN)) {
        fail(r, xasprintf("%s: unknown extension '%s'", r->name, extensions));
    }
    c->seq = read_bool(r, "seq", false);
    if (c->seq && (c->kind != TUNNEL_GRE || c->nvgre)) {
        fail(r, xasprintf("%s: %s packets have no sequence number ('seq')", r->name, r->type->name));
    }
    c->csum = read_bool(r, "csum", false);
    if (c->csum && c->nvgre) {
        fail(r, xasprintf("%s: nvgre packets have no checksum ('csum')", r->name));
    }
}

/* Options that ask for encryption: nothing is sent in the clear where they are. */
static void refuse_encryption(struct reader *r)
{
    static const char *const options[] = { "psk", "remote_cert", "remote_name", "ipsec_encapsulation", "ipsec_skb_mark" };
    for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
        if (smap_get(r->options, options[i])) {
            fail(r, xasprintf("%s: '%s' asks for encryption, which is not supported", r->name, options[i]));
        }
    }
}

char *tunnel_config_parse(const char *name, const char *type_name, const struct smap *options, struct tunnel_config *c)
{
    const struct tunnel_type *type = find_type(type_name);
    struct reader r = { .name = name, .type = type, .options = options, .config = c };
    memset(c, 0, sizeof *c);
    c->type = type->name;
    c->kind = type->kind;
    c->nvgre = type->nvgre;
    c->v6_only = type->v6_only;
    read_addresses(&r);
    read_key(&r, "in_key", &c->in_key, &c->in_key_value);
    read_key(&r, "out_key", &c->out_key, &c->out_key_value);
    if (type->port) {
        c->dst_port = (uint16_t) read_number(&r, "dst_port", type->port, 1, UINT16_MAX);
    } else if (smap_get(options, "dst_port")) {
        fail(&r, xasprintf("%s: %s packets have no port ('dst_port')", name, type->name));
    }
    read_tos_and_ttl(&r);
    read_payload(&r);
    c->df = read_bool(&r, "df_default", true);
    c->set_mark = smap_get(options, "egress_pkt_mark") != NULL;
    c->mark = (uint32_t) read_number(&r, "egress_pkt_mark", 0, 0, UINT32_MAX);
    refuse_encryption(&r);
    return r.error;
}

void tunnel_config_device_name(const struct tunnel_config *c, char name[TUNNEL_DEVICE_NAME_SIZE])
{
    if (c->kind == TUNNEL_GRE) {
        snprintf(name, TUNNEL_DEVICE_NAME_SIZE, "gre_sys");
    } else {
        snprintf(name, TUNNEL_DEVICE_NAME_SIZE, "%s_sys_%u", c->kind == TUNNEL_VXLAN ? "vxlan" : "genev", c->dst_port);
    }
}

unsigned int tunnel_config_overhead(const struct tunnel_config *c, bool v6, unsigned int options_len)
{
    unsigned int n = v6 ? IPV6_HEADER_LEN : IP_HEADER_LEN;
    switch (c->kind) {
    case TUNNEL_VXLAN:
        n += UDP_HEADER_LEN + VXLAN_HEADER_LEN;
        break;
    case TUNNEL_GENEVE:
        n += UDP_HEADER_LEN + GENEVE_HEADER_LEN + options_len;
        break;
    case TUNNEL_GRE:
        n += GRE_HEADER_LEN + (c->csum ? 4 : 0) + (c->out_key != TUNNEL_ANY ? 4 : 0) + (c->seq ? 4 : 0);
        break;
    }
    return n + (c->l3 ? 0 : ETH_HEADER_LEN);
}

static void put_address(struct strbuf *s, enum tunnel_value value, const struct inet_addr *addr)
{
    if (value == TUNNEL_FIXED) {
        inet_addr_put(s, addr);
    } else {
        strbuf_puts(s, value == TUNNEL_FLOW ? "flow" : "::");
    }
}

void tunnel_config_format_match(struct strbuf *s, const struct tunnel_config *c, uint32_t dp_no)
{
    put_address(s, c->local, &c->local_ip);
    strbuf_puts(s, "->");
    put_address(s, c->remote, &c->remote_ip);
    if (c->in_key == TUNNEL_FLOW) {
        strbuf_puts(s, ", key=flow");
    } else {
        strbuf_putf(s, c->in_key_value ? ", key=0x%" PRIx64 : ", key=%" PRIx64, c->in_key_value);
    }
    strbuf_putf(s, ", legacy_%s, dp port=%u", c->l3 ? "l3" : "l2", dp_no);
}
