/* SPDX-License-Identifier: Apache-2.0 */
/* The way to an address: the kernel's routes, then its neighbours (rtnetlink(7)). */
#include "lib/base/next_hop.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "lib/base/mem.h"

enum { BUFFER_SIZE = 8192, MAC_LEN = 6 };

/* An IP address as netlink has it. */
struct address {
    uint8_t family, n; /* bytes */
    uint8_t bytes[16];
};

static bool get_address(const struct sockaddr_storage *ss, struct address *a)
{
    memset(a, 0, sizeof *a);
    if (ss->ss_family == AF_INET) {
        a->n = 4;
        memcpy(a->bytes, &((const struct sockaddr_in *) ss)->sin_addr, 4);
    } else if (ss->ss_family == AF_INET6) {
        a->n = 16;
        memcpy(a->bytes, &((const struct sockaddr_in6 *) ss)->sin6_addr, 16);
    }
    a->family = (uint8_t) ss->ss_family;
    return a->n > 0;
}

/* Sends the request and hands the one answer to 'cb'. 0 or a positive errno. */
static int ask(struct nlmsghdr *request, mnl_cb_t cb, void *aux)
{
    char *buffer = xmalloc(BUFFER_SIZE);
    struct mnl_socket *nl = mnl_socket_open(NETLINK_ROUTE);
    int error = nl ? 0 : errno;
    request->nlmsg_flags = NLM_F_REQUEST;
    request->nlmsg_seq = 1;
    if (nl && (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) || mnl_socket_sendto(nl, request, request->nlmsg_len) < 0)) {
        error = errno;
    } else if (nl) {
        ssize_t n = mnl_socket_recvfrom(nl, buffer, BUFFER_SIZE);
        if (n < 0 || mnl_cb_run(buffer, (size_t) n, 1, mnl_socket_get_portid(nl), cb, aux) < 0) {
            error = errno;
        }
    }
    if (nl) {
        mnl_socket_close(nl);
    }
    free(buffer);
    return error;
}

struct route {
    bool is_local;
    int ifindex;
    struct address gateway; /* n is 0: the destination is on the link */
};

static int take_route(const struct nlmsghdr *nlh, void *route_)
{
    struct route *route = route_;
    const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
    const struct nlattr *attr;
    if (nlh->nlmsg_type != RTM_NEWROUTE) {
        return MNL_CB_OK;
    }
    route->is_local = rtm->rtm_type == RTN_LOCAL;
    mnl_attr_for_each (attr, nlh, sizeof *rtm) {
        if (mnl_attr_get_type(attr) == RTA_OIF && mnl_attr_get_payload_len(attr) >= sizeof(uint32_t)) {
            route->ifindex = (int) mnl_attr_get_u32(attr);
        } else if (mnl_attr_get_type(attr) == RTA_GATEWAY
                   && mnl_attr_get_payload_len(attr) == (rtm->rtm_family == AF_INET ? 4 : 16)) {
            route->gateway.family = rtm->rtm_family;
            route->gateway.n = (uint8_t) mnl_attr_get_payload_len(attr);
            memcpy(route->gateway.bytes, mnl_attr_get_payload(attr), route->gateway.n);
        }
    }
    return MNL_CB_OK;
}

static int find_route(const struct address *dst, struct route *route)
{
    char buffer[256] __attribute__((aligned(8)));
    struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
    nlh->nlmsg_type = RTM_GETROUTE;
    struct rtmsg *rtm = mnl_nlmsg_put_extra_header(nlh, sizeof *rtm);
    rtm->rtm_family = dst->family;
    rtm->rtm_dst_len = (unsigned char) (8 * dst->n);
    mnl_attr_put(nlh, RTA_DST, dst->n, dst->bytes);
    memset(route, 0, sizeof *route);
    return ask(nlh, take_route, route);
}

static int take_neighbour(const struct nlmsghdr *nlh, void *hop_)
{
    enum { USABLE = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT };
    struct next_hop *hop = hop_;
    const struct ndmsg *ndm = mnl_nlmsg_get_payload(nlh);
    const struct nlattr *attr;
    if (nlh->nlmsg_type != RTM_NEWNEIGH || !(ndm->ndm_state & USABLE)) {
        return MNL_CB_OK;
    }
    mnl_attr_for_each (attr, nlh, sizeof *ndm) {
        if (mnl_attr_get_type(attr) == NDA_LLADDR && mnl_attr_get_payload_len(attr) == MAC_LEN) {
            memcpy(hop->mac, mnl_attr_get_payload(attr), MAC_LEN);
            hop->mac_known = true;
        }
    }
    return MNL_CB_OK;
}

/* One that the kernel has not met yet is no error. */
static void find_neighbour(const struct address *address, struct next_hop *hop)
{
    char buffer[256] __attribute__((aligned(8)));
    struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
    nlh->nlmsg_type = RTM_GETNEIGH;
    struct ndmsg *ndm = mnl_nlmsg_put_extra_header(nlh, sizeof *ndm);
    ndm->ndm_family = address->family;
    ndm->ndm_ifindex = hop->ifindex;
    mnl_attr_put(nlh, NDA_DST, address->n, address->bytes);
    if (ask(nlh, take_neighbour, hop)) {
        hop->mac_known = false;
    }
}

int next_hop_find(const struct sockaddr_storage *dst, struct next_hop *hop)
{
    struct address address;
    struct route route;
    memset(hop, 0, sizeof *hop);
    if (!get_address(dst, &address)) {
        return EAFNOSUPPORT;
    }
    int error = find_route(&address, &route);
    if (error) {
        return error;
    }
    hop->is_local = route.is_local;
    hop->ifindex = route.ifindex;
    if (!hop->is_local) {
        find_neighbour(route.gateway.n ? &route.gateway : &address, hop);
    }
    return 0;
}
