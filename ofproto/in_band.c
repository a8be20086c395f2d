/* SPDX-License-Identifier: Apache-2.0 */
/* In-band control. */
#include "ofproto/in_band.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/next_hop.h"
#include "lib/base/stream_name.h"
#include "ofproto/connmgr_private.h"
#include "ofproto/port_map.h"
#include "ofproto/private.h"

LOG_MODULE(in_band);

enum {
    FROM_LOCAL_DHCP = 180000,
    TO_LOCAL_ARP,
    FROM_LOCAL_ARP,
    TO_NEXT_HOP_ARP,
    FROM_NEXT_HOP_ARP,
    TO_REMOTE_ARP,
    FROM_REMOTE_ARP,
    TO_REMOTE_TCP,
    FROM_REMOTE_TCP,
};

/* How often the next hops are asked for: while one is not known, and then. */
enum { SEARCH_MS = 1000, REFRESH_MS = 10000 };
enum { MANAGER_PORT = 6640, MAX_REMOTES = 256 };

struct remote {
    struct sockaddr_storage address;
    bool mac_known;
    struct eth_addr mac; /* of the next hop */
};

struct remotes {
    struct remote *all;
    size_t n, allocated;
};

/* A flow in text, and whether it is in the table. */
struct own_flow {
    int32_t priority;
    char *match;
};

struct in_band {
    struct connmgr *connmgr;
    struct loop_timer *timer;
    struct remotes controllers;
    struct own_flow *flows; /* in the table */
    size_t n_flows, allocated_flows;
    int queue;              /* of these flows */
};

static struct remotes managers; /* of all bridges */

/* The switch's own flows. */

static void put_or_delete(const struct in_band *ib, const struct own_flow *flow, bool put)
{
    struct ofproto *ofproto = connmgr_ofproto(ib->connmgr);
    struct ofp_flow_mod fm;
    char *text = ib->queue < 0 ? xasprintf("%s,actions=NORMAL", flow->match)
                               : xasprintf("%s,actions=set_queue:%d,NORMAL", flow->match, ib->queue);
    char *error = ofp_flow_mod_parse(&fm, text, OFPFC_ADD, NULL);
    if (error) {
        log_err("bridge %s: %s: %s", ofproto->name, text, error);
        free(error);
    } else {
        if (put) {
            table_add_own(ofproto, flow->priority, &fm.match, fm.actions.data, fm.actions.size);
        } else {
            table_del_own(ofproto, flow->priority, &fm.match);
        }
        ofp_flow_mod_destroy(&fm);
    }
    free(text);
}

struct wanted {
    struct own_flow *flows;
    size_t n, allocated;
};

/* Takes over 'match'. */
static void want(struct wanted *wanted, int32_t priority, char *match)
{
    if (wanted->n == wanted->allocated) {
        wanted->flows = grow_array(wanted->flows, &wanted->allocated, sizeof *wanted->flows);
    }
    wanted->flows[wanted->n++] = (struct own_flow) { priority, match };
}

enum { MAC_TEXT_SIZE = 18 };

static void mac_format(const struct eth_addr *mac, char text[MAC_TEXT_SIZE])
{
    snprintf(text, MAC_TEXT_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x", mac->ea[0], mac->ea[1], mac->ea[2], mac->ea[3], mac->ea[4],
             mac->ea[5]);
}

static void want_of_local_port(struct wanted *wanted, const struct eth_addr *mac, bool ipv6)
{
    char text[MAC_TEXT_SIZE];
    mac_format(mac, text);
    want(wanted, FROM_LOCAL_DHCP, xasprintf("in_port=LOCAL,dl_src=%s,udp,tp_src=68,tp_dst=67", text));
    want(wanted, TO_LOCAL_ARP, xasprintf("arp,dl_dst=%s,arp_op=2", text));
    want(wanted, FROM_LOCAL_ARP, xasprintf("arp,dl_src=%s,arp_op=1", text));
    if (ipv6) {
        want(wanted, TO_LOCAL_ARP, xasprintf("icmp6,dl_dst=%s,icmp_type=136,icmp_code=0", text));
        want(wanted, FROM_LOCAL_ARP, xasprintf("icmp6,dl_src=%s,icmp_type=135,icmp_code=0", text));
    }
}

static void want_of_remote(struct wanted *wanted, const struct remote *remote)
{
    const struct sockaddr_in *in = (const struct sockaddr_in *) &remote->address;
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *) &remote->address;
    bool v4 = remote->address.ss_family == AF_INET;
    char ip[INET6_ADDRSTRLEN] = "", mac[MAC_TEXT_SIZE];
    unsigned int port = ntohs(v4 ? in->sin_port : in6->sin6_port);
    inet_ntop(remote->address.ss_family, v4 ? (const void *) &in->sin_addr : &in6->sin6_addr, ip, sizeof ip);
    mac_format(&remote->mac, mac);
    if (v4 && remote->mac_known) {
        want(wanted, TO_NEXT_HOP_ARP, xasprintf("arp,dl_dst=%s,arp_op=2", mac));
        want(wanted, FROM_NEXT_HOP_ARP, xasprintf("arp,dl_src=%s,arp_op=1", mac));
    } else if (remote->mac_known) {
        want(wanted, TO_NEXT_HOP_ARP, xasprintf("icmp6,dl_dst=%s,icmp_type=136,icmp_code=0", mac));
        want(wanted, FROM_NEXT_HOP_ARP, xasprintf("icmp6,dl_src=%s,icmp_type=135,icmp_code=0", mac));
    }
    if (v4) {
        want(wanted, TO_REMOTE_ARP, xasprintf("arp,arp_tpa=%s,arp_op=2", ip));
        want(wanted, FROM_REMOTE_ARP, xasprintf("arp,arp_spa=%s,arp_op=1", ip));
        want(wanted, TO_REMOTE_TCP, xasprintf("tcp,nw_dst=%s,tp_dst=%u", ip, port));
        want(wanted, FROM_REMOTE_TCP, xasprintf("tcp,nw_src=%s,tp_src=%u", ip, port));
    } else {
        want(wanted, TO_REMOTE_ARP, xasprintf("icmp6,ipv6_dst=%s,icmp_type=136,icmp_code=0", ip));
        want(wanted, FROM_REMOTE_ARP, xasprintf("icmp6,ipv6_src=%s,icmp_type=135,icmp_code=0", ip));
        want(wanted, TO_REMOTE_TCP, xasprintf("tcp6,ipv6_dst=%s,tp_dst=%u", ip, port));
        want(wanted, FROM_REMOTE_TCP, xasprintf("tcp6,ipv6_src=%s,tp_src=%u", ip, port));
    }
}

static void want_all(const struct in_band *ib, struct wanted *wanted)
{
    const struct ofproto *ofproto = connmgr_ofproto(ib->connmgr);
    const struct remotes *sets[] = { &ib->controllers, &managers };
    bool any = false, ipv6 = false;
    for (size_t i = 0; i < ARRAY_SIZE(sets) && !ofproto->config.disable_in_band; i++) {
        for (size_t j = 0; j < sets[i]->n; j++) {
            any = true;
            ipv6 |= sets[i]->all[j].address.ss_family == AF_INET6;
            want_of_remote(wanted, &sets[i]->all[j]);
        }
    }
    if (any) {
        want_of_local_port(wanted, &ofproto->config.mac, ipv6);
    }
}

static bool has(const struct own_flow *flows, size_t n, const struct own_flow *flow)
{
    for (size_t i = 0; i < n; i++) {
        if (flows[i].priority == flow->priority && !strcmp(flows[i].match, flow->match)) {
            return true;
        }
    }
    return false;
}

/* Makes the table have what is wanted, and nothing of what is not any more. What loses its right of way has lost it when this returns: a
 * controller that is not in band any more must not be connected by flows that are still cached. */
static void apply(struct in_band *ib)
{
    bool removed = false;
    struct wanted wanted = { NULL, 0, 0 };
    struct ofproto *ofproto = connmgr_ofproto(ib->connmgr);
    int queue = ofproto->config.in_band_queue;
    bool renew = queue != ib->queue;
    want_all(ib, &wanted);
    if (ofproto->in_band != (wanted.n > 0)) {
        ofproto->in_band = wanted.n > 0;
        port_map_changed();
    }
    for (size_t i = 0; i < ib->n_flows; i++) {
        if (!has(wanted.flows, wanted.n, &ib->flows[i])) {
            put_or_delete(ib, &ib->flows[i], false);
            removed = true;
        }
    }
    ib->queue = queue;
    for (size_t i = 0; i < wanted.n; i++) {
        if (!has(wanted.flows, i, &wanted.flows[i]) && (renew || !has(ib->flows, ib->n_flows, &wanted.flows[i]))) {
            put_or_delete(ib, &wanted.flows[i], true);
        }
    }
    for (size_t i = 0; i < ib->n_flows; i++) {
        free(ib->flows[i].match);
    }
    free(ib->flows);
    ib->flows = wanted.flows;
    ib->n_flows = wanted.n;
    if (removed) {
        ofproto_barrier();
    }
}

/* Remotes. */

static void clear_remotes(struct remotes *remotes)
{
    free(remotes->all);
    *remotes = (struct remotes) { NULL, 0, 0 };
}

/* Only what goes over IP can go through the switch. */
static void add_remote(struct remotes *remotes, const char *target, uint16_t default_port)
{
    struct stream_address address;
    char *error = stream_name_parse(target, false, default_port, &address);
    if (!error && !address.path && remotes->n < MAX_REMOTES) {
        if (remotes->n == remotes->allocated) {
            remotes->all = grow_array(remotes->all, &remotes->allocated, sizeof *remotes->all);
        }
        remotes->all[remotes->n++] = (struct remote) { .address = address.sockaddr };
    }
    free(error);
    stream_address_destroy(&address);
}

/* True if it is known for good: nothing is to be found for an address of this machine. */
static bool find_next_hop(struct remote *remote)
{
    struct next_hop hop;
    if (next_hop_find(&remote->address, &hop)) {
        return false; /* what was known stays: the route may come back */
    }
    if (hop.mac_known) {
        memcpy(remote->mac.ea, hop.mac, sizeof remote->mac.ea);
        remote->mac_known = true;
    }
    return hop.is_local || remote->mac_known;
}

static bool find_next_hops(struct remotes *remotes)
{
    bool all = true;
    for (size_t i = 0; i < remotes->n; i++) {
        all &= find_next_hop(&remotes->all[i]);
    }
    return all;
}

static void refresh(void *ib_)
{
    struct in_band *ib = ib_;
    loop_timer_cancel(ib->timer);
    if (!connmgr_ofproto(ib->connmgr)->config.disable_in_band && ib->controllers.n + managers.n) {
        bool all = find_next_hops(&ib->controllers);
        all &= find_next_hops(&managers);
        loop_timer_set_in(ib->timer, all ? REFRESH_MS : SEARCH_MS);
    }
    apply(ib);
}

void in_band_set_managers(const char *const *targets, size_t n)
{
    clear_remotes(&managers);
    for (size_t i = 0; i < n; i++) {
        add_remote(&managers, targets[i], MANAGER_PORT);
    }
}

void in_band_update(struct in_band *ib, const char *const *targets, size_t n)
{
    clear_remotes(&ib->controllers);
    for (size_t i = 0; i < n; i++) {
        add_remote(&ib->controllers, targets[i], OFP_DEFAULT_PORT);
    }
    refresh(ib);
}

void in_band_flushed(struct in_band *ib)
{
    for (size_t i = 0; i < ib->n_flows; i++) {
        put_or_delete(ib, &ib->flows[i], true);
    }
}

/* Begin and end. */

struct in_band *in_band_create(struct connmgr *connmgr)
{
    struct in_band *ib = xzalloc(sizeof *ib);
    ib->connmgr = connmgr;
    ib->queue = -1;
    ib->timer = loop_timer_create(connmgr_loop(connmgr), refresh, ib);
    return ib;
}

void in_band_destroy(struct in_band *ib)
{
    if (ib) {
        for (size_t i = 0; i < ib->n_flows; i++) {
            free(ib->flows[i].match);
        }
        free(ib->flows);
        clear_remotes(&ib->controllers);
        loop_timer_destroy(ib->timer);
        free(ib);
    }
}
