/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as OpenFlow messages of version 1.2: they are decoded, printed, and, where there is an encoder, come back from the wire as they were. */
#include "lib/ofp/ofp.h"
#include "tests/fuzz/ofp_decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ofp_decode_any(data, size, OFP12);
    return 0;
}
