/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to rtnetlink about the devices behind ports. */
#include "datapath/netdev.h"

#include <errno.h>
#include <string.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <libmnl/libmnl.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>

#include "datapath/port.h"
#include "lib/base/linkwatch_msg.h"
#include "lib/base/log.h"

LOG_MODULE(netdev);

enum {
    REQUEST_MAX = 1024,
    ANSWER_MAX = 32768,
    ANSWER_TIMEOUT_S = 2, /* the kernel answers within the call */
};

/* The socket of all requests, opened with the first one. */
static struct mnl_socket *nl;
static unsigned int last_seq;

static int open_socket(void)
{
    const struct timeval timeout = { .tv_sec = ANSWER_TIMEOUT_S };

    if (nl) {
        return 0;
    }
    nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    if (!nl) {
        return errno;
    }
    if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) ||
        setsockopt(mnl_socket_get_fd(nl), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout)) {
        int error = errno;
        mnl_socket_close(nl);
        nl = NULL;
        return error;
    }
    return 0;
}

typedef void answer_cb(const struct nlmsghdr *, void *aux);

/* Sends 'nlh' and hands its answer, if it is not only an acknowledgement, to 'cb'. 0 or a positive
 * errno. */
static int transact(struct nlmsghdr *nlh, answer_cb *cb, void *aux)
{
    static char buf[ANSWER_MAX] __attribute__((aligned(8)));
    int error = open_socket();

    if (error) {
        return error;
    }
    nlh->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
    nlh->nlmsg_seq = ++last_seq;
    if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0) {
        return errno;
    }
    for (;;) {
        ssize_t received = mnl_socket_recvfrom(nl, buf, sizeof buf);
        if (received < 0) {
            return errno == EAGAIN ? ETIMEDOUT : errno;
        }
        const struct nlmsghdr *answer = (const void *) buf;
        int left = received;
        for (; mnl_nlmsg_ok(answer, left); answer = mnl_nlmsg_next(answer, &left)) {
            if (answer->nlmsg_seq != last_seq) {
                continue; /* of a request that timed out */
            }
            if (answer->nlmsg_type == NLMSG_ERROR) {
                const struct nlmsgerr *err = mnl_nlmsg_get_payload(answer);
                return mnl_nlmsg_get_payload_len(answer) >= sizeof *err ? -err->error : EPROTO;
            }
            if (cb) {
                cb(answer, aux);
            }
        }
    }
}

int netdev_request(struct nlmsghdr *nlh)
{
    return transact(nlh, NULL, NULL);
}

static void take_link(const struct nlmsghdr *nlh, void *aux)
{
    struct link_info *info = aux;

    if (linkwatch_msg_parse(nlh, info) != LINK_NEWS_UPDATE) {
        memset(info, 0, sizeof *info);
    }
}

int netdev_get(int netnsid, const char *name, int ifindex, struct link_info *info)
{
    char buf[REQUEST_MAX] __attribute__((aligned(8)));
    struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

    nlh->nlmsg_type = RTM_GETLINK;
    struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(nlh, sizeof *ifi);
    ifi->ifi_family = AF_UNSPEC;
    ifi->ifi_index = ifindex;
    if (name) {
        if (strlen(name) >= IFNAMSIZ) {
            return ENODEV;
        }
        mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
    }
    if (netnsid != NETDEV_OWN_NETNS) {
        mnl_attr_put_u32(nlh, IFLA_TARGET_NETNSID, netnsid);
    }

    memset(info, 0, sizeof *info);
    int error = transact(nlh, take_link, info);
    return error ? error : info->ifindex ? 0 : ENODEV;
}

int netdev_set(int ifindex, const struct netdev_change *change)
{
    char buf[REQUEST_MAX] __attribute__((aligned(8)));
    struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

    nlh->nlmsg_type = RTM_SETLINK;
    struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(nlh, sizeof *ifi);
    ifi->ifi_family = AF_UNSPEC;
    ifi->ifi_index = ifindex;
    if (change->set_admin) {
        ifi->ifi_change = IFF_UP;
        ifi->ifi_flags = change->admin_up ? IFF_UP : 0;
    }
    if (change->mac) {
        mnl_attr_put(nlh, IFLA_ADDRESS, sizeof *change->mac, change->mac);
    }
    if (change->mtu) {
        mnl_attr_put_u32(nlh, IFLA_MTU, change->mtu);
    }
    return transact(nlh, NULL, NULL);
}

static void take_nsid(const struct nlmsghdr *nlh, void *aux)
{
    const struct nlattr *attr;
    int32_t *nsid = aux;

    if (nlh->nlmsg_type != RTM_NEWNSID) {
        return;
    }
    mnl_attr_for_each (attr, nlh, sizeof(struct rtgenmsg)) {
        if (mnl_attr_get_type(attr) == NETNSA_NSID &&
            mnl_attr_get_payload_len(attr) == sizeof *nsid) {
            memcpy(nsid, mnl_attr_get_payload(attr), sizeof *nsid);
        }
    }
}

static int nsid_request(int type, int netns_fd, int32_t *nsid)
{
    char buf[REQUEST_MAX] __attribute__((aligned(8)));
    struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

    nlh->nlmsg_type = type;
    struct rtgenmsg *gen = mnl_nlmsg_put_extra_header(nlh, sizeof *gen);
    gen->rtgen_family = AF_UNSPEC;
    mnl_attr_put_u32(nlh, NETNSA_FD, netns_fd);
    if (type == RTM_NEWNSID) {
        mnl_attr_put_u32(nlh, NETNSA_NSID, (uint32_t) NETNSA_NSID_NOT_ASSIGNED);
    }
    *nsid = NETNSA_NSID_NOT_ASSIGNED;
    return transact(nlh, take_nsid, nsid);
}

/* Is 'netns_fd' the namespace that this thread is in? */
static bool is_own_netns(int netns_fd)
{
    struct stat own, other;

    return !stat("/proc/thread-self/ns/net", &own) && !fstat(netns_fd, &other) &&
           own.st_dev == other.st_dev && own.st_ino == other.st_ino;
}

int netdev_netns_id(int netns_fd, int *netnsid)
{
    int32_t nsid;

    *netnsid = NETDEV_OWN_NETNS;
    if (is_own_netns(netns_fd)) {
        return 0;
    }
    int error = nsid_request(RTM_GETNSID, netns_fd, &nsid);
    if (!error && nsid == NETNSA_NSID_NOT_ASSIGNED) {
        int ignored;
        error = nsid_request(RTM_NEWNSID, netns_fd, &ignored);
        if (!error || error == EEXIST) {
            error = nsid_request(RTM_GETNSID, netns_fd, &nsid);
        }
    }
    if (!error && nsid < 0) {
        error = ENODEV;
    }
    *netnsid = nsid;
    return error;
}

uint32_t netdev_speed(const char *name)
{
    struct ethtool_cmd cmd = { .cmd = ETHTOOL_GSET };
    struct ifreq ifr = { .ifr_data = (void *) &cmd };

    if (strlen(name) >= IFNAMSIZ || open_socket()) {
        return 0;
    }
    strcpy(ifr.ifr_name, name);
    if (ioctl(mnl_socket_get_fd(nl), SIOCETHTOOL, &ifr)) {
        return 0;
    }
    uint32_t speed = ethtool_cmd_speed(&cmd);
    return speed == (uint32_t) SPEED_UNKNOWN ? 0 : speed;
}

unsigned int netdev_n_rx_queues(const char *name)
{
    struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };
    struct ifreq ifr = { .ifr_data = (void *) &channels };

    if (strlen(name) >= IFNAMSIZ || open_socket()) {
        return 1;
    }
    strcpy(ifr.ifr_name, name);
    if (ioctl(mnl_socket_get_fd(nl), SIOCETHTOOL, &ifr)) {
        return 1;
    }
    return MAX(channels.combined_count + channels.rx_count, 1);
}

void netdev_to_port(const struct link_info *info, struct port *port)
{
    memcpy(&port->mac, info->mac, sizeof port->mac);
    port_set_mtu(port, info->mtu);
    port->ifindex = info->ifindex;
    port_set_admin(port, info->flags & IFF_UP);
    port->carrier = info->carrier;
}
