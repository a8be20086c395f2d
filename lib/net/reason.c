/* SPDX-License-Identifier: Apache-2.0 */
/* The names of the drop reasons. */
#include "lib/net/reason.h"

#include <stddef.h>

#include "lib/base/compiler.h"

static const struct {
    const char *name;
    const char *text;
} reasons[] = {
    [DROP_NONE] = {"none", "the packet was not dropped"},
    [DROP_PARSE_TOO_SHORT] = {"parse_too_short", "shorter than an Ethernet header"},
    [DROP_BAD_OFFLOAD] = {"bad_offload", "checksum or segmentation metadata outside the packet"},
    [DROP_NO_BUFFER] = {"no_buffer", "no free packet buffer"},
    [DROP_UPCALL_QUEUE_FULL] = {"upcall_queue_full", "the upcall ring is full"},
    [DROP_UPCALL_QUOTA] = {"upcall_quota", "the port used up its share of the upcall ring"},
    [DROP_NO_CONTROL] = {"no_control", "no cached flow, and no control program has attached yet"},
    [DROP_INGRESS_POLICING] = {"ingress_policing", "more than the port that it came from may bring"},
    [DROP_EXPLICIT] = {"explicit", "the flow tables say drop"},
    [DROP_TTL_EXPIRED] = {"ttl_expired", "the TTL or hop limit would reach 0"},
    [DROP_RECIRC_LIMIT] = {"recirc_limit", "recirculated too often"},
    [DROP_NO_HEADROOM] = {"no_headroom", "no room in front of the packet for another header"},
    [DROP_ACTION_UNSUITED] = {"action_unsuited",
                              "an action needs a header that the packet does not have"},
    [DROP_METER] = {"meter", "a drop band of a meter was exceeded"},
    [DROP_TUNNEL_PORT] = {"tunnel_port", "decapsulation for a port that is no tunnel port"},
    [DROP_TUNNEL_TRUNCATED] = {"tunnel_truncated",
                               "outer headers that are cut, or whose lengths contradict the packet"},
    [DROP_TUNNEL_CHECKSUM] = {"tunnel_checksum", "a wrong checksum of outer headers"},
    [DROP_TUNNEL_UNKNOWN] = {"tunnel_unknown",
                             "a tunnel header with an unknown version, flag or payload"},
    [DROP_TUNNEL_OPTIONS] = {"tunnel_options", "Geneve options that end beyond their header"},
    [DROP_TUNNEL_FRAGMENT] = {"tunnel_fragment", "a fragment that cannot be put together with others, or that is to be decapsulated"},
    [DROP_TUNNEL_DEPTH] = {"tunnel_depth", "in more tunnels at once than the limit"},
    [DROP_TUNNEL_TOO_BIG] = {"tunnel_too_big",
                             "longer with outer headers than an IP packet can be"},
    [DROP_TUNNEL_BARE] = {"tunnel_bare", "output to a tunnel port without outer headers"},
    [DROP_NO_PORT] = {"no_port", "output to a port that does not exist"},
    [DROP_PORT_DOWN] = {"port_down", "output to a port that is down"},
    [DROP_QOS] = {"qos", "more than the port, or its queue, may send"},
    [DROP_TX_QUEUE_FULL] = {"tx_queue_full", "the device takes no more packets"},
    [DROP_TX_ERROR] = {"tx_error", "the device refused the packet"},
    [DROP_MTU] = {"mtu", "longer than the port can send"},
    [DROP_SEGMENTATION] = {"segmentation", "a super-packet that cannot be segmented"},
    [DROP_XLATE_TOO_DEEP] = {"xlate_too_deep", "more resubmits or nested tables than the limit"},
    [DROP_XLATE_BRIDGE_GONE] = {"xlate_bridge_gone", "the port has no bridge"},
    [DROP_XLATE_VLAN] = {"xlate_vlan", "the VLAN is not allowed on the port it came from"},
    [DROP_XLATE_FAIL_MODE] = {"xlate_fail_mode",
                              "no flow matches while the bridge waits for its controller"},
    [DROP_XLATE_RESERVED_MAC] = {"xlate_reserved_mac",
                                 "a link-local group address that bridges do not forward"},
    [DROP_XLATE_NO_RECIRC] = {"xlate_no_recirc", "the recirculation id is not known"},
    [DROP_XLATE_FRAGMENT] = {"xlate_fragment", "the bridge drops IP fragments"},
    [DROP_XLATE_PORT_CONFIG] = {"xlate_port_config", "the OpenFlow port configuration forbids it"},
    [DROP_XLATE_STACK] = {"xlate_stack", "more pushes to the stack than the limit"},
    [DROP_XLATE_NO_GROUP] = {"xlate_no_group", "a group that does not exist"},
    [DROP_XLATE_ACTION_SIZE] = {"xlate_action_size",
                                "more datapath actions than one list may hold"},
    [DROP_NO_LIVE_BUCKET] = {"no_live_bucket", "the group has no live bucket"},
    [DROP_XLATE_TUNNEL_UNKNOWN] = {"xlate_tunnel_unknown", "no tunnel port has this key and these addresses"},
    [DROP_XLATE_TUNNEL_ECN] = {"xlate_tunnel_ecn", "the tunnel met congestion that the packet cannot be told of"},
    [DROP_XLATE_TUNNEL_REMOTE] = {"xlate_tunnel_remote", "the tunnel has no usable remote address for the packet"},
    [DROP_XLATE_TUNNEL_KEY] = {"xlate_tunnel_key", "the key is too large for the tunnel"},
    [DROP_XLATE_TUNNEL_ROUTE] = {"xlate_tunnel_route", "no route to the tunnel's remote address by a port of a bridge"},
    [DROP_XLATE_TUNNEL_NEIGHBOUR] = {"xlate_tunnel_neighbour",
                                     "the Ethernet address of the tunnel's next hop is not known"},
    [DROP_XLATE_TUNNEL_RECURSION] = {"xlate_tunnel_recursion", "the packet is in a tunnel already"},
    [DROP_XLATE_TUNNEL_MTU] = {"xlate_tunnel_mtu", "the packet is too large for the path of the tunnel"},
};
static_assert(ARRAY_SIZE(reasons) == DROP_N_REASONS, "every reason has a name");

const char *drop_reason_name(enum drop_reason reason)
{
    return (unsigned int)reason < DROP_N_REASONS ? reasons[reason].name : NULL;
}

const char *drop_reason_text(enum drop_reason reason)
{
    return (unsigned int)reason < DROP_N_REASONS ? reasons[reason].text : NULL;
}
