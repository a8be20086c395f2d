/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes the reading of rtnetlink's messages about routes, addresses and neighbours. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/netlink_batch.h"
#include "lib/base/route_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(void *aux, const struct nlmsghdr *nlh)
{
    struct route_msg msg;
    route_msg_parse(nlh, &msg);
    if (msg.news == ROUTE_NEWS_ROUTE) {
        assert(msg.route.bits <= INET_ADDR_BITS);
        struct inet_addr low = inet_addr_prefix(&msg.route.prefix, msg.route.bits);
        struct inet_addr high = inet_addr_prefix_last(&msg.route.prefix, msg.route.bits);
        assert(memcmp(&low, &high, sizeof low) <= 0);
    } else if (msg.news == ROUTE_NEWS_ADDRESS) {
        assert(msg.address.bits <= INET_ADDR_BITS);
        assert(msg.address.ifindex);
    } else if (msg.news == ROUTE_NEWS_NEIGHBOUR) {
        assert(msg.neighbour.ifindex > 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    void *aligned = malloc(size ? size : 1);
    memcpy(aligned, data, size);
    netlink_batch_for_each(aligned, size, take, NULL);
    free(aligned);
    return 0;
}
