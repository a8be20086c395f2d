/* SPDX-License-Identifier: Apache-2.0 */
/* What a translation was told of the underlay: routes, neighbours, own addresses. Kept with the cached flow, so that a change of one of them is
 * noticed, and so that packets keep neighbours known. */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/base/compiler.h"
#include "lib/base/underlay.h"
#include "lib/net/headers.h"

enum { XLATE_UNDERLAY_NAME_SIZE = 64 };

enum xlate_underlay_kind {
    XLATE_ROUTE,     /* 'answer' was 'route' */
    XLATE_NEIGHBOUR, /* whether, and as what, 'addr' was known on 'bridge' */
    XLATE_ADDRESS,   /* whether 'addr' was an address of 'device' */
    XLATE_BINDING,   /* the same for an address of a tenant's: nobody is asked for it */
    XLATE_SNOOP,     /* each such packet says that 'addr' is 'mac' on 'bridge' */
};

struct xlate_underlay {
    enum xlate_underlay_kind kind;
    struct underlay_answer *answer; /* a reference */
    struct underlay_route route;
    char bridge[XLATE_UNDERLAY_NAME_SIZE], device[IFNAMSIZ];
    struct inet_addr addr;
    bool known;
    struct eth_addr mac;
};

struct xlate_underlay *xlate_underlay_create(const struct xlate_underlay *) MALLOC_LIKE; /* takes the reference over */
void xlate_underlay_free(struct xlate_underlay *);

/* Is the answer still the same? Any thread. */
bool xlate_underlay_holds(const struct xlate_underlay *);

/* Packets were sent or received because of it. */
void xlate_underlay_use(const struct xlate_underlay *, int64_t now_ms);
