/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes the reading of rtnetlink's messages about links. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/linkwatch_msg.h"
#include "lib/base/netlink_batch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(void *aux, const struct nlmsghdr *nlh)
{
    struct link_info info;
    if (linkwatch_msg_parse(nlh, &info) != LINK_NEWS_NONE) {
        size_t n = strnlen(info.name, sizeof info.name);
        assert(n > 0 && n < sizeof info.name);
        assert(info.ifindex > 0);
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
