/* SPDX-License-Identifier: Apache-2.0 */
/* What this kernel understands of the virtio-net header. */
#include <stdio.h>
#include <sys/uio.h>
#include <sys/utsname.h>

#include "datapath/port_vnet.h"

uint8_t port_vnet_sink[ARENA_TAIL_SIZE];

bool port_vnet_kernel_has_uso(void)
{
    static int known = -1;
    struct utsname u;
    int major = 0, minor = 0;

    if (known < 0) {
        known = !uname(&u) && sscanf(u.release, "%d.%d", &major, &minor) == 2 &&
                (major > 6 || (major == 6 && minor >= 2));
    }
    return known;
}
