/* SPDX-License-Identifier: Apache-2.0 */
/* Reading rtnetlink messages about routes, addresses and neighbours (rtnetlink(7)). */
#include "lib/base/route_msg.h"

#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <linux/neighbour.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>

enum { MAX_ATTR = 32, MAC_LEN = 6 };

/* The attributes with small numbers, null where there is none. */
struct attrs {
    const struct nlattr *of[MAX_ATTR];
};

static int note_attr(const struct nlattr *attr, void *attrs_)
{
    struct attrs *attrs = attrs_;
    if (mnl_attr_get_type(attr) < MAX_ATTR) {
        attrs->of[mnl_attr_get_type(attr)] = attr;
    }
    return MNL_CB_OK;
}

static bool get_address(const struct nlattr *attr, uint8_t family, struct inet_addr *a)
{
    size_t n = attr ? mnl_attr_get_payload_len(attr) : 0;
    *a = inet_addr_none();
    if (family == AF_INET && n == sizeof(be32)) {
        *a = inet_addr_v4(get_be32(mnl_attr_get_payload(attr)));
    } else if (family == AF_INET6 && n == sizeof a->bytes) {
        *a = inet_addr_v6(mnl_attr_get_payload(attr));
    } else {
        return false;
    }
    return true;
}

static uint32_t get_u32(const struct nlattr *attr)
{
    return attr && mnl_attr_get_payload_len(attr) >= sizeof(uint32_t) ? mnl_attr_get_u32(attr) : 0;
}

static bool is_ip(uint8_t family)
{
    return family == AF_INET || family == AF_INET6;
}

/* The length of a prefix in the mapped form. False if it is longer than an address. */
static bool get_bits(uint8_t family, uint8_t length, unsigned int *bits)
{
    unsigned int first = family == AF_INET ? INET_ADDR_V4_BITS : 0;
    *bits = first + length;
    return *bits <= INET_ADDR_BITS;
}

static uint32_t get_mtu(const struct nlattr *metrics)
{
    struct attrs attrs = { { NULL } };
    if (metrics) {
        mnl_attr_parse_nested(metrics, note_attr, &attrs);
    }
    return get_u32(attrs.of[RTAX_MTU]);
}

/* A gateway of the other family (RTA_VIA), as IPv4 routes over IPv6 next hops have. */
static void get_via(const struct nlattr *attr, struct inet_addr *gateway)
{
    const struct rtvia *via = attr ? mnl_attr_get_payload(attr) : NULL;
    size_t n = attr ? mnl_attr_get_payload_len(attr) : 0;
    if (n < sizeof *via) {
        return;
    }
    if (via->rtvia_family == AF_INET6 && n >= sizeof *via + 16) {
        *gateway = inet_addr_v6(via->rtvia_addr);
    } else if (via->rtvia_family == AF_INET && n >= sizeof *via + 4) {
        *gateway = inet_addr_v4(get_be32(via->rtvia_addr));
    }
}

/* Of several next hops the first. */
static void get_hop(const struct nlattr *multipath, uint8_t family, struct route_msg *msg)
{
    const struct rtnexthop *hop = multipath ? mnl_attr_get_payload(multipath) : NULL;
    size_t n = multipath ? mnl_attr_get_payload_len(multipath) : 0;
    if (n < sizeof *hop || hop->rtnh_len < sizeof *hop || hop->rtnh_len > n) {
        return;
    }
    struct attrs attrs = { { NULL } };
    mnl_attr_parse_payload(hop + 1, hop->rtnh_len - sizeof *hop, note_attr, &attrs);
    msg->route.ifindex = hop->rtnh_ifindex;
    if (!get_address(attrs.of[RTA_GATEWAY], family, &msg->route.gateway)) {
        get_via(attrs.of[RTA_VIA], &msg->route.gateway);
    }
}

static void parse_route(const struct nlmsghdr *nlh, struct route_msg *msg)
{
    const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
    struct attrs attrs = { { NULL } };
    if (mnl_nlmsg_get_payload_len(nlh) < sizeof *rtm || !is_ip(rtm->rtm_family)
        || !get_bits(rtm->rtm_family, rtm->rtm_dst_len, &msg->route.bits)) {
        return;
    }
    mnl_attr_parse(nlh, sizeof *rtm, note_attr, &attrs);
    if (!get_address(attrs.of[RTA_DST], rtm->rtm_family, &msg->route.prefix)) {
        if (rtm->rtm_dst_len) {
            return;
        }
        msg->route.prefix = rtm->rtm_family == AF_INET ? inet_addr_v4(0) : inet_addr_none();
    }
    msg->route.ifindex = (int) get_u32(attrs.of[RTA_OIF]);
    if (!get_address(attrs.of[RTA_GATEWAY], rtm->rtm_family, &msg->route.gateway)) {
        get_via(attrs.of[RTA_VIA], &msg->route.gateway);
    }
    get_address(attrs.of[RTA_PREFSRC], rtm->rtm_family, &msg->route.source);
    if (!msg->route.ifindex) {
        get_hop(attrs.of[RTA_MULTIPATH], rtm->rtm_family, msg);
    }
    msg->route.table = attrs.of[RTA_TABLE] ? get_u32(attrs.of[RTA_TABLE]) : rtm->rtm_table;
    msg->route.mark = get_u32(attrs.of[RTA_MARK]);
    msg->route.mtu = get_mtu(attrs.of[RTA_METRICS]);
    msg->route.type = rtm->rtm_type;
    msg->route.protocol = rtm->rtm_protocol;
    msg->route.is_clone = rtm->rtm_flags & RTM_F_CLONED;
    msg->news = ROUTE_NEWS_ROUTE;
}

static void parse_address(const struct nlmsghdr *nlh, struct route_msg *msg)
{
    const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(nlh);
    struct attrs attrs = { { NULL } };
    if (mnl_nlmsg_get_payload_len(nlh) < sizeof *ifa || !is_ip(ifa->ifa_family)
        || !get_bits(ifa->ifa_family, ifa->ifa_prefixlen, &msg->address.bits)) {
        return;
    }
    mnl_attr_parse(nlh, sizeof *ifa, note_attr, &attrs);
    /* IFA_LOCAL is the own end of a point-to-point link; IFA_ADDRESS then the other. */
    const struct nlattr *attr = attrs.of[IFA_LOCAL] ? attrs.of[IFA_LOCAL] : attrs.of[IFA_ADDRESS];
    if (ifa->ifa_index && get_address(attr, ifa->ifa_family, &msg->address.addr)) {
        msg->address.ifindex = (int) ifa->ifa_index;
        msg->news = ROUTE_NEWS_ADDRESS;
    }
}

static void parse_neighbour(const struct nlmsghdr *nlh, struct route_msg *msg)
{
    enum { USABLE = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT | NUD_NOARP };
    const struct ndmsg *ndm = mnl_nlmsg_get_payload(nlh);
    struct attrs attrs = { { NULL } };
    if (mnl_nlmsg_get_payload_len(nlh) < sizeof *ndm || !is_ip(ndm->ndm_family) || ndm->ndm_ifindex <= 0) {
        return;
    }
    mnl_attr_parse(nlh, sizeof *ndm, note_attr, &attrs);
    if (!get_address(attrs.of[NDA_DST], ndm->ndm_family, &msg->neighbour.addr)) {
        return;
    }
    const struct nlattr *mac = attrs.of[NDA_LLADDR];
    msg->neighbour.ifindex = ndm->ndm_ifindex;
    msg->neighbour.usable = ndm->ndm_state & USABLE && mac && mnl_attr_get_payload_len(mac) == MAC_LEN;
    if (msg->neighbour.usable) {
        memcpy(msg->neighbour.mac, mnl_attr_get_payload(mac), MAC_LEN);
    }
    msg->news = ROUTE_NEWS_NEIGHBOUR;
}

void route_msg_parse(const struct nlmsghdr *nlh, struct route_msg *msg)
{
    memset(msg, 0, sizeof *msg);
    switch (nlh->nlmsg_type) {
    case RTM_DELROUTE:
    case RTM_NEWROUTE:
        msg->gone = nlh->nlmsg_type == RTM_DELROUTE;
        parse_route(nlh, msg);
        break;
    case RTM_DELADDR:
    case RTM_NEWADDR:
        msg->gone = nlh->nlmsg_type == RTM_DELADDR;
        parse_address(nlh, msg);
        break;
    case RTM_DELNEIGH:
    case RTM_NEWNEIGH:
        msg->gone = nlh->nlmsg_type == RTM_DELNEIGH;
        parse_neighbour(nlh, msg);
        break;
    case RTM_NEWRULE:
    case RTM_DELRULE:
    case RTM_NEWNEXTHOP:
    case RTM_DELNEXTHOP:
        msg->news = ROUTE_NEWS_POLICY;
        break;
    default:
        break;
    }
}
