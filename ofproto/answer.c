/* SPDX-License-Identifier: Apache-2.0 */
/* Sending the switch's own answers. */
#include "ofproto/answer.h"

#include <pthread.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/coverage.h"
#include "lib/base/log.h"
#include "lib/ofp/action.h"
#include "ofproto/packet_key.h"
#include "ofproto/port_map.h"
#include "ofproto/tunnel_map.h"
#include "ofproto/xlate.h"

LOG_MODULE(answer);

COVERAGE_DEFINE(answer_sent);
COVERAGE_DEFINE(answer_limited);

enum { ANSWERS_PER_SECOND = 1000 };

/* Is there an answer left in this second? */
static bool take_token(void)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static int64_t second;
    static unsigned int n;
    pthread_mutex_lock(&lock);
    int64_t now = clock_ms() / 1000;
    if (now != second) {
        second = now;
        n = 0;
    }
    bool left = n < ANSWERS_PER_SECOND;
    n += left;
    pthread_mutex_unlock(&lock);
    return left;
}

/* The port that the packet came in by. */
static const struct map_port *find_port(const struct port_map *map, const struct flow *key)
{
    const struct map_port *port = port_map_by_dp(map, key->in_port);
    const struct tunnel_map *tunnels = port_map_tunnels(map);
    return port || !tunnels ? port : tunnel_map_find(tunnels, key->in_port, key);
}

/* An answer that leaves by a tunnel goes where the packet came from. */
static void turn_tunnel(const struct flow *from, struct flow *key)
{
    if (from->lines & 1u << FLOW_LINE_TUNNEL) {
        flow_use_line(key, FLOW_LINE_TUNNEL);
        key->tun_id = from->tun_id;
        key->tun_src = from->tun_dst;
        key->tun_dst = from->tun_src;
        memcpy(key->tun_ipv6_src, from->tun_ipv6_dst, sizeof key->tun_ipv6_src);
        memcpy(key->tun_ipv6_dst, from->tun_ipv6_src, sizeof key->tun_ipv6_dst);
    }
}

static void send_answer(struct dp_client *client, const struct map_port *port, struct flow *key, const uint8_t *packet, size_t n)
{
    struct ofp_action_output output = { .a = { .type = OFPACT_OUTPUT, .len = sizeof output }, .port = port->no };
    key->in_port = OFPP_NONE;
    struct xlate_in in = {
        .flow = key,
        .ofproto = port->bridge->ofproto,
        .packet = packet,
        .packet_len = n,
        .actions = &output,
        .actions_size = sizeof output,
    };
    struct xlate_out out;
    xlate(&in, &out);
    struct flow metadata;
    flow_copy(&metadata, key);
    metadata.lines &= (1u << FLOW_N_DP_LINES) - 1;
    metadata.in_port = DP_PORT_NONE;
    struct dp_op op = {
        .type = DP_OP_EXECUTE,
        .key = &metadata,
        .actions = out.actions.data,
        .actions_size = out.actions.size,
        .packet = packet,
        .packet_len = n,
    };
    if (out.actions.size && (dp_operate(client, &op, 1) || op.error)) {
        log_warn_rl("an answer to a packet was not sent");
    }
    xlate_out_destroy(&out);
}

void answer_send(struct dp_client *client, const struct dp_upcall *upcall, const void *packet, size_t n)
{
    struct flow key;
    const struct map_port *port = find_port(port_map_rcu(), &upcall->key);
    if (!port || !packet_key(packet, n, &key)) {
        return;
    }
    if (!take_token()) {
        COVERAGE_INC(answer_limited);
        return;
    }
    COVERAGE_INC(answer_sent);
    turn_tunnel(&upcall->key, &key);
    send_answer(client, port, &key, packet, n);
}

size_t answer_put_ethernet(const struct flow *key, struct eth_addr src, uint8_t *to)
{
    struct eth_header *eth = (struct eth_header *) (void *) to;
    size_t n = ETH_HEADER_LEN;
    eth->dst = key->eth_src;
    eth->src = src;
    be16 *type = &eth->type;
    for (size_t i = 0; i < FLOW_MAX_VLANS && key->vlan[i].tci; i++) {
        struct vlan_header *vlan = (struct vlan_header *) (void *) (to + n);
        *type = key->vlan[i].tpid;
        vlan->tci = key->vlan[i].tci & ~htons(VLAN_CFI);
        type = &vlan->next_type;
        n += VLAN_HEADER_LEN;
    }
    *type = key->eth_type;
    return n;
}
