/* SPDX-License-Identifier: Apache-2.0 */
/* What one rtnetlink message says about a link. For lib/base/linkwatch.c and its tests. Any thread. */
#pragma once

#include <stddef.h>

#include <linux/netlink.h>

#include "lib/base/linkwatch.h"

enum link_news {
    LINK_NEWS_NONE, /* not about a link, or not a valid message */
    LINK_NEWS_UPDATE,
    LINK_NEWS_DELETED,
};

/* Reads 'nlh', whose whole length was checked to lie in the buffer it came in. '*info' is set unless LINK_NEWS_NONE is returned.
 * Source: rtnetlink(7), linux/if_link.h. */
enum link_news linkwatch_msg_parse(const struct nlmsghdr *nlh, struct link_info *info);
