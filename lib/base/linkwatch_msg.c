/* SPDX-License-Identifier: Apache-2.0 */
/* What one rtnetlink message says about a link. */
#include "lib/base/linkwatch_msg.h"

#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

struct link_attrs {
    const struct nlattr *name, *mtu, *mac, *carrier;
};

static int note_attr(const struct nlattr *attr, void *attrs_)
{
    struct link_attrs *attrs = attrs_;
    switch (mnl_attr_get_type(attr)) {
    case IFLA_IFNAME:
        attrs->name = attr;
        break;
    case IFLA_MTU:
        attrs->mtu = attr;
        break;
    case IFLA_ADDRESS:
        attrs->mac = attr;
        break;
    case IFLA_CARRIER:
        attrs->carrier = attr;
        break;
    default:
        break;
    }
    return MNL_CB_OK;
}

/* Copies the name if it is one: 1 to 15 bytes and a terminator. */
static bool get_name(const struct nlattr *attr, char name[IFNAMSIZ])
{
    const char *s = attr ? mnl_attr_get_payload(attr) : NULL;
    size_t size = attr ? mnl_attr_get_payload_len(attr) : 0;
    size_t n = s ? strnlen(s, size) : 0;
    if (!n || n == size || n >= IFNAMSIZ) {
        return false;
    }
    memcpy(name, s, n + 1);
    return true;
}

enum link_news linkwatch_msg_parse(const struct nlmsghdr *nlh, struct link_info *info)
{
    const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);
    struct link_attrs attrs = { NULL, NULL, NULL, NULL };

    if ((nlh->nlmsg_type != RTM_NEWLINK && nlh->nlmsg_type != RTM_DELLINK)
        || mnl_nlmsg_get_payload_len(nlh) < sizeof *ifi) {
        return LINK_NEWS_NONE;
    }
    /* Other families tell of a link's part in something, say a Linux bridge: their "deleted" is not the link's. */
    if (ifi->ifi_family != AF_UNSPEC || ifi->ifi_index <= 0) {
        return LINK_NEWS_NONE;
    }
    mnl_attr_parse(nlh, sizeof *ifi, note_attr, &attrs);

    memset(info, 0, sizeof *info);
    if (!get_name(attrs.name, info->name)) {
        return LINK_NEWS_NONE;
    }
    info->ifindex = ifi->ifi_index;
    info->flags = ifi->ifi_flags;
    if (attrs.mtu && mnl_attr_get_payload_len(attrs.mtu) >= sizeof(uint32_t)) {
        info->mtu = mnl_attr_get_u32(attrs.mtu);
    }
    if (attrs.mac && mnl_attr_get_payload_len(attrs.mac) == sizeof info->mac) {
        memcpy(info->mac, mnl_attr_get_payload(attrs.mac), sizeof info->mac);
    }
    info->carrier = attrs.carrier && mnl_attr_get_payload_len(attrs.carrier) >= 1
                        ? mnl_attr_get_u8(attrs.carrier) != 0
                        : (ifi->ifi_flags & IFF_RUNNING) != 0;
    info->gone = nlh->nlmsg_type == RTM_DELLINK;
    return info->gone ? LINK_NEWS_DELETED : LINK_NEWS_UPDATE;
}
