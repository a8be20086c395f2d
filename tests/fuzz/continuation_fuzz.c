/* SPDX-License-Identifier: Apache-2.0 */
/* Continuations, which controllers hand back. What is taken is packed and taken again. */
#include <string.h>

#include "ofproto/continuation.h"
#include "tests/fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct recirc_content c, again;
    if (continuation_decode(data, size, &c)) {
        return 0;
    }
    struct ofpbuf bytes = { 0 };
    if (continuation_encode(&c, &bytes)) {
        require(!continuation_decode(bytes.data, bytes.size, &again));
        require(again.n_frames == c.n_frames && again.stack_size == c.stack_size && !strcmp(again.bridge, c.bridge));
        continuation_destroy(&again);
    }
    ofpbuf_destroy(&bytes);
    continuation_destroy(&c);
    return 0;
}
