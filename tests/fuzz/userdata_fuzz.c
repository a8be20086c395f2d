/* SPDX-License-Identifier: Apache-2.0 */
/* The user data of upcalls, which the datapath hands back. */
#include <stdlib.h>
#include <string.h>

#include "ofproto/userdata.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct userdata u;
    if (userdata_decode(data, size, &u)) {
        uint8_t again[ACTION_MAX_USERDATA];
        if (userdata_encode(&u, again) > sizeof again || !u.bridge[0] || u.extra + u.extra_len != data + size) {
            abort();
        }
    }
    return 0;
}
