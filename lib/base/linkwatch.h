/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's network devices, by rtnetlink: a table that follows every change in this network namespace.
 *
 * A lost notification (ENOBUFS) leads to a new dump, so that the table is right again and a callback tells every difference.
 * Messages are checked before use: netlink comes from outside. One thread: that of the loop. */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/base/compiler.h"

struct loop;
struct linkwatch;

struct link_info {
    char name[IFNAMSIZ];
    int ifindex;
    unsigned int flags; /* IFF_* */
    uint32_t mtu;       /* bytes */
    uint8_t mac[6];
    bool carrier;
    bool gone; /* the device was deleted or renamed away from this name */
};

/* Called for each difference after linkwatch_create(); it must not destroy the linkwatch. */
typedef void linkwatch_cb(void *aux, const struct link_info *);

/* Null and a sentence in '*errorp' on failure (the caller frees it). 'changed' may be null. */
struct linkwatch *linkwatch_create(struct loop *, linkwatch_cb *changed, void *aux, char **errorp)
    WARN_UNUSED;
void linkwatch_destroy(struct linkwatch *);

/* Null if there is no such device. Valid until the loop runs again. */
const struct link_info *linkwatch_find(const struct linkwatch *, const char *name);
