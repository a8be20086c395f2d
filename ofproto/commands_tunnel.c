/* SPDX-License-Identifier: Apache-2.0 */
/* ovs/route/..., tnl/...: the underlay of tunnels. */
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/strbuf.h"
#include "lib/base/underlay.h"
#include "lib/base/unixctl.h"
#include "lib/net/flow_text.h"
#include "ofproto/commands.h"
#include "ofproto/port_set.h"
#include "ofproto/private.h"
#include "ofproto/revalidator.h"
#include "ofproto/tunnel.h"
#include "ofproto/tunnel_listener.h"
#include "ofproto/tunnel_neigh.h"
#include "ofproto/tunnel_port.h"

static void reply_buffer(struct unixctl_conn *conn, struct strbuf *s)
{
    unixctl_reply(conn, strbuf_str(s));
    strbuf_destroy(s);
}

/* A decimal number of at most 'max'. */
static bool parse_number(const char *text, uint64_t max, uint64_t *number)
{
    size_t n = strspn(text, "0123456789");
    *number = n && n <= 10 && !text[n] ? strtoull(text, NULL, 10) : UINT64_MAX;
    return *number <= max;
}

/* "pkt_mark=MARK", the mark also in hexadecimal. */
static bool parse_mark(const char *text, uint32_t *mark)
{
    static const char key[] = "pkt_mark=";
    if (strncmp(text, key, sizeof key - 1)) {
        return false;
    }
    const char *digits = text + sizeof key - 1;
    char *end;
    unsigned long number = strtoul(digits, &end, 0);
    *mark = (uint32_t) number;
    return *digits && *digits != '-' && !*end && number <= UINT32_MAX;
}

/* Routes. */

static void route_show(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    struct strbuf s = STRBUF_INIT;
    underlay_show(tunnel_underlay(), &s);
    reply_buffer(conn, &s);
}

/* ADDRESS/BITS DEVICE [GATEWAY] [pkt_mark=MARK] [src=ADDRESS]. Null, or what is wrong. */
static const char *parse_route(int argc, const char *argv[], struct underlay_user_route *route)
{
    memset(route, 0, sizeof *route);
    if (!inet_addr_parse_prefix(argv[1], &route->prefix, &route->bits)) {
        return "Invalid parameters";
    }
    if (!*argv[2] || strlen(argv[2]) >= sizeof route->device) {
        return "Error while inserting route.";
    }
    strcpy(route->device, argv[2]);
    bool v4 = inet_addr_is_v4(&route->prefix);
    for (int i = 3; i < argc; i++) {
        bool is_source = !strncmp(argv[i], "src=", 4);
        struct inet_addr *to = is_source ? &route->source : &route->gateway;
        if (inet_addr_parse(argv[i] + (is_source ? 4 : 0), to)) {
            if (inet_addr_is_v4(to) != v4) {
                return "Invalid pkt_mark or gateway";
            }
        } else if (!parse_mark(argv[i], &route->mark)) {
            return i == 3 ? "Invalid pkt_mark or gateway" : "Invalid pkt_mark";
        }
    }
    return NULL;
}

static void route_add(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    struct underlay_user_route route;
    const char *wrong = parse_route(argc, argv, &route);
    if (!wrong && underlay_add_route(tunnel_underlay(), &route)) {
        wrong = "Error while inserting route.";
    }
    if (wrong) {
        unixctl_reply_error(conn, wrong);
    } else {
        unixctl_reply(conn, "OK");
    }
}

static void route_del(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    struct inet_addr prefix;
    unsigned int bits;
    uint32_t mark = 0;
    if (!inet_addr_parse_prefix(argv[1], &prefix, &bits)) {
        unixctl_reply_error(conn, "Invalid parameters");
    } else if (argc > 2 && !parse_mark(argv[2], &mark)) {
        unixctl_reply_error(conn, "Invalid pkt_mark");
    } else if (!underlay_del_route(tunnel_underlay(), &prefix, bits, mark)) {
        unixctl_reply_error(conn, "Not found");
    } else {
        unixctl_reply(conn, "OK");
    }
}

static void route_lookup(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    struct underlay_key key;
    struct underlay_route route;
    memset(&key, 0, sizeof key);
    if (!inet_addr_parse(argv[1], &key.dst)) {
        unixctl_reply_error(conn, "Invalid parameters");
        return;
    }
    if (argc > 2 && !parse_mark(argv[2], &key.mark)) {
        unixctl_reply_error(conn, "Invalid pkt_mark");
        return;
    }
    underlay_answer_unref(tunnel_underlay(), underlay_ask(tunnel_underlay(), &key, &route));
    if (!route.found) {
        unixctl_reply_error(conn, "Not found");
        return;
    }
    struct strbuf s = STRBUF_INIT;
    strbuf_puts(&s, "src ");
    inet_addr_put(&s, &route.source);
    strbuf_puts(&s, "\ngateway ");
    inet_addr_put(&s, &route.gateway);
    strbuf_putf(&s, "\ndev %s\n", route.device);
    reply_buffer(conn, &s);
}

/* Neighbours. */

static void neigh_show(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    struct strbuf s = STRBUF_INIT;
    tunnel_neigh_show(&s);
    reply_buffer(conn, &s);
}

static void neigh_set(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    struct inet_addr addr;
    struct eth_addr mac;
    if (!inet_addr_parse(argv[2], &addr)) {
        unixctl_reply_error(conn, "bad IP address");
    } else if (!eth_parse(argv[3], &mac)) {
        unixctl_reply_error(conn, "bad MAC address");
    } else {
        tunnel_neigh_set(argv[1], &addr, mac, clock_ms());
        revalidator_wake();
        unixctl_reply(conn, "OK");
    }
}

static void neigh_flush(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    tunnel_neigh_flush(argc > 1 ? argv[1] : NULL);
    revalidator_wake();
    unixctl_reply(conn, "OK");
}

static void neigh_aging(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    uint64_t seconds;
    if (argc < 2) {
        struct strbuf s = STRBUF_INIT;
        strbuf_putf(&s, "%u", tunnel_neigh_aging_s());
        reply_buffer(conn, &s);
    } else if (!parse_number(argv[1], UINT32_MAX, &seconds) || !tunnel_neigh_set_aging((unsigned int) seconds)) {
        unixctl_reply_error(conn, "bad aging value");
    } else {
        unixctl_reply(conn, "OK");
    }
}

/* Source ports. */

static void port_range(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    uint64_t min, max;
    if (argc < 3) {
        struct tunnel_port_range range = tunnel_port_range();
        struct strbuf s = STRBUF_INIT;
        strbuf_putf(&s, "Tunnel UDP source port range: %u-%u\n", range.min, range.max);
        reply_buffer(conn, &s);
    } else if (!parse_number(argv[1], UINT16_MAX, &min) || !min) {
        unixctl_reply(conn, "Invalid min.");
    } else if (!parse_number(argv[2], UINT16_MAX, &max) || !max) {
        unixctl_reply(conn, "Invalid max.");
    } else {
        tunnel_set_port_range((struct tunnel_port_range) { (uint16_t) MIN(min, max), (uint16_t) MAX(min, max) });
        unixctl_reply(conn, "OK");
    }
}

/* Ports. */

static void ports_show(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    struct strbuf s = STRBUF_INIT;
    tunnel_listeners_show(&s, argc > 1 && !strcmp(argv[1], "-v"));
    reply_buffer(conn, &s);
}

static void list_tunnels(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    struct strbuf s = STRBUF_INIT;
    tunnel_ports_list(&s);
    reply_buffer(conn, &s);
}

/* Addresses of dummies. */

static void dummy_address(struct unixctl_conn *conn, int argc, const char *argv[], void *aux)
{
    struct inet_addr addr;
    unsigned int bits;
    if (!inet_addr_parse_prefix(argv[2], &addr, &bits)) {
        unixctl_reply_error(conn, "Invalid parameters");
    } else if (strlen(argv[1]) >= IFNAMSIZ) {
        unixctl_reply_error(conn, "Unknown Dummy Interface");
    } else {
        underlay_add_address(tunnel_underlay(), argv[1], &addr, bits);
        unixctl_reply(conn, "OK");
    }
}

void commands_tunnel_register(struct unixctl *unixctl)
{
    unixctl_register(unixctl, "ovs/route/show", "", 0, 0, route_show, NULL);
    unixctl_register(unixctl, "ovs/route/add", "ip_addr/prefix_len out_br_name [gw] [pkt_mark=mark] [src=src_ip_addr]", 2, 5,
                     route_add, NULL);
    unixctl_register(unixctl, "ovs/route/del", "ip_addr/prefix_len [pkt_mark=mark]", 1, 2, route_del, NULL);
    unixctl_register(unixctl, "ovs/route/lookup", "ip_addr [pkt_mark=mark]", 1, 2, route_lookup, NULL);
    static const char *const prefixes[] = { "tnl/arp/", "tnl/neigh/" };
    for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
        struct strbuf name = STRBUF_INIT;
        size_t n = strlen(prefixes[i]);
        strbuf_puts(&name, prefixes[i]);
        strbuf_puts(&name, "show");
        unixctl_register(unixctl, strbuf_str(&name), "", 0, 0, neigh_show, NULL);
        strbuf_truncate(&name, n);
        strbuf_puts(&name, "set");
        unixctl_register(unixctl, strbuf_str(&name), "BRIDGE IP MAC", 3, 3, neigh_set, NULL);
        strbuf_truncate(&name, n);
        strbuf_puts(&name, "flush");
        unixctl_register(unixctl, strbuf_str(&name), "[BRIDGE]", 0, 1, neigh_flush, NULL);
        strbuf_truncate(&name, n);
        strbuf_puts(&name, "aging");
        unixctl_register(unixctl, strbuf_str(&name), "[SECS]", 0, 1, neigh_aging, NULL);
        strbuf_destroy(&name);
    }
    unixctl_register(unixctl, "tnl/ports/show", "-v", 0, 1, ports_show, NULL);
    unixctl_register(unixctl, "ofproto/list-tunnels", "", 0, 0, list_tunnels, NULL);
    unixctl_register(unixctl, "tnl/egress_port_range", "min max", 0, 2, port_range, NULL);
    if (ofprotos_config()->dummy) {
        unixctl_register(unixctl, "netdev-dummy/ip4addr", "[netdev] ipaddr/mask-prefix-len", 2, 2, dummy_address, NULL);
        unixctl_register(unixctl, "netdev-dummy/ip6addr", "[netdev] ip6addr", 2, 2, dummy_address, NULL);
    }
}
